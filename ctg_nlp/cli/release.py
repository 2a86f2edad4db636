"""`ctg release`: tables frozen, assured, approved and published by named people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, pass_project, person
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store

who_option = click.option("--who", default="", help="Who does this; by default your user name.")
why_option = click.option("--why", default="", help="The reason, kept with the release.")
looked_option = click.option(
    "--looked-at", is_flag=True, help="A person looked at what ctg report says should be looked at."
)
needed_why = click.option("--why", required=True, help="The reason, kept with the release.")


@click.group("release")
def release_command() -> None:
    """Tables that are frozen, checked by others than their author, published and corrected."""


@release_command.command("draft")
@click.argument("title")
@click.option(
    "--by",
    "--break-down",
    "by",
    multiple=True,
    metavar="NAME",
    help="Break the tables down as well, by cohort, year, region, a dimension ...; may be repeated.",
)
@click.option(
    "--leave-out",
    multiple=True,
    metavar="TABLE",
    help="A table (its number or dimension) that does not enter.",
)
@click.option("--minimum", type=click.IntRange(0), help="Withhold counts below this; else as ctg.toml says.")
@click.option("--round-to", type=click.IntRange(0), help="Round to multiples of this; else as ctg.toml says.")
@looked_option
@who_option
@why_option
@json_option
@pass_project
def release_draft(
    project: Project, title: str, by: tuple[str, ...], leave_out: tuple[str, ...], minimum: int | None,
    round_to: int | None, looked_at: bool, who: str, why: str, as_json: bool,
) -> None:  # fmt: skip
    """Freeze the tables as they are now under TITLE; files in data/coded/releases carry DRAFT."""
    from ctg_nlp.releases import draft
    from ctg_nlp.synthesis.disclosure import Rules

    def act(store: Store, home: Home) -> Any:
        least = home.disclosure_minimum if minimum is None else minimum
        base = home.disclosure_round if round_to is None else round_to
        rules = Rules(least, True, base)
        usual = Rules(home.disclosure_minimum, True, home.disclosure_round)
        if rules.weaker_than(usual) and not why.strip():
            raise CtgError(
                f"The settings say more: {usual.in_words} To withhold or round less, say why: --why ..."
            )
        numbered = {str(d.table): d.id for d in home.framework.dimensions if d.table is not None}
        return draft(
            store, home, title, now=utc_now(), who=person(who), rules=rules, by=by,
            leave_out=[numbered.get(t, t) for t in leave_out], why=why, looked_at=looked_at,
        )  # fmt: skip

    _do(project, as_json, act)


@release_command.command("assure")
@click.argument("release")
@who_option
@why_option
@json_option
@pass_project
def release_assure(project: Project, release: str, who: str, why: str, as_json: bool) -> None:
    """Say that somebody else than its author has checked the draft RELEASE."""
    from ctg_nlp.releases import assure

    _do(project, as_json, lambda s, h: assure(s, h, release, now=utc_now(), who=person(who), why=why))


@release_command.command("approve")
@click.argument("release")
@click.option(
    "--despite", default="", help='Why tables that say "do not publish" are published all the same.'
)
@who_option
@why_option
@json_option
@pass_project
def release_approve(project: Project, release: str, despite: str, who: str, why: str, as_json: bool) -> None:
    """Approve RELEASE: for a lead who is not its author."""
    from ctg_nlp.releases import approve

    _do(
        project,
        as_json,
        lambda s, h: approve(s, h, release, now=utc_now(), who=person(who), why=why, despite=despite),
    )


@release_command.command("publish")
@click.argument("release")
@who_option
@why_option
@json_option
@pass_project
def release_publish(project: Project, release: str, who: str, why: str, as_json: bool) -> None:
    """Publish the approved RELEASE: its files lose the word DRAFT."""
    from ctg_nlp.releases import publish

    _do(project, as_json, lambda s, h: publish(s, h, release, now=utc_now(), who=person(who), why=why))


@release_command.command("correct")
@click.argument("release")
@looked_option
@who_option
@needed_why
@json_option
@pass_project
def release_correct(
    project: Project, release: str, looked_at: bool, who: str, why: str, as_json: bool
) -> None:
    """Draft a release that supersedes the published RELEASE; lists the cells that change."""
    from ctg_nlp.releases import correct

    _do(
        project,
        as_json,
        lambda s, h: correct(s, h, release, now=utc_now(), who=person(who), why=why, looked_at=looked_at),
    )


@release_command.command("withdraw")
@click.argument("release")
@who_option
@needed_why
@json_option
@pass_project
def release_withdraw(project: Project, release: str, who: str, why: str, as_json: bool) -> None:
    """Take RELEASE back; what it said stays readable and is marked."""
    from ctg_nlp.releases import withdraw

    _do(project, as_json, lambda s, h: withdraw(s, h, release, now=utc_now(), who=person(who), why=why))


@release_command.command("list")
@json_option
@pass_project
def release_list(project: Project, as_json: bool) -> None:
    """All releases and where they stand."""
    from ctg_nlp.releases import all_releases

    with project.store(project.home()) as store:
        found = all_releases(store)
    if as_json:
        print_json([asdict(t.release) | {"state": t.state} for t in found])
        return
    rows = [
        (t.release.release_id, t.state, t.release.made_by, t.release.made_at[:16].replace("T", " "))
        for t in found
    ]
    print_table("", ("release", "state", "made by", "time (UTC)"), rows)


@release_command.command("show")
@click.argument("release")
@json_option
@pass_project
def release_show(project: Project, release: str, as_json: bool) -> None:
    """What RELEASE was made of, who did what with it, and how good its tables are."""
    from ctg_nlp.releases import told_of

    _do(project, as_json, lambda store, home: told_of(store, release))


@release_command.command("rebuild")
@click.argument("release")
@json_option
@pass_project
def release_rebuild(project: Project, release: str, as_json: bool) -> None:
    """Make all tables of RELEASE again and compare them byte for byte."""
    from ctg_nlp.releases import remake

    with project.store(project.home()) as store:
        done = remake(store, release)
    if as_json:
        print_json(asdict(done))
    elif done.erased:
        were = "was" if done.erased == 1 else "were"
        click.echo(
            f"{done.erased} of its reports {were} erased since, so its {done.tables} tables cannot be made "
            "again. Their numbers are kept with the release."
        )
    elif not done.different:
        click.echo(f"All {done.tables} tables of {done.release_id} come out the same, byte for byte.")
    if done.different:
        program = (
            f"It was made by version {done.code_then or '(unknown)'}, this is {done.code_now or '(unknown)'}."
            if done.code_then != done.code_now
            else "The program's version is the same."
        )
        raise CtgError(
            f"{len(done.different)} tables come out otherwise: {', '.join(done.different)}. {program}"
        )


@release_command.command("verify")
@click.argument("release")
@json_option
@pass_project
def release_verify(project: Project, release: str, as_json: bool) -> None:
    """Whether the files of RELEASE and its numbers in the database are as they were frozen."""
    from ctg_nlp.releases import verify

    home = project.home()
    with project.store(home) as store:
        wrong = verify(store, home, release)
    if as_json:
        print_json({"whole": not wrong, "changed": wrong})
    elif not wrong:
        click.echo("All files and numbers are as they were frozen.")
    if wrong:
        raise CtgError(f"Not as it was frozen: {', '.join(wrong)}.")


def _do(project: Project, as_json: bool, act: Callable[[Store, Home], Any]) -> None:
    from ctg_nlp.releases import corrections, folder_of
    from ctg_nlp.synthesis.disclosure import Rules

    home = project.home()
    with project.store(home) as store:
        told = act(store, home)
        changed = corrections(store, told)
    r = told.release
    if as_json:
        tables = [
            {"table": t.table_id, "sha256": t.sha256, "verdict": t.verdict, "quality": t.quality}
            for t in told.tables
        ]
        said = asdict(r) | {"state": told.state, "tables": tables, "events": [asdict(e) for e in told.events]}
        print_json(said | {"changed": [asdict(c) for c in changed]})
        return
    click.echo(f"{r.release_id} is {told.state}. Files: {folder_of(home, r)}")
    click.echo(Rules(*r.rules).in_words or "Nothing is withheld or rounded.")
    click.echo(f"Make its report with: ctg report --release {r.sequence}")
    for e in told.events:
        click.echo(
            f"  {e.time[:16].replace('T', ' ')} UTC  {e.state}  by {e.who}{'  ' + e.why if e.why else ''}"
        )
    verdicts: dict[str, list[str]] = {}
    for t in told.tables:
        verdicts.setdefault(t.verdict, []).append(t.table_id)
    for verdict, names in verdicts.items():
        click.echo(f"{verdict}: {', '.join(names)}")
    if changed:
        rows = [(c.table, c.row, c.column, c.old, c.new) for c in changed]
        print_table(f"Changed since {r.supersedes}", ("table", "row", "column", "old", "new"), rows)
