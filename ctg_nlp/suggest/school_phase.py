"""The phase of the participating schools, from their names, what the report calls them and whom they teach.

The values are a general fact of English schools: eyfs, primary, eyfs_primary, secondary,
primary_secondary, all_three; None where it cannot be told.

A phase takes part where a participating school of it is named, counted or described. Year groups and key
stages say which phase a school without a telling name is of; a few of them alone do not make another
phase take part, since primary schools write of pupils who went on, and secondary schools of what they
learnt before.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ctg_nlp.records import BlockKind, Evidence, Passage
from ctg_nlp.suggest.findings import FactFinding, evidence_of

EYFS, PRIMARY, SECONDARY = "eyfs", "primary", "secondary"
_PHASES = {
    frozenset({EYFS}): "eyfs",
    frozenset({PRIMARY}): "primary",
    frozenset({EYFS, PRIMARY}): "eyfs_primary",
    frozenset({SECONDARY}): "secondary",
    frozenset({PRIMARY, SECONDARY}): "primary_secondary",
    frozenset({EYFS, PRIMARY, SECONDARY}): "all_three",
    frozenset({EYFS, SECONDARY}): "all_three",  # the two ends: there is no code for them without the middle
}

_TYPE = re.compile(
    r"\b(?:(?P<eyfs>Nurser(?:y|ies)|Children['’]?s['’]?\s+Centres?|Early\s+Years|Pre-?[Ss]chool|Playgroup|Kindergarten|"
    r"Sure\s+Start)|"
    r"(?P<primary>Primar(?:y|ies)|Infants?|Juniors?|JMI|J\s?&\s?I|JI|First(?=\s+School)|Prep(?=\s+School)|J\s+and\s+I)|"
    r"(?P<secondary>High|Secondar(?:y|ies)|Comprehensive|Comp|Grammar|Upper(?=\s+School)|Academy|Sixth\s+Form|VC|"
    r"(?:(?:Community|Technology|Sports|Arts|Language|Science|Business|Village|Engineering|Specialist)\s+)?College)|"
    r"(?P<other>Schools?|C\.?\s?of\s?E\.?|CE|RC|VA|Middle|Special|PRU))\b"
)
_NAME = re.compile(
    r"(?<![\w'’-])[A-Z][\w'’.-]*(?:\s+(?:(?:of|the|on|in|le|upon|by)\s+)?(?:the\s+)?[A-Z][\w'’.-]*|\s+&\s+I\b|"
    r"\s+of\s+E\b)*"
)
_NOT_NAMES = frozenset(
    "the our this all both each in at on for from with by as and but when where while we i a an it its their "
    "his her two three four five six seven eight nine ten one group report final section year years ks key "
    "my no if after before since then so also head heads deputy what who how every free first second".split()
)
_NOT_SCHOOLS = re.compile(
    r"\b(?:University|Council|Authority|LEA|Charity|Trust|Foundation|Ofsted|National|Strateg\w+|Framework|Institute|"
    r"Society|Stage|English|Maths|Mathematics|Science\b(?!\s+College)|September|October|November|December|January|February|"
    r"March|April|June|July|August|Mr|Mrs|Ms|Miss|Dr|Professor|Monday|Tuesday|Wednesday|Thursday|Friday|Report|"
    r"SENCO|SENCo|Teachers?|Headteachers?|Leaders?|Plan|Year|Years|SATs|Governors?)\b"
)
_WORD, _GAP = re.compile(r"[\w'’-]+"), re.compile(r"\W*")
_MORE_TYPE = re.compile(r"^(?:Infants?|Juniors?|Nursery|Children['’]?s\s+Centre|First|Primary|Middle)\b")
_ENDS_IN_TYPE = re.compile(r"\b(?:Infants?|Juniors?|Primary|Nursery|First)$")
_JOINT = re.compile(
    r"^\s*(?:\([^)]{0,60}\)\s*)?(?P<sign>,\s*and\b|,|;|\+|&|and\b|plus\b|with\b)\s*(?:(?:of|the|at|then|our)\s+){0,2}$"
)
_ANNOUNCED = re.compile(
    r"(?i:\b(?:schools?|primaries|secondaries|partners?|cluster|group|members?|of\s+us|settings|nurseries|centres|took\s+part)\b"
    r"[^.;]{0,25}[:–—-]\s*|\b(?:heads|staff|schools|leaders|letter|report)\s+(?:of|at|from|in)\s+|\bnamely\s+|"
    r"\b(?:on\s+)?behalf\s+of\s+)$"
)
_CALLED = re.compile(
    r"^\s*,?\s*(?i:(?:are|is|were|being|both|all|which|who|make\s+up|form)\s+)*(?i:[a-z]+[\s-]+){0,3}?"
    r"(?i:schools|primaries|secondaries|nurseries|comprehensives|settings|infants|juniors)\b"
)
_SAYS = {
    EYFS: (
        r"nursery\s+schools?|nurseries|children['’]?s['’]?\s+centres?|pre-?schools?|day\s+nurser(?:y|ies)|playgroups?|"
        r"early\s+years\s+(?:settings?|centres?|providers?)|(?:eyfs|foundation\s+stage)\s+settings?|childminders"
    ),
    PRIMARY: (
        r"primar(?:y|ies)(?:\s+schools?)?|infant\s+schools?|junior\s+schools?|first\s+schools?|infants\s+and\s+juniors|"
        r"(?:infant|junior)\s+(?:and|&)\s+(?:infant|junior|primary|nursery)(?:\s+schools?)?|j\.?m\.?i\.?|"
        r"(?:[3457]\s?(?:[-–—]|to)\s?(?:7|9|11))(?!\d)"
    ),
    SECONDARY: (
        r"secondar(?:y|ies)(?:\s+schools?)?|high\s+schools?|comprehensives?|comps|grammar\s+schools?|upper\s+schools?|"
        r"sixth\s+form\s+colleges?|(?:technology|sports|arts|language|specialist|community)\s+colleges?|"
        r"11\s?(?:[-–—]|to|-to-)\s?1[4689](?!\d)"
    ),
}
_SAID = re.compile("|".join(rf"(?P<{name}>\b(?:{words})\b)" for name, words in _SAYS.items()), re.IGNORECASE)
_NURSERY_COUNTED = re.compile(
    r"\b(?:schools?|primaries|primary|infants?|juniors?)\s*(?:,|and|plus|&|with)\s+(?:(?:a|one|two|three|\d|our|its|their)\s+)"
    r"(?:\w+\s+){0,2}(nurser(?:y|ies))\b(?!\s+(?:class|unit|teacher|nurse|child|pupil|place|end|room|staff))",
    re.IGNORECASE,
)
_PUPILS = re.compile(
    r"\b(?:(?P<primary>KS\s?[12]\b|Key\s+Stages?\s+(?:[12]|one|two)\b|Y(?:ea)?r?s?\.?\s?[1-6]s?\b(?!\d)|Years?\s+(?:one|two|three|four|"
    r"five|six)\b|Reception\b|infants\b|juniors\b|phase\s+leaders?\b)|"
    r"(?P<secondary>KS\s?[345]\b|Key\s+Stages?\s+(?:[345]|three|four|five)\b|A[- ]levels?\b|GCSEs?\b|"
    r"Y(?:ea)?r?s?\.?\s?(?:1[0-3]|[789])s?\b|Years?\s+(?:seven|eight|nine|ten|eleven|twelve|thirteen)\b|"
    r"heads?\s+of\s+(?:year|department|faculty|science|maths|humanities|english)\b|sixth\s+form(?:ers)?\b|"
    r"(?:form\s+tutor|tutor\s+group)s?\b)|"
    r"(?P<eyfs>EYFS\b|Foundation\s+Stage\b|nursery\s+(?:children|staff|practitioners?|officers?)\b|key\s+(?:person|worker)s?\b|"
    r"early\s+years\b|rising\s+(?:three|four|five)s?\b|(?:two|three|four)-year-olds?\b))",
    re.IGNORECASE,
)
_NOT_OURS = re.compile(
    r"\b(?:transition|transfer\w*|went\s+on\s+to|go(?:ing)?\s+(?:on\s+|up\s+)?to|mov(?:e|es|ed|ing)\s+(?:on\s+|up\s+)?to|come\s+(?:up\s+)?from|"
    r"came\s+(?:up\s+)?from|previous|former|visit\w*|neighbouring|nearby|next\s+door|local|other|another|nationally?|pilot|borrowed|"
    r"missed|left|used\s+to|before|arriv\w+|taught\s+in|county['’]s|authority['’]s|LA['’]s|LA|for\s+a|of\s+a|adviser|feed\w*\s+(?:into|to)|"
    r"would|will|hope|plan\w*|next\s+year|unlike|ready\s+for|leave\s+for|since)\b[^.;]{0,40}$",
    re.IGNORECASE,
)
_NOT_A_KIND = re.compile(
    r"^\s*(?:,\s*)?(?:care|need|aim|focus|purpose|reason|source|carers?|framework|strateg\w+|data|adviser|advisor|consultant|"
    r"transfer|age|phase|pupil|education|evidence|effect|concern|question|mathematics\s+consultant|maths|languages?|"
    r"curriculum|trained|training|teachers?\s+who|national|level|nationally|in\s+the\s+(?:county|borough|authority|country))\b",
    re.IGNORECASE,
)

_OPENING, _INTRODUCTION = 5, 14  # passages
_ENOUGH = 1.5  # one clear word in the introduction


@dataclass(frozen=True, slots=True)
class SchoolName:
    """A name by offsets in its passage; `kind` is the phase that it tells, `typed` if it says "School"."""

    head: str
    kind: str
    typed: bool
    start: int
    end: int


def school_names(text: str) -> tuple[SchoolName, ...]:
    """Names that a passage gives, those of schools and those that only may be."""
    spans: list[tuple[int, int]] = []
    for match in _NAME.finditer(text):
        start, end = _trimmed(text, match.start(), match.end())
        if start >= end:
            continue
        if spans and _one_name(text, spans[-1], (start, end)):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(name for a, b in spans if (name := _name(text, a, b)) is not None)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the capitalised small words of a sentence's beginning, and the full stop of its end."""
    while True:
        word = _WORD.match(text, start, end)
        if word is None or word.group().lower() not in _NOT_NAMES:
            break
        gap = _GAP.match(text, word.end(), end)
        start = gap.end() if gap else word.end()
    while end > start and text[end - 1] in ".'’-":
        end -= 1
    return start, end


def _one_name(text: str, first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Whether the two are one name ("Kirk Vale Junior and Infant School")."""
    between = text[first[1] : second[0]]
    return (
        re.fullmatch(r"\s+(?:and|&)\s+", between) is not None
        and _ENDS_IN_TYPE.search(text[first[0] : first[1]]) is not None
        and _MORE_TYPE.match(text[second[0] : second[1]]) is not None
    )


def _name(text: str, start: int, end: int) -> SchoolName | None:
    said = text[start:end]
    if _NOT_SCHOOLS.search(said) or len(said) < 2:
        return None
    types = [m for m in _TYPE.finditer(said) if m.start() > 0]
    head = said[: types[0].start()] if types else said
    kinds = [m.lastgroup for m in types if m.lastgroup != "other"]
    kind = PRIMARY if PRIMARY in kinds else str(kinds[0]) if kinds else ""
    plain = " ".join(re.findall(r"[\w'’]+", head.lower()))
    return SchoolName(plain, kind, bool(types), start, end) if plain else None


def name_lists(text: str, names: Sequence[SchoolName] | None = None) -> tuple[tuple[SchoolName, ...], ...]:
    """Names side by side that are those of schools, as in "Ashby High, Kirk Vale and St Anne's Academy"."""
    lists: list[list[SchoolName]] = []
    closed = False
    last: SchoolName | None = None
    for name in school_names(text) if names is None else names:
        joint = _JOINT.match(text[last.end : name.start]) if last is not None else None
        if joint is None or (closed and joint["sign"] in (",", ";")):
            lists.append([])
            closed = False
        elif joint["sign"] not in (",", ";"):
            closed = True
        lists[-1].append(name)
        last = name
    return tuple(tuple(found) for found in map(_without_place, lists) if _of_schools(text, found))


def _without_place(names: list[SchoolName]) -> list[SchoolName]:
    """Without the place that ends a list in which every other name is that of a school."""
    ends_otherwise = len(names) > 1 and not names[-1].typed and all(n.typed for n in names[:-1])
    return names[:-1] if ends_otherwise and len(names) > 2 else names


def _of_schools(text: str, names: Sequence[SchoolName]) -> bool:
    if len(names) < 2:
        return False
    typed = sum(n.typed for n in names)
    if 2 * typed >= len(names) and typed > 1:
        return True
    before = text[max(0, names[0].start - 60) : names[0].start]
    after = text[names[-1].end : names[-1].end + 60]
    return _ANNOUNCED.search(before) is not None or _CALLED.match(after) is not None


def school_phase(passages: Sequence[Passage]) -> FactFinding:
    """The phase of the schools as one of the values above, or None where nothing tells it."""
    taking_part: dict[str, float] = dict.fromkeys((EYFS, PRIMARY, SECONDARY), 0.0)
    pupils: dict[str, float] = dict.fromkeys((EYFS, PRIMARY, SECONDARY), 0.0)
    shown: dict[str, list[tuple[float, Evidence]]] = defaultdict(list)
    heads: set[tuple[str, str]] = set()
    untold = False
    for i, passage in enumerate(passages):
        early = i < _INTRODUCTION or passage.kind is BlockKind.HEADING
        place = 3.0 if i < _OPENING else 2.0 if early else 0.5
        for kind, weight, start, end in _schools(passage, heads):
            untold = untold or (not kind and place > 1)
            if kind:
                taking_part[kind] += weight * place
                shown[kind].append((weight * place, evidence_of(passage, start, end)))
        for match in _PUPILS.finditer(passage.text):
            kind = str(match.lastgroup)
            pupils[kind] += 1.0
            shown[kind].append((0.2 * place, evidence_of(passage, match.start(), match.end())))
    phases = _decided(taking_part, pupils, untold=untold)
    if not phases:
        return FactFinding(None, 0.3, ())
    sure = min(1.0, sum(taking_part[p] + pupils[p] / 3 for p in sorted(phases)) / 8)
    return FactFinding(_PHASES[phases], round(0.4 + 0.5 * sure, 3), _best(shown, phases))


def _schools(passage: Passage, heads: set[tuple[str, str]]) -> Iterator[tuple[str, float, int, int]]:
    """(phase or "", weight, start, end) of the schools that a passage names or speaks of; each name once."""
    text = passage.text
    named: list[tuple[int, int]] = []
    for name in school_names(text):
        if not name.typed:
            continue
        named.append((name.start, name.end))
        if (name.head, name.kind) not in heads:
            heads.add((name.head, name.kind))
            yield name.kind, 0.2 if _away(text, name.start) else 1.0, name.start, name.end
    for match in _SAID.finditer(text):
        in_name = any(a <= match.start() < b for a, b in named)
        if in_name or _NOT_A_KIND.match(text[match.end() : match.end() + 40]):
            continue
        yield str(match.lastgroup), 0.15 if _away(text, match.start()) else 1.0, match.start(), match.end()
    for match in _NURSERY_COUNTED.finditer(text):
        yield EYFS, 1.0, match.start(1), match.end(1)


def _away(text: str, start: int) -> bool:
    return _NOT_OURS.search(text[max(0, start - 60) : start]) is not None


def _decided(
    taking_part: Mapping[str, float], pupils: Mapping[str, float], *, untold: bool
) -> frozenset[str]:
    """The phases that take part; empty where nothing tells."""
    total, all_pupils = sum(taking_part.values()), sum(pupils.values())
    older = pupils[PRIMARY] + pupils[SECONDARY]
    share = {p: pupils[p] / older if older else 0.0 for p in (PRIMARY, SECONDARY)}
    phases = {p for p, w in taking_part.items() if w >= max(_ENOUGH, 0.12 * total)}
    taught = {p for p in (PRIMARY, SECONDARY) if pupils[p] >= 3 and share[p] >= 0.3}
    if untold or not phases:
        phases |= taught
    if untold:
        phases |= {p for p in (PRIMARY, SECONDARY) if share[p] >= 0.4}
    phases |= {p for p in taught if share[p] >= 0.6 and pupils[p] >= 6}
    if not phases and (total + all_pupils) >= 2:
        phases = {max(taking_part, key=lambda p: taking_part[p] + pupils[p])}
    return frozenset(phases)


def _best(
    shown: Mapping[str, Sequence[tuple[float, Evidence]]], phases: frozenset[str]
) -> tuple[Evidence, ...]:
    """The best quote for each phase that takes part, then the next best."""
    firsts, rest = [], []
    for phase in sorted(phases, key=lambda p: (-max((w for w, _ in shown[p]), default=0.0), p)):
        ranked = sorted(shown[phase], key=lambda pair: -pair[0])
        firsts += [e for _, e in ranked[:1]]
        rest += ranked[1:4]
    rest.sort(key=lambda pair: -pair[0])
    return tuple(dict.fromkeys([*firsts, *(e for _, e in rest)]))[: 3 if len(phases) > 1 else 2]
