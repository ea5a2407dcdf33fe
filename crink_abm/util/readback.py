"""Tables read back as they were written: a column that may lack values keeps its kind, and nothing becomes an object.

A flag or a whole number that is missing would else come back as an object or a float, and ``~`` of it be another number.
"""

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

#: Arrow's type -> the kind of column that holds it and may lack values.
_NULLABLE = {
    pa.bool_(): pd.BooleanDtype(), pa.int8(): pd.Int8Dtype(), pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(), pa.uint64(): pd.UInt64Dtype(),
}  # fmt: skip
#: Columns that may lack values, also where none does.
_MAY_LACK = ("discernible",)


def noted(table: pa.Table, frame: pd.DataFrame) -> pa.Table:
    """A table with a note, for whoever reads it, of the columns of ``frame`` that may lack values; no times or versions."""
    columns = [
        {"name": name, "field_name": name, "pandas_type": str(kind).lower(), "numpy_type": str(kind), "metadata": None}
        for name, kind in frame.dtypes.items()
        if kind in _NULLABLE.values()
    ]
    said = {"index_columns": [], "column_indexes": [], "columns": columns, "pandas_version": "2.2.0"}
    return table.replace_schema_metadata({"pandas": json.dumps(said)} if columns else None)


def frame(source: Any) -> pd.DataFrame:
    """A Parquet file as a DataFrame; a large one column by column, so that it is not held twice.

    Raises
    ------
    ValueError
        If two of its columns have one name; or as of :class:`pyarrow.parquet.ParquetFile`.
    """
    held = pq.ParquetFile(source, page_checksum_verification=True)
    names: list[str] = held.schema_arrow.names
    if len(set(names)) < len(names):
        raise ValueError(f"two columns of one name: {names}")
    large, read = held.num_row_groups > 1, {}
    columns = (held.read([name]).column(0) for name in names) if large else held.read().columns
    for name, column in zip(names, columns, strict=True):
        lacks = column.null_count or name.endswith(_MAY_LACK)
        series = column.to_pandas(types_mapper=_NULLABLE.get if lacks and column.type in _NULLABLE else None)
        # what lies in the file's own bytes cannot be written to
        read[name] = (
            series.copy() if isinstance(series.dtype, np.dtype) and not series.values.flags.writeable else series
        )
    return pd.DataFrame(read, copy=False)
