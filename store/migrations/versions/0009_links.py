"""Through which link a document was found; those there are stay whether their link does or not."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("sources", sa.Column("link", sa.String(length=1024), server_default="", nullable=False))
