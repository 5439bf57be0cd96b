"""More names by Presidio, where it is installed, and a clear sentence where it is not."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.errors import Misconfigured
from store.presidio import load_presidio
from store.redaction import PatternRedactor

INSTALLED = find_spec("presidio_analyzer") is not None


@pytest.mark.skipif(INSTALLED, reason="Presidio is installed here")
def test_presidio_that_is_not_installed_is_named() -> None:
    """Whoever sets it must not believe that it works."""
    with pytest.raises(Misconfigured, match=r"pip install 'aprendiz\[presidio\]'"):
        load_presidio("en_core_web_sm")


@pytest.mark.skipif(not INSTALLED, reason="needs the extra [presidio]")
@pytest.mark.filterwarnings("default")  # of spaCy and Presidio
def test_presidio_finds_what_its_model_tells(tmp_path: Path) -> None:
    """The model is a spaCy pipeline that knows one name, by a rule: no download is needed to prove the way there and back."""
    import spacy

    model = spacy.blank("en")
    model.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "Zebulon Pike"}])
    model.to_disk(tmp_path / "model")
    redactor = PatternRedactor(more=(load_presidio(str(tmp_path / "model")),))

    assert redactor.redact("then Zebulon Pike rang 11 98765-4321") == "then [PERSON_1] rang [PHONE_1]"
    with pytest.raises(Misconfigured, match="spaCy has no model xx_none"):
        load_presidio("xx_none")
