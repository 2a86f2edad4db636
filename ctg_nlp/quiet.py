"""Settings that keep the libraries we run on silent and local. Import before any of them."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

_PREFECT = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",  # what goes wrong is raised or in the summary, without a traceback
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_SERVER_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "DO_NOT_TRACK": "1",
}
_LOCAL = ("127.0.0.1", "localhost")


def prepare_prefect(home: Path) -> None:
    """Have Prefect keep its own database inside the home and send nothing anywhere.

    What a person has set for Prefect in the environment is left as it is.
    """
    for name, value in _PREFECT.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_HOME", str(home / ".prefect"))
    _no_proxy_to_ourselves()
    warnings.filterwarnings("ignore", module="prefect.*|pydantic.*|websockets.*|uvicorn.*")


def _no_proxy_to_ourselves() -> None:
    """Have this process and those it starts ask this machine directly: a proxy could not reach it, and would
    see the login of Prefect's server."""
    said = [os.environ.get(name, "").strip() for name in ("no_proxy", "NO_PROXY")]
    hosts = [host.strip() for line in said for host in line.split(",") if host.strip()]
    kept = "*" if "*" in said else ",".join(dict.fromkeys([*hosts, *_LOCAL]))
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = kept
