"""The words of the ledger, followed from change to change."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, event, update

from bot.messages import Audience, Reach, Viewer
from store.candidates import read_candidates
from store.changes import raise_revision
from store.codes import Codes
from store.corpus import LedgerCorpus
from store.database import Database
from store.schema import approved, passages, sources
from store.shelves import Shelves, Words
from tests.store.ledger_rows import NOW, add_source, approve

VIEWER = Viewer("employees")


class Clock:
    """A time that the test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def corpus_of(database: Database, clock: Clock | None = None) -> LedgerCorpus:
    return LedgerCorpus(database, now=clock or Clock())


async def found(corpus: LedgerCorpus, question: str, viewer: Viewer = VIEWER) -> list[str]:
    """Return the ids that the words of *question* lead to, best first."""
    matches = (await words_of(corpus, viewer)).search(question)
    scores = matches.of(matches.best(10))
    return sorted(scores, key=lambda each: (-scores[each], each))


async def words_of(corpus: LedgerCorpus, viewer: Viewer = VIEWER) -> Words:
    """Return what *viewer* sees."""
    return await corpus.look(viewer, lambda words: words)


async def remove_source(database: Database, name: str) -> None:
    async with database.begin() as connection:
        await connection.run_sync(raise_revision, "passages")
        await connection.execute(delete(passages).where(passages.c.source_id == name))
        await connection.execute(delete(sources).where(sources.c.source_id == name))


async def change_source(database: Database, name: str, **values: object) -> None:
    """Import a source again, with other values for it and its passages."""
    async with database.begin() as connection:
        await connection.run_sync(raise_revision, "passages")
        await connection.execute(update(sources).where(sources.c.source_id == name).values(imported_at=NOW + timedelta(hours=1)))
        of_passages = {key: value for key, value in values.items() if key in passages.c}
        of_source = {key: value for key, value in values.items() if key in sources.c}
        if of_source:
            await connection.execute(update(sources).where(sources.c.source_id == name).values(**of_source))
        if of_passages:
            await connection.execute(update(passages).where(passages.c.source_id == name).values(**of_passages))


async def test_what_is_imported_changed_and_removed_is_followed(database: Database) -> None:
    """Whatever process wrote it: the ledger alone says what there is."""
    corpus = corpus_of(database)
    assert await found(corpus, "vinegar") == []
    await add_source(database, "care", "Clean the reservoir with vinegar.")
    await add_source(database, "other", "Lunch is at noon.")
    assert await found(corpus, "vinegar") == ["care-0"]
    await change_source(database, "care", text="Clean the reservoir with lemon.")
    assert (await found(corpus, "vinegar"), await found(corpus, "lemon")) == ([], ["care-0"])
    await remove_source(database, "care")

    assert (await found(corpus, "lemon"), await found(corpus, "lunch")) == ([], ["other-0"])


async def test_the_codes_are_those_of_the_present_text(database: Database) -> None:
    """A passage that was changed, or taken away, holds its old code no more."""
    corpus = corpus_of(database)
    await add_source(database, "care", "The filter FH-300 is changed weekly.", "Lunch is at noon.")
    assert (await words_of(corpus)).codes(["care-0", "care-1"]) == {"care-0": Codes.of("FH-300")}
    await change_source(database, "care", text="The part PX 12 is changed weekly.")
    assert (await words_of(corpus)).codes(["care-0"]) == {"care-0": Codes.of("PX 12")}
    await change_source(database, "care", text="It is changed weekly.", imported_at=NOW + timedelta(hours=2))

    assert (await words_of(corpus)).codes(["care-0"]) == {}


async def test_the_followed_words_are_those_of_a_process_that_starts_now(database: Database) -> None:
    """Two processes answer the same question alike, however they came to know the documents."""
    first = corpus_of(database)
    for number in range(6):
        await add_source(database, f"s{number}", f"The pump {number} greases with oil.", ("Which oil?", f"Oil number {number}."))
        await words_of(first)
    await approve(database, "Which oil for pump 3?", "Number 7.")
    await change_source(database, "s2", text="The filter needs vinegar.", question="")
    await remove_source(database, "s4")
    await change_source(database, "s5", audience="customers")
    second = corpus_of(database)

    one, other = await words_of(first), await words_of(second)
    ids = [each.passage.passage_id for each in await read_candidates(database, VIEWER)]
    for question in ("oil", "pump 3", "vinegar filter", "number oil 5"):
        assert one.search(question).of(ids) == other.search(question).of(ids)
        assert one.search(question).best(20) == other.search(question).best(20)
    assert sorted(one.exactly("which OIL")) == sorted(other.exactly("which OIL")) == ["s0-1", "s1-1", "s3-1"]


async def test_only_what_changed_is_read_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a hundred thousand passages all of them take ten seconds, and experts correct all day."""
    corpus = corpus_of(database)
    await add_source(database, "guide", "The travel form lies at the desk.")
    await add_source(database, "news", "The desk is new.")
    await words_of(corpus)
    statements: list[str] = []
    taken: list[str] = []
    put = Shelves.put
    monkeypatch.setattr(Shelves, "put", lambda self, some: put(self, [taken.append(each.passage.passage_id) or each for each in some]))  # type: ignore[func-returns-value]
    event.listen(
        database.sync_engine, "before_cursor_execute", lambda _connection, _cursor, statement, *_rest: statements.append(statement)
    )
    await approve(database, "Who signs the travel form in Porto?", "Marta signs the travel form.")

    assert set(await found(corpus, "travel form")) == {"guide-0", "A1"}
    assert taken == ["A1"]
    assert not [each for each in statements if "FROM passages" in each]
    await change_source(database, "news", text="The desk has a travel form.")
    assert set(await found(corpus, "travel form")) == {"guide-0", "news-0", "A1"}
    assert taken == ["A1", "news-0"]


async def test_a_source_of_many_passages_is_read_whole(database: Database) -> None:
    """It comes in parts; none may be lost, at the first reading or the next."""
    await add_source(database, "faq", *((f"What is item {number}?", f"It is thing{number}.") for number in range(1203)))
    corpus = corpus_of(database)
    assert [await found(corpus, f"thing{number}") for number in (0, 500, 1202)] == [["faq-0"], ["faq-500"], ["faq-1202"]]
    await remove_source(database, "faq")

    words = await words_of(corpus)
    assert (words.shelves, words.exactly("What is item 7?")) == ({}, ())


async def add_scoped(database: Database, name: str, text: str, scope: str, *, audience: Audience = "employees") -> None:
    await add_source(database, name, text, audience=audience)
    await change_source(database, name, scope=scope)


async def test_what_others_see_changes_no_score(database: Database) -> None:
    """Neither its words nor how many there are: a score would tell that a secret is told somewhere."""
    await add_source(database, "guide", "The merger plan lies at the desk.", "Lunch is at noon.")
    corpus = corpus_of(database)
    before = (await words_of(corpus)).search("merger plan lunch")
    alone = [before.of(["guide-0", "guide-1"]), before.covered]
    await add_scoped(database, "board", "The merger plan: lunch, lunch, lunch.", "slack/T1/C9")
    await add_source(database, "public", "Lunch and merger for customers.", audience="customers")
    after = (await words_of(corpus)).search("merger plan lunch")
    within = Viewer("employees", ("slack/T1/C9",))

    assert [after.of(["guide-0", "guide-1"]), after.covered] == alone
    assert await found(corpus, "merger plan lunch") == ["guide-0", "guide-1"]
    assert set(await found(corpus, "merger plan lunch", within)) == {"guide-0", "guide-1", "board-0"}
    assert await found(corpus, "mergr", Viewer("customers")) == ["public-0"]
    assert {reach for _, reach in (await words_of(corpus, within)).shelves} == {Reach("employees"), Reach("employees", "slack/T1/C9")}


async def test_what_moves_to_others_is_on_one_shelf(database: Database) -> None:
    """Found by both for a moment, it would be seen by those whom it was taken from."""
    await add_source(database, "guide", "The merger plan.")
    corpus = corpus_of(database)
    await words_of(corpus)
    await change_source(database, "guide", audience="customers")

    assert (await found(corpus, "merger"), await found(corpus, "merger", Viewer("customers"))) == ([], ["guide-0"])


async def test_an_approved_answer_that_has_run_out_is_gone(database: Database) -> None:
    """No write marks the moment; the FAQ entry that it stood in place of counts again."""
    clock = Clock()
    corpus = corpus_of(database, clock)
    await add_source(database, "faq", ("Which discount?", "Forty percent."))
    await approve(database, "Which discount?", "Thirty percent in May.")
    async with database.begin() as connection:
        await connection.execute(update(approved).values(expires_at=NOW + timedelta(days=1)))
        await connection.run_sync(raise_revision, "verified")

    async def seen() -> tuple[Sequence[str], Sequence[str]]:
        words = await words_of(corpus)
        loaded = await corpus.load(["faq-0", "A1"], VIEWER)
        return await found(corpus, "discount"), [each.passage.passage_id for each in loaded if not words.superseded(each)]

    assert await seen() == (["A1", "faq-0"], ["A1"])
    clock.now += timedelta(days=1)
    assert await seen() == (["faq-0"], ["faq-0"])


async def test_an_import_that_breaks_off_is_read_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question whose asker has given up must not leave half of the words behind."""
    await add_source(database, "guide", "The travel form lies at the desk.")
    corpus = corpus_of(database)
    with monkeypatch.context() as patched:
        patched.setattr(Shelves, "put", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await words_of(corpus)

    assert await found(corpus, "travel form") == ["guide-0"]


async def test_ids_of_another_audience_are_not_loaded(database: Database) -> None:
    """The ledger is asked once more, whatever the words and the index say."""
    await add_source(database, "public", "A secret.", audience="customers")
    corpus = corpus_of(database)

    assert await corpus.load(["public-0"], VIEWER) == []
    assert [each.passage.text for each in await corpus.load(["public-0"], Viewer("customers"))] == ["A secret."]
