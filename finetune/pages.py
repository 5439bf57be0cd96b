"""Pages that need nothing else: templates, in which nobody's words become markup."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template


def page(name: str) -> Template:
    """Return the template called *name* in this folder."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    # Answers, questions and passages are people's and models' words: nothing of them may become markup.
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_source))


def _source(name: str) -> str:
    return (files("finetune") / name).read_text(encoding="utf-8")
