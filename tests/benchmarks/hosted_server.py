"""A chat completions service in a process of its own, so that its work is not on our clock."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.fakes.openai_server import OpenAIServer, openai_server

_READY_WITHIN_S = 60


@asynccontextmanager
async def running_server(*, delay_s: float = 0.0) -> AsyncIterator[str]:
    """Yield the address of a service that waits *delay_s* before each piece."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.hosted_server", str(delay_s), stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        async with asyncio.timeout(_READY_WITHIN_S):
            address = (await process.stdout.readline()).decode().strip()
        yield address
    finally:
        process.stdin.close()
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _serve(delay_s: float) -> None:
    async with openai_server(OpenAIServer(delay_s=delay_s)) as server:
        server.requests = _Forgetful()
        sys.stdout.write(f"{server.address}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)  # until whoever started us is gone


class _Forgetful(list[dict[str, object]]):
    """Keeps no request: thousands would only be remembered."""

    def append(self, _: dict[str, object]) -> None:
        """Forget it."""


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
