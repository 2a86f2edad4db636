"""The places in one report that were marked, and by whom, on its way to a REFI-QDA project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, replace

from ctg_nlp.boxes import boxes_of
from ctg_nlp.exchange.carry import Key
from ctg_nlp.exchange.gathering import ReportToGive
from ctg_nlp.exchange.guids import guid
from ctg_nlp.exchange.joined import Joined
from ctg_nlp.exchange.places import corners, frame_of
from ctg_nlp.exchange.qde import Coding, PagePlace, TextPlace
from ctg_nlp.records import QuotedEvidence, Span

Frames = Sequence[tuple[tuple[float, ...], tuple[float, ...]]]
"""For each page its media box and the box that is shown."""

Person = tuple[str, str]
"""A coder's name and role."""

Spot = tuple[Span, str]
"""A stretch of a page, and who marked it."""


class Marked:
    """The places in one report that were marked, by whom: what one person did at one place is one selection,
    since some tools take it that all codes of a selection are its maker's. `time` is for what has none, since
    some tools cannot do without."""

    def __init__(self, given: ReportToGive, text: Joined, frames: Frames) -> None:
        self._report_id, self.time = given.report.report_id, given.report.received_at
        self._pages = {p.number: p for p in given.pages}
        self._text, self._frames = text, frames
        self._at: dict[Spot, list[Coding]] = {}
        self._noted: dict[Spot, list[str]] = {}
        self.codings: list[Coding] = []
        self.notes: list[str] = []
        self.coded: dict[Person, dict[Key, list[tuple[int, int]]]] = defaultdict(dict)

    def known(self, evidence: QuotedEvidence) -> list[Span]:
        """The stretches of a quote that are in the text as it is now."""
        return [s for s in evidence.spans if self._text.reaches(s)]

    def put(self, span: Span | None, coding: Coding) -> None:
        """A coding of a stretch of the text, or of the report where there is no such stretch."""
        coding = replace(coding, time=coding.time or self.time)
        if span is not None and self._text.reaches(span):
            self._at.setdefault((span, coding.user), []).append(coding)
        else:
            self.codings.append(coding)

    def note(self, span: Span | None, who: str, note: str) -> None:
        """A note on a stretch of the text, or on the report where there is no such stretch."""
        if span is not None and self._text.reaches(span):
            self._at.setdefault((span, who), [])
            self._noted.setdefault((span, who), []).append(note)
        else:
            self.notes.append(note)

    @property
    def texts(self) -> list[TextPlace]:
        """The selections in the order of the text."""
        found = []
        for spot, codings in self._sorted():
            start, end = self._text.place(spot[0])
            text, notes = self._text.text[start:end], tuple(self._noted.get(spot, ()))
            when = min((c.time for c in codings), default=self.time)
            found.append(TextPlace(self._key(spot), start, end, text, spot[1], when, tuple(codings), notes))
        return found

    @property
    def rectangles(self) -> list[PagePlace]:
        """The rectangles around them, with the GUID of their text: so ATLAS.ti tells that they are one."""
        found = []
        for spot, codings in self._sorted():
            page = self._pages[spot[0].page]
            known = self._frames[page.number - 1] if page.number <= len(self._frames) else None
            around = corners(boxes_of(page, spot[0].start, spot[0].end), frame_of(page, known))
            if around is None or not codings:
                continue
            mine = tuple(Coding(guid("on page", c.guid), c.code, c.user, c.time) for c in codings)
            text = page.text[spot[0].start : spot[0].end]
            when = min(c.time for c in codings)
            key = self._key(spot)
            found.append(PagePlace(key, page.number - 1, around, text, spot[1], when, mine))
        return found

    def _sorted(self) -> list[tuple[Spot, list[Coding]]]:
        return sorted(self._at.items(), key=lambda item: (astuple(item[0][0]), item[0][1]))

    def _key(self, spot: Spot) -> str:
        span, who = spot
        return guid("selection", self._report_id, who, str(span.page), str(span.start), str(span.end))
