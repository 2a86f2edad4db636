"""Fixtures for all tests: data that is not part of the repository is found, or the test says why it skips."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_framework
from ctg_nlp.store.database import Store, open_store

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "ctg_nlp" / "example"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of development data: CTG_SHARED, or `shared` beside the checkout."""
    folder = Path(os.environ.get("CTG_SHARED") or ROOT.parent / "shared")
    if not (folder / "corpus").is_dir():
        pytest.skip(f"needs the development data in {folder} (set CTG_SHARED)")
    return folder


@pytest.fixture(scope="session")
def ctg() -> Framework:
    """The bundled framework."""
    return load_framework("ctg")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty SQLite store."""
    opened = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", create=True)
    yield opened
    opened.close()
