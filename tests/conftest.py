"""Fixtures for all tests: data that is not part of the repository is found, or the test says why it skips."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, create_engine, text

from ctg_nlp import passwords
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_framework
from ctg_nlp.settings import make_home
from ctg_nlp.store.database import Store, open_store

from .dask_cluster import dask_cluster  # noqa: F401
from .desks import desk as desk
from .remote_servers import folder_place, remote_place, s3_place, sftp_place  # noqa: F401

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "ctg_nlp" / "example"

pytest_plugins = ["tests.review_server", "tests.coder_window", "tests.any_database", "tests.postgres_server"]


LONG = (
    "serve",
    "prefect_server",
    "flows",
    "readme",
    "web_api",
    "cli",
    "models",
    "corpus",
    "evaluation",
    "report_browser",
    "store",
)
"""Files of tests that take half a minute or more."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files begin first: where two processes share the files, none is left alone with one at the end."""
    rank = {f"test_{name}": place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(LONG)))


THOROUGH = passwords._hasher
"""How the product hashes passwords."""


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Passwords are hashed by the same function with less work: hundreds of users are added and log in."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    passwords._hasher = lambda: quick  # type: ignore[assignment]
    yield
    passwords._hasher = THOROUGH


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


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty database, to be copied: making one costs more than most tests."""
    root = tmp_path_factory.mktemp("empty") / "home"
    open_store(make_home(root).database, create=True).close()
    return root


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database, to be copied: migrating one costs more than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "store.sqlite"
    open_store(f"sqlite:///{path}", create=True).close()
    return path


@pytest.fixture
def store(migrated: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty SQLite store."""
    shutil.copy(migrated, tmp_path / "store.sqlite")
    opened = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield opened
    opened.close()


def _postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, stopped at the end."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL (apt install postgresql)")
    pytest.importorskip("psycopg", reason="needs the driver (pip install 'ctg_nlp[postgres]')")
    folder = Path(tempfile.mkdtemp(prefix="ctg-pg-", dir="/tmp"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, capture_output=True, cwd=folder)

    run(
        str(programs / "initdb"),
        "-D",
        f"{folder}/data",
        "-U",
        "ctg",
        "--auth=trust",
        "-E",
        "UTF8",
        "--no-sync",
    )
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run(str(programs / "pg_ctl"), "-D", f"{folder}/data", "-o", options, "-l", f"{folder}/log", "-w", "start")
    yield f"postgresql+psycopg://ctg@/postgres?host={folder}"
    run(str(programs / "pg_ctl"), "-D", f"{folder}/data", "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_copies(postgres: str) -> Iterator[tuple[Engine, str]]:
    """What makes databases on that server, and the address of a copy of an empty migrated one."""
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as db:
        db.execute(text("CREATE DATABASE migrated"))
    open_store(postgres.replace("/postgres?", "/migrated?"), create=True).close()
    yield admin, postgres.replace("/postgres?", "/copied?")
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store on SQLite, and one on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("store")
        return
    admin, url = request.getfixturevalue("postgres_copies")
    with admin.connect() as db:
        db.execute(text("DROP DATABASE IF EXISTS copied WITH (FORCE)"))
        db.execute(text("CREATE DATABASE copied TEMPLATE migrated STRATEGY FILE_COPY"))
    opened = open_store(url)
    yield opened
    opened.close()
