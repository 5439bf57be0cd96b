"""The ledger's tables as SQLAlchemy Core; the migrations in store/migrations create them."""

from sqlalchemy import (
    JSON,
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
    false,
)

import store.hosted_schema  # noqa: F401  # its tables are the ledger's, too
from store.tables import Moment, metadata

REVISION = "0009"  # of the newest migration, which leaves the tables as they are here (a test compares them)
revisions_made = Table(  # Alembic's own
    "alembic_version", MetaData(), Column("version_num", String(32), primary_key=True)
)

# People are keyed pseudonyms everywhere below.
people = Table(
    "people",
    metadata,
    Column("person", String(64), primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("consent", String(16), nullable=False),  # unasked | granted | refused
    Column("decided_at", Moment),
    Column("asked_at", Moment),  # when the question of consent was put to them
)

system_texts = Table(
    "system_texts",
    metadata,
    Column("system_text_id", String(64), primary_key=True),  # sha256 of the text
    Column("text", Text, nullable=False),
    Column("first_used_at", Moment, nullable=False),
)

# Ids sort by time (ULID), so primary-key order is order of asking.
exchanges = Table(
    "exchanges",
    metadata,
    Column("exchange_id", String(26), primary_key=True),
    Column("conversation_id", String(255), nullable=False),
    Column("status", String(16), nullable=False),  # open | answered | abandoned | erased
    Column("person", String(64), nullable=False),
    Column("platform", String(16), nullable=False),
    Column("surface", String(24), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("parent", String(64), nullable=False, server_default=""),  # the channel in which a thread hangs that is a channel itself
    Column("audience", String(16), nullable=False),
    Column("scope", String(255), nullable=False, server_default=""),  # bot/scopes.py; what the answer rests on is limited to it
    Column("private", Boolean, nullable=False, server_default=false()),  # asked where only those let in read along
    Column("rights_policy", String(16), nullable=False),  # refuse | consent | allow, as in force when asked
    Column("locale", String(35), nullable=False),
    Column("message_ref", String(128), nullable=False),
    Column("question", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("address", Text, nullable=False, server_default=""),  # sealed; how to reach the asker while the exchange is open
    Column("revised_at", Moment),  # when its author changed the question after the answer was begun, or deleted it
    # Empty until answered, and again once erased.
    Column("answered_at", Moment),
    Column("reason", String(64), nullable=False, server_default=""),  # why abandoned
    Column("kind", String(16), nullable=False, server_default=""),  # generated | verified | quoted | declined | courtesy
    Column("answer", Text, nullable=False, server_default=""),
    Column("prompt", Text, nullable=False, server_default=""),  # the user message as the model saw it
    Column("system_text_id", ForeignKey("system_texts.system_text_id")),
    Column("history", JSON, nullable=False, server_default="[]"),  # [[exchange_id, with_passages], ...]
    Column("passages", JSON, nullable=False, server_default="[]"),  # [{passage_id, source, title, heading, text, ...}]
    Column("confidence", Float, nullable=False, server_default="0"),
    Column("evidence", JSON, nullable=False, server_default="{}"),  # what the confidence was made of: {name: number}
    Column("language", String(8), nullable=False, server_default=""),
    Column("approved_id", String(26), nullable=False, server_default=""),
    Column("model", String(255), nullable=False, server_default=""),
    Column("adapter", String(255), nullable=False, server_default=""),
    Column("generation", JSON),  # Finished as an object, null where no model spoke
    Index("ix_exchanges_conversation_id_exchange_id", "conversation_id", "exchange_id"),
    Index("ix_exchanges_status_platform", "status", "platform"),
    Index("ix_exchanges_person_asked_at", "person", "asked_at"),
    Index("ix_exchanges_platform_channel_message_ref", "platform", "channel", "message_ref"),
)

# What the same piece of personal data is called throughout a conversation: a keyed hash stands for it, which is forgotten with the last
# exchange that it was told in. The placeholder stays taken, as does one that an author wrote themselves.
placeholders = Table(
    "placeholders",
    metadata,
    Column("conversation_id", String(255), primary_key=True),
    Column("placeholder", String(40), primary_key=True),  # [PHONE_1]
    Column("value_hash", String(32)),  # of the conversation, too: nobody can tell who said the same elsewhere
    UniqueConstraint("conversation_id", "value_hash", name="uq_placeholders_conversation_id"),
)

# Who told it, with which exchange: in a question, a file or a comment.
placeholder_uses = Table(
    "placeholder_uses",
    metadata,
    Column("exchange_id", ForeignKey("exchanges.exchange_id"), primary_key=True),
    Column("person", String(64), primary_key=True),
    Column("placeholder", String(40), primary_key=True),
    Column("conversation_id", String(255), nullable=False),
    Index("ix_placeholder_uses_conversation_id", "conversation_id", "placeholder"),
)

claims = Table(
    "claims",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("exchange_id", String(26), nullable=False),
    Column("claimed_at", Moment, nullable=False, index=True),
)

posts = Table(
    "posts",
    metadata,
    Column("exchange_id", ForeignKey("exchanges.exchange_id"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("channel", String(64), nullable=False),  # empty while only intended
    Column("message_ref", String(128), nullable=False),  # empty while only intended
    Index("ix_posts_platform_channel_message_ref", "platform", "channel", "message_ref"),
)

votes = Table(
    "votes",
    metadata,
    Column("exchange_id", ForeignKey("exchanges.exchange_id"), primary_key=True),
    Column("person", String(64), primary_key=True),
    Column("value", String(8), nullable=False),  # up | down; a vote taken back is deleted
    Column("via", String(16), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),  # wrong | outdated | not_found | tone | other; empty where nobody was asked
    Column("comment", Text, nullable=False, server_default=""),
    Column("rated_at", Moment, nullable=False),
)

# Tokens and the like, readable with the home's key alone.
vault = Table(
    "vault",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("put_at", Moment, nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    Column("correction_id", String(26), primary_key=True),
    Column("exchange_id", ForeignKey("exchanges.exchange_id"), nullable=False, index=True),
    Column("person", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("corrected_at", Moment, nullable=False),
)

approved = Table(
    "approved",
    metadata,
    Column("approved_id", String(26), primary_key=True),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("audience", String(16), nullable=False),
    Column("scope", String(255), nullable=False, server_default=""),
    Column("language", String(8), nullable=False, server_default=""),
    Column("author", String(64), nullable=False),
    Column("exchange_id", String(26), nullable=False, server_default="", index=True),  # where it was corrected, if anywhere
    Column("approved_at", Moment, nullable=False),
    Column("expires_at", Moment),  # null: it holds until it is revoked
    Column("revoked_at", Moment),
)

sources = Table(
    "sources",
    metadata,
    Column("source_id", String(26), primary_key=True),
    Column("location", String(1024), nullable=False, unique=True),  # absolute path or address as imported
    Column("shown", String(1024), nullable=False),  # what people see: relative path or address
    Column("title", String(512), nullable=False),
    Column("format", String(16), nullable=False),  # store.readers.document.Format
    Column("audience", String(16), nullable=False),
    Column("scope", String(255), nullable=False, server_default=""),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("imported_at", Moment, nullable=False),
    Column("link", String(1024), nullable=False, server_default=""),  # absolute path that led to it from outside its folder
)

passages = Table(
    "passages",
    metadata,
    Column("passage_id", String(40), primary_key=True),  # source_id, "-", ordinal
    Column("source_id", ForeignKey("sources.source_id"), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("heading", String(1024), nullable=False),
    Column("text", Text, nullable=False),
    Column("question", Text, nullable=False, server_default=""),  # FAQ entries: embedded as "question / text"
    Column("row", String(64), nullable=False, server_default=""),
    Column("page", Integer, nullable=False, server_default="0"),
    Column("anchor", String(255), nullable=False, server_default=""),  # the id of the place in a web page
    Column("dated", String(32), nullable=False, server_default=""),  # ISO 8601; the day it speaks of or was written
    Column("language", String(8), nullable=False, server_default=""),
    Column("audience", String(16), nullable=False),
    Column("scope", String(255), nullable=False, server_default=""),
)

# How confidence is made of evidence, fitted anew on rated exchanges; the newest holds.
calibrations = Table(
    "calibrations",
    metadata,
    Column("calibration_id", String(26), primary_key=True),
    Column("fitted_at", Moment, nullable=False),
    Column("exchanges", Integer, nullable=False),  # rated ones it was fitted on
    Column("model", JSON, nullable=False),  # its parameters
    Column("figures", JSON, nullable=False, server_default="{}"),  # expected calibration error, coverage at precision
)

# One row per change that Chroma must follow, written in the transaction that made the change.
outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),  # passages | verified | conversations
    Column("audience", String(16), nullable=False),
    Column("ref", String(40), nullable=False),  # passage_id, approved_id or exchange_id
    Column("deleted", Boolean, nullable=False),
    Column("written_at", Moment, nullable=False),
)

# A counter per kind, raised in the same transaction as its rows, so that caches know when to follow.
revisions = Table(
    "revisions",
    metadata,
    Column("kind", String(16), primary_key=True),  # passages | verified | conversations | clusters
    Column("revision", Integer, nullable=False),
)
FIRST_REVISIONS = tuple(
    {"kind": kind, "revision": 0} for kind in ("passages", "verified", "conversations", "clusters")
)  # a new ledger has them

job_runs = Table(
    "job_runs",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("last_run", Moment, nullable=False),
    Column("outcome", String(16), nullable=False),  # done | failed
    Column("detail", String(255), nullable=False, server_default=""),
)

# Which questions are near-duplicates, and what they are for: kept at first sight, so that nothing trained on is ever tested with.
clusters = Table(
    "clusters",
    metadata,
    Column("cluster_id", String(64), primary_key=True),  # the id of its first question
    Column("split", String(16), nullable=False),  # train | validation | test
    Column("first_seen_at", Moment, nullable=False),
    Column("category", String(255), nullable=False, server_default=""),  # of its first question, where it has one
)

# By what a question is found again, none of which is its words.
cluster_questions = Table(
    "cluster_questions",
    metadata,
    Column("question_id", String(64), primary_key=True),  # sha256 of the question's folded words
    Column("cluster_id", ForeignKey("clusters.cluster_id"), nullable=False, index=True),
    Column("figures", String(16), nullable=False),  # hash of its numbers, codes and denials; empty where it has none
    Column("signature", LargeBinary, nullable=False),  # MinHash, store/shingles.py
    Column("turned_at", Moment),  # when it became a test by a merger, having been for training or validating
)

# A round goes from an export to a version promoted or refused; the hashes are empty until it knows them.
rounds = Table(
    "rounds",
    metadata,
    Column("round_id", String(26), primary_key=True),
    Column("audience", String(16), nullable=False),
    Column("status", String(16), nullable=False),  # running | promoted | refused | failed
    Column("step", String(32), nullable=False, server_default=""),  # the one it is at, or was
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("reason", Text, nullable=False, server_default=""),  # why it ended so
    Column("manifest_sha256", String(64), nullable=False, server_default=""),
    Column("recipe_sha256", String(64), nullable=False, server_default=""),
    Column("base_sha256", String(64), nullable=False, server_default=""),
    Column("seed", Integer, nullable=False, server_default="0"),
    Column("version", Integer),  # what came of it
    Column("detail", JSON, nullable=False, server_default="{}"),
    Index("ix_rounds_audience_status", "audience", "status"),
)

round_steps = Table(
    "round_steps",
    metadata,
    Column("round_id", ForeignKey("rounds.round_id"), primary_key=True),
    Column("step", String(32), primary_key=True),
    Column("status", String(16), nullable=False),  # running | done | failed
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("detail", JSON, nullable=False, server_default="{}"),
)

# What training made; the file is in the home, under the name of its content.
versions = Table(
    "versions",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=True),
    Column("audience", String(16), nullable=False),
    Column("round_id", String(26), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("stage", String(16), nullable=False),  # candidate | production | retired | refused
    Column("base_name", String(255), nullable=False),
    Column("base_sha256", String(64), nullable=False),
    Column("adapter_sha256", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("recipe", JSON, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("languages", JSON, nullable=False),  # those it was proved in beyond the configured ones
    Column("metrics", JSON, nullable=False),
    Column("decision", JSON, nullable=False),
    Index("ix_versions_audience_stage", "audience", "stage"),
)

# The newest row of an audience says which version answers it; null is none of its own.
promotions = Table(
    "promotions",
    metadata,
    Column("promotion_id", Integer, primary_key=True, autoincrement=True),
    Column("audience", String(16), nullable=False),
    Column("version", ForeignKey("versions.version")),
    Column("at", Moment, nullable=False),
    Column("action", String(16), nullable=False),  # promote | rollback
    Column("reason", Text, nullable=False, server_default=""),
    Index("ix_promotions_audience_promotion_id", "audience", "promotion_id"),
)

# Once down-voted questions that a version answers well.
receipts = Table(
    "receipts",
    metadata,
    Column("exchange_id", String(26), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)
