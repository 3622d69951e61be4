"""Run the simulated phone network: `python -m simulator`."""

from __future__ import annotations

import logging
import os
import socket
import sys
from pathlib import Path

import uvicorn

from simulator.app import Simulator
from simulator.config import ConfigError, Settings, read_settings

logger = logging.getLogger("simulator")


def main() -> int:
    """Serve until a signal comes; 2 means the settings or the port cannot be used."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        settings = read_settings()
        listener = _listen(settings)
    except (ConfigError, OSError) as error:
        logger.error("The simulated phone network cannot start: %s", error)
        return 2
    port = listener.getsockname()[1]
    if settings.port_file:
        _write_port(Path(settings.port_file), port)
    logger.info("Simulated phone network on http://%s:%s at speed %g", settings.host, port, settings.speed)
    config = uvicorn.Config(
        Simulator(settings), log_level="warning", access_log=False, timeout_graceful_shutdown=1, lifespan="on"
    )
    uvicorn.Server(config).run(sockets=[listener])
    return 0


def _listen(settings: Settings) -> socket.socket:
    """Open the port before the server starts, so that the chosen one can be told."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise OSError(f"port {settings.port} on {settings.host} cannot be opened ({error.strerror})") from error
    return listener


def _write_port(path: Path, port: int) -> None:
    """Write whole or not at all, since someone may be waiting for the file."""
    draft = path.with_suffix(f"{path.suffix}.{os.getpid()}")
    draft.write_text(f"{port}\n")
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
