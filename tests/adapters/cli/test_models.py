"""`aprendiz models`: what could answer, what does, and how to get another."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from finetune.hub import GGUF_MAGIC
from tests.adapters.cli.conftest import Aprendiz, process
from tests.fakes.hub import Hub, hub_server


def test_the_list_tells_size_memory_and_licence(aprendiz: Aprendiz) -> None:
    """A person chooses by what the machine holds and the company may use."""
    ran = aprendiz("models", "list")

    assert "qwen2.5-0.5b" in ran.out
    assert "Apache-2.0" in ran.out
    assert "1.1 GB" in ran.out


def test_what_is_here_is_marked(home: Path, aprendiz: Aprendiz) -> None:
    """Nobody pulls two gigabytes twice."""
    (home / "models").mkdir(parents=True)
    (home / "models" / "qwen2.5-0.5b-instruct-q8_0.gguf").write_bytes(b"GGUF")
    listed = {model["name"]: model["pulled"] for model in aprendiz("models", "list", "--json").lines}

    assert listed["qwen2.5-0.5b"] is True
    assert listed["qwen2.5-1.5b"] is False


def test_the_small_model_answers_by_default(aprendiz: Aprendiz) -> None:
    """With no setting at all there is a model, and its file is named."""
    shown = aprendiz("models", "show", "--json").json

    assert shown["backend"] == "llama_cpp"
    assert shown["path"].endswith(".gguf")
    assert shown["size_bytes"] > 10**7
    assert shown["path"] in aprendiz("models", "show").out


def test_a_hosted_model_is_shown_by_its_address(aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where questions go to is what an operator must be able to see."""
    monkeypatch.setenv("APRENDIZ_MODEL__BACKEND", "openai")
    monkeypatch.setenv("APRENDIZ_MODEL__NAME", "ft:small")
    monkeypatch.setenv("APRENDIZ_OPENAI__BASE_URL", "http://127.0.0.1:9/v1")
    shown = aprendiz("models", "show", "--json").json

    assert (shown["name"], shown["address"]) == ("ft:small", "http://127.0.0.1:9/v1")


def test_a_missing_file_is_named(aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path is wrong, and which setting holds it."""
    monkeypatch.setenv("APRENDIZ_MODEL__PATH", "/no/such.gguf")
    ran = aprendiz("models", "show")

    assert (ran.code, ran.out) == (1, "")
    assert "/no/such.gguf" in ran.err
    assert "APRENDIZ_MODEL__PATH" in ran.err


def test_what_is_no_reference_is_refused(aprendiz: Aprendiz) -> None:
    """The names that would do are in the same line."""
    ran = aprendiz("models", "pull", "nonsense")

    assert ran.code == 1
    assert "qwen2.5-0.5b" in ran.err


def test_a_pulled_model_tells_how_to_use_it(home: Path, aprendiz: Aprendiz) -> None:
    """Downloaded, checked, in the home; the two settings that make it answer are printed to be copied."""
    name = "qwen2.5-0.5b-instruct-q8_0.gguf"
    hub = Hub({name: GGUF_MAGIC + bytes(60)}, repository="Qwen/Qwen2.5-0.5B-Instruct-GGUF")

    async def pulled() -> subprocess.CompletedProcess[str]:
        async with hub_server(hub) as served:
            command = ["env", f"HF_ENDPOINT={served.address}", *process(home, "models", "pull", "qwen2.5-0.5b")]
            return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60)

    done = asyncio.run(pulled())

    path = home / "models" / name
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == hub.files[name]
    assert f"APRENDIZ_MODEL__PATH={path}" in done.stdout
    assert 'APRENDIZ_MODEL__LANGUAGES=\'["en", "pt"' in done.stdout
