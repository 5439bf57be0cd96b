"""Recipes: what comes with the product, what an operator changes, and what is refused by name."""

import tomllib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bot.errors import Misconfigured
from finetune.recipe import read_recipe, recipe_of


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_products_recipe_explains_every_value() -> None:
    """A value nobody explains is one nobody dares to change."""
    lines = (Path(__file__).parents[2] / "finetune" / "recipes" / "default.toml").read_text().splitlines()
    unexplained = [line for before, line in pairwise(["", *lines]) if " = " in line and line[0] != "#" and before[:1] != "#"]

    assert unexplained == ["alpha = 32"]  # explained with rank, above it


def test_what_a_recipe_leaves_out_stays(tmp_path: Path) -> None:
    """Operators write the two lines that they mean."""
    recipe = read_recipe(written(tmp_path, "epochs = 7\n[rows]\ncontexts = 2\n"))
    default = read_recipe()

    assert recipe == replace(default, epochs=7, rows=replace(default.rows, contexts=2))


def test_toml_comes_back_equal(tmp_path: Path) -> None:
    """The copy beside a result must reproduce it."""
    recipe = replace(read_recipe(), learning_rate=3e-5, targets=("q_proj", "ção"), betas=(0.8, 0.95))

    assert read_recipe(written(tmp_path, recipe.to_toml())) == recipe
    assert recipe_of(recipe.to_dict(), name="x") == recipe
    assert tomllib.loads(recipe.to_toml())["learning_rate"] == 3e-5


def test_the_hash_follows_the_values_alone(tmp_path: Path) -> None:
    """A round that would repeat an earlier one is known by it."""
    default = read_recipe()

    assert read_recipe(written(tmp_path, "# words\n")).sha256 == default.sha256
    assert replace(default, seed=1).sha256 != default.sha256
    assert replace(default, rows=replace(default.rows, distractors=1)).sha256 != default.sha256


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lerning_rate = 1.0", "there is no lerning_rate"),
        ("[rows]\ncontext = 1", "there is no rows.context"),
        ("epochs = 0", "epochs is wrong: input should be greater than or equal to 1"),
        ('epochs = "2"', "epochs is wrong: input should be a valid integer"),
        ("learning_rate = nan", "learning_rate is wrong"),
        ('schedule = "stairs"', "schedule is wrong: input should be 'cosine', 'linear' or 'constant'"),
        ("targets = []", "targets is wrong"),
        ("betas = [0.9]", "betas"),
        ("betas = [0.9, 1.0]", "betas.1 is wrong: input should be less than 1"),
        ("floor = 1.5", "floor is wrong"),
        ("rows = 3", "rows must be a table"),
        ("epochs =", "is no TOML file"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, said: str) -> None:
    """A recipe silently half read would train something else than was meant."""
    path = written(tmp_path, text)

    with pytest.raises(Misconfigured) as refusal:
        read_recipe(path)
    assert said in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The name may be a typing mistake."""
    with pytest.raises(Misconfigured, match=r"gone\.toml cannot be read"):
        read_recipe(tmp_path / "gone.toml")
