"""`ctg report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctg_nlp.cli.output import json_option, print_json
from ctg_nlp.cli.project import Project, note_export, pass_project
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError
from ctg_nlp.export.forms import FORMS, write_report
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store

if TYPE_CHECKING:  # what makes a report takes a second to load
    from ctg_nlp.export.contents import Contents


@click.command("report")
@click.option(
    "--edition",
    type=click.Choice(["internal", "publishable"]),
    help="Internal, by default: every number opens its reports. Publishable: figures alone.",
)
@click.option("--format", "formats", default="html", help=f"One or several of {', '.join(FORMS)}.")
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
    project: Project, edition: str | None, formats: str, output: Path | None, maps: tuple[str, ...],
    release_id: str | None, pictures_mb: int, no_pictures: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make the report of the synthesis: tables, charts and gap maps, in one of two editions."""
    chosen = _formats(formats)
    home = project.home()
    if release_id:
        _refuse(edition, maps)
    edition = "publishable" if release_id else edition or "internal"
    with project.store(home) as store:
        note_export(store, f"report: {edition}, {', '.join(chosen)}")
        notes: tuple[str, ...] = ()
        if release_id:
            paths, sound = _of_release(store, home, release_id, chosen, output), True
        else:
            folder, pictures = output or home.coded / "report", 0 if no_pictures else pictures_mb * 1_000_000
            paths, sound, notes = _written(store, home, edition, chosen, folder, ", ".join(maps), pictures)
    for note in notes:
        click.echo(note, err=True)
    if not sound:
        click.echo("The narrative says what the tables do not: see ctg claims check", err=True)
    if as_json:
        print_json({"edition": edition, "files": [str(p) for p in paths], "narrative_holds": sound})
        return
    for path in paths:
        click.echo(f"Wrote {path} ({path.stat().st_size / 1e6:.1f} MB)")
    if edition == "internal":
        click.echo("It names reports, groups and coders: for those who lead or analyse the work alone.")


def _refuse(edition: str | None, maps: tuple[str, ...]) -> None:
    """Raises `CtgError` for what cannot be said of the report of a release."""
    if edition == "internal":
        raise CtgError(
            "A release has a publishable report alone. What is behind the numbers of now is in the internal "
            "one, which is made without --release."
        )
    if maps:
        raise CtgError("The gap maps of a release were frozen with its draft: leave --gap-map out.")


def _of_release(
    store: Store, home: Home, release_id: str, forms: tuple[str, ...], output: Path | None
) -> tuple[Path, ...]:
    from ctg_nlp.releases import told_of, write_reports

    return write_reports(store, home, told_of(store, release_id), forms, utc_now(), output)


def _written(
    store: Store, home: Home, edition: str, formats: tuple[str, ...], folder: Path, maps: str, pictures: int
) -> tuple[tuple[Path, ...], bool, tuple[str, ...]]:
    from ctg_nlp.export.editions import Edition
    from ctg_nlp.giving_out import as_draft, as_internal
    from ctg_nlp.report import made, what_is_behind
    from ctg_nlp.report_plan import pairs_of

    pairs = pairs_of(maps or home.gap_maps)
    given = as_draft(store, home, pairs) if edition == "publishable" else as_internal(store, home)
    report = made(store, home, Edition(edition), pairs, given)
    paths: list[Path] = []
    for name in formats:
        paths.append(folder / f"{edition}.{name}")
        opens = name == "html" and report.contents.edition is Edition.INTERNAL
        behind = (what_is_behind(store, home, report, pictures),) if opens else ()
        write_report(paths[-1], report.contents, *behind)
    said = (_left_out(maps, report.contents), _stopped(home, given.stopped), *report.to_look_at)
    return tuple(paths), report.sound, tuple(filter(None, said))


def _left_out(maps: str, contents: Contents) -> str:
    """Of gap maps that were asked for and are not in a publishable report, why not; else an empty text."""
    from ctg_nlp.export.charts import GAP_MAP
    from ctg_nlp.report_plan import pairs_of

    there = sum(c.kind == GAP_MAP for s in contents.sections for c in s.charts)
    if contents.edition == "internal" or there >= len(set(pairs_of(maps))):
        return ""
    return (
        f"Gap map left out: {maps}; there is none where small counts are withheld (disclosure_minimum) or "
        "the quality statement of one of its tables says “do not publish”."
    )


def _stopped(home: Home, dimensions: frozenset[str]) -> str:
    """Which tables are left out of a publishable report, since their quality forbids them; else an empty
    text."""
    left = [d for d in home.framework.dimensions if d.id in dimensions]
    named = "; ".join(f"Table {d.table}: {d.title}" if d.table else d.title for d in left)
    return f"Left out, since their quality statements say “do not publish”: {named}." if left else ""


def _formats(said: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(part.strip().lower() for part in said.split(",") if part.strip()))
    unknown = [name for name in chosen if name not in FORMS]
    if unknown or not chosen:
        named = ", ".join(unknown) or "without a name"
        raise CtgError(f"There is no format {named}; there are {', '.join(FORMS)}.")
    return chosen
