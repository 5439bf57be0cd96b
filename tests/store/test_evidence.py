"""What retrieval tells of its passages: figures that part what is answered from what is only near."""

import math

import pytest

from store.evidence import Ranked, evidence_of

COMMON = {"dog": 0.4, "work": 0.1}


def rarity(term: str) -> float:
    """Know two words."""
    return COMMON.get(term, 1.0)


def ranked(*texts: str, score: float = 0.5) -> list[Ranked]:
    """Return candidates of falling score."""
    return [Ranked(score / (number + 1), 0.5 - number / 10, 0.2, text) for number, text in enumerate(texts)]


def test_a_telling_word_that_stands_nowhere_is_told() -> None:
    """The topic may be near and the question about something else: "pet insurance" where there is only insurance."""
    near = evidence_of("May the dog come to work?", ranked("Bring a dog to work."), rarity=rarity)
    off = evidence_of("May the llama come to work?", ranked("Bring a dog to work."), rarity=rarity)

    assert (near["untold"], off["untold"]) == (1.0, 1.0)  # "come" and "may"
    assert near["coverage"] > off["coverage"] > 0


@pytest.mark.parametrize(("asked", "covered"), [("replaced", 0.8), ("wrok", 0.0), ("workk", 0.8), ("work", 1.0), ("2027", 0.0)])
def test_endings_and_typos_are_forgiven_and_numbers_are_not(asked: str, covered: float) -> None:
    """A year is another year for one digit."""
    assert evidence_of(asked, ranked("replacement work 2026"), rarity=rarity)["coverage"] == pytest.approx(covered)


def test_the_lead_and_the_agreement_look_at_the_others() -> None:
    """One passage far before the rest, borne out by another, is worth more than five alike."""
    alone = evidence_of("dog", ranked("The dog barks."), rarity=rarity)
    borne_out = evidence_of("dog", ranked("The dog barks.", "A dog barks aloud.", "Cats.", "Fish.", "Birds."), rarity=rarity)

    assert alone["lead"] == 6.0
    assert 0 < borne_out["lead"] < 6
    assert (alone["agreement"], borne_out["agreement"]) == (0.0, 1.0)
    assert borne_out["apart"] == pytest.approx(0.25)


def test_nothing_found_is_no_evidence() -> None:
    """And no error."""
    assert evidence_of("dog", [], rarity=rarity) == {}
    assert all(map(math.isfinite, evidence_of("???", ranked("", score=1.0), rarity=rarity).values()))


@pytest.mark.parametrize(
    ("question", "known", "strange"),
    [
        ("Is there a branch in Lisbon?", 1.0, 0.0),
        ("Is there a branch in Berlin?", 0.0, 1.0),
        ("Does Lisbon, or Berlin, have one?", 1.0, 1.0),
        ("Berlin? Lisbon?", 0.0, 0.0),
        ("I know that I may", 0.0, 0.0),
    ],
)
def test_a_name_that_stands_nowhere_is_strange(question: str, known: float, strange: float) -> None:
    """Whoever asks about Berlin does not want to read about Lisbon; a capital at the beginning names nobody."""
    found = evidence_of(question, ranked("The Lisbon branch is open."), rarity=rarity)

    assert (found["known"], found["strange"]) == (known, strange)
