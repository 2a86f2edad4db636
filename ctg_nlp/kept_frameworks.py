"""Frameworks of other times, from their texts in the store. Composition of `store` and `framework_file`."""

from __future__ import annotations

from sqlalchemy import Connection

from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import read_framework
from ctg_nlp.store import suggestions as suggestion_store


def kept_framework(db: Connection, framework_id: str, now: Framework | None = None) -> Framework:
    """The framework of an id: the one of `now` if it is that, else from the store.

    Raises `CtgError` where its text is not in the store.
    """
    if now is not None and now.framework_id == framework_id:
        return now
    source = suggestion_store.framework_source(db, framework_id)
    if source is None:
        raise CtgError(f"The text of the framework {framework_id} is not in the database.")
    return read_framework(framework_id, source)
