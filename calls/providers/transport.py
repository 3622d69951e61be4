"""HTTP to providers, with one reading of failures for all of them.

A placing request is never repeated: when it cannot be told whether the provider acted, `Ambiguous` says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from calls.providers.base import (
    PLACE_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
    Ambiguous,
    RateLimited,
    Rejected,
    Unavailable,
    Unreachable,
)

LARGEST_RECORDING = 200 * 1024 * 1024
LONGEST_RETRY_AFTER = 300.0
MOST_REDIRECTS = 3


class Transport:
    """Connections to one provider with one set of credentials; make it after a process has forked."""

    def __init__(
        self,
        *,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        place_timeout: float = PLACE_TIMEOUT_SECONDS,
    ) -> None:
        self._place_timeout = place_timeout
        self._client = httpx.Client(
            base_url=base_url,
            headers=dict(headers or {}),
            auth=auth,
            timeout=READ_TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def place(self, path: str, **content: Any) -> httpx.Response:
        """Send a placing request once; the answer is 2xx or a definite 4xx for the adapter to read.

        Raises `Unreachable`, `RateLimited` or `Ambiguous`.
        """
        try:
            response = self._client.post(path, timeout=self._place_timeout, **content)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unreachable(str(error)) from error
        except httpx.HTTPError as error:
            raise Ambiguous(f"{type(error).__name__} while placing: {error}") from error
        if response.status_code == 429:
            raise RateLimited(retry_after_of(response))
        if response.is_success or (response.is_client_error and response.status_code != 408):
            return response
        raise Ambiguous(f"The provider answered {response.status_code} to a placing request.")

    def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Send a request that is safe to repeat.

        Raises `Unavailable` for everything passing, `Rejected` (`auth`, `not_found`, `bad_request`) for the rest.
        """
        try:
            response = self._client.request(method, path, **content)
        except httpx.HTTPError as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error
        if response.is_success:
            return response
        _raise_for(response)
        raise Unavailable(f"The provider answered {response.status_code}.")

    def stream(self, url: str, hosts: frozenset[str]) -> Iterator[bytes]:
        """Stream a file from one of `hosts` (`.host` is every host below it), following redirects only among them.

        Credentials go to the provider's own host alone: a presigned link carries its own.
        """
        for _ in range(MOST_REDIRECTS + 1):
            if not _is_allowed(url, hosts):
                raise Rejected("not_allowed", "The recording lies on a host that is not the provider's.")
            with self._get(url) as response:
                if response.is_redirect:
                    url = str(response.url.join(response.headers.get("location", "")))
                    continue
                if not response.is_success:
                    _raise_for(response)
                    raise Unavailable(f"The provider answered {response.status_code}.")
                yield from _capped(response)
                return
        raise Unavailable("Too many redirects.")

    @contextmanager
    def _get(self, url: str) -> Iterator[httpx.Response]:
        is_own = urlsplit(url).netloc == urlsplit(str(self._client.base_url)).netloc
        client = self._client if is_own else httpx.Client(timeout=READ_TIMEOUT_SECONDS, trust_env=False)
        try:
            with client.stream("GET", url, follow_redirects=False) as response:
                yield response
        except httpx.HTTPError as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error
        finally:
            if not is_own:
                client.close()


def _is_allowed(url: str, hosts: frozenset[str]) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_known = host in hosts or any(host.endswith(name) for name in hosts if name.startswith("."))
    return is_known and parts.scheme in {"https", "http"}


def retry_after_of(response: httpx.Response) -> float:
    """Read how long to wait, in seconds; one second when it is not said."""
    try:
        return min(max(float(response.headers.get("retry-after", "1")), 0.1), LONGEST_RETRY_AFTER)
    except ValueError:
        return 1.0


def json_of(response: httpx.Response) -> dict[str, Any]:
    """Read an answer as a JSON object; an empty one when it is not."""
    try:
        data = response.json()
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _capped(response: httpx.Response) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_bytes(64 * 1024):
        size += len(chunk)
        if size > LARGEST_RECORDING:
            raise Rejected("not_allowed", "The recording is larger than 200 MB.")
        yield chunk


def _raise_for(response: httpx.Response) -> None:
    """Raise `Rejected` for a refusal that will not change by asking again."""
    status = response.status_code
    if status in {401, 403}:
        raise Rejected("auth", f"The provider refused the key ({status}).")
    if status in {404, 410}:
        raise Rejected("not_found", "The provider does not know it.")
    if response.is_client_error and status not in {408, 409, 425, 429}:
        raise Rejected("bad_request", f"The provider answered {status}.")
