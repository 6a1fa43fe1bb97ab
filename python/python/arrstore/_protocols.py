"""The protocols by which NumPy, pickle, notebooks and the array API standard meet a lazy array."""

import operator
import os

import numpy as np

from . import _bytes, _flat, _functions, _html, _objects
from ._arrstore import Array
from ._assign import assigned
from ._dispatch import array_function, array_ufunc
from ._mapped import getitem
from ._pickle import reduce
from ._ufuncs import resolved


_save = Array.save


def to_numpy(self, dtype=None, copy=None):
    """The elements as an array of NumPy: where they lie and read-only, or else computed."""
    found = self._asarray()
    if dtype is not None and found.dtype != dtype:
        if copy is False:
            raise ValueError(f"the elements are of type {found.dtype}, not {np.dtype(dtype)}: only a copy can convert them")
        return found.astype(dtype)
    if copy is False and not _lies_in_place(found):
        raise ValueError("the elements have to be computed: only a copy can give them")
    return found.copy() if copy else found


def _lies_in_place(array):
    return not array.flags.writeable or array.size == 0


def array_namespace(self, /, *, api_version=None):
    """The namespace of the array API standard: this package."""
    if api_version not in (None, "2021.12", "2022.12", "2023.12", "2024.12", "2025.12"):
        raise ValueError(f"api_version: expected a version up to '2025.12', found {api_version!r}")
    import arrstore

    return arrstore


#: The word `copy` of DLPack that was not given.
_UNSAID = object()


def dlpack(self, /, *, stream=None, max_version=None, dl_device=None, copy=_UNSAID):
    """The elements by DLPack, as `numpy.asarray` gives them. A caller that says nothing of copies gets one of elements in a map:
    PyTorch takes no notice that they are read-only, and a write to them would end the process. `copy=False` gives them in place.
    """
    found = np.asarray(self)
    # versions of the protocol before 1.0 have no read-only arrays
    is_old = max_version is None or max_version[0] < 1
    if not found.flags.writeable and (is_old or copy is _UNSAID):
        if copy is False:
            raise BufferError("copy=False: the elements are read-only, which DLPack knows from version 1.0 on")
        found = found.copy()
    copy = None if copy is _UNSAID else copy
    return found.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)


def dlpack_device(self):
    """The device of DLPack: memory of the CPU."""
    return (1, 0)


def arrow_array(self, type=None):
    """The elements as an array of Arrow, for `pyarrow.array`."""
    import pyarrow

    return pyarrow.array(np.asarray(self), type=type)


def iterate(self):
    """The parts along the first axis, each lazy."""
    if self.ndim == 0:
        raise TypeError("iteration over a 0-d array")
    return (self[index] for index in range(len(self)))


def iterate_back(self):
    """The parts along the first axis from the last to the first, each lazy."""
    return (self[index] for index in reversed(range(len(self))))


def _number(convert):
    def number(self):
        if self.ndim:
            raise TypeError("only arrays without axes can be converted to numbers of Python")
        return convert(self._asarray().item())

    return number


def item(self, *index):
    """One element as a Python number: the only one, or that at an index, or at a place counted in C order."""
    array = self
    if len(index) == 1 and not isinstance(index[0], tuple):
        array = self.reshape(-1)[operator.index(index[0])]
    elif index:
        array = self[index[0] if len(index) == 1 else index]
    if array.size != 1:
        raise ValueError("can only convert an array of size 1 to a Python scalar")
    return array._asarray().item()


def tolist(self):
    """The elements as nested lists."""
    return self._asarray().tolist()


def represent(self):
    """Type, shape and chunks."""
    chunks = f", chunks={self.chunks}" if self.chunks else ""
    return f"<arrstore.{type(self).__name__} shape={self.shape} dtype={self.dtype}{chunks}>"


def formatted(self, spec):
    """An array without axes as Python formats its number; others as their `repr`."""
    return format(self._asarray().item(), spec) if spec and self.ndim == 0 else object.__format__(self, spec)


def rounded(self, digits=None):
    """An array of one element as Python rounds its number."""
    return round(item(self), digits)


def contains(self, value):
    """Whether an element equals `value`."""
    return bool((self == value).any())


def copy(self):
    """The same elements in another object. Nothing is copied before one of both is assigned to."""
    return Array(self)


def setitem(self, key, value):
    """Assigns to a part of the array. Arrays that were made from it before keep the old elements."""
    result = assigned(self, key, value)
    if result is not self:
        self._rebase(result)


def save(self, path):
    """Computes the array into a file. The ending of the path chooses the format."""
    _save(self, os.fsdecode(path))


def conj(self):
    """The complex conjugate. Other numbers are their own."""
    return self[...] if self.dtype.kind in "biuf" else _functions.call("conjugate", self, (), {})


#: Python's operators in place, and their ufuncs.
_IN_PLACE = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.divide,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "pow": np.power,
    "matmul": np.matmul,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
}
#: What operators take beside an array.
_OPERANDS = (Array, np.ndarray, np.generic, int, float, complex, list, tuple)


def _in_place(ufunc, operation):
    def apply(self, other):
        if not self._is_assignable:
            return NotImplemented  # Python then makes a new array
        # an array without axes stands for a number, which nothing changes in place
        is_number = not self.ndim and type(self) is Array
        if not is_number and self.dtype.kind in "biufcmM" and isinstance(other, _OPERANDS):
            resolved(ufunc, (self, other), (self,))
        result = operation(Array(self), other)
        if is_number or not isinstance(result, Array):
            return result
        if result.shape != self.shape:
            raise ValueError(f"cannot change elements of shape {self.shape} into a result of shape {result.shape}")
        self[...] = result
        return self

    return apply


def _operators_in_place():
    for name, ufunc in _IN_PLACE.items():
        yield f"__i{name}__", _in_place(ufunc, getattr(operator, f"__{name}__"))


def to_device(self, device, /, *, stream=None):
    """The array itself, for the only device there is."""
    if device != "cpu":
        raise ValueError(f"device: expected 'cpu', found {device!r}")
    if stream is not None:
        raise ValueError(f"stream: a CPU has none, found {stream!r}")
    return self


def attach(array):
    """Gives the class of lazy arrays its methods and protocols."""
    members = {
        **_functions.methods(),
        **dict(_operators_in_place()),
        **_objects.methods(),
        **_bytes.MEMBERS,
        **_flat.MEMBERS,
        "_is_assignable": True,
        "__array__": to_numpy,
        "__array_ufunc__": array_ufunc,
        "__arrow_array__": arrow_array,
        "__array_function__": array_function,
        "__array_namespace__": array_namespace,
        "__array_priority__": 1000,
        "__pandas_priority__": 5000,
        "__dlpack__": dlpack,
        "__dlpack_device__": dlpack_device,
        "__iter__": iterate,
        "__reversed__": iterate_back,
        "__int__": _number(int),
        "__float__": _number(float),
        "__complex__": _number(complex),
        "__index__": _index,
        "__contains__": contains,
        "__format__": formatted,
        "__delitem__": _flat.refuse_deletion,
        "__getattr__": _flat.absent,
        "__getitem__": getitem,
        "__round__": rounded,
        "__repr__": represent,
        "__copy__": copy,
        "__deepcopy__": lambda self, memo: copy(self),
        "__reduce__": reduce,
        "__setitem__": setitem,
        "_repr_html_": _html.represent,
        "device": property(lambda self: "cpu", doc="The device that holds the elements: the CPU."),
        "conj": conj,
        "conjugate": conj,
        "copy": copy,
        "item": item,
        "save": save,
        "to_device": to_device,
        "tolist": tolist,
    }
    for name, member in members.items():
        setattr(array, name, member)


def _index(self):
    if self.size != 1 or self.ndim:
        raise TypeError("only integer arrays without axes can be converted to an index")
    return operator.index(self._asarray()[()])

