"""`aprendiz data split`: rows to train, validate and test on, near-duplicate questions together."""

from pathlib import Path
from typing import Any

import click

from adapters.cli.data_import import assigned, checked_reach, rights_option, scope_option, whose_option
from adapters.cli.data_output import tell_broken, to_json
from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_


@click.command("split", short_help="Divide rows to train, validate and test on.")
@click.argument("source", metavar="IN", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", "folder", required=True, metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The folder to write to."
)
@click.option("--category", metavar="FIELD", default="category", show_default=True, help="The field that holds a row's category.")
@whose_option
@scope_option
@rights_option
@json_option
@pass_session
def command(session: Session, /, source: Path, folder: Path, category: str, as_json: bool, **chosen: Any) -> None:
    """
    Divide the rows of IN (.jsonl, .json, .csv) into DIR/train.jsonl, validation.jsonl and test.jsonl, in their format.

    Rows that ask nearly the same go together, those whose questions the ledger knows go where it has them, and every category is tested.
    """
    from finetune.importing.dividing import split_file

    output = session.output(as_json=as_json)
    reach = checked_reach(session, folder, chosen)
    with output.progress(N_("Comparing questions")) as progress:
        done = split_file(
            source,
            folder,
            category=category,
            assigned=assigned(session),
            reach=reach,
            rights=chosen["rights"],
            progress=progress,
        )
    if as_json:
        findings = [to_json(finding, output.language) for finding in done.findings]
        output.emit({"out": str(folder), "rows": dict(done.rows), "left_out": done.left_out, "broken": done.broken, "findings": findings})
        return
    tell_broken(done.findings, done.broken, output)
    if done.left_out:
        output.note(N_("Conversations that come to a question of the test rows later, left out: {count}."), count=done.left_out)
    if not done.rows["test.jsonl"]:
        output.note(N_("No row is left to test on, so nobody could tell what a model learns from these: add rows that ask other things."))
    output.table((N_("File"), N_("Rows")), sorted(done.rows.items()))
