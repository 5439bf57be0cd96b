"""A model file's own chat template: messages in, runs of text out, with the template's words kept apart from people's words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.errors import Misconfigured
from bot.messages import Message

# Private-use characters, which no template holds.
OPEN, CLOSE = "\ue0f0", "\ue0f1"
PROBE = "probe"
FAULTS = (TemplateError, TypeError, ValueError, LookupError, ArithmeticError)  # what Jinja itself and expressions in it raise


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of the rendered prompt; `message` is the index of the message whose content it is, None for the template's own words."""

    text: str
    message: int | None


def _refuse(problem: str) -> None:
    raise TemplateError(problem)


class ChatTemplate:
    """
    Renders prompts in a sandbox: a template comes with a downloaded file and may do nothing but text.

    What people wrote never reaches the template: marks stand for it, so that no template code can act on it and the caller
    can tokenise it without control tokens.
    """

    def __init__(self, source: str, *, bos: str, eos: str, now: Callable[[], datetime]) -> None:
        """
        Compile *source*.

        Args:
            source: The `tokenizer.chat_template` of a GGUF, in Jinja as transformers documents it
                (https://huggingface.co/docs/transformers/chat_templating_writing).
            bos: The text of the token that begins a text.
            eos: The text of the token that ends a turn.
            now: Today's date, for the templates that state it.

        Raises:
            Misconfigured: The template does not compile or renders nothing for a plain question.
        """
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
        self._values = {
            "bos_token": bos,
            "eos_token": eos,
            "add_generation_prompt": True,
            "enable_thinking": False,  # hidden reasoning would stream into the chat: templates that know the switch turn it off
            "raise_exception": _refuse,
            "strftime_now": lambda form: now().strftime(form),
        }
        try:
            self._template = environment.from_string(source)
            self._render([Message("user", PROBE)])
        except FAULTS as error:
            raise Misconfigured(f"the model's chat template cannot be used: {error}") from error
        self._takes_system = self._accepts_system()
        self._trims = f" {PROBE} " not in self._render([Message("user", f" {PROBE} ")])

    def runs(self, prompt: Sequence[Message]) -> tuple[Run, ...]:
        """
        Render *prompt*, the opening of the assistant's answer included.

        A template without a place for a system message gets it at the head of the first question.

        Raises:
            Misconfigured: The template refuses this order of roles.
        """
        marked = [Message(message.role, f"{OPEN}{index}{CLOSE}") for index, message in enumerate(prompt)]
        if not self._takes_system and len(marked) > 1 and marked[0].role == "system":
            marked[:2] = [Message(marked[1].role, f"{marked[0].content}\n\n{marked[1].content}")]
        try:
            rendered = self._render(marked)
        except FAULTS as error:
            raise Misconfigured(f"the model's chat template refuses the conversation: {error}") from error
        return tuple(self._split(rendered, [self._clean(message.content) for message in prompt]))

    def _split(self, rendered: str, contents: Sequence[str]) -> list[Run]:
        head, *rest = rendered.split(OPEN)
        runs = [Run(head, None)] if head else []
        for each in rest:
            index, _, words = each.partition(CLOSE)
            runs.append(Run(contents[int(index)], int(index)))
            if words:
                runs.append(Run(words, None))
        return runs

    def _clean(self, content: str) -> str:
        return content.strip() if self._trims else content

    def _accepts_system(self) -> bool:
        try:
            return PROBE in self._render([Message("system", PROBE), Message("user", "question")])
        except FAULTS:
            return False

    def _render(self, prompt: Sequence[Message]) -> str:
        messages = [{"role": message.role, "content": message.content} for message in prompt]
        return self._template.render(messages=messages, **self._values)
