"""The watched folder: a file is taken once it is completely written, and only then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ctg_nlp.cli.inbox import Inbox
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import HomeError
from ctg_nlp.plain import run_plain
from ctg_nlp.run_lock import running
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store.database import open_store
from ctg_nlp.watching import PATIENCE, Watcher, ends_properly, take, wait_until_whole

from .conftest import EXAMPLE

WHOLE = b"%PDF-1.7\n...\nstartxref\n12\n%%EOF\n"
HALF = WHOLE[:20]


class Clock:
    """Goes forward when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def watching(home: Path, folder: str) -> Home:
    settings = home / "ctg.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('# watch = ""', f'watch = "{folder}"'), encoding="utf-8")
    return open_home(home)


def names(files: tuple[Path, ...]) -> list[str]:
    return [f.name for f in files]


def test_a_file_is_whole_once_it_stayed_as_it_is(tmp_path: Path, clock: Clock) -> None:
    watcher = Watcher(tmp_path, 10, clock)
    file = tmp_path / "a.pdf"
    file.write_bytes(WHOLE)
    assert watcher.look() == ((), (file,))
    clock.pass_by(9)
    assert watcher.look() == ((), (file,))
    clock.pass_by(1)
    assert watcher.look() == ((file,), ())


def test_a_file_that_grows_waits_however_long_it_takes(tmp_path: Path, clock: Clock) -> None:
    watcher = Watcher(tmp_path, 10, clock)
    file = tmp_path / "a.pdf"
    for size in range(100):
        file.write_bytes(b"x" * size + WHOLE)
        assert watcher.look() == ((), (file,))
        clock.pass_by(9)
    clock.pass_by(10)
    assert watcher.look() == ((file,), ())


def test_a_copy_that_pauses_before_its_end_waits_and_a_broken_file_is_taken_in_the_end(
    tmp_path: Path, clock: Clock
) -> None:
    watcher = Watcher(tmp_path, 10, clock)
    file = tmp_path / "a.pdf"
    file.write_bytes(HALF)
    watcher.look()
    clock.pass_by(60)
    assert watcher.look() == ((), (file,))
    clock.pass_by(10 * PATIENCE)
    assert watcher.look() == ((file,), ())


def test_a_file_whose_room_was_made_before_its_content_waits(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "a.pdf").write_bytes(HALF + b"\0" * 100_000)
    assert not ends_properly(tmp_path / "a.pdf")


def test_word_files_that_are_cut_off_and_empty_files_have_no_end(tmp_path: Path) -> None:
    docx = pytest.importorskip("docx").Document()
    docx.save(str(tmp_path / "a.docx"))
    content = (tmp_path / "a.docx").read_bytes()
    assert ends_properly(tmp_path / "a.docx")
    (tmp_path / "a.docx").write_bytes(content[:-100])
    (tmp_path / "b.doc").write_bytes(b"")
    assert not ends_properly(tmp_path / "a.docx") and not ends_properly(tmp_path / "b.doc")


@pytest.mark.parametrize(
    "name",
    ["a.pdf.part", "a.pdf.crdownload", ".a.pdf.x7", "~$a.docx", "A.PDF.TMP", "Thumbs.db", ".sync/a.pdf"],
)
def test_names_of_unfinished_and_system_files_are_passed_over(
    tmp_path: Path, clock: Clock, name: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(WHOLE)
    watcher = Watcher(tmp_path, 1, clock)
    watcher.look()
    clock.pass_by(PATIENCE)
    assert watcher.look() == ((), ())


def test_a_file_that_took_the_name_of_a_temporary_one_is_new_then(tmp_path: Path, clock: Clock) -> None:
    watcher = Watcher(tmp_path, 10, clock)
    (tmp_path / "a.part").write_bytes(WHOLE)
    watcher.look()
    clock.pass_by(100)
    (tmp_path / "a.part").rename(tmp_path / "a.pdf")
    assert names(watcher.look()[1]) == ["a.pdf"]


def test_a_batch_waits_for_new_files_only_and_not_for_ever(tmp_path: Path, clock: Clock) -> None:
    for name in ("known.pdf", "new.pdf"):
        (tmp_path / name).write_bytes(HALF)
    watcher = Watcher(tmp_path, 10, clock)
    known = tmp_path / "known.pdf"
    assert wait_until_whole(watcher, lambda f: f == known, clock.pass_by) == ()
    assert clock.now >= 1000 + 10 * PATIENCE
    (tmp_path / "new.pdf").unlink()
    began = clock.now
    assert wait_until_whole(Watcher(tmp_path, 10, clock), lambda f: f == known, clock.pass_by) == ()
    assert clock.now == began  # the known file has no proper end either, and is not waited for

    def grow(seconds: float) -> None:
        clock.pass_by(seconds)
        with (tmp_path / "grows.pdf").open("ab") as file:
            file.write(b"x")

    grow(0)
    assert names(wait_until_whole(Watcher(tmp_path, 10, clock), lambda f: f == known, grow)) == ["grows.pdf"]


def test_taking_keeps_folders_leaves_the_original_and_never_writes_over_another(tmp_path: Path) -> None:
    inbox, raw = tmp_path / "inbox", tmp_path / "raw"
    file = inbox / "G1" / "a.pdf"
    file.parent.mkdir(parents=True)
    file.write_bytes(WHOLE)
    assert take(file, inbox, raw) == raw / "G1" / "a.pdf"
    assert take(file, inbox, raw) is None and file.read_bytes() == WHOLE
    file.write_bytes(WHOLE + b"2")
    assert take(file, inbox, raw) == raw / "G1" / "a (2).pdf"
    assert (raw / "G1" / "a.pdf").read_bytes() == WHOLE
    assert take(file, inbox, raw) is None
    assert sorted(p.name for p in (raw / "G1").iterdir()) == ["a (2).pdf", "a.pdf"]


def test_a_watched_folder_that_is_gone_is_told(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(HomeError, match="does not exist"):
        Watcher(tmp_path / "no", 1, clock).look()


def settled(inbox: Inbox, clock: Clock) -> bool:
    inbox.anything_new()
    clock.pass_by(10)
    return inbox.anything_new()


def test_new_files_begin_one_batch_after_which_they_are_not_new(
    empty_home: Path, tmp_path: Path, clock: Clock
) -> None:
    root = Path(shutil.copytree(empty_home, tmp_path / "home"))
    (root / "inbox").mkdir()
    home = watching(root, "inbox")
    inbox = Inbox(home, clock)
    assert not settled(inbox, clock)
    shutil.copy(EXAMPLE / "raw" / "G002 report v2 FINAL.pdf", root / "inbox")
    assert settled(inbox, clock)
    assert names(tuple(home.raw.iterdir())) == ["G002 report v2 FINAL.pdf"]
    assert inbox.anything_new()  # until one was begun
    inbox.begun()
    assert not settled(inbox, clock)
    assert not settled(Inbox(home, clock), clock)  # nor after a new start: it lies in the raw folder


def test_in_the_raw_folder_itself_what_was_read_is_not_new(
    empty_home: Path, tmp_path: Path, clock: Clock
) -> None:
    home = watching(Path(shutil.copytree(empty_home, tmp_path / "home")), "data/raw")
    shutil.copy(EXAMPLE / "raw" / "G002 report v2 FINAL.pdf", home.raw)
    (home.raw / "broken.pdf").write_bytes(WHOLE)
    assert settled(Inbox(home, clock), clock)
    assert len(list(home.raw.iterdir())) == 2  # nothing is copied
    run_plain(home, home.raw, run_id="r", clock=utc_now)
    assert not settled(Inbox(home, clock), clock)


def test_while_a_run_is_under_way_new_files_wait_for_its_end(
    empty_home: Path, tmp_path: Path, clock: Clock
) -> None:
    home = watching(Path(shutil.copytree(empty_home, tmp_path / "home")), "data/raw")
    (home.raw / "a.pdf").write_bytes(WHOLE)
    inbox, store = Inbox(home, clock), open_store(home.database)
    with running(store, "batch", utc_now):
        assert not settled(inbox, clock)
    assert inbox.anything_new()
    store.close()
