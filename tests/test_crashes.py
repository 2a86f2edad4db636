"""Kill -9 at random moments, five of each kind; `bench/crashes.py` does a hundred."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.crash_home import unread_home
from bench.crash_trials import unsound
from ctg_nlp.clock import utc_now
from ctg_nlp.doctor import examine

from .conftest import ROOT

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux")

# In a process of its own, since a process with threads, as pytest's may be, must not be forked.
FIVE = """
import random, sys
from pathlib import Path
from bench.crash_home import decided_home, unread_home
from bench.crashes import trials_of
kind, folder, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
unread_home(folder / "unread") if kind == "batch" else decided_home(folder / "decided")
trials, _ = trials_of(kind, folder, 5, random.Random(seed))
for t in trials:
    print(t.kills, *t.wrong)
assert kind != "review" or sum(t.acknowledged for t in trials) > 0, "nobody coded anything"
sys.exit(any(t.wrong for t in trials))
"""


def five(kind: str, folder: Path, seed: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", FIVE, kind, str(folder), str(seed)],
        capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["batch", "training", "export", "review"])
def test_what_was_killed_comes_to_the_same_when_it_is_done_again(kind: str, tmp_path: Path) -> None:
    seed = random.randrange(1 << 30)
    done = five(kind, tmp_path, seed)
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}{done.stderr}"


def test_a_nearly_full_disk_is_no_fault_of_what_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = unread_home(tmp_path / "home", reports=1)
    monkeypatch.setattr("ctg_nlp.doctor_files.shutil.disk_usage", lambda _: SimpleNamespace(free=1))
    assert [f.part for f in examine(home.root, now=utc_now())][-1] == "room"
    assert not [line for line in unsound(home.root) if "MB are free" in line]
