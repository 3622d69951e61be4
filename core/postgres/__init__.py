"""Django's PostgreSQL backend, plus the tenant setting at the start of every transaction."""
