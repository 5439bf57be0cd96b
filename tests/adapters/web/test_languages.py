"""Which language a browser asks for."""

import pytest

from adapters.web.languages import accepted, page_language


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("pt-BR,pt;q=0.9,en;q=0.8", ("pt-BR", "pt", "en")),
        ("en;q=0.2, pt;q=0.7", ("pt", "en")),
        ("en;q=0, pt", ("pt",)),
        ("*, de;q=0.5", ("de",)),
        ("", ()),
        ("'; drop table", ()),
        ("x" * 5000, ()),
    ],
)
def test_the_most_wanted_comes_first(header: str, tags: tuple[str, ...]) -> None:
    """Weights decide, not order; what is no language tag is passed over."""
    assert accepted(header) == tags


@pytest.mark.parametrize(
    ("header", "default", "language"),
    [
        ("pt-PT", "en", "pt-BR"),
        ("de, en-GB;q=0.5", "pt_BR", "en"),
        ("de", "pt_BR", "pt-BR"),
        ("", "en", "en"),
        ("ja", "ja", "en"),
    ],
)
def test_a_language_of_ours_is_found(header: str, default: str, language: str) -> None:
    """The first wanted language that we speak, else the operator's, else English."""
    assert page_language(header, default=default) == language
