"""What the report of the synthesis holds in either edition. Composition of `synthesis`, `store`, `export`.

The internal edition opens every number; the publishable one holds figures alone, after disclosure control,
and names no report, group or coder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from types import MappingProxyType

from ctg_nlp.agreement_summary import AgreementSummary
from ctg_nlp.behind import CountedTable, behind
from ctg_nlp.chapter import IN_DEPTH, Chapter, chapter, linked, map_sections
from ctg_nlp.claims import ledger_section, narrative_checked, paragraphs
from ctg_nlp.dataset import COHORT, dataset
from ctg_nlp.depth import Depth, read_depth
from ctg_nlp.export.charts import bar_chart, gap_map, grouped_chart
from ctg_nlp.export.contents import Chart, Contents, Section, said_once
from ctg_nlp.export.drilldown import Behind
from ctg_nlp.export.editions import Edition, Quote
from ctg_nlp.framework import Framework
from ctg_nlp.methods import methods_section
from ctg_nlp.quotations import printable, with_quotes
from ctg_nlp.records import Dataset
from ctg_nlp.report_plan import GAP_MAPS, Breakdowns, Pair, Planned, lower, planned
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.breakdown import CrossTable, by_attribute
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.response import response
from ctg_nlp.synthesis.shown import ShownTable, shown, withheld
from ctg_nlp.synthesis.tables import SynthesisTable
from ctg_nlp.tabulation import Tabulation

DRAFT = "DRAFT"
PICTURES = 15_000_000  # bytes; they take a third more in the page


@dataclass(frozen=True, slots=True)
class GivenOut:
    """As what a publishable report is given out.

    `tables`: how each table is shown, by its id, and no other is; None: all, with all their figures. `rules`
    says in a sentence what is withheld, `quality` of each table how far it can be relied on, and `facts` are
    (name, value) pairs by which the release is known. Of dimensions that are `stopped` no table is printed,
    since its quality forbids it; `quality` says so in its place. `framework` and `data`: other than those of
    now. `by`: what tables are broken down by, if not by cohort.
    `agreement` of coders and the dataset of `now`, where these are known already.
    """

    status: str = DRAFT
    tables: Mapping[str, ShownTable] | None = None
    rules: str = ""
    quality: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stopped: frozenset[str] = frozenset()
    facts: tuple[tuple[str, str], ...] = ()
    framework: Framework | None = None
    data: Dataset | None = None
    by: tuple[str, ...] = ()
    agreement: AgreementSummary | None = None
    now: Dataset | None = None

    def control(self, tables: Sequence[SynthesisTable | CrossTable]) -> Iterator[ShownTable]:
        """Each table as it may be shown; of one that is not given out every figure is withheld."""
        for made_of in tables:
            table = shown(made_of)
            known = table if self.tables is None else self.tables.get(table.id)
            yield withheld(table) if known is None or self.stops(made_of) else known

    def stops(self, table: SynthesisTable | CrossTable) -> bool:
        """Whether no figure of a table is printed, since the quality of what it counts forbids it."""
        by = table.by if isinstance(table, CrossTable) else table.dimension
        return not self.stopped.isdisjoint((table.dimension, by))


WHOLE = GivenOut()


@dataclass(frozen=True, slots=True)
class _Placed:
    """A planned table as it may be shown, with all its rows (`whole`) and as it is printed; of one that is
    `stopped` nothing is."""

    of: Planned
    whole: ShownTable
    stopped: bool

    @property
    def printed(self) -> ShownTable:
        """Of links only those that some report tells; a gap map says nothing of percentages: it has none."""
        if self.of.section == GAP_MAPS:
            kept = tuple(n for n in self.whole.notes if not n.startswith("Of: "))
            return replace(self.whole, notes=kept)
        return linked(self.whole) if self.of.dimension.links is not None else self.whole


@dataclass(frozen=True, slots=True)
class Made:
    """A report with the tables that its numbers come from, by which they can be opened.

    `sound`: every claim of its narrative holds, if it has one. `to_look_at` are sentences on what a person
    should look at before a publishable report is given out.
    """

    contents: Contents
    columns: Columns
    counted: tuple[CountedTable, ...]
    sound: bool
    to_look_at: tuple[str, ...] = ()


def contents(
    store: Store, home: Home, edition: Edition, maps: Sequence[Pair] = (), given: GivenOut = WHOLE
) -> Contents:
    """What a report of an edition holds."""
    return made(store, home, edition, maps, given).contents


def what_is_behind(store: Store, home: Home, report: Made, pictures: int = PICTURES) -> Behind:
    """What is behind the numbers of an internal report."""
    assert report.contents.edition is Edition.INTERNAL
    return behind(store, home, report.columns, report.counted, pictures)


def made(
    store: Store, home: Home, edition: Edition, maps: Sequence[Pair] = (), given: GivenOut = WHOLE
) -> Made:
    """A report of an edition. `maps`: the gap maps, by default that of `default_maps`. `given` bears on the
    publishable edition; the internal one shows all figures, and takes what is said of their quality.

    Raises `CtgError` where a gap map names no coded dimension of the framework.
    """
    given, framework, now, data = _made_of(store, home, edition, given)
    columns = Columns(framework, data)
    by = _breakdowns(Tabulation(framework, data), given.by)
    every = tuple(planned(columns, edition, maps, by, every=bool(given.by)))
    plan = tuple(p for p in every if p.is_given(given.tables))
    whole = given.control([p.table for p in plan])
    placed = tuple(_Placed(p, t, given.stops(p.table)) for p, t in zip(plan, whole, strict=True))
    counted = tuple(x.of.counted(columns, x.printed) for x in placed if not x.stopped)
    found = narrative_checked(home, data, given.control, framework, exact=not given.rules)
    with store.reading() as db:
        known = printable(db, edition)
        kept_back = {p.dimension.id for p in every if not p.is_given(given.tables)} - {
            p.dimension.id for p in plan
        }
        depth = read_depth(db, framework, columns, edition, kept_back, protected=bool(given.rules))
    text, quotes = with_quotes(paragraphs(found, framework) if found is not None else {}, known)
    written = [
        replace(s, quality=given.quality.get(s.id, ()))
        for s in told(tuple(_sections(framework, data, placed, depth)), text, quotes)
    ]
    sections = (
        *(said_once(written, "reports") if edition is Edition.PUBLISHABLE else written),
        methods_section(store, home, edition, rules=given.rules, agreement=given.agreement, data=now),
        *((ledger_section(found),) if found is not None else ()),
    )
    title = framework.title
    subtitle = f"{_count(len(data.reports), 'report')} of groups, synthesised"
    facts = given.facts or tuple(_facts(store, framework, data))
    composed = Contents(title, subtitle, edition, given.status, facts, sections)
    return Made(composed, columns, counted, found is None or found.sound, depth.to_look_at)


def _made_of(
    store: Store, home: Home, edition: Edition, given: GivenOut
) -> tuple[GivenOut, Framework, Dataset, Dataset]:
    """As what an edition is given out, its framework, the dataset of now, and that of its tables."""
    if edition is not Edition.PUBLISHABLE:
        given = replace(WHOLE, quality=given.quality, agreement=given.agreement, now=given.now)
    framework = given.framework or home.framework
    now = given.now or dataset(store, home.framework)
    data = given.data or (now if framework is home.framework else dataset(store, framework))
    return given, framework, now, data


def plain_tables(columns: Columns, maps: Sequence[Pair] = ()) -> tuple[SynthesisTable | CrossTable, ...]:
    """All tables of the publishable edition before anything is withheld."""
    every = planned(columns, Edition.PUBLISHABLE, maps, _cohorts(columns), every=False)
    return tuple(p.table for p in every)


def _breakdowns(known: Tabulation, by: Sequence[str]) -> Breakdowns:
    """By what the tables are broken down: as a release says, else by cohort where there are several."""
    return {name: known.parts(name) for name in by} or _cohorts(known.columns)


def _cohorts(columns: Columns) -> Breakdowns:
    cohorts = by_attribute(columns, COHORT)
    return {COHORT: cohorts} if len(cohorts) > 1 else {}


def _sections(
    framework: Framework, data: Dataset, placed: Sequence[_Placed], depth: Depth
) -> Iterator[Section]:
    of: dict[str, dict[str, Section]] = {"map": {}, "indepth": {}}
    broken_down: dict[str, list[ShownTable]] = {}
    for x in placed:
        if x.of.section in of:
            of[x.of.section][x.of.dimension.id] = _of_dimension(x)
        elif not x.stopped:
            broken_down.setdefault(x.of.section, []).append(x.printed)
    by_dimension = {x.of.dimension.id: x.whole for x in placed if x.of.section in of and not x.stopped}
    found = Chapter(framework, depth, by_dimension, of["indepth"])
    maps = broken_down.pop(GAP_MAPS, [])
    yield Section("reports", "The reports", tuple(_about(data)))
    yield from map_sections(found, of["map"])
    yield from (_by(framework, name, ts) for name, ts in broken_down.items())
    if maps:
        heading = "Where evidence is, and where it is not"
        yield Section("gap-maps", heading, _GAPS, (), _some(*map(gap_map, maps)))
    yield from chapter(found)


def _of_dimension(of: _Placed) -> Section:
    d, table = of.of.dimension, of.printed
    said = tuple(text for text in (d.question, d.definition) if text)
    if of.stopped:
        return Section(d.id, d.title, said)
    return Section(d.id, d.title, said, (table,), _some(bar_chart(table)))


def _by(framework: Framework, name: str, tables: Sequence[ShownTable]) -> Section:
    """The tables broken down by something: by cohort, or anything else that a release has."""
    charts = _some(*map(grouped_chart, tables))
    if name == COHORT:
        return Section("cohorts", "Cohorts compared", _COHORTS, tuple(tables), charts)
    dimension = framework.dimension(name)
    heading = f"By {lower(dimension.title) if dimension else name}"
    short = "".join(c if c.isalnum() else "-" for c in name.casefold())
    return Section(f"{_BY}{short}", heading, _PARTS, tuple(tables), charts)


def told(
    sections: Sequence[Section],
    text: Mapping[str, tuple[str, ...]],
    quotes: Mapping[str, tuple[Quote, ...]] = MappingProxyType({}),
) -> Iterator[Section]:
    """The sections with the narrative: what is said under a dimension takes the place of its definition, what
    is under no dimension's heading comes first, each under its own heading. `quotes` are those that stand by
    themselves there."""
    known = {s.id for s in sections}
    for heading, said in text.items():
        if heading not in known and (said or heading in quotes):
            name = "".join(c if c.isalnum() else "-" for c in heading.casefold())
            yield Section(f"text-{name}", heading or "Summary", said, quotes=quotes.get(heading, ()))
    for s in sections:
        kept = s.paragraphs if s.id in _OURS or s.id.startswith(_BY) else ()
        written = replace(s, paragraphs=(*text[s.id], *kept)) if text.get(s.id) else s
        yield replace(written, quotes=quotes.get(s.id, ()))


_BY = "by-"
_OURS = ("reports", "cohorts", "gap-maps", IN_DEPTH)  # sections whose own sentences stay


_COHORTS = ("The same tables for each cohort. Percentages are of the cohort's own reports.",)
_PARTS = ("The same tables for some of the reports each. Percentages are of a column's own reports.",)
_GAPS = (
    "Each cell counts the reports that have both codes. A gap says that no report was coded with both; it "
    "does not say that nothing was done.",
)


def _some(*charts: Chart | None) -> tuple[Chart, ...]:
    return tuple(c for c in charts if c is not None)


def _about(data: Dataset) -> Iterator[str]:
    n = len(data.reports)
    yield f"{_count(n, 'report')} count in these tables; {data.decided} of them have decisions of coders."
    for part in response(data, COHORT):
        rate = (
            f"{part.responded} of {part.expected} groups sent a report that counts ({part.percent} per cent)"
        )
        yield f"{rate}." if part.part == "All" else f"Cohort {part.part}: {rate}."


def _facts(store: Store, framework: Framework, data: Dataset) -> Iterator[tuple[str, str]]:
    yield "Framework", framework.framework_id
    yield "Reports", str(len(data.reports))
    with store.reading() as db:
        model = suggestion_store.last_model(db, framework.framework_id)
        last = decision_store.last_decided_at(db)
    if model:
        yield "Model that suggested", model
    yield "Code version", f"ctg_nlp {version('ctg_nlp')}"
    if last:
        yield "Decisions until", f"{last[:16].replace('T', ' ')} UTC"


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
