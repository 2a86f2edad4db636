"""Bytes of any kind to all that takes files from elsewhere: a result or a `CtgError`, in less than a second."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bench.fuzz_change import changed
from bench.fuzz_targets import TARGETS, Bench, bench_at, run_target, seeds

_ALIASES = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}x]\n" for n in range(1, 12))

FINDINGS: tuple[tuple[str, bytes], ...] = (
    ("decisions", b"[" * 100_000),
    ("decisions", b'{"value": ' + b"9" * 5000 + b"}"),
    ("selection", b'{"a":' * 20_000),
    ("findings", b"[" * 100_000),
    ("findings", b'{"text": "a", "dimension": "aims", "position": 99999999999999999999}'),
    ("findings", b'{"text": "\\ud800", "dimension": "aims"}'),
    ("quotations", b'{"source": {"report": "a.pdf", "page": 99999999999999999999}, "quote_id": 7}'),
    ("framework", _ALIASES.encode()),
    ("framework", b"id: 2001-99-99"),
    ("framework", b"id: 0b"),
    ("framework", b'id: "\\uD800"\nversion: "1"\ntitle: a\ndimensions: []'),
    ("settings", b"workers = 99999999999999999999"),
    ("settings", b'framework = "a\\u0000b"'),
    ("settings", b"workers = " + b"[" * 20_000),
    ("anchoring", b" " * 300_000 + b"a"),
    ("passages", b"." * 100_000 + b"a"),
    ("passages", b"e.g. " * 50_000),
    ("passages", b"word " * 200_000),
    ("passages", b"x" * 2_000_000),
)
"""What fuzzing, or reading the code with it in mind, found once: the target and its input."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = bench_at(tmp_path_factory.mktemp("fuzz") / "bench")
    yield made
    made.reader.close()
    made.store.close()


@pytest.mark.parametrize("target", TARGETS)
@example(source=random.Random(1), anything=b"")
@given(source=st.randoms(use_true_random=False), anything=st.binary(max_size=200))
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_any_bytes_are_taken_or_refused_in_words(
    bench: Bench, target: str, source: random.Random, anything: bytes
) -> None:
    for data in (changed(seeds(target, bench), source), anything):
        run_target(target, bench, data)


@pytest.mark.parametrize(("target", "data"), FINDINGS, ids=[f"{n}" for n in range(len(FINDINGS))])
def test_what_fuzzing_found_once_is_taken_or_refused_in_words(bench: Bench, target: str, data: bytes) -> None:
    began = time.process_time()
    run_target(target, bench, data)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("target", TARGETS)
def test_what_each_target_is_made_of_is_taken(bench: Bench, target: str) -> None:
    for data in seeds(target, bench):
        TARGETS[target](bench, data)
