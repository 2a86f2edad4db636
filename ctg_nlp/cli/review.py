"""`ctg review`: the review page."""

from __future__ import annotations

import contextlib
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

import click

from ctg_nlp.cli.output import again, progress_bar
from ctg_nlp.cli.place import LOCAL, Place, address_of, listening
from ctg_nlp.cli.project import Project, pass_project, person, steady_clock
from ctg_nlp.cli.serve_part import end_with_parent
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError
from ctg_nlp.logbook import log_of

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


def for_whom(users: bool, coder: str) -> str:
    """Who can open the page, in words."""
    return "those who log in" if users else f"{coder}; only this machine can open it"


def page_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of where and how the page is served."""
    for option in reversed(
        (
            click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535),
                         help="Of the review page; 0: any free one."),
            click.option("--coder", default="",
                         help="The name that decisions carry; by default your user name."),
            click.option("--host", default=LOCAL, show_default=True,
                         help="Where to listen; beyond this machine only with users."),
            click.option("--name", "names", multiple=True,
                         help="A name that browsers ask for; may be given again."),
            click.option("--certificate", type=_file,
                         help="The certificate with its chain, PEM: serves over TLS."),
            click.option("--key", type=_file, help="The certificate's key, PEM."),
            click.option("--behind-proxy", is_flag=True,
                         help="A proxy on this machine speaks TLS for the page."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


@click.command("review")
@page_options
@click.option("--browser/--no-browser", default=True, help="Whether to open the page in your browser.")
@click.option(
    "--beside", is_flag=True, hidden=True
)  # as a part of `ctg serve`, which is gone when stdin ends
@pass_project
def review_command(
    project: Project, port: int, coder: str, browser: bool, host: str, names: tuple[str, ...],
    certificate: Path | None, key: Path | None, behind_proxy: bool, beside: bool,
) -> None:  # fmt: skip
    """Serve the review page, where coders confirm what is suggested: to this machine, or to a team."""
    import uvicorn

    from ctg_nlp.desk import Desk
    from ctg_nlp.store.people import any_users
    from ctg_nlp.tallies import prepare
    from ctg_nlp.web.app import create_app

    if beside:
        end_with_parent()
    place = Place(host, port, names, certificate, key, behind_proxy)
    home = project.home()
    with project.store(home) as store:
        with store.reading() as db:
            users = any_users(db)
        place.check(users)
        if users and coder:
            raise CtgError(
                "This project has users: decisions carry the name of who logs in. Leave --coder out."
            )
        with listening(place) as listener:
            with progress_bar("counting what is left") as bar:
                reports = prepare(store, home, utc_now(), bar)
            if not reports and not beside:
                said = f"No report was read yet. Put PDFs into {home.raw}, then: {again()} run"
                click.echo(said, err=True)
            clock = steady_clock(store)
            if clock.in_words():
                click.echo(clock.in_words(), err=True)
            desk = Desk(home, store, person(coder), clock)
            address = address_of(place, listener.getsockname()[1])
            if not beside:
                click.echo(f"The review page is at {address} for {for_whom(users, desk.coder)}.")
                click.echo("Stop it with Ctrl+C: every answer is stored as it is given.")
            if browser and place.loopback and not behind_proxy:
                threading.Timer(0.5, webbrowser.open, [address]).start()
            log = log_of(home)
            config = uvicorn.Config(
                create_app(desk, place.serving()), log_level="warning", access_log=False, server_header=False,
                ssl_certfile=certificate, ssl_keyfile=key, proxy_headers=behind_proxy,
                forwarded_allow_ips=["127.0.0.1", "::1"],
            )  # fmt: skip
            log.note("review page began", users=users, tls=place.secure)
            with contextlib.suppress(KeyboardInterrupt):  # how it is meant to be ended
                uvicorn.Server(config).run(sockets=[listener])
            log.note("review page ended")
            if not beside:
                click.echo("The review page is closed.")
