"""Whether the role by which a quotation is attributed names somebody. Pure.

A role is made of common words. A name in small letters looks like any other word, so what is no word of a
role has to be one that the report itself writes small.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ctg_nlp.identifying import Known, is_common, marks

LONGEST = 60
_OF_ROLES = frozenset(
    """acting administrator adult adviser advisor advisory art artist assistant associate attendance authority
    behaviour bursar business careers caretaker carer chair child class classroom cleaner clerk coach college
    community consultant cook coordinator co-ordinator core counsellor cover curriculum department deputy
    design development director document drama early education educational english executive external
    facilitator faculty family father federation final form former foundation french further geography
    governing governor governors grandparent group guardian head headmaster headmistress headteacher health
    helper history home ict inclusion infant infants inspector interview interviewee junior juniors key
    keyworker languages lead leader leadership learner learning liaison librarian link literacy local log
    lunchtime maths mathematics manager member mentor middle midday mother music needs network notes numeracy
    nurse nursery officer organiser parent participant partner pastoral phase physical plan playworker
    practitioner presentation primary principal professional programme project psychologist pupil reception
    receptionist report researcher school science secondary secretary senior service sixth social special
    specialist staff stage student subject supervisor supply support teacher teaching team technician
    technology therapist trainee trainer tutor visit visitor volunteer warden worker year young
    youth""".split()
)
_WORD = re.compile(r"[^\W_][\w’'&-]*")
_NAMING = ("name", "title", "place", "address", "speaks")


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around a role: `own` names of its group, all `names` of the register, and the `ordinary`
    words that its report writes in small letters."""

    own: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    ordinary: frozenset[str] = frozenset()


def named_in(role: str, around: Around) -> str:
    """The words of a role that may name somebody, in any capitals; empty where none do."""
    known = Known(names=(*around.own, *around.names), ordinary=_OF_ROLES, terms=_OF_ROLES)
    for mark in marks(role, known):
        if any(reason in mark.why for reason in _NAMING):
            return mark.words
    own = _words_of(around.own)
    others = _words_of(around.names) - around.ordinary
    for word in _WORD.finditer(role):
        small = _folded(word[0])
        if small in _OF_ROLES or is_common(word[0]):
            continue
        told_small = small in around.ordinary and (word[0].islower() or word.start() == 0)
        if small in own | others or not told_small:
            return word[0]
    return ""


def _words_of(names: Iterable[str]) -> frozenset[str]:
    return frozenset(_folded(word) for name in names for word in _WORD.findall(name))


def _folded(word: str) -> str:
    return re.sub(r"[’']s?$", "", word).casefold()
