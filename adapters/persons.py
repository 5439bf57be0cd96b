"""How a person is named by an operator: as their platform knows them, or by their pseudonym."""

import re
from typing import Final, cast

from bot.errors import BadRequest
from bot.messages import Platform
from bot.ports import Pseudonyms

_PSEUDONYM: Final = re.compile(r"[0-9a-f]{32}")
# What follows the platform: Slack's ids are unique across teams, so that one written before (T123/U123) may stand there.
_IDS: Final = {
    "slack": re.compile(r"(?:[TE][A-Z0-9]+[:/])?([UW][A-Z0-9]+)"),
    "discord": re.compile(r"(\d{5,20})"),
    "web": re.compile(r"(\S+)"),
    "cli": re.compile(r"(\S.*)"),
}


def pseudonym_of(person: str, pseudonyms: Pseudonyms) -> str:
    """
    Return the pseudonym of *person*, written `slack:U123`, `discord:456`, `web:COOKIE`, `cli:NAME`, or as the pseudonym itself.

    Raises:
        BadRequest: It is written otherwise.
    """
    wanted = person.strip()
    if _PSEUDONYM.fullmatch(wanted):
        return wanted
    platform, _, name = wanted.partition(":")
    found = _IDS[platform].fullmatch(name.strip()) if platform in _IDS else None
    if found is None:
        raise BadRequest(
            "A person is written slack:U0123, discord:456789, web: with the browser's cookie, cli: with the user's name, "
            "or as the pseudonym of 32 digits that aprendiz conversations show --json gives."
        )
    return pseudonyms.of(cast("Platform", platform), found[1])
