"""The page as the server sends it."""

import re

import pytest

from adapters.web.playground import page_words
from tests.adapters.web.site import Site


@pytest.mark.parametrize(("wanted", "language"), [("en-GB", "en"), ("pt-BR,en;q=0.5", "pt-BR"), ("fr", "pt-BR")])
async def test_the_page_speaks_the_browsers_language(wanted: str, language: str) -> None:
    """Screen readers pick their voice by the page's language; without one of ours the operator's counts."""
    async with Site(language="pt_BR").program(**{"Accept-Language": wanted}) as client:
        page = (await client.get("/")).text

    assert f'<html lang="{language}">' in page
    assert page_words(language)["welcome"] in page


async def test_the_page_needs_nobody_elses_server() -> None:
    """No CDN: a company's questions are nobody's business, and offline machines work too."""
    async with Site().program() as client:
        page = (await client.get("/")).text
        addresses = re.findall(r'(?:src|href)="([^"#]+)"', page)
        statuses = {address: (await client.get(address)).status_code for address in addresses}

    assert statuses
    assert all(address.startswith("/static/") for address in addresses)
    assert set(statuses.values()) == {200}


async def test_the_page_has_no_inline_code() -> None:
    """The content policy would refuse it, so it must not be there."""
    async with Site().program() as client:
        page = (await client.get("/")).text

    assert not re.search(r"<style|\son\w+=|\sstyle=|<script(?![^>]*(?:src=|application/json))", page)


def test_words_are_complete_in_every_language() -> None:
    """A missing word would break the page's script in that language only."""
    english, portuguese = page_words("en"), page_words("pt-BR")

    assert english.keys() == portuguese.keys()
    placeholders = {key: set(re.findall(r"\{\w+\}", text)) for key, text in english.items()}
    assert placeholders == {key: set(re.findall(r"\{\w+\}", text)) for key, text in portuguese.items()}
