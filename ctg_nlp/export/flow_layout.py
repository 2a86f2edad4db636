"""The figure of the flow of counts as boxes and arrows.

In the manner of PRISMA 2020: what goes on stands in a column, what left beside it. A box with a dashed edge
was counted by the machine, one with a solid edge decided by people, a dotted one waits; each also says so in
its first line, so that nothing hangs on lines or colours alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import shorten, wrap

from ctg_nlp.export.drawing import CHARACTERS, GAP, LINE, WIDTH, Arrow, Band, Box, Drawing, Edge, height_of
from ctg_nlp.records import By, Flow, FlowCount, Left

TITLE = "Flow of reports"
GROUPS, FILES, SILENT = "Groups registered", "Files received", "No usable report yet"
_MOST_REASONS = 4  # told in a box; the table has all of them
_MAIN, _BESIDE = (120.0, 360.0), (530.0, 360.0)  # x and width of the two columns


@dataclass(frozen=True, slots=True)
class _Row:
    """A box of the column, and what left from it."""

    phase: str
    label: str
    count: int
    note: str = ""
    step: FlowCount | None = None
    silent: int = 0


def layout(flow: Flow) -> Drawing:
    """Where everything stands."""
    y, boxes, arrows, bands = GAP, list[Box](), list[Arrow](), list[Band]()
    centre = _MAIN[0] + _MAIN[1] / 2
    last: Box | None = None
    for row in _rows(flow):
        main = _main(row, y)
        beside = list(_beside(row, y))
        bottom = max(b.y + b.height for b in (main, *beside))
        boxes += [main, *beside]
        arrows += [Arrow(_MAIN[0] + _MAIN[1], *_level(main, b), square=True) for b in beside]
        if last is not None:
            arrows.append(Arrow(centre, last.y + last.height, centre, main.y))
        if bands and bands[-1].label == row.phase:
            bands[-1] = Band(row.phase, bands[-1].top, bottom)
        else:
            bands.append(Band(row.phase, y, bottom))
        last, y = main, bottom + GAP
    return Drawing(TITLE, WIDTH, y, tuple(boxes), tuple(arrows), tuple(bands), tuple(sentences(flow)))


def _level(main: Box, beside: Box) -> tuple[float, float, float]:
    """Where an arrow to a box beside begins and ends: level, as far as the main box reaches."""
    y = min(max(beside.y + LINE, main.y + 4), main.y + main.height - 4)
    return y, beside.x, y if beside.y <= y <= beside.y + beside.height else beside.y + LINE


def _rows(flow: Flow) -> Iterator[_Row]:
    steps = flow.steps
    if flow.groups is not None:
        yield _Row(steps[0].phase, GROUPS, flow.groups, silent=flow.silent or 0)
    yield _Row(steps[0].phase, FILES, steps[0].entered, step=steps[0])
    for step, following in zip(steps, (*steps[1:], None), strict=True):
        note = f"{step.joined} of them would not pass every filter now" if step.joined else ""
        if step.id == "sample" and flow.gone:
            note = "; ".join(filter(None, (note, f"{flow.gone} more were selected and count no more")))
        yield _Row(step.phase, step.label, step.remaining, note, following)


def _main(row: _Row, y: float) -> Box:
    lines = [*wrap(f"{row.label}:\u00a0{row.count}", CHARACTERS)]
    bold = len(lines)
    lines += wrap(row.note, CHARACTERS)
    return Box(_MAIN[0], y, _MAIN[1], height_of(lines), tuple(lines), bold, Edge.MAIN)


def _beside(row: _Row, y: float) -> Iterator[Box]:
    for edge, head, said in _leaving(row):
        lines = [head, *(line for text in said for line in wrap(text, CHARACTERS, subsequent_indent="  "))]
        box = Box(_BESIDE[0], y, _BESIDE[1], height_of(lines), tuple(lines), 1, edge)
        y += box.height + 8
        yield box


def _leaving(row: _Row) -> Iterator[tuple[Edge, str, Sequence[str]]]:
    if row.silent:
        yield Edge.WAITING, f"{SILENT}: {row.silent}", ()
    if row.step is None:
        return
    for by, edge, head in (
        (By.MACHINE, Edge.AUTOMATIC, "Left, automatically"),
        (By.PEOPLE, Edge.PEOPLE, "Left, decided by people"),
        (By.EITHER, Edge.WAITING, "Not gone on"),
    ):
        mine = [x for x in row.step.left if x.by is by]
        if mine:
            yield edge, f"{head}: {sum(x.count for x in mine)}", [t for x in mine for t in _told(x)]
    if row.step.waiting:
        yield Edge.WAITING, f"Waiting: {row.step.waiting}", [row.step.waits_for]


def _told(left: Left) -> Iterator[str]:
    """What left in a line, with the most frequent of the reasons below it."""
    yield f"{left.label}:\u00a0{left.count}"
    for reason, n in left.reasons[:_MOST_REASONS]:
        yield f"– “{shorten(reason, 3 * CHARACTERS, placeholder=' …')}”:\u00a0{n}"
    others = left.reasons[_MOST_REASONS:]
    if others:
        yield f"– {len(others)} other reasons:\u00a0{sum(n for _, n in others)}"


_BY = {By.MACHINE: "automatic", By.PEOPLE: "by people", By.EITHER: "or waiting"}


def sentences(flow: Flow) -> Iterator[str]:
    """The flow in words, a sentence for each step."""
    if flow.groups is not None:
        yield f"{flow.groups} groups registered, {flow.silent or 0} of them without a usable report."
    yield f"{flow.steps[0].entered} files received."
    for step in flow.steps:
        left = [f"{x.count} left ({_BY[x.by]}): {x.label}" for x in step.left]
        waits = [f"{step.waiting} waiting ({step.waits_for})"] if step.waiting else []
        joined = [f"{step.joined} came in beside the filters"] if step.joined else []
        yield f"{'; '.join([f'{step.label}: {step.remaining} of {step.entered}', *left, *waits, *joined])}."
    if flow.gone:
        yield f"{flow.gone} reports of the sample count no more."
