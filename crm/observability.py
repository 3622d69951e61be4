"""What operators see: request ids in tasks, Prometheus metrics, Sentry and OpenTelemetry when configured."""

import os
import time
from collections.abc import Callable
from typing import Any

import structlog
from celery import signals
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

from core.logging import current_request_id

REQUESTS = Counter("http_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram("http_request_seconds", "Time to answer.", ["route"])
TASKS = Counter("celery_tasks", "Tasks ended.", ["task", "state"])


class MetricsMiddleware:
    """Counts every request by its route (never by its address, which would hold ids)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = match.route if match else "none"
        REQUESTS.labels(request.method, route, response.status_code).inc()
        SECONDS.labels(route).observe(time.perf_counter() - start)
        return response


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text for scrapers on the machine itself, or with the token; never through a proxy."""
    token = settings.METRICS_TOKEN
    authorised = token and request.headers.get("Authorization") == f"Bearer {token}"
    local = request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1", "") and "X-Forwarded-For" not in request.headers
    if not (authorised or local):
        raise PermissionDenied
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
        registry.register(TASKS)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@signals.before_task_publish.connect
def send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Give a task the id of the request that causes it."""
    if headers is not None and current_request_id():
        headers["request_id"] = current_request_id()


@signals.task_prerun.connect
def bind_request_id(task: Any = None, task_id: str = "", **_: Any) -> None:
    """Log lines of a task carry the id of the request that caused it."""
    structlog.contextvars.clear_contextvars()
    request_id = getattr(task.request, "request_id", None) if task else None
    structlog.contextvars.bind_contextvars(task=getattr(task, "name", ""), request_id=request_id or task_id)


@signals.task_postrun.connect
def count_task(task: Any = None, state: str = "", **_: Any) -> None:
    """Count ended tasks by state."""
    TASKS.labels(getattr(task, "name", ""), state).inc()
    structlog.contextvars.clear_contextvars()


def start() -> None:
    """Switch on Sentry and tracing where the environment asks for them."""
    if settings.SENTRY_DSN:
        import sentry_sdk

        sentry_sdk.init(dsn=settings.SENTRY_DSN, send_default_pii=False, max_request_body_size="never")
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        _trace()


def _trace() -> None:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": settings.BRAND.lower()}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    for instrumentor in (
        DjangoInstrumentor(),
        PsycopgInstrumentor(),
        RedisInstrumentor(),
        HTTPXClientInstrumentor(),
        CeleryInstrumentor(),  # type: ignore[no-untyped-call]
    ):
        instrumentor.instrument()
