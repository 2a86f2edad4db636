"""`ctg audit`: what was done by whom, and whether the log of it is whole."""

from __future__ import annotations

from dataclasses import asdict

import click

from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, pass_project
from ctg_nlp.errors import BrokenLog
from ctg_nlp.store.audit_log import Entry, Head


class _HeadType(click.ParamType[Head]):
    name = "N:HASH"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        if isinstance(value, Head):
            return value
        number, _, hashed = str(value).partition(":")
        if not number.isdecimal() or len(hashed) != 64:
            self.fail("a head is written as the command prints it: the number, a colon, the hash", param, ctx)
        return Head(int(number), hashed.lower())


@click.group("audit")
def audit_command() -> None:
    """The audit log: decisions, reads of reports, exports, log-ins, changes of roles and models."""


@audit_command.command("verify")
@click.option(
    "--head", "noted", type=_HeadType(), help="A head that this command printed before, kept elsewhere."
)
@json_option
@pass_project
def audit_verify(project: Project, noted: Head | None, as_json: bool) -> None:
    """Whether the log is whole: no entry changed, taken out, put in, or cut off at the end."""
    from ctg_nlp.store.audit_log import walk

    home = project.home()
    with project.store(home) as store, store.reading() as db:
        found = walk(db, noted)
    if as_json:
        print_json({**asdict(found), "head": str(found.head), "whole": found.broken_at is None})
    elif found.broken_at is None:
        click.echo(f"The log is whole: {found.entries} entries.")
        click.echo(f"Its head is {found.head}")
        click.echo("Keep the head where those who can write to the database cannot; compare with --head.")
    if found.broken_at is not None:
        raise BrokenLog(f"The audit log is broken at entry {found.broken_at}: {found.why}.")


@audit_command.command("show")
@click.option("--who", default="", help="Only what this person did.")
@click.option("--report", default="", help="Only what was done with this report (hash, file name or group).")
@click.option("--what", default="", help="Only entries of this kind, for instance: read")
@click.option("--last", type=click.IntRange(1), help="Only so many of the last.")
@json_option
@pass_project
def audit_show(project: Project, who: str, report: str, what: str, last: int | None, as_json: bool) -> None:
    """The entries, oldest first."""
    from ctg_nlp.store.audit_log import entries

    home = project.home()
    with project.store(home) as store:
        subject = _report_id(store, report) if report else ""
        with store.reading() as db:
            found = tuple(entries(db, who=who, subject=subject, what=what))
    found = found[-last:] if last else found
    if as_json:
        print_json([asdict(e) for e in found])
        return
    rows = [
        (e.sequence, e.time[:19].replace("T", " "), e.who, e.what, e.subject[:12], _words(e)) for e in found
    ]
    print_table("", ("entry", "time (UTC)", "who", "what", "on", "detail"), rows, numbers=("entry",))


def _words(entry: Entry) -> str:
    return ", ".join(f"{k} {v}" for k, v in sorted(entry.detail.items()))


def _report_id(store: object, name: str) -> str:
    """The report's id; of an erased one, which has no name any more, what was given."""
    from ctg_nlp.errors import AmbiguousReport, UnknownReport
    from ctg_nlp.lookup import Lookup
    from ctg_nlp.store.database import Store
    from ctg_nlp.store.reports import reports, submissions

    assert isinstance(store, Store)
    with store.reading() as db:
        lookup = Lookup(reports(db), submissions(db))
    try:
        return lookup.find(name).report_id
    except AmbiguousReport:
        raise
    except UnknownReport:
        if len(name) >= 8 and all(c in "0123456789abcdef" for c in name):
            return name
        raise
