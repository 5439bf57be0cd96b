"""What each trainer takes: formats, the longest row, the fewest rows, the largest file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from bot.errors import Refused
from finetune.findings import Code

LOCAL: Final = "local"  # the model file that answers
# One file: https://developers.openai.com/api/docs/api-reference/files/create ; ten examples, see
# https://developers.openai.com/api/docs/guides/supervised-fine-tuning
_FILE_BYTES: Final = 512 << 20
_MINIMUM_ROWS: Final = 10

Encoding = Literal["o200k_base", "cl100k_base"]


@dataclass(frozen=True, slots=True)
class Trainer:
    """
    One that trains on a file.

    `formats` are those it takes (none: any); `limit_tokens` is the longest row, 0 for no limit: what is beyond it is cut where `cuts`, else
    the row is refused, but for plain text, which is cut into blocks. `file_bytes` 0 is any size. Only JSON Lines are taken where `hosted`.
    Of the findings that else refuse a file, those `tolerated` here do not, and those in `refused` do that else would not.
    """

    name: str
    formats: tuple[str, ...] = ()
    limit_tokens: int = 0
    cuts: bool = False
    minimum_rows: int = 1
    file_bytes: int = 0
    hosted: bool = False
    encoding: Encoding | None = None
    tolerated: frozenset[Code] = frozenset()
    refused: frozenset[Code] = frozenset()


def _hosted(name: str, limit_tokens: int, *formats: str, encoding: Encoding = "o200k_base") -> Trainer:
    return Trainer(
        name,
        formats,
        limit_tokens,
        cuts=True,
        minimum_rows=_MINIMUM_ROWS,
        file_bytes=_FILE_BYTES,
        hosted=True,
        encoding=encoding,
        tolerated=frozenset(("order", "same_answers")),
    )


# Formats: https://developers.openai.com/api/docs/guides/supervised-fine-tuning and …/direct-preference-optimization (2026-11), the latter
# for gpt-4.1 alone. Tokens of an example: "Training example context length" in the table of fine-tuning models of
# https://github.com/MicrosoftDocs/azure-ai-docs (articles/ai-foundry/openai/includes/fine-tune-models.md), which does not say it of
# gpt-4.1: there it is taken to be that of gpt-4o.
# Encodings: tiktoken/model.py of tiktoken 0.14.
HOSTED: Final[Mapping[str, Trainer]] = MappingProxyType(
    {
        each.name: each
        for each in (
            _hosted("gpt-4.1-2025-04-14", 65_536, "messages", "preference-openai"),
            _hosted("gpt-4.1-mini-2025-04-14", 65_536, "messages", "preference-openai"),
            _hosted("gpt-4.1-nano-2025-04-14", 65_536, "messages", "preference-openai"),
            _hosted("gpt-4o-2024-08-06", 65_536, "messages"),
            _hosted("gpt-4o-mini-2024-07-18", 65_536, "messages"),
            _hosted("gpt-3.5-turbo-0125", 16_385, "messages", encoding="cl100k_base"),
            _hosted("gpt-3.5-turbo-1106", 16_385, "messages", encoding="cl100k_base"),
        )
    }
)

ANY: Final = Trainer("")


def local_trainer(name: str, *, block_tokens: int) -> Trainer:
    """Return what `aprendiz train` takes with a recipe whose rows have at most *block_tokens*."""
    refused: frozenset[Code] = frozenset(("duplicate", "leak", "held_out"))
    return Trainer(name, ("messages", "text"), block_tokens, refused=refused)


def hosted_trainer(name: str) -> Trainer:
    """
    Return the hosted model called *name*; a model trained from one (`ft:NAME:…`) is taken for it.

    Raises:
        Refused: It is not known.
    """
    base = name.removeprefix("ft:").partition(":")[0] if name.startswith("ft:") else name
    found = HOSTED.get(base)
    if found is None:
        known = ", ".join(HOSTED)
        raise Refused(f"what {name} takes is not known: name {LOCAL}, a GGUF file, or one of {known}")
    return found


def is_local(name: str) -> bool:
    """Tell whether *name* is the model that answers, or a model file."""
    return name == LOCAL or Path(name).suffix.lower() == ".gguf"
