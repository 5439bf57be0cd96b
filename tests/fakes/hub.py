"""
The part of the Hugging Face Hub that a download touches, on loopback.

A file's address redirects to the store and states size, SHA-256 and commit in its headers; the store knows byte ranges.
https://huggingface.co/docs/huggingface_hub/package_reference/file_download
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

COMMIT = "0" * 39 + "1"
TOKEN = "hf_test"


@dataclass
class Hub:
    """
    One repository with files.

    `cut_after` ends the next transfers after so many bytes, one after the other, by the connection's abort; `served` replaces
    what is sent for a file, not what is stated; `sent` are the ranges asked for.
    """

    files: dict[str, bytes]
    repository: str = "acme/Tiny-GGUF"
    private: bool = False
    gated: bool = False
    failing: bool = False
    checksums: bool = True
    ranges: bool = True
    cut_after: list[int] = field(default_factory=list)
    served: dict[str, bytes] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    address: str = ""
    store_address: str = ""

    async def resolve(self, request: web.Request) -> web.Response:
        """Answer for a file's address as the hub does."""
        owner, repo, name = (request.match_info[key] for key in ("owner", "repo", "name"))
        if self.failing:
            return _error(503, "", "Service Unavailable")
        token = request.headers.get("Authorization", "")
        if token and token != f"Bearer {TOKEN}":
            return _error(401, "", "Invalid credentials in Authorization header")
        if f"{owner}/{repo}" != self.repository or (self.private and not token):
            return _error(404 if token else 401, "RepoNotFound", "Repository not found")
        if self.gated and not token:
            return _error(401, "GatedRepo", "Access to model is restricted")
        if name not in self.files:
            return _error(404, "EntryNotFound", "Entry not found")
        content = self.files[name]
        digest = hashlib.sha256(content).hexdigest() if self.checksums else "abc"
        headers = {
            "Location": f"{self.store_address}/{name}",
            "X-Repo-Commit": COMMIT,
            "X-Linked-Size": str(len(content)),
            "X-Linked-ETag": f'"{digest}"',
        }
        return web.Response(status=302, headers=headers)

    async def store(self, request: web.Request) -> web.StreamResponse:
        """Send a file or the rest of it."""
        name = request.match_info["name"]
        content = self.served.get(name, self.files[name])
        asked = request.headers.get("Range", "")
        self.sent.append(asked)
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked and self.ranges else 0
        rest = content[start:]
        headers = {"Content-Length": str(len(rest)), "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        response = web.StreamResponse(status=206 if start else 200, headers=headers)
        await response.prepare(request)
        if self.cut_after:
            await response.write(rest[: self.cut_after.pop(0)])
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write(rest)
        return response


def _error(status: int, code: str, message: str) -> web.Response:
    return web.Response(status=status, headers={"X-Error-Code": code, "X-Error-Message": message} if code else {"X-Error-Message": message})


@asynccontextmanager
async def hub_server(hub: Hub) -> AsyncIterator[Hub]:
    """Serve on a free port of loopback."""
    app = web.Application()
    app.add_routes(
        [
            web.get("/{owner}/{repo}/resolve/{revision}/{name:.+}", hub.resolve),  # answers HEAD as well
            web.get("/store/{name:.+}", hub.store),
        ]
    )
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    hub.address = f"http://{host}:{port}"
    hub.store_address = f"http://localhost:{port}/store"  # another host, as the hub's own stores are
    try:
        yield hub
    finally:
        await runner.cleanup()
