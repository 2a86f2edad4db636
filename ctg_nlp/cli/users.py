"""`ctg users`: who may log in to the review page, and as what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from ctg_nlp.cli.output import again, json_option, print_json, print_table
from ctg_nlp.cli.project import Project, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import PeopleError
from ctg_nlp.records import Role, User
from ctg_nlp.store.database import Store

_role = click.Choice([str(r) for r in Role])
_file_option = click.option(
    "--password-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file whose first line is the password; without it the password is asked for, twice.",
)
_keep_option = click.option(
    "--may-keep", is_flag=True, help="The user need not choose another password at the first log-in."
)


@click.group("users")
def users_command() -> None:
    """People who may log in. As soon as there is one, the review page asks everybody to log in."""


@users_command.command("add")
@click.argument("name")
@click.option("--role", type=_role, required=True, help="What the user may do.")
@_file_option
@_keep_option
@who_option
@json_option
@pass_project
def users_add(
    project: Project,
    name: str,
    role: str,
    password_file: Path | None,
    may_keep: bool,
    who: str,
    as_json: bool,
) -> None:
    """Add the user NAME, with a first password of at least 12 characters."""
    from ctg_nlp.people import add_user

    password = _password(password_file)
    added = _changed(
        project,
        lambda store: add_user(
            store, name, Role(role), password, now=utc_now(), who=person(who), must_change=not may_keep
        ),
    )
    then = "" if may_keep else " At the first log-in they choose a password of their own."
    _say(added, as_json, f"{added.name} may log in as {added.role}.{then}")


@users_command.command("list")
@json_option
@pass_project
def users_list(project: Project, as_json: bool) -> None:
    """All users, deactivated ones too."""
    from ctg_nlp.store.people import users

    home = project.home()
    with project.store(home) as store, store.reading() as db:
        known = users(db)
    if as_json:
        print_json([asdict(u) for u in known])
        return
    if not known:
        click.echo(
            "No users: the review page is for this machine only and asks nobody to log in. "
            f"Add one with: {again()} users add NAME --role lead"
        )
        return
    rows = [(u.name, u.role, _state(u), u.created_at[:16].replace("T", " "), u.created_by) for u in known]
    print_table("", ("user", "role", "state", "added (UTC)", "by"), rows)


def _state(user: User) -> str:
    if not user.active:
        return "deactivated"
    return "has to choose a password" if user.must_change else "active"


@users_command.command("role")
@click.argument("name")
@click.argument("role", type=_role)
@who_option
@json_option
@pass_project
def users_role(project: Project, name: str, role: str, who: str, as_json: bool) -> None:
    """Give the user NAME another ROLE; their sessions end."""
    from ctg_nlp.people import set_role

    user = _changed(project, lambda store: set_role(store, name, Role(role), now=utc_now(), who=person(who)))
    _say(user, as_json, f"{user.name} is {user.role} now.")


@users_command.command("password")
@click.argument("name")
@_file_option
@_keep_option
@who_option
@json_option
@pass_project
def users_password(
    project: Project, name: str, password_file: Path | None, may_keep: bool, who: str, as_json: bool
) -> None:
    """Give the user NAME another password; their sessions end."""
    from ctg_nlp.people import set_password

    password = _password(password_file)
    user = _changed(
        project,
        lambda store: set_password(
            store, name, password, now=utc_now(), who=person(who), must_change=not may_keep
        ),
    )
    _say(user, as_json, f"{user.name} has another password now.")


@users_command.command("deactivate")
@click.argument("name")
@who_option
@json_option
@pass_project
def users_deactivate(project: Project, name: str, who: str, as_json: bool) -> None:
    """Let the user NAME log in no more; what they decided stays."""
    _set_active(project, name, False, who, as_json)


@users_command.command("activate")
@click.argument("name")
@who_option
@json_option
@pass_project
def users_activate(project: Project, name: str, who: str, as_json: bool) -> None:
    """Let the user NAME log in again."""
    _set_active(project, name, True, who, as_json)


@users_command.command("log-out")
@click.argument("name", required=False, default="")
@click.option("--everybody", is_flag=True, help="Instead of one user.")
@who_option
@json_option
@pass_project
def users_log_out(project: Project, name: str, everybody: bool, who: str, as_json: bool) -> None:
    """End all sessions of the user NAME, or of everybody, at once; they can log in again."""
    from ctg_nlp.people import end_sessions

    if bool(name) == everybody:
        raise click.UsageError("Name a user, or say --everybody.")
    with project.store(project.home()) as store:
        count = end_sessions(store, name, now=utc_now(), who=person(who))
    if as_json:
        print_json({"sessions": count})
    else:
        click.echo(f"{count} sessions ended.")


def _set_active(project: Project, name: str, active: bool, who: str, as_json: bool) -> None:
    from ctg_nlp.people import set_active

    user = _changed(project, lambda store: set_active(store, name, active, now=utc_now(), who=person(who)))
    _say(user, as_json, f"{user.name} may log in{'' if active else ' no more; what they decided stays'}.")


def _changed(project: Project, change: Callable[[Store], User]) -> User:
    with project.store(project.home()) as store:
        return change(store)


def _say(user: User, as_json: bool, words: str) -> None:
    if as_json:
        print_json(asdict(user))
    else:
        click.echo(words)


def _password(file: Path | None) -> str:
    """The password from a file, or as it is typed. Raises `PeopleError` where the file cannot be read."""
    if file is None:
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    try:
        return (file.read_text(encoding="utf-8-sig").splitlines() or [""])[0]
    except (OSError, UnicodeDecodeError) as error:
        raise PeopleError(f"The password cannot be read from {file}: {error}.") from error
