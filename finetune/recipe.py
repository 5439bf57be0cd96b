"""A training recipe: every choice that shapes rows and training, read from TOML; `recipes/default.toml` explains each."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from bot.errors import Misconfigured

Schedule = Literal["cosine", "linear", "constant"]
Precision = Literal["auto", "bf16", "fp32"]

_Whole = Annotated[int, Field(ge=0)]
_Positive = Annotated[int, Field(ge=1)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Fading = Annotated[float, Field(ge=0, lt=1)]
# Strict: TOML has types of its own, and "3" where 3 is meant is a mistake.
_CONFIG = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True, config=_CONFIG)
class RowPlan:
    """The table `[rows]`: how rated answers become training rows."""

    contexts: _Positive
    distractors: _Whole
    served_order_share: _Share
    decline_share: _Share
    practice_rows: _Whole
    most_rows: _Whole


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Recipe:
    """
    One recipe; lengths are in the model's tokens, shares from 0 to 1.

    `warm_up` is a share of all steps, `floor` one of the learning rate, `layers` one of the model's layers, counted from the last.
    """

    epochs: _Positive
    learning_rate: Annotated[float, Field(gt=0)]
    schedule: Schedule
    warm_up: _Share
    floor: _Share
    betas: tuple[_Fading, _Fading]
    weight_decay: Annotated[float, Field(ge=0)]
    max_gradient_norm: Annotated[float, Field(gt=0)]
    batch_rows: _Positive
    block_tokens: Annotated[int, Field(ge=16)]
    rank: _Positive
    alpha: _Positive
    dropout: Annotated[float, Field(ge=0, lt=1)]
    targets: Annotated[tuple[str, ...], Field(min_length=1)]
    layers: Annotated[float, Field(gt=0, le=1)]
    precision: Precision
    seed: _Whole
    save_steps: _Whole
    save_limit: _Positive
    patience: _Whole
    rows: RowPlan

    @property
    def sha256(self) -> str:
        """The hash of everything the recipe says, as lower-case hex; the order of its keys does not count."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain values, `rows` as a dict of its own."""
        values = asdict(self)
        return values | {"targets": list(self.targets), "betas": list(self.betas)}

    def to_toml(self) -> str:
        """Return the recipe as TOML that `read_recipe` reads back to an equal one."""
        values = self.to_dict()
        rows = values.pop("rows")
        lines = [*_lines(values), "", "[rows]", *_lines(rows)]
        return "\n".join(lines) + "\n"


def read_recipe(path: Path | None = None) -> Recipe:
    """
    Read a recipe; what *path* leaves out stays as in the one that comes with the product, which None gives as it is.

    Raises:
        Misconfigured: The file is missing, is no TOML, has an unknown key, or a value is wrong; the detail names file and key.
    """
    values = tomllib.loads((files("finetune") / "recipes" / "default.toml").read_text(encoding="utf-8"))
    if path is not None:
        own = _read(path)
        rows = own.pop("rows", {})
        if not isinstance(rows, dict):
            raise Misconfigured(f"recipe {path}: rows must be a table, [rows]")
        values |= own
        values["rows"] |= rows
    return recipe_of(values, name=str(path or "default.toml"))


def recipe_of(values: Mapping[str, Any], *, name: str) -> Recipe:
    """
    Return the recipe with all of *values*, as `Recipe.to_dict` gives them; *name* says in errors where they stand.

    Raises:
        Misconfigured: A key is unknown or missing, or a value is wrong.
    """
    try:
        # As JSON, where strict validation takes an array for a tuple and an object for a table.
        return _ADAPTER.validate_json(json.dumps(dict(values), default=str))
    except ValidationError as error:
        raise Misconfigured(f"recipe {name}: {'; '.join(map(_problem, error.errors()))}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"recipe {path} cannot be read ({error.strerror}): correct its name") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"recipe {path} is no TOML file ({error}): correct it there") from error


def _problem(found: Any) -> str:
    key = ".".join(str(part) for part in found["loc"])
    if found["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return f"there is no {key}; see the keys in finetune/recipes/default.toml"
    return f"{key} is wrong: {found['msg'][0].lower()}{found['msg'][1:]}"


def _lines(values: Mapping[str, Any]) -> list[str]:
    # JSON's numbers, strings and arrays of strings are TOML's.
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]


_ADAPTER = TypeAdapter(Recipe)
