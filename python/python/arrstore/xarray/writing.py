"""Datasets of xarray written to stores, each call in one commit."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from xarray import Variable, conventions
from xarray.backends.common import AbstractWritableDataStore, ArrayWriter, ensure_dtype_not_object
from xarray.backends.locks import get_dask_scheduler
from xarray.coders import CFDatetimeCoder
from xarray.coding.strings import CharacterArrayCoder, EncodedStringCoder, ensure_fixed_length_bytes, is_unicode_dtype

from .._arrstore import Array
from .._attributes import GROUPS, OBJECTS, encode as attributes_of, of_group
from .._convert import map_blocks
from .._store import Store
from .._texts import of_one_width
from .lazy import lazy
from .reading import UNNAMED, ReadStore, variable

if TYPE_CHECKING:
    from xarray import DataArray, Dataset, DataTree

    from .. import Path

#: What a user may say about the storage of a variable.
LAYOUT = ("chunks", "codec", "shuffle", "order")

#: What xarray notes about a variable that was read. It says nothing about how to write it.
_NOTES = ("source", "original_shape", "preferred_chunks", "dtype")

MODES = ("w", "w-", "a", "a-", "r+")


def to_arrstore(
    data: Dataset | DataArray | DataTree,
    path: Path,
    mode: str | None = None,
    *,
    group: str | None = None,
    encoding: Mapping[str, Mapping[str, Any]] | None = None,
    append_dim: str | None = None,
    region: Mapping[str, slice | str] | str | None = None,
    write_inherited_coords: bool = False,
) -> None:
    """Writes a Dataset, a DataArray or a DataTree to an `.arrs` file, in one commit: after an error or a crash the file is
    as it was before.

    Arrays of Dask and lazy arrays of arrstore are computed chunk by chunk.

    path: the file. group: the group of the dataset in the file; without it, the root.
    mode: `w-` makes the file or the group, and neither may exist (the default); `w` replaces it; `a` adds variables and
    replaces those of the same names; `a-` adds variables and changes others only along `append_dim`; `r+` changes elements
    of arrays that exist.
    append_dim: a dimension along which the variables that have it are made longer. The mode is `a` by default.
    region: a slice for each of some dimensions, or `auto` to find it by the coordinates' values: only this part of the
    arrays that exist is written. The mode is `r+` by default.
    encoding: for each name of a variable, what CF says of it (`dtype`, `scale_factor`, `units`, `_FillValue` ...), and its
    layout in the file: `chunks`, `codec`, `shuffle`, `order`, as in `Store.write`. For a DataTree, one such dict for each
    name of a group.
    """
    from xarray import DataArray, DataTree

    if mode is None:
        mode = "w-" if append_dim is None and region is None else "a" if region is None else "r+"
    if mode not in MODES:
        raise ValueError(f"mode: expected one of {', '.join(MODES)}, found {mode!r}")
    if append_dim is not None and mode not in ("a", "a-"):
        raise ValueError(f"append_dim: expected mode 'a' or 'a-', found {mode!r}")
    if region is not None and mode not in ("a", "r+"):
        raise ValueError(f"region: expected mode 'r+' or 'a', found {mode!r}")
    if isinstance(data, DataTree):
        if append_dim is not None or region is not None:
            raise ValueError("append_dim and region are for one dataset: write the nodes of the tree one by one")
        return _write_tree(data, path, mode, group, encoding or {}, write_inherited_coords)
    if isinstance(data, DataArray):
        data = _as_dataset(data)
    with WriteStore.open(path, mode, group, append_dim) as store:
        store.write(data, encoding, region)


def _as_dataset(array):
    """A DataArray as xarray writes one to other formats: under its own name, or without one."""
    return array.to_dataset() if array.name is not None else array.to_dataset(name=UNNAMED)


def _write_tree(tree, path, mode, group, encoding, write_inherited_coords):
    unknown = set(encoding) - set(tree.groups)
    if unknown:
        raise ValueError(f"unexpected encoding group name(s) provided: {unknown}")
    with WriteStore.open(path, mode, group) as root:
        for name, node in tree.subtree_with_keys:
            is_root = node is tree
            dataset = node.to_dataset(inherit=write_inherited_coords or is_root)
            (root if is_root else root.child(name)).write(dataset, encoding.get(node.path))


class WriteStore(ReadStore, AbstractWritableDataStore):
    """One group of a store, as xarray writes it. All that is written is committed together by `sync`."""

    def __init__(self, store, group, mode, append_dim=None, transaction=None, lock=None):
        super().__init__(store, group)
        # threads of Dask that still write when another one has failed
        self._lock = lock or threading.Lock()
        self._mode, self._append_dim, self._region = mode, append_dim, {}
        self._transaction = transaction if transaction is not None else store.transaction()
        self._started = False

    @classmethod
    def open(cls, path, mode, group=None, append_dim=None):
        """Opens a file to be written. A group that exists is emptied by mode `w` and refused by mode `w-`."""
        is_root = not (group or "").strip("/")
        if mode in ("w", "w-") and is_root:
            return cls(Store(os.fsdecode(path), {"w": "w", "w-": "x"}[mode]), "", mode, append_dim)
        store = cls(Store(os.fsdecode(path), "r+" if mode == "r+" else "a"), group or "", mode, append_dim)
        inside = [name for name in store._transaction if f"/{name}".startswith(store._group + "/")]
        if mode == "w-" and inside:
            store._transaction.rollback()
            raise FileExistsError(f"{path}: the group {store._group} exists: choose mode 'w' or 'a'")
        if mode == "w":
            for name in inside:
                del store._transaction[name]
        return store

    def child(self, name):
        """A group below, in the same commit."""
        return WriteStore(self._store, f"{self._group}/{name}", self._mode, transaction=self._transaction, lock=self._lock)

    def write(self, dataset, encoding=None, region=None):
        """Writes a dataset."""
        _check_names(dataset)
        if region is not None:
            dataset = self._into_region(dataset, region)
        if self._mode != "w" and self._mode != "w-":
            exist = [name for name in encoding or () if name in self.names()]
            if exist:
                raise ValueError(f"encoding: variable {exist[0]!r} exists already, and keeps its encoding")
        writer = ArrayWriter()
        dataset.dump_to_store(self, writer=writer, encoding=encoding)
        if writer.sources and get_dask_scheduler() in ("distributed", "multiprocessing"):
            self._write_by_parts(writer)
        else:
            writer.sync()

    def _write_by_parts(self, writer):
        """Writes arrays of Dask whose blocks are computed in other processes."""
        from .. import _dask, _parts

        pending = zip(writer.sources, writer.targets, writer.regions, strict=True)
        arrays = {target.name: (source, *target.place(region)) for source, target, region in pending}
        with _parts.folder(self._store.path) as folder:
            _dask.write(self._transaction, folder, arrays)

    # what xarray calls to read

    def load(self):
        self.sync()
        return super().load()

    def sync(self):
        """Commits."""
        if self._transaction is not None:
            self._transaction.commit()
            self._transaction = None

    def close(self):
        """Closes the file. What was not committed is lost."""
        if self._transaction is not None:
            with self._lock:
                self._transaction.rollback()
            self._transaction = None
        super().close()

    def __exit__(self, kind, value, traceback):
        try:
            if kind is None:
                self.sync()
        finally:
            self.close()

    # what xarray calls to write

    def store(self, variables, attributes, check_encoding_set=frozenset(), writer=None, unlimited_dims=None):
        exist = set() if self._mode in ("w", "w-") else {name for name in variables if _key(name) in self.names()}
        added = [name for name in variables if name not in exist]
        if self._mode == "r+" and added:
            raise ValueError(f"mode 'r+': variables {added!r} do not exist: choose mode 'a' to add them")
        if self._append_dim is not None and self._append_dim not in self.get_dimensions():
            raise ValueError(f"append_dim: {self._append_dim!r} is none of the dimensions {dict(self.get_dimensions())}")
        left = [name for name in set(self.names()) - set(map(_key, variables)) if self._append_dim in variable(self.array(name)).dims]
        if left:
            raise ValueError(f"append_dim: variables {sorted(left)!r} of the file have this dimension, too: append to all of them in one call")
        # an array that is changed keeps its encoding; one that is replaced gets a new one
        changed = {name for name in exist if self._is_changed(variables[name])}
        kept = {name for name in exist - changed if self._mode == "a-"}
        encoded, attributes = self.encode({n: v for n, v in variables.items() if n not in changed | kept}, attributes)
        if self._mode != "r+":
            self.set_attributes(attributes)
        if self._append_dim is None and not self._region:
            self.set_dimensions(encoded)
        writer = ArrayWriter() if writer is None else writer
        self.set_variables(encoded, check_encoding_set, writer)
        for name in variables:
            if name in changed:
                self._change(name, variables[name], writer)

    def _is_changed(self, found):
        """Whether an array that exists is changed in place, not replaced."""
        return self._mode == "r+" or bool(self._region) or self._append_dim in found.dims

    def get_dimensions(self):
        # what mode `w` replaces does not count
        return {} if self._mode in ("w", "w-") else super().get_dimensions()

    def set_dimension(self, dim, length, is_unlimited=False):
        """Nothing: a dimension is an axis of arrays."""

    def set_attributes(self, attributes):
        all = dict(self._transaction.attrs)
        found = {**of_group(dict(all), self._group), **attributes_of(attributes)}
        if self._mode in ("w", "w-") and not self._started:
            found = attributes_of(attributes)
        self._started = True
        if self._group:
            all = {**all, GROUPS: {**all.get(GROUPS, {}), self._group: found}}
        else:
            all = {**found, **({GROUPS: all[GROUPS]} if GROUPS in all else {})}
        self._transaction.attrs._write(all)

    def encode(self, variables, attributes):
        encoded = {}
        for name, found in variables.items():
            try:
                encoded[name] = self.encode_variable(found, name)
            except Exception as error:
                error.add_note(f"raised while encoding variable {name!r}")
                raise
        return encoded, attributes

    def encode_variable(self, found, name=None):
        if not isinstance(found.dtype, np.dtype):
            raise TypeError(f"variable {name!r}: expected elements of a type of NumPy, found {found.dtype}: convert them by .astype(...)")
        is_characters = found.encoding.get("dtype") == "S1"
        found = _within_limits(found, name)
        if isinstance(found._data, Array):
            # of the class that xarray knows: others list their chunks in another way
            found = found._replace(data=lazy(found._data))
        found = conventions.encode_cf_variable(found, name=name)
        found = ensure_dtype_not_object(found, name=name)
        found = EncodedStringCoder(allows_unicode=True).encode(found, name=name)
        found = ensure_fixed_length_bytes(found)
        if found.dtype == np.dtype("S1") or is_characters and found.dtype.kind == "S":
            # xarray reads single characters as parts of texts
            found = CharacterArrayCoder().encode(found, name=name)
        if found.dtype.kind in "OT" and (found.dtype.kind == "T" or is_unicode_dtype(found.dtype)):
            found = found.copy(deep=False, data=texts(found.data))
            found.attrs[OBJECTS] = True
        return found

    def set_variables(self, variables, check_encoding_set, writer, unlimited_dims=None):
        for name, found in variables.items():
            layout = _layout(name, found, name in check_encoding_set)
            attrs = dict(found.attrs)
            if attrs.get("_FillValue") is not None and found.dtype.kind in "iufc":
                # of the type of the elements, as xarray expects
                attrs["_FillValue"] = np.asarray(attrs["_FillValue"]).astype(found.dtype)[()]
                layout["fill"] = attrs["_FillValue"].item()
            layout |= {"dims": _dims(name, found), "attrs": attributes_of(attrs)}
            target = _Target(self, f"{self._group}/{_key(name)}", layout, found)
            writer.add(found.data, target)

    def _change(self, name, found, writer):
        """Writes elements of an array that exists: a part of it, or all, or more along a dimension."""
        array = self.array(_key(name))
        old = variable(array)
        found = found.copy(deep=False)
        # seconds reach every year, and only the encoding and the type are of interest
        decoded = conventions.decode_cf_variable(name, old, decode_times=CFDatetimeCoder(time_unit="s"))
        _check_type(name, found.dtype, decoded.dtype)
        if found.dtype.kind in "iu" and decoded.dtype.kind in "fc":
            # xarray packs no integers by a scale
            found = found.astype(decoded.dtype)
        found.encoding = decoded.encoding
        if array.dtype.kind in "SU" and array.dtype != np.dtype("S1"):
            # the width of texts is no part of their encoding
            found.encoding.pop("dtype", None)
        found = self.encode_variable(found, name)
        _check_encoding(name, found, old)
        if set(found.dims) != set(old.dims):
            raise ValueError(f"variable {name!r}: expected the dimensions {old.dims}, found {found.dims}")
        found = found.transpose(*old.dims)
        region = []
        for dim, length, more in zip(old.dims, old.shape, found.shape, strict=True):
            start, stop, _ = self._region.get(dim, slice(None)).indices(length)
            if dim == self._append_dim:
                start, stop = length, length + more
            if stop - start != more:
                raise ValueError(f"variable {name!r}, dimension {dim!r}: expected {stop - start} elements, found {more}")
            region.append(slice(start, stop))
        full = f"{self._group}/{_key(name)}"
        if found.dtype != array.dtype:
            self._widen(full, array, found)
        if self._append_dim in old.dims:
            self._transaction[full].resize(*(part.stop if d == self._append_dim else n for d, n, part in zip(old.dims, old.shape, region)))
        writer.add(found.data, _Target(self, full), tuple(region) or ...)

    def _widen(self, full, array, found):
        """Makes place for longer texts."""
        if found.dtype.kind != array.dtype.kind or array.dtype.kind not in "SU":
            raise ValueError(f"variable {full[1:]!r}: expected elements of type {array.dtype}, found {found.dtype}")
        if found.dtype.itemsize > array.dtype.itemsize:
            layout = {"chunks": array.chunks or None, "codec": array.codec, "dims": list(array.dims), "attrs": dict(array.attrs)}
            self._transaction.write(full, array.astype(found.dtype), **layout)

    def _into_region(self, dataset, region):
        """Keeps the region, and gives the variables that are written."""
        if region != "auto" and not isinstance(region, Mapping):
            raise TypeError(f"region: expected 'auto', or a dict of slices, found {region!r}")
        region = dict.fromkeys(dataset.dims, "auto") if region == "auto" else dict(region)
        for dim, part in region.items():
            if dim not in dataset.dims:
                raise ValueError(f"region: {dim!r} is none of the dimensions {tuple(dataset.dims)}")
            if part == "auto":
                part = self._found_region(dataset, dim)
            if not isinstance(part, slice) or part.step not in (None, 1):
                raise ValueError(f"region, dimension {dim!r}: expected a slice of step 1 or 'auto', found {part!r}")
            region[dim] = part
        # coordinates along their own dimensions stay as they are in the file
        dataset = dataset.drop_vars(list(dataset.indexes))
        apart = [name for name, found in dataset.variables.items() if not set(region) & set(found.dims)]
        if apart:
            words = f"region: variables {apart!r} have none of the dimensions {list(region)}"
            raise ValueError(f"{words}: leave them out by .drop_vars({apart!r})")
        self._region = region
        return dataset

    def _found_region(self, dataset, dim):
        """Where the values of a coordinate lie in the file."""
        if dim not in dataset.variables:
            return slice(0, dataset.sizes[dim])
        stored = conventions.decode_cf_variable(dim, variable(self.array(dim)))
        places = pd.Index(stored.values).get_indexer(dataset[dim].values)
        if not len(places):
            return slice(0, 0)
        if (places < 0).any():
            raise KeyError(f"region: the file lacks some values of the coordinate {dim!r}: append them first")
        if (np.diff(places) != 1).any():
            raise ValueError(f"region: the values of the coordinate {dim!r} do not lie side by side in the file")
        return slice(int(places[0]), int(places[-1]) + 1)


class _Target:
    """An array of a transaction, to which xarray assigns. A new array is made by the first assignment, or empty."""

    def __init__(self, store, name, layout=None, found=None):
        self._transaction, self._lock = store._transaction, store._lock
        self.name, self._layout, self._found = name, layout, found

    def make(self):
        """Makes the array, with its fill value everywhere."""
        if self._layout is not None:
            shape, dtype, layout = self._found.shape, self._found.dtype, self._layout
            self._layout = None
            if shape:
                self._transaction.create(self.name, shape, dtype, **layout)
            else:
                self._transaction.write(self.name, np.zeros((), dtype), **layout)

    def place(self, region):
        """The layout of a new array; that of one that exists, the place of a region in it, and its shape."""
        if self._layout is not None:
            return self._layout, None, None
        from .. import _parts

        about = self._transaction._open.meta(self.name)
        return _parts.layout_of(about), [] if region is ... else [part.start for part in region], about["shape"]

    def __setitem__(self, key, value):
        with self._lock:
            if self._layout is not None and key is ...:
                self._transaction.write(self.name, value, **self._layout)
            else:
                self.make()
                self._transaction[self.name][key] = value


def _meaning(key, value):
    """An attribute of an encoding, so that two ways to write the same moment are equal."""
    unit, since, start = value.partition(" since ") if key == "units" and isinstance(value, str) else (value, "", "")
    try:
        return (unit, pd.Timestamp(start)) if since else unit
    except ValueError:
        return value


def _check_encoding(name, found, old):
    """Refuses values whose encoding differs from that of the elements in the file: they would mean something else there."""
    for key in ("units", "calendar", "scale_factor", "add_offset"):
        if key in found.attrs and _meaning(key, found.attrs[key]) != _meaning(key, old.attrs.get(key)):
            raise ValueError(
                f"variable {name!r}: its values need {key} {found.attrs[key]!r}, and the file has {old.attrs.get(key)!r}:"
                " write the variable anew, or give it finer units"
            )


def _check_type(name, given, there):
    """Refuses numbers that would lose more than digits in the type that the file has: fractions, or imaginary parts."""
    are_numbers = given.kind in "biufc" and there.kind in "biufc"
    # whether integers fit is seen from their values
    are_integers = given.kind in "iu" and there.kind in "iu"
    if are_numbers and not are_integers and not np.can_cast(given, there, "same_kind"):
        raise ValueError(
            f"variable {name!r}: expected elements of type {there}, as in the file, found {given}: use .astype({there.name!r}), or write"
            " the variable anew"
        )


def _within_limits(found, name):
    """The variable; numbers that its encoding as integers cannot hold are refused when they are written."""
    encoding = found.encoding
    asked = encoding.get("dtype")
    if asked is None or found.dtype.kind not in "iuf" or np.dtype(asked).kind not in "iu":
        return found
    dtype = np.dtype(asked)
    kind = {"true": "u", "false": "i"}.get(str(encoding.get("_Unsigned", found.attrs.get("_Unsigned"))), dtype.kind)
    limits = np.iinfo(f"{kind}{dtype.itemsize}")
    scale, offset = encoding.get("scale_factor", 1), encoding.get("add_offset", 0)

    def check(block):
        block = np.asarray(block)
        # in long floats, which hold every integer of 64 bits
        encoded = np.rint((block.astype(np.longdouble) - offset) / scale)
        wrong = (encoded < limits.min) | (encoded > limits.max)
        if wrong.any():
            value = block[wrong][0]
            raise ValueError(
                f"variable {name!r}: {value} does not fit its encoding as {limits.dtype} with scale_factor {scale} and add_offset"
                f" {offset}: write the variable anew with a wider type"
            )
        return block

    data = found._data
    if isinstance(data, Array):
        data = map_blocks(check, data, dtype=data.dtype)
    elif hasattr(data, "map_blocks"):
        data = data.map_blocks(check, dtype=data.dtype)
    else:
        check(found.values)
        return found
    return found._replace(data=data)


def _key(name):
    return UNNAMED if name is None else name


def texts(data):
    """Texts of any length as texts of one width."""
    texts = np.asarray(data)
    if texts.dtype.kind == "T":
        # a missing text is an empty one
        missing = [text is None or text != text for text in texts.astype(object).ravel()]
        texts = texts.astype(object)
        texts[np.reshape(missing, texts.shape)] = ""
    return of_one_width(texts)


def _layout(name, found, check):
    """The layout of a new array."""
    encoding = {key: value for key, value in found.encoding.items() if key not in _NOTES}
    if encoding.get("_FillValue", 0) is None:
        del encoding["_FillValue"]
    unknown = [key for key in encoding if key not in LAYOUT]
    if check and unknown:
        raise ValueError(f"unexpected encoding parameters {unknown!r} of variable {name!r}: expected {', '.join(LAYOUT)}")
    layout = {key: encoding[key] for key in LAYOUT if encoding.get(key) is not None}
    chunks = layout.get("chunks")
    if chunks is not None and not _fit(chunks, found.ndim):
        if check:
            raise ValueError(f"variable {name!r}: chunks: expected a positive integer for each of {found.ndim} axes, found {chunks!r}")
        # those of an array from which the variable was made
        del layout["chunks"]
    if "chunks" not in layout and found.chunks and all(len({*parts[:-1]}) <= 1 and parts[-1] <= parts[0] for parts in found.chunks):
        layout["chunks"] = tuple(parts[0] for parts in found.chunks)
    if not found.ndim or 0 in np.atleast_1d(layout.get("chunks", ())):
        layout.pop("chunks", None)
    return layout


def _fit(chunks, ndim):
    """Whether these are lengths of chunks: one for each axis, or one for all."""
    lengths = chunks if isinstance(chunks, (tuple, list)) else (chunks,) * ndim
    is_length = (isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n > 0 for n in lengths)
    return len(lengths) == ndim and all(is_length)


def _dims(name, found):
    for dim in found.dims:
        if not isinstance(dim, str):
            raise TypeError(f"variable {name!r}: expected names of dimensions that are texts, found {dim!r}")
    return list(found.dims) or None


def _check_names(dataset):
    for name in dataset.variables:
        if name is not None and not isinstance(name, str):
            raise TypeError(f"invalid name {name!r} of a variable: expected a string or None")
        if name == "":
            raise ValueError(f"invalid name {name!r} of a variable: string must be length 1 or more")
        if name is not None and "/" in name:
            raise ValueError(f"invalid name {name!r} of a variable: '/' separates groups, so a name has none")
