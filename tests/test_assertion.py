"""Is a mention asserted, or planned, wished, denied, or somebody else's?"""

from __future__ import annotations

from importlib import resources

import pytest
import yaml

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
        ("Observations were never rebooked.", Status.NEGATED),
        ("The observations came to nothing.", Status.NEGATED),
        ("The training day was called off because of snow.", Status.NEGATED),
        ("Snow meant that we called off the training.", Status.NEGATED),
        ("Training for all: none so far.", Status.NEGATED),
        ("Observations by governors? Sadly not.", Status.NEGATED),
        ("We had the parents in mind but did not ask them.", Status.NEGATED),
        ("Observations of each lesson; in the end they could not be held.", Status.NEGATED),
        ("Parents played no part.", Status.NEGATED),
        ("The idea of training was turned down.", Status.NEGATED),
        ("Lesson observations were left aside.", Status.NEGATED),
        ("Parents are no more involved than before.", Status.NEGATED),
        ("Neither parents nor governors came.", Status.NEGATED),
        ("We cannot say what parents thought.", Status.NEGATED),
        ("Whether parents read more at home, we do not know.", Status.NEGATED),
        ("It would be wishful to claim that training made the difference.", Status.NEGATED),
        ("As to parents, there was nothing to base it on.", Status.NEGATED),
        ("We ruled out training.", Status.NEGATED),
        ("We kept parents out of it.", Status.NEGATED),
        ("The parents are to join us in the autumn.", Status.PLANNED),
        ("Training is pencilled in for June.", Status.PLANNED),
        ("The training has been put off until the summer.", Status.PLANNED),
        ("We hope that parents will come.", Status.PLANNED),
        ("We had rather expected parents to come.", Status.WISHED),
        ("Observations had been planned for the spring.", Status.WISHED),
        ("Training was mooted.", Status.WISHED),
        ("The aim was to involve parents.", Status.INTENDED),
        ("Parents were to run the library.", Status.INTENDED),
        ("Schools should offer training.", Status.ADVOCATED),
        ("Time for training needs to be built in.", Status.ADVOCATED),
        ("Working with parents is essential.", Status.ADVOCATED),
        ("We would urge others to offer training.", Status.ADVOCATED),
        ("The training belongs to another scheme.", Status.OTHER_PROJECT),
        ("That training had nothing to do with us.", Status.OTHER_PROJECT),
        ("Work with parents was not one that we were dealing with.", Status.OTHER_PROJECT),
        ("An earlier initiative had given training to all.", Status.OTHER_PROJECT),
        ("The training predates the project.", Status.BACKGROUND),
        ("Parents had always been welcome.", Status.BACKGROUND),
        ("Training was in place before we joined.", Status.BACKGROUND),
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
        "Parents came, and not one was late.",
        "Parents are no longer afraid of coming in.",
        "Parents came to nothing but praise.",
        "No fewer than forty parents came.",
        "The number of parents who come has not dropped since.",
        "Parents help each week and have never looked back.",
        "Parents read with the children, which had never happened before.",
        "Without the training we could not have done it.",
        "Parents who had never set foot in school now come.",
        "Before we never met; parents now come each week.",
        "Staff no longer plan alone since the training.",
    ],
)
def test_what_only_looks_like_a_denial_is_none(text: str) -> None:
    assert status(text) is Status.ASSERTED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We had cancelled the trip but parents came.", Status.ASSERTED),
        ("Training was booked but it was cancelled.", Status.NEGATED),
        ("It is too early to judge results, but parents are pleased.", Status.ASSERTED),
        ("Parents are pleased, but it is too early to say more.", Status.NEGATED),
    ],
)
def test_what_follows_but_takes_back_and_what_precedes_it_does_not_reach_past_it(
    text: str, expected: Status
) -> None:
    assert status(text) is expected


def test_of_two_triggers_the_longer_speaks() -> None:
    """Alone "nothing" denies; "nothing to do with" says whose it is, and "no more than" denies nothing."""
    assert status("Nothing came of it: no training.") is Status.NEGATED
    assert status("It had nothing to do with training.") is Status.OTHER_PROJECT
    assert status("It took no more than an hour of training.") is Status.ASSERTED


def test_a_heading_of_plans_speaks_for_what_stands_under_it() -> None:
    assert status("Training for all staff.", "Next steps") is Status.PLANNED
    assert status("Training for all staff.", "What we did") is Status.ASSERTED


def test_what_counts_depends_on_the_dimension() -> None:
    assert Status.PLANNED not in COUNTED["did"]
    assert Status.PLANNED in COUNTED["planned"]
    assert Status.INTENDED in COUNTED["intended"] and Status.INTENDED not in COUNTED["did"]
    assert all(Status.NEGATED not in statuses for statuses in COUNTED.values())


def test_no_pattern_is_listed_twice_for_the_same_status_and_direction() -> None:
    text = (resources.files("ctg_nlp.suggest") / "assertion.yaml").read_text(encoding="utf-8")
    listed = [
        (r["status"], r["direction"], p) for r in yaml.safe_load(text)["triggers"] for p in r["patterns"]
    ]
    assert sorted(listed) == sorted(set(listed))
