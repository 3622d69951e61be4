"""The providers there are, by name."""

from enrichment.providers.base import Provider
from enrichment.providers.company_domain import CompanyDomain
from enrichment.providers.simulated import Simulated

PROVIDERS: dict[str, Provider] = {p.name: p for p in (Simulated(), CompanyDomain())}
