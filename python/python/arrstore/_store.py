"""Stores: one file with named arrays in groups, attributes, commits and transactions."""

import datetime
import json
import operator
import os
import typing
from collections.abc import MutableMapping

import numpy as np

from . import _arrstore
from ._arrstore import Array
from ._assign import assigned, is_basic, value_of_part
from ._attrs import Attributed, encode
from ._paths import naming


#: Arrays that the text of a store lists.
_SHOWN = 30


def full_name(prefix, name):
    """The whole name of an array or a group."""
    if not isinstance(name, str):
        raise TypeError(f"expected a name, found {type(name).__name__}")
    return f"{prefix}/{name.strip('/')}" if name.strip("/") else prefix


def _part_name(prefix, name):
    """The whole name of an array or a group that is not the one of the prefix itself."""
    full = full_name(prefix, name)
    if full == prefix:
        raise ValueError(f"expected the name of an array or of a group in {prefix or '/'}, found {name!r}")
    return full


def lengths(shape):
    """Lengths of axes: one number, or several."""
    found = tuple(map(operator.index, shape if np.iterable(shape) else (shape,)))
    if any(n < 0 for n in found):
        raise ValueError(f"negative dimensions are not allowed, found {found}")
    return found


def _elements(value):
    """What is written, as the library takes it: texts, buffers and objects of other libraries as arrays of NumPy."""
    if isinstance(value, (Array, np.ndarray, list, tuple, int, float, complex)):
        return value
    found = np.asarray(value)
    # the library says what it expects instead of objects
    return value if found.dtype == object else found


def _of_type(value, dtype):
    """What Python has of numbers, texts, times and records that are appended, as elements of a type that holds them. Arrays have a
    type of their own.
    """
    if isinstance(value, (Array, np.ndarray)):
        return value
    if dtype.names:
        return np.asarray(value, dtype)
    if dtype.kind in "mM":
        found = np.asarray(value, dtype.kind)  # the unit follows from the values
        cast = found.astype(dtype)
        return cast if np.array_equal(cast, found, equal_nan=True) else found
    found = np.asarray(value)
    are_integers = found.dtype.kind in "iu" and dtype.kind in "iu"
    are_floats = found.dtype.kind in "fc" and np.can_cast(found.dtype, dtype, "same_kind")
    # integers out of bounds are an error, and the library refuses what is left
    holds = not found.size or are_integers or are_floats or np.can_cast(found.dtype, dtype, "safe")
    return np.asarray(value, dtype) if holds else value


def _filled(value, dtype):
    """A fill value as the library takes it: a number, or the bytes of any other element."""
    if dtype.kind not in "mMSU" and dtype.names is None:
        return {"fill": value}
    element = np.zeros((), dtype.newbyteorder("="))
    element[()] = value
    return {"element": element.tobytes()}


class Commit(typing.NamedTuple):
    """One commit of a store."""

    number: int
    time: datetime.datetime
    producer: str
    arrays: int
    live_bytes: int
    length: int


class StoredArray(Attributed, Array):
    """A lazy array of a store. It can be assigned to, made longer and given attributes: each change is one commit, after
    which this array shows the new elements. Computations made from it before keep the old ones.
    """

    def __new__(cls, store, name):
        return super().__new__(cls, store._file.array(name))

    def __init__(self, store, name):
        self._store, self._name = store, name

    @property
    def name(self):
        """The name of the array in its store."""
        return self._name

    @property
    def store(self):
        """The store."""
        return self._store

    def _about(self):
        return self._store._file.meta(self._name)

    @property
    def dims(self):
        """Names of the axes; `None` for an axis without one."""
        return self._about()["dims"]

    @property
    def codec(self):
        """The compression of chunks, as a text such as `zstd:1`; `none` for raw chunks."""
        return self._about()["codec"]

    @property
    def fill_value(self):
        """The element of every place that was never written."""
        return np.frombuffer(self._about()["fill"], self.dtype)[0]

    def _read_attrs(self):
        return json.loads(self._about()["attrs"])

    def _write_attrs(self, attributes):
        with self._store.transaction() as tx:
            tx[self._name].attrs = attributes

    def __reduce__(self):
        origin = self.origin
        return super().__reduce__() if origin is None else (_of_commit, origin)

    def refresh(self):
        """Shows the newest commit of the store."""
        self._rebase(self._store._file.array(self._name))

    def __setitem__(self, key, value):
        with self._store.transaction() as tx:
            tx[self._name][key] = value
        self.refresh()

    def append(self, values, axis=0):
        """Makes the array longer along an axis by the elements of another. A small array that would have very many small chunks
        gets larger ones.
        """
        with self._store.transaction() as tx:
            tx[self._name].append(values, axis)
        self.refresh()

    def resize(self, *shape, refcheck=True):
        """Changes the lengths of the axes. Elements beyond a shorter length are lost; new ones have the fill value."""
        with self._store.transaction() as tx:
            tx[self._name].resize(*shape)
        self.refresh()


def _of_commit(path, name, commit):
    """An array as of a commit. It cannot be changed: what another process assigned to it would be lost."""
    return StoredArray(Store(path, commit=commit), name)


class _Arrays(MutableMapping):
    """A mapping of names to arrays."""

    def setdefault(self, name, default):
        """What has this name. If nothing has it, the array is written first."""
        if name not in self:
            self[name] = default
        return self[name]

    # a mapping compares its values, and two arrays have no single truth value
    __eq__, __hash__ = object.__eq__, object.__hash__


class Group(_Arrays):
    """The arrays and groups under a name, as a mapping. A name may have several parts: `group["ocean/sst"]`. Each change is one
    commit.
    """

    def __init__(self, store, prefix, owns=False):
        #: `owns`: whether the store was opened for this group alone.
        self._store, self._prefix, self._owns = store, prefix, owns

    @property
    def name(self):
        """The name of the group; `/` for the whole store."""
        return self._prefix or "/"

    @property
    def store(self):
        """The store."""
        return self._store

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._owns:
            self._store.close()

    def _names(self):
        """The names of all arrays below, each as the rest after this group's name."""
        start = self._prefix + "/"
        return [name[len(start) :] for name in self._store._file.names() if name.startswith(start)]

    def __iter__(self):
        return iter(dict.fromkeys(name.split("/")[0] for name in self._names()))

    def __len__(self):
        return len(list(iter(self)))

    def __getitem__(self, name):
        full = full_name(self._prefix, name)
        try:
            return StoredArray(self._store, full)
        except KeyError:
            group = Group(self._store, full)
            if full and not group._names():
                raise
            return group

    def __contains__(self, name):
        full = full_name(self._prefix, name)
        return any(other == full or other.startswith(full + "/") for other in self._store._file.names())

    def __setitem__(self, name, value):
        full = full_name(self._prefix, name)
        if isinstance(value, StoredArray) and value.name == full and value.store is self._store:
            # `store["x"] += 1`: the array has changed already
            return
        with self._store.transaction() as tx:
            tx[full] = value

    def __delitem__(self, name):
        full = _part_name(self._prefix, name)
        with self._store.transaction() as tx:
            del tx[full]

    def clear(self):
        """Deletes all arrays of this group and of all groups below."""
        with self._store.transaction() as tx:
            for name in self._names():
                tx._delete(f"{self._prefix}/{name}")

    def update(self, *args, **kwargs):
        """Writes several arrays."""
        with self._store.transaction() as tx:
            for name, value in dict(*args, **kwargs).items():
                tx[full_name(self._prefix, name)] = value

    def rename(self, old, new):
        """Renames an array, or a group with all that is in it. Both names are those in this group."""
        with self._store.transaction() as tx:
            tx.rename(_part_name(self._prefix, old), _part_name(self._prefix, new))

    def write(self, name, value, **layout):
        """Writes an array in one commit: one of NumPy, a number, or a lazy array, which is computed chunk by chunk inside
        the budget. The layout is that of `Transaction.write`.
        """
        with self._store.transaction() as tx:
            tx.write(full_name(self._prefix, name), value, **layout)
        return self[name]

    def create(self, name, shape, dtype=float, **layout):
        """Makes an array without elements: all of them have the fill value until they are written."""
        with self._store.transaction() as tx:
            tx.create(full_name(self._prefix, name), shape, dtype, **layout)
        return self[name]

    def arrays(self):
        """The arrays of this group and of all groups below, by their names."""
        return {name: self[name] for name in self._names()}

    def groups(self):
        """The groups directly below, by their names."""
        found = ((name, self[name]) for name in self)
        return {name: group for name, group in found if isinstance(group, Group)}

    def __repr__(self):
        lines = [f"<arrstore.{type(self).__name__} {self.name if type(self) is Group else self._store._shown()}>"]
        names = self._names()
        for name in names[:_SHOWN]:
            array = self[name]
            lines.append(f"  {name}  {array.shape} {array.dtype}")
        if len(names) > _SHOWN:
            lines.append(f"  and {len(names) - _SHOWN} more arrays")
        return "\n".join(lines)


class Store(Attributed, Group):
    """One `.arrs` file as a mapping of names to arrays and groups.

    mode: `r` reads; `r+` also writes; `a` makes the file if it does not exist; `w` replaces it; `x` or `w-` makes it, and it must
    not exist. A new file gets its name with the first commit. `commit` reads an earlier commit.
    """

    def __init__(self, path, mode="r", *, commit=None):
        self._prefix, self._owns = "", True
        path = os.fsdecode(path)
        with naming(path):
            self._open = _arrstore.File(path, mode, commit)
        self._mode, self._asked = mode, commit

    @property
    def _store(self):
        # kept as an attribute, it would let the store live until Python looks for cycles
        return self

    @property
    def _file(self):
        if self._open is None:
            raise ValueError("the store is closed")
        return self._open

    def _shown(self):
        return "closed" if self._open is None else f"{str(self.path)!r}"

    @property
    def path(self):
        """The path of the file."""
        return self._file.path

    @property
    def mode(self):
        """The mode in which it was opened."""
        return self._mode

    @property
    def commit(self):
        """The number of the commit that is read; `None` before the first."""
        return self._file.commit

    @property
    def uuid(self):
        """The identity of the file, as 32 hexadecimal digits: the same for all of its commits; `None` before the first."""
        return self._file.uuid

    def _read_attrs(self):
        return json.loads(self._file.attributes())

    def _write_attrs(self, attributes):
        with self.transaction() as tx:
            tx.attrs = attributes

    def history(self):
        """The commits that can still be read, the newest first: `open(path, commit=n)` reads one."""
        utc = datetime.timezone.utc
        rows = self._file.history()
        return [Commit(number, datetime.datetime.fromtimestamp(time, utc), *rest) for number, time, *rest in rows]

    def transaction(self):
        """Changes in one commit: `with store.transaction() as tx: ...`. An exception drops them all."""
        return Transaction(self)

    def close(self):
        """Closes the store. Arrays that came from it go on working: they keep the file open."""
        self._open = None

    def __repr__(self):
        return super().__repr__() if self._open is not None else "<arrstore.Store, closed>"

    def __reduce__(self):
        # a store that was made anew is opened, not made again
        mode = self._mode if self._mode in ("r", "r+") else "a"
        return _reopen, (str(self.path), mode, self._asked)


def _reopen(path, mode, commit):
    return Store(path, mode, commit=commit)


class Transaction(Attributed, _Arrays):
    """Changes to a store that nobody sees before they are committed together. It is a mapping to write to, of the names of all
    arrays: `tx["x"] = array`, `tx["x"][10:20] = 0`, `del tx["y"]`. A step that fails after it began to change an array ends
    the transaction without a commit.
    """

    def __init__(self, store):
        self._store = store
        with naming(str(store.path)):
            self._open = store._file.begin()
        self._attributes = None
        self._has_ended = False
        #: Arrays whose elements are no longer those of the store.
        self._changed = set()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.rollback()
        elif not self._has_ended:
            self.commit()

    def commit(self):
        """Commits all changes."""
        self._has_ended = True
        self._open.commit()

    def rollback(self):
        """Drops all changes."""
        self._has_ended = True
        self._open.rollback()

    def __iter__(self):
        return (name[1:] for name in self._open.names())

    def __len__(self):
        return len(self._open.names())

    def __contains__(self, name):
        return full_name("", name) in self._open.names()

    def __getitem__(self, name):
        return TransactionArray(self, full_name("", name))

    def __setitem__(self, name, value):
        self.write(name, value)

    def __delitem__(self, name):
        for full in self._arrays(_part_name("", name)):
            self._delete(full)

    def _delete(self, full):
        self._changed.add(full)
        self._open.delete(full)

    def _arrays(self, full):
        """The names of all arrays in a group, or that of the array."""
        below = [other for other in self._open.names() if other.startswith(full + "/")]
        return below or [full]

    def write(self, name, value, *, chunks=None, codec=None, shuffle=None, order=None, fill=None, dims=None, attrs=None, part=None):
        """Writes an array: one of NumPy, a number, or a lazy array, which is computed chunk by chunk inside the budget. An
        array of that name is replaced; the new one keeps its chunks, codec, shuffle and order if the shape is the same.

        chunks: elements of a chunk along each axis. codec: `none` (raw chunks, which are used in place), `lz4`, `zstd:1` to
        `zstd:22`, `pco:1` to `pco:12`. shuffle: whether bytes are grouped by their position before compression. order: `C`,
        `F`, or the axes of a chunk, outermost first. fill: the element of places never written. dims: names of the axes.
        part: the place of the first element in a whole array, and the shape of that, for a part that `merge` takes.
        """
        value = _elements(value)
        ndim = np.ndim(value)
        if isinstance(order, str):
            if order not in ("C", "F"):
                raise ValueError(f"order: expected 'C', 'F' or the axes of a chunk, found {order!r}")
            order = list(range(ndim))[:: 1 if order == "C" else -1]
        if chunks is not None:
            chunks = lengths(chunks) if np.iterable(chunks) else lengths(chunks) * ndim
        attrs = None if attrs is None else encode(attrs)
        self._changed.add(full_name("", name))
        self._open.write(
            full_name("", name),
            value,
            chunks=chunks,
            codec=codec,
            shuffle=shuffle,
            order=order,
            **({} if fill is None else _filled(fill, getattr(value, "dtype", None) or np.asarray(value).dtype)),
            dims=dims,
            attrs=attrs,
            part=part,
        )

    def create(self, name, shape, dtype=float, *, chunks=None, **layout):
        """Makes an array without elements: all of them have the fill value until they are written."""
        shape = lengths(shape)
        chunks = _arrstore.default_chunks(np.dtype(dtype), shape) if chunks is None else chunks
        if not shape:
            fill = layout.get("fill")
            self.write(name, np.zeros((), dtype) if fill is None else np.full((), fill, dtype), **layout)
            return
        self.write(name, np.empty((0, *(1 for _ in shape[1:])), dtype), chunks=chunks, **layout)
        self._open.resize(full_name("", name), shape)

    def rename(self, old, new):
        """Renames an array, or a group with all that is in it."""
        old, new = _part_name("", old), _part_name("", new)
        names = self._open.names()
        pairs = [(full, new + full.removeprefix(old)) for full in self._arrays(old)]
        # a name that is taken is an error before anything is renamed
        for pair in sorted(pairs, key=lambda pair: pair[1] not in names):
            self._open.rename(*pair)
            self._changed.update(pair)

    def _read_attrs(self):
        return dict(self._store.attrs) if self._attributes is None else self._attributes

    def _write_attrs(self, attributes):
        self._open.set_file_attributes(encode(attributes))
        self._attributes = attributes


class TransactionArray(Attributed):
    """An array inside a transaction: it can be changed. Its elements are read from the store after the commit. A mask or a list
    of indices can be assigned to as long as the transaction has not changed the elements.
    """

    def __init__(self, transaction, name):
        self._transaction, self._open, self.name = transaction, transaction._open, name
        self._about()

    def _about(self):
        return self._open.meta(self.name)

    @property
    def shape(self):
        """Elements along each axis."""
        return self._about()["shape"]

    @property
    def dtype(self):
        """Type of the elements."""
        return self._about()["dtype"]

    @property
    def chunks(self):
        """Elements of a chunk along each axis."""
        return self._about()["chunks"]

    def _read_attrs(self):
        return json.loads(self._about()["attrs"])

    def _write_attrs(self, attributes):
        self._open.set_attributes(self.name, encode(attributes))

    def __setitem__(self, key, value):
        transaction = self._transaction
        if not is_basic(key):
            if self.name in transaction._changed:
                raise ValueError(
                    f"array {self.name}: a mask or a list of indices needs the elements, which this transaction has changed: "
                    "assign by it first, or after the commit; or assign by slices"
                )
            key, value = ..., assigned(transaction._store._file.array(self.name), key, value)
        else:
            value = value_of_part(key, value, len(self.shape), self.dtype)
        transaction._changed.add(self.name)
        self._open.assign(self.name, key, value)

    def append(self, values, axis=0):
        """Makes the array longer along an axis by the elements of another of its type, or by numbers of Python. A small array
        that would have very many small chunks gets larger ones.
        """
        values = _elements(_of_type(values, self.dtype))
        self._transaction._changed.add(self.name)
        self._open.append(self.name, axis, values)

    def resize(self, *shape):
        """Changes the lengths of the axes. Elements beyond a shorter length are lost; new ones have the fill value."""
        shape = lengths(shape[0] if len(shape) == 1 else shape)
        self._transaction._changed.add(self.name)
        self._open.resize(self.name, list(shape))

    def __repr__(self):
        return f"<arrstore.TransactionArray {self.name} shape={self.shape} dtype={self.dtype}>"
