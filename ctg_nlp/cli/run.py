"""`ctg init` and `ctg run`."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import click

from ctg_nlp.cli.output import json_option, many, print_json, program, progress_bar, typed
from ctg_nlp.cli.project import Project, pass_project, person, steady_clock
from ctg_nlp.clock import new_run_id, utc_now
from ctg_nlp.errors import HomeError, RunIncomplete
from ctg_nlp.quiet import prepare_prefect
from ctg_nlp.settings import FILE, Home, is_home, make_home
from ctg_nlp.store.database import open_store
from ctg_nlp.store.runs import run_summary


@click.command("init")
@click.option("--framework", default="ctg", help="A bundled framework, or the path of a YAML file.")
@json_option
@pass_project
def init_command(project: Project, framework: str, as_json: bool) -> None:
    """Make the home folder ready for a project with a framework."""
    home = make_home(project.root, framework)
    open_store(home.database, create=True).close()
    if as_json:
        print_json({"home": str(home.root), "framework": home.framework.framework_id})
        return
    click.echo(f"{home.root} is ready, with the framework {home.framework.framework_id}.")
    click.echo(f"Put the submitted reports into {home.raw}, then: {program()} --home {typed(home.root)} run")


@click.command("run")
@click.argument("raw", required=False, type=click.Path(path_type=Path))
@click.option(
    "--framework", default="", help="For a new home: a bundled framework or the path of a YAML file."
)
@click.option("--register", type=click.Path(path_type=Path), help="A register of groups to keep in the home.")
@click.option("--plain", is_flag=True, help="Do the same work without Prefect.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--retry", is_flag=True, help="Try refused files again.")
@click.option(
    "--verify", is_flag=True, help="Read every file's content, even where name, size and time are known."
)
@json_option
@pass_project
def run_command(
    project: Project, raw: Path | None, framework: str, register: Path | None, plain: bool, dry_run: bool,
    retry: bool, verify: bool, as_json: bool,
) -> None:  # fmt: skip
    """Read all new reports of the folder RAW (by default data/raw), propose codes, rebuild the tables."""
    if raw is not None and re.match(r"[a-z0-9+]+:/", str(raw)):
        raise HomeError(f'An address of files is a setting: source = "{raw.as_posix()}" in {FILE}.')
    if framework and is_home(project.root):
        raise HomeError(f"{project.root} has its framework already; change it in {project.root / FILE}.")
    if (
        not is_home(project.root)
        and not dry_run
        and (raw is not None or (project.root / "data/raw").is_dir())
    ):
        make_home(project.root, framework or "ctg")
        click.echo(f"Made {project.root} a new home.", err=True)
    home = project.home()
    folder = raw.resolve() if raw else home.raw
    if register is not None and not dry_run:
        _keep_register(home, register)
    if dry_run:
        _dry_run(home, folder, retry, verify, as_json)
        return
    _tell_of_the_clock(home)
    summary = run_batch(home, folder, plain=plain, retry=retry, verify=verify)
    paths = rebuild(home, plain=plain)
    if as_json:
        print_json({**summary.to_json(), "files_written": [str(p) for p in paths]})
    else:
        print_summary(home, summary)
    if summary.failed:
        raise RunIncomplete(_what_failed(summary, home.source))


def _what_failed(summary: Any, source: str) -> str:
    files = [name for name in summary.failed if name != source]
    said = []
    if files:
        said.append(
            f"{len(files)} of {summary.files} files failed unexpectedly and will be tried again by the next "
            f"run: {', '.join(files[:10])}. All others are stored."
        )
    if len(files) < len(summary.failed):
        said.append(f"Nothing could be fetched from {source}; the next run tries again.")
    return " ".join(said)


def _tell_of_the_clock(home: Home) -> None:
    store = open_store(home.database, create=True)
    try:
        said = steady_clock(store).in_words()
    finally:
        store.close()
    if said:
        click.echo(said, err=True)


def _keep_register(home: Home, register: Path) -> None:
    """Make a register the home's own, if it can be read."""
    from ctg_nlp.export.files import whole_file
    from ctg_nlp.intake.register import read_register

    read_register(register)
    content = register.read_bytes()
    with whole_file(home.register, binary=True) as file:
        file.write(content)


def run_batch(home: Home, raw: Path, *, plain: bool, retry: bool = False, verify: bool = False) -> Any:
    """Run the batch through Prefect or plainly, with a progress bar. Returns its `Summary`."""
    from ctg_nlp.summary import Summary

    run_id = new_run_id()
    fetches = home.source and raw == home.raw
    with progress_bar("Fetching and reading reports" if fetches else "Reading reports") as progress:
        if plain:
            from ctg_nlp.plain import run_plain

            return run_plain(
                home, raw, run_id=run_id, clock=utc_now, retry=retry, verify=verify, progress=progress
            )
        open_store(home.database, create=True).close()  # what is wrong with it is told before Prefect starts
        prepare_prefect(home.root)
        from ctg_nlp.cli.prefect_runs import run_batch_flow

        run_batch_flow(home, raw, run_id, retry, verify, progress)
    store = open_store(home.database)
    try:
        with store.reading() as db:
            values = run_summary(db, run_id)
    finally:
        store.close()
    assert values is not None  # the flow ended, so it stored its summary
    return Summary.from_json(values)


def rebuild(home: Home, *, plain: bool) -> tuple[Path, ...]:
    """Rebuild tables and exports through Prefect or plainly, where they would come out otherwise than they
    are. Returns the files of data/coded."""
    if plain:
        from ctg_nlp.made_of import export_where_new

        store = open_store(home.database)
        try:
            export_where_new(store, home, utc_now(), person(""))
        finally:
            store.close()
        return _exports(home)
    prepare_prefect(home.root)
    from ctg_nlp.cli.prefect_runs import run_aggregate_flow

    run_aggregate_flow(home)
    return _exports(home)


def _exports(home: Home) -> tuple[Path, ...]:
    return tuple(sorted(p for p in home.coded.iterdir() if p.is_file() and not p.name.startswith(".")))


def print_summary(home: Home, summary: Any) -> None:
    """The summary in words, and what to do next."""
    from ctg_nlp.summary import sentences

    ctg = f"{program()} --home {typed(home.root)}"
    for line in sentences(summary, see_all=f"{ctg} reports"):
        click.echo(line)
    print_files(home)
    click.echo(f"Next: confirm codes on the page with   {ctg} review")
    click.echo(f"      take in coders' decisions with  {ctg} decisions import FILE.jsonl")
    click.echo(f"      see what waits for whom with    {ctg} status")


def print_files(home: Home) -> None:
    """Where the tables and exports are."""
    click.echo(f"Tables and exports are in {home.coded}; open {home.coded / 'tables.html'} to read them.")


def _dry_run(home: Home, raw: Path, retry: bool, verify: bool, as_json: bool) -> None:
    from ctg_nlp.fetching import waiting_at
    from ctg_nlp.pipeline import Batch
    from ctg_nlp.remote_files import RemoteFolder
    from ctg_nlp.submissions import shown

    store = open_store(home.database, create=home.database.startswith("sqlite"))
    try:
        plan = Batch(home, store, raw, utc_now, retry=retry, verify=verify).plan
    finally:
        store.close()
    waiting = None
    if home.source and raw == home.raw:
        waiting = waiting_at(RemoteFolder(home.source), home, time.time())
    to_fetch = [shown(f.path) for f in waiting.files] if waiting else []
    to_read = [w.submitted.folder_path for w in plan.work]
    if as_json:
        copies = [{"file": f.folder_path, "same_as": of} for f, of in plan.copies]
        unreadable = [{"file": f, "reason": why} for f, why in plan.unreadable]
        print_json(
            {"to_fetch": to_fetch, "to_read": to_read, "duplicates": copies,
             "known": [f.folder_path for f in plan.known], "unreadable": unreadable,
             "passed_over": list(plan.passed_over)}
        )  # fmt: skip
        return
    if waiting is not None:
        click.echo(
            f"From {home.source} a run would fetch {many(len(to_fetch), 'file')}; they are not counted below."
        )
    for path in to_fetch:
        click.echo(f"  to fetch: {path}")
    for path, why in (*waiting.failed, *waiting.told) if waiting else ():
        click.echo(f"  {path}: {why}")
    click.echo(
        f"A run would read {len(to_read)} files and leave {len(plan.known)} as they are. Nothing was changed."
    )
    for path in to_read:
        click.echo(f"  to read: {path}")
    for file, of in plan.copies:
        click.echo(f"  duplicate: {file.folder_path} (the same content as {of})")
    for path, why in plan.unreadable:
        click.echo(f"  failed: {path}: {why}")
    for path in plan.passed_over:
        click.echo(f"  passed over: {path}")
