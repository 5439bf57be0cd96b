"""Training jobs at providers, and what those told of them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    opened, created = sa.text("ended_at IS NULL"), sa.text("remote_id != ''")
    op.create_table(
        "hosted_jobs",
        sa.Column("job_id", sa.String(length=26), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("training_file", sa.String(length=255), server_default="", nullable=False),
        sa.Column("validation_file", sa.String(length=255), server_default="", nullable=False),
        sa.Column("remote_id", sa.String(length=255), server_default="", nullable=False),
        sa.Column("intent", sa.String(length=32), server_default="", nullable=False),
        sa.Column("intent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(length=64), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("trained_model", sa.String(length=255), server_default="", nullable=False),
        sa.Column("detail", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_hosted_jobs")),
    )
    op.create_index("ix_hosted_jobs_open", "hosted_jobs", ["fingerprint"], unique=True, sqlite_where=opened, postgresql_where=opened)
    op.create_index(
        "ix_hosted_jobs_remote", "hosted_jobs", ["provider", "remote_id"], unique=True, sqlite_where=created, postgresql_where=created
    )
    op.create_table(
        "hosted_events",
        sa.Column("event_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.String(length=26), nullable=False),
        sa.Column("remote_id", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["hosted_jobs.job_id"], name=op.f("fk_hosted_events_job_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_hosted_events")),
        sa.UniqueConstraint("job_id", "remote_id", name="uq_hosted_events_job_id"),
    )
