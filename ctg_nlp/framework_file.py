"""Reading a framework from YAML, with errors that name the line and the rule."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from ctg_nlp.enquiry import Location, with_pairs
from ctg_nlp.errors import FrameworkError
from ctg_nlp.framework import Cues, Example, Framework, ids
from ctg_nlp.framework_rules import broken_rules
from ctg_nlp.given_values import NO_TEXT
from ctg_nlp.history import called_now

BUNDLED = ("ctg",)
_ADAPTER = TypeAdapter(Framework)
_EXAMPLE = TypeAdapter(Example)
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads ten times as fast
_MOST_PARTS = 500_000
_KEY_TAGS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")


def load_framework(source: str | Path) -> Framework:
    """Read and validate the framework at a path, or a bundled one by its id.

    Raises `FrameworkError` naming the file, the line and the rule: for YAML that cannot be parsed, a key
    that is unknown or given twice, a wrong type, and for rules between parts (two codes of one id, a
    group that does not exist, bands that overlap).
    """
    return read_framework(*_text_of(source))


@functools.lru_cache(maxsize=8)
def read_framework(name: str, text: str) -> Framework:
    """The same from its text; `name` is what errors call it."""
    data, lines = _parse(name, text)
    if isinstance(data, dict):
        _normalise(data, lines)
    try:
        framework = with_pairs(_ADAPTER.validate_python(data))
    except ValidationError as error:
        raise FrameworkError(_said(name, error, lines)) from error
    for where, rule in broken_rules(framework):
        raise FrameworkError(f"{name}, line {_line(where, lines)}: {rule}")
    return replace(framework, framework_id=_identity(framework))


def bundled_path(name: str) -> Path:
    """Where a bundled framework (or the CSV of its published tables) lies."""
    return Path(str(resources.files("ctg_nlp") / "frameworks" / name))


def load_examples(source: str | Path, framework: Framework) -> tuple[Example, ...]:
    """The examples that a framework names, in the order of their file; none where it names none.

    `source` is where the framework came from: the file lies beside it. Examples of older versions are read by
    the history; those that show a code that was split or retired since are left out. Raises
    `FrameworkError` naming the file, the line and the rule.
    """
    if not framework.examples:
        return ()
    folder = bundled_path("").resolve() if str(source) in BUNDLED else Path(source).parent
    path = folder / framework.examples
    if not path.is_file() and bundled_path(framework.examples).is_file():
        path = bundled_path(framework.examples)  # of a site's own version of a bundled framework
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FrameworkError(f"{path}, the examples of {framework.id}, cannot be read: {error}.") from error
    found = (_example(f"{path.name}, line {n}", line, framework) for n, line in enumerate(lines, 1) if line)
    return tuple(example for example in found if example is not None)


def _example(where: str, line: str, framework: Framework) -> Example | None:
    try:
        example = _EXAMPLE.validate_json(line)
    except ValidationError as error:
        raise FrameworkError(f"{where}: {error.errors()[0]['msg']}.") from error
    if framework.history:
        now = _of_now(example, framework)
        if now is None:
            return None
        example = now
    dimension = framework.dimension(example.dimension)
    known = set(ids(dimension.codes)) if dimension else set()
    unknown = sorted({*example.codes, *example.near} - known)
    if dimension is None or unknown:
        said = f"no code {', '.join(unknown)} in {example.dimension}" if dimension else "no such dimension"
        raise FrameworkError(f"{where}: there is {said} ({example.dimension}).")
    if set(example.codes) & set(example.near):
        raise FrameworkError(f"{where}: a code is in `codes` and in `near`.")
    return example


def _of_now(example: Example, framework: Framework) -> Example | None:
    """An example by the names of now; None where a code that it shows was split or retired, since it no more
    tells which codes it shows."""
    called = {c: _called_now(framework, example.dimension, c) for c in (*example.codes, *example.near)}
    if not all(called[c] for c in example.codes):
        return None
    place = called_now(framework, example.dimension, "")
    codes = tuple(dict.fromkeys(key[1] for c in example.codes if (key := called[c])))
    near = tuple(dict.fromkeys(key[1] for c in example.near if (key := called[c]) and key[1] not in codes))
    return replace(example, dimension=place[0] if place else example.dimension, codes=codes, near=near)


def _called_now(framework: Framework, dimension: str, code: str) -> tuple[str, str] | None:
    known = framework.dimension(dimension)
    is_known = known is not None and known.code(code) is not None
    return (dimension, code) if is_known else called_now(framework, dimension, code)


def framework_text(source: str | Path) -> str:
    """The text of the framework file at a path, or of a bundled one by its id. Raises `FrameworkError`."""
    return _text_of(source)[1]


def _text_of(source: str | Path) -> tuple[str, str]:
    path = bundled_path(f"{source}.yaml") if str(source) in BUNDLED else Path(source)
    try:
        return path.name, path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise FrameworkError(
            f"No framework at {path}. Give the path of a YAML file, or one of: {', '.join(BUNDLED)}."
        ) from error
    except (OSError, ValueError) as error:
        raise FrameworkError(f"{path} cannot be read as a framework: {error}.") from error


def _parse(name: str, text: str) -> tuple[Any, dict[Location, int]]:
    """The data, and the line of each of its parts by location."""
    try:
        loader = _LOADER(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None, {}
            if _size(node, {}) > _MOST_PARTS:
                raise FrameworkError(f"{name}: with its aliases (*) it unfolds to over {_MOST_PARTS} parts.")
            _check_keys(name, node)
            return loader.construct_document(node), dict(_lines_of(node, ()))
        finally:
            loader.dispose()
    except (ValueError, OverflowError) as error:
        said = f"a date or number in it is none ({error}); put it in quotes"
        raise FrameworkError(f"{name}: {said}.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FrameworkError(f"{name}, line {line}: not valid YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise FrameworkError(f"{name}: not valid YAML: {error}.") from error
    except RecursionError as error:
        said = "it is nested too deep, or an alias (*) stands within what it stands for"
        raise FrameworkError(f"{name}: {said}.") from error


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many parts a node has where each alias is written out: few lines can stand for billions."""
    if id(node) not in known:
        parts = node.value if isinstance(node, yaml.SequenceNode | yaml.MappingNode) else ()
        flat = (p for part in parts for p in (part if isinstance(part, tuple) else (part,)))
        known[id(node)] = 1 + sum(_size(p, known) for p in flat)
    return known[id(node)]


def _lines_of(node: yaml.Node, at: Location) -> Iterator[tuple[Location, int]]:
    yield at, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*at, str(key.value)), key.start_mark.line + 1
            yield from (
                pair for pair in _lines_of(value, (*at, str(key.value))) if pair[0] != (*at, key.value)
            )
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            yield from _lines_of(item, (*at, i))


def _check_keys(name: str, node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.tag not in _KEY_TAGS:
                raise FrameworkError(
                    f"{name}, line {key.start_mark.line + 1}: a key must be a text; put it in quotes."
                )
            _check_keys(name, key)
            if key.value in seen:
                raise FrameworkError(
                    f"{name}, line {key.start_mark.line + 1}: the key {key.value} is given twice."
                )
            seen.add(key.value)
            _check_keys(name, value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(name, item)
    elif NO_TEXT.search(node.value):
        raise FrameworkError(f"{name}, line {node.start_mark.line + 1}: it holds a sign that is no text.")


def _normalise(data: dict[str, Any], lines: dict[Location, int]) -> None:
    """Bring the file's conveniences into the one form of `Framework`, moving line numbers along.

    `indepth:` is a second list of dimensions whose stage is implied; `vocabulary:` and
    `published.totals:` are mappings.
    """
    indepth = data.pop("indepth", None)
    first = data.get("dimensions")
    if isinstance(indepth, list) and isinstance(first, list):
        offset = len(first)
        for i, item in enumerate(indepth):
            if isinstance(item, dict):
                item.setdefault("stage", "indepth")
            for at, line in list(lines.items()):
                if at[:2] == ("indepth", i):
                    lines[("dimensions", offset + i, *at[2:])] = line
        data["dimensions"] = first + indepth
    if isinstance(data.get("vocabulary"), dict):
        data["vocabulary"] = list(data["vocabulary"].items())
    published = data.get("published")
    if isinstance(published, dict) and isinstance(published.get("totals"), dict):
        published["totals"] = list(published["totals"].items())
    _normalise_history(data.get("history"), lines)
    for dimension in data["dimensions"] if isinstance(data.get("dimensions"), list) else ():
        links = dimension.get("links") if isinstance(dimension, dict) else None
        if isinstance(links, dict) and "from" in links:
            links["from_"] = links.pop("from")


def _normalise_history(history: Any, lines: dict[Location, int]) -> None:
    """One code may stand where a list of them is meant, and the file says `from`."""
    for i, version in enumerate(history if isinstance(history, list) else ()):
        edits = version.get("edits") if isinstance(version, dict) else None
        for j, edit in enumerate(edits if isinstance(edits, list) else ()):
            if not isinstance(edit, dict):
                continue
            at = ("history", i, "edits", j)
            if "from" in edit:
                edit["from_"] = edit.pop("from")
                lines[(*at, "from_")] = lines[(*at, "from")]
            for key in ("from_", "to"):
                if isinstance(edit.get(key), str):
                    edit[key] = [edit[key]]


def _said(name: str, error: ValidationError, lines: dict[Location, int]) -> str:
    parts = []
    for item in error.errors()[:10]:
        where = item["loc"]
        path = ".".join(str(p) for p in where)
        rule = {
            "extra_forbidden": f"unknown key {where[-1] if where else ''}",
            "missing": f"{where[-1] if where else ''} is missing",
            "unexpected_keyword_argument": f"unknown key {where[-1] if where else ''}",
            "dataclass_type": "a mapping (keys with values) is wanted",
            "tuple_type": "a list is wanted",
        }.get(item["type"], item["msg"])
        if item["type"] == "string_type" and isinstance(item["input"], int | float | bool):
            rule = f"a text is wanted, YAML read {item['input']!r}: put it in quotes"
        parts.append(f"{name}, line {_line(where, lines)}: {rule}{f' (at {path})' if path else ''}.")
    return "\n".join(parts)


def _line(where: Location, lines: dict[Location, int]) -> int:
    for end in range(len(where), -1, -1):
        if where[:end] in lines:
            return lines[where[:end]]
    return 1


def _unsaid(seen: dict[str, Any], *keys: str) -> None:
    """Leave out what the file does not give, so that ids from before there was such a key stay the same."""
    for key in keys:
        if not seen[key]:
            del seen[key]


def _identity(framework: Framework) -> str:
    """Id, version and a hash of what coders see. Cues are not in it: they belong to the rater that uses
    them, and a better cue must not make decisions look as if they were made on another framework. Nor is
    what tables alone show, nor the sections of case studies, which nobody codes by."""
    meaning = replace(
        framework,
        vocabulary=(),
        examples="",
        dimensions=tuple(
            replace(
                d, fact="", sections=(), codes=tuple(replace(c, cues=Cues(), follows=()) for c in d.codes)
            )
            for d in framework.dimensions
        ),
    )
    seen = asdict(meaning)
    for dimension in seen["dimensions"]:
        del dimension["reported"]
        _unsaid(dimension, "links", "over_quotes")
        for code in dimension["codes"]:
            del code["diagram"]
    for wanted in seen["filters"]:
        _unsaid(wanted, "criteria", "scale", "blocked_by")
    del seen["case_sections"]
    _unsaid(seen, "history", "questions")
    said = json.dumps(seen, sort_keys=True, ensure_ascii=True)
    return f"{framework.id}@{framework.version}+{hashlib.sha256(said.encode()).hexdigest()[:8]}"
