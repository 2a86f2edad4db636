"""What is told after a scheduled batch: ids and counts, to the host that the setting names, and no text."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from ctg_nlp import quiet
from ctg_nlp.cli.serve import _answers
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import HomeError
from ctg_nlp.notices import (
    BROKEN,
    FINISHED,
    INCOMPLETE,
    REFUSED,
    Notice,
    check_webhook,
    notice_of,
    send,
    tell,
)
from ctg_nlp.pipeline import Batch
from ctg_nlp.plain import run_plain
from ctg_nlp.schedule import check_schedule, last_time, missed, next_time
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store.database import open_store

from .conftest import EXAMPLE


class Hook(HTTPServer):
    """A webhook on this computer: remembers what it was told, and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.told: list[dict] = []
        self.status = 204
        self.url = f"http://127.0.0.1:{self.server_port}/secret-path?key=1"


class _Hook(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append({"path": self.path, **json.loads(body)})
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", self.server.url)
        self.end_headers()

    def do_GET(self) -> None:  # noqa: N802
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def read_home(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home after a batch of one good report, one refused file, and one that could not be opened."""
    tmp_path = tmp_path_factory.mktemp("read")
    home = open_home(Path(shutil.copytree(empty_home, tmp_path / "home")))
    shutil.copy(EXAMPLE / "raw" / "G002 report v2 FINAL.pdf", home.raw / "Jane Roe G002.pdf")
    (home.raw / "empty.pdf").write_bytes(b"")
    (home.raw / "nowhere.pdf").symlink_to(tmp_path / "nowhere")
    run_plain(home, home.raw, run_id="r1", clock=utc_now)
    return home


def notice(home: Home, **how) -> Notice:
    store = open_store(home.database)
    try:
        return notice_of(store, home, "r1", **how)
    finally:
        store.close()


def test_a_notice_counts_what_was_read_what_failed_and_what_waits(read_home: Home) -> None:
    told = notice(read_home)
    assert told.ended == INCOMPLETE and told.read == 2 and told.unreadable == 1
    assert told.verdicts == {"accepted": 1, "refused": 1} and told.failed == ()
    assert told.without_decisions == 1
    assert told.open_tables == sum(d.stage == "map" for d in read_home.framework.dimensions)
    read = (
        "The batch of home has ended, and some reports failed: 2 read (1 accepted, 1 refused), 1 could not be"
    )
    assert told.in_words().startswith(
        f"{read} opened. Waiting: for coders 1 report without any decision and "
    )
    assert "adjudicator" not in told.in_words() and "0" not in told.in_words().replace("10", "")


def test_a_notice_of_a_run_that_was_killed_counts_what_it_had_read(empty_home: Path, tmp_path: Path) -> None:
    home = open_home(Path(shutil.copytree(empty_home, tmp_path / "home")))
    shutil.copy(EXAMPLE / "raw" / "G002 report v2 FINAL.pdf", home.raw)
    (home.raw / "empty.pdf").write_bytes(b"")
    store = open_store(home.database)
    try:
        with Batch(home, store, home.raw, utc_now) as batch:
            for work in batch.plan.work:
                batch.process(work)
        told = notice_of(store, home, "", error="Killed")
        refused = notice_of(store, home, "", refused=True)
    finally:
        store.close()
    assert told.in_words() == "The batch of home broke off (Killed): 2 read (1 accepted, 1 refused)."
    assert refused.read == 0 and refused.verdicts == {}  # what is not settled is another run's


def test_a_notice_tells_how_a_run_ended(read_home: Home) -> None:
    assert notice(read_home, refused=True).ended == REFUSED
    broken = notice(read_home, error="StoreError")
    assert broken.ended == BROKEN and "The batch of home broke off (StoreError): 2 read" in broken.in_words()
    assert "aiting" not in broken.in_words()  # before reports are settled nobody knows
    assert "nothing was read" in replace(broken, read=0).in_words()
    empty = replace(
        notice(read_home), ended=FINISHED, read=0, unreadable=0, verdicts={}, chase=2, conflicts=1
    )
    empty = replace(empty, without_decisions=0, open_tables=0)
    assert empty.in_words() == (
        "The batch of home has ended: nothing new was read. Waiting: for an adjudicator 1 conflict; for a "
        "reminder 2 groups."
    )
    assert replace(empty, chase=0, conflicts=0).in_words().endswith("read. Nothing waits.")


def test_a_batch_that_brings_nothing_new_is_told_of_once_and_then_only_where_that_is_wanted(
    read_home: Home, hook: Hook
) -> None:
    home = replace(read_home, notify_webhook=hook.url)
    empty = replace(notice(home), ended=FINISHED, read=0, unreadable=0)
    store = open_store(home.database)

    def told(which: Notice, home: Home = home) -> bool:
        return tell(store, home, which, utc_now())[0]

    hook.status = 500
    assert tell(store, home, empty, utc_now()) == (False, "127.0.0.1 answered with HTTP status 500")
    hook.status = 204
    assert told(empty)  # what waits was told to nobody yet
    assert not told(empty)
    assert told(empty, replace(home, notify_empty=True))
    assert told(replace(empty, read=1)) and told(replace(empty, ended=BROKEN))
    assert not told(replace(empty, open_tables=1))  # less waits
    assert told(empty)  # and more again
    assert [t["project"] for t in hook.told] == ["home"] * 6
    store.close()


def test_what_is_sent_names_neither_files_nor_folders_nor_words_of_reports(
    read_home: Home, hook: Hook
) -> None:
    assert send(hook.url, notice(read_home)) == ""
    sent = json.dumps(hook.told)
    assert hook.told[0]["path"] == "/secret-path?key=1" and hook.told[0]["run_id"] == "r1"
    for word in ("Roe", "G002", ".pdf", "empty", str(read_home.root), "teacher"):
        assert word not in sent


def test_a_webhook_that_does_not_take_it_is_told_without_its_secret_path(read_home: Home, hook: Hook) -> None:
    hook.status = 500
    assert send(hook.url, notice(read_home)) == "127.0.0.1 answered with HTTP status 500"
    hook.status = 302
    assert send(hook.url, notice(read_home)) == "127.0.0.1 answered with HTTP status 302"
    assert len(hook.told) == 2  # and nothing was sent to where it pointed
    gone = send("http://127.0.0.1:9/secret", notice(read_home))
    assert gone == "127.0.0.1 could not be reached (ConnectionRefusedError)"


def drip(listener: socket.socket, done: threading.Event) -> None:
    """Answer a byte of a header at a time, for as long as anybody reads."""
    asking, _ = listener.accept()
    with asking, suppress(OSError):
        asking.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not done.wait(0.05):
            asking.sendall(b"x")


def test_a_webhook_that_drips_its_answer_is_given_up_in_time(read_home: Home) -> None:
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip, args=(listener, done), daemon=True).start()
        began, url = time.monotonic(), f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert send(url, notice(read_home), seconds=0.5) == "127.0.0.1 did not answer within 0.5 seconds"
        assert time.monotonic() - began < 3
        done.set()


def test_no_proxy_learns_of_a_notice_or_of_what_our_own_parts_say_to_each_other(
    read_home: Home, hook: Hook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy = "http://127.0.0.1:9"  # where nothing answers
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "intern.example.org")
    with pytest.raises(httpx.HTTPError):
        httpx.post(hook.url, json={}, timeout=30)
    assert send(hook.url, notice(read_home)) == ""
    assert _answers(f"http://127.0.0.1:{hook.server_port}/there")
    monkeypatch.setattr(quiet, "_PREFECT", {})
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    quiet.prepare_prefect(tmp_path)
    assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "intern.example.org,127.0.0.1,localhost"
    assert httpx.post(hook.url, json={}, timeout=30).status_code == 204  # as Prefect's client asks


@pytest.mark.parametrize(
    "address",
    [
        "hooks.example.org",
        "ftp://example.org/",
        "http://example.org/x",
        "https://me:pw@example.org/",
        "https://",
    ],
)
def test_an_address_that_must_not_be_used_is_told_before_anything_starts(address: str) -> None:
    with pytest.raises(HomeError, match="notify_webhook"):
        check_webhook(address)


def test_the_host_of_a_webhook_is_the_one_that_its_address_names() -> None:
    assert check_webhook("https://hooks.example.org/services/1") == "hooks.example.org"
    assert check_webhook("http://localhost:8000/") == "localhost:8000"


@pytest.fixture
def london(empty_home: Path) -> Home:
    return replace(open_home(empty_home), schedule="30 1 * * *", schedule_timezone="Europe/London")


def test_the_next_time_is_in_the_zone_of_the_schedule(london: Home) -> None:
    summer, winter = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    for day, hour in ((summer, 0), (winter, 1)):
        upcoming = next_time(london, day)
        assert upcoming is not None and upcoming.astimezone(UTC) == day.replace(hour=hour, minute=30)
    assert next_time(replace(london, schedule=""), summer) is None


def test_a_night_of_which_an_hour_is_left_out_or_comes_twice_has_one_batch(london: Home) -> None:
    for day in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        first = next_time(london, day)
        assert first is not None
        second = next_time(london, first.astimezone(UTC))
        assert second is not None and 22 * 3600 < (second - first).total_seconds() < 26 * 3600


def test_of_an_hour_that_comes_twice_only_the_first_has_batches_as_the_docs_say(london: Home) -> None:
    often, now = replace(london, schedule="*/30 * * * *"), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    upcoming = next_time(often, now)
    assert upcoming is not None and upcoming.astimezone(UTC) == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)
    utc = next_time(replace(often, schedule_timezone="UTC"), now)
    assert utc is not None and utc.astimezone(UTC) == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


def test_a_batch_that_was_due_while_nothing_served_was_missed(london: Home) -> None:
    now = datetime(2026, 7, 10, 12, tzinfo=UTC)
    due = last_time(london, now)
    assert due is not None and due.astimezone(UTC) == datetime(2026, 7, 10, 0, 30, tzinfo=UTC)
    assert missed(london, "2026-07-09T23:00:00+00:00", now) == due
    assert missed(london, "2026-07-10T00:31:00+00:00", now) is None
    assert missed(london, "", now) is None  # none ever ran: the first one comes by the clock
    while_starting = due - timedelta(seconds=20)  # a time that comes then is not planned by Prefect
    assert missed(london, "", due + timedelta(seconds=20), while_starting) == due
    assert missed(london, "", now, due) is None
    assert missed(london, "2026-07-10T00:31:00+00:00", now, while_starting) is None  # it ran: not once more
    yearly = replace(london, schedule="0 2 1 1 *")
    assert last_time(yearly, now) == datetime(2026, 1, 1, 2, tzinfo=UTC)


def test_a_schedule_that_is_none_is_told_with_an_example(london: Home) -> None:
    check_schedule(london)
    with pytest.raises(HomeError, match="no cron; write minute, hour"):
        check_schedule(replace(london, schedule="every night"))
    with pytest.raises(HomeError, match="no time zone"):
        check_schedule(replace(london, schedule_timezone="London"))
