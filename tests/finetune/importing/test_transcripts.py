"""Conversations as text."""

from pathlib import Path

import pytest

from tests.finetune.importing.made import imported, refused_in, rows_in, said_in

CALL = """Call 1
[10:02] Atendente (Marina): Obrigado por ligar, em que posso ajudar?
[10:03] Cliente: Bom dia. Como troco o filtro da bomba X-20?
É a azul.
[10:04] Atendente (Marina): Feche a válvula e gire o filtro para a esquerda.
[10:05] Cliente: E onde compro outro? A Marina disse que vende.
[10:06] Atendente: Na loja do centro.
[10:07] Cliente: Obrigado!
"""
ASKED = "Como troco o filtro da bomba X-20?\nÉ a azul."


def test_the_script_of_a_call(tmp_path: Path) -> None:
    """The agent's opening and the thanks go, and the agent's name; the second question stays with its answer."""
    (tmp_path / "call.txt").write_text(CALL)
    imported([tmp_path / "call.txt"], tmp_path / "out")

    assert said_in(tmp_path / "out") == [
        [
            ASKED,
            "Feche a válvula e gire o filtro para a esquerda.",
            "E onde compro outro? A [PERSON_1] disse que vende.",
            "Na loja do centro.",
        ]
    ]
    assert rows_in(tmp_path / "out")[0]["metadata"]["origin"] == {"file": "call.txt", "line": 2}


@pytest.mark.parametrize("between", ["---", "\n\n", "Conversation 2:", "## Next", "\n"])
def test_conversations_are_divided(tmp_path: Path, between: str) -> None:
    """By a line between them, by two empty ones, or by one where turns follow each other without."""
    one, two = "user: Where is my order?\nassistant: On its way.", "User: How do I pay by card?\nAssistant: At the desk."
    (tmp_path / "c.txt").write_text(f"{one}\n{between}\n{two}\n")
    imported([tmp_path / "c.txt"], tmp_path / "out")

    assert [row[0] for row in said_in(tmp_path / "out")] == ["Where is my order?", "How do I pay by card?"]


def test_empty_lines_between_all_turns_divide_nothing(tmp_path: Path) -> None:
    """As call centres write their scripts; what a system says is kept apart."""
    (tmp_path / "c.md").write_text("system: Be brief.\n\nQ: Where is it?\n\nA: Here.\n\nQ: How much is it?\n\nA: Ten.\n")
    imported([tmp_path / "c.md"], tmp_path / "out")

    assert [each["content"] for each in rows_in(tmp_path / "out")[0]["messages"]] == [
        "Be brief.", "Where is it?", "Here.", "How much is it?", "Ten.",
    ]  # fmt: skip


def test_lines_before_the_first_speaker_are_told(tmp_path: Path) -> None:
    """They belong to nobody."""
    (tmp_path / "c.txt").write_text("Exported today\nuser: Where is it kept?\nassistant: Here.\n")
    imported([tmp_path / "c.txt"], tmp_path / "out")

    assert refused_in(tmp_path / "out") == [("c.txt", 1, "no_speaker")]
    assert said_in(tmp_path / "out") == [["Where is it kept?", "Here."]]
