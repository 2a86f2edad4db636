"""A desk at a project of its own small framework with two filters: no test may hang on the bundled one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ctg_nlp.desk import Desk, Doing
from ctg_nlp.records import Answer
from ctg_nlp.selecting import Judging
from ctg_nlp.settings import make_home
from ctg_nlp.store.database import Store

from .desks import fill, make_desk, uid

FRAMEWORK = """
id: rivers
version: '3'
title: River surveys
dimensions:
  - id: method
    title: Method
    kind: single
    codes:
      - {id: counted, label: Counted on site}
      - {id: told, label: Told by others}
  - {id: length, title: Length surveyed, kind: number}
indepth:
  - id: threats
    title: Threats
    kind: multi
    codes:
      - {id: dams, label: Dams}
      - {id: waste, label: Waste}
filters:
  - id: quality
    label: Quality of the counts
    criteria: ['Were counts repeated?', 'Is the place of each count given?']
    scale:
      - {id: strong, label: Strong counts, passes: true}
      - {id: fair, label: Fair counts, passes: true}
      - {id: weak, label: Weak counts}
    blocked_by: [method.told]
  - {id: depth, label: Depth of the description}
"""
IDS = tuple(letter * 64 for letter in "abcdef")


def river_desk(store: Store, folder: Path, reports: int = 3, coder: str = "ada") -> Desk:
    """A desk at a project of that framework, with some reports that count."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rivers.yaml"
    path.write_text(FRAMEWORK, encoding="utf-8")
    home = make_home(folder / "home", str(path))
    for n, report_id in enumerate(IDS[:reports], 1):
        fill(store, home.framework, report_id, n, 0.6)
    return make_desk(home, store, coder)


def as_coder(desk: Desk, name: str) -> Desk:
    """The same desk for somebody else."""
    return replace(desk, coder=name)


def code_map(desk: Desk, report_id: str, method: str = "counted", length: int | None = 4) -> None:
    """Decide the whole map of a report."""
    desk.do(report_id, Doing(uid(), "method", method, Answer.PRESENT))
    desk.do(report_id, Doing(uid(), "length", None, Answer.VALUE, length))


def code_deep(desk: Desk, report_id: str) -> None:
    """Decide the whole second stage of a report."""
    desk.do(report_id, Doing(uid(), "threats", "dams", Answer.PRESENT))
    desk.do(report_id, Doing(uid(), "threats"))


def saying(filter_id: str, level: str, reason: str = "as the report tells") -> Judging:
    """A filter decision with an id of its own."""
    return Judging(uid(), filter_id, level, reason)
