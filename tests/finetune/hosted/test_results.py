"""Tables of steps as services send them, and what is made of them."""

import base64
from pathlib import Path

import pytest

from finetune.hosted.results import keep_results, losses_in, table_in

TABLE = "step,train_loss,train_accuracy,valid_loss\n1,2.5,0.1,\n2,1.5,0.4,1.9\n3,1.0,0.6,\n4,0.8,0.7,1.2\n"


@pytest.mark.parametrize(
    "content", [TABLE.encode(), base64.b64encode(TABLE.encode()), base64.encodebytes(TABLE.encode()), b"\xef\xbb\xbf" + TABLE.encode()]
)
def test_a_table_is_read_however_it_is_packed(content: bytes) -> None:
    """Plain, in base64, in lines of it, with a mark before it."""
    rows = table_in(content)

    assert len(rows) == 4
    assert rows[1] == {"step": "2", "train_loss": "1.5", "train_accuracy": "0.4", "valid_loss": "1.9"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>, a page</html>",
        b"AAAA",
        b"\x80\xff\x00" * 9,
        b"a,b\n1,2\n",
        b"step,a\n1," + b"x" * 200_000,
        b'step,"' + b"x\n" * 100_000,
        base64.b64encode(b"weights"),
    ],
)
def test_what_is_no_table_is_told(content: bytes, tmp_path: Path) -> None:
    """A web page, weights, another table: nothing is written."""
    kept = keep_results(content, tmp_path / "job")

    assert kept == {"no_metrics": "the file of results is no table of steps"}
    assert not (tmp_path / "job").exists()


def test_table_and_picture_are_kept(tmp_path: Path) -> None:
    """Both losses are drawn."""
    kept = keep_results(TABLE.encode(), tmp_path / "job")

    assert Path(kept["metrics"]).read_text() == TABLE
    picture = Path(kept["picture"]).read_text()
    assert picture.startswith("<svg")
    assert picture.count("<circle") == 2
    assert "validation loss" in picture


def test_a_single_step_makes_no_curve(tmp_path: Path) -> None:
    """The table alone."""
    assert set(keep_results(b"step,train_loss\n1,2.5\n", tmp_path / "job")) == {"metrics"}


def test_losses_that_are_none_are_left_out() -> None:
    """Other columns, gaps, words, infinities."""
    rows = [
        {"step": "1", "train_loss": "nan"},
        {"step": "2", "train_loss": "1.5", "full_valid_loss": "x", "valid_loss": "2"},
        {"step": "3"},
    ]

    losses = losses_in(rows)

    assert losses.steps == (1.5,)
    assert losses.validation == ((1, 2.0),)
