"""The questions by which a round judges its candidate, kept with it: they do not change while it runs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from bot.messages import Audience
from finetune.examples import Example
from finetune.questions import HeldOut, Kind, held_out, read_questions
from store.clusters import cluster_of

# Beyond that the intervals hardly narrow, and each question takes some seconds of the processor.
_MOST_OF_A_KIND: Final = 200
JUDGED: Final[tuple[Kind, ...]] = ("down", "up", "imported")  # what a round asks besides golden questions


@dataclass(frozen=True, slots=True)
class RoundQuestions:
    """
    What a round asks.

    `held_out` are the questions nobody trains on, the operator's golden ones among them; `again` are once wrong ones that were trained
    on, of which some are asked afterwards, for the receipts alone. `wrong` names the exchanges voted down or corrected, by the `cluster` of
    their question there.
    """

    held_out: tuple[HeldOut, ...]
    again: tuple[HeldOut, ...]
    wrong: Mapping[str, tuple[str, ...]]

    def to_json(self) -> dict[str, Any]:
        """Return them as JSON."""
        asked = {"held_out": [asdict(each) for each in self.held_out], "again": [asdict(each) for each in self.again]}
        return asked | {"wrong": {cluster: list(ids) for cluster, ids in self.wrong.items()}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` gave."""
        wrong = {cluster: tuple(ids) for cluster, ids in value["wrong"].items()}
        return cls(_read(value["held_out"]), _read(value["again"]), wrong)


def questions_of(examples: Sequence[Example], golden: Sequence[HeldOut]) -> RoundQuestions:
    """
    Return what a round on *examples* (of one audience, with their splits) asks.

    Of more than 200 that were voted down or corrected, or liked, or imported, those stay whose cluster comes first: which those are depends
    on nothing that people rate later.
    """
    wrong: defaultdict[str, list[str]] = defaultdict(list)
    for example in examples:
        if example.is_exchange and (example.down or example.corrected):
            wrong[cluster_of(example.question)].append(example.exchange_id)
    judged = [each for kind in JUDGED for each in _first(held_out(examples), kind, _MOST_OF_A_KIND)]
    trained = held_out([replace(example, split="test") for example in examples if example.split != "test"])
    return RoundQuestions((*judged, *golden), tuple(_first(trained, "down", None)), {cluster: tuple(ids) for cluster, ids in wrong.items()})


def golden_of(path: Path | None, *, audience: Audience) -> tuple[HeldOut, ...]:
    """
    Return the golden questions for *audience*, those that name no audience among them; none where there is no file.

    Raises:
        Misconfigured: The file cannot be read.
    """
    asked = read_questions(path, audience=audience) if path else ()
    return tuple(each for each in asked if each.audience in (audience, "all"))


def _first(questions: Sequence[HeldOut], kind: str, limit: int | None) -> list[HeldOut]:
    return sorted((each for each in questions if each.kind == kind), key=lambda each: each.cluster)[:limit]


def _read(values: Sequence[Mapping[str, Any]]) -> tuple[HeldOut, ...]:
    return tuple(HeldOut(**({**each} | {"must_contain": tuple(each["must_contain"])})) for each in values)
