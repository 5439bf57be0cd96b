"""`aprendiz data`: training rows, from a company's files or any format to any other, checked, counted, read by hand."""

import click

from adapters.cli import (
    data_convert,
    data_decide,
    data_import,
    data_proofread,
    data_redact,
    data_split,
    data_stats,
    data_tokens,
    data_validate,
)


@click.group("data", short_help="Import, convert, check, count and read training rows.")
def command() -> None:
    """Import, convert, check, count and read training rows."""


for module in (data_import, data_split, data_redact, data_convert, data_validate, data_tokens, data_stats, data_proofread):
    command.add_command(module.command)
for part in (data_decide.sample, data_decide.decide):
    command.add_command(part)
