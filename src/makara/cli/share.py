"""Commands that show: release, serve."""

from __future__ import annotations

import click

from makara.cli.output import format_option, frame, lake_argument, plain_rows, show


@click.command()
@lake_argument
@click.option("--partner", required=True, help="Who it is for.")
@click.option("--purpose", default="operations", show_default=True, help="What for.")
@click.option("--table", "name", default="events", show_default=True, help="Which table of the release to print.")
@click.option("--explain", is_flag=True, help="Print the decisions instead, with what is withheld and why.")
@format_option
def release(lake: str, partner: str, purpose: str, name: str, explain: bool, form: str) -> None:
    """What PARTNER gets of LAKE; what was released is entered into the ledger."""
    from makara.session import open as open_session

    session = open_session(lake, create=False)
    out = session.hand_over(partner, purpose=purpose)
    if not explain:
        show(out, name, form)
        return
    decisions = session.decisions(partner, purpose=purpose)
    if form == "table":
        frame(decisions)
    else:
        plain_rows(decisions.to_dicts(), form)


@click.command()
@lake_argument
@click.option("--port", default=8470, show_default=True, help="Port; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def serve(lake: str, port: int, host: str) -> None:
    """Serve the API and the map of LAKE. There is no login yet: it listens on this machine alone by default."""
    from makara.session import open as open_session
    from makara.web import serve as serve_web

    serve_web(open_session(lake, create=False), host=host, port=port)
