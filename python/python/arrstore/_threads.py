"""The threads of this library, as the package `threadpoolctl` sees and sets them."""

from . import _arrstore
from ._config import config


def attach():
    """Tells `threadpoolctl` of the library, if it is installed."""
    try:
        import threadpoolctl
    except ImportError:
        return

    class Controller(threadpoolctl.LibController):
        user_api = internal_api = "arrstore"
        filename_prefixes = ("_arrstore",)

        def get_num_threads(self):
            return _arrstore.settings()[1]

        def set_num_threads(self, num_threads):
            config(threads=num_threads)

        def get_version(self):
            from . import __version__

            return __version__

    if hasattr(threadpoolctl, "register"):
        threadpoolctl.register(Controller)
