"""Asking something of a simulated world that runs in another process."""

from __future__ import annotations

import asyncio
import sys
from typing import NoReturn

import aiohttp
import click

CONTROL_PORT = 8090

control_port_option = click.option(
    "--control-port",
    type=click.IntRange(1, 65535),
    default=CONTROL_PORT,
    show_default=True,
    help="Where a running world takes visitors and faults.",
)


def tell_world(control_port: int, path: str, body: dict[str, object]) -> NoReturn:
    """Post it, print the answer, and end: 0 done, 1 refused, 3 nobody answers."""

    async def post() -> tuple[int, str]:
        url = f"http://127.0.0.1:{control_port}/{path}"
        async with aiohttp.ClientSession() as http, http.post(url, json=body) as answer:
            return answer.status, await answer.text()

    try:
        status, text = asyncio.run(post())
    except aiohttp.ClientError as error:
        click.echo(f"no simulated world answers on port {control_port}: {error}", err=True)
        sys.exit(3)
    click.echo(text, err=status != 200)
    sys.exit(0 if status == 200 else 1)
