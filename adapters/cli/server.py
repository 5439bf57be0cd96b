"""The server that `aprendiz serve` runs: the web, the chat platforms and the clock on one home."""

import asyncio
import gc
import logging
import secrets
import signal
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final, get_args

from adapters.cli.assistant import catch_up
from adapters.cli.doctor_machine import disk
from adapters.cli.output import Output
from adapters.cli.running import announced
from adapters.compose import App, Services, open_services
from adapters.erasing import erasure_beside
from adapters.memory import return_free_memory, share_arenas
from adapters.web.app import WebServices, create_app
from adapters.web.app import serve as serve_web
from bot.errors import ChatbotError, Misconfigured, TryAgainLater
from bot.messages import Audience
from bot.settings import Settings
from bot.texts import N_, translate

logger = logging.getLogger(__name__)

EXAMPLES: Final = (
    "Quais tributos estão incluídos no Simples Nacional?",
    "How much is a bank transfer?",
    "O que significa o erro F05?",
)
_STOP: Final = (signal.SIGINT, signal.SIGTERM)
_RETRY_S: Final = 30


async def run_until_stopped(server: "Server", *, demo: bool) -> None:
    """Run *server* until SIGINT or SIGTERM; a second signal does not wait for running answers."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.run(demo=demo))
        for number in _STOP:
            loop.add_signal_handler(number, serving.cancel)
    server.output.say(N_("Stopped."))


class Server:
    """The web, the chat platforms and the clock on one home."""

    def __init__(self, settings: Settings, output: Output) -> None:
        """Prepare; nothing runs yet."""
        self.output = output
        self._settings = settings
        self._problems: dict[str, str] = {}  # what is wrong with a platform, by its name
        self._connected: set[str] = set()

    async def run(self, *, demo: bool) -> None:
        """
        Run until cancelled.

        Raises:
            Misconfigured: A part cannot be opened; the detail names the remedy.
        """
        share_arenas()  # before there are threads
        async with open_services(self._settings) as services:
            sample = demo and await import_sample(services, self.output)
            await self._run(services, examples=EXAMPLES if sample else ())

    async def _run(self, services: Services, *, examples: tuple[str, ...]) -> None:
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
                examples=examples,
                erase=erasure_beside(services).named,
            ),
            mounts={f"/{name}": http for name, platform in services.platforms.items() if (http := getattr(platform, "http", None))},
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
                await _warm(services)  # last: a question that comes meanwhile waits for no more than it needs
                await asyncio.Event().wait()

    async def _keep_running(self, name: str, app: App) -> None:
        """Run a platform; one that cannot connect must not silence the others."""
        while True:
            try:
                await app.run(lambda: self._note_connection(name))
            except Misconfigured as error:
                self._problems[name] = str(error)
                self.output.note(N_("{platform} is not connected: {problem}"), platform=name, problem=error)
                return
            except TryAgainLater as error:
                self._problems[name] = str(error)
                self._connected.discard(name)
                self.output.note(
                    N_("{platform} is not connected: {problem}. Trying again in {seconds} s."),
                    platform=name,
                    problem=error,
                    seconds=_RETRY_S,
                )
            await asyncio.sleep(_RETRY_S)

    def _note_connection(self, name: str) -> None:
        self._problems.pop(name, None)
        if name not in self._connected:
            self._connected.add(name)
            self.output.say(N_("{platform} is connected."), style="green", platform=name)

    async def _ready(self, services: Services) -> list[tuple[str, bool, str]]:
        checks = await services.checks()
        room = await asyncio.to_thread(disk, self._settings)
        missing = {name: "not connected yet" for name in services.platforms if name not in self._connected}
        platforms = ((name, False, problem) for name, problem in {**missing, **self._problems}.items())
        return [*checks, (room.check, room.mark != "fail", room.detail), *platforms]

    async def _report(self, services: Services, url: str) -> None:
        counts = await services.ledger.counts()
        knowledge = await services.knowledge.counts()
        details = {name: detail for name, _, detail in await services.checks()}
        language = self._settings.language
        documents = translate(
            language,
            "documents: {documents}, passages: {passages}",
            documents=sum(count.sources for count in knowledge),
            passages=sum(count.passages for count in knowledge),
        )
        asked = translate(language, "questions: {exchanges}, rated: {rated}", exchanges=counts.exchanges, rated=counts.rated)
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

    def _platform(self, name: str, services: Services, otherwise: str) -> str:
        return translate(self._settings.language, N_("connecting") if name in services.platforms else otherwise)


async def _warm(services: Services) -> None:
    """Read what is to be found before anybody asks; without it the first question does."""
    try:
        await services.retriever.warm()
    except ChatbotError as error:
        logger.warning("retrieval not warmed", extra={"reason": str(error)})
    await asyncio.to_thread(_settle_memory)


async def _improve(services: Services) -> None:
    """Swap a faster twin of the model in; without it the assistant answers all the same."""
    try:
        await services.improve_model()
    except ChatbotError as error:
        logger.warning("model not improved", extra={"reason": str(error)})
    await asyncio.to_thread(_settle_memory)


def _settle_memory() -> None:
    """
    Spare the collector what stays for good, and return to the system what the start, or reading ahead, left free.

    Imports leave some 150,000 objects that every full collection would walk through again, for 75 ms.
    """
    return_free_memory()
    gc.freeze()


async def import_sample(services: Services, output: Output) -> bool:
    """Import the sample company; tell False, and import nothing, where this home holds documents of somebody's own."""
    with as_file(files("store.sample_company")) as folder:
        root = await asyncio.to_thread(folder.resolve)
        known = await services.knowledge.list()
        if any(not Path(document.location).is_relative_to(root) for document in known):
            output.say(N_("This home has documents of its own: the sample company is left out."))
            return False
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
        return True


def reachable(url: str) -> str:
    """Return *url* as this machine's own commands reach it: nobody calls the address that stands for all of them."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
