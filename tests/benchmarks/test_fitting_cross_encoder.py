"""What the cross-encoder is trained on, and that the product's file says what was trained."""

import io
import json
import random
import unicodedata
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from store.e5_cross import QUESTION, CrossNetwork, read_trained  # noqa: E402  # behind what is skipped without PyTorch
from store.e5_file import E5File, enpt_path  # noqa: E402
from tests.benchmarks.answers_material import DATA, lines  # noqa: E402
from tests.benchmarks.cross_training import Network, Pair, Words, labels_of, packed, start_as, told_apart, train  # noqa: E402
from tests.benchmarks.fitting_cross_encoder import families_of, lightly_changed, of_other_subjects, some_politely  # noqa: E402

FAMILIES = DATA / "answers" / "question_families.jsonl"
SETS = ("near_miss", "near_miss_wide", "near_miss_more", "near_miss_unseen", "near_miss_fresh")
WHY = {"number", "code", "date", "name", "place", "product", "opposite", "negation", "aspect", "condition", "subject"}


def test_every_family_is_whole() -> None:
    """A phrasing on both sides would teach nonsense."""
    for subject in lines(FAMILIES):
        for family in subject["questions"]:
            near = [each["q"] for each in family["near"]]
            phrasings = [text.casefold() for text in (family["q"], *family["same"], *near)]

            assert len(set(phrasings)) == len(phrasings), family["q"]
            assert all(phrasings)
            assert len(family["same"]) >= 4
            assert len(near) >= 2
            assert {each["why"] for each in family["near"]} <= WHY
            assert family["lang"] in {"pt", "en"}


def test_what_is_trained_on_is_not_reported_on() -> None:
    """Or the figures would flatter."""
    reported = {
        _folded(each[side]) for name in SETS for each in lines(DATA / "answers" / f"{name}.jsonl") for side in ("approved", "asked")
    }
    taught = {
        _folded(text)
        for subject in lines(FAMILIES)
        for family in subject["questions"]
        for text in (family["q"], *family["same"], *(each["q"] for each in family["near"]))
    }

    assert not reported & taught


def test_light_changes_keep_the_words() -> None:
    """What they teach is that they change nothing."""
    rng = random.Random(0)
    question = "Até quando posso devolver o figurino alugado?"

    changed = {lightly_changed(question, "pt", rng) for _ in range(60)}

    assert len(changed) > 20
    assert question not in changed
    for each in changed:
        kept = {*_folded(question).split()} & {*_folded(each).split()}
        assert len(kept) >= 6, each


def test_who_is_polite_asks_the_same() -> None:
    """Of pairs that are one and of others, in both languages: the words of the question stay."""
    portuguese, english = "Até quando posso devolver o figurino alugado?", "How long may I keep the rented costume?"
    pairs = [Pair(portuguese, english, 1.0), Pair(english, portuguese, 0.0), Pair("Larkmoor?", "Larkmoor?", 0.0)] * 40

    polite = some_politely(pairs, random.Random(0))

    assert [pair.same for pair in polite] == [pair.same for pair in pairs]
    assert 5 < sum(pair.one != before.one for pair, before in zip(polite, pairs, strict=True)) < 40
    for pair, before in zip(polite, pairs, strict=True):
        assert {*_folded(before.one).split()} <= {*_folded(pair.one).split()}
        assert {*_folded(before.other).split()} <= {*_folded(pair.other).split()}
    assert all(pair == before for pair, before in zip(polite[2::3], pairs[2::3], strict=True))


def test_other_subjects_are_asked_about_alike() -> None:
    """Never a subject's own question, nor one that may be the same: what is put alike, and about another thing."""
    one, two, three = ({"questions": [{"q": f"{name} q", "same": [f"{name} s"]}]} for name in ("one", "two", "three"))
    vectors = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8]], dtype=np.float32)

    pairs = of_other_subjects([one, two, three], vectors, random.Random(0))

    assert {(pair.one.split()[0], pair.other.split()[0]) for pair in pairs} == {("one", "three"), ("three", "one")}
    assert not any(pair.same for pair in pairs)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold())
    return " ".join("".join(character for character in plain if character.isalnum() or character.isspace()).split())


@pytest.mark.timeout(400)
def test_training_tells_apart_and_the_file_says_the_same() -> None:
    """On a dozen pairs, which it learns by heart."""
    subjects: list[dict[str, Any]] = [json.loads(line) for line in FAMILIES.read_text(encoding="utf-8").splitlines()[:2]]
    torch.manual_seed(0)
    file = E5File(enpt_path())
    network, words = Network(file), Words(file)
    families = families_of(subjects, random.Random(0))[:1]
    pairs = [pair for family in families for pair in family]
    before = told_apart(network, words, pairs)

    for _ in train(network, words, [families] * 24, random.Random(0)):
        pass

    assert told_apart(network, words, pairs) > max(before, 0.9)
    assert _as_packed(network, file, pairs) == pytest.approx(_as_trained(network, words, pairs), abs=0.5)


def test_labels_leave_doubt() -> None:
    """Or the network would be sure of what it does not know."""
    assert labels_of([Pair("a", "b", 1.0), Pair("a", "c", 0.0)]).tolist() == pytest.approx([0.975, 0.025])


def _as_trained(network: Network, words: Words, pairs: list[Pair]) -> list[float]:
    with torch.inference_mode():
        said: list[float] = network(pairs, words).tolist()
    return said


def _as_packed(network: Network, file: E5File, pairs: list[Pair]) -> list[float]:
    written = io.BytesIO()
    np.savez_compressed(written, **packed(network, file))  # type: ignore[arg-type]  # its names are none of its options'
    trained = read_trained(written.getvalue())
    product, again = CrossNetwork(file, trained), Network(file).eval()
    said = [product.together(product.alone(pair.one, pair.side), product.alone(pair.other, QUESTION)) for pair in pairs]
    start_as(again, trained)
    assert _as_trained(again, Words(file), pairs) == pytest.approx(said, abs=0.05)
    return said
