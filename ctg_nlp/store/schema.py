"""The tables as they are now. `migrations/` brings an older database here; a test holds the two equal.

Those of the synthesis and of people lie in modules of their own, and are named here too.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from ctg_nlp.store.exchange_schema import exchange_import
from ctg_nlp.store.metadata import METADATA, SHA256, TIME
from ctg_nlp.store.people_schema import (
    api_token,
    assignment,
    audit_draw,
    audit_head,
    audit_log,
    audit_unit,
    person,
    session,
)
from ctg_nlp.store.second_stage_schema import (
    banked_quote,
    case_choice,
    case_consent,
    case_quote,
    case_text,
    filter_decision,
    filter_undo,
    finding_position,
    finding_source,
    finding_version,
    quote_act,
    quote_text,
    selection,
    selection_report,
    selection_use,
)
from ctg_nlp.store.synthesis_schema import (
    coded_report,
    cutoff,
    rebuild,
    rebuild_report,
    release,
    release_event,
    release_file,
    release_report,
    release_table,
)

__all__ = [
    "METADATA",
    "SHA256",
    "TIME",
    "act",
    "anchor",
    "api_token",
    "assignment",
    "audit_draw",
    "audit_head",
    "audit_log",
    "audit_unit",
    "banked_quote",
    "case_choice",
    "case_consent",
    "case_quote",
    "case_text",
    "coded_report",
    "cutoff",
    "decision",
    "decision_import",
    "erasure",
    "filter_decision",
    "filter_undo",
    "finding_position",
    "finding_source",
    "finding_version",
    "exchange_import",
    "fingerprint",
    "framework",
    "memo",
    "model_event",
    "page",
    "person",
    "proposed",
    "quote_act",
    "quote_text",
    "rebuild",
    "rebuild_report",
    "release",
    "release_event",
    "release_file",
    "release_report",
    "release_table",
    "report",
    "report_group",
    "run",
    "selection",
    "selection_report",
    "selection_use",
    "session",
    "submission",
    "suggestion",
    "tally",
]

framework = Table(
    "framework",
    METADATA,
    Column("framework_id", String(200), primary_key=True),
    Column("source", Text, nullable=False),
    Column("stored_at", TIME, nullable=False),
)

report_group = Table(
    "report_group",
    METADATA,
    Column("group_id", String(200), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("cohort", String(200), nullable=False, default=""),
    Column("expected", Boolean, nullable=False, default=True),
    Column("files", JSON, nullable=False),  # names that the register gives for this group
    Column("columns", JSON, nullable=False),  # further columns of the register, as given
)

report = Table(
    "report",
    METADATA,
    Column("report_id", SHA256, primary_key=True),  # sha256 of the file's bytes
    Column("sequence", Integer, nullable=False, unique=True),  # order of arrival
    Column("name", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("group_id", String(200)),
    Column("kind", String(20), nullable=False),
    Column("verdict", String(30), nullable=False),
    Column("cause", String(30), nullable=False, default=""),
    Column("message", Text, nullable=False, default=""),
    Column("warnings", Text, nullable=False, default=""),
    Column("extractor", String(100), nullable=False, default=""),
    Column("pages", Integer, nullable=False, default=0),
    Column("words", Integer, nullable=False, default=0),
    Column("cohort_said", String(200), nullable=False, default=""),
    Column("received_at", TIME, nullable=False),
    Column("related_to", SHA256, ForeignKey("report.report_id")),
    Column("counted", Boolean, nullable=False, default=False),
    Column("settled", Boolean, nullable=False, default=False),
    Column("chosen", Boolean, nullable=False, default=False),  # a person said which report counts
    Column("signature", LargeBinary),
    Column("withdrawn_at", TIME),
    Column("withdrawn_by", String(200)),
    Column("withdrawn_why", Text),
    Index("ix_report_group_id", "group_id"),
    Index("ix_report_counted", "report_id", "counted", "withdrawn_at", "sequence"),
)

submission = Table(
    "submission",
    METADATA,
    Column("path", Text, primary_key=True),
    Column("sha256", SHA256, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("received_at", TIME, nullable=False),
)

fingerprint = Table(
    "fingerprint",
    METADATA,
    Column("report_id", SHA256, ForeignKey("report.report_id"), primary_key=True),
    Column("band", Integer, primary_key=True),
    Column("value", String(32), nullable=False),
    Index("ix_fingerprint_band", "band", "value"),
)

page = Table(
    "page",
    METADATA,
    Column("report_id", SHA256, ForeignKey("report.report_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("width", Float, nullable=False),
    Column("height", Float, nullable=False),
    Column("rotation", Integer, nullable=False),
    Column("source", String(10), nullable=False),
    Column("text", Text, nullable=False),
    Column("furniture", JSON, nullable=False),
    Column("blocks", JSON, nullable=False),  # [start, end, kind]
    Column("passages", JSON, nullable=False),  # [start, end, kind, heading]
    Column("words", LargeBinary, nullable=False),  # see store.packing
)

proposed = Table(
    "proposed",
    METADATA,
    Column("report_id", SHA256, ForeignKey("report.report_id"), primary_key=True),
    Column("model_id", String(200), primary_key=True),
    Column("framework_id", String(200), ForeignKey("framework.framework_id"), primary_key=True),
    Column("extractor", String(100), nullable=False),
    Column("done_at", TIME, nullable=False),
)

suggestion = Table(
    "suggestion",
    METADATA,
    Column("report_id", SHA256, ForeignKey("report.report_id"), primary_key=True),
    Column("model_id", String(200), primary_key=True),
    Column("framework_id", String(200), primary_key=True),
    Column("dimension", String(100), primary_key=True),
    Column("code", String(100), primary_key=True),  # '' for the value of a dimension
    Column("score", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("suggested", Boolean, nullable=False),
    Column("value", JSON),
    Column("evidence", JSON, nullable=False),
    Column("held_back", JSON, nullable=False),
    Column("opinions", JSON, nullable=False, server_default="[]"),  # [rater, score, says]
    # In the order of the queue of one code, so that a page of it reads only its own rows.
    Index("ix_suggestion_code", "dimension", "code", "framework_id", "model_id",
          text("abs(score - threshold)"), "report_id"),
)  # fmt: skip

model_event = Table(
    "model_event",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("model_id", String(200), nullable=False),
    Column("framework_id", String(200), nullable=False),
    Column("state", String(20), nullable=False),  # trained, champion or retired
    Column("decisions", Integer, nullable=False),  # that stood when it happened
    Column("time", TIME, nullable=False),
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    sqlite_autoincrement=True,
)

decision_import = Table(
    "decision_import",
    METADATA,
    Column("import_id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("sha256", SHA256, nullable=False),
    Column("imported_at", TIME, nullable=False),
    Column("imported_by", String(200), nullable=False),
    Column("decisions", Integer, nullable=False),
    Column("undone_at", TIME),
    Column("undone_by", String(200)),
)

act = Table(
    "act",
    METADATA,
    Column("act_id", String(36), primary_key=True),  # made by the page, so that sending it twice is one act
    Column("report_id", SHA256, ForeignKey("report.report_id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("dimension", String(100), nullable=False),
    Column("code", String(100)),
    Column("coder", String(200), nullable=False),
    Column("time", TIME, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("model_id", String(200), nullable=False),  # whose suggestions were on the page; empty: none
    Column("undone_at", TIME),
    Column("reason", String(30), nullable=False, server_default=""),  # of an adjudication
    Column("closed_at", TIME),  # when what the reason asks of the framework was done
    Column("closed_by", String(200)),
    Column("closed_how", Text),
    Index("ix_act_report_id", "report_id", "coder", "time"),
    Index("ix_act_coder", "coder", "time", "undone_at", "seconds"),
    Index(
        "ix_act_undone",
        "act_id",
        sqlite_where=text("undone_at IS NOT NULL"),
        postgresql_where=text("undone_at IS NOT NULL"),
    ),
)

memo = Table(
    "memo",
    METADATA,
    Column("memo_id", String(36), primary_key=True),
    Column("report_id", SHA256, ForeignKey("report.report_id"), nullable=False),
    Column("dimension", String(100)),
    Column("code", String(100)),
    Column("label", Text, nullable=False),  # an inductive code's; empty for a free memo
    Column("text", Text, nullable=False),
    Column("page", Integer),
    Column("start", Integer),
    Column("end", Integer),
    Column("quote", Text, nullable=False),
    Column("coder", String(200), nullable=False),
    Column("time", TIME, nullable=False),
    Column("act_id", String(36)),  # the act that it came with, and goes with
    Column("deleted_at", TIME),
    Index("ix_memo_report_id", "report_id"),
)

tally = Table(
    "tally",
    METADATA,
    Column("report_id", SHA256, ForeignKey("report.report_id"), primary_key=True),
    Column("framework_id", String(200), primary_key=True),
    Column("model_id", String(200), nullable=False),
    Column("codes", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("conflicts", Integer, nullable=False),
    Column("open_dimensions", Text, nullable=False),  # ids with a space before and after each
    Column("uncertainty", Float, nullable=False),
    Column("decided_at", TIME, nullable=False),
    # In the order of the queue, and with all that its counts ask for.
    Index(
        "ix_tally_queue",
        "framework_id",
        "uncertainty",
        "report_id",
        "open",
        "decided_at",
        "codes",
        "conflicts",
    ),
)

decision = Table(
    "decision",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("report_id", SHA256, ForeignKey("report.report_id"), nullable=False),
    Column("dimension", String(100), nullable=False),
    Column("code", String(100)),
    Column("answer", String(10), nullable=False),
    Column("value", JSON),
    Column("quotes", JSON, nullable=False),  # as given
    Column("note", Text, nullable=False),
    Column("coder", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("time", TIME, nullable=False),
    Column("framework_id", String(200), nullable=False),
    Column("import_id", String(40), ForeignKey("decision_import.import_id")),
    Column("act_id", String(36)),  # the act on the review page that it was part of
    Column("suggested", Boolean),  # whether the code was suggested on the page; null: none was shown
    Index("ix_decision_report_id", "report_id", "dimension"),
    Index("ix_decision_code", "dimension", "code", "report_id"),
    sqlite_autoincrement=True,
)

anchor = Table(
    "anchor",
    METADATA,
    Column("sequence", Integer, ForeignKey("decision.sequence"), primary_key=True),
    Column("quote", Integer, primary_key=True),  # which of the decision's quotes
    Column("spans", JSON, nullable=False),  # [page, start, end]; empty: could not be anchored
)

erasure = Table(
    "erasure",
    METADATA,
    Column("report_id", SHA256, primary_key=True),
    Column("group_id", String(200)),
    Column("erased_at", TIME, nullable=False),
    Column("erased_by", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("decisions", Integer, nullable=False),
)

run = Table(
    "run",
    METADATA,
    Column("run_id", String(40), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("started_at", TIME, nullable=False),
    Column("ended_at", TIME, nullable=False),
    Column("summary", JSON, nullable=False),
)

run_lock = Table(  # empty while nothing runs
    "run_lock",
    METADATA,
    Column("name", String(20), primary_key=True),
    Column("owner", String(40), nullable=False),  # of one run, made at its start
    Column("what", String(40), nullable=False),
    Column("host", String(255), nullable=False),  # for people
    Column("place", String(64), nullable=False),  # where `process` means something: machine, boot, namespace
    Column("process", String(60), nullable=False),
    Column("started_at", TIME, nullable=False),
    Column("beat_at", TIME, nullable=False),
    Column("beats", Integer, nullable=False),
)
