"""The training flow: learn from the decisions that stand, and let the better model propose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctg_nlp.flows.naming import failed, named
from prefect import flow
from prefect.artifacts import create_markdown_artifact

from ctg_nlp.clock import utc_now
from ctg_nlp.learning import training_in_words
from ctg_nlp.run_lock import running
from ctg_nlp.settings import open_home
from ctg_nlp.store.database import open_store


@flow(name="ctg-train", flow_run_name=named("training"), persist_result=False)
def train_flow(home: str, by: str = "the batch", seed: int = 0, within: str = "") -> Any:
    """Train a model for a home and promote it if it is better. Returns what came of it in a sentence.

    `within` names the run whose part this is, as `run_lock.running` takes it.
    """
    try:
        said = _train(home, by, seed, within)
    except Exception as error:
        return failed(error)
    create_markdown_artifact(key="training", markdown=said)
    return said


def _train(home: str, by: str, seed: int, within: str) -> str:
    place = open_home(Path(home))
    store = open_store(place.database)
    try:
        with running(store, "training", utc_now, within=within) as run:
            return training_in_words(run.store, place, now=utc_now(), who=by, seed=seed)
    finally:
        store.close()
