"""What is told after a scheduled batch: ids and counts, to the host that the setting names, and no text."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ctg_nlp.clock import utc_now
from ctg_nlp.errors import HomeError
from ctg_nlp.notices import BROKEN, FINISHED, INCOMPLETE, REFUSED, Notice, check_webhook, notice_of, send
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


@pytest.fixture
def read_home(empty_home: Path, tmp_path: Path) -> Home:
    """A home after a batch of one good report, one refused file, and one that could not be opened."""
    home = open_home(Path(shutil.copytree(empty_home, tmp_path / "home")))
    shutil.copy(EXAMPLE / "raw" / "G002 report v2 FINAL.pdf", home.raw / "Jane Roe G002.pdf")
    (home.raw / "empty.pdf").write_bytes(b"")
    (home.raw / "nowhere.pdf").symlink_to(tmp_path / "nowhere")
    run_plain(home, home.raw, run_id="r1", clock=utc_now)
    return home


def notice(home: Home, **how) -> Notice:
    store = open_store(home.database)
    try:
        return notice_of(store, home.framework, "r1", **how)
    finally:
        store.close()


def test_a_notice_counts_what_was_read_what_failed_and_what_waits(read_home: Home) -> None:
    told = notice(read_home)
    assert told.ended == INCOMPLETE and told.read == 2 and told.unreadable == 1
    assert told.verdicts == {"accepted": 1, "refused": 1} and told.failed == ()
    assert told.without_decisions == 1
    assert told.open_tables == sum(d.stage == "map" for d in read_home.framework.dimensions)
    assert "2 read, 1 failed. For coders wait 1 reports without any decision" in told.in_words()


def test_a_notice_tells_how_a_run_ended(read_home: Home) -> None:
    assert notice(read_home, refused=True).ended == REFUSED
    broken = notice(read_home, error="StoreError")
    assert broken.ended == BROKEN and "before its end (StoreError)" in broken.in_words()
    assert replace(notice(read_home), ended=FINISHED).in_words().startswith("The batch has ended: ")


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
    assert check_webhook("http://localhost:8000/") == "localhost"


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


def test_a_batch_that_was_due_while_nothing_served_was_missed(london: Home) -> None:
    now = datetime(2026, 7, 10, 12, tzinfo=UTC)
    due = last_time(london, now)
    assert due is not None and due.astimezone(UTC) == datetime(2026, 7, 10, 0, 30, tzinfo=UTC)
    assert missed(london, "2026-07-09T23:00:00+00:00", now) == due
    assert missed(london, "2026-07-10T00:31:00+00:00", now) is None
    assert missed(london, "", now) is None  # none ever ran: the first one comes by the clock
    yearly = replace(london, schedule="0 2 1 1 *")
    assert last_time(yearly, now) == datetime(2026, 1, 1, 2, tzinfo=UTC)


def test_a_schedule_that_is_none_is_told_with_an_example(london: Home) -> None:
    check_schedule(london)
    with pytest.raises(HomeError, match="no cron; write minute, hour"):
        check_schedule(replace(london, schedule="every night"))
    with pytest.raises(HomeError, match="no time zone"):
        check_schedule(replace(london, schedule_timezone="London"))
