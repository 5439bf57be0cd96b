"""What a provider's refusals mean to us, and its reasons without anybody's key in them."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import openai

from bot.errors import ChatbotError, Misconfigured, TryAgainLater
from finetune.hosted.provider import ProviderRefused

_LONGEST_REASON: Final = 500
_LONGEST_WAIT_S: Final = 60.0
_NO_CREDIT: Final = "insufficient_quota"
_REFUSED: Final = (400, 413, 415, 422)  # what was sent is wrong, whoever sends it
# Keys by their prefix, and whatever stands behind Bearer.
_KEY: Final = re.compile(r"(?:sk|pk|rk)-[\w*-]{4,}|(?<=[Bb]earer )\S+")


@dataclass(frozen=True, slots=True)
class Faults:
    """Translates what one provider refuses; `key_setting` names where its key is set."""

    name: str
    address: str
    key: str
    key_setting: str

    def ours(self, error: openai.OpenAIError, *, what: str, makes: bool = False) -> ChatbotError:
        """
        Return our error for the SDK's, raised while we wanted *what*, which *makes* or changes something there, or only reads.

        The provider's own words are told of what it will not make alone: they are its reason, and have no key in them.
        """
        where = f"{self.name} at {self.address}"
        if not isinstance(error, openai.APIStatusError):
            return TryAgainLater(f"{where} does not answer ({what}: {type(error).__name__})")
        code = str(error.code or "")
        said = f"{where}: {what}: {error.status_code}" + (f" {self.told(code)}" if code else "")
        if error.status_code == 429 and code != _NO_CREDIT:
            return TryAgainLater(f"{said}: it asks to wait", refused=True, after_s=_wait_s(error))
        if error.status_code in (408, 409, 425) or error.status_code >= 500:
            return TryAgainLater(said, after_s=_wait_s(error))
        if makes and (error.status_code in _REFUSED or code == "model_not_found"):
            body = error.body if isinstance(error.body, dict) else {}
            reason = self.told(str(body.get("message") or "")) or f"{error.status_code} {self.told(code)}".strip()
            return ProviderRefused(f"{self.name} refused {what}: {reason}")
        return self._lasting(error.status_code, code=code, said=said)

    def _lasting(self, status: int, *, code: str, said: str) -> ChatbotError:
        if code == _NO_CREDIT:
            return Misconfigured(f"{said}; the account has no credit left: add some, or use another key in {self.key_setting}")
        remedies = {
            401: f"it does not know the key: set {self.key_setting} to a valid one",
            403: f"the key of {self.key_setting} may not do that: give it access to fine-tuning",
            404: "it knows nothing of that name, or has no fine-tuning at that address: correct the id or the provider's base_url",
        }
        return Misconfigured(f"{said}: {remedies.get(status, 'see its documentation for that status')}")

    def told(self, text: str) -> str:
        """Return the provider's own words in one line, without keys, terminal controls, and what goes on for pages."""
        if self.key:
            text = text.replace(self.key, "…")
        text = " ".join(_KEY.sub("…", text).split())
        text = "".join(each for each in text if each.isprintable())
        return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}…"


def _wait_s(error: openai.APIStatusError) -> float:
    """Return the seconds that it asks to wait, at most a minute; 0 where it does not say, or by a date."""
    with suppress(ValueError):
        return min(_LONGEST_WAIT_S, max(0.0, float(error.response.headers.get("retry-after", ""))))
    return 0.0
