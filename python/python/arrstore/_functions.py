"""The functions of the library's tables, as functions of this module and methods of arrays."""

import inspect
import math

from . import _arrstore
from ._call import PARAMETERS, SUMS, call, into, names

__all__ = ["call", "into", "methods", "names", "namespace", "on_cpu", "signature"]

#: Names that Python needs for itself: the types of the standard are offered as NumPy's types instead.
_TYPES = frozenset(_arrstore.dtypes())

#: Functions of the array API standard that take a device. There is one.
_ON_DEVICE = frozenset(
    "arange astype empty empty_like eye full full_like linspace ones ones_like zeros zeros_like".split()
)


def on_cpu(device):
    """Refuses any other device."""
    if device not in (None, "cpu"):
        raise ValueError(f"device: expected 'cpu', found {device!r}")


def signature(parameters):
    """Python's signature for parameters as the tables write them: `*`, and `?` after an optional one."""
    kind, made = inspect.Parameter.POSITIONAL_OR_KEYWORD, []
    for parameter in parameters:
        if parameter == "*":
            kind = inspect.Parameter.KEYWORD_ONLY
            continue
        if parameter == "...":  # the table does not say
            parameter = "*args"
        if parameter.startswith("*"):
            if not any(before.kind is inspect.Parameter.VAR_POSITIONAL for before in made):
                made.append(inspect.Parameter(parameter[1:], inspect.Parameter.VAR_POSITIONAL))
            kind = inspect.Parameter.KEYWORD_ONLY
            continue
        name = parameter.removesuffix("?")
        default = None if parameter.endswith("?") else inspect.Parameter.empty
        # an optional parameter before one that is needed is needed, too, as far as a signature can say
        if made and default is inspect.Parameter.empty and kind is made[-1].kind:
            made = [before.replace(default=inspect.Parameter.empty) for before in made]
        made.append(inspect.Parameter(name, kind, default=default))
    return inspect.Signature(made)


def _function(name, parameters, help):
    if name in _ON_DEVICE:
        function = _on_device(name)
        parameters = [*parameters, *([] if "*" in parameters else ["*"]), "device?"]
    else:

        def function(*args, **kwargs):
            return call(name, None, args, kwargs)

    _describe(function, name, parameters, help)
    return function


def _on_device(name):
    def function(*args, device=None, **kwargs):
        on_cpu(device)
        return call(name, None, args, kwargs)

    return function


def _method(name, parameters, help):
    def method(self, *args, **kwargs):
        return call(name, self, args, kwargs)

    _describe(method, name, parameters, help)
    return method


def _describe(function, name, parameters, help):
    if name in SUMS:
        parameters = [*parameters, *([] if "*" in parameters else ["*"]), "out?"]
    function.__name__ = function.__qualname__ = name
    function.__module__ = "arrstore"
    function.__doc__ = f"{help[:1].upper()}{help[1:]}." if help else f"As NumPy's `{name}`."
    if parameters is not None:
        function.__signature__ = signature(parameters)


def namespace(taken):
    """Functions and constants by name, without those that `taken` has already."""
    found = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan, "newaxis": None}
    for name, _, parameters, help in _arrstore.functions():
        if name not in _TYPES and name not in taken:
            found[name] = _function(name, PARAMETERS.get(name, parameters), help)
    return found


def methods():
    """Methods of arrays by name."""
    return {name: _method(name, parameters, help) for name, is_method, parameters, help in _arrstore.functions() if is_method}
