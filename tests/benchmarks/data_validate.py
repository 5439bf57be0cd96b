"""Checking 500 MB of rows, against no more than parsing and encoding them."""

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.result import Result

SIZE_BYTES = 500_000_000
MODEL = "gpt-4.1-mini-2025-04-14"
PEAK_MB = 200
SPEED = 0.5
_SEED = 20_261_122
_AT_ONCE = 5_000  # rows between writes
_TEXT = (
    "the filter of this machine reports an error after cleaning close water inlet wait two minutes then reset control panel invoices "
    "for current month are issued on fifth working day ask support desk new card stops working at once please open door before starting "
    "o sistema informa que a nota fiscal não foi emitida porque o cadastro do cliente está incompleto verifique endereço e telefone "
    "depois tente novamente em alguns minutos se o problema continuar abra um chamado com número do pedido e a data da compra"
)
_WORDS = _TEXT.split()

# Each runs alone, so that its time and peak are its own.
_BARE = """
import json, sys, time
from finetune.token_counts import _tiktoken
encode = _tiktoken("o200k_base").encode
started, tokens = time.monotonic(), 0
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        for message in json.loads(line)["messages"]:
            tokens += len(encode(message["content"], disallowed_special=()))
print(json.dumps({"seconds": time.monotonic() - started, "tokens": tokens}))
"""
_CHECKED = """
import json, re, sys, time
from pathlib import Path
started = time.monotonic()
from adapters.cli.main import main
code = main(["data", "validate", sys.argv[1], "--for", sys.argv[2], "--no-personal-data", "--json"])
# Not ru_maxrss: a child begins with what its parent held, https://man7.org/linux/man-pages/man2/getrusage.2.html
peak_kb = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
print(json.dumps({"code": code, "seconds": time.monotonic() - started, "peak_mb": peak_kb / 1024}))
"""


async def validate(workdir: Path) -> Result:
    """Compare the command's speed with a bare loop's on the same file, which is made in *workdir*; its peak must keep to the goal, too."""
    measured = await measure(workdir, size_bytes=SIZE_BYTES)
    sys.stderr.write(f"validate: {json.dumps(measured)}\n")
    met = measured["speed"] >= SPEED and measured["peak_mb"] < PEAK_MB
    return Result("validate", measured["speed"], "x", f">= {SPEED:g}, peak < {PEAK_MB} MB", met)


async def measure(workdir: Path, *, size_bytes: int) -> dict[str, Any]:
    """Return `speed` (the bare loop's seconds for one of the command's), `peak_mb`, `rows`, `tokens` and both times in seconds."""
    path = workdir / "rows.jsonl"
    rows = await asyncio.to_thread(write_rows, path, size_bytes)
    bare = (await _run(workdir, _BARE, str(path)))[-1]
    told, checked = await _run(workdir, _CHECKED, str(path), MODEL)
    assert (checked["code"], told["rows"], told["findings"]) == (0, rows, [])
    assert told["tokens"] == bare["tokens"] + rows * (3 + 3 * 4)  # three messages a row
    return {
        "speed": bare["seconds"] / checked["seconds"],
        "peak_mb": checked["peak_mb"],
        "rows": rows,
        "tokens": told["tokens"],
        "bare_s": bare["seconds"],
        "checked_s": checked["seconds"],
    }


def write_rows(path: Path, size_bytes: int) -> int:
    """Write questions and answers in two languages, of some 560 bytes each, from a fixed seed; return how many."""
    rng = random.Random(_SEED)
    rows = 0
    with path.open("wb") as file:
        while file.tell() < size_bytes:
            file.write(b"".join(_row(rng, rows + at) for at in range(_AT_ONCE)))
            rows += _AT_ONCE
    return rows


def _row(rng: random.Random, number: int) -> bytes:
    contents = ("You are the assistant of the company.", f"{_text(rng, 18)} {number}?", f"{_text(rng, 50)}.")
    messages = [{"role": role, "content": content} for role, content in zip(("system", "user", "assistant"), contents, strict=True)]
    return json.dumps({"messages": messages}, ensure_ascii=False).encode() + b"\n"


def _text(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(_WORDS, k=rng.randint(words // 2, words * 3 // 2))).capitalize()


async def _run(workdir: Path, program: str, *arguments: str) -> list[dict[str, Any]]:
    """Run *program* and return what it wrote, a line of JSON each."""
    command = ("env", f"APRENDIZ_HOME={workdir / 'home'}", sys.executable, "-c", program, *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return [json.loads(line) for line in output.splitlines()]


async def _main() -> None:
    import tempfile

    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        print(await measure(Path(folder), size_bytes=int(sys.argv[1])), time.monotonic() - started)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_main())
