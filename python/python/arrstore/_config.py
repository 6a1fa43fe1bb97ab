"""The settings of all computations in this process."""

import os
import re
import threading

from . import _arrstore, _progress

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


def size(text):
    """Bytes, from a number or a text such as `2GiB`."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", text) if isinstance(text, str) else None
    if found and found[2].upper() in _UNITS:
        return int(float(found[1]) * _UNITS[found[2].upper()])
    if isinstance(text, str):
        raise ValueError(f"memory: {text!r} is not a size; try '512MiB'")
    return int(text)


_DEFAULTS = {"memory": None, "threads": None, "tmp": None, "check": True, "progress": False}
_asked = dict(_DEFAULTS)

#: What was asked for, the newest last.
_layers = []
_lock = threading.RLock()


class config:
    """Sets memory, threads and more for all computations of this process, at once. As a context manager, it brings the
    settings from before back at the end.

        arrstore.config(memory="2GiB", threads=4)
        with arrstore.config(progress=True):
            ...

    memory: bytes of working memory, as a number or a text; `None`: 70 % of the container or the machine.
    threads: threads that compute; `None`: all that the machine and the container allow.
    tmp: folder of temporary files; `None`: beside the output, or the working folder.
    check: whether checksums of raw chunks are checked while they are read.
    progress: whether long computations show their progress.
    """

    def __init__(self, **settings):
        unknown = settings.keys() - _asked.keys()
        if unknown:
            raise TypeError(f"config has no setting {', '.join(sorted(unknown))}; there are {', '.join(_asked)}")
        self._settings, self._is_held = settings, False
        if settings.get("memory") is not None:
            settings["memory"] = size(settings["memory"])
        for name in ("memory", "threads"):
            if (settings.get(name) or 0) < 0:
                raise ValueError(f"{name}: expected a positive number, found {settings[name]}")
        if settings.get("tmp") is not None:
            settings["tmp"] = os.fsdecode(settings["tmp"])
        progress = settings.get("progress")
        if not (callable(progress) or progress in (None, True, False)):
            raise TypeError(f"progress: expected True, False or a function of two numbers, found {progress!r}")
        with _lock:
            self._begin()

    def _begin(self):
        _apply([*_layers, self])
        if len(_layers) > 1 and not (_layers[-1]._is_held or _layers[-2]._is_held):
            # both stay: one is enough
            _layers[-1]._settings = {**_layers.pop(-2)._settings, **_layers[-1]._settings}
        _layers.append(self)

    def __enter__(self):
        with _lock:
            if self not in _layers:
                self._begin()
            self._is_held = True
        return self

    def __exit__(self, *_):
        # threads may end in another order than they began
        with _lock:
            if self in _layers:
                at = _layers.index(self)
                _layers[at:] = [later for later in _layers[at + 1 :] if later._is_held]
            _apply(_layers)

    def __repr__(self):
        memory, threads, tmp, check = _arrstore.settings()
        progress = _asked["progress"]
        return f"arrstore.config({memory=}, {threads=}, tmp={os.fspath(tmp) if tmp else None!r}, {check=}, {progress=})"


def _apply(layers):
    settings = dict(_DEFAULTS)
    for layer in layers:
        settings |= layer._settings
    _arrstore.set_settings(settings["memory"], settings["threads"], settings["tmp"], settings["check"])
    _progress.show(settings["progress"])
    _asked.update(settings)
