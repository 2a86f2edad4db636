"""The training flow: learn from the decisions that stand, and let the better model propose."""

from __future__ import annotations

from pathlib import Path

from prefect import flow
from prefect.artifacts import create_markdown_artifact

from ctg_nlp.clock import utc_now
from ctg_nlp.learning import training_in_words
from ctg_nlp.run_lock import running
from ctg_nlp.settings import open_home
from ctg_nlp.store.database import open_store


@flow(name="ctg-train", persist_result=False)
def train_flow(home: str, by: str = "the batch", seed: int = 0, within: str = "") -> str:
    """Train a model for a home and promote it if it is better. Returns what came of it in a sentence.

    `within` names the run whose part this is, as `run_lock.running` takes it.
    """
    place = open_home(Path(home))
    store = open_store(place.database)
    try:
        with running(store, "training", utc_now, within=within) as run:
            said = training_in_words(run.store, place, now=utc_now(), who=by, seed=seed)
    finally:
        store.close()
    create_markdown_artifact(key="training", markdown=said)
    return said
