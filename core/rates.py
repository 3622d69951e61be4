"""Exact rate limits: one atomic step in Redis, or in the database's stead nothing lost when Redis is away."""

import re
import time

import structlog
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)
_RATE = re.compile(r"(\d+)\s*/\s*(\d*)\s*(s|sec|second|m|min|minute|h|hour|d|day)s?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_STEP = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('TTL', KEYS[1])}
"""
_client: Redis | None = None


def redis_client() -> Redis:
    """The process-wide Redis client."""
    global _client  # noqa: PLW0603 - one connection pool a process
    if _client is None:
        once_more = Retry(NoBackoff(), 1)  # a restarted Redis costs one stale connection; an absent one no wait
        _client = Redis.from_url(settings.CACHE_URL, socket_timeout=1, socket_connect_timeout=1, retry=once_more)
    return _client


def parse_rate(rate: str) -> tuple[int, int]:
    """Read "10/min" or "10/5min" as (count, seconds)."""
    match = _RATE.fullmatch(rate.strip())
    if not match:
        raise ValueError(f"Not a rate: {rate!r}")
    count, multiple, unit = match.groups()
    return int(count), int(multiple or 1) * _SECONDS[unit[0]]


def count(name: str, rate: str) -> int:
    """Count one use of `name` in the present window and return how many there are; raises when Redis is away."""
    _, window = parse_rate(rate)
    uses, _ = redis_client().eval(_STEP, 1, f"rate:{name}:{int(time.time()) // window}", window)
    return int(uses)


def wait_for_next(rate: str) -> int:
    """Seconds until the window that runs now is over."""
    _, window = parse_rate(rate)
    return max(1, window - int(time.time()) % window)


def hit(name: str, rate: str, *, cost: int = 1) -> int:
    """Count one use of `name`; return 0 when it is within `rate`, else the seconds to wait.

    Windows are fixed. The step is atomic, so concurrent callers cannot pass together.
    When Redis is away the use is allowed and logged.
    """
    try:
        uses = count(name, rate)
    except (RedisError, OSError):
        log.warning("rate_limit_unavailable", name=name.split(":", maxsplit=1)[0])
        return 0
    return 0 if uses <= parse_rate(rate)[0] else wait_for_next(rate)


def used(name: str, rate: str) -> int:
    """How often `name` was used in the present window."""
    _, window = parse_rate(rate)
    try:
        return int(redis_client().get(f"rate:{name}:{int(time.time()) // window}") or 0)
    except (RedisError, OSError):
        return 0
