"""Outgoing addresses: no URL that a user enters makes the server call into its own network."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.net import CheckedUrl, UrlNotAllowed, check_public_url, is_public, pinned_client

PUBLIC = "93.184.216.34"


def resolver(*addresses: str):
    def resolve(name: str, port: int, **_: Any) -> list[Any]:
        try:
            found = [str(ipaddress.ip_address(name))]
        except ValueError:
            found = list(addresses)
        return [(0, 0, 0, "", (address, port)) for address in found]

    return resolve


def check(url: str, *addresses: str, **options: Any) -> CheckedUrl:
    return check_public_url(url, resolve=resolver(*(addresses or (PUBLIC,))), **options)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://hooks.example/in?x=1", "hooks.example", 443),
        ("https://Hooks.Example.:8443/", "hooks.example", 8443),
        ("https://bücher.example/", "xn--bcher-kva.example", 443),
        ("https://93.184.216.34/", "93.184.216.34", 443),
        ("https://[2606:4700:0::1111]/", "2606:4700::1111", 443),
    ],
)
def test_a_public_https_address_is_allowed(url: str, host: str, port: int) -> None:
    checked = check(url)
    assert (checked.host, checked.port, checked.url) == (host, port, url)
    assert checked.addresses


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "ftp://hooks.example/",
        "hooks.example",
        "",
        "https://",
        "https:///x",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://intranet/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://2130706433/",
        "https://127.1/",
        "https://8.8.8.010/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[::]/",
        "https://0.0.0.0/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.100.100.200/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://224.0.0.1/",
        "https://192.168.1.1/",
        "https://user:pass@hooks.example/",
        "https://user@hooks.example/",
        "https://@hooks.example/",
        "https://hooks.example:22/",
        "https://hooks.example:80/",
        "https://hooks.example:99999/",
        "https://hooks.example:x/",
        "https://hooks.example\\@127.0.0.1/",
        "https://hooks.example/ x",
        "https://hooks.example/\r\nHost: x",
        "https://-bad-.example/",
        "https://a..example/",
        "https://[::1",
        "https://hooks.example/" + "x" * 2000,
    ],
)
def test_every_other_address_is_refused(url: str) -> None:
    with pytest.raises(UrlNotAllowed) as refused:
        check(url)
    assert refused.value.code == "url_not_allowed"
    assert refused.value.reason


@pytest.mark.parametrize(
    "inside",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "198.18.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "fc00::1",
        "fe80::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::7f00:1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "2001:db8::1",
    ],
)
def test_a_name_with_any_inner_address_is_refused(inside: str) -> None:
    assert not is_public(ipaddress.ip_address(inside))
    with pytest.raises(UrlNotAllowed, match="public internet"):
        check("https://hooks.example/", PUBLIC, inside)


def test_a_name_that_does_not_resolve_is_refused() -> None:
    def fail(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror("no such name")

    with pytest.raises(UrlNotAllowed, match="resolved"):
        check_public_url("https://hooks.example/", resolve=fail)
    with pytest.raises(UrlNotAllowed, match="resolved"):
        check_public_url("https://hooks.example/", resolve=lambda *_, **__: [])


def test_the_operator_can_except_an_origin() -> None:
    allowed = ["http://127.0.0.1:9000"]
    checked = check("http://127.0.0.1:9000/in", allowed_origins=allowed)
    assert (checked.port, checked.addresses) == (9000, ("127.0.0.1",))
    for url in ("http://127.0.0.1:9001/in", "http://127.0.0.1:9000@10.0.0.1/", "https://127.0.0.1:9000/in"):
        with pytest.raises(UrlNotAllowed):
            check(url, allowed_origins=allowed)


# --- the connection itself


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, list[str], ssl.SSLContext]]:
    """An https server on 127.0.0.1 whose certificate is for hooks.example."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(f"{self.headers['Host']} {self.path} {body.decode()}")
            self.send_response(302 if self.path == "/away" else 204)
            self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    web = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    web.socket = context.wrap_socket(web.socket, server_side=True)
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    trust = ssl.create_default_context(cadata=certificate.public_bytes(serialization.Encoding.PEM).decode())
    yield web.server_address[1], seen, trust
    web.shutdown()
    web.server_close()


def test_the_request_goes_to_the_checked_address_under_the_hosts_own_name(server) -> None:
    port, seen, trust = server
    url = f"https://hooks.example:{port}/in"
    with pinned_client(CheckedUrl(url, "hooks.example", port, ("127.0.0.1",)), verify=trust) as client:
        assert client.post(url, content=b"hello").status_code == 204
    assert seen == [f"hooks.example:{port} /in hello"]


def test_the_next_address_is_tried_when_one_does_not_answer(server) -> None:
    port, seen, trust = server
    url = f"https://hooks.example:{port}/in"
    checked = CheckedUrl(url, "hooks.example", port, ("127.0.0.2", "127.0.0.1"))
    with pinned_client(checked, verify=trust, timeout=5) as client:
        assert client.post(url, content=b"hello").status_code == 204
    assert len(seen) == 1


def test_a_certificate_for_another_name_is_refused(server) -> None:
    port, seen, trust = server
    url = f"https://other.example:{port}/in"
    with (
        pinned_client(CheckedUrl(url, "other.example", port, ("127.0.0.1",)), verify=trust) as client,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        client.post(url, content=b"hello")
    assert seen == []


def test_a_redirect_is_not_followed(server) -> None:
    port, _, trust = server
    url = f"https://hooks.example:{port}/away"
    with pinned_client(CheckedUrl(url, "hooks.example", port, ("127.0.0.1",)), verify=trust) as client:
        assert client.post(url, content=b"x").status_code == 302


def test_a_client_serves_no_other_host_than_the_one_checked() -> None:
    checked = CheckedUrl("https://hooks.example/", "hooks.example", 443, (PUBLIC,))
    with pinned_client(checked) as client:
        for url in ("https://inside.example/", "https://hooks.example:8443/", "http://hooks.example/"):
            with pytest.raises(UrlNotAllowed):
                client.get(url)
