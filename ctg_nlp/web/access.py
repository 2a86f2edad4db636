"""Who may do what: the role that each route needs, in one table. A route that it lacks is open to nobody."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from ctg_nlp.desk import Desk
from ctg_nlp.errors import CtgError
from ctg_nlp.records import Role, Scope, User
from ctg_nlp.web.guard import LOOPBACK
from ctg_nlp.web.reads import Reads


class Needs(Enum):
    """What a visitor must be to use a route."""

    NOTHING = 0
    LOG_IN = 1
    CODER = 2
    ADJUDICATOR = 3
    LEAD = 4
    ADMINISTRATOR = 5
    MACHINE = 6  # a program on this machine, or one whose token is for it


NEEDED: Mapping[str, Needs] = MappingProxyType(
    {
        "GET /healthz": Needs.NOTHING,
        "GET /healthz/ready": Needs.NOTHING,
        "GET /metrics": Needs.MACHINE,
        "GET /login": Needs.NOTHING,
        "POST /login": Needs.NOTHING,
        "POST /logout": Needs.LOG_IN,
        "GET /password": Needs.LOG_IN,
        "POST /password": Needs.LOG_IN,
        "GET /people": Needs.ADMINISTRATOR,
        "POST /people": Needs.ADMINISTRATOR,
        "GET /": Needs.CODER,
        "GET /next": Needs.CODER,
        "GET /search": Needs.CODER,
        "GET /submit": Needs.CODER,
        "GET /training": Needs.CODER,
        "GET /adjudicate": Needs.ADJUDICATOR,
        "GET /worklist": Needs.ADJUDICATOR,
        "GET /other": Needs.ADJUDICATOR,
        "POST /api/inductive/merge": Needs.LEAD,
        "GET /agreement": Needs.LEAD,
        "GET /cases": Needs.CODER,  # those whose documents are all open to the coder
        "GET /cases/{group:path}": Needs.CODER,
        "GET /api/cases/sources/{report_id}": Needs.CODER,
        "GET /api/cases/versions": Needs.CODER,
        "POST /api/cases/texts": Needs.CODER,
        "POST /api/cases/quotes": Needs.CODER,
        "POST /api/cases/consents": Needs.LEAD,
        "GET /findings": Needs.CODER,  # once the coder has locked what they code blind
        "POST /api/findings": Needs.CODER,
        "POST /api/findings/{finding_id}/retire": Needs.CODER,
        "POST /api/findings/{finding_id}/move": Needs.CODER,
        "GET /quotes": Needs.CODER,
        "GET /quotes/{number}": Needs.CODER,
        "POST /api/quotes": Needs.CODER,
        "POST /api/quotes/{number}/text": Needs.CODER,
        "POST /api/quotes/{number}/clear": Needs.LEAD,
        "POST /api/quotes/{number}/withdraw": Needs.CODER,
        "POST /api/quotes/{number}/restore": Needs.LEAD,
        "GET /progress": Needs.CODER,  # a coder's own; all coders' for a lead
        "GET /selection": Needs.CODER,
        "GET /selection/flow.svg": Needs.CODER,
        "GET /reports/{report_id}": Needs.CODER,
        "GET /reports/{report_id}/pages/{number}/picture": Needs.CODER,
        "GET /api/openapi.json": Needs.CODER,
        "GET /api/reports/{report_id}": Needs.CODER,
        "GET /api/reports/{report_id}/pages/{number}": Needs.CODER,
        "GET /api/reports/{report_id}/sheets": Needs.CODER,
        "POST /api/reports/{report_id}/acts": Needs.CODER,
        "POST /api/reports/{report_id}/undo": Needs.CODER,
        "POST /api/reports/{report_id}/lock": Needs.CODER,
        "POST /api/reports/{report_id}/adjudications": Needs.ADJUDICATOR,
        "GET /api/reports/{report_id}/filters": Needs.CODER,
        "POST /api/reports/{report_id}/filters": Needs.CODER,
        "POST /api/reports/{report_id}/filters/undo": Needs.CODER,
        "POST /api/reports/{report_id}/filters/settle": Needs.ADJUDICATOR,
        "POST /api/selections": Needs.LEAD,
        "POST /api/selections/use": Needs.LEAD,
        "POST /api/tasks/{act_id}/close": Needs.ADJUDICATOR,
        "POST /api/reports/{report_id}/memos": Needs.CODER,
        "POST /api/memos/{memo_id}/delete": Needs.CODER,
        "PUT /api/submissions/{filename:path}": Needs.CODER,
        "POST /api/submissions/read": Needs.CODER,
        "GET /api/submissions": Needs.CODER,
        "GET /api/v1/me": Needs.CODER,
        "GET /api/v1/openapi.json": Needs.CODER,
        "GET /api/v1/framework": Needs.CODER,
        "GET /api/v1/dictionary": Needs.CODER,
        "GET /api/v1/reports": Needs.CODER,  # here and below those that are open to them
        "GET /api/v1/reports/{report_id}": Needs.CODER,
        "GET /api/v1/passages": Needs.CODER,
        "GET /api/v1/decisions": Needs.CODER,
        "GET /api/v1/evidence": Needs.CODER,
        "GET /api/v1/coded": Needs.CODER,
        "GET /api/v1/filters": Needs.CODER,
        "GET /api/v1/filter_decisions": Needs.CODER,
        "GET /api/v1/suggestions": Needs.CODER,
        "GET /api/v1/tables": Needs.ADJUDICATOR,  # who sees all reports, and codes none blind
        "GET /api/v1/exports": Needs.LEAD,
        "GET /api/v1/exports/{name:path}": Needs.LEAD,
    }
)
SCOPED: Mapping[str, Scope | None] = MappingProxyType(
    {
        "/api/v1/me": None,
        "/api/v1/openapi.json": None,
        "/api/v1/framework": None,
        "/api/v1/dictionary": None,
        "/api/v1/reports": Scope.REPORTS,
        "/api/v1/reports/{report_id}": Scope.REPORTS,
        "/api/v1/passages": Scope.TEXT,
        "/api/v1/decisions": Scope.DECISIONS,
        "/api/v1/evidence": Scope.DECISIONS,
        "/api/v1/coded": Scope.DECISIONS,
        "/api/v1/filters": Scope.DECISIONS,
        "/api/v1/filter_decisions": Scope.DECISIONS,
        "/api/v1/suggestions": Scope.SUGGESTIONS,
        "/api/v1/tables": Scope.TABLES,
        "/api/v1/exports": Scope.EXPORTS,
        "/api/v1/exports/{name:path}": Scope.EXPORTS,
    }
)
"""The scope that a token needs for a route, beside its person's role; other routes take none."""
OPEN = frozenset(key.split(" ")[1] for key, needs in NEEDED.items() if needs is Needs.NOTHING)

TOKEN = "token "
"""With this and a token's id the session of a program is called."""

_PASSED_ON = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"})
"""Headers of requests that a proxy passed on."""
_RANK = {Role.CODER: Needs.CODER, Role.ADJUDICATOR: Needs.ADJUDICATOR, Role.LEAD: Needs.LEAD}


class NotAllowed(CtgError):
    """What a visitor's role does not allow, or a report that is not theirs."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks. `session` is the key of the log-in; empty where nobody logs in: the one coder of this
    machine, who may do all. `scopes` are those of the token that a program sent, None for people."""

    user: User
    session: str = ""
    scopes: frozenset[Scope] | None = None

    @property
    def noted(self) -> Mapping[str, str | int]:
        """What the log has of how they read: by which token, where a program did."""
        return {} if self.scopes is None else {"token": self.session.removeprefix(TOKEN)}

    def may(self, needs: Needs) -> bool:
        """Whether the visitor is what is needed."""
        if not self.session or needs.value <= Needs.LOG_IN.value:
            return True
        if needs is Needs.ADMINISTRATOR:
            return self.user.role is Role.ADMINISTRATOR
        rank = _RANK.get(self.user.role)
        return rank is not None and rank.value >= needs.value

    @property
    def codes(self) -> bool:
        """Whether the pages of reports are open."""
        return self.may(Needs.CODER)

    @property
    def adjudicates(self) -> bool:
        """Whether what coders disagree on is open."""
        return self.may(Needs.ADJUDICATOR)

    @property
    def leads(self) -> bool:
        """Whether what all coders did is open."""
        return self.may(Needs.LEAD)

    @property
    def manages(self) -> bool:
        """Whether the page of users is open: to administrators who logged in."""
        return bool(self.session) and self.may(Needs.ADMINISTRATOR)


def visitor_of(request: Request) -> Visitor:
    """Who asks; known since `sessions` let the request through."""
    visitor = request.state.visitor
    assert isinstance(visitor, Visitor)
    return visitor


def desk_of(request: Request) -> Desk:
    """The desk of who asks: what is done on it carries their name."""
    desk = request.state.desk
    assert isinstance(desk, Desk)
    return desk


Mine = Annotated[Desk, Depends(desk_of)]
Asking = Annotated[Visitor, Depends(visitor_of)]


class Admission:
    """The dependency of every route: checks the role and the report, and notes reads of reports."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def __call__(self, request: Request) -> None:
        """Raises `NotAllowed`."""
        route = request.scope["route"].path
        needs = NEEDED.get(f"{request.method} {route}")
        if needs is Needs.NOTHING:
            return
        if needs is Needs.MACHINE:
            _check_machine(request)
            return
        visitor = visitor_of(request)
        if needs is None or not visitor.may(needs):
            raise NotAllowed(f"This is not open to you as {visitor.user.role}: it needs another role.")
        _check_scope(visitor, route)
        report_id = request.path_params.get("report_id")
        if report_id is not None and request.method == "GET":  # what changes a report asks the desk itself
            desk = desk_of(request)
            with desk.store.reading() as db:
                if not desk.sight(db).may_open(report_id):
                    raise NotAllowed("This report is not yours to open now; see the queue for what is.")
            self._reads.note(desk, visitor.session, [report_id], visitor.noted)


def _check_machine(request: Request) -> None:
    """Raises `NotAllowed` for others than programs of this machine and those whose token is for figures."""
    visitor = getattr(request.state, "visitor", None)
    scopes = visitor.scopes if visitor is not None else None
    if Scope.METRICS not in (scopes or ()) and not from_here(request):
        raise NotAllowed(
            "Figures are for programs on this machine, or with a token: ctg token make NAME --scope metrics"
        )


def from_here(request: Request) -> bool:
    """Whether a program on this machine asks, and not through a proxy, which may ask for anybody."""
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    name = urlsplit(f"//{request.headers.get('host', '')}").hostname
    return mapped.is_loopback and name in LOOPBACK and not _PASSED_ON & set(request.headers.keys())


def _check_scope(visitor: Visitor, route: str) -> None:
    """Raises `NotAllowed` where a program asks for what its token is not for."""
    if visitor.scopes is None:
        return
    if route not in SCOPED:
        raise NotAllowed("Programs cannot ask for this; it is for people who logged in.")
    scope = SCOPED[route]
    if scope is not None and scope not in visitor.scopes:
        raise NotAllowed(f"The token lacks the scope {scope}. Make one that has it: ctg token make")
