"""`ctg report`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctg_nlp.cli.output import json_option, print_json
from ctg_nlp.cli.project import Project, note_export, pass_project
from ctg_nlp.errors import CtgError
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store

if TYPE_CHECKING:  # what makes a report takes a second to load
    from ctg_nlp.export.contents import Contents
    from ctg_nlp.report import GivenOut

# What writes a report in each form, by the ending of its file: a function of the path and the contents.
# The page is the only form that can open its numbers, so `write_html` takes what is behind them too.
FORMATS = {
    "html": "ctg_nlp.export.report_html:write_html",
    "docx": "ctg_nlp.export.docx_report:write_docx",
    "xlsx": "ctg_nlp.export.xlsx_report:write_xlsx",
    "csv": "ctg_nlp.export.xlsx_report:write_csv_report",
}


@click.command("report")
@click.option(
    "--edition",
    type=click.Choice(["internal", "publishable"]),
    default="internal",
    help="Internal: every number opens its reports. Publishable: figures alone.",
)
@click.option("--format", "formats", default="html", help=f"One or several of {', '.join(FORMATS)}.")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="By default data/coded/report."
)
@click.option("--release", "release_id", metavar="RELEASE", help="The publishable edition of a release.")
@click.option(
    "--gap-map",
    "maps",
    multiple=True,
    metavar="ROWS/COLUMNS",
    help="Two dimensions, instead of the setting; may be repeated.",
)
@click.option("--pictures-mb", type=click.IntRange(0), default=15, help="The most that pictures may take.")
@click.option("--no-pictures", is_flag=True, help="No pictures of places on pages.")
@json_option
@pass_project
def report_command(
    project: Project, edition: str, formats: str, output: Path | None, maps: tuple[str, ...],
    release_id: str | None, pictures_mb: int, no_pictures: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make the report of the synthesis: tables, charts and gap maps, in one of two editions."""
    chosen = _formats(formats)
    home = project.home()
    edition = "publishable" if release_id else edition
    with project.store(home) as store:
        folder = output or _folder(store, home, release_id)
        note_export(store, f"report: {edition}, {', '.join(chosen)}")
        paths, sound, left_out = _written(
            store,
            home,
            edition,
            chosen,
            folder,
            ", ".join(maps),
            release_id,
            0 if no_pictures else pictures_mb * 1_000_000,
        )
    if left_out:
        click.echo(left_out, err=True)
    if not sound:
        click.echo("The narrative says what the tables do not: see ctg claims check", err=True)
    if as_json:
        print_json({"edition": edition, "files": [str(p) for p in paths], "narrative_holds": sound})
        return
    for path in paths:
        click.echo(f"Wrote {path} ({path.stat().st_size / 1e6:.1f} MB)")
    if edition == "internal":
        click.echo("It names reports, groups and coders: for those who lead or analyse the work alone.")


def _written(
    store: Store, home: Home, edition: str, formats: tuple[str, ...], folder: Path,
    maps: str, release_id: str | None, pictures: int,
) -> tuple[tuple[Path, ...], bool, str]:  # fmt: skip
    from ctg_nlp.export.contents import Edition
    from ctg_nlp.report import made, pairs_of, what_is_behind

    pairs = pairs_of(maps or home.gap_maps)
    report = made(store, home, Edition(edition), pairs, _given(store, home, edition, pairs, release_id))
    paths: list[Path] = []
    for name in formats:
        paths.append(folder / f"{edition}.{name}")
        module, function = FORMATS[name].split(":")
        write = getattr(importlib.import_module(module), function)
        if name == "html" and report.contents.edition is Edition.INTERNAL:
            write(paths[-1], report.contents, what_is_behind(store, home, report, pictures))
        else:
            write(paths[-1], report.contents)
    return tuple(paths), report.sound, _left_out(maps, report.contents, released=bool(release_id))


def _left_out(maps: str, contents: Contents, *, released: bool) -> str:
    """Of gap maps that were asked for and are not in a publishable report, why not; else an empty text."""
    from ctg_nlp.export.charts import GAP_MAP
    from ctg_nlp.report import pairs_of

    wanted = len(set(pairs_of(maps)))
    if (
        contents.edition == "internal"
        or sum(c.kind == GAP_MAP for s in contents.sections for c in s.charts) >= wanted
    ):
        return ""
    why = (
        "the report of a release has the tables that were frozen in it alone"
        if released
        else "a publishable report has none where small counts are withheld (disclosure_minimum)"
    )
    return f"Gap map left out: {maps}; {why}."


def _folder(store: Store, home: Home, release_id: str | None) -> Path:
    from ctg_nlp.export.release import REPORT
    from ctg_nlp.releases import folder_of, told_of

    if release_id:
        return folder_of(home, told_of(store, release_id).release) / REPORT
    return home.coded / REPORT


def _given(
    store: Store, home: Home, edition: str, pairs: tuple[tuple[str, str], ...], release_id: str | None
) -> GivenOut:
    from ctg_nlp.giving_out import as_draft, as_release
    from ctg_nlp.releases import told_of
    from ctg_nlp.report import WHOLE

    if release_id:
        return as_release(store, told_of(store, release_id))
    return as_draft(store, home, pairs) if edition == "publishable" else WHOLE


def _formats(said: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(part.strip().lower() for part in said.split(",") if part.strip()))
    unknown = [name for name in chosen if name not in FORMATS]
    if unknown or not chosen:
        named = ", ".join(unknown) or "without a name"
        raise CtgError(f"There is no format {named}; there are {', '.join(FORMATS)}.")
    return chosen
