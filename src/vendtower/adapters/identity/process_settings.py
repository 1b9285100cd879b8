"""How the identity process is started and how long it is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MEMORY_MAX_MB = 1200
"""Resident, unless the site says otherwise: three times what it takes with two cameras."""
MODELS_DIRECTORY = Path("/var/lib/vendtower/models")
"""Where `vendtower models install` puts files when it is not told otherwise."""
ENVIRONMENT = {
    # Pictures as soon as they come, RTSP over TCP (OpenCV's own default, lost once this is set).
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay",
    "OPENCV_LOG_LEVEL": "ERROR",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    # Seconds; a USB camera that hangs is noticed as quickly as one on the network.
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "2",
    # A small file may claim a huge picture.
    "OPENCV_IO_MAX_IMAGE_PIXELS": "60000000",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Each call has a thread of its own, and glibc gives new threads heaps of their own (up to
    # eight a core), which keep what pictures and the network's layers took.
    "MALLOC_ARENA_MAX": "2",
}
"""Of a process that works on faces; read when OpenCV and dlib are loaded."""


@dataclass(frozen=True)
class ProcessPatience:
    """How long the client waits for its process."""

    start_s: float = 30.0
    """Until it says that it is ready; loading the weights takes about one second."""
    answer_extra_s: float = 5.0
    """Beyond a call's own timeout; after that the process hangs and is killed."""
    enrol_s: float = 40.0
    """A picture in which no face is found takes 4 s, and more while customers are verified."""
    restart_first_s: float = 0.5
    restart_max_s: float = 30.0
    """The pause before a restart doubles from the first to this."""
    steady_s: float = 60.0
    """A process that lived this long is restarted after the first pause again."""
    end_s: float = 1.0
    """Between asking it to end and killing it."""
