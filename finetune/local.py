"""LoRA training in this process, with torch, transformers and peft."""

import importlib.util
import io
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.backends.runtime import limit_spinning
from bot.errors import Misconfigured
from finetune.batching import Pack, learning_rate, packs, row_order, steps_of
from finetune.checkpoints import Checkpoint, Checkpoints, require_same, writing
from finetune.course import Course, diverged
from finetune.encoding import Row, read_rows
from finetune.local_model import adapted, load_model, load_tokens, precision_for, seed_of
from finetune.outcome import ADAPTER, finished, keep, parts
from finetune.recipe import Recipe
from finetune.training import Base, Progress, Report, Stopped, Trained

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

PACKAGES: Final = ("torch", "transformers", "peft", "gguf", "matplotlib")
CHECKPOINTS: Final = "checkpoints"
_OPTIMISER = "optimizer.pt"
_WEIGHTS = "adapter_model.safetensors"  # PEFT's own name


def require_training() -> None:
    """
    Make sure that training is installed.

    Raises:
        Misconfigured: It is not.
    """
    missing = [name for name in PACKAGES if not _is_there(name)]
    if missing:
        raise Misconfigured(f"training is not installed ({', '.join(missing)} missing): pip install 'aprendiz[train]'")


def train(
    rows: Path | Sequence[Path], validation: Path | None, *, base: Base, recipe: Recipe, folder: Path, progress: Report, stopped: Stopped
) -> Trained | None:
    """
    Train an adapter for *base* on *rows*, or go on with what *folder* holds of the same training.

    Synchronous, for hours; takes every core. The same rows, recipe and base give the same result, interrupted or not, but for the
    last bits of floating point.

    Args:
        rows: Conversations (`.jsonl`) or plain text, one file or several; see `encoding.read_rows`.
        validation: The same, to judge each epoch by.
        base: What the adapter is trained on.
        recipe: How.
        folder: Gets `adapter/` (PEFT), `recipe.toml`, `losses.csv`, `losses.png`, `training.json` and `checkpoints/`.
        progress: Called after each step.
        stopped: Asked after each step; once true, a checkpoint is written and None returned.

    Raises:
        Refused: The rows cannot be learnt, the loss ran away, or *folder* holds another training.
        Misconfigured: Training is not installed, the base cannot be read, or *folder* cannot be written (a full disk).
    """
    require_training()
    limit_spinning()
    files = (rows,) if isinstance(rows, Path) else tuple(rows)
    made_from = parts(files, validation, base=base, recipe=recipe)
    done = finished(folder, made_from, base)
    if done:
        return done
    tokens = load_tokens(base)
    learnt = [row for path in files for row in read_rows(path, tokens, block_tokens=recipe.block_tokens)]
    judged = read_rows(validation, tokens, block_tokens=recipe.block_tokens) if validation else []
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")
    job = _Job(learnt, judged, base=base, recipe=recipe, checkpoints=Checkpoints(folder / CHECKPOINTS), made_from=made_from)
    if not job.run(progress, stopped):
        return None
    return keep(job.course, job.checkpoints, base=base, folder=folder, made_from=made_from, passed_over=job.passed_over)


class _Job:
    """One training: the model with its adapter, the optimiser, and how far they are."""

    def __init__(
        self,
        rows: Sequence[Row],
        validation: Sequence[Row],
        *,
        base: Base,
        recipe: Recipe,
        checkpoints: Checkpoints,
        made_from: Mapping[str, str],
    ) -> None:
        import torch

        self.rows, self.validation, self.recipe = rows, validation, recipe
        self._practice = {at for at, row in enumerate(rows) if row.practice}
        self.checkpoints, self.made_from = checkpoints, made_from
        found, self.passed_over = checkpoints.newest()
        if found:
            require_same(found.state["made_from"], made_from, checkpoints.folder)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        precision = found.state["course"]["precision"] if found else precision_for(recipe, self._device)
        self.model = adapted(load_model(base), recipe, half=precision == "bf16").to(self._device)
        self._weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        self._optimiser = torch.optim.AdamW(
            self._weights, lr=recipe.learning_rate, betas=recipe.betas, weight_decay=recipe.weight_decay, fused=True
        )
        self.course = Course(steps_of(len(rows), recipe), precision)
        if found:
            self._load(found)

    @property
    def steps(self) -> int:
        """All steps of all epochs."""
        return self.recipe.epochs * self.course.steps_per_epoch

    def run(self, progress: Report, stopped: Stopped) -> bool:
        """Train to the end; False where *stopped* came first."""
        course, saved = self.course, self.course.step
        clock = _Clock(self)
        while course.step < self.steps and not (course.epoch_ended and course.patience_spent(self.recipe.patience)):
            loss = self._step()
            if course.epoch_ended and self.validation:
                course.validation.append(self._judge())
            clock.tick()
            progress(clock.progress(loss))
            stop = stopped()
            if stop or course.epoch_ended or (self.recipe.save_steps and course.step - saved >= self.recipe.save_steps):
                self._save()
                saved = course.step
            if stop and course.step < self.steps:
                return False
        return True

    def _step(self) -> float:
        import torch

        course, recipe = self.course, self.recipe
        rows = self._batch()
        counted = sum(len(row.learnt) for row in rows)
        torch.manual_seed(seed_of(recipe.seed, course.step))  # for dropout: the same at each step, however often it was resumed
        self.model.train()
        loss = 0.0
        for pack in packs(rows, most_tokens=2 * recipe.block_tokens):
            part = self._loss(pack) / counted
            part.backward()  # type: ignore[no-untyped-call]
            loss += part.item()
        course.note(loss, counted=counted, tokens=sum(len(row.tokens) for row in rows))
        norm = torch.nn.utils.clip_grad_norm_(self._weights, recipe.max_gradient_norm)
        if not torch.isfinite(norm):
            raise diverged(course.step, "the gradient is no number")
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate(course.step - 1, steps=self.steps, recipe=recipe)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        return loss

    def _batch(self) -> list[Row]:
        """Return the rows of the next step: what they are follows from the seed and the step alone."""
        course, recipe = self.course, self.recipe
        order = row_order(len(self.rows), seed=recipe.seed, epoch=course.epoch, first=self._practice)
        first = course.step % course.steps_per_epoch * recipe.batch_rows
        return [self.rows[at] for at in order[first : first + recipe.batch_rows]]

    def _judge(self) -> float:
        """Return the mean loss over the validation rows' learnt tokens."""
        import torch

        self.model.eval()
        with torch.no_grad():
            total = sum(self._loss(pack).item() for pack in packs(self.validation, most_tokens=2 * self.recipe.block_tokens))
        loss = total / sum(len(row.learnt) for row in self.validation)
        if not loss < float("inf"):
            raise diverged(self.course.step, "the validation loss is no number")
        return loss

    def _loss(self, pack: Pack) -> "torch.Tensor":
        """Return the summed loss of the pack's learnt tokens; only at their places the logits are computed."""
        import torch

        def placed(values: Any) -> torch.Tensor:
            return torch.from_numpy(values).to(self._device)

        with torch.autocast(self._device, dtype=torch.bfloat16, enabled=self.course.precision == "bf16"):
            logits = self.model(
                input_ids=placed(pack.tokens)[None],  # (1, T)
                position_ids=placed(pack.positions)[None],
                use_cache=False,
                logits_to_keep=placed(pack.places),
                pack=pack,
            ).logits[0]  # (A, V)
        return torch.nn.functional.cross_entropy(logits.float(), placed(pack.targets), reduction="sum")

    def _save(self) -> None:
        import torch
        from peft import get_peft_model_state_dict
        from safetensors.torch import save

        # Said explicitly, because PEFT would look for the base's config.json, which a GGUF has none of.
        adapter = get_peft_model_state_dict(self.model, save_embedding_layers=False)
        weights = {name: value.detach().cpu().contiguous() for name, value in adapter.items()}
        optimiser = io.BytesIO()
        torch.save(self._optimiser.state_dict(), optimiser)
        course = self.course
        with self.checkpoints.staged(course.step) as (folder, state):
            self.model.peft_config["default"].save_pretrained(str(folder / ADAPTER))
            (folder / ADAPTER / _WEIGHTS).write_bytes(save(weights))
            (folder / _OPTIMISER).write_bytes(optimiser.getbuffer())
            state |= {"made_from": dict(self.made_from), "course": course.to_dict()}
        self.checkpoints.keep(self.recipe.save_limit, best=course.best_epoch * course.steps_per_epoch)

    def _load(self, found: Checkpoint) -> None:
        import torch
        from peft import set_peft_model_state_dict
        from safetensors.torch import load

        set_peft_model_state_dict(self.model, load((found.folder / ADAPTER / _WEIGHTS).read_bytes()))
        self._optimiser.load_state_dict(torch.load(found.folder / _OPTIMISER, map_location=self._device, weights_only=True))
        self.course = Course.resumed(found.state["course"])
        logger.info("training resumed", extra={"step": found.step})


class _Clock:
    """Adds up what a training costs, and tells how long it will go on."""

    def __init__(self, job: _Job) -> None:
        self._job = job
        self._began, self._first_step, self._first_tokens = time.monotonic(), job.course.step, job.course.tokens
        self._last, self._last_cpu = self._began, time.process_time()

    def tick(self) -> None:
        """Note the time since the last call."""
        now, cpu = time.monotonic(), time.process_time()
        self._job.course.seconds += now - self._last
        self._job.course.cpu_s += cpu - self._last_cpu
        self._last, self._last_cpu = now, cpu

    def progress(self, loss: float) -> Progress:
        """Return how far the training is, *loss* being that of the last step."""
        course = self._job.course
        taken = max(self._last - self._began, 1e-9)
        return Progress(
            step=course.step,
            steps=self._job.steps,
            epoch=(course.step - 1) // course.steps_per_epoch + 1,
            loss=loss,
            validation_loss=course.validation[-1] if course.validation else None,
            tokens_per_s=(course.tokens - self._first_tokens) / taken,
            left_s=taken / (course.step - self._first_step) * (self._job.steps - course.step),
        )


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
