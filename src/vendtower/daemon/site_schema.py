"""What the site file may hold, key by key, taken from the models' JSON schema.

Error messages and `docs/site_file.md` both speak from here, so that they cannot disagree.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from vendtower.domain.site import Site

Node = Mapping[str, Any]
"""One node of a JSON schema."""

_UNITS = {
    "_mm_s2": "mm/s²",
    "_deg_s2": "deg/s²",
    "_mm_s": "mm/s",
    "_deg_s": "deg/s",
    "_mm": "mm",
    "_deg": "deg",
    "_kg": "kg",
    "_s": "s",
}


@cache
def site_schema() -> Node:
    """The JSON schema of the whole file."""
    return Site.model_json_schema(by_alias=True)


def resolve(node: Node) -> Node:
    """The node itself, or what it refers to; its own description stays."""
    reference = node.get("$ref")
    if reference is None:
        return node
    target: Node = site_schema()["$defs"][reference.rsplit("/", 1)[-1]]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def variants(node: Node) -> tuple[Node, ...]:
    """The kinds of table that may stand here: one, or one per PLC transport."""
    node = resolve(node)
    kinds = node.get("oneOf", (node,))
    return tuple(resolve(kind) for kind in kinds)


def child(node: Node, step: str | int, value: object) -> Node | None:
    """The schema below a key or index; `value` is the table that stands there in the file."""
    for kind in variants(node):
        if isinstance(step, int):
            items: Node | None = kind.get("items")
            return items and resolve(items)
        if not _is_kind(kind, value):
            continue
        below = kind.get("properties", {}).get(step, kind.get("additionalProperties"))
        if below:
            return resolve(below)
    return None


def _is_kind(kind: Node, value: object) -> bool:
    """Whether the table chooses this kind by its `transport`."""
    transport = kind.get("properties", {}).get("transport")
    if transport is None or not isinstance(value, Mapping):
        return True
    return bool(value.get("transport", "tcp") == transport["const"])


def unit_of(key: str) -> str:
    """The unit that the key's name ends in, empty for none."""
    if key == "baud":
        return "bit/s"
    stem = key.removesuffix("_max").removesuffix("_min")
    return next((unit for ending, unit in _UNITS.items() if stem.endswith(ending)), "")


def expectation(node: Node, unit: str = "") -> str:
    """What a value here must be, as words: ``a number above 0, at most 360 deg``."""
    node = resolve(node)
    if "anyOf" in node:
        kinds = [resolve(kind) for kind in node["anyOf"] if kind.get("type") != "null"]
        return " or ".join(expectation(kind, unit) for kind in kinds)
    choices = node.get("enum", [node["const"]] if "const" in node else None)
    if choices is not None:
        return _one_of(choices)
    if "expects" in node:
        return str(node["expects"])
    match node.get("type"):
        case "array":
            return _list_of(node)
        case "integer":
            return _number("a whole number", node, unit)
        case "number":
            return _number("a number", node, unit)
        case "string":
            return "a text that is not empty" if node.get("minLength") else "a text"
        case "boolean":
            return "true or false"
        case _:
            return "a table"


def _one_of(choices: list[object]) -> str:
    shown = [json.dumps(choice) for choice in choices]
    return shown[0] if len(shown) == 1 else f"one of {', '.join(shown)}"


def _list_of(node: Node) -> str:
    least = f" of at least {node['minItems']}" if node.get("minItems") else ""
    items = expectation(node["items"])
    return f"a list{least}, each {items}"


def _number(noun: str, node: Node, unit: str) -> str:
    bounds = [
        f"{word} {node[key]:g}" if isinstance(node[key], float) else f"{word} {node[key]}"
        for key, word in (
            ("minimum", "at least"),
            ("exclusiveMinimum", "above"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "below"),
        )
        if key in node
    ]
    return " ".join(part for part in (noun, ", ".join(bounds), unit) if part)
