"""Pickles of lazy arrays: a file's array by its place, a computation by the call that made it."""

from . import _arrstore, _functions


def reduce(self):
    """How pickle makes the array again."""
    origin, made = self.origin, self._made
    if origin is not None:
        return restore, origin
    if made is not None:
        name, array, args, kwargs, number = made
        return repeat, (name, array, args, kwargs, number)
    return in_memory, (self._asarray(),)


def in_memory(array):
    """A lazy array of elements in memory."""
    return _arrstore.lazy(array)


def restore(path, name, commit):
    """The array at a place of a file, as of a commit."""
    if name is None:
        return _arrstore.open_array(path, commit)[0]
    return _arrstore.File(path, "r", commit).array(name)


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
