"""The command line called within the tests' own process: starting Python and loading libraries costs more
than most commands do. What a process of its own is needed for (signals, Prefect) starts one itself."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctg_nlp.cli.main import main


@dataclass(frozen=True, slots=True)
class Called:
    """What a command printed."""

    stdout: str
    stderr: str


def call(*arguments: str, code: int = 0, folder: Path | None = None, said: str = "") -> Called:
    """Call `ctg` in a folder, with `said` on standard input; it must end with this code, and in words."""
    ended = 0
    inside = contextlib.chdir(folder) if folder else contextlib.nullcontext()
    with pytest.MonkeyPatch.context() as patch, inside, CliRunner().isolation(input=said) as (out, err, _):
        patch.setattr(sys, "argv", ["ctg", *arguments])
        try:
            main()
        except SystemExit as ending:
            ended = int(ending.code or 0)
        done = Called(out.getvalue().decode("utf-8"), err.getvalue().decode("utf-8"))
    assert ended == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done
