"""`aprendiz index`: the index can be thrown away."""

import asyncio
import os
import shutil
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.compose import open_indexed
from bot.messages import Reach
from bot.settings import read_settings
from store.e5 import E5Encoder
from tests.adapters.cli.conftest import Aprendiz


def test_ledger_and_index_are_equal(asked: Path, aprendiz: Aprendiz) -> None:
    """Proved entry by entry, for people and for programs."""
    ran = aprendiz("index", "check")
    checked = aprendiz("index", "check", "--json").json

    assert ran.code == 0
    assert "The index equals the ledger." in ran.out
    assert checked["equal"] is True
    assert [each for each in checked["collections"] if each["entries"]] == [
        {"collection": "passages · employees", "entries": 1, "missing": 0, "surplus": 0, "differing": 0}
    ]


def test_a_deleted_index_is_noticed_and_rebuilt(asked: Path, aprendiz: Aprendiz) -> None:
    """A lost folder costs a command, not data."""
    shutil.rmtree(asked / "chroma")

    missing = aprendiz("index", "check")
    rebuilt = aprendiz("index", "rebuild")
    checked = aprendiz("index", "check", "--json")

    assert missing.code == 1
    assert "aprendiz index rebuild" in missing.err
    assert rebuilt.code == 0
    assert checked.json["equal"] is True


def test_what_was_imported_is_read_closely_by_a_command_of_its_own(asked: Path, aprendiz: Aprendiz) -> None:
    """An import is quick; whoever does not want to wait for the server reads closely at once."""
    before = aprendiz("index", "check", "--json").json
    told = aprendiz("index", "check")
    ran = aprendiz("index", "refine")
    after = aprendiz("index", "check")
    again = aprendiz("index", "refine", "--json").json

    assert (before["equal"], before["unread"]) == (True, 1)
    assert told.out.splitlines()[-1].startswith("Passages still to be read closely: 1. aprendiz serve")
    assert (ran.code, ran.out) == (0, "Passages read closely: 1.\n")
    assert "read closely" not in after.out
    assert again == {"read": 0}


def test_ctrl_c_keeps_what_was_read(home: Path, aprendiz: Aprendiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred thousand passages take hours; the same command goes on."""
    rows = ("id,question,answer", *(f"{number},How much is part {number}?,{number} reais." for number in range(20)))
    (tmp_path / "prices.csv").write_text("\n".join(rows))
    aprendiz("knowledge", "add", tmp_path / "prices.csv")
    encoded = 0

    async def encode(_self: E5Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
        nonlocal encoded
        encoded += len(texts)
        if encoded == 16:
            threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)).start()
            await asyncio.sleep(60)
        return np.eye(1, E5Encoder.dimension, dtype=np.float32).repeat(len(texts), axis=0)

    monkeypatch.setattr(E5Encoder, "encode", encode)
    stopped = aprendiz("index", "refine")
    ran = aprendiz("index", "refine", "--json")

    assert stopped.code == 130
    assert stopped.err.startswith("Stopped after 8 of 20 passages. What was read is kept: the same command goes on.")
    assert ran.json == {"read": 12}


def test_without_the_second_encoder_nothing_is_to_be_read(
    asked: Path, aprendiz: Aprendiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever switches it off hears no more of it."""
    monkeypatch.setenv("APRENDIZ_KNOWLEDGE__SECOND_ENCODER", "false")
    (tmp_path / "more.md").write_text("# Belts\n\nThe belt is replaced every year.\n")

    added = aprendiz("knowledge", "add", tmp_path / "more.md")
    checked = aprendiz("index", "check", "--json").json
    ran = aprendiz("index", "refine")

    assert "read closely" not in added.out
    assert (checked["equal"], checked["unread"]) == (True, 0)
    assert (ran.code, ran.err) == (1, "The second encoder is off: set knowledge.second_encoder to true.\n")


def test_what_was_read_is_dropped_with_its_words_also_where_the_second_encoder_is_off(
    asked: Path, aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Switched on again, it must not find vectors of what was removed meanwhile."""
    aprendiz("index", "refine")
    monkeypatch.setenv("APRENDIZ_KNOWLEDGE__SECOND_ENCODER", "false")
    aprendiz("knowledge", "remove", "filters.md")
    monkeypatch.delenv("APRENDIZ_KNOWLEDGE__SECOND_ENCODER")

    async def held() -> tuple[str, ...]:
        async with open_indexed(await asyncio.to_thread(read_settings)) as indexed:
            return await indexed.index.beside(E5Encoder()).ids("passages", Reach("employees"))

    assert asyncio.run(held()) == ()


def test_a_running_server_reads_by_itself(home: Path, aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is its own: the command says so in place of a lock."""
    monkeypatch.setattr("adapters.cli.running.find", lambda _home: object())
    ran = aprendiz("index", "refine")

    assert (ran.code, ran.err) == (1, "The server that runs on this home reads closely by itself.\n")
