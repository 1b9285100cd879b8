"""Bay cameras that give a still picture at a URL."""

from vendtower.adapters.bay_cameras_http.cameras import HttpBayCameras

__all__ = ["HttpBayCameras"]
