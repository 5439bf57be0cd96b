"""`aprendiz models`: the model files that can answer, and the versions that training made for them."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.cli import models_export, models_migrate, models_versions
from adapters.cli.session import Session, json_option, pass_session
from adapters.cli.wording import one_line
from bot.errors import Misconfigured
from bot.texts import N_

if TYPE_CHECKING:
    from bot.settings import Settings
    from finetune.hub import Model

FOLDER = "models"


@click.group("models", short_help="List, show, pull and promote models and their versions.")
def command() -> None:
    """
    List good multilingual models, show the one that answers, and pull others from the Hugging Face Hub.

    Rounds of training make versions for the model that answers: list, show, promote and export them, or take one back.
    """


command.add_command(models_versions.promote)
command.add_command(models_versions.rollback)
command.add_command(models_export.command)
command.add_command(models_migrate.command)


@command.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List models known to answer well, with what they take (✓ marks those that are here), and the trained versions, newest first."""
    from finetune.hub import CATALOGUE

    output = session.output(as_json=as_json)
    folder = session.settings.home / FOLDER
    here = {model.name: folder / Path(model.reference).name for model in CATALOGUE}
    versions = models_versions.known(session)
    if as_json:
        for model in CATALOGUE:
            output.emit({"kind": "file"} | asdict(model) | {"pulled": here[model.name].is_file()})
        for version in versions:
            output.emit({"kind": "version"} | asdict(version))
        return
    output.table(
        (N_("Model"), N_("Download"), N_("Memory"), N_("Licence"), N_("Languages"), N_("Here")),
        ((*_figures(model), "✓" if here[model.name].is_file() else "") for model in CATALOGUE),
    )
    output.say(N_("aprendiz models pull NAME fetches one; aprendiz models show tells which one answers."), style="dim")
    if versions:
        output.piece("\n")
        models_versions.write_table(versions, output)


def _figures(model: "Model") -> tuple[str, ...]:
    return model.name, _gigabytes(model.size_bytes), _gigabytes(model.memory_bytes), model.licence, " ".join(model.languages)


@command.command("show")
@click.argument("version", type=click.IntRange(min=1), required=False)
@json_option
@pass_session
def show(session: Session, version: int | None, as_json: bool) -> None:
    """Show the model that the settings choose and what is laid over it, or all that is known of the trained VERSION."""
    output = session.output(as_json=as_json)
    if version is not None:
        models_versions.write_card(session, version, output)
        return
    production, problems = models_versions.in_production(session)
    for problem in problems:
        output.note(problem)
    facts = _chosen(session.settings) | {"production": production}
    if as_json:
        output.emit(facts)
        return
    names = {
        "backend": N_("Backend"),
        "name": N_("Model"),
        "path": N_("File"),
        "size_bytes": N_("Bytes"),
        "adapter": N_("Adapter"),
        "address": N_("Address"),
        "fallback": N_("In its place"),
        "languages": N_("Languages"),
        "context_tokens": N_("Window"),
        "production": N_("In production"),
    }
    output.facts((names[key], _shown(value)) for key, value in facts.items() if value)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"v{version} ({audience})" for audience, version in value.items())
    return " ".join(value) if isinstance(value, list) else str(value)


def _chosen(settings: "Settings") -> dict[str, object]:
    model = settings.model
    common: dict[str, object] = {"languages": list(model.languages), "context_tokens": model.context_tokens}
    if model.backend == "openai":
        from bot.backends.model_facts import known_facts

        provider = settings.providers[model.provider].address if model.provider else settings.openai.base_url
        addresses = " ".join(model.servers) or provider
        if "context_tokens" not in model.model_fields_set:  # then it is the service's to tell, when it is asked
            common["context_tokens"] = known_facts(model.name).window or None
        return {"backend": model.backend, "name": model.name, "address": addresses, "fallback": list(model.fallback), **common}
    from bot.backends.llama_cpp import default_model_path

    path = model.path or default_model_path()
    try:
        size_bytes = path.stat().st_size
    except OSError as error:
        raise Misconfigured(f"model file {path} cannot be read ({error.strerror}); correct APRENDIZ_MODEL__PATH") from error
    adapter = str(model.adapter) if model.adapter else ""
    return {
        "backend": model.backend,
        "name": model.name or path.stem,
        "path": str(path),
        "size_bytes": size_bytes,
        "adapter": adapter,
        **common,
    }


@command.command("pull")
@click.argument("reference")
@json_option
@pass_session
def pull(session: Session, reference: str, as_json: bool) -> None:
    """
    Download a model into the home, resumed and checked.

    REFERENCE is a name of `aprendiz models list`, or owner/repository/file.gguf on the hub.
    """
    from finetune.hub import CATALOGUE
    from finetune.hub import pull as pull_file

    output = session.output(as_json=as_json)
    with output.progress(N_("Pulling {reference}"), reference=reference) as progress:
        path = pull_file(reference, session.settings.home.absolute() / FOLDER, progress=progress)
    known = next((model for model in CATALOGUE if Path(model.reference).name == path.name), None)
    if as_json:
        output.emit({"path": str(path), "size_bytes": path.stat().st_size, "languages": list(known.languages) if known else []})
        return
    output.say(N_("Pulled. To answer with it, set:"))
    output.piece(f"  APRENDIZ_MODEL__PATH={path}\n")
    if known:
        output.piece(f"  APRENDIZ_MODEL__LANGUAGES='{one_line(known.languages)}'\n")


def _gigabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"
