"""Every setting, in one frozen `Settings`: `aprendiz.toml`, then the environment (`APRENDIZ_<SECTION>__<KEY>`)."""

import re
from pathlib import Path
from typing import ClassVar, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.chat_settings import DiscordSettings, SlackSettings
from bot.errors import Misconfigured
from bot.messages import Audience, Platform, RightsPolicy
from bot.model_settings import DEFAULT_MODEL, PROVIDER_NAME, ModelSettings, OpenAISettings, ProviderSettings, check_routes
from bot.sections import NO_SECRET, Section
from bot.spending_settings import BudgetSettings, CacheSettings, PriceSettings
from bot.texts import LANGUAGES

CONFIG_FILE = "aprendiz.toml"
PLACE_ID: Final = "(?:slack:[A-Z0-9]{1,64}|discord:[A-Za-z0-9]{1,64})"  # a channel, or a guild, as settings and commands name it
GROUP_NAME: Final = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
SCOPE: Final = f"(channel|guild):{PLACE_ID}|group:(?P<group>{GROUP_NAME})"  # see bot/scopes.py
PATTERN_NAME: Final = "[A-Z]{2,24}"
_ADDRESS = re.compile(r"https?://[^\s<>|]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CHANNEL_IDS = {"slack": re.compile(r"[CG][A-Z0-9]{2,20}"), "discord": re.compile(r"\d{5,20}")}


class StoreSettings(Section):
    """Where the ledger and the index live; empty: embedded, in the home."""

    database_url: SecretStr = Field(NO_SECRET, description="postgresql://…; empty: SQLite in the home")
    chroma_url: str = Field("", description="http://host:port of a Chroma server; empty: embedded in the home")


class WatchedFolder(Section):
    """A folder that the clock imports again and again; `scope` limits its documents within the audience (empty: to nothing)."""

    path: Path
    audience: Audience = "employees"
    scope: str = ""

    @field_validator("scope")
    @classmethod
    def _written_so(cls, value: str) -> str:
        if value and not re.fullmatch(SCOPE, value):
            raise ValueError(f"{value!r} is no scope: write channel:slack:C0123, guild:discord:999 or group:NAME")
        return value


class KnowledgeSettings(Section):
    """How documents are read and found."""

    max_file_mb: int = Field(64, ge=1, description="Larger documents are refused")
    passages: int = Field(3, ge=1, le=10, description="Passages given to the model")
    links: dict[str, str] = Field(
        default_factory=dict, description='Where files can be opened: {"docs/" = "https://…/"}, beginnings of their paths with addresses'
    )
    minimum_score: float = Field(
        0.3, ge=0, le=1, description="Passages below this relevance are used only where no others are there and the confidence allows it"
    )
    odds_within: float = Field(
        20, gt=1, description="Passages this many times less likely than the best to answer are not given to the model"
    )
    second_encoder: bool = Field(
        True,
        description="Read by a second encoder, too, and questions together with what may answer them: finds more, knows better when to "
        "decline, for 300 MB and a tenth of a second a passage and a question",
    )
    watch: tuple[WatchedFolder, ...] = Field(
        (), description="[[knowledge.watch]] tables: path, audience, scope; folders that aprendiz serve imports whenever they change"
    )
    watch_minutes: float = Field(5, ge=0.1, le=10_080, description="Minutes from one look at the watched folders to the next")

    @field_validator("watch")
    @classmethod
    def _apart(cls, value: tuple[WatchedFolder, ...]) -> tuple[WatchedFolder, ...]:
        places = [each.path.expanduser().absolute() for each in value]
        for at, place in enumerate(places):
            if around := next((other for other in (*places[:at], *places[at + 1 :]) if place.is_relative_to(other)), None):
                raise ValueError(f"{place} lies in {around}, which is watched too: whose its documents are would change with every look")
        return value

    @field_validator("links")
    @classmethod
    def _web_addresses(cls, value: dict[str, str]) -> dict[str, str]:
        wrong = next((address for address in value.values() if not address.startswith(("http://", "https://"))), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is no web address; write https://…")
        return value


class HandOff(Section):
    """
    Where a person can be asked, for a platform and channel; empty platform or channel matches any.

    `to` is an address (https://… or an e-mail's), or a channel's id on the platform named.
    """

    platform: Literal[Platform, ""] = ""
    channel: str = ""
    to: str

    @field_validator("to")
    @classmethod
    def _reachable(cls, value: str, info: ValidationInfo) -> str:
        if "platform" not in info.data:  # it is wrong itself, which is said alone
            return value
        platform = str(info.data["platform"])
        if _ADDRESS.fullmatch(value) or (platform in _CHANNEL_IDS and _CHANNEL_IDS[platform].fullmatch(value)):
            return value
        raise ValueError(f"{value!r} is no web address, no e-mail address and no channel's id on {platform or 'a platform that is named'}")


class AnswersSettings(Section):
    """When an answer is given, and who is asked where none is."""

    minimum_confidence: float | None = Field(
        None, ge=0, le=1, description="Below this probability of being right the bot says that it does not know; empty: a measured default"
    )
    precision: float | None = Field(
        None, ge=0.5, lt=1, description="In its place: the share of answers that shall be right, once enough are rated to tell"
    )
    hand_off: tuple[HandOff, ...] = Field(
        (),
        description="[[answers.hand_off]] tables: platform, channel, to (https://…, an e-mail address or a channel's id): a person to ask",
    )


class RightsSettings(Section):
    """Whether people's words may train: refuse, consent (ask each person) or allow (the operator has the rights)."""

    slack: RightsPolicy = Field(
        "consent", description="Slack's API terms restrict training on its data: https://slack.com/terms-of-service/api"
    )
    discord: RightsPolicy = Field(
        "consent",
        description="Discord forbids training on message content without its permission: https://support-dev.discord.com/hc/en-us/articles/8563934450327",
    )
    web: RightsPolicy = Field("consent", description="Asked beside the first rating")


class WebSettings(Section):
    """The playground and the HTTP API."""

    host: str = Field("127.0.0.1", description="Loopback by default; another address needs admin_token")
    port: int = Field(8642, ge=0, le=65535, description="0 for any free port")
    public_url: str = Field("", description="https://… at which the outside reaches this server, for Slack over HTTP and its install page")
    admin_token: SecretStr = Field(
        NO_SECRET, description="Bearer token for everything but the playground's own page, at least 16 characters"
    )
    audience: Audience = Field("employees", description="Who asks in the playground")


class PrivacySettings(Section):
    """Pseudonyms, what redaction takes out of people's words, and for how long the rest is kept."""

    key: SecretStr = Field(NO_SECRET, description="Key of the pseudonyms; empty: a file (0600) in the home")
    keep_days: int = Field(0, ge=0, description="Questions lose their words, with answers and comments, after so many days; 0: never")
    cron: str = Field("30 3 * * *", description="When that is done: five cron fields in `timezone`")
    patterns: dict[str, str] = Field(
        default_factory=dict,
        description='[privacy.patterns]: more to redact, {"STAFFNO" = "M-[0-9]{5}"}: the placeholder\'s name with an expression of RE2',
    )
    exceptions: tuple[str, ...] = Field((), description="The company's own contacts, which are not redacted: numbers, addresses, names")
    presidio: str = Field(
        "", description="spaCy model (pt_core_news_md) by which Presidio finds more names; needs the extra [presidio]; empty: not used"
    )

    @field_validator("patterns")
    @classmethod
    def _named_patterns(cls, value: dict[str, str]) -> dict[str, str]:
        if wrong := next((name for name in value if not re.fullmatch(PATTERN_NAME, name)), None):
            raise ValueError(f"{wrong!r} is no name of a placeholder: use 2 to 24 capital letters, A to Z")
        return value


class ExportSettings(Section):
    """The scheduled export of training rows."""

    cron: str = Field("0 3 * * *", description="Five cron fields in `timezone`; empty: never by the clock")
    directory: Path | None = Field(None, description="Where to write; empty: exports/ in the home")


class RoundSettings(Section):
    """Training rounds: from ratings to a better model."""

    cron: str = Field("", description="Five cron fields in `timezone`; empty: never by the clock")
    after_rows: int = Field(0, ge=0, description="Begin a round once so many answers were newly rated or corrected; 0: never")
    recipe: Path | None = Field(None, description="Training recipe (TOML); empty: the one that comes with the product")
    golden: Path | None = Field(
        None, description="Golden questions (JSON Lines) that every version must answer; empty: golden.jsonl in the home, if it is there"
    )
    data: tuple[Path, ...] = Field(
        (), description="Folders of imported rows (data import, data split) that rounds of their audience train on and are judged by, too"
    )
    minimum_rows: int = Field(20, ge=2, description="Fewer rated and imported answers are too few for a round")
    share_per_person: float = Field(
        0.2, gt=0, le=1, description="Of all training rows at most that share from one person's questions; with fewer than ten people more"
    )
    limit_s: int = Field(43_200, ge=60, description="Longest round by the clock, in seconds; it goes on at the next")


class PolicySettings(Section):
    """Limits on questions."""

    max_question_characters: int = Field(8000, ge=100, le=100_000, description="Longer questions are refused")
    max_waiting: int = Field(32, ge=1, description="Questions that may wait for the model at once")
    per_person_per_minute: int = Field(120, ge=0, description="Questions a person may ask in a minute on a chat platform; 0: no limit")
    per_person_per_day: int = Field(2000, ge=0, description="Questions a person may ask in 24 hours on a chat platform; 0: no limit")
    max_attachments: int = Field(5, ge=0, le=20, description="Files read for one question; 0: none")
    max_attachment_kb: int = Field(1024, ge=1, le=20_480, description="Larger files are not read")


class GroupSettings(Section):
    """
    Places that share what is limited to their group: `channels` and `guilds` are written `slack:C0123`, `discord:999`.

    A channel's threads and a guild's channels belong to it; `platforms` takes in all that is asked there.
    """

    channels: tuple[str, ...] = ()
    guilds: tuple[str, ...] = ()
    platforms: tuple[Platform, ...] = ()

    @field_validator("channels", "guilds")
    @classmethod
    def _known_form(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := next((each for each in value if not re.fullmatch(PLACE_ID, each)), None):
            raise ValueError(f"{wrong!r} names no place: write the platform and its id, such as slack:C0123 or discord:999")
        return value


class Voice(Section):
    """
    How the assistant speaks, for a platform, guild (a Slack workspace's or Discord server's id) and channel; empty ones match any.

    `model` names one of `[models.NAME]`; `language` (en, pt_BR) is that of our own texts and of the answers there.
    """

    platform: Literal[Platform, ""] = ""
    guild: str = ""
    channel: str = ""
    system: str = ""
    tone: str = ""
    format: str = ""
    audience: Audience | None = None
    model: str = ""
    language: str = ""

    @field_validator("language")
    @classmethod
    def _known_language(cls, value: str) -> str:
        if value and value not in LANGUAGES:
            raise ValueError(f"{value!r} is none of the languages {', '.join(LANGUAGES)}")
        return value


class AssistantSettings(Section):
    """What the assistant is told about itself."""

    company: str = Field("", description="The company's name, used in the system text")
    system: str = Field(
        "You are the company's assistant. Answer only from the passages given with the question, in the language of the question. "
        "If they do not hold the answer, say that you do not know.",
        description="System text",
    )
    tone: str = Field("", description="Added to the system text, e.g. Be warm and informal.")
    format: str = Field("Answer in at most three short sentences.", description="Added to the system text")
    prompts: tuple[str, ...] = Field((), max_length=4, description="Questions suggested to those who open Slack's agent view")
    voices: tuple[Voice, ...] = Field(
        (), description="[[assistant.voices]] tables: platform, guild, channel, system, tone, format, audience, model, language"
    )


class Settings(BaseSettings):
    """All settings. `extra` keys are refused with their name."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="APRENDIZ_", env_nested_delimiter="__", env_ignore_empty=True, frozen=True, extra="forbid", toml_file=CONFIG_FILE
    )

    home: Path = Field(Path("data"), description="Where everything is kept")
    language: str = Field("en", description="Language of the terminal and the playground: en or pt_BR")
    timezone: str = Field("UTC", description="IANA name, for cron settings and dates")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Log lines are JSON on standard error")
    slack: SlackSettings = Field(default_factory=SlackSettings)
    discord: DiscordSettings = Field(default_factory=DiscordSettings)
    openai: OpenAISettings = Field(default_factory=OpenAISettings)
    providers: dict[str, ProviderSettings] = Field(
        default_factory=dict, description="[providers.NAME]: kind, api_key, base_url, api_version of services that models name"
    )
    model: ModelSettings = Field(default_factory=ModelSettings)
    models: dict[str, ModelSettings] = Field(default_factory=dict, description="[models.NAME]: more models, for channels to choose")
    prices: dict[str, PriceSettings] = Field(
        default_factory=dict,
        description='[prices."MODEL"]: input_per_million, cached_input_per_million, output_per_million, training_per_million, currency',
    )
    budget: BudgetSettings = Field(default_factory=BudgetSettings)
    cache: CacheSettings = Field(default_factory=CacheSettings)
    groups: dict[str, GroupSettings] = Field(
        default_factory=dict, description="[groups.NAME]: channels, guilds and platforms that share what is limited to group:NAME"
    )
    store: StoreSettings = Field(default_factory=StoreSettings)
    knowledge: KnowledgeSettings = Field(default_factory=KnowledgeSettings)
    answers: AnswersSettings = Field(default_factory=AnswersSettings)
    rights: RightsSettings = Field(default_factory=RightsSettings)
    web: WebSettings = Field(default_factory=WebSettings)
    privacy: PrivacySettings = Field(default_factory=PrivacySettings)
    export: ExportSettings = Field(default_factory=ExportSettings)
    rounds: RoundSettings = Field(default_factory=RoundSettings)
    policy: PolicySettings = Field(default_factory=PolicySettings)
    assistant: AssistantSettings = Field(default_factory=AssistantSettings)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is no IANA time zone, such as America/Sao_Paulo") from error
        return value

    @field_validator("groups")
    @classmethod
    def _named_groups(cls, value: dict[str, GroupSettings]) -> dict[str, GroupSettings]:
        if wrong := next((name for name in value if not re.fullmatch(GROUP_NAME, name)), None):
            raise ValueError(f"{wrong!r} is no name of a group: use up to 64 letters, digits, - and _")
        return value

    @field_validator("providers")
    @classmethod
    def _named_providers(cls, value: dict[str, ProviderSettings]) -> dict[str, ProviderSettings]:
        if wrong := next((name for name in value if not re.fullmatch(PROVIDER_NAME, name)), None):
            raise ValueError(f"{wrong!r} is no name of a provider: use up to 64 small letters, digits, - and _")
        return value

    @field_validator("models")
    @classmethod
    def _known_routes(cls, value: dict[str, ModelSettings], info: ValidationInfo) -> dict[str, ModelSettings]:
        check_routes({**value, DEFAULT_MODEL: info.data.get("model", ModelSettings())}, info.data.get("providers"))
        return value

    @field_validator("knowledge")
    @classmethod
    def _known_groups(cls, value: KnowledgeSettings, info: ValidationInfo) -> KnowledgeSettings:
        known = info.data.get("groups")  # absent where they are wrong themselves, which is said first
        named = [each.scope.removeprefix("group:") for each in value.watch if each.scope.startswith("group:")]
        if known is not None and (wrong := next((name for name in named if name not in known), None)):
            raise ValueError(f"no group is called {wrong} (known: {', '.join(sorted(known)) or 'none: write a [groups.NAME] table'})")
        return value

    @field_validator("assistant")
    @classmethod
    def _known_models(cls, value: AssistantSettings, info: ValidationInfo) -> AssistantSettings:
        known = info.data.get("models")  # absent where they are wrong themselves, which is said first
        unknown = sorted({voice.model for voice in value.voices if voice.model} - known.keys()) if known is not None else []
        if unknown:
            names = ", ".join(sorted(known)) if known else "none: write a [models.NAME] table"
            raise ValueError(f"no model is called {', '.join(unknown)} (known: {names})")
        return value

    @property
    def export_directory(self) -> Path:
        """Where the clock exports to, the command line unless told otherwise, and rounds look for what was exported."""
        return self.export.directory or self.home / "exports"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def read_settings(**arguments: object) -> Settings:
    """
    Read the settings once.

    Raises:
        Misconfigured: A value is wrong or a key unknown; the detail names each with what to do.
    """
    try:
        return Settings(**arguments)  # type: ignore[arg-type]  # pydantic validates them
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise Misconfigured(f"settings: {problems} (in {CONFIG_FILE} or the environment)") from error
    except ValueError as error:
        raise Misconfigured(f"{CONFIG_FILE} cannot be read: {error}") from error
