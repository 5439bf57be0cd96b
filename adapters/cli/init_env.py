"""`deploy/env.example`: every setting as an environment variable, with its meaning and default, from `Settings` itself."""

import json
from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bot.settings import Settings

_HEAD: Final = """\
# Every setting of Aprendiz as an environment variable, with its default. Uncomment what is to differ.
# The environment wins over aprendiz.toml. This file may come to hold tokens: keep it readable by its owner alone (chmod 600).
# Lists and tables are JSON. Made by `aprendiz init --print env`.
"""


def env_example() -> str:
    """Return the file."""
    return _HEAD + "".join(_section(Settings, "APRENDIZ_"))


def _section(section: type[BaseModel], prefix: str) -> Iterator[str]:
    """Yield the settings of *section* itself, then those of the sections in it."""
    inner = {name: below for name, field in section.model_fields.items() if (below := _below(field))}
    yield "\n"
    for name, field in section.model_fields.items():
        if name not in inner:
            yield f"# {field.description}\n#{prefix}{name.upper()}={_shown(field.get_default(call_default_factory=True))}\n"
    for name, below in inner.items():
        yield from _section(below, f"{prefix}{name.upper()}__")


def _below(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _shown(default: object) -> str:
    match default:
        case None | SecretStr():
            return ""
        case bool() | tuple() | dict():
            return json.dumps(default)
    return str(default)
