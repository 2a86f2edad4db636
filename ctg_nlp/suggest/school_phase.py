"""The phase of the participating schools, from the kinds of school that a report names.

The values are a general fact of English schools: eyfs, primary, eyfs_primary, secondary,
primary_secondary, all_three; None where it cannot be told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ctg_nlp.records import BlockKind, Evidence, Passage
from ctg_nlp.suggest.findings import FactFinding, evidence_of

_SIGNS = {
    "eyfs": re.compile(
        r"\b(?:nursery\s+schools?|nurseries|children'?s\s+centres?|pre-?schools?|day\s+nurser(?:y|ies)|"
        r"early\s+years\s+(?:settings?|centres?)|EYFS\s+settings?|playgroups?|maintained\s+nursery)\b",
        re.IGNORECASE,
    ),
    "primary": re.compile(
        r"\b(?:primar(?:y|ies)|infants?(?:\s+schools?)?|junior\s+schools?|juniors|JMI|first\s+schools?|KS\s?[12]|"
        r"Key\s+Stages?\s+(?:1|2|one|two)|Y(?:ea)?r?\.?\s?[1-6]s?|Years?\s+(?:one|two|three|four|five|six)|Reception|"
        r"C\s?of\s?E\s+(?:VA\s+|VC\s+)?(?:Primary|Infant|Junior))\b",
        re.IGNORECASE,
    ),
    "secondary": re.compile(
        r"\b(?:secondar(?:y|ies)|high\s+schools?|comprehensives?|comps|grammar\s+schools?|upper\s+schools?|"
        r"academ(?:y|ies)|sixth\s+forms?|KS\s?[345]|Key\s+Stages?\s+(?:3|4|5|three|four|five)|Y(?:ea)?r?\.?\s?(?:7|8|9|10|11|12|13)s?|"
        r"Years?\s+(?:seven|eight|nine|ten|eleven|twelve)|GCSEs?|A[- ]levels?|"
        r"heads?\s+of\s+(?:year|department|faculty)|technology\s+college|arts\s+college|sports\s+college)\b",
        re.IGNORECASE,
    ),
}
_SCHOOL_WORD = re.compile(
    r"school|primar|secondar|nurser|centre|academ|comprehensive|college|infant|junior", re.IGNORECASE
)
_ELSEWHERE = re.compile(
    r"\b(?:feeder|transition\w*|transfer\w*|went\s+on\s+to|move\s+(?:on\s+)?to|come\s+(?:up\s+)?from|previous|"
    r"primary\s+(?:care|need|aim|focus|purpose|reason|source|carer|framework|strateg\w+)|"
    r"secondary\s+(?:aim|focus|source|strateg\w+|transfer))\b",
    re.IGNORECASE,
)
_PHASES = {
    frozenset({"eyfs"}): "eyfs",
    frozenset({"primary"}): "primary",
    frozenset({"eyfs", "primary"}): "eyfs_primary",
    frozenset({"secondary"}): "secondary",
    frozenset({"primary", "secondary"}): "primary_secondary",
    frozenset({"eyfs", "primary", "secondary"}): "all_three",
    frozenset({"eyfs", "secondary"}): "all_three",
}


def school_phase(passages: Sequence[Passage]) -> FactFinding:
    """The phase of the schools as one of the values above, or None where nothing tells it."""
    weight = dict.fromkeys(_SIGNS, 0.0)
    shown: dict[str, list[tuple[float, Evidence]]] = {name: [] for name in _SIGNS}
    for i, passage in enumerate(passages):
        place = 3.0 if i < 6 or passage.kind is BlockKind.HEADING else 2.0 if i < 16 else 1.0
        for name, sign in _SIGNS.items():
            for match in sign.finditer(passage.text):
                said = 2.0 if _SCHOOL_WORD.search(match.group()) else 1.0
                if _ELSEWHERE.search(passage.text):
                    said *= 0.25
                weight[name] += said * place
                shown[name].append((said * place, evidence_of(passage, match.start(), match.end())))
    total = sum(weight.values())
    if total < 3:
        return FactFinding(None, 0.3, ())
    share = {"eyfs": 0.12, "primary": 0.2, "secondary": 0.2}
    taking_part = frozenset(n for n, w in weight.items() if w >= max(6.0, share[n] * total)) or frozenset(
        {max(weight, key=lambda n: weight[n])}
    )
    main = max(taking_part, key=lambda n: weight[n])
    evidence = sorted(shown[main], key=lambda pair: -pair[0])[:2]
    sure = sum(weight[n] for n in taking_part) / total
    return FactFinding(_PHASES[taking_part], round(0.4 + 0.5 * sure, 3), tuple(e for _, e in evidence))
