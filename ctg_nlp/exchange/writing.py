"""Writing a project for another tool, in whichever format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ctg_nlp.errors import ExchangeError
from ctg_nlp.exchange.code_nodes import code_nodes, walk
from ctg_nlp.exchange.csv_codebook import write_csv_codebook
from ctg_nlp.exchange.eppi import write_eppi
from ctg_nlp.exchange.gathering import reports_to_give
from ctg_nlp.exchange.label_studio import write_label_studio
from ctg_nlp.exchange.losses import LOST, framework_losses, write_losses
from ctg_nlp.exchange.qdc import codebook_xml
from ctg_nlp.exchange.qdpx_out import write_project
from ctg_nlp.exchange.ris import write_ris
from ctg_nlp.export.files import whole_file
from ctg_nlp.settings import Home
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store.database import Store

BY_ENDING = {".qdpx": "qdpx", ".qdc": "qdc", ".ris": "ris", ".csv": "csv"}
FORMATS = ("qdpx", "qdc", "eppi", "label-studio", "csv", "ris")
_CODES_ALONE = ("qdc", "csv")
Progress = Callable[[int, int], None]

_EPPI_LOSSES = (
    "Only what all coders come to is told, not who said what: undecided, absent and in conflict look alike.",
    "Notes, times, roles and earlier decisions are left out.",
)
_LABEL_STUDIO_LOSSES = (
    "PDFs and the places on their pages are left out: tasks are texts.",
    "Who coded stands in each region's information, not as a user of Label Studio.",
    "Earlier decisions that the same coders replaced, memos and inductive codes are left out.",
)
_RIS_LOSSES = (
    "Only codes that are present are told, as keywords; who decided, quotes and values are left out.",
)


@dataclass(frozen=True, slots=True)
class Given:
    """What was written: the files, how much of what, and what they do not carry. `blind`: how many reports in
    it somebody still codes blind."""

    format: str
    paths: tuple[Path, ...]
    counts: dict[str, int]
    losses: tuple[str, ...]
    blind: int = 0


def format_for(path: Path) -> str:
    """The format that the ending of a file asks for. Raises `ExchangeError` where it leaves that open."""
    if path.suffix.lower() not in BY_ENDING:
        raise ExchangeError(f"Say in which format {path.name} is wanted: --format {'|'.join(FORMATS)}")
    return BY_ENDING[path.suffix.lower()]


def give_out(
    path: Path, form: str, store: Store, home: Home, *, origin: str, suggestions: bool = False,
    quotes: bool = False, pdfs: bool = True, progress: Progress = lambda done, total: None,
) -> Given:  # fmt: skip
    """Write a file for another tool, and beside it a list of what it does not carry.

    Raises `HomeError` where it cannot be written.
    """
    given = _written(path, form, store, home, origin, suggestions, quotes, pdfs, progress)
    if form in _CODES_ALONE:
        return given
    with store.reading() as db:
        blind = independence_store.still_blind(db) & {r.report_id for r in reports_to_give(db)}
    return replace(given, blind=len(blind))


def _written(
    path: Path, form: str, store: Store, home: Home, origin: str, suggestions: bool, quotes: bool, pdfs: bool,
    progress: Progress,
) -> Given:  # fmt: skip
    framework = home.framework
    if form == "qdpx":
        made = write_project(
            path, store, home, origin=origin, suggestions=suggestions, pdfs=pdfs, progress=progress
        )
        beside = path.with_name(path.name + LOST)
        return Given(form, (path, beside), made.counts, made.losses)
    losses = tuple(framework_losses(framework))
    if form == "qdc":
        with whole_file(path, binary=True) as file:
            file.write(codebook_xml(code_nodes(framework), origin))
        return _told(form, (path,), {"codes": sum(1 for _ in walk(code_nodes(framework)))}, losses)
    if form == "csv":
        return _told(form, (path,), {"rows": write_csv_codebook(path, framework)}, losses)
    if form == "eppi":
        references, codes = write_eppi(path, store, home, quotes=quotes)
        left_out = () if quotes else ("Quotes, free text and the register's columns were not asked for.",)
        return _told(
            form, (path,), {"references": references, "codes": codes}, (*_EPPI_LOSSES, *left_out, *losses)
        )
    if form == "label-studio":
        tasks, beside = write_label_studio(path, store, home, suggestions=suggestions)
        return _told(form, (path, beside), {"tasks": tasks}, (*_LABEL_STUDIO_LOSSES, *losses))
    left_out = () if quotes else ("The register's columns and the paths of files were not asked for.",)
    return _told(
        form, (path,), {"references": write_ris(path, store, home, quotes=quotes)}, (*_RIS_LOSSES, *left_out)
    )


def _told(form: str, paths: tuple[Path, ...], counts: dict[str, int], losses: tuple[str, ...]) -> Given:
    return Given(form, (*paths, write_losses(paths[0], losses)), counts, losses)
