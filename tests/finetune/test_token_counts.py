"""Tokens as hosted models and model files count them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.backends.llama_cpp import default_model_path
from bot.errors import Misconfigured
from finetune.formats.records import Conversation, Preference, Turn
from finetune.token_counts import file_count, hosted_count, sequences_of

_AROUND, _OPENING = 4, 3


def test_the_ranks_are_the_published_ones() -> None:
    """Two texts whose tokens OpenAI's cookbook states, for both encodings."""
    for encoding in ("o200k_base", "cl100k_base"):
        count = hosted_count(encoding)
        assert count([[Turn("user", "tiktoken is great!")]]) == [6 + _AROUND + _OPENING]


@settings(max_examples=30, deadline=None)  # the first loads the ranks
@given(st.lists(st.lists(st.text(max_size=40) | st.just("a <|endoftext|> b"), max_size=3), max_size=4))
def test_many_at_once_are_counted_as_each_alone(conversations: list[list[str]]) -> None:
    """Also where people's words spell control tokens."""
    count = hosted_count("o200k_base")
    turns = [[Turn("user", text) for text in texts] for texts in conversations]

    assert list(count(turns)) == [count([each])[0] for each in turns]
    assert list(count(turns)) == [_OPENING + sum(count([[turn]])[0] - _OPENING for turn in each) for each in turns]


def test_a_text_without_spaces_is_counted_soon() -> None:
    """It is cut; each cut costs a token at most."""
    (tokens,) = hosted_count("o200k_base")([[Turn("user", "a" * 1_000_000)]])

    assert tokens == pytest.approx(125_000, abs=40)


def test_a_model_file_counts_with_its_template(tmp_path: Path) -> None:
    """The words around each message are its own; close to what training counts, which leaves the next answer's opening out."""
    from finetune.local_model import load_tokens
    from finetune.training import GgufBase

    turns = [Turn("system", "Be brief."), Turn("user", "Quando vocês abrem?"), Turn("assistant", "Às 8.")]
    with file_count(default_model_path(), now=lambda: datetime.now(UTC)) as count:
        (tokens,) = count([turns])
    trained = load_tokens(GgufBase(default_model_path())).count(turns)  # type: ignore[arg-type]

    assert 0 <= tokens - trained <= 6
    damaged = tmp_path / "model.gguf"
    damaged.write_bytes(b"x")
    with pytest.raises(Misconfigured), file_count(damaged, now=lambda: datetime.now(UTC)):
        pass


def test_a_preference_is_read_twice() -> None:
    """Once with each answer; a conversation once."""
    asked = (Turn("user", "q"),)

    assert sequences_of(Preference(asked, "a", "b")) == ((*asked, Turn("assistant", "a")), (*asked, Turn("assistant", "b")))
    assert sequences_of(Conversation(asked)) == (asked,)


def test_plain_text_stands_in_no_template(tmp_path: Path) -> None:
    """Nothing is counted around it."""
    assert [*hosted_count("o200k_base")([[Turn("assistant", "one two three")]])] == [3]
