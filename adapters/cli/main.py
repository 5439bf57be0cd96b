"""The entry point of `aprendiz`, and the one place where a command's errors become a line and an exit code."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import click

from adapters.cli.session import Session
from adapters.cli.wording import printable, sentence
from bot.errors import ChatbotError
from bot.texts import N_, translate

REFUSED = 1
INTERRUPTED = 130  # 128 + SIGINT, as shells report it

UNEXPECTED = N_("Something unexpected went wrong ({name}). Run again with APRENDIZ_LOG_LEVEL=DEBUG for details.")


# A module of this folder each, which holds its `command`.
_COMMANDS: Final = (
    "approved",
    "ask",
    "backup",
    "bench",
    "classify",
    "complete",
    "confidence",
    "conversations",
    "costs",
    "data",
    "doctor",
    "evaluate",
    "export",
    "gaps",
    "index",
    "init",
    "jobs",
    "knowledge",
    "models",
    "privacy",
    "restore",
    "round",
    "serve",
    "similar",
    "train",
)


class Commands(click.Group):
    """The commands, of which only those that are asked for are imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, in order."""
        return sorted({*_COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, None where there is none."""
        if cmd_name in _COMMANDS and cmd_name not in self.commands:
            self.add_command(import_module(f"adapters.cli.{cmd_name}").command)
        return super().get_command(ctx, cmd_name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aprendiz", message="%(prog)s %(version)s")
def cli() -> None:
    """
    An assistant for Slack and Discord that answers from your company's own knowledge.

    Settings come from aprendiz.toml in the current directory, then from the environment (APRENDIZ_HOME, APRENDIZ_SLACK__BOT_TOKEN, …).
    Exit codes: 0 done, 1 refused (the reason is on standard error), 2 wrong usage.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command (*arguments* default to the process's own) and return its exit code."""
    session = Session()
    try:
        return cli.main(arguments, prog_name="aprendiz", standalone_mode=False, obj=session) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`). Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except Exception as error:  # noqa: BLE001  # the outermost boundary: a person gets one line, never a stack trace
        return _refuse(error, session)


def _refuse(error: Exception, session: Session) -> int:
    known, language = _known(error), _language(session)
    if known:
        text = sentence(known, language)
    else:
        text = translate(language, UNEXPECTED, name=type(error).__name__)
        session.log_bug(error)
    click.echo(printable(text), err=True)
    return REFUSED


def _language(session: Session) -> str:
    """Return the operator's language, also where a command was refused before it needed the settings; English where they are wrong."""
    try:
        return session.language or session.settings.language
    except ChatbotError:
        return "en"


def _known(error: BaseException) -> ChatbotError | None:
    """Return the error of ours in *error*; task groups wrap it once or more."""
    if isinstance(error, ChatbotError):
        return error
    if isinstance(error, BaseExceptionGroup):
        return next((known for inner in error.exceptions if (known := _known(inner))), None)
    return None


if __name__ == "__main__":
    sys.exit(main())
