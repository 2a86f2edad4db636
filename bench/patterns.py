"""Why cues are not given to spaCy's Matcher: both on the same passages in the same run.

python bench/patterns.py
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

from spacy.matcher import Matcher

from ctg_nlp.framework_file import load_framework
from ctg_nlp.intake.extract import extract
from ctg_nlp.intake.passages import passages
from ctg_nlp.suggest.language import english, flatten
from ctg_nlp.suggest.patterns import Patterns, _Element, parse_pattern

RAW = Path(__file__).parent.parent / "ctg_nlp" / "example" / "raw"


def token_patterns(elements: tuple[_Element, ...]) -> list[dict[str, Any]]:
    """The same pattern for spaCy's Matcher (alternatives of several tokens by their first)."""
    made: list[dict[str, Any]] = []
    for e in elements:
        if e.gap:
            made += [{"OP": "?"}] * e.gap
            continue
        spec: dict[str, Any] = {"LIKE_NUM": True} if e.number else {}
        if e.prefixes:
            options = [*e.words, *(p.split(" ")[0] for p in e.phrases), *(f"{p}.*" for p in e.prefixes)]
            spec = {"LOWER": {"REGEX": f"^(?:{'|'.join(options)})$"}}
        elif e.words or e.phrases:
            spec = {"LOWER": {"IN": [*e.words, *(p.split(" ")[0] for p in e.phrases)]}}
        made.append(spec | ({"OP": "?"} if e.optional else {}))
    return made


def main() -> None:
    """Print the figures."""
    framework = load_framework("ctg")
    vocabulary = dict(framework.vocabulary)
    cues = [
        (f"{d.id}.{c.id}", pattern)
        for d in framework.dimensions
        for c in d.codes
        for strength in ("strong", "medium", "weak", "never")
        for pattern in getattr(c.cues, strength)
    ]
    matcher = Matcher(english().vocab)
    for owner, pattern in cues:
        matcher.add(owner, [token_patterns(parse_pattern(pattern, vocabulary))])
    ours = Patterns(cues, vocabulary)
    times: dict[str, list[float]] = {"ours": [], "Matcher": []}
    for path in sorted(RAW.glob("*.pdf"))[1:9]:
        texts = [p.text for p in passages(extract(path).pages)]
        start = time.perf_counter()
        for text in texts:
            list(ours.find(flatten(text)))
        times["ours"].append(time.perf_counter() - start)
        start = time.perf_counter()
        for text in texts:
            matcher(english().make_doc(text))
        times["Matcher"].append(time.perf_counter() - start)
    print(f"{len(cues)} patterns, {len(times['ours'])} reports, tokens made in both")
    for name, seconds in times.items():
        print(f"{name}: {1000 * statistics.median(seconds):.1f} ms a report (median)")


if __name__ == "__main__":
    main()
