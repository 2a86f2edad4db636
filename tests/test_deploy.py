"""The unit of systemd and the steps of the container file do what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import pytest

from ctg_nlp.web.access import NEEDED, Needs

from .conftest import ROOT

DEPLOY = ROOT / "deploy"
UNIT = (DEPLOY / "ctg.service").read_text(encoding="utf-8")
FILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
EXPOSED_AT_MOST = 2.0
"""Of 10, as systemd reckons it; without hardening a service has 9.6."""


def installed(folder: Path) -> Path:
    """The unit as it would be installed, with a program and user that there are."""
    path = folder / "ctg.service"
    path.write_text(UNIT.replace("/opt/ctg/bin/ctg", "/bin/true"), encoding="utf-8")
    return path


def options(section: str) -> dict[str, list[str]]:
    """The lines of a section by name."""
    part = re.search(rf"^\[{section}\]\n(.*?)(?=^\[|\Z)", UNIT, re.DOTALL | re.MULTILINE)
    assert part is not None
    found: dict[str, list[str]] = {}
    for line in part[1].splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze"):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(installed(tmp_path))], capture_output=True, text=True, check=False,
        )  # fmt: skip
        ours = [line for line in done.stderr.splitlines() if "ctg.service" in line]
        assert done.returncode == 0 and ours == [], done.stderr
    service = options("Service")
    assert service["ExecStart"] == ["/opt/ctg/bin/ctg --home /srv/ctg serve $CTG_OPTIONS"]
    assert service["ReadWritePaths"] == ["/srv/ctg"] and service["User"] == ["ctg"]
    assert options("Install") == {"WantedBy": ["multi-user.target"]}


def test_the_unit_leaves_little_to_attack(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze"):
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--no-pager", str(installed(tmp_path))],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        exposed = re.search(r"Overall exposure level.*: ([0-9.]+)", done.stdout)
        assert exposed is not None and float(exposed[1]) <= EXPOSED_AT_MOST, done.stdout
    service = options("Service")
    for name in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "RestrictSUIDSGID", "PrivateDevices"):
        assert service[name] == ["true"]
    assert service["ProtectSystem"] == ["strict"] and service["CapabilityBoundingSet"] == [""]
    # What the program needs: limits for the children that read PDFs, and to see the processes of other runs.
    assert service["SystemCallFilter"] == ["@system-service", "~@privileged"]
    assert "ProtectProc" not in service and "ProcSubset" not in service


def test_what_the_unit_and_the_image_ask_of_the_page_is_open_to_all() -> None:
    (asked,) = re.findall(r"http://127.0.0.1:8765(/\S+)", FILE)
    assert NEEDED[f"GET {asked}"] is Needs.NOTHING


def test_a_step_that_fetches_something_says_so_and_no_other_does() -> None:
    lines = FILE.splitlines()
    for before, line in zip(lines, lines[1:], strict=False):
        if line.startswith("RUN"):
            fetches = "apt-get" in line or (" install " in line and "--no-index" not in line)
            assert fetches == (before == "# needs: network"), line


def test_the_steps_of_the_container_file_make_a_program_that_works(tmp_path: Path) -> None:
    if int(version("setuptools").split(".")[0]) < 77:
        pytest.skip("needs setuptools 77 or newer (pip install -e '.[dev]')")
    left_out = ["--without", "network", *([] if os.geteuid() == 0 else ["--without", "root"])]
    script = subprocess.run(
        [sys.executable, str(DEPLOY / "steps.py"), str(tmp_path), *left_out],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert script.count("left out, needs network") == 3
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # In place of what a step would have fetched: the packages of this environment, but not this checkout.
    environment = {**os.environ, "PATH": path, "PYTHONPATH": sysconfig.get_paths()["purelib"]}
    done = subprocess.run(
        ["sh", "-eu"],
        input=script,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All is well." in done.stdout and not (tmp_path / "srv" / "try").exists()
    program = tmp_path / "opt" / "ctg" / "bin" / "ctg"
    where = subprocess.run(
        [str(program.with_name("python")), "-c", "import ctg_nlp; print(ctg_nlp.__file__)"],
        capture_output=True, text=True, check=True, env=environment, cwd=tmp_path,
    ).stdout  # fmt: skip
    assert where.startswith(str(tmp_path / "opt"))  # and not what the checkout holds
    assert (tmp_path / "srv" / "ctg").stat().st_mode & 0o077 == 0 or os.geteuid() != 0
