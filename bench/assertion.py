"""How well assertion status tells what counts from what does not, on the framework's own contrast pairs.

    python bench/assertion.py [--missed | --false] [--dimension ID]

The examples of the bundled framework are passages that show a code, and near misses that only seem to:
denied, planned, of another project, before the project, or advocated. The rules were written with the
development half at hand, half of the texts by their hash; the held-out half was only scored. `--missed`
prints the near misses of the development half that no status holds back, `--false` its passages that
show a code and get a status that does not count.

"by cue": of the passages with a cue of the code, those in which no mention of it counts.
"passage": of all passages, those in which anything has a status that does not count.
"both": by cue where there is one, else by passage.
"denied": of the passages that show a code, those held back so because something in them is denied.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ctg_nlp.framework import Dimension, Example, Framework
from ctg_nlp.framework_file import load_examples, load_framework
from ctg_nlp.records import BlockKind, Passage, Status
from ctg_nlp.suggest.assertion import COUNTED, default_assertion
from ctg_nlp.suggest.cues import CueRater, CueReading
from ctg_nlp.suggest.language import flatten

WHYS = ("negated", "planned", "other project", "background", "advocated")


@dataclass(frozen=True, slots=True)
class Judged:
    """One example: the half it is in, and the statuses that hold it back: all of its passage's, and those
    of its cues (none where a mention counts; None without a cue)."""

    example: Example
    half: str
    of_passage: frozenset[Status]
    of_cues: frozenset[Status] | None

    @property
    def passage(self) -> bool:
        """Whether anything in the passage does not count."""
        return bool(self.of_passage)

    @property
    def by_cue(self) -> bool | None:
        """Whether no mention counts."""
        return None if self.of_cues is None else bool(self.of_cues)

    def denied(self) -> Judged:
        """What a denial alone does."""
        denial = frozenset({Status.NEGATED})
        of_cues = None if self.of_cues is None else self.of_cues & denial
        return replace(self, of_passage=self.of_passage & denial, of_cues=of_cues)

    @property
    def both(self) -> bool:
        """By cue where there is one."""
        return self.passage if self.by_cue is None else self.by_cue

    @property
    def kind(self) -> str:
        """What it is in the table."""
        return self.example.why or "shows a code"


def half_of(text: str) -> str:
    """Development or held out, by the text alone."""
    return "held-out" if hashlib.sha256(text.encode()).digest()[0] % 2 else "development"


def judge(framework: Framework, examples: Sequence[Example]) -> list[Judged]:
    """All near misses that a status could hold back, and all that show a code and are no near miss."""
    asked = [e for e in examples if (not e.near if e.codes else _reachable(framework, e))]
    passages = [Passage(1, 0, len(e.text), BlockKind.PARAGRAPH, e.text) for e in asked]
    reading = CueRater(framework).read(passages)
    return [_judged(framework, e, i, reading) for i, e in enumerate(asked)]


def _reachable(framework: Framework, example: Example) -> bool:
    """Not where its status counts: a thing of the past in a dimension that asks for it."""
    return example.why in WHYS and Status(example.why) not in COUNTED[_dimension(framework, example).counts]


def _dimension(framework: Framework, example: Example) -> Dimension:
    dimension = framework.dimension(example.dimension)
    assert dimension is not None
    return dimension


def _judged(framework: Framework, example: Example, place: int, reading: CueReading) -> Judged:
    dimension = _dimension(framework, example)
    taken = COUNTED[dimension.counts]
    own = example.codes or example.near
    found = [m for c in own for m in reading.mentions.get((dimension.id, c), ()) if m.passage == place]
    statuses = frozenset(m.status for m in found)
    held = frozenset() if statuses & taken else statuses
    return Judged(example, half_of(example.text), reading.triggered[place] - taken, held if found else None)


def share(found: Iterable[bool]) -> str:
    """A percentage and how many it is of."""
    all_ = list(found)
    return f"{100 * sum(all_) / len(all_):5.1f} % of {len(all_):4}" if all_ else "      - of    0"


def table(judged: Sequence[Judged]) -> Iterable[str]:
    """A line for each half and kind."""
    for half in ("development", "held-out"):
        mine = [j for j in judged if j.half == half]
        groups = {w: [j for j in mine if j.kind == w] for w in WHYS}
        groups["all near misses"] = [j for j in mine if j.example.why]
        groups["shows a code"] = [j for j in mine if not j.example.why]
        groups["denied"] = [j.denied() for j in groups["shows a code"]]
        for kind, js in groups.items():
            by_cue = share(j.by_cue for j in js if j.by_cue is not None)
            yield (
                f"{half:12} {kind:16} by cue {by_cue}   passage {share(j.passage for j in js)}"
                f"   both {share(j.both for j in js)}"
            )


def speed(framework: Framework, examples: Sequence[Example]) -> str:
    """How long reading takes, and the rules alone; the best of five runs."""
    passages = [Passage(1, 0, len(e.text), BlockKind.PARAGRAPH, e.text) for e in examples]
    flats = [flatten(e.text) for e in examples]
    rater, rules = CueRater(framework), default_assertion()
    whole = min(_seconds(lambda: rater.read(passages)) for _ in range(5))
    alone = min(_seconds(lambda: [rules.situation(f, "") for f in flats]) for _ in range(5))
    per = 1e6 / len(examples)
    return f"{whole * per:.0f} µs a passage to read, of which {alone * per:.0f} µs for the rules"


def _seconds(run: object) -> float:
    start = time.perf_counter()
    run()  # type: ignore[operator]
    return time.perf_counter() - start


def main() -> None:
    """Print the figures, or the passages of the development half that go wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--missed", action="store_true")
    shown.add_argument("--false", action="store_true")
    parser.add_argument("--dimension")
    given = parser.parse_args()
    framework = load_framework("ctg")
    examples = load_examples("ctg", framework)
    judged = judge(framework, examples)
    if not (given.missed or given.false):
        print("\n".join(table(judged)))
        print(speed(framework, examples))
        return
    for j in judged:
        e = j.example
        right = given.dimension in (None, e.dimension) and j.half == "development"
        if right and bool(e.why) is given.missed and j.both is given.false:
            print(f"{j.kind}\t{e.dimension}\t{','.join(e.codes or e.near)}\t{e.text}")


if __name__ == "__main__":
    main()
