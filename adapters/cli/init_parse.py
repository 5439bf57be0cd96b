"""What people type in `aprendiz init`, made into settings; each function raises `Wrong` with one sentence."""

import difflib
import re
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from adapters.cli.doctor_access import SHAPES
from bot.texts import N_

_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3])[:hH]([0-5][0-9])")
_DAILY: Final = re.compile(r"([0-9]{1,2}) ([0-9]{1,2}) \* \* \*")
_NEVER: Final = frozenset({"-", "never", "nunca"})
_YES: Final = frozenset({"y", "yes", "s", "sim"})
_NO: Final = frozenset({"n", "no", "não", "nao"})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Wrong(Exception):
    """What was typed cannot be used: a message id with its fields."""

    def __init__(self, message: str, **fields: object) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields


def zone(text: str) -> str:
    """Return an IANA time zone."""
    try:
        return ZoneInfo(text.replace(" ", "_")).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = _near(text)
        if near:
            raise Wrong(N_("There is no time zone {zone}; did you mean {near}?"), zone=text, near=near) from error
        raise Wrong(N_("There is no time zone {zone}; write one such as America/Sao_Paulo or UTC."), zone=text) from error


def _near(text: str) -> str:
    """Return the time zone that is written most like *text*, by its city or as a whole."""
    wanted = text.strip().replace(" ", "_").lower()
    names = {name.lower(): name for name in available_timezones()}
    cities = {name.rpartition("/")[2]: full for name, full in names.items()}
    everything = cities | names
    found = difflib.get_close_matches(wanted, everything, n=1)
    return everything[found[0]] if found else ""


def name(text: str) -> str:
    """Return a name in one line; `-` is none."""
    return "" if text == "-" else " ".join(text.split())


def yes_or_no(text: str) -> bool:
    """Return the decision, in either language."""
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise Wrong(N_("Please answer y or n."))


def cron(text: str) -> str:
    """Return the schedule of a daily time (HH:MM), or five cron fields as they are; empty for never."""
    from adapters.clock import cron_trigger

    if text.lower() in _NEVER:
        return ""
    if clock := _CLOCK.fullmatch(text):
        return f"{int(clock[2])} {int(clock[1])} * * *"
    try:
        cron_trigger(text, ZoneInfo("UTC"))
    except (ValueError, IndexError) as error:
        raise Wrong(N_("{text} is no time of day; write one such as 03:00, or - for never."), text=text) from error
    return text


def clock_of(schedule: str) -> str:
    """Return what is typed for *schedule*: the contrary of `cron`."""
    if daily := _DAILY.fullmatch(schedule):
        return f"{int(daily[2]):02}:{int(daily[1]):02}"
    return schedule or "-"


def ids(text: str, *, platform: str, kind: str) -> tuple[str, ...]:
    """Return the ids in *text*, separated by commas or spaces; `-` clears the list."""
    said = [each for each in re.split(r"[,\s]+", text) if each not in ("", "-")]
    if odd := [each for each in said if not SHAPES[platform][kind].fullmatch(each)]:
        raise Wrong(N_("{ids} looks like no id; copy the id, not the name (C… on Slack, digits on Discord)."), ids=", ".join(odd))
    return tuple(dict.fromkeys(said))


def public_url(text: str) -> str:
    """Return an https:// address without a path's end."""
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise Wrong(N_("{text} is no https:// address, such as https://aprendiz.example.com."), text=text)
    return text.rstrip("/")


def host(text: str) -> str:
    """Return an address or name to listen on."""
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", text):
        raise Wrong(N_("{text} is no address; write one such as 127.0.0.1."), text=text)
    return text


def is_loopback(address: str) -> bool:
    """Tell whether only this machine reaches *address*."""
    return address.lower() in _LOOPBACK


def port(text: str) -> int:
    """Return a TCP port, 0 for any free one."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise Wrong(N_("{text} is no port; write a number from 0 to 65535."), text=text)
    return int(text)
