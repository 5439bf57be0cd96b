"""An older ledger brought up to this program's version by Alembic, which takes its time to import: only where there is something to do."""

from importlib.resources import as_file, files

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from bot.errors import Misconfigured


def read_scripts() -> ScriptDirectory:
    """Read every migration now, in the caller's thread: Alembic would otherwise load them from disk while the loop waits."""
    with as_file(files("store.migrations")) as folder:
        scripts = ScriptDirectory(folder)
        scripts.get_heads()
    return scripts


def upgrade(connection: Connection, *, scripts: ScriptDirectory, place: str) -> None:
    """
    Run the migrations that the database at *place* lacks, in the caller's transaction.

    Raises:
        Misconfigured: It is newer than the program, or holds foreign tables.
    """
    context = MigrationContext.configure(connection)
    current = context.get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is None and inspect(connection).has_table("exchanges"):
        raise Misconfigured(f"The database {place} holds tables of another program; choose an empty one.")
    if current is not None and current not in known:
        raise Misconfigured(f"The database {place} was made by a newer version (revision {current}); install that version or a newer one.")
    pending = list(scripts.iterate_revisions("head", current or "base"))
    with Operations.context(context):
        for script in reversed(pending):
            script.module.upgrade()
    if pending:
        context.stamp(scripts, "head")
