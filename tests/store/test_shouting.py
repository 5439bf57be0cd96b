"""Who writes in capitals asks the same."""

import pytest

from store.shouting import without_shouting


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("QUANTO CUSTA A CAMINHONETE?", "quanto custa a caminhonete?"),
        ("QUAL É O PREÇO DO FH-300 E DO FH 400?", "qual é o preço do FH-300 e do FH 400?"),
        ("Qual é o ramal do RH?", "Qual é o ramal do RH?"),
        ("RH?", "RH?"),
        ("TJ-22", "TJ-22"),
        ("", ""),
    ],
)
def test_what_is_shouted_is_read_as_spoken(question: str, plain: str) -> None:
    """Abbreviations and codes are no shouting."""
    assert without_shouting(question) == plain
