"""Pseudonyms: the same ones always, none that can be guessed, and what remains of the risk is told."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pyreadstat
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from ctg_nlp.cli.main import ctg as command
from ctg_nlp.errors import CtgError, HomeError
from ctg_nlp.pseudonyms import KEY_FILE, Pseudonyms, another_key, pseudonym_key
from ctg_nlp.records import Group, Page
from ctg_nlp.store import reports as report_store

from .small_project import SmallProject, framework, small_project
from .test_datasets import rows

TEXT = "Mrs Helen Carter of Oak Hill told us that St Swithun's Primary School in Hull led it. Dora wrote it."
SECRET = ("Carter", "Oak Hill", "Swithun", "Hull", "G-north", "ann.smith", "north.pdf", "Dora Lead")
DIMENSIONS: dict[str, dict] = {
    "aims": {"kind": "multi", "codes": ["a", "b"]},
    "size": {"kind": "number"},
    "place": {"kind": "text", "fact": "local_authority"},
    "story": {"kind": "text"},
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    made = small_project(tmp_path / "home", framework(**DIMENSIONS))
    columns = (("lead school", "Oak Hill"), ("lead name", "Dora Lead"), ("kind of area", "coastal"))
    made.register(Group("G-north", 0, "1", columns=columns), Group("G-south", 1, "1", columns=columns[2:]))
    for name in ("north", "south"):
        report_id = made.arrive(f"{name}.pdf", f"G-{name}")
        with made.store.transaction() as db:
            report_store.put_pages(db, report_id, [Page(1, 9, 9, TEXT)], [])
    made.decide(
        "north.pdf", "aims", coder="ann.smith", codes=["a"], evidence={"a": [TEXT]}, notes={"a": TEXT}
    )
    made.decide("north.pdf", "story", coder="ann.smith", value=TEXT)
    made.decide("north.pdf", "size", value=3)
    made.decide("south.pdf", "size", value=4)
    made.decide("south.pdf", "place", value="Leeds")
    yield made
    made.store.close()


def exported(project: SmallProject, folder: Path, *more: str) -> Result:
    at = ["--home", str(project.home.root), "export", "--pseudonymised", "-o", str(folder)]
    return CliRunner().invoke(command, [*at, *more], catch_exceptions=False)


def everything(folder: Path) -> str:
    """All that the files hold, as text."""
    found = []
    for path in folder.iterdir():
        if path.suffix == ".parquet":
            found.append(str(pq.read_table(path).to_pydict()) + str(pq.read_schema(path)))
        elif path.suffix in (".sav", ".dta"):
            data, about = (pyreadstat.read_sav if path.suffix == ".sav" else pyreadstat.read_dta)(path)
            found.append(str(data.to_dict()) + str(about.column_names_to_labels))
        elif path.suffix != ".xlsx":
            found.append(path.read_text(encoding="utf-8"))
    for sheet in openpyxl.load_workbook(folder / "dataset.xlsx"):
        found += [str(c) for row in sheet.values for c in row if c is not None]
    return "\n".join(found)


@pytest.mark.parametrize("more", [(), ("--with-quotes",)])
def test_no_name_that_is_known_is_in_any_file(project: SmallProject, tmp_path: Path, more: Any) -> None:
    done = exported(project, tmp_path / "set", *more)
    assert done.exit_code == 0, done.output
    said = everything(tmp_path / "set")
    assert [name for name in SECRET if name in said] == []
    assert (
        f"{1:064x}" not in said
        and (project.home.root / KEY_FILE).read_text(encoding="ascii").strip() not in said
    )
    assert ("led it" in said) is bool(more)
    assert {r["group"] for r in rows(tmp_path / "set", "reports")} != {""}


def test_without_quotes_there_are_still_codes_pages_and_states(project: SmallProject, tmp_path: Path) -> None:
    exported(project, tmp_path / "set", "--format", "csv")
    first = next(r for r in rows(tmp_path / "set", "decisions") if r["code"] == "a")
    assert (first["answer"], first["quotes"], first["pages"], first["quote"], first["note"]) == (
        "present",
        "1",
        "1",
        "",
        "",
    )
    states = sorted((r["story"], r["story__state"]) for r in rows(tmp_path / "set", "reports"))
    assert states == [("", "decided"), ("", "not decided")]


def test_pseudonyms_are_the_same_each_time_until_there_is_another_key(
    project: SmallProject, tmp_path: Path
) -> None:
    def groups(*more: str) -> set[str]:
        exported(project, tmp_path / "set", "--format", "csv", *more)
        return {r["group"] for r in rows(tmp_path / "set", "reports")}

    first = groups()
    assert first == groups() and len(first) == 2
    assert not first & groups("--new-key")


def test_a_new_key_stays_only_once_the_set_is_there_and_the_one_before_is_kept_aside(
    project: SmallProject, tmp_path: Path
) -> None:
    exported(project, tmp_path / "set", "--format", "csv")
    key = project.home.root / KEY_FILE
    before = key.read_bytes()
    (tmp_path / "set" / "mine.R").write_text("x", encoding="utf-8")
    for more in ((), ("--keep-column", "no such")):
        with pytest.raises(CtgError):
            exported(project, tmp_path / "set", "--new-key", *more)
    assert key.read_bytes() == before and not list(project.home.root.glob(f"{KEY_FILE}.*"))
    (tmp_path / "set" / "mine.R").unlink()
    exported(project, tmp_path / "set", "--format", "csv", "--new-key")
    aside = project.home.root / f"{KEY_FILE}.before-1"
    assert aside.read_bytes() == before != key.read_bytes()
    assert {stat.S_IMODE(p.stat().st_mode) for p in (key, aside)} == {0o600}


def test_columns_of_the_register_are_given_only_where_they_were_asked_for(
    project: SmallProject, tmp_path: Path
) -> None:
    exported(project, tmp_path / "set", "--format", "csv", "--keep-column", "kind of area")
    said = rows(tmp_path / "set", "reports")
    assert {r["register__kind_of_area"] for r in said} == {"coastal"}
    assert {r["register__cohort"] for r in said} == {"1"}
    assert "Oak" not in {r["register__lead_school"][:3] for r in said}
    with pytest.raises(CtgError, match="no column kind; its further columns are kind of area, lead name"):
        exported(project, tmp_path / "set", "--keep-column", "kind")


def test_the_risk_that_remains_is_counted_and_told(project: SmallProject, tmp_path: Path) -> None:
    done = exported(project, tmp_path / "set", "--format", "csv")
    assert "2 of 2 reports are the only ones of their kind" in done.output
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text(encoding="utf-8"))
    assert "Size, Place, cohort" in manifest["pseudonymised"]["risk"][1]
    assert manifest["pseudonymised"]["texts"].startswith(
        "Quotes, notes and free texts are left out. Times are days"
    )


def test_rows_are_not_in_the_order_of_arrival(project: SmallProject, tmp_path: Path) -> None:
    exported(project, tmp_path / "set", "--format", "csv")
    names = [r["report"] for r in rows(tmp_path / "set", "reports")]
    assert names == sorted(names)
    numbers = [int(r["decision"]) for r in rows(tmp_path / "set", "decisions")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_key_is_closed_to_others_and_refused_where_it_is_not(tmp_path: Path) -> None:
    key = pseudonym_key(tmp_path)
    path = tmp_path / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and len(key) == 32
    assert pseudonym_key(tmp_path) == key
    with another_key(tmp_path) as other:
        assert other != key == pseudonym_key(tmp_path)
    assert pseudonym_key(tmp_path) == other
    path.chmod(0o644)
    with pytest.raises(HomeError, match="chmod 600"):
        pseudonym_key(tmp_path)
    path.chmod(0o600)
    path.write_text("abc", encoding="ascii")
    with pytest.raises(HomeError, match="cannot be used"):
        pseudonym_key(tmp_path)


@pytest.mark.parametrize(
    ("text", "gone", "kept"),
    [
        ("Mr J. Brown and Dr O'Neill spoke.", ("Brown", "O'Neill"), ("Mr", "spoke")),
        ("We met at Elm Grove Infant School today.", ("Elm", "Grove"), ("We met at", "School today")),
        ("Our Primary School did well.", (), ("Our Primary School did well.",)),
        ("Schools in Kingston upon Hull and Leeds.", ("Kingston", "Hull", "Leeds"), ("Schools in", "and")),
        ("reading improved; Write to a.b@school.sch.uk or 01482 300300.", ("a.b@", "01482"), ("reading improved",)),
        ("OAK HILL was lead; oak hill too.", ("OAK", "oak"), ("was lead",)),
    ],
)  # fmt: skip
def test_names_are_taken_out_of_texts_and_the_rest_stays(text: str, gone: Any, kept: Any) -> None:
    from ctg_nlp.suggest.local_authority import place_names

    known = dict.fromkeys(place_names(), "place") | {"Oak Hill": "name"}
    said = Pseudonyms(b"k" * 32, known).without_names(text)
    assert [g for g in gone if g in said] == [] and [k for k in kept if k not in said] == []


def test_a_school_or_person_that_the_report_names_once_is_known_in_all_its_texts(
    project: SmallProject, tmp_path: Path
) -> None:
    report_id = project.arrive("west.pdf", "G-west")
    text = "Withy Lane Primary and Mr Ives took part. Withy Lane began. Then Ives wrote of Withy Lane."
    with project.store.transaction() as db:
        report_store.put_pages(db, report_id, [Page(1, 9, 9, text)], [])
    project.decide("west.pdf", "aims", codes=["a"], evidence={"a": ["Withy Lane began.", "Then Ives wrote"]})
    exported(project, tmp_path / "set", "--with-quotes", "--format", "csv")
    said = {r["quote"] for r in rows(tmp_path / "set", "evidence")}
    assert {q.partition("[")[2].partition("-")[0] for q in said if "began" in q or "Then" in q} == {"name"}
    assert not any("Withy" in q or "Ives" in q for q in said)


@given(st.text(), st.text())
def test_two_names_have_two_pseudonyms_and_case_does_not_matter(one: str, other: str) -> None:
    names = Pseudonyms(b"k" * 32)
    same = " ".join(one.casefold().split()) == " ".join(other.casefold().split())
    if one and other:
        assert (names.of("group", one) == names.of("group", other)) is same
        assert names.of("group", one) != names.of("coder", one)


@given(st.text(max_size=200))
def test_any_text_can_be_rid_of_names(text: str) -> None:
    assert isinstance(
        Pseudonyms(b"k" * 32, {"Oak Hill": "name", text[:10]: "group"}).without_names(text), str
    )
