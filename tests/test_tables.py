"""Percentages and tables: counts of decided reports, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_framework
from ctg_nlp.records import CodedRecord, CodedReport, Dataset, RecordState
from ctg_nlp.resolved import states_of, values_of
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.percent import percent, percent_text
from ctg_nlp.synthesis.tables import synthesis_tables

CTG = load_framework("ctg")


def test_halves_are_rounded_up() -> None:
    assert percent(1, 8) == Decimal("12.5")
    assert percent_text(1, 16) == "6.3"
    assert percent_text(1, 2000) == "0.1"
    assert percent_text(129, 129) == "100.0"
    assert percent_text(0, 0) == ""


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_percentage_is_never_further_off_than_half_a_tenth(n: int, of: int) -> None:
    value = percent(n, of)
    assert value is not None
    error = Fraction(value) - Fraction(100 * n, of)
    assert Fraction(-1, 20) < error <= Fraction(1, 20)


def record(report: str, dimension: str, present: set[str], absent: set[str] | None = None) -> CodedRecord:
    found = CTG.dimension(dimension)
    assert found is not None
    rest = {c.id for c in found.codes} - present if absent is None else absent
    return CodedRecord(report, dimension, RecordState.DECIDED, frozenset(present), frozenset(rest))


def dataset_of(framework: Framework, records: list[CodedRecord], reports: set[str]) -> Dataset:
    def coded(report: str) -> CodedReport:
        mine = [r for r in records if r.report_id == report]
        return CodedReport(report, "", states_of(framework, mine), values_of(framework, mine))

    return Dataset(framework.framework_id, tuple(coded(r) for r in sorted(reports)))


def cells(
    framework: Framework, records: list[CodedRecord], reports: set[str], dimension: str
) -> dict[str, tuple]:  # type: ignore[type-arg]
    data = dataset_of(framework, records, reports)
    table = next(t for t in synthesis_tables(framework, data) if t.dimension == dimension)
    return {r.id: (r.n, r.denominator, r.undecided) for r in table.rows if r.kind is not RowKind.GROUP}


def test_undecided_reports_are_not_in_the_denominator_and_are_shown() -> None:
    records = [record("a", "evidence", {"photos"}), record("b", "evidence", set())]
    assert cells(CTG, records, {"a", "b", "c"}, "evidence")["photos"] == (1, 2, 1)


def test_a_report_that_does_not_count_is_in_no_cell() -> None:
    records = [record("a", "evidence", {"photos"}), record("x", "evidence", {"photos"})]
    assert cells(CTG, records, {"a"}, "evidence")["photos"] == (1, 1, 0)


def test_a_half_decided_report_counts_only_in_the_cells_that_are_decided() -> None:
    records = [record("a", "evidence", {"photos"}, absent=set())]
    found = cells(CTG, records, {"a"}, "evidence")
    assert found["photos"] == (1, 1, 0)
    assert found["video"] == (0, 0, 1)


def test_any_of_counts_a_report_once() -> None:
    records = [
        record("a", "characteristics", {"high_fsm", "high_eal"}),
        record("b", "characteristics", {"none"}),
    ]
    assert cells(CTG, records, {"a", "b"}, "characteristics")["any_disadvantage"] == (1, 2, 0)


def test_numbers_fall_into_bands_and_add_up_to_a_total() -> None:
    def size(report: str, value: int | None) -> CodedRecord:
        return CodedRecord(report, "group_size", RecordState.DECIDED, value=value, value_decided=True)

    records = [size("a", 3), size("b", 4), size("c", 8), size("d", None)]
    found = cells(CTG, records, {"a", "b", "c", "d", "e"}, "group_size")
    assert found == {
        "3_or_fewer": (1, 4, 1),
        "4_to_7": (1, 4, 1),
        "8_to_11": (1, 4, 1),
        "unclear": (1, 4, 1),
        "total": (15, None, 1),
    }


def test_a_value_outside_every_band_gets_a_row_of_its_own() -> None:
    wide = CodedRecord("a", "group_size", RecordState.DECIDED, value=40, value_decided=True)
    assert cells(CTG, [wide], {"a"}, "group_size")["outside"] == (1, 1, 0)
