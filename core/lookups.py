"""Look-ups that Django does not bring."""

from typing import Any

from django.db.models import Field, ForeignObject, Lookup


@ForeignObject.register_lookup
@Field.register_lookup
class AnyOf(Lookup):
    """`field__any_of=[…]`: one of many values, sent as a single array.

    `__in` makes a parameter of each value, which for thousands costs more than their search.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """`lhs = ANY (array)`, the array of the field's own type."""
        lhs, params = self.process_lhs(compiler, connection)
        kind = self.lhs.output_field.db_type(connection).partition("(")[0]  # a length would cut values short
        return f"{lhs} = ANY (%s::{kind}[])", (*params, list(self.rhs))
