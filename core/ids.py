"""UUID version 7 (RFC 9562): time-ordered keys that index well and can be made anywhere."""

import secrets
import time
import uuid


def uuid7() -> uuid.UUID:
    """Return a UUIDv7: 48 bits of Unix milliseconds, then 12 bits of sub-millisecond time, then 62 random bits."""
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    sub_millisecond = rest * 4096 // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76 | sub_millisecond << 64
    value |= 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)
