meta:
  id: arrs
  title: Arrays in one checksummed file, .arrs, version 1.0
  file-extension: arrs
  license: MIT OR Apache-2.0
  endian: le
  bit-endian: le
doc: |
  The layout of an .arrs file: the places and the fields of SPEC.md, whose sections the comments name. It checks magics, but no checksums and no other rules. Packed payloads are given as they are stored.

  Begin with `newest`, a slot, and its `array_table`. A leaf lists 127 entries; most of them are missing.
doc-ref: SPEC.md
seq:
  - id: header
    type: header
    size: 4096
  - id: slot_pages
    type: slot_page
    size: 4096
    repeat: expr
    repeat-expr: 4
instances:
  newest_even:
    value: 'slot_pages[0].is_slot ? slot_pages[0] : slot_pages[2]'
    doc: the slot of even commits, if one of its copies holds one (section 4)
  newest_odd:
    value: 'slot_pages[1].is_slot ? slot_pages[1] : slot_pages[3]'
  newest:
    value: '(newest_even.is_slot ? newest_even.slot.commit : 0) > (newest_odd.is_slot ? newest_odd.slot.commit : 0) ? newest_even.slot : newest_odd.slot'
    doc: |
      The slot of the newest commit, if no copy is torn. Check the CRCs of the copies first.
types:
  header:
    doc: section 3
    seq:
      - id: magic
        contents: [0x89, 'ARS', 0x0d, 0x0a, 0x1a, 0x0a]
      - id: byte_order
        contents: [4, 3, 2, 1]
      - id: version
        type: u2
        valid: 1
      - id: log_page_size
        type: u2
        valid: 12
      - id: uuid
        size: 16
      - id: reserved
        size: 4060
      - id: crc
        type: u4
  slot_page:
    doc: section 4; zeros, a slot, or torn
    instances:
      magic:
        pos: 0
        size: 8
      is_slot:
        value: 'magic == [0x41, 0x52, 0x53, 0x53, 0x4c, 0x4f, 0x54, 0x31]'
      slot:
        pos: 0
        type: slot
        if: is_slot
  slot:
    doc: section 4
    seq:
      - id: magic
        contents: ARSSLOT1
      - id: commit
        type: u8
      - id: uuid
        size: 16
      - id: major
        type: u2
      - id: minor
        type: u2
      - id: is_sealed
        type: b1
      - id: reserved_flags
        type: b31
      - id: compat
        type: u8
      - id: ro_compat
        type: u8
      - id: incompat
        type: u8
      - id: length
        type: u8
      - id: num_arrays
        type: u8
      - id: next_id
        type: u8
      - id: array_table
        type: root
      - id: name_block
        type: block_reference(block_kind::names)
      - id: attributes
        type: block_reference(block_kind::attributes)
      - id: live_bytes
        type: u8
      - id: num_nodes
        type: u8
      - id: time
        type: u8
        doc: microseconds since 1970-01-01 UTC
      - id: len_producer
        type: u2
        valid:
          max: 128
      - id: producer
        type: str
        size: len_producer
        encoding: UTF-8
      - id: reserved
        size: 3930 - len_producer
      - id: crc
        type: u4
  root:
    doc: section 2
    seq:
      - id: offset
        type: u8
      - id: crc
        type: u4
      - id: height
        type: u4
        valid:
          max: 7
    instances:
      node:
        io: _root._io
        pos: offset
        size: 4096
        type: node
        if: offset != 0
  block_reference:
    doc: section 2
    params:
      - id: kind
        type: u1
        enum: block_kind
    seq:
      - id: offset
        type: u8
      - id: length
        type: u4
      - id: crc
        type: u4
    instances:
      block:
        io: _root._io
        pos: offset
        size: length
        type:
          switch-on: kind
          cases:
            'block_kind::names': names
            'block_kind::attributes': json
            'block_kind::metadata': metadata
        if: offset != 0
  json:
    doc: section 11
    seq:
      - id: text
        type: str
        size-eos: true
        encoding: UTF-8
  node:
    doc: section 6
    seq:
      - id: magic
        contents: NODE
      - id: level
        type: u1
      - id: kind
        type: u1
        enum: tree_kind
      - id: reserved
        type: u2
      - id: owner
        type: u8
      - id: first
        type: u8
      - id: birth
        type: u8
      - id: entries
        type: entry
        repeat: expr
        repeat-expr: 127
        if: level == 0
      - id: children
        type: child
        repeat: expr
        repeat-expr: 254
        if: level != 0
  child:
    seq:
      - id: offset
        type: u8
      - id: crc
        type: u4
      - id: reserved
        type: u4
    instances:
      node:
        io: _root._io
        pos: offset
        size: 4096
        type: node
        if: offset != 0
  entry:
    seq:
      - id: value
        size: 16
        type:
          switch-on: state_ahead
          cases:
            'state::raw': extent
            'state::encoded': extent
            'state::record': extent
      - id: crc
        type: u4
      - id: state
        type: u4
        enum: state
      - id: birth
        type: u8
    instances:
      state_ahead:
        pos: _io.pos + 20
        type: u4
        enum: state
      record:
        io: _root._io
        pos: value.as<extent>.offset
        size: 128
        type: record
        if: state == state::record
      payload:
        io: _root._io
        pos: value.as<extent>.offset
        size: value.as<extent>.length
        if: state == state::raw or state == state::encoded
        doc: a CRC table may follow one that is raw and longer than 1 MiB (section 13)
  extent:
    seq:
      - id: offset
        type: u8
      - id: length
        type: u8
  record:
    doc: section 7
    seq:
      - id: magic
        contents: RECD
      - id: reserved
        type: u4
      - id: id
        type: u8
      - id: chunk_index
        type: root
      - id: metadata
        type: block_reference(block_kind::metadata)
      - id: num_chunks
        type: u8
      - id: stored_bytes
        type: u8
      - id: reserved_for_statistics
        size: 64
  names:
    doc: section 8
    seq:
      - id: magic
        contents: NAME
      - id: reserved
        type: u4
      - id: num_items
        type: u8
      - id: items
        type: name
        repeat: expr
        repeat-expr: num_items
  name:
    seq:
      - id: id
        type: u8
      - id: len_text
        type: u2
      - id: text
        type: str
        size: len_text
        encoding: UTF-8
  metadata:
    doc: section 9
    seq:
      - id: magic
        contents: META
      - id: item_size
        type: u4
      - id: id
        type: u8
      - id: element_type
        type: u2
        enum: element_type
      - id: reserved
        type: u2
      - id: num_axes
        type: u1
        valid:
          max: 32
      - id: codec
        type: u1
        enum: codec
      - id: filter
        type: u1
        enum: filter
      - id: log_alignment
        type: u1
      - id: level
        type: s4
      - id: len_fill
        type: u4
      - id: len_name
        type: u4
      - id: len_axis_names
        type: u4
      - id: len_type_details
        type: u4
      - id: len_attributes
        type: u4
      - id: reserved_too
        type: u8
      - id: axes
        type: axis
        repeat: expr
        repeat-expr: num_axes
      - id: fill
        size: len_fill
      - id: name
        type: str
        size: len_name
        encoding: UTF-8
      - id: axis_names
        size: len_axis_names
        type: axis_names(num_axes)
      - id: type_details
        size: len_type_details
      - id: attributes
        type: str
        size: len_attributes
        encoding: UTF-8
  axis:
    seq:
      - id: length
        type: u8
      - id: chunk_length
        type: u8
      - id: capacity
        type: u8
      - id: element_order
        type: u8
  axis_names:
    params:
      - id: num_axes
        type: u1
    seq:
      - id: names
        type: axis_name
        repeat: expr
        repeat-expr: num_axes
  axis_name:
    seq:
      - id: length
        type: u2
      - id: text
        type: str
        size: length
        encoding: UTF-8
        if: length != 65535
enums:
  block_kind:
    1: names
    2: attributes
    3: metadata
  tree_kind:
    1: array_table
    2: chunk_index
  state:
    0: missing
    1: raw
    2: encoded
    3: constant
    4: record
  codec:
    0: none
    1: zstd
    2: lz4
    3: pcodec
  filter:
    0: none
    1: byte_shuffle
  element_type:
    1: bool
    2: int8
    3: int16
    4: int32
    5: int64
    6: uint8
    7: uint16
    8: uint32
    9: uint64
    10: float16
    11: bfloat16
    12: float32
    13: float64
    14: complex64
    15: complex128
    16: datetime64
    17: timedelta64
    18: fixed_bytes
    20: fixed_utf32
    21: record
