"""`ctg findings`: statements by enquiry question, and problems with their solutions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctg_nlp.cli.output import json_option, many, print_json, print_lines, print_table
from ctg_nlp.cli.project import Project, note_export, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError, RunIncomplete

if TYPE_CHECKING:
    from ctg_nlp.enquiry import Enquiry
    from ctg_nlp.finding_files import FileImport
    from ctg_nlp.framework import Framework
    from ctg_nlp.records import Finding
    from ctg_nlp.store.database import Store
    from ctg_nlp.synthesis.cells import Columns


@click.group("findings")
def findings_command() -> None:
    """What was found, by enquiry question: counts, statements with their passages, problems and solutions."""


@findings_command.command("list")
@click.option("--question", default="", help="Only this question of the enquiry, by its id.")
@json_option
@pass_project
def findings_list(project: Project, question: str, as_json: bool) -> None:
    """Each question with its counts in words, declared comparisons, and the statements written on it."""
    from ctg_nlp.carried_findings import findings_now
    from ctg_nlp.dataset import dataset
    from ctg_nlp.synthesis.cells import Columns

    home = project.home()
    with project.store(home) as store:
        columns = Columns(home.framework, dataset(store, home.framework))
        with store.reading() as db:
            found = findings_now(db, home.framework)
    asked = _asked(home.framework, question)
    if as_json:
        print_json([_plain(columns, q, found) for q in asked])
        return
    for q in asked:
        _say(columns, q, found)


def _asked(framework: Framework, question: str) -> list[Enquiry]:
    from ctg_nlp.enquiry import enquiries

    found = [q for q in enquiries(framework) if question in ("", q.id)]
    if not found:
        known = ", ".join(q.id for q in enquiries(framework))
        raise CtgError(f"There is no question {question}; there are: {known}.")
    return found


def _plain(columns: Columns, question: Enquiry, findings: tuple[Finding, ...]) -> dict[str, Any]:
    from ctg_nlp.synthesis.themes import counted, said, said_compared

    unit = columns.framework.unit
    counts = [c for d in question.dimensions for c in counted(columns, d).codes]
    return {
        "question": question.id,
        "label": question.label,
        "counts": [
            {
                "dimension": c.dimension, "code": c.code, "label": c.label, "n": c.row.n,
                "of": c.row.denominator, "denominator": str(c.of), "undecided": c.row.undecided,
                "percent": c.row.percent, "said": said(c.row, c.of, unit),
                "compared": [said_compared(c, x, unit) for x in c.compared],
            }
            for c in counts
        ],
        "findings": [
            {"finding_id": f.finding_id, "kind": str(f.kind), "dimension": f.dimension, "code": f.code,
             "text": f.text, "author": f.author, "sources": len(f.sources)}
            for f in findings
            if f.question == question.id
        ],
    }  # fmt: skip


def _say(columns: Columns, question: Enquiry, findings: tuple[Finding, ...]) -> None:
    from ctg_nlp.synthesis.themes import CAUTION

    plain = _plain(columns, question, findings)
    rows = [(c["label"], c["said"], c["undecided"]) for c in plain["counts"]]
    click.echo(f"\n{question.label} ({question.id})")
    if rows:
        print_table("", ("Code", "Counted", "Undecided"), rows, ("Undecided",))
    compared = [x for c in plain["counts"] for x in c["compared"]]
    for words in compared:
        click.echo(f"  {words}.")
    if compared:
        click.echo(f"  {CAUTION}")
    for f in plain["findings"]:
        rest = f"{f['sources']} passage{'' if f['sources'] == 1 else 's'}"
        click.echo(f"  {f['kind']}, {f['code'] or 'all'}: {f['text']} ({f['author']}; {rest})")


@findings_command.command("solutions")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Also write them as CSV.")
@json_option
@pass_project
def findings_solutions(project: Project, output: Path | None, as_json: bool) -> None:
    """Problems with the solutions that were found, each with the reports and pages that it rests on."""
    from dataclasses import asdict

    from ctg_nlp.export.files import write_csv
    from ctg_nlp.solutions import solution_tables
    from ctg_nlp.synthesis.solutions import places_of

    home = project.home()
    with project.store(home) as store:
        tables = solution_tables(store, home.framework)
        if output is not None:
            rows = [
                (t.title, p.label, s.text, s.reports, places_of(s))
                for t in tables
                for p in t.problems
                for s in p.solutions
            ]
            write_csv(output, ("table", "problem", "solution", "reports", "rests on"), rows)
            note_export(store, "solutions")
            click.echo(f"Wrote {output}", err=True)
    if as_json:
        print_json([asdict(t) for t in tables])
        return
    if not tables:
        click.echo("No solutions are written yet. Write them on the page Findings (ctg review).")
    for t in tables:
        said = [(p.label, s.text, places_of(s)) for p in t.problems for s in p.solutions]
        print_table(t.title, ("Problem", "Solution found", "Rests on"), said)
        if t.open:
            click.echo(f"Found in reports, and without a solution yet: {'; '.join(t.open)}.")
        if t.untraced:
            click.echo(f"Solutions that rest on no passage, and are left out: {t.untraced}.")


@findings_command.command("export")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@pass_project
def findings_export(project: Project, file: Path | None) -> None:
    """Give out all findings with all their versions and passages, as JSON lines."""
    from ctg_nlp.finding_files import exported_findings

    home = project.home()
    with project.store(home) as store:
        give_out(store, exported_findings, file, "findings")


def give_out(store: Store, lines: Any, file: Path | None, what: str) -> None:
    """Write JSON lines into a file, or print them, and note that in the audit log."""
    from ctg_nlp.export.files import write_jsonl

    if file is None:
        print_lines(lines(store))
    else:
        click.echo(f"Wrote {write_jsonl(file, lines(store))} lines to {file}.", err=True)
    note_export(store, what)


@findings_command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@who_option
@json_option
@pass_project
def findings_import(project: Project, file: Path, who: str, as_json: bool) -> None:
    """Take in a FILE of findings, a JSON object a line; what was taken in before changes nothing."""
    from ctg_nlp.finding_files import import_findings

    home = project.home()
    with project.store(home) as store:
        done = import_findings(store, home.framework, file, now=utc_now(), who=person(who))
    say_import(done, as_json)


def say_import(done: FileImport, as_json: bool) -> None:
    """Tell what an import came to. Raises `RunIncomplete` where lines were refused, as other imports do."""
    from dataclasses import asdict

    if as_json:
        print_json(asdict(done))
    else:
        said = f"{done.taken} taken, {done.known} known, {len(done.refused)} refused"
        click.echo(f"{many(done.lines, 'line')}: {said}.")
        for line, why in done.refused:
            click.echo(f"  line {line}: {why}")
    if done.refused:
        raise RunIncomplete(f"{len(done.refused)} of {done.lines} lines were refused; see above.")
