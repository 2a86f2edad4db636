"""What must hold between the parts of a framework: each rule that is broken, with its place in the file."""

from __future__ import annotations

from collections.abc import Iterator

from ctg_nlp.enquiry import Location, broken_enquiry
from ctg_nlp.framework import Dimension, Filter, Framework, ids, twice
from ctg_nlp.history_rules import broken_history


def broken_rules(framework: Framework) -> Iterator[tuple[Location, str]]:
    """The rules that are broken, each with the keys and positions that lead to the part that breaks it."""
    for again in twice(ids(framework.dimensions)):
        last = max(i for i, d in enumerate(framework.dimensions) if d.id == again)
        yield ("dimensions", last), f"two dimensions have the id {again}."
    for number in twice([d.table for d in framework.dimensions if d.table is not None]):
        last = max(i for i, d in enumerate(framework.dimensions) if d.table == number)
        yield ("dimensions", last, "table"), f"two dimensions are table {number}."
    for again in twice(ids(framework.filters)):
        yield ("filters",), f"two filters have the id {again}."
    yield from _broken_case_sections(framework)
    for again in twice([c.id for c in framework.cohorts]):
        yield ("cohorts",), f"two cohorts have the id {again}."
    for total in framework.published.totals if framework.published else ():
        if framework.dimension(total[0]) is None:
            yield ("published", "totals"), f"a total is given for {total[0]}, which does not exist."
    yield from broken_enquiry(framework)
    yield from broken_history(framework)
    known = {f"{d.id}.{c.id}" for d in framework.dimensions for c in d.codes}
    mapped = {f"{d.id}.{c.id}" for d in framework.stage("map") for c in d.codes}
    for i, wanted in enumerate(framework.filters):
        for where, rule in _broken_filter(wanted, mapped):
            yield ("filters", i, *where), f"{wanted.id}: {rule}"
    for i, dimension in enumerate(framework.dimensions):
        for where, rule in _broken_in(dimension, framework, known):
            yield ("dimensions", i, *where), f"{dimension.id}: {rule}"


def _broken_case_sections(framework: Framework) -> Iterator[tuple[Location, str]]:
    for again in twice(ids(framework.case_sections)):
        yield ("case_sections",), f"two sections of case studies have the id {again}."
    for i, section in enumerate(framework.case_sections):
        for name in section.dimensions:
            if framework.dimension(name) is None:
                yield ("case_sections", i), f"{section.id} names the dimension {name}, which does not exist."


def _broken_in(dimension: Dimension, framework: Framework, known: set[str]) -> Iterator[tuple[Location, str]]:
    yield from _broken_shape(dimension)
    yield from _broken_ids(dimension)
    yield from _broken_bands(dimension)
    groups = set(ids(dimension.groups))
    for j, code in enumerate(dimension.codes):
        if code.group is not None and code.group not in groups:
            yield ("codes", j), f"{code.id} names the group {code.group}, which does not exist."
        for other in sorted(set(code.compare_with) - known):
            yield ("codes", j), f"{code.id} is compared with {other}, which does not exist."
        for rule in code.follows:
            source = framework.dimension(rule.dimension)
            if source is None:
                yield ("codes", j), f"{code.id} follows from {rule.dimension}, which does not exist."
                continue
            for name in sorted(set(rule.codes) - set(ids(source.codes))):
                yield ("codes", j), f"{code.id} follows from {source.id}.{name}, which does not exist."


def _broken_filter(wanted: Filter, mapped: set[str]) -> Iterator[tuple[Location, str]]:
    for again in twice(ids(wanted.levels)):
        yield ("scale",), f"two steps of the scale have the id {again}."
    if len({level.passes for level in wanted.levels}) < 2:
        yield ("scale",), "a scale needs a step that passes (`passes: true`) and one that does not."
    for name in sorted(set(wanted.blocked_by) - mapped):
        yield ("blocked_by",), f"it is blocked by {name}, which is no code of the map."


def _broken_shape(dimension: Dimension) -> Iterator[tuple[Location, str]]:
    if dimension.coded and not dimension.codes:
        yield (), "a single or multi dimension needs codes."
    if not dimension.coded and dimension.codes:
        yield ("codes",), f"a {dimension.kind} dimension has no codes."
    if dimension.kind != "number" and (dimension.bands or dimension.total):
        yield ("bands",), "only a number dimension has bands and a total."
    if dimension.kind != "number" and dimension.missing is not None:
        yield ("missing",), "only a number dimension has a missing row; elsewhere a code is marked missing."
    for j in [j for j, code in enumerate(dimension.codes) if code.otherwise][1:]:
        yield ("codes", j), "only one code can be the one that is suggested otherwise."
    own = set(ids(dimension.codes))
    for k, row in enumerate(dimension.any_of):
        for name in sorted(set(row.codes) - own):
            yield ("any_of", k), f"{row.id} names the code {name}, which does not exist."


def _broken_ids(dimension: Dimension) -> Iterator[tuple[Location, str]]:
    for again in twice((*ids(dimension.codes), *ids(dimension.any_of))):
        yield ("codes",), f"two codes or rows have the id {again}."
    for again in twice(ids(dimension.groups)):
        yield ("groups",), f"two groups have the id {again}."
    missing = (dimension.missing.id,) if dimension.missing else ()
    for again in twice((*ids(dimension.bands), *missing)):
        yield ("bands",), f"two rows have the id {again}."


def _broken_bands(dimension: Dimension) -> Iterator[tuple[Location, str]]:
    for k, band in enumerate(dimension.bands):
        if band.min is not None and band.max is not None and band.min > band.max:
            yield ("bands", k), f"the band {band.id} ends at {band.max}, before it begins."
    for a, b in zip(dimension.bands, dimension.bands[1:], strict=False):
        if a.max is None or b.min is None or b.min <= a.max:
            yield ("bands",), f"the bands {a.id} and {b.id} overlap or are out of order."
