"""Programs that read: the token that they send, and who they are by it."""

from __future__ import annotations

import math
import time

from starlette.datastructures import Headers

from ctg_nlp.desk import Desk
from ctg_nlp.errors import PeopleError
from ctg_nlp.tokens import token_of
from ctg_nlp.web.access import TOKEN, Visitor
from ctg_nlp.web.throttle import Throttle

_WRONG = (
    "This token opens nothing: it is not known, expired, was revoked, or its person was deactivated. Send it "
    "as Authorization: Bearer TOKEN."
)
_MUST_CHANGE = "{} has to choose a password of their own first, on the review page."


class NoEntry(PeopleError):
    """A token that opens nothing; `wait` is the number of seconds before the next try, 0 for none."""

    def __init__(self, status: int, said: str, wait: int = 0) -> None:
        super().__init__(said)
        self.status, self.wait = status, wait


class Programs:
    """Knows programs by their tokens. Wrong ones cost their address growing waits; a good one is let in all
    the same, since a team may share an address. Threads may share it."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._throttle = desk, Throttle(time.monotonic)

    def visitor(self, headers: Headers, address: str) -> Visitor:
        """Who asks: the token's person as they are now, within its scopes. Raises `NoEntry`."""
        kind, _, said = headers.get("authorization", "").partition(" ")
        found = (
            token_of(self._desk.store, said.strip(), self._desk.clock()) if kind.lower() == "bearer" else None
        )
        if found is None:
            wait = math.ceil(self._throttle.begin(address, address))
            if wait:
                raise NoEntry(429, f"Too many wrong tokens. The next is possible in {wait} seconds.", wait)
            raise NoEntry(401, _WRONG)
        token, user = found
        if user.must_change:
            raise NoEntry(403, _MUST_CHANGE.format(user.name))
        return Visitor(user, TOKEN + token.token_id, token.scopes)
