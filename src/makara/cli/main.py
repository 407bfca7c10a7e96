"""The group of commands, and how errors become exit codes: 0 done, 1 failed, 2 usage."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

import click

from makara.base.errors import MakaraError

COMMANDS: Final = {
    "ingest": ("makara.cli.write", "Take files of a source into a lake."),
    "detect": ("makara.cli.detect", "Find ships in a satellite scene, with no lake."),
    "follow": ("makara.cli.follow", "Receive a live feed: TCP, UDP, MQTT, or a folder of scenes."),
    "run": ("makara.cli.write", "Walk from what came in to events, alerts and releases."),
    "events": ("makara.cli.read", "Events, newest versions."),
    "alerts": ("makara.cli.alert", "Alerts, the most urgent first: raised, listed, suppressed."),
    "alert": ("makara.cli.alert", "One alert in words; suppress, lift, acts."),
    "vessel": ("makara.cli.vessel", "One vessel and its history; search; merge, split, undo."),
    "coverage": ("makara.cli.read", "Where AIS was heard and sensors looked, cell by cell, and how long ago."),
    "looks": ("makara.cli.looks", "Looks that sensors took; also as STAC items."),
    "anchorages": ("makara.cli.read", "Anchorages discovered where many vessels lay, as zones."),
    "rejects": ("makara.cli.read", "Input that could not be used, and why."),
    "release": ("makara.cli.share", "What a partner gets, and why not the rest."),
    "serve": ("makara.cli.share", "The API and the map, on this machine."),
    "backtest": ("makara.cli.backtest", "Try a rule on what a lake holds, two settings side by side."),
    "exercise": ("makara.cli.exercise", "Write a simulated sea as a case directory."),
    "score": ("makara.cli.exercise", "Hold a lake's events and alerts against the truth of a case."),
    "demo": ("makara.cli.demo", "The whole walk on a simulated sea, then the map."),
    "sources": ("makara.cli.lists", "Sources that can be ingested, with their options."),
    "rules": ("makara.cli.rules", "Rules: what they mean, their parameters; alert rates by flag, class and length."),
    "compact": ("makara.cli.store", "Write a lake's small files anew as few, in order."),
    "doctor": ("makara.cli.lists", "Check a lake."),
}
"""Command, module it lives in, and its one line of help (so that --help imports nothing heavy)."""


class Lazy(click.Group):
    """A group that imports a command's module only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        from makara.cli.logs import configure

        configure()
        command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with their one line each, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, doc) for name, (_, doc) in COMMANDS.items()])


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("makara"), prog_name="makara")
def cli() -> None:
    """Makara: open, self-hosted maritime domain awareness.

    A lake is a directory that holds everything: `makara ingest LAKE SOURCE FILE...`, `makara run LAKE`, then
    `makara alerts LAKE`, `makara release LAKE --partner P`, `makara serve LAKE`. Data go to stdout, all else to stderr.
    """


def main(args: list[str] | None = None) -> Any:
    """Run the command line; the process ends with the exit code."""
    code = _run(sys.argv[1:] if args is None else args)
    gc.freeze()  # the process ends: nothing is looked through once more, which costs 0.2 CPU-s
    sys.exit(code)


def _run(args: list[str]) -> int:
    try:
        with cli.make_context("makara", list(args)) as context:
            cli.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as e:
        return e.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return 1
    except click.ClickException as e:
        e.show()
        return e.exit_code
    except MakaraError as e:
        click.echo(f"makara: {e}", err=True)
        return e.exit_code
    except BrokenPipeError:
        # The reader has had enough; what is left in the buffer must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
