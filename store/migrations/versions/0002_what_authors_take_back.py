"""What authors change and take back, why votes are down, who was asked for consent, and the sealed vault."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_REASONS = ("", "wrong", "outdated", "not_found", "tone", "other")


def upgrade() -> None:
    _extend_exchanges()
    _divide_reasons()
    op.add_column("people", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "vault",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_vault")),
    )


def _extend_exchanges() -> None:
    op.add_column("exchanges", sa.Column("parent", sa.String(length=64), server_default="", nullable=False))
    op.add_column("exchanges", sa.Column("address", sa.Text(), server_default="", nullable=False))
    op.add_column("exchanges", sa.Column("revised_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_exchanges_platform_channel_message_ref", "exchanges", ["platform", "channel", "message_ref"], unique=False)
    # A person's questions of the last minute and day are counted at every question.
    op.drop_index("ix_exchanges_person", table_name="exchanges")
    op.create_index("ix_exchanges_person_asked_at", "exchanges", ["person", "asked_at"], unique=False)


def _divide_reasons() -> None:
    op.add_column("votes", sa.Column("comment", sa.Text(), server_default="", nullable=False))
    votes = sa.table("votes", sa.column("reason", sa.Text), sa.column("comment", sa.Text))
    op.execute(votes.update().where(votes.c.reason.not_in(_REASONS)).values(comment=votes.c.reason, reason="other"))
