"""A report with its codings as a source of a REFI-QDA project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ctg_nlp.exchange.carry import Coded, carry_note
from ctg_nlp.exchange.gathering import ReportToGive, made_under
from ctg_nlp.exchange.guids import MACHINE, code_guid, coding_guid, guid, source_guid
from ctg_nlp.exchange.joined import Joined, joined
from ctg_nlp.exchange.marked import Frames, Marked, Person
from ctg_nlp.exchange.qde import Coding, Notes, SourceToWrite
from ctg_nlp.framework import Framework
from ctg_nlp.records import Answer, Decision, Memo, Span, Suggestion

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
        self, given: ReportToGive, name: str, files: tuple[str, str], frames: Frames = ()
    ) -> tuple[SourceToWrite, str]:
        """A report as a source of that name, and its text. `files` are its text and PDF ("" for none)."""
        text = joined({p.number: p.text for p in given.pages})
        made = Marked(given, text, frames)
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
        rectangles = made.rectangles if files[1] else ()
        source = SourceToWrite(
            source_guid(r.report_id), name, r.received_at, said, *files, made.texts, rectangles, made.codings,
            notes,
        )  # fmt: skip
        return source, text.text

    def _decision(self, made: Marked, d: Decision) -> None:
        self.told.add(f"answers {d.answer}")
        valued = d.answer is Answer.VALUE and d.value is not None
        if d.answer is not Answer.PRESENT and not valued:
            return
        notes = self._notes(d, d.time or made.time)
        who, key = (d.coder, d.role), (d.dimension, d.code)
        code = code_guid(self.framework, *key)
        placed = [(n, k, span) for n, e in enumerate(d.evidence) for k, span in enumerate(made.known(e))]
        for at, (n, k, span) in enumerate(placed):
            place = coding_guid(d.report_id, who, key, n, k)
            made.put(span, Coding(place, code, d.coder, d.time, notes if at == 0 else ()))
        made.coded[who][key] = sorted(Counter(n for n, _, _ in placed).items())
        if not placed:
            made.put(None, Coding(coding_guid(d.report_id, who, key), code, d.coder, d.time, notes))

    def _notes(self, d: Decision, time: str) -> tuple[str, ...]:
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
        return (self.notes.add(f"Note on {name}", text, d.coder, time, d.report_id),) if text else ()

    def _suggestion(self, made: Marked, s: Suggestion) -> None:
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
        name = f"Score of {s.dimension}{'.' + s.code if s.code else ''}"
        note = self.notes.add(name, text, model, made.time, s.report_id)
        code = code_guid(self.framework, *key)
        self.told.machines.add(model)
        for n, e in enumerate(s.evidence):
            place = coding_guid(s.report_id, (model, "machine"), key, n)
            made.put(Span(e.page, e.start, e.end), Coding(place, code, model, "", (note,) if n == 0 else ()))
        if not s.evidence:
            place = coding_guid(s.report_id, (model, "machine"), key)
            made.put(None, Coding(place, code, model, "", (note,)))
        for o in (o for o in s.opinions if o.says):
            rater = f"{MACHINE}{o.rater}"
            self.told.machines.add(rater)
            said = self.notes.add(f"Score of rater {o.rater}", f"Score {o.score:.4f}.", rater, made.time)
            place = coding_guid(s.report_id, (rater, "machine"), key)
            made.put(None, Coding(place, code, rater, "", (said,)))

    def _memo(self, made: Marked, m: Memo) -> None:
        self.told.add("memos")
        notes: tuple[str, ...] = ()
        if m.text or not m.label:
            notes = (self.notes.add(m.label or "Memo", m.text, m.coder, m.time, m.memo_id),)
        if m.label:
            code = guid("inductive", m.label)
            self.told.labels[code] = m.label
            made.put(m.span, Coding(guid("memo coding", m.memo_id), code, m.coder, m.time, notes))
        else:
            made.note(m.span, m.coder, notes[0])

    def _carried(self, given: ReportToGive, coded: Mapping[Person, Coded], text: Joined) -> Iterator[str]:
        for who in dict.fromkeys((d.coder, d.role) for d in given.decisions):
            mine = [d for d in given.decisions if (d.coder, d.role) == who]
            name = f"Decisions of {who[0]}" + (f" as {who[1]}" if who[1] != "coder" else "")
            last = max(d.time for d in mine) or given.report.received_at
            said = carry_note(mine, coded.get(who, {}), text)
            yield self.notes.add(name, said, who[0], last, given.report.report_id)
