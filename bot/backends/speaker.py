"""One answer at a time from a model file, synchronously: for the thread that owns the llama.cpp context."""

import codecs
import time
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from bot.backends.adapters import Adapters
from bot.backends.llama_native import BATCH_TOKENS, Context, Lora, Weights
from bot.backends.prompt_tokens import PromptTokens
from bot.backends.runtime import Runtime
from bot.backends.saved_states import SavedStates, common_prefix
from bot.completing import Completion
from bot.errors import ConversationTooLong
from bot.messages import Adapter, Finished, FinishReason, Generation, Message

LEAST_ANSWER_TOKENS = 16  # a prompt that leaves less room is refused
SAVED_BYTES = 256 * 2**20  # some ten conversations of a thousand tokens
# Smaller batches read all weights for too little. Sizes are multiples of it: llama.cpp rounds attention over fewer tokens in another way,
# so that an odd size would let the momentary speed decide between two words.
LEAST_BATCH_TOKENS = 64
WORTH_COPYING_TOKENS = 32  # fewer are evaluated faster than a state is copied
OWN_REMEDY = "set APRENDIZ_MODEL__ADAPTER to an adapter made for this model, or leave it empty"
BREATH_S = 1.0  # how long one evaluation may take: nothing stops it in between


class Speaker:
    """
    A model file with its context and template, its own adapter (`adapter`, as the settings name it) and those of trained versions.

    Of the conversations before, the live one and those put aside keep their evaluated tokens: only what a prompt does not
    share with the best of them is evaluated.
    """

    def __init__(self, path: Path, *, adapter: Path | None, runtime: Runtime, now: Callable[[], datetime]) -> None:
        """
        Load the model and its adapter.

        Raises:
            Misconfigured: A file is missing, damaged, of the wrong kind, or carries no usable chat template.
        """
        with ExitStack() as stack:
            self.weights = Weights(path, gpu_layers=runtime.gpu_layers)
            stack.callback(self.weights.close)  # frees the adapters too
            self._prompts = PromptTokens(self.weights, now=now)
            self.context = Context(self.weights, runtime)
            stack.callback(self.context.close)
            self._own = None if adapter is None else Lora(self.weights, adapter, remedy=OWN_REMEDY)
            self.context.lay(self._own)
            self._resources = stack.pop_all()
        self.adapter = adapter
        self._worn: Hashable = adapter  # names the weights that write the live conversation
        self._adapters = Adapters(self.weights)
        self._states = SavedStates(SAVED_BYTES)
        self._batch_tokens = BATCH_TOKENS // 2

    def close(self) -> None:
        """Free the memory."""
        self._resources.close()

    def forget(self) -> None:
        """Forget every conversation, the live one too."""
        self._states.clear()
        self.context.clear()

    def count_tokens(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        """Return each message's tokens with the template's words before it; those after the last count for the last."""
        return self._prompts.count_tokens(prompt)

    def answer(self, request: Generation | Completion, *, model: str, started: float) -> Generator[str | Finished]:
        """
        Generate an answer, or go on with a text.

        Args:
            request: What to answer.
            model: The name to report.
            started: `time.monotonic()` of the request, from which times count.

        Returns:
            Pieces of text, empty ones included: after each the work may be stopped by closing the iterator. Then one `Finished`.

        Raises:
            ConversationTooLong: The prompt leaves no room for an answer.
            DecodeFailed: llama.cpp failed; nothing is kept of the live conversation.
        """
        if isinstance(request, Completion):
            prompt = self._prompts.plain_tokens_of(request.prompt)
        else:
            prompt = self._prompts.tokens_of(request.prompt)
        room = self.context.window - len(prompt)
        if room < min(LEAST_ANSWER_TOKENS, request.max_tokens):
            raise ConversationTooLong(f"{len(prompt)} tokens of prompt in a window of {self.context.window}")
        adapter = self._wear(request.adapter)
        cached = self._recall(prompt)
        yield from self._evaluate(prompt[cached:])
        first_token_s = time.monotonic() - started
        logprobs: list[float] = []
        reason = yield from self._speak(request, logprobs, limit=min(room, request.max_tokens))
        yield Finished(
            reason=reason,
            prompt_tokens=len(prompt),
            completion_tokens=len(logprobs),
            cached_tokens=cached,
            first_token_s=first_token_s,
            total_s=time.monotonic() - started,
            model=model,
            adapter=adapter,
            mean_logprob=sum(logprobs) / len(logprobs) if logprobs else None,
        )

    def _wear(self, version: Adapter | None) -> str:
        """Lay the adapter of *version* over the model, the settings' own where there is none; return its name for the record."""
        found = self._adapters.find(version.path, in_use=self.context.adapter) if version else None
        if version and found:
            self._lay(found[1], key=found[0])
            return version.name
        self._lay(self._own, key=self.adapter)
        return self.adapter.stem if self.adapter else ""

    def _lay(self, adapter: Lora | None, *, key: Hashable) -> None:
        if adapter is self.context.adapter:
            return
        self._put_aside(beyond=0)
        self.context.lay(adapter)
        self._worn = key

    def _put_aside(self, *, beyond: int) -> None:
        """Keep the live conversation where enough of it stands behind its first *beyond* tokens."""
        if len(self.context.tokens) > beyond + WORTH_COPYING_TOKENS:
            self._states.put(self.context.tokens, self.context.save(), under=self._worn)

    def _recall(self, prompt: Sequence[int]) -> int:
        """Make the longest kept beginning of *prompt* the live one; return its length, at least one token short of the whole."""
        live = common_prefix(self.context.tokens, prompt)
        saved = self._states.best(prompt, longer_than=live + WORTH_COPYING_TOKENS, under=self._worn)
        self._put_aside(beyond=0 if saved else live)
        if saved:
            self.context.restore(*saved)
        return self.context.truncate(min(common_prefix(self.context.tokens, prompt), len(prompt) - 1))

    def _evaluate(self, tokens: Sequence[int]) -> Iterator[str]:
        """Evaluate in batches whose size follows the measured speed."""
        done = 0
        while done < len(tokens):
            batch = tokens[done : done + self._batch_tokens]
            begun = time.monotonic()
            self.context.evaluate(batch)
            done += len(batch)
            if len(batch) == self._batch_tokens:
                speed = len(batch) / (time.monotonic() - begun)
                whole = int(speed * BREATH_S) // LEAST_BATCH_TOKENS * LEAST_BATCH_TOKENS
                self._batch_tokens = max(LEAST_BATCH_TOKENS, min(BATCH_TOKENS, whole))
            yield ""

    def _speak(self, request: Generation | Completion, logprobs: list[float], *, limit: int) -> Generator[str, None, FinishReason]:
        """Draw tokens until the model ends or *limit* is reached; return which."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a character may span tokens
        silent = isinstance(request, Generation)  # an answer begins with its first word, a completion with what the text needs
        with self.context.sampler(request.sampling) as sampler:
            while True:
                token = sampler.draw()
                if self.weights.ends(token):
                    return "stop"
                logprobs.append(self.context.logprob(token))
                text = decoder.decode(self.weights.bytes_of(token))
                text = text.lstrip() if silent else text
                silent = silent and not text
                yield text
                if len(logprobs) >= limit:
                    return "length"
                self.context.evaluate([token])
