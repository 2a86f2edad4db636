"""The template of a case study: the framework's sections, or a plain one that fits any framework."""

from __future__ import annotations

from ctg_nlp.framework import CaseSection, Framework, ids

_SETTING = (
    "Who took part, and in what situation? What did the group want to change, and how did it come to that?"
)
_WORK = "What was done, by whom, and how was it led? What stood in the way, and what helped?"
_CHANGE = "What changed, for whom, and how does the group know? What did it expect that did not come about?"
_LEARNED = "What would others need to know who want to do the same? What goes on, what was given up?"


def sections_of(framework: Framework) -> tuple[CaseSection, ...]:
    """The sections of a case study in order: as the framework gives them, else four plain ones.

    The plain ones show what is coded in the map beside the first, and in the second stage beside the second.
    """
    if framework.case_sections:
        return framework.case_sections
    return (
        CaseSection("setting", "The group and its aims", _SETTING, ids(framework.stage("map"))),
        CaseSection("work", "What was done", _WORK, ids(framework.stage("indepth"))),
        CaseSection("change", "What changed", _CHANGE),
        CaseSection("learned", "What others can take from it", _LEARNED),
    )
