"""A framework on paper, and the differences between two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from ctg_nlp.framework import Code, Dimension, Filter, Framework

_COUNTS = {
    "did": "What the group did or found in this project. Plans, wishes, negations, other projects and "
    "background do not count.",
    "described": "What the report says the schools or the group are like.",
    "intended": "What the project set out to do.",
    "planned": "What is to come.",
    "advocated": "What leaders say is needed or showed.",
}
_KINDS = {
    "single": "One code.",
    "multi": "Any number of codes.",
    "number": "A whole number, or that it cannot be told.",
    "text": "A text, or that it cannot be told.",
}
_NOT_COMPARED = frozenset({"cues", "follows", "codes", "sections", "fact", "id"})


def codebook(framework: Framework) -> str:
    """The framework as Markdown for coders: each dimension, what counts, each code with its definition."""
    lines = [
        f"# {framework.title}",
        "",
        f"Framework {framework.framework_id}. One record for each {framework.unit}.",
    ]
    for dimension in framework.dimensions:
        lines += ["", *dimension_lines(dimension)]
    if framework.questions:
        lines += ["", "## Questions of the enquiry", ""]
        lines += [f"- **{q.label}** {', '.join(f'`{d}`' for d in q.dimensions)}" for q in framework.questions]
    if framework.filters:
        lines += ["", "## Filters that select reports for the second stage", ""]
        lines += [line for f in framework.filters for line in _filter_lines(f)]
    return "\n".join(lines)


def dimension_lines(d: Dimension) -> Iterator[str]:
    """One dimension in Markdown, line by line: its question, what counts, its codes, rows and note."""
    table = f"Table {d.table}: " if d.table is not None else ""
    yield f"## {table}{d.title} (`{d.id}`)"
    yield ""
    for text in (d.question, d.definition, f"{_KINDS[d.kind]} {_COUNTS[d.counts]}"):
        if text:
            yield text
            yield ""
    if d.over_quotes:
        yield "Coded over the passages that were quoted for other dimensions."
        yield ""
    if d.links is not None:
        yield f"Every code of `{d.links.from_}` with every code of `{d.links.to}`."
    labels = {g.id: g.label for g in d.groups}
    last = None
    for code in d.codes if d.links is None else ():
        if code.group is not None and code.group != last:
            yield f"- *{labels[code.group]}*"
        last = code.group
        said = f": {code.definition}" if code.definition else ""
        yield f"- **{code.label}** (`{code.id}`{_marks(code)}){said}"
    for band in d.bands:
        yield f"- Table row {band.label}"
    if d.missing is not None:
        yield f"- Table row {d.missing.label}: it cannot be told"
    for row in d.any_of:
        yield f"- Table row **{row.label}**: any of {', '.join(f'`{c}`' for c in row.codes)}"
    if d.note:
        yield ""
        yield f"Note: {d.note}"


def _filter_lines(f: Filter) -> Iterator[str]:
    """A filter in Markdown: what it asks, its scale where it has its own, what blocks it."""
    yield f"- **{f.label}** (`{f.id}`){': ' + f.definition if f.definition else ''}"
    for criterion in f.criteria:
        yield f"  - asks: {criterion}"
    for level in f.scale:
        yield f"  - {level.label} (`{level.id}`): {'passes' if level.passes else 'does not pass'}"
    if f.blocked_by:
        yield f"  - cannot be passed with {', '.join(f'`{code}`' for code in f.blocked_by)}"


def _marks(code: Code) -> str:
    said = [word for word, on in (("stands alone", code.exclusive), ("not told", code.missing)) if on]
    return f"; {', '.join(said)}" if said else ""


def differences(old: Framework, new: Framework) -> tuple[str, ...]:
    """What a coder would notice between two frameworks, a sentence each; cues are not compared."""
    found = []
    if (old.id, old.version) != (new.id, new.version):
        found.append(f"{old.id} version {old.version} became {new.id} version {new.version}")
    before, after = {d.id: d for d in old.dimensions}, {d.id: d for d in new.dimensions}
    found += [f"{name}: dimension removed" for name in before if name not in after]
    for name, dimension in after.items():
        if name not in before:
            found.append(f"{name}: dimension added with {len(dimension.codes)} codes")
            continue
        found += _fields(name, before[name], dimension)
        found += _codes(before[name], dimension)
    return (*found, *_filters(old, new))


def _filters(old: Framework, new: Framework) -> Iterator[str]:
    before, after = {f.id: f for f in old.filters}, {f.id: f for f in new.filters}
    yield from (f"filter {name}: removed" for name in before if name not in after)
    for name, wanted in after.items():
        if name not in before:
            yield f"filter {name}: added"
        else:
            yield from _fields(f"filter {name}", before[name], wanted)
    shared = [name for name in before if name in after]
    if shared != [name for name in after if name in before]:
        yield "the order of the filters changed"


def _codes(old: Dimension, new: Dimension) -> Iterator[str]:
    before, after = {c.id: c for c in old.codes}, {c.id: c for c in new.codes}
    for name in before:
        if name not in after:
            yield f"{old.id}.{name}: code removed"
    for name, code in after.items():
        if name in before:
            yield from _fields(f"{new.id}.{name}", before[name], code)
        else:
            yield f"{new.id}.{name}: code added"
    shared = [name for name in before if name in after]
    if shared != [name for name in after if name in before]:
        yield f"{new.id}: the order of codes changed"


def _fields(name: str, old: Dimension | Code | Filter, new: Dimension | Code | Filter) -> Iterator[str]:
    for field in fields(new):
        if field.name in _NOT_COMPARED:
            continue
        a, b = getattr(old, field.name), getattr(new, field.name)
        if a != b:
            yield f"{name}: {field.name} was {a!r}, is {b!r}"
