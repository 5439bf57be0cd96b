"""Rows as tokens: exactly what service renders, and loss on answers alone."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Misconfigured, Refused
from bot.messages import Message
from finetune.encoding import ChatTokens, Row, read_rows
from tests.finetune.tiny import TEMPLATE, write_rows, write_tokenizer

pytestmark = pytest.mark.timeout(300)  # transformers takes seconds to load on a busy machine

SYSTEM, ASKED, SAID = Message("system", "Be brief."), Message("user", "Why?"), Message("assistant", "So.")
THINKING = TEMPLATE.replace("<|im_start|>assistant\n{% endif %}", "<|im_start|>assistant\n<think></think>{% endif %}")


def tokens_with(folder: Path, template: str | None = TEMPLATE) -> tuple[ChatTokens, "object"]:
    from transformers import AutoTokenizer

    write_tokenizer(folder, template=template)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    return ChatTokens(tokenizer, name="tiny", now=lambda: datetime(2026, 1, 1, tzinfo=UTC)), tokenizer


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[ChatTokens, "object"]:
    """Return the tokens of a byte tokenizer, and that itself."""
    return tokens_with(tmp_path_factory.mktemp("tokenizer"))


def text_of(tokenizer: "object", tokens: object) -> str:
    return str(tokenizer.decode(tokens))  # type: ignore[attr-defined]


def learnt_of(tokenizer: "object", row: Row) -> str:
    return text_of(tokenizer, row.tokens[row.learnt])


def test_the_answer_and_its_end_count(tiny: tuple[ChatTokens, "object"]) -> None:
    """And not the line's end after it, which the model never writes."""
    tokens, tokenizer = tiny
    (row,) = tokens.rows([SYSTEM, ASKED, SAID])

    assert learnt_of(tokenizer, row) == "So.<|im_end|>"
    assert text_of(tokenizer, row.tokens) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\nSo.<|im_end|>"
    )
    assert tokens.count([SYSTEM, ASKED, SAID]) == len(row.tokens)


def test_all_answers_but_the_skipped_count(tiny: tuple[ChatTokens, "object"]) -> None:
    """A thread teaches each of its turns, in one row."""
    tokens, tokenizer = tiny
    messages = [SYSTEM, ASKED, SAID, ASKED, Message("assistant", "Therefore.")]
    (both,) = tokens.rows(messages)
    (last,) = tokens.rows(messages, skipped=frozenset([2]))

    assert learnt_of(tokenizer, both) == "So.<|im_end|>Therefore.<|im_end|>"
    assert learnt_of(tokenizer, last) == "Therefore.<|im_end|>"
    assert both.tokens.tolist() == last.tokens.tolist()
    assert tokens.rows(messages, skipped=frozenset([2, 4])) == ()


def test_answers_opened_otherwise_have_rows_of_their_own(tmp_path: Path) -> None:
    """A template that leaves earlier thoughts out would have the model learn to open its answers without them."""
    tokens, tokenizer = tokens_with(tmp_path, THINKING)
    rows = tokens.rows([ASKED, SAID, ASKED, Message("assistant", "Therefore.")])

    assert [learnt_of(tokenizer, row) for row in rows] == ["So.<|im_end|>", "Therefore.<|im_end|>"]
    assert all("<think></think>" in text_of(tokenizer, row.tokens) for row in rows)


def test_peoples_words_are_no_control_tokens(tiny: tuple[ChatTokens, "object"]) -> None:
    """As in service: nobody ends a turn by writing its mark."""
    tokens, tokenizer = tiny
    end = tokenizer.eos_token_id  # type: ignore[attr-defined]
    (row,) = tokens.rows([Message("user", "Why <|im_end|>?"), Message("assistant", "<|im_end|> is a mark.")])

    assert row.tokens.tolist().count(end) == 3  # system, question and answer end
    assert row.tokens[row.learnt].tolist().count(end) == 1


def test_text_is_cut_into_blocks(tiny: tuple[ChatTokens, "object"]) -> None:
    """Every token counts but each block's first, and the text's end is marked."""
    tokens, tokenizer = tiny
    blocks = list(tokens.blocks(iter(["abcd", "efgh"]), block_tokens=5))

    assert [text_of(tokenizer, block.tokens) for block in blocks] == ["abcde", "fgh<|im_end|>"]
    assert [block.learnt.tolist() for block in blocks] == [[1, 2, 3, 4], [1, 2, 3]]


def test_a_base_without_template_is_refused_for_rows_alone(tmp_path: Path) -> None:
    """Plain text trains it."""
    tokens, _ = tokens_with(tmp_path, None)

    assert list(tokens.blocks(iter(["words"]), block_tokens=9))
    with pytest.raises(Misconfigured, match="tiny has no chat template"):
        tokens.rows([ASKED, SAID])


def test_practice_is_known_by_its_form(tiny: tuple[ChatTokens, "object"], tmp_path: Path) -> None:
    """It is learnt first, in whatever file it stands; rows of other makers have no metadata."""
    tokens, _ = tiny
    row = {"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]}
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row | {"metadata": {"form": form}}) + "\n" for form in ("served", "practice")) + json.dumps(row))

    assert [found.practice for found in read_rows(path, tokens, block_tokens=500)] == [False, True, False]


def test_rows_of_text_are_cut_into_blocks(tiny: tuple[ChatTokens, "object"], tmp_path: Path) -> None:
    """Each ends where its text does, beside conversations in the same file."""
    tokens, tokenizer = tiny
    path = write_rows(tmp_path / "rows.jsonl", [("Why?", "So.")])
    path.write_text(path.read_text().rstrip() + "\n" + "".join(json.dumps({"text": text}) + "\n" for text in ("abc" * 30, "de")))

    rows = read_rows(path, tokens, block_tokens=60)
    assert [text_of(tokenizer, row.tokens) for row in rows[1:]] == [("abc" * 30)[:60], ("abc" * 30)[60:] + "<|im_end|>", "de<|im_end|>"]


def test_files_are_read_by_their_ending(tiny: tuple[ChatTokens, "object"], tmp_path: Path) -> None:
    """Rows with weights, and text of several paragraphs."""
    tokens, tokenizer = tiny
    rows = write_rows(tmp_path / "rows.jsonl", [("Why?", "So."), ("How?", "Thus.")])
    line = {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!", "weight": 0}]}
    rows.write_text("\ufeff" + rows.read_text() + "\n" + json.dumps(line) + "\n", encoding="utf-8")
    text = tmp_path / "text.txt"
    text.write_text("one\n\ntwo\n", encoding="utf-8-sig")

    assert [learnt_of(tokenizer, row) for row in read_rows(rows, tokens, block_tokens=200)] == ["So.<|im_end|>", "Thus.<|im_end|>"]
    assert [text_of(tokenizer, row.tokens) for row in read_rows(text, tokens, block_tokens=200)] == ["one\n\ntwo\n<|im_end|>"]


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        ("", Refused, "nothing to learn from"),
        ('{"messages": 3}\n', Refused, "no row"),
        ("no json\n", Refused, "no row"),
        ('{"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "' + "x" * 300 + '"}]}', Refused, "line 1 has"),
        (None, Misconfigured, "cannot be read"),
    ],
)
def test_what_cannot_be_learnt_is_refused(
    tiny: tuple[ChatTokens, "object"], tmp_path: Path, content: str | None, error: type[Exception], said: str
) -> None:
    """With the file's name and the reason."""
    path = tmp_path / "rows.jsonl"
    if content is not None:
        path.write_text(content)

    with pytest.raises(error, match=said):
        read_rows(path, tiny[0], block_tokens=200)


def test_a_large_text_is_read_in_pieces(tiny: tuple[ChatTokens, "object"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Divided where a paragraph ends, nothing of it is lost."""
    monkeypatch.setattr("finetune.encoding._PIECE_CHARACTERS", 10)
    tokens, tokenizer = tiny
    text = tmp_path / "text.txt"
    text.write_text("one paragraph\n\ntwo paragraphs\n\nthree\n")
    blocks = read_rows(text, tokens, block_tokens=16)

    assert "".join(text_of(tokenizer, block.tokens) for block in blocks) == text.read_text() + "<|im_end|>"
