"""The reservation cloud over HTTPS: docs/cloud_openapi.yaml from the tower's side."""

from vendtower.adapters.cloud_http.client import HttpReservationCloud

__all__ = ["HttpReservationCloud"]
