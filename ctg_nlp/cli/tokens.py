"""`ctg token`: which programs may read over HTTP, and in whose name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from ctg_nlp.cli.output import again, json_option, print_json, print_table
from ctg_nlp.cli.project import Project, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.records import ApiToken, Scope

_scope = click.Choice([str(s) for s in Scope])


@click.group("token")
def token_command() -> None:
    """Tokens by which programs (R, Python, …) read what a person may see."""


@token_command.command("make")
@click.argument("name")
@click.option("--scope", "scopes", type=_scope, multiple=True, help="What it may read; may be given again.")
@click.option("--for", "label", required=True, help="Which program it is for, in a few words.")
@click.option("--days", default=90, show_default=True, help="How long it lasts; 366 at most.")
@who_option
@json_option
@pass_project
def token_make(
    project: Project, name: str, scopes: tuple[str, ...], label: str, days: int, who: str, as_json: bool
) -> None:
    """Make a token in the name of the user NAME. It is shown now and never again."""
    from ctg_nlp.store import people as people_store
    from ctg_nlp.tokens import make_token

    with project.store(project.home()) as store:
        wanted = frozenset(map(Scope, scopes))
        token, said = make_token(store, name, wanted, label, days=days, now=utc_now(), who=person(who))
        with store.reading() as db:
            user = people_store.user(db, token.name)
    if as_json:
        print_json({**_plain(token), "token": said})
        return
    click.echo(said)
    click.echo(
        f"Token {token.token_id} reads {_scopes(token)} as {token.name} until {token.expires_at[:10]}. It is "
        f"shown only now: keep it as a password. To end it: {again()} token revoke {token.token_id}",
        err=True,
    )
    if user is not None and user.must_change:
        click.echo(f"It opens nothing before {user.name} has logged in and chosen a password.", err=True)


@token_command.command("list")
@json_option
@pass_project
def token_list(project: Project, as_json: bool) -> None:
    """All tokens that were ever made; the tokens themselves are kept nowhere."""
    from ctg_nlp.store.people import users
    from ctg_nlp.store.tokens import tokens

    with project.store(project.home()) as store, store.reading() as db:
        known, active = tokens(db), {u.name: u.active for u in users(db)}
    now = utc_now()
    if as_json:
        print_json([{**_plain(t), "state": _state(t, active[t.name], now)} for t in known])
        return
    if not known:
        click.echo(f"No tokens. Make one with: {again()} token make NAME --scope decisions --for PROGRAM")
        return
    rows = [
        (t.token_id, t.name, t.label, _scopes(t), _state(t, active[t.name], now), t.expires_at[:10],
         t.seen_at[:16].replace("T", " ") or "never", t.created_by)
        for t in known
    ]  # fmt: skip
    print_table("", ("token", "person", "for", "reads", "state", "until", "last use (UTC)", "made by"), rows)


@token_command.command("revoke")
@click.argument("token_id", metavar="TOKEN")
@who_option
@json_option
@pass_project
def token_revoke(project: Project, token_id: str, who: str, as_json: bool) -> None:
    """End a TOKEN (its id, as listed) at once."""
    from ctg_nlp.tokens import revoke_token

    with project.store(project.home()) as store:
        ended = revoke_token(store, token_id, now=utc_now(), who=person(who))
    if as_json:
        print_json({"token_id": ended.token_id, "name": ended.name, "state": "revoked"})
    else:
        click.echo(f"The token {ended.token_id} of {ended.name} ({ended.label}) opens nothing any more.")


def _plain(token: ApiToken) -> dict[str, Any]:
    return asdict(token) | {"scopes": sorted(token.scopes)}


def _scopes(token: ApiToken) -> str:
    return ", ".join(sorted(token.scopes))


def _state(token: ApiToken, active: bool, now: str) -> str:
    if token.revoked_at:
        return "revoked"
    if now >= token.expires_at:
        return "expired"
    return "good" if active else "its person was deactivated"
