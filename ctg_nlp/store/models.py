"""Repository of what happened to models: trained, made champion, retired. Only ever added to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from ctg_nlp.store import schema as s

TRAINED, CHAMPION, RETIRED = "trained", "champion", "retired"


@dataclass(frozen=True, slots=True)
class ModelEvent:
    """One thing that happened to a model, by whom and why. `decisions` stood at that time."""

    model_id: str
    framework_id: str
    state: str
    decisions: int
    time: str
    who: str
    why: str


def add_event(db: Connection, event: ModelEvent) -> None:
    """Note what happened to a model."""
    values = {name: getattr(event, name) for name in ModelEvent.__slots__}
    db.execute(insert(s.model_event).values(**values))


def events(db: Connection, framework_id: str | None = None) -> tuple[ModelEvent, ...]:
    """What happened to models (of one framework), oldest first."""
    query = select(s.model_event).order_by(s.model_event.c.sequence)
    if framework_id is not None:
        query = query.where(s.model_event.c.framework_id == framework_id)
    return tuple(ModelEvent(**{n: getattr(r, n) for n in ModelEvent.__slots__}) for r in db.execute(query))


def champion(db: Connection, framework_id: str) -> str | None:
    """The model that proposes under a framework: the one promoted last, unless it was retired since."""
    found = None
    for event in events(db, framework_id):
        if event.state == CHAMPION:
            found = event.model_id
        elif event.state == RETIRED and event.model_id == found:
            found = None
    return found
