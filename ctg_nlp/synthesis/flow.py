"""The flow of counts from what was received to what is coded in depth, in the manner of PRISMA 2020.

Every step adds up, and the next one begins with what remained: of each report it is told once where it is.
What the machine let go and what people decided is told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ctg_nlp.framework import Filter, Framework
from ctg_nlp.records import By, FilterOutcome, FilterState, Flow, FlowCount, Left

RECEIVED, MAPPED, FILTERED, DEEP = "Received", "Mapped", "Selected", "In depth"
"""The phases of the flow, in order."""
Gone = tuple[str, By, str, int]
"""Why reports left, in words; who decided so; the reason that was recorded, empty where none was; and how
many these were."""
_FILTER = "filter "  # before the id of a filter, in that of its step


@dataclass(frozen=True, slots=True)
class Fate:
    """Where one document is: why it does not count (in words, and who decided so), whether that is to be
    settled yet, whether its map and its second stage are wholly coded, whether the latter was begun, and
    what the filters came to. `number`: so many are there alike, which then have no id."""

    report_id: str
    out: str = ""
    out_by: By = By.MACHINE
    unsettled: bool = False
    mapped: bool = False
    outcomes: tuple[FilterOutcome, ...] = ()
    deep: bool = False
    begun: bool = False
    number: int = 1

    @property
    def at(self) -> FilterOutcome | None:
        """The filter that it is at: the first that it has not passed; None where it passed all."""
        return next((o for o in self.outcomes if o.state is not FilterState.PASSED), None)

    @property
    def counts(self) -> bool:
        """It enters tables."""
        return not self.out and not self.unsettled

    @property
    def selected(self) -> bool:
        """It is mapped and passed every filter."""
        return self.counts and self.mapped and self.at is None


@dataclass(frozen=True, slots=True)
class Around:
    """What is known besides the documents: exact copies of them, reports that were erased, the expected
    groups and those that are silent (None without a register), the frozen sample and its name."""

    copies: int = 0
    erased: int = 0
    groups: int | None = None
    silent: int | None = None
    sample: frozenset[str] | None = None
    sample_name: str = ""


def flow(framework: Framework, fates: Sequence[Fate], around: Around) -> Flow:
    """The flow of counts. Each step: entered + joined = left + waiting + remaining. Reports of the sample are
    told one by one."""
    counted = [f for f in fates if f.counts]
    mapped = [f for f in counted if f.mapped]
    steps = [*_received(fates, around), _mapped(counted, mapped)]
    going = mapped
    for place, wanted in enumerate(framework.filters):
        going, step = _filtered(framework, wanted, place, going)
        steps.append(step)
    if around.sample is not None:
        going, step = _frozen(counted, going, around)
        steps.append(step)
    if framework.stage("indepth"):
        steps += _deep(going)
    gone = len((around.sample or frozenset()) - {f.report_id for f in counted})
    return Flow(tuple(steps), around.groups, around.silent, around.sample_name, gone)


def together(flow: Flow) -> Flow:
    """The flow in which it is not told apart why reports did not pass a filter: what the map bars is a count
    of a code, which may be one that is withheld."""
    return replace(flow, steps=tuple(map(_told_together, flow.steps)), together=True)


def without_reasons(flow: Flow) -> Flow:
    """The flow without the reasons that people recorded: these may tell of one report, and go when it is
    erased."""
    steps = (replace(s, left=tuple(replace(x, reasons=()) for x in s.left)) for s in flow.steps)
    return replace(flow, steps=tuple(steps))


def _told_together(step: FlowCount) -> FlowCount:
    if not step.id.startswith(_FILTER):
        return step
    gone = sum(x.count for x in step.left) + step.waiting
    left = (Left("Barred by the map, not passed, or waiting", gone, By.EITHER),) if gone else ()
    return replace(step, left=left, waiting=0, waits_for="")


def _received(fates: Sequence[Fate], around: Around) -> tuple[FlowCount, FlowCount]:
    """From files to different reports, and from those to the ones that count."""
    gone = [Left("Exact copies", around.copies, By.MACHINE), Left("Erased", around.erased, By.PEOPLE)]
    documents, counted = _number(fates), _number(f for f in fates if f.counts)
    files = documents + around.copies + around.erased
    first = FlowCount("reports", RECEIVED, "Different reports", files, documents, _some(gone))
    out = [(f.out, f.out_by, "", f.number) for f in fates if f.out]
    unsettled = _number(f for f in fates if f.unsettled and not f.out)
    second = FlowCount(
        "counted", RECEIVED, "Reports that count", documents, counted, _lefts(out),
        unsettled, "for the next run, which says whether they count" if unsettled else "",
    )  # fmt: skip
    return first, second


def _number(fates: Iterable[Fate]) -> int:
    return sum(f.number for f in fates)


def _mapped(counted: Sequence[Fate], mapped: Sequence[Fate]) -> FlowCount:
    entering, done = _number(counted), _number(mapped)
    waiting = entering - done
    waits = "for coding: not every code of the map is decided" if waiting else ""
    return FlowCount("mapped", MAPPED, "Wholly mapped", entering, done, (), waiting, waits)


def _filtered(
    framework: Framework, wanted: Filter, place: int, entering: Sequence[Fate]
) -> tuple[list[Fate], FlowCount]:
    """Those that pass a filter, and the step."""
    states = Counter[FilterState]()
    for f in entering:
        states[f.outcomes[place].state] += f.number
    passing = [f for f in entering if f.outcomes[place].state is FilterState.PASSED]
    left = _lefts(gone for f in entering for gone in _gone(framework, wanted, f.outcomes[place], f.number))
    coming, going = _number(entering), states[FilterState.PASSED]
    waiting = coming - going - sum(x.count for x in left)
    step = FlowCount(
        f"{_FILTER}{wanted.id}", FILTERED, f"Passed: {wanted.label}", coming, going, left, waiting,
        _waits(states),
    )  # fmt: skip
    return passing, step


def _gone(framework: Framework, wanted: Filter, outcome: FilterOutcome, number: int) -> Iterator[Gone]:
    """Why reports left at a filter, which is named; nothing where they did not."""
    if outcome.state is FilterState.NOT_PASSED:
        level = wanted.level(outcome.level or "")
        said = level.label if level else "Does not pass"
        yield f"{wanted.label}: {said}", By.PEOPLE, _reason(outcome), number
    elif outcome.state is FilterState.BLOCKED:
        code = code_label(framework, outcome.blocked_by[0])
        yield f"{wanted.label}: coded in the map as {code}", By.MACHINE, "", number


def _reason(outcome: FilterOutcome) -> str:
    """Why people say so: the reason of the last adjudicator, else those of all coders."""
    settled = [d for d in outcome.said if d.role == "adjudicator"]
    said = [max(settled, key=lambda d: d.sequence)] if settled else outcome.said
    return " / ".join(dict.fromkeys(" ".join(d.reason.split()) for d in said if d.reason.strip()))


def _waits(states: Counter[FilterState]) -> str:
    said = [
        f"{states[state]} for {what}"
        for state, what in ((FilterState.WAITING, "a decision"), (FilterState.CONFLICT, "an adjudicator"))
        if states[state]
    ]
    return ", ".join(said)


def code_label(framework: Framework, name: str) -> str:
    """The label of a code given as "dimension.code", in quotes."""
    dimension_id, _, code_id = name.partition(".")
    dimension = framework.dimension(dimension_id)
    code = dimension.code(code_id) if dimension else None
    return f"“{code.label if code else name}”"


def _frozen(counted: Sequence[Fate], passing: Sequence[Fate], around: Around) -> tuple[list[Fate], FlowCount]:
    """Those of the frozen sample, whatever the filters say of them now, and the step."""
    sample = around.sample or frozenset()
    inside = [f for f in counted if f.report_id in sample]
    passed = {f.report_id for f in passing}
    since = _number(f for f in passing if f.report_id not in sample)
    step = FlowCount(
        "sample", FILTERED, f"Selected sample: {around.sample_name}", _number(passing), len(inside), (),
        since,
        "for another sample: they passed after this one was frozen" if since else "",
        joined=sum(f.report_id not in passed for f in inside),
    )  # fmt: skip
    return inside, step


def _deep(entering: Sequence[Fate]) -> tuple[FlowCount, FlowCount]:
    """Those on which coding in depth was begun, and those of them on which it is complete."""
    coming = _number(entering)
    begun = _number(f for f in entering if f.begun or f.deep)
    done = _number(f for f in entering if f.deep)
    waiting, open_ = coming - begun, begun - done
    return (
        FlowCount("begun in depth", DEEP, "Coding in depth begun", coming, begun, (), waiting,
                  "for coding in depth: nothing is decided" if waiting else ""),
        FlowCount("in depth", DEEP, "Coding in depth complete", begun, done, (), open_,
                  "for the rest of it: not every code and text is decided" if open_ else ""),
    )  # fmt: skip


def _lefts(gone: Iterable[Gone]) -> tuple[Left, ...]:
    """Those of each label together with their reasons: the machine's first, then people's, each by number."""
    reasons: dict[tuple[str, By], Counter[str]] = {}
    for label, by, reason, number in gone:
        reasons.setdefault((label, by), Counter())[reason] += number
    made = (Left(label, said.total(), by, _counted(said)) for (label, by), said in reasons.items())
    return tuple(sorted(made, key=lambda x: (x.by is By.PEOPLE, -x.count, x.label)))


def _counted(said: Counter[str]) -> tuple[tuple[str, int], ...]:
    """Reasons that are not empty, the most frequent first."""
    return tuple(sorted(((r, n) for r, n in said.items() if r), key=lambda x: (-x[1], x[0])))


def _some(lefts: Iterable[Left]) -> tuple[Left, ...]:
    return tuple(x for x in lefts if x.count)
