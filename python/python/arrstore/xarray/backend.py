"""The engine by which xarray opens `.arrs` files."""

import os

from xarray import DataTree
from xarray.backends import BackendEntrypoint, StoreBackendEntrypoint
from xarray.backends.common import datatree_from_dict_with_io_cleanup

from .reading import ReadStore


class ArrstoreBackend(BackendEntrypoint):
    """Opens `.arrs` files lazily: `xr.open_dataset("x.arrs")`, `xr.open_datatree("x.arrs")`.

    group: the name of a group; without it, the arrays that are in no group. commit: the number of an earlier commit.
    """

    description = "Open .arrs files of arrstore"
    supports_groups = True
    open_dataset_parameters = (
        "filename_or_obj",
        "drop_variables",
        "mask_and_scale",
        "decode_times",
        "concat_characters",
        "decode_coords",
        "use_cftime",
        "decode_timedelta",
        "group",
        "commit",
    )

    def guess_can_open(self, filename_or_obj):
        return isinstance(filename_or_obj, (str, os.PathLike)) and os.fsdecode(filename_or_obj).endswith(".arrs")

    def open_dataset(self, filename_or_obj, *, drop_variables=None, group=None, commit=None, **decoding):
        store = ReadStore.open(os.fsdecode(filename_or_obj), group, commit)
        return StoreBackendEntrypoint().open_dataset(store, drop_variables=drop_variables, **decoding)

    def open_groups_as_dict(self, filename_or_obj, *, drop_variables=None, group=None, commit=None, **decoding):
        root = ReadStore.open(os.fsdecode(filename_or_obj), group, commit)
        open = StoreBackendEntrypoint().open_dataset
        return {name: open(store, drop_variables=drop_variables, **decoding) for name, store in root.children().items()}

    def open_datatree(self, filename_or_obj, **options) -> DataTree:
        return datatree_from_dict_with_io_cleanup(self.open_groups_as_dict(filename_or_obj, **options))
