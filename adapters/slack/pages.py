"""The pages of the installation: one heading, one sentence, at most one link. Everything is escaped."""

from html import escape

from bot.texts import language_of, translate


def install_page(language: str, url: str) -> str:
    """Return the page that sends people to Slack's consent screen at *url*."""
    sentence = translate(language, "Aprendiz answers questions in Slack. Choose the workspace in which it should do so.")
    return _page(language, sentence, url, translate(language, "Add to Slack"))


def installed_page(language: str) -> str:
    """Return the page after an installation."""
    return _page(language, translate(language, "Aprendiz is installed. You can close this window and write to it in Slack."))


def not_installed_page(language: str, *, again: str, cancelled: bool) -> str:
    """Return the page after an installation that failed or was *cancelled*; *again* is where it begins anew."""
    sentence = (
        translate(language, "Nothing was installed, because you chose so.")
        if cancelled
        else translate(language, "The installation did not work. Please begin again.")
    )
    return _page(language, sentence, again, translate(language, "Begin again"))


def accepted_language(header: str) -> str:
    """Return the language that an `Accept-Language` header names first."""
    return language_of(header.split(",", maxsplit=1)[0].strip())


def _page(language: str, sentence: str, url: str = "", label: str = "") -> str:
    link = f'<p><a href="{escape(url)}">{escape(label)}</a></p>' if url else ""
    lang = language.replace("_", "-")
    return (
        f'<!doctype html><html lang="{escape(lang)}"><head><meta charset="utf-8"><title>Aprendiz</title></head>'
        f"<body><h1>Aprendiz</h1><p>{escape(sentence)}</p>{link}</body></html>"
    )
