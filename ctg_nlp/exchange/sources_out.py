"""A report with its codings as a source of a REFI-QDA project."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ctg_nlp.boxes import boxes_of
from ctg_nlp.exchange.carry import Coded, carry_note
from ctg_nlp.exchange.gathering import ReportToGive, made_under
from ctg_nlp.exchange.guids import MACHINE, code_guid, coding_guid, guid, source_guid
from ctg_nlp.exchange.joined import Joined, joined
from ctg_nlp.exchange.places import corners, frame_of
from ctg_nlp.exchange.qde import Coding, Notes, PagePlace, SourceToWrite, TextPlace
from ctg_nlp.framework import Framework
from ctg_nlp.records import Answer, Decision, Memo, Page, QuotedEvidence, Span, Suggestion

Frames = Sequence[tuple[tuple[float, ...], tuple[float, ...]]]
"""For each page its media box and the box that is shown."""

INDUCTIVE = guid("inductive codes")
"""The heading over the codes that coders made up."""


@dataclass
class Told:
    """What was written of all reports: counts by what they are, users that are no coders, inductive codes."""

    counts: dict[str, int] = field(default_factory=dict)
    machines: set[str] = field(default_factory=set)
    labels: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, n: int = 1) -> None:
        """Count what was written or left out."""
        if n:
            self.counts[what] = self.counts.get(what, 0) + n


class SourceMaker:
    """Makes the sources of one project."""

    def __init__(self, framework: Framework, notes: Notes, told: Told) -> None:
        self.framework, self.notes, self.told = framework, notes, told

    def source(
        self, given: ReportToGive, files: tuple[str, str], frames: Frames = ()
    ) -> tuple[SourceToWrite, str]:
        """A report as a source, and its text. `files` are the names of its text and PDF ("" for none)."""
        text = joined({p.number: p.text for p in given.pages})
        made = _Places(given.report.report_id, given.pages, text, frames)
        for d in given.decisions:
            self._decision(made, d)
        for s in given.suggestions:
            self._suggestion(made, s)
        for m in given.memos:
            self._memo(made, m)
        r = given.report
        group = f" of group {r.group_id}" if r.group_id else ""
        said = f"{r.kind}{group}; received {r.received_at[:10]}; SHA-256 {r.report_id}."
        notes = [*made.notes, *self._carried(given, made.coded, text)]
        source = SourceToWrite(
            source_guid(r.report_id), r.name, said, *files, made.texts, made.rectangles if files[1] else (),
            made.codings, notes,
        )  # fmt: skip
        return source, text.text

    def _decision(self, made: _Places, d: Decision) -> None:
        self.told.add(f"answers {d.answer}")
        valued = d.answer is Answer.VALUE and d.value is not None
        if d.answer is not Answer.PRESENT and not valued:
            return
        notes = self._notes(d)
        who, key = (d.coder, d.role), (d.dimension, d.code)
        code = code_guid(self.framework, *key)
        placed = [(n, k, span) for n, e in enumerate(d.evidence) for k, span in enumerate(made.known(e))]
        for at, (n, k, span) in enumerate(placed):
            place = coding_guid(d.report_id, who, key, n, k)
            made.put(span, Coding(place, code, d.coder, d.time, notes if at == 0 else ()))
        made.coded[who][key] = sorted(Counter(n for n, _, _ in placed).items())
        if not placed:
            made.codings.append(Coding(coding_guid(d.report_id, who, key), code, d.coder, d.time, notes))

    def _notes(self, d: Decision) -> tuple[str, ...]:
        """What was noted with a decision, its value, and quotes that are nowhere in the text."""
        name = f"{d.dimension}.{d.code}" if d.code is not None else d.dimension
        lost = [e.quote for e in d.evidence if not e.spans]
        self.told.add("quotes not in the text", len(lost))
        said = [
            f"Value: {d.value}" if d.answer is Answer.VALUE else "",
            d.note,
            f"Decided as {d.role}." if d.role != "coder" else "",
            *(f"Quote that is not in the text word by word: {q}" for q in lost),
            f"Framework {made_under(d)}." if made_under(d) != self.framework.framework_id else "",
        ]
        text = "\n".join(s for s in said if s)
        return (self.notes.add(f"Note on {name}", text, d.coder, d.time, d.report_id),) if text else ()

    def _suggestion(self, made: _Places, s: Suggestion) -> None:
        if not s.suggested and s.value is None:
            return
        self.told.add("suggestions")
        model, key = f"{MACHINE}{s.model_id}", (s.dimension, s.code)
        raters = "; ".join(f"{o.rater} {o.score:.4f} {'yes' if o.says else 'no'}" for o in s.opinions)
        text = (
            f"Suggested by a machine, not decided. Score {s.score:.4f}, threshold {s.threshold:.4f}, "
            f"framework {s.framework_id}." + (f" Value: {s.value}." if s.code is None else "")
            + (f" Raters: {raters}." if raters else "")
        )  # fmt: skip
        note = self.notes.add(
            f"Score of {s.dimension}{'.' + s.code if s.code else ''}", text, model, "", s.report_id
        )
        code = code_guid(self.framework, *key)
        self.told.machines.add(model)
        for n, e in enumerate(s.evidence):
            place = coding_guid(s.report_id, (model, "machine"), key, n)
            made.put(Span(e.page, e.start, e.end), Coding(place, code, model, "", (note,) if n == 0 else ()))
        if not s.evidence:
            place = coding_guid(s.report_id, (model, "machine"), key)
            made.codings.append(Coding(place, code, model, "", (note,)))
        for o in (o for o in s.opinions if o.says):
            rater = f"{MACHINE}{o.rater}"
            self.told.machines.add(rater)
            said = self.notes.add(f"Score of rater {o.rater}", f"Score {o.score:.4f}.", rater)
            made.codings.append(
                Coding(coding_guid(s.report_id, (rater, "machine"), key), code, rater, "", (said,))
            )

    def _memo(self, made: _Places, m: Memo) -> None:
        self.told.add("memos")
        note = (
            self.notes.add(m.label or "Memo", m.text, m.coder, m.time, m.memo_id)
            if m.text or not m.label
            else ""
        )
        notes = (note,) if note else ()
        if not m.label:
            if m.span is not None and made.reaches(m.span):
                made.note(m.span, notes)
            else:
                made.notes.extend(notes)
            return
        code = guid("inductive", m.label)
        self.told.labels[code] = m.label
        coding = Coding(guid("memo coding", m.memo_id), code, m.coder, m.time, notes)
        if m.span is not None and made.reaches(m.span):
            made.put(m.span, coding)
        else:
            made.codings.append(coding)

    def _carried(
        self, given: ReportToGive, coded: Mapping[tuple[str, str], Coded], text: Joined
    ) -> Iterator[str]:
        for who in dict.fromkeys((d.coder, d.role) for d in given.decisions):
            mine = [d for d in given.decisions if (d.coder, d.role) == who]
            name = f"Decisions of {who[0]}" + (f" as {who[1]}" if who[1] != "coder" else "")
            last = max(d.time for d in mine)
            yield self.notes.add(
                name, carry_note(mine, coded.get(who, {}), text), who[0], last, given.report.report_id
            )


class _Places:
    """The places in one report that were coded: what stands at the same place is one selection."""

    def __init__(self, report_id: str, pages: Sequence[Page], text: Joined, frames: Frames) -> None:
        self._report_id = report_id
        self._pages = {p.number: p for p in pages}
        self._text, self._frames = text, frames
        self._at: dict[Span, list[Coding]] = {}
        self._noted: dict[Span, list[str]] = {}
        self.codings: list[Coding] = []
        self.notes: list[str] = []
        self.coded: dict[tuple[str, str], dict[tuple[str, str | None], list[tuple[int, int]]]] = defaultdict(
            dict
        )

    def known(self, evidence: QuotedEvidence) -> list[Span]:
        """The stretches of a quote that are in the text as it is now."""
        return [s for s in evidence.spans if self.reaches(s)]

    def reaches(self, span: Span) -> bool:
        """Whether there is such a stretch, with a character or more."""
        return self._text.reaches(span)

    def put(self, span: Span, coding: Coding) -> None:
        """A coding of a stretch of the text."""
        if self.reaches(span):
            self._at.setdefault(span, []).append(coding)
        else:
            self.codings.append(coding)

    def note(self, span: Span, notes: Sequence[str]) -> None:
        """Notes on a stretch of the text."""
        self._at.setdefault(span, [])
        self._noted.setdefault(span, []).extend(notes)

    @property
    def texts(self) -> list[TextPlace]:
        """The stretches in the order of the text."""
        found = []
        for span, codings in self._sorted():
            start, end = self._text.place(span)
            text = self._text.text[start:end]
            notes = tuple(self._noted.get(span, ()))
            found.append(TextPlace(self._key(span), start, end, text, tuple(codings), notes))
        return found

    @property
    def rectangles(self) -> list[PagePlace]:
        """The rectangles around them, with the GUID of their text: so ATLAS.ti tells that they are one."""
        found = []
        for span, codings in self._sorted():
            page = self._pages[span.page]
            known = self._frames[span.page - 1] if span.page <= len(self._frames) else None
            around = corners(boxes_of(page, span.start, span.end), frame_of(page, known))
            if around is None or not codings:
                continue
            mine = tuple(Coding(guid("on page", c.guid), c.code, c.user, c.time) for c in codings)
            text = page.text[span.start : span.end]
            found.append(PagePlace(self._key(span), span.page - 1, around, text, mine))
        return found

    def _sorted(self) -> list[tuple[Span, list[Coding]]]:
        return sorted(self._at.items(), key=lambda item: (item[0].page, item[0].start, item[0].end))

    def _key(self, span: Span) -> str:
        return guid("selection", self._report_id, str(span.page), str(span.start), str(span.end))
