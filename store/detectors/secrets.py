"""Credentials: keys by their services' prefixes, and what is said to be a password, a key or a code."""

import re
from collections.abc import Iterator

from store.personal_data import Span, mentions

# Prefixes as the services document them: OpenAI, Anthropic, Stripe, Slack, GitHub, GitLab, AWS, Google, Hugging Face, npm, PyPI, SendGrid,
# Twilio, DigitalOcean, Mercado Pago, Telegram; JWT; Discord bot tokens.
_KEY = re.compile(
    r"(?<![\w-])(?:(?:sk|pk|rk)[-_][\w-]{16,}|whsec_\w{16,}|xox[abeprs]-[\w-]{10,}|xapp-[\w-]{10,}|gh[pousr]_\w{20,}|github_pat_\w{20,}"
    r"|glpat-[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}|hf_\w{20,}|npm_\w{30,}|pypi-[\w-]{16,}"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|(?:SK|AC)[0-9a-f]{32}|do[opr]_v1_\w{32,}|APP_USR-[\w-]{20,}|\d{8,10}:AA[\w-]{30,}"
    r"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,45})(?![\w-])"
)
# Addresses that let anybody write into a channel.
_HOOK = re.compile(r"https://(?:hooks\.slack\.com/services|(?:\w{1,10}\.)?discord(?:app)?\.com/api/webhooks)/[\w/-]{8,200}")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----|\Z)", re.DOTALL
)
_LOGIN = re.compile(r"://[^\s/:@]{0,64}:([^\s/]{1,128})@(?=[\w[])")
_BEARER = re.compile(r"\bbearer\s{1,3}([\w.~+/=-]{16,})", re.IGNORECASE)
_PASSWORD = re.compile(
    r"\b(?:senha|password|passwd|passcode|passphrase|palavra-passe|pwd|contraseña)\b"
    r"(?P<of>(?:\s(?:d[aeo]s?|del?|for|of|to)(?:\s[\w-]{1,20}){1,3}|\s(?:provisória|temporária|atual|nova|antiga)){0,2})"
    r"[^\S\n]{0,3}(?P<sign>[:=]|é\b|is\b|es\b|era\b|was\b|\s)[^\S\n]{0,3}['\"“`]?(?P<value>[^\s'\"”`]{3,128})",
    re.IGNORECASE,
)
_PASSWORDS = ("senha", "passw", "passcode", "passphrase", "palavra-passe", "pwd", "contraseña")
_API_KEY = re.compile(
    r"\b(?:token(?: de acesso)?|access token|api[ _-]?key|secret|segredo|chave (?:de api|da api|secreta))\b"
    r"[^\S\n]{0,3}(?:[:=]|é\b|is\b)?[^\S\n]{0,3}['\"“`]?([\w.~+/=-]{12,})",
    re.IGNORECASE,
)
# As programs write it: CLIENT_SECRET=…, "apiKey": "…", AccountKey=…
_ASSIGNED = re.compile(
    r"(?:secret|token|api_?key|access_?key|account_?key|shared_?key|credential|passw(?:or)?d|senha|pwd)[\w-]{0,20}['\"]?[^\S\n]{0,3}[:=][^\S\n]{0,3}"
    r"['\"]?([\w.~+/=!@#$%^*-]{8,})",
    re.IGNORECASE,
)
_KEYS = ("token", "key", "secret", "segredo", "chave", "credential", *_PASSWORDS)
_PIN = re.compile(
    r"\b(?:pin|cvv|cvc|otp|2fa|código (?:de segurança|de verificação|de acesso|de confirmação|do (?:portão|alarme|cofre)|sms"
    r"|que chegou|recebido|que recebi|enviado|de uso único)"
    r"|(?:security|verification|one-time|access|sms|confirmation|door|gate|alarm) (?:code|password))\b"
    r"(?:(?:\s[^\W\d_]{1,12}){1,6}?\s?(?=[:=]|\sé\b|\sis\b|\sfoi\b|\swas\b))?[^\S\n]{0,3}(?:[:=]|é\b|is\b|foi\b|was\b)?[^\S\n]{0,3}"
    r"(\d{3}[ -]\d{3}|\d{3,8})(?![\w.,%-]*\w)",
    re.IGNORECASE,
)
_SENT = re.compile(
    r"\b(?:código|code)[\s:]{1,2}(\d{4,8})(?=\s(?:(?:me )?(?:chegou|veio|recebido|enviado|sent|arrived) )?(?:por|via|no|pelo|by|in a)\s"
    r"(?:sms|whats\w{0,3}|zap|e-?mail|celular|text|mensagem))",
    re.IGNORECASE,
)
_PINS = ("pin", "cvv", "cvc", "otp", "2fa", "código", "code", "one-time")


# What tells a secret, in lower case, with the pattern that finds it and the group that it is.
_SAID = (
    (("-----begin",), _PRIVATE_KEY, 0),
    (("://",), _HOOK, 0),
    (("://",), _LOGIN, 1),
    (("bearer",), _BEARER, 1),
    (_PINS, _PIN, 1),
    (("código", "code"), _SENT, 1),
)


def detect_secrets(text: str) -> Iterator[Span]:
    """Yield keys, passwords, codes."""
    for match in _KEY.finditer(text):
        yield Span(*match.span(), "SECRET", match[0])
    low = text.lower()
    for words, pattern, group in _SAID:
        if mentions(low, words):
            yield from (Span(*match.span(group), "SECRET", match[group]) for match in pattern.finditer(text))
    if mentions(low, _KEYS):
        yield from _keys_said(text)
    if mentions(low, _PASSWORDS):
        yield from _passwords_said(text)


def _keys_said(text: str) -> Iterator[Span]:
    for pattern in (_API_KEY, _ASSIGNED):
        for match in pattern.finditer(text):
            if re.search(r"\d", match[1]) and re.search("[A-Za-z]", match[1]):
                yield Span(*match.span(1), "SECRET", match[1])


def _passwords_said(text: str) -> Iterator[Span]:
    for match in _PASSWORD.finditer(text):
        value = match["value"]
        if match["sign"] == "=":  # of a connection string or an address
            value = re.split("[;&]", value, maxsplit=1)[0]
        value = value.rstrip(".,:;!?)")
        end = match.start("value") + len(value)
        said = match["sign"] if not match["of"] else "is"  # "a senha do app: obrigatória" gives none away
        if len(value) >= 3 and _is_password(value, sign=said, rest=text[end : end + 40]):
            yield Span(match.start("value"), end, "SECRET", value)


def _is_password(value: str, *, sign: str, rest: str) -> bool:
    """Tell "senha: azul" and "password is Blue42" from "a senha: esqueci onde mudo" and "password is required"."""
    odd = any(character.isdigit() for character in value) or not value.isalnum()
    if sign in (":", "="):
        return odd or not re.match(r"\s*\w", rest.split("\n", 1)[0])
    if sign.isspace():  # "senha Rio2026$"
        return odd and len(value) >= 6 and any(character.isalpha() for character in value) and not value.replace("-", "").isalpha()
    return odd and len(value) >= 4 and not value.replace("-", "").isalpha()
