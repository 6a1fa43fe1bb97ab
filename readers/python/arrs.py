#!/usr/bin/env python3
"""A reader of .arrs files, version 1.0, written from SPEC.md alone. Needs NumPy, and `zstandard` for zstd.

    with arrs.File("store.arrs") as file:
        print(file.names)                                  # ['/ocean/sst', ...]
        sst = file["/ocean/sst"]
        sst.shape, sst.dtype, sst.dimension_names, sst.attributes
        everything, part = sst[...], sst[10:20, :, 3]      # NumPy arrays; bfloat16 comes as its bits, in uint16

Every checksum on the way to an element is checked. What is wrong raises Damaged or Unsupported, both ArrsError.
"""
import fcntl, hashlib, itertools, json, math, os, stat, struct, sys, zlib
import numpy as np

PAGE, FIXED, TOP, MAX_CHUNK = 4096, 5 * 4096, 1 << 62, 1 << 31  # MAX_CHUNK: this reader's own budget for a chunk
DTYPES = {1: ("bool", "?"), 2: ("int8", "<i1"), 3: ("int16", "<i2"), 4: ("int32", "<i4"), 5: ("int64", "<i8"),
          6: ("uint8", "<u1"), 7: ("uint16", "<u2"), 8: ("uint32", "<u4"), 9: ("uint64", "<u8"), 10: ("float16", "<f2"),
          11: ("bfloat16", "<u2"), 12: ("float32", "<f4"), 13: ("float64", "<f8"), 14: ("complex64", "<c8"),
          15: ("complex128", "<c16")}
LATER = {16: "datetime64", 17: "timedelta64", 18: "fixed bytes", 19: "fixed UTF-8", 20: "fixed UTF-32", 21: "record"}
CODECS, FILTERS, STATES = ("none", "zstd", "lz4"), ("none", "shuffle"), ("missing", "raw", "encoded", "constant", "record")
LZ4, LZ4_MAX = 1, 0x7E000000  # its bit of the incompat features, and the longest chunk
INCOMPAT = {0: "element types 16 to 21 (datetime64 to record)", 2: "codec Pcodec"}  # bits whose meaning is known, though not how to read them


class ArrsError(Exception):
    """What is wrong, and where: file, array, chunk (its indices) and byte (an offset in the file), each None if unknown."""
    def __init__(self, what, byte=None):
        super().__init__(what)
        self.what, self.byte, self.file, self.array, self.chunk = what, byte, None, None, None

    def at(self, **place):
        for key, value in place.items():
            setattr(self, key, value if getattr(self, key) is None else getattr(self, key))
        return self

    def __str__(self):
        places = [f"{k} {getattr(self, k)}" for k in ("file", "array", "chunk", "byte") if getattr(self, k) is not None]
        return f"{self.what} ({', '.join(places)})" if places else self.what


class Damaged(ArrsError):
    """Bytes that are not what the format says they must be."""


class Unsupported(ArrsError):
    """Something that a newer version may know, or that is more than this reader's budget."""


def need(condition, what, byte=None):
    if not condition:
        raise Damaged(what, byte)


def text(data, what, byte=None):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Damaged(f"{what} is not UTF-8", byte) from None


def has_control(s):
    return any(c < " " or "\x7f" <= c <= "\x9f" for c in s)


def attributes(data, byte):
    """The strict JSON of section 11."""
    if not data:
        return {}
    def number(s):
        need(math.isfinite(float(s)), "attributes: a number beyond the range of binary64", byte)
        return float(s)
    def integer(s):
        return int(s) if len(s) <= 20 and -2**63 <= int(s) < 2**64 and s != "-0" else number(s)
    def constant(s):
        raise Damaged(f"attributes: {s} is not JSON", byte)
    def pairs(items):
        need(len(dict(items)) == len(items), "attributes: a key twice", byte)
        return dict(items)
    def walk(value, depth):
        need(depth <= 127 or not isinstance(value, (dict, list)), "attributes: nested too deep", byte)
        if isinstance(value, str):
            need(not any("\ud800" <= c <= "\udfff" for c in value), "attributes: half a surrogate pair", byte)
        for item in itertools.chain(*value.items()) if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(item, depth + 1)
    need(len(data) <= 1 << 23, "attributes: more than 8 MiB", byte)
    try:
        value = json.loads(text(data, "attributes", byte), parse_float=number, parse_int=integer,
                           parse_constant=constant, object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"attributes: {error}", byte) from None
    need(isinstance(value, dict), "attributes: not an object", byte)
    walk(value, 1)
    return value


def span(level):
    return 127 * 254**level


class File:
    """The newest commit of a file. `names` are its arrays; `file[name]` is one of them."""

    def __init__(self, path, pin=True):
        self.path = os.fspath(path)
        self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._pages, self._names = {}, None
        try:
            self._open(pin)
        except BaseException as error:
            os.close(self.fd)
            raise error.at(file=self.path) if isinstance(error, ArrsError) else error

    def close(self):
        os.close(self.fd)  # and with it the pin

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _bytes(self, offset, length):
        parts = []
        while length and (part := os.pread(self.fd, min(length, 1 << 30), offset)):
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        need(not length, "the file ends too early", offset)
        return b"".join(parts)

    def _open(self, pin):
        need(stat.S_ISREG(os.fstat(self.fd).st_mode), "not a regular file")
        need(os.fstat(self.fd).st_size >= FIXED, "shorter than 20480 bytes")
        page = self._bytes(0, PAGE)
        need(page[:8] == b"\x89ARS\r\n\x1a\n", "no .arrs file, or one mangled by a transfer as text", 0)
        need(page[8:12] == b"\x04\x03\x02\x01", "unknown byte order", 8)
        need(zlib.crc32(page[:4092]) == int.from_bytes(page[4092:], "little"), "CRC of the header", 4092)
        version, log = struct.unpack_from("<HH", page, 12)
        if version != 1:
            raise Unsupported(f"header version {version}", 12)
        need(log == 12, f"pages of 2^{log} bytes", 14)
        need(not any(page[32:4092]), "reserved bytes of the header", 32)
        self.uuid = page[16:32]
        while True:
            newest, _ = self._slots()
            seq, = struct.unpack_from("<Q", newest, 8)
            if not pin or not self._lock(fcntl.F_RDLCK, seq) or seq in self._slots()[1]:
                break
            self._lock(fcntl.F_UNLCK, seq)
        self._commit(newest, PAGE * (1 + (seq & 1)))

    def _lock(self, kind, seq):
        """The pin of section 16; False where there are no such locks, and then nobody may write."""
        try:  # F_OFD_SETLK is 37 on Linux; struct flock: type, whence, start, length, pid
            fcntl.fcntl(self.fd, 37, struct.pack("hhqqi4x", kind, 0, TOP + seq, 1, 0))
            return True
        except OSError:
            return False

    def _slots(self):
        """The newest slot's page, and all sequence numbers that are there."""
        found = {}
        for number in range(1, 5):
            page = self._bytes(number * PAGE, PAGE)
            if page[:8] != b"ARSSLOT1" or zlib.crc32(page[:4092]) != int.from_bytes(page[4092:], "little"):
                continue
            seq, = struct.unpack_from("<Q", page, 8)
            need(page[16:32] == self.uuid, "slot of another file", number * PAGE + 16)
            need(1 <= seq < TOP, f"sequence number {seq}", number * PAGE + 8)
            need(seq & 1 == (number - 1) & 1, f"commit {seq} in the wrong slot", number * PAGE + 8)
            need(found.setdefault(seq, page) == page, f"the copies of commit {seq} differ", number * PAGE)
        need(found, "no page holds a slot", PAGE)
        return found[max(found)], found

    def _commit(self, page, at):
        self.seq, = struct.unpack_from("<Q", page, 8)
        major, minor, flags, _, _, incompat, self.length, self.count, self.next_id = struct.unpack_from("<HHI6Q", page, 32)
        if major != 1:
            raise Unsupported(f"format version {major}.{minor}", at + 32)
        if incompat & ~(1 << LZ4):
            bits = [f"{b}: {INCOMPAT.get(b, 'unknown')}" for b in range(64) if incompat >> b & 1 and b != LZ4]
            raise Unsupported(f"incompat features (bit {'; bit '.join(bits)}): a newer program is needed", at + 56)
        need(FIXED <= self.length < TOP and self.length % PAGE == 0, f"length {self.length}", at + 64)
        need(self.length <= os.fstat(self.fd).st_size, f"file cut short, commit {self.seq} needs {self.length} bytes", at + 64)
        need(1 <= self.next_id <= 1 << 48 and self.count < self.next_id, "number of arrays or next id", at + 72)
        self._table, self._name_block, self._attributes = page[88:104], page[104:120], page[120:136]
        self.live, self.nodes, self.time, producer = struct.unpack_from("<3QH", page, 136)
        need(producer <= 128, "producer too long", at + 160)
        self.producer = text(page[162:162 + producer], "producer", at + 162)
        need(flags <= 1, "unknown flags of a slot", at + 36)
        need(minor > 0 or not any(page[162 + producer:4092]), "reserved bytes of a slot", at)
        self.version, self.sealed = (major, minor), bool(flags & 1)

    def _block(self, reference, what, most):
        """A block's bytes and its offset; empty for nothing."""
        offset, length, crc = struct.unpack("<QII", reference)
        if offset == 0:
            need(not any(reference), f"{what}: a reference to nothing with a length or CRC")
            return b"", None
        need(length and offset % 64 == 0 and FIXED <= offset <= self.length - length, f"{what}: place of the block", offset)
        need(length <= most, f"{what}: {length} bytes are too many", offset)
        data = self._bytes(offset, length)
        need(zlib.crc32(data) == crc, f"{what}: CRC of the block", offset)
        return data, offset

    def _node(self, offset, crc, level, kind, owner, first):
        need(offset % PAGE == 0 and FIXED <= offset <= self.length - PAGE, "place of a node", offset)
        if (offset, crc) not in self._pages:
            page = self._bytes(offset, PAGE)
            need(zlib.crc32(page) == crc, "CRC of a node", offset)
            if len(self._pages) > 4096:
                self._pages.clear()
            self._pages[offset, crc] = page
        page = self._pages[offset, crc]
        found = struct.unpack_from("<4sBBHQQQ", page)
        need(found[:6] == (b"NODE", level, kind, 0, owner, first), "node of another place", offset)
        need(1 <= found[6] <= self.seq, "birth of a node", offset + 24)
        return page

    def _entry(self, root, kind, owner, number):
        """A leaf entry: its 16 bytes, CRC, state, and where it stands. State 0 when missing."""
        offset, crc, height = struct.unpack("<QII", root)
        need(height <= 7, "height of a tree")
        need((offset == 0) == (height == 0) and (offset or not crc), "root: a reference to nothing")
        missing = (bytes(16), 0, 0, 0)
        if height == 0 or number >= span(height - 1):
            return missing
        first = 0
        for level in range(height - 1, 0, -1):
            page = self._node(offset, crc, level, kind, owner, first)
            index = (number - first) // span(level - 1)
            offset, crc, reserved = struct.unpack_from("<QII", page, 32 + 16 * index)
            need(not reserved and (offset or not crc), "reserved bytes of a child", offset)
            if offset == 0:
                return missing
            first += index * span(level - 1)
        page, at = self._node(offset, crc, 0, kind, owner, first), 32 + 32 * (number - first)
        value, crc, state, birth = struct.unpack_from("<16sIIQ", page, at)
        at += offset
        if state == 0:
            need(not any(value) and not crc and not birth, "a missing entry that is not zero", at)
            return missing
        if state > 4:
            raise Unsupported(f"unknown chunk state {state}", at + 20)
        need((state == 4) == (kind == 1), f"state {STATES[state]} in this tree", at + 20)
        need(1 <= birth <= self.seq, "birth of an entry", at + 24)
        if state != 3:
            start, size = struct.unpack("<QQ", value)
            need(size and start >= FIXED and start + size <= self.length, "extent", at)
            need(start % (PAGE if state == 1 and size >= PAGE else 64) == 0, "alignment of an extent", at)
        return value, crc, state, at

    @property
    def attributes(self):
        try:
            return attributes(*self._block(self._attributes, "file attributes", 1 << 23))
        except ArrsError as error:
            raise error.at(file=self.path) from None

    @property
    def names(self):
        if self._names is None:
            try:
                self._names = self._read_names()
            except ArrsError as error:
                raise error.at(file=self.path) from None
        return list(self._names)

    def _read_names(self):
        data, at = self._block(self._name_block, "name block", 1 << 28)
        if not data and self.count == 0:
            return {}
        need(len(data) >= 16 and data[:8] == b"NAME\0\0\0\0", "magic of the name block", at)
        need(struct.unpack_from("<Q", data, 8)[0] == self.count, "number of names", at + 8)
        names, ids, place, last = {}, set(), 16, b""
        for _ in range(self.count):
            need(place + 10 <= len(data), "the name block ends too early", at + place)
            id, size = struct.unpack_from("<QH", data, place)
            raw = data[place + 10:place + 10 + size]
            name = text(raw, "a name", at + place)
            need(len(raw) == size <= 4096 and name[:1] == "/" and not has_control(name)
                 and not {"", ".", ".."} & set(name[1:].split("/")), f"name {name!r}", at + place)
            need(raw > last, f"names out of order at {name!r}", at + place)
            need(1 <= id < self.next_id and id not in ids, f"id {id} of {name!r}", at + place)
            names[name], last, place = id, raw, place + 10 + size
            ids.add(id)
        need(place == len(data), "bytes behind the names", at + place)
        for name in names:
            parts = name.split("/")
            need(not any("/".join(parts[:k]) in names for k in range(2, len(parts))), f"{name!r} is inside an array", at)
        return names

    def __getitem__(self, name):
        if name not in self.names:
            raise KeyError(name)
        try:
            return Array(self, name, self._names[name])
        except ArrsError as error:
            raise error.at(file=self.path, array=name) from None


class Array:
    """An array's metadata; indexing it with integers, slices of step 1 and `...` reads."""

    def __init__(self, file, name, id):
        self.file, self.name, self.id = file, name, id
        value, crc, state, at = file._entry(file._table, 1, 0, id)
        need(state == 4, "a name without a record")
        offset, length = struct.unpack("<QQ", value)
        need(length == 128, "length of a record", at)
        record, _ = file._block(struct.pack("<QII", offset, length, crc), "record", 128)
        need(record[:8] == b"RECD\0\0\0\0" and struct.unpack_from("<Q", record, 8)[0] == id, "magic or id of a record", offset)
        need(not any(record[64:]), "reserved bytes of a record", offset + 64)
        self._index = record[16:32]
        self._parse(*file._block(record[32:48], "metadata", 1 << 24))

    def _parse(self, data, at):
        need(len(data) >= 56, "length of the metadata", at)
        (magic, item, id, code, zero, d, codec, filter, align, level, n_fill, n_name, n_dims, n_details, n_attrs,
         zero2) = struct.unpack_from("<4sIQHHBBBBi5IQ", data)
        need(magic == b"META" and id == self.id, "magic or id of the metadata", at)
        need(d <= 32, f"{d} axes", at + 20)
        if code not in DTYPES:
            raise Unsupported(f"element type {code} ({LATER.get(code, 'unknown')})", at + 16)
        if codec >= len(CODECS) or filter >= len(FILTERS):
            raise Unsupported(f"codec {codec}, filter {filter}: one is unknown", at + 21)
        self.dtype, self.np_dtype = DTYPES[code][0], np.dtype(DTYPES[code][1])
        self.codec, self.filter = CODECS[codec], FILTERS[filter]
        need(item == self.np_dtype.itemsize == n_fill, "size of an element or of the fill value", at + 4)
        need(align == 6 and not zero and not zero2 and not n_details, "alignment, type details or reserved bytes", at)
        need(-7 <= level <= 22 and (self.codec == "zstd" or not level), "level of the codec", at + 24)
        need(56 + 32 * d + n_fill + n_name + n_dims + n_details + n_attrs == len(data), "length of the metadata", at)
        axes = [struct.unpack_from("<4Q", data, 56 + 32 * k) for k in range(d)]
        self.shape, self.chunks, self._capacity, self.order = ([axis[f] for axis in axes] for f in range(4))
        need(all(self.chunks), "chunk length 0", at + 56)
        need(sorted(self.order) == list(range(d)), "element order", at + 56)
        self._chunk_bytes = item * math.prod(self.chunks)
        need(self._chunk_bytes < TOP and item * math.prod(n or 1 for n in self.shape) < TOP, "shape overflows", at + 56)
        need(self.codec != "lz4" or self._chunk_bytes <= LZ4_MAX, "a chunk too large for LZ4", at + 56)
        self._grid = [-(-n // c) for n, c in zip(self.shape, self.chunks)]
        need(all(G >= max(g, 1) for g, G in zip(self._grid[1:], self._capacity[1:])), "capacity", at + 56)
        need(not d or self._capacity[0] == 0, "capacity of axis 0", at + 72)
        need(math.prod([max(g, 1) for g in self._grid[:1]] + self._capacity[1:]) <= 1 << 48, "grid too large", at + 56)
        place = 56 + 32 * d
        self.fill = data[place:place + n_fill]
        need(self.dtype != "bool" or self.fill[0] <= 1, "fill value of bool", at + place)
        place += n_fill
        need(data[place:place + n_name] == self.name.encode(), "the metadata has another name", at + place)
        place += n_name
        dims, self.dimension_names = data[place:place + n_dims], []
        for _ in range(d):
            need(len(dims) >= 2, "axis names end too early", at + place)
            size, dims = int.from_bytes(dims[:2], "little"), dims[2:]
            if size == 65535:
                self.dimension_names.append(None)
                continue
            name, got, dims = text(dims[:size], "axis name", at + place), len(dims[:size]), dims[size:]
            need(0 < size == got <= 4096 and not has_control(name), f"axis name {name!r}", at + place)
            need(name not in self.dimension_names, f"axis name {name!r} twice", at + place)
            self.dimension_names.append(name)
        need(not dims, "bytes behind the axis names", at + place)
        self.attributes = attributes(data[place + n_dims:], at + place + n_dims)

    def __getitem__(self, key):
        key = key if isinstance(key, tuple) else (key,)
        if Ellipsis in key:
            k = key.index(Ellipsis)
            key = key[:k] + (slice(None),) * (len(self.shape) - len(key) + 1) + key[k + 1:]
        if len(key) > len(self.shape):
            raise IndexError("more subscripts than axes")
        region, drop = [], []
        for k, (n, s) in enumerate(zip(self.shape, key + (slice(None),) * (len(self.shape) - len(key)))):
            if not isinstance(s, slice):
                s, drop = range(n)[s], drop + [k]
                s = slice(s, s + 1)
            start, stop, step = s.indices(n)
            if step != 1:
                raise IndexError("steps other than 1: subscript the result instead")
            region.append((start, max(start, stop)))
        return self.read(region).squeeze(tuple(drop))

    def read(self, region=None):
        """The elements of a region: (start, stop) per axis."""
        region = [(0, n) for n in self.shape] if region is None else region
        try:
            out = np.empty([b - a for a, b in region], self.np_dtype)
        except (MemoryError, ValueError):
            raise Unsupported("more elements than memory holds").at(file=self.file.path, array=self.name) from None
        spans = [range(a // c, -(-b // c)) if a < b else range(0) for (a, b), c in zip(region, self.chunks)]
        for index in itertools.product(*spans):
            try:
                chunk = self._chunk(index)
            except ArrsError as error:
                raise error.at(file=self.file.path, array=self.name, chunk=index) from None
            low = [i * c for i, c in zip(index, self.chunks)]
            both = [(max(a, l), min(b, l + c)) for (a, b), l, c in zip(region, low, self.chunks)]
            part = chunk[tuple(slice(s - l, e - l) for (s, e), l in zip(both, low))] if chunk.ndim else chunk
            out[tuple(slice(s - a, e - a) for (s, e), (a, _) in zip(both, region))] = part
        return out

    def _chunk(self, index):
        """The decoded chunk, or one element that stands for all."""
        number, size, item = 0, self._chunk_bytes, self.np_dtype.itemsize
        for i, capacity in zip(index, self._capacity):
            number = number * capacity + i
        value, crc, state, at = self.file._entry(self._index, 2, self.id, number)
        if state == 0:
            return np.frombuffer(self.fill, self.np_dtype)[0]
        plain = self.codec == "none" and self.filter == "none"
        need(state == 3 or (state == 1) == plain, f"a chunk in state {STATES[state]} in this array", at + 20)
        if state == 3:
            need(not any(value[item:]) and not crc, "a constant with a CRC or with bytes behind it", at)
            data = value[:item]
            need(self.dtype != "bool" or data[0] <= 1, "a bool other than 0 and 1", at)
            return np.frombuffer(data, self.np_dtype)[0]
        offset, stored = struct.unpack("<QQ", value)
        if size > MAX_CHUNK:
            raise Unsupported(f"a chunk of {size} bytes is over this reader's budget", at)
        if self.codec == "none":
            need(stored == size, f"{stored} bytes stored, {size} expected", at + 8)
        else:
            most = size + size // 255 + 16 if self.codec == "lz4" else size + size // 256 + max(131072 - size, 0) // 2048 + 64
            need(stored <= most, f"{stored} bytes stored, at most {most} expected", at + 8)
        data = self.file._bytes(offset, stored)
        if state == 1 and size > 1 << 20:
            table_at, blocks = offset + -(-size // 64) * 64, -(-size // 65536)
            need(table_at + 4 * blocks <= self.file.length, "extent of a CRC table", at)
            table = self.file._bytes(table_at, 4 * blocks)
            need(zlib.crc32(table) == crc, "CRC of a CRC table", table_at)
            for k, expected in enumerate(struct.unpack(f"<{blocks}I", table)):
                need(zlib.crc32(data[k << 16:(k + 1) << 16]) == expected, "CRC of 64 KiB", offset + (k << 16))
        else:
            need(zlib.crc32(data) == crc, "CRC of a payload", offset)
        if self.codec == "zstd":
            data = unzstd(data, size, offset)
        if self.codec == "lz4":
            data = unlz4(data, size, offset)
        if self.filter == "shuffle":
            data = np.frombuffer(data, np.uint8).reshape(item, -1).T.tobytes()
        if self.dtype == "bool":
            need(np.frombuffer(data, np.uint8).max() <= 1, "a bool other than 0 and 1", offset)
        stored_shape = [self.chunks[k] for k in self.order]
        return np.frombuffer(data, self.np_dtype).reshape(stored_shape).transpose(np.argsort(self.order, kind="stable"))


def unlz4(data, size, at):
    """One LZ4 block: literals and copies of what came before, in turn, and literals at the end."""
    out, place = bytearray(), 0

    def count(n):
        nonlocal place
        more = n == 15
        while more:
            need(place < len(data), "LZ4 block cut short", at + place)
            n, more, place = n + data[place], data[place] == 255, place + 1
        return n

    while True:
        need(place < len(data), "LZ4 block cut short", at + place)
        token, place = data[place], place + 1
        n = count(token >> 4)
        need(place + n <= len(data) and len(out) + n <= size, "literals of an LZ4 block", at + place)
        out, place = out + data[place:place + n], place + n
        if place == len(data):
            need(len(out) == size, f"LZ4 block of {len(out)} bytes, {size} expected", at)
            return bytes(out)
        distance, place = int.from_bytes(data[place:place + 2], "little"), place + 2
        n = 4 + count(token & 15)
        need(0 < distance <= len(out) and len(out) + n <= size - 5, "copy of an LZ4 block", at + place)
        piece = bytes(out[len(out) - distance:][:n])
        out += (piece * (n // len(piece) + 1))[:n]


def unzstd(data, size, at):
    """One zstd frame, whose rules (section 13) are checked before it is decoded."""
    need(len(data) >= 6 and data[:4] == b"\x28\xb5\x2f\xfd", "not a zstd frame", at)
    descriptor, place = data[4], 5
    single = descriptor >> 5 & 1
    if not single:
        base = 1 << (10 + (data[5] >> 3))
        need(base + base // 8 * (data[5] & 7) <= 1 << 27, "zstd window", at + 5)
        place = 6
    width, id_width = (single, 2, 4, 8)[descriptor >> 6], (0, 1, 2, 4)[descriptor & 3]
    need(not any(data[place:place + id_width]), "a zstd dictionary", at + place)
    place += id_width
    need(width, "zstd frame without its content size", at + 4)
    content = int.from_bytes(data[place:place + width], "little") + (256 if width == 2 else 0)
    need(content == size, f"zstd content size {content}, {size} expected", at + place)
    place, last = place + width, False
    while not last:
        need(place + 3 <= len(data), "zstd frame cut short", at + place)
        header = int.from_bytes(data[place:place + 3], "little")
        last, place = header & 1, place + 3 + (1 if header >> 1 & 3 == 1 else header >> 3)
    need(place + 4 * (descriptor >> 2 & 1) == len(data), "the zstd frame does not end with the payload", at)
    import zstandard
    try:
        data = zstandard.ZstdDecompressor().decompress(data)
    except zstandard.ZstdError as error:
        raise Damaged(f"zstd: {error}", at) from None
    need(len(data) == size, "zstd frame of another size", at)
    return data


def describe(array, data=None):
    about = {key: getattr(array, key) for key in ("name", "dtype", "shape", "chunks", "order", "codec", "filter")}
    about.update(fill=array.fill.hex(), dimension_names=array.dimension_names, attributes=array.attributes)
    return about if data is None else about | {"sha256": hashlib.sha256(data.tobytes()).hexdigest()}


def inventory(file, told=describe):
    """All that is known about a file and its arrays."""
    return {"commit": file.seq, "version": file.version, "uuid": file.uuid.hex(), "sealed": file.sealed, "time": file.time,
            "producer": file.producer, "attributes": file.attributes, "arrays": [told(file[name]) for name in file.names]}


def main(args):
    as_json, out = "--json" in args, None
    if "--npy" in args:
        k = args.index("--npy")
        out, args = args[k + 1:k + 2], args[:k] + args[k + 2:]
    args = [arg for arg in args if arg != "--json"]
    if not 1 <= len(args) <= 2 or out == [] or (out and len(args) < 2):
        sys.exit("usage: arrs.py FILE [ARRAY [--npy OUT]] [--json]")
    with File(args[0]) as file:
        if len(args) == 1:
            if as_json:
                print(json.dumps(inventory(file)))
                return
            for a in map(file.__getitem__, file.names):
                print(a.name, a.dtype, tuple(a.shape), "chunks", tuple(a.chunks), a.codec, a.filter)
            return
        array = file[args[1]]
        data = array[...]
        if out:
            np.save(out[0], data)
        if as_json:
            print(json.dumps(describe(array, data)))
        elif not out:
            print(data)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (ArrsError, OSError, KeyError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
