"""`ctg`: the command line. Only here exceptions become messages and exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from ctg_nlp.cli.project import Project
from ctg_nlp.errors import CtgError
from ctg_nlp.logbook import STDERR, log_of
from ctg_nlp.settings import open_home

# Each command's module is imported when it is asked for: `ctg --help` need not load spaCy and pandas.
COMMANDS = {
    "init": "ctg_nlp.cli.run",
    "run": "ctg_nlp.cli.run",
    "example": "ctg_nlp.cli.example",
    "status": "ctg_nlp.cli.reports",
    "reports": "ctg_nlp.cli.reports",
    "suggestions": "ctg_nlp.cli.reports",
    "review": "ctg_nlp.cli.review",
    "serve": "ctg_nlp.cli.serve",
    "sample": "ctg_nlp.cli.independence",
    "assign": "ctg_nlp.cli.independence",
    "search": "ctg_nlp.cli.reports",
    "decisions": "ctg_nlp.cli.decisions",
    "exchange": "ctg_nlp.cli.exchange",
    "train": "ctg_nlp.cli.models",
    "models": "ctg_nlp.cli.models",
    "evaluate": "ctg_nlp.cli.evaluate",
    "simulate": "ctg_nlp.cli.evaluate",
    "agreement": "ctg_nlp.cli.agreement",
    "tables": "ctg_nlp.cli.tables",
    "rebuilds": "ctg_nlp.cli.changes",
    "findings": "ctg_nlp.cli.findings",
    "quotes": "ctg_nlp.cli.quotes",
    "claims": "ctg_nlp.cli.claims",
    "report": "ctg_nlp.cli.report",
    "export": "ctg_nlp.cli.datasets",
    "stop": "ctg_nlp.cli.estimates",
    "release": "ctg_nlp.cli.release",
    "select": "ctg_nlp.cli.selection",
    "cases": "ctg_nlp.cli.cases",
    "framework": "ctg_nlp.cli.framework",
    "inductive": "ctg_nlp.cli.inductive",
    "users": "ctg_nlp.cli.users",
    "token": "ctg_nlp.cli.tokens",
    "audit": "ctg_nlp.cli.audit",
    "db": "ctg_nlp.cli.database",
    "doctor": "ctg_nlp.cli.doctor",
    "backup": "ctg_nlp.cli.backup",
    "restore": "ctg_nlp.cli.backup",
    "retention": "ctg_nlp.cli.retention",
}


_DEFECT = 70


class Commands(click.Group):
    """The commands by name, loaded lazily."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command, or None."""
        if name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[name]), f"{name}_command")
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; where it ends with an error, the log of the home has which kind."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise  # how a command was written is nothing to the home
        except Exception as error:
            if isinstance(ctx.obj, Project):
                with suppress(Exception):  # there may be no home, or none that can be read
                    code = error.exit_code if isinstance(error, CtgError) else _DEFECT
                    note = log_of(open_home(ctx.obj.root)).note
                    note(
                        "command failed", command=ctx.invoked_subcommand, code=code, error=error, place=error
                    )
            raise


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The project's folder, with data/, models/ and the database; by default the current folder.",
)
@click.option(
    "--log", is_flag=True, help="Also write the log, JSON lines of ids and counts, to standard error."
)
@click.version_option(package_name="ctg_nlp", prog_name="ctg")
@click.pass_context
def ctg(ctx: click.Context, home: Path, log: bool) -> None:
    """Read submitted PDF reports, propose codes with their passages, rebuild synthesis tables."""
    if log:
        os.environ[STDERR] = "stderr"  # also for the processes that this one starts
    ctx.obj = Project(home.resolve())


def main() -> None:
    """Run the command line and exit: 0, or the exit code of the error (see `errors`)."""
    try:
        ctg.main(prog_name="ctg", standalone_mode=False)  # also where `python -c` called it
    except CtgError as error:
        _stop(str(error), error.exit_code)
    except click.exceptions.Exit as request:
        sys.exit(request.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _stop("Interrupted. What was finished is stored; run the same command again for the rest.", 130)
    except Exception as error:  # a defect of ours: a person gets a sentence, a developer the rest
        if os.environ.get("CTG_DEBUG"):
            raise
        said = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        _stop(f"An unexpected error: {said}. Set CTG_DEBUG=1 to see where, and please report it.", _DEFECT)


def _stop(message: str, code: int) -> None:
    click.echo(f"ctg: {message}", err=True)
    sys.exit(code)
