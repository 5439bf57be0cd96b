"""`aprendiz data proofread`: small corrections of grammar, each proposed, decided by a person, and applied where accepted."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.data_checks import format_option
from adapters.cli.data_output import format_named, tell_broken, to_json
from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from finetune.formats.format import Format
    from finetune.proofreading import Listed, Proofread, Proofreader

_SHOWN = 40
_TOLD = 1000  # in JSON; --list has all

_file = click.Path(dir_okay=False, path_type=Path)


@click.command("proofread", short_help="Propose corrections of grammar, row by row.")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--list", "listing", metavar="TABLE", type=_file, help="Write every proposal to this CSV file, to be decided on.")
@click.option(
    "--decisions",
    metavar="DECIDED",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A table of --list with accept, keep or another correction's number as its decisions; they are kept, and count for later files.",
)
@click.option("--out", "target", metavar="MENDED", type=_file, help="Write FILE's rows here with what was accepted.")
@click.option("--questions", is_flag=True, help="Propose for questions, too, and not only for what is learnt.")
@format_option
@json_option
@pass_session
def command(
    session: Session,
    /,
    path: Path,
    listing: Path | None,
    decisions: Path | None,
    target: Path | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """
    Propose corrections for the answers in FILE, or write its rows with those that were accepted (--out).

    Spaces, doubled words, capitals and accents are looked at; grammar and spelling, too, where the extra [proofread] is installed. Codes,
    numbers, addresses, placeholders and names are left alone, and nothing is changed that nobody accepted.
    """
    from finetune.formats.reading import format_of
    from finetune.proofreading import FILE_NAME, PROOFREADING, Proofreader
    from store.cleaning.grammar import Grammar, has_grammar

    output = session.output(as_json=as_json)
    written_as = format_named(chosen["given"], "--from") if chosen["given"] else format_of(path)
    kept_in = session.settings.home / FILE_NAME
    told = PROOFREADING.read(decisions) if decisions else {}
    every = PROOFREADING.keep(kept_in, told) if told else PROOFREADING.kept(kept_in)
    if not has_grammar():
        output.note(N_("Grammar and spelling are not looked at: pip install 'aprendiz[proofread]' adds them for Portuguese and English."))
    reader = Proofreader(Grammar() if has_grammar() else None, questions=chosen["questions"])
    if target is not None:
        _apply(reader, path, target, written_as, every, output)
    else:
        _propose(reader, path, listing, written_as, every, output)


def _apply(reader: "Proofreader", path: Path, target: Path, written_as: "Format", every: Mapping[str, str], output: "Output") -> None:
    with output.progress(N_("Applying corrections")) as progress:
        done = reader.apply(path, target, written_as, every, progress=progress)
    if output.as_json:
        output.emit(
            {"out": str(target), "changed": done.changed, "applied": done.applied, "unknown": done.unknown, **_counts(done, output)}
        )
        return
    output.say(
        N_("Corrections made: {applied}; rows changed: {changed} of {rows}; {path} holds them."),
        applied=done.applied,
        changed=done.changed,
        rows=done.rows,
        path=target,
    )
    if done.unknown:
        output.note(N_("Decisions that name a correction by a number that it does not have, not applied: {count}."), count=done.unknown)
    tell_broken(done.findings, done.broken, output)


def _propose(
    reader: "Proofreader", path: Path, listing: Path | None, written_as: "Format", every: Mapping[str, str], output: "Output"
) -> None:
    from finetune.proofreading import Proofread, numbered, write_list

    done, shown = Proofread(), list["Listed"]()
    with output.progress(N_("Proofreading")) as progress:
        found = reader.proposals(path, written_as, done, decided=every.keys(), progress=progress)
        told = _noted(found, shown, _TOLD if output.as_json else _SHOWN)
        count = write_list(listing, told) if listing else sum(1 for _ in told)
    if output.as_json:
        proposals = [{"proposal": each.key, "line": each.line, **asdict(each.proposal), "where": each.where} for each in shown]
        table = str(listing) if listing else None
        output.emit({"proposals": proposals, "count": count, "list": table, "decided": len(every), **_counts(done, output)})
        return
    if shown and not listing:
        rows = (
            (each.line, each.proposal.kind, each.proposal.before, each.proposal.after, numbered(each.proposal), each.where)
            for each in shown
        )
        output.table((N_("Line"), N_("Kind"), N_("Before"), N_("After"), N_("Others"), N_("Where")), rows)
    tell_broken(done.findings, done.broken, output)
    if listing:
        output.say(
            N_("Proposals in {path}: {count}; write accept, keep or another correction's number into its column decision."),
            count=count,
            path=listing,
        )
    else:
        output.say(
            N_("Rows read: {rows}; corrections proposed: {count}; --list TABLE.csv writes them all, to be decided on."),
            count=count,
            rows=done.rows,
        )


def _noted(found: Iterator["Listed"], shown: "list[Listed]", most: int) -> Iterator["Listed"]:
    """Give what is *found*, and keep the first of it in *shown*."""
    for each in islice(found, most):
        shown.append(each)
        yield each
    yield from found


def _counts(done: "Proofread", output: "Output") -> dict[str, object]:
    findings = [to_json(finding, output.language) for finding in done.findings]
    return {"rows": done.rows, "broken": done.broken, "findings": findings}
