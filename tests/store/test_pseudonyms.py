"""Pseudonyms are stable, keyed, and their key is made once and kept from others."""

import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errors import Misconfigured
from store.pseudonyms import KEY_FILE, KeyedPseudonyms, load_key

NO_KEY = SecretStr("")


def test_a_person_has_one_pseudonym_per_platform() -> None:
    """Votes and consent are found again by it; the same number on two platforms is two people."""
    pseudonyms = KeyedPseudonyms(b"k" * 32)

    assert pseudonyms.of("slack", "U1") == pseudonyms.of("slack", "U1")
    assert len({pseudonyms.of("slack", "U1"), pseudonyms.of("discord", "U1"), pseudonyms.of("slack", "U2")}) == 3
    # HMAC-SHA256 of "slack:U1", as any other tool computes it: a change would orphan every stored vote.
    assert pseudonyms.of("slack", "U1") == "5122298056f2cf4e1505b942826a68b3"


def test_another_key_gives_other_pseudonyms() -> None:
    """Without the key nobody can find a known user id in a copied ledger."""
    assert KeyedPseudonyms(b"k" * 32).of("web", "x") != KeyedPseudonyms(b"l" * 32).of("web", "x")


def test_an_odd_id_is_no_error() -> None:
    """A browser sends what it likes as a name."""
    assert len(KeyedPseudonyms(b"k" * 32).of("web", "\ud800é")) == 32


def test_the_key_is_made_once_for_this_user_alone(tmp_path: Path) -> None:
    """The second start must find the first one's key, and no other user may read it."""
    home = tmp_path / "new" / "home"
    first = load_key(home, NO_KEY)

    assert load_key(home, NO_KEY) == first
    assert len(first) == 64
    assert (home / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.iterdir()] == [KEY_FILE]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    """Two keys would split every person in two."""
    keys: list[bytes] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        keys.append(load_key(tmp_path, NO_KEY))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_the_setting_wins(tmp_path: Path) -> None:
    """Replicas share a key by setting, and then no file is made."""
    assert load_key(tmp_path, SecretStr("a key of sixteen")) == b"a key of sixteen"
    assert list(tmp_path.iterdir()) == []


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    """A key that can be guessed protects nobody; the sentence never repeats it."""
    with pytest.raises(Misconfigured, match="APRENDIZ_PRIVACY__KEY holds 5 bytes") as raised:
        load_key(tmp_path, SecretStr("short"))
    assert "short" not in str(raised.value)
    (tmp_path / KEY_FILE).write_bytes(b"")
    (tmp_path / KEY_FILE).chmod(0o600)
    with pytest.raises(Misconfigured, match=r"privacy.key holds 0 bytes"):
        load_key(tmp_path, NO_KEY)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A restore that forgets the mode is told before anything relies on the secret."""
    load_key(tmp_path, NO_KEY)
    (tmp_path / KEY_FILE).chmod(0o640)

    with pytest.raises(Misconfigured, match=r"mode 640\); run chmod 600"):
        load_key(tmp_path, NO_KEY)


def test_a_home_that_cannot_hold_a_key(tmp_path: Path) -> None:
    """One sentence names the file and the problem."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Misconfigured, match="cannot be used: File exists"):
        load_key(tmp_path / "file", NO_KEY)


def test_a_value_has_a_hash_of_its_kind_and_key() -> None:
    """Equal ones are known again; nobody's pseudonym is a value's."""
    pseudonyms = KeyedPseudonyms(b"k" * 32)
    hashes = {
        pseudonyms.of_value("PHONE", "5511"),
        pseudonyms.of_value("PIX", "5511"),
        KeyedPseudonyms(b"o" * 32).of_value("PHONE", "5511"),
    }

    assert pseudonyms.of_value("PHONE", "5511") in hashes
    assert len(hashes) == 3
    assert len(pseudonyms.of_value("PHONE", "\ud800")) == 32
