"""The optional raters: sentence vectors from an encoder, and a language model behind a small real server."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError, HomeError, MissingTool
from ctg_nlp.framework import Example, Framework
from ctg_nlp.framework_file import load_examples, load_framework
from ctg_nlp.plain import run_plain
from ctg_nlp.posting import is_this_computer
from ctg_nlp.raters import KEY, raters_of, silences, without_silences
from ctg_nlp.records import BlockKind, Opinion, Passage, Suggestion
from ctg_nlp.settings import Home, make_home, open_home
from ctg_nlp.status import file_lines
from ctg_nlp.store.database import open_store
from ctg_nlp.suggest import local_encoder
from ctg_nlp.suggest.chat_endpoint import ChatEndpoint
from ctg_nlp.suggest.code_directions import fit_directions
from ctg_nlp.suggest.embedding_rater import EmbeddingRater, rated_codes
from ctg_nlp.suggest.language_model_rater import LanguageModelRater
from ctg_nlp.suggest.local_encoder import LocalEncoder
from ctg_nlp.suggest.propose import Proposer
from ctg_nlp.suggest.quoting import Quotable

from .conftest import EXAMPLE, ROOT

CTG = load_framework("ctg")
EXAMPLES = tuple(e for e in load_examples("ctg", CTG) if CTG.dimension(e.dimension).stage == "map")
"""Those of the second stage would take words of the small encoder, which has few."""

PLAIN = """
id: plain
version: '1'
title: Plain
dimensions:
- id: sources
  title: Sources of evidence
  kind: multi
  codes:
  - {id: minutes, label: Minutes of meetings, definition: Notes or minutes of meetings were kept.}
  - {id: photos, label: Photographs, definition: Photographs of displays or of pupils at work.}
  - {id: none, label: Not told, missing: true}
- id: place
  title: Place
  kind: single
  codes:
  - {id: school, label: At school, definition: It took place at school.}
  - {id: elsewhere, label: Elsewhere, definition: It took place elsewhere., otherwise: true}
"""


@pytest.fixture
def plain(tmp_path: Path) -> Framework:
    (tmp_path / "plain.yaml").write_text(PLAIN, encoding="utf-8")
    return load_framework(tmp_path / "plain.yaml")


def report(*texts: str, heading: str = "") -> list[Passage]:
    at, found = 0, []
    for text in texts:
        found.append(Passage(1, at, at + len(text), BlockKind.PARAGRAPH, text, heading))
        at += len(text) + 1
    return found


# --- Sentence vectors


class SmallEncoder:
    """A real encoder, of the examples' own words; counts how many texts it was given."""

    def __init__(self, texts: list[str]) -> None:
        self.words = TfidfVectorizer(sublinear_tf=True, stop_words="english")
        self.svd = TruncatedSVD(100, random_state=0).fit(self.words.fit_transform(texts))
        self.seen = 0

    def encode(self, texts: list[str]) -> Any:
        self.seen += len(texts)
        return normalize(self.svd.transform(self.words.transform(texts)))


@pytest.fixture(scope="module")
def encoder() -> SmallEncoder:
    return SmallEncoder([e.text for e in EXAMPLES])


@pytest.fixture(scope="module")
def rater(encoder: SmallEncoder) -> EmbeddingRater:
    return EmbeddingRater(CTG, EXAMPLES, encoder, "small")


MINUTES = "Minutes of the steering group meetings were kept and used as evidence."


def test_a_passage_that_means_what_a_code_means_is_said_with_its_quote(rater) -> None:
    found = rater.rate(report("It rained.", MINUTES, "The bus was late."))
    rating = found["evidence", "meeting_notes"]
    assert rating.says and rating.evidence[0].quote == MINUTES
    assert rating.score == max(r.score for (d, _), r in found.items() if d == "evidence")


def test_ratings_are_scores_with_at_most_three_quotes_of_at_most_sixty_words(rater) -> None:
    texts = [MINUTES, MINUTES + " And so it went on." * 30, *(e.text for e in EXAMPLES[::400])]
    whole = "\n".join(texts)
    for rating in rater.rate(report(*texts)).values():
        assert 0 <= rating.score <= 1
        assert len(rating.evidence) <= 3 and (rating.evidence or not rating.says)
        for e in rating.evidence:
            assert whole[e.start : e.end] == e.quote and len(e.quote.split()) <= 60


def test_what_is_planned_counts_for_less(rater) -> None:
    key = ("evidence", "meeting_notes")
    done = rater.rate(report(MINUTES))[key].score
    assert rater.rate(report(MINUTES, heading="Next steps"))[key].score < done


def test_facts_and_missing_codes_are_left_out_and_a_report_without_text_is_not_rated(rater) -> None:
    rated = {(d.id, c.id) for d, c in rated_codes(CTG, EXAMPLES)}
    found = rater.rate(report("Hello."))
    assert set(found) == rated
    facts = {d.id for d in CTG.dimensions if d.fact}
    assert not {d for d, _ in found} & facts
    assert not any(CTG.dimension(d).code(c).missing for d, c in found)
    heading = Passage(1, 0, 5, BlockKind.HEADING, "Hello")
    assert rater.rate([]) == {} and rater.rate([heading]) == {}


def test_definitions_and_examples_are_encoded_once_and_kept(tmp_path, encoder) -> None:
    first = EmbeddingRater(CTG, EXAMPLES, encoder, "small", tmp_path)
    said = first.rate(report(MINUTES))
    before = encoder.seen
    assert first.rate(report(MINUTES)) == said and encoder.seen == before + 1
    again = EmbeddingRater(CTG, EXAMPLES, encoder, "small", tmp_path)
    assert again.rate(report(MINUTES)) == said and encoder.seen == before + 2
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(b"broken")
    repaired = EmbeddingRater(CTG, EXAMPLES, encoder, "small", tmp_path)
    assert repaired.rate(report(MINUTES)) == said and encoder.seen > before + 1000


def test_the_name_changes_with_the_encoder_and_the_examples(encoder) -> None:
    made = [("small", EXAMPLES), ("other", EXAMPLES), ("small", EXAMPLES[1:])]
    assert len({EmbeddingRater(CTG, examples, encoder, name).rater_id for name, examples in made}) == 3


def test_a_code_with_fewer_than_three_examples_is_not_rated(plain, encoder) -> None:
    examples = [Example("sources", f"{MINUTES} {n}", ("minutes",)) for n in range(3)]
    examples += [Example("sources", "Photographs were taken.", ("photos",))] * 2
    examples += [Example("sources", "The bus was late.", near=("photos",))] * 3
    found = EmbeddingRater(plain, examples, encoder, "small").rate(report(MINUTES))
    assert set(found) == {("sources", "minutes")} and found["sources", "minutes"].says


def test_a_framework_without_examples_cannot_be_rated_and_is_told(
    tmp_path, plain, encoder, monkeypatch
) -> None:
    assert EmbeddingRater(plain, (), encoder, "small").rate(report(MINUTES)) == {}
    home = make_home(tmp_path / "home", str(tmp_path / "plain.yaml"))
    model = tmp_path / "model"
    model.mkdir()
    (model / "modules.json").write_text("[]", encoding="utf-8")
    (model / "model.safetensors").write_bytes(b"")
    monkeypatch.setattr(local_encoder, "_PACKAGE", "json")
    with pytest.raises(HomeError, match="needs examples, and the framework plain has no code"):
        raters_of(replace(home, embeddings=model))


@given(st.integers(2, 30), st.integers(1, 6), st.integers(0, 99))
def test_directions_are_finite_whatever_is_shown(texts: int, codes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(texts, 5))
    scores = fit_directions(vectors, rng.random((texts, codes)) < 0.3).scores(vectors)
    assert scores.shape == (texts, codes) and np.isfinite(scores).all()


def test_a_code_scores_higher_where_it_is_shown() -> None:
    shows = np.eye(4, dtype=bool).repeat(3, axis=0)
    vectors = np.eye(4).repeat(3, axis=0) + np.random.default_rng(0).normal(scale=0.05, size=(12, 4))
    scores = fit_directions(vectors, shows).scores(vectors)
    assert scores[shows].min() > 0 > scores[~shows].max()


def test_a_folder_without_a_model_and_a_missing_package_are_told_with_the_cure(tmp_path, monkeypatch) -> None:
    with pytest.raises(HomeError, match="never downloaded"):
        LocalEncoder(tmp_path)
    (tmp_path / "modules.json").write_text("[]", encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"")
    monkeypatch.setattr(local_encoder, "_PACKAGE", "no_such_package_at_all")
    with pytest.raises(MissingTool, match=r"pip install 'ctg_nlp\[embeddings\]'"):
        LocalEncoder(tmp_path)
    monkeypatch.setattr(local_encoder, "_PACKAGE", "json")
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(HomeError, match="cannot be loaded"):
        LocalEncoder(tmp_path).encode(["Hello."])


# --- A language model

Answer = Callable[[dict[str, Any]], tuple[int, Any]]


class Server:
    """A server of chat completions. `answers` gives status and body by question; `asked` are the questions."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: Answer = lambda _: (200, said({"codes": []}))
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802
                question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append({**question, "path": self.path})
                outer.headers.append(dict(self.headers))
                status, body = outer.answers(question)
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", body)
                self.end_headers()
                for piece in body if isinstance(body, list) else [body]:
                    self.wfile.write(piece if isinstance(piece, bytes) else json.dumps(piece).encode())
                    if isinstance(body, list):
                        self.wfile.flush()
                        time.sleep(0.1)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that left is no error
        self.base = f"http://127.0.0.1:{self.http.server_port}/v1"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


def said(content: Any, **message: Any) -> dict[str, Any]:
    text = content if isinstance(content, str) or content is None else json.dumps(content)
    return {"choices": [{"message": {"content": text, **message}, "finish_reason": "stop"}]}


def naming(*codes: tuple[str, list[Any]]) -> tuple[int, Any]:
    return 200, said({"codes": [{"code": code, "quotes": quotes} for code, quotes in codes]})


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.http.shutdown()
    started.http.server_close()


@pytest.fixture
def model(server: Server, plain: Framework) -> LanguageModelRater:
    return LanguageModelRater(plain, ChatEndpoint(server.base, "small-model", seconds=5))


def on_sources(answer: tuple[int, Any]) -> Answer:
    """The given answer on the sources of evidence; nothing is named elsewhere."""
    return lambda q: answer if "Sources of evidence" in q["messages"][1]["content"] else naming()


REPORT = report(
    "We kept the  minutes of\nall meetings.", "It’s all on film – photos were taken.", "Photos: 12"
)


def test_a_code_is_said_with_the_passage_of_its_quote(server, model) -> None:
    quote = {"passage": 1, "quote": "kept the minutes of all meetings"}
    server.answers = on_sources(naming(("minutes", [quote]), ("unheard_of", [quote])))
    found = model.rate(REPORT)
    assert set(found) == {("sources", c) for c in ("minutes", "photos", "none")} | {
        ("place", c) for c in ("school", "elsewhere")
    }
    rating = found["sources", "minutes"]
    assert rating.says and [e.quote for e in rating.evidence] == [REPORT[0].text]
    assert not any(r.says for key, r in found.items() if key != ("sources", "minutes"))
    assert model.warnings() == ()


def test_the_question_holds_the_codebook_and_numbered_passages_and_asks_for_json(server, model) -> None:
    model.rate(REPORT)
    first = server.asked[0]
    text = first["messages"][1]["content"]
    assert first["path"] == "/v1/chat/completions"
    assert (first["model"], first["temperature"]) == ("small-model", 0)
    assert "[1] We kept" in text and "[3] Photos: 12" in text
    assert "Notes or minutes of meetings were kept." in text and "Plans, wishes, negations" in text
    assert first["response_format"]["type"] == "json_schema"
    assert "Authorization" not in server.headers[0]
    assert len(server.asked) == 2


def test_an_invented_quote_is_dropped_and_its_code_with_it(server, model) -> None:
    invented = {"passage": 1, "quote": "we kept a diary of all meetings"}
    true = {"passage": 2, "quote": "It's all on film - photos were taken."}
    server.answers = on_sources(naming(("minutes", [invented]), ("photos", [invented, true])))
    found = model.rate(REPORT)
    assert not found["sources", "minutes"].says and found["sources", "minutes"].evidence == ()
    assert [e.quote for e in found["sources", "photos"].evidence] == [REPORT[1].text]


def test_absence_needs_no_quote_but_stands_only_alone(server, model) -> None:
    server.answers = on_sources(naming(("none", [])))
    assert model.rate(REPORT)["sources", "none"].says
    server.answers = on_sources(naming(("none", []), ("photos", [{"passage": 3, "quote": "Photos: 12"}])))
    found = model.rate(REPORT)
    assert found["sources", "photos"].says and not found["sources", "none"].says


FAILURES: dict[str, tuple[tuple[int, Any], str]] = {
    "malformed": ((200, said("Certainly! Here are the codes")), "not of the form"),
    "other JSON": ((200, said({"answer": ["minutes"]})), "not of the form"),
    "no completion": ((200, {"error": "SECRET"}), "not of the form"),
    "no JSON": ((200, b"<html>SECRET"), "not of the form"),
    "a list": ((200, [[]]), "not of the form"),
    "error": ((500, {"error": "SECRET"}), "HTTP status 500"),
    "redirect": ((307, "http://192.0.2.1/v1"), "HTTP status 307"),
    "refusal": ((200, said(None, refusal="SECRET")), "refused"),
    "too long": ((200, b"x" * (1 << 21)), "too long"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_it_is_silent_where_the_model_fails_twice_and_people_are_told(server, model, name) -> None:
    failure, cause = FAILURES[name]
    server.answers = on_sources(failure)
    found = model.rate(REPORT)
    assert {d for d, _ in found} == {"place"}
    assert len(server.asked) == 3  # twice on the sources, once on the place
    ((what, why),) = model.warnings()
    assert "127.0.0.1" in what and "left 1 question unanswered" in why and cause in why
    assert "SECRET" not in what + why and "minutes" not in why


def test_a_second_answer_is_taken(server, model) -> None:
    quote = {"passage": 3, "quote": "Photos: 12"}
    server.answers = lambda _: (503, {}) if len(server.asked) == 1 else naming(("photos", [quote]))
    assert model.rate(REPORT)["sources", "photos"].says and model.warnings() == ()


def test_a_server_without_schemas_is_asked_for_json_alone(server, model) -> None:
    def answers(question: dict[str, Any]) -> tuple[int, Any]:
        plain_json = question["response_format"]["type"] == "json_object"
        return naming(("photos", ["photos were taken"])) if plain_json else (400, {})

    server.answers = answers
    assert model.rate(REPORT)["sources", "photos"].says


@pytest.mark.parametrize("drips", [False, True], ids=["late", "a little at a time"])
def test_a_slow_server_is_given_up_in_time(server, plain, drips) -> None:
    def slow(_: dict[str, Any]) -> tuple[int, Any]:
        if drips:
            return 200, [b" "] * 50
        time.sleep(1)
        return naming()

    server.answers = slow
    rater = LanguageModelRater(plain, ChatEndpoint(server.base, "m", seconds=0.25))
    start = time.monotonic()
    assert rater.rate(REPORT) == {}
    assert time.monotonic() - start < 3
    assert all("did not answer within 0.25 seconds" in why for _, why in rater.warnings())


def test_a_server_that_is_not_there_is_not_asked_for_ever(server, plain) -> None:
    server.http.shutdown()
    server.http.server_close()
    rater = LanguageModelRater(plain, ChatEndpoint(server.base, "m", seconds=5))
    for _ in range(10):
        assert rater.rate(REPORT) == {}
    causes = " ".join(why for _, why in rater.warnings())
    assert "could not be reached" in causes and "not asked any more" in causes
    assert len(rater.warnings()) == 2  # counted, not listed


def test_a_long_report_is_asked_about_in_pieces(server, model) -> None:
    long = report(*["It rained all day and the next day too. " * 10] * 60, "Photos were taken daily.")
    quote = {"passage": 61, "quote": "Photos were taken daily."}
    server.answers = lambda q: (
        naming(("photos", [quote])) if "Photos were taken daily" in q["messages"][1]["content"] else naming(("none", []))
    )  # fmt: skip
    found = model.rate(long)
    assert len(server.asked) == 4
    assert found["sources", "photos"].says and not found["sources", "none"].says
    assert found["sources", "photos"].evidence[0].start == long[60].start


def test_only_this_computer_is_asked_unless_a_site_says_otherwise(server) -> None:
    far = (
        "http://example.org/v1",
        "https://10.0.0.7:8080",
        "http://127.0.0.1.example.org",
        "http://[2001:db8::1]/",
    )
    for base in far:
        with pytest.raises(HomeError, match="language_model_remote = true"):
            ChatEndpoint(base, "m", 5)
        ChatEndpoint(base, "m", 5, remote=True)
    for base in ("http://localhost:1/v1", "http://127.0.0.1:1", "http://[::1]:8080/v1"):
        ChatEndpoint(base, "m", 5)
    assert is_this_computer("127.0.0.2") and not is_this_computer("0.0.0.0")


@pytest.mark.parametrize(
    "base", ["", "127.0.0.1:8080", "ftp://localhost", "http://u:p@localhost", "http://localhost:x"]
)
def test_an_address_that_cannot_be_used_is_told_without_repeating_a_password(base) -> None:
    with pytest.raises(HomeError, match="no address such as") as told:
        ChatEndpoint(base, "m", 5)
    assert "u:p" not in str(told.value)


def test_a_proxy_is_never_used(server, model, monkeypatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://192.0.2.1:9")
    assert model.rate(REPORT) and model.warnings() == ()


def test_the_key_is_sent_and_never_shown(server, plain) -> None:
    endpoint = ChatEndpoint(server.base, "m", 5, key="sesame")
    rater = LanguageModelRater(plain, endpoint)
    server.answers = lambda _: (401, {})
    rater.rate(REPORT)
    assert server.headers[0]["Authorization"] == "Bearer sesame"
    assert "sesame" not in repr(endpoint) + repr(rater.warnings()) + rater.rater_id
    with pytest.raises(HomeError) as told:
        ChatEndpoint(server.base, "m", 5, key="ses\name")
    assert "ses" not in str(told.value)


def test_its_name_tells_the_model_and_changes_with_the_codebook(plain) -> None:
    def name(framework: Framework, model: str) -> str:
        return LanguageModelRater(framework, ChatEndpoint("http://localhost/v1", model, 5)).rater_id

    assert name(plain, "a model|7b").startswith("model-1:a-model-7b+")
    assert len({name(plain, "a"), name(plain, "b"), name(CTG, "a")}) == 3
    assert "|" not in name(plain, "a|b")


# --- Quotes


@given(
    st.lists(st.text("ab c’\n\t.", min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=6),
    st.data(),
)
def test_what_stands_in_a_report_is_found_where_it_stands(texts: list[str], data: st.DataObject) -> None:
    whole, passages = "\n".join(texts), report(*texts)
    place = data.draw(st.integers(0, len(texts) - 1))
    found = Quotable(passages).find(" ".join(texts[place].split()).replace("’", "'"), place)
    assert all(whole[e.start : e.end] == e.quote for e in found)
    if len(texts[place].split()) >= 3:
        assert found


def test_a_quote_must_be_whole_words_three_of_them_or_a_whole_passage() -> None:
    quotable = Quotable(report("The headteacher led the work.", "Governors", "Governors were asked twice."))
    assert quotable.find("eadteacher led the work") == ()
    assert quotable.find("the work") == () and quotable.find("") == () and quotable.find("…") == ()
    assert [e.quote for e in quotable.find("Governors")] == ["Governors"]
    assert [e.quote for e in quotable.find("led the work. Governors")] == [
        "The headteacher led the work.",
        "Governors",
    ]
    assert quotable.find("The Headteacher led the work.") == ()  # word for word


def test_a_quote_that_stands_in_several_places_is_taken_where_it_was_said_to_be() -> None:
    quotable = Quotable(report("It went well again.", "It rained.", "It went well again."))
    assert [quotable.find("It went well", n)[0].start for n in (None, 0, 2, 99)] == [0, 0, 31, 0]


# --- Joined


def test_where_no_classifier_was_taught_the_raters_are_joined_with_the_cues(server, plain, model) -> None:
    server.answers = on_sources(naming(("photos", [{"passage": 3, "quote": "Photos: 12"}])))
    found = {(s.dimension, s.code): s for s in Proposer(plain, raters=[model]).propose("r", REPORT)}
    photos = found["sources", "photos"]
    assert photos.suggested and [e.quote for e in photos.evidence] == ["Photos: 12"]
    assert [(o.rater, o.says) for o in photos.opinions] == [(model.rater_id, True)]


def configured(folder: Path, **settings: str | bool) -> Home:
    make_home(folder)
    lines = [f"{k} = {json.dumps(v)}" for k, v in settings.items()]
    (folder / "ctg.toml").write_text("\n".join(['framework = "ctg"', *lines]), encoding="utf-8")
    return open_home(folder)


def test_without_settings_there_is_no_optional_rater_and_nothing_of_theirs_is_imported(tmp_path) -> None:
    home = configured(tmp_path / "home")
    assert raters_of(home) == ()
    code = (
        "import sys, pathlib, ctg_nlp.pipeline; from ctg_nlp.raters import raters_of;"
        "from ctg_nlp.settings import open_home; raters_of(open_home(pathlib.Path(sys.argv[1])));"
        "print(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(home.root)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(done.stdout.split())
    ours = ("embedding_rater", "local_encoder", "language_model_rater", "chat_endpoint")
    # spaCy itself loads httpx, and PyTorch where it is installed
    assert not loaded & {"transformers", "sentence_transformers"}
    assert not loaded & {f"ctg_nlp.suggest.{name}" for name in ours}


def test_settings_that_cannot_be_used_are_told_before_a_run(tmp_path, monkeypatch) -> None:
    with pytest.raises(CtgError, match="holds no sentence-transformers model"):
        raters_of(configured(tmp_path / "a", embeddings="no/such/folder"))
    with pytest.raises(HomeError, match="language_model_name"):
        raters_of(configured(tmp_path / "b", language_model="http://localhost:1/v1"))
    far = {"language_model": "http://example.org/v1", "language_model_name": "m"}
    with pytest.raises(HomeError, match="confidential"):
        raters_of(configured(tmp_path / "c", **far))
    monkeypatch.setenv(KEY, "sesame")
    (rater,) = raters_of(configured(tmp_path / "d", **far, language_model_remote=True))
    assert rater.rater_id.startswith("model-1:m+")


def test_a_report_on_which_the_model_was_silent_says_so_and_is_asked_about_again(tmp_path, server) -> None:
    home = configured(tmp_path / "home", language_model=server.base, language_model_name="m")
    pdf = next(p for p in (EXAMPLE / "raw").iterdir() if "G018" in p.name)
    (home.raw / pdf.name).write_bytes(pdf.read_bytes())

    def run() -> tuple[Any, str]:
        summary = run_plain(home, home.raw, run_id=utc_now(), clock=utc_now)
        store = open_store(home.database)
        (line,) = file_lines(store)
        store.close()
        return summary, line.message

    server.answers = lambda q: (500, {}) if "(`evidence`)" in q["messages"][1]["content"] else naming()
    summary, message = run()
    assert not summary.failed and "said nothing of evidence; the next" in message and "asks again" in message
    assert any("HTTP status 500" in why for _, why in summary.problems)
    server.answers = lambda _: naming()
    summary, message = run()
    assert summary.proposed_again == 1 and message == "" and summary.problems == ()
    summary, _ = run()
    assert (summary.read, summary.proposed_again) == (0, 0)


def test_what_was_silent_is_taken_out_of_the_warnings_of_a_report_again(plain, model) -> None:
    (nothing,) = silences([model], ())
    heard = Suggestion(
        "r", "place", "school", 0.0, 0.5, False, "m", "f", opinions=(Opinion(model.rater_id, 0.0, False),)
    )
    (of_one,) = silences([model], [heard])
    assert "said nothing; the next" in nothing and "said nothing of sources; the next" in of_one
    for sentence in (nothing, of_one):
        assert without_silences(f"Page 3 is scanned. {sentence}") == "Page 3 is scanned."
    assert without_silences("") == "" and without_silences("Page 3.") == "Page 3."
