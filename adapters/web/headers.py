"""The headers that every response carries."""

from starlette.datastructures import MutableHeaders

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def harden(headers: MutableHeaders, path: str) -> None:
    """Add what the response to a request for *path* does not say itself."""
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    # Assets are checked by ETag each time, so that an update shows at once; nothing else is kept.
    headers.setdefault("Cache-Control", "no-cache" if path.startswith("/static/") else "no-store")
