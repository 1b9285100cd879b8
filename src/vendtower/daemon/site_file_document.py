"""Makes `docs/site_file.md` from the models: ``python -m vendtower.daemon.site_file_document``.

Prints the page; the test suite compares it with the one in the repository.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence

from vendtower.daemon.site_schema import Node, expectation, resolve, site_schema, unit_of, variants

_HEAD = """\
# The site file

One TOML file describes one tower: what is built, where, and what the operator wants.
`vendtower config check FILE` names whatever is wrong in it, with key, line, the value found and
what was expected; `vendtower config show FILE` prints every setting with its defaults.
`docs/examples/guangzhou.toml` is a whole example. This page is made from the models that read
the file: `python -m vendtower.daemon.site_file_document > docs/site_file.md`.

Lengths are millimetres, weights kilograms, angles degrees counter-clockwise from north, times
seconds; each key's name ends in its unit. Unknown keys are errors. A key without a default has
to be there.
"""

_TAIL = """\
## How the values must agree

- Numbers of slots, charging sockets, levels, lifts, bays and kiosks are given once each; so are
  cameras and boards.
- A higher level's number means a greater height, with room for the cars of the level below.
- Every slot names a class under `slot_classes`.
- Places of one level stand at least `tower.place_spacing_deg_min` apart.
- Lifts serve levels and bays of the tower, a served bay's level too, and park on a level they
  serve; they carry whatever the slots and bays they reach admit.
- Every slot and every bay is reached by some lift; every bay has exactly one kiosk.
- `policies.snapshot_age_s_max` is above `plc.request_timeout_s`, and
  `policies.bay_clear_timeout_s` above the time in which the slowest outer door opens and closes.
- `plc.request_timeout_s` and `plc.quiet_s` of a serial line are 0.35 s together at most: one lost
  answer must not keep the heartbeat away for the 0.6 s after which the PLC stops the tower.
- Parts have an id of their own, belong to a lift or a bay of the tower or to neither, wear by
  something that is counted there, and have an interval or a life.
- The time zone is one that the machine knows.
"""


def document() -> str:
    """The whole page."""
    parts = [_HEAD, *_sections("", site_schema()), _TAIL]
    return "\n".join(parts)


def _sections(path: str, table: Node) -> Iterator[str]:
    """This table's own keys, then the tables below it."""
    keys: Mapping[str, Node] = table.get("properties", {})
    plain = {key: node for key, node in keys.items() if not _below(key, node)}
    if plain:
        yield (
            "\n".join([_heading(path, table), "", *_rows(plain, table.get("required", ()))]) + "\n"
        )
    for key, node in keys.items():
        for suffix, kind in _below(key, node):
            yield from _sections(f"{path}.{suffix}" if path else suffix, kind)


def _heading(path: str, table: Node) -> str:
    if not path:
        return "## At the top"
    transport = table["properties"].get("transport")
    kind = f", transport `{transport['const']}`" if transport else ""
    return f"## `{path}`{kind}\n\n{_sentence(table.get('description', ''))}"


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _below(key: str, node: Node) -> list[tuple[str, Node]]:
    """The tables that stand under this key, each with the way to write its path."""
    found = []
    for kind in variants(node):
        if "properties" in kind:
            found.append((key, kind))
        elif kind.get("additionalProperties"):
            found.append((f"{key}.NAME", resolve(kind["additionalProperties"])))
        elif "properties" in resolve(kind.get("items", {})):
            found.append((f"{key}[]", resolve(kind["items"])))
    return found


def _rows(keys: Mapping[str, Node], required: Sequence[str]) -> Iterator[str]:
    yield "| Key | Meaning | Unit | Value | Default |"
    yield "|---|---|---|---|---|"
    for key, node in keys.items():
        unit = unit_of(key)
        default = "" if key in required else _default(node)
        cells = [f"`{key}`", node.get("description", ""), unit, expectation(node), default]
        yield f"| {' | '.join(cells)} |"


def _default(node: Node) -> str:
    value = node.get("default")
    return "none" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


if __name__ == "__main__":
    sys.stdout.write(document())
