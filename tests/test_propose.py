"""What is proposed, with which evidence."""

from __future__ import annotations

from ctg_nlp.constraints import violations
from ctg_nlp.framework_file import load_framework
from ctg_nlp.records import BlockKind, Passage, Status, Suggestion
from ctg_nlp.suggest.propose import Proposer

CTG = load_framework("ctg")
PROPOSER = Proposer(CTG)


def propose(*texts: str, heading: str = "") -> dict[str, Suggestion]:
    at, found = 0, []
    for text in texts:
        found.append(Passage(1, at, at + len(text), BlockKind.PARAGRAPH, text, heading))
        at += len(text) + 1
    return {f"{s.dimension}.{s.code or 'value'}": s for s in PROPOSER.propose("r", found)}


def test_every_code_and_value_gets_a_suggestion_with_what_made_it() -> None:
    found = propose("Nothing of note.")
    expected = {f"{d.id}.{c.id}" for d in CTG.dimensions for c in d.codes}
    expected |= {f"{d.id}.value" for d in CTG.dimensions if not d.coded}
    assert set(found) == expected
    assert {s.model_id for s in found.values()} == {PROPOSER.model_id}
    assert {s.framework_id for s in found.values()} == {CTG.framework_id}
    assert all(0 <= s.score <= 1 for s in found.values())


def test_a_mention_is_suggested_with_its_passage() -> None:
    text = "Minutes of the steering group were kept and used as evidence."
    found = propose(text)["evidence.meeting_notes"]
    assert found.suggested
    assert [e.quote for e in found.evidence] == [text]


def test_a_plan_is_held_back_and_says_so() -> None:
    found = propose("Next year we will interview parents with a questionnaire.")[
        "evidence.parental_perceptions"
    ]
    assert not found.suggested
    assert found.evidence == ()
    assert [e.status for e in found.held_back] == [Status.PLANNED]


def test_absence_is_suggested_without_evidence() -> None:
    found = propose("We met in June.")["characteristics.not_specified"]
    assert found.suggested and found.evidence == ()


def test_quotes_are_at_most_three_of_at_most_sixty_words_and_at_their_offsets() -> None:
    long = "Well, " + "as it was " * 60 + "the headteacher led it " + "and so on " * 60 + "."
    texts = (long, "The headteacher met us.", "The heads agreed.", "Our head was there.", "Two heads came.")
    whole = "\n".join(texts)
    found = propose(*texts)
    for s in found.values():
        assert len(s.evidence) <= 3
        for e in (*s.evidence, *s.held_back):
            assert whole[e.start : e.end] == e.quote
            assert len(e.quote.split()) <= 60
    assert "headteacher" in " ".join(e.quote for e in found["stakeholders.headteacher"].evidence)


def test_what_is_suggested_keeps_the_rules_of_the_framework() -> None:
    found = propose(
        "Three primary schools in Hull, with a single-school pilot on our own and no partners.",
        "We agreed a shared vision. Minutes, photos and tests were used. Boys were behind in writing.",
        "It is not clear what the focus was. Pupils were identified by name; nobody was picked out.",
    )
    for dimension in CTG.dimensions:
        chosen = [c.id for c in dimension.codes if found[f"{dimension.id}.{c.id}"].suggested]
        assert violations(dimension, chosen) == ()


def test_a_framework_without_cues_or_facts_is_proposed_for_without_error(tmp_path) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text(
        "id: plain\nversion: '1'\ntitle: Plain\ndimensions:\n"
        "- {id: a, title: A, kind: multi, codes: [{id: x, label: X}, {id: none, label: N, missing: true}]}\n"
        "- {id: b, title: B, kind: number}\n- {id: c, title: C, kind: single, codes: [{id: y, label: Y}]}\n",
        encoding="utf-8",
    )
    passage = Passage(1, 0, 5, BlockKind.PARAGRAPH, "Hello")
    found = {(s.dimension, s.code): s for s in Proposer(load_framework(path)).propose("r", [passage])}
    assert found["a", "none"].suggested and not found["a", "x"].suggested
    assert found["b", None].value is None and not found["b", None].suggested
    assert not found["c", "y"].suggested


def test_the_model_changes_its_name_with_a_cue(tmp_path) -> None:
    text = (
        "id: p\nversion: '1'\ntitle: P\ndimensions:\n"
        "- {id: a, title: A, kind: multi, codes: [{id: x, label: X, cues: {strong: [CUE]}}]}\n"
    )
    ids = set()
    for cue in ("red", "blue"):
        path = tmp_path / f"{cue}.yaml"
        path.write_text(text.replace("CUE", cue), encoding="utf-8")
        ids.add(Proposer(load_framework(path)).model_id)
    assert len(ids) == 2


def test_a_cue_worded_as_a_denial_is_not_denied_by_its_own_words() -> None:
    found = propose("There are no immediate plans to take this further.", heading="Next steps")[
        "rollout.none"
    ]
    assert found.suggested and found.evidence
    alone = propose("We worked on our own, with no partners.")["partnership.other"]
    assert alone.suggested
