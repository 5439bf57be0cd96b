"""The playground and the HTTP API as one application, and the server that runs it inside our event loop."""

import asyncio
import contextlib
import mimetypes
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from adapters.web import api, operator, playground
from adapters.web.failures import add_failures
from adapters.web.security import Guard, check_exposure
from adapters.web.services import WebServices
from bot.errors import Misconfigured
from bot.texts import load_catalogues

__all__ = ["WebServices", "create_app", "serve"]

_STATIC = Path(__file__).parent / "static"
_GRACE_S = 3
_CLOSING_S = 1


def create_app(services: WebServices, *, mounts: Mapping[str, ASGIApp] | None = None) -> FastAPI:
    """
    Return the application.

    Args:
        services: What it works with.
        mounts: By path (`/slack`), what a platform calls from outside: each verifies and bounds its requests itself.

    Raises:
        Misconfigured: It would be served beyond this machine without a good token.
    """
    check_exposure(services.settings)
    app = FastAPI(title="Aprendiz", openapi_url=None)
    app.state.services = services
    mounted = mounts or {}
    app.add_middleware(Guard, services=services, outside=tuple(mounted))
    add_failures(app)
    for module in (playground, api, operator):
        app.include_router(module.router)
    for path, each in mounted.items():
        app.mount(path, each)
    # The directory is looked at with the first request, in a thread.
    app.mount("/static", StaticFiles(directory=_STATIC, check_dir=False), name="static")
    return app


async def serve(app: FastAPI, *, host: str, port: int, ready: Callable[[str], None] | None = None) -> None:
    """
    Serve *app* until cancelled; running answers then get a few seconds to end.

    Args:
        app: From `create_app`.
        host: The address to listen on.
        port: 0 for any free one.
        ready: Called once requests are taken, with the page's address.

    Raises:
        Misconfigured: The address cannot be listened on.
    """
    await asyncio.to_thread(_read_tables)
    with await _listen(host, port) as listener:
        server = _Server(app, (lambda: ready(_address(host, listener))) if ready else None)
        running = asyncio.create_task(server.serve([listener]))
        try:
            await asyncio.shield(running)
        finally:
            server.should_exit = True
            await running
            # Answers cut short close their exchanges, while there still is a ledger.
            if cut_short := set(server.server_state.tasks):
                await asyncio.wait(cut_short, timeout=_CLOSING_S)


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: the process has one owner of SIGTERM, and it is not the web server."""

    def __init__(self, app: FastAPI, ready: Callable[[], None] | None) -> None:
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, lifespan="off", ws="none", timeout_graceful_shutdown=_GRACE_S
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _read_tables() -> None:
    # Read from disk once, here, so that no request waits for it.
    load_catalogues()
    mimetypes.init()


async def _listen(host: str, port: int) -> socket.socket:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return socket.create_server(found[0][4][:2], family=found[0][0])
    except OSError as error:
        # A name that cannot be resolved has a negative number, which the system has no words for.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise Misconfigured(
            f"web: {host}:{port} cannot be listened on ({reason}); stop what uses it, or set web.host and web.port "
            "(APRENDIZ_WEB__HOST, APRENDIZ_WEB__PORT)"
        ) from error


def _address(host: str, listener: socket.socket) -> str:
    # By the configured name, because that is what the guard lets in.
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}/"
