"""Where a quotation could tell who is meant: rules that mark words for a person to look at. Pure.

A rule finds neither all such words nor only such words. Nothing is cleared, and nothing is left out, because
of them: what is marked has to be looked at by a person, and what is not marked has to be read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_DIGITS = "one|two|three|four|five|six|seven|eight|nine|ten"
_TEENS = "eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
_FEW = rf"(?:[1-9]|10|{_DIGITS}|a single|a couple of|both)"
_CHILD = (
    "(?:pupils?|child(?:ren)?|boys?|girls?|students?|learners?|youngsters?|sons?|daughters?|brothers?|sisters?|"
    "twins?)"
)
_ADULT = (
    "(?:parents?|mothers?|fathers?|mums?|dads?|famil(?:y|ies)|grandparents?|carers?|teachers?|governors?|"
    "assistants?|staff)"
)
_PERSON = rf"(?:{_CHILD}|{_ADULT})"
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_SAYS = (
    "(?:said|says|told|tells|asked|explained|wrote|writes|felt|commented|replied|added|reported|remarked|"
    "admitted)"
)
_TITLE = (
    "(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Lord|Lady|Rev|Reverend|Father|Canon|Rabbi|Imam|Cllr|"
    "Councillor)"
)
_BODY = (
    "(?:Academy|Academies|Centre|Church|College|Council|Federation|Hospital|Infants?|Juniors?|Nursery|Primary|"
    "Primaries|School|Schools|Secondary|Trust|University|High|Grammar|Mosque|Temple|Estate|Road|Street|Avenue|"
    "Park)"
)
_NAME = r"[A-Z][\w’'&-]*"
_TRAITS = (
    r"asylum[- ]seek\w+|refugees?|travellers?|gyps(?:y|ies)|roma|looked[- ]after|in care|foster\w*|"
    r"adopted|adoption|autis\w+|asperger\S*|down(?:’|')?s syndrome|cerebral palsy|deaf\w*|blind(?:ness)?|"
    r"wheelchairs?|epilep\w+|diabet\w+|"
    r"cancer|tumour|leukaemia|cystic fibrosis|muscular dystrophy|tourette\S*|"
    r"selective(?:ly)? mut\w+|adhd|bereave\w+|died|death|suicid\w*|self[- ]harm\w*|prison|custody|police|"
    r"court|social (?:services|workers?)|abus\w+|child protection|domestic violence|neglect\w*|pregnan\w+|"
    r"exclu(?:ded|sion)|hiv|transgender|gay|lesbian|muslims?|hindus?|sikhs?|jewish|catholics?|jehovah\S*|"
    r"somali\w*|pakistani\w*|bangladeshi\w*|polish|romanian\w*|turkish|kurdish|afghan\w*|albanian\w*|"
    r"congolese|nigerian\w*|vietnamese|chinese|caribbean|white british"
)
_ROLE = (
    r"(?:(?:executive |deputy |assistant |acting )?head(?:teacher|mistress|master| teacher)?|principal|"
    r"sen(?:d?)co|chair of governors|bursar|caretaker|site manager|school nurse|inclusion manager|"
    r"business manager|chaplain|family liaison officer|home[- ]school link worker|nqt|"
    r"newly qualified teacher)"
)
_SHORT = re.compile(r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|(?:Y|Yr|KS|L|P|S)\d{1,2}")
_RESULT = r"(?:GCSEs?|SATs?|Level\s+\d|A\*|KS\d|Key Stage\s+\d|CVA)"
_SHARE = r"\d{1,3}(?:\.\d+)?\s?(?:%|per\s?cent)"
_ACRONYMS = frozenset(
    """
    A ADHD AFL ALS APP APS ASD BME CAF CAT CATS CD CPD CVA DCSF DFE DFES DVD EAL EBD ECM EMA EWO EYFS FE FFT
    FS FSM GCSE GCSES GT G&T HE HLTA HMI ICT INSET ISP IT ITT JAR KS KS1 KS2 KS3 KS4 KS5 LA LEA LSA LSCB MAT
    MFL NC NEET NLE NPQH NQT OFSTED PASS PE PPA PRU PSHE PTA QCA RAISE RE SATS SDP SEAL SEF SEN SENCO SENCOS
    SIP SIPS SLE SLT SMT SOW SSAT TA TAS TLR UK UPN VAK VLE
    """.split()
)
_ORDINARY = frozenset(
    """
    I I'm I've I'd I'll English Maths Mathematics Science History Geography French German Spanish Latin
    Art Music Drama Literacy Numeracy Phonics Reading Writing Key Stage Year Years Foundation Reception
    Level Levels Grade Grades Early Term Autumn Spring Summer Winter Christmas Easter Monday Tuesday
    Wednesday Thursday Friday Saturday Sunday Government National Curriculum Strategy Strategies College
    Department Education Internet Powerpoint Excel Word Free Meals Local Authority Group Head Teachers
    Teaching Assistant Assistants Senior Middle Leaders Leader
    Leadership Team Ofsted Sats Every Matters Pupil Premium Sure Start Better Britain British England
    """.split()
)
_OPENERS = frozenset(
    """
    a about above across after all also although among an and another any are as at away back based be
    because been before being below between both but by can children clearly during each early even
    every everyone few finally first following for from further girls boys groups had has have having he
    her here his how however if impact in increased indeed initially instead is it its just last lastly
    learning many meetings members more most much my new next no none not nothing now of on once one
    only other our out over overall parents perhaps pupils rather results schools second several she
    since so some soon staff still students such support teachers than that the their them then there
    these they third this those three through throughout thus to together training two under until up
    using very was we were what when where whether which while who whole why will with within without
    work working would yes you your year
    """.split()
)
_WORD = re.compile(r"[^\W\d_][\w’'&-]*")
_CAPITALS = re.compile(rf"{_NAME}(?:\s+(?:of\s+|the\s+|and\s+)?{_NAME})*")
_BEFORE_A_START = re.compile(r"(?:^|[.!?:;]|[•–—])[\s\"“”‘’')\]]*$")
_I = re.IGNORECASE
_OF_NAMES = frozenset({"the name of a school, a body or a street", "somebody who speaks"})


NEVER_SMALL = "may be a name: the report never writes it small"
"""Why a word at the beginning of a sentence is marked."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a text that could tell who is meant, with why, in words."""

    start: int
    end: int
    words: str
    why: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known around a quotation: `names` of the register, `places`, `ordinary` words that the
    report also writes in small letters, and `terms` of the programme, with a capital or without; both in
    small letters."""

    names: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    ordinary: frozenset[str] = frozenset()
    terms: frozenset[str] = frozenset()


_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a person with a title", re.compile(rf"\b{_TITLE}\.?\s+{_NAME}(?:\s+{_NAME})*")),
    (
        "the name of a school, a body or a street",
        re.compile(rf"\b(?:St\.?\s+)?(?:{_NAME}\s+)+{_BODY}\b(?:\s+{_BODY}\b)*"),
    ),
    ("somebody who speaks", re.compile(rf"\b{_NAME}(?:\s+{_NAME})?(?=,?\s+{_SAYS}\b)")),
    ("somebody who speaks", re.compile(rf"(?<=\bsaid ){_NAME}(?:\s+{_NAME})?")),
    (
        "an age",
        re.compile(
            rf"\b(?:aged?\s+\d{{1,2}}|(?:\d{{1,2}}|{_DIGITS}|{_TEENS})[- ]years?[- ]olds?)\b",
            _I,
        ),
    ),
    (
        "one pupil by year or class",
        re.compile(
            rf"\b(?:a|one|the|this|that)\s+(?:\w+\s+)?"
            rf"(?:(?:year|key stage)\s*\d+|reception|nursery|class\s+\w+)\s+(?:{_CHILD})\b",
            _I,
        ),
    ),
    ("a rare trait", re.compile(rf"\b(?:{_TRAITS})\b", _I)),
    (
        "a small count of persons",
        re.compile(
            rf"(?<!year )(?<!years )(?<!stage )(?<!level )\b(?:only\s+|just\s+)?{_FEW}\s+"
            rf"(?:of\s+(?:the|our|these|those)\s+)?(?:[\w’'-]+\s+){{0,3}}?{_PERSON}\b",
            _I,
        ),
    ),
    (
        "a small count of persons",
        re.compile(
            rf"\b{_FEW}\s+(?:out\s+)?of\s+(?:(?:the|our|these|those|her|his|their)\s+)?"
            rf"(?:\d+|(?:{_DIGITS}|{_TEENS}|twenty|thirty|forty|fifty)(?:-\w+)?)\b",
            _I,
        ),
    ),
    ("one person is told of", re.compile(r"\b(?:he|she|him|his|hers?|himself|herself)\b", _I)),
    (
        "a date",
        re.compile(
            rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTH})(?:\s+\d{{4}})?\b|"
            rf"\b(?:{_MONTH})\s+\d{{1,4}}(?:,?\s+\d{{4}})?\b|\b\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}\b"
        ),
    ),
    (
        "an address",
        re.compile(
            r"\b[\w.+-]+@[\w-]+\.[\w.]+\b|\b(?:https?://|www\.)\S+|\b[A-Z]{1,2}\d[\dA-Z]?\s*\d[A-Z]{2}\b|"
            r"\b0\d{3,4}[ -]?\d{3}[ -]?\d{3,4}\b"
        ),
    ),
    (
        "a role that one person has",
        re.compile(
            rf"\b(?:the|our|my|her|his|their|one|school['’]s)\s+(?:new\s+|own\s+|\w+\s+)?{_ROLE}\b",
            _I,
        ),
    ),
    (
        "something that only one has",
        re.compile(
            r"\bthe\s+(?:only|first|largest|biggest|smallest|worst|lowest|highest)\s+(?:\w+\s+){0,4}?"
            r"(?:in|of|to|schools?|county|borough|city|country|area)\b|\b(?:won|awarded|winner|award)\b|"
            r"\bspecial measures\b",
            _I,
        ),
    ),
    (
        "a size that can be looked up",
        re.compile(
            r"\b(?:roll of|number on roll|nor)\s+(?:of\s+)?\d+|"
            r"\b\d{2,4}\s+(?:pupils|children|students)\s+on\s+roll\b",
            _I,
        ),
    ),
    (
        "a result that can be looked up",
        re.compile(rf"\b{_SHARE}[^.!?]{{0,60}}?\b{_RESULT}|\b{_RESULT}[^.!?]{{0,60}}?\b{_SHARE}"),
    ),
)


def marks(text: str, known: Known = Known()) -> tuple[Mark, ...]:  # noqa: B008 -- frozen
    """What of a text could tell who is meant, in order; stretches that overlap are one, with all reasons."""
    found = [
        (m.start(), m.end(), why)
        for why, rule in _RULES
        for m in rule.finditer(text)
        if why not in _OF_NAMES or _names(m[0])
    ]
    found += _named(text, known.names, "a name of the register")
    found += _named(text, known.places, "a place")
    found += _capitals(text, known)
    return tuple(_joined(text, sorted(found)))


def _names(words: str) -> bool:
    """Whether any of some words in capitals is more than a common word: "The School" names none."""
    kind = re.compile(_BODY)
    said = [w for w in _WORD.findall(words) if w[0].isupper() and not kind.fullmatch(w)]
    return any(w not in _ORDINARY and w.casefold() not in _OPENERS for w in said)


def _named(text: str, names: Iterable[str], why: str) -> Iterator[tuple[int, int, str]]:
    for name in names:
        if len(name.strip()) < 2:
            continue
        words = r"\s+".join(map(re.escape, name.split()))
        yield from ((m.start(), m.end(), why) for m in re.finditer(rf"(?<!\w){words}(?!\w)", text, _I))


def _capitals(text: str, known: Known) -> Iterator[tuple[int, int, str]]:
    """Words in capitals that are no beginning of a sentence, and beginnings that the report never writes in
    small letters."""
    for run in _CAPITALS.finditer(text):
        for word in _WORD.finditer(text, run.start(), run.end()):
            if word[0][0].isupper() and (why := _why(text, word, known)):
                yield word.start(), word.end(), why


def _why(text: str, word: re.Match[str], known: Known) -> str:
    said = re.sub(r"[’']s?$", "", word[0])
    small = said.casefold()
    if said in _ORDINARY or said.upper() in _ACRONYMS or re.fullmatch(_MONTH, said) or small in known.terms:
        return ""
    if _SHORT.fullmatch(said):
        return ""
    if said.isupper() and len(said) > 1:
        return "an abbreviation that may be a name"
    if not _BEFORE_A_START.search(text, 0, word.start()):
        return "may be a name"
    return "" if small in known.ordinary or small in _OPENERS else NEVER_SMALL


def _joined(text: str, found: Iterable[tuple[int, int, str]]) -> Iterator[Mark]:
    start, end, whys = -1, -1, dict[str, None]()
    for a, b, why in found:
        if start >= 0 and (a < end or (a <= end + 1 and why in whys and text[end:a].isspace())):
            end = max(end, b)
            whys[why] = None
            continue
        if start >= 0:
            yield _mark(text, start, end, whys)
        start, end, whys = a, b, {why: None}
    if start >= 0:
        yield _mark(text, start, end, whys)


def _mark(text: str, start: int, end: int, whys: Iterable[str]) -> Mark:
    said = list(whys)
    told = [w for w in said if not w.startswith("may be")] or said[:1]
    return Mark(start, end, text[start:end], "; ".join(told))


def is_common(word: str) -> bool:
    """Whether a word is a number, a common abbreviation, or one that begins or joins sentences."""
    return (
        word.isdigit()
        or word.upper() in _ACRONYMS
        or word.casefold() in _OPENERS
        or bool(_SHORT.fullmatch(word))
    )


def small_words(texts: Iterable[str]) -> frozenset[str]:
    """The words that texts write in small letters somewhere."""
    return frozenset(w for text in texts for w in re.findall(r"[^\W\d_][\w’'-]*", text) if w.islower())
