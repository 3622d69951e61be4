"""Whether the books of dialling add up, in every workspace."""

from accounts.lookups import tenant_ids
from calls.invariants import check_invariants
from core.scope import tenant_scope
from crm.doctor.findings import Finding, fail, ok


def invariants() -> Finding:
    """Every invariant of calls/invariants.sql holds in every workspace."""
    broken = []
    tenants = tenant_ids()
    for tenant_id in tenants:
        with tenant_scope(tenant_id):
            broken += [f"workspace {tenant_id}: {words}" for words in check_invariants()]
    if broken:
        return fail("; ".join(broken[:3]), "pause the campaigns concerned and look at the rows named")
    return ok(f"attempts, lines, leads and purses add up in {len(tenants)} workspaces")
