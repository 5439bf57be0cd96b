"""What every redactor does, the tests' own and the real one."""

import pytest

from bot.ports import Redactor
from store.redaction import PatternRedactor
from tests.fakes.redactor import CrossingOut

NAMES = ("Anabel", "Bernard")


@pytest.fixture(params=["fake", "real"], scope="module")
def redactor(request: pytest.FixtureRequest) -> Redactor:
    """Give each."""
    return CrossingOut() if request.param == "fake" else PatternRedactor()


def test_texts_together_call_the_same_the_same(redactor: Redactor) -> None:
    """And tell what each placeholder stands for, in the order in which they occur."""
    told = redactor.redact_together(("Anabel asks.", "Bernard asks Anabel."), NAMES)

    (first, second), (one, two) = told.texts, told.values
    assert (first, second) == (f"{one} asks.", f"{two} asks {one}.")
    assert [str(value).lower() for value in told.values.values()] == ["anabel", "bernard"]
    assert sum(told.counts.values()) == 3


def test_a_placeholder_that_somebody_wrote_stands_for_nothing(redactor: Redactor) -> None:
    """And no value gets it."""
    (written,) = redactor.redact_together(("Anabel asks.",), NAMES).values
    told = redactor.redact_together((f"Anabel asks {written}.",), NAMES)

    assert told.texts[0].endswith(f" asks {written}.")
    assert told.texts[0].count(written) == 1
    assert told.values[written] is None
    assert len(told.values) == 2


def test_one_text_is_redacted_alike(redactor: Redactor) -> None:
    """Where nobody asks what stands behind it."""
    assert redactor.redact("Bernard asks Anabel.", NAMES) == redactor.redact_together(("Bernard asks Anabel.",), NAMES).texts[0]
    assert redactor.redact_together(("Nobody asks.",), NAMES).values == {}
