"""A REFI-QDA project of any tool as plain records: users, codes, sources with what was coded in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote

from lxml import etree

from ctg_nlp.errors import ExchangeError
from ctg_nlp.exchange.archive import MOST_TEXT, MOST_XML, Archive, opened
from ctg_nlp.exchange.code_nodes import CodeNode
from ctg_nlp.exchange.guids import bare
from ctg_nlp.exchange.offsets import MARKS, decoded
from ctg_nlp.exchange.qdc import read_codes
from ctg_nlp.exchange.xml_text import child, children, iso_time, local, parse, text_of

Element: TypeAlias = etree._Element
OTHER_SOURCES = {"PictureSource": "picture", "AudioSource": "recording", "VideoSource": "video"}


@dataclass(frozen=True, slots=True)
class GivenCode:
    """A code given to a place: its GUID, that of the code and of who gave it, when, and the notes on it."""

    guid: str
    code: str
    user: str
    time: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A selection. `start` and `end` as the tool counts; or `page` (as it counts) and `area`, and the `text`
    in it where that is told."""

    guid: str
    name: str
    codes: tuple[GivenCode, ...]
    comment: str = ""
    start: int = 0
    end: int = 0
    page: int | None = None
    area: tuple[int, int, int, int] | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ForeignSource:
    """A document. `text` is None where it is not in the file, `why` then says so. `sha256` is that of its
    PDF, or of its file, where it is there. `notes` are the texts of its notes. `mark`: its text has a byte
    order mark, which is not in `text`."""

    guid: str
    name: str
    kind: str
    text: str | None
    why: str
    sha256: str
    texts: tuple[Place, ...]
    pages: tuple[Place, ...]
    codes: tuple[GivenCode, ...]
    notes: tuple[str, ...]
    others: tuple[Place, ...] = ()
    mark: bool = False

    @property
    def text_sha(self) -> str:
        """The SHA-256 of its text."""
        return (
            hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()
            if self.text is not None
            else ""
        )


@dataclass(frozen=True, slots=True)
class ForeignProject:
    """A project: `users` are names by GUID; `user` made it, where nothing else is told."""

    origin: str
    user: str
    users: Mapping[str, str]
    codes: tuple[CodeNode, ...]
    sources: tuple[ForeignSource, ...]
    ignored: Mapping[str, int] = field(default_factory=dict)


def read_project(path: Path) -> ForeignProject:
    """Read a .qdpx, or a bare project.qde. Raises `ExchangeError` where it is neither or hostile."""
    with path.open("rb") as file:
        start = file.read(4)
    if not start.startswith(b"PK"):
        return _Reading(_checked(parse(_bare(path), path.name), path.name), None).project()
    with opened(path) as archive:
        found = archive.ending("project.qde") or archive.ending(".qde")
        if len(found) != 1:
            said = "no project.qde" if not found else f"{len(found)} projects"
            raise ExchangeError(f"{path.name} is no REFI-QDA project: it holds {said}.")
        root = _checked(parse(archive.read(found[0], MOST_XML), f"{found[0]} of {path.name}"), path.name)
        return _Reading(root, archive).project()


def _bare(path: Path) -> bytes:
    if path.stat().st_size > MOST_XML:
        raise ExchangeError(f"{path.name} is too large to be read: more than {MOST_XML >> 20} MB.")
    return path.read_bytes()


def _checked(root: Element, name: str) -> Element:
    if local(root) != "Project":
        raise ExchangeError(f"{name} is no REFI-QDA project: it begins with {local(root)}, not Project.")
    return root


class _Reading:
    def __init__(self, root: Element, archive: Archive | None) -> None:
        self._root, self._archive = root, archive
        notes = children(child(root, "Notes"), "Note")
        self._notes = {bare(n.get("guid")): self._note(n) for n in notes}
        self._linked: dict[str, list[str]] = {}  # NVivo links notes to what they are on
        for link in children(child(root, "Links"), "Link"):
            text = self._notes.get(bare(link.get("originGUID")), "")
            if text:
                self._linked.setdefault(bare(link.get("targetGUID")), []).append(text)

    def project(self) -> ForeignProject:
        root = self._root
        users = children(child(root, "Users"), "User")
        names = {bare(u.get("guid")): (u.get("name") or u.get("id") or "").strip() for u in users}
        sources = tuple(
            self._source(e)
            for e in children(child(root, "Sources"), "TextSource", "PDFSource", *OTHER_SOURCES)
        )
        ignored = {t: len(children(child(root, t), *names_)) for t, names_ in _IGNORED.items()}
        return ForeignProject(
            root.get("origin", ""), bare(root.get("creatingUserGUID")), names,
            read_codes(child(root, "CodeBook")), sources, {t: n for t, n in ignored.items() if n},
        )  # fmt: skip

    def _note(self, note: Element) -> str:
        content = child(note, "PlainTextContent")
        if content is not None:
            return text_of(content)
        text, _, _ = self._text(note.get("plainTextPath"))
        return text if text is not None else text_of(child(note, "Description"))

    def _noted(self, element: Element) -> tuple[str, ...]:
        refs = (bare(e.get("targetGUID")) for e in children(element, "NoteRef"))
        linked = self._linked.get(bare(element.get("guid")), ())
        return (*(text for r in refs if (text := self._notes.get(r, ""))), *linked)

    def _source(self, e: Element) -> ForeignSource:
        kind = local(e)
        holder = child(e, "Representation") if kind == "PDFSource" else e
        text, why, mark = self._source_text(e, holder)
        others = [p for p in e.iter() if local(p) in _OTHER_PLACES] if kind in OTHER_SOURCES else []
        return ForeignSource(
            guid=bare(e.get("guid")),
            name=(e.get("name") or "").strip(),
            kind=kind,
            text=text,
            why=why,
            sha256=self._sha256(e.get("path") or e.get("richTextPath") or ""),
            texts=tuple(self._place(p, e) for p in children(holder, "PlainTextSelection")),
            pages=tuple(self._place(p, e) for p in children(e, "PDFSelection")),
            codes=tuple(self._given(e, e))
            + (tuple(self._given(holder, e)) if holder is not None and holder is not e else ()),
            notes=self._noted(e) + (self._noted(holder) if holder is not None and holder is not e else ()),
            others=tuple(self._place(p, e) for p in others),
            mark=mark,
        )

    def _source_text(self, e: Element, holder: Element | None) -> tuple[str | None, str, bool]:
        if local(e) in OTHER_SOURCES:
            return None, f"it is a {OTHER_SOURCES[local(e)]}, and only texts are taken", False
        if holder is None:
            return None, "the project has no text of it", False
        content = child(holder, "PlainTextContent")
        if content is not None and not holder.get("plainTextPath"):
            return text_of(content), "", False
        return self._text(holder.get("plainTextPath"))

    def _text(self, path: str | None) -> tuple[str | None, str, bool]:
        """The text at an internal path, or None and why it cannot be had; and whether it has a mark."""
        name, why = self._file(path)
        if name is None or self._archive is None:
            return None, why, False
        content = self._archive.read(name, MOST_TEXT)
        try:
            return decoded(content), "", content.startswith(MARKS)
        except UnicodeDecodeError:
            return None, "its text is neither UTF-8 nor UTF-16", False

    def _file(self, path: str | None) -> tuple[str | None, str]:
        scheme, mark, rest = (path or "").partition("://")
        if not path or not mark or scheme.lower() != "internal":
            return (
                None,
                "its text is not in the project" if path is None else f"it is not in the file ({path[:80]})",
            )
        name = self._archive.find(unquote(rest)) if self._archive is not None else None
        return name, "" if name else "its file is not in the project"

    def _sha256(self, path: str) -> str:
        name, _ = self._file(path or None)
        return self._archive.sha256(name) if name is not None and self._archive is not None else ""

    def _place(self, p: Element, source: Element) -> Place:
        paged = p.get("page") is not None
        inside = child(p, "Representation")
        return Place(
            guid=bare(p.get("guid")),
            name=(p.get("name") or ""),
            codes=tuple(self._given(p, p, source)),
            comment=text_of(child(p, "Description")).strip() or "\n".join(self._noted(p)),
            start=_number(p, "startPosition"),
            end=_number(p, "endPosition"),
            page=_number(p, "page") if paged else None,
            area=_corners(p) if paged else None,
            text=text_of(child(inside, "PlainTextContent")).strip(),
        )

    def _given(self, element: Element, *fallbacks: Element) -> Iterator[GivenCode]:
        for c in children(element, "Coding"):
            ref = child(c, "CodeRef")
            who = next((u for e in (c, *fallbacks) for k in _USERS if (u := bare(e.get(k)))), "")
            when = next((t for e in (c, *fallbacks[:1]) for k in _TIMES if (t := iso_time(e.get(k)))), "")
            code = bare(ref.get("targetGUID")) if ref is not None else ""
            yield GivenCode(bare(c.get("guid")), code, who, when, "\n".join(self._noted(c)))


_USERS = ("creatingUser", "modifyingUser")
_TIMES = ("creationDateTime", "modifiedDateTime")
_OTHER_PLACES = (
    "PictureSelection",
    "AudioSelection",
    "VideoSelection",
    "TranscriptSelection",
    "PlainTextSelection",
)
_IGNORED: Mapping[str, Sequence[str]] = {
    "Sets": ("Set",),
    "Links": ("Link",),
    "Graphs": ("Graph",),
    "Cases": ("Case",),
    "Variables": ("Variable",),
}


def _number(element: Element, name: str) -> int:
    """A whole number; -1 where it is none, so that the place is outside."""
    try:
        return int((element.get(name) or "-1").strip())
    except ValueError:
        return -1


def _corners(p: Element) -> tuple[int, int, int, int]:
    return _number(p, "firstX"), _number(p, "firstY"), _number(p, "secondX"), _number(p, "secondY")
