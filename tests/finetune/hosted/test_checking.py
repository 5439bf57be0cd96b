"""What may be sent to a provider, and what it can do."""

from pathlib import Path

import pytest

from bot.errors import BadRequest, Misconfigured, Refused
from finetune.findings import Finding
from finetune.formats.registry import FORMATS
from finetune.hosted.checking import require_able, require_sendable, trainer_for
from finetune.hosted.kinds import KINDS
from finetune.hosted.order import Method, Order, RowsFile, order_from, rows_file
from finetune.hosted.provider import Abilities
from finetune.validation import Checks, Validated, validate
from tests.finetune.hosted.world import MODEL, write_rows

ROWS = RowsFile("/rows.jsonl", "0" * 64, 12, 300)


@pytest.mark.parametrize(("method", "format_name"), [("supervised", "messages"), ("dpo", "preference-openai")])
@pytest.mark.parametrize("model", [MODEL, "ft:gpt-4.1-nano-2025-04-14:acme::1", "meta-llama/Llama-3.3-70B-Instruct"])
def test_a_method_has_its_rows(model: str, method: Method, format_name: str) -> None:
    """Of a model that is not known, the provider's own limits count."""
    trainer = trainer_for(model, method, Abilities())

    assert trainer.formats == (format_name,)
    assert (trainer.minimum_rows, trainer.file_bytes, trainer.hosted) == (10, 512 << 20, True)
    assert {"leak", "secret", "personal_data"} <= trainer.refused


def test_what_is_not_trained_so_is_refused() -> None:
    """By the model, or by the provider."""
    with pytest.raises(Refused, match="these are: gpt-4"):
        trainer_for("gpt-4o-2024-08-06", "dpo", Abilities())
    with pytest.raises(Refused, match="does not train by dpo"):
        trainer_for(MODEL, "dpo", KINDS["nebius"])


def test_too_few_rows_are_refused_before_they_are_sent(tmp_path: Path) -> None:
    """By the provider's own number."""
    few = write_rows(tmp_path / "rows.jsonl", 3)
    trainer = trainer_for(MODEL, "supervised", Abilities())

    with pytest.raises(Refused, match="10"):
        require_sendable(few, validate(few, Checks(trainer)))
    require_sendable(few, validate(few, Checks(trainer_for("m", "supervised", KINDS["compatible"]))))


def test_a_refusal_behind_a_thousand_warnings_counts(tmp_path: Path) -> None:
    """Only a thousand findings are kept; how many there are of each kind is known."""
    from array import array

    trainer = trainer_for(MODEL, "supervised", Abilities())
    warned = (Finding(1, "order"),)
    found = Validated(trainer, FORMATS["messages"], 2000, 0, array("I"), array("I"), warned, {"order": 1500, "secret": 1})

    with pytest.raises(Refused, match="aprendiz data validate"):
        require_sendable(tmp_path / "rows.jsonl", found)


@pytest.mark.parametrize(
    ("order", "abilities", "sentence"),
    [
        (Order(model="m", method="supervised", training=ROWS, suffix="x" * 65), Abilities(), "at most 64"),
        (Order(model="m", method="supervised", training=ROWS, suffix="a:b"), Abilities(), "letters, digits"),
        (Order(model="m", method="supervised", training=ROWS, suffix="café"), Abilities(), "letters, digits"),
        (Order(model="m", method="supervised", training=ROWS, learning_rate_multiplier=0.5), KINDS["nebius"], "no multiplier"),
        (Order(model="m", method="supervised", training=ROWS, beta=0.5), Abilities(), "--method dpo"),
    ],
)
def test_what_a_provider_cannot_do_is_refused(order: Order, abilities: Abilities, sentence: str) -> None:
    """Before anything is sent."""
    with pytest.raises(Refused, match=sentence):
        require_able(order, abilities)


def test_an_order_is_read_back() -> None:
    """From the ledger, in another process."""
    order = Order(model="m", method="dpo", training=ROWS, validation=ROWS, beta=0.5, seed=3, suffix="desk")

    assert order_from(order.terms()) == order
    assert order.hyperparameters == {"beta": 0.5}
    with pytest.raises(Misconfigured, match="without its order"):
        order_from({"method": "supervised"})


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    """Between the check and the order, too."""
    with pytest.raises(BadRequest, match=r"gone\.jsonl cannot be read"):
        rows_file(tmp_path / "gone.jsonl", rows=1, tokens=1)


def test_equal_orders_are_known_by_their_rows() -> None:
    """Not by where they lie; another provider or seed is another order."""
    order = Order(model="m", method="supervised", training=ROWS)
    moved = Order(model="m", method="supervised", training=RowsFile("/elsewhere", ROWS.sha256, 12, 300))

    assert order.fingerprint("openai") == moved.fingerprint("openai")
    assert order.fingerprint("openai") != order.fingerprint("azure")
    assert order.fingerprint("openai") != Order(model="m", method="supervised", training=ROWS, seed=1).fingerprint("openai")
