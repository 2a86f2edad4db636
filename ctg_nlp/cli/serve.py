"""`ctg serve`: the schedule, the watched folder, Prefect's server and the review page as one process tree."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import click

from ctg_nlp.cli.place import LOCAL, Place, address_of, listening
from ctg_nlp.cli.project import Project, pass_project, person
from ctg_nlp.cli.review import for_whom, page_options
from ctg_nlp.cli.supervisor import Part, Supervisor
from ctg_nlp.errors import AlreadyRunning, CtgError
from ctg_nlp.export.files import whole_file
from ctg_nlp.in_use import serve_lock
from ctg_nlp.logbook import Note, log_of
from ctg_nlp.quiet import prepare_prefect
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store

_PART = (sys.executable, "-m", "ctg_nlp.cli.serve_part")
_DIRECTLY = build_opener(ProxyHandler({}))  # no proxy stands between the parts
_SHORTEST_PASSWORD = 16
_ANY_PORT = "ANY-FREE-PORT"
_STOP = "Stop all with Ctrl+C: what is finished is stored, and the next run does the rest."
_CTG = (sys.executable, "-c", "from ctg_nlp.cli.main import main; main()")


@click.command("serve")
@page_options
@click.option(
    "--prefect-port",
    default=4200,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Of Prefect's page and server, which only this machine reaches; 0: any free one.",
)
@click.option("--show", is_flag=True, help="Say what would run when, and start nothing.")
@pass_project
def serve_command(
    project: Project, port: int, coder: str, host: str, names: tuple[str, ...], certificate: Path | None,
    key: Path | None, behind_proxy: bool, prefect_port: int, show: bool,
) -> None:  # fmt: skip
    """Run batches by themselves: on the schedule, and when new files are whole; the review page beside."""
    if not hasattr(os, "killpg"):
        raise CtgError("ctg serve needs Linux or macOS. Elsewhere begin `ctg run` by the system's scheduler.")
    home = project.home()
    place = Place(host, port, names, certificate, key, behind_proxy)
    prepare_prefect(home.root)
    with project.store(home) as store:
        begin_now, users = _check(home, store, place)
        lines = _plan(home, store, begin_now)
    whom = for_whom(users, person(coder))
    if show:
        _say([*lines, *_addresses(home, place, whom, prefect_port)])
        return
    prefect_port = _free(prefect_port, "Prefect's server", "--prefect-port")
    place = replace(place, port=_free(port, "the review page", "--port", host))
    with _only_one(home), tempfile.TemporaryDirectory(prefix="ctg-serve-") as folder:
        parts = (
            _server(home, prefect_port),
            _page(home, place, coder),
            _runner(home, prefect_port, Path(folder) / "ready"),  # last: what it begins is told after this
        )
        for part in parts:  # Python and Prefect look first there: a folder named as the package may lie here
            part.folder = home.root

        def lines_now() -> Sequence[str]:
            with project.store(home) as store:  # a time may have passed while the parts were starting
                return [*_plan(home, store, begin_now), *_addresses(home, place, whom, prefect_port), _STOP]

        _hold(home, parts, lines_now, log_of(home).note)


@contextmanager
def _only_one(home: Home) -> Iterator[None]:
    """Hold the place of the one that serves a home here; the system lets go of it when this process ends.

    Raises `AlreadyRunning` where another does.
    """
    import fcntl

    path = serve_lock(home.root)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(
                f"{home.root} is served already on this machine. Stop that first."
            ) from error
        yield


def _check(home: Home, store: Store, place: Place) -> tuple[bool, bool]:
    """Raises `CtgError` where something could not work later, when nobody looks. Returns whether a batch was
    missed while nothing served, and whether there are users."""
    from ctg_nlp.cli.inbox import check_watched
    from ctg_nlp.notices import check_webhook
    from ctg_nlp.schedule import check_schedule, missed
    from ctg_nlp.store.people import any_users
    from ctg_nlp.store.runs import last_run

    check_schedule(home)
    if home.notify_webhook:
        check_webhook(home.notify_webhook)
    check_watched(home)
    with store.reading() as db:
        users = any_users(db)
        last = last_run(db, "batch")
    place.check(users)
    return missed(home, last[0] if last else "", datetime.now(UTC)) is not None, users


def _plan(home: Home, store: Store, begin_now: bool) -> Sequence[str]:
    from ctg_nlp.learning import is_due
    from ctg_nlp.notices import check_webhook
    from ctg_nlp.run_lock import in_words, running_now
    from ctg_nlp.schedule import next_time, said

    upcoming = next_time(home, datetime.now(UTC))
    when = (
        f"{home.schedule} ({home.schedule_timezone}); next: {said(upcoming)}" if upcoming else "by no clock"
    )
    lines = [f"batch, then tables:  {when}"]
    if begin_now:
        lines.append("                     one was missed while nothing served: it begins now")
    if home.watch is not None:
        unchanged = f"({home.watch_seconds} s unchanged)"
        lines.append(f"                     and when files in {home.watch} are whole {unchanged}")
    due = (
        "due with the next batch"
        if is_due(store, home)
        else f"with a batch after {home.retrain_after} new decisions"
    )
    lines.append(
        f"training:            {due if home.retrain_after else 'never by itself (retrain_after = 0)'}"
    )
    host = check_webhook(home.notify_webhook) if home.notify_webhook else ""
    lines.append(
        f"notices:             {f'ids and counts to {host}' if host else 'none (notify_webhook is empty)'}"
    )
    now = running_now(store)
    if now is not None:
        lines.append(f"now:                 {in_words(now)} is under way")
    return lines


def _addresses(home: Home, place: Place, whom: str, port: int) -> Sequence[str]:
    """Where the pages are; for a port of 0 any free one is taken when they are served."""
    return (
        f"review page:         {address_of(place, place.port or _ANY_PORT)} for {whom}",
        f"Prefect's page:      http://{LOCAL}:{port or _ANY_PORT}/",
        f"                     log in there with the whole line of {_key_file(home)}",
    )


def _say(lines: Sequence[str]) -> None:
    for line in lines:
        click.echo(line)


def _hold(home: Home, parts: Sequence[Part], lines: Callable[[], Sequence[str]], note: Note) -> None:
    supervisor = Supervisor(parts, lambda line: click.echo(line, err=True), note)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Begun with nohup it goes on when the terminal is closed.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: supervisor.ask_to_stop())
    try:
        click.echo(f"Starting the {len(parts)} parts for {home.root}; this takes up to a minute.")
        if supervisor.begin(came=lambda part, took: click.echo(f"  {part.name}: ready after {took:.0f} s")):
            _say(lines())
            note("serve began", parts=len(parts))
            supervisor.hold()
    finally:
        click.echo("Stopping ...")
        supervisor.stop()
        note("serve ended")
    click.echo("Everything is stopped.")


def _server(home: Home, port: int) -> Part:
    url = f"http://{LOCAL}:{port}"
    made = {
        **_access(home, port),
        "PREFECT_SERVER_API_HOST": LOCAL,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_API_AUTH_STRING": _key(home),
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": url,  # by default any page that a browser shows may ask it
        "PREFECT_UI_API_URL": f"{url}/api",
    }
    said = _key_file(home).with_name("server.log")  # Prefect tells programmers much that is nothing to people
    command = (*_PART, "server", str(port))
    return Part("Prefect server", command, lambda: _answers(f"{url}/api/health"), made, said)


def _runner(home: Home, port: int, ready: Path) -> Part:
    since = datetime.now(UTC).isoformat()
    command = (*_PART, "runner", str(home.root), since, str(ready))
    return Part("runner of the schedule", command, ready.exists, _access(home, port))


def _page(home: Home, place: Place, coder: str) -> Part:
    said = ["--home", str(home.root), "review", "--beside", "--no-browser", "--host", place.host]
    said += ["--port", str(place.port), "--coder", coder]
    said += [part for name in place.names for part in ("--name", name)]
    if place.certificate is not None and place.key is not None:
        said += ["--certificate", str(place.certificate.resolve()), "--key", str(place.key.resolve())]
    said += ["--behind-proxy"] if place.behind_proxy else []
    at = LOCAL if place.host in ("0.0.0.0", "::") else place.host
    return Part("review page", (*_CTG, *said), lambda: _listens(at, place.port))


def _access(home: Home, port: int) -> dict[str, str]:
    return {
        "PREFECT_HOME": str(home.root / ".prefect" / "serve"),
        "PREFECT_API_URL": f"http://{LOCAL}:{port}/api",
        "PREFECT_API_AUTH_STRING": _key(home),
    }


def _key_file(home: Home) -> Path:
    return home.root / ".prefect" / "serve" / "login"


def _key(home: Home) -> str:
    """The name and password of Prefect's server: whoever can ask it can have it run programs as this user.

    Made once, readable to this user only. Raises `CtgError` where it is not so (any more), since Prefect's
    server asks nobody for an empty one.
    """
    path = _key_file(home)
    try:
        if not path.exists():
            with whole_file(path, private=True) as file:
                file.write(f"ctg:{secrets.token_urlsafe(24)}\n")
        key, mode = path.read_text(encoding="utf-8").strip(), path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise CtgError(f"{path} cannot be read. Delete it: another login is made.") from error
    name, _, password = key.partition(":")
    if not name or len(password) < _SHORTEST_PASSWORD or mode & 0o077:
        raise CtgError(
            f"{path} is no login for Prefect's server that nobody else knows: it is cut off, too short, or "
            "can be read by others. Delete it: another one is made."
        )
    return key


def _free(port: int, what: str, option: str, host: str = LOCAL) -> int:
    """The port, or any free one for 0. Raises `CtgError` where it is taken."""
    try:
        with listening(Place(host, port, (), None, None, False)) as found:
            return int(found.getsockname()[1])
    except CtgError as error:
        raise CtgError(
            f"Port {port} of {host} cannot be used for {what}: is it served already? Else: {option} 0"
        ) from error


def _answers(url: str) -> bool:
    try:
        with _DIRECTLY.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (HTTPException, OSError):
        return False


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True
