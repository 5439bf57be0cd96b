"""`aprendiz doctor`: the whole report, on homes that are well and homes that are not."""

from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Aprendiz, Ran
from tests.adapters.cli.versions import made

ALL = ["configuration", "home", "disk", "clock", "database", "index", "model", "version", "languages", "slack", "discord"]


def marks(ran: Ran) -> dict[str, str]:
    """Return each check's mark."""
    return {check["check"]: check["mark"] for check in ran.json["checks"]}


def test_a_good_home_is_all_well(asked: Path, aprendiz: Aprendiz) -> None:
    """One line for each thing that can go wrong, and exit code 0."""
    ran = aprendiz("doctor", "--json")

    assert ran.code == 0
    assert list(marks(ran))[: len(ALL)] == ALL
    assert set(marks(ran).values()) == {"ok"}


def test_people_read_marks_and_lines(asked: Path, aprendiz: Aprendiz) -> None:
    """A tick, a name, a sentence."""
    ran = aprendiz("doctor")

    assert sum(line.startswith("✓") for line in ran.out.splitlines()) >= len(ALL)
    assert "Equal to the ledger; entries: 1." in ran.out


def test_before_the_first_start_nothing_is_made(home: Path, aprendiz: Aprendiz) -> None:
    """Asking what is wrong must not change anything."""
    ran = aprendiz("doctor", "--json")

    assert ran.code == 0
    assert not home.exists()


def test_a_damaged_model_fails_with_its_path(asked: Path, aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download that broke off is the commonest fault; the rest of the report still stands."""
    model = asked.parent / "model.gguf"
    model.write_bytes(b"GGUF broken")
    monkeypatch.setenv("APRENDIZ_MODEL__PATH", str(model))
    ran = aprendiz("doctor", "--json")

    assert ran.code == 1
    assert marks(ran)["model"] == "fail"
    assert marks(ran)["database"] == "ok"
    assert str(model) in next(check["detail"] for check in ran.json["checks"] if check["check"] == "model")
    assert len(ran.err.splitlines()) == 1


def test_a_ledger_that_is_no_database_fails(asked: Path, aprendiz: Aprendiz) -> None:
    """Somebody restored the wrong file."""
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (asked / name).unlink(missing_ok=True)
    (asked / "ledger.db").write_bytes(b"not a database, by far" * 100)
    ran = aprendiz("doctor", "--json")

    assert ran.code == 1
    assert marks(ran)["database"] == "fail"


def test_an_index_that_lags_is_a_warning(asked: Path, aprendiz: Aprendiz) -> None:
    """It is made good by itself, so it is no failure."""
    (asked / "extra.md").write_text("# Extra\n\nBelts last two years.\n")
    index = asked / "chroma"
    index.rename(asked / "kept")
    index.mkdir()
    ran = aprendiz("doctor", "--json")

    assert (ran.code, marks(ran)["index"]) == (0, "warn")


def test_wrong_settings_are_the_only_finding(aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else can be checked before they are right."""
    monkeypatch.setenv("APRENDIZ_TIMEZONE", "Mars/Olympus")
    ran = aprendiz("doctor", "--json")

    assert ran.code == 1
    assert marks(ran) == {"configuration": "fail"}
    assert "Mars/Olympus" in ran.json["checks"][0]["detail"]


def test_a_voice_whose_model_does_not_exist_is_a_failure(home: Path, aprendiz: Aprendiz) -> None:
    """Its channel would be answered by another model than the operator believes."""
    Path("aprendiz.toml").write_text('[[assistant.voices]]\nplatform = "slack"\nmodel = "legal"\n')
    ran = aprendiz("doctor", "--json")

    assert marks(ran) == {"configuration": "fail"}
    assert "legal" in ran.json["checks"][0]["detail"]


def test_each_further_model_is_looked_at(asked: Path, aprendiz: Aprendiz) -> None:
    """A channel whose model cannot answer is as silent as one without any."""
    Path("aprendiz.toml").write_text('[models.brief]\nmax_tokens = 64\n[[assistant.voices]]\nplatform = "slack"\nmodel = "brief"\n')
    ran = aprendiz("doctor", "--json")

    assert (ran.code, marks(ran)["model brief"]) == (0, "ok")


def test_a_version_that_cannot_serve_is_a_failure(asked: Path, aprendiz: Aprendiz) -> None:
    """People get the model's old answers, and nobody else would notice."""
    aprendiz("models", "promote", str(made()))
    assert marks(aprendiz("doctor", "--json"))["version"] == "ok"
    (path,) = (asked / "adapters").glob("*.gguf")
    path.unlink()
    ran = aprendiz("doctor", "--json")

    assert (ran.code, marks(ran)["version"], marks(ran)["model"]) == (1, "fail", "ok")
    assert str(path) in next(check["detail"] for check in ran.json["checks"] if check["check"] == "version")


def test_names_instead_of_ids_are_a_warning(asked: Path, aprendiz: Aprendiz) -> None:
    """An allow-list of names locks everybody out without a word."""
    Path("aprendiz.toml").write_text('[slack.access]\nallow_channels = ["#general"]\n')
    ran = aprendiz("doctor", "--json")

    assert (ran.code, marks(ran)["access slack"]) == (0, "warn")


def test_the_settings_file_in_use_is_named(home: Path, aprendiz: Aprendiz) -> None:
    """Started from another folder it would not be read: the path shows which one was."""
    Path("aprendiz.toml").write_text('[model]\nlanguages = ["*"]\n')
    ran = aprendiz("doctor", "--json")

    details = {check["check"]: check["detail"] for check in ran.json["checks"]}
    assert str(Path("aprendiz.toml").absolute()) in details["configuration"]
    assert "every language" in details["languages"]


def test_a_settings_file_that_nobody_reads_is_named(home: Path, aprendiz: Aprendiz) -> None:
    """It lies in the home, where people look for everything, and would be written in vain."""
    home.mkdir()
    (home / "aprendiz.toml").write_text('language = "pt_BR"\n')
    ran = aprendiz("doctor", "--json")

    (found,) = [check for check in ran.json["checks"] if check["check"] == "configuration"]
    assert found["mark"] == "warn"
    assert str(home / "aprendiz.toml") in found["detail"]
    assert str(Path("aprendiz.toml").absolute()) in found["remedy"]
