"""People: who logs in, who codes what, the audit sample, tokens of programs, and the audit log."""

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
    String,
    Table,
    Text,
)

from ctg_nlp.store.metadata import METADATA, SHA256, TIME

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

api_token = Table(
    "api_token",
    METADATA,
    Column("token_id", String(16), primary_key=True),
    Column("token_hash", SHA256, nullable=False, unique=True),  # the token itself was shown once
    Column("name", String(100), ForeignKey("person.name"), nullable=False),
    Column("label", String(100), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("expires_at", TIME, nullable=False),
    Column("revoked_at", TIME),
    Column("revoked_by", String(200)),
    Column("seen_at", TIME),
    Index("ix_api_token_name", "name"),
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
