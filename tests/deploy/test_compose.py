"""The compose file, linted: names, pins, secrets, and who reaches what."""

import re
import tomllib
from typing import Any

import pytest

from tests.deploy.reading import DEPLOY, read_yaml

# The keys of https://github.com/compose-spec/compose-spec/blob/main/05-services.md that this file uses.
SERVICE = {
    "build", "cap_drop", "depends_on", "env_file", "healthcheck", "image", "ports", "profiles", "read_only", "restart", "security_opt",
    "stop_grace_period", "tmpfs", "volumes",
}  # fmt: skip
ROOT = DEPLOY.parent


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Return the file."""
    read = read_yaml((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    assert isinstance(read, dict)
    return read


def test_every_key_is_one_of_composes(compose: dict[str, Any]) -> None:
    """Compose refuses the file for a misspelled one."""
    assert compose.keys() == {"name", "services", "volumes"}
    for service in compose["services"].values():
        assert service.keys() <= SERVICE
        assert service.get("healthcheck", {}).keys() <= {"test", "interval", "timeout", "retries"}


def test_alone_by_default(compose: dict[str, Any]) -> None:
    """SQLite and the embedded index need no company; the rest comes by profile."""
    profiles = {name: service.get("profiles", []) for name, service in compose["services"].items()}

    assert profiles == {"aprendiz": [], "postgres": ["postgres"], "chroma": ["chroma"]}
    assert all(not each["required"] for each in compose["services"]["aprendiz"]["depends_on"].values())


def test_images_are_pinned(compose: dict[str, Any]) -> None:
    """`latest` is another image tomorrow; Chroma's is the client's version, and ours the package's."""
    images = {name: service["image"] for name, service in compose["services"].items()}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

    assert all(re.fullmatch(r"[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", image) for image in images.values())
    assert f"chromadb=={images['chroma'].partition(':')[2]} " in lock
    assert images["aprendiz"] == f"aprendiz:{version}"


def test_only_this_machine_reaches_a_port(compose: dict[str, Any]) -> None:
    """Docker opens the firewall for what it publishes; the database is not published at all."""
    ports = {name: service.get("ports", []) for name, service in compose["services"].items()}

    assert ports == {"aprendiz": ["127.0.0.1:8642:8642"], "postgres": [], "chroma": []}


def test_secrets_come_from_files_that_are_not_in_the_repository(compose: dict[str, Any]) -> None:
    """The file itself is committed and shown to everybody."""
    files = {service["env_file"] for service in compose["services"].values() if "env_file" in service}
    unsaid = [line for line in (DEPLOY / "compose.yaml").read_text(encoding="utf-8").splitlines() if not line.strip().startswith("#")]

    assert files == {"aprendiz.env", "postgres.env"}
    assert not any((DEPLOY / name).exists() for name in files)
    assert not re.search(r"PASSWORD|TOKEN|SECRET", "\n".join(unsaid))


def test_the_container_may_do_nothing_but_its_work(compose: dict[str, Any]) -> None:
    """Its own files are read-only, its rights none."""
    service = compose["services"]["aprendiz"]

    assert (service["read_only"], service["cap_drop"], service["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert service["tmpfs"] == ["/tmp"]


def test_every_volume_is_declared_and_used(compose: dict[str, Any]) -> None:
    """A misspelled one would be an empty home."""
    used = {volume.partition(":")[0] for service in compose["services"].values() for volume in service["volumes"]}

    assert used == set(compose["volumes"])
    assert compose["services"]["aprendiz"]["volumes"] == ["data:/data"]


def test_the_image_is_built_from_this_repository(compose: dict[str, Any]) -> None:
    """Paths are relative to the file."""
    build = compose["services"]["aprendiz"]["build"]

    assert (DEPLOY / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()


def test_the_files_of_secrets_are_never_committed() -> None:
    """`git add .` is typed faster than it is thought about."""
    rules = (DEPLOY / ".gitignore").read_text(encoding="utf-8").splitlines()

    assert "*.env" in rules
