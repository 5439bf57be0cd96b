"""`aprendiz init`: asks for the few settings that matter and writes `aprendiz.toml`."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import click

from adapters.cli.session import Session, pass_session
from bot.errors import Misconfigured, Refused
from bot.texts import N_, language_of, translate

if TYPE_CHECKING:
    from adapters.cli.init_answers import Answers
    from adapters.cli.output import Output
    from bot.settings import Settings

_HEAD = N_("Written by aprendiz init. aprendiz init --print env lists every setting; the environment wins over this file.")


@click.command("init", short_help="Set up aprendiz.toml by answering questions.")
@click.option(
    "--answers", type=click.File("rb"), metavar="FILE", help="Ask nothing: take the settings from this TOML; - reads standard input."
)
@click.option("--force", is_flag=True, help="Change an aprendiz.toml that is there; the old one is kept as aprendiz.toml.bak.")
@click.option(
    "--print",
    "shown",
    type=click.Choice(["manifest", "env"]),
    help="Write nothing: print the Slack app's manifest for the present settings, or every setting as an environment variable.",
)
@click.option(
    "--locale", default="", envvar=["LC_ALL", "LC_MESSAGES", "LANG"], help="Language to begin in, such as pt_BR; default the terminal's."
)
@pass_session
def command(session: Session, answers: BinaryIO | None, force: bool, shown: Literal["manifest", "env"] | None, locale: str) -> None:
    """
    Set up aprendiz.toml in the current directory by answering a few questions.

    Tokens are tried with Slack and Discord at once. Nothing is written before the last question is answered.
    """
    if shown:
        click.echo(_shown(session, shown), nl=False)
        return
    from adapters.cli.output import Output

    session.language = language_of(locale)
    output = Output(session.language, as_json=False)
    path = _free_path(output, force=force)
    try:
        filled = _taken(answers, path, output) if answers else _asked(path, output, locale)
    except click.Abort:
        output.note(N_("Stopped; nothing was written."))
        raise
    _finish(filled, path, output)


def _shown(session: Session, what: Literal["manifest", "env"]) -> str:
    if what == "env":
        from adapters.cli.init_env import env_example

        return env_example()
    from adapters.cli.slack_manifest import as_yaml, manifest_for

    return as_yaml(manifest_for(session.settings))


def _free_path(output: "Output", *, force: bool) -> Path:
    from bot.settings import CONFIG_FILE

    path = Path(CONFIG_FILE)
    if path.exists() and not force:
        text = translate(output.language, "{path} is there already: aprendiz init --force changes it and keeps the old one.", path=path)
        raise Refused(text)
    return path


def _asked(path: Path, output: "Output", locale: str) -> "Answers":
    """Return what a person answers, with the present file's settings as defaults."""
    from adapters.cli.init_answers import Answers
    from adapters.cli.init_dialogue import Dialogue
    from adapters.cli.init_file import read
    from adapters.cli.init_questions import ask, ask_language

    answers = Answers(read(path))
    answers.settings()  # what is wrong in the present file is said before anything is asked
    dialogue = Dialogue(output)
    output.language = ask_language(dialogue, answers, locale)
    ask(dialogue, answers)
    return answers


def _taken(file: BinaryIO, path: Path, output: "Output") -> "Answers":
    """
    Return the settings that *file* holds, over those of the present file.

    Raises:
        Misconfigured: It is no TOML, or a setting is wrong.
        Refused: A platform refuses a token or setting; where it is out of reach, that is only told.
    """
    from adapters.cli.init_answers import Answers
    from adapters.cli.init_file import read
    from adapters.cli.init_tokens import everything

    answers = Answers(read(path))
    try:
        answers.merge(tomllib.loads(file.read().decode("utf-8")))
    except ValueError as error:
        raise Misconfigured(f"the answers in {file.name} cannot be read: {error}") from error
    settings = answers.settings()
    output.language = settings.language
    findings, silent = everything(settings)
    bad = [finding for finding in findings if finding.mark != "ok"]
    for finding in bad:
        output.note("{check}: {detail} {remedy}", check=finding.check, detail=finding.detail, remedy=finding.remedy)
    if any(finding.mark == "fail" and finding.check.split()[0] not in silent for finding in bad):
        raise Refused(translate(output.language, "Nothing was written: correct the answers and run it again."))
    _show_links(settings, output)
    return answers


def _show_links(settings: "Settings", output: "Output") -> None:
    from adapters.cli.discord_invite import invite_link
    from adapters.cli.init_tokens import discord_application
    from adapters.cli.slack_manifest import creation_link, manifest_for

    output.say(N_("The Slack app is made with this link:"))
    output.piece(f"{creation_link(manifest_for(settings))}\n")
    if settings.discord.token.get_secret_value():
        application, _ = discord_application(settings)
        if application:
            output.say(N_("Invite the bot to a server with this link:"))
            output.piece(f"{invite_link(application)}\n")


def _finish(answers: "Answers", path: Path, output: "Output") -> None:
    from adapters.cli.init_file import as_toml, write

    answers.settings()  # what would not start is not written
    kept = write(path, f"# {translate(output.language, _HEAD)}\n\n{as_toml(answers.tables)}")
    output.say(N_("{path} is written, readable by you alone."), style="bold green", path=path.absolute())
    if kept:
        output.say(N_("The old one is {path}."), path=kept)
    output.say(
        N_("Next: aprendiz knowledge add FOLDER, aprendiz doctor, aprendiz serve. aprendiz init --print manifest shows the Slack app.")
    )
