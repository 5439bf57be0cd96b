"""`aprendiz data tokens`: how long training rows are, as the model that trains counts."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.data_checks import counting, for_option, format_option
from adapters.cli.data_output import format_named
from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_

if TYPE_CHECKING:
    from finetune.validation import Validated

_LONGEST = 5
_SHARES = ((N_("Shortest"), "shortest", 0.0), (N_("Half are shorter than"), "median", 0.5), (N_("95 % are shorter than"), "p95", 0.95))


@click.command("tokens", short_help="Count the tokens of training rows.")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@for_option
@format_option
@json_option
@pass_session
def command(session: Session, path: Path, model: str | None, given: str | None, as_json: bool) -> None:
    """Count the tokens of each row of FILE: in all, how they are spread, the longest rows, and what is beyond the trainer's limit."""
    from finetune.validation import Checks, validate

    output = session.output(as_json=as_json)
    chosen = format_named(given, "--from") if given else None
    with counting(model, session.settings) as (trainer, count), output.progress(N_("Counting tokens")) as progress:
        found = validate(path, Checks(trainer, count, chosen), progress=progress)
    fields = _fields(found)
    if as_json:
        output.emit(fields)
        return
    output.facts(
        (
            (N_("Rows counted"), f"{fields['rows']:,}"),
            (N_("Tokens"), f"{fields['tokens']:,}"),
            *((name, f"{fields[key]:,}") for name, key, _ in _SHARES),
            (N_("Longest"), ", ".join(f"{each['tokens']:,} ({each['line']})" for each in fields["longest"])),
            (N_("Over the limit"), f"{fields['over_limit']:,} / {fields['limit_tokens']:,}" if trainer.limit_tokens else "–"),
            (N_("Tokens beyond it"), f"{fields['cut_tokens']:,}"),
        )
    )
    if unread := found.rows - fields["rows"]:
        output.note(N_("Rows that could not be counted: {count}; aprendiz data validate says why."), count=unread)


def _fields(found: "Validated") -> dict[str, Any]:
    import numpy as np

    lengths = np.frombuffer(found.lengths, dtype=np.uint32)
    order = np.argsort(lengths, kind="stable")
    spread = {key: int(lengths[order[int(share * (len(order) - 1))]]) if len(order) else 0 for _, key, share in _SHARES}
    longest = [{"line": found.lines[at], "tokens": found.lengths[at]} for at in order[::-1][:_LONGEST]]
    return {
        "rows": len(lengths),
        "tokens": found.tokens,
        **spread,
        "longest": longest,
        "limit_tokens": found.trainer.limit_tokens,
        "over_limit": found.counts.get("cut", 0) + found.counts.get("too_long", 0),
        "cut_tokens": found.cut_tokens,
    }
