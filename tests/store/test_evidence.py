"""What retrieval tells of its passages: figures that part what is answered from what is only near."""

import math
from dataclasses import replace

import pytest

from bot.confidence import DECLINED_BELOW, score_of
from store.evidence import Ranked, evidence_of

COMMON = {"dog": 0.4, "work": 0.1}


def rarity(term: str) -> float:
    """Know two words."""
    return COMMON.get(term, 1.0)


def ranked(*texts: str, score: float = 0.5) -> list[Ranked]:
    """Return candidates of falling score."""
    return [Ranked(score / (number + 1), 0.5 - number / 10, "", text) for number, text in enumerate(texts)]


def test_a_telling_word_that_stands_nowhere_is_told() -> None:
    """The topic may be near and the question about something else: "pet insurance" where there is only insurance."""
    near = evidence_of("May the dog work?", ranked("A dog may work here."), rarity=rarity)
    off = evidence_of("May the llama work?", ranked("A dog may work here."), rarity=rarity)

    assert (near["untold"], off["untold"]) == (0.0, 1.0)
    assert near["borne"] > off["borne"] > 0


@pytest.mark.parametrize(
    ("asked", "unsaid"), [("replaced", 0.2), ("wrok", 1.0), ("workk", 0.2), ("work", 0.0), ("2027", 1.0), ("price", 0.2), ("preço", 0.2)]
)
def test_endings_typos_and_other_words_for_it_are_forgiven_and_numbers_are_not(asked: str, unsaid: float) -> None:
    """A year is another year for one digit; what costs has a price in either language."""
    found = evidence_of(asked, ranked("replacement work costs 2026"), rarity=rarity)

    assert found["unsaid"] == pytest.approx(unsaid)


@pytest.mark.parametrize(
    ("question", "unsaid"),
    [
        ("Posso levar meu cachorro?", 0.4),
        ("Posso levar meu cavalo ao salão?", 1.0),
        ("vcs aceitam cachorro?", 0.4),
    ],
)
def test_everyday_words_for_what_is_written_are_held(question: str, unsaid: float) -> None:
    """A regulation speaks of animals and permits; nobody asks in its words."""
    found = evidence_of(question, ranked("Animais de pequeno porte são aceitos no térreo."), rarity=rarity)

    assert found["unsaid"] == pytest.approx(unsaid)


def test_the_kind_of_a_thing_counts_in_the_best_passage_alone() -> None:
    """What another passage says of animals it says of its own subject: at the pool a rule about animals in the lift tells nothing."""
    found = evidence_of("cachorro na piscina", ranked("A piscina abre às 8h.", "Animais usam o elevador de serviço."), rarity=rarity)

    assert (found["unsaid"], found["untold"]) == (1.0, 1.0)


def test_what_only_another_passage_says_is_told_and_unsaid() -> None:
    """The model reads three passages; the answer mostly stands in the best."""
    found = evidence_of("dog", ranked("Cats.", "Fish.", "A dog."), rarity=rarity)
    too_far = evidence_of("dog", ranked("Cats.", "Fish.", "Birds.", "A dog."), rarity=rarity)

    assert (found["unsaid"], found["untold"]) == (0.4, 0.0)
    assert too_far["untold"] == 0.4


def test_passages_about_one_thing_hold_together() -> None:
    """For a question off the subject the nearest are about anything."""
    one_thing = evidence_of("dog", ranked("The dog barks.", "A dog barks aloud.", "Why a dog barks."), rarity=rarity)
    anything = evidence_of("dog", ranked("The dog barks.", "A cat sleeps.", "Fish swim."), rarity=rarity)

    assert one_thing["cohesion"] > 0.6
    assert anything["cohesion"] == 0.0
    assert (one_thing["agreement"], anything["agreement"]) == (1.0, 0.0)


def test_the_nearest_stands_apart_from_the_fifth() -> None:
    """Whatever order relevance gives them."""
    five = [Ranked(0.5, cosine, "", "A dog.") for cosine in (0.4, 0.7, 0.3, 0.2, 0.1, 0.05)]

    assert evidence_of("dog", five, rarity=rarity)["apart"] == pytest.approx(0.6)
    assert evidence_of("dog", five[:1], rarity=rarity)["apart"] == 0.0


def test_what_was_read_together_tells_of_the_best_and_of_all() -> None:
    """The answer may stand in the second passage; what nobody read tells nothing."""
    best, other, unread = ranked("The key hangs here.", "The key is red.", "Lunch is at noon.")
    read = [replace(best, answers=-1.5), replace(other, answers=2.0), unread]
    found = evidence_of("Where is the key?", read, rarity=rarity)

    assert (found["answers"], found["answers_most"]) == (-1.5, 2.0)
    assert not {"answers", "answers_most"} & {*evidence_of("Where is the key?", [best, other], rarity=rarity)}


def test_only_what_the_second_encoder_compares_is_told_by_it() -> None:
    """A cosine across languages would say that nothing is near."""
    best, other, foreign = (Ranked(0.5, 0.5, "", "A dog.", second) for second in (0.85, 0.9, None))

    assert evidence_of("dog", [best, foreign, other], rarity=rarity).items() >= {"closely": 0.85, "lead": pytest.approx(0.05)}.items()
    assert "closely" not in evidence_of("dog", [foreign, best, other], rarity=rarity)
    assert "lead" not in evidence_of("dog", [best, foreign], rarity=rarity)


def test_a_heading_that_asks_the_same_is_told() -> None:
    """In an FAQ it is the question that was answered."""
    same = [Ranked(0.5, 0.5, "Where may my dog work?", "Upstairs.")]
    other = [Ranked(0.5, 0.5, "Where is it?", "Where the dog may work.")]

    assert evidence_of("May a dog work?", same, rarity=rarity)["heading"] == pytest.approx(1.0)
    assert evidence_of("May a dog work?", other, rarity=rarity)["heading"] == 0.0


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
        ("May I come on Tuesday, or in August?", 0.0, 0.0),
        ("Is somebody in Lisbon on Sundays?", 1.0, 0.0),
    ],
)
def test_a_name_that_stands_nowhere_is_strange(question: str, known: float, strange: float) -> None:
    """Whoever asks about Berlin does not want to read about Lisbon; a capital at the beginning names nobody, nor does a day's."""
    found = evidence_of(question, ranked("The Lisbon branch is open."), rarity=rarity)

    assert (found["known"], found["strange"]) == (known, strange)


@pytest.mark.parametrize(
    ("question", "miscoded"),
    [
        ("Qual é a pressão da bomba BX-13?", True),
        ("pressão da BX13", True),
        ("pressão da BX 13", True),
        ("Qual é a pressão da bomba BX-12?", False),
        ("pressão da bx12", False),
        ("A BX-13 é mais forte que a BX-12?", False),
        ("Qual é a pressão da bomba QZ-13?", False),  # of no kind that is told of: other figures weigh that
        ("Qual é a pressão às 15h?", False),
        ("Qual é a pressão da bomba?", False),
    ],
)
def test_another_code_of_its_kind_is_told(question: str, miscoded: bool) -> None:
    """All else may be alike."""
    found = evidence_of(question, ranked("A bomba BX-12 trabalha a 3 bar, das 8h às 18h."), rarity=rarity)

    assert ("miscoded" in found) is miscoded
    assert score_of({**found, "closely": 1.0, "lead": 0.2}) < DECLINED_BELOW or not miscoded


@pytest.mark.parametrize(
    ("question", "exchanged"),
    [
        ("Qual é a senha do portão da frente?", True),
        ("Qual é a senha do portão dos fundos?", False),
        ("qual a senha do portão de trás", False),
        ("Qual é a senha do portão dos fundos no sábado?", False),  # more may have the same answer
        ("Como abro a porta da frente?", False),  # said in other words: other figures weigh that
    ],
)
def test_what_was_written_for_the_opposite_is_told(question: str, exchanged: bool) -> None:
    """All else is alike, and so the second encoder finds it very near."""
    known = "Qual é a senha do portão dos fundos?"
    found = evidence_of(question, [Ranked(0.9, 0.9, known, "4312, e cerquilha no fim.", question=known)], rarity=rarity)

    assert ("exchanged" in found) is exchanged
    assert score_of({**found, "closely": 1.0, "lead": 0.2}) < DECLINED_BELOW or not exchanged


@pytest.mark.parametrize(
    ("question", "exchanged"),
    [
        ("visitas ao Parque dos Tucanos, quem é que autoriza?", True),
        ("visitas ao Araras, quem é que autoriza?", False),
        ("Quem autoriza visitas aos domingos, pergunta a Ana Lima?", False),  # one name more may have the same answer
        ("Quem cuida das trilhas do Parque dos Tucanos?", False),  # other figures weigh that
    ],
)
def test_what_was_written_for_another_name_is_told(question: str, exchanged: bool) -> None:
    """In whatever order it is asked."""
    known = "Quem autoriza visitas ao Parque das Araras?"
    found = evidence_of(question, [Ranked(0.9, 0.9, known, "A coordenação.", question=known)], rarity=rarity)

    assert ("exchanged" in found) is exchanged


@pytest.mark.parametrize(
    ("text", "exchanged"), [("O portão da frente abre com a chave.", False), ("Atrás fica o jardim.", True)], ids=["told", "untold"]
)
def test_what_another_passage_tells_is_no_exchange(text: str, exchanged: bool) -> None:
    """The model reads that passage, too."""
    known = "Qual é a senha do portão dos fundos?"
    both = [Ranked(0.9, 0.9, known, "4312, e cerquilha no fim.", question=known), Ranked(0.5, 0.5, "", text)]

    assert ("exchanged" in evidence_of("Qual é a senha do portão da frente?", both, rarity=rarity)) is exchanged


def test_a_documents_passage_was_written_for_no_question() -> None:
    """Its heading may look like one."""
    passage = Ranked(0.9, 0.9, "Qual é a senha do portão dos fundos?", "4312.")

    assert "exchanged" not in evidence_of("Qual é a senha do portão da frente?", [passage], rarity=rarity)


@pytest.mark.parametrize(
    ("anew", "strayed"), [(["optician"], True), (["dermatologist"], False), (["dermatologist", "2"], True), ([], False)], ids=str
)
def test_another_subject_that_stands_nowhere_is_told(anew: list[str], strayed: bool) -> None:
    """Two questions together are near what answers the first one."""
    found = evidence_of(
        "How much is the cardiologist? And the …?", ranked("The dermatologist costs 350."), rarity=rarity, own="And the …?", anew=anew
    )

    assert ("strayed" in found) is strayed
    assert score_of({**found, "closely": 1.0, "lead": 0.2}) < DECLINED_BELOW or not strayed


def test_a_follow_ups_own_code_is_the_one_asked_for() -> None:
    """That the passage has the code of the question before is no answer."""
    asked = "EXA-11 And EXA-99?"

    assert "miscoded" in evidence_of(asked, ranked("EXA-11: Glicemia"), rarity=rarity, own="And EXA-99?")
    assert "miscoded" not in evidence_of(asked, ranked("EXA-11: Glicemia"), rarity=rarity, own="And on Saturdays?")


def test_what_was_written_for_another_question_tells_only_of_itself() -> None:
    """Otherwise its nearness would speak for a passage that only comes after it."""
    asked, known = "May works be done on Saturdays?", "May removals be done on Saturdays?"
    works = Ranked(0.5, 0.3, "Works", "From Monday to Friday.", 0.85)
    removals = Ranked(0.4, 0.9, known, "Yes, until noon.", 0.97, known, another=True)

    assert evidence_of(asked, [works, removals], rarity=rarity) == evidence_of(asked, [works], rarity=rarity)
    assert "exchanged" in evidence_of(asked, [removals, works], rarity=rarity)
