"""One person's whole life with us on Discord, checked in the real ledger and by what an export would take of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.chat import consent_question, consent_thanks
from bot.messages import RightsPolicy
from bot.settings import RightsSettings
from store.conversations import Listed
from store.database import migrate, open_database
from store.export import Exporter
from store.ledger import SqlLedger
from store.rights import Refusal
from tests.adapters.discord.test_client import QUESTION, custom_id
from tests.adapters.discord.world import SETTINGS, Company, company, settings_with
from tests.contracts.ledgers import SEALER


@dataclass
class Life:
    """What is kept of Ana."""

    acme: Company
    ledger: SqlLedger
    exporter: Exporter

    async def export(self) -> tuple[int, Mapping[Refusal, int]]:
        """Return how many rows an export would have, and why the others are refused."""
        explained = await self.exporter.explain()
        return explained.rows, explained.refusals

    async def newest(self) -> Listed:
        """Return the exchange asked last."""
        newest, *_ = await self.ledger.conversations(limit=10)
        return newest

    async def votes(self) -> list[tuple[str, str, str]]:
        """Return value, reason and comment of each vote on the exchange asked last."""
        shown = await self.ledger.show((await self.newest()).exchange_id)
        assert shown is not None
        return [(vote.value, vote.reason, vote.comment) for vote in shown.votes]

    async def presses(self, up_or_down: int) -> None:
        """Let Ana press a button of the newest answer, and explain a vote down."""
        answer = self.acme.answers()[-1]
        pressed = await self.acme.ana.click(answer, custom_id=custom_id(answer, up_or_down))
        if pressed.modal:
            await self.acme.ana.submit_modal(pressed, {"reason": ["outdated"], "comment": "Four months since May."})


@pytest.mark.parametrize("policy", ["consent", "allow"])
async def test_a_persons_whole_life(policy: RightsPolicy, tmp_path: Path) -> None:
    """Asks both ways, consents, votes, changes the vote, says why, edits, deletes, withdraws: each step shows in the ledger."""
    rights = RightsSettings(discord=policy)
    settings = SETTINGS if policy == "consent" else settings_with(rights=rights)
    words_train = policy == "allow"  # those of messages; on Discord consent covers commands only
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as database:
        await migrate(database)
        ledger = SqlLedger(database, SEALER)
        async with company(ledger=ledger, settings=settings) as acme:
            life = Life(acme, ledger, Exporter(database, rights=rights))

            by_command = await acme.ana.slash(acme.channel, "ask", question=QUESTION)
            assert await life.export() == (0, {"not_rated": 1})
            if policy == "consent":
                [question] = by_command.followups
                assert (question.content, question.ephemeral) == (consent_question("en-US").text, True)
                await acme.ana.click(question, custom_id="aprendiz:consent:yes")
                assert question.content == consent_thanks("en-US", granted=True)
                assert await ledger.consent_of(f"discord/{acme.ana.id}") == "granted"
            else:
                assert by_command.followups == []
            await life.presses(1)
            assert await life.export() == (0, {"down_voted": 1})
            assert await life.votes() == [("down", "outdated", "Four months since May.")]
            await life.presses(0)
            assert await life.votes() == [("up", "", "")]
            assert await life.export() == (1, {})

            asked = await acme.ana.send(acme.channel, f"{acme.me} When do I change the water filter?")
            await life.presses(0)
            assert await life.export() == ((2, {}) if words_train else (1, {"surface_needs_allow": 1}))

            await acme.restart()
            await acme.ana.edit(asked, f"{acme.me} When do I change the oil filter?")
            assert (await life.newest()).question == "When do I change the oil filter?"
            rows, refusals = await life.export()
            assert rows == 1
            assert sum(refusals.values()) == 1

            await acme.ana.delete(asked)
            assert await life.export() == (1, {})

            privacy = await acme.ana.slash(acme.channel, "privacy")
            assert privacy.response is not None
            await acme.ana.click(privacy.response, custom_id="aprendiz:privacy:withdraw")
            assert privacy.response.content == consent_thanks("en-US", granted=False)
            assert await ledger.consent_of(f"discord/{acme.ana.id}") == "refused"
            assert await life.export() == (0, {"consent_refused": 1})
            again = await acme.ana.slash(acme.channel, "ask", question=QUESTION)
            assert again.followups == []  # asked but once
