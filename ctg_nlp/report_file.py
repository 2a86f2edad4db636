"""Which file on the disk a report is: the PDF that was read, and only if it still has that content."""

from __future__ import annotations

from pathlib import Path

from ctg_nlp.errors import CtgError
from ctg_nlp.intake.convert import is_word_file
from ctg_nlp.records import Report
from ctg_nlp.settings import Home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store
from ctg_nlp.submissions import hash_of, stored_file

Passwords = tuple[str, ...]


class NotShown(CtgError):
    """A report, or a page of it, that cannot be shown as a picture; the message says why."""


def shown_report(store: Store, report_id: str) -> Report:
    """The report. Raises `NotShown` where there is none of that id, and for one that was withdrawn."""
    with store.reading() as db:
        report = report_store.report(db, report_id)
    if report is None:
        raise NotShown("No report of this address is in the project, or it was erased.")
    if report.withdrawn_at:
        raise NotShown(
            f"{report.name} was withdrawn on {report.withdrawn_at[:10]}; it is not shown any more."
        )
    return report


class ReportFiles:
    """Finds the PDF of a report. A content is hashed once, and again when the file was changed."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home, self._store = home, store
        self._hashes: dict[Path, tuple[int, int, str]] = {}

    def converted(self, report: Report) -> Path | None:
        """The PDF that was made of a Word file, or None where the report is no Word file."""
        path = self._home.converted / f"{report.report_id}.pdf"
        return path if path.is_file() else None

    def find(self, report: Report) -> Path:
        """The PDF that the report was read from. Raises `NotShown` where it is gone or was changed."""
        made = self.converted(report)
        if made is not None:
            return made
        with self._store.reading() as db:
            paths = report_store.submitted_paths(db, report.report_id)
        there = [f for p in dict.fromkeys((report.path, *paths)) if (f := stored_file(self._home.root, p))]
        for file in there:
            if self._has_content(file, report.report_id):
                return _pdf(file, report)
        raise NotShown(
            f"{report.path} is not the file any more that was read. Put that one back to see its pages."
            if there
            else f"{report.path} is not there any more. Put it back to see its pages."
        )

    def passwords(self) -> Passwords:
        """What may open a locked file; nothing where the list cannot be read."""
        try:
            said = self._home.passwords.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):  # the intake tells what is wrong with the list
            return ()
        return tuple(line for line in said.splitlines() if line)

    def _has_content(self, file: Path, sha256: str) -> bool:
        try:
            stat = file.stat()
            size, mtime, known = self._hashes.get(file, (-1, -1, ""))
            if (size, mtime) != (stat.st_size, stat.st_mtime_ns):
                known = hash_of(file)
                self._hashes[file] = (stat.st_size, stat.st_mtime_ns, known)
        except OSError:  # gone meanwhile, or it may not be opened
            return False
        return known == sha256


def _pdf(file: Path, report: Report) -> Path:
    if is_word_file(file):
        raise NotShown(f"{report.name} is a Word file, and no PDF was made of it. Run the intake again.")
    return file
