"""Any table that can be asked for by name: of a dimension, broken down by whatever is known, with response
and codes per report. Composition of `synthesis` over one dataset."""

from __future__ import annotations

from collections.abc import Iterable

from ctg_nlp.dataset import COHORT, YEAR
from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Dataset
from ctg_nlp.synthesis.breakdown import SINGLE_ROWS, CrossTable, Named, breakdown, by_attribute, by_dimension
from ctg_nlp.synthesis.cells import Columns, RowKind
from ctg_nlp.synthesis.per_report import CodesPerReport, codes_per_report
from ctg_nlp.synthesis.response import BoundedTable, Response, bounded, response
from ctg_nlp.synthesis.tables import Denominator, SynthesisTable, denominator_of, table_of, tabulated

REGION = "region"
_MOST_PARTS = 300  # columns of one breakdown; a register's column of names would make thousands


class Tabulation:
    """The tables of one dataset. Names that nothing has raise `CtgError` with the names that there are."""

    def __init__(self, framework: Framework, dataset: Dataset) -> None:
        self.framework = framework
        self.dataset = dataset
        self.columns = Columns(framework, dataset)
        self._parts: dict[str, tuple[Named, ...]] = {}

    def tabulated(self, stage: str = "map") -> tuple[Dimension, ...]:
        """The dimensions of a stage of which there is a table."""
        return tabulated(self.framework, stage)

    def dimension(self, name: str) -> Dimension:
        """A dimension of any stage by its id or the number of its table."""
        found = (d for d in self.framework.dimensions if name in (d.id, str(d.table)))
        dimension = next(found, None)
        if dimension is None:
            known = (f"{d.table} ({d.id})" if d.table else d.id for d in self.framework.dimensions)
            raise CtgError(f"There is no table {name}; there are {', '.join(known)}.")
        return dimension

    def table(self, dimension: Dimension, of: Denominator | None = None) -> SynthesisTable:
        """The table of a dimension."""
        return table_of(self.columns, dimension, of)

    def cross(self, dimension: Dimension, by: str, of: Denominator | None = None) -> CrossTable:
        """A dimension broken down by another, by the region of a place, or by what is known of the groups."""
        return breakdown(self.columns, dimension, self.name_of(by), self.parts(by), of)

    def name_of(self, by: str) -> str:
        """The name of what a breakdown is by, as written in the framework or register: case is no matter,
        nor are table numbers and "year" for "project year"."""
        names = self.breakdowns()
        if by in names:
            return by
        numbered = {str(d.table): d.id for d in self.framework.dimensions if d.table is not None}
        if by in numbered:
            return numbered[by]
        wanted = YEAR if by.casefold() == "year" else by.casefold()
        alike = [n for n in names if n.casefold() == wanted]
        if len(alike) == 1:
            return alike[0]
        why = self._why_unknown(wanted)
        raise CtgError(f"Nothing can be broken down by {by}{why}; there are {', '.join(names)}.")

    def _why_unknown(self, wanted: str) -> str:
        """Why something that reports can be broken down by elsewhere is not known here, or empty."""
        if wanted == YEAR and not any(c.years for c in self.framework.cohorts):
            return ": the framework gives no cohort its years"
        if wanted in (COHORT, YEAR):
            return f": no group's {COHORT} is known, which a register gives (data/register.csv)"
        return ": no place with a region is known" if wanted == REGION else ""

    def breakdowns(self) -> tuple[str, ...]:
        """What tables can be broken down by: dimensions, then what is known of the groups, then regions."""
        dimensions = [d.id for d in self.framework.dimensions if self._has_parts(d)]
        region = (REGION,) if self._placed() else ()
        return tuple(dict.fromkeys((*dimensions, *self.dataset.attribute_names, *region)))

    def _has_parts(self, dimension: Dimension) -> bool:
        return dimension.coded or bool(dimension.bands) or dimension.kind == "text"

    def _placed(self) -> Dimension | None:
        """The text whose values name places with a region, if there is one."""
        regions = (d for d in self.framework.valued if d.kind == "text" and RowKind.ANY_OF in self._kinds(d))
        return next(regions, None) if self.dataset.regions else None

    def _kinds(self, dimension: Dimension) -> set[RowKind]:
        return {s.kind for s in self.columns.specs(dimension)}

    def parts(self, by: str) -> tuple[Named, ...]:
        """The parts of the reports that a breakdown is by, made once."""
        name = self.name_of(by)
        if name not in self._parts:
            parts = self._made(name)
            if len(parts) > _MOST_PARTS:
                raise CtgError(f"{name} has {len(parts)} different values: too many for columns of a table.")
            self._parts[name] = parts
        return self._parts[name]

    def _made(self, name: str) -> tuple[Named, ...]:
        dimension, kinds = self.rows_of(name)
        return by_dimension(self.columns, dimension, kinds) if dimension else by_attribute(self.columns, name)

    def rows_of(self, name: str) -> tuple[Dimension | None, tuple[RowKind, ...]]:
        """The dimension and the kinds of its rows that make the parts of a breakdown by this name, one of
        `breakdowns`; no dimension where it is known of the groups."""
        dimension = self.framework.dimension(name)
        if dimension is not None:
            return dimension, SINGLE_ROWS
        if name in self.dataset.attribute_names:
            return None, ()
        return self._placed(), (RowKind.ANY_OF,)

    def response(self, by: str = "") -> tuple[Response, ...]:
        """Who answered, of all groups, and with `by` of those with each value of something that is known of
        groups. Raises `CtgError` where no register says who was expected."""
        found = response(self.dataset, self._of_groups(by) if by else "")
        if not found:
            raise CtgError("No register says which groups were expected, so there is no response rate.")
        return found

    def bounded(self, dimension: Dimension, by: str = "", of: Denominator | None = None) -> BoundedTable:
        """How far the groups that sent nothing could move the cells of a table."""
        self.response()
        denominator = of or denominator_of(dimension)
        if denominator is not Denominator.ALL:
            raise CtgError(
                f"{dimension.id} is of {denominator}, among which silent groups may not be; "
                "with --of all there are bounds."
            )
        name = self._of_groups(by) if by else ""
        parts = self._with_silent(name) if name else ()
        return bounded(breakdown(self.columns, dimension, name, parts, Denominator.ALL), self.dataset.silent)

    def _with_silent(self, name: str) -> tuple[Named, ...]:
        return by_attribute(self.columns, name, (v for g in self.dataset.silent for v in g.values_of(name)))

    def _of_groups(self, by: str) -> str:
        names = self.dataset.attribute_names
        name = by if by in names else self.name_of(by)
        if name not in names:
            raise CtgError(
                f"{name} is not known of groups that sent nothing; known are {', '.join(names) or 'none'}."
            )
        return name

    def per_report(self, dimensions: Iterable[Dimension]) -> tuple[CodesPerReport, ...]:
        """How many codes of each of these dimensions reports have; those without codes are left out."""
        return tuple(codes_per_report(self.columns, d) for d in dimensions if d.coded)
