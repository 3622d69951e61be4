"""A workspace's own accounts at voice providers: pasted, tried at once, kept encrypted and never shown again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts import audit
from accounts.models import Role
from accounts.permissions import require_role
from accounts.principals import Actor
from calls import telephony
from calls.models import Call, ProviderAccount
from calls.providers.base import KeyCheck, ProviderError
from calls.providers.registry import SPECS, ProviderSpec, get_spec, make_provider
from calls.webhooks import webhook_account
from core.problems import DomainError, NotFound


class CallsUnderWay(DomainError):
    """Calls over the account have not ended; what is said of them is signed with the present secret."""

    code = "calls_under_way"
    title = "Calls over this provider are under way. Change its account when they have ended."


@dataclass(frozen=True, slots=True)
class Account:
    """A provider as the settings show it: `own` is the workspace's account, `is_shared` the installation's."""

    spec: ProviderSpec
    own: ProviderAccount | None
    is_shared: bool

    @property
    def is_ready(self) -> bool:
        """Whether campaigns may call with it."""
        return self.own is not None or self.is_shared

    def address(self, tenant_id: uuid.UUID) -> str:
        """Where the provider reports to, when it is told so once and not with each call."""
        path = f"/api/v1/webhooks/telephony/{self.spec.name}?account={webhook_account(tenant_id)}"
        return f"{settings.PUBLIC_BASE_URL}{path}"


def accounts() -> list[Account]:
    """Every real provider with what the workspace has of it."""
    own = {row.provider: row for row in ProviderAccount.objects.defer("credentials")}
    return [Account(spec, own.get(spec.name), spec.name in settings.TELEPHONY) for spec in SPECS]


def get_account(name: str) -> Account:
    """One provider; raises NotFound."""
    spec = get_spec(name)
    if spec is None:
        raise NotFound("There is no such provider.")
    own = ProviderAccount.objects.filter(provider=name).first()
    return Account(spec, own, name in settings.TELEPHONY)


def fields_of(account: Account) -> dict[str, str]:
    """The stored fields of the workspace's own account, secrets included; for adapters and for keeping them."""
    return dict(orjson.loads(account.own.credentials)) if account.own else {}


def check_account(account: Account) -> KeyCheck:
    """Ask the provider whether the credentials that calls use now work."""
    provider = telephony.find_providers([account.spec.name])[account.spec.name]
    if provider is None:
        return KeyCheck(is_valid=False, detail="Nothing is set up yet.")
    return _ask(provider.verify_key)


def save_account(*, actor: Actor, account: Account, fields: Mapping[str, str]) -> KeyCheck:
    """Try the fields at the provider and keep them only when they work; what it said.

    An empty secret keeps the present one. Raises CallsUnderWay.
    """
    require_role(actor, Role.ADMIN)
    before = fields_of(account)
    kept = {field.name: fields.get(field.name, "").strip() for field in account.spec.fields}
    kept |= {f.name: before.get(f.name, "") for f in account.spec.fields if f.is_secret and not kept[f.name]}
    if missing := account.spec.missing(kept):
        return KeyCheck(is_valid=False, detail=f"Still missing: {', '.join(missing)}.")
    provider = make_provider(account.spec.name, kept)
    try:
        checked = _ask(provider.verify_key)
    finally:
        provider.close()
    if checked.is_valid:
        _keep(actor, account.spec, kept, checked.account_name)
    return checked


@transaction.atomic
def forget_account(*, actor: Actor, account: Account) -> None:
    """Delete the workspace's own account here; what the installation offers holds again. Raises CallsUnderWay."""
    require_role(actor, Role.ADMIN)
    _check_quiet(account.spec.name)
    if account.own:
        audit.record(actor=actor, action="calls.provider_account_forgotten", record=account.own)
        ProviderAccount.objects.filter(pk=account.own.pk).delete()


@transaction.atomic
def _keep(actor: Actor, spec: ProviderSpec, kept: Mapping[str, str], name: str) -> None:
    _check_quiet(spec.name)
    row = ProviderAccount.objects.select_for_update().filter(provider=spec.name).first()
    row = row or ProviderAccount(provider=spec.name)
    row.credentials, row.account_name, row.verified_at = orjson.dumps(kept).decode(), name[:200], Now()
    row.save()
    audit.record(actor=actor, action="calls.provider_account_saved", record=row, provider=spec.name)


def _check_quiet(name: str) -> None:
    if Call.objects.live().filter(provider=name).exists():
        raise CallsUnderWay


def _ask(verify: Callable[[], KeyCheck]) -> KeyCheck:
    try:
        return verify()
    except ProviderError:
        return KeyCheck(is_valid=False, detail="It could not be reached. Try again in a moment.")
