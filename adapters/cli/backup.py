"""`aprendiz backup`: a home in one file."""

import asyncio
from pathlib import Path

import click

from adapters.cli.session import Session, json_option, pass_session
from bot.texts import N_


@click.command("backup", short_help="Write ledger, key, versions and settings to one file.")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@pass_session
def command(session: Session, out: Path, as_json: bool) -> None:
    """Write the home to OUT (a zip that you alone may read), also while aprendiz serve runs; index and models are made anew."""
    from datetime import UTC, datetime

    from adapters.backup import back_up

    output = session.output(as_json=as_json)
    with output.progress(N_("Writing the backup")):
        manifest = asyncio.run(back_up(session.settings, out, at=datetime.now(UTC)))
    if as_json:
        output.emit({"path": str(out), "files": len(manifest.files), "ledger": manifest.ledger, "key": manifest.key})
    output.say(N_("Written to {path}."), path=out)
    if manifest.key == "configured":
        output.note(N_("The key of the pseudonyms is in your settings, not in the home: keep it, too."))
