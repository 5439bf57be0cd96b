"""Words, codes and BM25."""

import pytest

from store.lexical import LexicalIndex, LexicalOverlay, codes_of, numbers_of, terms_of, words_of


def test_words_are_folded_and_codes_stay_whole() -> None:
    """People type calibracao for calibração, and HX-10 is one word."""
    assert words_of("A Calibração do HX-10, versão 4.2!") == ["a", "calibracao", "do", "hx-10", "versao", "4.2"]


def test_terms_leave_out_what_says_nothing_and_the_plural() -> None:
    """The same thing in singular and plural is the same term; a joined word is also found by its parts."""
    assert terms_of("Quais são os filtros da HX-10?") == ["filtro", "hx-10", "hx", "10"]
    assert terms_of("the address of glasses") == ["address", "glasse"]


def test_codes_have_letters_and_digits() -> None:
    """A code decides between passages; a bare number is too common for that."""
    words = words_of("E101 on the HX-20 costs 35 since 4.2")
    assert codes_of(words) == {"e101", "hx-20"}
    assert numbers_of(words) == {"e101", "hx-20", "35", "4.2"}


def test_the_text_with_the_rare_word_is_first() -> None:
    """A word that only one text holds says more than one that all hold."""
    index = LexicalIndex(["a", "b", "c"], ["the machine stops", "the machine needs vinegar", "a machine"])

    assert next(iter(index.search("machine vinegar", limit=2))) == "b"
    assert index.scores("vinegar", ["a", "b"])["a"] == 0
    assert index.scores("vinegar", ["a", "b"])["b"] > 0


def test_unknown_words_lower_every_score() -> None:
    """A question in another language than the texts must not be decided by the one word they share."""
    index = LexicalIndex(["a", "b"], ["vinegar cleans", "oil greases"])

    assert index.scores("vinegar", ["a"])["a"] > 1.5 * index.scores("vinagre limpa reservatório vinegar", ["a"])["a"]


def test_an_index_without_words_finds_nothing() -> None:
    """A new home has no passages, and a passage may hold nothing but stop words."""
    assert LexicalIndex([], []).search("anything", limit=3) == {}
    assert LexicalIndex(["a"], ["the of"]).search("anything", limit=3) == {}
    assert LexicalIndex(["a"], ["vinegar"]).search("the", limit=3) == {}


@pytest.mark.parametrize("query", ["machine vinegar", "vinegar vinegar oil", "nothing of this", "the", ""])
def test_an_overlay_scores_as_if_its_texts_stood_in_the_index(query: str) -> None:
    """Passages and approved answers are ranked together, so their scores must mean the same."""
    below, over = ["the machine stops", "vinegar cleans the machine"], ["a machine needs vinegar and vinegar", "oil", "the of"]
    whole = LexicalIndex(["a", "b", "c", "d", "e"], [*below, *over])
    overlay = LexicalOverlay(LexicalIndex(["a", "b"], below), ["c", "d", "e"], over)

    found = {"c": 0.0, "d": 0.0, "e": 0.0} | overlay.scores(query)
    assert found == pytest.approx(whole.scores(query, ["c", "d", "e"]), abs=1e-5)


def test_an_overlay_stands_alone_where_there_is_nothing_below() -> None:
    """An expert may be quicker than the first import."""
    overlay = LexicalOverlay(LexicalIndex([], []), ["a", "b"], ["vinegar cleans", "the of"])

    assert overlay.scores("vinegar") == pytest.approx(LexicalIndex(["a", "b"], ["vinegar cleans", "the of"]).scores("vinegar", ["a"]))
    assert LexicalOverlay(LexicalIndex([], []), [], []).scores("vinegar") == {}
    assert LexicalOverlay(LexicalIndex([], []), ["a"], ["the of"]).scores("vinegar") == {}
