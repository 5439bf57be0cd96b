"""`aprendiz bench`: measured figures against their goals."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.session import Session, json_option, pass_session
from bot.errors import Refused
from bot.texts import N_

if TYPE_CHECKING:
    from adapters.cli.output import Output


@click.command("bench", short_help="Measure a benchmark against its goals.")
@click.argument("name")
@click.option("--only", metavar="ROW", help="Measure this row alone.")
@click.option(
    "--handbook",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The employee handbook that some rows of answers ask about; they are skipped without it.",
)
@json_option
@pass_session
def command(session: Session, name: str, only: str | None, handbook: Path | None, as_json: bool) -> None:
    """Measure a benchmark (serving, …) and compare it with its goals; needs a checkout with its tests."""
    output = session.output(as_json=as_json)
    rows = [row for row in _rows(name) if only in (None, row.name)]
    if not rows:
        known = ", ".join(row.name for row in _rows(name))
        raise Refused(f"benchmark {name} has no row {only}; it has {known}")
    results = [_measured(row, handbook, output) for row in rows]
    if as_json:
        output.emit({"results": results})
    else:
        output.table(
            (N_("Row"), N_("Value"), N_("Goal"), N_("Met")),
            ((result["name"], _figure(result), f"{result['goal']} {result['unit']}", _mark(result["met"])) for result in results),
        )
        for result in results:
            if "skipped" in result:
                output.say(N_("{row} was skipped: {reason}"), row=result["name"], reason=result["skipped"])


def _mark(met: bool | None) -> str:
    return "–" if met is None else "✓" if met else "✗"


def _measured(row: Any, handbook: Path | None, output: "Output") -> dict[str, Any]:
    from tests.benchmarks.rows import measure

    with output.progress(N_("Measuring {row}"), row=row.name):
        return measure(row, handbook=handbook)


def _rows(name: str) -> tuple[Any, ...]:
    if not name.isidentifier():
        raise Refused(f"there is no benchmark {name!r}")
    try:
        import_module("tests.benchmarks")
    except ModuleNotFoundError as error:
        raise Refused("benchmarks come with a checkout of the source, not with the installed package") from error
    wanted = f"tests.benchmarks.{name}"
    try:
        module = import_module(wanted)
    except ModuleNotFoundError as error:
        if error.name != wanted:
            raise
        raise Refused(f"there is no benchmark {name}") from error
    rows: tuple[Any, ...] | None = getattr(module, "ROWS", None)
    if rows is None:
        raise Refused(f"there is no benchmark {name}")
    return rows


def _figure(result: dict[str, Any]) -> str:
    return "–" if result["value"] is None else f"{result['value']:.4g} {result['unit']}"
