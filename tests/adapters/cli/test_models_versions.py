"""`aprendiz models` of trained versions: what is there, what led to it, what answers, and how to take it back."""

from pathlib import Path

import pytest

from adapters.cli.main import main
from bot.messages import Audience
from tests.adapters.cli.conftest import Aprendiz
from tests.adapters.cli.versions import FAILED, made, on
from tests.contracts.ledgers import NOW


@pytest.fixture
def promoted(home: Path, aprendiz: Aprendiz) -> int:
    """Put a version for employees into production."""
    version = made()
    assert aprendiz("models", "promote", str(version)).code == 0
    return version


def current(audience: Audience = "employees") -> int | None:
    """Return the version that answers."""
    serving = on(lambda records: records.versions.current(audience))
    return serving.version if serving else None


def test_versions_are_listed_beside_the_files(home: Path, aprendiz: Aprendiz) -> None:
    """Newest first, with what the gate said in words."""
    first = made()
    second = made(b"worse", decision=FAILED)
    made(b"new", decision={})
    lines = aprendiz("models", "list", "--json").lines
    ran = aprendiz("models", "list")

    assert {line["kind"] for line in lines} == {"file", "version"}
    versions = [line for line in lines if line["kind"] == "version"]
    assert [(line["version"], line["stage"]) for line in versions] == [(3, "candidate"), (second, "refused"), (first, "candidate")]
    assert "refused by the gate" in ran.out
    assert "It lost 3 of 20 questions that people liked." in ran.out
    assert "not judged yet" in ran.out


def test_looking_makes_no_home(home: Path, aprendiz: Aprendiz) -> None:
    """Before anything is set up there are no versions, and nothing is written to say so."""
    assert aprendiz("models", "show", "--json").json["production"] == {}
    assert {line["kind"] for line in aprendiz("models", "list", "--json").lines} == {"file"}
    assert not home.exists()


def test_a_promotion_says_what_changed(home: Path, aprendiz: Aprendiz) -> None:
    """And what is in production is shown beside the model."""
    first, second = made(), made(b"better")
    assert aprendiz("models", "promote", str(first), "--json").json == {"audience": "employees", "version": first, "before": None}
    ran = aprendiz("models", "promote", str(second), "--reason", "by hand")

    assert ran.out == f"What answers employees: version {second}; before: {first}.\n"
    assert aprendiz("models", "show", "--json").json["production"] == {"employees": second}
    assert f"v{second} (employees)" in aprendiz("models", "show").out
    assert on(lambda records: records.versions.history("employees"))[-1].reason == "by hand"


def test_a_version_of_another_model_file_is_told_of(
    promoted: int, aprendiz: Aprendiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings name another file since: the file alone answers, and whoever looks is told why."""
    fitting = aprendiz("models", "show")
    (tmp_path / "other.gguf").write_bytes(b"GGUF of something else")
    monkeypatch.setenv("APRENDIZ_MODEL__PATH", str(tmp_path / "other.gguf"))
    ran = aprendiz("models", "show")

    assert fitting.err == ""
    assert f"v{promoted} (employees)" in ran.out
    assert "is another model" in ran.err


def test_promoting_what_answers_already_says_so(promoted: int, aprendiz: Aprendiz) -> None:
    """Nothing changes, and one roll-back is still enough."""
    ran = aprendiz("models", "promote", str(promoted))

    assert ran.out == f"Version {promoted} answers employees already.\n"
    assert len(on(lambda records: records.versions.history("employees"))) == 1


@pytest.mark.parametrize(("decision", "why"), [(FAILED, "It lost 3 of 20 questions"), ({}, "It was never judged.")])
def test_what_the_gate_did_not_let_pass_needs_force(home: Path, aprendiz: Aprendiz, decision: dict[str, object], why: str) -> None:
    """An operator may know better, and must say so."""
    version = made(decision=decision)
    refused = aprendiz("models", "promote", str(version))
    assert (refused.code, current()) == (1, None)
    assert why in refused.err
    assert "--force" in refused.err
    forced = aprendiz("models", "promote", str(version), "--force")

    assert (forced.code, current()) == (0, version)


def test_a_version_whose_file_is_gone_is_not_promoted(home: Path, aprendiz: Aprendiz) -> None:
    """Not even by force: it could not answer."""
    version = made()
    (path,) = (home / "adapters").glob("*.gguf")
    path.unlink()
    ran = aprendiz("models", "promote", str(version), "--force")

    assert (ran.code, current()) == (1, None)
    assert f"Version {version} (for employees) cannot serve: its file {path} cannot be read" in ran.err


def test_a_version_for_another_base_is_not_promoted(home: Path, aprendiz: Aprendiz) -> None:
    """It would write nonsense."""
    ran = aprendiz("models", "promote", str(made(base="f" * 64)))

    assert (ran.code, current()) == (1, None)
    assert "was trained on smollm2 (ffffffffffff)" in ran.err


@pytest.mark.parametrize("command", [("show", "7"), ("promote", "7")])
def test_an_unknown_version_is_refused(home: Path, aprendiz: Aprendiz, command: tuple[str, ...]) -> None:
    """The sentence says where the numbers stand."""
    ran = aprendiz("models", *command)

    assert (ran.code, ran.out) == (1, "")
    assert "There is no version 7; aprendiz models list shows those that are there." in ran.err


@pytest.mark.parametrize(
    "command",
    [("show", "three"), ("promote", "v1"), ("promote", "0"), ("promote",), ("rollback", "--audience", "everybody"), ("show", "-1")],
)
def test_what_is_no_version_or_audience_is_wrong_usage(home: Path, command: tuple[str, ...]) -> None:
    """Exit code 2, as everywhere."""
    assert main(["models", *command]) == 2


def test_a_roll_back_takes_the_version_back(promoted: int, aprendiz: Aprendiz) -> None:
    """To the one before, and from the first to the model alone."""
    second = made(b"better")
    aprendiz("models", "promote", str(second))
    back = aprendiz("models", "rollback", "--reason", "wrong prices", "--json").json
    assert (back, current()) == ({"audience": "employees", "version": promoted, "before": second}, promoted)
    ran = aprendiz("models", "rollback", "--audience", "employees")

    assert ran.out == f"What answers employees: version none; before: {promoted}.\n"
    assert current() is None
    assert on(lambda records: records.versions.history("employees"))[2].reason == "wrong prices"


def test_without_a_version_there_is_nothing_to_roll_back(home: Path, aprendiz: Aprendiz) -> None:
    """One clear line."""
    ran = aprendiz("models", "rollback")

    assert ran.code == 1
    assert "No version for employees is in production, so there is nothing to roll back" in ran.err


def test_several_audiences_must_be_told_apart(promoted: int, aprendiz: Aprendiz) -> None:
    """Guessing would take back the wrong one."""
    other = made(b"customers", audience="customers")
    aprendiz("models", "promote", str(other))
    refused = aprendiz("models", "rollback")
    assert refused.code == 1
    assert "customers and employees; say which with --audience" in refused.err
    aprendiz("models", "rollback", "--audience", "customers")

    assert (current("customers"), current("employees")) == (None, promoted)


def test_a_roll_back_to_what_cannot_serve_is_told(promoted: int, home: Path, aprendiz: Aprendiz) -> None:
    """It is rolled back all the same: the model alone answers rather than what was found wrong."""
    (path,) = (home / "adapters").glob("*.gguf")
    aprendiz("models", "promote", str(made(b"better")))
    path.unlink()
    ran = aprendiz("models", "rollback")

    assert (ran.code, current()) == (0, promoted)
    assert f"Version {promoted} (for employees) cannot serve" in ran.err


def test_the_card_tells_all_that_led_to_a_version(promoted: int, aprendiz: Aprendiz) -> None:
    """Lineage, recipe, numbers, decision, and what became of it."""
    ran = aprendiz("models", "show", str(promoted))
    told = aprendiz("models", "show", str(promoted), "--json").json

    for words in ("in production", "c" * 64, "epochs: 2", "facts: 0.5", "Better on 12 of 20 questions.", "passages.down: [0.25, 0.5]"):
        assert words in ran.out
    assert (told["kind"], told["version"], told["stage"], told["problem"]) == ("version", promoted, "production", "")
    assert told["created_at"] == str(NOW)
    assert [each["action"] for each in told["promotions"]] == ["promote"]
    assert told["path"].endswith(f"{told['adapter_sha256']}.gguf")
