"""`aprendiz export`: rated conversations become training rows."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from adapters.compose import Records
    from store.export import Explanation, ExportReport

_EXAMPLES = 3


@click.command("export", short_help="Write training rows from rated answers.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where to write; the clock's folder by default."
)
@click.option("--explain", is_flag=True, help="Say why answers were left out, with some of their ids.")
@json_option
@pass_session
def command(session: Session, out: Path | None, explain: bool, as_json: bool) -> None:
    """
    Write up-voted answers and corrections as messages rows (JSON Lines), with a manifest.json beside them.

    Beside them stand preference pairs (a correction and the answer that was voted down) and rated answers, where there are any.
    """
    output = session.output(as_json=as_json)
    report, explanation = asyncio.run(_export(session.records(), out, output, explain=explain))
    if as_json:
        fields = asdict(report) | {"path": str(report.path), "manifest": str(report.manifest)}
        output.emit(fields | {"examples": explanation.examples if explanation else {}})
        return
    output.say(N_("{sentence}."), sentence=report.sentence(output.language))
    if explanation and explanation.refusals:
        _write_reasons(explanation, output)
    if report.thumbs:
        beside = N_("Beside them, corrected answers with the ones voted down: {preferences}; rated answers: {thumbs}.")
        output.say(beside, preferences=report.preferences, thumbs=report.thumbs)
    output.say(N_("Written to {path}."), path=report.path)


async def _export(
    opening: AbstractAsyncContextManager["Records"], out: Path | None, output: "Output", *, explain: bool
) -> tuple["ExportReport", "Explanation | None"]:
    async with opening as records:
        with output.progress(N_("Exporting")) as progress:
            report = await records.exporter.export(out or records.export_directory, progress=progress)
        return report, await records.exporter.explain(examples=_EXAMPLES) if explain else None


def _write_reasons(explanation: "Explanation", output: "Output") -> None:
    from store.rights import REFUSALS

    output.table(
        (N_("Left out because"), N_("For example")),
        (
            (translate(output.language, REFUSALS[reason], count=count), " ".join(explanation.examples.get(reason, ())))
            for reason, count in explanation.refusals.items()
        ),
    )
