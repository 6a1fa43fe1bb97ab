"""Writes the parts of `python/arrstore/__init__.pyi` that repeat the library's tables. Run it after a function was added:
`python stubs.py`. With `--check` it only compares.
"""

import inspect
import sys
from pathlib import Path

import arrstore
from arrstore import _arrstore, _functions

STUB = Path(__file__).parent / "python" / "arrstore" / "__init__.pyi"

#: Types of parameters by their names. Others are arrays.
TYPES = {
    "arrays": "Sequence[ArrayLike]",
    "axes": "int | Sequence[int] | None",
    "axis": "int | Sequence[int] | None",
    "copy": "bool | None",
    "correction": "float | None",
    "ddof": "float | None",
    "decimals": "int | None",
    "destination": "int | Sequence[int]",
    "dtype": "DTypeLike | None",
    "include_initial": "bool | None",
    "keepdims": "bool | None",
    "shape": "int | Sequence[int]",
    "source": "int | Sequence[int]",
}
#: Methods that take lengths or axes one by one, too.
SPREAD = {"reshape": "shape", "transpose": "axes"}


def result(name):
    """The type of a function's result."""
    fields = _functions._RESULTS.get(name)
    return f"tuple[{', '.join(['Array'] * len(fields._fields))}]" if fields else "Array"


def parameter(p):
    """One parameter, with its type and default."""
    kind = TYPES.get(p.name, "ArrayLike" if p.default is inspect.Parameter.empty else "ArrayLike | str | None")
    return f"{p.name}: {kind}" + ("" if p.default is inspect.Parameter.empty else " = ...")


def line(name, parameters, is_method):
    """The stub of a function or a method."""
    signature = list(_functions.signature(parameters or []).parameters.values())
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
    if parameters is None:
        parts += ["*args: Any", "**kwargs: Any"]
    return f"def {name}({', '.join(parts)}) -> {result(name)}: ..."


def sections():
    """The generated parts by their names."""
    functions = [row for row in _arrstore.functions() if row[0].isidentifier()]
    own = vars(arrstore)
    is_own = lambda name: inspect.isfunction(own.get(name)) and own[name].__module__ == "arrstore"
    return {
        "methods": [f"    {line(name, parameters, True)}" for name, method, parameters, _ in functions if method],
        "functions": [line(name, parameters, False) for name, _, parameters, _ in functions if is_own(name)],
        "types": [f"{name}: np.dtype[Any]" for name in _arrstore.dtypes()],
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
