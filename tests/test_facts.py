"""Facts of a report: how many schools, where, of which phase, of which cohort."""

from __future__ import annotations

import pytest

from ctg_nlp.framework import Cohort
from ctg_nlp.records import BlockKind, Passage
from ctg_nlp.suggest.facts import FINDERS, cohort


def passages(*texts: str) -> list[Passage]:
    return [Passage(1, 0, len(t), BlockKind.PARAGRAPH, t) for t in texts]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Our three schools worked together.", 3),
        ("A cluster of 11 primary schools took part.", 11),
        ("Six primary schools and one nursery formed the group.", 7),
        ("The group is made up of two infant schools and three junior schools.", 5),
        ("All four of us are primary schools. The four schools met.", 4),
        ("Ashby High, Kirk Vale School and St Anne's Academy are three secondaries in one town.", 3),
        ("Ashby Primary School, Kirk Vale Infants and Moor Lane Juniors worked as one.", 3),
        ("We are a single-school project.", 1),
        ("Both schools agreed. The two schools met twice.", 2),
    ],
)
def test_schools_are_counted_as_said_or_listed(text: str, number: int) -> None:
    assert FINDERS["school_count"](passages(text)).value == number


def test_a_report_that_does_not_tell_its_schools_gives_none() -> None:
    assert FINDERS["school_count"](passages("Pupils read more books this year.")).value is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Three primary schools in Hull took part.", "Hull"),
        ("The schools lie in Kingston upon Hull.", "Hull"),
        ("We are two schools in the London Borough of Camden.", "Camden"),
        ("Bristol LA gave us an adviser.", "Bristol"),
        ("Stoke-on-Trent, June 2010", "Stoke-on-Trent"),
        ("A partnership of schools across County Durham.", "Durham"),
        ("Five schools in Brighton & Hove.", "Brighton and Hove"),
        ("Schools in Huddersfield worked together.", "Kirklees"),
    ],
)
def test_the_authority_is_found_by_its_names(text: str, place: str) -> None:
    assert FINDERS["local_authority"](passages(text)).value == place


@pytest.mark.parametrize(
    "text",
    [
        "We used the Oxford Reading Tree.",
        "The University of Leeds evaluated it.",
        "Mrs Kent led the project.",
        "Pupils walked down Derby Road.",
    ],
)
def test_a_name_that_is_no_place_is_no_authority(text: str) -> None:
    assert FINDERS["local_authority"](passages(text)).value is None


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        ("Four primary schools and their Year 5 teachers at Key Stage 2.", "primary"),
        ("Three secondary schools, Year 9, GCSE groups, heads of department.", "secondary"),
        ("Two nursery schools and a children's centre.", "eyfs"),
        ("A primary school and a secondary school worked with Year 6 and Year 7.", "primary_secondary"),
    ],
)
def test_the_phase_follows_the_kinds_of_school(text: str, phase: str) -> None:
    assert FINDERS["school_phase"](passages(text, text)).value == phase


def test_a_phase_that_cannot_be_told_is_none() -> None:
    assert FINDERS["school_phase"](passages("We met and talked.")).value is None


def test_the_cohort_is_told_by_its_name_or_its_year() -> None:
    cohorts = (Cohort("1", ("2008-09",)), Cohort("2", ("2009-10",)))
    assert cohort(passages("This is the report of cohort two."), cohorts).value == "2"
    assert cohort(passages("Our work in 2008–09"), cohorts).value == "1"
    assert cohort(passages("No year is given"), cohorts).value is None


def test_the_evidence_of_a_fact_is_in_its_passage() -> None:
    text = "We are " + "very " * 80 + "proud: our three schools in Leeds worked together."
    for name, finder in FINDERS.items():
        for e in finder(passages(text)).evidence:
            assert text[e.start : e.end] == e.quote, name
            assert len(e.quote.split()) <= 60
