"""The sentences of the house as checks that fail."""

from __future__ import annotations

import subprocess
import sys

from .conftest import ROOT

HEAVY = ("spacy", "sklearn", "pandas", "prefect")
FORBIDDEN = ("fitz", "pymupdf", "ghostscript", "krippendorff")


def loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(' '.join(m.split('.')[0] for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_library_runs_without_prefect_and_the_child_that_reads_is_light() -> None:
    assert "prefect" not in loaded_by("ctg_nlp.plain")
    assert not loaded_by("ctg_nlp.intake.sandbox") & {*HEAVY, "sqlalchemy"}
    assert not loaded_by("ctg_nlp.cli.main") & set(HEAVY)
    for light in ("ctg_nlp.store.database", "ctg_nlp.review.decisions", "ctg_nlp.review.resolution"):
        assert not loaded_by(light) & set(HEAVY)


def test_the_server_of_the_review_page_is_light() -> None:
    loaded = loaded_by("ctg_nlp.web.app")
    assert "fastapi" in loaded and not loaded & {*HEAVY, "scipy", "matplotlib", "openpyxl", "skops"}


def test_nothing_is_imported_under_a_licence_that_binds_users() -> None:
    for file in [*ROOT.glob("ctg_nlp/**/*.py"), *ROOT.glob("flows/*.py")]:
        text = file.read_text(encoding="utf-8")
        for name in FORBIDDEN:
            assert f"import {name}" not in text, file


def test_the_linter_fails_on_a_seeded_error(tmp_path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("import os\nprint(1)\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), str(bad)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and "F401" in done.stdout and "T201" in done.stdout
