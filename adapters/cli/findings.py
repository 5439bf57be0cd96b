"""What a check of `aprendiz doctor` found."""

from dataclasses import dataclass
from typing import Literal

Mark = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: `detail` says what is, `remedy` what to do (empty where all is well); both are translated."""

    check: str
    mark: Mark
    detail: str
    remedy: str = ""
