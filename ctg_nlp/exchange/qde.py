"""The elements of a REFI-QDA project, in the order that its schema wants, in no namespace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import IO, TypeAlias

from lxml import etree

from ctg_nlp.exchange.guids import guid, user_guid
from ctg_nlp.exchange.places import Corners
from ctg_nlp.exchange.xml_text import clean, xml_time

PROJECT = "urn:QDA-XML:project:1.0"
Element: TypeAlias = etree._Element


@dataclass(frozen=True, slots=True)
class Coding:
    """A code given by a user; `notes` are GUIDs."""

    guid: str
    code: str
    user: str
    time: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextPlace:
    """A stretch of the text that `user` marked, from `start` to before `end` in code points."""

    guid: str
    start: int
    end: int
    text: str
    user: str
    time: str
    codings: tuple[Coding, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PagePlace:
    """A rectangle of a page (from 0) that `user` coded, with the text in it."""

    guid: str
    page: int
    corners: Corners
    text: str
    user: str
    time: str
    codings: tuple[Coding, ...]


@dataclass
class Notes:
    """The notes of a project, written to a file as they come: there may be as much in them as in the rest.
    The same words of the same person are one note."""

    file: IO[bytes]
    keys: set[str] = field(default_factory=set)

    def add(self, name: str, text: str, user: str, time: str = "", about: str = "") -> str:
        """Take a note in. Returns its GUID; `about` keeps notes apart that say the same of other things."""
        key = guid("note", name, text, user, about)
        if key not in self.keys:
            self.keys.add(key)
            note = _element(
                "Note", guid=key, name=name, creatingUser=user_guid(user), creationDateTime=xml_time(time)
            )
            etree.SubElement(note, "PlainTextContent").text = clean(text)
            self.file.write(etree.tostring(note, encoding="utf-8", pretty_print=True))
        return key


def _element(tag: str, **attributes: str | int) -> Element:
    """An element with those of its attributes that are not empty."""
    element = etree.Element(tag)
    for name, value in attributes.items():
        if value != "":
            element.set(name, clean(str(value)))
    return element


def coding_element(coding: Coding) -> Element:
    """A `Coding`."""
    element = _element("Coding", guid=coding.guid, creatingUser=user_guid(coding.user),
                       creationDateTime=xml_time(coding.time))  # fmt: skip
    element.append(_element("CodeRef", targetGUID=coding.code))
    element.extend(note_refs(coding.notes))
    return element


def note_refs(notes: Iterable[str]) -> list[Element]:
    """A `NoteRef` for each GUID."""
    return [_element("NoteRef", targetGUID=n) for n in notes]


def text_element(place: TextPlace) -> Element:
    """A `PlainTextSelection`."""
    element = _element(
        "PlainTextSelection", guid=place.guid, name=place.text,
        startPosition=place.start, endPosition=place.end,
        creatingUser=user_guid(place.user), creationDateTime=xml_time(place.time),
    )  # fmt: skip
    element.extend(map(coding_element, place.codings))
    element.extend(note_refs(place.notes))
    return element


def page_element(place: PagePlace) -> Element:
    """A `PDFSelection` with its text."""
    x0, y0, x1, y1 = place.corners
    element = _element(
        "PDFSelection", guid=place.guid, name=place.text, page=place.page,
        firstX=x0, firstY=y0, secondX=x1, secondY=y1,
        creatingUser=user_guid(place.user), creationDateTime=xml_time(place.time),
    )  # fmt: skip
    inside = etree.SubElement(element, "Representation", guid=guid("text in", place.guid, str(place.page)))
    etree.SubElement(inside, "PlainTextContent").text = clean(place.text)
    element.extend(map(coding_element, place.codings))
    return element


@dataclass(frozen=True, slots=True)
class SourceToWrite:
    """A report as a source. `pdf` and `text` are names of files in the project; no `pdf`: it is a text."""

    guid: str
    name: str
    time: str
    description: str
    text: str
    pdf: str
    texts: Sequence[TextPlace]
    pages: Sequence[PagePlace]
    codings: Sequence[Coding]
    notes: Sequence[str]


def source_element(source: SourceToWrite) -> Element:
    """A `PDFSource` with its text as a representation, or a `TextSource`."""
    path, time = f"internal://{source.text}", xml_time(source.time)
    if not source.pdf:
        element = _element(
            "TextSource", guid=source.guid, name=source.name, plainTextPath=path, creationDateTime=time
        )
        etree.SubElement(element, "Description").text = clean(source.description)
        element.extend(map(text_element, source.texts))
    else:
        element = _element(
            "PDFSource",
            guid=source.guid,
            name=source.name,
            path=f"internal://{source.pdf}",
            creationDateTime=time,
        )
        etree.SubElement(element, "Description").text = clean(source.description)
        element.extend(map(page_element, source.pages))
        key = guid("text of", source.guid)
        inside = _element(
            "Representation", guid=key, name=source.name, plainTextPath=path, creationDateTime=time
        )
        inside.extend(map(text_element, source.texts))
        element.append(inside)
    element.extend(map(coding_element, source.codings))
    element.extend(note_refs(source.notes))
    return element


@dataclass(frozen=True, slots=True)
class Variable:
    """What is known of groups: `kind` is Text, Integer or Boolean."""

    guid: str
    name: str
    kind: str
    description: str = ""


Value = tuple[Variable, str]
"""A variable and its value, as XML writes it."""


def case_element(key: str, name: str, values: Iterable[Value], sources: Iterable[str]) -> Element:
    """A `Case`: a group with what is known of it and its reports."""
    element = _element("Case", guid=key, name=name)
    for variable, value in values:
        inside = etree.SubElement(element, "VariableValue")
        inside.append(_element("VariableRef", targetGUID=variable.guid))
        etree.SubElement(inside, f"{variable.kind}Value").text = clean(value)
    element.extend(_element("SourceRef", targetGUID=s) for s in sources)
    return element


def variable_element(variable: Variable) -> Element:
    """A `Variable`."""
    element = _element(
        "Variable", guid=variable.guid, name=variable.name or "(no name)", typeOfVariable=variable.kind
    )
    if variable.description:
        etree.SubElement(element, "Description").text = clean(variable.description)
    return element


def set_element(name: str, description: str, sources: Iterable[str]) -> Element:
    """A `Set` of sources."""
    element = _element("Set", guid=guid("set", name), name=name)
    etree.SubElement(element, "Description").text = clean(description)
    element.extend(_element("MemberSource", targetGUID=s) for s in sources)
    return element


def user_element(name: str) -> Element:
    """A `User`."""
    return _element("User", guid=user_guid(name), name=name)


def section(tag: str, elements: Iterable[Element]) -> bytes:
    """The elements in one of that name; nothing where there are none, since the schema wants at least one."""
    outer = etree.Element(tag)
    outer.extend(elements)
    return etree.tostring(outer, encoding="utf-8", pretty_print=True) if len(outer) else b""
