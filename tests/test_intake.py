"""Registering what was submitted: groups, kinds, copies, revisions, and which report counts."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ctg_nlp.errors import HomeError, Refusal, RegisterError
from ctg_nlp.intake import convert
from ctg_nlp.intake.belonging import Belonging
from ctg_nlp.intake.register import is_doubtful, kind_of, read_register
from ctg_nlp.intake.sandbox import Limits
from ctg_nlp.intake.settle import Neighbourhood, settle
from ctg_nlp.intake.similar import bands_of, resemblance, signature_of
from ctg_nlp.records import Group, Report, ReportKind, VerdictKind
from ctg_nlp.status import chase
from ctg_nlp.submissions import Means, Progress, plan, scan, stored_path

from .test_sandbox import ended

GROUPS = (Group("G1", 0, files=("Zażółć.pdf",)), Group("G10", 1), Group("G2", 2))


def register(folder: Path, text: str) -> Path:
    path = folder / "register.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_register_keeps_its_further_columns(tmp_path: Path) -> None:
    path = register(
        tmp_path,
        "group,cohort,expected,file,region\nG1,2,yes,a.pdf,North\nG1,2,yes,b.pdf,North\nG2,1,no,,South\n",
    )
    first, second = read_register(path)
    assert first.files == ("a.pdf", "b.pdf") and first.columns == (("region", "North"),)
    assert first.expected and not second.expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nG1\n", "needs a column named group"),
        ("group,expected\nG1,maybe\n", "line 2: expected is 'maybe'"),
        ("group,cohort\nG1,1\n,2\n", "line 3: the group is missing"),
        ("group,cohort\nG1,1\nG1,2\n", "line 3: G1 stands twice"),
        ("group,cohort\nG1,1\n\n,,\n,2\n", "line 5: the group is missing"),
        ("group,cohort\nG1,1\ng1,1\n", "line 3: g1 and G1 are one name"),
    ],
)
def test_a_wrong_register_is_an_error_that_names_the_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RegisterError, match=said):
        read_register(register(tmp_path, text))


def test_the_group_is_told_by_the_register_the_name_or_the_folder() -> None:
    decomposed = "Zaz\u0307o\u0301łc\u0301.pdf"
    registered, none = Belonging(GROUPS), Belonging(())
    assert registered.group_of(decomposed) == "G1"
    assert registered.group_of("CtG_G10_final report.pdf") == "G10"
    assert registered.group_of("g2/report.pdf") == "G2"
    assert registered.group_of("G100 report.pdf") is None
    assert registered.group_of("G1 and G2.pdf") is None
    assert none.group_of("Hull/report.pdf") == "Hull"
    assert none.group_of("report.pdf") is None


def test_a_group_of_several_words_or_of_signs_alone_is_found_by_its_name() -> None:
    groups = Belonging([Group("Hope Valley (2)", 0), Group("(2)", 1), Group("***", 2), Group("Hope", 3)])
    assert groups.group_of("hope valley (2) report.pdf") is None, "(2) and Hope are named in it too"
    assert groups.group_of("our *** report.pdf") == "***"
    assert groups.group_of("hope_report.pdf") == "Hope"
    assert groups.group_of("hopeful.pdf") is None
    assert (
        Belonging([Group("Hope Valley", 0), Group("Hull", 1)]).group_of("x/Hope Valley.pdf") == "Hope Valley"
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("G1 action plan.pdf", ReportKind.PLAN),
        ("Learning_log.pdf", ReportKind.LOG),
        ("interim report.pdf", ReportKind.OTHER),
        ("School plan final report.pdf", ReportKind.FINAL),
        ("G1.pdf", ReportKind.FINAL),
        ("G1 final presentation.pdf", ReportKind.PRESENTATION),
        ("G1_slides.pdf", ReportKind.PRESENTATION),
        ("G1 interview group leader.pdf", ReportKind.INTERVIEW),
        ("Telephone notes G1.pdf", ReportKind.INTERVIEW),
        ("interview transcript.pdf", ReportKind.INTERVIEW),
        ("G1 visit report May 2010.pdf", ReportKind.VISIT),
        ("Report of our visit.pdf", ReportKind.VISIT),
        ("field notes G1.pdf", ReportKind.VISIT),
        ("G1 report with presentation.pdf", ReportKind.FINAL),
        ("Home visits.pdf", ReportKind.FINAL),
        ("G017 Visits to nurseries.docx", ReportKind.FINAL),
        ("Parent interviews.pdf", ReportKind.FINAL),
        ("Fieldwork in the woods.pdf", ReportKind.FINAL),
        ("Home visits report.pdf", ReportKind.FINAL),
        ("Slides and ladders - Hope Valley.pdf", ReportKind.FINAL),
        ("Notes on home visits.pdf", ReportKind.VISIT),
        ("G1 visit record.pdf", ReportKind.VISIT),
        ("Notes of the interview with parents.pdf", ReportKind.INTERVIEW),
        ("interview with Mr Hill.pdf", ReportKind.INTERVIEW),
        ("Slides G017 v2 May 2010.pdf", ReportKind.PRESENTATION),
        ("Presentation slides for governors.pdf", ReportKind.PRESENTATION),
        ("Final report on school visits.pdf", ReportKind.FINAL),
        ("G1 notes.pdf", ReportKind.OTHER),
    ],
)
def test_the_kind_of_a_document_is_told_by_its_name(name: str, kind: ReportKind) -> None:
    assert kind_of(name) is kind


WORDS = [f"word{i}" for i in range(900)]


def made(number: int, text: str, **changes) -> Report:
    base = Report(
        f"{number:064d}", number, f"{number}.pdf", f"{number}.pdf", "G1", ReportKind.FINAL, VerdictKind.ACCEPTED,
        signature=signature_of([text]),
    )  # fmt: skip
    return replace(base, **changes)


def around(*others: Report, listed: bool = False, has_register: bool = True) -> Neighbourhood:
    return Neighbourhood(others, others, listed, has_register)


TEXT = " ".join(WORDS)
REVISED = " ".join(WORDS[:500] + [f"new{i}" for i in range(400)])


def test_resemblance_follows_the_share_of_text() -> None:
    same = resemblance(signature_of([TEXT]), signature_of([TEXT]))
    half = resemblance(signature_of([TEXT]), signature_of([REVISED]))
    none = resemblance(signature_of([TEXT]), signature_of(["other " + w for w in WORDS]))
    assert same == 1 and 0.25 < half < 0.55 and none < 0.1
    assert resemblance(b"", b"") == 0
    assert len(bands_of(signature_of([TEXT]))) == 32 and bands_of(b"") == ()


def test_the_same_text_in_other_bytes_is_a_near_duplicate_and_not_counted() -> None:
    first = replace(settle(made(1, TEXT), around()), counted=True)
    again = settle(made(2, TEXT, group_id="G9"), around(first))
    assert (again.verdict, again.counted, again.related_to) == (
        VerdictKind.NEAR_DUPLICATE,
        False,
        first.report_id,
    )
    assert "ctg reports use" in again.message


def test_a_changed_text_of_the_same_group_is_a_revision_and_of_another_is_not() -> None:
    first = settle(made(1, TEXT), around())
    assert settle(made(2, REVISED), around(first)).verdict is VerdictKind.REVISION
    elsewhere = Neighbourhood((), (first,), listed=False, register=True)
    assert settle(made(2, REVISED, group_id="G9"), elsewhere).verdict is VerdictKind.ACCEPTED


def test_a_second_final_report_is_kept_with_a_warning_unless_the_register_names_it() -> None:
    first = settle(made(1, TEXT), around())
    other = made(2, "quite another text " * 50)
    second = settle(other, around(first))
    assert (second.verdict, second.counted) == (VerdictKind.WARNING, False)
    assert settle(other, around(first, listed=True)).counted


@pytest.mark.parametrize("name", ["Home visits.pdf", "G1 visit May 2010.pdf", "Slides and ladders.pdf"])
def test_a_report_that_may_be_notes_by_its_name_counts_until_one_comes_that_leaves_no_doubt(
    name: str,
) -> None:
    assert is_doubtful(name) and not is_doubtful("G1.pdf") and not is_doubtful("G1 visit notes.pdf")
    first = settle(made(1, TEXT, name=name), around())
    assert first.counted
    doubtful = frozenset({first.report_id})
    other = made(2, "quite another text " * 50)
    assert settle(other, replace(around(first), doubtful=doubtful)).counted
    both = frozenset({first.report_id, other.report_id})
    assert not settle(other, replace(around(first), doubtful=both)).counted
    late = made(3, "a third text " * 50, name=name)
    known = replace(around(replace(other, counted=True)), doubtful=frozenset({late.report_id}))
    assert not settle(late, known).counted


def test_plans_are_kept_and_never_counted() -> None:
    assert not settle(made(1, TEXT, kind=ReportKind.PLAN), around()).counted


def test_a_report_of_no_known_group_counts_with_a_warning() -> None:
    lone = settle(made(1, TEXT, group_id=None), around())
    assert lone.counted and lone.verdict is VerdictKind.WARNING
    assert settle(made(1, TEXT, group_id=None), around(has_register=False)).verdict is VerdictKind.ACCEPTED


def test_the_chase_list_says_why() -> None:
    groups = [Group("G1", 0), Group("G2", 1), Group("G3", 2, expected=False), Group("G4", 3)]
    refused = made(
        1, "", group_id="G2", verdict=VerdictKind.REFUSED, cause="encrypted", message="Send it open."
    )
    found = chase(groups, [refused, made(2, TEXT, group_id="G4")])
    assert [(c.group_id, c.reason) for c in found] == [
        ("G1", "nothing was received"),
        ("G2", "1.pdf was refused: encrypted. Send it open."),
    ]


def test_a_scan_sees_every_file_once_and_says_what_it_passes_over(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    (raw / "sub").mkdir(parents=True)
    for name, content in {
        "copy of a.pdf": b"1",
        "a.pdf": b"1",
        "sub/b.docx": b"2",
        ".DS_Store": b"",
        "~$b.docx": b"",
    }.items():
        (raw / name).write_bytes(content)
    found = scan(tmp_path, raw, ())
    assert [f.folder_path for f in found.files] == ["a.pdf", "sub/b.docx", "copy of a.pdf"]
    assert set(found.passed_over) == {".DS_Store", "~$b.docx"}
    with pytest.raises(HomeError, match="There is no folder"):
        scan(tmp_path, tmp_path / "none", ())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX files")
def test_a_scan_follows_links_and_tells_what_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, elsewhere = tmp_path / "raw", tmp_path / "elsewhere"
    for folder in (raw / "locked", elsewhere):
        folder.mkdir(parents=True)
    (elsewhere / "a.pdf").write_bytes(b"1")
    (raw / "linked").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(raw)
    (raw / "gone.pdf").symlink_to(tmp_path / "nowhere.pdf")
    os.mkfifo(raw / "pipe.pdf")
    real = os.scandir

    def scandir(folder: str) -> object:
        if Path(folder).name == "locked":
            raise PermissionError(13, "Permission denied", str(folder))
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    found = scan(tmp_path, raw, ())
    assert [f.folder_path for f in found.files] == ["linked/a.pdf"]
    assert dict(found.unreadable) == {
        "gone.pdf": "it cannot be opened: No such file or directory",
        "pipe.pdf": "it is no regular file",
        "locked/": "the folder cannot be opened: Permission denied",
    }


def test_a_scan_of_the_home_itself_leaves_out_what_the_home_keeps(tmp_path: Path) -> None:
    own = ["ctg.toml", "ctg.sqlite", "data/register.csv", "data/coded/tables.html", "data/vectors/v.npz"]
    own += ["models/m/card.json"]
    for name in [*own, "a.pdf", "data/raw/b.pdf"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    found = scan(tmp_path, tmp_path, ())
    assert [f.folder_path for f in found.files] == ["a.pdf", "data/raw/b.pdf"]
    assert sorted(found.passed_over) == sorted(own)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_a_name_that_is_no_text_is_written_with_escapes(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    Path(os.fsdecode(bytes(raw) + b"/caf\xe9.pdf")).write_bytes(b"1")
    (file,) = scan(tmp_path, raw, ()).files
    assert (file.name, file.path) == (r"caf\udce9.pdf", r"raw/caf\udce9.pdf")
    assert file.file.read_bytes() == b"1"


def test_the_plan_reads_each_content_once_and_what_is_done_not_again(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for name, content in {"a.pdf": b"1", "b.pdf": b"2", "copy of a.pdf": b"1"}.items():
        (raw / name).write_bytes(content)
    found = scan(tmp_path, raw, ())
    means = Means("x-1", ocr=False, passwords=False, word=False)
    first = plan(found, Progress({}, frozenset(), {}, 1), means)
    assert [w.submitted.name for w in first.work] == ["a.pdf", "b.pdf"]
    assert [w.sequence for w in first.work] == [1, 2]
    assert [(f.name, of) for f, of in first.copies] == [("copy of a.pdf", "raw/a.pdf")]
    a, b = (w.submitted for w in first.work)
    done = made(1, TEXT, report_id=a.sha256, path=a.path, extractor="x-1")
    refused = made(
        2, "", report_id=b.sha256, path=b.path, extractor="x-1", verdict=VerdictKind.REFUSED, cause="no text"
    )
    progress = Progress({a.sha256: done, b.sha256: refused}, frozenset(), {a.sha256: "x-1"}, 3)
    assert plan(found, progress, means).work == ()
    assert [w.submitted for w in plan(found, progress, replace(means, ocr=True)).work] == [b]
    assert [w.submitted for w in plan(found, progress, replace(means, retry=True)).work] == [b]
    assert len(plan(found, progress, replace(means, extractor="x-2")).work) == 2
    assert plan(found, Progress({}, frozenset({a.sha256}), {}, 1), means).erased[0] == a


def test_a_renamed_report_is_known_by_its_content(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "new name.pdf").write_bytes(b"1")
    found = scan(tmp_path, raw, ())
    before = made(1, TEXT, report_id=found.files[0].sha256, path="raw/old.pdf", extractor="x-1")
    progress = Progress({before.report_id: before}, frozenset(), {before.report_id: "x-1"}, 2)
    planned = plan(found, progress, Means("x-1", ocr=False, passwords=False, word=False))
    assert planned.work == () and planned.copies == () and planned.known == found.files


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs POSIX signals")
def test_a_conversion_that_takes_too_long_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\nsleep 300 & echo $! > {tmp_path}/pid\nwait\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(convert, "find_libreoffice", lambda: str(program))
    (tmp_path / "report.rtf").write_bytes(b"{\\rtf1 }")
    with pytest.raises(Refusal) as caught:
        convert.to_pdf(tmp_path / "report.rtf", tmp_path / "made.pdf", Limits(seconds=1))
    assert caught.value.cause == "too costly"
    assert ended(int((tmp_path / "pid").read_text(encoding="ascii")))


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("report of hull east", "hull", True),
        ("hull_report", "hull", True),
        ("hullabaloo", "hull", False),
        ("new hullabaloo in hull", "hull", True),
        ("st. mary's (2)", "mary's", True),
        ("g12", "g1", False),
        ("über-hull2", "hull", False),
        ("a.b", "a.b", True),
    ],
)
def test_a_group_is_named_by_words_of_its_own(text: str, name: str, says: bool) -> None:
    assert (Belonging([Group(name, 0)]).group_of(text) == name) is says


@pytest.mark.parametrize("inside", [".", "data/raw", "../elsewhere", ".."])
def test_a_scan_names_each_file_as_the_store_does(tmp_path: Path, inside: str) -> None:
    home = tmp_path / "above" / "home"
    for folder in (home / "data" / "raw" / "deep", tmp_path / "above" / "elsewhere"):
        folder.mkdir(parents=True)
        (folder / "Zu\u0308rich.pdf").write_bytes(b"x")
    raw = (home / inside).resolve()
    found = scan(home, raw, ()).files
    assert found
    assert [f.path for f in found] == [stored_path(home, f.file) for f in found]
