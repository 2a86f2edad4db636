"""What a file of another tool may add to what is here, to which report, by whom, and when it was said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ctg_nlp.coding import undo_import
from ctg_nlp.exchange.taking import TakenIn
from ctg_nlp.records import Answer

from .exchange_projects import PAGES, exchange_project, standing, take
from .small_project import SmallProject, framework

EXCLUSIVE = framework(
    aims={"kind": "multi", "codes": ["a", "b", {"id": "none", "label": "None", "exclusive": True}]},
    phase={"kind": "single", "codes": ["early", "late"]},
    story={"kind": "text"},
)


def choice(dimension: str, code: str, *about: str) -> dict:
    made = {"from_name": dimension, "to_name": "text", "type": "choices", "value": {"choices": [code]}}
    return made | ({"meta": {"text": list(about)}} if about else {})


def task(*results: dict, time: str = "2026-01-02T12:00:00Z", coder: str = "ann", **data: object) -> dict:
    said = {"completed_by": {"email": coder}, "created_at": time, "result": list(results)}
    return {"id": 1, "data": {"text": "\n\n".join(PAGES), "report": "a.pdf"} | data, "annotations": [said]}


def bring(project: SmallProject, path: Path, *tasks: dict, **options) -> TakenIn:
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return take(project, path, **options)


def answers(project: SmallProject) -> dict:
    return {(k[1], k[3], k[4]): d.answer for k, d in standing(project).items()}


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return exchange_project(tmp_path / "home", said=EXCLUSIVE)


def test_a_number_is_no_group_and_no_hash_of_ours(project: SmallProject, tmp_path: Path) -> None:
    project.arrive("other.pdf", "7")
    small = {
        "id": 7,
        "annotator": "kim",
        "text": "Another text.",
        "label": [{"start": 0, "end": 7, "text": "Another", "labels": ["A"]}],
    }
    old = {"CodeSets": [{"SetName": "S", "SetId": 1, "Attributes": {"AttributesList": [
        {"AttributeId": 7, "AttributeName": "Aims", "Attributes": {"AttributesList": [{"AttributeId": 8, "AttributeName": "A"}]}}]}}],
        "References": [{"Title": "A trial", "OldItemId": name, "Codes": [{"AttributeId": 8}]} for name in ("7", "0" * 12)]}  # fmt: skip
    first = bring(project, tmp_path / "1.json", small)
    (tmp_path / "2.json").write_text(json.dumps(old), encoding="utf-8")
    second = take(project, tmp_path / "2.json", coder="eve")
    assert (
        standing(project) == {}
        and len(first.unmatched) == 1
        and [u.what for u in second.unmatched] == ["code", "coding", "coding"]
    )


def test_a_document_that_is_not_here_is_not_taken_for_another_of_its_group(
    project: SmallProject, tmp_path: Path
) -> None:
    project.arrive("g1 final.pdf", "G1")
    project.arrive("plan.pdf", "G2")
    for name in ("g1 plan.pdf", "plan.pdf"):
        done = bring(project, tmp_path / "1.json", task(choice("aims", "a"), report=name, group="G1"))
        assert done.decisions == 0 and name in done.unmatched[0].why
    assert standing(project) == {}


def test_a_report_is_found_by_its_name_with_the_ending_of_a_text(
    project: SmallProject, tmp_path: Path
) -> None:
    for name in ("a.docx", "a.rtf", "folder/a.txt"):
        assert bring(
            project, tmp_path / "1.json", task(choice("aims", "a"), report=name), again=True
        ).decisions


@pytest.mark.parametrize(
    ("here", "there"), [(("phase", "late"), ("phase", "early")), (("aims", "none"), ("aims", "a")), (("aims", "a"), ("aims", "none"))]
)  # fmt: skip
def test_what_cannot_go_with_a_coders_own_codes_here_is_left_and_told(
    project: SmallProject, tmp_path: Path, here: tuple, there: tuple
) -> None:
    project.decide("a.pdf", here[0], "ann", codes=[here[1]], absent=[])
    done = bring(project, tmp_path / "1.json", task(choice(*there)))
    assert answers(project) == {("ann", *here): Answer.PRESENT} and done.decisions == 0
    assert "together with what ann says here already" in done.unmatched[0].why


def test_a_later_file_may_take_a_code_back_and_give_another(project: SmallProject, tmp_path: Path) -> None:
    project.decide("a.pdf", "phase", "ann", codes=["late"], absent=[])
    done = bring(
        project, tmp_path / "1.json", task(choice("phase", "early"), choice("phase__absent", "late"))
    )
    assert not done.unmatched and (done.decisions, done.replaced) == (2, 1)
    assert answers(project) == {("ann", "phase", "early"): Answer.PRESENT, ("ann", "phase", "late"): Answer.ABSENT}  # fmt: skip


def test_what_tells_no_time_does_not_replace_what_the_coder_says_here(
    project: SmallProject, tmp_path: Path
) -> None:
    project.decide("a.pdf", "aims", "ann", codes=[], absent=["a"])
    done = bring(project, tmp_path / "1.json", task(choice("aims", "a"), choice("aims", "b"), time=""))
    assert answers(project) == {("ann", "aims", "a"): Answer.ABSENT, ("ann", "aims", "b"): Answer.PRESENT}
    assert "does not tell when" in done.unmatched[0].why


@pytest.mark.parametrize("time", ["2200-01-01T00:00:00Z", "2026-01-04T12:00:00Z"])
def test_a_time_that_lies_ahead_is_taken_as_not_told(
    project: SmallProject, tmp_path: Path, time: str
) -> None:
    done = bring(project, tmp_path / "1.json", task(choice("aims", "a"), time=time))
    (made,) = standing(project).values()
    assert made.time < "2026-01-03" and list(done.counts.values()) == [1]


def test_undoing_one_import_takes_nothing_from_another_that_says_the_same(
    project: SmallProject, tmp_path: Path
) -> None:
    first = bring(project, tmp_path / "1.json", task(choice("aims", "a")))
    second = bring(project, tmp_path / "2.json", task(choice("aims", "a"), choice("phase", "late")))
    assert (second.decisions, second.repeated) == (2, 1)
    undo_import(project.store, project.home.framework, first.import_id, now=project.now(), who="lead")
    assert set(answers(project)) == {("ann", "aims", "a"), ("ann", "phase", "late")}
    undo_import(project.store, project.home.framework, second.import_id, now=project.now(), who="lead")
    assert answers(project) == {}


def test_an_adjudicator_is_one_where_that_is_known_here_or_the_file_is_to_be_believed(
    project: SmallProject, tmp_path: Path
) -> None:
    said = task(choice("aims", "a", "coder: mallory", "role: adjudicator"))
    done = bring(project, tmp_path / "1.json", said, roles=False)
    assert answers(project) == {} and "not known here as adjudicator" in done.unmatched[0].why
    assert bring(project, tmp_path / "1.json", said).in_roles == (("mallory", "adjudicator"),)
    later = task(choice("phase", "late", "coder: mallory", "role: adjudicator"))
    assert bring(project, tmp_path / "2.json", later, roles=False).decisions == 1


@pytest.mark.parametrize(
    "about",
    [["role: boss"], ["coder: " + "x" * 5000], ["coder: a\0b"], ["coder: a\nb"], ["note: a\0b"], ["quote: a\ud800b"]],
)  # fmt: skip
def test_a_name_role_or_sign_that_no_line_may_have_is_told_and_not_taken(
    project: SmallProject, tmp_path: Path, about: list[str]
) -> None:
    done = bring(project, tmp_path / "1.json", task(choice("aims", "a", *about)))
    assert answers(project) == {} and len(done.unmatched) == 1
    json.dumps([u.quote + u.why + u.where for u in done.unmatched], ensure_ascii=False).encode("utf-8")


def test_a_blank_name_is_no_coder(project: SmallProject, tmp_path: Path) -> None:
    done = bring(project, tmp_path / "1.json", task(choice("aims", "a")), coder="  ")
    assert answers(project) == {} and "needs a dimension, a coder" in done.unmatched[0].why


def test_capitals_make_no_other_coder(project: SmallProject, tmp_path: Path) -> None:
    project.decide("a.pdf", "aims", "Ann", codes=["a"], absent=[])
    done = bring(project, tmp_path / "1.json", task(choice("phase", "late"), coder="ANN "),
                 task(choice("aims", "b"), coder="zoë"), task(choice("aims", "a"), coder="Zoë"))  # fmt: skip
    assert {k[0] for k in answers(project)} == {"Ann", "zoë"} and ("ANN", "Ann") in done.known_as
