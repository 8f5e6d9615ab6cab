# SPDX-License-Identifier: EUPL-1.2
"""The command line: the kernel's own commands, and one command for each package that has a `cli.py`."""

import importlib
import sys
from typing import Any

import click

from sdi import features
from sdi.errors import BramaError
from sdi.setup.cli import commands

_SETUP = "sdi.setup.cli"


class _Commands(click.Group):
    """Commands found by scanning; a module is imported only when its command is called or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_scanned()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _scanned().get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        command: click.Command = importlib.import_module(module).command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BramaError as error:
            raise click.ClickException(error.message) from error


def _scanned() -> dict[str, str]:
    """Module by command: the command bears the name of the folder."""
    names = [module for module in features.modules("cli") if module not in (_SETUP, "sdi.cli")]
    return {module.split(".")[-2]: module for module in names}


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Brama: a spatial data infrastructure server for a region and its local governments."""


for _command in commands:
    main.add_command(_command)

if __name__ == "__main__":
    main(prog_name="brama", args=sys.argv[1:])
