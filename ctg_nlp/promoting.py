"""Putting a code into a framework's file as text, so that its comments and layout stay.

YAML is read only for the places where something is put in; the new text is then read as any framework is, and
refused where anything but what was meant has changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from ctg_nlp.enquiry import pairs
from ctg_nlp.errors import FrameworkError
from ctg_nlp.framework import Code, Dimension, Framework
from ctg_nlp.framework_file import read_framework

_LAST_NUMBER = re.compile(r"(\d+)(?!.*\d)")


@dataclass(frozen=True, slots=True)
class Promoted:
    """A framework with one more code: its text, the same read, and the edits that its history names."""

    text: str
    framework: Framework
    edits: tuple[dict[str, Any], ...]


def next_version(version: str) -> str:
    """The version after one: its last number is one more. Raises `FrameworkError` where it has none."""
    found = _LAST_NUMBER.search(version)
    if found is None:
        raise FrameworkError(f"The version {version} has no number to count on; name the next one.")
    return version[: found.start()] + str(int(found[1]) + 1) + version[found.end() :]


def promoted(name: str, text: str, dimension_id: str, code: Code, version: str = "") -> Promoted:
    """The framework of a file with one more code in a dimension, told in its history.

    Where the dimension has an "other" code the new one is split from it, and stands before it; else it is new
    and stands last. `version` is the new one, by default the next. `name` is what errors call the file.
    Raises `FrameworkError` where the dimension cannot take the code or the text cannot be edited.
    """
    before = read_framework(name, text)
    dimension = before.dimension(dimension_id)
    if dimension is None or not dimension.coded or dimension.links is not None:
        raise FrameworkError(f"{name}: {dimension_id} is no dimension that has codes of its own.")
    if dimension.code(code.id) is not None:
        raise FrameworkError(f"{name}: {dimension_id} has a code {code.id} already; choose another id.")
    if dimension.other is not None:
        code = replace(code, group=dimension.other.group)
    said = version or next_version(before.version)
    edits = _edits(before, dimension, code)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    puts = [
        _code_put(text, root, dimension, code),
        *_version_puts(text, root, said, edits),
    ]
    made = _with(text, puts)
    try:
        after = read_framework(name, made)
    except FrameworkError as error:
        raise FrameworkError(f"{name} is laid out so that a code cannot be put in: {error}") from error
    _check(name, before, after, dimension, code)
    return Promoted(made, after, edits)


def _edits(before: Framework, dimension: Dimension, code: Code) -> tuple[dict[str, Any], ...]:
    other = dimension.other
    first: dict[str, Any] = (
        {"edit": "new", "dimension": dimension.id, "to": [code.id]}
        if other is None
        else {"edit": "split", "dimension": dimension.id, "from": other.id, "to": [other.id, code.id]}
    )
    then = _added(before, dimension, code)
    linked = ((d, _new_pairs(d, before, then)) for d in before.dimensions)
    return (first, *({"edit": "new", "dimension": d.id, "to": new} for d, new in linked if new))


def _new_pairs(links: Dimension, before: Framework, then: Framework) -> list[str]:
    known = {p.code for p in pairs(links, before)}
    return [p.code for p in pairs(links, then) if p.code not in known]


def _added(framework: Framework, dimension: Dimension, code: Code) -> Framework:
    codes = list(dimension.codes)
    place = codes.index(dimension.other) if dimension.other else len(codes)
    grown = replace(dimension, codes=(*codes[:place], code, *codes[place:]))
    return replace(framework, dimensions=tuple(grown if d is dimension else d for d in framework.dimensions))


def _check(name: str, before: Framework, after: Framework, dimension: Dimension, code: Code) -> None:
    wanted = _added(before, dimension, code)
    for then, now in zip(wanted.dimensions, after.dimensions, strict=True):
        if now.links is None and now != then:
            raise FrameworkError(
                f"{name} is laid out so that {now.id} would change too; add the code by hand."
            )


Put = tuple[int, int, str]
"""From and to which offset a text takes the place of what stands there."""


def _with(text: str, puts: Sequence[Put]) -> str:
    for start, end, new in sorted(puts, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _get(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs_of = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs_of if name.value == key), None)


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _code_put(text: str, root: yaml.Node, dimension: Dimension, code: Code) -> Put:
    every = [*_items(_get(root, "dimensions")), *_items(_get(root, "indepth"))]
    node = next(n for n in every if getattr(_get(n, "id"), "value", None) == dimension.id)
    codes = _get(node, "codes")
    assert codes is not None
    said = {"id": code.id, "label": code.label, "definition": code.definition, "group": code.group}
    item = {key: value for key, value in said.items() if value}
    place = dimension.codes.index(dimension.other) if dimension.other else None
    return _item_put(text, codes, item, place)


def _version_puts(
    text: str, root: yaml.MappingNode, version: str, edits: Sequence[dict[str, Any]]
) -> list[Put]:
    node = _get(root, "version")
    assert node is not None
    quoted = "'" + version.replace("'", "''") + "'"
    puts: list[Put] = [(node.start_mark.index, node.end_mark.index, quoted)]
    entry = {"version": version, "edits": list(edits)}
    history = _get(root, "history")
    if _items(history):
        assert history is not None
        return [*puts, _item_put(text, history, entry, None)]
    if root.flow_style or history is not None:
        raise FrameworkError("The framework is laid out so that no history can be put in; write it by hand.")
    end = text.find("\n", node.end_mark.index)
    at = len(text) if end < 0 else end + 1
    lead = "\n" if end < 0 else ""
    return [*puts, (at, at, f"{lead}history:\n{_block(entry, 0)}")]


def _item_put(text: str, node: yaml.Node, item: dict[str, Any], place: int | None) -> Put:
    """An item put into a list before the one at a place, or behind the last."""
    assert isinstance(node, yaml.SequenceNode)
    items = _items(node)
    if node.flow_style:
        flow = yaml.safe_dump(
            item, sort_keys=False, allow_unicode=True, default_flow_style=True, width=10_000
        )
        at = items[-1].end_mark.index if place is None else items[place].start_mark.index
        return (at, at, f", {flow.strip()}" if place is None else f"{flow.strip()}, ")
    dash = text.rindex("-", 0, items[-1 if place is None else place].start_mark.index)
    line = text.rfind("\n", 0, dash) + 1
    indent = dash - line
    if place is None:
        at = _end_of(text, items[-1])
        lead = "" if text[:at].endswith("\n") else "\n"
        return (at, at, lead + _block(item, indent))
    at = _before_comments(text, line)
    return (at, at, _block(item, indent))


def _block(item: dict[str, Any], indent: int) -> str:
    """An item of a list in block style; the edits of a version stand in a line each."""
    edits = item.get("edits", ())
    plain = {key: value for key, value in item.items() if key != "edits"}
    lines = yaml.safe_dump(
        plain, sort_keys=False, allow_unicode=True, width=110, default_style=None
    ).splitlines()
    if edits:
        flow = (
            yaml.safe_dump(e, sort_keys=False, allow_unicode=True, default_flow_style=True, width=10_000)
            for e in edits
        )
        lines += ["edits:", *(f"- {f.strip()}" for f in flow)]
    pad = " " * indent
    return "".join(f"{pad}{'- ' if n == 0 else '  '}{line}\n" for n, line in enumerate(lines))


def _end_of(text: str, node: yaml.Node) -> int:
    """The offset of the line after a node, comments and empty lines behind it left behind."""
    lines = text[node.start_mark.index : node.end_mark.index].splitlines(keepends=True)
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    end = node.start_mark.index + sum(map(len, lines))
    if text[:end].endswith("\n"):
        return end
    line = text.find("\n", end)
    return len(text) if line < 0 else line + 1


def _before_comments(text: str, line: int) -> int:
    """The offset of the first of the comment lines right above a line."""
    while line:
        above = text.rfind("\n", 0, line - 1) + 1
        if not text[above:line].lstrip().startswith("#"):
            break
        line = above
    return line
