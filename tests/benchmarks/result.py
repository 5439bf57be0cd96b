"""One measured row of a benchmark."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """A figure against its goal; `goal` reads like "<= 1.5"."""

    name: str
    value: float
    unit: str
    goal: str
    met: bool


def at_most(name: str, value: float, *, goal: float, unit: str) -> Result:
    """Return a row whose value must not exceed *goal*."""
    return Result(name, value, unit, f"<= {goal:g}", value <= goal)


def at_least(name: str, value: float, *, goal: float, unit: str) -> Result:
    """Return a row whose value must reach *goal*."""
    return Result(name, value, unit, f">= {goal:g}", value >= goal)


class Skipped(Exception):
    """What a row is measured with is not here; the text says what, and how to give it."""
