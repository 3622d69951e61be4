"""The company behind an email address, from the address alone: free, offline, no promise of spelling."""

from collections.abc import Mapping

from enrichment.free_mail import company_name
from enrichment.providers.base import Answer, Context, Finding, Outcome, Provider, Query


class CompanyDomain(Provider):
    """Reads the company from the email's domain; mail providers' domains say nothing."""

    name = "company_domain"
    label = "Company from email"
    about = "Reads the company's website and likely name from the email address. Nothing leaves this server."
    fields = ("company", "company_domain")
    position = 20
    on_at_first = True
    needs_key = takes_key = False

    def parts(self, query: Query) -> Mapping[str, str] | None:
        return {"domain": query.domain} if query.email else None

    def ask(self, parts: Mapping[str, str], context: Context) -> Answer:
        domain = parts["domain"]
        if not domain:
            return Answer(Outcome.NOT_FOUND, detail="A personal address says nothing about a company.")
        source = f"https://{domain}"
        return Answer.of(
            [Finding("company", company_name(domain), 0.6, source), Finding("company_domain", domain, 0.95, source)]
        )
