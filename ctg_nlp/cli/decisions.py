"""`ctg decisions`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from ctg_nlp.cli.output import again, json_option, print_json, print_lines, print_table
from ctg_nlp.cli.project import Project, note_export, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import RunIncomplete

_SHOWN = 10


@click.group("decisions")
def decisions_command() -> None:
    """Take coders' decisions in, give them out, undo an import."""


@decisions_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--again", is_flag=True, help="Take the file even if its very content was imported before.")
@who_option
@json_option
@pass_project
def decisions_import(project: Project, file: Path, again: bool, who: str, as_json: bool) -> None:
    """Take in a FILE of decisions, a JSON object a line (docs/decisions.md tells the form)."""
    from ctg_nlp.coding import import_decisions

    home = project.home()
    with project.store(home) as store:
        done = import_decisions(store, home.framework, file, now=utc_now(), who=person(who), again=again)
    if as_json:
        print_json(asdict(done))
    elif done.already:
        click.echo(f"{file.name} was imported before as {done.import_id}. Nothing was changed.")
        click.echo("If reports came since that lines of it were refused for, take it once more with: --again")
    else:
        _say(done)
    if done.refused:
        raise RunIncomplete(
            f"{len(done.refused)} of {done.lines + len(done.refused)} lines were refused; see above."
        )


def _say(done: object) -> None:
    from ctg_nlp.coding import Imported

    assert isinstance(done, Imported)
    click.echo(f"{done.decisions} decisions on {done.reports} reports were taken from {done.lines} lines.")
    found = done.quotes - len(done.unanchored)
    if done.quotes:
        click.echo(f"{found} of {done.quotes} quotes were found in the reports' text.")
    for line, report, code, quote in done.unanchored[:_SHOWN]:
        click.echo(f'  not found: line {line}, {report}, {code}: "{quote[:80]}"')
    _rest(len(done.unanchored))
    for r in done.refused[:_SHOWN]:
        click.echo(f"  refused: line {r.line}: {r.reason}")
    _rest(len(done.refused))
    click.echo(f"Undo all of it with: {again()} decisions undo {done.import_id}")
    click.echo("Rebuild the tables with: ctg tables --write")


def _rest(n: int) -> None:
    if n > _SHOWN:
        click.echo(f"  … and {n - _SHOWN} more (all with --json)")


@decisions_command.command("export")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "_as_json", is_flag=True, help="JSON lines, which is what is written anyway.")
@pass_project
def decisions_export(project: Project, file: Path | None, _as_json: bool) -> None:
    """Give out all decisions that stand, to FILE or to stdout; importing it again loses nothing."""
    from ctg_nlp.coding import exported_lines
    from ctg_nlp.export.files import write_jsonl

    home = project.home()
    with project.store(home) as store:
        note_export(store, "decisions")
        if file is None:
            print_lines(exported_lines(store))
            return
        count = write_jsonl(file, exported_lines(store))
    click.echo(f"{count} lines written to {file}.")


@decisions_command.command("imports")
@json_option
@pass_project
def decisions_imports(project: Project, as_json: bool) -> None:
    """The files of decisions that were taken in."""
    from ctg_nlp.store.decisions import imports

    home = project.home()
    with project.store(home) as store, store.reading() as db:
        found = imports(db)
    if as_json:
        print_json([asdict(i) for i in found])
        return
    rows = [
        (
            i.import_id,
            i.name,
            i.imported_at[:16].replace("T", " "),
            i.imported_by,
            i.decisions,
            _state(i.undone_at),
        )
        for i in found
    ]
    print_table(
        "", ("import", "file", "time (UTC)", "by", "decisions", "state"), rows, numbers=("decisions",)
    )


def _state(undone_at: str) -> str:
    return f"undone {undone_at[:16].replace('T', ' ')}" if undone_at else "stands"


@decisions_command.command("undo")
@click.argument("import_id")
@who_option
@json_option
@pass_project
def decisions_undo(project: Project, import_id: str, who: str, as_json: bool) -> None:
    """Make the decisions of one import count no more; they are kept."""
    from ctg_nlp.coding import undo_import

    home = project.home()
    with project.store(home) as store:
        undone = undo_import(store, home.framework, import_id, now=utc_now(), who=person(who))
    if as_json:
        print_json({"undone": undone.import_id, "decisions": undone.decisions})
        return
    click.echo(f"{undone.decisions} decisions from {undone.name} count no more. They are kept.")
    click.echo("Rebuild the tables with: ctg tables --write")
