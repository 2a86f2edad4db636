"""The English local authority in which a group's schools lie, by a gazetteer of September 2009.

Sources of the gazetteer: the registers of local authorities and of schools (Open Government Licence
v3.0); towns are the main ones of each authority. A few authorities made later are in it as well.

A name counts where it stands as a place: names in a title, in the opening and beside words such as
"LA", "council" or "schools in" weigh more; a name that is part of another name (a road, a university, a
person) does not count.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from importlib import resources

from ctg_nlp.records import BlockKind, Evidence, Passage
from ctg_nlp.suggest.findings import FactFinding, evidence_of

# Also surnames, common words, or places of another kind: they need words around them that say "place".
_DOUBTFUL = frozenset(
    "Reading Bury Barking Sutton Kent Halton Stockton Stoke Barnet Brent Bolton Derby Devon Dudley York "
    "Durham Salford Oxford Cambridge Lincoln Preston Bath Poole Luton Telford Milton Redcar Newham Wells "
    "Richmond Kingston Newcastle Blackburn Windsor Medway".split()
)
_NO_PLACE_AFTER = re.compile(
    r"^(?:'s)?\s+(?:Road|Street|Lane|Avenue|Way|Park|House|Hall|Castle|Building|University|Reading|Tree|Ages?|Recovery|Records?|"
    r"Test|Scheme|Wanderers|City\s+FC|United|Rovers|Brookes|Gardens|Drive|Close|Grove|Square|Terrace|Files?)\b"
)
_NO_PLACE_BEFORE = re.compile(
    r"\b(?:University\s+of|Institute|Bishop\s+of|Duke\s+of|from|Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|New)\.?\s+$"
)
_PLACE_AFTER = re.compile(
    r"^(?:'s)?\s*,?\s*(?:LA\b|LEA\b|local\s+authority|City\s+Council|Borough|County|Council|Metropolitan|schools?\b|"
    r"primar|secondar|cluster|partnership|children's\s+services|education|and\s+district|group|authority)",
    re.IGNORECASE,
)
_PLACE_BEFORE = re.compile(
    r"\b(?:in|across|of|around|near|within|outside|from\s+across|parts?\s+of|side\s+of|end\s+of|east|west|north|south|"
    r"central|inner|city\s+of|borough\s+of|London\s+Borough\s+of|county\s+of|all)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_DATELINE = re.compile(
    r"^[\s,.]*\(?(?:Jan|Feb|March|April|May|June|July|Aug|Sept|Oct|Nov|Dec|Spring|Summer|Autumn|\d)",
    re.IGNORECASE,
)
_TOWN = 0.55  # a town says its authority, but less surely than the authority's own name


@cache
def _gazetteer() -> tuple[re.Pattern[str], dict[str, tuple[str, float]]]:
    """One pattern for all names, and for each name its authority and how much it says."""
    text = (resources.files("ctg_nlp.suggest") / "local_authorities.csv").read_text(encoding="utf-8")
    known: dict[str, tuple[str, float]] = {}
    rows = list(csv.DictReader(text.splitlines()))
    for row in rows:
        for town in filter(None, row["towns"].split(";")):
            known[town] = (row["name"], _TOWN)
    for row in rows:
        for name in filter(None, (row["name"], *row["other_names"].split(";"))):
            known[name] = (row["name"], 1.0)
    names = sorted(known, key=len, reverse=True)
    pattern = "|".join(re.escape(n).replace(r"\ ", r"[\s-]+") for n in names)
    return re.compile(rf"(?<![\w-])(?:{pattern})(?![\w])"), known


def local_authority(passages: Sequence[Passage]) -> FactFinding:
    """The authority's plain name ("Hull"), several joined by "; ", or None where none is named."""
    pattern, known = _gazetteer()
    votes: dict[str, float] = defaultdict(float)
    shown: dict[str, list[tuple[float, Evidence]]] = defaultdict(list)
    for i, passage in enumerate(passages):
        place = 4.0 if i < 4 else 2.0 if i < 14 or passage.kind is BlockKind.HEADING else 1.0
        for match in pattern.finditer(passage.text):
            name, weight = known[re.sub(r"\s+", " ", match.group())] if _plain(match, known) else ("", 0.0)
            weight *= place * _context(passage, match)
            if weight:
                votes[name] += weight
                shown[name].append((weight, evidence_of(passage, match.start(), match.end())))
    if not votes:
        return FactFinding(None, 0.2, ())
    best = max(votes, key=lambda n: votes[n])
    chosen = [n for n in votes if n == best or votes[n] >= 0.7 * votes[best] and _joint(passages, best, n)]
    evidence = sorted((pair for n in chosen for pair in shown[n]), key=lambda pair: -pair[0])[:2]
    sure = votes[best] / sum(votes.values())
    return FactFinding("; ".join(chosen), round(0.4 + 0.55 * sure, 3), tuple(e for _, e in evidence))


def _plain(match: re.Match[str], known: dict[str, tuple[str, float]]) -> bool:
    return re.sub(r"\s+", " ", match.group()) in known


def _context(passage: Passage, match: re.Match[str]) -> float:
    """How much the words around make of the name a place: 0 for another name."""
    text = passage.text
    before, after = text[max(0, match.start() - 30) : match.start()], text[match.end() : match.end() + 30]
    if _NO_PLACE_AFTER.match(after) or _NO_PLACE_BEFORE.search(before):
        return 0.0
    strong = _PLACE_AFTER.match(after) is not None or _DATELINE.match(after) is not None
    place = strong or _PLACE_BEFORE.search(before) is not None
    part_of_name = re.match(r"^[\s-]+[A-Z][a-z]", after) is not None and not strong
    if match.group() in _DOUBTFUL and not place:
        return 0.15 if part_of_name else 0.5
    if part_of_name:
        return 0.3
    return 2.0 if strong else 1.5 if place else 1.0


def _joint(passages: Sequence[Passage], first: str, second: str) -> bool:
    """Whether the two are named side by side, as "in Leeds and Bradford"."""
    pattern = re.compile(
        rf"\b(?:{re.escape(first)} and {re.escape(second)}|{re.escape(second)} and {re.escape(first)})\b"
    )
    return any(pattern.search(p.text) for p in passages[:20])
