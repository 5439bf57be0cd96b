"""The prompt fits the window and only grows at its end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConversationTooLong
from bot.messages import Message, Turn
from bot.prompt import Prompt, fit_prompt, passages_in, render_turn
from tests.fakes.backend import TEMPLATE_TOKENS, ScriptedBackend
from tests.fakes.retriever import passage


def turn(number: int, *, words: int = 20) -> Turn:
    """Return turn *number*: passages of *words* words, a question of two, an answer of two."""
    question = f"question {number}"
    return Turn(f"X{number}", render_turn([passage("word " * words)], question), question, f"answer {number}")


async def fitted(turns: list[Turn], *, window: int, question: str = "now what") -> Prompt:
    """Fit *turns* and a question into *window* tokens (words, with the fake's template share)."""
    backend = ScriptedBackend(context_tokens=window)
    return await fit_prompt("system", turns, [passage("fresh words")], question, backend=backend, answer_tokens=10)


async def test_everything_is_kept_while_it_fits() -> None:
    """System text, then turn after turn its passages, question and answer."""
    prompt = await fitted([turn(1), turn(2)], window=1000)

    assert [message.role for message in prompt.messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert prompt.messages[1].content == turn(1).prompt
    assert prompt.messages[-1] == Message("user", prompt.turn)
    assert "fresh words" in prompt.turn
    assert [reference.with_passages for reference in prompt.history] == [True, True]


async def test_the_oldest_passages_go_first() -> None:
    """A thread's questions and answers matter longer than what they were answered from."""
    prompt = await fitted([turn(number) for number in range(1, 6)], window=260)

    assert [reference.exchange_id for reference in prompt.history] == ["X1", "X2", "X3", "X4", "X5"]
    assert [reference.with_passages for reference in prompt.history] == [False, False, True, True, True]
    assert prompt.messages[1].content == "question 1"


async def test_then_the_oldest_turns_go() -> None:
    """A very long thread keeps its newest turns."""
    prompt = await fitted([turn(number) for number in range(1, 41)], window=200)

    kept = [reference.exchange_id for reference in prompt.history]
    assert 0 < len(kept) < 40
    assert kept == [f"X{number}" for number in range(41 - len(kept), 41)]


async def test_a_large_turn_gives_up_its_passages_before_its_question() -> None:
    """Better answered from fewer passages than refused."""
    backend = ScriptedBackend(context_tokens=60)
    passages = [passage("one " * 20), passage("two " * 40)]

    prompt = await fit_prompt("system", [], passages, "why", backend=backend, answer_tokens=10)

    assert "one" in prompt.turn
    assert "two" not in prompt.turn


async def test_a_question_larger_than_the_window_is_refused() -> None:
    """It cannot be answered, and the asker can shorten it."""
    with pytest.raises(ConversationTooLong):
        await fitted([], window=60, question="word " * 100)


async def test_the_prefix_stays_for_most_turns_of_a_long_thread() -> None:
    """Room is made in steps: a prefix that changed every turn would be evaluated anew every turn."""
    turns = [turn(number) for number in range(1, 31)]
    prompts = [await fitted(turns[:count], window=400) for count in range(1, 31)]

    def settled(prompt: Prompt) -> list[str]:
        return [message.content for message in prompt.messages[1:-1]]

    changes = sum(settled(later)[: len(settled(before))] != settled(before) for before, later in pairwise(prompts))
    assert changes <= 15


@given(sizes=st.lists(st.integers(0, 60), max_size=12), window=st.integers(120, 400))
async def test_a_prompt_never_exceeds_its_window(sizes: list[int], window: int) -> None:
    """llama.cpp refuses, and a hosted model bills, what exceeds it."""
    prompt = await fitted([turn(number, words=size) for number, size in enumerate(sizes)], window=window)

    tokens = sum(len(message.content.split()) + TEMPLATE_TOKENS for message in prompt.messages)
    assert tokens <= window - 10


def test_the_passages_of_a_turn_are_told_from_its_question() -> None:
    """What somebody asked is not what the company says."""
    turn = render_turn([passage("Lockers are free.", source="pool.md"), passage("Bring a towel.", source="pool.md")], "Is Jatobá open?")

    assert "Bring a towel." in passages_in(turn)
    assert "Lockers are free." in passages_in(turn)
    assert "Jatobá" not in passages_in(turn)
    assert passages_in(render_turn([], "Is Jatobá open?")) == ""
