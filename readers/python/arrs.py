#!/usr/bin/env python3
"""A reader of .arrs files, version 1.0, written from SPEC.md alone. The comments name its sections (§).

It checks every checksum on the way to an element. It raises Damaged or Unsupported, which are both an ArrsError.
"""
import contextlib, fcntl, hashlib, io, itertools, json, math, os, re, stat, struct, sys, types, zlib
import numpy as np

PAGE, FIXED, TOP, BUDGET = 4096, 5 * 4096, 1 << 62, 2_000_000_000  # §2; BUDGET: bytes of the largest chunk
DTYPES = [None, "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "bfloat16",
          "float32", "float64", "complex64", "complex128"]  # §10
UNITS = "generic Y M W D h m s ms us ns ps fs as".split()  # §10
CODECS, FILTERS = ["none", "zstd", "lz4", "pco"], ["none", "shuffle"]  # §9
LEVELS = {"zstd": range(-7, 23), "pco": range(13)}  # §9; 0 for the others
MISSING, RAW, ENCODED, CONSTANT, RECORDED = range(5)  # §6: states of an entry
NAME = re.compile(r"(/(?!\.{1,2}(/|\Z))[^/\x00-\x1f\x7f-\x9f]+)+")  # §8: no part is empty, `.` or `..`
AXIS_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f]+")  # §9

# The structures of a file: types of the fields, as `struct` spells them, and names.
HEADER = "8s magic  I byte_order  H version  H page_size  16s uuid  4060s reserved"  # §3
SLOT = ("8s magic  Q seq  16s uuid  H major  H minor  I flags  Q compat  Q ro_compat  Q incompat  Q length  Q arrays "
        "Q next_id  16s table  16s names  16s attributes  Q live  Q nodes  Q time  H producer_size  3930s rest")  # §4
NODE = "4s magic  B level  B kind  H zero  Q owner  Q first  Q birth"  # §6
ENTRY = "16s value  I crc  I state  Q birth"  # §6
RECORD = "8s magic  Q id  16s index  16s metadata  Q chunks  Q stored  64s reserved"  # §7
META = ("4s magic  I item  Q id  H dtype  H zero  B ndim  B codec  B filter  B align  i level  I fill_size "
        "I name_size  I dims_size  I details  I attributes_size  Q reserved")  # §9

class ArrsError(Exception): """An error in a file. The message tells where."""
class Damaged(ArrsError): """A broken checksum or rule of the format."""
class Unsupported(ArrsError): """A feature that this reader does not have, or a chunk over its budget."""

def require(condition, message, error=Damaged):
    if not condition:
        raise error(message)

@contextlib.contextmanager
def within(place):  # puts the place in front of an error's message
    try:
        yield
    except (ArrsError, UnicodeDecodeError) as error:
        raise (type(error) if isinstance(error, ArrsError) else Damaged)(f"{place}: {error}") from None

def check(found, error=Damaged, **rules):  # each rule is the value of a field, or a range of values
    for name, rule in rules.items():
        value = getattr(found, name)
        fine = value in rule if isinstance(rule, range) else value == rule
        require(fine, f"{name} is {value!r:.60}: expected {rule!r:.60}", error)
    return found

def fields(layout, data, offset=0, **rules):
    kinds, names = layout.split()[::2], layout.split()[1::2]
    values = struct.unpack_from("<" + "".join(kinds), data, offset)
    return check(types.SimpleNamespace(**dict(zip(names, values))), **rules)

class Cursor(io.BytesIO):
    def take(self, count):
        data = self.read(count)
        require(len(data) == count, "the block ends too early")
        return data

def ceil(a, b):
    return -(-a // b)

def span(level):  # §6: how many numbers a node has; an entry, below level 0, has one
    return 127 * 254**level if level >= 0 else 1

def parse_attributes(data):  # §11: JSON as Python reads it, but stricter
    def integer(text):
        exact = len(text) <= 20 and text != "-0" and -2**63 <= int(text) < 2**64
        return int(text) if exact else float(text)
    def unique(pairs):
        require(len(dict(pairs)) == len(pairs), "attributes: an object has a key twice")
        return dict(pairs)
    def depth(value):
        items = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, items), default=0) if isinstance(value, (dict, list)) else 0
    try:
        value = json.loads(data.decode() or "{}", parse_int=integer, object_pairs_hook=unique)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # refuses NaN, 1e999 and half surrogate pairs
        require(isinstance(value, dict) and depth(value) <= 127, "attributes: not an object, or nested too deep")
        require(len(data) <= 1 << 23, "attributes: longer than 8 MiB")
        return value
    except (ValueError, RecursionError) as error:
        raise Damaged(f"attributes: {error}") from None

class File(io.FileIO):
    """The newest commit of a file. `names` maps the names of arrays to ids; `file[name]` is an array."""
    def __init__(self, path):
        super().__init__(path, opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK))
        with within(path):
            require(stat.S_ISREG(os.fstat(self.fileno()).st_mode), "expected a regular file", ArrsError)
            self._open()

    def _bytes(self, offset, length):
        data = os.pread(self.fileno(), length, offset)
        require(len(data) == length, f"the file ends before {offset + length}")
        return data

    def _fixed(self, number, layout, **rules):  # §2: the fields of a page; None when its CRC is wrong
        page = self._bytes(number * PAGE, PAGE)
        found = fields(layout, page, **rules)
        return found if zlib.crc32(page[:4092]) == int.from_bytes(page[4092:], "little") else None

    def _slots(self, uuid):  # §4: the slots that count, by sequence number
        slots = {}
        for number in 1, 2, 3, 4:
            slot = self._fixed(number, SLOT)
            if slot and slot.magic == b"ARSSLOT1":
                check(slot, uuid=uuid, seq=range(1 + number % 2, TOP, 2))
                require(slots.setdefault(slot.seq, slot) == slot, f"the copies of commit {slot.seq} differ")
        require(slots, "none of the four slot pages holds a commit")
        return slots

    def _open(self):
        header = self._fixed(0, HEADER, magic=b"\x89ARS\r\n\x1a\n", byte_order=0x01020304)  # §3
        require(header, "the CRC of the header is wrong")
        check(header, Unsupported, version=1)
        check(header, page_size=12, reserved=bytes(4060))
        seq, slots = None, {}
        while seq not in slots:  # §16: choose a commit, pin it, and check that it is still there
            seq = max(self._slots(header.uuid))
            with contextlib.suppress(OSError, AttributeError):  # without locks, checksums protect
                pin = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, TOP + seq, 1, 0)
                fcntl.fcntl(self, fcntl.F_OFD_SETLK, pin)
            slots = self._slots(header.uuid)
        self.slot = slot = check(slots[seq], Unsupported, major=1)  # §5
        unknown = slot.incompat & ~0b110  # bits 1 and 2 have no meaning any more
        require(not unknown, f"incompat features {unknown:#b} need a newer program", Unsupported)
        check(slot, flags=range(2), length=range(FIXED, TOP, PAGE), next_id=range(1, (1 << 48) + 1),
              arrays=range(slot.next_id), producer_size=range(129))
        require(slot.length <= os.fstat(self.fileno()).st_size, "the file was cut short")
        require(slot.minor > 0 or not any(slot.rest[slot.producer_size:]), "reserved bytes of the slot are not zero")
        self.producer, self.names = slot.rest[:slot.producer_size].decode(), self._read_names()

    def extent(self, offset, length, crc, align, what):  # §2: reads bytes, and checks their place and their CRC
        inside = length > 0 and offset in range(FIXED, self.slot.length - length + 1, align)
        require(inside, f"{what}: {length} bytes cannot be at byte {offset}")
        data = self._bytes(offset, length)
        require(zlib.crc32(data) == crc, f"{what}: the CRC of {length} bytes at byte {offset} is wrong")
        return data

    def block(self, reference, what, most):  # §2; empty for a reference to nothing
        offset, length, crc = struct.unpack("<QII", reference)
        fine = (offset or not any(reference)) and length <= most
        require(fine, f"{what}: invalid reference to {length} bytes at byte {offset}")
        return self.extent(offset, length, crc, 64, what) if offset else b""

    def find(self, root, kind, owner, number):  # §6: the entry of a number; None when it is missing
        offset, crc, height = struct.unpack("<QII", root)
        require(height <= 7 and (offset == 0) == (height == 0) and (offset or not crc), "the root of a tree is invalid")
        if height == 0 or number >= span(height - 1):
            return None
        first, births = 0, range(1, self.slot.seq + 1)
        for level in reversed(range(height)):
            page = self.extent(offset, PAGE, crc, PAGE, "node")
            fields(NODE, page, magic=b"NODE", level=level, kind=kind, zero=0, owner=owner, first=first, birth=births)
            index = (number - first) // span(level - 1)
            first += index * span(level - 1)
            if level > 0:
                offset, crc, reserved = struct.unpack_from("<QII", page, 32 + 16 * index)
                require(not reserved and (offset or not crc), "a child of a node is invalid")
                if offset == 0:
                    return None
        entry = fields(ENTRY, page, 32 + 32 * index)
        if entry.state == MISSING:
            check(entry, value=bytes(16), crc=0, birth=0)
            return None
        check(entry, Unsupported, state=range(RECORDED + 1))
        check(entry, state=RECORDED if kind == 1 else range(RAW, RECORDED), birth=births)
        return entry

    @property
    def attributes(self):
        with within(self.name):
            return parse_attributes(self.block(self.slot.attributes, "attributes", 1 << 23))

    def _read_names(self):  # §8
        block, ids, last = Cursor(self.block(self.slot.names, "name block", 1 << 28)), {}, b""
        if self.slot.arrays or block.getvalue():
            fields("8s magic  Q count", block.take(16), magic=b"NAME\0\0\0\0", count=self.slot.arrays)
        for _ in range(self.slot.arrays):
            item = fields("Q id  H size", block.take(10), id=range(1, self.slot.next_id), size=range(4097))
            raw = block.take(item.size)
            name = raw.decode()
            require(NAME.fullmatch(name) and raw > last, f"the name {name!r} is invalid or out of order")
            ids[name], last = item.id, raw
        require(not block.read() and len(set(ids.values())) == len(ids), "bytes after the names, or an id twice")
        for name in ids:
            nested = any(c == "/" and name[:k] in ids for k, c in enumerate(name))
            require(not nested, f"{name!r} is below another array")
        return ids

    def __getitem__(self, name):
        with within(f"{self.name}: {name}"):
            return Array(self, name, self.names[name])

def element_type(code, item, details, depth=0):  # §10: the name and the dtype
    cursor, most = Cursor(details), 2**31 - 1
    if code in range(1, len(DTYPES)):
        dtype = np.dtype("uint16" if DTYPES[code] == "bfloat16" else DTYPES[code])
    elif code in (16, 17):
        unit, count = struct.unpack("<II", cursor.take(8))
        require(unit < len(UNITS) and 1 <= count <= (most if unit else 1), "the unit of time is invalid")
        dtype = np.dtype(("M8", "m8")[code - 16] + f"[{count}{UNITS[unit]}]" * (unit > 0))
    elif code in (18, 20):
        require(1 <= item <= most and (code == 18 or item % 4 == 0), f"a text cannot have {item} bytes")
        dtype = np.dtype(f"S{item}" if code == 18 else f"U{item // 4}")
    elif code == 21:
        require(1 <= item <= most and depth < 8 and len(details) < 65536, "a record of no bytes, or too deep")
        names, formats, offsets, end = [], [], [], 0
        for _ in range(struct.unpack("<H", cursor.take(2))[0]):
            name = cursor.take(struct.unpack("<H", cursor.take(2))[0]).decode()
            inner, size, offset, axes = struct.unpack("<HIIB", cursor.take(11))
            require(axes <= 32, "a field has too many axes")
            shape = struct.unpack(f"<{axes}I", cursor.take(4 * axes))
            inner = element_type(inner, size, cursor.take(struct.unpack("<H", cursor.take(2))[0]), depth + 1)[1]
            require(name and name not in names, "a field has no name, or one that occurs twice")
            require(offset >= end and math.prod(shape), "fields overlap, or have no bytes")
            end = offset + size * math.prod(shape)
            names, formats, offsets = [*names, name], [*formats, (inner, shape) if axes else inner], [*offsets, offset]
        require(names and end <= item, "a record has no fields, or fields behind its end")
        dtype = np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": item})
    else:
        raise Unsupported(f"element type {code} is unknown")
    require(not cursor.read(), "bytes after the details of the element type")
    require(item == dtype.itemsize, f"elements have {item} bytes, expected {dtype.itemsize}")
    return DTYPES[code] if code < 16 else str(dtype), dtype.newbyteorder("<")

class Array:
    """An array's metadata. Indexing it like a NumPy array, with integers, slices and `...`, reads elements."""
    def __init__(self, file, name, id):
        self._file, self.name, self._id = file, name, id
        entry = file.find(file.slot.table, 1, 0, id)
        require(entry, "the array has no record")
        place = fields("Q offset  Q length", entry.value, length=128)
        record = file.extent(place.offset, 128, entry.crc, 64, "record")
        record = fields(RECORD, record, magic=b"RECD\0\0\0\0", id=id, reserved=bytes(64))  # §7
        self._index = record.index
        self._parse(file.block(record.metadata, "metadata", 1 << 24))

    def _parse(self, data):  # §9 and §12: each value is checked before it is used
        require(len(data) >= 56, "the metadata is too short")
        meta = fields(META, data, magic=b"META", id=self._id)
        check(meta, Unsupported, codec=range(len(CODECS)), filter=range(len(FILTERS)))
        sizes = [meta.fill_size, meta.name_size, meta.dims_size, meta.details, meta.attributes_size]
        parts = f"<56x{4 * min(meta.ndim, 32)}Q" + "".join(f"{size}s" for size in sizes)
        require(struct.calcsize(parts) == len(data), "the parts of the metadata do not add up")
        *axes, self.fill, name, dims, details, attributes = struct.unpack(parts, data)
        self.dtype, self._type = element_type(meta.dtype, meta.item, details)
        self.codec, self.filter = CODECS[meta.codec], FILTERS[meta.filter]
        item = self._type.itemsize
        check(meta, item=item, fill_size=item, level=LEVELS.get(self.codec, 0), ndim=range(33), align=6, zero=0, reserved=0)
        require(self.codec != "pco" or self._type.kind not in "SUV", "Pcodec packs no texts and no records")
        require(name == self.name.encode(), "the metadata belongs to another name")
        require(self.dtype != "bool" or self.fill[0] <= 1, "the fill value of bool is neither 0 nor 1")
        self.shape, self.chunks, self._capacity, self.order = (axes[k::4] for k in range(4))
        require(all(self.chunks), "chunks have length 0 along an axis")
        require(sorted(self.order) == list(range(meta.ndim)), "the element order is invalid")
        require(self.codec != "pco" or self.filter == "none", "Pcodec cannot have a filter")
        self._size = item * math.prod(self.chunks)
        require(self._size <= (0x7E000000 if self.codec == "lz4" else TOP - 1), "a chunk has too many bytes")
        require(item * math.prod(n or 1 for n in self.shape) < TOP, "the array has too many bytes")
        grid = [max(ceil(n, c), 1) for n, c in zip(self.shape, self.chunks)]
        fits = not any(self._capacity[:1]) and all(G >= g for g, G in zip(grid[1:], self._capacity[1:]))
        require(fits, "the capacity of an axis is wrong")
        require(math.prod(grid[:1] + self._capacity[1:]) <= 1 << 48, "the array has too many chunks")
        dims, self.dimension_names = Cursor(dims), []
        for _ in range(meta.ndim):
            size = int.from_bytes(dims.take(2), "little")
            name = None if size == 65535 else dims.take(size).decode()
            fine = name is None or size <= 4096 and AXIS_NAME.fullmatch(name) and name not in self.dimension_names
            require(fine, f"the axis name {name!r} is invalid or occurs twice")
            self.dimension_names.append(name)
        require(not dims.read(), "bytes after the axis names")
        self.attributes = parse_attributes(attributes)

    def __getitem__(self, key):
        key = list(key) if isinstance(key, tuple) else [key]
        at = key.index(...) if ... in key else len(key)
        key[at:at + 1] = [slice(None)] * (len(self.shape) - len(key) + (... in key))
        spans = [range(n)[k if isinstance(k, slice) else slice(k, k + 1 or None)] for n, k in zip(self.shape, key)]
        if len(key) != len(self.shape) or any(span.step != 1 for span in spans):
            raise IndexError("expected at most one subscript per axis, with step 1")
        part = self.read([(span.start, span.stop) for span in spans])
        return part[tuple(slice(None) if isinstance(k, slice) else 0 for k in key)]

    def read(self, region=None):
        """The elements of a region: (start, stop) per axis."""
        region = region or [(0, n) for n in self.shape]
        raw = f"V{self._type.itemsize}" if self._type.names else self._type  # NumPy copies no bytes between fields
        out = np.empty([max(stop - start, 0) for start, stop in region], raw)
        met = [range(start // c, ceil(stop, c)) for (start, stop), c in zip(region, self.chunks)]
        for index in itertools.product(*met) if out.size else ():
            with within(f"{self._file.name}: {self.name}: chunk {index}"):
                chunk = self._chunk(index)
            offsets = [i * c - start for i, c, (start, _) in zip(index, self.chunks, region)]  # of the chunk in `out`
            source = tuple(slice(max(-at, 0), n - at) for at, n in zip(offsets, out.shape))
            target = tuple(slice(max(at, 0), at + c) for at, c in zip(offsets, self.chunks))
            out[target] = chunk.view(raw)[source]
        return out.view(self._type)

    def _chunk(self, index):  # §12, §13
        number, item = 0, self._type.itemsize
        for i, capacity in zip(index, self._capacity):
            number = number * capacity + i
        entry = self._file.find(self._index, 2, self._id, number)
        if entry is None:
            data = self.fill
        elif entry.state == CONSTANT:
            require(item <= 16, "an item larger than 16 bytes is never constant")
            data = entry.value[:item]
            check(entry, value=data.ljust(16, b"\0"), crc=0)
        else:
            data = self._payload(entry.state, *struct.unpack("<QQ", entry.value), entry.crc)
        array = np.frombuffer(data, np.uint8)
        require(self.dtype != "bool" or array.max() <= 1, "a bool is neither 0 nor 1")
        if len(data) == item:  # one element stands for all
            return np.broadcast_to(array.view(self._type).reshape(()), self.chunks)
        if self.filter == "shuffle":
            array = np.ascontiguousarray(array.reshape(item, -1).T)
        return array.view(self._type).reshape([self.chunks[k] for k in self.order]).transpose(np.argsort(self.order))

    def _payload(self, state, offset, stored, crc):  # §13
        size, plain = self._size, self.codec == "none" and self.filter == "none"
        numbers = size // self._type.itemsize * (2 if self.dtype.startswith("complex") else 1)
        most = {"none": size, "zstd": size + size // 256 + max(131072 - size, 0) // 2048 + 64,
                "lz4": size + size // 255 + 16, "pco": size + 256 * (numbers // 262144 + 1)}[self.codec]
        require((state == RAW) == plain, f"the array cannot have a chunk in state {state}")
        require(size <= BUDGET, f"a chunk has {size} bytes, more than this reader's budget", Unsupported)
        fits = stored <= most and (self.codec != "none" or stored == size)
        require(fits, f"a chunk of {size} bytes cannot have {stored} stored bytes")
        if plain and size > 1 << 20:
            table = self._file.extent(offset + ceil(size, 64) * 64, 4 * ceil(size, 65536), crc, 64, "CRC table")
            return b"".join(self._file.extent(offset + at, min(65536, size - at), crc, PAGE, "payload")
                            for at, (crc,) in zip(range(0, size, 65536), struct.iter_unpack("<I", table)))
        data = self._file.extent(offset, stored, crc, PAGE if plain and size >= PAGE else 64, "payload")
        return {"none": lambda data, size: data, "zstd": unzstd, "lz4": unlz4, "pco": unpco}[self.codec](data, size)

def unzstd(data, size):  # §13: one frame, checked before it is decoded
    try:
        import zstandard
    except ImportError as error:
        raise Unsupported(f"zstd: {error}") from None
    try:
        frame = zstandard.get_frame_parameters(data)
        require(data[:4] == b"\x28\xb5\x2f\xfd", "zstd: expected a frame")
        check(frame, content_size=size, dict_id=0)
        single_segment = data[4] & 32  # it has no other window
        require(frame.window_size <= 1 << 27 or single_segment, "zstd: the window is too large")
        return zstandard.ZstdDecompressor().decompress(data, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise Damaged(f"zstd: {error}") from None

def unlz4(data, size):  # §13: literals and copies of earlier bytes in turn, with five literals at the end
    block, out = Cursor(data), bytearray()
    def length(total):
        more = 255 if total == 15 else 0
        while more == 255:
            more = block.take(1)[0]
            total += more
        return total
    while True:
        token = block.take(1)[0]
        out += block.take(length(token >> 4))
        if block.tell() == len(data):
            require(len(out) == size, f"LZ4: expected {size} bytes, found {len(out)}")
            return bytes(out)
        start, count = len(out) - int.from_bytes(block.take(2), "little"), 4 + length(token & 15)
        fits = 0 <= start < len(out) <= size - 12 and len(out) + count <= size - 5
        require(fits, "LZ4: a copy from outside the chunk, or too near its end")
        piece = out[start:start + count]  # shorter than the copy when the two overlap
        out += (piece * ceil(count, len(piece)))[:count]

def unpco(data, size):
    raise Unsupported("the chunk is packed by the codec Pcodec, which this reader lacks")

def describe(array, data=None):
    """A description of an array, with the SHA-256 of its elements if they are given."""
    keys = "name dtype shape chunks order codec filter dimension_names attributes".split()
    about = {key: getattr(array, key) for key in keys} | {"fill": array.fill.hex()}
    return about if data is None else about | {"sha256": hashlib.sha256(data.tobytes()).hexdigest()}

def listed(file, name):
    """A description of an array, or the reason why this reader does not support it."""
    try:
        return describe(file[name])
    except Unsupported as error:
        return {"name": name, "unsupported": str(error)}

def inventory(file, told=listed):
    """A description of a file and its arrays."""
    slot = file.slot
    return {"commit": slot.seq, "version": [slot.major, slot.minor], "uuid": slot.uuid.hex(), "sealed": slot.flags == 1,
            "time": slot.time, "producer": file.producer, "attributes": file.attributes,
            "arrays": [told(file, name) for name in file.names]}

if __name__ == "__main__":
    sys.tracebacklimit = 0  # an error is one line
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: arrs.py FILE [ARRAY]")
    with File(sys.argv[1]) as file:
        print(json.dumps(inventory(file), indent=1) if len(sys.argv) == 2 else file[sys.argv[2]][...])
