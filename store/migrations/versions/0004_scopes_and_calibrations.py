"""Whom material is limited to within its audience, where passages stand and of when they are, expiry, and calibrations of confidence."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for table in ("exchanges", "approved", "sources", "passages"):
        op.add_column(table, sa.Column("scope", sa.String(length=255), server_default="", nullable=False))
    op.add_column("exchanges", sa.Column("private", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("exchanges", sa.Column("evidence", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("approved", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("passages", sa.Column("anchor", sa.String(length=255), server_default="", nullable=False))
    op.add_column("passages", sa.Column("dated", sa.String(length=32), server_default="", nullable=False))
    op.create_table(
        "calibrations",
        sa.Column("calibration_id", sa.String(length=26), nullable=False),
        sa.Column("fitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exchanges", sa.Integer(), nullable=False),
        sa.Column("model", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("calibration_id", name=op.f("pk_calibrations")),
    )
    _mark_direct_messages()


def _mark_direct_messages() -> None:
    """Direct messages were private before there was a column for it; whether a channel was, nobody kept."""
    exchanges = sa.table("exchanges", sa.column("surface", sa.String), sa.column("private", sa.Boolean))
    op.execute(exchanges.update().where(exchanges.c.surface == "direct_message").values(private=sa.true()))
