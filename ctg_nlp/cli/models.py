"""`ctg train` and `ctg models`."""

from __future__ import annotations

from dataclasses import asdict

import click

from ctg_nlp.cli.output import again, json_option, print_json, print_table, program, typed
from ctg_nlp.cli.project import Project, pass_project, person, who_option
from ctg_nlp.clock import utc_now

why_option = click.option("--why", default="", help="The reason, kept with the model.")


@click.command("train")
@click.option(
    "--seed", default=0, help="For whatever is drawn by chance; the same seed makes the same model."
)
@click.option(
    "--leave-out",
    "leave_out",
    multiple=True,
    metavar="REPORT",
    help="A report (hash, file name or group) whose decisions are not to be seen; may be given again.",
)
@who_option
@json_option
@pass_project
def train_command(project: Project, seed: int, leave_out: tuple[str, ...], who: str, as_json: bool) -> None:
    """Learn from coders' decisions; the new model proposes if it is better than what did so far."""
    from ctg_nlp.learning import train_model
    from ctg_nlp.lookup import Lookup
    from ctg_nlp.run_lock import running
    from ctg_nlp.store import reports as report_store

    home = project.home()
    with project.store(home) as store:
        with store.reading() as db:
            lookup = Lookup(report_store.reports(db), report_store.submissions(db))
        ids = {lookup.find(name).report_id for name in leave_out}
        with running(store, "training", utc_now) as run:
            done = train_model(run.store, home, now=utc_now(), who=person(who), seed=seed, leave_out=ids)
    if as_json:
        print_json(asdict(done))
        return
    card = done.card
    learned = sum(c.state == "learned" for c in card.codes)
    few = sum(c.state == "not enough decisions yet" for c in card.codes)
    click.echo(f"Learned {learned} codes from {card.decisions} decisions on {len(card.reports)} reports.")
    if few:
        click.echo(f"{few} codes have not enough decisions yet; the cues carry them.")
    totals = card.totals
    click.echo(
        f"On reports not seen: micro-F1 {totals.micro_f1:.3f}, mean average precision "
        f"{totals.mean_average_precision:.3f}, calibration error {totals.calibration_error:.3f}."
    )
    click.echo(done.in_words())
    if done.promoted:
        click.echo(f"Propose again for all reports with: {program()} --home {typed(home.root)} run")


@click.group("models", invoke_without_command=True)
@json_option
@click.pass_context
def models_command(ctx: click.Context, as_json: bool) -> None:
    """The models of the project, and which of them proposes."""
    if ctx.invoked_subcommand is not None:
        return
    from ctg_nlp.learning import model_lines

    project = ctx.ensure_object(Project)
    home = project.home()
    with project.store(home) as store:
        lines = model_lines(store, home)
    if as_json:
        print_json([asdict(x) for x in lines])
        return
    if not lines:
        click.echo("No model yet: the cues of the framework propose. Make one from decisions with: ctg train")
        return
    columns = (
        "model",
        "state",
        "made",
        "reports",
        "decisions",
        "codes",
        "micro-F1",
        "mean AP",
        "calibration",
    )
    rows = [
        (
            x.model_id, x.state, x.made_at[:16].replace("T", " "), x.reports, x.decisions, x.learned,
            f"{x.micro_f1:.3f}", f"{x.mean_average_precision:.3f}", f"{x.calibration_error:.3f}",
        )
        for x in lines
    ]  # fmt: skip
    print_table("", columns, rows, numbers=columns[3:])
    if not any(x.state == "champion" for x in lines):
        click.echo("None of them proposes: the cues of the framework do.")


@models_command.command("show")
@click.argument("model")
@json_option
@pass_project
def models_show(project: Project, model: str, as_json: bool) -> None:
    """What a MODEL learned, code by code: its state, decisions, threshold and figures."""
    from ctg_nlp.learning import card_of

    card = card_of(project.home(), model)
    if as_json:
        print_json(asdict(card))
        return
    columns = ("code", "state", "present", "absent", "threshold", "precision", "recall", "F1", "AP")
    rows = [
        (f"{c.dimension}.{c.code}", c.state, c.present, c.absent, c.threshold, c.precision, c.recall, c.f1,
         c.average_precision)
        for c in card.codes
    ]  # fmt: skip
    print_table(f"{card.model_id}, for {card.framework_id}", columns, rows, numbers=columns[2:])


@models_command.command("promote")
@click.argument("model")
@why_option
@who_option
@json_option
@pass_project
def models_promote(project: Project, model: str, why: str, who: str, as_json: bool) -> None:
    """Let a MODEL propose, whatever its figures."""
    from ctg_nlp.learning import promote

    home = project.home()
    with project.store(home) as store:
        card = promote(store, home, model, now=utc_now(), who=person(who), why=why)
    if as_json:
        print_json({"champion": card.model_id})
        return
    click.echo(f"{card.model_id} proposes from now on. Propose again for all reports with: {again()} run")


@models_command.command("retire")
@click.argument("model")
@why_option
@who_option
@json_option
@pass_project
def models_retire(project: Project, model: str, why: str, who: str, as_json: bool) -> None:
    """Let a MODEL propose no more; its files stay."""
    from ctg_nlp.learning import retire

    home = project.home()
    with project.store(home) as store:
        proposed = retire(store, home, model, now=utc_now(), who=person(who), why=why)
    if as_json:
        print_json({"retired": model, "proposed_until_now": proposed})
        return
    click.echo(f"{model} is retired." + (" The cues alone propose from now on." if proposed else ""))
