"""Of what people typed only known places are published, and no row tells of a place that few reports name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ctg_nlp import releases
from ctg_nlp.errors import CtgError
from ctg_nlp.export.editions import Edition
from ctg_nlp.giving_out import as_draft, as_release
from ctg_nlp.report import made
from ctg_nlp.synthesis.disclosure import Rules
from ctg_nlp.synthesis.shown import ShownTable

from .small_project import SmallProject, framework, small_project

TYPED = "Jane Doe of Little Wobbling"
PLACES = ["Leeds"] * 12 + ["Hull"] * 2 + ["Bradford"] * 2 + ["Kent"] * 12 + [f"{TYPED} {i}" for i in range(4)]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    said = framework(
        where={"kind": "text", "fact": "local_authority"},
        remark={"kind": "text", "table": 7},
        phase={"kind": "single", "codes": ["early", "late"]},
    )
    found = small_project(tmp_path / "home", said)
    for i, place in enumerate(PLACES):
        found.arrive(f"{i}.pdf")
        found.decide(f"{i}.pdf", "where", value=place)
        found.decide(f"{i}.pdf", "remark", value=f"said by {TYPED}")
        found.decide(f"{i}.pdf", "phase", codes=["early"])
    yield found
    found.store.close()


def released(project: SmallProject, rules: Rules, **more: tuple[str, ...]) -> releases.Told:
    return releases.draft(project.store, project.home, "T", now=project.now(), who="a", rules=rules, **more)


def rows(told: releases.Told) -> dict[str, str]:
    table: ShownTable = next(t for t in told.shown if t.id == "where")
    return {r.label: r.cells[0].n for r in table.rows}


def test_what_was_typed_is_in_no_file_table_or_report(project: SmallProject) -> None:
    told = released(project, Rules())
    project.home.narrative.write_text("From [9](claim: where.nowhere), [9](claim: remark.x).\n")
    assert "remark" not in [t.id for t in told.shown] and rows(told)["Another place"] == "4"
    given = (as_release(project.store, told), as_draft(project.store, project.home))
    reports = [made(project.store, project.home, Edition.PUBLISHABLE, (), g).contents for g in given]
    files = [p.read_text(encoding="utf-8") for p in releases.folder_of(project.home, told.release).iterdir()]
    assert "Wobbling" not in repr((told, reports, files))
    assert releases.remake(project.store, told.release.release_id).different == ()


def test_a_place_of_few_reports_has_no_row_and_counts_in_its_region(project: SmallProject) -> None:
    found = rows(released(project, Rules(3)))
    assert "Hull" not in found and "Bradford" not in found
    assert found["Leeds"] == found["Kent"] == "12" and found["Yorkshire and The Humber"] == "16"


def test_a_place_that_is_rounded_to_none_has_no_row(project: SmallProject) -> None:
    found = rows(released(project, Rules(0, True, 10)))
    assert "Hull" not in found and found["Leeds"] == "10"


def test_a_folded_place_stays_so_until_enough_reports_came(project: SmallProject) -> None:
    told = released(project, Rules(3))
    for act in ("assure", "approve", "publish"):
        more = {"despite": "a test"} if act == "approve" else {}
        step = getattr(releases, act)
        step(project.store, project.home, told.release.release_id, now=project.now(), who="b", **more)
    project.arrive("new.pdf")
    project.decide("new.pdf", "where", value="Hull")
    assert "Hull" not in rows(released(project, Rules(3)))


def test_no_release_is_broken_down_by_a_free_text(project: SmallProject) -> None:
    with pytest.raises(CtgError, match="remark holds texts that people wrote"):
        released(project, Rules(), by=("remark",))
