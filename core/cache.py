"""The cache: Redis, keys prefixed by tenant; when Redis is away the product is slower, not broken."""

from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from core.scope import open_tenant_id

log = structlog.get_logger(__name__)


class TenantCache(RedisCache):
    """Redis cache whose keys carry the open tenant and whose failures read as misses."""

    def make_key(self, key: Any, version: int | None = None) -> str:
        return super().make_key(f"{open_tenant_id() or '-'}:{key}", version)

    def _guarded(self, name: str, default: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(super(), name)(*args, **kwargs)
        except (RedisError, OSError) as error:
            log.warning("cache_unavailable", operation=name, error=type(error).__name__)
            return default

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._guarded("get", default, key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        self._guarded("set", None, key, value, timeout, version)

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        return bool(self._guarded("add", True, key, value, timeout, version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._guarded("delete", False, key, version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._guarded("has_key", False, key, version))
