"""`ctg review`: the review page."""

from __future__ import annotations

import socket
import threading
import webbrowser

import click

from ctg_nlp.cli.output import program, progress_bar
from ctg_nlp.cli.project import Project, pass_project, person
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError

_HOST = "127.0.0.1"


@click.command("review")
@click.option(
    "--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option("--coder", default="", help="The name that decisions carry; by default your user name.")
@click.option("--browser/--no-browser", default=True, help="Whether to open the page in your browser.")
@pass_project
def review_command(project: Project, port: int, coder: str, browser: bool) -> None:
    """Serve the review page to this machine's browsers: coders confirm what is suggested."""
    import uvicorn

    from ctg_nlp.desk import Desk
    from ctg_nlp.tallies import prepare
    from ctg_nlp.web.app import create_app

    home = project.home()
    with project.store(home) as store, listening(port) as listener:
        with progress_bar("counting what is left") as bar:
            reports = prepare(store, home, utc_now(), bar)
        if not reports:
            click.echo(f"No report was read yet. Put PDFs into {home.raw}, then: {program()} run", err=True)
        address = f"http://{_HOST}:{listener.getsockname()[1]}/"
        desk = Desk(home, store, person(coder), utc_now)
        click.echo(f"The review page is at {address} for {desk.coder}; only this machine can open it.")
        click.echo("Stop it with Ctrl+C: every answer is stored as it is given.")
        if browser:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        config = uvicorn.Config(create_app(desk), log_level="warning", access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listener])


def listening(port: int) -> socket.socket:
    """A socket on loopback. Raises `CtgError` where the port is taken."""
    # The protocol is named because asyncio sends at once (TCP_NODELAY) only where it is: without it the body
    # of an answer may wait 40 ms for its headers to be acknowledged.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as error:
        listener.close()
        raise CtgError(
            f"Port {port} cannot be used ({error.strerror}). Is the review page open already? Else: --port 0"
        ) from error
    listener.listen(128)
    return listener
