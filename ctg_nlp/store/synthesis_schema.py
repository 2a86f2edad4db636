"""What tables of the synthesis are made of, and what is kept of them: rebuilds, releases, cut-offs."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
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
)

from ctg_nlp.store.metadata import METADATA, SHA256, TIME

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
    Column("sample", JSON),  # ids of the selected sample; null: none was in use
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
