"""The English local authority in which a group's schools lie, by a gazetteer of September 2009.

The gazetteer (`local_authorities.csv`) has each authority's plain and official name, its region, other
forms and abbreviations of the name, and the main towns of authorities that are larger than one town. Its
sources are the registers of local authorities and of schools (Open Government Licence v3.0). Authorities
made later and the two that ended in spring 2009 are in it as well, since reports of neighbouring years
name them.

Every mention votes. Mentions in the title and the opening weigh more, and so do those beside words that
say where schools lie ("three Hull primaries", "Leeds LA", "Walsall, June 2010"). A name inside another
name (a road, a university, a person) does not vote; places that people come from or go to hardly do.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from ctg_nlp.records import BlockKind, Evidence, Passage
from ctg_nlp.suggest.findings import FactFinding, evidence_of

# Also surnames, first names, common words or places elsewhere: words around them must say "place".
_DOUBTFUL = frozenset(
    "Reading Bury Barking Sutton Kent Halton Stockton Stoke Barnet Brent Bolton Derby Devon Dudley York "
    "Durham Salford Oxford Cambridge Lincoln Preston Bath Poole Luton Telford Newham Richmond Kingston "
    "Newcastle Blackburn Darwen Windsor Westminster Lancaster Chester Worcester Gloucester Hereford "
    "Carlisle Nelson Kirkby Stroud Hove Newark Selby Beverley Brixton Hastings Eastbourne Dover Crewe "
    "Lewes Bedford Merton Trafford Wakefield Bradford Buxton Beds Salop Kensington Hammersmith Fulham "
    "Winchester Epping Malton Pickering Thirsk Blyth Hatfield Hertford Huntingdon Sherborne Stamford "
    "Newbury Yate Ryde Frome Chard Worthing Penrith Kendal Brigg Morpeth Elland Strood Harwich "
    "Brentwood Braintree Maldon Sudbury Lichfield Warrington Rutland".split()
)
# Common words and school subjects when capitalised: only words that say "authority" or "schools" will do.
_WORDS_TOO = frozenset({"Reading", "Bury", "Barking", "Bath", "Beds", "Pickering", "Chard"})
_NO_PLACE_AFTER = re.compile(
    r"^(?:['’]s)?\s+(?:Roads?|Rd|Streets?|St|Lane|Avenue|Ave|Way|Park|House|Hall|Castle|Buildings?|Universit(?:y|ies)|Reading|Tree|"
    r"Ages?|Recovery|Records?|Tests?|Scheme|Wanderers|City\s+FC|FC|United|Rovers|Albion|Wednesday|Brookes|Gardens|Drive|"
    r"Close|Grove|Square|Terrace|Files?|Crescent|Bridge|Station|Cathedral|Museum|Theatre|Minster|Met|Metropolitan\s+Univ"
    r"\w*|Comprehensive\s+Spending|Abbey|Wood|Green|Hill|Institute|Press|Diocese|Business|Childhood|Spa\s+Road)\b"
)
_NO_PLACE_BEFORE = re.compile(
    r"\b(?:Universit(?:y|ies)\s+(?:of|in|at)|Institute|Bishop\s+of|Duke\s+of|Diocese\s+of|Archdiocese\s+of|Mr|Mrs|"
    r"Ms|Miss|Dr|Prof|Professor|Sir|Lady|Lord|New|Cllr|Councillor|King|Queen|Prince|St|College\s+of)\.?\s+"
    r"(?:[A-Z]\.?\s+)?$"
)
_SCHOOLS = (
    r"(?:schools?|primaries|secondaries|academies|nurseries|comprehensives?|comps|infants|juniors|colleges?|settings|"
    r"centres?|clusters?|partnerships?|networks?|consorti(?:um|a)|federations?|collaboratives?|heads?|headteachers)"
)
_SAYS_SCHOOLS_AFTER = re.compile(
    rf"^(?:['’]s)?\s*,?\s*(?:\(?LA\b|LEA\b|local\s+authorit|City\s+Council|Borough|County\b|Council|Metropolitan|MBC\b|"
    rf"MDC\b|[Cc]hildren['’]s\s+[Ss]ervices|education|group|authorit|adviser|advisory|\d{{1,2}}$|"
    rf"(?:(?!in\b|at\b|of\b|for\b|to\b|from\b|with\b|where\b|whose\b|that\b|who\b)[a-z][\w-]*\s+){{0,2}}{_SCHOOLS}\b)"
)
_SAYS_SCHOOLS_BEFORE = re.compile(
    rf"(?i:\b{_SCHOOLS}\b\s*,?\s*(?:(?:are|is|lie|all|both|drawn|located|situated|based|working|serving|spread|on)\s+)*"
    rf"(?:in|across|of|around|from|near|within|serving|throughout|from\s+across|on)?\s*(?:the\s+)?|"
    rf"\b(?:authority|authorities|location|where|LA|LEA|borough|county|city)\s*(?:[:|–—-]|\bis|\bof)?\s*\(?\s*|"
    rf"\b(?:all|we\s+are|based|both|we\s+lie|city\s+of|borough\s+of|county\s+of)\s+(?:in\s+|of\s+us\s+in\s+)?)"
    rf"(?i:(?:(?:north|south|east|west|inner|central|mid|rural|upland|coastal|urban|edge|heart|middle|outskirts|side|end|"
    rf"parts?|corner|centre|northern|southern|eastern|western|moorland)[\s-]+(?:of\s+)?(?:the\s+)?){{0,3}})$"
)
_PLACE_BEFORE = re.compile(
    r"\b(?i:in|across|of|around|near|within|outside|throughout|parts?\s+of|east|west|north|south|central|inner|all)"
    r"\s+(?:the\s+)?$"
)
_DATE_AFTER = re.compile(
    r"^[\s,.:–—-]*\(?(?:\d{1,2}(?:st|nd|rd|th)?\s+)?(?:January|February|March|April|May|June|July|August|September|October|"
    r"November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|[Ss]pring|[Ss]ummer|[Aa]utumn|[Ww]inter|"
    r"(?:19|20)\d\d)\b"
)
_LAST_WORD = re.compile(r"^[\s.)\]]*$")
_SET_OFF = re.compile(r"[,(:;|–—\t-]\s*$")
_NAME_GOES_ON = re.compile(r"^[\s-]+[A-Z][a-z]")
_AWAY_BEFORE = re.compile(
    r"(?i:\b(?:visit\w*|trips?|conference|course|courses|moved|travel\w*|drive|drives|drove|trains?|bus|coach|born|grew\s+up|"
    r"brought\s+up|formerly|previously|holiday|museum|theatre|taught|trained|match|outing|came|come|comes|originally|"
    r"read\s+about|heard\s+(?:of|about)|like\s+(?:those|the\s+one)|unlike|compared|elsewhere|another|commut\w+|bought|"
    r"shops?|firm|company|published|studied|degree|based\s+at)\b[^.;:]{0,32}$)"
)
_AWAY_AFTER = re.compile(
    r"^\s+(?i:originally|by\s+birth|born|accent|football|museum|theatre|cathedral|zoo|airport)\b"
)
_FROM = re.compile(r"\bfrom\s+(?:the\s+)?$")
_POSTCODE = re.compile(r"^[^.;]{0,40}?\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b")
_NEXT_NAME = re.compile(r"^\s*(?:,|and|&|,\s*and|;|/)\s*$")
_POSTAL = re.compile(r"^,\s*$")
_INITIAL = re.compile(r"(?<![\w&'’-])[A-Z][A-Za-z]*")

_TOWN = 0.55  # a town tells its authority, but less surely than the authority's own name
_OPENING, _INTRODUCTION = 4, 14  # passages
_BODY_MOST = 4.0  # a place that the body keeps naming weighs no more than one clear word in the opening
_NEEDED = 0.7


@dataclass(frozen=True, slots=True)
class _Mention:
    authority: str
    start: int
    end: int
    town: bool
    weight: float


@dataclass(frozen=True, slots=True)
class _Names:
    """All names that begin with one word: a pattern, and by plain spelling the authority and if a town."""

    pattern: re.Pattern[str]
    means: Mapping[str, tuple[str, bool]]


def _plain(name: str) -> str:
    return re.sub(r"[\s.-]+", " ", name.lower().replace("&", " and ")).strip()


def _rows() -> list[dict[str, str]]:
    text = (resources.files("ctg_nlp.suggest") / "local_authorities.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _gazetteer() -> Mapping[str, _Names]:
    """The names by their first word, longest first: one look-up for each capitalised word of a text."""
    by_word: dict[str, dict[str, tuple[str, bool]]] = defaultdict(dict)
    for row in _rows():
        own = [row["name"], *row["aliases"].split(";")]
        for name, town in [(n, False) for n in own] + [(n, True) for n in row["towns"].split(";")]:
            if name:
                first = _INITIAL.match(name)
                assert first is not None, name
                by_word[first.group().lower()][name] = (row["name"], town)
    return {
        word: _Names(_pattern(names), {_plain(n): meant for n, meant in names.items()})
        for word, names in by_word.items()
    }


def _pattern(names: Mapping[str, tuple[str, bool]]) -> re.Pattern[str]:
    spelled = []
    for name in sorted(names, key=len, reverse=True):
        words = [r"(?:and|&)" if w in ("and", "&") else re.escape(w) for w in re.split(r"[\s-]+", name)]
        spelled.append(r"[\s-]+".join(words))
    return re.compile(rf"(?:{'|'.join(spelled)})(?!\w)", re.IGNORECASE)


@cache
def _counties() -> frozenset[str]:
    """Authorities that surround towns of their own: what may follow a place in an address."""
    return frozenset(row["name"] for row in _rows() if row["towns"] and "County" in row["official"])


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority by its plain name, with the region it lay in."""

    name: str
    region: str


@cache
def _authorities() -> Mapping[str, Authority]:
    found = {}
    for row in _rows():
        for name in (row["name"], row["official"], *row["aliases"].split(";")):
            if name:
                found[_plain(name)] = Authority(row["name"], row["region"])
    return found


def place_names() -> tuple[str, ...]:
    """All names of authorities and of the towns in them that the gazetteer has."""
    names = (
        n
        for r in _rows()
        for n in (r["name"], r["official"], *r["aliases"].split(";"), *r["towns"].split(";"))
    )
    return tuple(dict.fromkeys(n for n in names if n))


def authority_of(text: str) -> Authority | None:
    """The authority that a text names by any of its names ("Kingston upon Hull City Council"), or None."""
    plain = _plain(text.strip())
    without = re.sub(r" (?:la|lea|local authority)$", "", plain)
    return _authorities().get(plain) or _authorities().get(without)


def local_authority(passages: Sequence[Passage]) -> FactFinding:
    """The authority's plain name ("Hull"), several joined by "; ", or None where none is named."""
    votes: dict[str, float] = defaultdict(float)
    body: dict[str, float] = defaultdict(float)
    shown: dict[str, list[tuple[float, Evidence]]] = defaultdict(list)
    side_by_side: list[tuple[str, str]] = []
    for i, passage in enumerate(passages):
        early = i < _INTRODUCTION or passage.kind is BlockKind.HEADING
        place = 4.0 if i < _OPENING else 2.0 if early else 1.0
        mentions, pairs = _side_by_side(passage, list(_mentions(passage)))
        if i < _INTRODUCTION:
            side_by_side += pairs
        for m in mentions:
            weight = m.weight * place
            if place == 1.0:
                weight = max(0.0, min(weight, _BODY_MOST - body[m.authority]))
                body[m.authority] += weight
            votes[m.authority] += weight
            if m.weight:
                shown[m.authority].append((m.weight * place, evidence_of(passage, m.start, m.end)))
    if not votes or max(votes.values()) < _NEEDED:
        return FactFinding(None, 0.2, ())
    return _finding(votes, shown, side_by_side)


def _finding(
    votes: Mapping[str, float],
    shown: Mapping[str, list[tuple[float, Evidence]]],
    side_by_side: Sequence[tuple[str, str]],
) -> FactFinding:
    best = max(votes, key=lambda n: votes[n])
    joined = {n for pair in side_by_side if best in pair for n in pair if votes[n] >= 0.4 * votes[best]}
    chosen = [n for n in votes if n == best or n in joined]
    most = 3 if len(chosen) > 1 else 2
    evidence: list[Evidence] = []
    for _, quote in sorted((pair for n in chosen for pair in shown[n]), key=lambda pair: -pair[0]):
        if quote not in evidence and len(evidence) < most:
            evidence.append(quote)
    share = sum(votes[n] for n in chosen) / sum(votes.values())
    sure = share * min(1.0, votes[best] / 4)
    return FactFinding("; ".join(chosen), round(0.35 + 0.6 * sure, 3), tuple(evidence))


def _mentions(passage: Passage) -> Iterator[_Mention]:
    text, names, end, county_of = passage.text, _gazetteer(), 0, -1
    for word in _INITIAL.finditer(text):
        found = names.get(word.group().lower())
        if found is None or word.start() < end:
            continue
        match = found.pattern.match(text, word.start())
        if match is None:
            continue
        authority, town = found.means[_plain(match.group())]
        weight = _weight(text, match) * (_TOWN if town else 1.0)
        if county_of >= 0 and authority in _counties() and _POSTAL.match(text[county_of : match.start()]):
            weight = 0.0  # "Plymouth, Devon": the county of the address, not the authority
        end = match.end()
        county_of = end if weight and not town and authority not in _counties() else -1
        yield _Mention(authority, match.start(), end, town, weight)


def _weight(text: str, match: re.Match[str]) -> float:
    """How much the words around make of the name the place of the schools: 0 for another name."""
    before, after = text[max(0, match.start() - 70) : match.start()], text[match.end() : match.end() + 70]
    if _NO_PLACE_AFTER.match(after) or _NO_PLACE_BEFORE.search(before):
        return 0.0
    name = match.group().title() if match.group().isupper() else match.group()
    schools = _SAYS_SCHOOLS_AFTER.match(after) is not None or _SAYS_SCHOOLS_BEFORE.search(before) is not None
    away = _AWAY_BEFORE.search(before) is not None or _AWAY_AFTER.match(after) is not None
    if not schools and (away or _FROM.search(before)):
        return 0.15
    if name in _WORDS_TOO and not schools:
        return 0.6 if _DATE_AFTER.match(after) and not before.strip() else 0.0
    goes_on = _NAME_GOES_ON.match(after) is not None and not _SAYS_SCHOOLS_AFTER.match(after)
    dated = _DATE_AFTER.match(after) is not None or (
        _LAST_WORD.match(after) is not None and (not before.strip() or _SET_OFF.search(before) is not None)
    )
    weight = _by_context(name, schools, dated, goes_on, _PLACE_BEFORE.search(before) is not None)
    if _POSTCODE.match(after):
        weight *= 0.2  # the address of whoever sent or published it
    return weight * (0.3 if away else 1.0)


def _by_context(name: str, schools: bool, dated: bool, goes_on: bool, place: bool) -> float:
    if goes_on and not dated:
        return 0.6 if schools and name not in _DOUBTFUL else 0.1 if name in _DOUBTFUL else 0.3
    if schools or dated:
        return 2.0
    if place:
        return 1.5
    return 0.3 if name in _DOUBTFUL else 1.0


def _side_by_side(
    passage: Passage, mentions: Sequence[_Mention]
) -> tuple[list[_Mention], list[tuple[str, str]]]:
    """Places in one list ("schools in Leeds, Bradford and Wakefield") weigh what the first of them does."""
    weighed: list[_Mention] = []
    pairs: list[tuple[str, str]] = []
    run: list[_Mention] = []
    for m in mentions:
        if run and m.weight and _NEXT_NAME.match(passage.text[run[-1].end : m.start]):
            m = replace(m, weight=max(m.weight, run[-1].weight))
            pairs += [(before.authority, m.authority) for before in run if before.authority != m.authority]
        else:
            run = []
        if m.weight:
            run.append(m)
        weighed.append(m)
    return weighed, pairs
