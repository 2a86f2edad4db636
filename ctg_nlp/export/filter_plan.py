"""The tables of a dataset that tell how reports were selected for the second stage. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ctg_nlp.export.dataset_plan import COUNTS, IN_SAMPLE, ROLE, WHOSE, YES
from ctg_nlp.export.variables import Frame, Kind, Variable

MAP_OPEN = "map not decided"
"""Of a report whose map is not wholly decided: no filter counts yet, whatever was said."""
_STATES = (
    ("passed", "its level passes"),
    ("not passed", "its level does not pass"),
    ("blocked by the map", "a code of the map bars the report; nobody has to decide"),
    ("coders disagree", "coders gave different levels, nobody has adjudicated"),
    ("waiting", "nobody decided it yet"),
    ("not reached", "an earlier filter comes first, or was not passed"),
    (MAP_OPEN, "filters count once every code of the map is decided"),
)
_FILTER = (
    Variable("filter", Kind.TEXT, "The filter of the framework"),
    Variable("filter_label", Kind.TEXT, "Its label; empty: the framework has it no more"),
)
_LEVEL = Variable("level_label", Kind.TEXT, "The label of that level; empty: none")
FILTERS = Frame(
    "filters",
    "what decisions come to for one filter of one report that counts",
    (
        *WHOSE,
        IN_SAMPLE,
        Variable("place", Kind.COUNT, "Which filter it is in their order, from 1"),
        *_FILTER,
        Variable("state", Kind.TEXT, "What decisions come to", values=_STATES),
        Variable("passed", Kind.COUNT, "Whether the report passed it; empty: not settled, `state` says why",
                 values=YES),
        Variable("level", Kind.TEXT, "The level of its scale that was settled; empty: none was"),
        _LEVEL,
        Variable("settled_by", Kind.TEXT, "How it was settled", values=(
            ("adjudicator", "an adjudicator decided"), ("coders", "two coders or more agree"),
            ("coder", "one coder decided"), ("map", "a code of the map bars the report"),
            ("nobody", "not settled"),
        )),
        Variable("blocked_by", Kind.TEXT, "The codes of the report that bar it, separated by a semicolon"),
        Variable("coders", Kind.COUNT, "How many people's last words there are on it"),
        Variable("reason", Kind.TEXT, "The reasons of those whose word settled it, separated by ' || '"),
    ),
)  # fmt: skip
FILTER_DECISIONS = Frame(
    "filter_decisions",
    "one decision by a filter that stands; a later one of the same person on the same filter replaces it",
    (
        Variable("filter_decision", Kind.COUNT, "The number of the filter decision"),
        *WHOSE,
        COUNTS,
        IN_SAMPLE,
        *_FILTER,
        Variable("level", Kind.TEXT, "The level of its scale that was said"),
        _LEVEL,
        Variable("passes", Kind.COUNT, "Whether that level passes; empty: the scale has it no more",
                 values=YES),
        Variable("reason", Kind.TEXT, "The reason that was recorded"),
        Variable("resolved", Kind.TEXT, "What all decisions by this filter come to now", values=(
            *_STATES, ("not counted", "the report does not enter tables"),
            ("not in framework", "the framework has the filter no more"),
        )),
        Variable("current", Kind.COUNT, "Whether it is the person's last word by this filter", values=YES),
        Variable("coder", Kind.TEXT, "Who decided"),
        ROLE,
        Variable("time", Kind.TIME, "When, in UTC"),
        Variable("framework", Kind.TEXT, "The version of the framework under which it was made"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """The frozen sample that in-depth dimensions are asked of. `name` is empty where it is not told, `day` is
    that of its freezing (empty: not known). Of the `reports` that were frozen, `counted` enter tables."""

    name: str
    day: str
    reports: int
    counted: int

    @property
    def in_words(self) -> str:
        """Which sample it is."""
        frozen = f"the sample frozen on {self.day}" if self.day else "the frozen sample"
        return f"{frozen}: {self.name}" if self.name else frozen

    @property
    def note(self) -> str:
        """What it means for the files, in a sentence."""
        one = self.counted == 1
        return (
            f"In-depth dimensions are of {self.in_words} ({self.counted} {'report' if one else 'reports'} of "
            f"{self.reports} in it {'enters' if one else 'enter'} tables); of other reports they are “not "
            "applicable”, also where somebody coded them: what was said of these stands in decisions."
        )


NO_SAMPLE = (
    "No sample of the second stage is frozen (ctg select freeze), so in_sample is empty and in-depth "
    "dimensions are asked of every report; tables of them are of the reports with any decision in it."
)


def note_of(sample: Sample | None) -> str:
    """What the sample, or that there is none, means for the files."""
    return NO_SAMPLE if sample is None else sample.note


def as_told(sample: Sample | None) -> Mapping[str, Any]:
    """The sample as the manifest has it."""
    if sample is None:
        return {"frozen": False, "note": NO_SAMPLE}
    return {
        "frozen": True,
        "name": sample.name,
        "frozen_on": sample.day,
        "reports": sample.reports,
        "reports_that_count": sample.counted,
        "note": sample.note,
    }


def naming_sample(frames: Iterable[Frame], sample: Sample | None) -> Iterator[Frame]:
    """The tables with the sample's day and name in the label of the column that tells of it."""
    said = f"In {sample.in_words}" if sample else "In the frozen sample; empty, for none is frozen"
    named = replace(IN_SAMPLE, label=said)
    for frame in frames:
        yield replace(frame, variables=tuple(named if v == IN_SAMPLE else v for v in frame.variables))
