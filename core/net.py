"""Requests to addresses that a user chose: only to the public internet, and only where the check looked.

Someone who may enter a web address must not be able to make this server call its own neighbours. So the name
is resolved once, every address it has is judged, and the connection goes to a judged address and nowhere
else: a second look-up, which could answer differently, never happens.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

ALLOWED_PORTS: Final = (443, 8443)
MAX_URL: Final = 2_000

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE: Final = ipaddress.ip_network("::/96")
_INNER_ENDINGS: Final = frozenset({"local", "localdomain", "localhost", "internal", "intranet", "lan", "home", "corp"})
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class UrlNotAllowed(ValueError):
    """An address that this server does not call; `code` is stable, `reason` is for the person."""

    code = "url_not_allowed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HostUnknown(UrlNotAllowed):
    """The name has no address just now: it may have one when a request is due, which is judged then."""


@dataclass(frozen=True, slots=True)
class CheckedUrl:
    """A web address and the internet addresses that were found fit for it."""

    url: str
    host: str
    port: int
    addresses: tuple[str, ...]


def check_public_url(
    url: str,
    *,
    allowed_origins: Collection[str] = (),
    resolve: Callable[..., list[Any]] = socket.getaddrinfo,
) -> CheckedUrl:
    """Judge a URL before it is stored and again before each request to it.

    https on port 443 or 8443, no user name, a plain host name or address, and every address it resolves to
    public. `allowed_origins` names exceptions of the operator ("http://127.0.0.1:9000"). Raises
    `UrlNotAllowed`, or `HostUnknown` of it when everything but the look-up is in order.
    """
    if len(url) > MAX_URL or re.search(r"[\x00-\x20\x7f\\]", url):
        raise UrlNotAllowed("The address holds characters that do not belong there, or is too long.")
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port or (80 if parts.scheme == "http" else 443)
    except ValueError as error:
        raise UrlNotAllowed("This is not a web address.") from error
    excepted = f"{parts.scheme}://{parts.netloc}" in allowed_origins
    if parts.username is not None or parts.password is not None:
        raise UrlNotAllowed("The address may not hold a user name or password.")
    if not excepted and parts.scheme != "https":
        raise UrlNotAllowed("The address must begin with https://.")
    if not excepted and port not in ALLOWED_PORTS:
        raise UrlNotAllowed("Only the ports 443 and 8443 are called.")
    name = _plain_host(host)
    addresses = _resolve(name, port, resolve)
    if not excepted and not all(is_public(address) for address in addresses):
        raise UrlNotAllowed("The address does not lie in the public internet.")
    return CheckedUrl(url, name, port, tuple(str(address) for address in addresses))


def is_public(address: Address) -> bool:
    """Whether an internet address may be called; addresses that wrap another are judged by it too."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _unwrapped(address)
        if inner is not None:
            return is_public(inner)
        if address.scope_id:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def pinned_client(checked: CheckedUrl, *, timeout: float = 10.0, verify: ssl.SSLContext | bool = True) -> httpx.Client:
    """A client that reaches the checked addresses only, follows no redirect and uses no proxy of the system.

    TLS still names and verifies the host, not the address.
    """
    return httpx.Client(
        transport=_PinnedTransport(checked, verify=verify),
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
    )


class _PinnedTransport(httpx.BaseTransport):
    """Swaps the host of a request for a checked address just before it is sent."""

    def __init__(self, checked: CheckedUrl, *, verify: ssl.SSLContext | bool) -> None:
        self._checked = checked
        self._inner = httpx.HTTPTransport(verify=verify, trust_env=False, retries=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        port = url.port or (80 if url.scheme == "http" else 443)
        host = _plain_host(url.raw_host.decode("ascii").strip("[]").rstrip("."))
        if (host, port) != (self._checked.host, self._checked.port):
            raise UrlNotAllowed("The request goes to another host than the one that was checked.")
        failure: httpx.ConnectError | httpx.ConnectTimeout | None = None
        for address in self._checked.addresses:
            pinned = httpx.Request(
                request.method,
                url.copy_with(host=address),
                headers=request.headers,  # the Host header still names the host
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": self._checked.host},
            )
            try:
                return self._inner.handle_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error  # nothing was sent: the next address may answer
        raise failure or httpx.ConnectError("no address")

    def close(self) -> None:
        self._inner.close()


def _plain_host(host: str) -> str:
    """The host in the form that is looked up; odd spellings of numbers are not hosts here."""
    if not host:
        raise UrlNotAllowed("The address names no host.")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        name = host if host.isascii() else str(httpx.URL(f"https://{host}").raw_host, "ascii")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise UrlNotAllowed("This is not a host name.") from error
    labels = name.split(".")
    if len(name) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise UrlNotAllowed("This is not a public host name.")
    if labels[-1].lower() in _INNER_ENDINGS:
        raise UrlNotAllowed("The address does not lie in the public internet.")
    # 2130706433, 0x7f.1 and 0177.0.0.1 are all 127.0.0.1 to the system's resolver.
    if re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1], re.IGNORECASE):
        raise UrlNotAllowed("This is not a host name.")
    return name.lower()


def _resolve(name: str, port: int, resolve: Callable[..., list[Any]]) -> list[Address]:
    try:
        found = resolve(name, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    except (OSError, UnicodeError, ValueError) as error:
        raise HostUnknown("The host name cannot be resolved.") from error
    if not addresses:
        raise HostUnknown("The host name cannot be resolved.")
    return list(dict.fromkeys(addresses))


def _unwrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside a mapped, 6to4, NAT64 or compatible one."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
