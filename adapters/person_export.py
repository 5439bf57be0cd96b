"""All that a home keeps about a person, as one object."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from adapters.erasing import CONVERTED, EVALUATIONS, ROUNDS
from finetune.erased_files import Wanted, rows_of
from store.persons import Persons

if TYPE_CHECKING:
    from adapters.compose import Records

FORMAT: Final = 1
_NOT_READABLE: Final = (
    "Their name and user id are not kept; the pseudonym was made of the id with this home's key.",
    "What was redacted on arrival (placeholders such as [EMAIL_1]) was never kept; a keyed hash, which cannot be read back, tells that the "
    "same was written twice in a conversation.",
    "Which questions ask the same is kept as a hash of their words, which cannot be read back.",
    "What models learnt from their rows cannot be told apart; the versions are named.",
)


async def read_person(records: "Records", person: str, *, at: datetime) -> dict[str, Any]:
    """Return what is kept about *person* (a pseudonym): rows of the ledger, rows in files, versions that learnt from them."""
    told = await Persons(records.database, records.sealer).read(person)
    wanted = Wanted(frozenset(each["exchange_id"] for each in told["exchanges"]), frozenset())
    home = records.settings.home
    folders = {"exports": records.export_directory, ROUNDS: home / ROUNDS, EVALUATIONS: home / EVALUATIONS, "jobs": home / CONVERTED}
    files = {name: await asyncio.to_thread(rows_of, folder, wanted) for name, folder in folders.items()}
    learnt = {path.split("/")[0] for path in files[ROUNDS] if "/rows/" in path}
    versions = [version.version for version in await records.versions.list() if version.round_id in learnt]
    unreadable = [*told.pop("unreadable"), *_NOT_READABLE]
    return {
        "format": FORMAT,
        "exported_at": at.isoformat(),
        **told,
        "in_the_index": [each["exchange_id"] for each in told["exchanges"] if each["votes"] and each["status"] == "answered"],
        "rows_in_files": files,
        "versions_that_learnt_from_them": sorted(versions),
        "not_readable": unreadable,
    }


def is_empty(told: dict[str, Any]) -> bool:
    """Tell whether nothing is kept."""
    return not any(told[name] for name in ("consent", "exchanges", "votes", "corrections", "approved_answers_signed"))
