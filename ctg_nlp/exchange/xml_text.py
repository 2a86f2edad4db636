"""XML of other people, and text that XML can hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.parsers import expat

from lxml import etree

from ctg_nlp.errors import ExchangeError

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text with what XML cannot hold (control characters) replaced by U+FFFD."""
    return _NO_XML.sub("\ufffd", text)


def escaped_json(text: str) -> str:
    """JSON in which what XML cannot hold is written as u and four digits, so that nothing of it is lost."""
    return _NO_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def xml_time(text: str) -> str:
    """A time in ISO 8601 as XML wants it, in UTC where its zone is told; empty where it is none."""
    try:
        time = datetime.fromisoformat(text)
        time = time.astimezone(UTC) if time.tzinfo is not None else time
    except (ValueError, OverflowError):
        return ""
    return time.isoformat().replace("+00:00", "Z")


def iso_time(text: str | None) -> str:
    """A time of another tool in UTC, in ISO 8601; without a zone it is taken as UTC; empty for none."""
    try:
        time = datetime.fromisoformat((text or "").strip())
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return time.isoformat()


def parse(content: bytes, name: str) -> etree._Element:
    """The root of an XML file in any encoding. Entities and other files are never read.

    Raises `ExchangeError` where it is not XML, declares a document type, or is too deep.
    """
    declares = _declares(content)
    if declares:
        raise ExchangeError(
            f"{name} is refused: it declares a document type (DOCTYPE), by which entities can be abused; "
            "no tool that writes this format needs one."
        )
    # Long texts are allowed where it is sure that nothing is declared by which short ones could grow.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=declares is False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ExchangeError(f"{name} cannot be read as XML: {str(error)[:200]}.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ExchangeError(f"{name} is refused: it declares a document type (DOCTYPE).")
    return root


class _Found(Exception):
    """What comes first: a document type, or an element, after which there can be none."""


_MARKS = [b"<!DOCTYPE".decode().encode(e) for e in ("ascii", "utf-16-le", "utf-16-be")]
_STEP = 1 << 16  # bytes


def _declares(content: bytes) -> bool | None:
    """Whether a document type is declared, found out without reading further than the first element; None
    where that cannot be told. The words may stand in texts."""
    parser = expat.ParserCreate()
    found: list[bool] = []

    def stop(declared: bool) -> None:
        found.append(declared)
        raise _Found

    parser.StartDoctypeDeclHandler = lambda *said: stop(True)
    parser.StartElementHandler = lambda *said: stop(False)
    try:
        for at in range(0, len(content), _STEP):
            parser.Parse(content[at : at + _STEP], False)
    except _Found:
        return found[0]
    except (expat.ExpatError, ValueError, LookupError):  # an encoding that it does not know
        pass
    return True if any(mark in content for mark in _MARKS) else None


def local(element: etree._Element) -> str:
    """The name of an element without its namespace: some tools leave that out or write another."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: etree._Element | None, *names: str) -> list[etree._Element]:
    """The elements of these names right below one."""
    return [] if element is None else [e for e in element if local(e) in names]


def child(element: etree._Element | None, name: str) -> etree._Element | None:
    """The first element of that name right below one, or None."""
    return next(iter(children(element, name)), None)


def text_of(element: etree._Element | None) -> str:
    """All text in an element, or an empty text."""
    return "" if element is None else "".join(element.itertext())
