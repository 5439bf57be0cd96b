"""Checks of the machine: the home, its disk, the clock, and what the clock will do."""

import os
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.cli.findings import Finding
from bot.settings import Settings
from bot.texts import translate

ENOUGH_BYTES = 10**9
TOO_LITTLE_BYTES = 10**8
# Slack refuses signatures, and TLS certificates look expired, once a clock is minutes off: https://docs.slack.dev/authentication/verifying-requests-from-slack
WRONG_BY_S = 120
UNEASY_BY_S = 10
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)


def home(settings: Settings) -> Finding:
    """Check that the home, or the folder that it will be made in, can be written."""
    language, path = settings.language, settings.home.absolute()
    place = _existing(path)
    if not place.is_dir():
        detail = translate(language, "{path} is no folder.", path=place)
        return Finding("home", "fail", detail, translate(language, "Set APRENDIZ_HOME to a folder."))
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        detail = translate(language, "{path} cannot be written: {problem}.", path=place, problem=error.strerror)
        remedy = translate(language, "Give {user} the right to write there, or set APRENDIZ_HOME.", user=f"uid {os.getuid()}")
        return Finding("home", "fail", detail, remedy)
    if place != path:
        return Finding("home", "ok", translate(language, "{path} will be made at the first start.", path=path))
    return Finding("home", "ok", translate(language, "{path} can be written.", path=path))


def disk(settings: Settings) -> Finding:
    """Check that the home's disk has room."""
    language = settings.language
    free = shutil.disk_usage(_existing(settings.home.absolute())).free
    detail = translate(language, "{free} GB free.", free=f"{free / 10**9:.1f}")
    if free >= ENOUGH_BYTES:
        return Finding("disk", "ok", detail)
    remedy = translate(language, "Free some space, or move APRENDIZ_HOME to a larger disk: 1 GB should be free.")
    return Finding("disk", "warn" if free >= TOO_LITTLE_BYTES else "fail", detail, remedy)


def clock(settings: Settings, others: dict[str, float]) -> Finding:
    """
    Check that the clock is right.

    Args:
        settings: Where the home is, whose file system may live on another machine.
        others: Seconds by which this clock is ahead of others, by their names.
    """
    language = settings.language
    now = datetime.now(UTC)
    remedy = translate(language, "Switch time synchronisation on (timedatectl set-ntp true) and check the time zone.")
    shown = now.astimezone(ZoneInfo(settings.timezone)).isoformat(timespec="minutes")
    if now < RELEASED:
        return Finding("clock", "fail", translate(language, "It says {time}, which is past.", time=shown), remedy)
    gaps = others | _file_system_gap(settings.home)
    name, gap = max(gaps.items(), key=lambda pair: abs(pair[1]), default=("", 0.0))
    if abs(gap) < UNEASY_BY_S:
        return Finding("clock", "ok", translate(language, "{time} ({zone}).", time=shown, zone=settings.timezone))
    detail = translate(language, "It says {time}, {seconds} s off the clock of {other}.", time=shown, seconds=round(abs(gap)), other=name)
    return Finding("clock", "fail" if abs(gap) >= WRONG_BY_S else "warn", detail, remedy)


def export(settings: Settings) -> Finding:
    """Check the schedule of the export and tell its next time."""
    from adapters.clock import cron_trigger

    language, cron = settings.language, settings.export.cron
    if not cron:
        detail = translate(language, "Never by the clock; aprendiz export does it by hand.")
        return Finding("export", "ok", detail)
    zone = ZoneInfo(settings.timezone)
    try:
        due = cron_trigger(cron, zone).get_next_fire_time(None, datetime.now(zone))
    except (ValueError, IndexError) as error:
        detail = translate(language, "{cron} is no cron setting: {problem}.", cron=repr(cron), problem=error)
        return Finding("export", "fail", detail, translate(language, "Set APRENDIZ_EXPORT__CRON to five fields, such as 0 3 * * *."))
    if due is None:
        detail = translate(language, "{cron} never comes.", cron=repr(cron))
        return Finding("export", "fail", detail, translate(language, "Set APRENDIZ_EXPORT__CRON to five fields, such as 0 3 * * *."))
    directory = settings.export_directory
    shown = due.isoformat(sep=" ", timespec="minutes")
    return Finding("export", "ok", translate(language, "Next at {time} into {path}.", time=shown, path=directory))


def _existing(path: Path) -> Path:
    """Return *path*, or the nearest folder above it that exists."""
    return next(place for place in (path, *path.parents) if place.exists())


def _file_system_gap(home: Path) -> dict[str, float]:
    """Return how far this clock is ahead of the file system's, where the home can be written."""
    try:
        with tempfile.NamedTemporaryFile(dir=_existing(home.absolute())) as file:
            return {"the file system": time.time() - Path(file.name).stat().st_mtime}
    except OSError:
        return {}
