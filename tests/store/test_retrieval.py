"""Approved answers, audiences, codes, follow-ups and freshness, on a real ledger with small parts around it."""

import math
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import delete, event, text, update

from bot.errors import TryAgainLater
from bot.index_ports import IndexLook
from bot.messages import Audience, Found, Reach, Viewer
from store.changes import note_change, raise_revision
from store.database import Database
from store.outbox import Outbox
from store.retrieval import HybridRetriever
from store.schema import approved, passages
from tests.fakes.encoder import WordCrossEncoder, WordEncoder
from tests.fakes.index import MemoryIndex
from tests.store.ledger_rows import NOW, add_source, answer, approve

T = TypeVar("T")


class Desk:
    """A retriever with its ledger, index and outbox."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.encoder = WordEncoder()
        self.index = MemoryIndex()
        self.outbox = Outbox(database, self.index, self.encoder)
        self.reader = WordCrossEncoder()
        self.retriever = HybridRetriever(
            database, self.index, self.encoder, passages=3, minimum_score=0.3, odds_within=math.inf, reader=self.reader
        )

    async def add(self, name: str, *texts: str | tuple[str, str], audience: Audience = "employees") -> None:
        """Import and carry over."""
        await add_source(self.database, name, *texts, audience=audience)
        await self.outbox.drain()

    async def date(self, name: str, day: str) -> None:
        """Say of which day a source's passages are."""
        async with self.database.begin() as connection:
            await connection.execute(update(passages).where(passages.c.source_id == name).values(dated=day))
            await connection.run_sync(raise_revision, "passages")

    async def find(self, question: str, *earlier: str, audience: Audience = "employees") -> Found:
        """Ask."""
        return await self.retriever.find(question, viewer=Viewer(audience), earlier=earlier)


class Away(MemoryIndex):
    """An index whose server does not respond."""

    async def look(self, work: Callable[[IndexLook], T]) -> T:
        """Refuse."""
        raise TryAgainLater("the index does not respond")


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def texts(found: Found) -> list[str]:
    return [passage.text for passage in found.passages]


async def test_a_passage_is_found_with_its_source(desk: Desk) -> None:
    """An answer names where it comes from."""
    await desk.add("guide", "The key hangs at the reception desk.", "Lunch is served at noon.")

    found = await desk.find("Where does the key hang? At which desk?")

    assert found.approved is None
    (passage,) = found.passages
    assert (passage.passage_id, passage.source, passage.title, passage.audience) == ("guide-0", "guide", "Guide", "employees")
    assert found.confidence == passage.score >= 0.3


async def test_an_approved_answer_is_given_though_the_index_is_away(database: Database) -> None:
    """It stands in the ledger; only passages need the index."""
    desk = Desk(database)
    retriever = HybridRetriever(database, Away(), desk.encoder, passages=3, minimum_score=0.3)
    await approve(database, "Where does the key hang?", "At the reception.")

    found = await retriever.find("Where does the key hang?", viewer=Viewer("employees"))

    assert found.approved is not None
    with pytest.raises(TryAgainLater):
        await retriever.find("When is lunch served?", viewer=Viewer("employees"))


async def test_of_two_prices_the_newer_one_is_told(desk: Desk) -> None:
    """An old leaflet that stayed in the folder says in nicer words what the price list says today."""
    await desk.add("leaflet", "A day in the sauna costs $22.")
    await desk.add("rates", "Since June a day in the sauna costs $27.")
    for source, day in (("leaflet", "2024-02-01"), ("rates", "2026-06-01")):
        await desk.date(source, day)

    assert texts(await desk.find("How much does a day in the sauna cost?"))[0] == "Since June a day in the sauna costs $27."


async def test_nothing_relevant_means_nothing(desk: Desk) -> None:
    """Better to say so than to quote the nearest of what does not fit."""
    await desk.add("guide", "The key hangs at the reception desk.")

    found = await desk.find("How tall is Kilimanjaro?")

    assert (found.approved, found.passages, found.confidence) == (None, (), 0.0)
    assert [passage.passage_id for passage in found.closest] == ["guide-0"]  # somebody may want to look there
    assert found.evidence["untold"] == 1.0
    assert await HybridRetriever(desk.database, desk.index, desk.encoder, passages=3, minimum_score=0.3).search(
        "How tall is Kilimanjaro?", viewer=Viewer("employees"), limit=5
    )


async def test_what_is_far_less_relevant_than_the_best_is_left_out(desk: Desk) -> None:
    """It would only confuse a small model; where nothing stands out, all is given, and a search shows everything in any case."""
    await desk.add("guide", "The spare key hangs at the reception desk.", "The spare room is on the second floor of the house.")
    question, viewer = "Where does the spare key hang at the reception desk?", Viewer("employees")
    parts = desk.database, desk.index, desk.encoder
    choosy = HybridRetriever(*parts, passages=3, minimum_score=0.0)
    patient = HybridRetriever(*parts, passages=3, minimum_score=0.0, odds_within=math.inf)

    assert [each.text for each in (await choosy.find(question, viewer=viewer)).passages] == ["The spare key hangs at the reception desk."]
    assert len((await patient.find(question, viewer=viewer)).passages) == 2
    assert len((await choosy.find("spare", viewer=viewer)).passages) == 2
    assert len(await choosy.search(question, viewer=viewer, limit=5)) == 2


async def test_an_empty_home_finds_nothing(desk: Desk) -> None:
    """The first question may come before the first document."""
    assert replace(await desk.find("Where is the key?"), state="") == Found(None, (), 0.0)


async def test_the_exact_code_goes_before_its_neighbour(desk: Desk) -> None:
    """E101 and E102 mean different things, and their texts are alike."""
    await desk.add(
        "errors", *(f"Error E{number} means that the water filter is blocked, change filter F{number}." for number in range(101, 113))
    )

    found = await desk.find("What does error E107 mean?")

    assert texts(found)[0].startswith("Error E107")
    assert found.passages[0].score > 2 * (found.passages[1].score if len(found.passages) > 1 else 0)


async def test_an_unknown_code_is_not_answered_with_another(desk: Desk) -> None:
    """A confident answer about the wrong machine is worse than none."""
    await desk.add("errors", "The filter of HX-10 is blocked.", "The pump of HX-20 is blocked.")

    assert (await desk.find("Is it blocked on the HX-90?")).confidence < (await desk.find("Is it blocked on the HX-10?")).confidence / 2


@pytest.mark.parametrize("code", ["FH-333", "FH333", "fh 333", "FH 333", "fh-333", "FH\u2011333"])
async def test_a_code_is_found_however_it_is_typed(desk: Desk, code: str) -> None:
    """People leave out the hyphen, or put a space in its place."""
    await desk.add("filters", *(f"The filter FH-{number} fits the machine in hall {number % 7}." for number in range(330, 342)))

    assert texts(await desk.find(f"Which machine does the filter {code} fit?"))[0].startswith("The filter FH-333 ")


async def test_what_holds_the_name_goes_before_the_same_question_about_another(desk: Desk) -> None:
    """Near twins share all words but one, and that one is the subject."""
    await desk.add(
        "desk",
        ("Where do we meet if the Elverport terminal is evacuated?", "The assembly point in Elverport is the clock tower."),
        ("Where do we meet in Tolmay?", "The assembly point in Tolmay is the lifeboat shed."),
        *((f"What does tool {number} cost?", f"Tool {number} costs {number} coins.") for number in range(20)),
    )

    found = await desk.find("Where do we meet if the Tolmay terminal is evacuated?")
    unnamed = await desk.find("Where do we meet if the terminal is evacuated?")

    assert texts(found)[0] == "The assembly point in Tolmay is the lifeboat shed."
    assert texts(unnamed)[0] == "The assembly point in Elverport is the clock tower."


async def test_what_holds_the_code_goes_before_what_says_the_rest(desk: Desk) -> None:
    """Whoever names a code wants that very thing."""
    await desk.add("filters", "How often must a filter be changed? Often, and in time.", "The filter of the FH-333 lasts six months.")

    assert texts(await desk.find("How often must the filter of the FH-333 be changed?"))[0].startswith("The filter of the FH-333")


async def test_a_word_with_a_slip_is_found(desk: Desk) -> None:
    """A telephone's keyboard, and haste."""
    await desk.add("care", "Clean the reservoir with vinegar.", "Lunch is served at noon.")

    found = await desk.retriever.search("resevroir vinegr", viewer=Viewer("employees"), limit=2)

    assert [each.text for each in found] == ["Clean the reservoir with vinegar.", "Lunch is served at noon."]


async def test_other_documents_that_come_near_are_named_once_each(desk: Desk) -> None:
    """The model reads the three best passages, often of one document; people may want another."""
    await desk.add("guide", "The spare key hangs at the reception desk.", "The spare key hangs at the reception desk, by day.")
    await desk.add(
        "handbook", "The spare key hangs at the reception desk of Mirante.", "The spare key hangs at the reception desk of Docas."
    )
    await desk.add("menu", "Lunch is served at noon at the desk.")

    found = await desk.find("Where does the spare key hang at the reception desk?")

    assert [each.source for each in found.beside] == ["guide", "handbook"]
    assert found.beside[0] == found.passages[0]


async def test_an_answer_in_the_questions_language_goes_before_the_same_in_another(desk: Desk) -> None:
    """People read one of the two; whoever is not understood gets what is first by its id."""
    await desk.add("desks", "Mirante: telefone 0800 1.", "Mirante, telefone 0800 1!")
    async with desk.database.begin() as connection:
        await connection.execute(update(passages).where(passages.c.passage_id == "desks-1").values(language="pt"))
        await connection.run_sync(raise_revision, "passages")

    firsts = [(await desk.find(question)).passages[0] for question in ("Qual é o telefone da loja Mirante?", "What is Mirante's telefone?")]

    assert [each.passage_id for each in firsts] == ["desks-1", "desks-0"]


async def test_audiences_do_not_see_each_other(desk: Desk) -> None:
    """A customer's question must never meet an employees' document, not even a stale copy of it in the wrong collection."""
    await desk.add("internal", "The discount limit is forty percent.")
    await desk.add("public", "The discount limit is ten percent.", audience="customers")
    await desk.add("shared", "The discount limit is printed on the receipt.", audience="all")
    (leaked,) = await desk.index.fetch("passages", Reach("employees"), ["internal-0"])
    await desk.index.upsert("passages", Reach("customers"), [leaked])

    assert {each.source for each in (await desk.find("discount limit", audience="customers")).passages} == {"public", "shared"}
    assert {each.source for each in (await desk.find("discount limit", audience="employees")).passages} == {"internal", "shared"}
    assert {each.source for each in (await desk.find("discount limit", audience="all")).passages} == {"shared"}


async def test_an_import_is_found_at_once_and_a_removal_gone(desk: Desk) -> None:
    """The lexical index follows the ledger's revision; what Chroma has not yet is encoded for the question."""
    await desk.add("guide", "Lunch is served at noon.")
    assert texts(await desk.find("vinegar reservoir")) == []
    await add_source(desk.database, "care", "Clean the reservoir with vinegar.")
    assert texts(await desk.find("vinegar reservoir")) == ["Clean the reservoir with vinegar."]
    async with desk.database.begin() as connection:
        await connection.execute(delete(passages).where(passages.c.source_id == "care"))
        await connection.run_sync(raise_revision, "passages")

    assert texts(await desk.find("vinegar reservoir")) == []


async def test_the_same_text_twice_is_shown_once(desk: Desk) -> None:
    """A copied document must not fill the prompt; a row that differs in a number is no copy."""
    text = "The subscription of the small plan costs 10 euros a month and can be cancelled by letter at any time before renewal."
    await desk.add("prices", text)
    await desk.add("copy", text.replace("before renewal", "before the renewal!"), text.replace("10 euros", "20 euros"))

    found = await desk.find("What does the subscription of the small plan cost a month?")

    assert sorted("10 euros" in each.text for each in found.passages) == [False, True]


async def test_an_faq_question_word_for_word_is_certain(desk: Desk) -> None:
    """Even where the question has no word that tells it apart."""
    await desk.add("faq", ("O que você faz?", "Respondo perguntas."), ("O que você é?", "Um assistente."))

    found = await desk.find("o que voce faz")

    assert texts(found)[0] == "Respondo perguntas."
    assert found.confidence > 0.99


async def test_a_follow_up_is_searched_with_the_question_before(desk: Desk) -> None:
    """Alone, a question such as this one finds anything about Saturdays."""
    await desk.add(
        "shop", "The opening hours of the shop on Saturdays are nine to one.", "Deliveries on Saturdays are not possible for now."
    )

    found = await desk.find("And on Saturdays?", "Hello there", "What are the opening hours of the shop?")

    assert texts(found)[0].startswith("The opening hours")


@pytest.mark.parametrize("question", ["e aos sábados?", "E no sábado?", "Mas e nos sábados?"])
async def test_a_follow_up_in_portuguese(desk: Desk, question: str) -> None:
    """They begin with other words, and mean the same."""
    await desk.add("loja", "Aos sábados não fazemos entregas.", "O horário da loja aos sábados vai das nove às treze horas.")

    assert texts(await desk.find(question, "Qual é o horário da loja?"))[0].startswith("O horário")


async def test_a_follow_up_on_a_follow_up_keeps_the_subject(desk: Desk) -> None:
    """The last question names a day only; what it is about stands two questions before."""
    await desk.add("shop", "The opening hours of the shop on Sundays are ten to noon.", "Deliveries on Sundays are not possible for now.")

    found = await desk.find("And on Sundays?", "How do I get there?", "What are the opening hours of the shop?", "And on Saturdays?")

    assert texts(found)[0].startswith("The opening hours")


async def test_a_short_question_about_something_else_follows_up_on_nothing(desk: Desk) -> None:
    """What was asked before would find its own answer again, and nobody asked for that."""
    await desk.add("filters", "The air filter of the pump is changed every six months.")
    earlier = ("How often is the air filter of the pump changed?",)

    assert (await desk.find("Can I take a paid sabbatical?", *earlier)).passages == ()
    assert (await desk.find("Every how many months?", *earlier)).passages


async def test_a_follow_up_about_another_subject_finds_that_one(desk: Desk) -> None:
    """Together with the question before it is nearest to what answered that."""
    await desk.add(
        "prices", "The consultation of a cardiologist costs 380 at the clinic.", "The consultation of a dermatologist costs 350."
    )
    before = "How much does the consultation of a cardiologist cost at the clinic?"

    assert "350" in texts(await desk.find("And the dermatologist?", before))[0]
    assert "strayed" in (await desk.find("And the optician?", before)).evidence


async def test_what_asks_for_a_price_alone_asks_for_that_of_the_subject_before(desk: Desk) -> None:
    """Searched by itself it is nearest to whatever has the shortest price."""
    await desk.add(
        "clinic", "A printed result: how much does it cost? 10.", "To cancel the visit late does cost 50, as the visit was kept free."
    )

    assert "50" in texts(await desk.find("How much does it cost?", "Can I cancel the visit late?"))[0]


async def test_a_number_that_says_which_one_is_meant_decides(desk: Desk) -> None:
    """All else may be more alike in the row of another size."""
    await desk.add("parts", "Steel drill of 8 mm, price 14", "A drill of steel, 10 mm, has the price 18")

    assert "18" in texts(await desk.find("What is the price of the steel drill of 10 mm?"))[0]
    assert "miscoded" in (await desk.find("What is the price of the steel drill of 12 mm?")).evidence


async def test_what_was_written_for_another_question_goes_behind_what_answers(desk: Desk) -> None:
    """A yes to another question is read as a yes to this one."""
    await desk.add("rules", "Building: noisy building may be done from Monday to Friday.")
    await approve(desk.database, "May removals be done on Saturdays?", "Yes, until noon.")
    await desk.outbox.drain()

    assert texts(await desk.find("May building be done on Saturdays?"))[0].startswith("Building")
    assert "exchanged" in (await desk.find("May parties be done on Saturdays?")).evidence


async def test_a_price_of_one_thing_is_none_of_another_of_its_kind(desk: Desk) -> None:
    """A motorcycle and a pick-up may be as near as two words for one: what tells of the one that is asked for goes first."""
    await desk.add("prices", "How much it is: the motorcycle is 32, the van is 80.", "How much it is: the truck up to eight tons is 210.")
    await approve(desk.database, "How much is the motorcycle?", "The motorcycle is 35 since May.")
    await approve(desk.database, "How much luggage may I take?", "Up to 25 kilos, more is 2 each.", approved_id="A2")
    await desk.outbox.drain()

    assert "210" in texts(await desk.find("How much is the truck?"))[0]


async def test_what_was_written_for_another_place_tells_nothing_about_this_one(desk: Desk) -> None:
    """A passage that only names the place that is asked about does not say what is asked."""
    await desk.add("places", "The old pier: Kellmouth has two benches.")
    await approve(desk.database, "What is the extension of the ticket office in Tolmay?", "It is 4402.")
    await desk.outbox.drain()

    assert "exchanged" in (await desk.find("Extension of the ticket office at Kellmouth?")).evidence


async def test_an_approved_answer_is_served_word_for_word(desk: Desk) -> None:
    """Case, accents and punctuation do not make another question; no outbox stands between the expert and the asker."""
    await approve(desk.database, "Qual é o horário da loja?", "Das 9h às 13h.")

    found = await desk.find("QUAL E O HORARIO DA LOJA")

    assert found.approved is not None
    assert (found.approved.answer, found.approved.author, found.approved.approved_at) == ("Das 9h às 13h.", "expert", NOW)
    assert (found.passages, found.confidence) == ((), 1.0)


async def test_a_question_in_capitals_is_read_in_small_letters(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoders take capitals for another language; those before it in the thread count as well."""
    read: list[str] = []
    encode = desk.encoder.encode

    async def noted(texts: Sequence[str]) -> NDArray[np.float32]:
        read.extend(texts)
        return await encode(texts)

    monkeypatch.setattr(desk.encoder, "encode", noted)
    await desk.find("AND THE GREEN ONE?", "WHICH LAMP IS RED?")

    assert read == ["and the green one?", "which lamp is red? and the green one?"]


async def test_a_nearly_identical_question_is_the_same_question(desk: Desk) -> None:
    """People do not repeat a question to the letter."""
    question = "What are the opening hours of the big shop in the old town on public holidays in summer?"
    await approve(desk.database, question, "Ten to four.")

    found = await desk.find(question.replace("What are the", "What are"))

    assert found.approved is not None
    assert 0.93 <= found.confidence < 1
    assert (await desk.find("Where is the big shop in the old town?")).approved is None


@pytest.mark.parametrize(
    "other",
    [
        "What must I do when the big machine in the old hall shows the error E102 on its panel?",
        "What must I do when the big machine in the old hall shows no error E101 on its panel and does not start?",
        "What must I not do when the big machine in the old hall shows the error E101 on its panel?",
        "What must I do when the big machine in the old hall shows the error E101 3 on its panel?",
    ],
)
async def test_a_number_a_code_or_a_negation_makes_another_question(desk: Desk, other: str) -> None:
    """An approved answer is served without a model's doubt: the wrong one would be believed."""
    question = "What must I do when the big machine in the old hall shows the error E101 on its panel?"
    await approve(desk.database, question, "Reconnect the blue cable.")

    assert (await desk.find(question)).approved is not None
    assert (await desk.find(other)).approved is None


async def test_approved_answers_keep_to_their_audience(desk: Desk) -> None:
    """The asker's own audience wins over all; another's is never seen."""
    await approve(desk.database, "Which discount?", "Forty.", approved_id="A1")
    await approve(desk.database, "Which discount?", "Ask us.", audience="all", approved_id="A2")

    answers = {each: (await desk.find("Which discount?", audience=each)).approved for each in ("employees", "customers", "all")}

    assert {each: known and known.answer for each, known in answers.items()} == {
        "employees": "Forty.",
        "customers": "Ask us.",
        "all": "Ask us.",
    }


async def test_a_correction_serves_at_once_and_only_new_questions_are_encoded(desk: Desk) -> None:
    """The overlay follows the ledger without loading it whole for every question."""
    await approve(desk.database, "Which discount?", "Forty.")
    await desk.find("Which discount?")
    ledger = await answer(desk.database, "E1", text="Where is the key?")
    await ledger.correct("E1", "expert", "In the red box.", at=NOW)
    before = desk.encoder.encoded

    found = await desk.find("Where is the key?")
    after = desk.encoder.encoded
    await desk.find("Where is the key?")

    assert found.approved is not None
    assert found.approved.answer == "In the red box."
    assert (after - before, desk.encoder.encoded - after) == (3, 1)  # asked, approved, and its one word; then what is asked alone
    await ledger.correct("E1", "expert", "In the blue box.", at=NOW + timedelta(minutes=1))
    newest = (await desk.find("Where is the key?")).approved
    assert newest is not None
    assert newest.answer == "In the blue box."


async def test_a_revoked_answer_is_no_longer_served(desk: Desk) -> None:
    """An expert who takes an answer back must be obeyed at once."""
    await approve(desk.database, "Which discount?", "Forty.")
    assert (await desk.find("Which discount?")).approved is not None
    async with desk.database.begin() as connection:
        await connection.execute(update(approved).values(revoked_at=NOW))
        await connection.run_sync(note_change, "verified", "A1", audience="employees", at=NOW, deleted=True)
        await connection.run_sync(raise_revision, "verified")

    assert (await desk.find("Which discount?")).approved is None


async def revoke(database: Database) -> None:
    """Take every approved answer back; the index does not know yet."""
    async with database.begin() as connection:
        await connection.execute(update(approved).values(revoked_at=NOW))
        await connection.run_sync(raise_revision, "verified")


async def test_once_warm_a_question_reads_no_more_than_what_it_finds(desk: Desk) -> None:
    """A hundred thousand passages take the first one a quarter of a minute; whatever comes later is found all the same."""
    await desk.add("guide", "The key hangs at the reception desk.", "Lunch is served at noon.")
    await approve(desk.database, "Which discount?", "Forty.")
    await desk.outbox.drain()
    await desk.retriever.warm()
    statements: list[str] = []
    event.listen(
        desk.database.sync_engine, "before_cursor_execute", lambda _connection, _cursor, statement, *_rest: statements.append(statement)
    )

    assert texts(await desk.find("Where does the key hang? At which desk?")) == ["The key hangs at the reception desk."]
    assert not [each for each in statements if "FROM sources" in each or "FROM approved" in each]
    await add_source(desk.database, "care", "Clean the reservoir with vinegar.")
    assert texts(await desk.find("vinegar reservoir")) == ["Clean the reservoir with vinegar."]


async def test_a_failure_while_words_are_looked_up_is_told_as_it_is(desk: Desk) -> None:
    """The question is embedded meanwhile; its end is waited for, and the operator reads one sentence."""
    async with desk.database.begin() as connection:
        await connection.execute(text("ALTER TABLE revisions RENAME TO elsewhere"))

    with pytest.raises(sqlite3.DatabaseError, match="revisions"):
        await desk.find("Where is the key?")
    assert desk.encoder.encoded == 1


async def test_an_approved_answer_is_a_passage_of_other_questions(desk: Desk) -> None:
    """What an expert wrote answers more than the very question it was written for; people see where it comes from."""
    await desk.add("guide", "Lunch is served at noon.")
    await approve(desk.database, "Who signs the travel form for the branch in Porto?", "Marta Reis signs the travel form.")
    await desk.outbox.drain()

    found = await desk.find("The travel form: who signs?")

    assert found.approved is None
    (passage,) = found.passages
    assert (passage.passage_id, passage.heading, passage.text) == (
        "A1",
        "Who signs the travel form for the branch in Porto?",
        "Marta Reis signs the travel form.",
    )
    named = "Approved answer: Who signs the travel form for the branch in Porto?"
    assert (passage.source, passage.title, passage.audience) == (named, "Approved answer", "employees")
    assert found.confidence == passage.score


async def test_an_approved_answer_is_a_passage_at_once_and_gone_at_once(desk: Desk) -> None:
    """Before the index has it, and while the index still has it."""
    question, asked = "Who signs the travel form for the branch in Porto?", "The travel form: who signs?"
    assert texts(await desk.find(asked)) == []
    await approve(desk.database, question, "Marta Reis signs the travel form.")
    assert texts(await desk.find(asked)) == ["Marta Reis signs the travel form."]
    await desk.outbox.drain()
    await revoke(desk.database)
    assert await desk.index.ids("verified", Reach("employees")) == ("A1",)

    assert texts(await desk.find(asked)) == []


async def test_approved_passages_keep_to_their_audience(desk: Desk) -> None:
    """Not even a copy in the wrong collection is shown."""
    asked = "The travel form: who signs?"
    await approve(desk.database, "Who signs the travel form in Porto?", "Marta signs the travel form.")
    await approve(desk.database, "Who prints the travel form?", "The desk prints the travel form.", audience="all", approved_id="A2")
    await desk.outbox.drain()
    await desk.index.upsert("verified", Reach("customers"), await desk.index.fetch("verified", Reach("employees"), ["A1"]))

    assert set(texts(await desk.find(asked))) == {"Marta signs the travel form.", "The desk prints the travel form."}
    assert set(texts(await desk.find(asked, audience="customers"))) == {"The desk prints the travel form."}
    assert set(texts(await desk.find(asked, audience="all"))) == {"The desk prints the travel form."}


@pytest.mark.parametrize("drained", [True, False])
async def test_an_expert_wins_over_an_older_passage_that_hardly_differs(desk: Desk, *, drained: bool) -> None:
    """The word not is none to search by; folded away, the correction would be unsaid."""
    old = "The blue card of the branch in Porto opens the archive in the second cellar on workdays."
    await desk.add("guide", old)
    await approve(desk.database, "Which card for the archive?", old.replace("opens", "does not open").replace(" does", ""))
    if drained:
        await desk.outbox.drain()

    found = await desk.retriever.search("Does the blue card open the archive in the second cellar?", viewer=Viewer("employees"), limit=5)

    assert [(passage.passage_id, "not" in passage.text) for passage in found] == [("A1", True)]


async def test_an_experts_answer_supersedes_the_faq_entry_of_its_question(desk: Desk) -> None:
    """Two answers to the very question would leave the choice to the model."""
    await desk.add("faq", ("Which discount?", "Forty percent."), ("Which discount for friends?", "Ten percent."))
    await approve(desk.database, "which DISCOUNT", "Thirty percent, since May.")

    found = await desk.retriever.search("Which discount?", viewer=Viewer("employees"), limit=5)

    assert [passage.text for passage in found] == ["Thirty percent, since May.", "Ten percent."]
    assert found[0].score > 0.99


async def test_an_faq_entry_is_headed_by_its_question(desk: Desk) -> None:
    """The prompt and a quotation show what it answers."""
    await desk.add("faq", ("Who waters the plants?", "The facilities team."))

    (passage,) = (await desk.find("Who waters the plants in summer?")).passages

    assert (passage.heading, passage.text) == ("Who waters the plants?", "The facilities team.")


async def test_a_follow_up_does_not_take_another_threads_answer(desk: Desk) -> None:
    """The same words were once corrected in a thread about deliveries; here they are about the shop."""
    await approve(desk.database, "And on Saturdays?", "No deliveries.")

    assert (await desk.find("And on Saturdays?", "When does the shop open?")).approved is None
    assert (await desk.find("And on Saturdays?")).approved is not None


async def test_the_best_passages_are_read_together_with_the_question(desk: Desk) -> None:
    """Each takes a twentieth of a second: the first three, under their headings, and what they tell of the best is evidence."""
    await desk.add("keys", *(("Where is the key?", f"The key hangs at desk {name}.") for name in ("north", "south", "east", "west")))
    found = await desk.find("Where does the key hang?")

    assert len(desk.reader.read) == 3
    assert {asked for asked, _ in desk.reader.read} == {"Where does the key hang?"}
    assert desk.reader.read[0][1] == f"{found.passages[0].heading}\n{found.passages[0].text}"
    assert found.evidence["answers"] == pytest.approx((await desk.reader.log_odds(*_once(desk.reader.read[0])))[0])


async def test_a_follow_up_is_read_with_what_it_follows(desk: Desk) -> None:
    """Alone it is answered by anything that has a Sunday."""
    await desk.add("hours", "The shop opens at nine.", "On Sundays the shop opens at ten.")
    await desk.find("And on Sundays?", "When does the shop open?")

    assert desk.reader.read[0] == ("When does the shop open? And on Sundays?", "Hours\nOn Sundays the shop opens at ten.")


async def test_a_question_is_read_with_the_accents_that_it_lacks(desk: Desk) -> None:
    """The network was taught with words as they are spelt."""
    await desk.add("horario", "A loja abre às nove, e aos sábados às dez.")
    await desk.find("qual o horario da loja?")

    assert desk.reader.read[0][0] == "qual o horário da loja?"


async def test_nothing_is_read_where_nothing_is_found_or_an_expert_spoke(desk: Desk) -> None:
    """It would be for nothing."""
    assert (await desk.find("Where is the key?")).evidence == {}
    await approve(desk.database, "Where is the key?", "At the desk.")
    assert (await desk.find("Where is the key?")).approved is not None
    assert desk.reader.read == []


def _once(read: tuple[str, str]) -> tuple[str, list[str]]:
    return read[0], [read[1]]
