"""What a run costs does not grow with what the store holds: nothing is done again without need."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from ctg_nlp import plain, submissions
from ctg_nlp.aggregation import affordable
from ctg_nlp.clock import utc_now
from ctg_nlp.coding import undo_import
from ctg_nlp.custody import withdraw_report
from ctg_nlp.dataset import dataset
from ctg_nlp.export.dataset_files import FLAT
from ctg_nlp.intake.belonging import Belonging
from ctg_nlp.intake.register import read_register
from ctg_nlp.learning import is_due
from ctg_nlp.made_of import export_where_new
from ctg_nlp.plain import run_plain
from ctg_nlp.records import Answer, Decision, Group, Submission, VerdictKind
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.status import chase_list, file_lines, status
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import overview
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.themes import passages_of

from .conftest import EXAMPLE
from .small_project import SmallProject, small_project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    made = small_project(tmp_path / "home")
    made.register(Group("G1", 0, "1"), Group("G2", 1, "2"), Group("G3", 2, "2"))
    made.arrive("one.pdf", "G1")
    made.arrive("two.pdf", "G2")
    made.first = made.decide("one.pdf", "aims", codes=["a"])
    yield made
    made.store.close()


def written(project: SmallProject) -> int:
    """How many files an aggregation writes now."""
    return len(export_where_new(project.store, project.home, project.now()))


def setting(project: SmallProject) -> None:
    path = project.home.root / "ctg.toml"
    path.write_text(path.read_text(encoding="utf-8") + '\nquantifiers = "most = 70..100"\n', encoding="utf-8")
    project.home = open_home(project.home.root)


def framework_title(project: SmallProject) -> None:
    path = project.home.root / "framework.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("title: Small", "title: Larger"), encoding="utf-8"
    )
    project.home = open_home(project.home.root)


CHANGES: dict[str, Callable[[SmallProject], object]] = {
    "a decision": lambda p: p.decide("two.pdf", "size", value=4),
    "an import undone": lambda p: undo_import(p.store, p.home.framework, p.first, now=p.now(), who="lead"),
    "a new report": lambda p: p.arrive("three.pdf", "G3"),
    "a withdrawal": lambda p: withdraw_report(p.store, "two.pdf", now=p.now(), who="lead", why="asked"),
    "another register": lambda p: p.register(Group("G1", 0, "1"), Group("G2", 1, "1")),
    "a setting": setting,
    "the framework": framework_title,
    "a narrative": lambda p: (p.home.root / "narrative.md").write_text("Text.\n", encoding="utf-8"),
    "a file deleted": lambda p: (p.home.coded / "tables.csv").unlink(),
    "a file of the dataset changed": lambda p: next(p.home.dataset.glob("*.csv")).write_text("x"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_exports_are_written_again_after_a_change_and_only_then(project: SmallProject, change: str) -> None:
    assert written(project) > 5
    assert written(project) == 0
    CHANGES[change](project)
    assert written(project) > 5, change
    assert written(project) == 0


def test_an_export_that_was_cut_off_is_made_again(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(project)
    project.decide("two.pdf", "size", value=4)
    with monkeypatch.context() as broken:
        broken.setattr("ctg_nlp.aggregation.write_dataset", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            written(project)
    assert written(project) > 5


@pytest.mark.parametrize(
    ("decisions", "codes", "expected"),
    [
        (200_000, 1_000_000, ("csv", "sav")),
        (200_001, 0, ("csv",)),
        (0, 1_000_001, ("csv",)),
        (0, 4_000_001, ("parquet",)),
        (4_000_001, 0, ("parquet",)),
    ],
)
def test_of_many_reports_a_run_writes_the_dataset_in_forms_that_cost_little(
    decisions: int, codes: int, expected: tuple[str, ...]
) -> None:
    assert affordable(("csv", "sav"), decisions, codes) == expected
    assert affordable(("sav",), 0, 1_000_001) == FLAT  # never none


def read_home(folder: Path) -> Home:
    home = make_home(folder)
    for pdf in (EXAMPLE / "raw").glob("*G018*.pdf"):
        shutil.copyfile(pdf, home.raw / pdf.name)
    run_plain(home, home.raw, run_id=utc_now(), clock=utc_now)
    return home


def test_a_file_that_got_another_time_is_read_by_the_next_run_and_then_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, read = read_home(tmp_path / "home"), []
    hash_of = submissions.hash_of
    monkeypatch.setattr(submissions, "hash_of", lambda file: read.append(file.name) or hash_of(file))
    (file,) = home.raw.iterdir()
    for touched, expected in ((False, 0), (True, 1), (False, 1)):
        if touched:
            os.utime(file, (1, 1))
        run_plain(home, home.raw, run_id=utc_now(), clock=utc_now)
        assert len(read) == expected
    run_plain(home, home.raw, run_id=utc_now(), clock=utc_now, verify=True)
    assert len(read) == 2


def test_a_report_that_moved_keeps_what_its_text_is_compared_by(tmp_path: Path) -> None:
    home = read_home(tmp_path / "home")
    (file,) = home.raw.iterdir()
    file.rename(home.raw / "G018 another name.pdf")
    run_plain(home, home.raw, run_id=utc_now(), clock=utc_now)
    store = open_store(home.database)
    with store.reading() as db:
        (report,) = report_store.reports(db)
    store.close()
    assert report.name == "G018 another name.pdf" and report.settled and len(report.signature) > 100


def test_a_plain_run_takes_up_no_more_than_a_slice_at_once() -> None:
    taken, done, ahead = 0, 0, []

    def work() -> Iterator[int]:
        nonlocal taken
        for n in range(60):
            taken += 1
            ahead.append(taken - done)
            yield n

    def process(n: int) -> int:
        nonlocal done
        done += 1
        return n

    class Work:
        def __iter__(self) -> Iterator[int]:
            return work()

        def __len__(self) -> int:
            return 60

    batch = SimpleNamespace(
        home=SimpleNamespace(at_once=2, slice=7), plan=SimpleNamespace(work=Work()), process=process
    )
    assert sorted(plain.read_all(batch, None)) == list(range(60))
    assert max(ahead) <= 7


def test_a_register_of_twenty_thousand_groups_is_read_and_used_in_a_moment(tmp_path: Path) -> None:
    register, started = tmp_path / "register.csv", time.process_time()
    lines = (f"Group {n} of Hull,1,report {n}.pdf\n" for n in range(20_000))
    register.write_text("group,cohort,file\n" + "".join(lines), encoding="utf-8")
    belonging = Belonging(read_register(register))
    assert belonging.group_of("x/report 19999.pdf") == "Group 19999 of Hull"
    assert belonging.is_listed("report 7.pdf", "Group 7 of Hull")
    assert not belonging.is_listed("report 7.pdf", "Group 8 of Hull")
    for n in range(20_000):
        belonging.group_of(f"report {n}.pdf")
    assert time.process_time() - started < 5


def test_the_state_of_a_project_is_that_of_its_files_one_by_one(project: SmallProject) -> None:
    project.arrive("refused.pdf", "G3", verdict=VerdictKind.REFUSED, cause="damaged", counted=False)
    project.arrive("failed.pdf", "G3", verdict=VerdictKind.FAILED, counted=False, settled=False)
    withdraw_report(project.store, "two.pdf", now=project.now(), who="lead", why="asked")
    with project.store.transaction() as db:
        for name, report_id in (("one.pdf", 1), ("copy.pdf", 1), ("two.pdf", 2)):
            path = f"data/raw/{name}"
            report_store.put_submission(db, Submission(path, f"{report_id:064x}", 1, 1, project.now()))
    now, lines = status(project.store, project.home.framework), file_lines(project.store)
    assert now.files == Counter(line.verdict for line in lines)
    assert now.files["duplicate"] == now.files["refused: damaged"] == now.files["withdrawn"] == 1
    assert (now.reports, now.unsettled, now.failed) == (4, 1, ("failed.pdf",))
    assert (now.groups, now.responded) == (3, 1)
    assert [c.group_id for c in chase_list(project.store)] == ["G2", "G3"]
    assert "refused: damaged" in chase_list(project.store)[1].reason


def test_an_outline_of_a_report_is_the_report_without_what_its_text_said(project: SmallProject) -> None:
    project.arrive("three.pdf", "G3", signature=b"x" * 8, pages=3, words=9, message="Said.", chosen=True)
    with project.store.reading() as db:
        whole, outlined = report_store.reports(db), tuple(overview.outlines(db))
    assert {r.report_id for r in whole} == {r.report_id for r in outlined}
    for report in outlined:
        full = next(r for r in whole if r.report_id == report.report_id)
        assert report == replace(full, signature=b"", pages=0, words=0, cohort_said="")


def test_no_decision_is_counted_to_learn_that_too_few_are_new(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision_store, "learnable", lambda db: 1 / 0)
    assert not is_due(project.store, project.home)


def test_passages_are_found_among_the_decisions_that_may_speak_alone(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.decide("two.pdf", "aims", codes=["b"])
    read, decisions = [], decision_store.decisions

    def counted(*asked: object, **narrowed: object) -> Iterator[Decision]:
        for d in decisions(*asked, **narrowed):
            read.append(d.answer)
            yield d

    monkeypatch.setattr(decision_store, "decisions", counted)
    framework = project.home.framework
    columns = Columns(framework, dataset(project.store, framework))
    with project.store.reading() as db:
        found = passages_of(db, columns, framework.dimensions[0], lambda report_id: True)
    assert read == [Answer.PRESENT] * 2  # of six
    assert found.by_code.keys() == {"a", "b"}
