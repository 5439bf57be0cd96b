"""What is said where an audience asked nothing that could be looked at."""

from typing import TYPE_CHECKING

from bot.errors import Refused
from bot.messages import Audience, Viewer
from bot.texts import N_, translate

if TYPE_CHECKING:
    from store.database import Database

_ASKERS: tuple[Audience, ...] = ("employees", "customers")


async def unasked(database: "Database", audience: Audience, language: str) -> Refused:
    """Return the refusal, which tells who asks where *audience* does not."""
    from store.asked import asked_questions

    if audience == "all":
        return Refused(translate(language, "Nothing was asked as all: name --audience employees or --audience customers."))
    asked = [each for each in _ASKERS if each != audience and await asked_questions(database, Viewer(each), limit=1)]
    text = N_("Nothing was asked as {audience}: name --audience {others}.") if asked else N_("Nothing was asked yet.")
    return Refused(translate(language, text, audience=audience, others="".join(asked)))
