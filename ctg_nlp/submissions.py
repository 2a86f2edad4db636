"""What lies in the raw folder, and which of it is still to be done."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG

from ctg_nlp import folder_walk
from ctg_nlp.errors import HomeError
from ctg_nlp.records import Report, Submission, VerdictKind

_SYSTEM = frozenset({"thumbs.db", "desktop.ini"})
UNFINISHED = (
    ".part",
    ".partial",
    ".crdownload",
    ".download",
    ".filepart",
    ".tmp",
    ".temp",
    ".swp",
    ".opdownload",
)
"""How programs name files that they have not written to their end; hidden ones and "~$…" are such too."""
_OWN_FILES = frozenset(
    {"ctg.toml", "ctg.sqlite", "ctg.sqlite-wal", "ctg.sqlite-shm", "data/register.csv", "data/passwords.txt"}
)
_OWN_FOLDERS = ("data/coded/", "data/converted/", "data/pictures/", "data/vectors/", "logs/", "models/")
_CHUNK = 1 << 20
_COPY = re.compile(r"\bcopy\b|\(\d+\)$", re.IGNORECASE)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Signs that steer a terminal, or turn round how a name is shown."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A file as it lies there now. `path` is the form that the store keeps, `file` where to open it."""

    path: str
    file: Path
    name: str
    folder_path: str  # relative to the raw folder, to tell its group
    sha256: str
    size: int
    mtime_ns: int
    noted: bool = False  # the store has it with this very path, size, time and content


@dataclass(frozen=True, slots=True)
class Scan:
    """A look into the raw folder. `passed_over`: files of the operating system, hidden or unfinished ones,
    and what the home itself keeps. `unreadable`: files and folders that could not be opened, and why."""

    files: tuple[Submitted, ...]
    passed_over: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]


def scan(root: Path, raw: Path, known: Iterable[Submission], *, verify: bool = False) -> Scan:
    """All files under the raw folder by path, with the hash of their content.

    A file whose name, size and time are known is not read again, unless `verify` is true. Raises
    `HomeError` where the folder does not exist.
    """
    if not raw.is_dir():
        raise HomeError(f"There is no folder {raw}. Put the submitted reports there, or name another folder.")
    seen = {(s.path, s.size, s.mtime_ns): s.sha256 for s in known}
    files: list[Submitted] = []
    passed_over: list[str] = []
    unreadable: list[tuple[str, str]] = []
    prefix = _stored_prefix(root, raw)
    for file in sorted(files_below(raw, unreadable), key=_originals_first):
        relative = file.relative_to(raw)
        folder_path = _written(relative)
        path = stored_path(root, file) if prefix is None else prefix + folder_path
        if is_passed_over(relative) or path in _OWN_FILES or path.startswith(_OWN_FOLDERS):
            passed_over.append(folder_path)
            continue
        try:
            stat = file.stat()
            if not S_ISREG(stat.st_mode):  # a pipe or a device would never end
                unreadable.append((folder_path, "it is no regular file"))
                continue
            before = seen.get((path, stat.st_size, stat.st_mtime_ns))
            sha256 = hash_of(file) if verify or before is None else before
        except OSError as error:
            unreadable.append((folder_path, f"it cannot be opened: {error.strerror}"))
            continue
        name = folder_path.rsplit("/", 1)[-1]
        size, mtime_ns, noted = stat.st_size, stat.st_mtime_ns, sha256 == before
        files.append(Submitted(path, file, name, folder_path, sha256, size, mtime_ns, noted))
    return Scan(tuple(files), tuple(passed_over), tuple(unreadable))


class Known:
    """Which files were taken in as they are now, by path, size and time."""

    def __init__(self, root: Path, known: Iterable[Submission]) -> None:
        self._root, self._seen = root, {(s.path, s.size, s.mtime_ns) for s in known}

    def __call__(self, file: Path) -> bool:
        """Whether this file was. One that is gone need not be."""
        try:
            stat = file.stat()
        except OSError:
            return True
        return (stored_path(self._root, file), stat.st_size, stat.st_mtime_ns) in self._seen


def files_below(raw: Path, unreadable: list[tuple[str, str]]) -> Iterator[Path]:
    """Every file in a folder and its subfolders, linked ones too; adds subfolders that cannot be opened to
    `unreadable`, with the reason."""

    def note(error: OSError) -> None:
        folder = _written(Path(error.filename).relative_to(raw))
        unreadable.append((f"{folder}/", f"the folder cannot be opened: {error.strerror}"))

    return folder_walk.files_below(raw, note)


def is_system_file(name: str) -> bool:
    """Whether a file of this name is the operating system's own, and no submission."""
    return name.lower() in _SYSTEM


def is_passed_over(path: Path) -> bool:
    """Whether a file of this path below a folder of submissions is none by its name: hidden, the operating
    system's, or what a program has not written to its end. Such a file is new once it gets its name."""
    hidden = any(part.startswith((".", "~$")) for part in path.parts)
    return hidden or is_system_file(path.name) or path.name.lower().endswith(UNFINISHED)


def _written(path: Path) -> str:
    """A path as text: with "/" and as `shown`."""
    return shown(path.as_posix())


def shown(name: str) -> str:
    """A name as text for people and the store: in NFC, and with bytes that are no text, and signs that cannot
    be seen, written as escapes."""
    name = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return _UNSEEN.sub(lambda m: ascii(m[0])[1:-1], unicodedata.normalize("NFC", name))


def _originals_first(file: Path) -> tuple[bool, str]:
    """By path, but files that call themselves copies last: of two alike the other is the original."""
    return _COPY.search(file.stem) is not None, file.as_posix()


def stored_path(root: Path, file: Path) -> str:
    """How the store names a file: relative to the home with "/" where it lies inside it, in NFC."""
    file = file if file.is_absolute() else Path.cwd() / file
    return _written(file.relative_to(root) if file.is_relative_to(root) else file)


def _stored_prefix(root: Path, raw: Path) -> str | None:
    """How `stored_path` begins for every file below a folder, which is found once for all of them; None where
    that depends on the file, since the home lies in the folder."""
    folder = raw if raw.is_absolute() else Path.cwd() / raw
    if root.is_relative_to(folder):
        return None
    below = _written(folder.relative_to(root) if folder.is_relative_to(root) else folder)
    return f"{below.rstrip('/')}/"


def stored_file(root: Path, path: str) -> Path | None:
    """The file that `stored_path` names so, or None where there is none (any more).

    The name on the disk may be of another Unicode form, or have bytes that are no text.
    """
    direct = root / path
    if direct.is_file():
        return direct
    found = Path(direct.anchor)
    for part in direct.parts[1:]:
        step = found / part
        if not step.exists():
            alike = (entry for entry in _entries(found) if _written(Path(entry.name)) == part)
            step = next(alike, step)
        found = step
    return found if found.is_file() else None


def _entries(folder: Path) -> tuple[Path, ...]:
    try:
        return tuple(folder.iterdir())
    except OSError:
        return ()


def hash_of(file: Path) -> str:
    """The sha256 of a file's content as 64 hexadecimal digits, read in pieces."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Work:
    """One report to be read (or read again) and proposed for; `sequence` is its place in order of arrival."""

    submitted: Submitted
    sequence: int
    before: Report | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do. `copies` are further files with the content of a report, `known` are done."""

    work: tuple[Work, ...]
    copies: tuple[tuple[Submitted, str], ...]
    known: tuple[Submitted, ...]
    erased: tuple[Submitted, ...]
    passed_over: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """What the store knows: reports, those erased, and which have suggestions of the current model.

    `proposed` maps a report to the extractor whose reading the suggestions rest on; `begun` gives reports
    that a run which was cut off had not read yet their place in the order of arrival.
    """

    reports: Mapping[str, Report]
    erased: frozenset[str]
    proposed: Mapping[str, str]
    next_sequence: int
    begun: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Means:
    """What can be done now that may not have been possible before."""

    extractor: str
    ocr: bool
    passwords: bool
    word: bool
    retry: bool = False


def plan(found: Scan, progress: Progress, means: Means) -> Plan:
    """Sort the files found into work, copies and what is done. Pure: touches neither disk nor store."""
    work: list[Work] = []
    copies: list[tuple[Submitted, str]] = []
    known: list[Submitted] = []
    erased: list[Submitted] = []
    owner: dict[str, str] = {}
    present = {(f.path, f.sha256) for f in found.files}
    sequence = max((progress.next_sequence, *(place + 1 for place in progress.begun.values())))
    for file in found.files:
        before = progress.reports.get(file.sha256)
        if file.sha256 in progress.erased:
            erased.append(file)
            continue
        first = before.path if before and (before.path, file.sha256) in present else file.path
        if file.path != owner.setdefault(file.sha256, first):
            copies.append((file, owner[file.sha256]))
        elif before is not None and _is_done(before, progress, means):
            known.append(file)
        else:
            place = before.sequence if before else progress.begun.get(file.sha256)
            work.append(Work(file, sequence if place is None else place, before))
            sequence += place is None
    return Plan(tuple(work), tuple(copies), tuple(known), tuple(erased), found.passed_over, found.unreadable)


def _is_done(report: Report, progress: Progress, means: Means) -> bool:
    if report.withdrawn_at:
        return True
    if report.verdict is VerdictKind.FAILED:
        return False
    if report.verdict is VerdictKind.REFUSED:
        return not (means.retry or _may_succeed_now(report, means))
    base = report.extractor.split("+")[0]
    if base != means.extractor or progress.proposed.get(report.report_id) != report.extractor:
        return False
    return not (report.verdict is VerdictKind.WARNING and means.ocr and "+ocr" not in report.extractor)


def _may_succeed_now(report: Report, means: Means) -> bool:
    base, _, had_ocr = report.extractor.partition("+")
    return (
        base != means.extractor
        or (report.cause == "no text" and means.ocr and not had_ocr)
        or (report.cause == "encrypted" and means.passwords)
        or (report.cause == "not a PDF" and means.word and "LibreOffice" in report.message)
    )
