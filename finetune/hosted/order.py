"""What is ordered of a provider: which rows train which model, and how."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from bot.errors import BadRequest, Misconfigured, Refused

Method = Literal["supervised", "dpo"]
Use = Literal["training", "validation"]


@dataclass(frozen=True, slots=True)
class RowsFile:
    """A checked file of rows: where it lies (absolute), and what it held then."""

    path: str
    sha256: str
    rows: int
    tokens: int

    def read(self) -> bytes:
        """
        Return what the file holds.

        Raises:
            Refused: It is gone, or was changed since it was checked.
        """
        try:
            content = Path(self.path).read_bytes()
        except OSError as error:
            raise Refused(f"{self.path} cannot be read ({error.strerror}): put it back, or cancel the job") from error
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise Refused(f"{self.path} was changed since the job was begun: put it back as it was, or cancel the job")
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    What is ordered; a hyperparameter that is None is the provider's choice.

    `beta` is of DPO alone; `suffix` becomes part of the model's name.
    """

    model: str
    method: Method
    training: RowsFile
    validation: RowsFile | None = None
    n_epochs: int | None = None
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None
    beta: float | None = None
    seed: int | None = None
    suffix: str = ""

    @property
    def hyperparameters(self) -> dict[str, float]:
        """Those that are given, by the names of the wire format."""
        named = {
            "n_epochs": self.n_epochs,
            "batch_size": self.batch_size,
            "learning_rate_multiplier": self.learning_rate_multiplier,
            "beta": self.beta,
        }
        return {name: value for name, value in named.items() if value is not None}

    @property
    def files(self) -> "Mapping[Use, RowsFile]":
        """The rows by their use."""
        found: dict[Use, RowsFile] = {"training": self.training}
        return found | {"validation": self.validation} if self.validation else found

    def terms(self) -> dict[str, Any]:
        """Return it as a JSON object that `order_from` reads."""
        return asdict(self)

    def fingerprint(self, provider: str) -> str:
        """Return what equal orders at that provider share, wherever their files lie."""
        terms = self.terms()
        for use in ("training", "validation"):
            terms[use] = terms[use] and terms[use]["sha256"]
        return hashlib.sha256(json.dumps([provider, terms], sort_keys=True).encode()).hexdigest()


_ADAPTER = TypeAdapter(Order)


def order_from(terms: Mapping[str, Any]) -> Order:
    """
    Read what `Order.terms` gave.

    Raises:
        Misconfigured: It is something else, such as the terms of a job that was started elsewhere.
    """
    try:
        return _ADAPTER.validate_python(dict(terms))
    except ValidationError as error:
        raise Misconfigured("the ledger holds a job without its order: cancel it, and create it anew") from error


def rows_file(path: Path, *, rows: int, tokens: int) -> RowsFile:
    """
    Return a checked file with its hash.

    Raises:
        BadRequest: It cannot be read any more.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise BadRequest(f"{path} cannot be read ({error.strerror}): correct the file's name or rights") from error
    return RowsFile(str(path.absolute()), digest.hexdigest(), rows, tokens)
