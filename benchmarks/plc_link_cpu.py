"""What the PLC link costs: CPU time of heartbeat and polling, without the peer's.

``python -m benchmarks.plc_link_cpu [--seconds 20] [--fast]`` prints the share of one core and the
requests a second. The peer, a PLC that only answers, runs in a process of its own.
"""

import argparse
import asyncio
import sys
import time

from firmware_bridge.link_types import LinkConfig, LinkState
from firmware_bridge.modbus_link import PlcLink
from firmware_bridge.modbus_wire import TcpEndpoint
from tests.contract.hostile_plc import HostilePlc


async def serve() -> None:
    """Answer until standard input is closed."""
    plc = HostilePlc()
    await plc.start()
    print(plc.port, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await plc.stop()


async def measure(seconds: float, fast: bool) -> tuple[float, float]:
    """Connect to a peer in another process; share of a core here, and requests a second."""
    peer = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.plc_link_cpu",
        "--serve",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert peer.stdout is not None
    port = int(await peer.stdout.readline())
    config = LinkConfig(endpoint=TcpEndpoint("127.0.0.1", port))
    link = PlcLink(config, clock=time.monotonic, utc_s=time.time, session=1)
    link.follow(fast)
    link.start()
    while link.status.state is not LinkState.UP:
        await link.wait_news()
    await asyncio.sleep(1.0)
    requests = link.counters.reads + link.counters.writes
    cpu_s, wall_s = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    share = (time.process_time() - cpu_s) / (time.monotonic() - wall_s)
    rate = (link.counters.reads + link.counters.writes - requests) / seconds
    await link.stop()
    assert peer.stdin is not None
    peer.stdin.close()
    await peer.wait()
    return share, rate


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plc_link_cpu")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--fast", action="store_true", help="poll as while a job is open")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    share, rate = asyncio.run(measure(options.seconds, options.fast))
    print(f"{'fast' if options.fast else 'idle'}: {share:.2%} of a core, {rate:.1f} requests/s")


if __name__ == "__main__":
    main()
