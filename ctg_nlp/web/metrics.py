"""What Prometheus reads: counts of the project, and how requests were answered. Never text, names or ids."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ctg_nlp.desk import Desk
from ctg_nlp.errors import StoreError
from ctg_nlp.logbook import Note
from ctg_nlp.records import VerdictKind
from ctg_nlp.run_lock import running_now
from ctg_nlp.store.database import Store
from ctg_nlp.store.gauges import Gauges, LastBatch, gauges

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_VERDICTS = (*map(str, VerdictKind), "erased", "withdrawn")
_OUTCOMES = ("finished", "incomplete", "cut off")


class Meter:
    """Counts requests, and reads the other figures from the store when they are asked for."""

    def __init__(self, desk: Desk) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Project(desk))
        self._requests = Counter(
            "ctg_http_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "ctg_http_request_seconds", "Time until the answer was sent.", ("method", "route"),
            buckets=_BUCKETS, registry=self._registry,
        )  # fmt: skip

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """All figures in the text format of Prometheus."""
        return generate_latest(self._registry)


class Measured:
    """ASGI middleware: counts requests by the pattern of their route, never by their address."""

    def __init__(self, app: ASGIApp, meter: Meter, note: Note) -> None:
        self.app, self._meter, self._note = app, meter, note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - begun
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = route_of(scope)
            self._meter.answered(method, route, status, seconds)
            self._note("request", method=method, route=route, status=status, ms=1000 * seconds)


def route_of(scope: Scope) -> str:
    """The pattern of the route that answered; "none" where there is none: an address may hold a search."""
    if scope["path"].startswith("/static/"):
        return "/static"
    return str(getattr(scope.get("route"), "path", "none"))


class _Project:
    """The figures of the project, as a collector of Prometheus."""

    def __init__(self, desk: Desk) -> None:
        self._home, self._store = desk.home, desk.store
        self._framework_id = desk.framework.framework_id

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: registering is not to read the store."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """The figures as they are now; where the store does not answer, that alone."""
        yield _one("ctg_disk_free_bytes", "Room on the disk of the home.", _free(self._home.root))
        try:
            with self._store.reading() as db:
                found = gauges(db, self._framework_id)
            under_way = _under_way(self._store)
        except StoreError:
            yield _one("ctg_store_up", "Whether the database answers.", 0)
            return
        yield _one("ctg_store_up", "Whether the database answers.", 1)
        yield from _of_reports(found)
        yield _labelled(
            "ctg_run_under_way", "Whether a run is under way.", "what",
            {w: int(w == under_way) for w in ("batch", "training")},
        )  # fmt: skip
        yield from _of_batch(found.last_batch, found.cut_off and not under_way)


def _free(root: object) -> int:
    try:
        return shutil.disk_usage(str(root)).free
    except OSError:
        return 0


def _under_way(store: Store) -> str:
    now = running_now(store)
    return now.what if now else ""


def _of_reports(found: Gauges) -> Iterator[Metric]:
    yield _labelled(
        "ctg_reports", "Reports received, by verdict.", "verdict",
        {v: found.reports.get(v, 0) for v in _VERDICTS},
    )  # fmt: skip
    made = CounterMetricFamily("ctg_decisions", "Decisions ever made, those undone too.")
    made.add_metric((), found.decisions)
    yield made
    left = found.left
    states = {"not begun": left.reports - left.done - left.begun, "begun": left.begun, "done": left.done}
    yield _labelled("ctg_queue_reports", "Reports that count, by how far coders are.", "state", states)
    yield _one("ctg_queue_conflicts", "Reports on which coders disagree.", left.conflicts)
    yield _one("ctg_queue_codes_open", "Codes of the map that nobody decided yet.", left.open)


def _of_batch(last: LastBatch | None, cut_off: bool) -> Iterator[Metric]:
    outcome = "cut off" if cut_off else "" if last is None else "incomplete" if last.failed else "finished"
    yield _labelled(
        "ctg_last_batch_outcome", "1 for how the last batch ended.", "outcome",
        {o: int(o == outcome) for o in _OUTCOMES},
    )  # fmt: skip
    if last is None:
        return
    ended = datetime.fromisoformat(last.ended_at).timestamp()
    yield _one("ctg_last_batch_end_timestamp_seconds", "When a batch last came to its end.", ended)
    yield _one("ctg_last_batch_seconds", "How long that batch took.", last.seconds)
    what = {"read": last.read, "failed": last.failed}
    yield _labelled("ctg_last_batch_reports", "Reports of that batch.", "what", what)


def _one(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=value)


def _labelled(name: str, said: str, label: str, values: dict[str, int]) -> Metric:
    made = GaugeMetricFamily(name, said, labels=(label,))
    for key, value in values.items():
        made.add_metric((key,), value)
    return made
