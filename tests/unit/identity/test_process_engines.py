"""The identity process with each engine, its messages fed by hand."""

import base64
import io
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.people.portraits import GRACE_HOPPER, PORTRAITS
from hardware_sim.sealing import seal
from tests.model_folder import YUNET_MISSING, models_in, yunet_path
from vendtower.adapters.identity import engines
from vendtower.adapters.identity.engine import StillFaceEngine
from vendtower.adapters.identity.faces_opencv import OpenCvFaces
from vendtower.adapters.identity.limits import Limits, face_limits
from vendtower.adapters.identity.process import IdentityProcess
from vendtower.adapters.identity.sealed_box import create_key_file
from vendtower.adapters.identity.wire import read_message

REAL_YUNET = yunet_path()


def process_with(engine: str, folder: Path) -> tuple[IdentityProcess, io.BytesIO, str]:
    key = create_key_file(folder / "key")
    output = io.BytesIO()
    configuration = {
        "cameras": {},
        "key_file": str(folder / "key"),
        "vault_key_file": None,
        "engine": engine,
        "models_directory": str(folder),
        "limits": Limits(face=face_limits(engine)).to_json(),
    }
    return IdentityProcess(configuration, output), output, key


def enrolled(process: IdentityProcess, output: io.BytesIO, key: str) -> Any:
    sealed = seal(PORTRAITS[GRACE_HOPPER].jpeg(), tower_public_key=key, reservation_id="R-1")
    process.handle(
        {
            "id": 1,
            "do": "enrol",
            "reservation_id": "R-1",
            "sealed": base64.b64encode(sealed).decode(),
        }
    )
    wait([process._enrolling.submit(lambda: None)])
    output.seek(0)
    answer = read_message(output)
    assert answer is not None
    return answer["done"]


def test_dlib(tmp_path: Path) -> None:
    done = enrolled(*process_with("dlib", tmp_path))
    assert (done["is"], done["engine"]) == ("Enrolled", "dlib")


@pytest.mark.skipif(REAL_YUNET is None, reason=YUNET_MISSING)
def test_opencv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert REAL_YUNET is not None
    models = models_in(tmp_path, REAL_YUNET)

    def with_small_network(directory: Path) -> StillFaceEngine:
        return OpenCvFaces(directory, models)

    monkeypatch.setattr(engines, "OpenCvFaces", with_small_network)
    process, output, key = process_with("opencv", tmp_path)
    assert process.why_no_faces is None
    done = enrolled(process, output, key)
    assert (done["is"], done["engine"]) == ("Enrolled", "opencv")
    assert done["model"].startswith("face_recognition_sface_2021dec")


def test_an_unknown_engine_is_a_reason_and_no_crash(tmp_path: Path) -> None:
    process, output, key = process_with("eigenfaces", tmp_path)
    assert process.why_no_faces == ("face engine: found 'eigenfaces', expected one of dlib, opencv")
    assert enrolled(process, output, key)["why"] == process.why_no_faces
