"""Writes the parts of `python/arrstore/__init__.pyi` that repeat the library's tables. Run it after a function was added:
`python stubs.py`. With `--check` it only compares.
"""

import inspect
import sys
from pathlib import Path

import numpy as np

import arrstore
from arrstore import _arrstore, _functions

STUB = Path(__file__).parent / "python" / "arrstore" / "__init__.pyi"

#: Types of parameters by their names. Others are arrays.
TYPES = {
    "arrays": "Sequence[ArrayLike]",
    "axes": "int | Sequence[int] | None",
    "axis": "int | Sequence[int] | None",
    "casting": "str | None",
    "copy": "builtins.bool | None",
    "correction": "float | None",
    "ddof": "float | None",
    "decimals": "int | None",
    "descending": "builtins.bool | None",
    "destination": "int | Sequence[int]",
    "device": "str | None",
    "dtype": "DTypeLike | None",
    "include_initial": "builtins.bool | None",
    "keepdims": "builtins.bool | None",
    "out": "NDArray[Any] | None",
    "shape": "int | Sequence[int]",
    "source": "int | Sequence[int]",
    "stable": "builtins.bool | None",
}
#: Functions of several results, and how many there are; 0: it depends on the arguments.
SEVERAL = {
    **dict.fromkeys("frexp modf divmod histogram".split(), 2),
    **{"histogram2d": 3, "describe": 7},
    **dict.fromkeys("array_split broadcast_arrays dsplit hsplit ix_ mask_indices meshgrid nonzero split unravel_index unstack vsplit".split(), 0),
}
#: Functions with one result or several.
EITHER = {"atleast_1d", "atleast_2d", "atleast_3d", "gradient", "unique", "where"}
#: Methods that take lengths or axes one by one, too.
SPREAD = {"reshape": "shape", "transpose": "axes"}


def result(name):
    """The type of a function's result."""
    fields = _functions._RESULTS.get(name)
    if fields or name in SEVERAL:
        count = len(fields._fields) if fields else SEVERAL[name]
        return f"tuple[{', '.join(['Array'] * count) if count else 'Array, ...'}]"
    return "Any" if name in EITHER else "Array"


def parameter(p):
    """One parameter, with its type and default."""
    kind = TYPES.get(p.name, "ArrayLike" if p.default is inspect.Parameter.empty else "ArrayLike | str | None")
    return f"{p.name}: {kind}" + ("" if p.default is inspect.Parameter.empty else " = ...")


def line(name, signature, is_method):
    """The stub of a function or a method."""
    signature = list(signature.parameters.values())
    parts = ["self"] if is_method else []
    if is_method and name in SPREAD:
        parts.append(f"*{SPREAD[name]}: int | Sequence[int] | None")
        signature = []
    keyword = False
    for p in signature[1:] if is_method else signature:
        if p.kind is p.VAR_POSITIONAL:
            parts.append(f"*{p.name}: {TYPES.get(p.name, 'ArrayLike')}")
            keyword = True
            continue
        if p.kind is p.KEYWORD_ONLY and not keyword:
            parts.append("*")
            keyword = True
        parts.append(parameter(p))
    return f"def {name}({', '.join(parts)}) -> {result(name)}: ..."


def _class(name):
    """The class of numbers of a type, as a stub names it."""
    return f"np.{name}" if hasattr(np, name) else "np.generic"


def sections():
    """The generated parts by their names."""
    functions = [row for row in _arrstore.functions() if row[0].isidentifier()]
    own = vars(arrstore)
    is_own = lambda name: inspect.isfunction(own.get(name)) and own[name].__module__ == "arrstore"
    return {
        "methods": [f"    {line(name, inspect.signature(getattr(arrstore.Array, name)), True)}" for name, method, *_ in functions if method],
        "functions": [line(name, inspect.signature(own[name]), False) for name, *_ in functions if is_own(name)],
        "types": [f"{name}: type[{_class(name)}]" for name in _arrstore.dtypes()],
    }


def renewed(text):
    """The stub with its generated parts made anew."""
    for name, lines in sections().items():
        begin, end = f"# begin {name}\n", f"# end {name}\n"
        head, rest = text.split(begin)
        _, tail = rest.split(end)
        indent = "    " if name == "methods" else ""
        text = head + begin + "\n".join(lines) + "\n" + indent + end + tail
    return text


if __name__ == "__main__":
    old = STUB.read_text()
    new = renewed(old)
    if "--check" in sys.argv:
        sys.exit(0 if old == new else f"{STUB} is not current: run python stubs.py")
    STUB.write_text(new)
