"""`ctg evaluate` and `ctg simulate`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctg_nlp.cli.output import json_option, print_json, print_table, progress_bar
from ctg_nlp.cli.project import Project, pass_project

if TYPE_CHECKING:
    from ctg_nlp.evaluation import Evaluation
    from ctg_nlp.export.evaluation import Sheet
    from ctg_nlp.simulation import Simulation

output_option = click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write JSON, CSV tables and plots into this folder.",
)


@click.command("evaluate")
@click.option("--folds", default=5, show_default=True, help="Into how many parts the reports are parted.")
@click.option("--per-code", is_flag=True, help="Also print a row for each code.")
@output_option
@json_option
@pass_project
def evaluate_command(
    project: Project, folds: int, per_code: bool, output: Path | None, as_json: bool
) -> None:
    """How good suggestions are on reports that were not learned from, by cross-validation."""
    from ctg_nlp.decided import decided_reports
    from ctg_nlp.evaluation import evaluate, traits_of
    from ctg_nlp.framework_file import load_examples
    from ctg_nlp.raters import raters_of, warnings_of

    home = project.home()
    examples, raters = load_examples(home.framework_source, home.framework), raters_of(home)
    with project.store(home) as store:
        reports = decided_reports(store, home.framework)
        traits = traits_of(store, reports)
    with progress_bar("Folds judged") as progress:
        done = evaluate(
            home.framework, reports, examples, folds,
            traits=traits, raters=raters, progress=progress,
        )  # fmt: skip
    for what, why in warnings_of(raters):
        click.echo(f"{what}: {why}", err=True)
    if as_json:
        print_json(done.to_json())
    else:
        _say_evaluation(done, per_code)
    if output is not None:
        from ctg_nlp.export.evaluation import write_evaluation
        from ctg_nlp.export.plots import write_evaluation_plots

        _say_written([*write_evaluation(output, done), *write_evaluation_plots(output, done)])


def _say_evaluation(e: Evaluation, per_code: bool) -> None:
    from ctg_nlp.export import evaluation as sheets

    click.echo(
        f"{e.decided} decisions on {e.reports} reports, judged in {e.folds} folds by models that saw none "
        "of the fold."
    )
    if e.learned_folds < e.folds:
        click.echo(
            f"For {e.folds - e.learned_folds} of {e.folds} folds the other reports had too few decisions to "
            "learn from: there cues and facts spoke alone. Figures will change with more decisions."
        )
    _print(sheets.totals_sheet(e))
    _print(sheets.calibration_sheet(e))
    _print(sheets.values_sheet(e))
    _print(sheets.slices_sheet(e))
    if per_code:
        _print(sheets.codes_sheet(e))
    click.echo("–: cannot be told. Decisions made with suggestions in view make these figures too good.")
    click.echo("What each figure means, and more of them: docs/evaluation.md, --per-code, --json, --output.")


def _print(sheet: Sheet) -> None:
    from ctg_nlp.export.evaluation import brief, shown_rows

    if sheet.rows:
        sheet = brief(sheet)
        print_table(sheet.title, sheet.columns, shown_rows(sheet), sheet.numbers)
        click.echo()


def _say_written(paths: Iterable[Path]) -> None:
    for path in paths:
        click.echo(f"Wrote {path}", err=True)


def _seconds(name: str, default: float, sentence: str) -> Callable[[Any], Any]:
    return click.option(name, type=click.FloatRange(min=0), default=default, show_default=True, help=sentence)


@click.command("simulate")
@click.option(
    "--order", type=click.Choice(["arrival", "uncertain"]), default="arrival", show_default=True,
    help="Which report comes next: the first that arrived, or the one the model is least sure of.",
)  # fmt: skip
@click.option(
    "--retrain-every", type=click.IntRange(min=0),
    help="Decisions after which the classifier learns again, 0: never; by default the setting retrain_after.",
)  # fmt: skip
@_seconds("--confirm-seconds", 4.0, "To confirm a right suggestion.")
@_seconds("--find-seconds", 25.0, "To find and add a code.")
@_seconds("--reject-seconds", 2.0, "To reject a wrong suggestion.")
@_seconds("--rest-seconds", 1.0, "For each code that remains absent.")
@output_option
@json_option
@pass_project
def simulate_command(
    project: Project, order: str, retrain_every: int | None, confirm_seconds: float, find_seconds: float,
    reject_seconds: float, rest_seconds: float, output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Replay the decisions: what suggestions would have saved coders, and how soon tables would be right."""
    from ctg_nlp.dataset import dataset
    from ctg_nlp.decided import decided_reports
    from ctg_nlp.framework_file import load_examples
    from ctg_nlp.simulation import simulate
    from ctg_nlp.suggest.effort import Cost

    home = project.home()
    examples = load_examples(home.framework_source, home.framework)
    with project.store(home) as store:
        counted = {r.report_id for r in dataset(store, home.framework).reports}
        reports = [r for r in decided_reports(store, home.framework) if r.report_id in counted]
    with progress_bar("Reports replayed") as progress:
        done = simulate(
            home.framework, reports, examples,
            order="uncertain" if order == "uncertain" else "arrival",
            retrain_every=home.retrain_after if retrain_every is None else retrain_every,
            cost=Cost(confirm_seconds, find_seconds, reject_seconds, rest_seconds),
            progress=progress,
        )  # fmt: skip
    if as_json:
        print_json(done.to_json())
    else:
        _say_simulation(done)
    if output is not None:
        from ctg_nlp.export.evaluation import write_simulation
        from ctg_nlp.export.plots import write_simulation_plots

        _say_written([*write_simulation(output, done), *write_simulation_plots(output, done)])


def _say_simulation(s: Simulation) -> None:
    from ctg_nlp.export.evaluation import steps_sheet

    last = s.steps[-1]
    _print(steps_sheet(s))
    e = last.effort
    proposed = e.kept + e.changed + e.rejected
    click.echo(
        f"{last.decisions} decisions on {last.reports} reports: of {proposed} suggestions {e.kept} were "
        f"kept, {e.changed} changed and {e.rejected} rejected; {e.added} were added."
    )
    click.echo(
        f"By the cost model {last.seconds / 3600:.1f} hours, without suggestions "
        f"{last.seconds_unassisted / 3600:.1f}. Errors are in percentage points from the final tables."
    )
    if not any(t.trained_on for t in s.steps):
        click.echo("There were too few decisions to learn from: cues and facts spoke alone throughout.")
    click.echo("The seconds are assumptions, to be replaced by your own (docs/evaluation.md).")
