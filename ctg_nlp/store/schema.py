"""The tables as they are now. `migrations/` brings an older database here; a test holds the two equal."""

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
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SHA256 = String(64)
TIME = String(32)  # UTC, ISO 8601: the same text in SQLite and PostgreSQL

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

coded_report = Table(
    "coded_report",
    METADATA,
    Column("report_id", SHA256, ForeignKey("report.report_id"), primary_key=True),
    Column("framework_id", String(200), primary_key=True),
    Column("states", LargeBinary, nullable=False),  # a byte for each code, see records.CodeState
    Column("values", JSON, nullable=False),  # [state, value] for each dimension of numbers and texts
)

# A state of the tables that was shown or written. Its figures can be followed back when they have changed.
rebuild = Table(
    "rebuild",
    METADATA,
    Column("rebuild_id", String(40), primary_key=True),  # the day and a number, as 2026-11-26-1
    Column("sequence", Integer, nullable=False, unique=True, autoincrement=False),
    Column("made_at", TIME, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("framework_id", String(200), ForeignKey("framework.framework_id"), nullable=False),
    Column("data_hash", SHA256, nullable=False),
    Column("code_version", String(100), nullable=False),
    Column("model_id", String(200), nullable=False),  # that proposed last; empty: none
    Column("last_decision", Integer, nullable=False),  # the number of the last decision there was
    Column("last_entry", Integer, nullable=False),  # and of the last entry of the audit log
    Column("reports", Integer, nullable=False),
    Column("silent", JSON, nullable=False),  # [group, [[name, value], ...], reason]
    Column("regions", JSON, nullable=False),  # [place, region]
    Column("cells", JSON, nullable=False),  # [table, row, n, denominator]: they outlast an erasure
)

# Only reports whose row is another than in the rebuild before, under one framework.
rebuild_report = Table(
    "rebuild_report",
    METADATA,
    Column("rebuild_id", String(40), ForeignKey("rebuild.rebuild_id"), primary_key=True),
    Column("report_id", SHA256, ForeignKey("report.report_id"), primary_key=True),
    Column("counted", Boolean, nullable=False),  # false: it counts no more
    Column("group_id", String(200), nullable=False),
    Column("states", LargeBinary, nullable=False),
    Column("values", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("expected", Boolean, nullable=False),
    Index("ix_rebuild_report_report_id", "report_id"),
)

# A release is frozen: only events are added. What an erased report itself said is taken out of its tables
# and its report; triggers refuse every other change.
release = Table(
    "release",
    METADATA,
    Column("release_id", String(200), primary_key=True),
    Column("title", Text, nullable=False),
    Column("sequence", Integer, nullable=False, unique=True, autoincrement=False),
    Column("rebuild_id", String(40), ForeignKey("rebuild.rebuild_id"), nullable=False),
    Column("framework_id", String(200), nullable=False),
    Column("data_hash", SHA256, nullable=False),
    Column("model_id", String(200), nullable=False),
    Column("code_version", String(100), nullable=False),
    Column("rules", JSON, nullable=False),  # [minimum, secondary, round to]
    Column("by", JSON, nullable=False),  # the breakdowns in it
    Column("earlier", JSON, nullable=False),  # ids of the releases published before
    Column("supersedes", String(200), nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("made_at", TIME, nullable=False),
)

release_table = Table(
    "release_table",
    METADATA,
    Column("release_id", String(200), ForeignKey("release.release_id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("table_id", String(300), nullable=False),
    Column("shown", Text, nullable=False),  # as JSON
    Column("sha256", SHA256, nullable=False),  # of its CSV
    Column("verdict", String(30), nullable=False),
    Column("quality", JSON, nullable=False),
)

# All that its report says, but what changes with its state.
release_report = Table(
    "release_report",
    METADATA,
    Column("release_id", String(200), ForeignKey("release.release_id"), primary_key=True),
    Column("contents", Text, nullable=False),  # as JSON
    Column("sha256", SHA256, nullable=False),
    Column("data_hash", SHA256, nullable=False),  # that of the release, without reports erased since
)

# The files in which its report was written, each as often as it was.
release_file = Table(
    "release_file",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("release_id", String(200), ForeignKey("release.release_id"), nullable=False),
    Column("name", String(200), nullable=False),  # the path in the release's folder
    Column("sha256", SHA256, nullable=False),
    Column("time", TIME, nullable=False),
    Index("ix_release_file_release_id", "release_id"),
    sqlite_autoincrement=True,
)

release_event = Table(
    "release_event",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("release_id", String(200), ForeignKey("release.release_id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("who", String(200), nullable=False),
    Column("time", TIME, nullable=False),
    Column("why", Text, nullable=False),
    Index("ix_release_event_release_id", "release_id"),
    sqlite_autoincrement=True,
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

finding_version = Table(
    "finding_version",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("finding_id", String(36), nullable=False),
    Column("version", Integer, nullable=False),
    Column("question", String(100), nullable=False),
    Column("dimension", String(100), nullable=False),
    Column("code", String(100)),
    Column("kind", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("time", TIME, nullable=False),
    Column("retired", Boolean, nullable=False),
    UniqueConstraint("finding_id", "version"),
    sqlite_autoincrement=True,
)

finding_source = Table(
    "finding_source",
    METADATA,
    Column("sequence", Integer, ForeignKey("finding_version.sequence"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("report_id", SHA256, ForeignKey("report.report_id"), nullable=False),
    Column("page", Integer, nullable=False),  # 0: not found in the text
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("quote", Text, nullable=False),
    Index("ix_finding_source_report_id", "report_id"),
)

finding_position = Table(
    "finding_position",
    METADATA,
    Column("finding_id", String(36), primary_key=True),
    Column("position", Integer, nullable=False),
)

banked_quote = Table(
    "banked_quote",
    METADATA,
    Column("quote_id", Integer, primary_key=True, autoincrement=False),
    Column("report_id", SHA256, ForeignKey("report.report_id"), nullable=False),
    Column("page", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("quote", Text, nullable=False),
    Column("dimension", String(100), nullable=False),
    Column("code", String(100)),
    Column("banked_by", String(200), nullable=False),
    Column("banked_at", TIME, nullable=False),
    Index("ix_banked_quote_report_id", "report_id"),
)

quote_text = Table(
    "quote_text",
    METADATA,
    Column("quote_id", Integer, ForeignKey("banked_quote.quote_id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("role", String(100), nullable=False),
    Column("by_case", Boolean, nullable=False),
    Column("author", String(200), nullable=False),
    Column("time", TIME, nullable=False),
)

quote_act = Table(
    "quote_act",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("quote_id", Integer, ForeignKey("banked_quote.quote_id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("who", String(200), nullable=False),
    Column("time", TIME, nullable=False),
    Column("why", Text, nullable=False),
    Column("kept", JSON, nullable=False),  # [start, end] of what was marked and let stand
    Index("ix_quote_act_quote_id", "quote_id"),
    sqlite_autoincrement=True,
)

audit_draw = Table(
    "audit_draw",
    METADATA,
    Column("draw", Integer, primary_key=True, autoincrement=False),  # each draw is a stratum
    Column("seed", BigInteger, nullable=False),
    Column("population", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("drawn_at", TIME, nullable=False),
    Column("drawn_by", String(200), nullable=False),
)

audit_unit = Table(
    "audit_unit",
    METADATA,
    Column("report_id", SHA256, ForeignKey("report.report_id"), primary_key=True),
    Column("draw", Integer, ForeignKey("audit_draw.draw"), nullable=False),
    Column("number", Float, nullable=False),  # permanent: drawn once, never again
    Column("position", Integer, nullable=False),  # in the sample, from 1; 0: not in it
)

cutoff = Table(
    "cutoff",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("model_id", String(200), nullable=False),
    Column("framework_id", String(200), nullable=False),
    Column("dimension", String(100), nullable=False),
    Column("code", String(100), nullable=False),  # or the row of any of several codes
    Column("worked", String(40), nullable=False),  # the order that was worked, see synthesis.orders
    Column("score", Float, nullable=False),  # the key in that order of the last report that was passed
    Column("report_id", SHA256, nullable=False),  # which that was: among reports with the same key
    Column("recorded_at", TIME, nullable=False),
    Index("ix_cutoff_framework_id", "framework_id", "model_id"),
    sqlite_autoincrement=True,
)

assignment = Table(
    "assignment",
    METADATA,
    Column("report_id", SHA256, ForeignKey("report.report_id"), primary_key=True),
    Column("coder", String(200), primary_key=True),
    Column("purpose", String(20), nullable=False),
    Column("position", Integer, nullable=False),
    Column("assigned_at", TIME, nullable=False),
    Column("assigned_by", String(200), nullable=False),
    Column("locked_at", TIME),
    Index("ix_assignment_coder", "coder", "position"),
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

person = Table(
    "person",
    METADATA,
    Column("name", String(100), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("password_hash", Text, nullable=False),  # argon2id with its parameters and salt
    Column("active", Boolean, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("created_by", String(200), nullable=False),
)

session = Table(
    "session",
    METADATA,
    Column("token_hash", SHA256, primary_key=True),  # the token itself is only in the browser
    Column("name", String(100), ForeignKey("person.name"), nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("seen_at", TIME, nullable=False),
    Index("ix_session_name", "name"),
)

audit_log = Table(
    "audit_log",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=False),  # without gaps, from 1
    Column("time", TIME, nullable=False),
    Column("who", String(200), nullable=False),
    Column("what", String(40), nullable=False),
    Column("subject", String(200), nullable=False),  # mostly a report's id
    Column("detail", JSON, nullable=False),  # never text of a report
    Column("previous", SHA256, nullable=False),
    Column("hash", SHA256, nullable=False),
    Index("ix_audit_log_subject", "subject"),
    Index("ix_audit_log_who", "who"),
)

audit_head = Table(
    "audit_head",
    METADATA,
    Column("one", Integer, primary_key=True, autoincrement=False),  # the only row; locked while adding
    Column("sequence", Integer, nullable=False),
    Column("hash", SHA256, nullable=False),
)
