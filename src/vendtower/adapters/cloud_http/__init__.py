"""The reservation cloud over HTTPS: docs/cloud_openapi.yaml from the tower's side."""

from vendtower.adapters.cloud_http.client import HttpReservationCloud
from vendtower.adapters.cloud_http.jws import trusted_keys
from vendtower.adapters.cloud_http.signed_list import SignedList

__all__ = ["HttpReservationCloud", "SignedList", "trusted_keys"]
