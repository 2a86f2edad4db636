"""How many schools and children's centres a group has, the lead school included.

Every passage that says or lists a number of schools votes for it; title and opening weigh more, and so
do words that say "this group of ours". Numbers of other schools do not vote.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from ctg_nlp.records import BlockKind, Evidence, Passage
from ctg_nlp.suggest.findings import FactFinding, evidence_of

_NUMBERS = {
    word: n
    for n, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split(),
        start=1,
    )
} | {"a": 1, "an": 1, "both": 2, "twenty": 20}
_NUMBER = rf"(?:{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}|[1-9]\d?)"
_SCHOOL = (
    r"(?:schools?|primaries|primary|secondaries|infants|juniors|academ(?:y|ies)|colleges?|nurser(?:y|ies)"
    r"|children'?s\s+centres?|settings?|specials?|middles?|grammars?|comprehensives?|comps?|high\s+schools?)"
)
_KIND = (
    r"(?:(?:small|large|larger|smaller|local|rural|urban|inner|city|village|town|partner|participating|member|"
    r"mainstream|community|special|maintained|church|catholic|faith|infant|junior|primary|secondary|first|middle|"
    r"high|upper|lower|nursery|feeder|neighbouring|very|different|voluntary|aided|controlled|c\s?of\s?e|rc|jmi|"
    r"girls'?|boys'?|mixed|11[-–]16|11[-–]18|pupil|referral|sixth|form|early|years|foundation|stage|of\s+our|of\s+the|"
    r"partnership|network|cluster|project|and|,|&)[\s-]+){0,5}"
)
_ITEM = re.compile(rf"\b({_NUMBER})[\s-]+{_KIND}({_SCHOOL})\b", re.IGNORECASE)
_JOINT = re.compile(r"^\s*(?:,|and|plus|&|with|\+|together with|as well as|,\s*and)\s*$", re.IGNORECASE)
_OF_US = re.compile(rf"\b(?:all\s+|the\s+)?({_NUMBER})\s+of\s+us\b", re.IGNORECASE)
_OURS = re.compile(
    r"(?:\b(?:our|the|these|all|we\s+are|we're|us|between|across|involv\w+|group|cluster|partnership|consortium|"
    r"network|federation|trio|family|collaborative|consists?\s+of|made\s+up\s+of|comprises?|comprising)\b[\s:,]*"
    r"(?:of|are|is|were)?\s*)$",
    re.IGNORECASE,
)
_NOT_OURS = re.compile(
    r"\b(?:other|another|further|more|neighbouring|nearby|every|each|some|any|next|new|additional|extra|of\s+the|"
    r"out\s+of|over|than|nearly|per|another)\s+$",
    re.IGNORECASE,
)
_PARTNERS = re.compile(r"\bpartner\b", re.IGNORECASE)
_SINGLE = re.compile(
    r"\b(?:our|the|this|my|a\s+single|one)\s+(?:own\s+)?(?:school|academy|college)\b", re.IGNORECASE
)
_ALONE = re.compile(
    r"\b(?:single[- ]school|one[- ]school|on\s+our\s+own|no\s+partner|without\s+partners?|"
    r"(?:only|just)\s+(?:one|the\s+one)\s+school|a\s+school\s+on\s+its\s+own|did\s+not\s+have\s+partners?)\b",
    re.IGNORECASE,
)
_NAME = (
    r"(?:(?:St\.?|Saint|Our\s+Lady|The|Holy|Sacred)\s+)?[A-Z][\w'’.-]+(?:\s+(?:[A-Z][\w'’.-]+|of|the|and\s+St|on|in|"
    r"under|C\.?\s?of\s?E\.?|CE|RC|JMI|JI|&))*"
)
_LIST = re.compile(rf"{_NAME}(?:\s*\([^)]*\))?(?:,\s+{_NAME}(?:\s*\([^)]*\))?)*,?\s+(?:and|&)\s+{_NAME}")
_LISTED = re.compile(
    r"\b(?:School|Primary|Infants?|Juniors?|High|Academy|College|Nursery|Comprehensive|Secondary|JMI|Centre|C\s?of\s?E|"
    r"CE|RC|schools|primaries|secondaries|nurseries|academies)\b"
)
_SPLIT = re.compile(r"\s*(?:,\s+and\s+|,\s+|\s+and\s+|\s+&\s+)\s*")
_NOT_SCHOOLS = re.compile(
    r"\b(?:University|Council|Authority|LA|LEA|Charity|Trust|Ofsted|National|College\s+for|Year|Key\s+Stage|English|"
    r"Maths|Mathematics|Science|September|October|November|December|January|February|March|April|May|June|July|"
    r"Mr|Mrs|Ms|Dr|Monday|Tuesday|Wednesday|Thursday|Friday)\b"
)


def school_count(passages: Sequence[Passage]) -> FactFinding:
    """The number of schools in the group, or None where the report does not tell."""
    votes: dict[int, float] = defaultdict(float)
    shown: dict[int, list[tuple[float, Evidence]]] = defaultdict(list)
    for i, passage in enumerate(passages):
        place = 3.0 if i < 4 else 2.0 if i < 14 else 1.0
        for value, weight, start, end in _said(passage):
            votes[value] += weight * place
            shown[value].append((weight * place, evidence_of(passage, start, end)))
    if not votes:
        return _single(passages)
    best = max(votes, key=lambda v: votes[v])
    share = votes[best] / sum(votes.values())
    evidence = sorted(shown[best], key=lambda pair: -pair[0])[:3]
    return FactFinding(best, round(0.3 + 0.65 * share, 3), tuple(e for _, e in evidence))


def _single(passages: Sequence[Passage]) -> FactFinding:
    """No number is said anywhere: one school, if the report speaks of "our school" throughout."""
    found = [(p, m) for p in passages for m in _SINGLE.finditer(p.text)]
    if len(found) < 2:
        return FactFinding(None, 0.2, ())
    return FactFinding(1, 0.6, tuple(evidence_of(p, m.start(), m.end()) for p, m in found[:1]))


def _said(passage: Passage) -> Iterator[tuple[int, float, int, int]]:
    """(number, weight, start, end) for each number of schools that the passage says or lists."""
    text = passage.text
    for match in _ALONE.finditer(text):
        yield 1, 3.0, match.start(), match.end()
    for match in _OF_US.finditer(text):
        if _number(match.group(1)) > 1:
            yield _number(match.group(1)), 0.7, match.start(), match.end()
    for items in _sums(text):
        before = text[max(0, items[0].start() - 40) : items[0].start()]
        value = sum(_number(m.group(1)) for m in items)
        if value < 2 or value > 40 or _NOT_OURS.search(before):
            continue
        weight = 2.0 if _OURS.search(before) or passage.kind is BlockKind.HEADING else 1.0
        if (
            len(items) == 1
            and _PARTNERS.search(items[0].group())
            and before.rstrip().endswith(("our", "its"))
        ):
            value += 1  # "with our five partner schools": and ourselves
        yield value, weight + 0.5 * (len(items) > 1), items[0].start(), items[-1].end()
    for match in _LIST.finditer(text):
        names = _names(text, match)
        if names > 1:
            yield names, 2.0, match.start(), match.end()


def _sums(text: str) -> Iterator[list[re.Match[str]]]:
    """Numbers of schools that belong together, as in "six primaries and a nursery"."""
    run: list[re.Match[str]] = []
    for match in _ITEM.finditer(text):
        if run and not _JOINT.match(text[run[-1].end() : match.start()]):
            yield run
            run = []
        if not run and match.group(1).lower() in ("a", "an", "one"):
            continue  # "a school" alone says nothing of how many
        run.append(match)
    if run:
        yield run


def _number(word: str) -> int:
    return _NUMBERS.get(word.lower()) or int(word)


def _names(text: str, match: re.Match[str]) -> int:
    """How many schools a list of names has, 0 where it is not of schools."""
    said = match.group()
    around = text[max(0, match.start() - 60) : match.end() + 40]
    if not _LISTED.search(around) or _NOT_SCHOOLS.search(said):
        return 0
    return len([part for part in _SPLIT.split(re.sub(r"\([^)]*\)", "", said)) if part.strip()])
