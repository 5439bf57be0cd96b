"""`aprendiz data convert`: rows from one format into another, saying what that cannot hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.data_output import format_named, tell_broken, to_json
from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from finetune.formats.adapting import Loss
    from finetune.formats.converting import Conversion, Converted, Tally


@click.command("convert", short_help="Write rows in another format.")
@click.argument("source", metavar="IN", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", required=True, metavar="FORMAT", help="The format to write.")
@click.option("--from", "given", metavar="FORMAT", help="The format that IN is written in; told from its first rows by default.")
@click.option(
    "--out",
    "target",
    required=True,
    metavar="OUT",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write: .jsonl, .json (an array), .csv or .tsv.",
)
@click.option(
    "--turns",
    type=click.Choice(["out", "last"]),
    default="out",
    show_default=True,
    help="Where there is room for one question and answer: leave conversations of several out, or keep the last.",
)
@click.option("--separator", default="", metavar="TEXT", help=r"Take this off the ends of questions, such as '\n\n###\n\n' or '->'.")
@click.option("--stop", default="", metavar="TEXT", help="Take this off the ends of answers, such as ' END'.")
@click.option("--metadata/--no-metadata", default=True, show_default=True, help="Keep what rows say besides, where there is room.")
@json_option
@pass_session
def command(session: Session, /, to: str, given: str | None, as_json: bool, **chosen: Any) -> None:
    """
    Write the training rows of IN (.jsonl, .json, .csv) in another format to OUT.

    Formats: messages, roles, conversations, preference-openai, preference, preference-chat, thumbs, thumbs-chat, prompt-completion,
    prompt-completion-chat, instruction, question-answer, summary, text. Rows that OUT cannot hold are reduced or left out, and counted
    with the lines of some; lines that cannot be read are named, and the rest is kept.
    """
    from finetune.formats.converting import Conversion, convert

    output = session.output(as_json=as_json)
    chosen |= {name: _plain(chosen[name]) for name in ("separator", "stop")}
    wish = Conversion(to=format_named(to, "--to"), given=format_named(given, "--from") if given else None, **chosen)
    with output.progress(N_("Converting")) as progress:
        converted = convert(wish, progress=progress)
    if as_json:
        output.emit(_fields(wish, converted, output.language))
    else:
        _tell(wish, converted, output)


def _plain(text: str) -> str:
    """Return *text* with the line ends and tabs that a shell passes on as they were typed."""
    return text.replace("\\n", "\n").replace("\\t", "\t")


def _fields(wish: "Conversion", converted: "Converted", language: str) -> dict[str, Any]:
    from finetune.formats.adapting import LEFT_OUT, REDUCED

    return {
        "out": str(wish.target),
        "from": converted.given.name,
        "to": wish.to.name,
        "rows": converted.rows,
        "written": converted.written,
        "broken": converted.broken,
        "reduced": _losses(converted.reduced, REDUCED, language),
        "left_out": _losses(converted.left_out, LEFT_OUT, language),
        "findings": [to_json(finding, language) for finding in converted.findings],
    }


def _losses(losses: Mapping["Loss", "Tally"], texts: Mapping["Loss", str], language: str) -> list[dict[str, Any]]:
    return [
        {"code": loss, "message": translate(language, texts[loss]), "rows": tally.rows, "lines": tally.lines}
        for loss, tally in losses.items()
    ]


def _tell(wish: "Conversion", converted: "Converted", output: "Output") -> None:
    from finetune.formats.adapting import LEFT_OUT, REDUCED

    output.say(
        N_("Rows written to {path} as {format}: {written}; read as {given}: {rows}."),
        written=converted.written,
        path=wish.target,
        format=wish.to.name,
        rows=converted.rows,
        given=converted.given.name,
    )
    for heading, losses, texts in (
        (N_("Reduced, without what the format cannot hold"), converted.reduced, REDUCED),
        (N_("Left out, because the format cannot hold them"), converted.left_out, LEFT_OUT),
    ):
        if losses:
            rows = ((translate(output.language, texts[loss]), tally.rows, _some(tally)) for loss, tally in losses.items())
            output.table((heading, N_("Rows"), N_("In lines")), rows)
    tell_broken(converted.findings, converted.broken, output)


def _some(tally: "Tally") -> str:
    return ", ".join(map(str, tally.lines)) + (", …" if tally.rows > len(tally.lines) else "")
