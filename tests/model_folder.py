"""Model files for tests: the real YuNet where it can be found, and a tiny network for SFace.

The tiny network has SFace's input (1 x 3 x 112 x 112) and output (1 x 128): the picture is averaged
down to 8 x 8 and multiplied with fixed random numbers. It is written as ONNX by hand, field by
field (the numbers are those of the public ``onnx.proto``).
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from vendtower.adapters.identity.model_files import SFACE, YUNET, ModelFile

YUNET_MISSING = (
    f"{YUNET.name} is neither in $VENDTOWER_TEST_MODELS nor in shared/models beside the repository"
)


SFACE_MISSING = (
    f"{YUNET.name} and {SFACE.name} are neither in $VENDTOWER_TEST_MODELS nor in shared/models "
    "beside the repository"
)


def yunet_path() -> Path | None:
    """The real detector's file, if this machine has it."""
    return _model_path(YUNET)


def real_models() -> Path | None:
    """The folder with both real files, if this machine has them."""
    paths = [_model_path(model) for model in (YUNET, SFACE)]
    folders = {path.parent for path in paths if path is not None}
    return folders.pop() if None not in paths and len(folders) == 1 else None


def _model_path(model: ModelFile) -> Path | None:
    places = [parent / "shared" / "models" for parent in Path(__file__).resolve().parents]
    if given := os.environ.get("VENDTOWER_TEST_MODELS"):
        places.insert(0, Path(given))
    return next((each / model.name for each in places if (each / model.name).is_file()), None)


def models_in(directory: Path, yunet: Path) -> Mapping[str, ModelFile]:
    """Install the real YuNet and the tiny SFace; returns the catalogue that pins just these."""
    (directory / YUNET.name).write_bytes(yunet.read_bytes())
    network = tiny_sface()
    (directory / SFACE.name).write_bytes(network)
    return {YUNET.name: YUNET, SFACE.name: pinned(SFACE, network)}


def pinned(model: ModelFile, content: bytes) -> ModelFile:
    """The model as if these were its bytes."""
    return replace(model, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def tiny_sface(numbers: int = 128) -> bytes:
    """ONNX bytes of the tiny network; other ``numbers`` make one of the wrong shape."""
    weights = np.random.default_rng(5).normal(0, 1, (3 * 8 * 8, numbers)).astype(np.float32)
    pool = _node(
        "AveragePool", ["data"], "p", _ints("kernel_shape", 14, 14) + _ints("strides", 14, 14)
    )
    flat = _node("Flatten", ["p"], "f", b"")
    product = _node("MatMul", ["f", "w"], "fc1", b"")
    tensor = (
        b"".join(_number(1, side) for side in weights.shape)
        + _number(2, 1)
        + _bytes(8, b"w")
        + _bytes(9, weights.tobytes())
    )
    graph = (
        b"".join(_bytes(1, node) for node in (pool, flat, product))
        + _bytes(2, b"tiny")
        + _bytes(5, tensor)
        + _bytes(11, _value("data", 1, 3, 112, 112))
        + _bytes(12, _value("fc1", 1, numbers))
    )
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, b"") + _number(2, 13))


def _node(kind: str, inputs: list[str], output: str, attributes: bytes) -> bytes:
    named = b"".join(_bytes(1, name.encode()) for name in inputs)
    return named + _bytes(2, output.encode()) + _bytes(4, kind.encode()) + attributes


def _ints(name: str, *values: int) -> bytes:
    """An attribute of a node that is a list of whole numbers (type 7)."""
    listed = b"".join(_number(8, value) for value in values)
    return _bytes(5, _bytes(1, name.encode()) + listed + _number(20, 7))


def _value(name: str, *sides: int) -> bytes:
    """An input or output: its name, that it holds floats (1), and its shape."""
    shape = b"".join(_bytes(1, _number(1, side)) for side in sides)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, shape)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
