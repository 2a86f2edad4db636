"""Models of a project: trained from its decisions, compared, promoted, retired, used by the next run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ctg_nlp.aggregation import suggestion_lines
from ctg_nlp.clock import utc_now
from ctg_nlp.coding import import_decisions, undo_import
from ctg_nlp.decided import decided_reports
from ctg_nlp.errors import ModelError
from ctg_nlp.learning import champion, is_due, model_lines, promote, retire, train_model
from ctg_nlp.plain import run_plain
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.store import models as model_store
from ctg_nlp.store.cutoffs import cut_offs
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.suggest.propose import Proposer
from ctg_nlp.summary import Summary, sentences

from .command_line import call
from .conftest import EXAMPLE

NOW = "2026-01-01T00:00:00+00:00"


def run(home: Home) -> Summary:
    return run_plain(home, home.raw, run_id=utc_now(), clock=utc_now)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Store, str]]:
    """A home of the example's reports with a text layer, their decisions, and a model made from them."""
    home = make_home(tmp_path_factory.mktemp("models"))
    for pdf in (EXAMPLE / "raw").iterdir():
        if "G017" not in pdf.name:
            shutil.copyfile(pdf, home.raw / pdf.name)
    shutil.copyfile(EXAMPLE / "register.csv", home.register)
    run(home)
    store = open_store(home.database)
    import_decisions(store, home.framework, EXAMPLE / "decisions.jsonl", now=NOW, who="tester")
    done = train_model(store, home, now=NOW, who="tester")
    assert done.new and done.promoted
    yield home, store, done.card.model_id
    store.close()


def test_a_model_is_kept_with_a_card_that_tells_what_it_saw(trained: tuple[Home, Store, str]) -> None:
    home, store, model_id = trained
    card = json.loads((home.models / model_id / "card.json").read_text(encoding="utf-8"))
    reports = decided_reports(store, home.framework)
    assert set(card["reports"]) == {r.report_id for r in reports}
    assert card["decisions"] == sum(r.decisions for r in reports)
    assert card["framework_id"] == home.framework.framework_id and card["left_out"] == []
    assert {"scikit-learn", "numpy", "skops", "ctg_nlp"} <= set(card["libraries"])
    states = {f"{c['dimension']}.{c['code']}": c for c in card["codes"]}
    assert states["stakeholders.ta"]["state"] == "learned"
    assert 0 < states["stakeholders.ta"]["threshold"] < 1
    assert states["problem.neet"]["state"] == "not enough decisions yet"
    assert states["phase.primary"]["state"] == "told by a fact of the report"
    assert 0 <= card["totals"]["calibration_error"] <= 0.1


def test_the_next_run_proposes_with_the_model_and_says_which_raters_spoke(
    trained: tuple[Home, Store, str],
) -> None:
    home, store, model_id = trained
    summary = run(home)
    assert summary.read == 0 and summary.proposed_again == 14
    assert sentences(summary)[-1] == "Nothing new to read."
    assert model_id in summary.model_id
    lines = [x for x in suggestion_lines(store, home.framework) if x.get("code") == "ta"]
    assert {tuple(sorted(r["rater"].split("-")[0] for r in x["raters"])) for x in lines} == {
        ("classifier", "cues")
    }
    shown = [e for x in lines if x["suggested"] for e in x["evidence"]]
    assert shown and any(e["because"] for e in shown)
    assert all(word in e["quote"] for e in shown for word in e["because"])
    assert run(home).proposed_again == 0


def test_the_same_decisions_make_no_second_model(trained: tuple[Home, Store, str]) -> None:
    home, store, model_id = trained
    again = train_model(store, home, now=NOW, who="tester")
    assert not again.new and again.card.model_id == model_id
    assert [x.model_id for x in model_lines(store, home)].count(model_id) == 1


def test_a_report_that_is_left_out_is_not_seen(trained: tuple[Home, Store, str]) -> None:
    home, store, model_id = trained
    some = sorted(r.report_id for r in decided_reports(store, home.framework))[:2]
    done = train_model(store, home, now=NOW, who="tester", leave_out=some)
    assert done.card.left_out == tuple(some) and not set(some) & set(done.card.reports)
    assert done.before_name == model_id and done.common == 12
    assert done.promoted == (done.after > done.before)
    retire(store, home, done.card.model_id, now=NOW, who="tester", why="a try")
    promote(store, home, model_id, now=NOW, who="tester", why="back")


def test_a_retired_model_proposes_no_more_and_a_promoted_one_does(trained: tuple[Home, Store, str]) -> None:
    home, store, model_id = trained
    assert retire(store, home, model_id, now=NOW, who="tester", why="doubts")
    assert champion(store, home) is None
    assert {x.state for x in model_lines(store, home) if x.model_id == model_id} == {"retired"}
    promote(store, home, model_id, now=NOW, who="tester", why="no doubts")
    used = champion(store, home)
    assert used is not None and used.model_id == model_id
    with store.reading() as db:
        assert [e.why for e in model_store.events(db) if e.why in ("doubts", "no doubts")] == [
            "doubts",
            "no doubts",
        ]


def test_a_model_whose_folder_is_gone_stops_the_run_with_the_cure(trained: tuple[Home, Store, str]) -> None:
    home, store, model_id = trained
    away = home.models / "away"
    (home.models / model_id).rename(away)
    try:
        with pytest.raises(ModelError, match=r"ctg train"):
            run(home)
        assert {x.state for x in model_lines(store, home) if x.model_id == model_id} == {"missing"}
    finally:
        away.rename(home.models / model_id)


def test_a_run_trains_first_when_enough_decisions_have_come_in(tmp_path: Path) -> None:
    root = make_home(tmp_path / "home").root
    (root / "ctg.toml").write_text('framework = "ctg"\nretrain_after = 100\n', encoding="utf-8")
    home = open_home(root)
    for pdf in sorted((EXAMPLE / "raw").iterdir())[1:11]:
        shutil.copyfile(pdf, home.raw / pdf.name)
    assert run(home).learned == ""
    store = open_store(home.database)
    assert not is_due(store, home)
    taken = import_decisions(store, home.framework, EXAMPLE / "decisions.jsonl", now=NOW, who="tester")
    assert is_due(store, home)
    assert "classifier-" in run(home).learned
    assert not is_due(store, home) and run(home).learned == ""
    undo_import(store, home.framework, taken.import_id, now=NOW, who="tester")
    assert not is_due(store, home)
    with pytest.raises(ModelError, match="too few to learn from"):
        train_model(store, home, now=NOW, who="tester")
    store.close()


def test_models_are_trained_shown_promoted_and_retired_by_command(trained: tuple[Home, Store, str]) -> None:
    home, _, model_id = trained
    at = ("--home", str(home.root))
    assert "made from these very decisions already" in call(*at, "train").stdout
    assert model_id in call(*at, "models").stdout
    assert "stakeholders.ta" in call(*at, "models", "show", model_id).stdout
    listed = json.loads(call(*at, "models", "--json").stdout)
    assert any(x["model_id"] == model_id and x["state"] == "champion" for x in listed)
    assert "is retired" in call(*at, "models", "retire", model_id, "--why", "a try").stdout
    assert "proposes from now on" in call(*at, "models", "promote", model_id).stdout
    assert "no model nonsense" in call(*at, "models", "promote", "nonsense", code=11).stderr
    assert "no model ../x" in call(*at, "models", "show", "../x", code=11).stderr


def test_a_home_without_decisions_says_how_many_are_needed(tmp_path: Path) -> None:
    call("--home", str(tmp_path), "init")
    assert "At least 8 are needed" in call("--home", str(tmp_path), "train", code=11).stderr
    assert "No model yet" in call("--home", str(tmp_path), "models").stdout


def test_how_far_the_queue_was_worked_is_recorded_when_a_model_is_promoted(
    trained: tuple[Home, Store, str],
) -> None:
    home, store, _ = trained
    with store.reading() as db:
        kept = cut_offs(db, home.framework.framework_id)
    assert {c.model_id for c in kept} == {Proposer(home.framework).model_id}
    assert ("stakeholders", "ta") in {(c.dimension, c.code) for c in kept}
