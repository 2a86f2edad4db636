"""A tree of codes of any tool as a framework, and which codes of a framework its nodes are."""

from __future__ import annotations

import contextlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from ctg_nlp.exchange.code_nodes import FLAGS, NOTE, QUESTION, CodeNode, walk
from ctg_nlp.exchange.guids import code_guid
from ctg_nlp.framework import Framework

Key = tuple[str, str | None]
"""A dimension and a code of it; None for the dimension itself."""

_TOLD = re.compile(r"(?:\A|\n\n)\[ctg ([^\n]*)\]\Z")
_TOLD_NEARLY = re.compile(r"\s*\[ctg ([^\n]*)\]\s*\Z")  # after a tool that trims or joins lines
_CALLED = re.compile(r'; called ("(?:[^"\\]|\\.)*")$')
_OWN_PARTS = 3  # that the brackets of a dimension have at least: id, kind and stage
_WORDS = {"counts": "counts", "of": "denominator"}
_LONGEST = 60  # characters of an id
_FLAG_OF = {word: name for name, word in FLAGS.items()}


@dataclass(frozen=True, slots=True)
class Told:
    """What a node says of itself: its label, its description, and the words of the brackets (empty: none)."""

    label: str
    text: str
    parts: tuple[str, ...] = ()


def told(node: CodeNode) -> Told:
    """What a node says, with what `code_nodes` wrote at the end of its description read back."""
    found = _TOLD.search(node.description) or _TOLD_NEARLY.search(node.description)
    if found is None:
        return Told(node.name, node.description.strip())
    inner, label = found[1], node.name
    called = _CALLED.search(inner)
    if called:
        with contextlib.suppress(ValueError):  # somebody wrote in it
            label = str(json.loads(called[1]))
        inner = inner[: called.start()]
    return Told(label, node.description[: found.start()], tuple(inner.split("; ")))


def framework_yaml(nodes: Sequence[CodeNode], name: str, title: str) -> str:
    """A framework file with these codes. One that `code_nodes` made a tree of is itself again, but for what
    a tree cannot tell; of others each top code with codes below it is a dimension, the rest are one."""
    data = {"id": slug(name, set()), "version": "1", "title": title, "dimensions": dimensions(nodes)}
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)


def dimensions(nodes: Sequence[CodeNode]) -> list[dict[str, Any]]:
    """The dimensions of a framework file that has these codes. Those that another tool added to ours come
    last."""
    own = [n for n in nodes if len(told(n).parts) >= _OWN_PARTS]
    taken = {told(n).parts[0] for n in own}
    added = _Foreign([n for n in nodes if n not in own], taken).dimensions.values()
    return [*map(_own_dimension, own), *(d.data for d in added)]


def _own_dimension(node: CodeNode) -> dict[str, Any]:
    said = told(node)
    name, kind, stage, *rest = said.parts
    data: dict[str, Any] = {"id": name, "title": said.label, "kind": kind, "stage": stage}
    for part in rest:
        word, _, value = part.partition(" ")
        if word == "table" and value.isdecimal():
            data["table"] = int(value)
        elif word == "reported":
            data["reported"] = True
        elif word in _WORDS:
            data[_WORDS[word]] = value
    data |= _texts(said.text)
    groups = [(told(n), n) for n in node.children if _group_of(told(n))]
    stated = (told(n).parts for n in walk(node.children))
    codes = list(_own_codes(node, {parts[0].partition(".")[2] for parts in stated if parts}))
    if codes:
        data["codes"] = codes
    if groups:
        data["groups"] = [{"id": _group_of(t), "label": t.label} for t, _ in groups]
    return data


def _texts(text: str) -> dict[str, str]:
    """Definition, question and note, as they stand one after the other."""
    found = {}
    for key, word in (("note", NOTE), ("question", QUESTION)):
        before, mark, after = ("\n\n" + text).rpartition("\n\n" + word)
        if mark:
            text, found[key] = before.removeprefix("\n\n"), after
    return found | ({"definition": text} if text else {})


def _group_of(said: Told) -> str:
    words = said.parts[0].split(" ") if said.parts else []
    return words[2] if len(words) == 3 and words[1] == "group" else ""


def _own_codes(node: CodeNode, taken: set[str], group: str = "") -> Iterator[dict[str, Any]]:
    """The codes below a node; one that another tool added gets an id that is not `taken`."""
    for child in node.children:
        said = told(child)
        if _group_of(said):
            yield from _own_codes(child, taken, _group_of(said))
            continue
        own = said.parts and "." in said.parts[0]
        data: dict[str, Any] = {"id": said.parts[0].partition(".")[2] if own else slug(child.name, taken)}
        data["label"] = said.label
        if said.text:
            data["definition"] = said.text
        data |= {_FLAG_OF[word]: True for word in said.parts[1:] if word in _FLAG_OF}
        yield data | ({"group": group} if group else {})


def slug(name: str, taken: set[str]) -> str:
    """An id made of a name that is not taken yet, and is from now on."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST].strip("_") or "code"
    found, n = base, 1
    while found in taken:
        n += 1
        found = f"{base}_{n}"
    taken.add(found)
    return found


@dataclass
class _Made:
    data: dict[str, Any]
    taken: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)


class _Foreign:
    """Dimensions made of the codes of a tool that knows none. `keys` tells what each node became."""

    def __init__(self, nodes: Sequence[CodeNode], taken: Iterable[str] = ()) -> None:
        self.dimensions: dict[str, _Made] = {}
        self.keys: dict[str, Key] = {}
        self._ids = set(taken)
        tree = parted(nodes)
        for node in (n for n in tree if n.children):
            made = self._dimension(node.name, node.description)
            self.keys[node.guid] = made.data["id"], None
            if node.codable:
                self._code(made, node, node.name, None)
            self._below(made, node, None, "")
        flat = [n for n in tree if not n.children]
        if flat:
            made = self._dimension("Codes", "")
            for node in flat:
                self._code(made, node, node.name, None)
        for name in [name for name, made in self.dimensions.items() if not made.data["codes"]]:
            del self.dimensions[name]

    def _dimension(self, title: str, definition: str) -> _Made:
        name = slug(title, self._ids)
        data = {"id": name, "title": title, "kind": "multi"}
        data |= {"definition": definition.strip()} if definition.strip() else {}
        self.dimensions[name] = _Made(data | {"codes": []})
        return self.dimensions[name]

    def _below(self, made: _Made, node: CodeNode, group: str | None, path: str) -> None:
        for child in node.children:
            label = f"{path}{child.name}"
            if not child.children:
                self._code(made, child, label, group)
            elif group is None:
                inner = slug(child.name, made.groups)
                made.data.setdefault("groups", []).append({"id": inner, "label": child.name})
                if child.codable:
                    self._code(made, child, child.name, inner)
                self._below(made, child, inner, "")
            else:
                if child.codable:
                    self._code(made, child, label, group)
                self._below(made, child, group, f"{label} > ")

    def _code(self, made: _Made, node: CodeNode, label: str, group: str | None) -> None:
        name = slug(label, made.taken)
        data = {"id": name, "label": label}
        data |= {"definition": node.description.strip()} if node.description.strip() else {}
        made.data["codes"].append(data | ({"group": group} if group else {}))
        self.keys[node.guid] = made.data["id"], name


def parted(nodes: Sequence[CodeNode]) -> tuple[CodeNode, ...]:
    """The tree with names like "Coke::diet" (which say that a code is of a group) put below their groups."""
    tops: dict[str, CodeNode] = {}
    for node in nodes:
        if "::" not in node.name:
            before = tops[node.name].children if node.name in tops else ()
            tops[node.name] = replace(node, children=(*before, *node.children))
            continue
        head, _, rest = (part.strip() for part in node.name.partition("::"))
        top = tops.get(head, CodeNode("", head, codable=False))
        tops[head] = replace(top, children=(*top.children, replace(node, name=rest or node.name)))
    return tuple(tops.values())


def matched(
    nodes: Sequence[CodeNode], framework: Framework, given: Mapping[str, Key] | None = None
) -> dict[str, Key]:
    """Which codes of a framework the nodes are, by their GUIDs; nodes that are none are left out.

    Asked one after the other: `given` (names or GUIDs that a person matched), the GUIDs of our own exports,
    the ids in the brackets, the id that the code gets where its codebook is made a framework, its label below
    its dimension's title, and its label where only one code has it.
    """
    own = {code_guid(framework, d, c): (d, c) for d, c in _keys(framework)}
    known = set(own.values())
    foreign = _Foreign(nodes).keys
    names = _Names(framework)
    found = {}
    for node, above in _with_parents(nodes):
        said = told(node)
        stated = _stated(said)
        asked = (given or {}).get(_folded(node.name)) or (given or {}).get(node.guid) or own.get(node.guid)
        key = asked or (stated if stated in known else None)
        key = key or names.confirmed(foreign.get(node.guid), node.name) or names.find(said.label, above)
        if key is not None:
            found[node.guid] = key
    return found


def _keys(framework: Framework) -> Iterator[Key]:
    for d in framework.dimensions:
        yield d.id, None
        yield from ((d.id, c.id) for c in d.codes)


def _stated(said: Told) -> Key | None:
    if not said.parts or " " in said.parts[0]:
        return None
    dimension, dot, code = said.parts[0].partition(".")
    return dimension, code if dot else None


def _with_parents(
    nodes: Iterable[CodeNode], above: tuple[str, ...] = ()
) -> Iterator[tuple[CodeNode, tuple[str, ...]]]:
    for node in nodes:
        *heads, name = (part.strip() for part in node.name.split("::"))
        yield replace(node, name=name or node.name), (*above, *heads)
        yield from _with_parents(node.children, (*above, *heads, name))


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", name)).casefold().strip()


class _Names:
    """The codes of a framework by what people call them."""

    def __init__(self, framework: Framework) -> None:
        self._titles = {_folded(x): d.id for d in framework.dimensions for x in (d.id, d.title) if _folded(x)}
        self._valued = {d.id for d in framework.valued}
        self._labels: dict[str, list[Key]] = {}
        self._label_of: dict[Key, str] = {}
        for d in framework.dimensions:
            for c in d.codes:
                self._label_of[d.id, c.id] = _folded(c.label)
                for name in dict.fromkeys((_folded(c.label), _folded(c.id))):
                    self._labels.setdefault(name, []).append((d.id, c.id))

    def confirmed(self, key: Key | None, name: str) -> Key | None:
        """The key where there is such a code of that label."""
        return key if key is not None and self._label_of.get(key) == _folded(name) else None

    def find(self, name: str, above: Sequence[str]) -> Key | None:
        """The code of that name below a dimension's title, or the only one of that name."""
        dimension = next(
            (self._titles[f] for a in reversed(above) if (f := _folded(a)) in self._titles), None
        )
        named = self._labels.get(_folded(name), [])
        mine = [k for k in named if k[0] == dimension] if dimension else named
        if len(mine) == 1:
            return mine[0]
        title = self._titles.get(_folded(name))
        return (title, None) if title in self._valued and not named else None


def given_matches(lines: Iterable[Sequence[str]], framework: Framework) -> dict[str, Key]:
    """What a person says of codes, as rows of (name in the other tool, dimension.code).

    Raises `ValueError` for a code that the framework does not have.
    """
    known = set(_keys(framework))
    found = {}
    for name, code, *_ in lines:
        dimension, _, inner = code.strip().partition(".")
        if (dimension, inner or None) not in known:
            raise ValueError(f"the framework has no code {code}")
        found[_folded(name)] = (dimension, inner or None)
    return found


def paths(nodes: Iterable[CodeNode]) -> dict[str, str]:
    """What people call each node, by its GUID: its name with those above it."""
    return {n.guid: " > ".join((*above, n.name)) for n, above in _with_parents(nodes)}
