"""Topics of `aprendiz gaps` that the material of today answers: their questions are looked up again as those who asked would find them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.messages import Passage, Viewer

if TYPE_CHECKING:
    from adapters.cli.output import Progress
    from bot.ports import Foreseer
    from store.asked_again import AskedAgain
    from store.gaps import Gap

MOST: Final = 200  # questions looked up again, the newest: some 50 ms each


@dataclass(frozen=True, slots=True)
class Since:
    """How many questions of a topic were looked up again, and the passage that each of those rests on that would be answered now."""

    looked_up: int = 0
    bases: tuple[Passage, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether most of the questions would be."""
        return len(self.bases) * 2 > self.looked_up

    def places(self, viewer: Viewer) -> tuple[Passage, ...]:
        """Return a passage of each document that *viewer* may know of, those that answer most questions first."""
        known = [each for each in self.bases if each.scope in ("", *viewer.scopes)]
        first = {each.source: each for each in reversed(known)}
        return tuple(first[source] for source, _ in Counter(each.source for each in known).most_common())


def newest(gaps: Sequence["Gap"]) -> list[str]:
    """Return the exchanges whose questions are looked up again."""
    return sorted((each.exchange_id for gap in gaps for each in gap.questions), reverse=True)[:MOST]


async def look_up(asked: Sequence["AskedAgain"], foreseer: "Foreseer", progress: "Progress") -> dict[str, Passage | None]:
    """
    Return for each exchange what its question would be answered from now, None where nothing new would be.

    What was voted down is answered only by words that it was not answered from before.
    """
    known: dict[tuple[str, Viewer, tuple[str, ...]], Passage | None] = {}
    bases = {}
    for number, each in enumerate(asked):
        progress(number, len(asked))
        key = each.question, each.viewer, each.earlier
        if key not in known:
            known[key] = await foreseer.basis(each.question, viewer=each.viewer, earlier=each.earlier)
        basis = known[key]
        bases[each.exchange_id] = basis if basis and basis.text not in each.told else None
    return bases


def since_of(gap: "Gap", bases: Mapping[str, Passage | None]) -> Since:
    """Return what came of a topic's questions."""
    looked_up = [bases[each.exchange_id] for each in gap.questions if each.exchange_id in bases]
    return Since(len(looked_up), tuple(filter(None, looked_up)))
