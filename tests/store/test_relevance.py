"""How words, and the cosines of one or two encoders, become a relevance, and an order."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import update

from bot.messages import Passage, Reach, Viewer
from store.changes import raise_revision
from store.database import Database
from store.outbox import Outbox
from store.relevance import comparable, relevance
from store.retrieval import HybridRetriever
from store.schema import passages, sources
from store.second_vectors import Second, SecondVectors
from tests.fakes.encoder import SecondWordEncoder, WordEncoder
from tests.fakes.index import MemoryIndex
from tests.store.ledger_rows import NOW, add_source

QUESTION = "Where does the lamp hang in the evening?"
UPSTAIRS, OUTSIDE = "The lamp hangs upstairs in the evening.", "The lamp hangs outside in the evening."


def test_relevance_lies_between_nothing_and_certainty() -> None:
    """Settings and people compare it with a share."""
    least, middle, most = (
        relevance(cosine, words, second=None, steps=steps) for cosine, words, steps in ((-1, 0, -0.3), (0.2, 0.1, 0), (0.6, 0.5, 0.3))
    )

    assert 0 < least < middle < most <= 1


@pytest.mark.parametrize("second", [None, 0.84])
def test_each_that_says_more_makes_it_likelier(second: float | None) -> None:
    """Whichever of them the others outweigh."""
    before = relevance(0.4, 0.2, second=second, steps=0)

    assert before < relevance(0.5, 0.2, second=second, steps=0)
    assert before < relevance(0.4, 0.3, second=second, steps=0)
    assert before < relevance(0.4, 0.2, second=second, steps=0.1)


def test_the_second_cosine_outweighs_the_first_and_what_lacks_it_lies_between() -> None:
    """While an import is still being read closely, neither what is read nor what is not comes first for that alone."""
    low, high = (relevance(0.4, 0.2, second=second, steps=0) for second in (0.78, 0.92))

    assert low < relevance(0.4, 0.2, second=None, steps=0) < high
    assert relevance(0.5, 0.2, second=0.8, steps=0) < relevance(0.3, 0.2, second=0.88, steps=0)


@pytest.mark.parametrize(
    ("asked", "written", "told"),
    [
        ("en", "en", True),
        ("pt", "pt", True),
        ("", "pt", True),
        ("en", "", True),
        ("en", "pt", False),
        ("es", "es", False),
        ("", "es", False),
    ],
)
def test_the_second_encoder_compares_within_the_languages_it_reads(asked: str, written: str, told: bool) -> None:
    """Across them it finds .16 of what the first finds in .71 of the cases."""
    assert comparable(asked, written) is told


class Told(SecondWordEncoder):
    """Knows of every text but what names *near* that it is far from whatever is asked."""

    def __init__(self, near: str) -> None:
        super().__init__(dimension=2)
        self._near = near

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row per text."""
        return np.array([_at(0.9 if self._near in text else 0.75) for text in texts], dtype=np.float32).reshape(-1, 2)

    async def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row per text."""
        return np.array([_at(1.0) for _ in texts], dtype=np.float32)


class Desk:
    """Two passages, and what is found of them."""

    def __init__(self, database: Database, near: str) -> None:
        self.database = database
        self.index, self.encoder = MemoryIndex(), WordEncoder()
        self.second = Second(Told(near), MemoryIndex())
        self.vectors = SecondVectors(database, self.index, self.second)

    async def fill(self) -> None:
        """Import and carry over, to both indexes."""
        await add_source(self.database, "guide", UPSTAIRS, OUTSIDE)
        await Outbox(self.database, self.index, self.encoder, second=self.vectors).drain()
        await self.vectors.fill_all()

    async def search(self, *, closely: bool = True) -> tuple[Passage, ...]:
        """Ask."""
        second = self.second if closely else None
        retriever = HybridRetriever(
            self.database, self.index, self.encoder, passages=3, minimum_score=0.3, odds_within=math.inf, second=second
        )
        return await retriever.search(QUESTION, viewer=Viewer("employees"), limit=2)


@pytest.mark.parametrize("near", ["upstairs", "outside"])
async def test_what_the_second_encoder_finds_nearer_comes_first(database: Database, near: str) -> None:
    """Two passages that share their words with the question are told apart by their meaning."""
    desk = Desk(database, near)
    await desk.fill()

    assert near in (await desk.search())[0].text


async def test_a_text_in_another_language_counts_as_if_there_were_no_second_encoder(database: Database) -> None:
    """A passage that is only near in meaning would sink below everything in the asker's language."""
    desk = Desk(database, "outside")
    await desk.fill()
    async with database.begin() as connection:
        await connection.execute(update(passages).where(passages.c.text == OUTSIDE).values(language="pt"))
        await connection.execute(update(sources).values(imported_at=NOW, sha256="other"))
        await connection.run_sync(raise_revision, "passages")

    closely, plainly = [{each.text: each.score for each in await desk.search(closely=closely)} for closely in (True, False)]

    assert closely[OUTSIDE] == plainly[OUTSIDE]
    assert closely[UPSTAIRS] < plainly[UPSTAIRS]


async def test_a_passage_that_is_not_read_yet_counts_as_before(database: Database) -> None:
    """Minutes after an import, most of it."""
    desk = Desk(database, "outside")
    await desk.fill()
    await desk.second.index.delete("passages", Reach("employees"), ["guide-1"])

    closely, plainly = [{each.text: each.score for each in await desk.search(closely=closely)} for closely in (True, False)]

    assert closely[OUTSIDE] == plainly[OUTSIDE]
    assert closely[UPSTAIRS] < plainly[UPSTAIRS]


def _at(cosine: float) -> tuple[float, float]:
    return cosine, math.sqrt(1 - cosine * cosine)
