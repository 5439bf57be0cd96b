"""Model files from the Hugging Face Hub: a short list of good ones, and a download that is resumed and checked."""

import errno
import hashlib
import io
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx2
from filelock import FileLock, Timeout
from huggingface_hub import errors, get_hf_file_metadata, hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # documented, not listed
from huggingface_hub.utils.tqdm import silent_tqdm
from typing_extensions import Buffer

from bot.errors import ChatbotError, Misconfigured, Refused, TryAgainLater

Progress = Callable[[int, int], None]

GGUF_MAGIC = b"GGUF"
REFERENCE = re.compile(r"(?:hf:)?(?P<repository>[\w.-]+/[\w.-]+)[/:](?P<file>(?:[\w.-]+/)*[\w.-]+\.gguf)")
SHA256 = re.compile(r"[0-9a-f]{64}")  # a large file's ETag: https://huggingface.co/docs/huggingface_hub/package_reference/file_download
SPARE_BYTES = 256 * 2**20  # what the disk should keep free for the ledger and the index
EUROPEAN = ("en", "pt", "es", "fr", "de", "it")
WORLD = (*EUROPEAN, "nl", "pl", "ru", "ar", "zh", "ja", "ko", "vi", "th", "id", "tr")


@dataclass(frozen=True, slots=True)
class Model:
    """
    A model file known to answer well from passages.

    `memory_bytes` is what llama.cpp takes with a window of 4,096 tokens; `languages` are ISO 639-1 codes for
    `APRENDIZ_MODEL__LANGUAGES`, as the model's card names them.
    """

    name: str
    reference: str
    size_bytes: int
    memory_bytes: int
    licence: str
    languages: tuple[str, ...]


# Sizes are rounded to the megabyte; the hub's own are checked at the download.
CATALOGUE: tuple[Model, ...] = (
    Model(
        "qwen2.5-0.5b",
        "Qwen/Qwen2.5-0.5B-Instruct-GGUF/qwen2.5-0.5b-instruct-q8_0.gguf",
        676_000_000,
        1_100_000_000,
        "Apache-2.0",
        (*EUROPEAN, "ru", "ar", "zh", "ja", "ko", "vi", "th"),
    ),
    Model(
        "qwen2.5-1.5b",
        "Qwen/Qwen2.5-1.5B-Instruct-GGUF/qwen2.5-1.5b-instruct-q4_k_m.gguf",
        1_117_000_000,
        1_700_000_000,
        "Apache-2.0",
        (*EUROPEAN, "ru", "ar", "zh", "ja", "ko", "vi", "th"),
    ),
    Model("qwen3-1.7b", "Qwen/Qwen3-1.7B-GGUF/Qwen3-1.7B-Q8_0.gguf", 1_834_000_000, 2_800_000_000, "Apache-2.0", WORLD),
    Model("smollm3-3b", "ggml-org/SmolLM3-3B-GGUF/SmolLM3-Q4_K_M.gguf", 1_915_000_000, 2_700_000_000, "Apache-2.0", EUROPEAN),
    Model("qwen3-4b", "Qwen/Qwen3-4B-GGUF/Qwen3-4B-Q4_K_M.gguf", 2_497_000_000, 3_700_000_000, "Apache-2.0", WORLD),
    Model("qwen3-8b", "Qwen/Qwen3-8B-GGUF/Qwen3-8B-Q4_K_M.gguf", 5_028_000_000, 6_300_000_000, "Apache-2.0", WORLD),
)


@dataclass(frozen=True, slots=True)
class _Remote:
    """A file on the hub as its metadata describes it."""

    repository: str
    name: str
    url: str
    size_bytes: int
    sha256: str


def pull(reference: str, directory: Path, *, progress: Progress, token: str | None = None, endpoint: str | None = None) -> Path:
    """
    Download a model file into *directory*; what an interrupted call left there is gone on with.

    Args:
        reference: `owner/repo/file.gguf`, `hf:owner/repo:file.gguf`, or a name of `CATALOGUE`.
        directory: Made where it is missing.
        progress: Called with the bytes that are there and those of the whole file.
        token: For private and gated repositories; None for the one that the hub's own tools keep.
        endpoint: The hub's address; None for the public one.

    Returns:
        The file: complete, of the size and SHA-256 that the hub states, and a GGUF. It replaces an older one only then.

    Raises:
        Refused: No such model or file, no access, no room on the disk, or not a GGUF file.
        TryAgainLater: The hub does not respond, the download broke off, or what came was damaged.
        Misconfigured: *directory* cannot be written.
    """
    repository, file = _parse(reference)
    try:
        remote = _describe(repository, file, token=token, endpoint=endpoint)
        directory.mkdir(parents=True, exist_ok=True)
        with FileLock(directory / f".{remote.name}.lock", timeout=0):
            return _fetch(remote, directory, progress=progress, token=token)
    except Timeout as error:
        raise Refused(f"{file} is being pulled by another process: wait for it") from error
    except (errors.HfHubHTTPError, httpx2.HTTPError) as error:
        raise _ours(error, f"{repository}/{file}") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Refused(f"the disk of {directory} is full: make room and pull again; what is there already is kept") from error
        raise Misconfigured(f"{directory} cannot be written ({error.strerror or error}): choose another directory or its owner") from error


def _parse(reference: str) -> tuple[str, str]:
    known = next((model.reference for model in CATALOGUE if model.name == reference.lower()), reference)
    match = REFERENCE.fullmatch(known)
    if match is None or ".." in known:
        names = ", ".join(model.name for model in CATALOGUE)
        raise Refused(f"{reference!r} is no model: give owner/repo/file.gguf of the hub, or one of {names}")
    return match["repository"], match["file"]


def _describe(repository: str, file: str, *, token: str | None, endpoint: str | None) -> _Remote:
    url = hf_hub_url(repository, file, endpoint=endpoint)
    found = get_hf_file_metadata(url, token=token, endpoint=endpoint)
    if found.size is None or found.etag is None or not SHA256.fullmatch(found.etag):
        raise Refused(f"the hub states no size or checksum for {repository}/{file}: it is no model file that could be verified")
    pinned = hf_hub_url(repository, file, revision=found.commit_hash, endpoint=endpoint)
    return _Remote(repository, Path(file).name, pinned, found.size, found.etag)


def _fetch(remote: _Remote, directory: Path, *, progress: Progress, token: str | None) -> Path:
    target = directory / remote.name
    if _is_whole(target, remote):
        progress(remote.size_bytes, remote.size_bytes)
        return target
    part = directory / f".{remote.name}.{remote.sha256[:12]}.part"
    _require_room(remote, directory, there=part.stat().st_size if part.exists() else 0)
    _download(remote, part, progress=progress, token=token)
    if not _is_whole(part, remote):
        part.unlink()
        raise TryAgainLater(f"{remote.name} arrived damaged (its SHA-256 is not the hub's) and was removed: pull it again")
    with part.open("rb") as file:
        magic = file.read(len(GGUF_MAGIC))
    if magic != GGUF_MAGIC:
        part.unlink()
        raise Refused(f"{remote.name} of {remote.repository} is no GGUF file and was removed: choose another file")
    part.replace(target)
    return target


def _require_room(remote: _Remote, directory: Path, *, there: int) -> None:
    needed, free = remote.size_bytes - there + SPARE_BYTES, shutil.disk_usage(directory).free
    if free < needed:
        raise Refused(f"{remote.name} needs {_megabytes(needed)} MB on the disk of {directory}, which has {_megabytes(free)}: make room")


def _download(remote: _Remote, part: Path, *, progress: Progress, token: str | None) -> None:
    with _Watched(part, remote.size_bytes, progress) as file:
        there = file.tell()
        if there > remote.size_bytes:
            file.truncate(0)
            there = 0
        try:
            http_get(
                remote.url,
                cast("io.BufferedWriter", file),
                resume_size=there,
                headers=build_hf_headers(token=token),
                expected_size=remote.size_bytes,
                tqdm_class=silent_tqdm,
            )
        except OSError as error:
            if error.errno is not None or isinstance(error, httpx2.HTTPError):
                raise
            raise TryAgainLater(f"{remote.name} broke off: pull it again, it goes on where it stopped") from error
        file.flush()
        os.fsync(file.fileno())


class _Watched(io.BufferedWriter):
    """A file appended to, which reports how long it is."""

    def __init__(self, path: Path, size_bytes: int, progress: Progress) -> None:
        super().__init__(io.FileIO(path, "ab"))
        self._size_bytes, self._progress = size_bytes, progress

    def write(self, data: Buffer) -> int:
        written = super().write(data)
        self._progress(self.tell(), self._size_bytes)
        return written


def _is_whole(path: Path, remote: _Remote) -> bool:
    if not path.is_file() or path.stat().st_size != remote.size_bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == remote.sha256


def _ours(error: Exception, name: str) -> ChatbotError:
    match error:
        case errors.GatedRepoError():
            return Refused(f"{name} is gated: accept its licence on the hub's page and give a token of that account")
        case errors.RepositoryNotFoundError():
            return Refused(f"the hub has no repository for {name}, or it is private: check the name, or give a token that may read it")
        case errors.EntryNotFoundError():
            return Refused(f"the hub has no file {name}: check its name")
        case errors.HfHubHTTPError() if error.response.status_code in (401, 403):
            return Refused(f"the hub refuses the token for {name}: give another, or none for a public model")
    return TryAgainLater(f"{name} cannot be fetched now ({type(error).__name__}): pull it again, it goes on where it stopped")


def _megabytes(size: int) -> int:
    return round(size / 1_000_000)
