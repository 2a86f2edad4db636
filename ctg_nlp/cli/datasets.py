"""`ctg export`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctg_nlp.cli.output import json_option, print_json, progress_bar
from ctg_nlp.cli.project import Project, note_export, pass_project
from ctg_nlp.errors import CtgError
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store

if TYPE_CHECKING:  # what reads a store takes a second to load
    from ctg_nlp.exporting import Exported, Frozen

_FORMS = "csv, jsonl, parquet, xlsx, sav, dta"


@click.command("export")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The folder; by default data/coded/dataset."
)
@click.option("--format", "formats", default=_FORMS, help=f"One or several of {_FORMS}; by default all.")
@click.option("--stage", type=click.Choice(["map", "indepth"]), help="Only the dimensions of this stage.")
@click.option("--suggested", is_flag=True, help="Also what the machine suggests, in a file of its own.")
@click.option("--release", "release_id", metavar="RELEASE", help="What a release froze, instead of now.")
@click.option("--pseudonymised", is_flag=True, help="Groups, reports and people by other names; no quotes.")
@click.option("--with-quotes", is_flag=True, help="With --pseudonymised: quotes and notes, known names out.")
@click.option(
    "--keep-column",
    "kept",
    multiple=True,
    metavar="COLUMN",
    help="With --pseudonymised: a column of the register to be given as it is; may be repeated.",
)
@click.option("--new-key", is_flag=True, help="With --pseudonymised: other pseudonyms from now on.")
@json_option
@pass_project
def export_command(
    project: Project, output: Path | None, formats: str, stage: str | None, suggested: bool,
    release_id: str | None, pseudonymised: bool, with_quotes: bool, kept: tuple[str, ...], new_key: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Write the coded data as files that open in Excel, R, SPSS, Stata and Python."""
    from ctg_nlp.export.dataset_files import forms_of
    from ctg_nlp.export.dataset_set import check_place
    from ctg_nlp.exporting import Wanted, export_dataset

    _only_pseudonymised(pseudonymised, with_quotes=with_quotes, keep_column=kept, new_key=new_key)
    forms, home = forms_of(formats), project.home()
    with project.store(home) as store:
        frozen = _frozen(store, release_id) if release_id else None
        folder = output or home.coded / _name(frozen.release_id if frozen else "", pseudonymised)
        check_place(folder)
        _check_columns(store, kept)
        with _key(home, pseudonymised, new_key) as key:
            asked = Wanted(forms, stage or "", suggested, key, with_quotes, kept, frozen)
            note_export(store, _noted(forms, pseudonymised, release_id or ""), folder)
            with progress_bar("Reports") as progress:
                done = export_dataset(store, home.framework, folder, asked, progress)
    _print(home, done, as_json)


@contextmanager
def _key(home: Home, pseudonymised: bool, new: bool) -> Iterator[bytes]:
    """The key of pseudonyms, empty where not wanted; a new one stays only where the block ends well."""
    from ctg_nlp.pseudonyms import another_key, pseudonym_key

    if not pseudonymised:
        yield b""
    elif new:
        with another_key(home.root) as key:
            yield key
    else:
        yield pseudonym_key(home.root)


def _only_pseudonymised(pseudonymised: bool, **given: Any) -> None:
    """Refuse what would have no effect: whoever gave it expects one."""
    named = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
    if named and not pseudonymised:
        raise click.UsageError(f"{named[0]} goes with --pseudonymised.")


def _name(release_id: str, pseudonymised: bool) -> str:
    parts = ["dataset", *([release_id] if release_id else []), *(["pseudonymised"] if pseudonymised else [])]
    return "_".join(parts)  # as `custody` looks for them


def _noted(forms: tuple[str, ...], pseudonymised: bool, release_id: str) -> str:
    parts = [
        *(["pseudonymised"] if pseudonymised else []),
        *([f"release {release_id}"] if release_id else []),
    ]
    return f"dataset: {', '.join((*parts, *forms))}"


def _check_columns(store: Store, kept: tuple[str, ...]) -> None:
    """Raises `CtgError` for a column that the register does not have: it was mistyped."""
    from ctg_nlp.store.counting import registered

    if not kept:
        return
    with store.reading() as db:
        known = {name for g in registered(db) for name, _ in g.columns}
    unknown = [name for name in kept if name not in known]
    if unknown:
        said = ", ".join(sorted(known)) or "none"
        raise CtgError(f"The register has no column {', '.join(unknown)}; its further columns are {said}.")


def _frozen(store: Store, release_id: str) -> Frozen:
    from ctg_nlp.exporting import Frozen
    from ctg_nlp.releases import frozen_data, told_of

    told = told_of(store, release_id)
    framework, data = frozen_data(store, told)
    r = told.release
    return Frozen(r.release_id, told.mark, framework, data, r.rebuild_id, r.made_at)


def _print(home: Home, done: Exported, as_json: bool) -> None:
    if as_json:
        files = [p.name for p in done.files]
        print_json(
            {
                "folder": str(done.folder),
                "files": files,
                "rows": dict(done.rows),
                "risk": done.risk,
                "sample": done.sample,
            }
        )
        return
    counted = ", ".join(f"{n} {table}" for table, n in done.rows.items() if table not in _OWN)
    click.echo(f"Wrote {done.folder}: {len(done.files)} files; rows: {counted}")
    click.echo("What each column means: dictionary.csv; the codes with their definitions: codebook.csv")
    if done.sample:
        click.echo(done.sample)
    if done.blind:
        click.echo(
            f"{done.blind} reports in it are still coded blind: keep it from those who code them.", err=True
        )
    if done.risk:
        for sentence in done.risk:
            click.echo(sentence)
        click.echo(f"The key stays here and goes with nothing: {home.root / 'pseudonyms.key'}")
    else:
        click.echo("It names reports, groups and coders: for those who lead or analyse the work alone.")


_OWN = ("dictionary", "codebook")
