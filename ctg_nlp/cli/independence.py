"""`ctg sample` and `ctg assign`: who codes what."""

from __future__ import annotations

import secrets
from dataclasses import asdict

import click

from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError

coders_option = click.option(
    "--coder", "coders", multiple=True, required=True, metavar="NAME", help="Who codes; may be given again."
)
seed_option = click.option("--seed", type=int, default=None, help="For the draw; by default a new one.")


def _seed(given: int | None) -> int:
    return secrets.randbelow(2**31) if given is None else given


@click.group("sample")
def sample_command() -> None:
    """The audit sample: drawn by chance, coded first and blind."""


@sample_command.command("draw")
@click.option("--size", type=click.IntRange(min=1), required=True, help="How many reports.")
@click.option("--double", default=20, show_default=True, help="How many of them two coders code each.")
@coders_option
@seed_option
@who_option
@json_option
@pass_project
def sample_draw(
    project: Project,
    size: int,
    double: int,
    coders: tuple[str, ...],
    seed: int | None,
    who: str,
    as_json: bool,
) -> None:
    """Draw it from the reports that count, once and for all, and give it to coders."""
    from ctg_nlp.independence import draw_sample

    home = project.home()
    with project.store(home) as store:
        done = draw_sample(
            store, coders, size=size, double=double, seed=_seed(seed), now=utc_now(), who=person(who)
        )
    _say(done, as_json)


@sample_command.command("extend")
@coders_option
@who_option
@json_option
@pass_project
def sample_extend(project: Project, coders: tuple[str, ...], who: str, as_json: bool) -> None:
    """Draw from the reports that arrived since, at the same probability."""
    from ctg_nlp.independence import extend_sample

    home = project.home()
    with project.store(home) as store:
        done = extend_sample(store, coders, now=utc_now(), who=person(who))
    _say(done, as_json)


def _say(done: object, as_json: bool) -> None:
    from ctg_nlp.independence import Drawn

    assert isinstance(done, Drawn)
    if as_json:
        print_json(asdict(done))
        return
    draw = done.draw
    click.echo(
        f"{draw.size} of {draw.population} reports were drawn (seed {draw.seed}). They come first in their "
        "coders' queues, without suggestions, and no model learns from them."
    )
    mine: dict[str, int] = {}
    for a in done.given:
        mine[a.coder] = mine.get(a.coder, 0) + 1
    for coder, reports in mine.items():
        click.echo(f"  {coder}: {reports} reports")
    for lack in done.lacks:
        click.echo(f"Note: {lack}")


@sample_command.command("show")
@json_option
@pass_project
def sample_show(project: Project, as_json: bool) -> None:
    """What was drawn, and how far its coding is."""
    from ctg_nlp.store import independence as independence_store

    home = project.home()
    with project.store(home) as store, store.reading() as db:
        draws = independence_store.draws(db)
        assignments = independence_store.assignments(db)
    if as_json:
        print_json({"draws": [asdict(d) for d in draws], "assignments": [asdict(a) for a in assignments]})
        return
    columns = ("draw", "reports", "of", "seed", "time (UTC)", "by")
    rows = [
        (d.draw, d.size, d.population, d.seed, d.drawn_at[:16].replace("T", " "), d.drawn_by) for d in draws
    ]
    print_table("Draws", columns, rows, numbers=("draw", "reports", "of"))
    given: dict[tuple[str, str], list[bool]] = {}
    for a in assignments:
        given.setdefault((a.coder, str(a.purpose)), []).append(bool(a.locked_at))
    lines = [(coder, purpose, len(locked), sum(locked)) for (coder, purpose), locked in sorted(given.items())]
    print_table(
        "Assignments", ("coder", "purpose", "reports", "locked"), lines, numbers=("reports", "locked")
    )


@click.command("assign")
@click.argument("reports", nargs=-1)
@coders_option
@click.option("--all", "every", is_flag=True, help="Share out all reports that count and nobody has yet.")
@click.option(
    "--double-share",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="With --all: the share that two coders code, each blind.",
)
@click.option(
    "--take-back", is_flag=True, help="Take reports back from coders, all they have where none is named."
)
@click.option("--training", is_flag=True, help="To learn on: coded blind, compared, never counted.")
@seed_option
@who_option
@json_option
@pass_project
def assign_command(
    project: Project, reports: tuple[str, ...], coders: tuple[str, ...], every: bool, double_share: float,
    take_back: bool, training: bool, seed: int | None, who: str, as_json: bool,
) -> None:  # fmt: skip
    """Give REPORTS (hash, file name or group) to coders; once anything is assigned, coders see only that."""
    from ctg_nlp import independence
    from ctg_nlp.lookup import Lookup
    from ctg_nlp.records import Purpose
    from ctg_nlp.store import reports as report_store

    if not take_back and every == bool(reports):
        raise CtgError("Name the reports to give, or share out all of them with --all.")
    home, now, by = project.home(), utc_now(), person(who)
    with project.store(home) as store:
        if every:
            given = independence.share_out(store, coders, double_share, seed=_seed(seed), now=now, who=by)
        else:
            with store.reading() as db:
                lookup = Lookup(report_store.reports(db), report_store.submissions(db))
            ids = [lookup.find(name).report_id for name in reports]
            purpose = Purpose.TRAINING if training else Purpose.CODING
            if take_back:
                given = {c: -independence.take_back(store, ids, c, now=now, who=by) for c in coders}
            else:
                given = {c: independence.give(store, ids, c, purpose, now=now, who=by) for c in coders}
    if as_json:
        print_json(given)
        return
    for coder, count in given.items():
        click.echo(f"{coder}: {abs(count)} reports {'taken back' if count < 0 else 'more'}")
