"""The file of a backup: a ZIP archive with the files of a home, its database, and checksums of both.

`manifest.json` says what is in it; `home/` holds the files, `framework/` a framework from elsewhere, and the
database is `database.sqlite`, or `tables/NAME.jsonl` where it was another than SQLite.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePath
from typing import IO, Any

from ctg_nlp.errors import HomeError
from ctg_nlp.store.copying import Row, TableSum

FORMAT = 1
MANIFEST = "manifest.json"
BACKUP = "backup"
"""The subject of the entry in the audit log that tells of a backup, and where it was written."""
DATABASE = "database.sqlite"
HOME_FILES, FRAMEWORK_FILES, TABLES = "home/", "framework/", "tables/"
RESTORING = ".restoring-"
"""In the name of a folder beside a home, in which one is made of a backup."""
_CHUNK = 1 << 20
_DAMAGED = (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error)
_NO_BACKUP = (*_DAMAGED, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `schema`: of its database; `framework`: the file in `framework/` that it used,
    empty where it is bundled or among the files of the home; `files`: sha256 by name in the archive; `modes`:
    who may do what with files and folders (whose names end with "/"), where that is known."""

    made_at: str
    program: str
    schema: str
    framework: str
    raw: bool
    files: Mapping[str, str]
    tables: Mapping[str, TableSum] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)
    modes: Mapping[str, int] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """How many files of the project and its framework it holds, without those of the database."""
        return sum(name.startswith((HOME_FILES, FRAMEWORK_FILES)) for name in self.files)

    def to_json(self) -> str:
        """The text of `manifest.json`."""
        return json.dumps({"ctg_backup": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1)


def put_file(archive: zipfile.ZipFile, name: str, source: IO[bytes]) -> str:
    """Add a file's content under a name; returns its sha256."""
    digest = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as entry:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            entry.write(chunk)
    return digest.hexdigest()


def put_rows(archive: zipfile.ZipFile, name: str, rows: Iterator[Row]) -> str:
    """Add rows as JSON lines under a name; returns the sha256 of what was written."""
    digest = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as entry:
        for row in rows:
            line = json.dumps(row, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            entry.write(line)
    return digest.hexdigest()


class BackupFile:
    """A backup opened for reading, whose manifest was understood. Use as a context manager.

    Raises `HomeError` on entry where the file is no backup, or one of a newer ctg_nlp.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> BackupFile:
        try:
            self._archive = zipfile.ZipFile(self.path)
            said = json.loads(self._archive.read(MANIFEST))
            made = said["ctg_backup"]
            if type(made) is int and made > FORMAT:  # what else it says may be anything
                raise HomeError(f"{self.path} was made by a newer ctg_nlp; restore it with that one.")
            self.manifest = _manifest(said)
        except OSError as error:
            raise HomeError(f"The backup {self.path} cannot be read: {error.strerror or error}.") from error
        except _NO_BACKUP as error:
            raise HomeError(f"{self.path} is no backup of ctg, or a damaged one ({error}).") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def check(self) -> None:
        """Read all of it. Raises `HomeError` where a file is missing, changed, or no part of the backup."""
        inside = {i.filename for i in self._archive.infolist()} - {MANIFEST}
        wrong = sorted(inside ^ set(self.manifest.files))
        wrong += [n for n in sorted(inside) if not _is_listed(n)]
        wrong = wrong or [n for n, sha256 in self.manifest.files.items() if self._sha256(n) != sha256]
        if wrong:
            raise HomeError(
                f"{self.path} is damaged: {', '.join(wrong[:5])} {'is' if len(wrong) == 1 else 'are'} not as "
                "listed in it. Nothing was restored; take an earlier backup."
            )

    def _sha256(self, name: str) -> str:
        digest = hashlib.sha256()
        try:
            with self._archive.open(name) as entry:
                while chunk := entry.read(_CHUNK):
                    digest.update(chunk)
        except (*_DAMAGED, OSError):
            return ""
        return digest.hexdigest()

    def extract(self, name: str, folder: Path, below: str) -> Path:
        """Write one file of the backup to a path below a folder, making its folders; returns where it lies.

        Raises `HomeError` for a path that would leave the folder, whatever `check` said.
        """
        target = folder / below
        if not _is_plain(below) or not target.resolve().is_relative_to(folder.resolve()):
            raise HomeError(
                f"{self.path} is damaged: {name} would not lie in the project. Nothing was restored."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._archive.open(name) as entry, target.open("wb") as file:
            while chunk := entry.read(_CHUNK):
                file.write(chunk)
        return target

    def below(self, folder: str) -> Iterator[tuple[str, str]]:
        """The files in a folder of the archive: name in the archive, path below the folder."""
        return ((n, n.removeprefix(folder)) for n in self.manifest.files if n.startswith(folder))

    @property
    def schema(self) -> str:
        """The schema of the rows."""
        return self.manifest.schema

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table; none where there is no such table."""
        name = f"{TABLES}{table}.jsonl"
        if name in self.manifest.files:
            with self._archive.open(name) as entry:
                for line in entry:
                    yield json.loads(line)

    def counters(self) -> Mapping[str, int]:
        """The last number given in each table whose numbers are never given twice."""
        return self.manifest.counters


def _manifest(said: dict[str, Any]) -> Manifest:
    values = {name: said[name] for name in Manifest.__slots__ if name != "modes"}
    values["files"] = {name: str(sha256) for name, sha256 in said["files"].items()}
    values["tables"] = {name: TableSum(**v) for name, v in said["tables"].items()}
    values["modes"] = {name: int(mode) for name, mode in said.get("modes", {}).items()}
    if values["framework"] and values["framework"] not in values["files"]:
        raise ValueError("its framework is not in it")
    return Manifest(**values)


def _is_listed(name: str) -> bool:
    """Whether a name is one that a backup has, and stays below the folder that it is extracted to."""
    folder = next((f for f in (HOME_FILES, FRAMEWORK_FILES, TABLES) if name.startswith(f)), "")
    return _is_plain(name.removeprefix(folder)) and (folder != "" or name == DATABASE)


def _is_plain(path: str) -> bool:
    """Whether a path leads downwards and is written in the one way: no root, no "..", no empty part."""
    parts = path.split("/")
    return not PurePath(path).anchor and all(p not in ("", ".", "..") and "\0" not in p for p in parts)
