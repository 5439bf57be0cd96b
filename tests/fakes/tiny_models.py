"""Tiny random models with a whole byte-level tokenizer and a chat template, as GGUF files that llama.cpp and transformers load."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from gguf import GGUFWriter, TokenType
from numpy.typing import NDArray

Architecture = Literal["llama", "qwen2", "gemma3"]

TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MERGES = ("Ġ t", "h e", "i n", "Ġt he")  # Ġ is how a blank is written in byte-level vocabularies
WINDOW_TOKENS = 512


@dataclass(frozen=True, slots=True)
class Sizes:
    """A model's dimensions; a head has `hidden / heads` of them."""

    layers: int = 2
    hidden: int = 64
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 96


def write_model(
    path: Path, architecture: Architecture = "qwen2", *, sizes: Sizes | None = None, seed: int = 0, template: str = TEMPLATE
) -> Path:
    """Write a random model: weights large enough that one token is clearly the likeliest, biases of qwen2 not zero."""
    sizes = sizes or Sizes()
    with closing(GGUFWriter(path, architecture)) as writer:
        writer.add_name(f"tiny {architecture}")
        writer.add_type("model")
        writer.add_block_count(sizes.layers)
        writer.add_context_length(WINDOW_TOKENS)
        writer.add_embedding_length(sizes.hidden)
        writer.add_feed_forward_length(sizes.feed_forward)
        writer.add_head_count(sizes.heads)
        writer.add_head_count_kv(sizes.kv_heads)
        writer.add_rope_dimension_count(sizes.hidden // sizes.heads)
        writer.add_rope_freq_base(10000.0)
        writer.add_layer_norm_rms_eps(1e-6)
        writer.add_file_type(0)
        _add_tokenizer(writer)
        writer.add_chat_template(template)
        for name, tensor in tensors_of(architecture, sizes, seed=seed):
            writer.add_tensor(name, tensor)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    return path


def tensors_of(architecture: Architecture, sizes: Sizes, *, seed: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the random weights by their names, rows first (outputs, inputs)."""
    rng = np.random.default_rng(seed)

    def matrix(outputs: int, inputs: int) -> NDArray[np.float32]:
        return rng.standard_normal((outputs, inputs), dtype=np.float32) / np.float32(np.sqrt(inputs))

    kv = sizes.hidden // sizes.heads * sizes.kv_heads
    vocabulary = len(vocabulary_of())
    yield "token_embd.weight", matrix(vocabulary, sizes.hidden)
    for layer in range(sizes.layers):
        yield f"blk.{layer}.attn_norm.weight", np.ones(sizes.hidden, dtype=np.float32)
        for name, outputs in (("attn_q", sizes.hidden), ("attn_k", kv), ("attn_v", kv)):
            yield f"blk.{layer}.{name}.weight", matrix(outputs, sizes.hidden)
            if architecture == "qwen2":
                yield f"blk.{layer}.{name}.bias", rng.standard_normal(outputs, dtype=np.float32)
        yield f"blk.{layer}.attn_output.weight", matrix(sizes.hidden, sizes.hidden)
        yield f"blk.{layer}.ffn_norm.weight", np.ones(sizes.hidden, dtype=np.float32)
        yield f"blk.{layer}.ffn_gate.weight", matrix(sizes.feed_forward, sizes.hidden)
        yield f"blk.{layer}.ffn_up.weight", matrix(sizes.feed_forward, sizes.hidden)
        yield f"blk.{layer}.ffn_down.weight", matrix(sizes.hidden, sizes.feed_forward)
    yield "output_norm.weight", np.ones(sizes.hidden, dtype=np.float32)
    yield "output.weight", 4 * matrix(vocabulary, sizes.hidden)


def vocabulary_of() -> tuple[str, ...]:
    """Return the tokens: every byte, some pairs, the control tokens."""
    return (*_byte_tokens(), *(merge.replace(" ", "") for merge in MERGES), *CONTROL)


def _byte_tokens() -> list[str]:
    """Return the character that stands for each byte: https://github.com/openai/gpt-2/blob/master/src/encoder.py."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return [*map(chr, plain), *(chr(256 + at) for at in range(len(others)))]


def _add_tokenizer(writer: GGUFWriter) -> None:
    tokens = vocabulary_of()
    kinds = [TokenType.CONTROL if token in CONTROL else TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_add_bos_token(False)
