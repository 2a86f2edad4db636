"""What goes wrong around the program: a full disk, a folder that cannot be written to, a database that is away, a
file that changes while it is read, a clock that is set back. Each costs nothing, and is told in words."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bench.crash_home import decided_home, sentences, unread_home, write_pdf
from bench.crash_trials import batch, differences, state
from ctg_nlp.aggregation import export_all
from ctg_nlp.clock import SteadyClock, utc_now
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.doctor import examine
from ctg_nlp.errors import CtgError, HomeError, StoreError
from ctg_nlp.plain import run_plain
from ctg_nlp.processing import CHANGED, Processor
from ctg_nlp.records import Answer, VerdictKind
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import open_store

from .conftest import ROOT
from .desks import ID, uid
from .postgres_server import PostgresServer

RUN = [sys.executable, "-c", "from ctg_nlp.cli.main import main; main()"]
LATE = "2026-06-01T00:00:00.000000+00:00"
EARLY = "2026-01-01T00:00:00.000000+00:00"


def ctg(home: Path, *said: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*RUN, "--home", str(home), *said], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MB for this test alone; where none can be made (not root), a folder whose files the system
    lets grow no further, see `filled`."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder))
    yield folder
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def mount(*said: str) -> bool:
    return (
        os.geteuid() == 0
        and not subprocess.run(["mount", *said], capture_output=True, check=False).returncode
    )


class Filled:
    """No room on a disk: a file that takes all but `left` bytes of it, or a limit on the size of files."""

    def __init__(self, disk: Path, left: int) -> None:
        self.disk, self.left = disk, left
        self.mounted = os.path.ismount(disk)

    def __enter__(self) -> Filled:
        if self.mounted:
            free = os.statvfs(self.disk).f_bavail * os.statvfs(self.disk).f_frsize
            with (self.disk / "filler").open("wb") as file:
                file.write(bytes(max(0, free - self.left)))
        else:
            import resource

            self.before = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.left, self.before[1]))
        return self

    def __exit__(self, *_: object) -> None:
        if self.mounted:
            (self.disk / "filler").unlink()
        else:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


def test_a_batch_on_a_full_disk_says_so_and_goes_on_once_there_is_room(
    small_disk: Path, tmp_path: Path
) -> None:
    unread_home(tmp_path / "undisturbed")
    batch(tmp_path / "undisturbed")
    home = unread_home(small_disk / "home")
    with Filled(small_disk, left=300_000):
        done = ctg(home.root, "run", "--plain")
    assert done.returncode == 5, done.stderr
    assert "Nothing of this step was stored; free some space and repeat." in done.stderr
    batch(home.root)
    assert differences(state(tmp_path / "undisturbed"), state(home.root)) == []


def test_an_export_on_a_full_disk_leaves_the_files_before_whole(small_disk: Path) -> None:
    home = decided_home(small_disk / "home")
    store = open_store(home.database)
    export_all(store, home, utc_now())
    before = contents(home.coded)
    with (
        Filled(small_disk, left=0),
        pytest.raises((HomeError, StoreError), match=r"No space left|full|too large"),
    ):
        export_all(store, home, utc_now())
    assert contents(home.coded) == before
    store.close()


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder."""
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_decision_that_finds_no_room_is_refused_and_the_ones_before_stay(small_disk: Path) -> None:
    home = decided_home(small_disk / "home")
    store = open_store(home.database)
    desk = Desk(home, store, "ben", utc_now)
    report = counted(home)
    first = answer(desk, report)
    with Filled(small_disk, left=0), pytest.raises(StoreError, match="Nothing of this step was stored"):
        for _ in range(3000):
            answer(desk, report)
    assert answer(desk, report) and first
    store.close()
    assert [f for f in examine(home.root, now=utc_now()) if f.part != "room"] == []


def counted(home: Home) -> str:
    store = open_store(home.database)
    with store.reading() as db:
        found = next(r.report_id for r in report_store.reports(db) if r.counted)
    store.close()
    return found


def answer(desk: Desk, report_id: str, said: Answer = Answer.PRESENT) -> str:
    act_id = uid()
    desk.do(report_id, Doing(act_id, "aims", "reading", said))
    return act_id


def test_a_folder_that_cannot_be_written_to_is_named_with_the_cure(tmp_path: Path) -> None:
    home = decided_home(tmp_path / "home")
    (home.coded).rmdir()
    home.coded.write_text(
        "a file where the folder should be", encoding="utf-8"
    )  # root may write anywhere else
    done = ctg(home.root, "run", "--plain")
    assert done.returncode == 3 and f"{home.coded}" in done.stderr and "cannot be written" in done.stderr
    (finding, *_) = [f for f in examine(home.root, now=utc_now()) if f.part == "folders"]
    assert "cannot be written to" in finding.what


def test_a_home_on_a_disk_that_may_only_be_read_is_told_in_words(small_disk: Path) -> None:
    home = unread_home(small_disk / "home")
    if not os.path.ismount(small_disk):
        for path in [home.root, *home.root.rglob("*")]:
            path.chmod(path.stat().st_mode & ~0o222)
    elif not mount("-o", "remount,ro", str(small_disk)):
        raise AssertionError("the disk could not be made read-only")
    done = ctg(home.root, "run", "--plain")
    assert done.returncode == 5, done.stderr
    assert "make the file and its folder writable" in done.stderr or "cannot be opened" in done.stderr


def test_a_batch_whose_database_goes_away_and_comes_back_loses_nothing(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    home = on(unread_home(tmp_path / "home"), postgres_server.url)
    open_store(home.database, create=True).close()

    def gone_at_the_third(done: int, _total: int) -> None:
        if done == 3:
            postgres_server.stop()

    with pytest.raises(StoreError, match=r"cannot be reached .* start the\s+database and repeat"):
        run_plain(home, home.raw, run_id="cut off", clock=utc_now, progress=gone_at_the_third)
    with pytest.raises(StoreError, match="cannot be reached"):
        open_store(home.database)
    postgres_server.start()
    batch(home.root)
    unread_home(tmp_path / "undisturbed")
    batch(tmp_path / "undisturbed")
    assert differences(state(tmp_path / "undisturbed"), state(home.root)) == []


def on(home: Home, url: str) -> Home:
    settings = home.root / "ctg.toml"
    settings.write_text(f'database = "{url}"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    return open_home(home.root)


def test_the_review_page_answers_again_when_its_database_is_back(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    from fastapi.testclient import TestClient

    from ctg_nlp.web.app import create_app

    home = on(unread_home(tmp_path / "home", reports=2), postgres_server.url)
    batch(home.root)
    store = open_store(home.database)
    report = counted(home)
    place = "http://127.0.0.1:8765"
    with TestClient(create_app(Desk(home, store, "ann", utc_now)), base_url=place) as client:

        def act() -> tuple[int, str]:
            sent = {
                "act_id": uid(),
                "kind": "answer",
                "dimension": "aims",
                "code": "reading",
                "answer": "present",
            }
            got = client.post(f"/api/reports/{report}/acts", json=sent, headers={"Origin": place})
            return got.status_code, got.text

        assert act()[0] == 200
        postgres_server.stop()
        status, said = act()
        assert status == 503 and "cannot be reached" in said and "Nothing of this step was stored" in said
        postgres_server.start()
        assert [act()[0] for _ in range(3)] == [200, 200, 200]
    store.close()


def test_a_file_that_changes_while_it_is_read_is_stored_under_no_hash_that_is_not_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = unread_home(tmp_path / "home", reports=3)
    changing = home.raw / "01 report G000.pdf"
    extract = Processor._extract

    def extract_and_change(self: Processor, submitted: object) -> object:
        found = extract(self, submitted)
        if submitted.file == changing:
            write_pdf(changing, [*sentences(1), "One line more."])
        return found

    monkeypatch.setattr(Processor, "_extract", extract_and_change)
    summary = run_plain(home, home.raw, run_id="first", clock=utc_now)
    assert summary.failed == (changing.name,)
    assert any(name == changing.name and CHANGED in why for name, why in summary.problems)
    monkeypatch.undo()
    summary = run_plain(home, home.raw, run_id="second", clock=utc_now)
    assert (summary.read, summary.failed) == (1, ())
    store = open_store(home.database)
    with store.reading() as db:
        stored = {r.name: r for r in report_store.reports(db)}
        assert "One line more." in report_store.page_texts(db, stored[changing.name].report_id)[1]
    assert {r.verdict for r in stored.values()} <= {VerdictKind.ACCEPTED, VerdictKind.WARNING, VerdictKind.REFUSED,
                                                    VerdictKind.NEAR_DUPLICATE, VerdictKind.REVISION}  # fmt: skip
    store.close()


def test_a_clock_never_goes_back_behind_what_was_stored_or_behind_itself() -> None:
    times = iter([EARLY, EARLY, "2026-07-01T00:00:00+00:00", EARLY])
    clock = SteadyClock(lambda: next(times), LATE)
    assert clock.behind == datetime.fromisoformat(LATE) - datetime.fromisoformat(EARLY)
    said = [clock(), clock(), clock()]
    assert said == sorted(set(said)) and said[0] > LATE
    right = SteadyClock(lambda: LATE, EARLY)
    assert right.behind is None and right.in_words() == "" and right() == LATE


def test_a_clock_that_was_set_back_is_told_and_turns_no_order_round(tmp_path: Path) -> None:
    home = unread_home(tmp_path / "home", reports=3)
    later = (datetime.fromisoformat(utc_now()) + timedelta(days=30)).isoformat(timespec="microseconds")
    run_plain(home, home.raw, run_id="first", clock=lambda: later)
    store = open_store(home.database)
    report = counted(home)
    with store.transaction() as db:  # as if another model had proposed in that future
        framework = home.framework.framework_id
        now = suggestion_store.last_model(db, framework, report)
        suggestion_store.put_proposed(db, report, "older", framework, "x", later)
    store.close()
    settings = home.root / "framework.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('strong: ["reading"]', 'strong: ["pupil"]'),
                        encoding="utf-8")  # fmt: skip
    done = ctg(home.root, "run", "--plain")
    assert done.returncode == 0, done.stderr
    assert "The clock of this machine says" in done.stderr and "set the clock" in done.stderr
    store = open_store(home.database)
    with store.reading() as db:
        assert suggestion_store.last_model(db, open_home(home.root).framework.framework_id, report) not in (
            now, "older")  # fmt: skip
    store.close()


def test_the_last_answer_is_undone_first_also_where_the_clock_was_set_back(desk: Desk) -> None:
    times = iter([LATE, *[EARLY] * 9])
    back = Desk(desk.home, desk.store, "ada", SteadyClock(lambda: next(times), ""))
    dimension = next(d for d in desk.framework.stage("map") if d.kind == "multi")
    code = next(c.id for c in dimension.codes if not (c.exclusive or c.missing))
    acts = [uid(), uid()]
    for act, said in zip(acts, (Answer.PRESENT, Answer.ABSENT), strict=True):
        back.do(ID, Doing(act, dimension.id, code, said))
    with pytest.raises(CtgError, match="undo that first"):
        back.undo(ID, acts[0])
    assert back.undo(ID, acts[1])[0].act_id == acts[1]
