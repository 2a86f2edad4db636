"""Quality statements: how far a table can be relied on, in words and in a verdict."""

from __future__ import annotations

from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.quality import Agreed, Bar, QualityStatement, Received, Verdict, quality_of
from ctg_nlp.synthesis.tables import Denominator, Row, SynthesisTable

ALL_CAME = Received(100, 100, 0)
AGREED = Agreed(0.9, 0.85, 0.95, 30, lowest=("x", 0.8))


def said(agreed: Agreed = AGREED, came: Received = ALL_CAME, undecided: int = 0) -> QualityStatement:
    row = Row(RowKind.CODE, "x", "X", 10, 100 - undecided, undecided, 0)
    table = SynthesisTable("d", 1, "D", "", 100, Denominator.ALL, (row,))
    return quality_of(table, came, agreed, Bar())


def test_a_table_that_meets_every_demand_is_good() -> None:
    assert said().verdict is Verdict.GOOD


def test_low_agreement_means_do_not_publish_and_middling_with_caution() -> None:
    assert said(Agreed(0.6, 0.5, 0.7, 30)).verdict is Verdict.STOP
    assert said(Agreed(0.7, 0.68, 0.8, 30)).verdict is Verdict.CAUTION
    assert said(Agreed(0.82, 0.6, 0.9, 30)).verdict is Verdict.CAUTION


def test_one_code_on_which_coders_differ_is_named() -> None:
    found = said(Agreed(0.9, 0.85, 0.95, 30, lowest=("x", 0.4)))
    assert found.verdict is Verdict.CAUTION and "Lowest agreement: x, alpha 0.40." in found.sentences


def test_agreement_that_was_not_measured_is_said_in_words() -> None:
    found = said(Agreed(why="not double-coded"))
    assert found.verdict is Verdict.CAUTION and any(
        "not measured (not double-coded)" in s for s in found.sentences
    )


def test_low_or_unknown_response_calls_for_caution() -> None:
    assert said(came=Received(100, 70, 0)).verdict is Verdict.CAUTION
    assert said(came=Received(0, 0, 2)).verdict is Verdict.CAUTION
    assert "2 documents could not be read." in said(came=Received(100, 100, 2)).sentences


def test_many_undecided_reports_call_for_caution_and_most_stop() -> None:
    assert said(undecided=11).verdict is Verdict.CAUTION
    assert said(undecided=51).verdict is Verdict.STOP
