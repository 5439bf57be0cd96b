"""What hosted models cost, what may be spent on them, and which answers may be given again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "charges",
        sa.Column("charge_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("exchange_id", sa.String(length=26), server_default="", nullable=False),
        sa.Column("audience", sa.String(length=16), server_default="", nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("estimated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("least", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.String(length=3), server_default="", nullable=False),
        sa.Column("until", moment, nullable=True),
        sa.Column("ref", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("charge_id", name=op.f("pk_charges")),
        sa.UniqueConstraint("ref", name=op.f("uq_charges_ref")),
    )
    op.create_index(op.f("ix_charges_day"), "charges", ["day"], unique=False)
    op.create_index(op.f("ix_charges_exchange_id"), "charges", ["exchange_id"], unique=False)
    op.create_index("ix_charges_status_until", "charges", ["status", "until"], unique=False)
    op.create_table(
        "budgets",
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("warned_at", moment, nullable=True),
        sa.Column("stopped_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("period", "currency", name=op.f("pk_budgets")),
    )
    op.create_table(
        "repeatable",
        sa.Column("exchange_id", sa.String(length=26), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("repeats", sa.String(length=26), server_default="", nullable=False),
        sa.Column("kept_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_repeatable")),
    )
    op.create_index(op.f("ix_repeatable_key"), "repeatable", ["key"], unique=False)
