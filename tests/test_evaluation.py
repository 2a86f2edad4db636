"""`ctg evaluate` and `ctg simulate` on the bundled example, as a person calls them and as the library does it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctg_nlp import evaluation
from ctg_nlp.aggregation import last_suggestions, suggestion_lines
from ctg_nlp.cli.main import ctg
from ctg_nlp.clock import utc_now
from ctg_nlp.coding import import_decisions
from ctg_nlp.decided import decided_reports
from ctg_nlp.errors import CtgError
from ctg_nlp.evaluation import evaluate, traits_of
from ctg_nlp.export.evaluation import Sheet, brief, shown_rows
from ctg_nlp.plain import run_plain
from ctg_nlp.records import DecidedReport, Suggestion
from ctg_nlp.review.queue import uncertainty
from ctg_nlp.settings import Home, make_home
from ctg_nlp.simulation import simulate
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.suggest.effort import Cost
from ctg_nlp.suggest.judging import judged, judged_values
from ctg_nlp.suggest.measures import by_code, by_dimension, totals
from ctg_nlp.suggest.rater import Rating
from ctg_nlp.suggest.training import fold_of

from .command_line import call
from .conftest import EXAMPLE, ROOT

EVERY = "700"  # decisions: the classifier learns once, after nine reports


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Store]:
    """The bundled reports, read, with their decisions; without the framework's examples, to learn quickly."""
    root = tmp_path_factory.mktemp("evaluation")
    own = root / "ctg.yaml"
    lines = (ROOT / "ctg_nlp/frameworks/ctg.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    own.write_text("".join(x for x in lines if not x.startswith("examples:")), encoding="utf-8")
    home = make_home(root / "home", str(own))
    home.register.write_bytes((EXAMPLE / "register.csv").read_bytes())
    run_plain(home, EXAMPLE / "raw", run_id="example", clock=utc_now)
    store = open_store(home.database)
    import_decisions(store, home.framework, EXAMPLE / "decisions.jsonl", now=utc_now(), who="tester")
    return home, store


@pytest.fixture(scope="module")
def reports(example: tuple[Home, Store]) -> tuple[DecidedReport, ...]:
    home, store = example
    return decided_reports(store, home.framework)


def test_evaluate_by_command_prints_tables_and_writes_files_that_agree(example, tmp_path: Path) -> None:
    home, _ = example
    done = call("--home", str(home.root), "evaluate", "--folds", "2", "--per-code", "--output", str(tmp_path))
    assert "1362 decisions on 15 reports, judged in 2 folds" in done.stdout
    assert "For 1 of 2 folds the other reports had too few decisions" in done.stdout
    for said in ("suggestions", "classifier-1", "codes that were learned", "group_size", "scan", "too few"):
        assert said in done.stdout
    assert "high_fsm" in done.stdout and done.stderr.count("Wrote ") == 11
    figures = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    assert figures["reports"] == 15 and figures["learned_folds"] == 1
    assert 0.6 < figures["joined"]["micro"]["f1"] < 1
    with (tmp_path / "evaluation_codes.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(r["right"]) for r in rows) == figures["joined"]["micro"]["tp"]
    for name in ("reliability", "codes"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert "share that coders found present" in (tmp_path / "reliability.svg").read_text(encoding="utf-8")


def test_simulate_by_command_replays_to_the_final_tables(example, tmp_path: Path) -> None:
    home, _ = example
    call_for = ("--home", str(home.root), "simulate", "--retrain-every", EVERY, "--find-seconds", "30")
    done = call(*call_for, "--output", str(tmp_path))
    assert "1230 decisions on 15 reports" in done.stdout and "By the cost model" in done.stdout
    assert done.stderr.count("Wrote ") == 7
    figures = json.loads((tmp_path / "simulation.json").read_text(encoding="utf-8"))
    assert [s["trained_on"] for s in figures["steps"]] == [0] * 9 + [9] * 7
    assert figures["cost"]["find"] == 30 and figures["steps"][-1]["with_suggestions"]["largest"] == 0
    for name in ("error_by_effort", "error_by_table"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert "percentage points" in (tmp_path / "error_by_effort.svg").read_text(encoding="utf-8")


def test_the_least_sure_report_comes_first_if_asked_and_json_is_printed(example) -> None:
    home, _ = example
    said = call(
        "--home", str(home.root), "simulate", "--order", "uncertain", "--retrain-every", "0", "--json"
    )
    figures = json.loads(said.stdout)
    assert figures["order"] == "uncertain" and {s["trained_on"] for s in figures["steps"]} == {0}
    assert [s["reports"] for s in figures["steps"]] == list(range(16))


def test_too_few_decisions_are_told_in_words(tmp_path: Path) -> None:
    make_home(tmp_path)
    for command, said in (
        ("evaluate", "at least 2 are needed"),
        ("simulate", "There are no decisions to replay"),
    ):
        done = CliRunner().invoke(ctg, ["--home", str(tmp_path), command])
        assert isinstance(done.exception, CtgError) and said in str(done.exception)


def test_folds_that_cannot_be_are_told_in_words(example, reports) -> None:
    framework = example[0].framework
    with pytest.raises(CtgError, match="at least 2 folds, not 1"):
        evaluate(framework, reports, (), 1)
    one_group = [replace(r, group_id="G1") for r in reports[:3]]
    with pytest.raises(CtgError, match="All 3 reports with decisions fall into one of 5 folds"):
        evaluate(framework, one_group, ())


def test_no_report_is_judged_by_what_learned_from_its_group(example, reports, monkeypatch) -> None:
    seen: list[frozenset[str]] = []

    def learn(framework: object, others: Sequence[DecidedReport], *rest: object, **options: object) -> None:
        seen.append(frozenset(r.group_id for r in others))

    monkeypatch.setattr(evaluation, "train", learn)
    done = evaluate(example[0].framework, reports, (), 5)
    groups = {r.group_id for r in reports}
    held = [groups - others for others in seen]
    assert sorted(g for fold in held for g in fold) == sorted(groups), "each group is held out once"
    assert all(len({fold_of(r) for r in reports if r.group_id in fold}) == 1 for fold in held)
    assert (done.folds, done.learned_folds) == (len(seen), 0)


@pytest.fixture(scope="module")
def by_cues(example, reports):
    """An evaluation in which nothing was learned: three reports at a time are too few."""
    home, store = example
    return evaluate(home.framework, reports[:7], (), traits=traits_of(store, reports))


def test_slices_part_the_reports_and_small_ones_have_no_figures(by_cues) -> None:
    assert {s.by for s in by_cues.slices} >= {"text", "length", "phase", "cohort"}
    for by in ("text", "length", "phase", "cohort"):
        assert sum(s.reports for s in by_cues.slices if s.by == by) == 7
    for s in by_cues.slices:
        assert s.too_small == (s.reports < 5) and (s.totals is None) == s.too_small
    assert {s.name for s in by_cues.slices if s.by == "cohort"} <= {"1", "2"}


def test_each_rater_stands_beside_the_suggestions_on_the_same_codes(by_cues) -> None:
    assert [r.rater.split("-")[0] for r in by_cues.raters] == ["cues", "facts"]
    for r in by_cues.raters:
        assert r.alone.pairs == r.joined.pairs <= by_cues.joined.pairs
        assert r.alone.prevalence == r.joined.prevalence
    everything, learned, others = by_cues.calibration
    assert (everything.pairs, learned.pairs) == (others.pairs, 0)


def test_an_optional_rater_is_judged_too(example, reports) -> None:
    class Hopeful:
        rater_id = "hopeful-1"

        def rate(self, passages: object) -> dict[tuple[str, str], Rating]:
            return {("partnership", "vision"): Rating(0.9, says=True)}

    done = evaluate(example[0].framework, reports[:4], (), raters=[Hopeful()])
    (found,) = [r for r in done.raters if r.rater == "hopeful-1"]
    assert (found.alone.pairs, found.alone.micro.fn) == (4, 0)


def test_an_evaluation_is_plain_json_and_the_same_each_time(example, reports, by_cues) -> None:
    home, store = example
    again = evaluate(home.framework, reports[6::-1], (), traits=traits_of(store, reports))
    assert json.loads(json.dumps(again.to_json())) == json.loads(json.dumps(by_cues.to_json()))


def test_a_replay_ends_at_the_final_tables_and_its_counts_only_grow(example, reports) -> None:
    done = simulate(example[0].framework, reports, (), retrain_every=0)
    first, last = done.steps[0], done.steps[-1]
    assert first.decisions == 0 and first.decided_only is None and first.with_suggestions is not None
    assert last.with_suggestions.largest == 0 == last.decided_only.largest
    for before, after in zip(done.steps, done.steps[1:], strict=False):
        assert after.reports == before.reports + 1 and after.decisions > before.decisions
        assert after.seconds > before.seconds and after.seconds_unassisted > before.seconds_unassisted
    assert len(last.tables) == len(example[0].framework.tables())
    assert json.loads(json.dumps(done.to_json()))["steps"][3]["reports"] == 3


def test_suggestions_that_are_always_right_leave_no_error(example, reports) -> None:
    """Decisions made equal to what is suggested: nothing to change, and tables right from the start."""
    framework = example[0].framework
    from ctg_nlp.suggest.propose import Proposer

    proposer = Proposer(framework)
    agreed = [_as_suggested(r, proposer.propose(r.report_id, r.passages)) for r in reports]
    done = simulate(
        framework, agreed, (), retrain_every=0, cost=Cost(confirm=1, find=100, reject=100, rest=0)
    )
    assert all(s.with_suggestions.largest == 0 for s in done.steps)
    e = done.steps[-1].effort
    assert (e.changed, e.rejected, e.added) == (0, 0, 0) and done.steps[-1].seconds == e.kept


def _as_suggested(report: DecidedReport, suggestions: Sequence[Suggestion]) -> DecidedReport:
    codes = {(s.dimension, s.code): s.suggested for s in suggestions if s.code}
    values = {s.dimension: s.value for s in suggestions if not s.code and s.suggested}
    present = frozenset(k for k, suggested in codes.items() if suggested)
    return replace(report, present=present, absent=frozenset(codes) - present, values=values)


def test_uncertainty_is_nought_where_all_is_sure_and_one_where_all_is_even() -> None:
    def scored(score: float) -> Suggestion:
        return Suggestion("r", "d", "c", score, 0.5, True, "m", "f")

    assert uncertainty([scored(0.0), scored(1.0)]) == 0 == uncertainty([])
    assert uncertainty([scored(0.5)]) == 1
    assert uncertainty([scored(0.4)]) > uncertainty([scored(0.9)]) > 0


def test_a_long_table_is_shortened_for_the_terminal_from_first_to_last() -> None:
    rows = tuple((i, i / 3) for i in range(50))
    shown = brief(Sheet("simulation_steps", "", ("reports", "error"), rows, texts=0, decimals=1))
    assert len(shown.rows) == 12 and shown.rows[0] == rows[0] and shown.rows[-1] == rows[-1]
    assert shown_rows(replace(shown, rows=((1, None), (2, 0.25)))) == [("1", "–"), ("2", "0.2")]


def test_the_figures_are_those_of_the_ruler(example, reports, shared: Path, tmp_path: Path) -> None:
    """The corpus's own script, on the suggestions and decisions of the example."""
    home, store = example
    given = tmp_path / "suggestions.jsonl"
    lines = suggestion_lines(store, home.framework)
    given.write_text("".join(json.dumps(x) + "\n" for x in lines), encoding="utf-8")
    command = [
        sys.executable,
        str(shared / "corpus/score.py"),
        str(given),
        str(EXAMPLE / "decisions.jsonl"),
        "--per-code",
    ]
    ruler = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    said: dict[str, list[Suggestion]] = {}
    for s in last_suggestions(store, home.framework):
        said.setdefault(s.report_id, []).append(s)
    pairs = [p for r in reports for p in judged(r, said[r.report_id])]
    t = totals(pairs)
    ours = (
        t.micro.f1,
        t.micro.precision,
        t.micro.recall,
        t.macro_f1,
        t.mean_average_precision,
        t.evidence_overlap,
    )
    names = ("micro_f1", "precision", "recall", "macro_f1", "mean_average_precision", "evidence_hit")
    assert [round(v, 4) for v in ours if v is not None] == [ruler[name] for name in names]
    values = by_dimension(v for r in reports for v in judged_values(r, said[r.report_id]))
    assert {f"{v.dimension}_accuracy": round(v.accuracy, 4) for v in values}.items() <= ruler.items()
    for c in by_code(pairs):
        detail = ruler["codes_detail"][f"{c.dimension}.{c.code}"]
        assert (detail["tp"], detail["fp"], detail["fn"]) == (c.counts.tp, c.counts.fp, c.counts.fn)
        if detail["ap"] is not None:
            assert detail["ap"] == round(c.average_precision or 0, 3)
