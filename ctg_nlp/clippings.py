"""Pictures of the places on pages where quotes stand. Composition of `intake` and `store`.

Quotes that stand near each other share a picture, and a page is drawn once. A file that is gone, was changed
or cannot be drawn costs its pictures and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ctg_nlp.boxes import boxes_of
from ctg_nlp.errors import Refusal
from ctg_nlp.export.drilldown import Clip, Place
from ctg_nlp.intake.sandbox import Limits, Reader, ReadingFailed
from ctg_nlp.records import Box, Page, Span
from ctg_nlp.report_file import NotShown, ReportFiles, shown_report
from ctg_nlp.settings import Home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store

WIDTH = 760  # pixels of a page's width
_CONTEXT = 26  # points above and below a passage: two lines
_SECONDS = 20  # for one page
LEFT_OUT = "Pictures of this report were left out to keep the file small (--pictures-mb)."

Band = tuple[float, float]
Wanted = Mapping[str, Sequence[Span]]
Spot = tuple[str, Span]


@dataclass(frozen=True, slots=True)
class Clippings:
    """The places of spans by (report, span), the clips they name, and why a report has none, in words."""

    places: Mapping[Spot, Place]
    clips: tuple[Clip, ...]
    unseen: Mapping[str, str]


def clippings(store: Store, home: Home, wanted: Wanted, most: int) -> Clippings:
    """Pictures of the wanted spans of each report, in order, until they take `most` bytes.

    With 0 there are none, but every place is told.
    """
    makes = _Clips(store, home, most)
    try:
        for report_id, spans in wanted.items():
            makes.add(report_id, spans)
    finally:
        makes.close()
    return Clippings(makes.places, tuple(makes.clips), makes.unseen)


class _Clips:
    """Makes the clips of one report after another."""

    def __init__(self, store: Store, home: Home, most: int) -> None:
        self._store, self._files = store, ReportFiles(home, store)
        self._reader = Reader(Limits(seconds=_SECONDS, memory_mb=home.memory_mb))
        self._room = most
        self._drawing = most > 0
        self.places: dict[Spot, Place] = {}
        self.clips: list[Clip] = []
        self.unseen: dict[str, str] = {}

    def close(self) -> None:
        """End the child that draws."""
        self._reader.close()

    def add(self, report_id: str, spans: Sequence[Span]) -> None:
        """The places of some spans of a report, with clips where they can be made."""
        by_page: dict[int, list[Span]] = {}
        for span in dict.fromkeys(spans):
            by_page.setdefault(span.page, []).append(span)
        for number, on_page in sorted(by_page.items()):
            with self._store.reading() as db:
                page = next(iter(report_store.pages(db, report_id, number)), None)
            if page is not None:
                self._add_page(report_id, page, on_page)

    def _add_page(self, report_id: str, page: Page, spans: Iterable[Span]) -> None:
        boxes = {span: boxes_of(page, span.start, span.end) for span in spans}
        bands = bands_of(page.height, boxes.values())
        first = len(self.clips)
        drawn = self._drawn(report_id, page, bands)
        self.clips += drawn
        for span, of_span in boxes.items():
            clip = _clip_of(of_span, bands) if drawn else None
            self.places[report_id, span] = Place(page.number, of_span, None if clip is None else first + clip)

    def _drawn(self, report_id: str, page: Page, bands: Sequence[Band]) -> list[Clip]:
        if not self._drawing or not bands or report_id in self.unseen:
            return []
        if self._room <= 0:
            self.unseen[report_id] = LEFT_OUT
            return []
        try:
            file = self._files.find(shown_report(self._store, report_id))
            shares = [(top / page.height, bottom / page.height) for top, bottom in bands]
            made = self._reader.places(file, page.number, WIDTH, shares, passwords=self._files.passwords())
        except NotShown as error:
            self.unseen[report_id] = str(error)
        except Refusal as error:
            self.unseen[report_id] = f"Its pages cannot be shown as pictures: {error.cause}. {error.advice}"
        except (ReadingFailed, OSError, RuntimeError):
            self.unseen[report_id] = "Its pages could not be drawn."
        else:
            self._room -= sum(map(len, made))
            return [Clip(m, t, page.width, b - t) for m, (t, b) in zip(made, bands, strict=True)]
        return []


def bands_of(height: float, places: Iterable[Sequence[Box]]) -> tuple[Band, ...]:
    """Stretches of a page (top, bottom) in points that show all places with some context, from the top;
    places that are near each other share one."""
    wanted = sorted(
        (max(min(b.y0 for b in boxes) - _CONTEXT, 0.0), min(max(b.y1 for b in boxes) + _CONTEXT, height))
        for boxes in places
        if boxes
    )
    found: list[Band] = []
    for top, bottom in wanted:
        if found and top <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], bottom))
        elif top < bottom:
            found.append((top, bottom))
    return tuple(found)


def _clip_of(boxes: Sequence[Box], bands: Sequence[Band]) -> int | None:
    """Which band shows all boxes of a place; None where it has none."""
    if not boxes:
        return None
    middle = (min(b.y0 for b in boxes) + max(b.y1 for b in boxes)) / 2
    return next((n for n, (top, bottom) in enumerate(bands) if top <= middle <= bottom), None)
