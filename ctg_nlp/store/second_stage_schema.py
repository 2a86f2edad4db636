"""What the second stage keeps: decisions of filters, selections, what case studies are written
from, findings, and the bank of quotations."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ctg_nlp.store.metadata import METADATA, SHA256, TIME

filter_decision = Table(
    "filter_decision",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("decision_id", String(36), nullable=False, unique=True),  # sending it twice is one decision
    Column("report_id", SHA256, ForeignKey("report.report_id"), nullable=False),
    Column("filter", String(100), nullable=False),
    Column("level", String(100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("coder", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("time", TIME, nullable=False),
    Column("framework_id", String(200), nullable=False),
    Index("ix_filter_decision_report_id", "report_id"),
    sqlite_autoincrement=True,
)

filter_undo = Table(
    "filter_undo",
    METADATA,
    Column(
        "sequence", Integer, ForeignKey("filter_decision.sequence"), primary_key=True, autoincrement=False
    ),
    Column("undone_at", TIME, nullable=False),
    Column("undone_by", String(200), nullable=False),
)

selection = Table(
    "selection",
    METADATA,
    Column("selection_id", String(36), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("frozen_at", TIME, nullable=False),
    Column("frozen_by", String(200), nullable=False),
    Column("framework_id", String(200), nullable=False),
    Column("note", Text, nullable=False),
    Column("reports", Integer, nullable=False),
    Column("flow", JSON, nullable=False),  # the counts that led to it
)

selection_report = Table(
    "selection_report",
    METADATA,
    Column("selection_id", String(36), ForeignKey("selection.selection_id"), primary_key=True),
    Column("report_id", SHA256, ForeignKey("report.report_id"), primary_key=True),
)

selection_use = Table(  # which selection is in use: the last row says
    "selection_use",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("selection_id", String(36), ForeignKey("selection.selection_id"), nullable=False),
    Column("time", TIME, nullable=False),
    Column("who", String(200), nullable=False),
    sqlite_autoincrement=True,
)

case_choice = Table(
    "case_choice",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("group_id", String(200), nullable=False),
    Column("core", Boolean, nullable=False),
    Column("time", TIME, nullable=False),
    Column("who", String(200), nullable=False),
    sqlite_autoincrement=True,
)

case_consent = Table(
    "case_consent",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("group_id", String(200), nullable=False),
    Column("scope", String(20), nullable=False),
    Column("given", Boolean, nullable=False),
    Column("person", String(200), nullable=False),
    Column("how", Text, nullable=False),
    Column("said_on", String(10), nullable=False),
    Column("time", TIME, nullable=False),
    Column("who", String(200), nullable=False),
    Index("ix_case_consent_group_id", "group_id"),
    sqlite_autoincrement=True,
)

case_text = Table(
    "case_text",
    METADATA,
    Column("group_id", String(200), primary_key=True),
    Column("section", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("base", Integer, nullable=False),
    Column("aside", Boolean, nullable=False),  # somebody else had saved meanwhile
    Column("settles", JSON, nullable=False),
    Column("text", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("time", TIME, nullable=False),
)

case_quote = Table(
    "case_quote",
    METADATA,
    Column("group_id", String(200), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("report_id", SHA256, ForeignKey("report.report_id"), nullable=False),
    Column("page", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("quote", Text, nullable=False),
    Column("speaker", String(200), nullable=False),
    Column("taken_by", String(200), nullable=False),
    Column("taken_at", TIME, nullable=False),
    Index("ix_case_quote_report_id", "report_id"),
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
    Column("framework_id", String(200), nullable=False),  # of which dimension and code are
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
    Column("dimension", String(100), nullable=False),  # empty: none, taken for a case study
    Column("code", String(100)),
    Column("banked_by", String(200), nullable=False),
    Column("banked_at", TIME, nullable=False),
    Column("framework_id", String(200), nullable=False),  # of which dimension and code are
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
