"""`aprendiz models export`: a trained version as a file or folder for other programs."""

import asyncio
import hashlib
import shutil
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from adapters.cli.session import Session, json_option, pass_session
from bot.errors import Refused
from bot.texts import N_

if TYPE_CHECKING:
    from adapters.cli.output import Progress
    from adapters.compose import Records

Format = Literal["gguf", "hf"]


@dataclass(frozen=True, slots=True)
class _Found:
    """
    Where a version's parts lie.

    `adapter` is the file that serves, of the given `sha256`; `weights` is PEFT's folder, as training left it; `base` is the model file that
    the settings choose, and `problem` says why the version cannot be merged into it (empty where it can, or need not).
    """

    version: int
    adapter: Path
    sha256: str
    weights: Path
    base: Path
    problem: str


@click.command("export", short_help="Write a trained version for other programs.")
@click.argument("version", type=click.IntRange(min=1))
@click.option("--format", "form", type=click.Choice(["gguf", "hf"]), required=True, help="For llama.cpp, or for transformers and peft.")
@click.option("--merge", is_flag=True, help="The whole model with the adapter merged into it, instead of the adapter alone.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", required=True, help="A new file (gguf) or folder (hf).")
@json_option
@pass_session
def command(session: Session, version: int, form: Format, merge: bool, out: Path, as_json: bool) -> None:
    """
    Write VERSION to a new place.

    gguf: the adapter as it serves, a file; with --merge the whole model with 8 bits a weight (Q8_0). hf: the adapter in PEFT's layout, a
    folder; with --merge the whole model in single precision, with tokenizer and chat template, which needs the extra [train].
    """
    output = session.output(as_json=as_json)
    if out.exists():
        raise Refused(f"{out} exists already: name another place, or remove it first")
    found = asyncio.run(_find(session.records(), version, merge=merge))
    if found.problem:
        raise Refused(found.problem)
    with output.progress(N_("Writing version {version}"), version=version) as progress:
        _write(found, out, form=form, merge=merge, progress=progress)
    size_bytes = out.stat().st_size if form == "gguf" else sum(path.stat().st_size for path in out.rglob("*"))
    if as_json:
        output.emit({"version": version, "format": form, "merged": merge, "path": str(out), "size_bytes": size_bytes})
        return
    output.say(N_("Written to {path}."), path=out)


async def _find(opening: AbstractAsyncContextManager["Records"], number: int, *, merge: bool) -> _Found:
    from bot.backends.llama_cpp import default_model_path
    from finetune.round_files import RoundFolder

    async with opening as records:
        version = await records.versions.show(number)
        if version is None:
            raise Refused(f"there is no version {number}; aprendiz models list shows those that are there")
        settings = records.settings
        return _Found(
            version=number,
            adapter=records.registry.path_of(version),
            sha256=version.adapter_sha256,
            weights=RoundFolder(settings.home / "rounds" / version.round_id).weights,
            base=settings.model.path or default_model_path(),
            problem=await records.registry.problem_of(version) if merge else "",
        )


def _write(found: _Found, out: Path, *, form: Format, merge: bool, progress: "Progress") -> None:
    match form, merge:
        case "gguf", False:
            _copy_adapter(found, out)
        case "gguf", True:
            from finetune.gguf_merge import merge_to_q8_0

            merge_to_q8_0(found.base, found.adapter, out, progress=progress)
        case _:
            _write_hf(found, out, merge=merge)


def _copy_adapter(found: _Found, out: Path) -> None:
    from finetune.whole import whole_file

    try:
        with found.adapter.open("rb") as file:
            altered = hashlib.file_digest(file, "sha256").hexdigest() != found.sha256
    except OSError as error:
        raise Refused(f"the file of version {found.version}, {found.adapter}, cannot be read ({error.strerror})") from error
    if altered:
        raise Refused(f"the file of version {found.version}, {found.adapter}, was altered: restore it from a backup")
    with whole_file(out) as draft:
        shutil.copyfile(found.adapter, draft)


def _write_hf(found: _Found, out: Path, *, merge: bool) -> None:
    from finetune.whole import whole_folder

    if not found.weights.is_dir():
        raise Refused(
            f"the weights of version {found.version} as training left them, {found.weights}, are gone; "
            f"--format gguf still writes the adapter as it serves, and with --merge the whole model"
        )
    if not merge:
        with whole_folder(out) as draft:
            shutil.copytree(found.weights, draft)
        return
    from finetune.trained import TrainedModel
    from finetune.training import GgufBase

    model = TrainedModel(GgufBase(found.base), found.weights)
    with whole_folder(out) as draft:
        model.save(draft)
