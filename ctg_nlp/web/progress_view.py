"""How far the work is: per dimension, per coder, and how often coders said otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ctg_nlp.deep_work import DeepState, DeepWork, deep_work
from ctg_nlp.desk import Desk
from ctg_nlp.store import progress as progress_store
from ctg_nlp.store import queue as queue_store
from ctg_nlp.store.progress import Overrides
from ctg_nlp.web.enquiry_view import depth_order


@dataclass(frozen=True, slots=True)
class CodeOverrides:
    """Overrides of one code with its words."""

    dimension: str
    code: str
    counts: Overrides

    @property
    def share(self) -> float:
        """Of the answers given, the share that was not what was suggested."""
        return (self.counts.added + self.counts.taken_away) / self.counts.shown


def progress_page(desk: Desk, *, all_coders: bool = True) -> dict[str, Any]:
    """What the page of the progress shows: of all coders, or of the desk's own alone. What is left in all is
    not told to who codes blind: it rises where they differ from others."""
    framework = desk.framework
    with desk.store.reading() as db:
        seen = desk.sight(db)
        blind = bool(seen.waiting)
        open_in = {} if blind else progress_store.open_reports_by_dimension(db, framework.framework_id)
        found = {
            "left": None if blind else queue_store.left(db, framework.framework_id),
            "coders": [c for c in progress_store.work_of_coders(db) if all_coders or c.coder == desk.coder],
            "by_coder": progress_store.decided_by_coder(db),
            "deep": None if blind else _deep(desk, deep_work(db, framework, seen.only)),
        }
        overrides = progress_store.overrides(db) if all_coders else ()
    dimensions = [(d, open_in.get(d.id, 0)) for d in framework.stage("map")]
    return found | {"dimensions": dimensions, "overrides": _named(desk, overrides)}


def _deep(desk: Desk, work: DeepWork | None) -> dict[str, Any] | None:
    """The coding in depth: its sample, how far it is, and in how many reports each dimension is open."""
    if work is None:
        return None
    open_in = work.open_in()
    return {
        "sample": work.sample,
        "reports": len(work.reports),
        "states": {str(s): work.number(s) for s in DeepState},
        "dimensions": [(d, open_in.get(d.id, 0)) for d in depth_order(desk.framework)],
    }


def _named(desk: Desk, overrides: tuple[Overrides, ...]) -> list[CodeOverrides]:
    """Those of codes that the framework has, most often overridden first."""
    found = []
    for o in overrides:
        dimension = desk.framework.dimension(o.dimension)
        code = dimension.code(o.code) if dimension else None
        if dimension and code:
            found.append(CodeOverrides(dimension.title, code.label, o))
    return sorted(found, key=lambda c: (-(c.counts.added + c.counts.taken_away), -c.share))
