"""A prompt as a model's own tokens: its template's words may be control tokens, people's words never are."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.backends.chat_template import ChatTemplate
from bot.backends.llama_native import Weights
from bot.errors import Misconfigured
from bot.messages import Message


class PromptTokens:
    """Renders and tokenises prompts for one model file; any thread may use it."""

    def __init__(self, weights: Weights, *, now: Callable[[], datetime]) -> None:
        """
        Compile the template that the file carries; *now* is today's date for the templates that state it.

        Raises:
            Misconfigured: The file has no usable chat template.
        """
        source = weights.chat_template
        if source is None:
            raise Misconfigured(f"the model file {weights.path} has no chat template: choose an instruct (chat) model")
        self._weights = weights
        self._template = ChatTemplate(source, bos=weights.bos_text, eos=weights.eos_text, now=now)

    def tokens_of(self, prompt: Sequence[Message]) -> list[int]:
        """
        Return the tokens of the rendered prompt, the opening of the answer included, in which people's words never become control tokens.

        The text is tokenised as a whole, as in training, save for words that spell a control token.

        Raises:
            Misconfigured: The template refuses this order of roles.
        """
        tokens: list[int] = []
        text = ""
        for run in self._template.runs(prompt):
            if run.message is None or self._is_plain(run.text):
                text += run.text
            else:
                tokens += self._weights.tokenise(text, control=True) + self._weights.tokenise(run.text, control=False)
                text = ""
        tokens += self._weights.tokenise(text, control=True)
        begins = tokens[:1] == [self._weights.bos]
        return [self._weights.bos, *tokens] if self._weights.adds_bos and not begins else tokens

    def plain_tokens_of(self, text: str) -> list[int]:
        """Return the tokens of *text* as it stands, without a template, in which no word becomes a control token."""
        tokens = self._weights.tokenise(text, control=False)
        return [self._weights.bos, *tokens] if self._weights.adds_bos else tokens

    def _is_plain(self, text: str) -> bool:
        return self._weights.tokenise(text, control=True) == self._weights.tokenise(text, control=False)

    def count_tokens(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        """Return each message's tokens with the template's words before it; those after the last count for the last."""
        counts = [0] * len(prompt)
        words = int(self._weights.adds_bos)
        for run in self._template.runs(prompt) if prompt else ():
            count = len(self._weights.tokenise(run.text, control=run.message is None))
            if run.message is None:
                words += count
            else:
                counts[run.message] += words + count
                words = 0
        return (*counts[:-1], counts[-1] + words) if counts else ()
