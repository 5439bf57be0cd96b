"""Near-duplicates: what is grouped, what is kept apart, and which documents are said elsewhere."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from bot.errors import BadRequest
from store.near_pairs import Links, Pairs, near_pairs
from store.similar import GroupKind, Similar, Texts, find_similar


def unseen(_done: int, _total: int) -> None:
    """Nobody watches."""


def similar(
    *texts: str, documents: Sequence[str] = (), languages: Sequence[str] = (), threshold: float = 0.9, subjects: Sequence[str] = ()
) -> Similar:
    """Compare *texts* by the words that they share."""
    words = {word: number for number, word in enumerate(dict.fromkeys(" ".join(texts).split()))}
    vectors = np.zeros((len(texts), max(len(words), 1)), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in text.split():
            # Numbers tell little, as in a real encoder: texts that differ in one are near.
            vectors[row, words[word]] = 0.1 if any(map(str.isdigit, word)) else 1.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    compared = Texts(texts, vectors, languages or [""] * len(texts), documents or ["one"] * len(texts), subjects)
    return find_similar(compared, threshold=threshold, progress=unseen)


def rows(found: Similar, kind: GroupKind) -> list[list[int]]:
    return [sorted(member.row for member in group.members) for group in found.groups if group.kind == kind]


NEAR = "the filter of the big compressor is replaced twice in each year by the service"
NEARER = "the filter of the big compressor is replaced twice in each year by our service"
OTHER = "lunch is served at noon"


def test_near_texts_are_grouped_and_others_left() -> None:
    """What an operator reads must be worth reading."""
    found = similar(NEAR, OTHER, NEARER)
    (group,) = found.groups

    assert rows(found, "same") == [[0, 2]]
    assert {(member.row, member.nearest) for member in group.members} == {(0, 2), (2, 0)}
    assert 0.9 <= group.similarity < 1


def test_the_same_words_are_the_same() -> None:
    """Case, accents and punctuation make no other text, and no rounding keeps copies below 1."""
    found = similar("Água fria !", OTHER, "agua FRIA", threshold=1.0)

    assert rows(found, "same") == [[0, 2]]
    assert found.groups[0].similarity == 1.0


def test_texts_that_differ_in_a_number_are_apart() -> None:
    """They contradict each other or are about two things: in no case is one of them superfluous."""
    found = similar(f"{NEAR} 24", f"{NEAR} 48", f"{NEARER} 24")

    assert rows(found, "same") == [[0, 2]]
    assert rows(found, "numbers") == [[0, 1, 2]]
    assert [group.kind for group in found.groups] == ["same", "numbers"]


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("Dogs and cats are allowed in the park and at the pool.", "Dogs and cats are not allowed in the park and at the pool.", "words"),
        ("A clínica da rua das Rosas está aberta no feriado.", "A clínica da rua das Rosas está fechada no feriado.", "words"),
        ("Tinta acrílica branca para parede interna, lata grande.", "Tinta acrílica cinza para parede interna, lata grande.", "words"),
        ("Em caso de dúvida procure a Ana Prado na recepção.", "Em caso de dúvida procure o Rui Lima na recepção.", "words"),
        ("A piscina abre de terça a domingo o ano todo.", "A piscina abre de quarta a domingo o ano todo.", "numbers"),
        ("Quem entrou há pouco tem vinte dias de férias.", "Quem entrou há pouco tem trinta dias de férias.", "numbers"),
        ("Guarde a vacina no freezer a -20 °C.", "Guarde a vacina no freezer a 20 °C.", "numbers"),
        ("O frete para a capital custa US$ 15,00.", "O frete para a capital custa R$ 15,00.", "numbers"),
        ("Desconto de 10 % no boleto e de 5 % no cartão.", "Desconto de 5 % no boleto e de 10 % no cartão.", "numbers"),
        ("O frete para a capital custa R$ 1.500,00 por mês.", "O frete para a capital custa R$ 1500 por mês.", "same"),
        ("A clínica da rua das Rosas abre às 8h hoje.", "A clínica da rua das Rosas abre às 8:00 hoje.", "same"),
        ("The warranty for pump BX-13 covers parts and labour.", "The warranty for pump BX 13 covers parts and labour.", "same"),
        ("Depois de 10-20 minutos desligue a bomba.", "Depois de 10 - 20 minutos desligue a bomba.", "same"),
    ],
)
def test_what_tells_otherwise_is_not_the_same(one: str, other: str, kind: GroupKind) -> None:
    """Who deletes one of two that "say the same" must not delete a prohibition, a price or a dose."""
    found = similar(one, other, documents=["one", "two"], threshold=0.5)

    assert [group.kind for group in found.groups] == [kind]
    assert len(found.documents) == (2 if kind == "same" else 0)


def test_the_same_words_under_headings_of_one_pattern_are_two_things() -> None:
    """Returning tools is not returning paint; a copy under a title of its own is a copy."""
    said = "within seven days of delivery with the invoice and all of its packaging"

    for subjects, kind in ((["Returning tools", "Returning paint"], "words"), (["Returns", "Old"], "same"), (["Returns", ""], "same")):
        found = similar(said, said, documents=["one", "two"], subjects=subjects)

        assert [group.kind for group in found.groups] == [kind]
        assert len(found.documents) == (2 if kind == "same" else 0)


def test_a_document_whose_sentences_stand_elsewhere_is_named() -> None:
    """However its passages are divided."""
    hours, parking, results = (
        "A clínica atende de segunda a sexta até as sete da noite.",
        "O estacionamento é gratuito na primeira hora para pacientes.",
        "Resultados de exames ficam prontos em até cinco dias úteis.",
    )
    found = similar(f"{hours} {parking}\n{results}", f"{results} {hours}", parking, documents=["whole", "parts", "parts"], threshold=1.0)

    assert [(each.document, each.share, each.others) for each in found.documents] == [
        ("whole", 1.0, (("parts", 1.0),)),
        ("parts", 1.0, (("whole", 1.0),)),
    ]


def test_a_translation_is_found_from_a_lower_similarity() -> None:
    """Two languages never share all that one does; each writes numbers in its own way."""
    said = "at 8:00 in Santos by car today", "at 8h in Santos by car hoje"
    languages = ["en", "pt"]

    assert rows(similar(*said, languages=languages, threshold=0.9), "translated") == [[0, 1]]
    assert similar(*said, languages=languages, threshold=0.99).groups == ()
    assert similar(*said, threshold=0.9).groups == ()


def test_a_translation_is_no_duplicate() -> None:
    """The assistant answers in each language from its own; a price is written in two ways."""
    found = similar(
        "taxa fee do cartao 29.90 ", "taxa fee do cartao 29,90", languages=["en", "pt"], documents=["en.md", "pt.md"], threshold=0.6
    )

    assert rows(found, "translated") == [[0, 1]]
    assert rows(found, "same") == []
    assert found.documents == ()


def test_a_text_of_unknown_language_is_compared_with_all() -> None:
    """A short row says nothing of its language."""
    assert rows(similar(NEAR, NEARER, languages=["en", ""]), "same") == [[0, 1]]


def test_larger_groups_come_first() -> None:
    """The most repeated is the most worth a look."""
    found = similar(OTHER, NEAR, OTHER, NEARER, OTHER)

    assert rows(found, "same") == [[0, 2, 4], [1, 3]]


def test_a_document_that_is_said_elsewhere_is_named() -> None:
    """With the share of it, and where: that file can go, the other one cannot."""
    found = similar(NEAR, OTHER, NEARER, OTHER, "holidays are " * 20, documents=["old", "old", "new", "new", "new"])
    (redundant,) = found.documents

    assert (redundant.document, redundant.share, redundant.others) == ("old", 1.0, (("new", 1.0),))


def test_a_document_in_parts_of_others_is_named() -> None:
    """Each of the others holds less than the whole."""
    found = similar(NEAR, OTHER, OTHER, "a b c " * 30, NEARER, "d e f " * 30, documents=["old", "old", "x", "x", "y", "y"])
    (redundant,) = found.documents

    assert (redundant.document, redundant.share) == ("old", 1.0)
    assert [other for other, _ in redundant.others] == ["y", "x"]
    assert sum(share for _, share in redundant.others) == pytest.approx(1.0)


def test_what_a_document_repeats_of_itself_is_not_elsewhere() -> None:
    """A document that says everything twice is still the only one that says it."""
    assert similar(OTHER, OTHER, NEAR, documents=["self", "self", "else"]).documents == ()


def test_copies_in_the_same_document_as_well_are_found_elsewhere() -> None:
    """A footer on every page of two sites: neither site is the only one to say it."""
    found = similar(OTHER, OTHER, NEAR, NEARER, documents=["a", "b", "b", "a"])

    assert {each.document for each in found.documents} == {"a", "b"}


@pytest.mark.parametrize("threshold", [0.0, 0.49, 1.01, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    """At 0 everything is like everything."""
    with pytest.raises(BadRequest, match=r"give a similarity from 0\.5 to 1"):
        similar(NEAR, threshold=threshold)


def test_nothing_is_like_nothing() -> None:
    """An empty knowledge base is a knowledge base."""
    assert find_similar(Texts([], np.empty((0, 4), dtype=np.float32), [], []), threshold=0.9, progress=unseen) == Similar((), ())
    assert similar(NEAR) == Similar((), ())


def test_texts_without_words_are_compared_as_they_are() -> None:
    """Two rulers are the same, a ruler and a row of stars are not."""
    assert rows(similar("---", "***", "---"), "same") == [[0, 2]]


def test_blocks_find_what_one_matrix_finds() -> None:
    """More texts than a block holds, in pairs that lie anywhere; progress ends at all of them."""
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(1300, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    seen: list[tuple[int, int]] = []
    found = {
        (int(one), int(other))
        for pairs in near_pairs(vectors, threshold=0.97, progress=lambda *each: seen.append(each))
        for one, other in zip(pairs.one, pairs.other, strict=True)
    }
    cosines = vectors @ vectors.T

    assert found == {(one, other) for one, other in itertools.combinations(range(1300), 2) if cosines[one, other] >= 0.97} != set()
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_links_hold_over_blocks() -> None:
    """A chain that is found link by link, in any order, is one group; the nearest stays the nearest."""
    links = Links(6)
    for one, other, similarity in ((4, 5, 0.9), (0, 1, 0.95), (1, 4, 0.92), (0, 5, 0.99)):
        links.add(Pairs(np.array([one]), np.array([other]), np.array([similarity], dtype=np.float32)))

    assert len({int(links.labels[number]) for number in (0, 1, 4, 5)}) == 1
    assert len({int(label) for label in links.labels}) == 3
    assert links.nearest.tolist() == [5, 0, -1, -1, 1, 0]
