"""The folder of a round: what each step leaves there for the next, whole or not at all."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import Misconfigured
from finetune.local import CHECKPOINTS
from finetune.outcome import ADAPTER
from finetune.whole import write_whole

_KEPT = 5


@dataclass(frozen=True, slots=True)
class RoundFolder:
    """Where a round's files lie: `home/rounds/<round id>`."""

    path: Path

    @property
    def rows(self) -> Path:
        """`train.jsonl`, `validation.jsonl`: what is trained on, and what the stopping is judged by."""
        return self.path / "rows"

    @property
    def questions(self) -> Path:
        """The held-out and the golden questions, as they were when the round began."""
        return self.path / "questions.json"

    @property
    def training(self) -> Path:
        """Checkpoints, loss curves and the trained weights."""
        return self.path / "training"

    @property
    def base(self) -> Path:
        """The base's weights unpacked, while the round needs them."""
        return self.path / "base" / "unpacked"

    @property
    def losses(self) -> Path:
        """The loss of each step."""
        return self.training / "losses.csv"

    @property
    def weights(self) -> Path:
        """The trained weights in PEFT's layout."""
        return self.training / ADAPTER

    @property
    def adapter(self) -> Path:
        """The adapter as it is served (GGUF)."""
        return self.path / "adapter.gguf"

    @property
    def evaluation(self) -> Path:
        """Answers of both contenders, as they came."""
        return self.path / "evaluation"

    @property
    def verdict(self) -> Path:
        """What both contenders answered, with its figures."""
        return self.path / "evaluation.json"

    @property
    def again(self) -> Path:
        """Answers of the candidate to questions that it was trained on."""
        return self.path / "again"

    @property
    def report(self) -> Path:
        """The report for people."""
        return self.path / "report.html"

    @property
    def card(self) -> Path:
        """The decision with its numbers."""
        return self.path / "card.json"

    def keep(self, path: Path, value: Mapping[str, Any]) -> None:
        """
        Write *value* as JSON to *path*, whole or not at all.

        Raises:
            Misconfigured: The disk is full or fails.
        """
        write_whole(path, json.dumps(value, ensure_ascii=False, indent=2))

    def read(self, path: Path) -> dict[str, Any]:
        """Return what `keep` wrote."""
        return dict(json.loads(path.read_text(encoding="utf-8")))

    def drop_base(self) -> None:
        """Delete the unpacked base, and what a process that was killed had unpacked of it."""
        shutil.rmtree(self.base.parent, ignore_errors=True)

    def drop_checkpoints(self) -> None:
        """Delete what only an unfinished training needs; the weights stay."""
        shutil.rmtree(self.training / CHECKPOINTS, ignore_errors=True)


def tidy_rounds(folder: Path) -> None:
    """Delete what ended rounds left in *folder*: unpacked bases, and checkpoints but for the newest five's (names sort by time)."""
    found = [RoundFolder(path) for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []
    for each in found:
        each.drop_base()
    for each in found[:-_KEPT]:
        each.drop_checkpoints()


def cannot_write(path: Path, error: OSError) -> Misconfigured:
    """Return the sentence for a file that cannot be written."""
    return Misconfigured(
        f"{path} cannot be written ({error.strerror or error}); free space there or correct its rights, then run the round again"
    )
