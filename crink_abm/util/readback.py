"""Tables read back as they were written: a column that may lack values keeps its kind, and nothing becomes an object.

A flag or a whole number that is missing would else come back as an object or a float, and ``~`` of it be another number.
"""

import json

import pandas as pd
import pyarrow as pa

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


def frame(table: pa.Table) -> pd.DataFrame:
    """A table as a DataFrame."""
    read = table.replace_schema_metadata(None).to_pandas()
    for field in table.schema:
        lacks = table[field.name].null_count or field.name.endswith(_MAY_LACK)
        if lacks and field.type in _NULLABLE:
            read[field.name] = table[field.name].to_pandas(types_mapper=_NULLABLE.get)
    return read
