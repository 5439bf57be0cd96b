"""What the company knows about a question: an approved answer, or the passages that meaning and words agree on."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.index_ports import CrossEncoder, Encoder, Index
from bot.messages import Found, Passage, Viewer
from bot.ports import Retriever
from store.approved import ApprovedAnswers
from store.candidates import KINDS
from store.corpus import LedgerCorpus
from store.database import Database
from store.follow_ups import leans_back
from store.indexable import AUDIENCES
from store.ranking import ODDS_WITHIN, Ranking
from store.second_vectors import Second
from store.shouting import without_shouting

_WARMING = "aprendiz"  # any question


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class HybridRetriever(Retriever):
    """Approved answers from the ledger first; then passages, and approved answers as passages, by meaning and words together."""

    def __init__(  # noqa: PLR0913  # one place builds it, of settings
        self,
        database: Database,
        index: Index,
        encoder: Encoder,
        *,
        passages: int,
        minimum_score: float,
        odds_within: float = ODDS_WITHIN,
        second: Second | None = None,
        cross: CrossEncoder | None = None,
        reader: CrossEncoder | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """
        Give at most *passages*, each of a relevance of at least *minimum_score* and at most *odds_within* times less likely than the best.

        A question is read by *second*, too, where there is one, by *cross* beside those that experts answered, and by *reader* beside the
        best passages. What ran out before *now* (aware) counts no more.
        """
        self._corpus = LedgerCorpus(database, now=now)
        self._indexes = (index, second.index) if second else (index,)
        self._ranking = Ranking(
            self._corpus,
            index,
            encoder,
            passages=passages,
            minimum_score=minimum_score,
            odds_within=odds_within,
            second=second,
            reader=reader,
        )
        self._approved = ApprovedAnswers(database, encoder, second.encoder if second else None, cross, now=now)

    async def find(self, question: str, *, viewer: Viewer, earlier: Sequence[str] = ()) -> Found:
        """
        Find an approved answer or passages for *question*; see the port.

        `confidence` is the best passage's relevance: an order, of which `evidence` makes a probability of being right.
        """
        question = without_shouting(question)
        asked = await self._ranking.ask(question, [*map(without_shouting, earlier)], viewer=viewer)
        # What a question that leans on the one before it was once answered with may be wrong here.
        leans = len(asked.queries) > 1 and leans_back(question)
        revision = self._corpus.revision("verified")  # asking has just read it
        first = asked.queries[0]
        known = None if leans else await self._approved.find(question, first.vector, viewer=viewer, revision=revision, second=first.second)
        if known is not None:
            answer, certainty = known
            return Found(answer, (), certainty)
        state = f"{self._corpus.revision('passages')}.{revision}"
        return replace(await self._ranking.find(asked, viewer=viewer), state=state)

    async def search(self, query: str, *, viewer: Viewer, limit: int) -> tuple[Passage, ...]:
        """Return the *limit* best passages for *query*, best first, however small their relevance."""
        return await self._ranking.rank(await self._ranking.ask(without_shouting(query), (), viewer=viewer), viewer=viewer, limit=limit)

    async def warm(self) -> None:
        """
        Read what the first question would otherwise wait for: every word (15 s for 100,000 passages), encoder, index, approved answers.

        Raises:
            TryAgainLater, Misconfigured: As a question would.
        """
        for audience in AUDIENCES:
            await self.find(_WARMING, viewer=Viewer(audience))
        await self._approved.warm()
        for index in self._indexes:
            for kind in KINDS:
                for reach in await index.reaches(kind):
                    await index.warm(kind, reach)
