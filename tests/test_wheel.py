"""The wheel that a stranger installs: all that the program needs at run time, and nothing else."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = "# Filters\n\nReplace the air filter of the compressor every six months. Washing it does not help.\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as pip does from a checkout, its build tool fetched by pip."""
    folder = tmp_path_factory.mktemp("wheel")
    run(ROOT, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (path,) = folder.glob("*.whl")
    return path


def run(cwd: Path, *arguments: str | Path, **environment: str) -> str:
    """Run this Python in *cwd*, which holds no package of ours, and return its standard output."""
    command = ["env", *(f"{name}={value}" for name, value in environment.items()), sys.executable, *map(str, arguments)]
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=110, check=False)
    assert result.returncode == 0, result.stderr  # not `check`, which would hide what was said
    return result.stdout


def test_it_holds_what_runs_and_nothing_else(wheel: Path) -> None:
    """What is no Python file is easily forgotten, and first missed by whoever installs it."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        info = next(name.partition("/")[0] for name in names if name.endswith("/METADATA"))
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
    packages = {"bot", "store", "finetune", "adapters"}
    run_time = {
        path.relative_to(ROOT).as_posix()
        for package in packages
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".pyc", ".mo")
    }

    assert {name.partition("/")[0] for name in names} == packages | {info}
    assert run_time <= names
    for needed in ("bot/locale/pt_BR/LC_MESSAGES/aprendiz.po", "adapters/web/playground.html", "finetune/recipes/default.toml"):
        assert needed in names
    for folder in (
        "store/migrations/versions/",
        "adapters/web/static/",
        "store/sample_company/customers/",
        "store/sample_company/employees/",
    ):
        assert any(name.startswith(folder) for name in names), folder
    assert not any("test" in Path(name).parts or name.startswith(("tests/", "docs/")) for name in names)
    assert f"{info}/licenses/LICENSE" in names
    assert "aprendiz = adapters.cli.main:main" in entry_points


def test_it_answers_where_no_checkout_is(wheel: Path, tmp_path: Path) -> None:
    """An editable install hides a file that the wheel lacks: here the wheel alone is imported."""
    site, folder = tmp_path / "site", tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "filters.md").write_text(GUIDE)
    run(folder, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site, wheel)
    settings = {"PYTHONPATH": str(site), "APRENDIZ_HOME": str(tmp_path / "home"), "APRENDIZ_LANGUAGE": "pt_BR"}
    imported = run(folder, "-c", "import adapters, bot, store; print(adapters.__file__, bot.__file__, store.__file__)", **settings)
    run(folder, "-m", "adapters.cli.main", "knowledge", "add", "filters.md", **settings)
    said = run(folder, "-m", "adapters.cli.main", "ask", "When is the air filter of the compressor replaced?", "--json", **settings)
    answer = json.loads(said)

    assert all(path.startswith(str(site)) for path in imported.split())
    assert "six months" in answer["answer"]
    assert [source["source"] for source in answer["sources"]] == ["filters.md"]
