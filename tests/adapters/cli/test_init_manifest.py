"""The Slack app's manifest against Slack's own schema, and against what the program uses."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from discord import Permissions

from adapters.cli.discord_invite import ALL, PERMISSIONS, invite_link, lacking
from adapters.cli.slack_manifest import BOT_EVENTS, BOT_SCOPES, as_yaml, creation_link, manifest, manifest_for
from adapters.slack.blocks import ANSWER_SHORTCUT
from adapters.slack.faults import GROUPS_SCOPE, NEEDED_SCOPES, USEFUL_SCOPES
from bot.settings import Settings
from bot.texts import LANGUAGES
from tests.deploy.reading import read_yaml
from tests.fakes.slack_rules import METHODS

# (least, most) characters, from https://github.com/slackapi/manifest-schema/blob/main/schemas/manifest.schema.2.0.0.json
LENGTHS = {
    "display_information.name": (1, 35),
    "display_information.description": (1, 140),
    "display_information.background_color": (4, 7),
    "features.bot_user.display_name": (1, 80),
    "features.agent_view.agent_description": (1, 300),
    "features.shortcuts.name": (1, 24),
    "features.shortcuts.type": (6, 7),
    "features.shortcuts.callback_id": (1, 255),
    "features.shortcuts.description": (1, 150),
    "features.slash_commands.command": (2, 32),
    "features.slash_commands.url": (1, 3000),
    "features.slash_commands.description": (1, 2000),
    "features.slash_commands.usage_hint": (1, 1000),
    "oauth_config.redirect_urls": (1, 2500),
    "oauth_config.scopes.bot": (1, 50),
    "settings.event_subscriptions.request_url": (1, 3500),
    "settings.event_subscriptions.bot_events": (1, 50),
    "settings.interactivity.request_url": (1, 3500),
}
FLAGS = {
    "features.app_home.home_tab_enabled",
    "features.app_home.messages_tab_enabled",
    "features.app_home.messages_tab_read_only_enabled",
    "features.bot_user.always_online",
    "features.slash_commands.should_escape",
    "settings.interactivity.is_enabled",
    "settings.org_deploy_enabled",
    "settings.socket_mode_enabled",
    "settings.token_rotation_enabled",
}
# The bot scopes of https://docs.slack.dev/reference/scopes that could concern an app like this one.
KNOWN_SCOPES = {
    "app_mentions:read", "assistant:write", "channels:history", "channels:join", "channels:read", "chat:write", "chat:write.customize",
    "chat:write.public", "commands", "emoji:read", "files:read", "files:write", "groups:history", "groups:read", "im:history", "im:read",
    "im:write", "links:read", "metadata.message:read", "mpim:history", "mpim:read", "mpim:write", "pins:read", "reactions:read",
    "reactions:write", "team:read", "usergroups:read", "users.profile:read", "users:read", "users:read.email",
}  # fmt: skip
PUBLIC = "https://aprendiz.example"


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str | bool]]:
    """Yield each text and flag with its place; lists add nothing to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


@pytest.fixture(params=[(language, socket) for language in LANGUAGES for socket in (True, False)], ids=str)
def made(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return a manifest, as Slack reads it."""
    language, socket_mode = request.param
    read = read_yaml(as_yaml(manifest(language, public_url="" if socket_mode else PUBLIC, socket_mode=socket_mode)))
    assert isinstance(read, dict)
    return read


def test_every_field_is_one_that_slack_knows_with_a_length_that_it_takes(made: dict[str, Any]) -> None:
    """Slack refuses the whole manifest for one name or length, in either language."""
    for path, value in leaves(made):
        if path in FLAGS:
            assert isinstance(value, bool), path
            continue
        least, most = LENGTHS[path]
        assert isinstance(value, str), path
        assert least <= len(value) <= most, f"{path}: {value}"


def test_names_and_colours_have_the_form_that_slack_wants(made: dict[str, Any]) -> None:
    """Patterns of the same schema, and of the reference."""
    assert re.fullmatch(r"#[0-9a-fA-F]{6}", made["display_information"]["background_color"])
    assert re.fullmatch(r"[a-z0-9._-]+", made["features"]["bot_user"]["display_name"])
    assert [command["command"] for command in made["features"]["slash_commands"]] == ["/ask", "/privacy"]
    assert [(one["type"], one["callback_id"]) for one in made["features"]["shortcuts"]] == [("message", ANSWER_SHORTCUT)]


def test_nothing_is_there_twice(made: dict[str, Any]) -> None:
    """The schema wants unique items."""
    for each in (made["oauth_config"]["scopes"]["bot"], made["settings"]["event_subscriptions"]["bot_events"]):
        assert len(each) == len(set(each)) <= 100


def test_every_scope_is_known(made: dict[str, Any]) -> None:
    """A misspelled scope is granted to nobody."""
    assert set(made["oauth_config"]["scopes"]["bot"]) <= KNOWN_SCOPES


def test_every_event_and_feature_has_its_scope() -> None:
    """An event without its scope is silently never sent."""
    assert {scope for scope in BOT_EVENTS.values() if scope} <= set(BOT_SCOPES)
    assert {"commands", "assistant:write"} <= set(BOT_SCOPES)  # slash commands and shortcuts; the agent view


def test_every_scope_that_the_program_looks_for_is_asked_for() -> None:
    """What it would miss at the start, and what its calls need."""
    assert {*NEEDED_SCOPES, *USEFUL_SCOPES, GROUPS_SCOPE} <= set(BOT_SCOPES)
    assert {scope for _, scope, _ in METHODS.values() if scope} - {"connections:write"} <= set(BOT_SCOPES)


def test_over_the_socket_no_address_is_named() -> None:
    """The manifest in the repository fits every installation."""
    made = manifest("en")

    assert "http" not in as_yaml(made)
    assert made == manifest_for(Settings())


def test_over_http_one_address_takes_everything() -> None:
    """Events, buttons and commands arrive at the same place, and people come back to another."""
    addresses = {path: value for path, value in leaves(manifest("en", public_url=f"{PUBLIC}/", socket_mode=False)) if "url" in path}

    assert addresses == {
        "features.slash_commands.url": f"{PUBLIC}/slack/events",
        "oauth_config.redirect_urls": f"{PUBLIC}/slack/oauth_redirect",
        "settings.event_subscriptions.request_url": f"{PUBLIC}/slack/events",
        "settings.interactivity.request_url": f"{PUBLIC}/slack/events",
    }


def test_the_link_carries_the_manifest() -> None:
    """Slack reads it out of the link; browsers and proxies take 8,000 characters."""
    made = manifest("en", public_url=PUBLIC, socket_mode=False)
    parts = urlsplit(creation_link(made))

    assert parts.netloc == "api.slack.com"
    assert read_yaml(parse_qs(parts.query)["manifest_yaml"][0]) == made
    assert len(creation_link(made)) < 8000


@pytest.mark.parametrize("text", ["yes", "On", "null", "12", "1:30", "a: b", "# a", "- a", "", " a", "a:", 'say "ção"', "a\nb", "@x", "*"])
def test_any_text_survives_yaml(text: str) -> None:
    """Translations hold colons and quotes, and YAML takes some words for something else."""
    assert read_yaml(as_yaml({"a": [{"b": text, "c": [text]}], "d": {"e": 3}})) == {"a": [{"b": text, "c": [text]}], "d": {"e": 3}}


def test_permissions_are_those_that_discord_calls_so() -> None:
    """A wrong bit would ask for something else; administrators and message managers are not asked for."""
    named = Permissions(
        add_reactions=True,
        view_channel=True,
        send_messages=True,
        embed_links=True,
        attach_files=True,
        read_message_history=True,
        create_public_threads=True,
        send_messages_in_threads=True,
    )

    assert named.value == ALL
    assert lacking(0) == tuple(PERMISSIONS)
    assert lacking(ALL) == ()


def test_the_invite_names_application_permissions_and_both_scopes() -> None:
    """Without applications.commands there would be no /ask."""
    query = parse_qs(urlsplit(invite_link("42")).query)

    assert query == {"client_id": ["42"], "permissions": [str(ALL)], "scope": ["bot applications.commands"]}
