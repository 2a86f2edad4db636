"""REFI-QDA codebooks (.qdc): written and read."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from lxml import etree

from ctg_nlp.errors import ExchangeError
from ctg_nlp.exchange.code_nodes import CodeNode
from ctg_nlp.exchange.guids import bare, guid
from ctg_nlp.exchange.xml_text import child, children, clean, local, parse, text_of

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
CODEBOOK = "urn:QDA-XML:codebook:1.0"
_DEEPEST = 100  # levels of codes; more are no codebook of people


def codebook_xml(nodes: Iterable[CodeNode], origin: str) -> bytes:
    """A codebook file that is valid by the standard's schema."""
    codes = etree.tostring(codes_element(nodes), encoding="unicode", pretty_print=True)
    root = f"<CodeBook xmlns={quoteattr(CODEBOOK)} origin={quoteattr(clean(origin))}>"
    return f"{DECLARATION}{root}\n{codes}</CodeBook>\n".encode()


def codes_element(nodes: Iterable[CodeNode]) -> etree._Element:
    """The element `Codes`, in no namespace: it takes that of the file it is written into."""
    codes = etree.Element("Codes")
    for node in nodes:
        _add(codes, node)
    return codes


def _add(parent: etree._Element, node: CodeNode) -> None:
    element = etree.SubElement(parent, "Code", guid=node.guid, name=clean(node.name))
    element.set("isCodable", "true" if node.codable else "false")
    if node.description:
        etree.SubElement(element, "Description").text = clean(node.description)
    for below in node.children:
        _add(element, below)


def read_codebook(content: bytes, name: str) -> tuple[tuple[CodeNode, ...], str]:
    """The codes of a codebook file, and which tool wrote it. Raises `ExchangeError` where it is none."""
    root = parse(content, name)
    if local(root) != "CodeBook":
        raise ExchangeError(f"{name} is no REFI-QDA codebook: it begins with {local(root)}, not CodeBook.")
    return read_codes(root), root.get("origin", "")


def read_codes(codebook: etree._Element | None) -> tuple[CodeNode, ...]:
    """The codes below an element `CodeBook`."""
    return tuple(_read(e, 0, str(n)) for n, e in enumerate(children(child(codebook, "Codes"), "Code")))


def _read(element: etree._Element, depth: int, place: str) -> CodeNode:
    if depth > _DEEPEST:
        raise ExchangeError(f"The codebook has more than {_DEEPEST} levels of codes.")
    below = enumerate(children(element, "Code"))
    return CodeNode(
        bare(element.get("guid")) or guid("unnamed", place),
        element.get("name", "").strip() or "(no name)",
        text_of(child(element, "Description")),
        element.get("isCodable", "true").strip().lower() not in ("false", "0"),
        tuple(_read(e, depth + 1, f"{place}.{n}") for n, e in below),
    )
