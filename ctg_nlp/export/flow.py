"""The flow of counts given out: as a figure (SVG) and as a table. Loads neither matplotlib nor pandas."""

from __future__ import annotations

from pathlib import Path

from ctg_nlp.export.drawing_svg import svg_of
from ctg_nlp.export.files import whole_file, write_csv
from ctg_nlp.export.flow_layout import layout
from ctg_nlp.records import By, Flow

COLUMNS = ("Step", "Before", "Left automatically", "Left by people", "Waiting", "Joined", "After", "Why")


def flow_rows(flow: Flow) -> list[tuple[str, int, int, int, int, int, int, str]]:
    """The table of the flow, a row for each step, under `COLUMNS`; every row adds up."""
    rows = []
    for step in flow.steps:
        automatic = sum(x.count for x in step.left if x.by is By.MACHINE)
        people = sum(x.count for x in step.left if x.by is not By.MACHINE)
        why = [f"{x.label}: {x.count}" for x in step.left]
        why += [f"waiting {step.waits_for}"] if step.waiting else []
        rows.append(
            (step.label, step.entered, automatic, people, step.waiting, step.joined, step.remaining,
             "; ".join(why))
        )  # fmt: skip
    return rows


def write_flow_csv(path: Path, flow: Flow) -> None:
    """Write the table."""
    write_csv(path, COLUMNS, flow_rows(flow))


def write_flow_svg(path: Path, flow: Flow) -> None:
    """Write the figure."""
    with whole_file(path) as file:
        file.write(flow_svg(flow))


def flow_svg(flow: Flow, name: str = "flow") -> str:
    """The figure as SVG; `name` begins its ids, for a page that holds several."""
    return svg_of(layout(flow), name)
