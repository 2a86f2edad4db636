"""What a framework says of the second stage: questions, links, what is coded over quotes."""

from __future__ import annotations

import pytest
import yaml

from ctg_nlp.codebook import codebook
from ctg_nlp.enquiry import enquiries
from ctg_nlp.errors import FrameworkError
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_examples, load_framework, read_framework
from ctg_nlp.records import BlockKind, Passage
from ctg_nlp.suggest.propose import Proposer

SMALL = """\
id: small
version: '1'
title: Small
dimensions:
- {id: phase, title: Phase, kind: single, codes: [{id: early, label: Early}, {id: late, label: Late}]}
questions:
- {id: what, label: What was done, dimensions: [done, ties, words]}
indepth:
- id: done
  title: Done
  kind: multi
  codes:
  - {id: talk, label: Talk, cues: {strong: [talk*]}}
  - {id: walk, label: Walk, cues: {strong: [walk*]}}
  - {id: unsaid, label: Not told, missing: true}
- {id: gain, title: Gain, kind: multi, codes: [{id: joy, label: Joy, cues: {strong: [happ*]}}]}
- {id: ties, title: Ties, kind: multi, links: {from: done, to: gain}}
- {id: words, title: In words, kind: text}
- {id: areas, title: Areas, kind: multi, over_quotes: true, codes: [{id: one, label: One}]}
"""


def small(old: str = "", new: str = "") -> Framework:
    assert old in SMALL
    return read_framework("small.yaml", SMALL.replace(old, new, 1) if old else SMALL)


def test_links_are_every_pair_of_codes_that_can_be_linked_in_rows_by_the_first() -> None:
    ties = small().dimension("ties")
    assert [(c.id, c.label, c.group) for c in ties.codes] == [
        ("talk__joy", "Talk → Joy", "talk"),
        ("walk__joy", "Walk → Joy", "walk"),
    ]
    assert [(g.id, g.label) for g in ties.groups] == [("talk", "Talk"), ("walk", "Walk")]


def test_a_question_is_known_for_the_dimensions_that_answer_it() -> None:
    framework = small()
    assert framework.question_of("ties").label == "What was done"
    assert framework.question_of("areas") is None


def test_a_question_may_have_the_id_of_its_own_dimension_and_keeps_its_label() -> None:
    (first, *_) = enquiries(small("id: what, label", "id: done, label"))
    assert (first.id, first.label, first.alone) == ("done", "What was done", False)
    alone = [q.id for q in enquiries(small()) if q.alone]
    assert alone == ["gain", "areas"]


def test_a_question_with_the_id_of_a_dimension_that_no_question_names_is_refused() -> None:
    with pytest.raises(FrameworkError, match="the question gain has the id of a dimension that no question"):
        small("id: what, label", "id: gain, label")


def test_pairs_whose_ids_are_longer_than_any_other_are_refused() -> None:
    with pytest.raises(FrameworkError, match="more than 100 letters"):
        read_framework("small.yaml", SMALL.replace("id: talk", f"id: {'t' * 60}").replace("id: joy", f"id: {'j' * 60}"))  # fmt: skip


def test_a_text_that_no_finder_gives_and_no_table_counts_is_free() -> None:
    framework = load_framework("ctg")
    assert framework.dimension("aims_text").free
    assert not framework.dimension("location").free
    assert not framework.dimension("phase").free


@pytest.mark.parametrize(
    ("old", "new", "line", "rule"),
    [
        ("ties, words]}", "ties, word]}", 7, "what names the dimension word, which does not exist"),
        ("ties, words]}", "ties, words, done]}", 7, "done belongs to the question what already"),
        ("words]}\n", "words]}\n- {id: what, label: B, dimensions: [gain]}\n", 8, "two questions have the id"),
        ("to: gain}", "to: pain}", 17, "ties: it links pain, which does not exist"),
        ("to: gain}", "to: words}", 17, "ties: it links words, which has no codes of its own"),
        ("kind: multi, links", "kind: single, links", 17, "only a multi dimension can have links"),
        ("to: gain}}", "to: gain}, codes: [{id: a, label: A}]}", 17, "are made, not given"),
        ("kind: text}", "kind: text, over_quotes: true}", 18, "only a coded dimension of the second stage"),
        ("label: Early}", "label: Early, diagramm: x}", 5, "unknown key diagramm"),
        ("from: done, to", "form: done, to", 17, "unknown key form"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_of_the_second_stage_is_refused_with_its_line(
    old: str, new: str, line: int, rule: str
) -> None:
    with pytest.raises(FrameworkError) as refused:
        small(old, new)
    assert f"small.yaml, line {line}: " in str(refused.value) and rule in str(refused.value)


def test_questions_links_and_over_quotes_make_another_id_and_a_diagram_does_not() -> None:
    ids = {
        small().framework_id,
        small("over_quotes: true, ").framework_id,
        small("words]}", "words, gain]}").framework_id,
    }
    assert len(ids) == 3
    assert (
        small(
            "label: Early}", "label: Early, diagram: {form: above, centre: Head, parts: [A, B]}}"
        ).framework_id
        == small().framework_id
    )


def test_a_link_is_suggested_where_both_its_codes_count_in_one_passage() -> None:
    texts = ("They talked and were happy.", "They walked.", "Nobody was happy after walks.")
    found, at = [], 0
    for text in texts:
        found.append(Passage(1, at, at + len(text), BlockKind.PARAGRAPH, text, ""))
        at += len(text) + 1
    made = {s.code: s for s in Proposer(small()).propose("r", found) if s.dimension == "ties"}
    assert made["talk__joy"].suggested and not made["walk__joy"].suggested
    (quoted,) = made["talk__joy"].evidence
    assert quoted.quote == texts[0] and quoted.because == ("talked and were happy",)


def test_a_codebook_tells_the_questions_and_does_not_list_every_pair() -> None:
    text = codebook(small())
    assert "- **What was done** `done`, `ties`, `words`" in text
    assert "Every code of `done` with every code of `gain`." in text and "talk__joy" not in text
    assert "Coded over the passages that were quoted" in text


def test_every_in_depth_dimension_of_the_bundled_framework_answers_a_question_or_is_a_further_framework() -> (
    None
):
    framework = load_framework("ctg")
    beside = [d.id for d in framework.stage("indepth") if framework.question_of(d.id) is None]
    assert beside == [d.id for d in framework.dimensions if d.over_quotes]
    for question in framework.questions:
        assert sum(framework.dimension(d).free for d in question.dimensions) == 1


def test_every_in_depth_code_of_version_2_has_a_definition_and_examples_of_it_and_near_it() -> None:
    framework = load_framework("ctg")
    new = {e.dimension for e in framework.history[0].edits}
    examples = load_examples("ctg", framework)
    shown = {(e.dimension, c) for e in examples for c in e.codes}
    near = {e.dimension for e in examples if e.near}
    for dimension in framework.dimensions:
        if dimension.id in new and dimension.coded and dimension.links is None:
            assert dimension.id in near
            for code in dimension.codes:
                assert code.definition
                if not (code.missing or code.otherwise or dimension.other is code):
                    assert (dimension.id, code.id) in shown, (dimension.id, code.id)


def test_the_framework_survives_being_written_and_read_again() -> None:
    again = read_framework("again.yaml", yaml.safe_dump(yaml.safe_load(SMALL)))
    assert again.framework_id == small().framework_id
