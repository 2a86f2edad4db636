"""What of texts, places and times a pseudonymised dataset gives: names go however they are spelt, each by one
pseudonym, and what would lead back to a decision goes too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ctg_nlp.exporting import Wanted, export_dataset
from ctg_nlp.name_words import Told
from ctg_nlp.pseudonyms import Pseudonyms
from ctg_nlp.records import Group, Page
from ctg_nlp.store import reports as report_store

from .small_project import SmallProject, framework, small_project
from .test_datasets import rows

KEY = b"k" * 32
KNOWN = {"Netherby Cluster": "group", "Ropewalk": "name", "Oak Hill": "name", "Jane Smith": "name", "ben": "coder"}  # fmt: skip


def rid(text: str, **more: Any) -> str:
    return Pseudonyms(KEY, KNOWN, **more).without_names(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ropewalk's staff", "ROPEWALK’S staff", "Rope-\nwalk staff", "the Oak Hill's pond", "Oak-Hill pupils",
        "OakHill pupils", "oak hill pupils", "Jane Smith's view", "Jane  Smith-Jones", "JANE SMITH",
        "Netherby-Cluster meeting", "Netherby\nCluster", "Jané Smith", "Ben's view", "as ben saw",
    ],
)  # fmt: skip
def test_a_known_name_is_found_however_it_is_spelt(text: str) -> None:
    said = re.sub(r"\[[a-z]+-[a-z2-7]{12}\]", "", rid(text))
    assert "[" in rid(text) and not re.search("rope|walk|oak|hill|jan|smith|jones|nether|ben", said, re.I)


@pytest.mark.parametrize(
    "text", ["a ropewalk nearby", "As her own teacher", "We were benign", "The hill had an oak", "In 2009 and 12"]
)  # fmt: skip
def test_words_that_only_look_like_a_name_stay(text: str) -> None:
    assert rid(text, also={"Asher": "Asher"}) == text


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Thornbury primary school joined.", "Thornbury"), ("Thornbury college", "Thornbury"),
        ("THORNBURY PRIMARY SCHOOL", "THORNBURY"), ("with St Anne's junior school", "Anne"),
        ("Ms Lee spoke", "Lee"), ("Dr. Yu came", "Yu"), ("Mr Kettering's class", "Kettering"),
    ],
)  # fmt: skip
def test_schools_and_people_are_told_by_what_stands_beside_them_in_any_case(text: str, gone: str) -> None:
    assert gone not in rid(text)


@pytest.mark.parametrize(
    "text",
    [
        "Whole school approach.",
        "Our primary school.",
        "The High School",
        "Outstanding schools",
        "Every college",
    ],
)
def test_what_is_no_name_before_school_stays(text: str) -> None:
    assert rid(text) == text


def test_a_word_that_reports_write_in_small_letters_is_no_school_and_no_name() -> None:
    told = Told()
    told.add(
        "Sustainable school plans. A sustainable place is a sustainable one. Wickersley school. Mr Best."
    )
    assert {"sustainable"} <= told.common and not {"wickersley"} & told.common
    assert set(told.names()) == {"Wickersley", "Best"}
    assert rid("Sustainable schools", common=told.common) == "Sustainable schools"


def test_a_name_has_one_pseudonym_wherever_and_however_it_stands() -> None:
    told = Told()
    told.add("Mr Kettering's class. Mrs Helen Carter led. Withy Lane Primary School")
    known = {**KNOWN, **dict.fromkeys(told.names().values(), "name")}
    names = Pseudonyms(KEY, known, told.names())

    def of(text: str) -> set[str]:
        return set(re.findall(r"\[([a-z]+-[a-z2-7]{12})\]", names.without_names(text)))

    for texts in (
        ("Mr Kettering's class", "Kettering agreed", "KETTERING"),
        ("Mrs Helen Carter", "Helen", "Carter's", "Mrs Carter"),
        ("Withy Lane Primary School", "Withy Lane", "Withy-Lane school"),
    ):
        assert len(set.union(*map(of, texts))) == 1, texts
    assert of("Ropewalk's") == of("Ropewalk Primary School") == {names.of("name", "Ropewalk")}
    assert of("Netherby Cluster") == {names.of("group", "Netherby Cluster")} and of("Ben") == {
        names.of("coder", "ben")
    }


DIMENSIONS: dict[str, dict] = {
    "aims": {"kind": "multi", "codes": ["a"]},
    "area": {"kind": "text", "fact": "local_authority", "table": 3},
}
CALLED = "Calderdale (Ropewalk Primary, contact Ms Lee 01422 123456)"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    made = small_project(tmp_path / "home", framework(**DIMENSIONS))
    made.register(Group("G-one", 0, "1", columns=(("lead school", "Ropewalk"), ("head", "Fox; Ada Lee"))))
    texts = {
        "one.pdf": "Quarrydale School helped. Ropewalk led.",
        "two.pdf": "Quarrydale was there. Fox came.",
    }
    for name, text in texts.items():
        report_id = made.arrive(name, f"G-{name[:3]}")
        with made.store.transaction() as db:
            report_store.put_pages(db, report_id, [Page(1, 9, 9, text)], [])
    for name, text in texts.items():
        note = "maria thinks; Maria Gomez; see Gomez; as Quarrydale"
        made.decide(name, "aims", coder="maria.gomez", codes=["a"], evidence={"a": [text]}, notes={"a": note},
                    time="2026-02-03T13:14:15.161718+02:00")  # fmt: skip
    made.decide("one.pdf", "area", coder="ben", value=CALLED)
    made.decide("two.pdf", "area", coder="ben", value="Calderdale; Leeds")
    yield made
    made.store.close()


def exported(project: SmallProject, folder: Path, **asked: Any) -> Path:
    return export_dataset(
        project.store, project.home.framework, folder, Wanted(("csv", "jsonl"), key=KEY, **asked)
    ).folder


def test_a_name_that_one_report_tells_is_gone_from_texts_on_every_other(
    project: SmallProject, tmp_path: Path
) -> None:
    folder = exported(project, tmp_path / "set", with_texts=True)
    texts = [r[name] for r in rows(folder, "decisions") for name in ("quote", "note")]
    assert not re.search("quarrydale|ropewalk|fox|maria|gomez", " ".join(texts), re.I)
    coders = {r["coder"] for r in rows(folder, "decisions") if r["code"]}
    noted = next(t for t in texts if "thinks" in t)
    assert set(re.findall(r"\[(coder-[a-z2-7]+)\]", noted)) == coders
    register = {r["register__lead_school"] for r in rows(folder, "reports")} - {""}
    assert register < set(re.findall(r"\[(name-[a-z2-7]+)\]", " ".join(texts)))


@pytest.mark.parametrize("with_texts", [False, True])
def test_of_a_text_that_tables_count_only_places_of_the_gazetteer_are_given(
    project: SmallProject, tmp_path: Path, with_texts: bool
) -> None:
    folder = exported(project, tmp_path / "set", with_texts=with_texts)
    for table in ("reports", "codes", "decisions"):
        said = (folder / f"{table}.csv").read_text(encoding="utf-8")
        assert not re.search("Ropewalk|Lee\\b|01422", said), table
    found = {r["area"] for r in rows(folder, "reports")}
    assert "Calderdale; Leeds" in found and (with_texts or found == {"", "Calderdale; Leeds"})
    values = {r["value"] for r in rows(folder, "decisions") if r["dimension"] == "area"}
    assert "Calderdale; Leeds" in values


def test_no_exact_time_or_place_leads_from_a_pseudonymised_decision_to_the_ordinary_one(
    project: SmallProject, tmp_path: Path
) -> None:
    folder = exported(project, tmp_path / "set")
    times = {r["time"] for r in rows(folder, "decisions")}
    assert all(t.endswith("T00:00:00+00:00") for t in times)
    assert {t[:8] for t in times} >= {"2026-02-"}
    places = [(r["page"], r["start"], r["end"]) for r in rows(folder, "evidence")]
    assert places == [("1", "", "")] * 2
    said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["pseudonymised"]
    assert "Times are days" in said["texts"] and any("join the two" in x for x in said["risk"])
