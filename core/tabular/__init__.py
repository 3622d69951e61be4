"""Tables in files: what a file holds, its rows as a stream that can be resumed, and safe files out."""

from core.tabular.reading import read_batches
from core.tabular.sniffing import sniff
from core.tabular.table import FAULTS, Batch, Row, Sniffed, TableError
from core.tabular.writing import csv_bytes, neutralise, write_workbook

__all__ = [
    "FAULTS",
    "Batch",
    "Row",
    "Sniffed",
    "TableError",
    "csv_bytes",
    "neutralise",
    "read_batches",
    "sniff",
    "write_workbook",
]
