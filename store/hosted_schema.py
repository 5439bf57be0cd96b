"""The ledger's tables about hosted models: what they cost, which answers may be given again, and training at providers."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from store.tables import Moment, metadata

# Calls to hosted models, with what they cost; an open one is what is reserved for a call under way. Nothing here is a person's.
charges = Table(
    "charges",
    metadata,
    Column("charge_id", String(26), primary_key=True),
    Column("kind", String(16), nullable=False),  # answer | training
    Column("status", String(16), nullable=False),  # open | settled
    Column("at", Moment, nullable=False),
    Column("day", String(10), nullable=False, index=True),  # 2026-05-31, of the operator's calendar
    Column("exchange_id", String(26), nullable=False, server_default="", index=True),  # what it answered, if anything
    Column("audience", String(16), nullable=False, server_default=""),
    Column("model", String(255), nullable=False),  # which spoke, or was trained
    Column("input_tokens", BigInteger, nullable=False),  # of a training those trained on, in all epochs
    Column("cached_tokens", BigInteger, nullable=False, server_default="0"),  # of the input
    Column("output_tokens", BigInteger, nullable=False, server_default="0"),
    Column("estimated", Boolean, nullable=False, server_default=false()),  # the service did not tell the tokens
    Column("amount", BigInteger),  # billionths of the currency; null where the price is unknown
    Column("least", BigInteger, nullable=False, server_default="0"),  # what is booked of an open one that nobody settles
    Column("currency", String(3), nullable=False, server_default=""),
    Column("until", Moment),  # when an open one is given up
    Column("ref", String(255), unique=True),  # the training that it was for, so that none is booked twice
    Index("ix_charges_status_until", "status", "until"),
)

# The sums that a budget is kept by: of a day and of a month, a currency each.
budgets = Table(
    "budgets",
    metadata,
    Column("period", String(10), primary_key=True),  # 2026-05-31 or 2026-05, of the operator's calendar
    Column("currency", String(3), primary_key=True),
    Column("spent", BigInteger, nullable=False),  # billionths, on answers
    Column("reserved", BigInteger, nullable=False),  # for answers under way
    Column("warned_at", Moment),
    Column("stopped_at", Moment),  # when it first had no room for an answer
)

# Which recorded answers may be given again, and which were: the words are the ledger's own.
repeatable = Table(
    "repeatable",
    metadata,
    Column("exchange_id", String(26), primary_key=True),
    Column("key", String(64), nullable=False, index=True),  # of all that the answer hung on, bot/response_cache.py
    Column("repeats", String(26), nullable=False, server_default=""),  # the exchange whose answer it is, where it is another's
    Column("kept_at", Moment, nullable=False),
)

# A training job at a provider. `intent` is the call that was begun and whose answer is not known yet: what came of it is asked there,
# before the call is made again. `reason` is why it failed, or what keeps it from going on.
_OPEN, _CREATED = text("ended_at IS NULL"), text("remote_id != ''")
hosted_jobs = Table(
    "hosted_jobs",
    metadata,
    Column("job_id", String(26), primary_key=True),
    Column("provider", String(64), nullable=False),
    Column("model", String(255), nullable=False),  # that is trained
    Column("terms", JSON, nullable=False),  # method, hyperparameters, files with their sha256
    Column("fingerprint", String(64), nullable=False),  # sha256 of provider and terms
    Column("training_file", String(255), nullable=False, server_default=""),  # files and job as the provider calls them
    Column("validation_file", String(255), nullable=False, server_default=""),
    Column("remote_id", String(255), nullable=False, server_default=""),
    Column("intent", String(32), nullable=False, server_default=""),
    Column("intent_at", Moment),
    Column("status", String(64), nullable=False, server_default=""),  # the provider's word
    Column("reason", Text, nullable=False, server_default=""),
    Column("trained_model", String(255), nullable=False, server_default=""),
    Column("detail", JSON, nullable=False, server_default="{}"),  # steps, tokens, checkpoints, metrics
    Column("created_at", Moment, nullable=False),
    Column("asked_at", Moment),  # when the provider last told its status
    Column("ended_at", Moment),
    Index("ix_hosted_jobs_open", "fingerprint", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_hosted_jobs_remote", "provider", "remote_id", unique=True, sqlite_where=_CREATED, postgresql_where=_CREATED),
)

# What the provider told of it, in the order in which it was read.
hosted_events = Table(
    "hosted_events",
    metadata,
    Column("event_id", Integer, primary_key=True, autoincrement=True),
    Column("job_id", ForeignKey("hosted_jobs.job_id"), nullable=False),
    Column("remote_id", String(255), nullable=False),
    Column("at", Moment, nullable=False),
    Column("level", String(16), nullable=False),
    Column("message", Text, nullable=False),
    UniqueConstraint("job_id", "remote_id", name="uq_hosted_events_job_id"),
)
