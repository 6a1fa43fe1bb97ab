"""Paths: as texts, split into a file and the name of an array in it, and named in errors."""

import contextlib
import errno
import os
import re


@contextlib.contextmanager
def naming(path):
    """Errors name the path. Those of the system have it as their `filename`, as those of Python's own functions do."""
    try:
        yield
    except OSError as error:
        if error.filename is None or not isinstance(error.filename, str):
            words = str(error.strerror or error).removeprefix("opening ").removeprefix("creating ")
            error.strerror, error.filename = words.removeprefix(f"{path}: "), path
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        if len(error.args) == 1 and _file(path) not in str(error.args[0]):
            error.args = (f"{path}: {error.args[0]}",)
        raise


def _ends(path):
    """Where the path of a file may end, the last first: a name or a subscript follows."""
    return [len(path), *(found.start() for found in reversed(list(re.finditer(r"[:\[]", path))))]


def _file(path):
    """The longest beginning of a path that exists; all of it if there is none."""
    return next((path[:end] for end in _ends(path) if end and os.path.exists(path[:end])), path)


def check_exists(path):
    """Refuses a path of which no beginning exists."""
    if path and not os.path.exists(_file(path)):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def split(path):
    """The file and the name in it, of a path such as `x.arrs:/name`; no name for that of a file alone."""
    if os.path.exists(path):
        return path, None
    end = next((end for end in _ends(path) if path[end : end + 1] == ":" and os.path.exists(path[:end])), None)
    if end is None:
        # a file that is about to be made
        found = re.match(r"(.*?\.(?:arrs|npz|zarr)):", path, re.IGNORECASE | re.DOTALL)
        end = found.end(1) if found else len(path)
    return path[:end], path[end + 1 :] if path[end:] else None
