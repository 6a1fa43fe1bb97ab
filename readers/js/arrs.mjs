#!/usr/bin/env node
// A reader of .arrs files, version 1.0, written from SPEC.md alone. The comments name its sections (§).
//
// It checks every checksum on the way to an element. It throws Damaged or Unsupported, which are both an ArrsError.
// Elements are returned in typed arrays: 64-bit integers in BigInt64Array and BigUint64Array, bool in Uint8Array,
// float16 and bfloat16 as their bits in Uint16Array, and complex numbers as real and imaginary parts in turn.
import fs from "node:fs";
import zlib from "node:zlib";
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const PAGE = 4096n, FIXED = 5n * PAGE, TOP = 1n << 62n, BUDGET = 1n << 30n; // §2; bytes of the largest chunk
const DTYPES = [null, ["bool", 1, Uint8Array], ["int8", 1, Int8Array], ["int16", 2, Int16Array], // §10
  ["int32", 4, Int32Array], ["int64", 8, BigInt64Array], ["uint8", 1, Uint8Array], ["uint16", 2, Uint16Array],
  ["uint32", 4, Uint32Array], ["uint64", 8, BigUint64Array], ["float16", 2, Uint16Array], ["bfloat16", 2, Uint16Array],
  ["float32", 4, Float32Array], ["float64", 8, Float64Array], ["complex64", 8, Float32Array],
  ["complex128", 16, Float64Array]];
const UNITS = "generic Y M W D h m s ms us ns ps fs as".split(" "); // §10
const SHORT = { bool: "?", int8: "i1", int16: "<i2", int32: "<i4", int64: "<i8", uint8: "u1", uint16: "<u2",
  uint32: "<u4", uint64: "<u8", float16: "<f2", float32: "<f4", float64: "<f8", complex64: "<c8", complex128: "<c16" };
const CODECS = ["none", "zstd", "lz4", "pco"], FILTERS = ["none", "shuffle"]; // §9
const LEVELS = { zstd: [-7, 22], pco: [0, 12] }; // §9; 0 for the others
const MISSING = 0, RAW = 1, CONSTANT = 3, RECORDED = 4; // §6: states of an entry
const NAME = /^(\/(?!\.{1,2}(\/|$))[^/\p{Cc}]+)+$/u; // §8: no part is empty, `.` or `..`
const AXIS_NAME = /^\P{Cc}+$/u; // §9

// The structures of a file: names and types of the fields. s16 is text of 16 bytes, b16 are 16 bytes.
const HEADER = "magic:s8 byteOrder:u32 version:u16 pageSize:u16 uuid:s16 reserved:s4060"; // §3
const SLOT = "magic:s8 seq:u64 uuid:s16 major:u16 minor:u16 flags:u32 compat:u64 roCompat:u64 incompat:u64 "
  + "length:u64 arrays:u64 nextId:u64 table:b16 names:b16 attributes:b16 live:u64 nodes:u64 time:u64 producer:u16 "
  + "rest:b3930"; // §4
const BLOCK = "offset:u64 length:u32 crc:u32", ROOT = "offset:u64 crc:u32 height:u32"; // §2
const NODE = "magic:s4 level:u8 kind:u8 reserved:u16 owner:u64 first:u64 birth:u64"; // §6
const CHILD = "offset:u64 crc:u32 reserved:u32", ENTRY = "value:b16 crc:u32 state:u32 birth:u64"; // §6
const EXTENT = "offset:u64 stored:u64"; // §6: the value of an entry
const RECORD = "magic:s8 id:u64 index:b16 metadata:b16 chunks:u64 stored:u64 reserved:s64"; // §7
const NAMES = "magic:s8 count:u64", ITEM = "id:u64 size:u16"; // §8
const META = "magic:s4 item:u32 id:u64 dtype:u16 zero:u16 ndim:u8 codec:u8 filter:u8 align:u8 level:i32 fill:u32 "
  + "name:u32 dims:u32 details:u32 attributes:u32 reserved:u64"; // §9
const AXIS = "length:u64 chunk:u64 capacity:u64 order:u64"; // §9

export class ArrsError extends Error { get name() { return this.constructor.name; } } // its message tells where
export class Damaged extends ArrsError {} // a broken checksum or rule of the format
export class Unsupported extends ArrsError {} // a missing feature, or a chunk over the budget

function require(condition, message, Kind = Damaged) {
  if (!condition) throw new Kind(message);
}

function within(place, work) { // puts the place in front of an error's message
  try {
    return work();
  } catch (error) {
    throw error instanceof ArrsError ? new error.constructor(`${place}: ${error.message}`) : error;
  }
}

function check(found, rules, Kind) { // each rule is the value of a field, or the least and the greatest value
  for (const [name, rule] of Object.entries(rules)) {
    const value = found[name], fine = Array.isArray(rule) ? rule[0] <= value && value <= rule[1] : value === rule;
    require(fine, `${name} is ${typeof value === "string" ? "wrong" : value}`, Kind);
  }
  return found;
}

const READ = { u8: [1, "readUInt8"], u16: [2, "readUInt16LE"], u32: [4, "readUInt32LE"], i32: [4, "readInt32LE"],
  u64: [8, "readBigUInt64LE"] };
function fields(layout, data, at = 0, rules = {}) {
  const found = {};
  for (const [, name, type] of layout.matchAll(/(\w+):(\w+)/g)) {
    const [size, read] = READ[type] ?? [Number(type.slice(1))];
    found[name] = read ? data[read](at) : data.subarray(at, at + size);
    if (type[0] === "s") found[name] = found[name].toString("latin1");
    at += size;
  }
  return check(found, rules);
}

class Cursor {
  constructor(data) { this.left = data; }
  take(size) {
    require(size <= this.left.length, "the block ends too early");
    const taken = this.left.subarray(0, size);
    this.left = this.left.subarray(size);
    return taken;
  }
}

const text = (data) => (require(isUtf8(data), "a text is not UTF-8"), data.toString());
const zeros = (data) => data.every((byte) => byte === 0);
const ceil = (a, b) => (a + b - 1n) / b;
const product = (numbers) => numbers.reduce((a, b) => a * b, 1n);
// §6: how many numbers a node has; an entry, below level 0, has one.
const span = (level) => (level >= 0 ? 127n * 254n ** BigInt(level) : 1n);

function parseAttributes(data) { // §11: unlike JSON.parse, finds a key twice, and keeps integers over 2^53
  const source = text(data) || "{}";
  let tokens; // of a valid text, without colons and commas: an object is a list of keys and values
  try {
    const fine = data.length <= 1 << 23 && JSON.parse(source) && source.trimStart()[0] === "{";
    require(fine, "not an object, or longer than 8 MiB");
    tokens = source.match(/"(?:[^"\\]+|\\.)*"|[[\]{}]|[^\s",:[\]{}]+/g).values();
  } catch (error) {
    throw new Damaged(`attributes: ${error.message}`);
  }
  const value = (token, depth) => {
    if (token === "[" || token === "{") {
      require(depth <= 127, "attributes: nested too deep");
      const items = [];
      for (let next; !"]}".includes(next = tokens.next().value);) items.push(value(next, depth + 1));
      if (token === "[") return items;
      const pairs = items.flatMap((key, k) => (k % 2 ? [] : [[key, items[k + 1]]])), found = Object.fromEntries(pairs);
      require(Object.keys(found).length === pairs.length, "attributes: an object has a key twice");
      return found;
    }
    const parsed = JSON.parse(token), whole = /^-?\d{1,20}$/.test(token) ? BigInt(token) : 0n;
    require(typeof parsed !== "string" || parsed.isWellFormed(), "attributes: a string has half a surrogate pair");
    require(typeof parsed !== "number" || Number.isFinite(parsed), "attributes: a number is too large for binary64");
    const isExact = whole >= -(1n << 63n) && whole < 1n << 64n && !Number.isSafeInteger(Number(whole));
    return isExact ? whole : parsed;
  };
  return value(tokens.next().value, 1);
}

/** The newest commit of a file. `names` maps the names of arrays to ids; `array(name)` is an array. */
export class File {
  #fd;
  static open(path) { return new File(path); }
  close() { fs.closeSync(this.#fd); }

  constructor(path) {
    [this.path, this.#fd] = [path, fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)];
    try {
      within(path, () => this.#open());
    } finally {
      if (!this.names) this.close(); // the file was refused
    }
  }

  #bytes(offset, length) {
    const data = Buffer.alloc(length);
    require(fs.readSync(this.#fd, data, 0, length, offset) === length, `the file ends before ${offset + length}`);
    return data;
  }

  #fixed(number, layout, rules) { // §2: the fields of a page; undefined when its CRC is wrong
    const page = this.#bytes(number * 4096, 4096), found = fields(layout, page, 0, rules);
    return zlib.crc32(page.subarray(0, 4092)) === page.readUInt32LE(4092) ? { ...found, page } : undefined;
  }

  #open() {
    require(fs.fstatSync(this.#fd).isFile(), "expected a regular file", ArrsError);
    const header = this.#fixed(0, HEADER, { magic: "\x89ARS\r\n\x1a\n", byteOrder: 0x01020304 }); // §3
    require(header, "the CRC of the header is wrong");
    check(header, { version: 1 }, Unsupported);
    check(header, { pageSize: 12, reserved: "\0".repeat(4060) });
    const slots = new Map(); // §4: the valid slots, by sequence number
    for (const number of [1, 2, 3, 4]) {
      const slot = this.#fixed(number, SLOT);
      if (slot?.magic !== "ARSSLOT1") continue;
      check(slot, { uuid: header.uuid, seq: [1n, TOP - 1n] });
      require((slot.seq + BigInt(number)) % 2n === 1n, `commit ${slot.seq} does not belong in slot page ${number}`);
      require(slots.get(slot.seq)?.page.equals(slot.page) ?? true, `the copies of commit ${slot.seq} differ`);
      slots.set(slot.seq, slot);
    }
    require(slots.size, "none of the four slot pages holds a commit");
    const slot = this.slot = [...slots.values()].reduce((a, b) => (a.seq > b.seq ? a : b));
    check(slot, { major: 1 }, Unsupported); // §5
    const unknown = slot.incompat & ~6n; // bits 1 and 2 have no meaning any more
    require(!unknown, `incompat features 0b${unknown.toString(2)} need a newer program`, Unsupported);
    check(slot, { flags: [0, 1], nextId: [1n, 1n << 48n], arrays: [0n, slot.nextId - 1n], producer: [0, 128] });
    check(slot, { length: [FIXED, BigInt(fs.fstatSync(this.#fd).size)] }); // a writer may have grown it since
    require(slot.length % PAGE === 0n && slot.length < TOP, `the slot has an invalid length, ${slot.length}`);
    require(slot.minor > 0 || zeros(slot.rest.subarray(slot.producer)), "reserved bytes of the slot are not zero");
    this.producer = text(slot.rest.subarray(0, slot.producer));
    this.names = within("names", () => this.#names());
  }

  extent(offset, length, crc, align, what) { // §2: reads bytes, and checks their place and CRC
    const inside = length > 0n && offset >= FIXED && offset + length <= this.slot.length;
    require(inside && offset % align === 0n, `${what}: ${length} bytes cannot be at byte ${offset}`);
    const data = this.#bytes(Number(offset), Number(length));
    require(zlib.crc32(data) === crc, `${what}: the CRC of ${length} bytes at byte ${offset} is wrong`);
    return data;
  }

  block(reference, what, most) { // §2; empty for a reference to nothing
    const { offset, length, crc } = fields(BLOCK, reference);
    require((offset || zeros(reference)) && length <= most, `${what}: invalid reference to ${length} bytes at byte ${offset}`);
    return offset ? this.extent(offset, BigInt(length), crc, 64n, what) : Buffer.alloc(0);
  }

  find(root, kind, owner, number) { // §6: the entry of a number; null when it is missing
    let { offset, crc, height } = fields(ROOT, root), first = 0n, page, index;
    require(height <= 7 && !offset === !height && (offset || !crc), "the root of a tree is invalid");
    if (height === 0 || number >= span(height - 1)) return null;
    const birth = [1n, this.slot.seq];
    for (let level = height - 1; level >= 0; level--) {
      page = this.extent(offset, PAGE, crc, PAGE, "node");
      fields(NODE, page, 0, { magic: "NODE", level, kind, reserved: 0, owner, first, birth });
      index = (number - first) / span(level - 1);
      first += index * span(level - 1);
      if (level === 0) break;
      ({ offset, crc } = fields(CHILD, page, 32 + 16 * Number(index), { reserved: 0 }));
      require(offset || !crc, "a child that is nothing, with a CRC");
      if (!offset) return null;
    }
    const entry = fields(ENTRY, page, 32 + 32 * Number(index));
    if (entry.state === MISSING) {
      require(zeros(entry.value) && !entry.crc && !entry.birth, "a missing entry that is not zero");
      return null;
    }
    check(entry, { state: [RAW, RECORDED] }, Unsupported);
    return check(entry, { state: kind === 1 ? RECORDED : [RAW, CONSTANT], birth });
  }

  get attributes() {
    return within(this.path, () => parseAttributes(this.block(this.slot.attributes, "attributes", 1 << 23)));
  }

  #names() { // §8
    const { arrays: count, nextId } = this.slot, block = new Cursor(this.block(this.slot.names, "name block", 1 << 28));
    if (count || block.left.length) fields(NAMES, block.take(16), 0, { magic: "NAME\0\0\0\0", count });
    const ids = new Map();
    for (let k = 0n, last = Buffer.alloc(0); k < count; k++) {
      const { id, size } = fields(ITEM, block.take(10), 0, { id: [1n, nextId - 1n], size: [0, 4096] });
      const raw = block.take(size), name = text(raw);
      require(NAME.test(name) && raw.compare(last) > 0, `the name ${quoted(name)} is invalid or out of order`);
      ids.set(name, id);
      last = raw;
    }
    require(!block.left.length && new Set(ids.values()).size === ids.size, "bytes after the names, or an id twice");
    for (const name of ids.keys()) {
      const prefixes = name.split("/").map((_, k, parts) => parts.slice(0, k).join("/"));
      require(!prefixes.some((prefix) => ids.has(prefix)), `${name} is below another array`);
    }
    return ids;
  }

  array(name) {
    if (!this.names.has(name)) throw new RangeError(`no array ${name}`);
    return within(`${this.path}: ${name}`, () => new ArrsArray(this, name, this.names.get(name)));
  }
}

/** The name, the bytes of an element and the typed array of an element type (§10); texts and records are bytes. */
function elementType(code, item, details, depth) {
  const cursor = new Cursor(details), take16 = () => cursor.take(2).readUInt16LE(), most = 2 ** 31 - 1;
  let found = DTYPES[code];
  if (code === 16 || code === 17) {
    const unit = cursor.take(4).readUInt32LE(), count = cursor.take(4).readUInt32LE();
    require(unit < UNITS.length && count >= 1 && count <= (unit ? most : 1), "the unit of time is invalid");
    const name = unit ? `[${count > 1 ? count : ""}${UNITS[unit]}]` : "";
    found = [`${code === 16 ? "datetime64" : "timedelta64"}${name}`, 8, BigInt64Array];
  } else if (code === 18 || code === 20) {
    require(item >= 1 && item <= most && (code === 18 || item % 4 === 0), `a text cannot have ${item} bytes`);
    found = [code === 18 ? `|S${item}` : `<U${item / 4}`, item, Uint8Array];
  } else if (code === 21) {
    require(item >= 1 && item <= most && depth < 8 && details.length < 65536, "a record of no bytes, or too deep");
    found = [recordName(cursor, take16, item, depth), item, Uint8Array];
  }
  require(found, `element type ${code} is unknown`, Unsupported);
  require(!cursor.left.length, "bytes after the details of the element type");
  require(found[1] === item, `elements have ${item} bytes, expected ${found[1]}`);
  return found;
}

/** The name of a record as NumPy prints it: a list of fields, or a dictionary if there are gaps between them. */
function recordName(cursor, take16, item, depth) {
  const names = [], formats = [], offsets = [], listed = [], python = (name) => {
    const quote = name.includes("'") && !name.includes('"') ? '"' : "'";
    return quote + name.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`) + quote;
  };
  let end = 0, packed = true;
  for (let left = take16(); left > 0; left--) {
    const name = text(cursor.take(take16()));
    const head = fields("code:u16 size:u32 offset:u32 axes:u8", cursor.take(11), 0, { axes: [0, 32] });
    const shape = Array.from({ length: head.axes }, () => cursor.take(4).readUInt32LE());
    const [inner] = elementType(head.code, head.size, cursor.take(take16()), depth + 1);
    const size = shape.reduce((a, b) => a * b, head.size), short = DTYPES[head.code]?.[0];
    require(name && !names.includes(name), "a field has no name, or one that occurs twice");
    require(head.offset >= end && size > 0, "fields overlap, or have no bytes");
    packed &&= head.offset === end;
    end = head.offset + size;
    const type = SHORT[short] ?? inner.replace(/^\|/, "").replace(/^datetime64/, "<M8").replace(/^timedelta64/, "<m8");
    const format = head.code === 21 ? inner : python(type), tuple = `(${shape.join(", ")}${head.axes === 1 ? "," : ""})`;
    names.push(name), offsets.push(head.offset), formats.push(head.axes ? `(${format}, ${tuple})` : format);
    listed.push(`(${python(name)}, ${format}${head.axes ? `, ${tuple}` : ""})`);
  }
  require(names.length && end <= item, "a record has no fields, or fields behind its end");
  if (packed && end === item) return `[${listed.join(", ")}]`;
  return `{'names': [${names.map(python).join(", ")}], 'formats': [${formats.join(", ")}], `
    + `'offsets': [${offsets.join(", ")}], 'itemsize': ${item}}`;
}

/** An array's metadata; `read` gives elements. Lengths are numbers, or BigInts above 2^53. */
class ArrsArray {
  #file; #id; #index; #capacity; #size; #item; #type;

  constructor(file, name, id) {
    [this.#file, this.name, this.#id] = [file, name, id];
    const entry = file.find(file.slot.table, 1, 0n, id);
    require(entry, "the array has no record");
    const { offset, stored } = fields(EXTENT, entry.value, 0, { stored: 128n });
    const record = file.extent(offset, stored, entry.crc, 64n, "record"); // §7
    const { index, metadata } = fields(RECORD, record, 0, { magic: "RECD\0\0\0\0", id, reserved: "\0".repeat(64) });
    this.#index = index;
    this.#parse(new Cursor(file.block(metadata, "metadata", 1 << 24)));
  }

  #parse(block) { // §9 and §12: each value is checked before it is used
    const meta = fields(META, block.take(56), 0, { magic: "META", id: this.#id });
    check(meta, { codec: [0, 3], filter: [0, 1] }, Unsupported);
    check(meta, { ndim: [0, 32], align: 6, zero: 0, reserved: 0n });
    const axes = Array.from({ length: meta.ndim }, () => fields(AXIS, block.take(32), 0, { chunk: [1n, TOP] }));
    const [fill, name, dims, details, attributes] =
      ["fill", "name", "dims", "details", "attributes"].map((part) => block.take(meta[part]));
    require(!block.left.length, "the parts of the metadata do not add up");
    [this.dtype, this.#item, this.#type] = elementType(meta.dtype, meta.item, details, 0);
    [this.codec, this.filter] = [CODECS[meta.codec], FILTERS[meta.filter]];
    check(meta, { fill: this.#item, level: LEVELS[this.codec] ?? 0 });
    const packs = this.filter === "none" && ![18, 20, 21].includes(meta.dtype);
    require(this.codec !== "pco" || packs, "Pcodec packs numbers, and cannot have a filter");
    require(name.equals(Buffer.from(this.name)), "the metadata belongs to another name");
    require(this.dtype !== "bool" || fill[0] <= 1, "the fill value of bool is neither 0 nor 1");
    const [shape, chunks, capacity, order] = AXIS.match(/\w+(?=:)/g).map((field) => axes.map((axis) => axis[field]));
    require(order.every((p) => p < meta.ndim) && new Set(order).size === meta.ndim, "the element order is invalid");
    const item = BigInt(this.#item), size = item * product(chunks), bytes = item * product(shape.map((n) => n || 1n));
    const grid = shape.map((n, k) => ceil(n, chunks[k]) || 1n);
    const numbers = product(capacity.map((G, k) => (k ? G : grid[0])));
    check({ size, bytes, numbers }, { bytes: [1n, TOP - 1n], numbers: [1n, 1n << 48n],
      size: [1n, this.codec === "lz4" ? 0x7e000000n : TOP - 1n] });
    require(capacity.every((G, k) => (k ? G >= grid[k] : G === 0n)), "the capacity of an axis is wrong");
    const plain = (n) => (n <= Number.MAX_SAFE_INTEGER ? Number(n) : n);
    [this.shape, this.chunks, this.order] = [shape.map(plain), chunks.map(plain), order.map(Number)];
    const next = new Cursor(dims), nameOf = (size) => (size === 65535 ? null : text(next.take(size)));
    const names = axes.map(() => nameOf(next.take(2).readUInt16LE())), named = names.filter((name) => name !== null);
    const fine = named.every((name) => AXIS_NAME.test(name) && Buffer.byteLength(name) <= 4096);
    const unique = new Set(named).size === named.length;
    require(fine && unique && !next.left.length, "an axis name is invalid or occurs twice");
    [this.#capacity, this.#size, this.fill, this.dimensionNames] = [capacity, size, fill, names];
    this.attributes = parseAttributes(attributes);
  }

  /** The elements of a region, [start, stop) per axis, in C order: `{ shape, dtype, data }`. */
  read(region = this.shape.map((n) => [0, n])) {
    const fine = ([a, b], k) => [a, b].every(Number.isSafeInteger) && 0 <= a && a <= b && b <= this.shape[k];
    const inside = region.length === this.shape.length && region.every(fine);
    if (!inside) throw new RangeError("the region is not inside the array");
    const shape = region.map(([a, b]) => b - a), item = this.#item, chunks = this.chunks.map(Number);
    const strides = shape.map((_, k) => shape.slice(k + 1).reduce((a, b) => a * b, item));
    const out = new Uint8Array(shape.reduce((a, b) => a * b, item));
    const met = region.map(([a, b], k) => [Math.floor(a / chunks[k]), Math.ceil(b / chunks[k])]);
    for (const index of out.length ? indices(met) : []) {
      const chunk = within(`${this.#file.path}: ${this.name}: chunk (${index})`, () => this.#chunk(index));
      const low = index.map((i, k) => i * chunks[k]), start = low.map((l, k) => Math.max(l, region[k][0]));
      const count = low.map((l, k) => Math.min(l + chunks[k], region[k][1]) - start[k]);
      const from = start.reduce((sum, s, k) => sum + (s - low[k]) * chunk.strides[k], 0);
      const to = start.reduce((sum, s, k) => sum + (s - region[k][0]) * strides[k], 0);
      copy([...count, item], chunk.data, from, chunk.strides, out, to, [...strides, 1]);
    }
    return { shape, dtype: this.dtype, data: new this.#type(out.buffer) };
  }

  #chunk(index) { // §12, §13: a chunk's bytes, and the strides of its axes and of an element's bytes
    const number = index.reduce((n, i, k) => n * this.#capacity[k] + BigInt(i), 0n), item = this.#item;
    const entry = this.#file.find(this.#index, 2, this.#id, number), strides = index.map(() => 0);
    let data = this.fill;
    if (entry?.state === CONSTANT) {
      data = entry.value.subarray(0, item);
      require(item <= 16, "an item larger than 16 bytes is never constant");
      require(zeros(entry.value.subarray(item)) && !entry.crc, "a constant has a CRC, or bytes after its value");
    } else if (entry) {
      data = this.#payload(entry);
    }
    require(this.dtype !== "bool" || data.every((byte) => byte <= 1), "a bool is neither 0 nor 1");
    if (data.length === item) return { data, strides: [...strides, 1] }; // one element stands for all
    const [first, last] = this.filter === "shuffle" ? [1, data.length / item] : [item, 1];
    this.order.reduceRight((stride, axis) => (strides[axis] = stride) * this.chunks[axis], first);
    return { data, strides: [...strides, last] };
  }

  #payload({ state, value, crc }) { // §13: a payload, checked and unpacked, but still shuffled
    const size = this.#size, file = this.#file, isPlain = this.codec === "none" && this.filter === "none";
    const { offset, stored } = fields(EXTENT, value), short = size < 131072n ? 131072n - size : 0n;
    const least = this.codec === "none" ? size : 1n;
    const numbers = (size / BigInt(this.#item)) * (this.dtype.startsWith("complex") ? 2n : 1n);
    const most = { none: size, zstd: size + size / 256n + short / 2048n + 64n, lz4: size + size / 255n + 16n,
      pco: size + 256n * (numbers / 262144n + 1n) };
    require((state === RAW) === isPlain, `the array cannot have a chunk in state ${state}`);
    require(size <= BUDGET, `a chunk has ${size} bytes, more than this reader's budget`, Unsupported);
    check({ stored }, { stored: [least, most[this.codec]] });
    if (isPlain && size > 1n << 20n) {
      const table = file.extent(offset + ceil(size, 64n) * 64n, 4n * ceil(size, 65536n), crc, 64n, "CRC table");
      return Buffer.concat(Array.from(new Uint32Array(table.buffer), (crc, k) => {
        const at = BigInt(k) << 16n, length = size - at < 65536n ? size - at : 65536n;
        return file.extent(offset + at, length, crc, PAGE, "payload");
      }));
    }
    const data = file.extent(offset, stored, crc, isPlain && size >= PAGE ? PAGE : 64n, "payload");
    return { none: (data) => data, zstd: unzstd, lz4: unlz4, pco: unpco }[this.codec](data, Number(size));
  }
}

function* indices(ranges, head = []) { // the indices of a box in C order; `ranges` are [start, stop) per axis
  if (head.length === ranges.length) return yield head;
  for (let [i, stop] = ranges[head.length]; i < stop; i++) yield* indices(ranges, [...head, i]);
}

// Copies a box of bytes between buffers with strides.
function copy(counts, source, from, fromStrides, target, to, toStrides, axis = 0) {
  for (let i = 0; i < counts[axis]; i++, from += fromStrides[axis], to += toStrides[axis]) {
    if (axis === counts.length - 1) target[to] = source[from];
    else copy(counts, source, from, fromStrides, target, to, toStrides, axis + 1);
  }
}

function unzstd(data, size) { // §13: one frame, checked before it is decoded
  const frame = new Cursor(data), next = (count) => frame.take(count).reduceRight((high, byte) => high * 256 + byte, 0);
  require(next(4) === 0xfd2fb528, "zstd: expected a frame");
  const descriptor = next(1), single = (descriptor >> 5) & 1, window = single ? 0 : next(1);
  // A single segment has no other window.
  require(2 ** (7 + (window >> 3)) * (8 + (window & 7)) <= 2 ** 27, "zstd: the window is too large");
  require(!(descriptor & 8), "zstd: a reserved bit is set");
  require(next([0, 1, 2, 4][descriptor & 3]) === 0, "zstd: the frame needs a dictionary");
  const width = [single, 2, 4, 8][descriptor >> 6], content = next(width) + (width === 2 ? 256 : 0);
  require(width && content === size, `zstd: expected content size ${size}, found ${content}`);
  for (let last = 0; !last;) {
    const header = next(3), isRepeatedByte = ((header >> 1) & 3) === 1;
    last = header & 1;
    frame.take(isRepeatedByte ? 1 : header >> 3);
  }
  require(frame.left.length === 4 * ((descriptor >> 2) & 1), "zstd: the frame does not end with the payload");
  let decompress = zlib.zstdDecompressSync;
  try {
    decompress ??= createRequire(import.meta.url)("fzstd").decompress;
  } catch (error) {
    throw new Unsupported(`zstd: ${error.message.split("\n")[0]}`);
  }
  try {
    data = decompress(data, zlib.zstdDecompressSync ? { maxOutputLength: size } : new Uint8Array(size));
  } catch (error) {
    throw new Damaged(`zstd: ${error.message}`);
  }
  require(data.length === size, "zstd: the frame decodes to another size");
  return data;
}

function unlz4(data, size) { // §13: literals and copies of earlier bytes in turn; literals at the end
  const out = Buffer.alloc(size), block = new Cursor(data);
  const length = (total) => {
    for (let more = total === 15 ? 255 : 0; more === 255; total += more) [more] = block.take(1);
    return total;
  };
  for (let done = 0; ;) {
    const [token] = block.take(1), literals = block.take(length(token >> 4));
    require(done + literals.length <= size, "LZ4: literals go beyond the end of the chunk");
    out.set(literals, done);
    done += literals.length;
    if (!block.left.length) {
      require(done === size, `LZ4: expected ${size} bytes, found ${done}`);
      return out;
    }
    const distance = block.take(2).readUInt16LE(), end = done + 4 + length(token & 15);
    const fits = distance > 0 && distance <= done && done <= size - 12 && end <= size - 5;
    require(fits, "LZ4: a copy from outside the chunk, or too near its end");
    for (; done < end; done++) out[done] = out[done - distance];
  }
}

function unpco() {
  throw new Unsupported("the chunk is packed by the codec Pcodec, which this reader lacks");
}

/** A string as JSON, without characters that a terminal would obey. */
const quoted = (text) => JSON.stringify(text).replace(/[\x7f-\x9f]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);

/** JSON, with BigInts as integers. */
export function json(value) {
  if (typeof value === "bigint") return String(value);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return value.toExponential(); // it was not an integer
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (typeof value === "string") return quoted(value);
  if (value === null || typeof value !== "object") return Object.is(value, -0) ? "-0.0" : JSON.stringify(value);
  return `{${Object.entries(value).map(([key, item]) => `${quoted(key)}:${json(item)}`).join(",")}}`;
}

/** A description of an array, with the SHA-256 of its elements if they are given. */
export function describe({ name, dtype, shape, chunks, order, codec, filter, ...rest }, elements) {
  const about = { name, dtype, shape, chunks, order, codec, filter, fill: rest.fill.toString("hex"),
    dimension_names: rest.dimensionNames, attributes: rest.attributes };
  const digest = ({ data }) => createHash("sha256").update(new Uint8Array(data.buffer)).digest("hex");
  return elements ? { ...about, sha256: digest(elements) } : about;
}

/** A description of an array, or the reason why this reader does not support it. */
export function listed(file, name) {
  try {
    return describe(file.array(name));
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    return { name, unsupported: error.message };
  }
}

/** A description of a file and its arrays. */
export function inventory(file, told = listed) {
  const { seq, major, minor, flags, time } = file.slot, uuid = Buffer.from(file.slot.uuid, "latin1").toString("hex");
  return { commit: seq, version: [major, minor], uuid, sealed: flags === 1, time, producer: file.producer,
    attributes: file.attributes, arrays: [...file.names.keys()].map((name) => told(file, name)) };
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  const [path, name] = process.argv.slice(2);
  try {
    const file = File.open(path);
    console.log(name === undefined ? json(inventory(file)) : file.array(name).read());
  } catch (error) {
    console.error(path === undefined ? "usage: arrs.mjs FILE [ARRAY]" : String(error));
    process.exitCode = 1;
  }
}
