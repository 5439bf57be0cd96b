"""Whether rows may be sent to a provider: its limits, and nothing that must not leave the house."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.errors import Refused
from finetune.findings import Code
from finetune.hosted.order import Method, Order
from finetune.hosted.provider import Abilities
from finetune.trainable import HOSTED, Trainer, hosted_trainer
from finetune.validation import Validated, refuses, require_valid

_FORMATS: Final[dict[Method, str]] = {"supervised": "messages", "dpo": "preference-openai"}
# Beside what the provider itself would refuse: tests must stay tests, and people's data do not leave.
_KEPT_HERE: Final[frozenset[Code]] = frozenset(("leak", "held_out", "personal_data", "secret"))
_SUFFIX: Final = re.compile("[A-Za-z0-9_-]*")


def trainer_for(model: str, method: Method, abilities: Abilities) -> Trainer:
    """
    Return what trains *model* there, as rows are checked for it; of a model that is not known, only the provider's own limits are.

    Raises:
        Refused: The provider, or the model, is not trained by that method.
    """
    if method not in abilities.methods:
        raise Refused(f"this provider does not train by {method}; it trains by {', '.join(abilities.methods)}")
    wanted = _FORMATS[method]
    if base_of(model) in HOSTED:
        known = hosted_trainer(model)
        if wanted not in known.formats:
            able = ", ".join(name for name, each in HOSTED.items() if wanted in each.formats)
            raise Refused(f"{model} is not trained by {method}; these are: {able}")
    else:
        known = Trainer(model, hosted=True, encoding="o200k_base", tolerated=frozenset(("order", "same_answers")))
    return replace(
        known,
        formats=(wanted,),
        minimum_rows=abilities.minimum_rows,
        file_bytes=abilities.file_bytes,
        refused=known.refused | _KEPT_HERE,
    )


def base_of(model: str) -> str:
    """Return the model that a trained one (`ft:NAME:…`) was trained from, or the model itself."""
    return model.split(":")[1] if model.startswith("ft:") else model


def require_sendable(path: Path, found: Validated) -> None:
    """
    Refuse a file that must not be sent.

    Raises:
        Refused: Its first findings stand in the detail.
    """
    require_valid(path, tuple(each for each in found.findings if refuses(found.trainer, each.code)))
    if any(refuses(found.trainer, code) for code in found.counts):  # behind a thousand findings that are none
        raise Refused(f"{path} cannot be trained on: aprendiz data validate --for {found.trainer.name} says why.")


def require_able(order: Order, abilities: Abilities) -> None:
    """
    Refuse what the provider cannot do, before anything is sent.

    Raises:
        Refused: The suffix is too long or has characters that no name has, or a hyperparameter is not its own.
    """
    if len(order.suffix) > abilities.suffix_characters or not _SUFFIX.fullmatch(order.suffix):
        raise Refused(f"the suffix {order.suffix!r} is none: write at most {abilities.suffix_characters} letters, digits, - and _")
    if order.learning_rate_multiplier is not None and not abilities.multiplier:
        raise Refused("this provider knows no multiplier of the learning rate: leave --learning-rate-multiplier out")
    if order.beta is not None and order.method != "dpo":
        raise Refused("--beta belongs to --method dpo: leave it out, or train by dpo")
