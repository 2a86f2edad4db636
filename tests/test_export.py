"""Files that are whole, and cells that no spreadsheet runs."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from ctg_nlp.errors import HomeError
from ctg_nlp.export.files import safe_cell, whole_file, write_csv
from ctg_nlp.export.tables import write_tables
from ctg_nlp.synthesis.cells import RowKind
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
