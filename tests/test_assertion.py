"""Is a mention asserted, or planned, wished, denied, or somebody else's?"""

from __future__ import annotations

import pytest

from ctg_nlp.records import Status
from ctg_nlp.suggest.assertion import COUNTED, default_assertion, status_of
from ctg_nlp.suggest.language import flatten
from ctg_nlp.suggest.patterns import Patterns

CUE = Patterns([("cue", "observation*"), ("cue", "parents"), ("cue", "training")], {})


def status(text: str, heading: str = "") -> Status:
    flat = flatten(text)
    match = next(iter(CUE.find(flat)))
    return status_of(default_assertion().situation(flat, heading), match.start, match.end)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We carried out lesson observations in May.", Status.ASSERTED),
        ("We did not carry out any observations.", Status.NEGATED),
        ("There were no observations.", Status.NEGATED),
        ("Observations did not take place.", Status.NEGATED),
        ("Observations were planned for March but were never carried out.", Status.NEGATED),
        ("A round of observations was drafted but never started.", Status.NEGATED),
        ("Parents were not involved.", Status.NEGATED),
        ("The parents had no part in this.", Status.NEGATED),
        ("The training fell through.", Status.NEGATED),
        ("We will start observations in September.", Status.PLANNED),
        ("Next year the schools plan to share training.", Status.PLANNED),
        ("We would have liked more training.", Status.WISHED),
        ("Ideally parents would come too.", Status.WISHED),
        ("We set out to involve parents.", Status.INTENDED),
        ("Leaders need to give training.", Status.ADVOCATED),
        ("Another project in the borough worked with parents.", Status.OTHER_PROJECT),
        ("Parents were dealt with under a separate programme.", Status.OTHER_PROJECT),
        ("Historically parents stayed away.", Status.BACKGROUND),
    ],
)
def test_the_status_follows_the_words_around(text: str, expected: Status) -> None:
    assert status(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "Not only parents but governors came.",
        "There is no doubt that parents enjoyed it.",
        "Money was short but parents came all the same.",
        "Teachers could not come; parents did.",
        "Without exception parents were pleased.",
        "It was not until May that parents came.",
    ],
)
def test_what_only_looks_like_a_denial_is_none(text: str) -> None:
    assert status(text) is Status.ASSERTED


def test_a_heading_of_plans_speaks_for_what_stands_under_it() -> None:
    assert status("Training for all staff.", "Next steps") is Status.PLANNED
    assert status("Training for all staff.", "What we did") is Status.ASSERTED


def test_what_counts_depends_on_the_dimension() -> None:
    assert Status.PLANNED not in COUNTED["did"]
    assert Status.PLANNED in COUNTED["planned"]
    assert Status.INTENDED in COUNTED["intended"] and Status.INTENDED not in COUNTED["did"]
    assert all(Status.NEGATED not in statuses for statuses in COUNTED.values())
