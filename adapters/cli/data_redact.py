"""`aprendiz data redact`: a file without personal data and secrets, and how much of each kind was found."""

from pathlib import Path

import click

from adapters.cli.data_output import tell_broken, to_json
from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_


@click.command("redact", short_help="Take personal data out of a file.")
@click.argument("source", metavar="IN", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    "target",
    required=True,
    metavar="OUT",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write, of the same kind as IN.",
)
@json_option
@pass_session
def command(session: Session, source: Path, target: Path, as_json: bool) -> None:
    """
    Write IN (.jsonl, .json, .csv, .tsv, .txt, .md, .log) to OUT with placeholders ([CPF_1], [PHONE_2]) for personal data and secrets.

    Within a row, and within a whole text, the same value has the same placeholder. What is found follows [privacy] in the settings:
    patterns of your own, and the company's contacts, which stay.
    """
    from adapters.compose_redaction import make_redactor
    from finetune.redacting import kinds_in_order, redact_file

    output = session.output(as_json=as_json)
    redactor = make_redactor(session.settings.privacy)
    with output.progress(N_("Redacting")) as progress:
        done = redact_file(source, target, redactor, progress=progress)
    counts = kinds_in_order(done.counts)
    if as_json:
        findings = [to_json(finding, output.language) for finding in done.findings]
        told = {"rows": done.rows, "rows_with": done.rows_with, "broken": done.broken, "counts": dict(counts), "findings": findings}
        output.emit({"out": str(target), **told})
        return
    tell_broken(done.findings, done.broken, output)
    output.say(
        N_("Rows written to {path}: {rows}; personal data and secrets taken out: {found}."),
        rows=done.rows,
        path=target,
        found=sum(done.counts.values()),
    )
    if counts:
        output.table((N_("Kind"), N_("Found")), counts)
