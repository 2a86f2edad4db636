"""A whole project as REFI-QDA (.qdpx): codes, reports with their PDFs, codings, coders, notes, cases."""

from __future__ import annotations

import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.sax.saxutils import quoteattr

from lxml import etree

from ctg_nlp.dataset import dataset
from ctg_nlp.errors import Refusal
from ctg_nlp.exchange.cases_out import Cases
from ctg_nlp.exchange.code_nodes import CodeNode, code_nodes
from ctg_nlp.exchange.gathering import ReportToGive, gather, people, reports_to_give
from ctg_nlp.exchange.guids import source_guid
from ctg_nlp.exchange.losses import decision_losses, framework_losses, write_losses
from ctg_nlp.exchange.marked import Frames
from ctg_nlp.exchange.qdc import DECLARATION, codes_element
from ctg_nlp.exchange.qde import (
    PROJECT,
    Element,
    Notes,
    section,
    set_element,
    source_element,
    user_element,
    variable_element,
)
from ctg_nlp.exchange.sources_out import INDUCTIVE, SourceMaker, Told
from ctg_nlp.exchange.xml_text import clean, xml_time
from ctg_nlp.export.files import whole_file
from ctg_nlp.intake.sandbox import Limits, Reader, ReadingFailed
from ctg_nlp.records import Report
from ctg_nlp.report_file import NotShown, ReportFiles
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store.database import Store

LARGEST = 2**31 - 1
"""Bytes of a file that the standard allows in a project."""
_SECONDS = 60  # for the boxes of all pages of a file
_BLOCK = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same store makes the same bytes


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written, how much of what is in it, and what it does not carry."""

    path: Path
    counts: dict[str, int]
    losses: tuple[str, ...]


Progress = Callable[[int, int], None]


def write_project(
    path: Path, store: Store, home: Home, *, origin: str, suggestions: bool = False, pdfs: bool = True,
    progress: Progress = lambda done, total: None,
) -> Written:  # fmt: skip
    """Write the project. Suggestions are those of machine users, and only there where asked for.

    Raises `HomeError` where the file cannot be written.
    """
    with (
        whole_file(path, binary=True) as file,
        zipfile.ZipFile(file, "w") as archive,
        tempfile.TemporaryFile() as sources,
        tempfile.TemporaryFile() as notes,
    ):
        made = _Project(store, home, suggestions, notes)
        made.write_sources(archive, sources, pdfs, progress)
        losses = made.losses()
        with archive.open(_entry("project.qde"), "w", force_zip64=True) as target:
            for part in made.parts(origin, sources, losses):
                target.write(part)
    write_losses(path, losses)
    return Written(path, dict(made.told.counts), losses)


def _entry(name: str, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = method
    entry.external_attr = 0o644 << 16
    return entry


class _Project:
    """Writes the parts of a project; sources first, since only then all users and notes are known."""

    def __init__(self, store: Store, home: Home, suggestions: bool, notes: IO[bytes]) -> None:
        self._store, self._home, self._suggestions = store, home, suggestions
        self._framework = home.framework
        self._notes, self.told = Notes(notes), Told()
        with store.reading() as db:
            self._reports = reports_to_give(db)
            self._last = decision_store.last_decided_at(db)
        self._names = names_apart(self._reports)
        self._maker = SourceMaker(self._framework, self._notes, self.told)

    def write_sources(
        self, archive: zipfile.ZipFile, target: IO[bytes], pdfs: bool, progress: Progress
    ) -> None:
        """The files of all reports into the archive, their elements into a file of their own."""
        files = ReportFiles(self._home, self._store)
        limits = Limits(seconds=_SECONDS, memory_mb=self._home.memory_mb)
        with Reader(limits) as reader:
            given = gather(self._store, self._framework, self._reports, suggestions=self._suggestions)
            for done, report in enumerate(given):
                progress(done, len(self._reports))
                pdf = _pdf(files, report.report) if pdfs else None
                self._count(report, pdf)
                frames = _frames(reader, pdf, files) if pdf is not None else ()
                target.write(self._source(archive, report, pdf, frames))

    def _count(self, given: ReportToGive, pdf: Path | None) -> None:
        self.told.add("reports")
        self.told.add("without PDF", pdf is None)
        self.told.add("without text", not any(p.text for p in given.pages))
        self.told.add("replaced", given.replaced)
        self.told.add("foreign", given.foreign)

    def _source(
        self, archive: zipfile.ZipFile, given: ReportToGive, pdf: Path | None, frames: Frames
    ) -> bytes:
        key = source_guid(given.report.report_id)
        names = f"{key}.txt", f"{key}.pdf" if pdf is not None else ""
        source, text = self._maker.source(given, self._names[given.report.report_id], names, frames)
        self.told.add("selections", len(source.texts))
        self.told.add("rectangles", len(source.pages))
        archive.writestr(_entry(f"sources/{names[0]}"), text.encode("utf-8"))
        if pdf is not None:
            entry = _entry(f"sources/{names[1]}", zipfile.ZIP_STORED)
            with pdf.open("rb") as read, archive.open(entry, "w", force_zip64=True) as write:
                while block := read.read(_BLOCK):
                    write.write(block)
        element: bytes = etree.tostring(source_element(source), encoding="utf-8", pretty_print=True)
        return element

    def losses(self) -> tuple[str, ...]:
        """What the file does not carry."""
        left_out = (
            () if self._suggestions else ("Suggestions of machines are left out; they were not asked for.",)
        )
        return (*left_out, *decision_losses(self.told.counts), *framework_losses(self._framework))

    def parts(self, origin: str, sources: IO[bytes], losses: Sequence[str]) -> Iterator[bytes]:
        """The project's XML, piece by piece, in the order that the schema wants."""
        name = clean(self._framework.title or self._framework.id)
        times = xml_time(self._last)
        when = f" modifiedDateTime={quoteattr(times)}" if times else ""
        yield f"{DECLARATION}<Project xmlns={quoteattr(PROJECT)} name={quoteattr(name)} ".encode()
        yield f"origin={quoteattr(origin)}{when}>\n".encode()
        users = (*people(self._store, self._reports), *sorted(self.told.machines))
        yield section("Users", map(user_element, users))
        nodes = (*code_nodes(self._framework), *self._inductive())
        if nodes:
            yield section("CodeBook", [codes_element(nodes)])
        cases = Cases(self._framework, dataset(self._store, self._framework))
        yield section("Variables", map(variable_element, cases.variables))
        yield section("Cases", cases.elements(self._reports))
        yield from _streamed(b"Sources", sources)
        yield from _streamed(b"Notes", self._notes.file)
        yield section("Sets", self._sets())
        said = etree.Element("Description")
        said.text = clean("\n".join([f"Framework {self._framework.framework_id}.", *losses]))
        yield etree.tostring(said, encoding="utf-8") + b"\n</Project>\n"

    def _inductive(self) -> Iterator[CodeNode]:
        labels = sorted(self.told.labels.items(), key=lambda item: item[1])
        if labels:
            inside = tuple(CodeNode(key, label, "Made up by a coder while reading.") for key, label in labels)
            yield CodeNode(INDUCTIVE, "Inductive codes", "", False, inside)

    def _sets(self) -> Iterator[Element]:
        counted = [source_guid(r.report_id) for r in self._reports if r.counted]
        if counted:
            yield set_element("Reports that count", "One report of each group enters the tables.", counted)


def _streamed(tag: bytes, file: IO[bytes]) -> Iterator[bytes]:
    """The elements that were written to a file in one of that name; nothing where there are none."""
    if file.tell():
        file.seek(0)
        yield b"<" + tag + b">\n"
        while block := file.read(_BLOCK):
            yield block
        yield b"</" + tag + b">\n"


def names_apart(reports: Sequence[Report]) -> dict[str, str]:
    """The names of reports by their ids; one that several have is followed by the group or the hash, since
    some tools keep only one document of a name."""
    count = Counter(r.name.casefold() for r in reports)
    found: dict[str, str] = {}
    taken: set[str] = set()
    for r in reports:
        base, dot, end = r.name.rpartition(".") if "." in r.name else (r.name, "", "")
        several = (
            f"{base} ({word}){dot}{end}" for word in (r.group_id, r.report_id[:8], r.report_id) if word
        )
        names = several if count[r.name.casefold()] > 1 else iter((r.name, *several))
        found[r.report_id] = next(n for n in names if n.casefold() not in taken)
        taken.add(found[r.report_id].casefold())
    return found


def _pdf(files: ReportFiles, report: Report) -> Path | None:
    try:
        path = files.find(report)
        return path if path.stat().st_size <= LARGEST else None
    except (NotShown, OSError):
        return None


def _frames(reader: Reader, pdf: Path, files: ReportFiles) -> Frames:
    try:
        return reader.frames(pdf, passwords=files.passwords())
    except (Refusal, ReadingFailed, OSError, RuntimeError):
        return ()  # its pages are then taken as they were displayed
