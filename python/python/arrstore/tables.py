"""Tables: frames of pandas and tables of Arrow as groups of columns, and records as rows.

    from arrstore import tables

    tables.write(store, "stations", frame)       # a frame of pandas or a table of Arrow: one array for each column, one commit
    tables.to_pandas(store["stations"])
    tables.to_arrow(store["stations"], columns=["height"], rows=slice(0, 1000))
    tables.to_pandas(store["records"])           # an array of records: one column for each field
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrstore import Array
from ._convert import compute
from ._store import Transaction as _Transaction
from ._texts import of_one_width

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from . import Array as _Array, Group, Transaction

#: The attribute of a column: its place among the others, its name in the frame, and what kind it is.
COLUMN = "_column"

#: The end of the name of an array that tells which elements of a column are missing.
_MISSING = ".missing"


def write(
    store: Group | Transaction, name: str, table: Any, *, chunks: int | None = None, codec: str = "zstd:1", **layout: Any
) -> None:
    """Writes a frame of pandas or a table of Arrow as a group of arrays, one for each column, in one commit, or as a part of a
    transaction. A group of that name is replaced.

    Numbers, truth values, times without a time zone and texts have types of their own. Where elements are missing, floats
    have NaN, times have NaT, and other columns an array beside them that says so; floats of Arrow have both. The index of a frame is a column, too,
    unless it only counts. chunks: rows of a chunk.
    """
    if not (hasattr(table, "schema") or hasattr(table, "columns")):
        raise TypeError(f"expected a frame of pandas or a table of Arrow, found {type(table).__name__}")
    columns = list(_arrow_columns(table) if hasattr(table, "schema") else _pandas_columns(table))
    if not columns:
        raise ValueError("a table needs at least one column")
    prefix, changes = _transaction(store)
    name = f"{prefix}/{name.strip('/')}".strip("/")
    with changes as tx:
        for old in [other for other in tx if other.startswith(name + "/") or other == name]:
            del tx[old]
        for (label, kind, values, missing), own in zip(columns, _keys(columns)):
            place, key = own[0], f"{name}/{own[1]}"
            attrs = {COLUMN: {"place": place, "name": label, "kind": kind}}
            options = {"chunks": chunks and (chunks,), "codec": codec, "attrs": attrs, **layout}
            tx.write(key, values, **options)
            if missing is not None and missing.any():
                tx.write(key + _MISSING, missing, chunks=chunks and (chunks,), codec=codec)


def _transaction(store):
    """The name of a group in its store, and a transaction for it; the one that is given stays open."""
    if isinstance(store, _Transaction):
        return "", contextlib.nullcontext(store)
    return store.name.strip("/"), store._store.transaction()


def to_pandas(
    table: Group | _Array, columns: Sequence[str] | None = None, rows: slice = slice(None)
) -> pd.DataFrame:
    """A frame of pandas from a group that `write` made, from other arrays of one axis in a group, or from an array of records.

    columns: the names of the columns that are read, or all. rows: a slice of the rows.
    """
    import pandas as pd

    frame, index = {}, []
    for label, kind, values, missing in _read(table, columns, rows):
        found = pd.array(values.astype(object), dtype="str") if values.dtype.kind == "U" else values
        if missing is not None and values.dtype.kind not in "fc":
            found = pd.array(found, dtype="boolean" if values.dtype == bool else None)
            found[missing] = pd.NA
        if kind == "index":
            index.append((label, found))
        else:
            frame[label] = found
    made = pd.DataFrame(frame)
    if index:
        labels, levels = zip(*index)
        made.index = pd.MultiIndex.from_arrays(levels, names=labels) if len(index) > 1 else pd.Index(levels[0], name=labels[0])
    return made


def to_arrow(
    table: Group | _Array, columns: Sequence[str] | None = None, rows: slice = slice(None)
) -> pa.Table:
    """A table of Arrow, from what `to_pandas` takes. Numbers that a plain read gives are not copied again."""
    import pyarrow as pa

    names, arrays = [], []
    for place, (label, kind, values, missing) in enumerate(_read(table, columns, rows)):
        taken = label is None or str(label) in names
        names.append(f"{kind} {place}" if taken else str(label))
        try:
            arrays.append(pa.array(values, mask=missing))
        except pa.ArrowNotImplementedError:
            words = f"column {label!r}: Arrow has no elements of type {values.dtype}: leave it out by columns=[...]"
            raise TypeError(words) from None
    return pa.table(arrays, names=names)


def batches(
    table: Group | _Array, rows: int = 65536, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Record batches of Arrow, so many rows at a time: for tables larger than memory."""
    if rows < 1:
        raise ValueError(f"rows: expected at least 1, found {rows}")
    length = len(table) if isinstance(table, Array) else max(map(len, table.arrays().values()), default=0)
    for start in range(0, length, rows):
        yield from to_arrow(table, columns, slice(start, start + rows)).to_batches()


def _keys(columns):
    """For each column its place and the name of its array; no two columns have the same."""
    used = set()
    for place, (label, kind, *_) in enumerate(columns):
        key = f"index {place}" if label is None else str(label)
        bad = "/" in key or key in ("", ".", "..") or key.endswith(_MISSING) or not key.isprintable()
        number = place
        while bad or key in used:
            key, bad, number = f"{kind} {number}", False, number + len(columns)
        used.add(key)
        yield place, key


def _pandas_columns(frame):
    """For each column its name, its kind, its elements, and which are missing."""
    import pandas as pd

    if not frame.columns.is_unique:
        raise ValueError("the columns of a table need names that differ")
    counts = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None and frame.index.equals(pd.RangeIndex(len(frame)))
    for level in range(0 if counts else frame.index.nlevels):
        yield frame.index.names[level], "index", *_elements_of(frame.index.get_level_values(level).to_series())
    for label, column in frame.items():
        if not isinstance(label, (str, int)):
            raise TypeError(f"column {label!r}: expected a name that is a text or an integer")
        yield label, "column", *_elements_of(column)


def _elements_of(column):
    """The elements of a column of pandas as NumPy has them, and which are missing."""
    import pandas as pd

    missing, dtype = column.isna().to_numpy(), column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categories_of(column)
    if isinstance(dtype, pd.SparseDtype):
        return _elements_of(column.sparse.to_dense())
    if isinstance(dtype, pd.DatetimeTZDtype):
        raise TypeError(f"column {column.name!r}: has a time zone: use .dt.tz_convert(None) first")
    kind = getattr(dtype, "kind", "O")
    if kind in "fcmM":
        numpy = getattr(dtype, "numpy_dtype", dtype)
        fill = np.datetime64("NaT", "ns") if kind == "M" else np.timedelta64("NaT", "ns") if kind == "m" else np.nan
        return column.to_numpy(numpy, na_value=fill) if missing.any() else column.to_numpy(numpy), None
    if kind in "biu":
        numpy = getattr(dtype, "numpy_dtype", dtype)
        return column.to_numpy(numpy, na_value=False if kind == "b" else 0) if missing.any() else column.to_numpy(numpy), missing
    values = column.to_numpy(object, na_value="") if missing.any() else column.to_numpy(object)
    wrong = next((value for value in values if not isinstance(value, str)), None)
    if wrong is not None:
        raise TypeError(f"column {column.name!r}: expected numbers, times or texts, found {wrong!r} of type {type(wrong).__name__}")
    return _texts(column.name, values), missing


def _texts(label, values):
    try:
        return of_one_width(values)
    except ValueError as error:
        raise ValueError(f"column {label!r}: {error}") from None


def _categories_of(column):
    """The category of each element, and which elements have none."""
    import pandas as pd

    codes = column.cat.codes.to_numpy()
    missing = codes < 0
    categories, _ = _elements_of(pd.Series(column.cat.categories, name=column.name))
    values = (categories if len(categories) else np.zeros(1, categories.dtype))[np.where(missing, 0, codes)]
    kind = values.dtype.kind
    if kind in "fcmM":
        values[missing] = np.nan if kind in "fc" else np.array("NaT", values.dtype)
        return values, None
    values[missing] = np.zeros((), values.dtype)
    return values, missing


def _arrow_columns(table):
    import pyarrow as pa

    if len(set(table.column_names)) < table.num_columns:
        raise ValueError("the columns of a table need names that differ")
    for label, column in zip(table.column_names, table.columns):
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        kind = column.type
        missing = np.asarray(column.is_null()) if column.null_count else None
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pa.types.is_string_view(kind):
            column, kind = column.cast(pa.large_string()), pa.large_string()
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            values = column.fill_null("").to_numpy(zero_copy_only=False)
            yield label, "column", _texts(label, values), missing
        elif pa.types.is_floating(kind):
            # NaN is a number of Arrow, and no missing element
            yield label, "column", column.to_numpy(zero_copy_only=False), missing
        elif pa.types.is_timestamp(kind) and kind.tz is None or pa.types.is_duration(kind) or pa.types.is_date(kind):
            yield label, "column", column.to_numpy(zero_copy_only=False), None
        elif pa.types.is_integer(kind) or pa.types.is_boolean(kind):
            yield label, "column", column.fill_null(0 if pa.types.is_integer(kind) else False).to_numpy(zero_copy_only=False), missing
        else:
            raise TypeError(f"column {label!r}: expected numbers, times without a zone or texts, found {kind}")


def _read(table, columns, rows):
    """For each column its name, its kind, its elements, and which are missing. All are read together."""
    if not isinstance(rows, slice):
        raise TypeError(f"rows: expected a slice, found {rows!r}")
    if isinstance(columns, str):
        raise TypeError(f"columns: expected a list of names, found {columns!r}")
    if isinstance(table, Array):
        yield from _read_records(table, columns, rows)
        return
    found = []
    for name, array in table.arrays().items():
        if "/" in name or name.endswith(_MISSING) and name.removesuffix(_MISSING) in table:
            continue
        if array.ndim != 1:
            raise ValueError(f"column {name!r}: expected an array of one axis, found the shape {array.shape}")
        about = array.attrs.get(COLUMN, {"place": len(found), "name": name, "kind": "column"})
        missing = table[name + _MISSING] if name + _MISSING in table else None
        found.append((about["place"], about["name"], about["kind"], array, missing))
    found.sort(key=lambda column: column[0])
    # a column comes before an index of the same name
    by_label = {column[1]: column for column in sorted(found, key=lambda column: column[2] == "column")}
    unknown = set(columns or ()) - set(by_label)
    if unknown:
        raise KeyError(f"no columns {sorted(unknown, key=str)}; there are {[label for _, label, *_ in found]}")
    wanted = found if columns is None else [by_label[label] for label in columns]
    wanted += [column for column in found if column[2] == "index" and column not in wanted]
    if len({array.shape for *_, array, _ in wanted}) > 1:
        raise ValueError("expected columns of one length, found " + ", ".join(f"{c[1]}: {c[3].shape[0]}" for c in wanted))
    lazy = [part[rows] for *_, array, missing in wanted for part in (array, missing) if part is not None]
    values = iter(compute(*lazy))
    for _, label, kind, _, missing in wanted:
        yield label, kind, next(values), None if missing is None else next(values)


def _read_records(array, columns, rows):
    if array.ndim != 1 or array.dtype.names is None:
        raise ValueError(f"expected an array of records with one axis, found {array.dtype} of shape {array.shape}")
    unknown = set(columns or ()) - set(array.dtype.names)
    if unknown:
        raise KeyError(f"no fields {sorted(unknown)}; there are {list(array.dtype.names)}")
    wanted = list(array.dtype.names if columns is None else columns)
    for name in wanted:
        if array.dtype[name].kind == "V":
            raise TypeError(f"field {name!r}: expected one element in each record, found {array.dtype[name]}: leave it out by columns=[...]")
    values = array[rows].compute()
    for name in wanted:
        yield name, "column", np.ascontiguousarray(values[name]), None
