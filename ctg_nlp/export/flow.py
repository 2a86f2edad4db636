"""The flow of counts given out: as a figure (SVG) and as a table. Loads neither matplotlib nor pandas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ctg_nlp.export.drawing_svg import svg_of
from ctg_nlp.export.files import whole_file, write_csv
from ctg_nlp.export.flow_layout import FILES, GROUPS, SILENT, layout
from ctg_nlp.records import By, Flow, FlowCount, Left

COLUMNS = ("Step", "Before", "Left automatically", "Left by people", "Waiting", "Joined", "After", "Why")
CSV_COLUMNS = ("Step", "Left for", "Reason", *COLUMNS[1:7], "What waits")
Row = tuple[str, int, int, int, int, int, int, str]


def flow_rows(flow: Flow) -> list[Row]:
    """The table of the flow, a row for each box of the figure's column, under `COLUMNS`; every row adds up,
    and is named by `row_ids`."""
    return [*_first_rows(flow), *map(_row, flow.steps)]


def row_ids(flow: Flow) -> tuple[str, ...]:
    """The ids of the rows of the table."""
    return (*(("groups",) if flow.groups is not None else ()), "files", *(s.id for s in flow.steps))


def _first_rows(flow: Flow) -> Iterator[Row]:
    if flow.groups is not None:
        silent = flow.silent or 0
        why = f"{SILENT}: {silent}" if silent else ""
        yield GROUPS, flow.groups, 0, 0, silent, 0, flow.groups - silent, why
    files = flow.steps[0].entered
    yield FILES, files, 0, 0, 0, 0, files, ""


def _row(step: FlowCount) -> Row:
    automatic = sum(x.count for x in step.left if x.by is By.MACHINE)
    people = sum(x.count for x in step.left if x.by is not By.MACHINE)
    why = [f"{x.label}: {x.count}{_reasons(x)}" for x in step.left]
    why += [f"waiting {step.waits_for}"] if step.waiting else []
    figures = (step.entered, automatic, people, step.waiting, step.joined, step.remaining)
    return step.label, *figures, "; ".join(why)


def _reasons(left: Left) -> str:
    said = "; ".join(f"“{reason}” {n}" for reason, n in left.reasons)
    return f" ({said})" if said else ""


def write_flow_csv(path: Path, flow: Flow) -> None:
    """Write the table under `CSV_COLUMNS`: below the row of a step one for each that left it, with what was
    recorded as reason, so that every count stands in a cell of its own."""
    write_csv(path, CSV_COLUMNS, _csv_rows(flow))


def _csv_rows(flow: Flow) -> Iterator[Sequence[object]]:
    steps = (*(None for _ in _first_rows(flow)), *flow.steps)
    for (label, *figures, why), step in zip(flow_rows(flow), steps, strict=True):
        said = why if step is None else step.waits_for
        yield label, "", "", *figures, said
        for left in step.left if step else ():
            yield label, left.label, "", *_in_column(left.count, left.by), ""
            for reason, n in left.reasons:
                yield label, left.label, reason, *_in_column(n, left.by), ""


def _in_column(count: int, by: By) -> tuple[object, ...]:
    """A count in the column of who let the reports go."""
    return ("", count, "", "", "", "") if by is By.MACHINE else ("", "", count, "", "", "")


def write_flow_svg(path: Path, flow: Flow) -> None:
    """Write the figure."""
    with whole_file(path) as file:
        file.write(flow_svg(flow))


def flow_svg(flow: Flow, name: str = "flow") -> str:
    """The figure as SVG; `name` begins its ids, for a page that holds several."""
    return svg_of(layout(flow), name)
