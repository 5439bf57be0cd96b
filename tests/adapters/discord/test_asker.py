"""What the ledger keeps of an asker."""

from adapters.discord.asker import Asker, FileRef


def test_an_asker_survives_the_ledger() -> None:
    """A question taken up after a restart is answered with its files."""
    asker = Asker("7", (FileRef('a "b".csv', "https://cdn.discordapp.com/attachments/1/2/a.csv?ex=1", 12, "text/csv"),), "secret")

    assert Asker.from_text(asker.to_text()) == asker
    assert Asker.from_text(Asker("7").to_text()) == Asker("7")


def test_what_was_forgotten_is_nobody() -> None:
    """The ledger forgets addresses by age, and cannot open them with another key."""
    assert Asker.from_text("") is None
