"""The figures of the row `redaction` on its held-out texts, and that its marks are read rightly."""

from store.personal_data import KINDS
from tests.benchmarks.data_redaction import HELD_OUT, PRECISION, RECALL, finds, measure, total, unmarked


def test_what_was_reached_is_not_lost() -> None:
    """A pattern that is made wider or narrower for one text must not cost more on others."""
    scores, _ = measure(HELD_OUT)
    structured = total(score for kind, score in scores.items() if kind != "PERSON")

    assert len(HELD_OUT.read_text(encoding="utf-8").splitlines()) >= 200
    assert all(scores[kind].wanted for kind in KINDS)
    assert structured.precision >= PRECISION
    assert structured.recall >= RECALL


def test_marks_and_placeholders_are_read() -> None:
    """A mark tells where data is and what it may be called; a placeholder where something was found."""
    text, wanted = unmarked("pix [[EMAIL|PIX:a@b.example]], tel [[PHONE:3333-4444]]")

    assert text == "pix a@b.example, tel 3333-4444"
    assert [(text[each.start : each.end], set(each.kinds)) for each in wanted] == [
        ("a@b.example", {"EMAIL", "PIX"}),
        ("3333-4444", {"PHONE"}),
    ]
    assert [(each.start, each.end, set(each.kinds)) for each in finds(text, "pix [EMAIL_1], tel [PHONE_1]")] == [
        (4, 15, {"EMAIL"}),
        (21, 30, {"PHONE"}),
    ]
