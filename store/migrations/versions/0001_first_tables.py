"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_exchanges()
    _create_feedback()
    _create_posts()
    _create_knowledge()
    _create_bookkeeping()


def _create_exchanges() -> None:
    op.create_table(
        "system_texts",
        sa.Column("system_text_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("system_text_id", name=op.f("pk_system_texts")),
    )
    op.create_table(
        "exchanges",
        sa.Column("exchange_id", sa.String(length=26), nullable=False),
        sa.Column("conversation_id", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("surface", sa.String(length=24), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("rights_policy", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column("message_ref", sa.String(length=128), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=64), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=16), server_default="", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("prompt", sa.Text(), server_default="", nullable=False),
        sa.Column("system_text_id", sa.String(length=64), nullable=True),
        sa.Column("history", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("passages", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("confidence", sa.Float(), server_default="0", nullable=False),
        sa.Column("language", sa.String(length=8), server_default="", nullable=False),
        sa.Column("approved_id", sa.String(length=26), server_default="", nullable=False),
        sa.Column("model", sa.String(length=255), server_default="", nullable=False),
        sa.Column("adapter", sa.String(length=255), server_default="", nullable=False),
        sa.Column("generation", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["system_text_id"], ["system_texts.system_text_id"], name=op.f("fk_exchanges_system_text_id")),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_exchanges")),
    )
    op.create_index("ix_exchanges_conversation_id_exchange_id", "exchanges", ["conversation_id", "exchange_id"], unique=False)
    op.create_index("ix_exchanges_person", "exchanges", ["person"], unique=False)
    op.create_index("ix_exchanges_status_platform", "exchanges", ["status", "platform"], unique=False)
    op.create_table(
        "claims",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("exchange_id", sa.String(length=26), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_claimed_at"), "claims", ["claimed_at"], unique=False)


def _create_feedback() -> None:
    op.create_table(
        "people",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("consent", sa.String(length=16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_people")),
    )
    op.create_table(
        "votes",
        sa.Column("exchange_id", sa.String(length=26), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=8), nullable=False),
        sa.Column("via", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchanges.exchange_id"], name=op.f("fk_votes_exchange_id")),
        sa.PrimaryKeyConstraint("exchange_id", "person", name=op.f("pk_votes")),
    )
    op.create_table(
        "corrections",
        sa.Column("correction_id", sa.String(length=26), nullable=False),
        sa.Column("exchange_id", sa.String(length=26), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchanges.exchange_id"], name=op.f("fk_corrections_exchange_id")),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_exchange_id"), "corrections", ["exchange_id"], unique=False)
    op.create_table(
        "approved",
        sa.Column("approved_id", sa.String(length=26), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), server_default="", nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("exchange_id", sa.String(length=26), server_default="", nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("approved_id", name=op.f("pk_approved")),
    )
    op.create_index(op.f("ix_approved_exchange_id"), "approved", ["exchange_id"], unique=False)


def _create_posts() -> None:
    op.create_table(
        "posts",
        sa.Column("exchange_id", sa.String(length=26), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("message_ref", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchanges.exchange_id"], name=op.f("fk_posts_exchange_id")),
        sa.PrimaryKeyConstraint("exchange_id", "part", name=op.f("pk_posts")),
    )
    op.create_index("ix_posts_platform_channel_message_ref", "posts", ["platform", "channel", "message_ref"], unique=False)


def _create_knowledge() -> None:
    op.create_table(
        "sources",
        sa.Column("source_id", sa.String(length=26), nullable=False),
        sa.Column("location", sa.String(length=1024), nullable=False),
        sa.Column("shown", sa.String(length=1024), nullable=False),
        sa.Column("title", sa.String(length=512), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_sources")),
        sa.UniqueConstraint("location", name=op.f("uq_sources_location")),
    )
    op.create_table(
        "passages",
        sa.Column("passage_id", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.String(length=26), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("heading", sa.String(length=1024), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), server_default="", nullable=False),
        sa.Column("row", sa.String(length=64), server_default="", nullable=False),
        sa.Column("page", sa.Integer(), server_default="0", nullable=False),
        sa.Column("language", sa.String(length=8), server_default="", nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.source_id"], name=op.f("fk_passages_source_id")),
        sa.PrimaryKeyConstraint("passage_id", name=op.f("pk_passages")),
    )
    op.create_index(op.f("ix_passages_source_id"), "passages", ["source_id"], unique=False)


def _create_bookkeeping() -> None:
    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_outbox")),
    )
    op.create_table(
        "revisions",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_revisions")),
    )
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("last_run", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=255), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_runs")),
    )
    # Present from the start, so that two first writers never race to insert them.
    revisions = sa.table("revisions", sa.column("kind"), sa.column("revision"))
    op.bulk_insert(revisions, [{"kind": kind, "revision": 0} for kind in ("passages", "verified", "conversations")])
