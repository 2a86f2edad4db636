"""The flow of counts given out: as a figure (SVG) and as a table. Loads neither matplotlib nor pandas."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from ctg_nlp.export.files import whole_file, write_csv
from ctg_nlp.export.flow_layout import FONT, LINE, PAD, Arrow, Band, Box, Edge, Layout, layout
from ctg_nlp.records import By, Flow

TITLE = "Flow of reports"
COLUMNS = ("Step", "Before", "Left automatically", "Left by people", "Waiting", "Joined", "After", "Why")
_DASHES = {Edge.AUTOMATIC: "7 4", Edge.WAITING: "2 3"}
_INK, _FILL, _BAND = "#1c2226", "#ffffff", "#dbe7ee"


def flow_rows(flow: Flow) -> list[tuple[str, int, int, int, int, int, int, str]]:
    """The table of the flow, a row for each step, under `COLUMNS`; every row adds up."""
    rows = []
    for step in flow.steps:
        automatic = sum(x.count for x in step.left if x.by is By.MACHINE)
        people = sum(x.count for x in step.left if x.by is By.PEOPLE)
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
    """The figure as SVG, with a title and the same in words for who cannot see it. `name` begins its ids,
    for a page that holds several. Has no style and no script, so that it can stand in a page."""
    made = layout(flow)
    return "\n".join(_svg(made, escape(name, quote=True))) + "\n"


def _svg(made: Layout, name: str) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {made.width:g} {made.height:g}" '
        f'width="{made.width:g}" height="{made.height:g}" role="img" '
        f'aria-labelledby="{name}-title {name}-words" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="{FONT:g}">'
    )
    yield f'<title id="{name}-title">{TITLE}</title>'
    yield f'<desc id="{name}-words">{escape(" ".join(made.sentences))}</desc>'
    yield f'<rect width="{made.width:g}" height="{made.height:g}" fill="{_FILL}"/>'
    for band in made.bands:
        yield from _band(band)
    for arrow in made.arrows:
        yield from _arrow(arrow)
    for box in made.boxes:
        yield from _box(box)
    yield "</svg>"


def _band(band: Band) -> Iterator[str]:
    middle = (band.top + band.bottom) / 2
    yield (
        f'<rect x="12" y="{band.top:g}" width="96" height="{band.bottom - band.top:g}" rx="4" '
        f'fill="{_BAND}"/>'
    )
    yield (
        f'<text x="60" y="{middle + FONT / 3:g}" text-anchor="middle" font-weight="bold" '
        f'fill="{_INK}">{escape(band.label)}</text>'
    )


def _box(box: Box) -> Iterator[str]:
    dashes = f' stroke-dasharray="{_DASHES[box.edge]}"' if box.edge in _DASHES else ""
    thick = 2 if box.edge is Edge.MAIN else 1.5
    yield (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="3" '
        f'fill="{_FILL}" stroke="{_INK}" stroke-width="{thick:g}"{dashes}/>'
    )
    for n, line in enumerate(box.lines):
        weight = ' font-weight="bold"' if n < box.bold else ""
        indent = len(line) - len(line.lstrip())
        yield (
            f'<text x="{box.x + PAD + 5 * indent:g}" y="{box.y + PAD + LINE * (n + 0.75):g}" '
            f'fill="{_INK}"{weight}>{escape(line.strip())}</text>'
        )


def _arrow(a: Arrow) -> Iterator[str]:
    down = a.x1 == a.x2
    tip = (
        f"M{a.x2 - 5:g} {a.y2 - 9:g}L{a.x2:g} {a.y2:g}L{a.x2 + 5:g} {a.y2 - 9:g}Z"
        if down
        else f"M{a.x2 - 9:g} {a.y2 - 5:g}L{a.x2:g} {a.y2:g}L{a.x2 - 9:g} {a.y2 + 5:g}Z"
    )
    path = f"M{a.x1:g} {a.y1:g}L{a.x2:g} {a.y2:g}" if down else _bent(a)
    yield f'<path d="{path}" fill="none" stroke="{_INK}" stroke-width="1.5"/>'
    yield f'<path d="{tip}" fill="{_INK}"/>'


def _bent(a: Arrow) -> str:
    half = (a.x1 + a.x2) / 2
    return f"M{a.x1:g} {a.y1:g}H{half:g}V{a.y2:g}H{a.x2:g}"
