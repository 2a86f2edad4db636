"""EPPI-Reviewer's JSON: codesets and codings read, and written for EPPI-Mapper and EPPI-Reviewer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ctg_nlp.dataset import dataset
from ctg_nlp.exchange.code_nodes import CodeNode, code_nodes, walk
from ctg_nlp.exchange.codes_read import matched, paths, told
from ctg_nlp.exchange.foreign import Bringing, Brought, BroughtQuote, Key, Whose
from ctg_nlp.exchange.gathering import ReportToGive, gather
from ctg_nlp.exchange.guids import code_guid
from ctg_nlp.exchange.json_files import objects, text, write_json
from ctg_nlp.framework import Framework
from ctg_nlp.records import Answer, CodedReport, CodeState, RecordState
from ctg_nlp.settings import Home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store

EPPI = "EPPI-Reviewer"
_SELECTABLE, _HEADING = "Selectable (show checkbox)", "Not selectable (no checkbox)"
_SET_TYPE = {"SetTypeName": "Standard", "SetTypeDescription": "For keywording and data extraction."}
_EMPTY = (
    "ParentTitle", "CreatedBy", "DateEdited", "EditedBy", "Month", "StandardNumber", "City", "Country",
    "Publisher", "Institution", "Volume", "Edition", "Issue", "Availability", "URL", "Abstract",
    "ParentAuthors", "DOI", "Keywords",
)  # fmt: skip
"""Fields of a reference that its readers look for, and of which we know nothing."""
_DEEPEST = 100
_PAGE = re.compile(r"\s*Page (\d+):\s*")
_MARKED = re.compile(r"\[¬s\](.*?)\[¬e\]\"?", re.DOTALL)


def is_eppi(data: Any) -> bool:
    """Whether JSON looks like EPPI-Reviewer's."""
    return isinstance(data, dict) and ("CodeSets" in data or "References" in data)


def eppi_nodes(data: Any) -> tuple[CodeNode, ...]:
    """The codesets as a tree: a question with its answers is a node of its own; answers that stand right
    below a codeset stand below a node with its name."""
    found: list[CodeNode] = []
    for codeset in objects(data, "CodeSets"):
        inside = tuple(_node(a, 0) for a in objects(codeset, "Attributes", "AttributesList"))
        alone = {n.guid for n in inside if n.children or not n.codable or _has_value(n)}
        found += [n for n in inside if n.guid in alone]
        leaves = tuple(n for n in inside if n.guid not in alone)
        if leaves:
            key = f"eppi set {text(codeset, 'SetId', 'SetName')}"
            found.append(CodeNode(key, text(codeset, "SetName") or "Codes", "", False, leaves))
    return tuple(found)


def _has_value(node: CodeNode) -> bool:
    """Whether a node says of itself that it is a number or text of ours, which has no codes."""
    return len(said := told(node).parts) > 1 and said[1] in ("number", "text")


def _node(a: Mapping[str, Any], depth: int) -> CodeNode:
    below = objects(a, "Attributes", "AttributesList") if depth < _DEEPEST else ()
    said = text(a, "AttributeDescription") or text(a, "AttributeSetDescription")
    codable = not text(a, "AttributeType").startswith("Not selectable")
    children = tuple(_node(b, depth + 1) for b in below)
    return CodeNode(
        f"eppi {text(a, 'AttributeId')}", text(a, "AttributeName") or "(no name)", said, codable, children
    )


def eppi_brought(
    data: Any, framework: Framework, *, coder: str = "", given: Mapping[str, Key] | None = None
) -> Bringing:
    """The codings of all references. EPPI-Reviewer's file does not tell who coded: `coder` does."""
    nodes = eppi_nodes(data)
    found = Bringing(EPPI, EPPI)
    keys, names = matched(nodes, framework, given), paths(nodes)
    codable = [n for n in walk(nodes) if n.codable]
    found.codes, found.matched_codes = len(codable), sum(n.guid in keys for n in codable)
    for node in codable:
        if node.guid not in keys:
            found.leave("code", names[node.guid], "the framework has no such code")
    for number, reference in enumerate(objects(data, "References"), 1):
        where = text(reference, "ShortTitle", "Title", "ItemId") or f"reference {number}"
        for code in objects(reference, "Codes"):
            _add(found, framework, reference, code, where, keys, names, coder or EPPI)
    return found


def _add(
    found: Bringing, framework: Framework, reference: Mapping[str, Any], code: Mapping[str, Any], where: str,
    keys: Mapping[str, Key], names: Mapping[str, str], coder: str,
) -> None:  # fmt: skip
    node = f"eppi {text(code, 'AttributeId')}"
    place = f"{where}: {names.get(node, 'a code that no codeset has')}"
    details = list(objects(code, "ItemAttributeFullTextDetails"))
    quotes = tuple(q for d in details for q in _quotes(d))
    note = text(code, "AdditionalText")
    key = keys.get(node)
    if key is None:
        found.leave(
            "coding", place, "the framework has no such code", "; ".join(q.text for q in quotes) or note
        )
        return
    whose = _whose(reference, details)
    arm = text(code, "ArmTitle")
    note = "\n".join(x for x in (note, f"Arm: {arm}" if arm else "") if x)
    dimension = framework.dimension(key[0])
    if dimension is not None and not dimension.coded:
        said = text(code, "AdditionalText") or " ".join(q.text for q in quotes)
        value = int(said) if dimension.kind == "number" and said.isdecimal() else said
        if not said or (dimension.kind == "number" and not isinstance(value, int)):
            found.leave("coding", place, f"no value of {key[0]} is told in its box")
        else:
            found.brought.append(Brought(whose, key, coder, place, Answer.VALUE, value, quotes=quotes))
    elif key[1] is None:
        found.leave("coding", place, f"{key[0]} is a heading; say which of its codes is meant")
    else:
        found.brought.append(Brought(whose, key, coder, place, quotes=quotes, note=note))


def _whose(reference: Mapping[str, Any], details: Sequence[Mapping[str, Any]]) -> Whose:
    documents = [text(d, "DocTitle") for d in details]
    names = [*documents, *(text(reference, k) for k in ("Title", "ShortTitle", "URL"))]
    known = tuple(dict.fromkeys(n for n in names if n))
    return Whose(known[0] if known else "", "", text(reference, "OldItemId").lower(), "", "", known[1:])


def _quotes(detail: Mapping[str, Any]) -> Iterator[BroughtQuote]:
    """What was marked: in a PDF a page and one or more stretches in quotation marks, else the words."""
    said = text(detail, "Text")
    paged = _PAGE.match(said)
    page = int(paged[1]) if paged and len(paged[1]) < 7 else None
    rest = said[paged.end() :] if paged else said
    marked = _MARKED.findall(rest)
    for part in marked or ([rest] if rest.strip() else []):
        yield BroughtQuote(_unquoted(part, bool(marked)), None, page)


def _unquoted(part: str, marked: bool) -> str:
    """Stretches of one marking stand in quotation marks on lines of their own."""
    if not marked:
        return part.strip()
    return " … ".join(
        line.strip().removeprefix('"').removesuffix('"') for line in re.split(r'"\n"', part.strip())
    )


def write_eppi(path: Path, store: Store, home: Home, *, quotes: bool = False) -> tuple[int, int]:
    """What all coders come to, for EPPI-Mapper and EPPI-Reviewer: the reports that count with the codes that
    are present. Quotes, free text and the register's columns are confidential, and a map is often public:
    they are only there where asked for.

    Returns the numbers of references and of their codes.
    """
    framework = home.framework
    nodes = code_nodes(framework)
    ids = {node.guid: n for n, node in enumerate(walk(nodes), 1)}
    data = dataset(store, framework)
    with store.reading() as db:
        reports = report_store.reports(db, [r.report_id for r in data.reports])
    coded = {r.report_id: r for r in data.reports}
    references = [
        _reference(given, coded[given.report.report_id], framework, ids, quotes)
        for given in gather(store, framework, reports)
    ]
    attributes = {"AttributesList": [_attribute(n, ids) for n in nodes]}
    codeset = {"SetName": framework.title or framework.id, "SetId": 1, "ReviewSetId": 1, "SetType": _SET_TYPE,
               "SetDescription": f"Framework {framework.framework_id}", "Attributes": attributes}  # fmt: skip
    write_json(path, {"CodeSets": [codeset], "References": references})
    return len(references), sum(len(r["Codes"]) for r in references)


def _attribute(node: CodeNode, ids: Mapping[str, int]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "AttributeSetId": ids[node.guid],
        "AttributeId": ids[node.guid],
        "AttributeName": node.name,
        "AttributeDescription": node.description,
        "AttributeSetDescription": node.description,
        "AttributeType": _SELECTABLE if node.codable else _HEADING,
        "AttributeTypeId": 2 if node.codable else 1,
        "OriginalAttributeID": 0,
        "ExtURL": "",
        "ExtType": "",
    }
    if node.children:
        made["Attributes"] = {"AttributesList": [_attribute(c, ids) for c in node.children]}
    return made


def _reference(
    given: ReportToGive, coded: CodedReport, framework: Framework, ids: Mapping[str, int], quotes: bool
) -> dict[str, Any]:
    r = given.report
    attributes = dict(coded.attributes)
    return dict.fromkeys(_EMPTY, "") | {
        "Codes": list(_codes(given, coded, framework, ids, quotes)),
        "Outcomes": [],
        "ItemId": r.sequence,
        "Title": r.name,
        "ShortTitle": r.group_id or r.name,
        "DateCreated": r.received_at[:10],
        "Year": attributes.get("project year", "")[:4],
        "Pages": str(r.pages or ""),
        "OldItemId": r.report_id,
        "Comments": "; ".join(f"{name}: {value}" for name, value in coded.attributes) if quotes else "",
        "TypeName": "Report",
        "Authors": r.group_id or "",
        "ItemStatus": "I",
        "ItemStatusTooltip": "Included in review",
        "QuickCitation": r.name,
    }


def _codes(
    given: ReportToGive, coded: CodedReport, framework: Framework, ids: Mapping[str, int], quotes: bool
) -> Iterator[dict[str, Any]]:
    for (dimension, code), state in zip(framework.keys, coded.states, strict=True):
        if CodeState(state) is CodeState.PRESENT:
            found = list(_details(given, (dimension, code))) if quotes else []
            yield _code(ids[code_guid(framework, dimension, code)], "", found)
    for d, value in zip(framework.valued, coded.values, strict=True):
        if value.state is RecordState.DECIDED and value.value is not None:
            found = list(_details(given, (d.id, None))) if quotes else []
            given_out = quotes or isinstance(value.value, int)
            yield _code(ids[code_guid(framework, d.id, None)], str(value.value) if given_out else "", found)


def _code(number: int, said: str, details: list[dict[str, Any]]) -> dict[str, Any]:
    return {"AttributeId": number, "AdditionalText": said, "ArmId": 0, "ArmTitle": "",
            "ItemAttributeFullTextDetails": details}  # fmt: skip


def _details(given: ReportToGive, key: Key) -> Iterator[dict[str, Any]]:
    """The quotes of those who said that a code is present."""
    agreed = (Answer.PRESENT, Answer.VALUE)
    mine = [
        d
        for d in given.decisions
        if (d.dimension, d.code) == key and d.answer in agreed and d.role != "trainee"
    ]
    for e in dict.fromkeys(e for d in mine for e in d.evidence):
        page = f"Page {e.spans[0].page}:\n" if e.spans else ""
        yield {"ItemDocumentId": given.report.sequence, "TextFrom": 0, "TextTo": 0,
               "Text": f'{page}[¬s]"{e.quote}"[¬e]"', "IsFromPDF": bool(page), "DocTitle": given.report.name,
               "ItemArm": ""}  # fmt: skip
