"""`aprendiz doctor`: what is set up, what is not, and what to do about it."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from adapters.cli.findings import Finding, Mark
from adapters.cli.session import Session, json_option, pass_session
from bot.errors import Misconfigured, Refused
from bot.texts import translate

if TYPE_CHECKING:
    from adapters.cli.output import Output

_MARKS: Final[dict[Mark, tuple[str, str]]] = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}


@click.command("doctor", short_help="Check what is set up and what is not.")
@json_option
@pass_session
def command(session: Session, as_json: bool) -> None:
    """Check settings, home, disk, clock, database, index, model, platforms and rights; each with its remedy."""
    try:
        output = session.output(as_json=as_json)
    except Misconfigured as error:
        from adapters.cli.output import Output

        output = Output(session.language, as_json=as_json)
        findings = [_configuration_failed(error)]
    else:
        findings = _check(session)
    _write(findings, output)
    failed = sum(finding.mark == "fail" for finding in findings)
    if failed:
        raise Refused(translate(session.language, "{failed} of {checks} checks failed.", failed=failed, checks=len(findings)))


def _configuration_failed(error: Misconfigured) -> Finding:
    return Finding("configuration", "fail", str(error), translate("en", "Correct the setting and run aprendiz doctor again."))


def _check(session: Session) -> list[Finding]:
    from adapters.cli import (
        doctor_access,
        doctor_confidence,
        doctor_links,
        doctor_machine,
        doctor_models,
        doctor_parts,
        doctor_platforms,
        doctor_spending,
        doctor_watch,
    )
    from adapters.cli.doctor_calls import Calls

    settings = session.settings
    calls = Calls()
    platforms = asyncio.run(doctor_platforms.check(settings, calls))
    return [
        _configuration(settings.language, settings.home.absolute()),
        doctor_machine.home(settings),
        doctor_machine.disk(settings),
        doctor_machine.clock(settings, calls.ahead_s),
        *doctor_parts.check(settings),
        *doctor_models.check(settings),
        *doctor_spending.check(settings),
        *doctor_watch.check(settings),
        *doctor_links.check(settings),
        *doctor_confidence.check(settings),
        *platforms,
        *doctor_access.access(settings),
        *doctor_platforms.rights(settings),
        doctor_machine.export(settings),
    ]


def _configuration(language: str, home: Path) -> Finding:
    from bot.settings import CONFIG_FILE

    path = Path(CONFIG_FILE).absolute()
    misplaced = home / CONFIG_FILE
    if misplaced.exists() and misplaced.resolve() != path.resolve():
        detail = translate(language, "{path} is not read: settings stand in the folder where the program is started.", path=misplaced)
        return Finding("configuration", "warn", detail, translate(language, "Move it to {path}, or start the program there.", path=path))
    if path.exists():
        return Finding("configuration", "ok", translate(language, "{path} and the environment.", path=path))
    return Finding("configuration", "ok", translate(language, "The environment and defaults; there is no {path}.", path=path))


def _write(findings: list[Finding], output: "Output") -> None:
    if output.as_json:
        output.emit({"checks": [asdict(finding) for finding in findings]})
        return
    output.findings([(*_MARKS[finding.mark], finding.check, finding.detail, finding.remedy) for finding in findings])
