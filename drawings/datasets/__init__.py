"""Datasets: exports of drawings, imports of others' data, and the demo's drawings."""

# pyarrow is optional: exports and imports of Parquet refuse without it.
PYARROW_MISSING = (
    "Parquet needs pyarrow, which is not installed. Install it with"
    " .venv/bin/python -m pip install -r requirements-parquet.txt"
)
