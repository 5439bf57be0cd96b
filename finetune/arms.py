"""Who is compared, in what settings, and what each answered."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from bot.index_ports import Encoder
from bot.messages import Adapter, AnswerKind, Audience, Passage
from bot.ports import Backend, Retriever
from bot.settings import Settings
from bot.spending import Price, Usage
from finetune.questions import HeldOut

Arm = Literal["alone", "passages", "spoken", "full"]
ARMS: Final[tuple[Arm, ...]] = ("alone", "passages", "spoken", "full")


@dataclass(frozen=True, slots=True)
class OwnModel:
    """
    A model that a contender brings in place of the one in service.

    `backend` is open; `served` is its file, None of a hosted one, which answers at `address` and costs what `price` says (None: unknown).
    `languages` and `support` are as it is configured.
    """

    backend: Backend
    served: Path | None
    address: str
    languages: tuple[str, ...]
    support: float
    price: Price | None = None

    def cost(self, usage: Usage) -> int | None:
        """Return what *usage* costs, in billionths; None where nobody knows."""
        if self.served:
            return 0
        return self.price.of(usage) if self.price else None


@dataclass(frozen=True, slots=True)
class Contender:
    """The model in service, or one of its own, with a trained version laid over it or without any."""

    name: str
    adapter: Adapter | None
    model: OwnModel | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """
    What both contenders are asked through; both get the same of everything.

    `backend` is open and answers from the file `served` without an adapter of its own (None where the model in service is hosted: then each
    contender brings its own); `retriever` never gives an approved answer; `support` is that of the model in service (0: off); `perplexity`
    is the number of questions whose reference is scored (the model reads each prompt once more for that), `earlier` are folders beneath
    which answers of earlier evaluations may be found: those to the very same prompt by the very same model are taken from there.
    """

    backend: Backend
    served: Path | None
    retriever: Retriever
    encoder: Encoder
    identify: Callable[[str], str]
    settings: Settings
    audience: Audience
    support: float
    perplexity: int = 12
    earlier: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """
    An answer with its figures.

    `kind` is "generated" where the model spoke, "quoted" where the best passage did, "declined" where nothing was found. `facts` is the
    share of what must be contained, `f1`, `rouge_l` and `similarity` (cosine) compare with the reference; None where there is nothing to
    compare with. Token counts, times (seconds) and `cost` (billionths; None: nobody knows) are the model's, 0 where none spoke; `cut` tells
    that it was stopped at the limit.
    """

    text: str
    kind: AnswerKind
    good: bool
    declined: bool
    facts: float | None
    f1: float | None
    rouge_l: float | None
    similarity: float | None
    tokens: int = 0
    prompt_tokens: int = 0
    first_token_s: float = 0.0
    total_s: float = 0.0
    cut: bool = False
    cost: int | None = 0


@dataclass(frozen=True, slots=True)
class Side:
    """
    A contender's answers, in the order of the questions.

    `alone`: the bare question. `passages`: the question with its passages, the model always speaks. `spoken`: as much of that as its
    passages support, else the quotation. `full`: as served, which is `spoken` in the languages of this contender and the quotation in
    others. `perplexities` are those of the references, None where it was not measured. `currency` is that of what they cost.
    """

    name: str
    adapter: str
    languages: tuple[str, ...]
    alone: tuple[Reply, ...]
    passages: tuple[Reply, ...]
    spoken: tuple[Reply, ...]
    full: tuple[Reply, ...]
    perplexities: tuple[float | None, ...]
    currency: str = ""

    def arm(self, arm: Arm) -> tuple[Reply, ...]:
        """Return the answers of one arm."""
        match arm:
            case "alone":
                return self.alone
            case "passages":
                return self.passages
            case "spoken":
                return self.spoken
            case "full":
                return self.full


@dataclass(frozen=True, slots=True)
class AskedOf:
    """
    A question as both were asked it.

    `language` is the question's (empty where unsure), `passages` stand in the prompt, best first; `in_best` and `in_given` tell whether a
    right answer stands in the best of them and in all together (None: there is none to find); `quoted` is the answer of the best passage.
    """

    held: HeldOut
    language: str
    passages: tuple[Passage, ...]
    in_best: bool | None
    in_given: bool | None
    quoted: Reply
