"""Pickles of lazy arrays: a file's array by its place, a computation by the call that made it."""

import errno

from . import _arrstore, _functions


def reduce(self):
    """How pickle makes the array again."""
    origin, made = self.origin, self._made
    if origin is not None:
        return restore, (*origin, self.shape, self.dtype.str)
    if made is not None:
        name, array, args, kwargs, number = made
        return repeat, (name, array, args, kwargs, number)
    return in_memory, (self._asarray(),)


def in_memory(array):
    """A lazy array of elements in memory."""
    return _arrstore.lazy(array)


def restore(path, name, commit, shape=None, dtype=None):
    """The array at a place of a file, as of a commit. It is still of this shape and type."""
    array = _arrstore.open_array(path, commit)[0] if name is None else _arrstore.File(path, "r", commit).array(name)
    if dtype is not None and (array.shape, array.dtype.str) != (shape, dtype):
        found = f"an array of shape {array.shape} and type {array.dtype.str}, not of shape {shape} and type {dtype}"
        where = path if name is None else f"{path}:{name}"
        raise OSError(errno.ESTALE, f"the file has changed since the array was pickled: it holds {found}", where)
    return array


def repeat(name, array, args, kwargs, number):
    """The result of a call, or one of its results."""
    if name == "[]":
        return array[args[0]]
    if name == "raw":
        return _arrstore.open_raw(*args)
    if name == "map_blocks":
        return _arrstore.map_blocks(array, *args)
    result = _functions.call(name, array, args, kwargs)
    return result if number is None else result[number]
