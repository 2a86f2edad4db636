"""Datasets: what is missing says why everywhere, nothing is mixed, and a set is whole or not there."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pyreadstat
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ctg_nlp import releases
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.dataset import dataset
from ctg_nlp.dataset_rows import Coding, Whose, report_row
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.errors import CtgError, HomeError
from ctg_nlp.export.dataset_set import whole_set, write_manifest
from ctg_nlp.export.dataset_statistics import StataTable
from ctg_nlp.export.dataset_text import RUNS, as_it_was, neutral
from ctg_nlp.export.dataset_workbook import DatasetWorkbook
from ctg_nlp.export.variables import LETTERS, NUMBERS, Frame, Kind, Variable, Why, moment, statistics_names
from ctg_nlp.exporting import Exported, Wanted, export_dataset
from ctg_nlp.independence import give
from ctg_nlp.records import Answer, Group, Page, Purpose, Span
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import entries
from ctg_nlp.synthesis.disclosure import Rules
from ctg_nlp.synthesis.tables import synthesis_tables

from .conftest import ROOT
from .desks import ID, MODEL, uid
from .small_project import SmallProject, framework, small_project

FORMULA = '=HYPERLINK("http://x","y")'
DIMENSIONS: dict[str, dict] = {
    "aims": {"kind": "multi", "codes": ["a", "b", "c"]},
    "phase": {"kind": "single", "codes": ["early", "late"]},
    "size": {"kind": "number"},
    "story": {"kind": "text"},
    "deep": {"kind": "multi", "stage": "indepth", "codes": ["x"]},
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    made = small_project(tmp_path / "home", framework(**DIMENSIONS))
    made.register(*(Group(f"G{i}", i, "1", columns=(("lead school", f"Oak Hill {i}"),)) for i in range(4)))
    for i in range(4):
        report_id = made.arrive(f"{i}.pdf", f"G{i}")
        with made.store.transaction() as db:
            report_store.put_pages(
                db, report_id, [Page(1, 9, 9, f"We met weekly. {FORMULA} It went well.")], []
            )
    made.decide("0.pdf", "aims", codes=["a"], absent=["b"], unsure=["c"],
                evidence={"a": ["We met weekly.", "Not in the text."]})  # fmt: skip
    made.decide("0.pdf", "phase", codes=["late"], evidence={"late": [FORMULA]})
    made.decide("0.pdf", "size", value=7)
    made.decide("0.pdf", "story", value=FORMULA)
    made.decide("1.pdf", "aims", codes=["a", "b"])
    made.decide("1.pdf", "aims", coder="ben", codes=["b"])
    made.decide("1.pdf", "size", value=None)
    made.decide("1.pdf", "phase", codes=[])
    made.decide("2.pdf", "aims", codes=["a"])
    made.decide("2.pdf", "aims", coder="ben", codes=[])
    made.decide("2.pdf", "aims", coder="zoe", role="adjudicator", codes=["c"])
    yield made
    made.store.close()


def written(project: SmallProject, folder: Path, **asked: Any) -> Exported:
    return export_dataset(project.store, project.home.framework, folder, Wanted(**asked))


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def wide(folder: Path) -> list[tuple[str, ...]]:
    names = ("aims__a", "aims__b", "aims__c", "phase", "phase__early", "phase__late", "size")
    return [tuple(r[n] for n in names) for r in rows(folder, "reports")]


EXPECTED = [
    ("1", "0", "not decided", "late", "0", "1", "7"),
    ("in conflict", "1", "0", "no code", "0", "0", "cannot be told"),
    ("0", "0", "1", "not decided", "not decided", "not decided", "not decided"),
    ("not decided", "not decided", "not decided", "not decided", "not decided", "not decided", "not decided"),
]


def test_the_wide_table_tells_present_absent_and_why_neither(project: SmallProject, tmp_path: Path) -> None:
    written(project, tmp_path / "set", forms=("csv",))
    assert wide(tmp_path / "set") == EXPECTED
    stories = [(r["story"], r["story__state"]) for r in rows(tmp_path / "set", "reports")]
    assert stories == [("'" + FORMULA, "decided"), *[("", "not decided")] * 3]


def test_what_is_missing_says_the_same_in_every_form(project: SmallProject, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    written(project, folder)
    first = [r["aims__a"] for r in rows(folder, "reports")]
    assert first == ["1", "in conflict", "0", "not decided"]
    lines = [json.loads(x) for x in (folder / "reports.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [x["aims__a"] for x in lines] == [1, "in conflict", 0, "not decided"]
    parquet = pq.read_table(folder / "reports.parquet")
    assert parquet["aims__a"].to_pylist() == [1, None, 0, None]
    assert parquet["aims__a__why"].to_pylist() == [None, "in conflict", None, "not decided"]
    sheet = openpyxl.load_workbook(folder / "dataset.xlsx")["reports"]
    place = [c.value for c in sheet[1]].index("aims__a")
    assert [r[place].value for r in sheet.iter_rows(min_row=2)] == [1, "in conflict", 0, "not decided"]
    data, about = pyreadstat.read_sav(folder / "reports.sav", user_missing=True)
    assert data["aims__a"].tolist() == [1, -8, 0, -9]
    assert about.missing_ranges["aims__a"] == [{"lo": -9, "hi": -6}]
    assert about.variable_value_labels["aims__a"] == {
        1: "present", 0: "absent", -9: "not decided", -8: "in conflict", -7: "not applicable",
        -6: "cannot be told",
    }  # fmt: skip
    assert pyreadstat.read_sav(folder / "reports.sav")[0]["aims__a"].isna().tolist() == [
        False,
        True,
        False,
        True,
    ]
    data, about = pyreadstat.read_dta(folder / "reports.dta", user_missing=True)
    assert data["aims__a"].tolist() == [1, "b", 0, "a"]
    assert about.variable_value_labels["aims__a"][1] == "present"
    assert about.column_names_to_labels["aims__a"] == "Aims: A"


def plain(cell: Any, labels: dict[Any, str], missing: dict[Any, Why]) -> Any:
    """A cell of a statistics file as JSON lines have it."""
    if cell in missing and labels.get(cell, "") == missing[cell]:
        return str(missing[cell])
    if cell in labels and " (" in labels[cell]:
        return labels[cell].rsplit(" (", 1)[1].rstrip(")")
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC)
    return None if isinstance(cell, float) and cell != cell else cell


@pytest.mark.parametrize("table", ["reports", "codes", "decisions", "evidence"])
def test_every_form_holds_the_same_cells(project: SmallProject, tmp_path: Path, table: str) -> None:
    written(project, tmp_path / "set")
    check_same_cells(tmp_path / "set", table)


def check_same_cells(folder: Path, table: str) -> None:
    """Every form of a table has the cells that its JSON lines have."""
    lines = [json.loads(x) for x in (folder / f"{table}.jsonl").read_text(encoding="utf-8").splitlines()]
    for line, row in zip(lines, pq.read_table(folder / f"{table}.parquet").to_pylist(), strict=True):
        for name, cell in line.items():
            value = row.get(f"{name}__why") or row[name]
            assert value == (moment(cell) if name == "time" else cell), name
    for line, row in zip(lines, rows(folder, table), strict=True):
        assert {k: as_it_was(v) for k, v in row.items()} == {
            k: "" if v is None else str(v) for k, v in line.items()
        }
    names = {
        r["variable"]: (r["spss"], r["stata"]) for r in rows(folder, "dictionary") if r["table"] == table
    }
    readers = ((pyreadstat.read_sav, "sav", NUMBERS), (pyreadstat.read_dta, "dta", LETTERS))
    for place, (read, ending, words) in enumerate(readers):
        data, about = read(folder / f"{table}.{ending}", user_missing=True)
        missing = {value: why for why, value in words.items()}
        for line, row in zip(lines, data.to_dict("records"), strict=True):
            for name, cell in line.items():
                labels = about.variable_value_labels.get(names[name][place], {})
                found = plain(row[names[name][place]], labels, missing)
                same = found == (moment(cell).replace(microsecond=0) if name == "time" else cell)
                assert same, (ending, name, found, cell)


def test_single_choices_and_numbers_are_labelled_for_statistics(
    project: SmallProject, tmp_path: Path
) -> None:
    written(project, tmp_path / "set", forms=("sav", "dta"))
    data, about = pyreadstat.read_sav(tmp_path / "set" / "reports.sav", user_missing=True)
    assert data["phase"].tolist() == [2, 3, -9, -9] and data["size"].tolist() == [7, -6, -9, -9]
    assert about.variable_value_labels["phase"][2] == "Late (late)"
    data, _ = pyreadstat.read_dta(tmp_path / "set" / "reports.dta", user_missing=True)
    assert data["size"].tolist() == [7, "d", "a", "a"]
    assert data["story"].tolist() == [FORMULA, "", "", ""]


@given(
    first=st.sampled_from([*Why, None]),
    cells=st.lists(st.one_of(st.sampled_from([*Why]), st.none(), st.integers(0, 9)), max_size=8),
)
def test_a_column_for_stata_is_of_numbers_however_many_cells_have_none_at_first(
    tmp_path_factory: pytest.TempPathFactory, first: Why | None, cells: list[Why | int | None]
) -> None:
    path = tmp_path_factory.getbasetemp() / "column.dta"
    column = [first] * 120 + cells
    table = StataTable(path, Frame("t", "a row", (Variable("x", Kind.NUMBER, "X"),)), datetime(2026, 1, 1))
    table.write([(cell,) for cell in column])
    table.close()
    data, about = pyreadstat.read_dta(path, user_missing=True)
    assert about.readstat_variable_types["x"] == "double"
    read = [None if cell != cell else cell for cell in data["x"]]
    assert read == [LETTERS[cell] if isinstance(cell, Why) else cell for cell in column]


def test_the_wide_table_counts_as_the_synthesis_tables_do(project: SmallProject, tmp_path: Path) -> None:
    written(project, tmp_path / "set", forms=("csv",))
    counted = rows(tmp_path / "set", "reports")
    data = dataset(project.store, project.home.framework)
    for table in synthesis_tables(project.home.framework, data, "map"):
        for row in table.rows:
            column = f"{table.dimension}__{row.id}"
            if row.kind == "code":
                cells = [r[column] for r in counted]
                assert (cells.count("1"), cells.count("1") + cells.count("0")) == (row.n, row.denominator)


def test_a_dimension_that_is_not_asked_of_a_report_is_not_applicable(project: SmallProject) -> None:
    f, data = project.home.framework, dataset(project.store, project.home.framework)
    report = data.reports[0]
    whose = Whose(report.report_id, "r", "n", "g", report)
    for sample, expected in ((None, Why.UNDECIDED), (frozenset({report.report_id}), Why.UNDECIDED),
                             (frozenset(), Why.NOT_APPLICABLE)):  # fmt: skip
        coding = Coding(f, f.stage("indepth"), (), sample)
        assert report_row(coding, whose, report)[-1] == expected


def test_decisions_tell_who_said_what_and_what_became_of_it(project: SmallProject, tmp_path: Path) -> None:
    written(project, tmp_path / "set", forms=("csv",))
    said = {
        (r["name"], r["coder"], r["dimension"], r["code"]): r for r in rows(tmp_path / "set", "decisions")
    }
    first = said["0.pdf", "ann", "aims", "a"]
    assert (first["answer"], first["resolved"], first["current"], first["counts"]) == (
        "present",
        "present",
        "1",
        "1",
    )
    assert (first["quotes"], first["pages"], first["view"]) == ("2", "1", "not known")
    assert first["quote"] == "We met weekly. || Not in the text."
    assert said["0.pdf", "ann", "aims", "c"]["answer"] == "unsure"
    assert said["1.pdf", "ann", "aims", "a"]["resolved"] == "in conflict"
    assert said["2.pdf", "zoe", "aims", "c"]["role"] == "adjudicator"
    assert first["framework"] == project.home.framework.framework_id and first["imported"]
    places = [(r["quote_number"], r["part"], r["page"], r["start"], r["end"])
              for r in rows(tmp_path / "set", "evidence") if r["decision"] == first["decision"]]  # fmt: skip
    assert places == [("1", "1", "1", "0", "13"), ("2", "0", "", "", "")]


def test_what_decisions_come_to_tells_how_it_was_settled(project: SmallProject, tmp_path: Path) -> None:
    written(project, tmp_path / "set", forms=("csv",))
    found = {(r["name"], r["dimension"], r["code"]): r for r in rows(tmp_path / "set", "codes")}
    assert len(found) == 4 * 8
    how = {key: (r["state"], r["settled_by"], r["coders"], r["unsure"]) for key, r in found.items()}
    assert how["0.pdf", "aims", "a"] == ("present", "coder", "1", "0")
    assert how["0.pdf", "aims", "c"] == ("not decided", "nobody", "0", "1")
    assert how["1.pdf", "aims", "b"] == ("present", "coders", "2", "0")
    assert how["1.pdf", "aims", "a"] == ("in conflict", "nobody", "2", "0")
    assert how["2.pdf", "aims", "c"] == ("present", "adjudicator", "3", "0")
    assert how["1.pdf", "size", ""] == ("cannot be told", "coder", "1", "0")
    assert found["0.pdf", "size", ""]["value"] == "7"


def test_a_later_word_of_the_same_coder_is_the_current_one(project: SmallProject, tmp_path: Path) -> None:
    project.decide("3.pdf", "phase", codes=["early"])
    project.decide("3.pdf", "phase", codes=["late"])
    written(project, tmp_path / "set", forms=("csv",))
    said = [
        (r["code"], r["answer"], r["current"])
        for r in rows(tmp_path / "set", "decisions")
        if r["name"] == "3.pdf"
    ]
    assert [(c, a) for c, a, current in said if current == "1"] == [("early", "absent"), ("late", "present")]
    assert len(said) == 4


def test_times_are_in_utc_whatever_zone_an_import_named(project: SmallProject, tmp_path: Path) -> None:
    for time in ("2026-03-01T01:30:00+02:00", "2026-03-02T09:00:00", "0001-01-01T00:00:00+05:00"):
        project.decide("3.pdf", "size", coder=time[:10], value=1, time=time)
    written(project, tmp_path / "set")
    said = {r["coder"]: r["time"] for r in rows(tmp_path / "set", "decisions")}
    assert said["2026-03-01"] == "2026-02-28T23:30:00+00:00"
    assert said["2026-03-02"] == "2026-03-02T09:00:00+00:00"
    table = pq.read_table(tmp_path / "set" / "decisions.parquet", columns=["coder", "time"]).to_pylist()
    assert {r["coder"]: r["time"] for r in table}["2026-03-01"].isoformat() == "2026-02-28T23:30:00+00:00"


def test_decisions_under_an_older_version_are_told_by_what_they_are_now(
    project: SmallProject, tmp_path: Path
) -> None:
    renamed = {**DIMENSIONS, "aims": {"kind": "multi", "codes": ["a", "new", "c"]}}
    edits = [{"edit": "rename", "dimension": "aims", "from": ["b"], "to": ["new"]}]
    project.switch(framework("2", [{"version": "2", "edits": edits}], **renamed))
    written(project, tmp_path / "set", forms=("csv",))
    said = {(r["name"], r["coder"], r["code"]): r["resolved"] for r in rows(tmp_path / "set", "decisions")}
    assert said["0.pdf", "ann", "b"] == "absent"
    codes = {(r["name"], r["code"]): (r["state"], r["settled_by"]) for r in rows(tmp_path / "set", "codes")}
    assert codes["0.pdf", "new"] == ("absent", "coder")


def test_withdrawn_reports_are_left_out_and_their_number_is_told(
    project: SmallProject, tmp_path: Path
) -> None:
    withdraw_report(project.store, "0.pdf", now=project.now(), who="lead", why="asked")
    done = written(project, tmp_path / "set", forms=("csv",))
    assert {r["name"] for r in rows(tmp_path / "set", "decisions")} == {"1.pdf", "2.pdf"}
    said = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))
    assert (said["reports_that_count"], said["reports_withdrawn_and_left_out"]) == (3, 1)


def test_reports_that_are_still_coded_blind_are_told(project: SmallProject, tmp_path: Path) -> None:
    give(project.store, [f"{2:064x}"], "ben", Purpose.AUDIT, now=project.now(), who="lead")
    at = ["--home", str(project.home.root), "export", "--format", "csv", "-o", str(tmp_path / "set")]
    done = CliRunner().invoke(command, at, catch_exceptions=False)
    assert "1 reports in it are still coded blind" in done.output
    said = json.loads((tmp_path / "set" / "manifest.json").read_text(encoding="utf-8"))
    assert said["reports_still_coded_blind"] == 1


def test_one_stage_alone_has_only_its_dimensions(project: SmallProject, tmp_path: Path) -> None:
    project.decide("0.pdf", "deep", codes=["x"])
    written(project, tmp_path / "set", forms=("csv",), stage="indepth")
    assert {r["dimension"] for r in rows(tmp_path / "set", "decisions")} == {"deep"}
    assert {r["dimension"] for r in rows(tmp_path / "set", "codes")} == {"deep"}
    assert "aims__a" not in rows(tmp_path / "set", "reports")[0]


def test_suggestions_stand_in_a_file_of_their_own_and_only_when_asked_for(desk: Desk, tmp_path: Path) -> None:
    f = desk.home.framework
    export_dataset(desk.store, f, tmp_path / "plain", Wanted(("csv",)))
    assert not (tmp_path / "plain" / "suggestions.csv").exists()
    export_dataset(desk.store, f, tmp_path / "more", Wanted(("csv",), suggested=True))
    for name in ("reports.csv", "codes.csv", "decisions.csv"):
        assert (tmp_path / "plain" / name).read_bytes() == (tmp_path / "more" / name).read_bytes()
    said = rows(tmp_path / "more", "suggestions")
    assert len(said) == 2 * len(f.keys)
    assert (said[0]["score"], said[0]["threshold"], said[0]["suggested"]) == ("0.6", "0.5", "1")
    assert (
        said[0]["model"] == "cues-1+x|classifier-1+y"
        and said[0]["evidence_quote"] == "Pupils planned the work."
    )


def test_what_was_in_view_is_told_by_decision(desk: Desk, tmp_path: Path) -> None:
    desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, None, (Span(1, 0, 24),), "sure", 3.5))
    desk.do(ID, Doing(uid(), "stakeholders", "other", Answer.ABSENT, assisted=False))
    export_dataset(desk.store, desk.home.framework, tmp_path / "set", Wanted(("csv",)))
    assisted, blind = rows(tmp_path / "set", "decisions")
    names = (
        "view",
        "suggested_in_view",
        "model_in_view",
        "score_in_view",
        "threshold_in_view",
        "seconds",
        "note",
    )
    assert [assisted[n] for n in names] == ["assisted", "yes", MODEL, "0.6", "0.5", "4", "sure"]
    assert [blind[n] for n in names] == ["blind", "not shown", "", "", "", "0", ""]
    assert assisted["imported"] == blind["imported"] == ""


def test_the_same_store_gives_the_same_bytes(project: SmallProject, tmp_path: Path) -> None:
    first, second = (written(project, tmp_path / name, suggested=True) for name in ("one", "two"))
    assert len(first.files) == len(second.files) > 20
    for a, b in zip(first.files, second.files, strict=True):
        assert (a.name, a.read_bytes()) == (b.name, b.read_bytes())


def test_files_that_tell_a_time_tell_that_of_the_last_decision(project: SmallProject, tmp_path: Path) -> None:
    written(project, tmp_path / "set", forms=("sav", "dta", "xlsx"))
    said = json.loads((tmp_path / "set" / "manifest.json").read_text(encoding="utf-8"))
    last = datetime.fromisoformat(said["as_of"]).replace(tzinfo=None)
    for table in ("reports", "decisions"):
        assert pyreadstat.read_sav(tmp_path / "set" / f"{table}.sav")[1].creation_time == last
        minute = last.replace(second=0)
        assert pyreadstat.read_dta(tmp_path / "set" / f"{table}.dta")[1].creation_time == minute
    book = openpyxl.load_workbook(tmp_path / "set" / "dataset.xlsx")
    assert book.properties.created == book.properties.modified == last


def test_the_manifest_has_the_checksum_of_every_file(project: SmallProject, tmp_path: Path) -> None:
    done = written(project, tmp_path / "set")
    said = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))
    listed = {f["file"]: f["sha256"] for f in said["files"]}
    there = {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in done.files if p.name != "manifest.json"
    }
    assert listed == there
    assert said["framework"]["id"] == project.home.framework.framework_id
    assert next(f["rows"] for f in said["files"] if f["file"] == "reports.sav") == 4


def test_the_dictionary_names_every_column_of_every_file(project: SmallProject, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    written(project, folder)
    told = [(r["table"], r["variable"], r["spss"], r["stata"]) for r in rows(folder, "dictionary")]
    for table in ("reports", "codes", "decisions", "evidence"):
        mine = [x for x in told if x[0] == table]
        assert [x[1] for x in mine] == list(rows(folder, table)[0])
        assert [x[2] for x in mine] == pyreadstat.read_sav(folder / f"{table}.sav")[1].column_names
        assert [x[3] for x in mine] == pyreadstat.read_dta(folder / f"{table}.dta")[1].column_names
    codes = {(r["dimension"], r["code"]): r["label"] for r in rows(folder, "codebook")}
    assert codes["aims", "a"] == "A" and ("size", "") in codes


def test_the_workbook_has_types_a_frozen_heading_and_filters(project: SmallProject, tmp_path: Path) -> None:
    written(project, tmp_path / "set", forms=("xlsx",))
    book = openpyxl.load_workbook(tmp_path / "set" / "dataset.xlsx")
    assert book.sheetnames == ["About", "reports", "codes", "decisions", "evidence", "dictionary", "codebook"]
    sheet = book["decisions"]
    heading = [c.value for c in sheet[1]]
    second = dict(zip(heading, (c.value for c in sheet[2]), strict=True))
    assert sheet.freeze_panes == "B2" and sheet.auto_filter.ref.startswith("A1:")
    assert isinstance(second["decision"], int) and second["time"].year == 2026
    texts = [c for row in book["evidence"].iter_rows() for c in row if isinstance(c.value, str)]
    assert any(c.value == "'" + FORMULA for c in texts) and {c.data_type for c in texts} == {"s"}


def test_a_workbook_keeps_signs_that_xml_or_excel_would_read_otherwise(tmp_path: Path) -> None:
    said = ['a <b> & "c"', " spaces ", "two\nlines", "#N/A", "_x0041_", "bell\x07", "é😀", "x" * 40_000]
    frame = Frame("t & <u>", "a row", (Variable("text", Kind.TEXT, ""), Variable("n", Kind.SCORE, "")))
    book = DatasetWorkbook(tmp_path / "a.xlsx")
    book.table(frame).write([(text, i / 2) for i, text in enumerate(said)])
    book.save(datetime(2026, 1, 1))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["t & <u>"]
    found = [c.value for c in sheet["A"][1:]]
    assert found[:4] == said[:4] and {c.data_type for c in sheet["A"]} == {"s"}
    assert found[4:7] == ["_x005F_x0041_", "bell", "é😀"]
    assert len(found[7]) == 32_767 and found[7].endswith("(cut; whole in the other files)")
    assert [c.value for c in sheet["B"][1:]] == [i / 2 for i in range(8)]
    assert [p.name for p in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_table_beyond_the_limits_of_a_sheet_goes_on_in_another(tmp_path: Path) -> None:
    frame = Frame("t", "a row", tuple(Variable(f"v{i}", Kind.COUNT, "") for i in range(5)))
    book = DatasetWorkbook(tmp_path / "a.xlsx", limits=(3, 3))
    table = book.table(frame)
    table.write([(n, n + 1, n + 2, n + 3, n + 4) for n in range(5)])
    table.close()
    book.save(datetime(2026, 1, 1))
    found = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert found.sheetnames == [
        "t",
        "t (columns 2)",
        "t (2)",
        "t (columns 2, 2)",
        "t (3)",
        "t (columns 2, 3)",
    ]
    cells = {s.title: [[c.value for c in r] for r in s.iter_rows()] for s in found}
    assert cells["t (columns 2)"] == [["v0", "v3", "v4"], [0, 3, 4], [1, 4, 5]]
    assert [r[0] for name in ("t", "t (2)", "t (3)") for r in cells[name][1:]] == [0, 1, 2, 3, 4]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])) | st.text(alphabet=RUNS + "'a"))
def test_a_text_made_safe_for_spreadsheets_can_be_had_back(text: str) -> None:
    safe = neutral(text)
    assert as_it_was(safe) == text and safe[:1] not in set(RUNS)


def test_names_for_statistics_are_unique_short_and_no_reserved_words() -> None:
    long = "stakeholder_engagement_and_leadership_of_learning_across_all_the_schools_in_the_group"
    names = ["with", "int", "str5", f"{long}__one", f"{long}__two", "Größe", "1st", "aims__a", "AIMS__A"]
    made = statistics_names([Variable(n, Kind.COUNT, "") for n in names])
    spss, stata = [a for a, _ in made], [b for _, b in made]
    assert len(set(spss)) == len(set(stata)) == len(names)
    assert max(map(len, spss)) <= 64 and max(map(len, stata)) <= 31
    assert all(n[0].isalpha() and n.isascii() for n in (*spss, *stata))
    assert "with" not in spss and not {"int", "str5"} & set(stata)


def test_a_wide_framework_with_long_names_fits_spss_and_stata(tmp_path: Path) -> None:
    codes = [f"a_code_whose_name_goes_on_for_quite_a_while_{i}" for i in range(120)]
    said = framework(a_dimension_of_a_very_long_name={"kind": "multi", "codes": codes})
    made = small_project(tmp_path / "home", said)
    made.arrive("one.pdf")
    written(made, tmp_path / "set", forms=("sav", "dta"))
    assert len(pyreadstat.read_dta(tmp_path / "set" / "reports.dta")[1].column_names) == 125
    assert len(pyreadstat.read_sav(tmp_path / "set" / "reports.sav")[1].column_names) == 125
    made.store.close()


def test_a_store_without_any_report_gives_empty_tables(tmp_path: Path) -> None:
    made = small_project(tmp_path / "home")
    done = written(made, tmp_path / "set")
    assert done.rows["reports"] == done.rows["decisions"] == 0
    assert pq.read_table(tmp_path / "set" / "reports.parquet").num_rows == 0
    assert len(pyreadstat.read_sav(tmp_path / "set" / "reports.sav")[0]) == 0
    made.store.close()


def test_a_set_that_could_not_be_finished_leaves_the_one_before(
    project: SmallProject, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    written(project, folder, forms=("csv",))
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(ZeroDivisionError), whole_set(folder) as hidden:
        (hidden / "reports.csv").write_text("half", encoding="utf-8")
        raise ZeroDivisionError
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert [p.name for p in tmp_path.iterdir() if p.name != "home"] == ["set"]


def test_whoever_reads_while_sets_are_replaced_sees_whole_ones(tmp_path: Path) -> None:
    folder, stop, seen = tmp_path / "set", threading.Event(), list[tuple[int, str]]()

    def put(n: int) -> None:
        with whole_set(folder) as hidden:
            (hidden / "a.txt").write_text(str(n) * 1000, encoding="utf-8")
            write_manifest(hidden, {"n": n}, {})

    def read() -> None:
        while not stop.is_set():
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            seen.append((manifest["n"], (folder / "a.txt").read_text(encoding="utf-8")))

    put(0)
    reader = threading.Thread(target=read)
    reader.start()
    for i in range(1, 30):
        put(i)
    stop.set()
    reader.join()
    assert len(seen) > 5 and len({n for n, _ in seen}) > 1
    for n, text in seen:
        assert text in {str(i) * 1000 for i in range(n, 30)}


def test_what_a_writer_that_was_killed_left_is_swept_away(tmp_path: Path) -> None:
    left = tmp_path / ".set.being-written-x"
    left.mkdir()
    (left / "reports.csv").write_text("half", encoding="utf-8")
    with whole_set(tmp_path / "set") as hidden:
        write_manifest(hidden, {}, {})
    assert [p.name for p in tmp_path.iterdir()] == ["set"]


def test_a_folder_that_is_no_dataset_is_never_replaced(project: SmallProject, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.docx").write_bytes(b"x")
    with pytest.raises(HomeError, match="no dataset of ours"):
        written(project, folder)
    assert [p.name for p in folder.iterdir()] == ["thesis.docx"]


def test_a_release_is_exported_as_it_was_frozen(project: SmallProject, tmp_path: Path) -> None:
    said = releases.draft(project.store, project.home, "Spring", now=project.now(), who="ann", rules=Rules())
    project.decide("3.pdf", "aims", codes=["a"])
    run = ["--home", str(project.home.root), "export", "--format", "csv"]
    frozen, now = tmp_path / "frozen", tmp_path / "now"
    for more in (["-o", str(frozen), "--release", said.release.release_id], ["-o", str(now)]):
        done = CliRunner().invoke(command, [*run, *more], catch_exceptions=False)
        assert done.exit_code == 0, done.output
    assert wide(frozen) == EXPECTED and wide(now) != EXPECTED
    assert len(rows(now, "decisions")) == len(rows(frozen, "decisions")) + 3
    assert len(rows(now, "evidence")) == len(rows(frozen, "evidence"))
    told = json.loads((frozen / "manifest.json").read_text(encoding="utf-8"))
    assert told["release"]["id"] == said.release.release_id and told["release"]["mark"] == "DRAFT"


def test_an_erased_report_is_in_no_dataset_of_the_home_any_more(project: SmallProject) -> None:
    written(project, project.home.dataset, forms=("csv",))
    withdraw_report(project.store, "0.pdf", now=project.now(), who="lead", why="asked")
    erase_report(project.store, project.home, "0.pdf", now=project.now(), who="lead", why="law")
    assert not project.home.dataset.exists()
    written(project, project.home.dataset, forms=("csv",))
    assert "We met weekly" not in (project.home.dataset / "evidence.csv").read_text(encoding="utf-8")


def test_the_command_says_what_it_wrote_and_refuses_what_has_no_effect(project: SmallProject) -> None:
    at = ["--home", str(project.home.root), "export"]
    done = CliRunner().invoke(command, [*at, "--format", "csv,parquet"], catch_exceptions=False)
    assert done.exit_code == 0 and "4 reports" in done.output
    assert {p.suffix for p in project.home.dataset.iterdir()} == {".csv", ".parquet", ".json"}
    refused = CliRunner().invoke(command, [*at, "--with-quotes"])
    assert refused.exit_code == 2 and "--pseudonymised" in refused.output
    with pytest.raises(CtgError, match="There is no form doc"):
        CliRunner().invoke(command, [*at, "--format", "doc"], catch_exceptions=False)
    with project.store.reading() as db:
        assert any(e.what == "export" and e.subject.startswith("dataset: csv") for e in entries(db))


def test_the_python_of_the_docs_reads_a_dataset(project: SmallProject, tmp_path: Path) -> None:
    written(project, tmp_path / "dataset")
    text = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
    found = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(found) == 2
    ends = "\nprint(shares['aims__b'], undecided['aims__a__why'], len(with_quotes))\n"
    done = subprocess.run(
        [sys.executable, "-c", found[0] + ends + found[1]],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[0].split() == [str(1 / 3), "1", "3"]
    assert "not decided" in done.stdout
