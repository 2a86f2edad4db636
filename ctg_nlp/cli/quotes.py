"""`ctg quotes`: the bank of quotations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctg_nlp.cli.findings import give_out, say_import
from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError
from ctg_nlp.records import QuoteState

if TYPE_CHECKING:
    from ctg_nlp.quotations import Shown
    from ctg_nlp.settings import Home
    from ctg_nlp.store.database import Store

_STATES = [str(s) for s in QuoteState if s is not QuoteState.ERASED]


@click.group("quotes")
def quotes_command() -> None:
    """The bank of quotations: what a report may print of the words of groups."""


@quotes_command.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Only those that stand so.")
@json_option
@pass_project
def quotes_list(project: Project, state: str | None, as_json: bool) -> None:
    """Every quotation: how it would be printed, whether it may be, and where it is used."""
    home = project.home()
    with project.store(home) as store:
        found = [x for x in _shown(store, home) if state in (None, str(x.quote.state))]
    if as_json:
        print_json([_plain(x) for x in found])
        return
    rows = [
        (
            x.quote.quote_id,
            str(x.quote.state),
            x.report.group_id or x.report.name,
            x.quote.now.text,
            x.attribution,
            len(x.marks),
            "; ".join(f"{u.kind}: {u.where}" for u in x.uses),
        )
        for x in found
    ]
    columns = ("No.", "State", "Group", "As printed", "Attribution", "To look at", "Used in")
    print_table("", columns, rows, ("No.", "To look at"))


def _shown(store: Store, home: Home, number: int | None = None) -> tuple[Shown, ...]:
    from ctg_nlp.quotations import shown
    from ctg_nlp.store import quotations as quote_store

    with store.reading() as db:
        banked = quote_store.quotations(db, None if number is None else [number])
        return shown(db, home.framework, banked, home)


def _one(store: Store, home: Home, number: int) -> Shown:
    found = _shown(store, home, number)
    if not found:
        raise CtgError(f"There is no quotation {number}, or its report was erased.")
    return found[0]


def _plain(x: Shown) -> dict[str, Any]:
    return {
        "quote_id": x.quote.quote_id,
        "state": str(x.quote.state),
        "why_not_printed": x.why_not,
        "report": x.report.name,
        "group": x.report.group_id or "",
        "page": x.quote.source.page,
        "source": x.quote.source.quote,
        "text": x.quote.now.text,
        "attribution": x.attribution,
        "dimension": x.quote.dimension,
        "code": x.quote.code,
        "typography_corrected": x.mended,
        "left_out": [{"words": c.words, "instead": c.instead} for c in x.cuts],
        "marks": [{"words": m.words, "why": m.why} for m in x.marks],
        "uses": [{"kind": u.kind, "where": u.where} for u in x.uses],
    }


@quotes_command.command("show")
@click.argument("number", type=int)
@json_option
@pass_project
def quotes_show(project: Project, number: int, as_json: bool) -> None:
    """Quotation NUMBER with what could tell who is meant, what was left out, versions and acts."""
    home = project.home()
    with project.store(home) as store:
        x = _one(store, home, number)
    if as_json:
        print_json(_plain(x))
        return
    click.echo(f"“{x.quote.now.text}” ({x.attribution})")
    click.echo(
        f"{x.report.group_id or x.report.name}, page {x.quote.source.page}: {x.quote.state}. {x.why_not}"
    )
    for m in x.marks:
        click.echo(f"  to look at: “{m.words}” ({m.why})")
    for c in x.cuts:
        click.echo(f"  {c.instead} stands for: {c.words}")
    if x.mended:
        click.echo(f"  typography corrected; in the report: {' '.join(x.quote.source.quote.split())}")
    for u in x.uses:
        click.echo(f"  used in {u.kind}: {u.where}")
    for t in x.quote.texts:
        click.echo(f"  {t.time[:16]} {t.author}: version {t.version}")
    for a in x.quote.acts:
        click.echo(f"  {a.time[:16]} {a.who}: {a.kind} (version {a.version}) {a.why}".rstrip())


@quotes_command.command("redact")
@click.argument("number", type=int)
@click.option("--text", default=None, help="The words to print; [...] for what is left out.")
@click.option("--leave-out", multiple=True, help="Words that [...] takes the place of, wherever they stand.")
@click.option("--role", default=None, help="Whose word it is, as a role.")
@click.option("--by-case/--by-role", default=None, help="Attributed to the case study, with consent, or not.")
@who_option
@pass_project
def quotes_redact(
    project: Project, number: int, text: str | None, leave_out: tuple[str, ...], role: str | None,
    by_case: bool | None, who: str,
) -> None:  # fmt: skip
    """Change how quotation NUMBER is printed. It has to be cleared (again) afterwards."""
    from ctg_nlp.banking import rewrite
    from ctg_nlp.redaction import OMITTED

    home = project.home()
    with project.store(home) as store:
        now = _one(store, home, number).quote.now
        wanted = now.text if text is None else text
        for words in leave_out:
            if words not in wanted:
                raise CtgError(f"“{words}” is not in the text that would be printed.")
            wanted = wanted.replace(words, OMITTED)
        said = now.role if role is None else role
        case = now.by_case if by_case is None else by_case
        made = rewrite(store, number, wanted, said, case, now.version, now=utc_now(), who=person(who))
        x = _one(store, home, number)
    click.echo(f"“{made.now.text}” ({x.attribution}): {made.state}")
    if x.mended:
        click.echo(f"Typography corrected. As the report has it: “{' '.join(x.quote.source.quote.split())}”")
    if made.now.by_case and x.no_case:
        click.echo(
            f"By case study, but not printed so: {x.report.group_id or x.report.name} has no recorded "
            "consent to be named and quoted. Record both (ctg cases consent GROUP --for name, --for quotes), "
            f"or take it back: ctg quotes redact {number} --by-role"
        )


@quotes_command.command("clear")
@click.argument("number", type=int)
@click.option("--looked-at", is_flag=True, help="You looked at every word that is marked, and it may stand.")
@click.option("--why", default="", help="A remark that is kept with it.")
@who_option
@pass_project
def quotes_clear(project: Project, number: int, looked_at: bool, why: str, who: str) -> None:
    """Let quotation NUMBER be printed as it stands now. A lead does it who did not write its text."""
    from ctg_nlp.banking import clear

    home = project.home()
    with project.store(home) as store:
        x = _one(store, home, number)
        for m in x.marks:
            click.echo(f"  to look at: “{m.words}” ({m.why})", err=True)
        kept = [(m.start, m.end) for m in x.marks] if looked_at else []
        version, now, name = x.quote.now.version, utc_now(), person(who)
        clear(store, home.framework, number, version, kept, now=now, who=name, why=why)
    click.echo(f"Cleared for print: “{x.quote.now.text}” ({x.attribution})")


@quotes_command.command("withdraw")
@click.argument("number", type=int)
@click.option("--why", required=True, help="Why it may not be printed.")
@who_option
@pass_project
def quotes_withdraw(project: Project, number: int, why: str, who: str) -> None:
    """Let quotation NUMBER be printed no more; it stays in the bank."""
    from ctg_nlp.banking import withdraw

    home = project.home()
    with project.store(home) as store:
        withdraw(store, number, now=utc_now(), who=person(who), why=why)
    click.echo(
        f"Quotation {number} is printed no more. Make the report anew, and take back what was given out."
    )


@quotes_command.command("restore")
@click.argument("number", type=int)
@click.option("--why", default="", help="A remark that is kept with it.")
@who_option
@pass_project
def quotes_restore(project: Project, number: int, why: str, who: str) -> None:
    """Undo a withdrawal: quotation NUMBER waits to be cleared again."""
    from ctg_nlp.banking import restore

    home = project.home()
    with project.store(home) as store:
        restore(store, number, now=utc_now(), who=person(who), why=why)
    click.echo(f"Quotation {number} waits to be cleared.")


@quotes_command.command("export")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@pass_project
def quotes_export(project: Project, file: Path | None) -> None:
    """Give out the whole bank, with all versions and acts and the words that were left out, as JSON lines."""
    from ctg_nlp.finding_files import exported_quotes

    home = project.home()
    with project.store(home) as store:
        give_out(store, exported_quotes, file, "bank of quotations")


@quotes_command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--clearings", is_flag=True, help="Take over clearings: the file is an export of this project.")
@who_option
@json_option
@pass_project
def quotes_import(project: Project, file: Path, clearings: bool, who: str, as_json: bool) -> None:
    """Take in a FILE of quotations, a JSON object a line. Each waits to be cleared here."""
    from ctg_nlp.finding_files import import_quotes

    home = project.home()
    with project.store(home) as store:
        made_by = person(who)
        done = import_quotes(store, home.framework, file, now=utc_now(), who=made_by, clearings=clearings)
    say_import(done, as_json)
    if done.clearings and not as_json:
        click.echo(
            f"{done.clearings} clearings of the file were not taken over: each is cleared here by a person."
        )
