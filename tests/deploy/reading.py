"""How the tests read what `deploy/` and the manifest's code hold."""

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def read_yaml(text: str) -> Any:
    """Return what *text* holds, read as YAML without any tags of programs."""
    return yaml.safe_load(text)
