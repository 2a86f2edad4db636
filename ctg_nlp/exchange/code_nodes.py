"""Codes as other tools know them, a tree of names with descriptions, made from a framework.

What such a tree has no place for is told in words at the end of the description, in square brackets, so that
coders can read it and it can be read back: `[ctg aims.attainment; stands alone]`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ctg_nlp.exchange.guids import code_guid, guid
from ctg_nlp.framework import Code, Dimension, Framework

FLAGS = {"exclusive": "stands alone", "missing": "not told", "otherwise": "otherwise"}
"""What a code may be, in the words of the brackets."""
QUESTION, NOTE = "Question: ", "Note: "


@dataclass(frozen=True, slots=True)
class CodeNode:
    """A code, or a heading over codes (not `codable`), as a codebook of another tool has it."""

    guid: str
    name: str
    description: str = ""
    codable: bool = True
    children: tuple[CodeNode, ...] = ()


def code_nodes(framework: Framework) -> tuple[CodeNode, ...]:
    """A framework as a tree: a node for each dimension, below it its groups and codes.

    No two nodes have the same name, since some tools keep only one of them: "Other" of a dimension is called
    "Other (Aims)" where several have one.
    """
    plain = [_dimension(framework, d) for d in framework.dimensions]
    many = {name for name, n in Counter(_key(n.name) for n in walk(plain)).items() if n > 1}
    titles = {n.guid: top.name for top in plain for n in walk(top.children)}
    taken: set[str] = set()
    return tuple(_named_apart(n, many, titles, taken) for n in plain)


def walk(nodes: Iterable[CodeNode]) -> Iterator[CodeNode]:
    """All nodes of a tree, each before what is below it."""
    for node in nodes:
        yield node
        yield from walk(node.children)


def _key(name: str) -> str:
    return name.casefold().strip()


def _named_apart(node: CodeNode, many: set[str], titles: dict[str, str], taken: set[str]) -> CodeNode:
    name = node.name
    if _key(name) in many and node.guid in titles:
        name = f"{name} ({titles[node.guid]})"
    base, n = name, 1
    while _key(name) in taken:
        n += 1
        name = f"{base} {n}"
    taken.add(_key(name))
    children = tuple(_named_apart(c, many, titles, taken) for c in node.children)
    if name == node.name:
        return replace(node, children=children)
    said = node.description
    if not said.endswith('; called ""]'):
        said = said[:-1] + f"; called {json.dumps(node.name, ensure_ascii=False)}]"
    return replace(node, name=name, description=said, children=children)


def _dimension(framework: Framework, d: Dimension) -> CodeNode:
    parts = [d.id, d.kind, d.stage, f"counts {d.counts}", f"of {d.denominator}"]
    parts += [f"table {d.table}"] if d.table is not None else []
    parts += ["reported"] if d.reported else []
    said = [d.definition, QUESTION + d.question if d.question else "", NOTE + d.note if d.note else ""]
    return CodeNode(
        code_guid(framework, d.id, None),
        d.title or d.id,
        described("\n\n".join(s for s in said if s), parts, d.title),
        codable=not d.coded,
        children=tuple(_codes(framework, d)),
    )


def _codes(framework: Framework, d: Dimension) -> Iterator[CodeNode]:
    """Codes in their order; those of a group stand below it, at the place of the first."""
    done: set[str] = set()
    labels = {g.id: g.label for g in d.groups}
    for code in d.codes:
        if code.group is None:
            yield _code(framework, d, code)
        elif code.group not in done:
            done.add(code.group)
            mine = tuple(_code(framework, d, c) for c in d.codes if c.group == code.group)
            label = labels[code.group]
            said = described("", [f"{d.id} group {code.group}"], label)
            yield CodeNode(
                guid("group", framework.id, d.id, code.group), label or code.group, said, False, mine
            )


def _code(framework: Framework, d: Dimension, code: Code) -> CodeNode:
    flags = [word for name, word in FLAGS.items() if getattr(code, name)]
    said = described(code.definition, [f"{d.id}.{code.id}", *flags], code.label)
    return CodeNode(code_guid(framework, d.id, code.id), code.label or code.id, said)


def described(text: str, parts: Iterable[str], label: str) -> str:
    """A description with what the brackets tell; an empty label is told there, since a name must not be."""
    told = [*parts, *([] if label else ['called ""'])]
    return f"{text}\n\n[ctg {'; '.join(told)}]" if text else f"[ctg {'; '.join(told)}]"
