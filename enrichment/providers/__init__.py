"""The providers there are, by name."""

from enrichment.providers.apollo import Apollo
from enrichment.providers.base import Provider
from enrichment.providers.company_domain import CompanyDomain
from enrichment.providers.gravatar import Gravatar
from enrichment.providers.hunter import Hunter
from enrichment.providers.people_data_labs import PeopleDataLabs
from enrichment.providers.simulated import Simulated

_ALL: tuple[Provider, ...] = (Simulated(), CompanyDomain(), Gravatar(), Hunter(), PeopleDataLabs(), Apollo())
PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in _ALL}
