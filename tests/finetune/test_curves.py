"""Loss curves in words, as a table and as a picture."""

from pathlib import Path

import pytest

from finetune.curves import Losses, describe, write_curves


@pytest.mark.parametrize(
    ("losses", "validation", "word"),
    [
        ((1.0, 0.5), (), "Without validation rows"),
        ((1.0, 0.4, 0.1), (0.9, 0.6, 0.9), "Overfitting"),
        ((2.0, 1.5, 1.0), (2.1, 1.6, 1.1), "Underfitting"),
        ((1.0, 0.4, 0.4), (0.9, 0.8, 0.8), "stayed above"),
        ((1.0, 0.4, 0.4), (0.9, 0.42, 0.42), "close together"),
        ((0.9, 0.001), (0.9, 0.003), "close together"),
        ((0.3,), (0.31,), "close together"),
    ],
)
def test_curves_are_named(losses: tuple[float, ...], validation: tuple[float, ...], word: str) -> None:
    """Whoever trains for the first time reads no curves."""
    assert word in describe(losses, validation)


@pytest.mark.timeout(300)  # matplotlib looks for fonts at its first use
def test_table_and_picture_show_the_same(tmp_path: Path) -> None:
    """A spreadsheet and a page."""
    write_curves(Losses((2.0, 1.0), ((2, 1.5),)), tmp_path)

    assert (tmp_path / "losses.csv").read_text() == "step,training_loss,validation_loss\n1,2,\n2,1,1.5\n"
    assert (tmp_path / "losses.png").read_bytes().startswith(b"\x89PNG")
