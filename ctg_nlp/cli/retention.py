"""`ctg retention`: what is past its time, and erasing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ctg_nlp.cli.output import again, json_option, print_json, print_table
from ctg_nlp.cli.project import Project, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError

if TYPE_CHECKING:
    from ctg_nlp.retention import Gone, Past

_KINDS = ("withdrawn", "exports", "logs", "backups", "rebuilds")


@click.command("retention")
@click.option(
    "--only", "kinds", type=click.Choice(_KINDS), multiple=True, help="Only this; may be given again."
)
@click.option(
    "--erase", is_flag=True, help="Erase what is listed, after the question how many things that are."
)
@click.option("--confirm", type=int, help="The answer: how many things are listed to be erased.")
@who_option
@json_option
@pass_project
def retention_command(
    project: Project, kinds: tuple[str, ...], erase: bool, confirm: int | None, who: str, as_json: bool
) -> None:
    """List what is past its time by the settings retain_...; with --erase, erase it for good."""
    from ctg_nlp.retention import erase as erase_all
    from ctg_nlp.retention import past_its_time

    home, now = project.home(), utc_now()
    with project.store(home) as store:
        found = past_its_time(store, home, now, kinds or _KINDS)
        if not as_json:
            _show(found, any(getattr(home, f"retain_{k}") for k in kinds or _KINDS))
        gone = None
        mine = [p for p in found if not p.by_hand]
        if erase and (mine or confirm):
            _confirm(len(mine), confirm)
            gone = erase_all(store, home, found, now=now, who=person(who))
    if as_json:
        print_json({"past": [asdict(p) for p in found], "erased": gone.counts if gone else None,
                    "left": gone.left if gone else []})  # fmt: skip
    elif gone is not None:
        _tell(gone)
    elif mine:
        click.echo(f"Nothing was erased. Erase them for good with: {again()} retention --erase")


def _show(found: Sequence[Past], any_set: bool) -> None:
    if not any_set:
        click.echo("No times are set: see retain_withdrawn, retain_exports, retain_backups in ctg.toml.")
    elif not found:
        click.echo("Nothing is past its time.")
    else:
        rows = [(p.kind, p.name, p.since[:10], p.by_hand or "can be erased") for p in found]
        print_table("", ("kind", "what", "since", ""), rows)


def _confirm(count: int, said: int | None) -> None:
    """Raises `CtgError` unless the person says how many things are to go, also where nobody can be asked."""
    if said is None:
        try:
            said = click.prompt(f"Type {count} to erase these for good", type=int, err=True)
        except click.Abort as error:
            raise CtgError(
                f"Nothing was erased: nobody answered. Without a terminal add --confirm {count}."
            ) from error
    if said != count:
        raise CtgError(f"Nothing was erased: listed to be erased: {count}; said: {said}.")


def _tell(gone: Gone) -> None:
    said = ", ".join(f"{n} {kind}" for kind, n in gone.counts.items() if n)
    click.echo(f"Erased: {said}. The audit log has it.")
    for path in gone.left:
        click.echo(f"Delete it yourself: {path}")
