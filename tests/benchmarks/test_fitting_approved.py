"""What the weights of approved questions are fitted on."""

from tests.benchmarks.answers_material import DATA, lines
from tests.benchmarks.fitting_approved import material


def test_each_set_is_turned_round() -> None:
    """Where only the near miss is approved, no paraphrase of the question may get its answer; nothing of the report halves is turned."""
    written = lines(DATA / "answers" / "near_miss_unseen.jsonl")
    near = {row["approved"]: row["asked"] for row in written if not row["same"] and row["half"] == "tune"}

    turned = material()["instead of near_miss_unseen"]

    assert {row["asked"]: row["approved"] for row in turned if row["half"] == "tune"} == {
        row["asked"]: near[row["approved"]] for row in written if row["same"] and row["half"] == "tune"
    }
    assert not any(row["same"] for row in turned)
    assert not near.keys() & {row["approved"] for row in turned}
