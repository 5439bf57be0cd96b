"""Portuguese without accents."""

import pytest

from store.accents import with_accents


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Voces nao tem cobranca de manutencao no sabado?", "Vocês não tem cobrança de manutenção no sábado?"),
        ("Qual e o horario da recepcao de amanha?", "Qual e o horário da recepção de amanhã?"),
        ("NAO saiu a licenca", "NÃO saiu a licença"),
        ("A licenca do João nao saiu, o que faço?", "A licenca do João nao saiu, o que faço?"),
        ("Where does the station's travel section go on?", "Where does the station's travel section go on?"),
        ("E101?", "E101?"),
        ("", ""),
    ],
)
def test_only_portuguese_without_any_accent_gets_them_back(typed: str, read: str) -> None:
    """Who writes some accents writes them all, and another language has others."""
    assert with_accents(typed) == read
