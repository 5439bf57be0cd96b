"""Questions against the words of what is seen together."""

from store.word_index import WordIndex
from store.word_search import search


def test_the_text_with_the_rare_word_is_first() -> None:
    """A word that only one text holds says more than one that all hold."""
    index = WordIndex([("a", "the machine stops"), ("b", "the machine needs vinegar"), ("c", "a machine")])

    assert next(iter(search([index], "machine vinegar").best(2))) == "b"
    scores = search([index], "vinegar").of(["a", "b", "nobody"])
    assert scores == {"a": 0, "b": scores["b"], "nobody": 0}
    assert scores["b"] > 0


def test_unknown_words_lower_every_score() -> None:
    """A question in another language than the texts must not be decided by the one word they share."""
    index = WordIndex([("a", "vinegar cleans"), ("b", "oil greases")])
    alone, among = search([index], "vinegar"), search([index], "quanto custa o reservatório vinegar")

    assert alone.of("a")["a"] > 1.5 * among.of("a")["a"]
    assert (alone.covered, among.covered < 0.5) == (1.0, True)


def test_nothing_is_found_where_there_are_no_words() -> None:
    """A new home has no passages, and a passage may hold nothing but stop words."""
    assert search([], "anything").best(3) == search([WordIndex()], "anything").best(3) == {}
    assert search([WordIndex([("a", "the of")])], "anything").best(3) == {}
    assert search([WordIndex([("a", "vinegar")])], "the").best(3) == {}


def test_a_mistyped_word_stands_for_the_one_that_was_meant() -> None:
    """Phones and haste: one slip must not lose the only word that tells; a word that the texts hold is none."""
    index = WordIndex([("a", "vinegar cleans the reservoir"), ("b", "oil greases the pump"), ("c", "the pumps")])

    assert [*search([index], "vinegr").best(3)] == ["a"]
    assert search([index], "vinegr").of("a")["a"] < search([index], "vinegar").of("a")["a"]
    assert [*search([index], "oil of the pmup").best(1)] == ["b"]
    assert search([index], "pump").of("a") == {"a": 0}


def test_what_is_not_searched_decides_nothing() -> None:
    """Another's material would show in a score, as a rarity or as a spelling."""
    own, others = WordIndex([("a", "vinegar cleans")]), WordIndex([("b", "vinegar vinegar machines")])
    alone = search([own], "vinegar machine")
    search([own, others], "vinegar machine")

    assert search([own], "vinegar machine").of("a") == alone.of("a") != search([own, others], "vinegar machine").of("a")
    assert search([own], "machinne").covered == 0
