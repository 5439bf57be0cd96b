"""A prompt whose question was changed by its author: the old words out of it, the passages as they were."""

from bot.messages import Passage
from bot.prompt import render_turn

# No question and no prompt holds a NUL once it is in a database (store.text).
_MARK = Passage("", "", "\0", "", "\0", "employees")
_MARKED = f"{_MARK.title}: {_MARK.text}"


def reword(prompt: str, old: str, new: str) -> str:
    """
    Return *prompt* with the question *new* in place of *old*.

    In a prompt as `render_turn` makes them only the question itself changes: a passage that happens to hold the same words is the
    company's. In any other every occurrence does.
    """
    before, _, after = render_turn((_MARK,), old).partition(_MARKED)
    if not (prompt.startswith(before) and prompt.endswith(after) and len(prompt) >= len(before) + len(after)):
        return prompt.replace(old, new)
    new_before, _, new_after = render_turn((_MARK,), new).partition(_MARKED)
    return new_before + prompt[len(before) : len(prompt) - len(after)] + new_after
