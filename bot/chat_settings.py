"""Settings of the chat platforms: how each is reached, and who may ask there."""

from pydantic import Field, SecretStr

from bot.sections import NO_SECRET, Section


class Access(Section):
    """
    Who may ask, by the platform's ids: an empty allow-list allows all, a block-list wins over it.

    Workspaces are Slack teams and Discord servers, groups Slack user groups and Discord roles; a channel's threads belong to it.
    Discord's direct messages belong to no server and show no role: they are left out where only some of these may ask.
    """

    allow_workspaces: tuple[str, ...] = Field((), description="Only these Slack teams or Discord servers may ask")
    block_workspaces: tuple[str, ...] = Field((), description="These may not")
    allow_channels: tuple[str, ...] = Field((), description="Only these channels; direct messages are not bound by it")
    block_channels: tuple[str, ...] = Field((), description="Not in these channels")
    allow_groups: tuple[str, ...] = Field((), description="Only members of these user groups or roles")
    block_groups: tuple[str, ...] = Field((), description="Not members of these")


class SlackSettings(Section):
    """Slack connects over Socket Mode where `app_token` is set, else over HTTP where `signing_secret` is."""

    bot_token: SecretStr = Field(NO_SECRET, description="Bot token, xoxb-…")
    app_token: SecretStr = Field(NO_SECRET, description="App-level token with connections:write, xapp-…")
    signing_secret: SecretStr = Field(NO_SECRET, description="Signing secret; with it and without app_token events come over HTTP")
    client_id: str = Field("", description="With client_secret: other workspaces can install the app from /slack/install")
    client_secret: SecretStr = Field(NO_SECRET, description="OAuth client secret")
    api_url: str = Field("https://slack.com/api/", description="Where every Slack request goes, the socket's address included")
    streaming: bool = Field(True, description="Stream with chat.startStream; off, or where Slack refuses, by paced chat.update")
    access: Access = Field(default_factory=Access, description="Who may ask on Slack")


class DiscordSettings(Section):
    """Discord connects where the token is set."""

    token: SecretStr = Field(NO_SECRET, description="Bot token")
    api_url: str = Field("https://discord.com/api/v10", description="Where every Discord request goes, the gateway's address included")
    message_content: bool = Field(
        False, description="Follow threads and replies without a mention; needs the app's privileged Message Content Intent"
    )
    thread_channels: tuple[str, ...] = Field((), description="Channels where every answer opens a thread; * for all")
    access: Access = Field(default_factory=Access, description="Who may ask on Discord")
