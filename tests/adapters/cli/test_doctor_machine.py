"""What `aprendiz doctor` says of the home, its disk, the clock and the schedule."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.cli import doctor_machine
from bot.settings import ExportSettings, Settings


def test_a_writable_home_is_well(tmp_path: Path) -> None:
    """The ordinary case, in the operator's own path."""
    finding = doctor_machine.home(Settings(home=tmp_path))

    assert finding.mark == "ok"
    assert str(tmp_path) in finding.detail
    assert list(tmp_path.iterdir()) == []


def test_a_home_to_come_is_well(tmp_path: Path) -> None:
    """Before the first start there is none yet; the doctor must not make it."""
    home = tmp_path / "a" / "b"

    assert "first start" in doctor_machine.home(Settings(home=home)).detail
    assert not home.parent.exists()


def test_a_file_in_place_of_the_home_is_a_failure(tmp_path: Path) -> None:
    """The commonest wrong path."""
    path = tmp_path / "file"
    path.write_text("")

    finding = doctor_machine.home(Settings(home=path))
    assert (finding.mark, "APRENDIZ_HOME" in finding.remedy) == ("fail", True)


def test_a_home_that_refuses_writing_is_a_failure() -> None:
    """A volume mounted read-only, or another user's."""
    finding = doctor_machine.home(Settings(home=Path("/proc/aprendiz")))

    assert finding.mark == "fail"
    assert f"uid {os.getuid()}" in finding.remedy


@pytest.mark.parametrize(("free", "mark"), [(2 * 10**9, "ok"), (5 * 10**8, "warn"), (10**7, "fail")])
def test_little_space_warns_and_none_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, mark: str) -> None:
    """A full disk loses votes; it is to be noticed before."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**10, 10**10 - free, free))

    assert doctor_machine.disk(Settings(home=tmp_path)).mark == mark


def test_a_right_clock_is_well(tmp_path: Path) -> None:
    """Shown with its zone, because cron settings are read in it."""
    finding = doctor_machine.clock(Settings(home=tmp_path, timezone="America/Sao_Paulo"), {"Slack": 0.4})

    assert finding.mark == "ok"
    assert "America/Sao_Paulo" in finding.detail


@pytest.mark.parametrize(("ahead", "mark"), [(30.0, "warn"), (-300.0, "fail")])
def test_a_clock_that_is_off_is_named_with_its_judge(tmp_path: Path, ahead: float, mark: str) -> None:
    """Five minutes off, Slack refuses every signature; the direction does not matter."""
    finding = doctor_machine.clock(Settings(home=tmp_path), {"Slack": ahead})

    assert finding.mark == mark
    assert "Slack" in finding.detail
    assert "timedatectl" in finding.remedy


def test_a_clock_in_the_past_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A board without a battery starts in 1970, where every certificate is not yet valid."""
    monkeypatch.setattr(doctor_machine, "RELEASED", datetime(2999, 1, 1, tzinfo=UTC))

    assert doctor_machine.clock(Settings(home=tmp_path), {}).mark == "fail"


def test_the_file_systems_clock_needs_a_writable_home() -> None:
    """Where nothing can be written the clock is judged by the others."""
    assert doctor_machine.clock(Settings(home=Path("/proc/aprendiz")), {}).mark == "ok"


def test_the_next_export_is_told(tmp_path: Path) -> None:
    """An operator reads the time, not the cron fields."""
    finding = doctor_machine.export(Settings(home=tmp_path, export=ExportSettings(cron="30 2 * * *")))

    assert finding.mark == "ok"
    assert "02:30" in finding.detail
    assert str(tmp_path / "exports") in finding.detail


def test_no_schedule_is_a_choice() -> None:
    """Exports by hand are a way to work, not a mistake."""
    assert "by hand" in doctor_machine.export(Settings(export=ExportSettings(cron=""))).detail


@pytest.mark.parametrize("cron", ["never", "61 * * * *", "0 0 31 2 *"])
def test_a_schedule_that_never_comes_fails(cron: str) -> None:
    """Otherwise it would be noticed when the first export is missed."""
    finding = doctor_machine.export(Settings(export=ExportSettings(cron=cron)))

    assert (finding.mark, "APRENDIZ_EXPORT__CRON" in finding.remedy) == ("fail", True)
