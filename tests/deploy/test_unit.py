"""The systemd unit: read by systemd itself where it is installed, and held to what it promises."""

import configparser
import shutil
import subprocess

import pytest

from tests.deploy.reading import DEPLOY

UNIT = DEPLOY / "aprendiz.service"


@pytest.fixture(scope="module")
def service() -> configparser.SectionProxy:
    """Return the section of the service."""
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # systemd's names keep their capitals
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    assert parser.sections() == ["Unit", "Service", "Install"]
    return parser["Service"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_understands_every_line() -> None:
    """It warns of unknown names and values, and starts without them: a hardening that is not there."""
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(UNIT)], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_finds_it_little_exposed() -> None:
    """Its own scale runs from 0 (best) to 10; 2.5 leaves room for what the network and the model need."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", str(UNIT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout[-300:]


def test_it_has_a_user_of_its_own_and_one_folder(service: configparser.SectionProxy) -> None:
    """The home is the state directory; nothing else can be written."""
    assert (service["DynamicUser"], service["StateDirectory"], service["ProtectSystem"]) == ("yes", "aprendiz", "strict")
    assert service["Environment"] == "APRENDIZ_HOME=%S/aprendiz"


def test_secrets_stay_with_root(service: configparser.SectionProxy) -> None:
    """aprendiz.toml has mode 0600: systemd hands it over, and it is read from where the command starts."""
    assert service["LoadCredential"] == "aprendiz.toml:/etc/aprendiz/aprendiz.toml"
    assert service["ExecStart"] == "/usr/bin/env --chdir=${CREDENTIALS_DIRECTORY} /opt/aprendiz/bin/aprendiz serve"


def test_it_comes_back_and_may_end_in_peace(service: configparser.SectionProxy) -> None:
    """A crash is taken up after ten seconds; running answers end before SIGKILL."""
    assert (service["Restart"], service["RestartSec"]) == ("on-failure", "10")
    assert int(service["TimeoutStopSec"]) >= 10
