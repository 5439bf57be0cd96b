"""The image's recipe, linted: it cannot be built where the tests run."""

import re
from pathlib import PurePosixPath

import pytest

from tests.deploy.reading import DEPLOY

ROOT = DEPLOY.parent
KNOWN = {"FROM", "RUN", "WORKDIR", "ENV", "COPY", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
# What must be in the wheel: packages, and what pyproject.toml names.
NEEDED = {"requirements.lock", "pyproject.toml", "README.md", "LICENSE", "bot", "store", "finetune", "adapters"}

Instruction = tuple[str, str]


def instructions() -> list[Instruction]:
    """Return (instruction, arguments) of the file, continued lines joined."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split()[0], " ".join(line.split()[1:])) for line in lines]


@pytest.fixture(scope="module")
def stages() -> list[list[Instruction]]:
    """Return the instructions of each stage."""
    found: list[list[Instruction]] = []
    for each in instructions():
        if each[0] == "FROM":
            found.append([])
        found[-1].append(each)
    return found


def of(stage: list[Instruction], name: str) -> list[str]:
    """Return the arguments of each *name* in *stage*."""
    return [arguments for instruction, arguments in stage if instruction == name]


def test_every_instruction_is_one() -> None:
    """A line that lost its continuation becomes an instruction of its own."""
    assert {name for name, _ in instructions()} <= KNOWN


def test_both_stages_start_from_the_same_pinned_slim_python(stages: list[list[Instruction]]) -> None:
    """Wheels fit the Python that they were built for; a floating tag is another image tomorrow."""
    bases = [of(stage, "FROM")[0].split()[0] for stage in stages]

    assert len(bases) == 2
    assert bases[0] == bases[1]
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", bases[0])


def test_packages_are_checked_against_the_lock(stages: list[list[Instruction]]) -> None:
    """What was tested is what is installed; the last stage asks no index."""
    built, run = (" ".join(of(stage, "RUN")) for stage in stages)

    assert "--require-hashes --requirement requirements.lock" in built
    assert "--no-index --no-deps" in run
    assert "http" not in built + run


def test_compilers_stay_behind(stages: list[list[Instruction]]) -> None:
    """They are half of the size, and a gift to whoever breaks in."""
    built, run = (" ".join(of(stage, "RUN")) for stage in stages)

    assert {"cmake", "g++"} <= set(built.split())
    assert not {"cmake", "g++", "make", "gcc"} & set(run.split())
    assert {"ca-certificates", "libgomp1"} <= set(run.split())


def test_package_lists_are_removed_where_they_are_fetched(stages: list[list[Instruction]]) -> None:
    """A later layer would not make the image smaller."""
    for stage in stages:
        for command in of(stage, "RUN"):
            assert ("apt-get update" in command) == ("rm -rf /var/lib/apt/lists/*" in command)
            assert "apt-get install" not in command or "--no-install-recommends" in command


def test_it_runs_as_nobody_in_particular(stages: list[list[Instruction]]) -> None:
    """By number, so that Kubernetes can tell that it is not root."""
    assert of(stages[-1], "USER") == ["10001:10001"]
    order = [name for name, _ in stages[-1]]
    assert order.index("USER") < order.index("ENTRYPOINT")
    assert "RUN" not in order[order.index("USER") :]


def test_what_is_kept_is_in_the_volume(stages: list[list[Instruction]]) -> None:
    """The home and aprendiz.toml survive the container; the current directory is where the settings are read."""
    last = stages[-1]

    assert of(last, "VOLUME") == of(last, "WORKDIR") == ["/data"]
    assert "APRENDIZ_HOME=/data/home" in of(last, "ENV")[0]


def test_health_is_asked_of_the_port_that_is_exposed(stages: list[list[Instruction]]) -> None:
    """`/healthz` needs no token and no curl."""
    (check,) = of(stages[-1], "HEALTHCHECK")

    assert of(stages[-1], "EXPOSE") == ["8642"]
    assert "APRENDIZ_WEB__PORT=8642" in of(stages[-1], "ENV")[0]
    assert "http://127.0.0.1:8642/healthz" in check
    assert "curl" not in check


def test_signals_reach_the_program(stages: list[list[Instruction]]) -> None:
    """A shell around it would keep SIGTERM to itself, and answers would be cut off."""
    assert of(stages[-1], "ENTRYPOINT") == ['["aprendiz"]']
    assert of(stages[-1], "CMD") == ['["serve"]']


def test_no_secret_is_baked_in() -> None:
    """Layers are read by whoever pulls the image."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")

    assert not re.search(r"xox[bap]-|_(TOKEN|SECRET|KEY|PASSWORD)=", text)
    assert "ARG" not in {name for name, _ in instructions()}


def test_only_what_is_needed_is_sent_to_the_builder(stages: list[list[Instruction]]) -> None:
    """Everything is left out but what is copied: no data, no .git, no aprendiz.toml with tokens."""
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    copied = {PurePosixPath(name).name for arguments in of(stages[0], "COPY") for name in arguments.split()[:-1]}

    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied == NEEDED
    assert all((ROOT / name).exists() for name in NEEDED)
