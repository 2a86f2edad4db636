"""The coded rows of the store stay true with the decisions, whatever happens, and tables read little else."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.schema import DropTable

from ctg_nlp.adjudicating import adjudicate
from ctg_nlp.coding import exported_lines, import_decisions, undo_import
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.dataset import dataset
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Dimension
from ctg_nlp.records import Answer, Group, Report, ReportKind, VerdictKind
from ctg_nlp.resolved import states_of, values_of
from ctg_nlp.review.acts import Forbidden
from ctg_nlp.review.adjudication import REASONS
from ctg_nlp.review.resolution import resolve
from ctg_nlp.settings import make_home
from ctg_nlp.status import status
from ctg_nlp.store import coded as coded_store
from ctg_nlp.store import counting as counting_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import MIGRATIONS, Store, open_store, upgrade
from ctg_nlp.store.schema import METADATA
from ctg_nlp.tallies import refresh

from .desks import ID, OTHER, fill, make_desk, uid
from .test_store import plans

NOW = "2026-03-01T00:00:00+00:00"


def stored_and_resolved(desk: Desk) -> tuple[dict, dict]:  # type: ignore[type-arg]
    framework = desk.framework
    with desk.store.reading() as db:
        stored = coded_store.coded_rows(db, framework.framework_id)
        resolved = {}
        for report_id in stored:
            records = resolve(decision_store.decisions(db, [report_id]), framework)
            resolved[report_id] = states_of(framework, records), values_of(framework, records)
    return stored, resolved


class Somebody:
    """Does one thing after the other at a desk, by chance."""

    def __init__(self, desk: Desk, folder: Path, seed: int) -> None:
        self.desk, self.folder, self.rng = desk, folder, random.Random(seed)
        self.acts: list[tuple[str, str, str]] = []
        self.imports: list[str] = []

    def act(self) -> None:
        step = self.rng.choice((self.answer, self.answer, self.answer, self.rest, self.settle, self.undo,
                                self.take_in, self.take_back))  # fmt: skip
        with suppress(Forbidden, CtgError):  # what is not allowed just now changes nothing
            step()

    def doing(self, answer: bool = True) -> tuple[str, Doing]:
        dimension = self.rng.choice(self.desk.framework.dimensions[:6])
        report_id, act_id = self.rng.choice((ID, OTHER)), uid()
        if not answer:
            return report_id, Doing(act_id, dimension.id, None, None)
        if not dimension.coded:
            value = (
                self.rng.choice((None, 1, 2))
                if dimension.kind == "number"
                else self.rng.choice(("Hull", None))
            )
            return report_id, Doing(act_id, dimension.id, None, Answer.VALUE, value)
        said = self.rng.choice((Answer.PRESENT, Answer.ABSENT, Answer.UNSURE))
        return report_id, Doing(act_id, dimension.id, self.rng.choice(dimension.codes).id, said, replace=True)

    def answer(self) -> None:
        self.done(*self.doing())

    def rest(self) -> None:
        self.done(*self.doing(answer=False))

    def done(self, report_id: str, doing: Doing) -> None:
        coder = self.rng.choice(("ada", "bob"))
        self.desk.as_coder(coder, restricted=False).do(report_id, doing)
        self.acts.append((coder, report_id, doing.act_id))

    def settle(self) -> None:
        report_id, doing = self.doing()
        adjudicate(
            self.desk.as_coder("lead", restricted=False), report_id, doing, self.rng.choice(list(REASONS))
        )

    def undo(self) -> None:
        if self.acts:
            coder, report_id, act_id = self.acts.pop()
            self.desk.as_coder(coder, restricted=False).undo(report_id, act_id)

    def take_in(self) -> None:
        dimension: Dimension = self.rng.choice([d for d in self.desk.framework.dimensions[:6] if d.coded])
        line = {"report": f"report {self.rng.choice((1, 2))}.pdf", "coder": "bob", "dimension": dimension.id,
                "codes": [self.rng.choice(dimension.codes).id]}  # fmt: skip
        file = self.folder / f"{uid()}.jsonl"
        file.write_text(json.dumps(line) + "\n", encoding="utf-8")
        done = import_decisions(self.desk.store, self.desk.framework, file, now=NOW, who="me", again=True)
        self.imports.append(done.import_id)

    def take_back(self) -> None:
        if self.imports:
            undo_import(self.desk.store, self.desk.framework, self.imports.pop(), now=NOW, who="me")


@pytest.mark.parametrize("seed", range(4))
def test_stored_rows_equal_what_decisions_come_to_after_whatever_was_done(
    store: Store, tmp_path: Path, seed: int
) -> None:
    home = make_home(tmp_path / "home")
    for n, report_id in enumerate((ID, OTHER), 1):
        fill(store, home.framework, report_id, n, 0.6)
    desk = make_desk(home, store)
    somebody = Somebody(desk, tmp_path, seed)
    for _ in range(40):
        somebody.act()
        stored, resolved = stored_and_resolved(desk)
        assert stored == resolved
    assert somebody.acts and any(any(states) for states, _ in stored.values())


def test_what_was_withdrawn_is_in_no_table_and_what_was_erased_leaves_no_row(
    store: Store, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home")
    fill(store, home.framework, ID, 1, 0.6)
    fill(store, home.framework, OTHER, 2, 0.6)
    desk = make_desk(home, store)
    desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT))
    withdraw_report(store, "report 1.pdf", now=NOW, who="me", why="asked for")
    assert [r.report_id for r in dataset(store, home.framework).reports] == [OTHER]
    erase_report(store, home, "report 1.pdf", now=NOW, who="me", why="asked for")
    with store.reading() as db:
        assert set(coded_store.coded_rows(db, home.framework.framework_id)) == {OTHER}


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old.sqlite'}"
    url: str = request.getfixturevalue("postgres")
    engine = open_store(url, create=True).engine
    with engine.begin() as db:
        db.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    engine.dispose()
    return url


def to_revision(store: Store, revision: str, step: Callable[..., None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.transaction() as connection:
        config.attributes["connection"] = connection
        step(config, revision)


ORPHANS = """SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgfoid = p.oid)"""


def test_a_store_of_before_gets_its_coded_rows_from_its_decisions(address: str, tmp_path: Path) -> None:
    """As release 0005 left it: decisions and tallies, and no coded rows."""
    home = make_home(tmp_path / "home")
    upgrade(address)
    store = open_store(address)
    fill(store, home.framework, ID, 1, 0.6)
    desk = make_desk(home, store)
    desk.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT))
    desk.do(ID, Doing(uid(), "group_size", None, Answer.VALUE, 5))
    before = dataset(store, home.framework)
    then = Store(create_engine(f"sqlite:///{tmp_path / 'then.sqlite'}"))
    to_revision(then, "0005", command.upgrade)
    kept = set(inspect(then.engine).get_table_names())
    then.close()
    with store.transaction() as db:
        for table in reversed(METADATA.sorted_tables):
            if table.name not in kept:
                db.execute(DropTable(table))
        if db.dialect.name == "postgresql":  # what their triggers called
            for name in db.execute(text(ORPHANS)).scalars().all():
                db.execute(text(f"DROP FUNCTION {name}"))
        db.execute(text("UPDATE alembic_version SET version_num = '0005'"))
    to_revision(store, "head", command.upgrade)
    with store.reading() as db:
        assert coded_store.coded_rows(db, home.framework.framework_id) == {}
    assert refresh(store, home.framework) == 1
    assert refresh(store, home.framework) == 0
    assert dataset(store, home.framework) == before and before.decided == 1
    store.close()


def put(db: Connection, report_id: str, sequence: int, **changes: object) -> None:
    given = {"group_id": f"G{sequence}", "kind": ReportKind.FINAL, "verdict": VerdictKind.ACCEPTED,
             "counted": True, "settled": True, **changes}  # fmt: skip
    report_store.put_report(
        db,
        Report(report_id, sequence, f"{sequence}.pdf", "p", received_at=NOW, **given),  # type: ignore[arg-type]
    )


def test_a_scan_that_people_read_counts_and_a_trainees_reading_or_an_undone_one_does_not(
    store: Store, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home")
    with store.transaction() as db:
        put(db, ID, 1, verdict=VerdictKind.REFUSED, counted=False)
        put(db, OTHER, 2, verdict=VerdictKind.REFUSED, counted=False, group_id="G1")
        report_store.put_groups(db, [Group("G1", 0, "1"), Group("G2", 1, "2")])
    desk = make_desk(home, store)
    assert dataset(store, home.framework).reports == ()
    doing = Doing(uid(), "stakeholders", "pupils", Answer.PRESENT)
    desk.do(ID, doing)
    desk.do(OTHER, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT))
    data = dataset(store, home.framework)
    assert [r.report_id for r in data.reports] == [ID]  # one report for each group
    assert [(g.group_id, g.reason) for g in data.silent] == [("G2", "nothing was received")]
    assert status(store, home.framework).counted == 1
    desk.undo(ID, doing.act_id)
    assert [r.report_id for r in dataset(store, home.framework).reports] == [OTHER]


def test_the_status_counts_what_is_undecided_as_the_decisions_do(store: Store, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    for n, report_id in enumerate((ID, OTHER), 1):
        fill(store, home.framework, report_id, n, 0.6)
    desk = make_desk(home, store)
    somebody = Somebody(desk, tmp_path, 7)
    for _ in range(60):
        somebody.act()
    with store.reading() as db:
        records = resolve(decision_store.decisions(db), home.framework)
    now = status(store, home.framework)
    for d in home.framework.stage("map"):
        done = sum(r.dimension == d.id and r.state == "decided" for r in records)
        assert now.undecided[d.id] == 2 - done
    assert now.conflicts == sum(len(r.conflicts) for r in records)


def test_which_reports_count_is_known_without_reading_the_decisions(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'a.sqlite'}", create=True)
    (plan,) = plans(store, counting_store.candidates)
    assert not any(step.split()[:2] == ["SCAN", "decision"] for step in plan), plan
    assert any("SEARCH decision USING INDEX ix_decision_report_id (report_id=?)" in step for step in plan), (
        plan
    )


def test_all_decisions_are_given_out_one_after_the_other_with_their_quotes(
    store: Store, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home")
    fill(store, home.framework, ID, 1, 0.6)
    desk = make_desk(home, store)
    somebody = Somebody(desk, tmp_path, 3)
    for _ in range(30):
        somebody.act()
    with store.reading() as db:
        streamed = list(decision_store.decisions(db))
        named = list(decision_store.decisions(db, [ID]))
    assert streamed == named and named
    assert next(exported_lines(store))["report"] == "report 1.pdf"
