"""Requests over HTTP that were refused: whether it is our clock or the signing secret that the operator has to put right."""

import hmac
import logging
from collections.abc import Callable, Mapping
from time import time
from typing import Final

from slack_sdk.signature import SignatureVerifier

logger = logging.getLogger(__name__)

# https://docs.slack.dev/authentication/verifying-requests-from-slack: older requests, and those of the future, are refused.
_MOST_S: Final = 300


class Refusals:
    """Warns the operator, once of each, why requests are refused: the reason is hidden from whoever sent them."""

    def __init__(self, signing_secret: str, *, clock: Callable[[], float] = time) -> None:
        """Know Slack's signature by *signing_secret*; *clock* gives seconds since 1970."""
        self._verifier = SignatureVerifier(signing_secret)
        self._clock = clock
        self._told: set[str] = set()

    def note(self, headers: Mapping[str, str], body: bytes) -> None:
        """Look at a refused request with its headers in lower case."""
        sent = headers.get("x-slack-request-timestamp", "")[:12]
        signature = self._verifier.generate_signature(timestamp=sent, body=body) or ""
        if not hmac.compare_digest(signature.encode(), headers.get("x-slack-signature", "").encode()):
            self._tell("a request was not signed with slack.signing_secret (APRENDIZ_SLACK__SIGNING_SECRET); it was refused", 0)
        elif sent.isdecimal() and abs(off := self._clock() - int(sent)) > _MOST_S:
            self._tell("this machine's clock differs from Slack's, whose requests are refused for it; set it by NTP", round(off))

    def _tell(self, sentence: str, seconds: int) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            logger.warning(sentence, extra={"seconds": seconds} if seconds else {})
