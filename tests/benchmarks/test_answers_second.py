"""What the rows keep of the second encoder's work between them."""

import tempfile
from pathlib import Path

import pytest

from tests.benchmarks.answers_second import second_encoder
from tests.fakes.encoder import SecondWordEncoder


async def test_a_passage_is_encoded_once_for_all_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handbook takes five minutes, and four rows read it, each in a process of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    first, later = SecondWordEncoder(), SecondWordEncoder()

    async with second_encoder(first) as encoder:
        before = await encoder.encode(["The lamp.", "The key.", "The lamp."])
        await encoder.encode_questions(["Where?"])
    async with second_encoder(later) as encoder:
        after = await encoder.encode(["The key.", "The bell.", "The lamp."])

    assert first.passages == ["The lamp.", "The key."]
    assert later.passages == ["The bell."]
    assert (after[[2, 0, 2]] == before).all()
