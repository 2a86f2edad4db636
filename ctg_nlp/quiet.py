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


def prepare_prefect(home: Path) -> None:
    """Have Prefect keep its own database inside the home and send nothing anywhere.

    What a person has set for Prefect in the environment is left as it is.
    """
    for name, value in _PREFECT.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_HOME", str(home / ".prefect"))
    warnings.filterwarnings("ignore", module="prefect.*|pydantic.*|websockets.*|uvicorn.*")
