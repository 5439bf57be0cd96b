"""llama.cpp through its C interface: one model with one context of one sequence. The only importer of `llama_cpp`."""

import ctypes
import logging
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Self, cast

import llama_cpp as native
import numpy as np
from numpy.typing import NDArray

from bot.backends.runtime import DecodeFailed, Runtime, default_threads
from bot.errors import Misconfigured
from bot.messages import Sampling

logger = logging.getLogger(__name__)

# Longest run of tokens evaluated at once: work cannot be stopped in between, and compute buffers grow with it.
BATCH_TOKENS = 256
PENALISED_TOKENS = 64  # llama.cpp's own default for `penalty_last_n`
PIECE_BYTES = 256  # longest text of one token
GGUF_MAGIC = b"GGUF"  # https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
Q4_1_FILE_TYPE = "3"  # `general.file_type` of the same document


State = NDArray[np.uint8]


@native.llama_log_callback  # type: ignore[untyped-decorator]
def _to_log(level: int, text: bytes, _: ctypes.c_void_p) -> None:
    logger.debug("llama.cpp", extra={"level": level, "words": text.decode("utf-8", "replace").strip()})


@cache
def _prepare() -> None:
    native.llama_log_set(_to_log, ctypes.c_void_p(0))
    native.llama_backend_init()


def require_gguf(path: Path, *, what: str, remedy: str) -> None:
    """
    Refuse a file that cannot be a GGUF, with the reason.

    Raises:
        Misconfigured: It is missing, unreadable, empty or of another format.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(len(GGUF_MAGIC))
    except OSError as error:
        raise Misconfigured(f"{what} {path} cannot be read ({error.strerror}): {remedy}") from error
    if not magic:
        raise Misconfigured(f"{what} {path} is empty: {remedy}")
    if magic != GGUF_MAGIC:
        raise Misconfigured(f"{what} {path} is no GGUF file: {remedy}")


class Weights:
    """A loaded model file: its tokenizer may be used by any thread, everything else by one."""

    def __init__(self, path: Path, *, gpu_layers: int = 0, vocabulary_only: bool = False) -> None:
        """
        Load *path*.

        Raises:
            Misconfigured: The file is missing, empty, damaged or of an unknown kind.
        """
        remedy = "set APRENDIZ_MODEL__PATH to a model file, or fetch one with `aprendiz models pull`"
        require_gguf(path, what="the model file", remedy=remedy)
        _prepare()
        parameters = native.llama_model_default_params()
        parameters.n_gpu_layers = gpu_layers
        parameters.vocab_only = vocabulary_only
        model = native.llama_model_load_from_file(os.fsencode(path), parameters)
        if model is None:
            raise Misconfigured(f"the model file {path} is damaged or of a kind that llama.cpp does not know: {remedy}")
        self.path = path
        self.model = model
        self._vocabulary = native.llama_model_get_vocab(model)
        self.size_tokens = native.llama_vocab_n_tokens(self._vocabulary)
        self.trained_context_tokens = native.llama_model_n_ctx_train(model)
        self.bos = native.llama_vocab_bos(self._vocabulary)
        self.eos: int = native.llama_vocab_eos(self._vocabulary)
        self.adds_bos = bool(native.llama_vocab_get_add_bos(self._vocabulary))

    @property
    def chat_template(self) -> str | None:
        """The template that the file carries."""
        text = native.llama_model_chat_template(self.model, None)
        return None if text is None else text.decode("utf-8", "replace")

    def text_of(self, token: int) -> str:
        """Return the text by which a template names *token*; empty for a token that does not exist (-1)."""
        return "" if token < 0 else native.llama_vocab_get_text(self._vocabulary, token).decode("utf-8", "replace")

    @property
    def bos_text(self) -> str:
        """The text of the token that begins a text."""
        return self.text_of(self.bos)

    @property
    def eos_text(self) -> str:
        """The text of the token that ends a turn."""
        return self.text_of(self.eos)

    def metadata(self, key: str) -> str:
        """Return a value of the file's metadata, empty where there is none."""
        buffer = ctypes.create_string_buffer(PIECE_BYTES)
        found = native.llama_model_meta_val_str(self.model, key.encode(), buffer, PIECE_BYTES)
        return buffer.value.decode("utf-8", "replace") if found >= 0 else ""

    def tokenise(self, text: str, *, control: bool) -> list[int]:
        """Return the tokens of *text*; names of control tokens in it become those tokens only where *control* says so."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 2
        tokens = (native.llama_token * room)()
        count = native.llama_tokenize(self._vocabulary, data, len(data), tokens, room, False, control)
        return tokens[:count]

    def bytes_of(self, token: int) -> bytes:
        """Return the bytes that *token* adds to a text; none for control tokens."""
        buffer = ctypes.create_string_buffer(PIECE_BYTES)
        length = native.llama_token_to_piece(self._vocabulary, token, buffer, PIECE_BYTES, 0, False)
        return buffer.raw[: max(0, length)]

    def ends(self, token: int) -> bool:
        """Tell whether *token* ends an answer."""
        return bool(native.llama_vocab_is_eog(self._vocabulary, token))

    def close(self) -> None:
        """Free the memory."""
        native.llama_model_free(self.model)


class Lora:
    """A LoRA adapter loaded for one model, which frees it at the latest."""

    def __init__(self, weights: Weights, path: Path, *, remedy: str) -> None:
        """
        Load *path*; *remedy* ends the sentence that says what is wrong with it.

        Raises:
            Misconfigured: The file is missing, empty, damaged or was made for another model.
        """
        require_gguf(path, what="the adapter file", remedy=remedy)
        loaded = native.llama_adapter_lora_init(weights.model, os.fsencode(path))
        if not loaded:  # a null pointer is an object to ctypes
            raise Misconfigured(f"the adapter file {path} is damaged or was made for another model: {remedy}")
        self.pointer = cast("native.llama_adapter_lora_p", loaded)

    def free(self) -> None:
        """Free the memory; the adapter lies over no context's model any more."""
        native.llama_adapter_lora_free(self.pointer)


class Context:
    """
    The evaluated tokens of one sequence. A llama.cpp context is not re-entrant: one thread owns it.

    `tokens` are the evaluated ones, in order; the next logits follow the last of them. `adapter` is the one laid over the model.
    """

    def __init__(self, weights: Weights, runtime: Runtime, *, outputs: int = 1) -> None:
        """
        Allocate the context.

        Args:
            weights: The model.
            runtime: Threads and window.
            outputs: How many tokens' logits one evaluation may give; each costs the memory of a vocabulary of floats, twice.

        Raises:
            Misconfigured: There is not enough memory for it.
        """
        threads = runtime.threads or default_threads()
        window = min(runtime.context_tokens, weights.trained_context_tokens or runtime.context_tokens)
        parameters = native.llama_context_default_params()
        parameters.n_ctx = window
        parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.n_outputs_max = outputs
        context = native.llama_init_from_model(weights.model, parameters)
        if context is None:
            raise Misconfigured(
                f"a context of {window} tokens for {weights.path.name} does not fit in memory: lower APRENDIZ_MODEL__CONTEXT_TOKENS"
            )
        self.window, self.threads, self.tokens = window, threads, list[int]()
        self._weights = weights
        self._context = context
        self._memory = native.llama_get_memory(context)
        self.adapter: Lora | None = None

    def evaluate(self, tokens: Sequence[int]) -> None:
        """
        Append *tokens* (at most `BATCH_TOKENS`) to the sequence; the last one's logits can be read.

        Raises:
            DecodeFailed: With llama.cpp's return code; the sequence is empty then.
        """
        row = (native.llama_token * len(tokens))(*tokens)  # the batch only points to it
        self._decode(native.llama_batch_get_one(row, len(tokens)), tokens)

    def evaluate_all(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """
        Append *tokens* (at most as many as `outputs` of the context) to the sequence and return the logits after each of them.

        Returns:
            An array (len(tokens), V) in llama.cpp's own memory: the next evaluation overwrites it.

        Raises:
            DecodeFailed: With llama.cpp's return code; the sequence is empty then.
        """
        row = (native.llama_token * len(tokens))(*tokens)  # the batch only points to it, and to the marks
        marks = (ctypes.c_int8 * len(tokens))(*[1] * len(tokens))
        batch = native.llama_batch_get_one(row, len(tokens))
        batch.logits = marks
        self._decode(batch, tokens)
        return np.ctypeslib.as_array(native.llama_get_logits(self._context), shape=(len(tokens), self._weights.size_tokens))

    def _decode(self, batch: native.llama_batch, tokens: Sequence[int]) -> None:
        code = native.llama_decode(self._context, batch)
        if code != 0:
            self.clear()
            raise DecodeFailed(code)
        self.tokens.extend(tokens)

    def logprob(self, token: int) -> float:
        """Return the natural logarithm of the probability that the model itself gave to *token*."""
        logits = np.ctypeslib.as_array(native.llama_get_logits_ith(self._context, -1), shape=(self._weights.size_tokens,))
        highest = logits.max()
        return float(logits[token] - highest - np.log(np.exp(logits - highest).sum()))

    def truncate(self, length: int) -> int:
        """Keep the first *length* tokens, or none where the model's memory cannot be cut; return how many are left."""
        if length < len(self.tokens):
            if native.llama_memory_seq_rm(self._memory, 0, length, -1):
                del self.tokens[length:]
            else:  # recurrent models keep one state, which has no middle
                self.clear()
        return len(self.tokens)

    def clear(self) -> None:
        """Forget the sequence and overwrite it: an infinite number that bad weights left would spoil what is written beside it."""
        native.llama_memory_clear(self._memory, True)
        self.tokens = []

    def save(self) -> State:
        """Return a copy of the sequence, for `restore`."""
        state = np.empty(native.llama_state_seq_get_size(self._context, 0), dtype=np.uint8)
        written = native.llama_state_seq_get_data(self._context, _pointer(state), state.nbytes, 0)
        return state[:written]

    def restore(self, tokens: Sequence[int], state: State) -> None:
        """Bring back a sequence of *tokens*; an empty one where llama.cpp refuses the copy."""
        native.llama_memory_clear(self._memory, False)  # the same weights wrote it: overwriting 90 MB would take milliseconds for nothing
        self.tokens = []
        if native.llama_state_seq_set_data(self._context, _pointer(state), state.nbytes, 0):
            self.tokens = list(tokens)

    def lay(self, adapter: "Lora | None") -> None:
        """Lay *adapter*, made for the same weights, over the model, or none; forgets the sequence, which the old weights wrote."""
        adapters = [] if adapter is None else [adapter.pointer]
        row = (native.llama_adapter_lora_p_ctypes * 1)(*adapters)  # type: ignore[misc]  # to ctypes they are what they are
        native.llama_set_adapters_lora(self._context, row, len(adapters), (ctypes.c_float * 1)(1.0))
        self.adapter = adapter
        self.clear()

    def sampler(self, sampling: Sampling) -> "Sampler":
        """Return a sampler of this context's last logits."""
        return Sampler(self._context, sampling, vocabulary_tokens=self._weights.size_tokens)

    def close(self) -> None:
        """Free the memory."""
        native.llama_free(self._context)


class Sampler:
    """
    Draws tokens from a context's last logits; entered as a context manager, which frees it.

    The repeat penalty counts the answer's own tokens only: over the prompt it would punish quoting the passages.
    """

    def __init__(self, context: native.llama_context_p, sampling: Sampling, *, vocabulary_tokens: int) -> None:
        """Build llama.cpp's sampler chain."""
        self._context = context
        self._chain = native.llama_sampler_chain_init(native.llama_sampler_chain_default_params())
        if sampling.repeat_penalty != 1.0:
            self._add(native.llama_sampler_init_penalties(vocabulary_tokens, PENALISED_TOKENS, sampling.repeat_penalty, 0.0, 0.0))
        if sampling.temperature == 0:
            self._add(native.llama_sampler_init_greedy())
            return
        self._add(native.llama_sampler_init_top_p(sampling.top_p, 1))
        self._add(native.llama_sampler_init_temp(sampling.temperature))
        self._add(native.llama_sampler_init_dist(native.LLAMA_DEFAULT_SEED if sampling.seed is None else sampling.seed & 0xFFFFFFFF))

    def _add(self, part: "native.llama_sampler_p") -> None:
        native.llama_sampler_chain_add(self._chain, part)

    def draw(self) -> int:
        """Return the next token."""
        return int(native.llama_sampler_sample(self._chain, self._context, -1))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        native.llama_sampler_free(self._chain)


def file_type(path: Path) -> str:
    """
    Return `general.file_type` of a GGUF: "3" is Q4_1.

    Raises:
        Misconfigured: As `Weights`.
    """
    weights = Weights(path, vocabulary_only=True)
    try:
        return weights.metadata("general.file_type")
    finally:
        weights.close()


def quantise_to_q8_0(source: Path, target: Path, *, threads: int) -> bool:
    """Write *source* to *target* with 8 bits a weight; False where that failed, with an unfinished *target* left behind."""
    _prepare()
    parameters = native.llama_model_quantize_default_params()
    parameters.ftype = native.LLAMA_FTYPE_MOSTLY_Q8_0
    parameters.nthread = threads
    parameters.allow_requantize = True
    return int(native.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(parameters))) == 0


def _pointer(state: State) -> "ctypes._Pointer[ctypes.c_uint8]":
    return state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
