"""What the clock clears away: questions whose reader was cut off, and what has aged."""

from datetime import datetime, timedelta
from typing import Final

from bot.messages import Platform
from store.ledger import SqlLedger
from store.vault import SqlVault

# A browser or terminal whose reader was cut off does not come back for its answer; a chat thread does.
_SWEPT: Final[tuple[Platform, ...]] = ("web", "cli")
_SWEPT_AFTER: Final = timedelta(minutes=15)
# Slack delivers again for about 6 minutes, Discord what we read back for 15: a week forgives any clock.
_CLAIMS_KEPT: Final = timedelta(days=7)
# A question still open after that long is never taken up again; an installation begun is finished within minutes.
_ADDRESSES_KEPT: Final = timedelta(days=30)
_INSTALLING_KEPT: Final = timedelta(hours=1)
_INSTALLING: Final = "slack:state:"  # names in the vault


async def sweep(ledger: SqlLedger, vault: SqlVault, *, now: datetime) -> None:
    """Close the questions whose reader was cut off; forget the keys of events too old to be delivered again, and what else has aged."""
    for platform in _SWEPT:
        for left in await ledger.open_exchanges(platform, since=now - timedelta(days=7)):
            if left.question.asked_at < now - _SWEPT_AFTER:
                await ledger.abandon(left.question.exchange_id, reason="left")
    await ledger.prune(now - _CLAIMS_KEPT)
    await ledger.forget_addresses(now - _ADDRESSES_KEPT)
    await vault.forget(_INSTALLING, before=now - _INSTALLING_KEPT)
