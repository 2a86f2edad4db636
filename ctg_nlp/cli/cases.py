"""`ctg cases`: case studies of core groups, on the command line."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, note_export, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError
from ctg_nlp.records import Consent, ConsentFor

if TYPE_CHECKING:
    from ctg_nlp.records import Case, CaseDraft
    from ctg_nlp.store.database import Store

TITLE = "Case studies"


@click.group("cases")
def cases_command() -> None:
    """Case studies of core groups: their documents, coding, texts, consents, and the appendix."""


@cases_command.command("list")
@json_option
@pass_project
def cases_list(project: Project, as_json: bool) -> None:
    """The core groups, how far each case study is, and what each consented to."""
    from ctg_nlp.cases import case, core_groups, gone_groups

    home = project.home()
    with project.store(home) as store, store.reading() as db:
        found = [case(db, home.framework, g) for g in core_groups(db)]
        gone = gone_groups(db)
    for group in gone:
        click.echo(
            f"{group} was chosen, and neither the register nor a report names it any more: it is left out. "
            f"To give it up: ctg cases remove {shlex.quote(group)}",
            err=True,
        )
    if as_json:
        print_json([_summary(c) for c in found])
        return
    if not found:
        click.echo(
            "No core groups yet. Name them in the register's column core (yes), or: ctg cases add GROUP"
        )
        return
    columns = ("group", "documents", "final report", "sections written", "may be named", "may be quoted")
    rows = [
        (
            c.group_id,
            len(c.sources),
            "yes" if c.final else "none yet",
            _progress(c),
            *(_may(c, s) for s in ConsentFor),
        )
        for c in found
    ]
    print_table("", columns, rows, numbers=("documents",))


def _summary(case: Case) -> dict[str, Any]:
    return {
        "group": case.group_id,
        "described": case.described,
        "documents": [{"report_id": r.report_id, "name": r.name, "kind": str(r.kind)} for r in case.sources],
        "final_report": case.final.report_id if case.final else None,
        "sections": {d.section: bool(d.text.strip()) for d in case.drafts},
        "may_be": {str(s): case.may(s) for s in ConsentFor},
    }


def _progress(case: Case) -> str:
    return f"{sum(bool(d.text.strip()) for d in case.drafts)} of {len(case.drafts)}"


def _may(case: Case, scope: ConsentFor) -> str:
    last = case.consent(scope)
    if last is None:
        return "not asked"
    return f"{'yes' if last.given else 'taken back'} ({last.said_on})"


@cases_command.command("add")
@click.argument("group")
@who_option
@pass_project
def cases_add(project: Project, group: str, who: str) -> None:
    """Make GROUP a core group."""
    _choose(project, group, True, who)
    click.echo(f"{group} is a core group now.")


@cases_command.command("remove")
@click.argument("group")
@who_option
@pass_project
def cases_remove(project: Project, group: str, who: str) -> None:
    """Make GROUP no core group any more, whatever the register says; what was written stays."""
    _choose(project, group, False, who)
    click.echo(f"{group} is no core group any more; what was written on it is kept.")


def _choose(project: Project, group: str, core: bool, who: str) -> None:
    from ctg_nlp.casework import choose

    home = project.home()
    with project.store(home) as store:
        choose(store, group, core, now=utc_now(), who=person(who))


@cases_command.command("show")
@click.argument("group")
@json_option
@pass_project
def cases_show(project: Project, group: str, as_json: bool) -> None:
    """All that a case study of GROUP is written from, and its text so far."""
    from ctg_nlp.cases import case

    home = project.home()
    with project.store(home) as store:
        with store.reading() as db:
            found = case(db, home.framework, group)
        note_export(store, "case")
    if as_json:
        print_json(
            asdict(found)
            | {"sources": _summary(found)["documents"], "final": found.final and found.final.name}
        )
        return
    click.echo(f"{found.name}: where it may not be named, {found.described}")
    for r in found.sources:
        size = f"{r.pages} page{'' if r.pages == 1 else 's'}" if r.readable else r.verdict_in_words
        click.echo(f"  {r.kind}: {r.name}, {size}")
    for c in found.consents:
        said = "consented to" if c.given else "took back"
        click.echo(f"  {c.said_on} {c.person} {said}: {c.scope} ({c.how}; recorded by {c.who})")
    for draft in found.drafts:
        _show_draft(draft)


def _show_draft(draft: CaseDraft) -> None:
    click.echo(f"\n## {draft.title} ({draft.section})")
    click.echo(draft.prompt)
    for said in draft.said:
        click.echo(f"  {said.title}{f' ({said.undecided} not decided)' if said.undecided else ''}")
        for answer in said.answers:
            click.echo(f"    {answer.label}")
            for q in answer.quotes:
                click.echo(f"      “{' '.join(q.quote.split())}”{f' (page {q.page})' if q.page else ''}")
    for text in draft.asides:
        click.echo(f"  Version {text.version} of {text.author} waits to be brought in: ctg cases show --json")
    if draft.current:
        click.echo(f"  Version {draft.current.version}, {draft.current.author}, {draft.current.time[:16]}:")
        click.echo(draft.current.text)


@cases_command.command("consent")
@click.argument("group")
@click.option(
    "--for", "scope", type=click.Choice([str(s) for s in ConsentFor]), required=True, help="For what."
)
@click.option("--from", "said_by", required=True, help="Who of the group consents, or takes it back.")
@click.option("--how", required=True, help="A signed form, a letter, a call; where it is kept.")
@click.option("--on", "said_on", default="", help="The date, as 2010-05-31; by default today.")
@click.option("--withdraw", is_flag=True, help="It is taken back.")
@who_option
@pass_project
def cases_consent(
    project: Project, group: str, scope: str, said_by: str, how: str, said_on: str, withdraw: bool, who: str
) -> None:
    """Record that GROUP consents to be named or quoted, or takes it back; nothing recorded is changed."""
    from ctg_nlp.casework import record_consent

    home, now = project.home(), utc_now()
    consent = Consent(
        group, ConsentFor(scope), not withdraw, said_by, how, said_on or now[:10], now, person(who)
    )
    with project.store(home) as store:
        record_consent(store, consent)
    click.echo(f"Recorded: {group}, {scope}, {'taken back' if withdraw else 'given'} on {consent.said_on}.")
    if withdraw:
        click.echo("Write the appendix anew (ctg cases write), and take back what was given out.")


@cases_command.command("text")
@click.argument("group")
@click.argument("section")
@click.argument("file", type=click.File(encoding="utf-8"))
@who_option
@pass_project
def cases_text(project: Project, group: str, section: str, file: Any, who: str) -> None:
    """Take the text of a SECTION of GROUP's case study from a FILE (-: standard input) as a new version."""
    from ctg_nlp.cases import current_of
    from ctg_nlp.casework import Writing, save_text
    from ctg_nlp.store.cases import texts

    home, said = project.home(), file.read()
    with project.store(home) as store:
        with store.reading() as db:
            current = current_of(texts(db, group, section))
        writing = Writing(group, section, said, current.version if current else 0)
        made = save_text(store, home.framework, writing, now=utc_now(), who=person(who))
        missing = _unknown_numbers(store, group, said)
    click.echo(f"Version {made.version} of {section}.")
    for number in missing:
        click.echo(
            f"[[q{number}]] is left out: {group} has no quotation q{number}. Make one with: ctg cases quote "
            f"{shlex.quote(group)} REPORT WORDS"
        )


def _unknown_numbers(store: Store, group: str, text: str) -> list[int]:
    """The numbers of quotations in a text that the case does not have."""
    from ctg_nlp.case_text import quoted_numbers
    from ctg_nlp.store.cases import quotes

    with store.reading() as db:
        known = {q.number for q in quotes(db, group)}
    return [n for n in quoted_numbers(text) if n not in known]


@cases_command.command("quote")
@click.argument("group")
@click.argument("report")
@click.argument("words")
@click.option("--role", default="", help="Who speaks, as a role; by default the kind of the document.")
@who_option
@pass_project
def cases_quote(project: Project, group: str, report: str, words: str, role: str, who: str) -> None:
    """Quote WORDS of a REPORT of GROUP (its hash or file name) in its case: prints the mark for the text.

    It goes into the bank of quotations too, and waits there to be cleared.
    """
    from ctg_nlp.case_banking import quote_in_case
    from ctg_nlp.findings import checked_source
    from ctg_nlp.lookup import Lookup
    from ctg_nlp.records import FindingSource, Span
    from ctg_nlp.store import reports as report_store

    home = project.home()
    with project.store(home) as store:
        with store.reading() as db:
            lookup = Lookup(report_store.reports(db), report_store.submissions(db))
            report_id = lookup.find(report, group).report_id
            found = checked_source(db, FindingSource(report_id, 0, 0, 0, words))
        if not found.end:
            raise CtgError("These words stand on no single page of it in one piece; quote fewer of them.")
        place = Span(found.page, found.start, found.end)
        made, banked = quote_in_case(
            store, home.framework, group, report_id, place, role, now=utc_now(), who=person(who)
        )
    click.echo(f"[[q{made.number}]] stands for it in the text: “{' '.join(made.quote.split())}”")
    click.echo(f"It is quotation {banked.quote_id} of the bank ({banked.state}).")


@cases_command.command("write")
@click.argument("groups", nargs=-1)
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="By default data/coded.")
@click.option("--title", default=TITLE, help="The title of the appendix.")
@json_option
@pass_project
def cases_write(
    project: Project, groups: tuple[str, ...], output: Path | None, title: str, as_json: bool
) -> None:
    """Write the case studies of all core groups (or of GROUPS, in this order) as one appendix.

    Markdown and DOCX. Groups are named and quoted only where consent stands, with quotations that are cleared
    in the bank alone. What the writer should look at is told, not printed.
    """
    from ctg_nlp.case_clearing import studies_for
    from ctg_nlp.export.cases import APPENDIX, write_docx, write_markdown
    from ctg_nlp.export.editions import Edition

    home = project.home()
    with project.store(home) as store:
        with store.reading() as db:
            studies = studies_for(db, home.framework, Edition.PUBLISHABLE, groups)
        note_export(store, "case studies")
    if not studies:
        raise CtgError("There are no core groups yet. Choose them with: ctg cases add GROUP")
    begun = [s for s in studies if s.sections]
    if not begun:
        raise CtgError("Nothing is written on any of these groups yet. Write on the page Cases (ctg review).")
    folder = output or home.coded
    files = folder / f"{APPENDIX}.md", folder / f"{APPENDIX}.docx"
    write_markdown(files[0], title, begun)
    write_docx(files[1], title, begun)
    if as_json:
        print_json({"files": [str(f) for f in files], "notes": {s.group_id: list(s.notes) for s in studies}})
        return
    studied = f"{len(begun)} case {'study' if len(begun) == 1 else 'studies'}"
    click.echo(f"Wrote {files[0]} and {files[1].name}: {studied}.")
    for study in studies:
        if study.sections:
            click.echo(f"{study.group_id}, printed as “{study.heading}”")
            for note in study.notes:
                click.echo(f"  {note}")
        else:
            click.echo(f"{study.group_id} is left out: nothing is written yet.")
