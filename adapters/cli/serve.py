"""`aprendiz serve`: the assistant on every platform that is set up, until it is told to stop."""

import asyncio
import logging
import secrets
import signal
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import click

from adapters.cli.output import Output
from adapters.cli.session import Session, pass_session
from bot.errors import ChatbotError, Misconfigured, TryAgainLater
from bot.messages import Audience
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.compose import App, Services
    from bot.settings import Settings

logger = logging.getLogger(__name__)

_STOP: Final = (signal.SIGINT, signal.SIGTERM)
_RETRY_S: Final = 30


@click.command("serve", short_help="Answer on Slack, Discord and the web.")
@click.option("--demo", is_flag=True, help="Import the sample company into an empty home first.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the playground, instead of web.port; 0 for any free one.")
@pass_session
def command(session: Session, demo: bool, port: int | None) -> None:
    """Answer on Slack, Discord and the web until stopped (Ctrl-C or SIGTERM)."""
    from adapters.cli.running import alone
    from bot.log import set_up_logging

    settings = session.settings
    set_up_logging(settings.log_level)
    if port is not None:
        settings = settings.model_copy(update={"web": settings.web.model_copy(update={"port": port})})
    with alone(settings.home):
        asyncio.run(_until_stopped(Server(settings, session.output(as_json=False)), demo=demo))


async def _until_stopped(server: "Server", *, demo: bool) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.run(demo=demo))
        for number in _STOP:
            loop.add_signal_handler(number, serving.cancel)
    server.output.say(N_("Stopped."))


class Server:
    """The web, the chat platforms and the clock on one home."""

    def __init__(self, settings: "Settings", output: Output) -> None:
        """Prepare; nothing runs yet."""
        self.output = output
        self._settings = settings
        self._problems: dict[str, str] = {}  # what is wrong with a platform, by its name

    async def run(self, *, demo: bool) -> None:
        """
        Run until cancelled.

        Raises:
            Misconfigured: A part cannot be opened; the detail names the remedy.
        """
        from adapters.compose import open_services

        async with open_services(self._settings) as services:
            if demo:
                await import_sample(services, self.output)
            await self._run(services)

    async def _run(self, services: "Services") -> None:
        from adapters.cli.running import announced
        from adapters.web.app import WebServices, create_app
        from adapters.web.app import serve as serve_web

        token = secrets.token_urlsafe(32)
        web = self._settings.web
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        app = create_app(
            WebServices(
                engine=services.engine,
                ledger=services.ledger,
                retriever=services.retriever,
                settings=web,
                language=self._settings.language,
                ready=lambda: self._ready(services),
                operator_token=token,
                rights=self._settings.rights.web,
            )
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(serve_web(app, host=web.host, port=web.port, ready=address.set_result))
            for name, platform in services.platforms.items():
                tasks.create_task(self._keep_running(name, platform))
            tasks.create_task(services.clock.run())
            tasks.create_task(_improve(services))
            url = await address
            async with announced(self._settings.home, url=reachable(url), token=token):
                await self._report(services, url)
                await asyncio.Event().wait()

    async def _keep_running(self, name: str, app: "App") -> None:
        """Run a platform; one that cannot connect must not silence the others."""
        while True:
            try:
                await app.run(lambda: self._connected(name))
            except Misconfigured as error:
                self._problems[name] = str(error)
                self.output.note(N_("{platform} is not connected: {problem}"), platform=name, problem=error)
                return
            except TryAgainLater as error:
                self._problems[name] = str(error)
                self.output.note(
                    N_("{platform} is not connected: {problem}. Trying again in {seconds} s."),
                    platform=name,
                    problem=error,
                    seconds=_RETRY_S,
                )
            await asyncio.sleep(_RETRY_S)

    def _connected(self, name: str) -> None:
        if self._problems.pop(name, None) is not None:
            self.output.say(N_("{platform} is connected."), style="green", platform=name)

    async def _ready(self, services: "Services") -> list[tuple[str, bool, str]]:
        checks = await services.checks()
        return [*checks, *((name, False, problem) for name, problem in self._problems.items())]

    async def _report(self, services: "Services", url: str) -> None:
        counts = await services.ledger.counts()
        knowledge = await services.knowledge.counts()
        details = {name: detail for name, _, detail in await services.checks()}
        language = self._settings.language
        documents = translate(
            language,
            "{documents} documents, {passages} passages",
            documents=sum(count.sources for count in knowledge),
            passages=sum(count.passages for count in knowledge),
        )
        asked = translate(language, "{exchanges} questions, {rated} rated", exchanges=counts.exchanges, rated=counts.rated)
        self.output.say(N_("Aprendiz is running; Ctrl-C stops it."), style="bold green")
        self.output.facts(
            [
                (N_("Model"), details.get("model", "")),
                (N_("Ledger"), f"{details.get('database', '')} · {asked}"),
                (N_("Index"), details.get("index", "")),
                (N_("Knowledge"), documents),
                (
                    N_("Slack"),
                    self._platform("slack", services, N_("not set up: set APRENDIZ_SLACK__BOT_TOKEN and APRENDIZ_SLACK__APP_TOKEN")),
                ),
                (N_("Discord"), self._platform("discord", services, N_("not set up: set APRENDIZ_DISCORD__TOKEN"))),
                (N_("Playground"), url),
            ]
        )

    def _platform(self, name: str, services: "Services", otherwise: str) -> str:
        return translate(self._settings.language, N_("connecting") if name in services.platforms else otherwise)


async def _improve(services: "Services") -> None:
    """Swap a faster twin of the model in; without it the assistant answers all the same."""
    try:
        await services.improve_model()
    except ChatbotError as error:
        logger.warning("model not improved", extra={"reason": str(error)})


async def import_sample(services: "Services", output: Output) -> None:
    """Import the sample company, unless this home holds documents of somebody's own."""
    from adapters.cli.assistant import catch_up

    with as_file(files("store.sample_company")) as folder:
        root = await asyncio.to_thread(folder.resolve)
        known = await services.knowledge.list()
        if any(not Path(document.location).is_relative_to(root) for document in known):
            output.say(N_("This home has documents of its own: the sample company is left out."))
            return
        with output.progress(N_("Importing the sample company")) as progress:
            for audience in get_args(Audience):
                await services.knowledge.add(
                    [root / audience],
                    audience=audience,
                    max_file_mb=services.settings.knowledge.max_file_mb,
                    progress=progress,
                    locale=output.language,
                )
            await catch_up(services.outbox)


def reachable(url: str) -> str:
    """Return *url* as this machine's own commands reach it: nobody calls the address that stands for all of them."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
