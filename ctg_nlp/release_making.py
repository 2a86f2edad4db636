"""What a release is made of, before anybody sees it: its tables, what is withheld in them, how good they are.

Composition of `tabulation` and `synthesis`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from ctg_nlp.errors import CtgError
from ctg_nlp.export.release import csv_of, json_of, sha256_of
from ctg_nlp.framework import Framework
from ctg_nlp.rebuilds import code_version
from ctg_nlp.records import Dataset, FrozenReport, FrozenTable, Rebuild, Release
from ctg_nlp.synthesis.breakdown import CrossTable
from ctg_nlp.synthesis.disclosure import Rules
from ctg_nlp.synthesis.publishable import publishable, publishable_data
from ctg_nlp.synthesis.quality import QualityStatement
from ctg_nlp.synthesis.shown import ShownTable
from ctg_nlp.synthesis.tables import SynthesisTable, synthesis_tables
from ctg_nlp.tabulation import Tabulation

Plain = SynthesisTable | CrossTable


def breakdowns(framework: Framework, data: Dataset, by: Sequence[str], rules: Rules) -> tuple[str, ...]:
    """The names of what tables are broken down by, as the framework or the register writes them.

    Raises `CtgError` for a name that nothing has, and with a minimum for all but what is known of groups.
    """
    known = Tabulation(framework, data)
    names = tuple(dict.fromkeys(map(known.name_of, by)))
    for name in names:
        dimension = framework.dimension(name)
        if dimension is not None and not publishable(dimension):
            raise CtgError(f"{name} holds texts that people wrote, which may name anybody: leave it out.")
    crossed = [n for n in names if framework.dimension(n) or n not in data.attribute_names]
    if crossed and rules.minimum > 1:
        raise CtgError(
            f"With a minimum no release is broken down by {', '.join(crossed)}: what two dimensions by each "
            "other tell together of small counts is not wholly under control. Leave it out."
        )
    return names


def plain_tables(
    framework: Framework, data: Dataset, by: Sequence[str], leave_out: Collection[str]
) -> tuple[Plain, ...]:
    """The tables of a release before anything is withheld: of each dimension that is not left out, then the
    same broken down. Raises `CtgError` for a table or breakdown that there is not."""
    known = {d.id for d in framework.dimensions}
    if unknown := sorted(set(leave_out) - known):
        raise CtgError(f"There is no table {', '.join(unknown)}; there are {', '.join(sorted(known))}.")
    data = publishable_data(framework, data)
    open_to_all = {d.id for d in framework.dimensions if publishable(d)}
    every = [t for stage in ("map", "indepth") for t in synthesis_tables(framework, data, stage)]
    kept = [t for t in every if t.dimension in open_to_all and t.dimension not in leave_out]
    return (*kept, *_broken_down(Tabulation(framework, data), [t.dimension for t in kept], by))


def _broken_down(known: Tabulation, dimensions: Sequence[str], by: Sequence[str]) -> Iterator[CrossTable]:
    for name in map(known.name_of, by):
        for dimension in map(known.dimension, dimensions):
            if dimension.id != name:
                yield known.cross(dimension, name)


def left_out(framework: Framework, tables: Collection[str]) -> list[str]:
    """The dimensions of a framework of which a release that has these tables has none."""
    return [
        d.id
        for d in framework.dimensions
        if d.id not in tables and not any(t.startswith(f"{d.id} by ") for t in tables)
    ]


def frozen(table: ShownTable, quality: QualityStatement) -> FrozenTable:
    """A table as it is shown, with how good it is, in the form in which it is kept."""
    return FrozenTable(
        table.id, json_of(table), sha256_of(csv_of(table)), str(quality.verdict), quality.sentences
    )


def release_of(title: str, rebuild: Rebuild, model_id: str, rules: Rules) -> Release:
    """A release by what its numbers come from. Who made it and what it stands beside is still to be said, and
    it has no number and so no id. `model_id`: that proposed last, which may be newer than the rebuild."""
    return Release(
        release_id="",
        title=title,
        sequence=0,
        rebuild_id=rebuild.rebuild_id,
        framework_id=rebuild.framework_id,
        data_hash=rebuild.data_hash,
        model_id=model_id,
        code_version=code_version(),
        rules=(rules.minimum, rules.secondary, rules.round_to),
        by=(),
        earlier=(),
        supersedes="",
        made_by="",
        made_at="",
    )


def numbered(r: Release, number: int, tables: Sequence[str], report: FrozenReport) -> Release:
    """A release with its number and its id: the number and title, and a hash of all that it was made of."""
    rules = list(r.rules)
    of = [r.data_hash, r.framework_id, r.model_id, r.code_version, rules, list(tables), report.sha256]
    hashed = hashlib.sha256(json.dumps(of).encode()).hexdigest()[:12]
    short = re.sub(r"[^a-z0-9]+", "-", r.title.lower()).strip("-")[:60] or "release"
    return replace(r, release_id=f"{number}-{short}-{hashed}", sequence=number)
