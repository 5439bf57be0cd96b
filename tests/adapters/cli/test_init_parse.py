"""What people type, made into settings."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.cli import init_parse
from adapters.cli.init_parse import Wrong
from adapters.cli.init_questions import local_zone


@pytest.mark.parametrize(
    ("typed", "name"), [("UTC", "UTC"), ("America/Sao Paulo", "America/Sao_Paulo"), ("Europe/Lisbon", "Europe/Lisbon")]
)
def test_time_zones(typed: str, name: str) -> None:
    """A space for an underscore is no mistake worth a question."""
    assert init_parse.zone(typed) == name


@pytest.mark.parametrize(
    ("typed", "near"), [("são paulo", "America/Sao_Paulo"), ("america/sao_paolo", "America/Sao_Paulo"), ("Lisboa", "")]
)
def test_a_zone_that_is_none_is_guessed_at(typed: str, near: str) -> None:
    """By its city or as a whole; where nothing is near, an example says what is meant."""
    with pytest.raises(Wrong) as wrong:
        init_parse.zone(typed)

    assert wrong.value.fields.get("near", "") in (near, "Europe/Lisbon")
    assert wrong.value.fields["zone"] == typed


@pytest.mark.parametrize("typed", ["", "..", "/etc/passwd", "x" * 300, "\x00"])
def test_no_path_is_a_zone(typed: str) -> None:
    """A zone's name becomes a file's."""
    with pytest.raises(Wrong):
        init_parse.zone(typed)


def test_this_machines_zone(tmp_path: Path) -> None:
    """The link that systemd sets; anything else is UTC."""
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/America/Sao_Paulo")

    assert local_zone(link) == "America/Sao_Paulo"
    assert local_zone(tmp_path / "none") == "UTC"


@settings(deadline=None)  # the first call loads APScheduler
@given(st.times())
def test_a_time_of_day_becomes_a_schedule_and_back(time: object) -> None:
    """What is shown as the answer to Enter is what was typed."""
    typed = f"{time:%H:%M}"

    assert init_parse.clock_of(init_parse.cron(typed)) == typed


@pytest.mark.parametrize(("typed", "schedule"), [("-", ""), ("Nunca", ""), ("3h05", "5 3 * * *"), ("15 4 * * 1", "15 4 * * 1")])
def test_other_schedules(typed: str, schedule: str) -> None:
    """Never, the Brazilian way to write an hour, and cron for those who know it."""
    assert init_parse.cron(typed) == schedule
    assert init_parse.cron(init_parse.clock_of(schedule)) == schedule


@pytest.mark.parametrize("typed", ["", "24:00", "noon", "61 4 * * *", "* * * * 9"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    """`serve` would refuse it later."""
    with pytest.raises(Wrong):
        init_parse.cron(typed)


@pytest.mark.parametrize(("typed", "ids"), [("", ()), ("-", ()), ("C01ABCDEF, C02ABCDEF C01ABCDEF", ("C01ABCDEF", "C02ABCDEF"))])
def test_lists_of_ids(typed: str, ids: tuple[str, ...]) -> None:
    """Commas, spaces or both; twice is once."""
    assert init_parse.ids(typed, platform="slack", kind="channels") == ids


@pytest.mark.parametrize(
    ("platform", "typed"), [("slack", "#general"), ("slack", "c01abcdef"), ("discord", "C01ABCDEF"), ("discord", "12")]
)
def test_what_is_no_id_is_refused(platform: str, typed: str) -> None:
    """A name in an allow-list locks everybody out."""
    with pytest.raises(Wrong) as wrong:
        init_parse.ids(f"{typed}", platform=platform, kind="channels")

    assert wrong.value.fields == {"ids": typed}


@pytest.mark.parametrize("typed", ["http://a.example", "https://", "a.example", "https://a.example/?x=1", "https://a.example/#x", ""])
def test_addresses_that_slack_does_not_take(typed: str) -> None:
    """Slack delivers to https only."""
    with pytest.raises(Wrong):
        init_parse.public_url(typed)


def test_an_address_may_have_a_path() -> None:
    """Behind a proxy that serves several programs."""
    assert init_parse.public_url("https://a.example/aprendiz/") == "https://a.example/aprendiz"


@pytest.mark.parametrize("typed", ["", "a b", "http://x"])
def test_hosts_that_are_none(typed: str) -> None:
    """An address to listen on is no URL."""
    with pytest.raises(Wrong):
        init_parse.host(typed)


@pytest.mark.parametrize(("typed", "own"), [("localhost", True), ("::1", True), ("0.0.0.0", False), ("a.example", False)])
def test_who_reaches_a_host(typed: str, own: bool) -> None:
    """Whether a token is needed."""
    assert init_parse.is_loopback(init_parse.host(typed)) is own


@pytest.mark.parametrize("typed", ["65536", "-1", "", "80a", "٣"])
def test_ports_that_are_none(typed: str) -> None:
    """Digits of other scripts too."""
    with pytest.raises(Wrong):
        init_parse.port(typed)


@pytest.mark.parametrize(("typed", "decision"), [("Y", True), ("sim", True), ("n", False), ("Não", False)])
def test_decisions_in_either_language(typed: str, decision: bool) -> None:
    """Nobody thinks about the language of a letter."""
    assert init_parse.yes_or_no(typed) is decision
