"""`aprendiz serve`: the assistant on every platform that is set up, until it is told to stop."""

import asyncio

import click

from adapters.cli.session import Session, pass_session


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
        # Loaded once this is the one server: a second one need not wait to be refused.
        from adapters.cli.server import Server, run_until_stopped

        asyncio.run(run_until_stopped(Server(settings, session.output(as_json=False)), demo=demo))
