"""`ctg agreement`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, note_export, pass_project

if TYPE_CHECKING:
    from ctg_nlp.agreement import Study
    from ctg_nlp.framework import Dimension
    from ctg_nlp.review.agreement import CodeAgreement, DimensionAgreement
    from ctg_nlp.review.estimate import Estimate
    from ctg_nlp.store.database import Store


@click.command("agreement")
@click.option("--stage", type=click.Choice(["map", "indepth"]), help="Only dimensions of this stage.")
@click.option("--audit", is_flag=True, help="Only reports of the audit sample.")
@click.option("--coder", "coders", multiple=True, help="Only these coders: give it twice or more.")
@click.option(
    "--resamples", type=click.IntRange(min=0, max=100_000), default=1000, show_default=True,
    help="Bootstrap resamples of the reports for the intervals; 0: no intervals.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the resamples.")
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path),
    help="Also write figures, a statement to publish, and the disagreements into this folder.",
)  # fmt: skip
@json_option
@pass_project
def agreement_command(
    project: Project, stage: str | None, audit: bool, coders: tuple[str, ...], resamples: int, seed: int,
    output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """How far coders agree, by what they decided independently of each other and of suggestions."""
    from ctg_nlp.agreement import Asked, study, warnings_of
    from ctg_nlp.review.estimate import Method
    from ctg_nlp.review.nltk_figures import NLTK

    home = project.home()
    asked = Asked(coders, "map" if stage == "map" else "indepth" if stage else None, audit)
    with project.store(home) as store:
        done = study(store, home.framework, asked, Method(NLTK, resamples, seed))
        if as_json:
            print_json(done.to_json() | {"warnings": warnings_of(done)})
        else:
            _say(done)
        if output is not None:
            note_export(store, "agreement")
            _write(store, done, output)


def _say(done: Study) -> None:
    from ctg_nlp.agreement import warnings_of
    from ctg_nlp.export.agreement_words import READING, answered_at_all

    click.echo(
        f"{done.answers:,} independent answers of {len(done.coders)} coders "
        f"({', '.join(done.coders) or 'nobody'}) on {done.reports} reports; {done.double_coded} reports were "
        "coded by two or more."
    )
    for warning in warnings_of(done):
        click.echo(f"Note: {warning}")
    shown = answered_at_all(done.framework, done.dimensions)
    if not shown:
        return
    click.echo()
    _say_wholes(shown)
    for dimension, of in shown:
        if of.codes:
            _say_codes(dimension, of)
    click.echo("A table reads: both present / only the first coder / only the second / neither.\n")
    _say_machine(done)
    _say_kept(done)
    _say_drift(done)
    click.echo(READING)
    click.echo(
        f"{len(done.disagreements)} disagreements. With --output they are written with who said what, and "
        "the figures with a statement to publish. What each figure means: docs/agreement.md."
    )


def _say_wholes(shown: list[tuple[Dimension, DimensionAgreement]]) -> None:
    from ctg_nlp.export.agreement_words import same

    columns = ("Dimension", "Reports", "Same, %", "Unsure", "Distance", "Alpha [95 %]")
    rows = [(d.title, of.reports, same(of), of.unsure, of.measure, _cell(of.alpha)) for d, of in shown]
    print_table("Dimensions as a whole", columns, rows, columns[1:4])
    click.echo()


def _say_codes(dimension: Dimension, of: DimensionAgreement) -> None:
    from ctg_nlp.export.agreement_words import only_pair

    pair = next((p for c in of.codes if (p := only_pair(c))), None)
    who = f": {pair.first} and {pair.second}" if pair else ""
    columns = (
        "Code",
        "Reports",
        "Present in",
        "Agreed, %",
        "Positive",
        "Table",
        "Alpha [95 %]",
        "Kappa [95 %]",
    )
    rows = [_code_row(code.label, c) for code, c in zip(dimension.codes, of.codes, strict=True)]
    print_table(f"{dimension.title} ({dimension.id}){who}", columns, rows, columns[1:5])
    click.echo()


def _code_row(label: str, c: CodeAgreement) -> tuple[Any, ...]:
    from ctg_nlp.export.agreement_words import agreed, cells, figure, only_pair, two

    pair = only_pair(c)
    table = cells(pair.table).replace(" ", "") if pair else ""
    kappa = figure(pair.kappa) if pair and pair.kappa.value is not None else ""
    return (
        label,
        c.reports,
        c.positives,
        agreed(c.shares),
        two(c.shares.positive),
        table,
        _cell(c.alpha),
        kappa,
    )


def _cell(e: Estimate) -> str:
    from ctg_nlp.export.agreement_words import brief, figure

    return f"{figure(e)} ({brief(e)})" if brief(e) else figure(e)


def _say_machine(done: Study) -> None:
    from ctg_nlp.export.agreement_words import agreed, two
    from ctg_nlp.review.agreement import together
    from ctg_nlp.review.machine import raters_in

    rows = []
    for rater in raters_in(done.machine):
        for coder in done.coders:
            of = [m.figures for m in done.machine if (m.figures.first, m.figures.second) == (rater, coder)]
            pooled = together(p.shares for p in of)
            rows.append((rater, coder, len(of), pooled.pairs, agreed(pooled), two(pooled.positive)))
    if rows:
        columns = ("Rater", "Coder", "Codes", "Answers", "Agreed, %", "Positive")
        print_table(
            "The machine beside coders who did not see it, all codes pooled", columns, rows, columns[2:]
        )
        click.echo(
            "On the audit sample alone, from which no model learns.\n"
            if done.unseen
            else "A model that learned from these very decisions agrees too well: see ctg evaluate.\n"
        )


def _say_kept(done: Study) -> None:
    rows = [(k.coder, k.dimension, k.kept, k.added, k.taken_away) for k in done.kept]
    if rows:
        columns = ("Coder", "Dimension", "Kept", "Added", "Taken away")
        print_table("Answers with suggestions in view (no agreement)", columns, rows, columns[2:])
        click.echo()


def _say_drift(done: Study) -> None:
    from ctg_nlp.export.agreement_words import blocks_in_words

    rows = [
        (f"{d.first} and {d.second or 'the record'}", *words, (d.open or "") if n == 0 else "")
        for d in (*done.drift, *done.from_record)
        for n, words in enumerate(blocks_in_words(d))
    ]
    if rows:
        columns = ("Who", "When", "Reports", "Agreed, %", "Positive", "In conflict")
        print_table("Over time, all codes pooled", columns, rows, columns[2:])
        if not all(d.timed for d in (*done.drift, *done.from_record)):
            click.echo("Answers without times of their own stand in the order in which they were taken in.")
        click.echo()


def _write(store: Store, done: Study, folder: Path) -> None:
    from ctg_nlp.agreement import disagreement_lines, warnings_of
    from ctg_nlp.export.agreement import agreement_rows, statement, write_agreement

    text = statement(
        done.framework, done.dimensions, done.method, coders=len(done.coders), reports=done.reports,
        double_coded=done.double_coded, sampled=done.sampled, answers=done.answers,
        locked=done.locked, warnings=warnings_of(done),
    )  # fmt: skip
    rows = agreement_rows(done.framework, done.dimensions, done.machine)
    figures = done.to_json() | {"warnings": warnings_of(done)}
    for path in write_agreement(folder, figures, rows, text, disagreement_lines(store, done)):
        click.echo(f"Wrote {path}", err=True)
    click.echo("disagreements.jsonl holds text of reports: keep it where the reports are kept.", err=True)
