"""Datasets tell which reports are in the second stage, and how each came to be there or not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pyreadstat
import pytest
from click.testing import CliRunner

from ctg_nlp import releases
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.dataset import dataset
from ctg_nlp.desk import Desk
from ctg_nlp.selecting import decide, freeze, settle
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.disclosure import Rules
from ctg_nlp.synthesis.tables import Denominator, synthesis_tables

from .sampling_desk import as_coder, saying
from .small_project import SmallProject, framework, small_project
from .test_datasets import check_same_cells, rows, written

DEEP: dict[str, dict] = {
    "aims": {"kind": "multi", "codes": ["a", "b"]},
    "deep": {"kind": "multi", "stage": "indepth", "codes": ["x", "y"]},
    "pace": {"kind": "single", "stage": "indepth", "codes": ["slow", "fast"]},
    "gains": {"kind": "multi", "stage": "indepth", "denominator": "indicated", "codes": ["p", "q"]},
    "hours": {"kind": "number", "stage": "indepth"},
    "account": {"kind": "text", "stage": "indepth"},
}
FILTERS = [
    {
        "id": "quality",
        "label": "Quality",
        "criteria": ["Is it told how?"],
        "scale": [{"id": "good", "label": "Good", "passes": True}, {"id": "weak", "label": "Weak"}],
        "blocked_by": ["aims.b"],
    },
    {"id": "depth", "label": "Depth"},
]


def coded(project: SmallProject, name: str, *, deep: str = "x") -> None:
    """The map of a report, and much of the second stage."""
    project.decide(name, "aims", codes=["a"])
    project.decide(name, "deep", codes=[deep])
    project.decide(name, "pace", codes=["fast"])
    project.decide(name, "hours", value=3)
    project.decide(name, "account", value="They met.")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    """Four reports, all coded in depth; the map bars the third, and of the fourth the map is not decided."""
    made = small_project(tmp_path / "home", framework(**DEEP) | {"filters": FILTERS})
    for n in range(4):
        made.arrive(f"{n}.pdf", f"G{n}")
        coded(made, f"{n}.pdf", deep="xy"[n % 2])
    made.decide("0.pdf", "gains", codes=["p"])
    made.decide("2.pdf", "gains", codes=["p", "q"])
    made.decide("2.pdf", "aims", codes=["a", "b"])
    made.decide("3.pdf", "aims", unsure=["a"])
    yield made
    made.store.close()


def desk_of(project: SmallProject, coder: str = "dora") -> Desk:
    return Desk(project.home, project.store, coder, project.now)


def report_ids(project: SmallProject) -> list[str]:
    return [f"{n + 1:064x}" for n in range(len(project.names))]


def select(project: SmallProject) -> None:
    """The first two reports pass both filters and are frozen."""
    desk = desk_of(project)
    for report_id in report_ids(project)[:2]:
        decide(desk, report_id, saying("quality", "good", "The Ropewalk told us how."))
        decide(desk, report_id, saying("depth", "pass", "Told at length."))
    freeze(desk, "First reading")


def csv_column(folder: Path, name: str) -> list[Any]:
    found = [r[name] for r in rows(folder, "reports")]
    return [int(c) if c in ("0", "1") else c for c in found]


def parquet_column(folder: Path, name: str) -> list[Any]:
    found = pq.read_table(folder / "reports.parquet", columns=[name, f"{name}__why"])
    return [v if v is not None else w for v, w in zip(*found.to_pydict().values(), strict=True)]


def spss_column(folder: Path, name: str) -> list[Any]:
    data, about = pyreadstat.read_sav(folder / "reports.sav", user_missing=True)
    return [int(c) if c >= 0 else about.variable_value_labels[name][c] for c in data[name]]


@pytest.mark.parametrize("column", [csv_column, parquet_column, spss_column])
@pytest.mark.parametrize("frozen", [True, False])
def test_in_depth_columns_count_as_the_tables_of_the_second_stage_do(
    project: SmallProject, tmp_path: Path, frozen: bool, column: Callable[[Path, str], list[Any]]
) -> None:
    if frozen:
        select(project)
    written(project, tmp_path / "set", forms=("csv", "parquet", "sav"))
    data = dataset(project.store, project.home.framework)
    seen = []
    for table in synthesis_tables(project.home.framework, data, "indepth"):
        for row in (r for r in table.rows if r.kind is RowKind.CODE):
            cells = column(tmp_path / "set", f"{table.dimension}__{row.id}")
            assert cells.count(1) == row.n, (table.dimension, row)
            if table.denominator is Denominator.SAMPLE:
                assert cells.count(1) + cells.count(0) == row.denominator
                assert not frozen or cells.count("not decided") == row.undecided
            assert cells.count("not applicable") == (2 if frozen else 0)
            seen.append((table.dimension, row.id, row.n))
    assert seen == [
        ("deep", "x", 1 if frozen else 2), ("deep", "y", 1 if frozen else 2),
        ("pace", "slow", 0), ("pace", "fast", 2 if frozen else 4),
        ("gains", "p", 1 if frozen else 2), ("gains", "q", 0 if frozen else 1),
    ]  # fmt: skip


def test_undecided_absent_and_not_applicable_stay_three_values_in_depth(
    project: SmallProject, tmp_path: Path
) -> None:
    select(project)
    written(project, tmp_path / "set", forms=("csv",))
    names = ("in_sample", "deep__x", "pace", "gains__q", "hours", "account", "account__state", "aims__a")
    out = ("not applicable",) * 4
    assert [tuple(r[n] for n in names) for r in rows(tmp_path / "set", "reports")] == [
        ("1", "1", "fast", "0", "3", "They met.", "decided", "1"),
        ("1", "0", "fast", "not decided", "3", "They met.", "decided", "1"),
        ("0", *out, "", "not applicable", "1"),
        ("0", *out, "", "not applicable", "not decided"),
    ]
    said = [r for r in rows(tmp_path / "set", "decisions") if r["name"] == "2.pdf" and r["code"] == "x"]
    assert [(r["answer"], r["resolved"], r["in_sample"]) for r in said] == [
        ("present", "not applicable", "0")
    ]


def test_every_file_says_which_sample_it_is_or_that_none_is_frozen(
    project: SmallProject, tmp_path: Path
) -> None:
    for frozen, name in ((False, "none is frozen"), (True, "the sample frozen on 2026-01-02: First reading")):
        if frozen:
            select(project)
        done = written(project, tmp_path / "set")
        said = json.loads((tmp_path / "set" / "manifest.json").read_text(encoding="utf-8"))["sample"]
        assert said["frozen"] is frozen and done.sample == said["note"]
        told = {(r["table"], r["variable"]): r["label"] for r in rows(tmp_path / "set", "dictionary")}
        for table in ("reports", "codes", "decisions", "filters", "filter_decisions"):
            assert name in told[table, "in_sample"]
        about = pyreadstat.read_sav(tmp_path / "set" / "reports.sav")[1]
        assert name in about.column_names_to_labels["in_sample"]
        book = openpyxl.load_workbook(tmp_path / "set" / "dataset.xlsx")
        assert said["note"] in [c for row in book["About"].values for c in row]
        cells = [r["in_sample"] for r in rows(tmp_path / "set", "reports")]
        assert cells == (["1", "1", "0", "0"] if frozen else [""] * 4)
    assert (said["name"], said["frozen_on"]) == ("First reading", "2026-01-02")
    assert (said["reports"], said["reports_that_count"]) == (2, 2)
    at = ["--home", str(project.home.root), "export", "--format", "csv"]
    assert said["note"] in CliRunner().invoke(command, at, catch_exceptions=False).output


def test_filters_tell_level_reason_and_how_each_was_settled(project: SmallProject, tmp_path: Path) -> None:
    one, two, _, four = report_ids(project)
    select(project)
    decide(desk_of(project, "ben"), one, saying("quality", "weak", "Told badly."))
    settle(as_coder(desk_of(project), "zoe"), one, saying("quality", "weak", "=Both read it again."))
    decide(desk_of(project, "ben"), two, saying("depth", "fail", "Too short."))
    project.decide("3.pdf", "aims", codes=["a"])
    written(project, tmp_path / "set", forms=("csv",))
    names = ("name", "filter", "state", "passed", "level", "level_label", "settled_by", "coders", "reason")
    assert [tuple(r[n] for n in names) for r in rows(tmp_path / "set", "filters")] == [
        ("0.pdf", "quality", "not passed", "0", "weak", "Weak", "adjudicator", "3", "'=Both read it again."),
        ("0.pdf", "depth", "not reached", "", "", "", "nobody", "1", ""),
        ("1.pdf", "quality", "passed", "1", "good", "Good", "coder", "1", "The Ropewalk told us how."),
        ("1.pdf", "depth", "coders disagree", "", "", "", "nobody", "2", ""),
        ("2.pdf", "quality", "blocked by the map", "0", "", "", "map", "0", ""),
        ("2.pdf", "depth", "not reached", "", "", "", "nobody", "0", ""),
        ("3.pdf", "quality", "waiting", "", "", "", "nobody", "0", ""),
        ("3.pdf", "depth", "not reached", "", "", "", "nobody", "0", ""),
    ]
    assert four and [r["blocked_by"] for r in rows(tmp_path / "set", "filters")][4] == "aims.b"
    said = rows(tmp_path / "set", "filter_decisions")
    assert [(r["name"], r["filter"], r["level"], r["passes"], r["coder"], r["role"]) for r in said] == [
        ("0.pdf", "quality", "good", "1", "dora", "coder"), ("0.pdf", "depth", "pass", "1", "dora", "coder"),
        ("0.pdf", "quality", "weak", "0", "ben", "coder"),
        ("0.pdf", "quality", "weak", "0", "zoe", "adjudicator"),
        ("1.pdf", "quality", "good", "1", "dora", "coder"), ("1.pdf", "depth", "pass", "1", "dora", "coder"),
        ("1.pdf", "depth", "fail", "0", "ben", "coder"),
    ]  # fmt: skip
    assert {r["time"][:10] for r in said} == {"2026-01-02"} and {r["current"] for r in said} == {"1"}


@pytest.mark.parametrize("table", ["reports", "filters", "filter_decisions"])
def test_filters_are_the_same_in_every_form(project: SmallProject, tmp_path: Path, table: str) -> None:
    select(project)
    written(project, tmp_path / "set")
    check_same_cells(tmp_path / "set", table)


def test_filters_of_a_report_whose_map_is_open_do_not_count_yet(
    project: SmallProject, tmp_path: Path
) -> None:
    file = tmp_path / "filters.jsonl"
    line = {"report": "3.pdf", "filter": "quality", "level": "good", "reason": "Read before.", "coder": "ann"}
    file.write_text(json.dumps(line), encoding="utf-8")
    at = ["--home", str(project.home.root), "select", "import", str(file)]
    assert CliRunner().invoke(command, at, catch_exceptions=False).exit_code == 0
    written(project, tmp_path / "set", forms=("csv",))
    told = [(r["state"], r["passed"], r["level"]) for r in rows(tmp_path / "set", "filters")][-2:]
    assert told == [("map not decided", "", "")] * 2
    (said,) = rows(tmp_path / "set", "filter_decisions")
    assert (said["level"], said["resolved"], said["reason"]) == ("good", "map not decided", "Read before.")


def test_under_pseudonyms_filters_keep_levels_and_neither_names_nor_reasons(
    project: SmallProject, tmp_path: Path
) -> None:
    select(project)
    for texts in (False, True):
        folder = tmp_path / str(texts)
        written(project, folder, key=b"k" * 32, with_texts=texts)
        said = rows(folder, "filter_decisions")
        assert {r["coder"][:6] for r in said} == {"coder-"} and {r["time"][11:19] for r in said} == {
            "00:00:00"
        }
        assert {r["reason"] for r in rows(folder, "filters")} >= ({"Told at length."} if texts else {""})
        everything = "".join(p.read_text(encoding="utf-8") for p in folder.glob("*.[cj]s*"))
        assert "dora" not in everything and ("Told at length" in everything) is texts
        assert ("First reading" in everything) is texts and "frozen on 2026-01-02" in everything


def test_an_erased_report_takes_its_filter_decisions_along_and_withdrawn_ones_are_left_out(
    project: SmallProject, tmp_path: Path
) -> None:
    select(project)
    written(project, project.home.dataset, forms=("csv",))
    withdraw_report(project.store, "0.pdf", now=project.now(), who="lead", why="asked")
    for erased in (False, True):
        if erased:
            erase_report(project.store, project.home, "0.pdf", now=project.now(), who="lead", why="law")
            assert not project.home.dataset.exists()
        written(project, project.home.dataset, forms=("csv",))
        for table in ("filters", "filter_decisions"):
            assert "0.pdf" not in {r["name"] for r in rows(project.home.dataset, table)}
    said = json.loads((project.home.dataset / "manifest.json").read_text(encoding="utf-8"))["sample"]
    assert (said["reports"], said["reports_that_count"]) == (2, 1)


def test_a_release_tells_the_sample_that_it_was_made_of(project: SmallProject, tmp_path: Path) -> None:
    select(project)
    said = releases.draft(project.store, project.home, "Spring", now=project.now(), who="ann", rules=Rules())
    project.decide("3.pdf", "aims", codes=["a"])
    desk, last = desk_of(project), report_ids(project)[3]
    decide(desk, last, saying("quality", "good"))
    decide(desk, last, saying("depth", "pass"))
    freeze(desk, "Second reading")
    at = ["--home", str(project.home.root), "export", "--format", "csv", "-o", str(tmp_path / "set")]
    done = CliRunner().invoke(command, [*at, "--release", said.release.release_id], catch_exceptions=False)
    assert "First reading" in done.output and "Second" not in done.output
    assert [r["in_sample"] for r in rows(tmp_path / "set", "reports")] == ["1", "1", "0", "0"]
    assert not (tmp_path / "set" / "filters.csv").exists()
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text(encoding="utf-8"))
    assert "not the filter decisions" in manifest["release"]["note"]
