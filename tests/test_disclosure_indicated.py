"""Where percentages are of the reports that indicate any, how many those are is a finding itself."""

from __future__ import annotations

from ctg_nlp.framework import Code, Dimension, Framework
from ctg_nlp.records import CodedReport, CodeState, Dataset
from ctg_nlp.synthesis.breakdown import breakdown, by_attribute
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.disclosure import Rules, controlled
from ctg_nlp.synthesis.quality import Agreed, Bar, Received, quality_of
from ctg_nlp.synthesis.shown import ShownTable
from ctg_nlp.synthesis.tables import SynthesisTable, table_of

A, P = CodeState.ABSENT, CodeState.PRESENT
SKILLS = Dimension(
    "skills", "Skills", "multi", codes=tuple(Code(i, i) for i in "abc"), denominator="indicated"
)
FRAME = Framework("small", "1", "Small", (SKILLS,), framework_id="small|1|0")
ANY = (bytes((P, A, A)), bytes((A, P, A)), bytes((A, P, P)))
NONE = bytes((A, A, A))


def columns(*parts: tuple[str, int, int]) -> Columns:
    """For each cohort: its name, how many indicate any, how many none."""
    states = [(c, s) for c, some, none in parts for s in [ANY[i % 3] for i in range(some)] + [NONE] * none]
    rows = (CodedReport(f"r{i}", "", s, (), (("cohort", c),)) for i, (c, s) in enumerate(states))
    return Columns(FRAME, Dataset(FRAME.framework_id, tuple(rows)))


def table(some: int, none: int) -> SynthesisTable:
    return table_of(columns(("A", some, none)), SKILLS)


def all_said(shown: ShownTable) -> str:
    cells = [f"{c.n} of {c.of} {c.percent}" for r in shown.rows for c in r.cells]
    return " | ".join((*cells, *shown.notes))


def test_a_small_number_of_reports_that_indicate_any_is_told_nowhere() -> None:
    (shown,) = controlled([table(3, 17)], Rules(5))
    assert "([c])" in shown.notes[0] and "3" not in all_said(shown)


def test_it_is_withheld_too_where_all_but_a_few_reports_indicate_any() -> None:
    (shown,) = controlled([table(28, 2)], Rules(5))
    assert "([c])" in shown.notes[0] and "28" not in all_said(shown)


def test_a_large_one_is_told() -> None:
    (shown,) = controlled([table(30, 30)], Rules(5))
    assert "(30)" in shown.notes[0] and "[c]" not in all_said(shown)


def test_it_is_rounded_wherever_it_stands() -> None:
    (shown,) = controlled([table(23, 17)], Rules(0, True, 10))
    assert "(20)" in shown.notes[0] and "23" not in all_said(shown)


def test_the_size_of_every_table_is_rounded_in_its_note() -> None:
    whole = Dimension("skills", "Skills", "multi", codes=SKILLS.codes)
    found = Columns(Framework("s", "1", "S", (whole,)), Dataset("", columns(("A", 23, 0)).reports))
    (shown,) = controlled([table_of(found, whole)], Rules(0, True, 10))
    assert "(20)" in shown.notes[0]


def test_a_small_part_that_indicates_any_does_not_follow_from_the_other_parts() -> None:
    found = columns(("A", 2, 18), ("B", 20, 20), ("C", 30, 10))
    tables = [table_of(found, SKILLS), breakdown(found, SKILLS, "cohort", by_attribute(found, "cohort"))]
    plain, crossed = controlled(tables, Rules(5))
    sizes = {label: {r.cells[i].of for r in crossed.rows} for i, label in enumerate(crossed.columns)}
    assert sizes["A"] == {"[c]"}
    assert [label for label in ("All", "B", "C") if sizes[label] == {"[c]"}]
    assert ("([c])" in plain.notes[0]) == (sizes["All"] == {"[c]"})


def test_the_quality_statement_tells_a_share_alone_where_counts_may_not_be_told() -> None:
    found = quality_of(table(3, 17), Received(20, 20, 0), Agreed(), Bar(), counts=False)
    (said,) = (s for s in found.sentences if s.startswith("Undecided"))
    assert said == "Undecided: at most 0 % of reports in a row."
