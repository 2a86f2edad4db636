"""How many schools and children's centres a group has, the lead school included.

Every passage that says or lists a number of schools votes for it. Title and opening weigh more than the
body, and words that mean the whole group ("our", "all", "a cluster of") more than a bare number, which may
be some of the schools. Numbers of other, former or hoped-for schools do not vote. Repetitions weigh less
than their sum, so that a habit of speech ("both schools") does not outvote a plain statement.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ctg_nlp.records import BlockKind, Evidence, Passage
from ctg_nlp.suggest.findings import FactFinding, evidence_of
from ctg_nlp.suggest.school_phase import name_lists, school_names


def _any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_SPELLED = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()
_NUMBERS: Mapping[str, int] = {
    **{word: n for n, word in enumerate(_SPELLED, start=1)},
    **{
        "a": 1,
        "an": 1,
        "single": 1,
        "both": 2,
        "pair": 2,
        "trio": 3,
        "dozen": 12,
        "sixteen": 16,
        "twenty": 20,
    },
}
_N = rf"(?:{'|'.join(sorted(set(_NUMBERS) - {'a', 'an'}, key=len, reverse=True))}|[1-9]\d?)"
_STEMS = (
    r"pre-?school|school|sch|college|setting|special|middle|grammar|comprehensive|comp|high|pru|playgroup|infant|"
    r"junior|(?:children['’]?s['’]?|early\s+years|sure\s+start|nursery)\s+centre"
)
_PLURAL = rf"(?:(?:{_STEMS}|establishment|feeder)s|primaries|secondaries|academies|nurseries)"
_SINGULAR = rf"(?:{_STEMS}|primary|secondary|academy|nursery)"
_GOES_ON = r"\s*(?:,|and\b|&|plus\b)\s"
_KIND_ALONE = (
    rf"(?:infant|junior|primary|secondary|nursery|special|middle|first|upper|high|feeder)(?={_GOES_ON})"
)
_KNOWN = (
    r"(?:small|large|larger|smaller|big|local|rural|urban|inner|city|village|town|partner|participating|member|"
    r"other|mainstream|community|special|maintained|church|catholic|faith|infant|junior|primary|secondary|first|"
    r"middle|high|upper|lower|nursery|feeder|very|different|voluntary|aided|controlled|c\s?of\s?e|"
    r"church\s+of\s+england|ce|rc|jmi|all-through|girls['’]?|boys['’]?|mixed|pupil|referral|sixth|form|early|years|"
    r"foundation|stage|partnership|network|cluster|project|and|&|comprehensive|sure|start|specialist|sports|arts|"
    r"technology)"
)
# One word that is not known may stand between ("four hilltop schools"), but none that makes another phrase.
_STOP = (
    r"(?:of|in|at|for|from|to|with|by|per|each|every|pupils?|students?|child(?:ren)?|teachers?|heads?|staff|leaders?|"
    r"headteachers?|boys|girls|governors?|parents?|years?|months?|weeks?|days?|hours?|minutes?|mins?|terms?|times?|"
    r"visits?|lessons?|class(?:es)?|sessions?|meetings?|more|further|new|additional|neighbouring|nearby|control|"
    r"comparison|similar|or|people|tas|adults|areas?|points?|levels?|thirds?|cent|local|authorities|whole|after|"
    r"before|half|summer|non|than|is|are|was|were|went|between|across|on|as|we|our|the|its|their|when|while|if|but|"
    r"that|which|who|out)"
)
_KINDS = (
    rf"(?:(?:(?i:{_KNOWN})\b|\d{{1,2}}\s?(?:[-–—]|to|-to-)\s?\d{{1,2}}|(?!(?:Year|Key|Stage)s?\b)[A-Z][\w.'’-]+)[\s,]+)"
    rf"{{0,5}}(?:(?!(?i:{_STOP}|{_N})\b)[a-z][a-z-]+\s+)?(?:(?i:{_KNOWN})[\s,]+){{0,2}}"
)
_NOT_OF_PEOPLE = (
    r"(?!['’]?\s+(?i:teach|head|pupil|student|child|staff|govern|advis|consult|strateg|year|day|colleague|level|age|"
    r"leader|report|council|improvement|development))"
)
_ITEM = re.compile(
    rf"(?<![\w.,£$%/–-])(?P<n>(?i:{_N}|an?))(?:\s*[×x]\s*|[\s-]+)(?:(?:of\s+)?(?:its|our|the|their)\s+)?"
    rf"(?P<kind>{_KINDS})(?P<noun>(?i:{_PLURAL}|{_SINGULAR}|{_KIND_ALONE}))\b{_NOT_OF_PEOPLE}"
)
_ON = _any_case(_GOES_ON)
_NOT_NUMBER = _any_case(r"\b(?:years?|yrs?|y|ks|stages?|table|section|figure|page|part|aim|term|week)\s*$")
_JOINT = _any_case(
    r"^\s*(?:\([^)]{0,60}\)\s*)?(?:(?:,\s*)?(?:and|plus|with)|,|;|&|\+|together\s+with|as\s+well\s+as|alongside)\s*"
    r"(?:(?:its|their|the|our)\s+)?$"
)
_LEAD = re.compile(
    r"(?:School|Primary|Infants?|Juniors?|High|Academy|College|Nursery|Comprehensive|Centre|JMI|CE|RC|"
    r"\b(?i:the|this|our|my)\s+(?:[a-z][\w-]*\s+)?(?:school|secondary|academy|college|primary|comprehensive))"
    r"\s*(?:\([^)]{0,40}\))?,?\s*(?:and|with|plus|&|\+|together\s+with|as\s+lead\s+(?:school\s+)?(?:of|for|to|with))"
    r"\s+(?:(?:its|their|our|the)\s+)?$"
)
_GROUP_BEFORE = _any_case(
    r"\b(?:our|we\s+are|we['’]re|were|us|involv\w+|group|cluster|partnership|consortium|network|federation|family|"
    r"collaborative|alliance|consist(?:s|ed)\s+of|made\s+up\s+of|compris\w+|formed\s+by|there\s+(?:are|were)|all|"
    r"brought\s+together|on\s+behalf\s+of|among(?:st)?)\b[\s:,]*(?:of\s+|the\s+|all\s+|just\s+|only\s+)*$|"
    rf"\b{_N}\s+(?:out\s+)?of\s+(?:the|our|all|these)?\s*$"
)
_DEFINITE_BEFORE = _any_case(r"\b(?:the|these|those|all|each|every\s+one)\s+(?:of\s+(?:the|our)\s+)?$")
_NOT_OURS_BEFORE = _any_case(
    r"\b(?:over|than|nearly|almost|some|another|further|additional|per|least|most|up\s+to|visit\w*|every|any|about|"
    r"around|next|new|neighbouring|nearby|to\s+each\s+of|first|last|until|since|(?:LA|authority|county)['’]s|"
    r"(?:going|meant|supposed|planned|hoped?|hoping|want\w*|due)\s+(?:to|for)\b[^.;]{0,30}|"
    r"(?:was|were)\s+to\s+be\b[^.;]{0,20}|originally|invited|approached|withdr[ae]w|dropped|"
    r"(?:would|will|shall|might|may|could)\s+(?:be|have|take|extend|go|join|include|open|roll)\b[^.;]{0,30})"
    r"\s+(?:the\s+|a\s+|to\s+)*$"
)
_NOT_OURS_AFTER = _any_case(
    r"^\s+(?:(?:have|had|has)\s+)?(?:(?:since|later|then|now)\s+)?(?:will|would|withdrew|dropped|pulled|left\s+the|"
    r"in\s+the\s+(?:authority|county|borough|city|country|LA)\b|nearby|elsewhere|down\s+the\s+road|outside|nationally)"
)
_STARTS_BEFORE = re.compile(r"(?:^|[:\t(–.])\s*$")
_OUT_OF = _any_case(rf"^\s+(?:out\s+)?of\s+(?:the\s+|our\s+)?({_N})\b(?!\s*(?:pupils|children|teachers|%))")
_OTHERS = _any_case(r"\b(?:other|remaining|partner)\b")
_OURS_AND = _any_case(
    r"\b(?:our|its|the|with|joined\s+by|alongside|and|plus)\s+(?:the\s+|our\s+)?(?:other\s+|remaining\s+)?$"
)
_THE_OTHERS = _any_case(
    rf"\b(?:the|our)\s+(?:other|remaining)\s+(?:(?P<n>{_N})\b(?!\s+(?!(?:in|are|were|came|joined|to|and|heads?)\b)\w)|"
    rf"(?:{_KNOWN}\s+)?(?:school|academy|college|nursery|primary)\b)"
)
_OF_US = _any_case(
    r"\b(?P<how>there\s+(?:are|were|was)|there['’]s|we\s+(?:are|were)|we['’]re|just|only|all|the)\s+"
    rf"(?:just\s+|only\s+|the\s+)?(?P<n>{_N})\s+of\s+us\b"
)
_FORM = _any_case(
    r"(?:(?:number|no\.?)\s+of\s+(?:\w+\s+)?schools\b[^\d\n]{0,30}?|\bschools?\s+(?:\w+\s+){0,3}(?:involved|"
    r"took\s+part|taking\s+part|participating|in\s+(?:the|your)\s+(?:group|cluster))\s*[?:|\t ]+\s*)"
    rf"({_N})(?![\w%])"
)
_ALONE = _any_case(
    r"\b(?:single[- ]school|(?:one|1)[- ]school\s+(?:project|group)|group\s+of\s+(?:one|1)\b|"
    r"no\s+partner\s+school|the\s+only\s+school\s+(?:in|involved|taking)|a\s+school\s+on\s+its\s+own|"
    r"(?:did|done|doing|took|entered|worked|went|were|was|are|am)\s+(?:\w+\s+){0,4}"
    r"(?:on\s+our\s+own|by\s+ourselves|as\s+one\s+school|alone)\b|"
    r"(?:had|have|with|without|no|any)\s+(?:no\s+|any\s+)?(?:partners|cluster|other\s+schools?\s+(?:in|took|were))|"
    r"(?:it['’]s|it\s+is|was|is|only|just)\s+(?:only\s+|just\s+)?"
    r"(?:us\s*[.,;!)–-]|us$|(?:the\s+)?one\s+sch(?:ool)?\b|ourselves\b)|"
    r"(?:had|have|are|were|is)\s+(?:only\s+|just\s+)?one\s+school\b)"
)
_ONE = _any_case(r"\b(?:our|the|this|my)\s+(?:own\s+|whole\s+)?(?:school|academy|college|nursery|centre)\b")
_MANY = _any_case(
    r"\b(?:our|the|these|partner|both|all|participating|between|across)\s+(?:(?:of|the|our|partner|other|"
    r"participating)\s+)*(?:schools|primaries|secondaries|settings|nurseries)\b|\beach\s+school\b"
)

_OPENING, _INTRODUCTION = 4, 14  # passages
_FADE = 0.8  # what each further mention of a number adds, as a share of the one before
_MANY_SCHOOLS, _TOO_MANY = 12, 40  # larger groups are rare; such a number is rather an authority's total
_NEEDED = 0.8
_Votes = dict[tuple[int, str], list[float]]  # weights by number and way of saying it
_Shown = dict[int, list[tuple[float, Evidence]]]
_MOST = {"both": 4.0, "other": 3.0, "of us": 2.5}  # ways of speaking that tell less, however often


@dataclass(frozen=True, slots=True)
class _Said:
    """A number of schools that a passage says or lists, by offsets in the passage; `how` it is said."""

    value: int
    weight: float
    start: int
    end: int
    how: str = "said"


def school_count(passages: Sequence[Passage]) -> FactFinding:
    """The number of schools in the group, or None where the report does not tell."""
    votes: _Votes = defaultdict(list)
    shown: _Shown = defaultdict(list)
    for i, passage in enumerate(passages):
        early = i < _INTRODUCTION or passage.kind is BlockKind.HEADING
        place = 3.0 if i < _OPENING else 2.0 if early else 1.0
        for said in _said(passage, opening=i < _INTRODUCTION):
            votes[said.value, said.how].append(said.weight * place)
            shown[said.value].append((said.weight * place, evidence_of(passage, said.start, said.end)))
    _named_apart(passages, votes, shown)
    _one_school(passages, votes, shown)
    totals: dict[int, float] = defaultdict(float)
    for (value, how), weights in votes.items():
        faded = (w * _FADE**i for i, w in enumerate(sorted(weights, reverse=True)))
        totals[value] += min(sum(faded), _MOST.get(how, 99.0))
    if not totals or max(totals.values()) < _NEEDED:
        return FactFinding(None, 0.2, ())
    best = max(totals, key=lambda v: (totals[v], -v))
    share = totals[best] / sum(totals.values()) * min(1.0, totals[best] / 5)
    quotes = dict.fromkeys(e for _, e in sorted(shown[best], key=lambda pair: -pair[0]))
    return FactFinding(best, round(0.3 + 0.65 * share, 3), tuple(quotes)[:3])


def _named_apart(passages: Sequence[Passage], votes: _Votes, shown: _Shown) -> None:
    """Schools that the opening names one by one, in several sentences."""
    names: dict[tuple[str, str], Evidence] = {}
    for passage in passages[:_INTRODUCTION]:
        for name in school_names(passage.text):
            if name.typed:
                names.setdefault((name.head, name.kind), evidence_of(passage, name.start, name.end))
    if len(names) > 1:
        votes[len(names), "named"].append(2.0)
        shown[len(names)] += [(0.5, e) for e in names.values()]


def _one_school(passages: Sequence[Passage], votes: _Votes, shown: _Shown) -> None:
    """A report that speaks of "our school" and never of schools of a group is of one school."""
    ones = [(p, m) for p in passages for m in _ONE.finditer(p.text)]
    many = sum(1 for p in passages for _ in _MANY.finditer(p.text))
    if len(ones) >= 2 and many * 4 < len(ones):
        votes[1, "said"].append(min(4.0, 0.8 * len(ones)))
        shown[1] += [(0.5, evidence_of(p, m.start(), m.end())) for p, m in ones[:1]]


def _said(passage: Passage, *, opening: bool) -> Iterator[_Said]:
    """Each number of schools that the passage says or lists."""
    text = passage.text
    for match in _ALONE.finditer(text):
        yield _Said(1, 3.0 if opening else 1.5, match.start(), match.end())
    for match in _OF_US.finditer(text):
        plain = match["how"].lower() != "the" or text[match.end() :].lstrip().startswith((":", "–"))
        yield _Said(number(match["n"]), 1.2 if plain else 0.3, match.start(), match.end(), "of us")
    for match in _FORM.finditer(text):
        yield _Said(number(match[1]), 4.0, match.start(), match.end())
    for match in _THE_OTHERS.finditer(text):
        weight = 0.7 if not match["n"] else 1.0 if opening else 0.4
        yield _Said(number(match["n"] or "one") + 1, weight, match.start(), match.end(), "other")
    counted = [s for s in (_run(passage, items, opening=opening) for items in _runs(text)) if s is not None]
    yield from counted
    for names in name_lists(text):
        # A list shorter than the number beside it goes on in the next line or is of some of the schools.
        partial = any(s.value > len(names) for s in counted)
        weight = 0.5 if partial else 3.0 if opening else 1.0
        yield _Said(len(names), weight, names[0].start, names[-1].end, "list")


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Numbers of schools that belong together, as in "six primaries and a nursery"."""
    run: list[re.Match[str]] = []
    for match in _ITEM.finditer(text):
        if _NOT_NUMBER.search(text[max(0, match.start() - 12) : match.start()]) or not _agrees(match):
            continue
        if run and not _JOINT.match(text[run[-1].end() : match.start()]):
            yield run
            run = []
        run.append(match)
    if run:
        yield run


def _agrees(match: re.Match[str]) -> bool:
    """Whether number and noun agree: not "two school (visits)", but a kind alone may stand in a sum."""
    many = number(match["n"]) > 1
    plural = re.fullmatch(_PLURAL, match["noun"], re.IGNORECASE) is not None
    return many == plural or (many and _ON.match(match.string, match.end()) is not None)


def _run(passage: Passage, items: Sequence[re.Match[str]], *, opening: bool) -> _Said | None:
    """What a run of numbers votes for, None where it is not of this group's schools."""
    text, start, end = passage.text, items[0].start(), items[-1].end()
    before, after = text[max(0, start - 60) : start], text[end : end + 60]
    numbers = [number(m["n"]) for m in items]
    value = numbers[0] if len(numbers) > 2 and numbers[0] == sum(numbers[1:]) else sum(numbers)
    how = "both" if numbers == [2] and items[0]["n"].lower() == "both" else "said"
    whole = _OUT_OF.match(after)
    if whole is not None and number(whole[1]) > value:
        return _Said(number(whole[1]), 2.0, start, end + whole.end())
    others = _OTHERS.search(before[-10:] + items[0]["kind"])
    lead = _LEAD.search(before) is not None
    not_ours = _NOT_OURS_BEFORE.search(before) or _NOT_OURS_AFTER.match(after)
    if value > _TOO_MANY or (not others and (not_ours or (value == 1 and not lead))):
        return None
    if others or lead:
        return _with_lead(_Said(value, 0.0, start, end), before, items[0], opening=opening, lead=lead)
    weight = _said_weight(before, passage.kind, opening=opening, several=len(items) > 1)
    if numbers[0] == 1 and items[0]["n"].lower() in ("a", "an") and max(numbers) == 1:
        weight *= 0.5  # "a primary and a secondary" may be any two
    return _Said(value, weight * (0.5 if value > _MANY_SCHOOLS else 1.0), start, end, how)


def _with_lead(said: _Said, before: str, first: re.Match[str], *, opening: bool, lead: bool) -> _Said | None:
    """Partners and ourselves ("with our five partner schools"); others that are not ours do not count."""
    if not lead and not _OURS_AND.search(before):
        partners = "partner" in first["kind"].lower()
        return replace(said, weight=1.0, how="other") if partners and said.value > 1 else None
    weight = 2.0 if lead else 1.5 if opening else 0.8
    return replace(said, value=said.value + 1, weight=weight, how="said" if lead else "other")


def _said_weight(before: str, kind: BlockKind, *, opening: bool, several: bool) -> float:
    """How surely a number of schools is that of the whole group."""
    if _GROUP_BEFORE.search(before):
        weight = 2.0
    elif _DEFINITE_BEFORE.search(before):
        weight = 1.5
    elif kind is BlockKind.HEADING or _STARTS_BEFORE.search(before):
        weight = 2.0 if opening else 0.6
    else:
        weight = 1.2 if opening else 0.4  # in the body a bare number may be some of the schools
    return weight + 0.5 * several


def number(word: str) -> int:
    """The number that a word or numeral says."""
    return _NUMBERS.get(word.lower()) or int(word)
