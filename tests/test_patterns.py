"""The language of patterns, over spaCy's tokens."""

from __future__ import annotations

import pytest

from ctg_nlp.errors import FrameworkError
from ctg_nlp.framework_file import load_framework
from ctg_nlp.suggest.language import flatten
from ctg_nlp.suggest.patterns import PatternError, Patterns, parse_pattern
from ctg_nlp.suggest.propose import Proposer

VOCABULARY = {"kids": ["pupil*", "boys", "young people"]}


def found(pattern: str, text: str) -> list[str]:
    flat = flatten(text)
    matches = Patterns([("x", pattern)], VOCABULARY).find(flat)
    return [text[flat.spans[m.start][0] : flat.spans[m.end - 1][1]] for m in matches]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("free school meals", "High Free School Meals here", ["Free School Meals"]),
        ("improv*", "it improved and is improving", ["improved", "improving"]),
        ("boys|girls", "Boys beat girls", ["Boys", "girls"]),
        ("$kids led", "the pupils led; young people led", ["pupils led", "young people led"]),
        ("met ..2 together", "we met very often together", ["met very often together"]),
        ("met ..2 together", "we met on one wet day together", []),
        ("very? good", "a good and very good day", ["good", "very good"]),
        ("# schools", "in 12 schools and three schools", ["12 schools", "three schools"]),
        ("half-termly", "a half-termly talk", ["half-termly"]),
        ("half-termly", "a half – termly talk", ["half – termly"]),
        ("didn't", "we didn’t go", ["didn’t"]),
        ("children's views", "the children’s views", ["children’s views"]),
        ("TA", "one TA, two TAs", ["TA"]),
        ("co-ordinator*", "the co-ordinators met", ["co-ordinators"]),
        ("school|co-ordinator* met", "the co-ordinators met", ["co-ordinators met"]),
        ("end", "the trend", []),
    ],
)
def test_a_pattern_finds_what_it_says(pattern: str, text: str, expected: list[str]) -> None:
    assert found(pattern, text) == expected


@pytest.mark.parametrize("pattern", ["", "..3", "a ..3", "..3 a", "$none a", "a||b", "maybe?", "*", "#"])
def test_a_pattern_that_says_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        parse_pattern(pattern, VOCABULARY)


def test_a_wrong_cue_in_a_framework_is_an_error_that_names_the_code(tmp_path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(
        "id: f\nversion: '1'\ntitle: F\ndimensions:\n- id: d\n  title: D\n  kind: multi\n  codes:\n"
        "  - {id: c, label: C, cues: {strong: ['$nothing here']}}\n",
        encoding="utf-8",
    )
    with pytest.raises(
        FrameworkError, match=r"d\.c: the cue cannot be used: there is no vocabulary 'nothing'"
    ):
        Proposer(load_framework(path))


def test_flattened_tokens_keep_their_offsets() -> None:
    text = "  The “heads’ views”, 3–4 of them\n(mostly)."
    flat = flatten(text)
    for (start, end), word in zip(flat.spans, flat.text.split(), strict=True):
        assert len(text[start:end]) == len(word)
        assert text[start:end].casefold()[:1].isalnum() == word[:1].isalnum()


def test_words_that_are_forgotten_while_they_are_looked_up_cost_no_report() -> None:
    class Forgetful(dict[str, tuple[int, ...]]):
        def __setitem__(self, word: str, numbers: tuple[int, ...]) -> None:
            """Kept, and cleared by another thread at once."""

    patterns = Patterns([("x", "met often")], {})
    patterns._of_word = Forgetful()
    assert len(list(patterns.find(flatten("they met often, and met often again")))) == 2
