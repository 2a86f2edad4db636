"""The claims ledger: every number and quantifier of the narrative beside the tables as they are now.

Composition of the dataset, `synthesis` and the narrative that lies in the home as `narrative.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctg_nlp.claim_figures import Control, figures, show_all
from ctg_nlp.dataset import dataset
from ctg_nlp.errors import CtgError, HomeError
from ctg_nlp.export.contents import QUESTION, Section
from ctg_nlp.export.files import write_csv
from ctg_nlp.framework import Framework
from ctg_nlp.records import Dataset
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.claims import Checked, Verdict, check
from ctg_nlp.synthesis.narrative import Untied, as_read, claims_in, untied_in
from ctg_nlp.synthesis.narrative_parts import Part, parts_of
from ctg_nlp.synthesis.quantifiers import Bounds, bounds_from
from ctg_nlp.synthesis.shown import WITHHELD, ShownCell, ShownRow, ShownTable

CSV_COLUMNS = ("section", "line", "text", "query", "cells", "value", "verdict", "why")


@dataclass(frozen=True, slots=True)
class Ledger:
    """The narrative with each of its claims checked, and all that hangs on no claim. `exact`: the figures
    are all there; else some may be withheld or rounded."""

    parts: tuple[Part, ...]
    claims: tuple[Checked, ...]
    untied: tuple[Untied, ...]
    exact: bool = True

    @property
    def hidden(self) -> tuple[Verdict, ...]:
        """The verdicts on claims whose words, query and value must not be told. Of what cannot be checked
        nobody knows what it tells."""
        return (Verdict.WITHHELD,) if self.exact else (Verdict.WITHHELD, Verdict.BROKEN)

    @property
    def sound(self) -> bool:
        """No claim is false or cannot be checked, and nothing is untied."""
        wrong = (Verdict.FALSE, Verdict.BROKEN)
        return not self.untied and not any(c.verdict in wrong for c in self.claims)


def narrative_checked(
    home: Home, data: Dataset, control: Control = show_all, framework: Framework | None = None,
    *, exact: bool = True,
) -> Ledger | None:  # fmt: skip
    """The narrative of a home checked by a dataset; None where there is no narrative. `framework`: that of
    the dataset, if it is another than the home's. `exact`: whether all figures may be told.

    Raises `CtgError` where not all figures may be told and the narrative is not sound: what is tied to no
    figure could tell one that is withheld.
    """
    if not home.narrative.is_file():
        return None
    found = checked(read_narrative(home.narrative), home, data, control, framework, exact=exact)
    if not exact and not found.sound:
        raise CtgError(
            f"The narrative {home.narrative.name} cannot go out where small counts are withheld or rounded: "
            f"{_unsound(found)}. What hangs on no figure could tell one that is withheld. "
            "See: ctg claims check."
        )
    return found


def _unsound(found: Ledger) -> str:
    counted = dict(_tally(found))
    said = {
        "claims are false": counted[Verdict.FALSE],
        "cannot be checked": counted[Verdict.BROKEN],
        "numbers and quantifiers are tied to no figure": len(found.untied),
    }
    return ", ".join(f"{n} {what}" for what, n in said.items() if n)


def check_file(store: Store, home: Home, path: Path, control: Control = show_all) -> Ledger:
    """The narrative of a file checked. Raises `HomeError` where it cannot be read, or a bound in the settings
    cannot."""
    return checked(read_narrative(path), home, dataset(store, home.framework), control)


def read_narrative(path: Path) -> str:
    """The text of a narrative. Raises `HomeError` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise HomeError(f"The narrative {path} cannot be read: {error}.") from error


def checked(
    text: str, home: Home, data: Dataset, control: Control = show_all, framework: Framework | None = None,
    *, exact: bool = True,
) -> Ledger:  # fmt: skip
    """A narrative checked by a dataset. `framework` and `exact`: as for `narrative_checked`."""
    words = quantifiers(home)
    claims = tuple(claims_in(text))
    known = figures(framework or home.framework, data, claims, words, control, exact=exact)
    found = tuple(check(c, known, words) for c in claims)
    return Ledger(parts_of(text), found, tuple(untied_in(text)), exact)


def quantifiers(home: Home) -> Mapping[str, Bounds]:
    """The bounds of all words, those of the settings instead of ours. Raises `HomeError`."""
    try:
        return bounds_from(home.quantifiers)
    except ValueError as error:
        raise HomeError(f"ctg.toml: quantifiers: {error}") from error


def paragraphs(found: Ledger, framework: Framework) -> dict[str, tuple[str, ...]]:
    """The narrative as it is printed, by the section that a heading is about: its "{#id}", or a heading that
    is the id or title of a dimension, or a question of the enquiry. Other headings come under their own text;
    what stands before, or under the title of the report, under ""."""
    verdicts = {(c.claim.text, c.claim.query): c for c in found.claims}
    names = {q.label.casefold(): f"{QUESTION}{q.id}" for q in framework.questions}
    names |= {n.casefold(): d.id for d in framework.dimensions for n in (d.id, d.title)}
    names.setdefault(framework.title.casefold(), "")
    said: dict[str, tuple[str, ...]] = {}
    for part in found.parts:
        key = names.get(part.id.casefold()) or names.get(part.heading.casefold(), part.heading)
        said[key] = said.get(key, ()) + tuple(
            as_read(text, verdicts, found.hidden) for _, text in part.paragraphs
        )
    return said


def ledger_section(found: Ledger) -> Section:
    """The ledger as an appendix. What would tell a withheld figure is left out of it."""
    counts = ", ".join(f"{n} {verdict}" for verdict, n in _tally(found) if n)
    said = [
        "Every number and quantifier of the text is tied to a figure of the tables and was checked when this "
        f"report was made. Claims: {counts or 'none'}."
    ]
    if found.untied:
        said.append(f"Numbers and quantifiers that are tied to no figure: {len(found.untied)}.")
    rows = tuple(_ledger_row(n, c, c.verdict in found.hidden) for n, c in enumerate(found.claims, start=1))
    columns = ("Query", "Figure now", "Found", "Remark")
    title = "Claims of the text and the figures they hang on"
    table = ShownTable("claims", None, title, columns, rows, (), "")
    return Section("claims", "Claims ledger", tuple(said), (table,) if rows else ())


def _tally(found: Ledger) -> Iterator[tuple[str, int]]:
    for verdict in Verdict:
        yield str(verdict), sum(c.verdict is verdict for c in found.claims)


def _ledger_row(number: int, c: Checked, hidden: bool) -> ShownRow:
    text, query, value, why = _told(c, hidden)
    cells = tuple(ShownCell(n=x) for x in (query, value, str(c.verdict), why))
    return ShownRow(RowKind.VALUE, str(number), text, cells)


def _told(c: Checked, hidden: bool) -> tuple[str, str, str, str]:
    """Text, query, value and why, as far as they may be told."""
    if hidden:
        why = "" if c.verdict is Verdict.BROKEN else c.why  # it may repeat the text
        return WITHHELD, WITHHELD, WITHHELD, why
    return c.claim.text, c.claim.query, c.value, c.why


def ledger_lines(found: Ledger) -> Iterator[dict[str, Any]]:
    """Each claim as plain data, for JSON and CSV. Withheld text is left out, as in the appendix."""
    for c in found.claims:
        hidden = c.verdict in found.hidden
        text, query, value, why = _told(c, hidden)
        yield {
            "section": c.claim.section,
            "line": c.claim.line,
            "text": text,
            "query": query,
            "cells": [] if hidden else [list(cell) for cell in c.cells],
            "value": value,
            "verdict": str(c.verdict),
            "why": why,
        }


def write_ledger(path: Path, found: Ledger) -> None:
    """Write the ledger as CSV. Raises `HomeError` where it cannot be written."""
    rows = (
        [" ; ".join("/".join(x) for x in line[c]) if c == "cells" else line[c] for c in CSV_COLUMNS]
        for line in ledger_lines(found)
    )
    write_csv(path, CSV_COLUMNS, rows)
