"""Results on stdout, as text for people or as JSON for programs; progress on stderr."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def print_json(value: Any) -> None:
    """One JSON value, indented."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def print_lines(items: Iterator[dict[str, Any]]) -> int:
    """JSON lines. Returns how many."""
    count = 0
    for item in items:
        click.echo(json.dumps(item, ensure_ascii=False))
        count += 1
    return count


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], numbers: Sequence[str] = ()
) -> None:
    """A table for people; the columns named in `numbers` stand to the right."""
    table = Table(title=Text(title) if title else None, title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if v is None else str(v)) for v in row))
    width = None if sys.stdout.isatty() else 120
    Console(file=sys.stdout, width=width, highlight=False, soft_wrap=False).print(table)


def many(n: int, noun: str) -> str:
    """A number of things: "1 report", "2 reports"."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def program() -> str:
    """How this command was called, so that a line that is printed can be typed: `ctg`, or its path."""
    called = Path(sys.argv[0])
    if called.name != "ctg" or shutil.which("ctg") == str(called.resolve()):
        return "ctg"
    here = Path.cwd()
    return typed(called.relative_to(here) if called.is_absolute() and called.is_relative_to(here) else called)


def again() -> str:
    """How to call this program for the same project: with its folder, where one was named."""
    context = click.get_current_context(silent=True)
    home = context.find_root().params.get("home") if context else None
    return program() if home in (None, Path()) else f"{program()} --home {typed(home)}"


def typed(path: Path) -> str:
    """A path as it is typed in a shell: in quotes where it needs them."""
    return shlex.quote(str(path))


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, only where a person looks at it. Call what it yields with (done, of how many)."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
