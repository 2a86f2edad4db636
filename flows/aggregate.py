"""The aggregation flow: rebuild the synthesis tables and the exports in data/coded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.states import Completed

from ctg_nlp.aggregation import export_all, tables
from ctg_nlp.clock import utc_now
from ctg_nlp.settings import open_home
from ctg_nlp.store.database import open_store
from ctg_nlp.synthesis.tables import SynthesisTable


@flow(name="ctg-aggregate", persist_result=False)
def aggregate_flow(home: str) -> Any:
    """Rebuild all tables of a home from coders' decisions and write them with the other exports."""
    place = open_home(Path(home))
    store = open_store(place.database)
    try:
        paths = export_all(store, place, utc_now())
        for table in tables(store, place.framework):
            _show(table)
    finally:
        store.close()
    return Completed(message=f"{len(paths)} files written to {place.coded}.")


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
