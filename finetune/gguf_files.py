"""Model files in GGUF as an adapter must know them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import Misconfigured, Refused

if TYPE_CHECKING:
    from gguf import GGUFReader

# Architectures in which an adapter was shown to answer as the weights it was trained with do.
PROVED = ("llama", "qwen2")
# What `GGUFReader` raises for a file that is cut off or was never a GGUF.
_DAMAGE = (ValueError, IndexError, KeyError, TypeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Layout:
    """
    What an adapter must fit.

    `heads` and `kv_heads` are those of the attention; `shapes` has every tensor, rows first: (outputs, inputs) for a matrix.
    """

    file: str
    name: str
    architecture: str
    heads: int
    kv_heads: int
    shapes: Mapping[str, tuple[int, ...]]


def open_gguf(path: Path) -> "GGUFReader":
    """
    Return a reader of *path*; its tensors are views of the file, read when they are touched.

    Raises:
        Misconfigured: It is missing, unreadable, damaged or of another format.
    """
    from gguf import GGUFReader

    try:
        return GGUFReader(path)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read ({error.strerror}): correct its path or its rights") from error
    except _DAMAGE as error:
        raise Misconfigured(f"{path} is damaged or no GGUF file: fetch or make it again") from error


def value_of(reader: "GGUFReader", key: str, default: Any = None) -> Any:
    """Return a value of the metadata, *default* where there is none."""
    field = reader.get_field(key)
    return default if field is None else field.contents()


def layout_of(path: Path) -> Layout:
    """
    Return what an adapter for the model file *path* must fit.

    Raises:
        Misconfigured: As `open_gguf`.
        Refused: No adapter was proved for its architecture.
    """
    reader = open_gguf(path)
    architecture = str(value_of(reader, "general.architecture", "nameless"))
    if architecture not in PROVED:
        raise Refused(f"{path.name} is a {architecture} model; adapters are proved for {' and '.join(PROVED)}")
    heads = int(value_of(reader, f"{architecture}.attention.head_count", 0))
    if heads < 1:
        raise Misconfigured(f"{path} does not say how many attention heads it has: fetch or make it again")
    return Layout(
        file=path.name,
        name=str(value_of(reader, "general.name", path.stem)),
        architecture=architecture,
        heads=heads,
        kv_heads=int(value_of(reader, f"{architecture}.attention.head_count_kv", heads)),
        shapes={tensor.name: tuple(int(size) for size in reversed(tensor.shape)) for tensor in reader.tensors},
    )
