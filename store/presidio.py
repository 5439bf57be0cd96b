"""More names by Presidio and a spaCy model, where the operator has installed both (the extra `[presidio]`)."""

from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any

from bot.errors import Misconfigured
from store.personal_data import Detect, Span, bare

_SURE = 0.5  # what Presidio gives a name that only the model tells is .85


def load_presidio(model: str) -> Detect:
    """
    Return a detector of the names that Presidio finds with *model*, a spaCy model's package or folder (seconds, off the event loop).

    Raises:
        Misconfigured: Presidio or the model is not installed.
    """
    try:
        import spacy
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import NlpEngineProvider
    except ImportError as error:
        raise Misconfigured(
            f"privacy.presidio names the model {model}, but Presidio is not installed: pip install 'aprendiz[presidio]', "
            "or leave privacy.presidio empty"
        ) from error
    if not spacy.util.is_package(model) and not Path(model).is_dir():  # asked first: Presidio would download it
        raise Misconfigured(f"privacy.presidio: spaCy has no model {model} here: python -m spacy download {model}")
    language = spacy.util.get_model_meta(Path(model))["lang"] if Path(model).is_dir() else model.split("_", 1)[0]
    models = {"nlp_engine_name": "spacy", "models": [{"lang_code": language, "model_name": model}]}
    engine = NlpEngineProvider(nlp_configuration=models).create_engine()
    return detect_by(AnalyzerEngine(nlp_engine=engine, supported_languages=[language]), language)


def detect_by(analyzer: Any, language: str) -> Detect:
    """Return a detector of the names that *analyzer*, an `AnalyzerEngine`, finds in texts of *language*; any thread may use it."""
    one_at_a_time = Lock()  # spaCy does not promise that two threads may share a pipeline

    def detect(text: str) -> Iterator[Span]:
        with one_at_a_time:
            names = analyzer.analyze(text=text, language=language, entities=["PERSON"], score_threshold=_SURE)
        for found in names:
            yield Span(found.start, found.end, "PERSON", bare(text[found.start : found.end]))

    return detect
