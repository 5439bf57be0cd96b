"""`aprendiz models export`: what a version is made of, for other programs."""

import asyncio
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.compose import open_records
from bot.settings import Settings, read_settings
from finetune.gguf_adapter import write_adapter
from finetune.gguf_files import open_gguf, value_of
from finetune.registry import base_of
from finetune.round_files import RoundFolder
from store.versions import NewVersion
from tests.adapters.cli.conftest import Aprendiz
from tests.fakes.peft import write_peft
from tests.fakes.tiny_models import write_model

ROUND = "r1"


@pytest.fixture
def version(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the home one version of a tiny model; returns its file."""
    model = write_model(tmp_path / "tiny.gguf", "qwen2")
    monkeypatch.setenv("APRENDIZ_MODEL__PATH", str(model))
    weights = write_peft(RoundFolder(home / "rounds" / ROUND).weights, model, strength=1.0)
    write_adapter(weights, model, tmp_path / "adapter.gguf")
    return asyncio.run(kept(tmp_path / "adapter.gguf", read_settings()))


async def kept(adapter: Path, settings: Settings) -> Path:
    """Enter *adapter* as version 1 and return where it lies."""
    async with open_records(settings) as records:
        base = await base_of(settings.model)
        assert base is not None
        sha256 = await records.registry.keep(adapter)
        new = NewVersion(
            audience="employees",
            round_id=ROUND,
            created_at=datetime(2026, 11, 21, tzinfo=UTC),
            base_name=base.name,
            base_sha256=base.sha256,
            adapter_sha256=sha256,
            size_bytes=4096,
            manifest_sha256="0" * 64,
            recipe={},
            seed=0,
            languages=(),
            metrics={},
            decision={},
        )
        number = await records.versions.add(new)
        found = await records.versions.show(number)
        assert found is not None
        return records.registry.path_of(found)


def test_the_adapter_is_written_as_it_serves(version: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """Byte for byte."""
    out = tmp_path / "out.gguf"
    ran = aprendiz("models", "export", "1", "--format", "gguf", "--out", out, "--json")

    assert out.read_bytes() == version.read_bytes()
    assert ran.json == {"version": 1, "format": "gguf", "merged": False, "path": str(out), "size_bytes": version.stat().st_size}


def test_the_whole_model_is_written_in_eight_bits(version: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """For a server that takes no adapters."""
    out = tmp_path / "out.gguf"
    ran = aprendiz("models", "export", "1", "--format", "gguf", "--merge", "--out", out)

    assert ran.code == 0, ran.err
    assert str(out) in ran.out
    assert value_of(open_gguf(out), "general.file_type") == 7


def test_the_weights_are_written_as_they_were_trained(version: Path, home: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """PEFT's folder, whole."""
    out = tmp_path / "out"
    ran = aprendiz("models", "export", "1", "--format", "hf", "--out", out, "--json")
    names = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir()}

    assert names == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in RoundFolder(home / "rounds" / ROUND).weights.iterdir()
    }
    assert ran.json["size_bytes"] > 1000


def test_the_whole_model_is_written_for_transformers(version: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """Weights, settings, tokenizer and template."""
    out = tmp_path / "out"
    ran = aprendiz("models", "export", "1", "--format", "hf", "--merge", "--out", out)

    assert ran.code == 0, ran.err
    assert {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"} <= {path.name for path in out.iterdir()}


@pytest.mark.parametrize("form", ["gguf", "hf"])
def test_what_is_there_is_never_overwritten(version: Path, aprendiz: Aprendiz, tmp_path: Path, form: str) -> None:
    """It may be all that is left of another version."""
    out = tmp_path / "out"
    out.write_text("old")
    ran = aprendiz("models", "export", "1", "--format", form, "--out", out)

    assert (ran.code, out.read_text()) == (1, "old")
    assert "exists already" in ran.err


def test_an_unknown_version_is_refused(aprendiz: Aprendiz, tmp_path: Path) -> None:
    """With where to look."""
    ran = aprendiz("models", "export", "7", "--format", "gguf", "--out", tmp_path / "out")

    assert ran.code == 1
    assert "there is no version 7" in ran.err


@pytest.mark.parametrize("number", ["zero", "0"])
def test_what_is_no_version_is_wrong_usage(aprendiz: Aprendiz, tmp_path: Path, number: str) -> None:
    """Versions count from one."""
    assert aprendiz("models", "export", number, "--format", "gguf", "--out", tmp_path / "out").code == 2


def test_weights_that_are_gone_leave_the_file_that_serves(version: Path, home: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """Rounds may be tidied away; what is possible is said."""
    RoundFolder(home / "rounds" / ROUND).weights.rename(tmp_path / "elsewhere")
    ran = aprendiz("models", "export", "1", "--format", "hf", "--out", tmp_path / "out")

    assert ran.code == 1
    assert "are gone; --format gguf still writes" in ran.err


@pytest.mark.parametrize("options", [(), ("--merge",)], ids=["alone", "merged"])
def test_an_altered_file_is_refused(version: Path, aprendiz: Aprendiz, tmp_path: Path, options: tuple[str, ...]) -> None:
    """It is not what was judged."""
    version.write_bytes(version.read_bytes() + b"x")
    ran = aprendiz("models", "export", "1", "--format", "gguf", "--out", tmp_path / "out", *options)

    assert ran.code == 1
    assert "altered" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_lost_file_is_refused(version: Path, aprendiz: Aprendiz, tmp_path: Path) -> None:
    """Its name helps to find the backup."""
    version.unlink()
    ran = aprendiz("models", "export", "1", "--format", "gguf", "--out", tmp_path / "out")

    assert ran.code == 1
    assert version.name in ran.err


def test_another_base_merges_with_nothing(version: Path, aprendiz: Aprendiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings name another model now; the adapter alone can still be had."""
    monkeypatch.setenv("APRENDIZ_MODEL__PATH", str(write_model(tmp_path / "other.gguf", "qwen2", seed=3)))
    merging = aprendiz("models", "export", "1", "--format", "gguf", "--merge", "--out", tmp_path / "out")
    alone = aprendiz("models", "export", "1", "--format", "gguf", "--out", tmp_path / "out")

    assert (merging.code, alone.code) == (1, 0)
    assert "is another model" in merging.err
