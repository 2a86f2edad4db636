"""Cells of datasets that are hard for one form or another."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest

from ctg_nlp.export.dataset_workbook import CHARACTERS, CUT, clean
from ctg_nlp.export.sheet_xml import Sheet, write_workbook
from ctg_nlp.exporting import Wanted, export_dataset

from .small_project import SmallProject, framework, small_project

DIMENSIONS: dict[str, dict] = {
    "phase": {"kind": "single", "codes": ["early", "why"]},
    "size": {"kind": "number"},
    "story": {"kind": "text"},
}


@pytest.fixture
def project(tmp_path: Path):
    made = small_project(tmp_path / "home", framework(**DIMENSIONS))
    made.arrive("0.pdf")
    made.arrive("1.pdf")
    yield made
    made.store.close()


def written(project: SmallProject, folder: Path, *forms: str) -> Path:
    return export_dataset(project.store, project.home.framework, folder, Wanted(forms)).folder


@pytest.mark.parametrize("text", ["ok\r=cmd|'/C calc'!A0", "\r=1", "a\r\n=2", "=3\r", "a\n-4", '"\r@5"'])
def test_a_line_break_of_any_kind_begins_no_row_and_no_formula(
    project: SmallProject, tmp_path: Path, text: str
) -> None:
    project.decide("0.pdf", "story", value="before")
    project.decide("0.pdf", "story", value=text, note=text)
    path = written(project, tmp_path / "set", "csv", "jsonl") / "decisions.csv"
    frame = pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False)
    first = json.loads((tmp_path / "set" / "decisions.jsonl").read_text(encoding="utf-8").split("\n")[1])
    assert len(frame) == 2 and frame["value"][1].removeprefix("'") == first["value"]
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert [r["value"] for r in csv.DictReader(file)] == list(frame["value"])
    outside = "".join(path.read_bytes().decode("utf-8").split('"')[::2]).replace("\r\n", "")
    assert not {"\r", "\n"} & set(outside)


def test_a_code_called_why_has_a_column_of_its_own_in_every_form(
    project: SmallProject, tmp_path: Path
) -> None:
    project.decide("0.pdf", "phase", codes=["why"])
    folder = written(project, tmp_path / "set", "csv", "parquet")
    names = pq.read_schema(folder / "reports.parquet").names
    assert len(names) == len(set(names))
    read = pq.read_table(folder / "reports.parquet").to_pydict()
    assert read["phase"] == ["why", None] and read["phase__why"] == [None, "not decided"]
    assert read["phase__why_2"] == [1, None]
    assert "phase__why_2" in pd.read_csv(folder / "reports.csv", encoding="utf-8-sig").columns


def test_a_number_or_text_is_neither_present_nor_not_applicable(
    project: SmallProject, tmp_path: Path
) -> None:
    project.decide("0.pdf", "size", value=7)
    folder = written(project, tmp_path / "set", "csv", "jsonl", "parquet", "xlsx", "sav", "dta")
    codes = pd.read_csv(folder / "codes.csv", encoding="utf-8-sig", keep_default_na=False)
    values = [i for i, d in enumerate(codes["dimension"]) if d in ("size", "story")]
    assert len(values) == 4 and [codes["present"][i] for i in values] == [""] * 4
    lines = [json.loads(x) for x in (folder / "codes.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [lines[i]["present"] for i in values] == [None] * 4
    table = pq.read_table(folder / "codes.parquet").to_pydict()
    assert [(table["present"][i], table["present__why"][i]) for i in values] == [(None, None)] * 4
    for read, name in ((pyreadstat.read_sav, "sav"), (pyreadstat.read_dta, "dta")):
        data, _ = read(folder / f"codes.{name}", user_missing=True)
        assert data["present"].isna()[values].all() and data["present"].notna().sum() == 4


@pytest.mark.parametrize(
    ("text", "whole"),
    [("x" * CHARACTERS, True), ("😀" * 16_383, True), ("😀" * 16_384, False), ("x" + "😀" * 20_000, False)],
)
def test_a_cell_is_cut_where_excel_counts_it_as_too_long(text: str, whole: bool) -> None:
    made = clean(text)
    assert (made == text) is whole and len(made.encode("utf-16-le")) // 2 <= CHARACTERS
    assert whole or (made.endswith(CUT) and text.startswith(made.removesuffix(CUT)))


@pytest.mark.parametrize("year", [1901, 2107, 2200, 9999])
def test_a_workbook_can_be_written_whatever_time_the_last_decision_tells(tmp_path: Path, year: int) -> None:
    sheet = Sheet(tmp_path / "s", "t", [9])
    sheet.append(["x"])
    sheet.close()
    write_workbook(tmp_path / "a.xlsx", [sheet], datetime(year, 6, 1))
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").properties.created.year == year
    stamps = {i.date_time[0] for i in zipfile.ZipFile(tmp_path / "a.xlsx").infolist()}
    assert stamps == {min(max(year, 1980), 2107)}
