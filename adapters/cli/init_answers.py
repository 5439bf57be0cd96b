"""The tables of `aprendiz.toml` while `aprendiz init` fills them, and the settings that they amount to."""

import copy
from collections.abc import Mapping
from typing import Any

from bot.messages import Audience, Platform
from bot.settings import Settings, read_settings


class Answers:
    """Settings by their dotted names, on top of those that a file held before; what nobody asked about stays as it was."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        """Begin with a copy of *tables*."""
        self.tables: dict[str, Any] = copy.deepcopy(dict(tables))

    def merge(self, tables: Mapping[str, Any]) -> None:
        """Lay *tables* over what is there, key by key."""
        _lay(tables, self.tables)

    def get(self, name: str, default: str = "") -> str:
        """Return the text under *name*, such as `slack.bot_token`."""
        *path, key = name.split(".")
        table: Any = self.tables
        for each in path:
            table = table.get(each, {})
        return str(table.get(key, default))

    def put(self, name: str, value: str | int | bool | tuple[str, ...]) -> None:
        """Set *name*; an empty text or list takes it away, so that the default holds."""
        *path, key = name.split(".")
        table = self.tables
        for each in path:
            if value in ("", ()) and each not in table:
                return
            table = table.setdefault(each, {})
        if value in ("", ()):
            table.pop(key, None)
        else:
            table[key] = value

    def audience(self, platform: Platform, default: Audience) -> str:
        """Return who asks on *platform* as a whole."""
        return str(self._voice(platform).get("audience", default))

    def set_audience(self, platform: Platform, audience: Audience) -> None:
        """Set who asks on *platform* as a whole; a single channel's own voice still wins."""
        self._voice(platform)["audience"] = audience

    def _voice(self, platform: Platform) -> dict[str, Any]:
        voices: list[dict[str, Any]] = self.tables.setdefault("assistant", {}).setdefault("voices", [])
        for voice in voices:
            if voice.get("platform") == platform and not voice.get("channel"):
                return voice
        voices.append({"platform": platform})
        return voices[-1]

    def settings(self) -> Settings:
        """
        Return the settings, what the environment sets included.

        Raises:
            Misconfigured: One of them is wrong; the detail names it.
        """
        return read_settings(**self.tables)


def _lay(upper: Mapping[str, Any], lower: dict[str, Any]) -> None:
    for key, value in upper.items():
        if isinstance(value, Mapping) and isinstance(lower.get(key), dict):
            _lay(value, lower[key])
        else:
            lower[key] = copy.deepcopy(value)
