"""A codebook in a spreadsheet: read as a tree of codes, and a framework written as one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ctg_nlp.errors import ExchangeError
from ctg_nlp.exchange.code_nodes import FLAGS, CodeNode, described
from ctg_nlp.exchange.guids import guid
from ctg_nlp.exchange.offsets import decoded
from ctg_nlp.export.dataset_text import as_it_was, neutral
from ctg_nlp.export.files import write_csv
from ctg_nlp.framework import Dimension, Framework

COLUMNS = (
    "dimension", "dimension_title", "kind", "stage", "counts", "denominator", "table", "question",
    "dimension_definition", "dimension_note", "group", "group_label", "code", "label", "definition",
    "stands_alone", "not_told", "otherwise",
)  # fmt: skip
_NAMES = {
    "dimension": ("dimension", "question", "theme", "category", "variable", "parent"),
    "code": ("code", "name", "tag", "label", "path", "value"),
    "definition": ("definition", "description", "memo", "comment"),
    "group": ("group", "subcategory", "subtheme"),
}
_MOST = 50 << 20  # bytes
_DEEPEST = 20  # levels of codes
_YES = ("yes", "true", "1", "x")


def write_csv_codebook(path: Path, framework: Framework) -> int:
    """The framework as a CSV, a code a row (a value a row too). Returns how many rows there are."""
    rows = [row for d in framework.dimensions for row in _rows(d)]
    write_csv(path, COLUMNS, ([neutral(str(cell)) for cell in row] for row in rows))
    return len(rows)


def _rows(d: Dimension) -> Iterator[Sequence[object]]:
    of = (d.id, d.title, d.kind, d.stage, d.counts, d.denominator, d.table, d.question, d.definition, d.note)
    labels = {g.id: g.label for g in d.groups}
    if not d.codes:
        yield (*of, *[""] * 8)
    for c in d.codes:
        flags = ["yes" if getattr(c, name) else "" for name in FLAGS]
        yield (*of, c.group or "", labels.get(c.group or "", ""), c.id, c.label, c.definition, *flags)


def read_csv_codebook(path: Path) -> tuple[CodeNode, ...]:
    """The codes of a CSV: one that was written here, or any with a column of codes (code, name, tag or label)
    and perhaps of dimensions, groups and definitions. Raises `ExchangeError` where it has none.
    """
    rows = _read(path)
    if rows and set(COLUMNS[:3]) <= set(rows[0]):
        return _own(rows)
    return _any(rows, path.name)


def _read(path: Path) -> list[dict[str, str]]:
    try:
        if path.stat().st_size > _MOST:
            raise ExchangeError(f"{path.name} is too large for a codebook: more than {_MOST >> 20} MB.")
        text = _text(path.read_bytes())
    except OSError as error:
        raise ExchangeError(f"{path} cannot be read: {error.strerror}.") from error
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise ExchangeError(f"{path.name} cannot be read as CSV: {error}.") from error
    heads = [h.strip().lower().replace(" ", "_") for h in table[0]] if table else []
    return [
        {h: as_it_was(v) for h, v in zip(heads, row, strict=False)}
        for row in table[1:]
        if any(v.strip() for v in row)
    ]


def _text(content: bytes) -> str:
    try:
        return decoded(content)
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")  # as Excel on Windows saves without being asked


def _own(rows: Sequence[Mapping[str, str]]) -> tuple[CodeNode, ...]:
    found: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        found.setdefault(row["dimension"], []).append(row)
    return tuple(_own_dimension(name, mine) for name, mine in found.items())


def _own_dimension(name: str, rows: Sequence[Mapping[str, str]]) -> CodeNode:
    d = rows[0]
    get = d.get
    parts = [name, get("kind") or "multi", get("stage") or "map", f"counts {get('counts') or 'did'}"]
    parts += [f"of {get('denominator') or 'all'}"]
    parts += [f"table {d['table']}"] if get("table") else []
    texts = [get("dimension_definition", ""), _after("Question: ", get("question", ""))]
    texts.append(_after("Note: ", get("dimension_note", "")))
    children = tuple(_own_children(name, [r for r in rows if r.get("code")]))
    said = described("\n\n".join(t for t in texts if t), parts, d["dimension_title"])
    return CodeNode(guid("csv", name), d["dimension_title"] or name, said, not children, children)


def _after(word: str, text: str | None) -> str:
    return word + text if text else ""


def _own_children(dimension: str, rows: Sequence[Mapping[str, str]]) -> Iterator[CodeNode]:
    """Codes in their order; those of a group stand below it, at the place of the first."""
    done: set[str] = set()
    for row in rows:
        group = row.get("group", "")
        if not group:
            yield _own_code(dimension, row)
        elif group not in done:
            done.add(group)
            label = row.get("group_label", "")
            mine = tuple(_own_code(dimension, r) for r in rows if r.get("group") == group)
            said = described("", [f"{dimension} group {group}"], label)
            yield CodeNode(guid("csv", dimension, "group", group), label or group, said, False, mine)


def _own_code(dimension: str, row: Mapping[str, str]) -> CodeNode:
    columns = ("stands_alone", "not_told", "otherwise")
    flags = [
        word
        for column, word in zip(columns, FLAGS.values(), strict=True)
        if row.get(column, "").lower() in _YES
    ]
    label = row.get("label", "")
    said = described(row.get("definition", ""), [f"{dimension}.{row['code']}", *flags], label)
    return CodeNode(guid("csv", dimension, row["code"]), label or row["code"], said)


def _any(rows: Sequence[Mapping[str, str]], name: str) -> tuple[CodeNode, ...]:
    """A tree of whatever columns there are; a path such as "Aims > Reading" is taken apart."""
    heads = set(rows[0]) if rows else set()
    column = {what: next((n for n in names if n in heads), "") for what, names in _NAMES.items()}
    if not column["code"] and not ({"label", "title"} & heads):
        known = ", ".join(_NAMES["code"])
        raise ExchangeError(f"{name} is no codebook: it has no column of codes (one of: {known}).")
    tops: dict[tuple[str, ...], CodeNode] = {}
    for row in rows:
        code = (row.get("label") or row.get(column["code"], "")).strip()
        above = [
            row.get(column[w], "").strip()
            for w in ("dimension", "group")
            if column[w] and column[w] != column["code"]
        ]
        path = tuple(p for p in (*above, *_parts(code)) if p)
        if len(path) > _DEEPEST:
            raise ExchangeError(f"{name} has a code with more than {_DEEPEST} levels: {code[:80]}.")
        if path:
            tops[path] = CodeNode(guid("csv", *path), path[-1], row.get(column["definition"], "").strip())
    return _tree(tops)


def _parts(code: str) -> list[str]:
    for separator in (" > ", "::", "\\"):
        if separator in code:
            return [p.strip() for p in code.split(separator)]
    return [code]


def _tree(nodes: Mapping[tuple[str, ...], CodeNode]) -> tuple[CodeNode, ...]:
    """The nodes below those that their paths name; one that is only named above others is no code itself."""
    below: dict[tuple[str, ...], dict[tuple[str, ...], None]] = {}
    for path in nodes:
        for depth in range(len(path)):
            below.setdefault(path[:depth], {})[path[: depth + 1]] = None

    def at(path: tuple[str, ...]) -> tuple[CodeNode, ...]:
        return tuple(
            replace(nodes.get(p) or CodeNode(guid("csv", *p), p[-1], "", False), children=at(p))
            for p in below.get(path, ())
        )

    return at(())
