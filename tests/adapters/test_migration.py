"""The settings that let the local model of a migration answer."""

from pathlib import Path

import pytest

from adapters.migration import local_switch
from bot.model_settings import ModelSettings

HOSTED = ModelSettings(backend="openai", name="ft:gpt-4.1-mini-2025-04-14:acme::0001", languages=("en",))
LOCAL = ModelSettings(path=Path("model.gguf"), languages=("en",))


@pytest.mark.parametrize(
    ("judged", "before", "change"),
    [(None, None, {}), (None, 0.0, {"support": None}), (0.5, None, {"support": 0.5}), (0.5, 0.0, {"support": 0.5}), (0.5, 0.5, {})],
)
def test_it_is_served_under_the_support_under_which_it_was_judged(
    judged: float | None, before: float | None, change: dict[str, float | None]
) -> None:
    """That of the hosted model must not stay."""
    model, hosted = LOCAL.model_copy(update={"support": judged}), HOSTED.model_copy(update={"support": before})

    assert local_switch(model, hosted) == {"backend": "llama_cpp", "path": "model.gguf"} | change
    assert local_switch(model, model) == {}
