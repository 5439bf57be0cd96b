"""A part of a file, in whole clusters."""

import json
from pathlib import Path

from finetune.formats.registry import FORMATS
from finetune.sampling import sample_by_cluster

ROWS = 2000


def test_a_sample_fits_and_tears_no_cluster(tmp_path: Path) -> None:
    """Questions that differ in case alone go together; twice gives the same bytes."""
    source, target, again = (tmp_path / name for name in ("rows.jsonl", "part.jsonl", "again.jsonl"))
    lines = [
        json.dumps({"question": f"{'WHAT' if at % 2 else 'what'} is number {at // 2}?", "answer": f"It is {at}."}) for at in range(ROWS)
    ]
    source.write_text("\n".join([*lines, "{broken"]))
    limit = source.stat().st_size // 2
    sample = sample_by_cluster(source, target, given=FORMATS["question-answer"], limit_bytes=limit)
    sample_by_cluster(source, again, given=FORMATS["question-answer"], limit_bytes=limit)
    kept = [json.loads(line)["question"].lower() for line in target.read_text().splitlines()]

    assert target.read_bytes() == again.read_bytes()
    assert 0.4 * ROWS < sample.rows == len(kept) < 0.5 * ROWS
    assert (sample.of, sample.size_bytes) == (ROWS + 1, target.stat().st_size)
    assert sample.size_bytes <= limit
    assert all(kept.count(question) == 2 for question in set(kept))


def test_running_text_is_sampled_by_itself(tmp_path: Path) -> None:
    """It asks nothing."""
    source, target = tmp_path / "rows.jsonl", tmp_path / "part.csv"
    source.write_text("\n".join(json.dumps({"text": f"Page {at}."}) for at in range(ROWS)))
    sample = sample_by_cluster(source, target, given=FORMATS["text"], limit_bytes=source.stat().st_size // 10)

    assert 0 < sample.rows < 0.15 * ROWS
