"""The floor of requests: contacts by Django REST framework alone, as a tutorial would write it.

A token in the database, a plain table with the same columns, a cursor list, one, create. No tenants, no policies,
no audit, no idempotency. `bench.requests` serves it the way the product is served and measures both in turns.
"""

import os
import sys
import time
import uuid
from typing import Any

import environ
from django.conf import settings

_database: Any = environ.Env.db_url_config(os.environ["DATABASE_OWNER_URL"])  # type: ignore[no-untyped-call]
_database["OPTIONS"] = {**_database["OPTIONS"], "pool": {"min_size": 1, "max_size": 16}}
settings.configure(
    DATABASES={"default": {**_database, "CONN_HEALTH_CHECKS": False}},
    ROOT_URLCONF="bench.floor",
    SECRET_KEY="floor",
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    REST_FRAMEWORK={"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
)

import django

django.setup()

from django.contrib.postgres.fields import ArrayField
from django.core.asgi import get_asgi_application
from django.db import models
from django.test import Client
from django.urls import include, path
from rest_framework import authentication, exceptions, pagination, permissions, serializers, viewsets
from rest_framework.routers import SimpleRouter

TABLES = """
CREATE TABLE floor_person (token text PRIMARY KEY, name text NOT NULL);
CREATE TABLE floor_contact AS SELECT id, first_name, last_name, email, phone_number, company, title, status, tags,
  notes, custom_fields, enrichment_data, referral_code, created_at, updated_at FROM contacts_contact
  WHERE tenant_id = current_setting('app.tenant')::uuid;
ALTER TABLE floor_contact ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX ON floor_contact (email);
CREATE INDEX ON floor_contact (created_at DESC);
ANALYZE floor_contact;
"""


class Person(models.Model):
    """Who holds a token."""

    token = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=40)
    is_authenticated = True

    class Meta:
        app_label, db_table = "floor", "floor_person"


class Contact(models.Model):
    """The product's columns without the product."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first_name = models.CharField(max_length=128, blank=True, default="")
    last_name = models.CharField(max_length=128, blank=True, default="")
    email = models.EmailField(max_length=256, unique=True)
    phone_number = models.CharField(max_length=16, blank=True, default="")
    company = models.CharField(max_length=200, blank=True, default="")
    title = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=12, default="lead")
    tags = ArrayField(models.CharField(max_length=50), default=list)
    notes = models.TextField(blank=True, default="")
    custom_fields = models.JSONField(default=dict)
    enrichment_data = models.JSONField(default=dict)
    referral_code = models.CharField(max_length=16, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label, db_table = "floor", "floor_contact"


class TokenAuthentication(authentication.TokenAuthentication):
    """One look-up a request."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        person = Person.objects.filter(pk=key).first()
        if person is None:
            raise exceptions.AuthenticationFailed
        return person, key


class ContactSerializer(serializers.ModelSerializer[Any]):
    """All fields."""

    class Meta:
        model = Contact
        fields = "__all__"


class Newest(pagination.CursorPagination):
    """Twenty, newest first."""

    page_size = 20
    ordering = "-created_at"


class ContactApi(viewsets.ModelViewSet[Any]):
    """List, one, create."""

    queryset = Contact.objects.all()
    serializer_class = ContactSerializer
    pagination_class = Newest
    authentication_classes = (TokenAuthentication,)
    permission_classes = (permissions.IsAuthenticated,)


router = SimpleRouter(trailing_slash=False)
router.register("contacts", ContactApi)
urlpatterns = [path("", include(router.urls))]
application = get_asgi_application()


def creates_per_cpu_second(count: int) -> float:
    """How many contacts a second of this process's CPU makes, asked for one after the other without a network."""
    client: Any = Client(headers={"Authorization": "Token bench"})
    for _ in range(50):
        assert client.post("/contacts", _body(), "application/json").status_code == 201
    began = time.process_time()
    for _ in range(count):
        client.post("/contacts", _body(), "application/json")
    return count / (time.process_time() - began)


def _body() -> dict[str, Any]:
    mark = uuid.uuid4().hex[:12]
    return {"first_name": "New", "last_name": mark, "email": f"{mark}@new.example", "phone_number": "+14155550134"}


if __name__ == "__main__":  # make the tables of one tenant's contacts
    from django.db import connection

    with connection.cursor() as _cursor:
        _cursor.execute("SELECT set_config('app.tenant', %s, false)", [sys.argv[1]])
        _cursor.execute(TABLES)
        _cursor.execute("INSERT INTO floor_person VALUES ('bench', 'Bench')")
