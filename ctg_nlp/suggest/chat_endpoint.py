"""Asking a language model over HTTP, as servers do that are compatible with OpenAI's chat completions.

Reports are confidential. So no proxy and no redirect is followed, and what goes wrong is told in words of
ours: never with what was sent, nor with what the server wrote.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ctg_nlp.errors import HomeError
from ctg_nlp.posting import is_this_computer, post

_LONGEST_ANSWER = 1 << 20  # bytes
_FORM_UNKNOWN = (400, 415, 422, 501)


class NoAnswer(Exception):
    """The model did not answer; the message is the cause in a few words. `reached`: the server did."""

    def __init__(self, cause: str, *, reached: bool = True, form_unknown: bool = False) -> None:
        super().__init__(cause)
        self.reached, self.form_unknown = reached, form_unknown


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    """Where a language model answers: `base` as "http://127.0.0.1:8080/v1", its name there, and a time limit
    for one answer in seconds. `remote` must be true for a host other than this computer; `key` is sent as a
    bearer token. Raises `HomeError` for an address that cannot be used or is not allowed."""

    base: str
    model: str
    seconds: float
    remote: bool = False
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        place = _place(self.base)
        if not self.model:
            raise HomeError("The setting `language_model_name` is empty; name the model to ask.")
        if not self.remote and not is_this_computer(place.hostname or ""):
            raise HomeError(
                f"The setting `language_model` names {place.hostname}, which is not this computer, and "
                "reports are confidential. Name 127.0.0.1, localhost or ::1, or say with "
                "language_model_remote = true that reports may be sent there."
            )
        if not (self.key.isascii() and self.key.isprintable()):
            raise HomeError("The key of the language model holds a character that no key can hold.")

    @property
    def host(self) -> str:
        """Host and port, to be named to people."""
        return _place(self.base).netloc

    def ask(self, messages: list[dict[str, str]], form: dict[str, Any]) -> str:
        """The text of the model's answer. `form` is the schema that the answer must have; where the server
        knows no schemas it is asked for JSON alone. Raises `NoAnswer`."""
        question = {"model": self.model, "temperature": 0, "stream": False, "messages": messages}
        schema = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": form}}
        try:
            return self._answer({**question, "response_format": schema})
        except NoAnswer as failed:
            if not failed.form_unknown:
                raise
            return self._answer({**question, "response_format": {"type": "json_object"}})

    def _answer(self, question: dict[str, Any]) -> str:
        body = json.dumps(question).encode()
        try:
            status, answer = self._post(body)
        except TimeoutError as error:
            raise NoAnswer(f"it did not answer within {self.seconds:g} seconds", reached=False) from error
        except (OSError, HTTPException, ValueError) as error:
            raise NoAnswer("it could not be reached", reached=False) from error
        if status != 200:
            raise NoAnswer(f"it answered with HTTP status {status}", form_unknown=status in _FORM_UNKNOWN)
        return _content(answer)

    def _post(self, body: bytes) -> tuple[int, bytes]:
        place = _place(self.base)
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        path = f"{place.path.rstrip('/')}/chat/completions"
        status, answer = post(place, path, body, headers, seconds=self.seconds, most=_LONGEST_ANSWER)
        if len(answer) > _LONGEST_ANSWER:
            raise NoAnswer("its answer was too long")
        return status, answer


def _place(base: str) -> SplitResult:
    try:
        place = urlsplit(base)
        usable = place.scheme in ("http", "https") and bool(place.hostname) and place.port != 0
    except ValueError:
        usable = False
    if not usable or place.username or place.password or place.query or place.fragment:
        raise HomeError(
            "The setting `language_model` is no address such as http://127.0.0.1:8080/v1. "
            "A key does not belong there, but in the environment."
        )
    return place


def _content(answer: bytes) -> str:
    """What the model said, from the server's JSON."""
    try:
        choice = json.loads(answer)["choices"][0]
        message = choice["message"]
        refused = bool(message.get("refusal")) or choice.get("finish_reason") == "content_filter"
        text = message.get("content")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise NoAnswer("its answer was not of the form asked for") from error
    if refused:
        raise NoAnswer("it refused to answer")
    if choice.get("finish_reason") == "length":
        raise NoAnswer("its answer was cut off")
    if not isinstance(text, str):
        raise NoAnswer("its answer was not of the form asked for")
    return text
