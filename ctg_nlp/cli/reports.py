"""`ctg status`, `reports`, `suggestions` and `search`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ctg_nlp.cli.output import again, json_option, many, print_json, print_lines, print_table
from ctg_nlp.cli.project import Project, note_export, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError

if TYPE_CHECKING:
    from ctg_nlp.deep_work import DeepWork

_SHOWN = 5  # names in a line


@click.command("status")
@json_option
@pass_project
def status_command(project: Project, as_json: bool) -> None:
    """What is new, what failed, and what waits for whom."""
    from ctg_nlp.deep_work import deep_work
    from ctg_nlp.run_lock import in_words, running_now
    from ctg_nlp.status import chase_list, new_files, status
    from ctg_nlp.store.runs import begun
    from ctg_nlp.warning_signs import warning_signs

    home = project.home()
    with project.store(home) as store:
        signs = warning_signs(store, home)
        if signs.in_words():  # before what follows: it may stop at the damage
            click.echo(f"{signs.in_words()} What to do: {again()} doctor", err=as_json)
        now, chased, new = status(store, home.framework), chase_list(store), new_files(store, home)
        running = running_now(store)
        with store.reading() as db:
            deep = deep_work(db, home.framework)
            cut_off = bool(begun(db)) and running is None
    if as_json:
        print_json(
            {
                **asdict(now),
                "in_depth": _in_depth(deep),
                "running": in_words(running) if running else "",
                "cut_off": cut_off,
                "damage": signs.damage,
                "missing_files": list(signs.missing),
                "new_files": list(new),
                "chase_list": [asdict(c) for c in chased],
            }
        )
        return
    if running:
        click.echo(f"{in_words(running)} is under way.")
    click.echo(f"Last run: {now.last_run[:16].replace('T', ' ') + ' UTC' if now.last_run else 'none yet'}")
    if cut_off:
        click.echo(f"A run since was cut off; this goes on where it was: {again()} run")
    if home.source:
        click.echo(f"Files come from {home.source}; a run fetches what is new there.")
    click.echo(f"Files received: {sum(now.files.values())}")
    for verdict, n in sorted(now.files.items()):
        click.echo(f"  {n} {verdict}")
    if any(verdict.startswith("refused") for verdict in now.files):
        click.echo(f"  Why files were refused, and what to do: {again()} reports --verdict refused")
    click.echo(f"Reports that count: {now.counted}, of which {now.decided_reports} have coders' decisions")
    if now.groups:
        click.echo(
            f"Groups expected: {now.groups}; usable reports from {now.responded}; to chase: {now.chase}"
        )
    amiss = now.last_summary.get("not_fetched", 0)
    waits = [x for x in (_new(new), _failed(now.failed), _amiss(amiss)) if x]
    click.echo("Waits for the operator: " + ("; ".join(waits) or "nothing"))
    waiting = {d: n for d, n in now.undecided.items() if n}
    click.echo("Waits for coders: " + (", ".join(f"{d} in {n}" for d, n in waiting.items()) or "nothing"))
    if deep is not None:
        click.echo(
            f"In depth, the {many(len(deep.reports), 'report')} of the sample “{deep.sample}”: "
            f"{deep.in_words()} (which: {again()} select show {shlex.quote(deep.sample)})"
        )
    click.echo(f"Waits for an adjudicator: {now.conflicts or 'nothing'}")
    if chased:
        print_table(
            "To chase", ("group", "cohort", "reason"), [(c.group_id, c.cohort, c.reason) for c in chased]
        )


def _in_depth(work: DeepWork | None) -> dict[str, Any] | None:
    if work is None:
        return None
    states = {str(s): [r.report.name for r in work.reports if r.state is s] for s in work.states}
    return {"sample": work.sample, "reports": len(work.reports), **states}


def _amiss(count: int) -> str:
    if not count:
        return ""
    return f"{many(count, 'thing')} at the address of submitted files (what: {again()} run)"


def _new(names: tuple[str, ...]) -> str:
    return f"{many(len(names), 'new file')} to read with {again()} run ({_some(names)})" if names else ""


def _some(names: Sequence[str]) -> str:
    further = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {further} more" if further > 0 else "")


def _failed(names: tuple[str, ...]) -> str:
    return f"{len(names)} failed, tried again by the next run ({_some(names)})" if names else ""


@click.group("reports", invoke_without_command=True)
@click.option("--group", default="", help="Only the reports of this group.")
@click.option("--verdict", default="", help='Only reports whose verdict begins so, as "refused".')
@json_option
@click.pass_context
def reports_command(ctx: click.Context, group: str, verdict: str, as_json: bool) -> None:
    """Every file received with its verdict; and what people may do with a report."""
    if ctx.invoked_subcommand is not None:
        return
    from ctg_nlp.status import file_lines

    project = ctx.ensure_object(Project)
    home = project.home()
    with project.store(home) as store:
        lines = [
            x
            for x in file_lines(store)
            if (not group or x.group_id == group) and x.verdict.startswith(verdict)
        ]
    if as_json:
        print_json([asdict(x) for x in lines])
        return
    columns = ("report", "group", "kind", "file", "pages", "counts", "verdict")
    rows = [
        (x.report_id[:12], x.group_id, x.kind, x.path, x.pages or "", "yes" if x.counted else "no", _said(x))
        for x in lines
    ]
    print_table("", columns, rows, numbers=("pages",))


def _said(line: object) -> str:
    verdict, message = getattr(line, "verdict", ""), getattr(line, "message", "")
    return f"{verdict}. {message}" if message else str(verdict)


@reports_command.command("use")
@click.argument("report")
@who_option
@json_option
@pass_project
def reports_use(project: Project, report: str, who: str, as_json: bool) -> None:
    """Count this REPORT (hash, file name or group) for its group, instead of any other."""
    from ctg_nlp.custody import use_report

    home = project.home()
    with project.store(home) as store:
        used, before = use_report(store, report, now=utc_now(), who=person(who))
    if as_json:
        print_json({"counted": used.report_id, "not_counted_any_more": [r.report_id for r in before]})
        return
    click.echo(f"{used.name} counts now.")
    for other in before:
        click.echo(f"{other.name} does not count any more; its decisions are kept.")


@reports_command.command("withdraw")
@click.argument("report")
@click.option("--why", required=True, help="The reason, kept with the report.")
@who_option
@json_option
@pass_project
def reports_withdraw(project: Project, report: str, why: str, who: str, as_json: bool) -> None:
    """Take a REPORT out of tables and worklists; everything known of it stays."""
    from ctg_nlp.custody import withdraw_report

    home = project.home()
    with project.store(home) as store:
        gone = withdraw_report(store, report, now=utc_now(), who=person(who), why=why)
    if as_json:
        print_json({"withdrawn": gone.report_id})
        return
    undo = f"{again()} reports restore {gone.report_id[:12]}"
    click.echo(f"{gone.name} is withdrawn and counts no more. Undo: {undo}")
    click.echo(f"Other reports of its group are looked at by the next: {again()} run")


@reports_command.command("restore")
@click.argument("report")
@who_option
@json_option
@pass_project
def reports_restore(project: Project, report: str, who: str, as_json: bool) -> None:
    """Undo the withdrawal of a REPORT."""
    from ctg_nlp.custody import restore_report

    home = project.home()
    with project.store(home) as store:
        back = restore_report(store, report, now=utc_now(), who=person(who))
    if as_json:
        print_json({"restored": back.report_id})
        return
    click.echo(f"{back.name} is back; whether it counts is said by the next: {again()} run")


@reports_command.command("erase")
@click.argument("report")
@click.option("--why", required=True, help="The reason, kept on the tombstone.")
@click.option("--yes", is_flag=True, help="Do not ask: erasing cannot be undone.")
@who_option
@json_option
@pass_project
def reports_erase(project: Project, report: str, why: str, yes: bool, who: str, as_json: bool) -> None:
    """Delete a withdrawn REPORT's text, suggestions and decisions for good."""
    from ctg_nlp.custody import check_erasable, erase_report

    home = project.home()
    with project.store(home) as store:
        if not yes:
            _confirm_erasure(check_erasable(store, report).name)
        gone = erase_report(store, home, report, now=utc_now(), who=person(who), why=why)
    if as_json:
        print_json(asdict(gone))
        return
    click.echo(f"Erased, with {gone.decisions} decisions. A tombstone remains: {gone.report_id}")
    if gone.case_texts:
        click.echo(
            f"Its words were taken out of {gone.case_texts} versions of texts on its group's case study. "
            "What was said in other words is still there: read it."
        )
    click.echo(
        "The files of data/coded that quote reports were deleted: make them anew with ctg run, ctg report "
        "and ctg cases write, and take back what was given out."
    )
    for path in gone.elsewhere:
        click.echo(f"Written elsewhere, and may hold its words: {path}")
    for path in (gone.path, *gone.copies):
        click.echo(f"The submitted file is never touched; delete it yourself: {path}")
    if home.source:
        click.echo(f"If it came from {home.source}, it lies there too: have it deleted there.")
    click.echo("Delete backups that hold the report.")


def _confirm_erasure(name: str) -> None:
    """Raises `CtgError` unless the person says yes, also where there is nobody to ask."""
    try:
        sure = click.confirm(f"Erase all that is known of {name}? This cannot be undone", err=True)
    except click.Abort as error:
        raise CtgError("Nothing was erased: nobody answered. Without a terminal add --yes.") from error
    if not sure:
        raise CtgError("Nothing was erased.")


@click.command("suggestions")
@click.option("--report", default="", help="Only this report (hash, file name or group).")
@click.option("--suggested", "only_suggested", is_flag=True, help="Only codes that are suggested.")
@click.option("--json", "_as_json", is_flag=True, help="JSON lines, which is what is printed anyway.")
@pass_project
def suggestions_command(project: Project, report: str, only_suggested: bool, _as_json: bool) -> None:
    """All codes with their scores and evidence, as JSON lines; codes not suggested too."""
    from ctg_nlp.aggregation import suggestion_lines
    from ctg_nlp.lookup import Lookup
    from ctg_nlp.store.reports import reports, submissions

    home = project.home()
    with project.store(home) as store:
        report_id = None
        if report:
            with store.reading() as db:
                report_id = Lookup(reports(db), submissions(db)).find(report).report_id
        note_export(store, "suggestions")
        lines = suggestion_lines(store, home.framework, report_id)
        print_lines(line for line in lines if line["suggested"] or not only_suggested)


@click.command("search")
@click.argument("phrase", default="")
@click.option("--group", default="", help="Only the reports of this group.")
@click.option(
    "--code", default="", help="Only evidence of this code, as dimension.code; all of it without a phrase."
)
@json_option
@pass_project
def search_command(project: Project, phrase: str, group: str, code: str, as_json: bool) -> None:
    """Where a word or PHRASE stands in the reports, in context; "attain*" finds any ending."""
    from ctg_nlp.search import search

    home = project.home()
    with project.store(home) as store:
        note_export(store, "search")
        hits = list(search(store, home.framework, phrase, group=group, code=code))
    if as_json:
        print_json([asdict(h) for h in hits])
        return
    for h in hits:
        click.echo(f"{h.group_id or h.report}, page {h.page}: …{h.before}[{h.found}]{h.after}…")
    click.echo(f"{len(hits)} found in {len({h.report_id for h in hits})} reports.")
