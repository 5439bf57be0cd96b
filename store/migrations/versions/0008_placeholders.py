"""What the same piece of personal data is called throughout a conversation."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "placeholders",
        sa.Column("conversation_id", sa.String(length=255), nullable=False),
        sa.Column("placeholder", sa.String(length=40), nullable=False),
        sa.Column("value_hash", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("conversation_id", "placeholder", name=op.f("pk_placeholders")),
        sa.UniqueConstraint("conversation_id", "value_hash", name="uq_placeholders_conversation_id"),
    )
    op.create_table(
        "placeholder_uses",
        sa.Column("exchange_id", sa.String(length=26), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("placeholder", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchanges.exchange_id"], name=op.f("fk_placeholder_uses_exchange_id")),
        sa.PrimaryKeyConstraint("exchange_id", "person", "placeholder", name=op.f("pk_placeholder_uses")),
    )
    op.create_index("ix_placeholder_uses_conversation_id", "placeholder_uses", ["conversation_id", "placeholder"])
