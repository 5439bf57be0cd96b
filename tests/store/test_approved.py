"""Approved answers: which is served to whom, until when, and which contradict each other."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Refused
from bot.messages import Approved, Reach, Viewer
from store.approvals import Approvals, Conflict, new_answer
from store.approved import ApprovedAnswers
from store.corpus import LedgerCorpus
from store.database import Database
from store.indexable import load_records, refs_of
from store.question_reading import read
from store.retrieval import HybridRetriever
from store.second_vectors import Second
from store.substance import says_otherwise
from tests.fakes.encoder import SecondWordEncoder, WordCrossEncoder, WordEncoder
from tests.fakes.index import MemoryIndex
from tests.store.ledger_rows import NOW, answer

EVERYBODY = Reach("all")
EMPLOYEES = Reach("employees")


class Desk:
    """Approvals and what serves them, at a time that can be moved."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        self.encoder = WordEncoder(512)
        self.approvals = Approvals(database, self.encoder, now=lambda: self.now)
        self.answers = ApprovedAnswers(database, self.encoder, now=lambda: self.now)

    async def add(self, question: str, text: str, *, reach: Reach = EMPLOYEES, expires_at: datetime | None = None) -> str:
        """Approve; each a second after the one before."""
        self.now += timedelta(seconds=1)
        new = new_answer(question, text, reach=reach, author="Ana", at=self.now, expires_at=expires_at)
        await self.approvals.add(new, language="en")
        return new.approved_id

    async def ask(self, question: str, *, viewer: Viewer | None = None) -> str | None:
        """Return the approved answer."""
        (vector,) = await self.encoder.encode([question])
        found = await self.answers.find(question, vector, viewer=viewer or Viewer("employees"))
        return found[0].answer if found else None


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def test_a_paraphrase_gets_the_answer_and_a_near_miss_does_not(desk: Desk) -> None:
    """That is what experts correct for."""
    await desk.add("How do I book the meeting room Ipê?", "In the calendar.")

    assert await desk.ask("Could you tell me how to reserve the meeting room Ipê, please?") == "In the calendar."
    assert await desk.ask("How do I book the meeting room Jatobá?") is None


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("Is there training in C++?", "Is there training in C#?"),
        ("Is there training in C?", "Is there training in C++?"),
        ("Does the 50 € plan include support?", "Does the 50 $ plan include support?"),
        ("May I store it at 5 °C?", "May I store it at -5 °C?"),
        ("May I give blood of group A+?", "May I give blood of group A-?"),
    ],
)
async def test_a_sign_makes_another_question(desk: Desk, known: str, asked: str) -> None:
    """The words are the same, what is asked is not."""
    await desk.add(known, "Yes.")

    assert await desk.ask(known.casefold().rstrip("?")) == "Yes."
    assert await desk.ask(asked) is None


@pytest.mark.parametrize("known", ["?!", "   ?", "Obrigado!", "ok?", "Quem é você?"])
@pytest.mark.parametrize("asked", ["Valeu!", "pois é?", "Oi", "O que você faz?", "👍"])
async def test_a_question_without_a_subject_is_answered_in_its_own_words_alone(desk: Desk, known: str, asked: str) -> None:
    """Nothing tells two of them apart, so that any would get an answer that an expert gave to another."""
    await desk.add(known, "Fale com a Ana.")

    assert await desk.ask(asked) is None
    assert await desk.ask(known.upper()) == ("Fale com a Ana." if any(map(str.isalnum, known)) else None)


async def test_where_two_are_as_near_neither_is_served(desk: Desk) -> None:
    """A coin is not to decide what the company says."""
    await desk.add("How do I book the room?", "In the calendar.")
    await desk.add("How can I reserve the room?", "Ask at the reception desk.")

    assert await desk.ask("How should I reserve or book the room?") is None


async def test_two_that_say_the_same_are_no_rivals(desk: Desk) -> None:
    """Nothing is at stake."""
    await desk.add("How do I book the room?", "In the calendar.")
    await desk.add("How can I reserve the room?", "In the calendar.")

    assert await desk.ask("How should I reserve or book the room?") == "In the calendar."


async def test_the_newest_answer_to_a_question_holds(desk: Desk) -> None:
    """Also where it is asked in other words."""
    await desk.add("How do I book the room?", "In the calendar.")
    await desk.add("How do I book the room?", "Ask at the reception desk.")

    assert await desk.ask("How do I book the room?") == "Ask at the reception desk."
    assert await desk.ask("Please tell me how to reserve the room") == "Ask at the reception desk."


async def test_the_narrowest_reach_goes_first(desk: Desk) -> None:
    """Whoever has an answer of their own gets it, and nobody else does."""
    await desk.add("Which discount may I give?", "None.", reach=EVERYBODY)
    await desk.add("Which discount may I give?", "Ten.", reach=EMPLOYEES)
    await desk.add("Which discount may I give?", "Twenty.", reach=Reach("employees", "slack:C1"))

    assert await desk.ask("Which discount may I give?", viewer=Viewer("customers")) == "None."
    assert await desk.ask("Which discount may I give?") == "Ten."
    assert await desk.ask("Which discount may I give?", viewer=Viewer("employees", ("slack:C1",))) == "Twenty."
    assert await desk.ask("Which discount may I give?", viewer=Viewer("employees", ("slack:C2",))) == "Ten."
    assert await desk.ask("Please, which discount may I give?", viewer=Viewer("employees", ("slack:C1",))) == "Twenty."


async def test_an_expired_answer_is_served_no_longer_by_anybody(desk: Desk) -> None:
    """Not for a moment: the clock's job is for the index alone."""
    approved_id = await desk.add("Which discount?", "Ten.", expires_at=NOW + timedelta(hours=1))
    assert await desk.ask("Which discount?") == "Ten."

    desk.now = NOW + timedelta(hours=1)

    assert await desk.ask("Which discount?") is None
    assert (await desk.approvals.show(approved_id)).state == "expired"
    assert not await LedgerCorpus(desk.database, now=lambda: desk.now).load([approved_id], Viewer("employees"))


async def test_the_clock_notes_what_has_expired(desk: Desk) -> None:
    """So that the index, and every process, follows."""
    gone = await desk.add("Which discount?", "Ten.", expires_at=NOW + timedelta(hours=1))
    stays = await desk.add("Which room?", "Ipê.")
    assert await desk.approvals.drop_expired() == 0
    desk.now = NOW + timedelta(hours=2)

    assert await desk.approvals.drop_expired() == 1
    assert await desk.approvals.drop_expired() == 0
    async with desk.database.connect() as connection:
        assert [row.ref for row in await connection.execute(refs_of("verified"))] == [stays]
        assert not await load_records(connection, "verified", [gone])
    assert (await desk.approvals.show(gone)).state == "expired"


async def test_revoked_is_gone_at_once_and_for_good(desk: Desk) -> None:
    """And what is gone is not changed any more."""
    approved_id = await desk.add("Which discount?", "Ten.")
    assert await desk.ask("Which discount?") == "Ten."

    await desk.approvals.revoke(approved_id)

    assert await desk.ask("Which discount?") is None
    assert [(each.answer.approved_id, each.state) for each in await desk.approvals.listed()] == [(approved_id, "revoked")]
    assert await desk.approvals.listed(state="served") == ()
    for change in (
        desk.approvals.revoke(approved_id),
        desk.approvals.expire(approved_id, None),
        desk.approvals.widen(approved_id, audience="all", any_scope=False),
    ):
        with pytest.raises(Refused, match="it is revoked"):
            await change


async def test_a_correction_revoked_leaves_its_conversation_too(desk: Desk) -> None:
    """The index shows a rated exchange with its correction."""
    ledger = await answer(desk.database, "E1")
    approved_id = await ledger.correct("E1", "expert", "In the red box.", at=NOW, name="Ana Prado")
    assert (await desk.approvals.show(approved_id)).answer.author == "Ana Prado"

    await desk.approvals.revoke(approved_id)

    assert (await desk.approvals.show(approved_id)).exchange_id == "E1"


async def test_an_end_can_be_set_and_taken_back(desk: Desk) -> None:
    """A summer's price has a last day."""
    approved_id = await desk.add("Which discount?", "Ten.")

    await desk.approvals.expire(approved_id, NOW + timedelta(days=1))
    assert (await desk.approvals.show(approved_id)).answer.expires_at == NOW + timedelta(days=1)
    await desk.approvals.expire(approved_id, None)
    assert (await desk.approvals.show(approved_id)).answer.expires_at is None
    with pytest.raises(Refused, match="expired already"):
        await desk.approvals.expire(approved_id, NOW)


@pytest.mark.parametrize("noted", [False, True])
@pytest.mark.parametrize("end", [NOW + timedelta(days=90), None])
async def test_an_answer_that_has_expired_is_prolonged(desk: Desk, end: datetime | None, noted: bool) -> None:
    """The summer's price holds for the autumn, too: nobody types it again, and who approved it when stays."""
    approved_id = await desk.add("Qual é o desconto de verão?", "Dez por cento.", expires_at=NOW + timedelta(days=30))
    written = (await desk.approvals.show(approved_id)).answer
    desk.now = NOW + timedelta(days=31)
    if noted:
        await desk.approvals.drop_expired()
    assert await desk.ask("Qual é o desconto de verão?") is None

    await desk.approvals.expire(approved_id, end)

    assert await desk.ask("Qual é o desconto de verão?") == "Dez por cento."
    assert (await desk.approvals.show(approved_id)).answer == replace(written, expires_at=end)
    async with desk.database.connect() as connection:
        assert await load_records(connection, "verified", [approved_id])


async def test_a_newer_answer_to_the_question_is_not_put_behind_an_expired_one(desk: Desk) -> None:
    """Whoever wrote the newer one knew more; what is for others alone is no hindrance."""
    first = await desk.add("Qual é o desconto de verão?", "Dez por cento.", expires_at=NOW + timedelta(days=30))
    newer = await desk.add("qual é o desconto de verão", "Cinco por cento.", reach=EVERYBODY, expires_at=NOW + timedelta(days=60))
    await desk.add("Qual é o desconto de verão?", "Nenhum.", reach=Reach("customers"))
    desk.now = NOW + timedelta(days=31)
    with pytest.raises(Refused, match=f"{newer} answers the same question since"):
        await desk.approvals.expire(first, None)
    with pytest.raises(Refused, match="it is expired; aprendiz approved expire ID --on DATE"):
        await desk.approvals.revoke(first)

    desk.now = NOW + timedelta(days=61)
    await desk.approvals.expire(first, None)

    assert await desk.ask("Qual é o desconto de verão?") == "Dez por cento."


async def test_widening_takes_an_answer_from_nobody(desk: Desk) -> None:
    """What a narrow conversation brought forth is for all only when an expert says so."""
    approved_id = await desk.add("Which discount?", "Ten.", reach=Reach("employees", "slack:C1"))
    with pytest.raises(Refused, match="only all is wider"):
        await desk.approvals.widen(approved_id, audience="customers", any_scope=False)

    await desk.approvals.widen(approved_id, audience="all", any_scope=False)
    assert await desk.ask("Which discount?", viewer=Viewer("customers", ("slack:C1",))) == "Ten."
    assert await desk.ask("Which discount?", viewer=Viewer("customers")) is None

    await desk.approvals.widen(approved_id, audience=None, any_scope=True)
    assert await desk.ask("Which discount?", viewer=Viewer("customers")) == "Ten."
    with pytest.raises(Refused, match="for all already"):
        await desk.approvals.widen(approved_id, audience="all", any_scope=True)


async def test_an_unknown_id_is_refused(desk: Desk) -> None:
    """With what to do."""
    for work in (desk.approvals.show("A9"), desk.approvals.revoke("A9")):
        with pytest.raises(Refused, match="there is no approved answer A9; aprendiz approved list names them"):
            await work


def told(found: Iterable[Conflict]) -> set[tuple[str, str]]:
    """Return the two answers of each conflict."""
    return {(each.one.answer, each.other.answer) for each in found}


async def test_answers_to_one_question_that_say_different_things_are_found(desk: Desk) -> None:
    """Two experts seldom know of each other."""
    await desk.add("How many days of holiday do I get?", "You get 25 days.")
    await desk.add("Where is the canteen?", "On floor 2.")
    newer = await desk.add("Please tell me how many days of holiday I get", "You get 30 days.", reach=EVERYBODY)
    await desk.add("How many days of holiday do I get?", "You get 10 days.", reach=Reach("customers"))

    every = {("You get 30 days.", "You get 25 days."), ("You get 10 days.", "You get 30 days.")}
    assert told(await desk.approvals.conflicts()) == every
    assert told(await desk.approvals.conflicts(newer)) == every
    await desk.approvals.revoke(newer)
    assert not await desk.approvals.conflicts()


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("Qual é o ramal do almoxarifado do Anexo?", "Qual ramal atende o almoxarifado do Anexo?"),
        ("Qual é o ramal do almoxarifado?", "Que ramal serve o almoxarifado?"),
        ("What is the code of the lockers at the pool?", "Which code do the lockers at the pool need?"),
    ],
)
async def test_two_phrasings_of_one_question_with_other_numbers_are_a_conflict(desk: Desk, question: str, other: str) -> None:
    """Each is served to who asks in its words: the number that people are told hangs on how they put the question."""
    await desk.add(question, "4310.")
    newer = await desk.add(other, "É o 4377.")

    assert told(await desk.approvals.conflicts(newer)) == told(await desk.approvals.conflicts()) == {("É o 4377.", "4310.")}


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("Qual é o ramal do almoxarifado do Anexo?", "Qual ramal atende o almoxarifado do Galpão?"),
        ("Qual é o ramal do almoxarifado do bloco B?", "Qual ramal atende o almoxarifado do bloco D?"),
        ("Qual é o ramal da recepção?", "Qual é o ramal da recepção da garagem?"),
        ("Qual é o ramal da sala 3?", "Qual ramal atende a sala 4?"),
        ("Quanto pesa o motor WX-20?", "Quanto o motor WX-25 pesa?"),
        ("Qual é o ramal da Marta Pires?", "Qual ramal a Joana Pires usa?"),
        ("How many days of leave do I get?", "How many days of leave do I not get?"),
    ],
)
async def test_numbers_of_two_things_are_no_conflict(desk: Desk, question: str, other: str) -> None:
    """A list of alarms about every two desks and rooms would be read by nobody."""
    await desk.add(question, "4310.")
    await desk.add(other, "4377.")

    assert not await desk.approvals.conflicts()


async def test_the_same_in_other_words_is_no_conflict(desk: Desk) -> None:
    """Only what people would be misled by is worth a person's time."""
    await desk.add("Where is the canteen?", "The canteen is on floor 2, beside the lift.")
    await desk.add("Where is the canteen?", "The canteen is on floor 2 beside the lifts.", reach=EVERYBODY)

    assert not await desk.approvals.conflicts()


@pytest.mark.parametrize(
    ("answer", "other", "otherwise"),
    [
        ("Ten days.", "10 days.", False),
        ("Ten days.", "Twelve days.", True),
        ("You may smoke there.", "You may not smoke there.", True),
        ("Ask the reception desk.", "Nobody is allowed in after dark.", True),
        ("Ask the  reception desk. ", "Ask the reception desk.", False),
        ("Sim.", "Não.", True),
        ("Yes, dogs may enter the garden.", "No, dogs may enter no garden.", True),
        ("The shop is open on holidays.", "The shop is closed on holidays.", True),
        ("Peça as chaves à Ana na recepção.", "Peça as chaves à Bia na recepção.", True),
        ("Peça as chaves à Ana na recepção.", "Na recepção, peça as chaves do prédio à Ana.", False),
        ("It costs $ 50.", "It costs € 50.", True),
        ("Write to help@example.org.", "Write to hr@example.org.", True),
        ("Write to help@example.org.", "Please write to Help@example.org.", False),
    ],
)
def test_what_makes_another_answer(answer: str, other: str, otherwise: bool) -> None:
    """A number, a negation, or most of the words."""
    assert says_otherwise(answer, other) is otherwise


async def test_one_of_hundreds_that_look_alike_is_found(desk: Desk) -> None:
    """Only the nearest are compared word by word."""
    when = datetime(2026, 3, 1, tzinfo=UTC)
    answers = [Approved(f"A{n}", f"What does code ZX-{n} on machine {n % 97} mean?", f"{n}", "employees", "Ana", when) for n in range(60)]
    for each in answers:
        await desk.approvals.add(each, language="en")

    assert await desk.ask("what is the meaning of code ZX-31 on machine 31") == "31"


async def test_the_second_encoder_reads_only_what_may_be_the_same(desk: Desk) -> None:
    """It takes 15 ms a question: thousands are not read for one that is asked."""
    second = SecondWordEncoder()
    answers = ApprovedAnswers(desk.database, desk.encoder, second, now=lambda: desk.now)
    await desk.add("How do I book the meeting room Ipê?", "In the calendar.")
    await desk.add("Como reservo a sala de reunião Ipê?", "No calendário.")
    for number in range(40):
        await desk.add(f"What does code ZX-{number} mean?", f"Code {number}.")
    question = "How can I reserve the meeting room Ipê?"
    ((first,), (closely,)) = await desk.encoder.encode([question]), await SecondWordEncoder().encode_questions([question])

    found = await answers.find(question, first, viewer=Viewer("employees"), second=closely)

    assert found is not None
    assert found[0].answer == "In the calendar."
    assert "How do I book the meeting room Ipê?" in second.questions
    assert "Como reservo a sala de reunião Ipê?" not in second.questions
    assert len(second.questions) <= 4


async def test_without_the_second_vector_the_first_encoder_decides(desk: Desk) -> None:
    """It may be switched off, or fail to load."""
    second = SecondWordEncoder()
    answers = ApprovedAnswers(desk.database, desk.encoder, second, now=lambda: desk.now)
    await desk.add("How do I book the meeting room Ipê?", "In the calendar.")
    (vector,) = await desk.encoder.encode(["How can I reserve the meeting room Ipê?"])

    found = await answers.find("How can I reserve the meeting room Ipê?", vector, viewer=Viewer("employees"))

    assert found is not None
    assert not second.questions


async def test_the_retriever_reads_approved_questions_closely(desk: Desk) -> None:
    """The asker's question has its second vector already."""
    second, index = SecondWordEncoder(), MemoryIndex()
    await desk.add("How do I book the meeting room Ipê?", "In the calendar.")
    retriever = HybridRetriever(
        desk.database, index, desk.encoder, passages=3, minimum_score=0.3, second=Second(second, MemoryIndex()), now=lambda: desk.now
    )

    found = await retriever.find("How can I reserve the meeting room Ipê?", viewer=Viewer("employees"))

    assert found.approved is not None
    assert second.questions == ["How can I reserve the meeting room Ipê?", "How do I book the meeting room Ipê?"]


async def _closely(answers: ApprovedAnswers, question: str, *, encoder: WordEncoder) -> str | None:
    """Ask as one whose question has a vector of either encoder."""
    ((first,), (second,)) = await encoder.encode([question]), await SecondWordEncoder().encode_questions([question])
    found = await answers.find(question, first, viewer=Viewer("employees"), second=second)
    return found[0].answer if found else None


@pytest.mark.parametrize(("bias", "served"), [(8.0, "In the calendar."), (-8.0, None)])
async def test_what_the_cross_encoder_takes_for_another_is_not_served(desk: Desk, bias: float, served: str | None) -> None:
    """Vectors and words find both near; reading both together tells."""
    cross = WordCrossEncoder(bias)
    answers = ApprovedAnswers(desk.database, desk.encoder, SecondWordEncoder(), cross, now=lambda: desk.now)
    await desk.add("How do I book the meeting room Ipê?", "In the calendar.")
    question = "Is there a way to book meeting room Ipê?"

    assert await _closely(answers, question, encoder=desk.encoder) == served
    assert cross.read == [(question, "How do I book the meeting room Ipê?")]


@pytest.mark.parametrize(("bias", "served"), [(9.0, "In the calendar."), (3.0, None)])
async def test_where_words_differ_the_cross_encoder_must_be_sure(desk: Desk, bias: float, served: str | None) -> None:
    """How it is done and which page it is done on are two things, as far as rules tell; what it is not sure of is not weighed."""
    answers = ApprovedAnswers(desk.database, desk.encoder, SecondWordEncoder(), WordCrossEncoder(bias), now=lambda: desk.now)
    await desk.add("How do I book the meeting room Ipê?", "In the calendar.")
    question = "I would like the meeting room Ipê, which page is it booked on?"
    ((first,), (second,)) = await desk.encoder.encode([question]), await SecondWordEncoder().encode_questions([question])
    shelves = [*(await answers.shelves()).values()]

    ranked = await answers.ranked(read(question), first, shelves, second=second, question=question)

    assert [each.answer.answer for _, each in ranked] == ([served] if served else [])
    assert await _closely(answers, question, encoder=desk.encoder) == served


async def test_the_cross_encoder_reads_a_few_only(desk: Desk) -> None:
    """It takes 20 ms for each."""
    cross = WordCrossEncoder()
    answers = ApprovedAnswers(desk.database, desk.encoder, SecondWordEncoder(), cross, now=lambda: desk.now)
    for number in range(20):
        await desk.add(f"How do I book the meeting room with the key {'of the hall ' * number}?", f"Answer {number}.")

    await _closely(answers, "How can I reserve the meeting room with the key?", encoder=desk.encoder)

    assert 1 <= len(cross.read) <= 3


async def test_the_cross_encoder_is_warm_before_anybody_asks(desk: Desk) -> None:
    """Loading takes .2 s; with nothing approved there is nothing to load."""
    cross = WordCrossEncoder()
    answers = ApprovedAnswers(desk.database, desk.encoder, SecondWordEncoder(), cross, now=lambda: desk.now)
    await answers.warm()
    assert not cross.read

    await desk.add("How do I book the meeting room Ipê?", "In the calendar.")
    await answers.warm()

    assert len(cross.read) == 1
