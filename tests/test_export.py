"""Files that are whole, and cells that no spreadsheet runs."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from ctg_nlp.errors import HomeError
from ctg_nlp.export.files import safe_cell, whole_file, write_csv
from ctg_nlp.export.tables import write_breakdown, write_tables
from ctg_nlp.synthesis.breakdown import CrossRow, CrossTable, Part
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable, shown
from ctg_nlp.synthesis.tables import Denominator, Row, SynthesisTable

TABLE = SynthesisTable(
    "d", 4, "=Title & <b>", "A note.", 8, Denominator.ALL,
    (Row(RowKind.GROUP, "g", "Group"), Row(RowKind.CODE, "c", "=cmd|' /C calc'!A0", 1, 8, 0, 0),
     Row(RowKind.TOTAL, "total", "All <script>", 30, None, 2)),
)  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_a_text_that_would_be_a_formula_is_made_harmless(text: str) -> None:
    assert safe_cell(text) == "'" + text
    assert safe_cell("plain") == "plain" and safe_cell(-1) == -1


def test_tables_are_written_as_csv_xlsx_and_html(tmp_path: Path) -> None:
    write_tables(tmp_path, [TABLE], "A heading")
    rows = list(csv.DictReader((tmp_path / "tables.csv").open(encoding="utf-8-sig")))
    assert [(r["n"], r["percent"], r["denominator"]) for r in rows] == [("1", "12.5", "8"), ("30", "", "")]
    assert rows[0]["label"].startswith("'=")
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx")["Table 4"]
    assert (sheet["A5"].value, sheet["B5"].value, sheet["C5"].value) == ("'=cmd|' /C calc'!A0", 1, 12.5)
    assert sheet["A5"].data_type == "s"
    page = (tmp_path / "tables.html").read_text(encoding="utf-8")
    assert "All &lt;script&gt;" in page and "<script>" not in page and "12.5" in page


def test_a_file_that_could_not_be_finished_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, ["x"], [[1]])
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError), whole_file(path) as file:
        file.write("half")
        raise ZeroDivisionError
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(HomeError, match="cannot be written"):
        write_csv(tmp_path / "file" / "a.csv", ["x"], [])


def test_breakdowns_and_notes_are_written_with_the_tables(tmp_path: Path) -> None:
    cells = (Row(RowKind.CODE, "c", "=Code", 3, 4, 1, 0), Row(RowKind.CODE, "c", "=Code", 1, 2, 0, 0))
    parts = (Part("all", "All", 5), Part("1", "=1+1", 2))
    rows = (CrossRow(RowKind.GROUP, "g", "Group"), CrossRow(RowKind.CODE, "c", "=Code", cells))
    cross = CrossTable("d", "cohort", "Title by cohort", "A note.", Denominator.ALL, parts, rows)
    write_tables(tmp_path, [TABLE], "A heading", [("By cohort", [shown(cross)]), ("Response", [])])
    write_breakdown(tmp_path / "by.csv", [cross])
    lines = list(csv.DictReader((tmp_path / "by.csv").open(encoding="utf-8-sig")))
    assert [(x["part"], x["n"], x["percent"], x["denominator"], x["undecided"]) for x in lines] == [
        ("all", "3", "75.0", "4", "1"), ("1", "1", "50.0", "2", "0"),
    ]  # fmt: skip
    assert {x["part_label"] for x in lines} == {"All", "'=1+1"} and lines[0]["label"] == "'=Code"
    book = openpyxl.load_workbook(tmp_path / "tables.xlsx")
    assert book.sheetnames == ["Table 4", "By cohort"]
    values = [list(row) for row in book["By cohort"].iter_rows(values_only=True)]
    assert [v or "" for v in values[2][:6]] == ["", "All", "", "", "", "'=1+1"]
    assert values[5][:9] == ["'=Code", 3, 75.0, 4, 1, 1, 50.0, 2, 0]
    page = (tmp_path / "tables.html").read_text(encoding="utf-8")
    assert "<h2>By cohort</h2>" in page and "Response" not in page and "A note." in page
    assert '<th scope="colgroup" colspan="4">=1+1</th>' in page


def test_a_withheld_cell_is_in_no_file(tmp_path: Path) -> None:
    held = ShownCell(withheld="suppressed")
    table = ShownTable("d", None, "T", ("",), (ShownRow(RowKind.CODE, "c", "C", (held,)),), (), "all")
    write_tables(tmp_path, [], "H", [("Held", [table])])
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx")["Held"]
    assert sheet["B4"].value == "suppressed"
    assert "<td>suppressed</td>" in (tmp_path / "tables.html").read_text(encoding="utf-8")
