"""How good the optional raters are by themselves and beside the cues, by the corpus's own ruler.

    python bench/raters.py --embeddings FOLDER [--cache PASSAGES.json] [--kept FOLDER]

The folder holds a sentence-transformers model. Its one threshold is the rater's own, for all codes. Half A
and B are those of bench/suggestions.py; two numbers of the rater were chosen on both, see its module.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.suggestions import halves, read_all, score
from ctg_nlp.aggregation import suggestion_line
from ctg_nlp.framework_file import load_examples, load_framework
from ctg_nlp.suggest.embedding_rater import EmbeddingRater
from ctg_nlp.suggest.local_encoder import LocalEncoder
from ctg_nlp.suggest.propose import Proposer
from ctg_nlp.suggest.rater import Rating


def rating_line(name: str, key: tuple[str, str], rating: Rating) -> dict[str, Any]:
    """A rating as the ruler reads suggestions."""
    quotes = [{"page": e.page, "start": e.start, "end": e.end, "quote": e.quote} for e in rating.evidence]
    return {
        "report": name, "dimension": key[0], "code": key[1],
        "score": rating.score, "suggested": rating.says, "evidence": quotes,
    }  # fmt: skip


def _print(what: str, lines: list[dict[str, Any]], folder: Path) -> None:
    for half, names in halves().items():
        print(f"{what:24} {half:4} {json.dumps(score(lines, names, folder))}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--embeddings", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="keep the passages in this file")
    parser.add_argument("--kept", type=Path, help="keep what came of the examples in this folder")
    given = parser.parse_args()
    framework = load_framework("ctg")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        texts = read_all(given.cache or folder / "passages.json")
        encoder = LocalEncoder(given.embeddings)
        examples = load_examples("ctg", framework)
        rater = EmbeddingRater(framework, examples, encoder, encoder.encoder_id, given.kept)
        start = time.perf_counter()
        rater.rate(next(iter(texts.values())))
        print(f"{rater.rater_id}: {time.perf_counter() - start:.1f} s to load and for the first report")
        own, seconds = [], []
        for name, found in texts.items():
            start = time.perf_counter()
            ratings = rater.rate(found)
            seconds.append(time.perf_counter() - start)
            own += [rating_line(name, key, r) for key, r in ratings.items()]
        print(f"{1000 * statistics.median(seconds):.0f} ms a report (median)")
        for what, proposer in (
            ("cues", Proposer(framework)),
            ("cues and embeddings", Proposer(framework, raters=[rater])),
        ):
            _print(
                what,
                [suggestion_line(s, n) for n, ps in texts.items() for s in proposer.propose(n, ps)],
                folder,
            )
        _print("embeddings", own, folder)


if __name__ == "__main__":
    main()
