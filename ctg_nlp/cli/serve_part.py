"""What runs in the processes of `ctg serve` beside the review page: Prefect's server, and the runner.

Started as `python -m ctg_nlp.cli.serve_part server PORT` or `... runner HOME SINCE READY_FILE`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path


def end_with_parent() -> None:
    """End this process in order as soon as its standard input ends: then the one that started it is gone."""

    def wait() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def main(arguments: list[str]) -> None:
    """Be the part that the arguments name, until told to end."""
    end_with_parent()
    if arguments[0] == "server":
        _server(int(arguments[1]))
        return
    from ctg_nlp.cli.serve_runner import run

    since = datetime.fromisoformat(arguments[2])
    run(Path(arguments[1]), since=since, ready=Path(arguments[3]))


def _server(port: int) -> None:
    import uvicorn

    uvicorn.run(
        "prefect.server.api.server:create_app", factory=True, host="127.0.0.1", port=port,
        log_level="critical", access_log=False, timeout_graceful_shutdown=3,
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
