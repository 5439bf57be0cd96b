"""How `aprendiz init` asks: a question at a time, wrong answers once more with one sentence why."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import click

from adapters.cli import init_parse
from adapters.cli.init_parse import Wrong
from adapters.cli.output import Output
from bot.texts import N_, translate

T = TypeVar("T")
C = TypeVar("C", bound=str)


class Dialogue:
    """Asks at the terminal, in the language of *output*."""

    def __init__(self, output: Output) -> None:
        """Ask where *output* writes."""
        self.output = output

    def ask(self, question: str, parse: Callable[[str], T], *, default: str = "") -> T:
        """Ask *question* (a message id) until *parse* takes what is typed; Enter alone takes *default*."""
        text = translate(self.output.language, question)
        while True:
            said = click.prompt(text, default=default, show_default=bool(default), prompt_suffix=_suffix(text))
            try:
                return parse(said.strip())
            except Wrong as wrong:
                self.output.say(wrong.message, style="yellow", **wrong.fields)

    def secret(self, question: str, *, kept: bool) -> str:
        """Ask for what is not to be seen; empty where Enter alone was pressed, which keeps what is *kept* or skips."""
        hint = N_("hidden; Enter keeps the present one") if kept else N_("hidden; Enter to skip")
        text = f"{translate(self.output.language, question)} ({translate(self.output.language, hint)})"
        said: str = click.prompt(text, default="", show_default=False, hide_input=True, prompt_suffix=": ")
        return said.strip()

    def choose(self, question: str, options: Mapping[C, str], *, default: C) -> C:
        """Show *options* (value → message id) with numbers, and ask for one by number or value."""
        values = list(options)
        for number, value in enumerate(values, start=1):
            self.output.piece(f"  {number}  {translate(self.output.language, options[value])}\n")

        def parse(text: str) -> C:
            if text.isdecimal() and 1 <= int(text) <= len(values):
                return values[int(text) - 1]
            if named := [value for value in values if value.lower() == text.lower()]:
                return named[0]
            raise Wrong(N_("Please write a number from 1 to {count}."), count=len(values))

        return self.ask(question, parse, default=str(values.index(default) + 1))

    def yes(self, question: str, *, default: bool) -> bool:
        """Ask for a decision."""
        yes, no = translate(self.output.language, "y"), translate(self.output.language, "n")
        return self.ask(question, init_parse.yes_or_no, default=yes if default else no)


def _suffix(question: str) -> str:
    return " " if question.endswith(("?", ")")) else ": "
