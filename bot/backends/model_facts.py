"""What is known of a hosted model: how much it reads, and until when it answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

WARN_DAYS: Final = 60  # before its end a model is warned of: time enough to train and prove another
# Windows that the service does not tell: https://developers.openai.com/api/docs/models. The longest beginning of the name counts.
_WINDOWS: Final = {
    "gpt-3.5-turbo": 16_385,
    "gpt-4": 8_192,
    "gpt-4-turbo": 128_000,
    "gpt-4o": 128_000,
    "gpt-4.1": 1_047_576,
    "gpt-5": 400_000,
    "o1": 200_000,
    "o3": 200_000,
    "o4-mini": 200_000,
}
# Trained models end with their base: https://developers.openai.com/api/docs/deprecations (as of November 2026).
_ENDS: Final = {"ft:gpt-4o": date(2027, 1, 14), "ft:gpt-4.1": date(2027, 1, 14)}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """`window` in tokens, the answer included (0: unknown); `ends` is the day on which the model is shut down (None: not announced)."""

    window: int = 0
    ends: date | None = None

    def filled(self, other: "ModelFacts") -> "ModelFacts":
        """Return these facts with those of *other* where these say nothing."""
        return ModelFacts(self.window or other.window, self.ends or other.ends)


def known_facts(name: str) -> ModelFacts:
    """Return what is documented of a model by its name, an `ft:` one too."""
    base = name.removeprefix("ft:")
    window = max((each for each in _WINDOWS if _begins(base, each)), key=len, default="")
    ends = max((each for each in _ENDS if name.startswith(each)), key=len, default="")
    return ModelFacts(_WINDOWS.get(window, 0), _ENDS.get(ends))


def told_facts(model: Mapping[str, Any]) -> ModelFacts:
    """
    Return what a models endpoint tells of *model*.

    vLLM says `max_model_len`, llama-server `meta.n_ctx`, Nebius and others `context_length`; OpenAI says `shutdown_date` (a day), Azure
    `deprecation.inference` (seconds since 1970). What is of another form counts as not said.
    """
    meta = _mapping(model.get("meta"))
    windows = (model.get("max_model_len"), meta.get("n_ctx"), model.get("context_length"), model.get("context_window"))
    ends = _day(model.get("shutdown_date")) or _day(_mapping(model.get("deprecation")).get("inference")) or _day(model.get("deprecation"))
    return ModelFacts(next((size for each in windows if (size := _count(each))), 0), ends)


def trained_window(model: Mapping[str, Any]) -> int:
    """Return the window that llama.cpp says a model was trained with, an upper bound of the served one; 0 where it says none."""
    return _count(_mapping(model.get("meta")).get("n_ctx_train"))


def served_window(props: Mapping[str, Any]) -> int:
    """Return the window of one slot, from llama-server's `/props`."""
    return _count(_mapping(props.get("default_generation_settings")).get("n_ctx")) or _count(props.get("n_ctx"))


def warning_of(name: str, facts: ModelFacts, today: date) -> str:
    """Return one sentence on the model's end where that is near or past, else an empty string."""
    if facts.ends is None or (left := (facts.ends - today).days) > WARN_DAYS:
        return ""
    if left > 0:
        return f"{name} will be shut down on {facts.ends} (in {left} days)"
    return f"{name} was shut down on {facts.ends}: name another model in its place"


def _begins(name: str, known: str) -> bool:
    return name == known or name.startswith((f"{known}-", f"{known}:", f"{known}."))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _day(value: object) -> date | None:
    try:
        if isinstance(value, str) and _DAY.match(value):
            return date.fromisoformat(value[:10])
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return datetime.fromtimestamp(value, UTC).date()
    except (ValueError, OverflowError, OSError):
        pass
    return None
