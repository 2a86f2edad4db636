"""Small projects to exchange: reports with text but no PDF, and files as other tools write them."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ctg_nlp.exchange.opening import import_file
from ctg_nlp.exchange.taking import TakenIn
from ctg_nlp.records import Box, Decision, Page, Word
from ctg_nlp.review.carrying import carried
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store

from .small_project import SmallProject, small_project

PAGES = ("Pupils read more. Parents came. 😀 Pupils read more.", "Teachers met.\nPupils read\tmore.")
GUID = "0f8a1907-7e42-4739-8610-{:012x}"


def page(number: int, text: str) -> Page:
    """A page with a word box of ten points for each character."""
    words, at = [], 0
    for part in text.split():
        at = text.index(part, at)
        box = Box(10.0 * at, 100.0, 10.0 * (at + len(part)), 112.0)
        words.append(Word(at, at + len(part), box))
        at += len(part)
    return Page(number, 595.0, 842.0, text, tuple(words))


@functools.cache
def _empty_store() -> Path:
    """A store to be copied: making one costs more than most tests."""
    path = Path(tempfile.mkdtemp(prefix="ctg-empty-")) / "ctg.sqlite"
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    open_store(f"sqlite:///{path}", create=True).close()
    return path


def exchange_project(
    root: Path, texts: Mapping[str, Sequence[str]] | None = None, said: dict | None = None
) -> SmallProject:
    """A project whose reports have these pages; one report of two pages where nothing is said."""
    root.mkdir(parents=True, exist_ok=True)
    shutil.copy(_empty_store(), root / "ctg.sqlite")
    project = small_project(root, said)
    for name, pages in (texts or {"a.pdf": PAGES}).items():
        report_id = project.arrive(name)
        with project.store.transaction() as db:
            report_store.put_pages(db, report_id, [page(n, t) for n, t in enumerate(pages, 1)], [])
    return project


def take(project: SmallProject, path: Path, *, roles: bool = True, **options) -> TakenIn:
    """Take a file in, whose adjudicators are believed to be such."""
    options["roles"] = roles
    return import_file(project.store, project.home.framework, path, now=project.now(), who="lead", **options)


def standing(project: SmallProject) -> dict[tuple, Decision]:
    """The last word of everybody on every code."""
    with project.store.reading() as db:
        all_ = carried(decision_store.decisions(db), project.home.framework, each_coder=True)
    return {(d.report_id, d.coder, d.role, d.dimension, d.code): d for d in all_}


def said(project: SmallProject, *without: str) -> dict[tuple, tuple]:
    """The same, as what is to come through an exchange."""
    fields = [f for f in ("answer", "value", "evidence", "note", "time", "framework_id") if f not in without]
    return {key: tuple(getattr(d, f) for f in fields) for key, d in standing(project).items()}


def qdpx(
    path: Path, xml: str | bytes, files: Mapping[str, bytes] | None = None, name: str = "project.qde"
) -> Path:
    """A project as a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, xml)
        for inner, content in (files or {}).items():
            archive.writestr(inner, content)
    return path


def foreign_xml(
    selections: str, *, codes: str = "", source: str = 'plainTextPath="internal://t.txt"', name: str = "a.pdf",
    wrap: str = "<TextSource guid='{guid}' name='{name}' {source}>{selections}</TextSource>", root: str = "",
) -> str:  # fmt: skip
    """A project of another tool: code `A` of dimension Aims with the GUID 1, user Ann with the GUID 9."""
    codes = codes or (
        f"<Code guid='{GUID.format(2)}' name='Aims' isCodable='false'>"
        f"<Code guid='{GUID.format(1)}' name='A' isCodable='true'/></Code>"
    )
    inside = wrap.format(guid=GUID.format(5), name=name, source=source, selections=selections)
    return (
        f"<Project xmlns='urn:QDA-XML:project:1.0' name='p' origin='Tool 1' {root}>"
        f"<Users><User guid='{GUID.format(9)}' name='Ann'/></Users>"
        f"<CodeBook><Codes>{codes}</Codes></CodeBook><Sources>{inside}</Sources></Project>"
    )


def selection(start: int, end: int, name: str = "", code: int = 1, number: int = 20) -> str:
    """A coded selection."""
    return (
        f"<PlainTextSelection guid='{GUID.format(number)}' startPosition='{start}' endPosition='{end}' name='{name}'>"
        f"<Coding guid='{GUID.format(number + 500)}' creatingUser='{GUID.format(9)}' creationDateTime='2026-01-01T00:00:00Z'>"
        f"<CodeRef targetGUID='{GUID.format(code)}'/></Coding></PlainTextSelection>"
    )
