"""`aprendiz data sample` and `aprendiz data decide`: rows read by hand, and what was decided on them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.data_checks import format_option
from adapters.cli.data_output import format_named, tell_broken, to_json
from adapters.cli.data_stats import category_option
from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_

if TYPE_CHECKING:
    from finetune.statistics.reading_by_hand import Kind


@click.command("sample", short_help="Draw rows to be read by hand.")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", "folder", required=True, metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Where sample.csv is written."
)
@click.option("--rows", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many rows.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed draws other rows.")
@click.option("--as", "kind", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True, help="What is written.")
@category_option
@format_option
@json_option
@pass_session
def sample(session: Session, /, path: Path, folder: Path, kind: "Kind", given: str | None, as_json: bool, **chosen: Any) -> None:
    """
    Draw rows of FILE by chance, from every source and category, without those decided on before.

    Write accept or drop into the column `decision` of what is written to DIR, then run `aprendiz data decide`.
    """
    from bot.errors import Refused
    from finetune.statistics.decisions import FILE_NAME, ROW_DECISIONS
    from finetune.statistics.reading_by_hand import sample_rows, write_sample

    output = session.output(as_json=as_json)
    written_as = format_named(given, "--from") if given else None
    decided = ROW_DECISIONS.kept(session.settings.home / FILE_NAME)
    with output.progress(N_("Drawing rows")) as progress:
        drawn = sample_rows([path], given=written_as, decided=decided.keys(), progress=progress, **chosen)
    if not drawn:
        raise Refused(f"no row of {path} is left to be read: every one that can be read was decided on")
    target = write_sample(folder, drawn, kind)
    if as_json:
        output.emit({"out": str(target), "rows": len(drawn)})
    else:
        output.say(N_("Rows to be read in {path}: {rows}; write accept or drop into the column decision."), rows=len(drawn), path=target)


@click.command("decide", short_help="Drop the rows that somebody decided to drop.")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--decisions",
    metavar="DECIDED",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A sample with decisions filled in; without one, those kept from earlier samples are applied.",
)
@click.option(
    "--out",
    "target",
    required=True,
    metavar="KEPT",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write, in FILE's format: .jsonl, .json or .csv.",
)
@format_option
@json_option
@pass_session
def decide(session: Session, path: Path, decisions: Path | None, target: Path, given: str | None, as_json: bool) -> None:
    """
    Write the rows of FILE to KEPT without those that were dropped, in DECIDED or ever before.

    Decisions are kept by a hash of what a row says: later samples leave decided rows out, and this command drops them from any file.
    """
    from finetune.statistics.decisions import FILE_NAME, ROW_DECISIONS, apply_decisions

    output = session.output(as_json=as_json)
    chosen = format_named(given, "--from") if given else None
    told = ROW_DECISIONS.read(decisions) if decisions else {}
    kept_in = session.settings.home / FILE_NAME
    every = ROW_DECISIONS.keep(kept_in, told) if told else ROW_DECISIONS.kept(kept_in)
    with output.progress(N_("Applying decisions")) as progress:
        done = apply_decisions(path, target, every, given=chosen, progress=progress)
    unknown = len(told.keys() - done.met)
    if as_json:
        counts = {"rows": done.rows, "accepted": done.accepted, "dropped": done.dropped, "broken": done.broken}
        findings = [to_json(finding, output.language) for finding in done.findings]
        output.emit({"out": str(target), **counts, "decided": len(told), "unknown": unknown, "findings": findings})
        return
    output.say(
        N_("Rows read: {rows}; dropped by decision: {dropped}; accepted: {accepted}; {path} holds those that are left."),
        rows=done.rows,
        dropped=done.dropped,
        accepted=done.accepted,
        path=target,
    )
    if unknown:
        output.note(N_("Decisions about rows that {path} does not hold, kept for other files: {count}."), count=unknown, path=path)
    tell_broken(done.findings, done.broken, output)
