"""The aggregation flow: rebuild the synthesis tables and the exports in data/coded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctg_nlp.flows.naming import failed, named
from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.states import Completed

from ctg_nlp.aggregation import tables
from ctg_nlp.cell_changes import CellChange
from ctg_nlp.changes import Changes, changes_since
from ctg_nlp.clock import utc_now
from ctg_nlp.made_of import export_where_new
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store.database import open_store
from ctg_nlp.synthesis.tables import SynthesisTable


@flow(name="ctg-aggregate", flow_run_name=named("tables and exports"), persist_result=False)
def aggregate_flow(home: str) -> Any:
    """Rebuild all tables of a home from coders' decisions and write them with the other exports, where
    anything has changed since that was done last."""
    try:
        place = open_home(Path(home))
        written = _rebuild(place)
    except Exception as error:
        return failed(error)
    if not written:
        return Completed(message=f"Nothing new: the files in {place.coded} stay as they are.")
    return Completed(message=f"{written} files written to {place.coded}.")


def _rebuild(place: Home) -> int:
    """Write and show the tables; returns how many files were written, 0 where nothing has changed."""
    store = open_store(place.database)
    try:
        paths = export_where_new(store, place, utc_now())
        if not paths:
            return 0
        for table in tables(store, place.framework):
            _show(table)
        _show_changes(changes_since(store, place, "last"))
    finally:
        store.close()
    return len(paths)


def _show(table: SynthesisTable) -> None:
    create_table_artifact(
        key=f"table-{table.dimension.replace('_', '-')}",
        table=[
            {
                "": r.label,
                "No.": r.n,
                "Per cent": r.percent,
                "Denominator": r.denominator,
                "Undecided": r.undecided,
            }
            for r in table.rows
        ],
        description=table.title,
    )


def _show_changes(found: Changes) -> None:
    """The cells that changed, with why; what single reports did stays in the store, to be erased."""
    since = f"since {found.rebuild.made_at[:16].replace('T', ' ')} UTC (rebuild {found.rebuild.rebuild_id})"
    if not found.cells:
        create_markdown_artifact(key="table-changes", markdown=f"No cell of the tables changed {since}.")
        return
    create_table_artifact(
        key="table-changes",
        table=[_change(c) for c in found.cells],
        description=f"{len(found.cells)} cells of the tables changed {since}.",
    )


def _change(cell: CellChange) -> dict[str, Any]:
    sides = {"before": cell.before, "after": cell.after}
    counts = {
        name: "" if c is None else c.n if c.denominator is None else f"{c.n} of {c.denominator}"
        for name, c in sides.items()
    }
    why = "; ".join(f"{c.cause}: {c.n:+d} by {c.reports}" for c in cell.contributions)
    return {"table": cell.title, "row": cell.label, "part": cell.part, **counts, "why": why}
