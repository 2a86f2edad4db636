"""`ctg exchange`."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctg_nlp.cli.output import json_option, print_json, print_table, progress_bar
from ctg_nlp.cli.project import Project, note_export, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import ExchangeError, RunIncomplete

if TYPE_CHECKING:
    from ctg_nlp.exchange.foreign import Unmatched
    from ctg_nlp.exchange.taking import TakenIn
    from ctg_nlp.exchange.writing import Given

_SHOWN = 20
_OUT = ("qdpx", "qdc", "eppi", "label-studio", "csv", "ris")
_IN = ("qdpx", "eppi", "label-studio")


@click.group("exchange")
def exchange_command() -> None:
    """Move coding to and from other tools: REFI-QDA, EPPI-Reviewer, Label Studio, CSV, RIS."""


@exchange_command.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(_OUT), help="By default by the ending of FILE.")
@click.option("--suggestions", is_flag=True, help="Also what machines suggest, as users named machine: ...")
@click.option(
    "--quotes",
    is_flag=True,
    help="Also quotes, free text and the register's columns, in EPPI's JSON and RIS; they are confidential.",
)
@click.option("--text-only", is_flag=True, help="Leave the PDFs out of a .qdpx.")
@json_option
@pass_project
def exchange_export(
    project: Project,
    file: Path,
    form: str | None,
    suggestions: bool,
    quotes: bool,
    text_only: bool,
    as_json: bool,
) -> None:
    """Write FILE for another tool, and beside it FILE.lost.txt: what FILE does not carry."""
    from ctg_nlp.exchange.writing import format_for, give_out

    home = project.home()
    chosen = form or format_for(file)
    with project.store(home) as store, progress_bar("Reports") as progress:
        note_export(store, f"exchange {chosen}", file)
        given = give_out(
            file, chosen, store, home, origin=f"ctg_nlp {version('ctg_nlp')}", suggestions=suggestions,
            quotes=quotes, pdfs=not text_only, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json(asdict(given))
    else:
        _say_given(given)


def _say_given(given: Given) -> None:
    counts = ", ".join(f"{n} {what}" for what, n in given.counts.items())
    click.echo(f"{given.paths[0]}: {counts or 'nothing'}.")
    click.echo("What it does not carry:")
    for line in given.losses:
        click.echo(f"  {line}")
    click.echo(f"Written: {', '.join(str(p) for p in given.paths)}")
    if given.blind:
        click.echo(
            f"{given.blind} reports in it are still coded blind: keep it from those who code them.", err=True
        )


@exchange_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(_IN), help="By default by what is in FILE.")
@click.option("--coder", default="", help="Who coded all of it; by default as FILE says.")
@click.option(
    "--map",
    "matches",
    type=click.Path(path_type=Path),
    help="A CSV: a code's name there, our dimension.code.",
)
@click.option(
    "--rest-absent",
    is_flag=True,
    help="In a dimension of which a coder gave any code, the other codes are absent.",
)
@click.option(
    "--roles",
    is_flag=True,
    help="Believe FILE who is an adjudicator or trainee, also of people not known here as such.",
)
@click.option("--again", is_flag=True, help="Take the file even if its very content was imported before.")
@click.option(
    "--unmatched", type=click.Path(path_type=Path), help="Write all that could not be taken to this CSV."
)
@who_option
@json_option
@pass_project
def exchange_import(
    project: Project, file: Path, form: str | None, coder: str, matches: Path | None, rest_absent: bool,
    roles: bool, again: bool, unmatched: Path | None, who: str, as_json: bool,
) -> None:  # fmt: skip
    """Take in FILE of another tool. It adds decisions and changes none; undo all of it by its number."""
    from ctg_nlp.exchange.opening import import_file, read_matches

    home = project.home()
    given = read_matches(matches, home.framework) if matches else None
    with project.store(home) as store:
        done = import_file(
            store, home.framework, file, now=utc_now(), who=person(who), form=form or "", coder=coder,
            given=given, rest_absent=rest_absent, again=again, roles=roles,
        )  # fmt: skip
    if unmatched is not None:
        _write_unmatched(unmatched, done.unmatched)
    if as_json:
        print_json(asdict(done))
    elif done.already:
        click.echo(
            f"{file.name} was imported before as {done.import_id}. Nothing was changed. Once more: --again"
        )
    else:
        _say_taken(done, file)
    if done.unmatched:
        raise RunIncomplete(f"{len(done.unmatched)} things in {file.name} could not be taken; see above.")


def _write_unmatched(path: Path, unmatched: tuple[Unmatched, ...]) -> None:
    from ctg_nlp.export.files import write_csv

    write_csv(path, ("what", "where", "why", "quote"), [(u.what, u.where, u.why, u.quote) for u in unmatched])


def _say_taken(done: TakenIn, file: Path) -> None:
    click.echo(f"{file.name} is {done.format}, written by {done.origin or 'a tool that does not say'}.")
    if done.codes:
        click.echo(f"{done.matched_codes} of its {done.codes} codes are in the framework.")
    if done.codes and not done.matched_codes:
        click.echo(f"Make a framework of its codes with: ctg exchange framework {file} NEW.yaml")
    _say_added(done)
    for report, code, quote in done.unanchored[:_SHOWN]:
        click.echo(f'  not found, and kept: {report}, {code}: "{quote[:80]}"')
    _rest(len(done.unanchored))
    ignored = ", ".join(f"{n} {what}" for what, n in done.counts.items())
    if ignored:
        click.echo(f"Looked over and left: {ignored}.")
    codes = [u.where for u in done.unmatched if u.what == "code"]
    others = [u for u in done.unmatched if u.what != "code"]
    if codes:
        click.echo(f"Codes that the framework does not have: {', '.join(codes[:_SHOWN])}.")
        _rest(len(codes))
    for u in others[:_SHOWN]:
        click.echo(f"  could not be taken: {u.what} {u.where}: {u.why}")
    _rest(len(others))
    if done.number is not None:
        click.echo(f"Undo all of it with: ctg exchange undo {done.number}")
        click.echo("Rebuild the tables with: ctg tables --write")


def _say_added(done: TakenIn) -> None:
    click.echo(f"{done.decisions} decisions on {done.reports} reports were added.")
    if done.same or done.older:
        click.echo(
            f"Not added: {done.same} that are here already, {done.older} older than the coder's own here."
        )
    for name, role in done.in_roles:
        click.echo(f"{name} speaks in it as {role}.")
    for there, here in done.known_as:
        click.echo(f"{there} is {here} here.")
    if done.replaced:
        click.echo(f"{done.replaced} of them replace what the same coders said here before.")
    if done.repeated:
        click.echo(
            f"{done.repeated} of them another import had brought too; they stand as long as either does."
        )
    if done.quotes:
        click.echo(
            f"{done.quotes - len(done.unanchored)} of {done.quotes} quotes were found in the reports' text."
        )


def _rest(n: int) -> None:
    if n > _SHOWN:
        click.echo(f"  … and {n - _SHOWN} more (all with --json, or --unmatched FILE.csv)")


@exchange_command.command("framework")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--title", default="", help="The framework's title; by default the name of FILE.")
@json_option
def exchange_framework(file: Path, target: Path, title: str, as_json: bool) -> None:
    """Make a framework TARGET.yaml of the codes in FILE (.qdc, .qdpx, EPPI-Reviewer's JSON, or a CSV)."""
    from ctg_nlp.exchange.opening import make_framework

    made = make_framework(file, target, title=title)
    codes = sum(len(d.codes) for d in made.dimensions)
    if as_json:
        print_json({"framework": made.framework_id, "dimensions": len(made.dimensions), "codes": codes})
        return
    click.echo(f"{target}: {len(made.dimensions)} dimensions with {codes} codes.")
    click.echo("Look through it, since kinds (single, number, text) and rules may not be told; then: "
               f"ctg framework check {target}")  # fmt: skip


@exchange_command.command("list")
@json_option
@pass_project
def exchange_list(project: Project, as_json: bool) -> None:
    """What was taken in from other tools, by number."""
    from ctg_nlp.store.exchange import exchanges

    home = project.home()
    with project.store(home) as store, store.reading() as db:
        found = exchanges(db)
    if as_json:
        print_json([asdict(e) for e in found])
        return
    rows = [
        (e.number, e.name, e.origin or e.format, _minute(e.imported_at), e.imported_by, e.decisions,
         e.unmatched, f"undone {_minute(e.undone_at)}" if e.undone_at else "stands")
        for e in found
    ]  # fmt: skip
    columns = ("number", "file", "written by", "time (UTC)", "by", "decisions", "not taken", "state")
    print_table("", columns, rows, numbers=("number", "decisions", "not taken"))


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")


@exchange_command.command("undo")
@click.argument("number", type=int)
@who_option
@json_option
@pass_project
def exchange_undo(project: Project, number: int, who: str, as_json: bool) -> None:
    """Make all decisions of import NUMBER count no more; they are kept."""
    from ctg_nlp.coding import undo_import
    from ctg_nlp.store.exchange import exchanges

    home = project.home()
    with project.store(home) as store:
        with store.reading() as db:
            known = {e.number: e for e in exchanges(db)}
        if number not in known:
            said = ", ".join(map(str, known)) or "none"
            raise ExchangeError(f"There is no import {number} from another tool; the numbers are: {said}.")
        undone = undo_import(store, home.framework, known[number].import_id, now=utc_now(), who=person(who))
    if as_json:
        print_json({"undone": number, "import": undone.import_id, "decisions": undone.decisions})
        return
    click.echo(f"{undone.decisions} decisions from {undone.name} count no more. They are kept.")
    click.echo("Rebuild the tables with: ctg tables --write")
