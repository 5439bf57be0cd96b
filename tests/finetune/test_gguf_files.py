"""Model files, as far as an adapter must know them."""

from pathlib import Path

import pytest

from bot.backends.llama_cpp import default_model_path
from bot.errors import Misconfigured, Refused
from finetune.gguf_files import layout_of, open_gguf
from tests.fakes.gguf import write_gguf
from tests.fakes.tiny_models import write_model


def test_the_packaged_model_tells_what_an_adapter_must_fit() -> None:
    """Heads decide how rows are ordered, shapes which adapter is for it."""
    layout = layout_of(default_model_path())

    assert (layout.architecture, layout.heads, layout.kv_heads) == ("llama", 9, 3)
    assert layout.shapes["blk.0.attn_k.weight"] == (192, 576)


def test_a_model_without_grouped_queries_has_as_many_keys_as_queries(tmp_path: Path) -> None:
    """The key is left out of such files."""
    path = write_gguf(tmp_path / "a.gguf", {"general.architecture": "qwen2", "qwen2.attention.head_count": 4.0}, {})

    assert layout_of(path).kv_heads == 4


def test_an_architecture_without_proof_is_refused_by_name(tmp_path: Path) -> None:
    """Whether its rows are reordered, and how, nobody has tried."""
    path = write_model(tmp_path / "gemma.gguf", "gemma3")

    with pytest.raises(Refused, match=r"gemma\.gguf is a gemma3 model; adapters are proved for llama and qwen2"):
        layout_of(path)


def test_a_file_without_heads_is_damaged(tmp_path: Path) -> None:
    """Better here than as a division by zero."""
    path = write_gguf(tmp_path / "a.gguf", {"general.architecture": "llama"}, {})

    with pytest.raises(Misconfigured, match="attention heads"):
        layout_of(path)


@pytest.mark.parametrize("content", [b"", b"GGUF", b"PK\x03\x04 no model"], ids=["empty", "cut off", "another format"])
def test_what_is_no_gguf_is_named(tmp_path: Path, content: bytes) -> None:
    """A download that broke off, or the wrong file."""
    path = tmp_path / "a.gguf"
    path.write_bytes(content)

    with pytest.raises(Misconfigured, match=r"a\.gguf is damaged or no GGUF file"):
        open_gguf(path)


def test_a_file_cut_off_in_its_weights_is_named(tmp_path: Path) -> None:
    """Its head alone is whole."""
    path = write_model(tmp_path / "a.gguf")
    path.write_bytes(path.read_bytes()[:-1000])

    with pytest.raises(Misconfigured, match="damaged"):
        open_gguf(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path is wrong."""
    with pytest.raises(Misconfigured, match=r"none\.gguf cannot be read \(No such file"):
        open_gguf(tmp_path / "none.gguf")
