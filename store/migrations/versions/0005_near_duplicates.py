"""What questions are near-duplicates by, and the categories they are split by; the clusters there are stay what they are."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("clusters", sa.Column("category", sa.String(length=255), server_default="", nullable=False))
    op.create_table(
        "cluster_questions",
        sa.Column("question_id", sa.String(length=64), nullable=False),
        sa.Column("cluster_id", sa.String(length=64), nullable=False),
        sa.Column("figures", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("turned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["cluster_id"], ["clusters.cluster_id"], name=op.f("fk_cluster_questions_cluster_id")),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_cluster_questions")),
    )
    op.create_index(op.f("ix_cluster_questions_cluster_id"), "cluster_questions", ["cluster_id"], unique=False)
    revisions = sa.table("revisions", sa.column("kind", sa.String), sa.column("revision", sa.Integer))
    op.execute(revisions.insert().values(kind="clusters", revision=0))
