"""One run of the command line: its settings, read when a command first needs them, and where it writes."""

import logging
import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from bot.errors import BadRequest, Refused
from bot.texts import N_, translate

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from adapters.cli.output import Output
    from adapters.compose import Indexed, Records
    from bot.settings import Settings


logger = logging.getLogger(__name__)

json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON, one object a line, for programs.")
audience_option = click.option(
    "--audience",
    type=click.Choice(["employees", "customers", "all"]),
    help="Who asks, or whom the material is for.",
)

scopes_option = click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help="See what is limited to channel:slack:C0123, guild:discord:999 or group:NAME, too; may be repeated.",
)


class NumberRange(click.FloatRange):
    """A number within limits; NaN, which is within any by a comparison, is none, nor is infinity."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


def batch_option(key: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Return the option `--batch FILE` of a command whose lines hold *key*."""
    lines = f'JSON Lines in (a string or {{"{key}": …}} each), one line of JSON out for each; - reads standard input.'
    return click.option("--batch", type=click.File("rb"), metavar="FILE", help=lines)


class Session:
    """What the commands share; `main` makes one for each run. `language` is empty, which is English, until it is known."""

    language = ""

    @cached_property
    def settings(self) -> "Settings":
        """
        Read the settings and set up logging: errors only, unless a level was asked for.

        Raises:
            Misconfigured: A setting is wrong or unknown.
        """
        from bot.log import set_up_logging
        from bot.settings import read_settings

        settings = read_settings()
        set_up_logging(settings.log_level if "log_level" in settings.model_fields_set else "ERROR")
        self.language = settings.language
        return settings

    def output(self, *, as_json: bool) -> "Output":
        """Return where this command writes."""
        from adapters.cli.output import Output

        return Output(self.settings.language, as_json=as_json)

    def scopes(self, given: Sequence[str]) -> tuple[str, ...]:
        """
        Return the scopes that the command line names.

        Raises:
            BadRequest: One is not written as a scope is.
            Refused: One is of a group that the settings do not know.
        """
        from bot.scopes import group_in, is_scope

        language, groups = self.settings.language, self.settings.groups
        for scope in given:
            if not is_scope(scope):
                raise BadRequest(
                    translate(
                        language, "{scope} is no scope: write channel:slack:C0123, guild:discord:999 or group:NAME.", scope=repr(scope)
                    )
                )
            name = group_in(scope)
            if name and name not in groups:
                known = ", ".join(sorted(groups))
                text = (
                    N_("No group is called {name}; the settings know {known}.")
                    if known
                    else N_("No group is called {name}: write a [groups.{name}] table into aprendiz.toml first.")
                )
                raise Refused(translate(language, text, name=name, known=known))
        return tuple(dict.fromkeys(given))

    def records(self) -> "AbstractAsyncContextManager[Records]":
        """Return the ledger, to be opened."""
        settings = self.settings
        # Loaded before an event loop runs, because loading would hold it up.
        from adapters.compose import open_records

        return open_records(settings)

    def indexed(self) -> "AbstractAsyncContextManager[Indexed]":
        """Return the ledger with the index, to be opened."""
        settings = self.settings
        from adapters.compose import open_indexed

        return open_indexed(settings)

    def log_bug(self, error: Exception) -> None:
        """Log where *error* was raised."""
        logger.debug("unexpected", exc_info=error)


pass_session = click.make_pass_decorator(Session, ensure=True)
