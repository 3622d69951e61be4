"""How imports look in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from contacts.models import Import
from core.serializers import FieldsMixin, StrictSerializer


class RefusedRowSerializer(FieldsMixin):
    """A row that would be refused."""

    line = serializers.IntegerField()
    row = serializers.CharField(help_text="The beginning of what it holds.")


class RefusalSerializer(FieldsMixin):
    """Rows that would be refused for one reason."""

    code = serializers.CharField()
    reason = serializers.CharField()
    count = serializers.IntegerField()
    examples = RefusedRowSerializer(many=True)


class ImportSerializer(FieldsMixin):
    """An import and how far it is."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    status = serializers.ChoiceField(choices=Import.Status.choices)
    file_name = serializers.CharField()
    on_conflict = serializers.ChoiceField(choices=["skip", "update"])
    dry_run = serializers.BooleanField()
    mapping = serializers.SerializerMethodField()
    rows_total = serializers.IntegerField(help_text="An estimate until the file has been read to its end.")
    rows_done = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    skipped = serializers.IntegerField()
    failed = serializers.IntegerField()
    error = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())
    duplicate_of = serializers.SerializerMethodField()
    samples = serializers.SerializerMethodField()
    refusals = serializers.SerializerMethodField()
    undone = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_mapping(self, job: Import) -> dict[str, str]:
        """Column → field, for the columns that are used."""
        pairs = zip(job.options["file"]["header"], job.mapping["targets"], strict=False)
        return {name: target for name, target in pairs if target}

    @extend_schema_field({"type": ["string", "null"], "format": "uuid"})
    def get_duplicate_of(self, job: Import) -> str | None:
        """The newest other import of the very same file, when there is one; nobody comes in twice by it."""
        earlier: str | None = job.options.get("duplicate_of")
        return earlier

    @extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": True}})
    def get_samples(self, job: Import) -> list[Any]:
        """After a trial run: some of the rows that would be made or changed."""
        return list(job.options.get("samples", []))

    @extend_schema_field(RefusalSerializer(many=True))
    def get_refusals(self, job: Import) -> list[Any]:
        """After a trial run: why rows would be refused, how many for each reason, and a few of them."""
        return list(job.options.get("refusals", []))

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": {"type": "integer"}})
    def get_undone(self, job: Import) -> dict[str, int] | None:
        """After an undo: how many were removed, restored, and kept because someone worked with them since."""
        undone: dict[str, int] | None = job.options.get("undone")
        return undone


class UploadSerializer(StrictSerializer):
    """A file to import."""

    file = serializers.FileField(help_text="CSV, TSV or XLSX, up to 1,000,000 rows.", allow_empty_file=True)
    mapping = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=50_000,
        help_text='JSON: {"Column name": "field"}; guessed if left out.',
    )
    on_conflict = serializers.ChoiceField(choices=["skip", "update"], required=False)
    dry_run = serializers.BooleanField(required=False)
