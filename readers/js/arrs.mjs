#!/usr/bin/env node
// A reader of .arrs files, version 1.0, written from SPEC.md alone, for Node 20 and later. Needs `fzstd` for arrays that
// use zstd, unless Node has zstd itself.
//
//     const file = File.open("store.arrs");
//     file.names;                                                     // ["/ocean/sst", ...]
//     const sst = file.array("/ocean/sst");                           // shape, dtype, dimensionNames, attributes, ...
//     const { shape, data } = sst.read();                             // the elements in C order
//     const part = sst.read([[10, 20], [0, 5]]);                      // those of a region, [start, stop) per axis
//
// `data` is a typed array: BigInt64Array and BigUint64Array for 64-bit integers, a Uint8Array for bool, the bits in a
// Uint16Array for float16 and bfloat16, and real and imaginary parts in turn for complex numbers. Every checksum on the
// way to an element is checked. What is wrong throws Damaged or Unsupported, both ArrsError. Node has no locks, so
// nothing is pinned: when a writer gives the bytes another use meanwhile, a checksum fails; open the file again.
import fs from "node:fs";
import zlib from "node:zlib";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const PAGE = 4096, FIXED = 5 * PAGE, TOP = 1n << 62n, MAX_CHUNK = 1 << 30; // MAX_CHUNK: this reader's own budget
const DTYPES = [null, ["bool", 1, Uint8Array], ["int8", 1, Int8Array], ["int16", 2, Int16Array], ["int32", 4, Int32Array],
  ["int64", 8, BigInt64Array], ["uint8", 1, Uint8Array], ["uint16", 2, Uint16Array], ["uint32", 4, Uint32Array],
  ["uint64", 8, BigUint64Array], ["float16", 2, Uint16Array], ["bfloat16", 2, Uint16Array], ["float32", 4, Float32Array],
  ["float64", 8, Float64Array], ["complex64", 8, Float32Array], ["complex128", 16, Float64Array]];
const NPY = { bool: "|b1", int8: "|i1", int16: "<i2", int32: "<i4", int64: "<i8", uint8: "|u1", uint16: "<u2", uint32: "<u4",
  uint64: "<u8", float16: "<f2", bfloat16: "<u2", float32: "<f4", float64: "<f8", complex64: "<c8", complex128: "<c16" };
const LATER = { 16: "datetime64", 17: "timedelta64", 18: "fixed bytes", 19: "fixed UTF-8", 20: "fixed UTF-32", 21: "record" };
const LZ4 = 1, LZ4_MAX = 0x7e000000n; // its bit of the incompat features, and the longest chunk
const INCOMPAT = { 0: "element types 16 to 21 (datetime64 to record)", 2: "codec Pcodec" };
const CODECS = ["none", "zstd", "lz4"], FILTERS = ["none", "shuffle"], STATES = ["missing", "raw", "encoded", "constant", "record"];
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** What is wrong, and where: file, array, chunk (its indices) and byte (an offset in the file), undefined if unknown. */
export class ArrsError extends Error {
  constructor(what, byte) {
    super(what);
    Object.assign(this, { name: this.constructor.name, byte });
  }
  /** Adds where it was, unless it is known better already. */
  static at(error, place) {
    if (error instanceof ArrsError) for (const key in place) error[key] ??= place[key];
    return error;
  }
  toString() {
    const places = ["file", "array", "chunk", "byte"].filter((k) => this[k] !== undefined).map((k) => `${k} ${this[k]}`);
    return `${this.name}: ${this.message}${places.length ? ` (${places.join(", ")})` : ""}`;
  }
}
/** Bytes that are not what the format says they must be. */
export class Damaged extends ArrsError {}
/** Something that a newer version may know, or that is more than this reader's budget. */
export class Unsupported extends ArrsError {}

function need(condition, what, byte) {
  if (!condition) throw new Damaged(what, byte);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});
const crc32 = zlib.crc32 ?? ((data) => {
  let crc = ~0;
  for (const byte of data) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255];
  return ~crc >>> 0;
});

function text(data, what, byte) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new Damaged(`${what} is not UTF-8`, byte);
  }
}

/** The strict JSON of section 11: JSON.parse neither sees a key twice nor keeps integers beyond 2^53 (BigInt here). */
function attributes(data, byte) {
  if (!data.length) return {};
  need(data.length <= 1 << 23, "attributes: more than 8 MiB", byte);
  const s = text(data, "attributes", byte);
  let at = 0;
  const bad = (what) => { throw new Damaged(`attributes: ${what} at ${at}`, byte); };
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(s);
    if (found) at += found[0].length;
    return found?.[0];
  };
  const is = (c) => (take(/[ \t\n\r]*/y), s[at] === c && !!++at);
  const string = () => {
    let token;
    try {
      token = JSON.parse(take(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y) ?? bad("no string"));
    } catch (error) {
      throw error instanceof ArrsError ? error : bad("no string");
    }
    return /[\ud800-\udfff]/u.test(token) ? bad("half a surrogate pair") : token;
  };
  const number = (token) => {
    if (/^-?\d+$/.test(token) && token.length <= 20 && token !== "-0") {
      const exact = BigInt(token);
      if (-(1n << 63n) <= exact && exact < 1n << 64n) return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
    }
    return Number.isFinite(Number(token)) ? Number(token) : bad("a number beyond the range of binary64");
  };
  const value = (depth) => {
    take(/[ \t\n\r]*/y);
    const open = s[at];
    if (open === '"') return string();
    if (open !== "{" && open !== "[") {
      const word = take(/true|false|null/y);
      if (word) return { true: true, false: false, null: null }[word];
      return number(take(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y) ?? bad("no value"));
    }
    if (depth > 127) bad("nested too deep");
    at++;
    const close = open === "{" ? "}" : "]", items = [], keys = new Map();
    if (!is(close)) {
      do {
        if (open === "[") { items.push(value(depth + 1)); continue; }
        take(/[ \t\n\r]*/y);
        const key = string();
        if (keys.has(key)) bad("a key twice");
        if (!is(":")) bad("no colon");
        keys.set(key, value(depth + 1));
      } while (is(","));
      if (!is(close)) bad(`no ${close}`);
    }
    return open === "[" ? items : Object.fromEntries(keys);
  };
  const all = value(1);
  take(/[ \t\n\r]*/y);
  if (at < s.length || typeof all !== "object" || all === null || Array.isArray(all)) bad("not one object");
  return all;
}

const u64 = (data, at) => data.readBigUInt64LE(at);
const zeros = (data) => data.every((byte) => byte === 0);
const span = (level) => 127n * 254n ** BigInt(level);
const ceil = (a, b) => (a + b - 1n) / b;
const larger = (a, b) => (a > b ? a : b);
const product = (numbers) => numbers.reduce((a, b) => a * b, 1n);

/** The newest commit of a file. */
export class File {
  static open(path) {
    const file = new File();
    Object.assign(file, { path, fd: fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK), pages: new Map() });
    try {
      file.#open();
      return file;
    } catch (error) {
      fs.closeSync(file.fd);
      throw ArrsError.at(error, { file: path });
    }
  }

  close() {
    fs.closeSync(this.fd);
  }

  /** Bytes of the file: `offset` and `length` have been checked against the commit's length before. */
  _bytes(offset, length) {
    const data = Buffer.alloc(Number(length));
    for (let have = 0; have < data.length; ) {
      const got = fs.readSync(this.fd, data, have, Math.min(data.length - have, 1 << 30), Number(offset) + have);
      need(got, "the file ends too early", Number(offset) + have);
      have += got;
    }
    return data;
  }

  #open() {
    const stat = fs.fstatSync(this.fd);
    need(stat.isFile(), "not a regular file");
    need(stat.size >= FIXED, "shorter than 20480 bytes");
    const page = this._bytes(0, PAGE);
    need(page.toString("latin1", 0, 8) === "\x89ARS\r\n\x1a\n", "no .arrs file, or one mangled by a transfer as text", 0);
    need(page.readUInt32LE(8) === 0x01020304, "unknown byte order", 8);
    need(crc32(page.subarray(0, 4092)) === page.readUInt32LE(4092), "CRC of the header", 4092);
    if (page.readUInt16LE(12) !== 1) throw new Unsupported(`header version ${page.readUInt16LE(12)}`, 12);
    need(page.readUInt16LE(14) === 12, "size of a page", 14);
    need(zeros(page.subarray(32, 4092)), "reserved bytes of the header", 32);
    this.uuid = page.toString("hex", 16, 32);
    const slots = new Map();
    for (let number = 1; number <= 4; number++) {
      const slot = this._bytes(number * PAGE, PAGE), at = number * PAGE;
      if (slot.toString("latin1", 0, 8) !== "ARSSLOT1" || crc32(slot.subarray(0, 4092)) !== slot.readUInt32LE(4092)) continue;
      const seq = u64(slot, 8);
      need(slot.toString("hex", 16, 32) === this.uuid, "slot of another file", at + 16);
      need(seq >= 1n && seq < TOP, `sequence number ${seq}`, at + 8);
      need(Number(seq & 1n) === ((number - 1) & 1), `commit ${seq} in the wrong slot`, at + 8);
      need(!slots.has(seq) || slots.get(seq).equals(slot), `the copies of commit ${seq} differ`, at);
      slots.set(seq, slot);
    }
    need(slots.size, "no page holds a slot", PAGE);
    this.seq = [...slots.keys()].reduce(larger);
    const slot = slots.get(this.seq), at = PAGE * (1 + Number(this.seq & 1n)), flags = slot.readUInt32LE(36);
    const minor = slot.readUInt16LE(34), incompat = u64(slot, 56), producer = slot.readUInt16LE(160);
    this.version = [slot.readUInt16LE(32), minor];
    if (this.version[0] !== 1) throw new Unsupported(`format version ${this.version.join(".")}`, at + 32);
    const bits = Array.from({ length: 64 }, (_, b) => b).filter((b) => b !== LZ4 && (incompat >> BigInt(b)) & 1n);
    if (bits.length) {
      const named = bits.map((b) => `bit ${b}: ${INCOMPAT[b] ?? "unknown"}`).join("; ");
      throw new Unsupported(`incompat features (${named}): a newer program is needed`, at + 56);
    }
    [this.length, this.count, this.nextId] = [64, 72, 80].map((k) => u64(slot, k));
    need(this.length >= FIXED && this.length < TOP && this.length % 4096n === 0n, `length ${this.length}`, at + 64);
    need(this.length <= stat.size, `file cut short, commit ${this.seq} needs ${this.length} bytes`, at + 64);
    need(this.nextId >= 1n && this.nextId <= 1n << 48n && this.count < this.nextId, "number of arrays or next id", at + 72);
    need(producer <= 128, "producer too long", at + 160);
    this.producer = text(slot.subarray(162, 162 + producer), "producer", at + 162);
    need(flags <= 1, "unknown flags of a slot", at + 36);
    need(minor > 0 || zeros(slot.subarray(162 + producer, 4092)), "reserved bytes of a slot", at);
    [this.sealed, this.time, this.table] = [!!(flags & 1), u64(slot, 152), slot.subarray(88, 104)];
    [this.nameBlock, this.attributesBlock] = [slot.subarray(104, 120), slot.subarray(120, 136)];
  }

  get attributes() {
    try {
      return attributes(this._block(this.attributesBlock, "file attributes", 1 << 23), Number(u64(this.attributesBlock, 0)));
    } catch (error) {
      throw ArrsError.at(error, { file: this.path });
    }
  }

  /** A block's bytes; none for a reference to nothing. */
  _block(reference, what, most) {
    const offset = u64(reference, 0), length = reference.readUInt32LE(8);
    if (offset === 0n) {
      need(zeros(reference), `${what}: a reference to nothing with a length or CRC`);
      return Buffer.alloc(0);
    }
    need(length && offset % 64n === 0n && offset >= FIXED && offset + BigInt(length) <= this.length, `${what}: place of the block`);
    need(length <= most, `${what}: ${length} bytes are too many`, Number(offset));
    const data = this._bytes(offset, length);
    need(crc32(data) === reference.readUInt32LE(12), `${what}: CRC of the block`, Number(offset));
    return data;
  }

  #node(offset, crc, level, kind, owner, first) {
    need(offset % 4096n === 0n && offset >= FIXED && offset + 4096n <= this.length, "place of a node");
    const key = `${offset} ${crc}`, at = Number(offset);
    let page = this.pages.get(key);
    if (!page) {
      page = this._bytes(offset, PAGE);
      need(crc32(page) === crc, "CRC of a node", at);
      if (this.pages.size > 4096) this.pages.clear();
      this.pages.set(key, page);
    }
    need(page.toString("latin1", 0, 4) === "NODE" && page[4] === level && page[5] === kind && page.readUInt16LE(6) === 0
      && u64(page, 8) === owner && u64(page, 16) === first, "node of another place", at);
    need(u64(page, 24) >= 1n && u64(page, 24) <= this.seq, "birth of a node", at + 24);
    return page;
  }

  /** A leaf entry: its 16 bytes, CRC, state (0 when missing), and where it stands. */
  _entry(root, kind, owner, number) {
    const height = root.readUInt32LE(12), missing = { value: Buffer.alloc(16), crc: 0, state: 0, at: 0 };
    let offset = u64(root, 0), crc = root.readUInt32LE(8), first = 0n;
    need(height <= 7, "height of a tree");
    need((offset === 0n) === (height === 0) && (offset || !crc), "root: a reference to nothing");
    if (height === 0 || number >= span(height - 1)) return missing;
    for (let level = height - 1; level > 0; level--) {
      const page = this.#node(offset, crc, level, kind, owner, first), index = (number - first) / span(level - 1);
      const child = page.subarray(32 + 16 * Number(index));
      [offset, crc] = [u64(child, 0), child.readUInt32LE(8)];
      need(child.readUInt32LE(12) === 0 && (offset || !crc), "reserved bytes of a child");
      if (offset === 0n) return missing;
      first += index * span(level - 1);
    }
    const inside = 32 + 32 * Number(number - first), at = Number(offset) + inside;
    const entry = this.#node(offset, crc, 0, kind, owner, first).subarray(inside, inside + 32);
    const value = entry.subarray(0, 16), state = entry.readUInt32LE(20), birth = u64(entry, 24);
    if (state === 0) {
      need(zeros(entry), "a missing entry that is not zero", at);
      return missing;
    }
    if (state > 4) throw new Unsupported(`unknown chunk state ${state}`, at + 20);
    need((state === 4) === (kind === 1), `state ${STATES[state]} in this tree`, at + 20);
    need(birth >= 1n && birth <= this.seq, "birth of an entry", at + 24);
    if (state !== 3) {
      const [start, size] = [u64(value, 0), u64(value, 8)];
      need(size > 0n && start >= FIXED && start + size <= this.length, "extent", at);
      need(start % (state === 1 && size >= PAGE ? 4096n : 64n) === 0n, "alignment of an extent", at);
    }
    return { value, crc: entry.readUInt32LE(16), state, at };
  }

  get names() {
    try {
      return [...(this.ids ??= this.#names()).keys()];
    } catch (error) {
      throw ArrsError.at(error, { file: this.path });
    }
  }

  #names() {
    const data = this._block(this.nameBlock, "name block", 1 << 28), at = Number(u64(this.nameBlock, 0));
    if (!data.length && this.count === 0n) return new Map();
    need(data.length >= 16 && data.toString("latin1", 0, 8) === "NAME\0\0\0\0", "magic of the name block", at);
    need(u64(data, 8) === this.count, "number of names", at + 8);
    const names = new Map(), seen = new Set();
    let place = 16, last = Buffer.alloc(0);
    for (let k = 0n; k < this.count; k++) {
      need(place + 10 <= data.length, "the name block ends too early", at + place);
      const id = u64(data, place), size = data.readUInt16LE(place + 8), raw = data.subarray(place + 10, place + 10 + size);
      const name = text(raw, "a name", at + place);
      need(raw.length === size && size <= 4096 && name[0] === "/" && !CONTROL.test(name)
        && !name.slice(1).split("/").some((part) => ["", ".", ".."].includes(part)), `name ${name}`, at + place);
      need(Buffer.compare(raw, last) > 0, `names out of order at ${name}`, at + place);
      need(id >= 1n && id < this.nextId && !seen.has(id), `id ${id} of ${name}`, at + place);
      names.set(name, id);
      seen.add(id);
      [last, place] = [raw, place + 10 + size];
    }
    need(place === data.length, "bytes behind the names", at + place);
    for (const name of names.keys()) {
      for (let end = name.lastIndexOf("/"); end > 0; end = name.lastIndexOf("/", end - 1)) {
        need(!names.has(name.slice(0, end)), `${name} is inside an array`, at);
      }
    }
    return names;
  }

  array(name) {
    if (!this.names.includes(name)) throw new RangeError(`no array ${name}`);
    try {
      return new ArrsArray(this, name, this.ids.get(name));
    } catch (error) {
      throw ArrsError.at(error, { file: this.path, array: name });
    }
  }
}

/** An array's metadata; `read` gives elements. Lengths are numbers; those beyond 2^53 are BigInts. */
class ArrsArray {
  #index; #shape; #chunks; #capacity; #bytes; #item; #type;

  constructor(file, name, id) {
    Object.assign(this, { file, name, id });
    const { value, crc, state, at } = file._entry(file.table, 1, 0n, id);
    need(state === 4, "a name without a record");
    need(u64(value, 8) === 128n, "length of a record", at);
    const reference = Buffer.from(value);
    reference.writeUInt32LE(128, 8);
    reference.writeUInt32LE(crc, 12);
    const record = file._block(reference, "record", 128);
    need(record.toString("latin1", 0, 8) === "RECD\0\0\0\0" && u64(record, 8) === id, "magic or id of a record");
    need(zeros(record.subarray(64)), "reserved bytes of a record");
    this.#index = record.subarray(16, 32);
    this.#parse(file._block(record.subarray(32, 48), "metadata", 1 << 24), Number(u64(record, 32)));
  }

  #parse(data, at) {
    need(data.length >= 56, "length of the metadata", at);
    const u32 = (k) => data.readUInt32LE(k), d = data[20], code = data.readUInt16LE(16), level = data.readInt32LE(24);
    need(data.toString("latin1", 0, 4) === "META" && u64(data, 8) === this.id, "magic or id of the metadata", at);
    need(d <= 32, `${d} axes`, at + 20);
    if (!DTYPES[code]) throw new Unsupported(`element type ${code} (${LATER[code] ?? "unknown"})`, at + 16);
    if (!CODECS[data[21]] || !FILTERS[data[22]]) {
      throw new Unsupported(`codec ${data[21]}, filter ${data[22]}: one is unknown`, at + 21);
    }
    [this.dtype, this.#item, this.#type] = DTYPES[code];
    [this.codec, this.filter] = [CODECS[data[21]], FILTERS[data[22]]];
    const [nFill, nName, nDims, nDetails, nAttributes] = [28, 32, 36, 40, 44].map(u32);
    need(u32(4) === this.#item && nFill === this.#item, "size of an element or of the fill value", at + 4);
    need(data[23] === 6 && !data.readUInt16LE(18) && !u64(data, 48) && !nDetails, "alignment, details, reserved bytes", at);
    need(level >= -7 && level <= 22 && (this.codec === "zstd" || !level), "level of the codec", at + 24);
    need(56 + 32 * d + nFill + nName + nDims + nDetails + nAttributes === data.length, "length of the metadata", at);
    const axis = (field) => Array.from({ length: d }, (_, k) => u64(data, 56 + 32 * k + 8 * field)), item = BigInt(this.#item);
    const [shape, chunks, capacity, order] = [0, 1, 2, 3].map(axis);
    need(chunks.every((c) => c > 0n), "chunk length 0", at + 56);
    need(order.every((p) => p < d) && new Set(order).size === d, "element order", at + 56);
    this.#bytes = item * product(chunks);
    need(this.#bytes < TOP && item * product(shape.map((n) => n || 1n)) < TOP, "shape overflows", at + 56);
    need(this.codec !== "lz4" || this.#bytes <= LZ4_MAX, "a chunk too large for LZ4", at + 56);
    const grid = shape.map((n, k) => larger(ceil(n, chunks[k]), 1n));
    need(capacity.every((G, k) => (k ? G >= grid[k] : G === 0n)), "capacity", at + 56);
    need(product(capacity.map((G, k) => (k ? G : grid[0]))) <= 1n << 48n, "grid too large", at + 56);
    [this.#shape, this.#chunks, this.#capacity] = [shape, chunks, capacity];
    const plain = (n) => (n <= Number.MAX_SAFE_INTEGER ? Number(n) : n);
    [this.shape, this.chunks, this.order] = [shape.map(plain), chunks.map(plain), order.map(Number)];
    let place = 56 + 32 * d;
    this.fill = data.subarray(place, (place += nFill));
    need(this.dtype !== "bool" || this.fill[0] <= 1, "fill value of bool", at + place);
    need(data.subarray(place, (place += nName)).equals(Buffer.from(this.name)), "the metadata has another name", at + place);
    const dims = data.subarray(place, (place += nDims));
    this.dimensionNames = [];
    let k = 0;
    for (let axis = 0; axis < d; axis++) {
      need(k + 2 <= dims.length, "axis names end too early", at + place);
      const size = dims.readUInt16LE(k), raw = dims.subarray(k + 2, k + 2 + size);
      k += 2;
      if (size === 65535) {
        this.dimensionNames.push(null);
        continue;
      }
      const name = text(raw, "axis name", at + place);
      k += size;
      need(size > 0 && size === raw.length && size <= 4096 && !CONTROL.test(name), `axis name ${name}`, at + place);
      need(!this.dimensionNames.includes(name), `axis name ${name} twice`, at + place);
      this.dimensionNames.push(name);
    }
    need(k === dims.length, "bytes behind the axis names", at + place);
    this.attributes = attributes(data.subarray(place), at + place);
  }

  /** The elements of a region, [start, stop) per axis, in C order: `{ shape, dtype, data }`. */
  read(region = this.shape.map((n) => [0, n])) {
    const d = this.shape.length, item = this.#item;
    if (region.length !== d || region.some(([a, b], k) => !(a >= 0 && a <= b && b <= this.shape[k]))) {
      throw new RangeError("the region is not one of the array");
    }
    const low = region.map(([a]) => BigInt(a)), high = region.map(([, b]) => BigInt(b)), shape = high.map((b, k) => b - low[k]);
    let bytes;
    try {
      bytes = Buffer.from(new ArrayBuffer(Number(product(shape)) * item));
    } catch {
      throw ArrsError.at(new Unsupported("more elements than memory holds"), { file: this.file.path, array: this.name });
    }
    const outStrides = [];
    for (let k = d - 1, s = item; k >= 0; s *= Number(shape[k--])) outStrides[k] = s;
    // Every chunk that the region meets, in C order: `index` counts like an odometer.
    const from = low.map((a, k) => a / this.#chunks[k]), to = high.map((b, k) => ceil(b, this.#chunks[k])), index = [...from];
    for (let more = shape.every((n) => n > 0n); more; ) {
      try {
        this.#copy(index, low, high, bytes, outStrides);
      } catch (error) {
        throw ArrsError.at(error, { file: this.file.path, array: this.name, chunk: [...index] });
      }
      let k = d - 1;
      while (k >= 0 && ++index[k] === to[k]) index[k] = from[k--];
      more = k >= 0;
    }
    return { shape: shape.map(Number), dtype: this.dtype, data: new this.#type(bytes.buffer) };
  }

  /** Copies what a chunk and the region share. */
  #copy(index, low, high, out, outStrides) {
    const d = index.length, item = this.#item, c = this.#chunks, { data, whole } = this.#chunk(index), strides = [];
    for (let k = d - 1, s = item; k >= 0; s *= Number(c[this.order[k--]])) strides[this.order[k]] = whole ? s : 0;
    const start = index.map((i, k) => larger(low[k], i * c[k]));
    const count = index.map((i, k) => Number((high[k] < (i + 1n) * c[k] ? high[k] : (i + 1n) * c[k]) - start[k]));
    const inner = d ? count[d - 1] : 1, step = d ? strides[d - 1] : 0;
    const walk = (k, source, target) => {
      if (k < d - 1) {
        for (let i = 0; i < count[k]; i++) walk(k + 1, source + i * strides[k], target + i * outStrides[k]);
      } else if (step === item) {
        data.copy(out, target, source, source + inner * item);
      } else {
        for (let i = 0; i < inner; i++) data.copy(out, target + i * item, source + i * step, source + i * step + item);
      }
    };
    const place = (strides, from) => start.reduce((sum, s, k) => sum + Number(s - from[k]) * strides[k], 0);
    walk(0, place(strides, index.map((i, k) => i * c[k])), place(outStrides, low));
  }

  /** The decoded chunk (whole), or one element that stands for all. */
  #chunk(index) {
    const number = index.reduce((n, i, k) => n * this.#capacity[k] + i, 0n), item = this.#item;
    const { value, crc, state, at } = this.file._entry(this.#index, 2, this.id, number);
    if (state === 0) return { data: this.fill, whole: false };
    const plain = this.codec === "none" && this.filter === "none";
    need(state === 3 || (state === 1) === plain, `a chunk in state ${STATES[state]} in this array`, at + 20);
    if (state === 3) {
      need(zeros(value.subarray(item)) && !crc, "a constant with a CRC or with bytes behind it", at);
      need(this.dtype !== "bool" || value[0] <= 1, "a bool other than 0 and 1", at);
      return { data: value.subarray(0, item), whole: false };
    }
    if (this.#bytes > MAX_CHUNK) throw new Unsupported(`a chunk of ${this.#bytes} bytes is over this reader's budget`, at);
    const [offset, stored, size] = [Number(u64(value, 0)), Number(u64(value, 8)), Number(this.#bytes)];
    const most = this.codec === "lz4" ? size + Math.floor(size / 255) + 16
      : size + Math.floor(size / 256) + Math.floor(Math.max(131072 - size, 0) / 2048) + 64;
    need(this.codec === "none" ? stored === size : stored <= most, `${stored} bytes stored for a chunk of ${size}`, at + 8);
    let data = this.file._bytes(offset, stored);
    if (state === 1 && size > 1 << 20) {
      const tableAt = offset + Math.ceil(size / 64) * 64, blocks = Math.ceil(size / 65536);
      need(tableAt + 4 * blocks <= this.file.length, "extent of a CRC table", at);
      const table = this.file._bytes(tableAt, 4 * blocks);
      need(crc32(table) === crc, "CRC of a CRC table", tableAt);
      for (let k = 0; k < blocks; k++) {
        need(crc32(data.subarray(k * 65536, (k + 1) * 65536)) === table.readUInt32LE(4 * k), "CRC of 64 KiB", offset + k * 65536);
      }
    } else {
      need(crc32(data) === crc, "CRC of a payload", offset);
    }
    if (this.codec === "zstd") data = unzstd(data, size, offset);
    if (this.codec === "lz4") data = unlz4(data, size, offset);
    if (this.filter === "shuffle") {
      const mixed = data, m = size / item;
      data = Buffer.alloc(size);
      for (let b = 0; b < item; b++) for (let e = 0; e < m; e++) data[e * item + b] = mixed[b * m + e];
    }
    need(this.dtype !== "bool" || data.every((byte) => byte <= 1), "a bool other than 0 and 1", offset);
    return { data, whole: true };
  }
}

/** One LZ4 block: literals and copies of what came before, in turn, and literals at the end. */
function unlz4(data, size, at) {
  const out = Buffer.alloc(size);
  let place = 0, done = 0;
  const byte = () => {
    need(place < data.length, "LZ4 block cut short", at + place);
    return data[place++];
  };
  const count = (n) => {
    for (let more = n === 15 ? 255 : 0; more === 255; n += more) more = byte();
    return n;
  };
  for (;;) {
    const token = byte(), literals = count(token >> 4);
    need(place + literals <= data.length && done + literals <= size, "literals of an LZ4 block", at + place);
    data.copy(out, done, place, place + literals);
    [place, done] = [place + literals, done + literals];
    if (place === data.length) {
      need(done === size, `LZ4 block of ${done} bytes, ${size} expected`, at);
      return out;
    }
    const distance = byte() + 256 * byte(), n = 4 + count(token & 15);
    need(distance > 0 && distance <= done && done + n <= size - 5, "copy of an LZ4 block", at + place);
    for (const end = done + n; done < end; done++) out[done] = out[done - distance];
  }
}

/** One zstd frame, whose rules (section 13) are checked before it is decoded. */
function unzstd(data, size, at) {
  need(data.length >= 6 && data.readUInt32BE(0) === 0x28b52ffd, "not a zstd frame", at);
  const descriptor = data[4], single = (descriptor >> 5) & 1, width = [single, 2, 4, 8][descriptor >> 6];
  const idWidth = [0, 1, 2, 4][descriptor & 3];
  const window = 2 ** (10 + (data[5] >> 3)) * (1 + (data[5] & 7) / 8);
  need(single || window <= 2 ** 27, "zstd window", at + 5);
  need(width, "zstd frame without its content size", at + 4);
  let place = single ? 5 : 6;
  need(zeros(data.subarray(place, place + idWidth)), "a zstd dictionary", at + place);
  place += idWidth;
  need(place + width <= data.length, "zstd frame cut short", at + place);
  const content = width === 8 ? Number(u64(data, place)) : data.readUIntLE(place, width) + (width === 2 ? 256 : 0);
  need(content === size, `zstd content size ${content}, ${size} expected`, at + place);
  place += width;
  for (let last = 0; !last; ) {
    need(place + 3 <= data.length, "zstd frame cut short", at + place);
    const header = data.readUIntLE(place, 3);
    last = header & 1;
    place += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
  need(place + 4 * ((descriptor >> 2) & 1) === data.length, "the zstd frame does not end with the payload", at);
  let decoded;
  try {
    decoded = zlib.zstdDecompressSync ? zlib.zstdDecompressSync(data, { maxOutputLength: size })
      : Buffer.from(createRequire(import.meta.url)("fzstd").decompress(data, new Uint8Array(size)));
  } catch (error) {
    if (error.code === "MODULE_NOT_FOUND") throw error;
    throw new Damaged(`zstd: ${error.message}`, at);
  }
  need(decoded.length === size, "zstd frame of another size", at);
  return decoded;
}

/** JSON, with BigInts as the integers they are. */
export function json(value) {
  if (typeof value === "bigint") return String(value);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return value.toExponential(); // it was no integer
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (value === null || typeof value !== "object") return Object.is(value, -0) ? "-0.0" : JSON.stringify(value);
  return `{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${json(item)}`).join(",")}}`;
}

const bytesOf = ({ data }) => Buffer.from(data.buffer);

/** What the command prints about an array, with the SHA-256 of its elements when they are given. */
export function describe(array, elements) {
  const { name, dtype, shape, chunks, order, codec, filter } = array;
  const about = { name, dtype, shape, chunks, order, codec, filter, fill: array.fill.toString("hex"),
    dimension_names: array.dimensionNames, attributes: array.attributes };
  return elements ? { ...about, sha256: createHash("sha256").update(bytesOf(elements)).digest("hex") } : about;
}

/** All that is known about a file and its arrays. */
export function inventory(file, told = (array) => describe(array)) {
  const { seq, version, uuid, sealed, time, producer, attributes } = file;
  const arrays = file.names.map((name) => told(file.array(name)));
  return { commit: seq, version, uuid, sealed, time, producer, attributes, arrays };
}

function npy({ shape, dtype, data }) {
  const head = `{'descr': '${NPY[dtype]}', 'fortran_order': False, 'shape': (${shape.map((n) => `${n},`).join(" ")}), }`;
  const padded = head + " ".repeat(63 - ((10 + head.length) % 64)) + "\n", start = Buffer.from("\x93NUMPY\x01\0\0\0", "latin1");
  start.writeUInt16LE(padded.length, 8);
  return Buffer.concat([start, Buffer.from(padded), bytesOf({ data })]);
}

function main(args) {
  const asJson = args.includes("--json"), k = args.indexOf("--npy"), out = k < 0 ? null : args[k + 1];
  const rest = args.filter((arg, i) => arg !== "--json" && (k < 0 || (i !== k && i !== k + 1)));
  if (rest.length < 1 || rest.length > 2 || out === undefined || (out && rest.length < 2)) {
    throw new Error("usage: arrs.mjs FILE [ARRAY [--npy OUT]] [--json]");
  }
  const file = File.open(rest[0]);
  if (rest.length === 1) {
    if (asJson) {
      console.log(json(inventory(file)));
    } else {
      for (const a of file.names.map((name) => file.array(name))) console.log(a.name, a.dtype, `(${a.shape}) chunks (${a.chunks})`, a.codec, a.filter);
    }
  } else {
    const array = file.array(rest[1]), elements = array.read();
    if (out) fs.writeFileSync(out, npy(elements));
    if (asJson) console.log(json(describe(array, elements)));
    else if (!out) console.log(elements);
  }
  file.close();
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    console.error(String(error));
    process.exitCode = 1;
  }
}
