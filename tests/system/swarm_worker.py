"""A worker of the swarm that does what its seed says, for the tests of the campaign."""

import json
import os
import signal
import sys
from typing import Any

SEED_FAILS, SEED_DIES, SEED_HANGS, SEED_DIFFERS, SEED_BREAKS, SEED_ENDS = (
    101,
    102,
    103,
    104,
    105,
    106,
)


def main() -> None:
    for line in sys.stdin:
        task = json.loads(line)
        seed = task["options"]["seed"]
        if seed == SEED_DIES:
            print("it hurts", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        if seed == SEED_ENDS:
            raise SystemExit(3)
        if seed == SEED_HANGS:
            sys.stdin.readline()
        _say(_played(task, seed))
        if seed == SEED_FAILS and task["shrink_s"]:
            _say(_played(task, seed) | {"answer": "small", "plan_told": ["one trip"]})


def _played(task: dict[str, Any], seed: int) -> dict[str, Any]:
    if seed == SEED_BREAKS:
        return {"answer": "broken", "problems": ["ZeroDivisionError"]}
    failed = seed == SEED_FAILS
    hash_seed = os.environ["PYTHONHASHSEED"]
    return {
        "answer": "played",
        "options": task["options"],
        "plan": {"trips": [], "faults": []},
        "plan_told": ["many trips"],
        "coverage": {"modes": {"automatic": 1}},
        "trace": f"trace {seed} {hash_seed if seed == SEED_DIFFERS else ''}".rstrip(),
        "problems": ["0d 00:00:01.000 two cars in one place"] if failed else [],
        "rules": ["two cars in one place"] if failed else [],
        "story": ["walks up", f"order of a set: {hash_seed}"],
        "simulated_s": 1800.0,
        "calendar_s": 3600.0,
        "wall_s": 0.1,
        "cpu_s": 0.5,
        "jobs": 2,
        "visits": 1,
    }


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
