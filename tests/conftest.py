"""Fixtures for every test: the network is off beyond loopback, and blocking the event loop is an error."""

import logging
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from discord.gateway import DiscordWebSocket
from discord.http import Route
from hypothesis import HealthCheck, settings

from bot.texts import load_catalogues
from finetune import priority
from tests.postgres import running_postgres

# How fast examples come and run says how busy the machine is, not whether the code is right.
# The same examples each time: what passed once passes again. `pytest --hypothesis-profile search` looks for others.
settings.register_profile("search", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.register_profile("any machine", settings.get_profile("search"), derandomize=True)
settings.load_profile("any machine")


load_catalogues()  # as compose does, before any event loop
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job in the background ignores it, and all that it starts

# Those that take longest run first, or one worker would wait for the other in the end.
_FIRST = ("test_loop.py", "test_platforms.py", "test_rounds.py", "test_init_serve.py", "test_killed_import.py", "test_wheel.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of long files first, in their order."""
    items.sort(key=lambda item: item.path.name not in _FIRST)


@pytest.fixture(autouse=True)
def _nothing_blocks_the_loop(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    with blockbuster_ctx(["bot", "store", "finetune", "adapters"]) as buster:
        # Coverage's own lock, taken for an instant when a file is first run, is no waiting of ours.
        for name in ("threading.Lock.acquire", "threading.Lock.acquire_lock"):
            buster.functions[name].can_block_in("coverage/collector.py", {"lock_data"})
        yield buster


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the address of a PostgreSQL cluster, with a place for the database's name."""
    with running_postgres() as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Commands set levels and handlers for their whole process, which tests share."""
    loggers = [logging.getLogger(name) for name in ("", "bot", "store", "finetune", "adapters", "apscheduler.scheduler")]
    before = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.fixture(autouse=True)
def claims_given_up(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """
    Return an entry for each time that a command in this process would have given up its claim on the processor.

    There is no way back from that, and every later test of the process would run only where nothing else wants the core.
    """
    given_up: list[None] = []
    monkeypatch.setattr(priority, "yield_to_others", lambda: given_up.append(None))
    return given_up


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"a test reached for {address!r}; the network is off")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _discord_where_it_was() -> Iterator[None]:
    """`API_URL` moves class attributes of discord.py, which the tests of a process share."""
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before
