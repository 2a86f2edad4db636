"""Every figure equals what is counted by hand from what decisions come to, for any framework."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctg_nlp.errors import CtgError
from ctg_nlp.framework import AnyOf, Band, Code, Cohort, Dimension, Framework, Missing
from ctg_nlp.framework_file import load_framework
from ctg_nlp.records import Answer, CodedRecord, CodedReport, Dataset, Decision, RecordState, SilentGroup
from ctg_nlp.resolved import records_of, states_of, values_of
from ctg_nlp.review.resolution import resolve
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.per_report import codes_per_report
from ctg_nlp.synthesis.shown import shown, shown_bounds, shown_per_report, shown_response
from ctg_nlp.synthesis.tables import REPORTED, Denominator
from ctg_nlp.tabulation import Tabulation

CODES = ("a", "b", "c", "d")
PLACES = ("Hull", "Leeds", "Nowhere", "Hull; Leeds")
REGIONS = (("Hull", "North"), ("Leeds", "West"))


@st.composite
def dimensions(draw: st.DrawFn, name: str) -> Dimension:
    kind = draw(st.sampled_from(("single", "multi", "number", "text")))
    if kind == "number":
        bands = (Band("few", "Few", max=3), Band("more", "More", min=4, max=6))
        missing = draw(st.sampled_from((None, Missing("unclear", "Unclear"))))
        return Dimension(name, name, "number", bands=bands, missing=missing, total="All")
    if kind == "text":
        return Dimension(name, name, "text", fact="local_authority")
    codes = tuple(Code(c, c) for c in CODES[: draw(st.integers(1, 4))])
    if draw(st.booleans()):
        codes += (Code("missing", "Not told", missing=True, exclusive=True),)
    any_of = (AnyOf("any", "Any", ("a", codes[-1].id)),) if draw(st.booleans()) else ()
    return Dimension(name, name, kind, codes=codes, any_of=any_of)  # type: ignore[arg-type]


@st.composite
def decided(draw: st.DrawFn) -> tuple[Framework, list[Decision], Dataset]:
    """A framework, decisions of several people on several reports, and their dataset."""
    framework = Framework(
        "f", "1", "F", tuple(draw(dimensions(f"d{n}")) for n in range(draw(st.integers(1, 3))))
    )
    reports = [f"r{n}" for n in range(draw(st.integers(1, 5)))]
    people = st.sampled_from(
        (("ada", "coder"), ("bob", "coder"), ("eve", "trainee"), ("lead", "adjudicator"))
    )
    decisions = []
    for n in range(draw(st.integers(0, 25))):
        dimension = draw(st.sampled_from(framework.dimensions))
        coder, role = draw(people)
        base = Decision(draw(st.sampled_from(reports)), dimension.id, None, Answer.VALUE, coder, "", "f",
                        role=role, sequence=n)  # fmt: skip
        if dimension.coded:
            code = draw(st.sampled_from(dimension.codes)).id
            answer = draw(st.sampled_from((Answer.PRESENT, Answer.ABSENT, Answer.UNSURE)))
            decisions.append(replace(base, code=code, answer=answer))
        else:
            of = st.integers(0, 8) if dimension.kind == "number" else st.sampled_from(PLACES)
            decisions.append(replace(base, value=draw(st.one_of(st.none(), of))))
    found = []
    for i, report in enumerate(reports):
        records = resolve([d for d in decisions if d.report_id == report], framework)
        states, values = states_of(framework, records), values_of(framework, records)
        known = (("cohort", str(i % 2)),) if i % 3 else ()
        found.append(CodedReport(report, f"g{i}", states, values, known, expected=True))
    silent = (SilentGroup("s", (("cohort", "9"),), "nothing"), SilentGroup("t", (), "nothing"))
    return framework, decisions, Dataset("f", tuple(found), silent, REGIONS)


def by_hand(dimension: Dimension, record: CodedRecord | None, kind: RowKind, row_id: str) -> str:
    """present, absent, conflict or undecided, from one coded record."""
    if record is None:
        return "undecided"
    if not dimension.coded:
        if record.state is not RecordState.DECIDED:
            return str(record.state)
        return "present" if value_holds(dimension, record.value, kind, row_id) else "absent"
    codes = next(r.codes for r in dimension.any_of if r.id == row_id) if kind is RowKind.ANY_OF else (row_id,)
    if record.present & set(codes):
        return "present"
    if record.conflicts & set(codes):
        return "conflict"
    return "absent" if record.absent >= set(codes) else "undecided"


def value_holds(dimension: Dimension, value: int | str | None, kind: RowKind, row_id: str) -> bool:
    missing = row_id == (dimension.missing.id if dimension.missing else "")
    if value is None or (missing and dimension.kind == "text"):
        return value is None and missing
    if isinstance(value, int):
        inside = {"few": value <= 3, "more": 4 <= value <= 6, "outside": value > 6}
        return inside.get(row_id, False)
    places = [p.strip() for p in value.split(";")]
    region = dict(REGIONS)
    return row_id in ([f"region {region.get(p, '')}" for p in places] if kind is RowKind.ANY_OF else places)


@settings(max_examples=150, deadline=None)
@given(decided())
def test_every_count_equals_one_by_hand_over_what_decisions_come_to(given_) -> None:
    framework, decisions, data = given_
    records = {(r.report_id, r.dimension): r for r in resolve(decisions, framework)}
    tables = Tabulation(framework, data)
    for dimension in framework.dimensions:
        table = tables.table(dimension, Denominator.ALL)
        mine = [records.get((r.report_id, dimension.id)) for r in data.reports]
        for row in table.rows:
            if row.kind is RowKind.TOTAL:
                numbers = [r.value for r in mine if r and r.value_decided and isinstance(r.value, int)]
                assert row.n == sum(n for n in numbers if isinstance(n, int))
                continue
            counted = Counter(by_hand(dimension, r, row.kind, row.id) for r in mine)
            assert row.n == counted["present"], row
            assert row.denominator == counted["present"] + counted["absent"], row
            assert row.undecided == counted["undecided"] + counted["conflict"], row
            assert row.conflicts == counted["conflict"], row


@settings(max_examples=150, deadline=None)
@given(decided())
def test_a_flat_row_stands_for_the_same_coded_records(given_) -> None:
    framework, decisions, data = given_
    said = {r.report_id: [] for r in data.reports}  # type: ignore[var-annotated]
    for record in resolve(decisions, framework):
        if record.present | record.absent | record.conflicts or record.value_decided:
            said[record.report_id].append(record)
    for r in data.reports:
        back = records_of(framework, r.report_id, r.states, r.values)
        assert set(back) == set(said[r.report_id])


@settings(max_examples=100, deadline=None)
@given(decided(), st.data())
def test_the_columns_of_a_single_choice_add_up_to_all(given_, data_) -> None:
    framework, _, data = given_
    tables = Tabulation(framework, data)
    row_of, by = (data_.draw(st.sampled_from(framework.dimensions)) for _ in range(2))
    table = tables.cross(row_of, by.id, Denominator.ALL)
    everything, *parts = table.parts
    assert everything.reports == len(data.reports)
    placed = sum(p.reports for p in parts)
    assert placed >= everything.reports and (placed > everything.reports) == table.overlapping
    if not table.overlapping:
        for row in table.rows:
            assert not row.cells or row.cells[0].n == sum(c.n or 0 for c in row.cells[1:])
    for row in table.rows:
        assert all(c.n <= (row.cells[0].n or 0) for c in row.cells if c.n is not None)
    by_cohort = tables.cross(row_of, "cohort") if "cohort" in tables.breakdowns() else None
    if by_cohort is not None and row_of.denominator == "all":
        for row in by_cohort.rows:
            assert not row.cells or row.cells[0].n == sum(c.n or 0 for c in row.cells[1:])


@settings(max_examples=100, deadline=None)
@given(decided())
def test_bounds_hold_whatever_silent_groups_would_have_said(given_) -> None:
    framework, _, data = given_
    tables = Tabulation(framework, data)
    for dimension in framework.dimensions:
        found, table = tables.bounded(dimension), tables.table(dimension, Denominator.ALL)
        for row, before in zip(
            (r for r in found.rows if r.bounds), table_rows(table.rows, found.rows), strict=True
        ):
            bounds = row.bounds[0]
            assert bounds is not None
            assert (bounds.low, bounds.high) == (before.n, before.n + before.undecided + 2)
            assert bounds.groups == len(data.reports) + 2


def table_rows(rows, wanted):
    """Rows of a table in the order of another's ids."""
    by_id = {(r.kind, r.id): r for r in rows}
    return [by_id[r.kind, r.id] for r in wanted if r.bounds]


CTG = load_framework("ctg")


def coded(
    framework: Framework, report: str, records: list[CodedRecord], *known: tuple[str, str]
) -> CodedReport:
    states, values = states_of(framework, records), values_of(framework, records)
    return CodedReport(report, report, states, values, tuple(known), expected=True)


def whole(dimension: str, *present: str) -> CodedRecord:
    found = CTG.dimension(dimension)
    assert found is not None
    absent = frozenset({c.id for c in found.codes} - set(present))
    return CodedRecord("", dimension, RecordState.DECIDED, frozenset(present), absent)


def place(name: str | None) -> CodedRecord:
    return CodedRecord("", "location", RecordState.DECIDED, value=name, value_decided=True)


def example() -> Tabulation:
    reports = (
        coded(
            CTG, "a", [whole("phase", "primary"), place("Hull")], ("cohort", "1"), ("project year", "2008-09")
        ),
        coded(
            CTG, "b", [whole("phase", "secondary"), place("Leeds; Hull")], ("cohort", "1"), ("Type", "new")
        ),
        coded(CTG, "c", [whole("phase", "primary"), place(None)], ("cohort", "2"), ("Type", "old")),
        coded(CTG, "d", [], ("cohort", "2")),
    )
    silent = (
        SilentGroup("x", (("cohort", "2"),), "nothing"),
        SilentGroup("y", (("cohort", "3"),), "nothing"),
    )
    regions = (("Hull", "Yorkshire"), ("Leeds", "Yorkshire"))
    return Tabulation(CTG, Dataset("f", reports, silent, regions))


def test_places_stand_below_their_region_which_counts_a_report_once() -> None:
    tables = example()
    assert "location" in {d.id for d in tables.tabulated()}
    rows = tables.table(tables.dimension("location")).rows
    assert [(r.label, r.n, r.denominator, r.undecided) for r in rows] == [
        ("Yorkshire", 2, 3, 1),
        ("Hull", 2, 3, 1),
        ("Leeds", 1, 3, 1),
        ("Not told", 1, 3, 1),
    ]


def test_places_are_shown_within_their_region() -> None:
    tables = example()
    location = tables.dimension("location")
    for table in (tables.table(location), tables.cross(location, "cohort")):
        assert [r.label for r in shown(table).rows if r.within] == ["Hull", "Leeds"]


def test_free_texts_have_no_table_unless_asked_for_by_name() -> None:
    free = Dimension("name", "Name", "text")
    framework = Framework("f", "1", "F", (free, Dimension("place", "Place", "text", table=3)))
    tables = Tabulation(framework, Dataset("f", ()))
    assert [d.id for d in tables.tabulated()] == ["place"]
    assert tables.dimension("name") is free and tables.dimension("3").id == "place"


@pytest.mark.parametrize(
    ("by", "parts"),
    [
        ("cohort", {"All": 4, "Cohort 1": 2, "Cohort 2": 2}),
        ("year", {"All": 4, "2008-09": 1, "Not told": 3}),
        ("Type", {"All": 4, "new": 1, "old": 1, "Not told": 2}),
        ("type", {"All": 4, "new": 1, "old": 1, "Not told": 2}),
        ("region", {"All": 4, "Yorkshire": 2, "Not told": 1, "Undecided": 1}),
        ("location", {"All": 4, "Hull": 2, "Leeds": 1, "Not told": 1, "Undecided": 1}),
    ],
)
def test_a_table_is_broken_down_by_what_is_known(by: str, parts: dict[str, int]) -> None:
    tables = example()
    table = tables.cross(tables.dimension("3"), by)
    assert {p.label: p.reports for p in table.parts} == parts
    assert table.overlapping == (by == "location")
    assert shown(table).columns == tuple(parts)


def test_two_dimensions_are_crossed_cell_by_cell() -> None:
    tables = example()
    table = tables.cross(tables.dimension("location"), "phase")
    names = [p.label for p in table.parts]
    hull = next(r for r in table.rows if r.id == "Hull")
    assert hull.cells[names.index("Primary")].n == 1 and hull.cells[names.index("Secondary")].n == 1
    assert "phase" in table.title and shown(table).id == "location by phase"


def test_what_does_not_exist_is_told_with_what_there_is() -> None:
    tables = example()
    with pytest.raises(CtgError, match=r"There is no table x; there are 1 \(group_size\)"):
        tables.dimension("x")
    with pytest.raises(
        CtgError, match=r"broken down by x; there are group_size.*cohort, project year, Type, region"
    ):
        tables.parts("x")
    with pytest.raises(CtgError, match="phase is not known of groups that sent nothing; known are cohort"):
        tables.response("phase")
    with pytest.raises(CtgError, match="No register says"):
        Tabulation(CTG, Dataset("f", ())).response()


def test_why_something_cannot_be_broken_down_is_said() -> None:
    of = Dimension("of", "Of", "multi", codes=(Code("a", "A"),))
    plain = Framework("own", "1", "Own", dimensions=(of,))
    dated = replace(plain, cohorts=(Cohort("1", ("2009-10",)),))
    for framework, by, why in (
        (plain, "cohort", "no group's cohort is known, which a register gives"),
        (plain, "project year", "the framework gives no cohort its years"),
        (dated, "year", "no group's cohort is known, which a register gives"),
        (plain, "region", "no place with a region is known"),
    ):
        with pytest.raises(CtgError, match=f"broken down by {by}: {why}"):
            Tabulation(framework, Dataset("own", ())).name_of(by)


def test_bounds_name_what_was_asked_for() -> None:
    of = Dimension("of", "Of", "multi", codes=(Code("a", "A"),))
    framework = Framework("own", "1", "Own", dimensions=(of,))
    made = Tabulation(framework, Dataset("own", (), (SilentGroup("G1", (), "nothing"),)))
    with pytest.raises(CtgError, match="of is of reports that indicate any, among"):
        made.bounded(of, of=Denominator.INDICATED)


def test_a_column_of_names_makes_no_table() -> None:
    reports = tuple(coded(CTG, f"r{n}", [], ("head", f"name {n}")) for n in range(400))
    with pytest.raises(CtgError, match="head has 400 different values"):
        Tabulation(CTG, Dataset("f", reports)).parts("head")


def test_the_response_and_its_bounds_are_told_in_total_and_by_cohort() -> None:
    tables = example()
    found = tables.response("cohort")
    assert [(r.part, r.responded, r.expected) for r in found] == [
        ("All", 4, 6), ("1", 2, 2), ("2", 2, 3), ("3", 0, 1),
    ]  # fmt: skip
    assert [r.percent for r in found] == ["66.7", "100.0", "66.7", "0.0"]
    bounded = tables.bounded(tables.dimension("phase"), "cohort")
    assert bounded.parts == (
        ("All", 4, 2), ("Cohort 1", 2, 0), ("Cohort 2", 2, 1), ("Cohort 3", 0, 1),
    )  # fmt: skip
    primary = next(r for r in bounded.rows if r.id == "primary")
    assert [(b.low, b.high, b.groups) for b in primary.bounds if b] == [
        (2, 5, 6),
        (1, 1, 2),
        (1, 3, 3),
        (0, 1, 1),
    ]
    row = next(r for r in shown_bounds(bounded).rows if r.id == "primary")
    assert (row.cells[0].n, row.cells[0].percent, row.cells[0].of) == ("2 to 5", "33.3 to 83.3", "6")
    assert shown_response(found, "cohort").rows[0].cells[0].percent == "66.7"


def test_a_table_of_some_reports_has_bounds_only_of_all() -> None:
    tables = example()
    with pytest.raises(CtgError, match="with --of all"):
        tables.bounded(tables.dimension("attributes"))
    assert tables.bounded(tables.dimension("attributes"), of=Denominator.ALL).parts[0] == ("All", 4, 2)


def test_percentages_are_of_what_was_asked_for() -> None:
    def row(present: set[str], absent: set[str]) -> CodedReport:
        record = CodedRecord("", "attributes", RecordState.UNDECIDED, frozenset(present), frozenset(absent))
        return coded(CTG, "r", [record])

    attributes = CTG.dimension("attributes")
    assert attributes is not None
    codes = {c.id for c in attributes.codes}
    first = attributes.codes[0].id
    tables = Tabulation(
        CTG, Dataset("f", (row({first}, codes - {first}), row(set(), codes), row(set(), set())))
    )

    def of(denominator: Denominator) -> tuple[int | None, int | None, int | None]:
        found = tables.table(attributes, denominator).rows
        return next((r.n, r.denominator, r.undecided) for r in found if r.id == first)

    assert of(Denominator.ALL) == (1, 2, 1)
    assert of(Denominator.INDICATED) == (1, 1, 0)
    assert of(Denominator.SAMPLE) == (1, 2, 0)


def test_not_reported_is_told_apart_from_no() -> None:
    reports = [
        coded(CTG, "a", [whole("characteristics", "not_specified")]),
        coded(CTG, "b", [whole("characteristics")]),
        coded(CTG, "c", [whole("characteristics", "high_fsm")]),
    ]
    tables = Tabulation(CTG, Dataset("f", tuple(reports)))
    table = tables.table(tables.dimension("2"))
    assert (table.indicating, table.not_reported, table.without) == (1, 1, 1)
    notes = " ".join(shown(table).notes)
    assert "Not reported, which is not no: 1 report." in notes and "None of the codes: 1 report." in notes


def test_codes_per_report_leave_out_what_stands_for_nothing() -> None:
    reports = [
        coded(CTG, "a", [whole("characteristics", "none")]),
        coded(CTG, "b", [whole("characteristics", "high_fsm", "high_sen")]),
        coded(CTG, "c", [whole("characteristics", "high_fsm")]),
        coded(CTG, "d", []),
    ]
    tables = Tabulation(CTG, Dataset("f", tuple(reports)))
    found = codes_per_report(tables.columns, tables.dimension("2"))
    assert (found.counts, found.reports, found.undecided) == (((0, 1), (1, 1), (2, 1)), 3, 1)
    assert (found.mean, found.median) == (1.0, 1.0)
    assert [r.label for r in shown_per_report(found).rows] == ["0 codes", "1 code", "2 codes"]
    assert codes_per_report(example().columns, tables.dimension("2")).mean is None


def test_outcomes_are_said_to_be_as_groups_reported_them_without_changing_the_framework_id() -> None:
    tables = example()
    outcomes = tables.dimension("8")
    assert outcomes.reported and REPORTED in tables.table(outcomes).note
    assert REPORTED in " ".join(shown(tables.cross(outcomes, "cohort")).notes)
    assert REPORTED not in tables.table(tables.dimension("9")).note


def test_a_framework_is_the_same_with_or_without_reported(tmp_path) -> None:
    text = "id: f\nversion: '1'\ntitle: F\ndimensions:\n- {id: d, title: D, kind: multi, codes: [{id: a, label: A}]%s}\n"
    ids = []
    for further in ("", ", reported: true"):
        (tmp_path / "f.yaml").write_text(text % further, encoding="utf-8")
        ids.append(load_framework(tmp_path / "f.yaml").framework_id)
    assert ids[0] == ids[1]


def test_no_report_at_all_makes_tables_of_nought() -> None:
    tables = Tabulation(CTG, Dataset("f", ()))
    for dimension in (*tables.tabulated(), *tables.tabulated("indepth")):
        assert all(not r.n for r in tables.table(dimension).rows)
        assert shown(tables.cross(dimension, "phase")).columns[0] == "All"
