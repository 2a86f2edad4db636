"""`ctg example`: the whole job on the bundled example."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import click

from ctg_nlp.cli.output import json_option, print_json, program, typed
from ctg_nlp.cli.run import print_files, rebuild, run_batch
from ctg_nlp.clock import utc_now
from ctg_nlp.settings import is_home, make_home, open_home
from ctg_nlp.store.database import open_store

_CODER = "the example"


@click.command("example")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.option("--plain", is_flag=True, help="Do the same work without Prefect.")
@json_option
def example_command(folder: Path | None, plain: bool, as_json: bool) -> None:
    """Make a home in FOLDER with 15 reports, read them, and rebuild the tables.

    Without FOLDER it is made in that of --home, else in ./example.
    """
    from ctg_nlp.coding import import_decisions
    from ctg_nlp.dataset import dataset
    from ctg_nlp.summary import sentences

    named = click.get_current_context().find_root().params["home"]
    folder = folder or (named if named != Path() else Path("example"))
    home = open_home(folder) if is_home(folder) else make_home(folder)
    bundled = Path(str(resources.files("ctg_nlp") / "example"))
    for pdf in sorted((bundled / "raw").iterdir()):
        if not (home.raw / pdf.name).exists():
            shutil.copyfile(pdf, home.raw / pdf.name)
    if not home.register.exists():
        shutil.copyfile(bundled / "register.csv", home.register)
    summary = run_batch(home, home.raw, plain=plain)
    store = open_store(home.database)
    try:
        file = bundled / "decisions.jsonl"
        taken = import_decisions(store, home.framework, file, now=utc_now(), who=_CODER)
        data = dataset(store, home.framework)
    finally:
        store.close()
    learned = summary if taken.already else run_batch(home, home.raw, plain=plain)
    paths = rebuild(home, plain=plain)
    if as_json:
        values = {**summary.to_json(), "decisions": taken.decisions, "learned": learned.learned}
        print_json({**values, "files": [str(p) for p in paths]})
        return
    for line in sentences(summary):
        click.echo(line)
    if taken.already:
        click.echo("The example's decisions were imported before.")
    else:
        click.echo(
            f"{taken.decisions} decisions of coders were taken in; their tables count {data.decided} reports."
        )
        for line in sentences(learned)[:-1]:
            click.echo(line)
    print_files(home)
    ctg = program()
    click.echo(f"Next: look at a table         {ctg} --home {typed(folder)} tables 8")
    click.echo(f"      at the reports' pages   {ctg} --home {typed(folder)} review")
    click.echo(f"      at what was suggested   {ctg} --home {typed(folder)} suggestions --suggested")
    click.echo(f"      at a word in context    {ctg} --home {typed(folder)} search 'teaching assistant*'")
    click.echo(f"      start your own project  {ctg} --home my_project init")
