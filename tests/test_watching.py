"""The watched folder: a file is taken once it is completely written, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctg_nlp.errors import HomeError
from ctg_nlp.submissions import UNFINISHED, hash_of, scan
from ctg_nlp.watching import PATIENCE, Watcher, ends_properly, take, wait_until_whole

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
    assert take(file, inbox, raw, hash_of(file)) == raw / "G1" / "a.pdf"
    assert take(file, inbox, raw, hash_of(file)) == raw / "G1" / "a.pdf" and file.read_bytes() == WHOLE
    file.write_bytes(WHOLE + b"2")
    assert take(file, inbox, raw, hash_of(file)) == raw / "G1" / "a (2).pdf"
    assert (raw / "G1" / "a.pdf").read_bytes() == WHOLE
    assert take(file, inbox, raw, hash_of(file)) == raw / "G1" / "a (2).pdf"
    assert sorted(p.name for p in (raw / "G1").iterdir()) == ["a (2).pdf", "a.pdf"]


def test_a_file_that_changes_while_it_is_copied_does_not_arrive_as_neither_version(tmp_path: Path) -> None:
    inbox, raw = tmp_path / "inbox", tmp_path / "raw"
    inbox.mkdir()
    (inbox / "a.pdf").write_bytes(WHOLE)
    before = hash_of(inbox / "a.pdf")
    (inbox / "a.pdf").write_bytes(WHOLE + b"2")
    with pytest.raises(HomeError, match="changed while it was copied"):
        take(inbox / "a.pdf", inbox, raw, before)
    assert list(raw.iterdir()) == []


def test_what_the_watched_folder_waits_for_is_passed_over_by_a_batch_too(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for ending in UNFINISHED:
        (raw / f"a.pdf{ending.upper()}").write_bytes(HALF)
    (raw / "a.pdf").write_bytes(WHOLE)
    found = scan(tmp_path, raw, ())
    assert [f.name for f in found.files] == ["a.pdf"] and len(found.passed_over) == len(UNFINISHED)


def test_linked_folders_are_followed_as_by_a_batch_and_go_in_no_circle(tmp_path: Path, clock: Clock) -> None:
    watched, elsewhere = tmp_path / "inbox", tmp_path / "elsewhere"
    for folder in (watched, elsewhere):
        folder.mkdir()
    (elsewhere / "a.pdf").write_bytes(WHOLE)
    (watched / "linked").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(watched)
    assert Watcher(watched, 1, clock).look() == ((), (watched / "linked/a.pdf",))


def test_a_watched_folder_that_is_gone_is_told(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(HomeError, match="does not exist"):
        Watcher(tmp_path / "no", 1, clock).look()
