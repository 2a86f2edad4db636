"""Every changed cell of the tables names why it changed, and the causes add up to the difference."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ctg_nlp.causes import Cause
from ctg_nlp.cell_changes import CellChange
from ctg_nlp.changes import Changes, changes_since
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.coding import undo_import
from ctg_nlp.custody import erase_report, use_report, withdraw_report
from ctg_nlp.dataset import dataset
from ctg_nlp.errors import CtgError
from ctg_nlp.rebuilds import keep
from ctg_nlp.records import Assignment, Group, Purpose
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store.rebuilds import decisions_at, events_since
from ctg_nlp.synthesis.changes import Asked, totals

from .small_project import SmallProject, framework, small_project


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    made = small_project(tmp_path / "home")
    yield made
    made.store.close()


def kept(project: SmallProject):
    return keep(project.store, project.home, now=project.now(), who="lead")


def since(project: SmallProject, rebuild, **asked) -> Changes:
    return changes_since(project.store, project.home, rebuild.rebuild_id, Asked(**asked))


def cell(changes: Changes, table: str, row: str, part: str = "") -> CellChange:
    return next(c for c in changes.cells if (c.table, c.row, c.part) == (table, row, part))


def causes(changes: Changes, table: str = "aims", row: str = "a", part: str = "") -> dict[Cause, tuple]:
    found = cell(changes, table, row, part).contributions
    return {c.cause: (c.reports, c.n, c.denominator) for c in found}


def two_reports(project: SmallProject) -> None:
    for name in ("one.pdf", "two.pdf"):
        project.arrive(name)
    project.decide("one.pdf", "aims", codes=["a"])


def test_a_new_decision_is_named_with_its_coder(project: SmallProject) -> None:
    two_reports(project)
    first = kept(project)
    project.decide("two.pdf", "aims", codes=["a"], coder="ben")
    changes = since(project, first)
    assert causes(changes) == {Cause.DECIDED: (1, 1, 1)}
    assert causes(changes, row="b") == {Cause.DECIDED: (1, 0, 1)}
    found = cell(changes, "aims", "a")
    assert (found.before.n, found.before.denominator, found.after.n, found.after.denominator) == (1, 1, 2, 2)
    (moved,) = found.contributions[0].moved
    assert (moved.name, moved.coder) == ("two.pdf", "ben")


def test_a_changed_decision_a_disagreement_and_its_adjudication_are_told_apart(project: SmallProject) -> None:
    two_reports(project)
    first = kept(project)
    project.decide("one.pdf", "aims", codes=["b"])
    assert causes(since(project, first)) == {Cause.CHANGED: (1, -1, 0)}
    second = kept(project)
    project.decide("one.pdf", "aims", codes=["a", "b"], coder="ben")
    assert causes(since(project, second)) == {Cause.DISAGREEMENT: (1, 0, -1)}
    third = kept(project)
    project.decide("one.pdf", "aims", codes=["a"], absent=[], coder="eve", role="adjudicator")
    assert causes(since(project, third)) == {Cause.ADJUDICATION: (1, 1, 1)}


def test_an_import_that_was_undone_is_named(project: SmallProject) -> None:
    two_reports(project)
    done = project.decide("two.pdf", "aims", codes=["a"])
    first = kept(project)
    undo_import(project.store, project.home.framework, done, now=project.now(), who="lead")
    assert causes(since(project, first)) == {Cause.UNDONE: (1, -1, -1)}


def test_new_withdrawn_and_revised_reports_are_told_apart(project: SmallProject) -> None:
    two_reports(project)
    project.arrive("draft.pdf", "G1")
    project.arrive("final.pdf", "G1", counted=False)
    project.decide("draft.pdf", "aims", codes=["a"])
    project.decide("final.pdf", "aims", codes=["b"])
    first = kept(project)
    project.arrive("three.pdf")
    project.decide("three.pdf", "aims", codes=["a"])
    withdraw_report(project.store, "one.pdf", now=project.now(), who="lead", why="asked")
    use_report(project.store, "final.pdf", now=project.now(), who="lead")
    changes = since(project, first)
    assert causes(changes) == {
        Cause.NEW_REPORT: (1, 1, 1), Cause.WITHDRAWN: (1, -1, -1), Cause.REVISED: (2, -1, 0),
    }  # fmt: skip
    assert causes(changes, row="b")[Cause.REVISED] == (2, 1, 0)


def test_what_an_erased_report_counted_remains_and_its_name_does_not(project: SmallProject) -> None:
    two_reports(project)
    first = kept(project)
    withdraw_report(project.store, "one.pdf", now=project.now(), who="lead", why="asked")
    erase_report(project.store, project.home, "one.pdf", now=project.now(), who="lead", why="law")
    changes = since(project, first)
    assert causes(changes) == {Cause.ERASED: (1, -1, -1)}
    assert cell(changes, "aims", "a").before.n == 1 and not cell(changes, "aims", "a").contributions[0].moved


def test_a_cohort_that_changed_moves_reports_between_the_parts_of_a_breakdown(project: SmallProject) -> None:
    project.register(Group("one.pdf", 0, "1"), Group("two.pdf", 1, "2"))
    two_reports(project)
    first = kept(project)
    project.register(Group("one.pdf", 0, "2"), Group("two.pdf", 1, "2"))
    assert not since(project, first).cells
    changes = since(project, first, by="cohort")
    assert causes(changes, part="1") == {Cause.REGISTER: (1, -1, -1)}
    assert causes(changes, part="2") == {Cause.REGISTER: (1, 1, 1)}


def test_a_framework_version_is_named_and_a_renamed_code_is_the_same_cell(project: SmallProject) -> None:
    two_reports(project)
    project.decide("two.pdf", "aims", codes=["b"])
    first = kept(project)
    history = [{"version": "2", "edits": [
        {"edit": "rename", "dimension": "aims", "from": "a", "to": "z"},
        {"edit": "merge", "dimension": "aims", "from": ["b", "c"], "to": "m"},
        {"edit": "rename dimension", "from": "aims", "to": "goals"},
    ]}]  # fmt: skip
    project.switch(framework("2", history, goals={"kind": "multi", "codes": ["z", "m"]}))
    project.decide("one.pdf", "goals", codes=["m"])
    changes = since(project, first)
    assert causes(changes, "goals", "z") == {Cause.CHANGED: (1, -1, 0)}
    assert causes(changes, "goals", "m") == {Cause.CHANGED: (1, 1, 0), Cause.FRAMEWORK: (2, 1, 2)}
    assert causes(changes, "goals", "b") == {Cause.FRAMEWORK: (2, -1, -2)}
    assert cell(changes, "goals", "b").after is None and cell(changes, "goals", "m").before is None


def test_a_rebuild_is_named_by_id_date_or_as_the_last_that_differs(project: SmallProject) -> None:
    two_reports(project)
    with pytest.raises(CtgError, match="none was kept yet"):
        changes_since(project.store, project.home, "last")
    first = kept(project)
    project.decide("two.pdf", "aims", codes=["a"])
    kept(project)
    for name in (first.rebuild_id, "last"):
        assert changes_since(project.store, project.home, name).rebuild == first
    assert not changes_since(project.store, project.home, first.made_at[:10]).cells
    with pytest.raises(CtgError, match="no rebuild 2020-01-01"):
        changes_since(project.store, project.home, "2020-01-01")


EDITS = [
    [{"edit": "rename", "dimension": "aims", "from": "a", "to": "z"}],
    [{"edit": "merge", "dimension": "aims", "from": ["z", "b"], "to": "m"}],
    [{"edit": "split", "dimension": "aims", "from": "m", "to": ["p", "q"]},
     {"edit": "new", "dimension": "phase", "to": "middle"}],
    [{"edit": "retire", "dimension": "aims", "from": "q"}],
]  # fmt: skip
CODES = [["a", "b", "c"], ["z", "b", "c"], ["m", "c"], ["p", "q", "c"], ["p", "c"]]


class Player:
    """Does acts by chance on a real store, and knows what the tables then were."""

    def __init__(self, project: SmallProject, chance: random.Random) -> None:
        self.project, self.chance, self.version = project, chance, 1
        self.imports: list[str] = []
        self.open: list[str] = []
        self.gone: list[str] = []
        self.groups: dict[str, str] = {}

    def act(self) -> None:
        kinds = [self.arrive, self.decide, self.decide, self.decide, self.undo, self.withdraw, self.erase,
                 self.use, self.register, self.switch]  # fmt: skip
        self.chance.choice(kinds)()

    def arrive(self) -> None:
        name, group = f"{len(self.project.names)}.pdf", f"G{self.chance.randrange(4)}"
        counted = group not in self.groups.values()
        self.project.arrive(name, group, counted=counted)
        self.groups[name] = group
        self.open.append(name)

    def decide(self) -> None:
        if not self.open:
            return
        report, coder = self.chance.choice(self.open), self.chance.choice(["ann", "ben", "eve"])
        role = {"role": "adjudicator"} if coder == "eve" else {}
        phases = ["early", "late"] + (["middle"] if self.version >= 4 else [])
        said = self.chance.choice([
            ("aims", {"codes": [c for c in CODES[self.version - 1] if self.chance.random() < 0.5]}),
            ("aims", {"codes": [], "absent": [], "unsure": CODES[self.version - 1][:1]}),
            ("phase", {"codes": [self.chance.choice(phases)]}),
            ("size", {"value": self.chance.choice([None, 3, 9])}),
        ])  # fmt: skip
        self.imports.append(self.project.decide(report, said[0], coder, **role, **said[1]))

    def undo(self) -> None:
        if self.imports:
            done = self.imports.pop(self.chance.randrange(len(self.imports)))
            undo_import(
                self.project.store, self.project.home.framework, done, now=self.project.now(), who="lead"
            )

    def withdraw(self) -> None:
        if self.open:
            self.gone.append(self.open.pop(self.chance.randrange(len(self.open))))
            withdraw_report(self.project.store, self.gone[-1], now=self.project.now(), who="lead", why="x")

    def erase(self) -> None:
        if self.gone:
            name = self.gone.pop()
            erase_report(
                self.project.store, self.project.home, name, now=self.project.now(), who="lead", why="x"
            )

    def use(self) -> None:
        if self.open:
            use_report(self.project.store, self.chance.choice(self.open), now=self.project.now(), who="lead")

    def register(self) -> None:
        self.project.register(*(Group(f"G{i}", i, self.chance.choice("12")) for i in range(4)))

    def switch(self) -> None:
        if self.version == 5 or self.chance.random() < 0.5:
            return
        self.version += 1
        history = [{"version": str(i + 2), "edits": e} for i, e in enumerate(EDITS[: self.version - 1])]
        phases = ["early", "late"] + (["middle"] if self.version >= 4 else [])
        dimensions = {
            "aims": {"kind": "multi", "codes": CODES[self.version - 1]},
            "phase": {"kind": "single", "codes": phases},
            "size": {"kind": "number"},
        }
        self.project.switch(framework(str(self.version), history, **dimensions))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_whatever_is_done_the_causes_add_up_to_the_difference(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(seed)
    project = small_project(tmp_path_factory.mktemp("played") / "home")
    player = Player(project, chance)
    made = []
    for _ in range(chance.randrange(4, 30)):
        player.act()
        if chance.random() < 0.3:
            home = project.home
            made.append(
                (kept(project), totals(home.framework, dataset(project.store, home.framework), Asked()))
            )
    now = totals(project.home.framework, dataset(project.store, project.home.framework), Asked())
    for rebuild, then in made:
        changes = since(project, rebuild)
        for c in changes.cells:
            n = sum(x.n for x in c.contributions)
            of = sum(x.denominator for x in c.contributions)
            assert n == (c.after.n if c.after else 0) - (c.before.n if c.before else 0), c
            if c.row != "total":
                assert of == (c.after.denominator if c.after else 0) - (
                    c.before.denominator if c.before else 0
                ), c
            assert Cause.OTHER not in {x.cause for x in c.contributions}, c
        if rebuild.framework_id == project.home.framework.framework_id:
            told = {(c.table, c.row): (c.before, c.after) for c in changes.cells}
            for key in then.keys() | now.keys():
                if then.get(key) != now.get(key):
                    assert told[key.table, key.row] == (then.get(key), now.get(key))
        known = dataset(project.store, project.home.framework).attribute_names
        for c in since(project, rebuild, by="cohort").cells if "cohort" in known else ():
            n = sum(x.n for x in c.contributions)
            assert n == (c.after.n if c.after else 0) - (c.before.n if c.before else 0), c
    project.store.close()


def test_what_was_undone_while_a_rebuild_waited_to_read_has_not_happened_after_it(
    project: SmallProject,
) -> None:
    two_reports(project)
    undone = project.decide("one.pdf", "aims", codes=["b"], coder="ben")
    asked_at = project.now()
    undo_import(project.store, project.home.framework, undone, now=project.now(), who="lead")
    first = keep(project.store, project.home, now=asked_at, who="lead")
    project.decide("one.pdf", "aims", codes=["b"])
    assert causes(since(project, first)) == {Cause.CHANGED: (1, -1, 0)}
    with project.store.reading() as db:
        assert [e.undone for e in events_since(db, first)] == [False] * 3
        stood = decisions_at(db, first, [f"{1:064x}"])
        assert {d.coder for d in stood} == {"ann"}


def test_what_was_undone_after_a_rebuild_was_read_has_happened_after_it(project: SmallProject) -> None:
    two_reports(project)
    late = project.decide("two.pdf", "aims", codes=["a"])
    asked_at = project.now()
    first = kept(project)
    undo_import(project.store, project.home.framework, late, now=asked_at, who="lead")
    assert causes(since(project, first)) == {Cause.UNDONE: (1, -1, -1)}


def test_a_breakdown_is_named_as_in_tables_and_a_wrong_name_is_refused(project: SmallProject) -> None:
    two_reports(project)
    first = kept(project)
    project.decide("two.pdf", "phase", codes=["late"])
    project.decide("two.pdf", "aims", codes=["a"])
    with pytest.raises(CtgError, match="Nothing can be broken down by nonsense; there are aims, phase"):
        since(project, first, by="nonsense")
    assert since(project, first, by="PHASE").cells == since(project, first, by="phase").cells
    assert causes(since(project, first, by="phase"), part="late") == {Cause.DECIDED: (1, 1, 1)}


def test_changes_can_be_broken_down_by_the_regions_of_places(tmp_path: Path) -> None:
    said = framework(
        aims={"kind": "multi", "codes": ["a"]}, where={"kind": "text", "fact": "local_authority"}
    )
    project = small_project(tmp_path / "placed", said)
    two_reports(project)
    project.decide("two.pdf", "where", value="Leeds")
    first = kept(project)
    project.decide("two.pdf", "aims", codes=["a"])
    changes = since(project, first, by="region")
    assert {(c.part, c.after.n) for c in changes.cells if c.table == "aims"} == {
        ("region Yorkshire and The Humber", 1)
    }
    project.store.close()


def test_parts_of_a_breakdown_keep_their_identity_when_they_are_renamed(project: SmallProject) -> None:
    two_reports(project)
    project.decide("one.pdf", "phase", codes=["early"])
    first = kept(project)
    edits = [
        {"edit": "rename", "dimension": "phase", "from": "early", "to": "soon"},
        {"edit": "rename dimension", "from": "phase", "to": "stage"},
    ]
    aims, stage = {"kind": "multi", "codes": ["a", "b", "c"]}, {"kind": "single", "codes": ["soon", "late"]}
    project.switch(framework("2", [{"version": "2", "edits": edits}], aims=aims, stage=stage))
    assert [c for c in since(project, first, by="stage").cells if c.table == "aims"] == []
    project.decide("two.pdf", "stage", codes=["soon"])
    project.decide("two.pdf", "aims", codes=["a"])
    changes = since(project, first, by="stage")
    assert causes(changes, part="soon") == {Cause.DECIDED: (1, 1, 1)}
    assert (
        cell(changes, "aims", "a", "soon").before.n,
        {c.part for c in changes.cells if c.table == "aims"},
    ) == (
        1,
        {"soon"},
    )


def test_reports_still_coded_blind_are_not_named_beside_what_they_changed(project: SmallProject) -> None:
    two_reports(project)
    blind = project.arrive("three.pdf")
    first = kept(project)
    for name in ("two.pdf", "three.pdf"):
        project.decide(name, "aims", codes=["a"])
    with project.store.transaction() as db:
        independence_store.assign(db, [Assignment(blind, "bob", Purpose.AUDIT, 1, project.now(), "lead")])
    changes = since(project, first)
    assert causes(changes) == {Cause.DECIDED: (2, 2, 2)}
    (found,) = cell(changes, "aims", "a").contributions
    assert ([m.name for m in found.moved], found.blind) == (["two.pdf"], 1)
    told = called(project, "tables", "--since", first.rebuild_id, "--reports")
    assert (
        "two.pdf" in told and "three.pdf" not in told and "1 report that somebody still codes blind" in told
    )
    told = called(project, "tables", "--since", first.rebuild_id, "--reports", "--json")
    assert "two.pdf" in told and "three.pdf" not in told and blind not in told


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--estimate --by nonsense", "--by cannot be combined with --estimate"),
        ("--suggested --by cohort", "--by cannot be combined with --suggested"),
        ("--since last --of all", "--of cannot be combined with --since"),
        ("--since last --stage map", "--stage cannot be combined with --since"),
        ("aims --compare", "a TABLE cannot be combined with --compare"),
        ("--reports", "--reports goes with --since"),
        ("--published-reports 3", "--published-reports goes with --compare"),
    ],
)
def test_options_that_would_have_no_effect_are_refused(project: SmallProject, words: str, why: str) -> None:
    assert why in called(project, "tables", *words.split(), code=2)


def called(project: SmallProject, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(command, ["--home", str(project.home.root), *words])
    assert done.exit_code == code, done.output
    return done.output
