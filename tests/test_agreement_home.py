"""Agreement of a whole project: from the store, on the command line, in files and on its page; and on the corpus."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ctg_nlp.agreement import Asked, Studies, disagreement_lines, study, warnings_of
from ctg_nlp.coding import import_decisions
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.errors import CtgError
from ctg_nlp.export.agreement_words import READING, figure, standing
from ctg_nlp.framework import Dimension
from ctg_nlp.records import (
    Answer,
    Assignment,
    AuditUnit,
    Decision,
    Draw,
    Opinion,
    Purpose,
    QuotedEvidence,
    Report,
    ReportKind,
    Suggestion,
    VerdictKind,
)
from ctg_nlp.review.agreement import CodeAgreement, Table
from ctg_nlp.review.estimate import Estimate, Method
from ctg_nlp.review.machine import SUGGESTION
from ctg_nlp.review.nltk_figures import NLTK
from ctg_nlp.settings import Home, make_home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.web.agreement_view import agreement_page
from ctg_nlp.web.app import create_app

from .command_line import call
from .conftest import ROOT

MODEL = "cues-1+x"
REPORTS = 24
HOSTILE = "<img src=x onerror=window.hacked=1>"
QUICKLY = Method(resamples=100)


def report_id(n: int) -> str:
    return f"{n:064x}"


def a_report(n: int, name: str) -> Report:
    return Report(
        report_id(n), n, name, f"data/raw/{name}", f"G{n}", ReportKind.FINAL, VerdictKind.ACCEPTED,
        received_at="2026-01-01T00:00:00+00:00", counted=True, settled=True, pages=1,
    )  # fmt: skip


def answers_of(
    home: Home, coder: str, dimension: Dimension, present: dict[int, set[str]], hour: int
) -> list[Decision]:
    """A coder's blind decisions on every code of a dimension, a report a day."""
    return [
        Decision(
            report_id(n), dimension.id, c.id, Answer.PRESENT if c.id in codes else Answer.ABSENT, coder,
            f"2026-02-{n:02}T{hour:02}:00:00+00:00", home.framework.framework_id,
            evidence=(QuotedEvidence(f"secret words of {coder}"),) if c.id in codes else (),
        )
        for n, codes in present.items()
        for c in dimension.codes
    ]  # fmt: skip


def fill(home: Home, store: Store) -> None:
    """24 reports: ada and ben code stakeholders blindly and differ on three, and cat sees suggestions."""
    dimension = home.framework.dimension("stakeholders")
    assert dimension is not None
    framework_id = home.framework.framework_id
    ada = {n: {"pupils", "slt"} if n <= 12 else {"teacher"} for n in range(1, REPORTS + 1)}
    ben = {n: codes ^ {"pupils"} if n in (1, 2, 20) else codes for n, codes in ada.items()}
    with store.transaction() as db:
        suggestion_store.put_framework(db, framework_id, "", "2026-01-01T00:00:00+00:00")
        for n in ada:
            report_store.put_report(db, a_report(n, f"{HOSTILE}{n}.pdf"))
            said = Suggestion(report_id(n), "stakeholders", "pupils", 0.9, 0.5, n <= 10, MODEL, framework_id,
                              opinions=(Opinion("cues-1", 0.9, n <= 11),))  # fmt: skip
            suggestion_store.put_suggestions(db, report_id(n), MODEL, framework_id, [said])
            suggestion_store.put_proposed(
                db, report_id(n), MODEL, framework_id, "e", "2026-01-01T00:00:00+00:00"
            )
        for coder, present, hour in (("ada", ada, 9), ("ben", ben, 10)):
            decision_store.add_decisions(db, answers_of(home, coder, dimension, present, hour))
    cat = Desk(home, store, "cat", lambda: "2026-03-01T09:00:00+00:00")
    for n in (1, 2):
        cat.do(
            report_id(n),
            Doing(str(uuid.uuid4()), "stakeholders", "pupils", Answer(("present", "absent")[n - 1])),
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Store]]:
    home = make_home(tmp_path_factory.mktemp("agreement") / "home")
    store = open_store(home.database, create=True)
    fill(home, store)
    yield home, store
    store.close()


def code_of(done, dimension: str, code: str) -> CodeAgreement:
    whole = next(d for d in done.dimensions if d.dimension == dimension)
    return next(c for c in whole.codes if c.code == code)


# The study


def test_only_independent_answers_enter_and_the_rest_is_told(project: tuple[Home, Store]) -> None:
    home, store = project
    done = study(store, home.framework, method=QUICKLY)
    assert done.coders == ("ada", "ben") and done.double_coded == REPORTS and done.assisted == 2
    assert code_of(done, "stakeholders", "pupils").pairs[0].table == Table(10, 2, 1, 11)
    assert [(k.coder, k.kept, k.added, k.taken_away) for k in done.kept] == [("cat", 1, 0, 1)]
    assert any("2 decisions were made with suggestions in view" in w for w in warnings_of(done))
    assert not any("rough" in w for w in warnings_of(done))


def test_postgresql_gives_the_same_figures(any_store: Store, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    fill(home, any_store)
    done = Studies().study(any_store, home.framework, method=QUICKLY)
    assert (done.double_coded, done.assisted, len(done.disagreements)) == (REPORTS, 2, 3)
    assert code_of(done, "stakeholders", "pupils").pairs[0].table == Table(10, 2, 1, 11)


def test_the_machine_is_compared_with_each_coder_rater_by_rater(project: tuple[Home, Store]) -> None:
    home, store = project
    found = {
        (m.figures.first, m.figures.second): m.figures.table
        for m in study(store, home.framework, method=QUICKLY).machine
    }
    assert found["cues-1", "ada"] == Table(11, 0, 1, 12) and found[SUGGESTION, "ada"] == Table(10, 0, 2, 12)
    assert found[SUGGESTION, "ben"] == Table(8, 2, 3, 11)


def test_drift_is_told_by_the_days_of_coding(project: tuple[Home, Store]) -> None:
    home, store = project
    done = study(store, home.framework, method=QUICKLY)
    assert [(b.since, b.until, b.reports) for b in done.drift[0].blocks] == [
        ("2026-02-01", "2026-02-12", 12), ("2026-02-13", "2026-02-24", 12)
    ]  # fmt: skip
    assert [(d.first, d.open) for d in done.from_record] == [("ada", 3), ("ben", 3)]


def test_a_lock_shuts_out_what_came_after_it(project: tuple[Home, Store]) -> None:
    home, store = project
    with store.transaction() as db:
        for n in range(1, REPORTS + 1):
            place = Assignment(report_id(n), "ben", Purpose.DOUBLE, n, "2026-01-01T00:00:00+00:00", "lead")
            independence_store.assign(db, [place])
            independence_store.lock(db, report_id(n), "ben", "2026-02-12T12:00:00+00:00")
    try:
        done = study(store, home.framework, method=QUICKLY)
    finally:  # the other tests share this home
        with store.transaction() as db:
            db.exec_driver_sql("DELETE FROM assignment")
    assert done.double_coded == 12 and any("Only 12 reports" in w for w in warnings_of(done))


def test_asking_for_a_coder_without_independent_decisions_is_told_in_words(
    project: tuple[Home, Store],
) -> None:
    home, store = project
    with pytest.raises(CtgError, match=r"no independent decisions of cat.*some of: ada, ben"):
        study(store, home.framework, Asked(("ada", "cat")))
    with pytest.raises(CtgError, match="at least two coders"):
        study(store, home.framework, Asked(("ada",)))


def test_the_library_and_the_quick_way_give_the_same_figures(project: tuple[Home, Store]) -> None:
    home, store = project
    quick = study(store, home.framework, method=QUICKLY)
    kept = study(store, home.framework, method=replace(QUICKLY, coefficients=NLTK))
    compared = 0
    for one, other in zip(quick.dimensions, kept.dimensions, strict=True):
        for a, b in [(one, other), *zip(one.codes, other.codes, strict=True)]:
            assert (a.alpha.low, a.alpha.high) == (b.alpha.low, b.alpha.high)
            assert (
                a.alpha.value == pytest.approx(b.alpha.value)
                if b.alpha.value is not None
                else a.alpha.value is None
            )
            compared += b.alpha.value is not None
    assert compared >= 3


def test_a_study_is_kept_until_decisions_change(project: tuple[Home, Store], tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    store = open_store(home.database, create=True)
    fill(home, store)
    studies = Studies()
    first = studies.study(store, home.framework, method=QUICKLY)
    assert studies.study(store, home.framework, method=QUICKLY) is first
    with store.transaction() as db:
        report_store.put_report(db, replace(a_report(1, "one.pdf"), withdrawn_at="2026-03-01T00:00:00+00:00"))
    assert studies.study(store, home.framework, method=QUICKLY).double_coded == REPORTS - 1
    store.close()


# Words


def test_a_coefficient_is_set_beside_the_customary_marks_without_a_verdict() -> None:
    assert standing(Estimate(0.83, 0.6, 0.9)) == "at least .800; its interval reaches below .667"
    assert standing(Estimate(0.7, 0.68, 0.9)) == ".667 to .800" and standing(Estimate(None)) == ""
    assert figure(Estimate(0.83, 0.6, 0.9)) == "0.83 [0.60, 0.90]" and figure(Estimate(None)) == "–"
    assert "Krippendorff (2004" in READING and "not a verdict" in READING


# The command


def test_the_command_prints_a_table_and_writes_files_of_which_only_one_holds_text(
    project: tuple[Home, Store], tmp_path: Path
) -> None:
    home, _ = project
    out = tmp_path / "out"
    done = call("--home", str(home.root), "agreement", "--resamples", "50", "--output", str(out))
    assert "24 reports were coded by two or more" in done.stdout and "10/2/1/11" in done.stdout
    assert "keep it where the reports are kept" in done.stderr
    assert sorted(p.name for p in out.iterdir()) == [
        "agreement.csv",
        "agreement.json",
        "agreement.md",
        "disagreements.jsonl",
    ]
    texts = {p.name: p.read_text(encoding="utf-8-sig") for p in out.iterdir()}
    assert [name for name, text in texts.items() if "secret" in text] == ["disagreements.jsonl"]
    assert "ada" not in texts["agreement.md"] and "NLTK" in texts["agreement.md"]
    rows = list(csv.DictReader(texts["agreement.csv"].splitlines()))
    (pair,) = [
        r for r in rows if (r["level"], r["dimension"], r["code"]) == ("pair", "stakeholders", "pupils")
    ]
    assert [pair[k] for k in ("both", "only first", "only second", "neither")] == ["10", "2", "1", "11"]
    assert float(pair["value"]) == pytest.approx(0.75, abs=0.01) and float(pair["low"]) < 0.75 < float(
        pair["high"]
    )
    assert json.loads(texts["agreement.json"])["coefficients"].startswith("NLTK")
    listed = [json.loads(x) for x in texts["disagreements.jsonl"].splitlines()]
    assert len(listed) == 3 and {s["coder"] for s in listed[0]["said"]} == {"ada", "ben"}
    assert listed[0]["said"][0]["evidence"] == ["secret words of ada"]


def test_json_and_the_choice_of_coders_and_stage(project: tuple[Home, Store]) -> None:
    home, _ = project
    asked = ("agreement", "--coder", "ada", "--coder", "ben", "--stage", "indepth", "--json")
    assert "no independent decisions of ada, ben" in call("--home", str(home.root), *asked, code=1).stderr
    said = json.loads(call("--home", str(home.root), *asked[:5], "--stage", "map", "--json").stdout)
    assert said["seed"] == 1 and said["stage"] == "map" and said["double_coded"] == REPORTS


def test_before_anybody_decided_the_command_says_so(tmp_path: Path) -> None:
    call("--home", str(tmp_path), "init")
    said = call("--home", str(tmp_path), "agreement").stdout
    assert "Fewer than two coders decided anything independently" in said


# The page


@pytest.fixture(scope="module")
def page(project: tuple[Home, Store]) -> str:
    desk = Desk(*project, "ada", lambda: "2026-03-01T09:00:00+00:00")
    with TestClient(create_app(desk), base_url="http://127.0.0.1") as client:
        assert "/agreement" in client.get("/progress").text
        answer = client.get("/agreement")
    assert answer.status_code == 200
    return answer.text


def test_the_page_shows_every_dimension_and_leads_to_each_disagreement(page: str) -> None:
    assert "10 / 2 / 1 / 11" in page and "Stakeholders" in page
    assert f'href="/reports/{report_id(1)}#d=stakeholders&amp;c=pupils"' in page
    assert page.count("#d=stakeholders") == 3


def test_the_page_escapes_what_reports_are_called_and_has_nothing_inline(page: str) -> None:
    assert HOSTILE not in page and "&lt;img src=x" in page
    assert not re.search(r"<script(?![^>]*src=)|style=|\son\w+=\"", page)


def blind(coder: str, n: int) -> Assignment:
    return Assignment(report_id(n), coder, Purpose.DOUBLE, n, "2026-01-01T00:00:00+00:00", "lead")


def test_what_is_still_coded_blind_neither_counts_nor_is_told_and_does_once_locked(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    store = open_store(home.database, create=True)
    fill(home, store)
    desk = Desk(home, store, "ben", lambda: "")

    def listed() -> int:
        return sum(d["differing"] for d in agreement_page(desk)["dimensions"])

    assert listed() == 3
    with store.transaction() as db:
        independence_store.assign(db, [blind("ben", 1), blind("dan", 2)])
    assert listed() == 0  # ben has blind coding to do first, so that nothing of others is told to him
    assert study(store, home.framework, method=QUICKLY).double_coded == REPORTS - 1
    with store.transaction() as db:
        independence_store.lock(db, report_id(1), "ben", "2026-02-03T00:00:00+00:00")
    done = study(store, home.framework, method=QUICKLY)
    assert done.double_coded == REPORTS and done.locked == 1
    assert listed() == 2  # dan still codes the report of the third
    store.close()


def test_the_machine_is_judged_on_the_audit_sample_alone_where_there_is_one(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    store = open_store(home.database, create=True)
    fill(home, store)
    with store.transaction() as db:
        units = [AuditUnit(report_id(n), 1, n / 100, n if n <= 5 else 0) for n in range(1, REPORTS + 1)]
        independence_store.add_draw(db, Draw(1, 1, REPORTS, 5, "2026-01-01T00:00:00+00:00", "lead"), units)
    done = study(store, home.framework, method=QUICKLY)
    assert done.unseen and {m.figures.table.reports for m in done.machine} == {5}
    assert any("5 of the 24 double-coded reports are of the audit sample" in w for w in warnings_of(done))
    assert study(store, home.framework, Asked(audit=True), QUICKLY).double_coded == 5
    store.close()


def test_the_server_computes_agreement_without_what_the_library_loads() -> None:
    code = (
        "import sys, ctg_nlp.web.app; assert 'numpy' not in sys.modules; import ctg_nlp.agreement; "
        "print([m for m in ('nltk', 'sklearn', 'pandas', 'scipy', 'matplotlib', 'spacy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


# The development corpus


def lines_of(shared: Path, name: str) -> list[dict]:
    return [json.loads(x) for x in (shared / "corpus/dev" / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def corpus(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Store]]:
    """Both coders of the development corpus; the reports' text is not needed."""
    home = make_home(tmp_path_factory.mktemp("corpus") / "home")
    store = open_store(home.database, create=True)
    manifest = json.loads((shared / "corpus/dev/manifest.json").read_text(encoding="utf-8"))
    with store.transaction() as db:
        for n, (group, entry) in enumerate(sorted(manifest.items()), start=1):
            report_store.put_report(db, replace(a_report(n, entry["file"]), group_id=group))
    for name in ("decisions.jsonl", "decisions_second.jsonl"):
        taken = import_decisions(
            store, home.framework, shared / "corpus/dev" / name, now="2026-01-01T00:00:00+00:00", who="t"
        )
        assert not taken.refused
    yield home, store
    store.close()


def by_hand(pairs: Sequence[tuple[bool, bool]]) -> tuple[Table, float | None, float | None]:
    """The table, alpha and kappa of two coders by the textbook's formulas, or None where nothing varies."""
    cell = Counter(pairs)
    n, differ = len(pairs), cell[True, False] + cell[False, True]
    table = Table(cell[True, True], cell[True, False], cell[False, True], cell[False, False])
    ones = 2 * table.both + differ
    if ones in (0, 2 * n):
        return table, None, None
    alpha = 1 - (2 * n - 1) * differ / (ones * (2 * n - ones))
    first, second = (table.both + table.first) / n, (table.both + table.second) / n
    chance = first * second + (1 - first) * (1 - second)
    return table, alpha, (1 - differ / n - chance) / (1 - chance)


def test_every_code_of_the_corpus_has_the_figures_worked_out_from_the_files_by_hand(
    corpus, shared: Path
) -> None:
    home, store = corpus
    done = study(store, home.framework, method=replace(QUICKLY, coefficients=NLTK))
    said: dict[tuple[str, str, str], set[str]] = {}
    for name in ("decisions.jsonl", "decisions_second.jsonl"):
        said |= {
            (x["coder"], x["report"], x["dimension"]): set(x["codes"])
            for x in lines_of(shared, name)
            if "codes" in x
        }
    names = sorted({report for _, report, _ in said})
    given = refused = 0
    for whole in done.dimensions:
        both = [
            r for r in names if {("lead", r, whole.dimension), ("second", r, whole.dimension)} <= set(said)
        ]
        for c in whole.codes:
            pairs = [
                tuple(c.code in said[who, r, whole.dimension] for who in ("lead", "second")) for r in both
            ]
            table, alpha, kappa = by_hand(pairs)
            assert c.reports == len(pairs) and (not pairs or c.pairs[0].table == table)
            if table.reports - table.neither >= 10 and alpha is not None:
                assert c.alpha.value == pytest.approx(alpha) and c.pairs[0].kappa.value == pytest.approx(
                    kappa
                )
                given += 1
            else:
                assert c.alpha.value is None and c.alpha.why
                refused += 1
    assert given >= 40 and refused >= 20


def test_every_disagreement_of_the_corpus_is_listed(corpus, shared: Path) -> None:
    home, store = corpus
    done = study(store, home.framework, method=QUICKLY)
    first, second = (
        {(x["report"], x["dimension"], c) for x in lines_of(shared, name) for c in x.get("codes", ())}
        for name in ("decisions.jsonl", "decisions_second.jsonl")
    )
    shared_places = {(x["report"], x["dimension"]) for x in lines_of(shared, "decisions_second.jsonl")}
    wanted = {p for p in first ^ second if p[:2] in shared_places}
    listed = {(x["report"], x["dimension"], x["code"]) for x in disagreement_lines(store, done)}
    assert listed == wanted and done.double_coded == 49


def test_what_was_studied_once_is_not_reckoned_again(corpus) -> None:
    home, store = corpus
    studies, took = Studies(), list[float]()
    for _ in range(2):
        begun = time.process_time()
        studies.study(store, home.framework)
        took.append(time.process_time() - begun)
    assert took[1] < took[0] / 3
