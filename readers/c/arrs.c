/* A reader of .arrs files, version 1.0, written from SPEC.md alone. The comments name its sections (§).
 *
 *     cc -O2 -o arrs arrs.c                                 arrays without a codec, and LZ4
 *     cc -O2 -DARRS_ZSTD -o arrs arrs.c -lzstd              zstd too
 *     cc -O2 -DARRS_NO_MAIN -c arrs.c                       without `main`, for use in another program
 *
 * It needs C99, POSIX, and nothing else. It checks every checksum on the way to an element, and every rule of the format
 * for the parts that it reads. Closing the file frees its memory, also after an error. Elements are returned as they are
 * stored: little-endian.
 */
#define _GNU_SOURCE /* locks of open file descriptions */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef ARRS_ZSTD
#include <zstd.h>
#endif

#define PAGE 4096u
#define FIXED (5 * PAGE)         /* §2 */
#define TOP (UINT64_C(1) << 62)  /* §2: offsets and lengths are below it */
#define BUDGET (UINT64_C(1) << 30) /* bytes of the largest chunk */
#define AXES 32

/* The results of functions. ARRS_DAMAGED: a broken checksum or rule of the format. ARRS_UNSUPPORTED: a feature that this
 * reader does not have, or a chunk over its budget. ARRS_SYSTEM: an error of the system, a file that is not a regular one,
 * or an invalid request. arrs_message tells more. */
enum { ARRS_OK, ARRS_DAMAGED, ARRS_UNSUPPORTED, ARRS_SYSTEM };
enum { MISSING, RAW, ENCODED, CONSTANT, RECORDED };     /* §6: states of an entry */
enum { NONE, ZSTD, LZ4, PCO };                          /* §9: codecs */

static const struct { const char *name; unsigned size; } TYPES[] = { /* §10 */
    {NULL, 0},         {"bool", 1},    {"int8", 1},     {"int16", 2},   {"int32", 4},   {"int64", 8},
    {"uint8", 1},      {"uint16", 2},  {"uint32", 4},   {"uint64", 8},  {"float16", 2}, {"bfloat16", 2},
    {"float32", 4},    {"float64", 8}, {"complex64", 8}, {"complex128", 16}};
static const char *const UNITS[] = {"generic", "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"};
static const char *const SHORT[] = {"", "?", "i1", "<i2", "<i4", "<i8", "u1", "<u2", "<u4", "<u8", "<f2", "bfloat16",
                                    "<f4", "<f8", "<c8", "<c16"}; /* names within records */
static const char *const CODECS[] = {"none", "zstd", "lz4", "pco"}, *const FILTERS[] = {"none", "shuffle"};

typedef struct { const char *text; size_t size; uint64_t id; } arrs_name; /* without control characters, so without NUL */

typedef struct memory { struct memory *before, *after; } memory;

typedef struct {
    const char *path;
    int descriptor, status;
    char message[1024];
    jmp_buf refused;
    memory taken; /* a ring */
    /* §4: the current commit */
    uint64_t commit, length, arrays, next_id, time;
    unsigned major, minor;
    bool sealed;
    uint8_t uuid[16], table[16], name_block[16], attributes[16];
    char producer[129]; /* it may have control characters, such as NUL */
    size_t producer_size;
    arrs_name *names; /* §8: `arrays` names, in order */
} arrs_file;

typedef struct {
    arrs_file *file;
    const arrs_name *name;
    uint8_t index[16];
    unsigned type, item, codec, filter, axes; /* numbers in the tables above; `item`: bytes of an element */
    const char *dtype; /* the name of the element type, as NumPy prints it */
    uint64_t shape[AXES], chunks[AXES], capacity[AXES], order[AXES], size; /* bytes of a chunk */
    const uint8_t *fill, *attributes; /* JSON as it is stored; NULL without attributes */
    size_t attributes_size;
    const char *axis_names[AXES]; /* NULL for an axis without one */
} arrs_array;

/* ---- Errors and memory ---- */

static void refuse(arrs_file *file, int status, const char *format, ...)
    __attribute__((noreturn, format(printf, 3, 4)));
static void refuse(arrs_file *file, int status, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(file->message, sizeof file->message, format, values);
    va_end(values);
    file->status = status;
    longjmp(file->refused, 1);
}

#define REQUIRE(file, condition, ...) ((condition) ? (void)0 : refuse(file, ARRS_DAMAGED, __VA_ARGS__))
#define KNOWN(file, condition, ...) ((condition) ? (void)0 : refuse(file, ARRS_UNSUPPORTED, __VA_ARGS__))

static void *take(arrs_file *file, uint64_t size) {
    memory *taken = size < SIZE_MAX / 2 ? malloc(sizeof *taken + (size_t)size + 1) : NULL;
    if (!taken) refuse(file, ARRS_SYSTEM, "no memory for %" PRIu64 " bytes", size);
    taken->before = &file->taken;
    taken->after = file->taken.after;
    taken->before->after = taken->after->before = taken;
    return taken + 1;
}

static void give(void *place) {
    memory *taken = (memory *)place - 1;
    taken->before->after = taken->after;
    taken->after->before = taken->before;
    free(taken);
}

/* ---- Bytes (§2) ---- */

static uint64_t number(const uint8_t *at, int bytes) {
    uint64_t value = 0;
    while (bytes--) value = value << 8 | at[bytes];
    return value;
}
#define U16(at) ((unsigned)number(at, 2))
#define U32(at) ((uint32_t)number(at, 4))
#define U64(at) number(at, 8)

static bool zeros(const uint8_t *at, size_t size) {
    while (size--)
        if (*at++) return false;
    return true;
}

static uint64_t parts(uint64_t n, uint64_t size) { return n / size + (n % size != 0); } /* n / size, rounded up */

static uint32_t crc32_of(const uint8_t *at, size_t size) {
    static uint32_t table[256];
    if (!table[1])
        for (uint32_t k = 0; k < 256; k++) {
            uint32_t crc = k;
            for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
            table[k] = crc;
        }
    uint32_t crc = 0xFFFFFFFFu;
    while (size--) crc = crc >> 8 ^ table[(crc ^ *at++) & 255];
    return ~crc;
}

static bool utf8(const uint8_t *at, size_t size) {
    for (const uint8_t *end = at + size; at < end;) {
        unsigned first = *at++, more = first < 0x80 ? 0 : first < 0xC2 ? 9 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : first < 0xF5 ? 3 : 9;
        if (more > (size_t)(end - at)) return false;
        for (unsigned k = 0; k < more; k++)
            if (at[k] >> 6 != 2) return false;
        if ((first == 0xE0 && at[0] < 0xA0) || (first == 0xED && at[0] > 0x9F)) return false;
        if ((first == 0xF0 && at[0] < 0x90) || (first == 0xF4 && at[0] > 0x8F)) return false;
        at += more;
    }
    return true;
}

static bool plain_text(const uint8_t *at, size_t size) { /* UTF-8 without control characters */
    if (!utf8(at, size)) return false;
    for (size_t k = 0; k < size; k++)
        if (at[k] < 0x20 || at[k] == 0x7F || (at[k] == 0xC2 && at[k + 1] < 0xA0)) return false;
    return true;
}

static void read_at(arrs_file *file, uint64_t offset, uint8_t *to, uint64_t size) {
    while (size > 0) {
        ssize_t count = pread(file->descriptor, to, size < 1 << 30 ? (size_t)size : 1 << 30, (off_t)offset);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) refuse(file, ARRS_SYSTEM, "reading at byte %" PRIu64 ": %s", offset, strerror(errno));
        REQUIRE(file, count > 0, "the file ends before byte %" PRIu64, offset + size);
        offset += (uint64_t)count, to += count, size -= (uint64_t)count;
    }
}

/* Checks the place of bytes, reads them to `to`, and checks their CRC. */
static void extent(arrs_file *file, uint64_t offset, uint64_t size, uint32_t crc, unsigned align, const char *what,
                   uint8_t *to) {
    bool inside = size > 0 && offset >= FIXED && size <= file->length && offset <= file->length - size;
    REQUIRE(file, inside && offset % align == 0, "%s: %" PRIu64 " bytes cannot be at byte %" PRIu64, what, size, offset);
    if (!to) return; /* check the place alone */
    read_at(file, offset, to, size);
    uint32_t found = crc32_of(to, (size_t)size);
    REQUIRE(file, found == crc, "%s: the CRC of %" PRIu64 " bytes at byte %" PRIu64 " is %08" PRIx32 ", expected %08" PRIx32,
            what, size, offset, found, crc);
}

/* Reads a block and gives its length; NULL and 0 for a reference to nothing. */
static uint8_t *block(arrs_file *file, const uint8_t *reference, uint32_t most, const char *what, size_t *size) {
    uint64_t offset = U64(reference);
    *size = U32(reference + 8);
    REQUIRE(file, (offset || zeros(reference, 16)) && *size <= most, "%s: %zu bytes at byte %" PRIu64, what, *size, offset);
    if (!offset) return NULL;
    extent(file, offset, *size, 0, 64, what, NULL);
    uint8_t *at = take(file, *size);
    extent(file, offset, *size, U32(reference + 12), 64, what, at);
    return at;
}

/* ---- Attributes (§11): strict JSON, checked here and kept as text ---- */

typedef struct { arrs_file *file; const uint8_t *at, *end; uint8_t *string; } json; /* `string`: the last string read */
typedef struct { uint8_t *text; size_t size; } key;

static void json_value(json *in, int depth);

static int json_space(json *in) { /* the next byte that is not white space; -1 at the end */
    while (in->at < in->end && *in->at && strchr(" \t\n\r", *in->at)) in->at++;
    return in->at < in->end ? *in->at : -1;
}

static bool json_has(json *in, int byte) {
    if (json_space(in) != byte) return false;
    in->at++;
    return true;
}

static unsigned json_hex(json *in) {
    unsigned value = 0;
    for (int k = 0; k < 4; k++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *found = in->at < in->end && *in->at ? strchr(digits, *in->at++) : NULL;
        REQUIRE(in->file, found, "attributes: an escape needs four hexadecimal digits");
        value = value << 4 | ((unsigned)(found - digits) & 15);
    }
    return value;
}

static key json_string(json *in) { /* reads on after the opening quotation mark, and undoes escapes */
    key out = {in->string, 0};
    for (;;) {
        REQUIRE(in->file, in->at < in->end && *in->at >= 0x20,
                "attributes: a string has no end, or has a raw control character");
        uint8_t byte = *in->at++;
        if (byte == '"') return out;
        if (byte != '\\') {
            out.text[out.size++] = byte;
            continue;
        }
        byte = in->at < in->end ? *in->at++ : 0;
        const char *plain = "\"\\/bfnrt", *found = byte ? strchr(plain, byte) : NULL;
        if (found) {
            out.text[out.size++] = (uint8_t)"\"\\/\b\f\n\r\t"[found - plain];
            continue;
        }
        REQUIRE(in->file, byte == 'u', "attributes: a string has an unknown escape");
        uint32_t point = json_hex(in);
        if (point >> 10 == 0xD800 >> 10) {
            bool pair = in->end - in->at >= 2 && in->at[0] == '\\' && in->at[1] == 'u';
            REQUIRE(in->file, pair, "attributes: a string has half a surrogate pair");
            in->at += 2;
            uint32_t low = json_hex(in);
            REQUIRE(in->file, low >> 10 == 0xDC00 >> 10, "attributes: a string has half a surrogate pair");
            point = 0x10000 + ((point & 0x3FF) << 10) + (low & 0x3FF);
        }
        REQUIRE(in->file, point >> 10 != 0xDC00 >> 10, "attributes: a string has half a surrogate pair");
        int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
        static const uint8_t first[] = {0, 0xC0, 0xE0, 0xF0};
        out.text[out.size++] = (uint8_t)(first[more] | point >> 6 * more);
        while (more--) out.text[out.size++] = (uint8_t)(0x80 | (point >> 6 * more & 63));
    }
}

static void json_number(json *in) {
    const uint8_t *start = in->at, *digits;
    bool whole = true;
#define DIGITS(in) for (digits = (in)->at; (in)->at < (in)->end && *(in)->at >= '0' && *(in)->at <= '9'; (in)->at++) continue
#define NEXT(in, byte) ((in)->at < (in)->end && *(in)->at == (byte))
    in->at += NEXT(in, '-');
    DIGITS(in);
    bool fine = in->at > digits && (*digits != '0' || in->at == digits + 1);
    if (fine && NEXT(in, '.')) {
        in->at++, whole = false;
        DIGITS(in);
        fine = in->at > digits;
    }
    if (fine && (NEXT(in, 'e') || NEXT(in, 'E'))) {
        in->at++, whole = false;
        in->at += NEXT(in, '+') || NEXT(in, '-');
        DIGITS(in);
        fine = in->at > digits;
    }
    REQUIRE(in->file, fine, "attributes: not valid JSON");
    if (whole && in->at - start <= 19) return; /* an integer that fits */
    char *text = take(in->file, (uint64_t)(in->at - start));
    memcpy(text, start, (size_t)(in->at - start));
    text[in->at - start] = 0;
    REQUIRE(in->file, isfinite(strtod(text, NULL)), "attributes: a number is too large for binary64");
    give(text);
}

static int by_text(const void *one, const void *other) {
    const key *a = one, *b = other;
    int order = memcmp(a->text, b->text, a->size < b->size ? a->size : b->size);
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

static void json_object(json *in, int depth) {
    size_t count = 0, room = 8;
    key *keys = take(in->file, room * sizeof *keys);
    if (json_space(in) != '}')
        do {
            REQUIRE(in->file, json_has(in, '"'), "attributes: an object has a value without a key");
            if (count == room) {
                key *more = take(in->file, 2 * room * sizeof *keys);
                memcpy(more, keys, room * sizeof *keys);
                give(keys);
                keys = more, room *= 2;
            }
            key read = json_string(in);
            keys[count].text = memcpy(take(in->file, read.size), read.text, read.size);
            keys[count++].size = read.size;
            REQUIRE(in->file, json_has(in, ':'), "attributes: an object has a key without a value");
            json_value(in, depth);
        } while (json_has(in, ','));
    REQUIRE(in->file, json_has(in, '}'), "attributes: not valid JSON");
    qsort(keys, count, sizeof *keys, by_text);
    for (size_t k = 1; k < count; k++)
        REQUIRE(in->file, by_text(&keys[k - 1], &keys[k]), "attributes: an object has a key twice");
    for (size_t k = 0; k < count; k++) give(keys[k].text);
    give(keys);
}

static void json_value(json *in, int depth) {
    int byte = json_space(in);
    if (byte == '{' || byte == '[') {
        REQUIRE(in->file, depth <= 127, "attributes: nested too deep");
        in->at++;
        if (byte == '{') {
            json_object(in, depth + 1);
        } else if (!json_has(in, ']')) {
            do json_value(in, depth + 1);
            while (json_has(in, ','));
            REQUIRE(in->file, json_has(in, ']'), "attributes: not valid JSON");
        }
    } else if (byte == '"') {
        in->at++;
        json_string(in);
    } else if (byte == '-' || (byte >= '0' && byte <= '9')) {
        json_number(in);
    } else {
        static const char *const words[] = {"true", "false", "null"};
        for (int k = 0; k < 3; k++)
            if ((size_t)(in->end - in->at) >= strlen(words[k]) && !memcmp(in->at, words[k], strlen(words[k]))) {
                in->at += strlen(words[k]);
                return;
            }
        refuse(in->file, ARRS_DAMAGED, "attributes: not valid JSON");
    }
}

static void check_attributes(arrs_file *file, const uint8_t *text, size_t size) {
    if (size == 0) return;
    REQUIRE(file, size <= 1 << 23, "attributes: longer than 8 MiB");
    REQUIRE(file, utf8(text, size), "attributes: not UTF-8");
    json in = {file, text, text + size, take(file, size)};
    REQUIRE(file, json_space(&in) == '{', "attributes: not an object");
    json_value(&in, 1);
    REQUIRE(file, json_space(&in) == -1, "attributes: bytes after the object");
    give(in.string);
}

/* ---- Trees (§6) ---- */

static uint64_t span(int level) { /* how many numbers a node has; an entry, below level 0, has one */
    uint64_t count = level < 0 ? 1 : 127;
    while (level-- > 0) count *= 254;
    return count;
}

/* Copies the entry of a number to `entry`, and gives its state. */
static unsigned find(arrs_file *file, const uint8_t *root, unsigned kind, uint64_t owner, uint64_t wanted, uint8_t *entry) {
    uint64_t offset = U64(root), first = 0;
    uint32_t crc = U32(root + 8), height = U32(root + 12);
    REQUIRE(file, height <= 7 && !offset == !height && (offset || !crc), "the root of a tree is invalid");
    if (height == 0 || wanted >= span((int)height - 1)) return MISSING;
    uint8_t page[PAGE];
    for (int level = (int)height - 1;; level--) {
        extent(file, offset, PAGE, crc, PAGE, "a node", page);
        REQUIRE(file, !memcmp(page, "NODE", 4) && page[4] == level && page[5] == kind && U16(page + 6) == 0,
                "the node at byte %" PRIu64 ": wrong magic, level, kind or reserved bytes", offset);
        uint64_t birth = U64(page + 24);
        REQUIRE(file, U64(page + 8) == owner && U64(page + 16) == first && birth - 1 < file->commit,
                "the node at byte %" PRIu64 ": wrong owner, first number or birth", offset);
        uint64_t place = (wanted - first) / span(level - 1);
        first += place * span(level - 1);
        if (level == 0) {
            memcpy(entry, page + 32 + 32 * place, 32);
            break;
        }
        const uint8_t *child = page + 32 + 16 * place;
        offset = U64(child), crc = U32(child + 8);
        REQUIRE(file, !U32(child + 12) && (offset || !crc), "the child of a node at number %" PRIu64 " is invalid", first);
        if (!offset) return MISSING;
    }
    uint32_t state = U32(entry + 20);
    if (state == MISSING) {
        REQUIRE(file, zeros(entry, 32), "a missing entry is not zero");
        return MISSING;
    }
    KNOWN(file, state <= RECORDED, "a chunk has the unknown state %" PRIu32, state);
    REQUIRE(file, (state == RECORDED) == (kind == 1) && U64(entry + 24) - 1 < file->commit,
            "an entry has a wrong state or birth");
    return state;
}

/* ---- The file (§3, §4, §5, §8) ---- */

static void read_names(arrs_file *file) {
    size_t size;
    const uint8_t *at = block(file, file->name_block, 1 << 28, "the name block", &size), *end = at + size;
    REQUIRE(file, file->arrays <= size / 10, "the names of %" PRIu64 " arrays cannot have %zu bytes", file->arrays, size);
    file->names = take(file, file->arrays * sizeof *file->names);
    if (!at) return;
    bool head = size >= 16 && !memcmp(at, "NAME\0\0\0\0", 8) && U64(at + 8) == file->arrays;
    REQUIRE(file, head, "the name block has a wrong magic or count");
    at += 16;
    for (uint64_t k = 0; k < file->arrays; k++) {
        REQUIRE(file, end - at >= 10 && end - at - 10 >= (ptrdiff_t)U16(at + 8), "the name block ends too early");
        arrs_name *name = &file->names[k];
        char *text = take(file, name->size = U16(at + 8));
        memcpy(text, at + 10, name->size);
        text[name->size] = 0;
        name->text = text, name->id = U64(at);
        at += 10 + name->size;
        bool fine = name->size <= 4096 && *text == '/' && plain_text((const uint8_t *)text, name->size);
        for (const char *part = text; fine && part && *part == '/'; part = strchr(part + 1, '/')) {
            size_t length = strcspn(part + 1, "/");
            fine = length > 0 && !(length <= 2 && !strncmp(part + 1, "..", length));
        }
        REQUIRE(file, fine, "name %" PRIu64 " is invalid", k);
        REQUIRE(file, k == 0 || strcmp(name[-1].text, text) < 0, "the names are out of order");
        REQUIRE(file, name->id - 1 < file->next_id - 1, "'%s' has the invalid id %" PRIu64, text, name->id);
    }
    REQUIRE(file, at == end, "bytes after the names");
}

static int by_id(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

/* The array of a name; NULL when no array has it. */
const arrs_name *arrs_find(const arrs_file *file, const char *text, size_t size) {
    uint64_t low = 0, high = file->arrays;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        const arrs_name *name = &file->names[middle];
        int order = memcmp(name->text, text, name->size < size ? name->size : size);
        if (!order) order = (name->size > size) - (name->size < size);
        if (order == 0) return name;
        if (order < 0) low = middle + 1; else high = middle;
    }
    return NULL;
}

static void check_names(arrs_file *file) {
    uint64_t *ids = take(file, file->arrays * sizeof *ids);
    for (uint64_t k = 0; k < file->arrays; k++) {
        const arrs_name *name = &file->names[k];
        ids[k] = name->id;
        for (const char *slash = strchr(name->text + 1, '/'); slash; slash = strchr(slash + 1, '/'))
            REQUIRE(file, !arrs_find(file, name->text, (size_t)(slash - name->text)),
                    "'%s' is below another array", name->text);
    }
    qsort(ids, file->arrays, sizeof *ids, by_id);
    for (uint64_t k = 1; k < file->arrays; k++) REQUIRE(file, ids[k - 1] != ids[k], "the id %" PRIu64 " is given twice", ids[k]);
    give(ids);
}

/* Reads the four slot pages, and gives the page of the newest commit. */
static const uint8_t *choose(arrs_file *file, uint8_t pages[4][PAGE], const uint8_t *uuid) {
    const uint8_t *newest = NULL;
    bool counts[4];
    for (unsigned k = 0; k < 4; k++) {
        const uint8_t *page = pages[k];
        read_at(file, (k + 1) * PAGE, pages[k], PAGE);
        counts[k] = crc32_of(page, PAGE - 4) == U32(page + PAGE - 4) && !memcmp(page, "ARSSLOT1", 8);
        if (!counts[k]) continue;
        uint64_t commit = U64(page + 8);
        REQUIRE(file, !memcmp(page + 16, uuid, 16), "slot page %u has the uuid of another file", k + 1);
        REQUIRE(file, commit > 0 && commit < TOP && (commit & 1) != (k + 1) % 2,
                "commit %" PRIu64 " does not belong in slot page %u", commit, k + 1);
        bool copy = k >= 2 && counts[k - 2] && U64(pages[k - 2] + 8) == commit;
        REQUIRE(file, !copy || !memcmp(page, pages[k - 2], PAGE), "the copies of commit %" PRIu64 " differ", commit);
        if (!newest || commit > U64(newest + 8)) newest = page;
    }
    REQUIRE(file, newest, "none of the four slot pages holds a commit");
    return newest;
}

static void open_file(arrs_file *file) {
    struct stat about;
    file->descriptor = open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file->descriptor < 0 || fstat(file->descriptor, &about)) refuse(file, ARRS_SYSTEM, "%s", strerror(errno));
    if (!S_ISREG(about.st_mode)) refuse(file, ARRS_SYSTEM, "expected a regular file");
    uint8_t header[PAGE], pages[4][PAGE];
    read_at(file, 0, header, PAGE);
    REQUIRE(file, !memcmp(header, "\x89" "ARS\r\n\x1a\n", 8), "it does not begin like an .arrs file");
    REQUIRE(file, U32(header + 8) == 0x01020304, "the byte order tag is wrong");
    REQUIRE(file, crc32_of(header, PAGE - 4) == U32(header + PAGE - 4), "the CRC of the header is wrong");
    KNOWN(file, U16(header + 12) == 1, "version %u of the header needs a newer reader", U16(header + 12));
    REQUIRE(file, U16(header + 14) == 12 && zeros(header + 32, PAGE - 36),
            "page size or reserved bytes of the header are wrong");
    const uint8_t *slot = choose(file, pages, header + 16);
#ifdef F_OFD_SETLK
    for (uint64_t commit = 0; commit != U64(slot + 8);) { /* §16: pin a commit, and check that it is still there */
        commit = U64(slot + 8);
        struct flock pin = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = (off_t)(TOP + commit), .l_len = 1};
        (void)fcntl(file->descriptor, F_OFD_SETLK, &pin); /* without locks, checksums protect */
        slot = choose(file, pages, header + 16);
    }
#endif
    KNOWN(file, U16(slot + 32) == 1, "version %u.%u of the format needs a newer reader", U16(slot + 32), U16(slot + 34));
    uint64_t unknown = U64(slot + 56) & ~UINT64_C(6); /* §5: bits 1 and 2 have no meaning any more */
    KNOWN(file, !unknown, "features 0x%" PRIx64 " need a newer reader", unknown);
    REQUIRE(file, U32(slot + 36) <= 1, "the slot has unknown flags");
    file->commit = U64(slot + 8), file->major = U16(slot + 32), file->minor = U16(slot + 34);
    file->sealed = U32(slot + 36) & 1, file->length = U64(slot + 64), file->time = U64(slot + 152);
    file->arrays = U64(slot + 72), file->next_id = U64(slot + 80);
    REQUIRE(file, file->length >= FIXED && file->length % PAGE == 0 && file->length < TOP,
            "the slot has an invalid length, %" PRIu64, file->length);
    REQUIRE(file, file->next_id > 0 && file->next_id <= UINT64_C(1) << 48 && file->arrays < file->next_id,
            "%" PRIu64 " arrays cannot have ids below %" PRIu64, file->arrays, file->next_id);
    unsigned size = U16(slot + 160);
    REQUIRE(file, size <= 128 && utf8(slot + 162, size), "the producer is too long, or not UTF-8");
    REQUIRE(file, file->minor > 0 || zeros(slot + 162 + size, PAGE - 4 - 162 - size),
            "reserved bytes of the slot are not zero");
    if (fstat(file->descriptor, &about)) refuse(file, ARRS_SYSTEM, "%s", strerror(errno)); /* the file may have grown */
    REQUIRE(file, file->length <= (uint64_t)about.st_size, "the file was cut short");
    memcpy(file->uuid, slot + 16, 16), memcpy(file->table, slot + 88, 16);
    memcpy(file->name_block, slot + 104, 16), memcpy(file->attributes, slot + 120, 16);
    memcpy(file->producer, slot + 162, file->producer_size = size);
    read_names(file);
    check_names(file);
}

/* Opens the newest commit of a file. Close `file` even after an error; until then, it has the message. */
int arrs_open(const char *path, arrs_file *file) {
    memset(file, 0, sizeof *file);
    file->path = path, file->descriptor = -1;
    file->taken.before = file->taken.after = &file->taken;
    if (setjmp(file->refused) == 0) open_file(file);
    return file->status;
}

/* The message of the last error. From the file it has only numbers and names, which are free of control characters. */
const char *arrs_message(const arrs_file *file) { return file->message; }

/* Closes the file, and frees everything that was read from it. */
void arrs_close(arrs_file *file) {
    while (file->taken.after != &file->taken) give(file->taken.after + 1);
    if (file->descriptor >= 0) close(file->descriptor);
}

/* The file's attributes: JSON as it is stored; NULL without attributes. */
int arrs_attributes(arrs_file *file, const uint8_t **text, size_t *size) {
    file->status = ARRS_OK;
    if (setjmp(file->refused) == 0) {
        *text = block(file, file->attributes, 1 << 23, "the file's attributes", size);
        check_attributes(file, *text, *size);
    }
    return file->status;
}

/* ---- Arrays (§7, §9, §12) ---- */

static uint64_t times(arrs_file *file, uint64_t a, uint64_t b, uint64_t most, const char *what) {
    REQUIRE(file, b == 0 || a <= most / b, "%s", what);
    return a * b;
}

/* Appends to a text, which has to be given back, and gives the longer one. */
static char *append(arrs_file *file, char *text, const char *format, ...) __attribute__((format(printf, 3, 4)));
static char *append(arrs_file *file, char *text, const char *format, ...) {
    va_list values, again;
    va_start(values, format);
    va_copy(again, values);
    size_t old = strlen(text);
    int more = vsnprintf(NULL, 0, format, values);
    char *longer = take(file, old + (size_t)more);
    memcpy(longer, text, old);
    vsnprintf(longer + old, (size_t)more + 1, format, again);
    va_end(again), va_end(values);
    give(text);
    return longer;
}

static char *empty(arrs_file *file) {
    char *text = take(file, 0);
    *text = 0;
    return text;
}

/* A name in quotes, as Python writes it. */
static char *quoted(arrs_file *file, const char *name) {
    char quote = strchr(name, '\'') && !strchr(name, '"') ? '"' : '\'', *text = append(file, empty(file), "%c", quote);
    for (; *name; name++) text = append(file, text, *name == quote || *name == '\\' ? "\\%c" : "%c", *name);
    return append(file, text, "%c", quote);
}

typedef struct { const uint8_t *at, *end; } details_of; /* the unread rest of type details */

static const uint8_t *next(arrs_file *file, details_of *rest, size_t size) {
    REQUIRE(file, (size_t)(rest->end - rest->at) >= size, "the details of the element type end too early");
    rest->at += size;
    return rest->at - size;
}

static char *element_type(arrs_file *file, unsigned type, uint64_t item, const uint8_t *details, size_t size, int depth);

/* The name of a record: a list of fields, or a dictionary if there are gaps between them (§10). */
static char *record_type(arrs_file *file, uint64_t item, details_of *rest, int depth) {
    enum { LIST, NAMES, FORMATS, OFFSETS };
    char *texts[] = {empty(file), empty(file), empty(file), empty(file)}, *seen[65536 / 16];
    unsigned count = U16(next(file, rest, 2));
    uint64_t end = 0;
    bool packed = true;
    for (unsigned k = 0; k < count; k++) {
        const char *comma = k ? ", " : "";
        unsigned length = U16(next(file, rest, 2));
        const uint8_t *bytes = next(file, rest, length);
        REQUIRE(file, length && utf8(bytes, length), "a field has no name, or not in UTF-8");
        KNOWN(file, !memchr(bytes, 0, length), "a field has a NUL in its name");
        char *name = memcpy(take(file, length), bytes, length);
        name[length] = 0;
        for (unsigned other = 0; other < k; other++) REQUIRE(file, strcmp(seen[other], name), "two fields have one name");
        seen[k] = name;
        const uint8_t *head = next(file, rest, 11);
        unsigned code = U16(head), axes = head[10];
        uint64_t bytes_of = U32(head + 2), offset = U32(head + 6), all = bytes_of;
        REQUIRE(file, axes <= AXES && offset >= end, "fields overlap, or have too many axes");
        char *shape = empty(file);
        for (unsigned axis = 0; axis < axes; axis++) {
            uint64_t n = U32(next(file, rest, 4));
            all = times(file, all, n, item, "a field is longer than its record");
            shape = append(file, shape, "%s%" PRIu64, axis ? ", " : "", n);
        }
        unsigned inner_size = U16(next(file, rest, 2));
        const uint8_t *inner = next(file, rest, inner_size);
        char *of = element_type(file, code, bytes_of, inner, inner_size, depth + 1);
        REQUIRE(file, all && all <= item - (offset < item ? offset : item), "a field has no bytes, or ends behind its record");
        packed &= offset == end, end = offset + all;
        char *format = code < 16    ? quoted(file, SHORT[code])
                       : code <= 17 ? append(file, append(file, empty(file), "'<%c8", code == 16 ? 'M' : 'm'), "%s'",
                                             of + strlen(code == 16 ? "datetime64" : "timedelta64"))
                       : code <= 20 ? quoted(file, of + (*of == '|'))
                                    : of;
        char *in_quotes = quoted(file, name);
        texts[NAMES] = append(file, texts[NAMES], "%s%s", comma, in_quotes);
        texts[OFFSETS] = append(file, texts[OFFSETS], "%s%" PRIu64, comma, offset);
        const char *tail = axes == 1 ? "," : "";
        texts[LIST] = append(file, texts[LIST], axes ? "%s(%s, %s, (%s%s))" : "%s(%s, %s)", comma, in_quotes, format, shape, tail);
        texts[FORMATS] = append(file, texts[FORMATS], axes ? "%s(%s, (%s%s))" : "%s%s", comma, format, shape, tail);
    }
    REQUIRE(file, count, "a record has no fields");
    if (packed && end == item) return append(file, empty(file), "[%s]", texts[LIST]);
    return append(file, empty(file), "{'names': [%s], 'formats': [%s], 'offsets': [%s], 'itemsize': %" PRIu64 "}",
                  texts[NAMES], texts[FORMATS], texts[OFFSETS], item);
}

/* The name of an element type, whose details and size are checked (§10). */
static char *element_type(arrs_file *file, unsigned type, uint64_t item, const uint8_t *details, size_t size, int depth) {
    details_of rest = {details, details + size};
    uint64_t expected = item, most = INT32_MAX;
    char *name = empty(file);
    if (type >= 1 && type <= 15) {
        name = append(file, name, "%s", TYPES[type].name), expected = TYPES[type].size;
    } else if (type == 16 || type == 17) {
        const uint8_t *unit = next(file, &rest, 8);
        uint32_t base = U32(unit), count = U32(unit + 4);
        REQUIRE(file, base < 14 && count >= 1 && count <= (base ? most : 1), "the unit of time is invalid");
        name = append(file, name, "%s", type == 16 ? "datetime64" : "timedelta64"), expected = 8;
        if (base) name = count > 1 ? append(file, name, "[%u%s]", count, UNITS[base]) : append(file, name, "[%s]", UNITS[base]);
    } else if (type == 18 || type == 20) {
        REQUIRE(file, item >= 1 && item <= most && (type == 18 || item % 4 == 0), "a text of a wrong size");
        name = append(file, name, type == 18 ? "|S%" PRIu64 : "<U%" PRIu64, type == 18 ? item : item / 4);
    } else {
        KNOWN(file, type == 21, "element type %u is unknown", type);
        REQUIRE(file, item >= 1 && item <= most && depth < 8 && size < 65536, "a record of no bytes, or too deep");
        name = record_type(file, item, &rest, depth);
    }
    REQUIRE(file, rest.at == rest.end, "bytes after the details of the element type");
    REQUIRE(file, item == expected, "elements have %" PRIu64 " bytes, expected %" PRIu64, item, expected);
    return name;
}

static void parse(arrs_array *array, const uint8_t *meta, size_t size) {
    arrs_file *file = array->file;
    REQUIRE(file, size >= 56 && !memcmp(meta, "META", 4) && U64(meta + 8) == array->name->id,
            "length, magic or id of the metadata are wrong");
    unsigned type = U16(meta + 16), axes = meta[20], codec = meta[21], filter = meta[22];
    KNOWN(file, codec <= PCO, "codec %u is unknown", codec);
    KNOWN(file, filter <= 1, "filter %u is unknown", filter);
    unsigned item = U32(meta + 4);
    array->type = type, array->item = item, array->codec = codec, array->filter = filter, array->axes = axes;
    int level = (int)(int32_t)U32(meta + 24), low = codec == ZSTD ? -7 : 0, high = codec == ZSTD ? 22 : codec == PCO ? 12 : 0;
    REQUIRE(file, level >= low && level <= high && !(codec == PCO && filter),
            "the codec cannot have level %d, or a filter", level);
    uint64_t fill = U32(meta + 28), name = U32(meta + 32), dims = U32(meta + 36), attributes = U32(meta + 44);
    uint64_t details = U32(meta + 40);
    REQUIRE(file, axes <= AXES && meta[23] == 6 && !U16(meta + 18) && !U64(meta + 48),
            "axes, alignment or reserved bytes are wrong");
    REQUIRE(file, 56 + 32 * (uint64_t)axes + fill + name + dims + details + attributes == size,
            "the parts of the metadata do not add up");
    array->dtype = element_type(file, type, item, meta + 56 + 32 * axes + fill + name + dims, details, 0);
    REQUIRE(file, fill == item, "the size of the fill value is wrong");
    REQUIRE(file, codec != PCO || type <= 17, "Pcodec packs no texts and no records");
    const uint8_t *axis = meta + 56, *rest = axis + 32 * axes;
    array->fill = rest, rest += fill;
    REQUIRE(file, name == array->name->size && !memcmp(rest, array->name->text, name),
            "the metadata belongs to another name");
    REQUIRE(file, type != 1 || *array->fill <= 1, "the fill value of bool is neither 0 nor 1");
    uint64_t bytes = item, numbers = 1;
    uint32_t seen = 0;
    array->size = item;
    for (unsigned k = 0; k < axes; k++, axis += 32) {
        uint64_t n = array->shape[k] = U64(axis), c = array->chunks[k] = U64(axis + 8);
        uint64_t room = array->capacity[k] = U64(axis + 16), order = array->order[k] = U64(axis + 24);
        REQUIRE(file, c > 0, "chunks have length 0 along axis %u", k);
        REQUIRE(file, order < axes && !(seen >> order & 1), "the element order is invalid");
        seen |= UINT32_C(1) << order;
        uint64_t grid = parts(n, c) ? parts(n, c) : 1;
        bytes = times(file, bytes, n ? n : 1, TOP - 1, "the array has too many bytes");
        array->size = times(file, array->size, c, codec == LZ4 ? 0x7E000000 : TOP - 1, "a chunk has too many bytes");
        REQUIRE(file, k ? room >= grid : room == 0, "the capacity of %" PRIu64 " along axis %u is wrong", room, k);
        numbers = times(file, numbers, k ? room : grid, UINT64_C(1) << 48, "the array has too many chunks");
    }
    const uint8_t *at = rest + name, *end = at + dims;
    for (unsigned k = 0; k < axes; k++) {
        REQUIRE(file, end - at >= 2, "the axis names end too early");
        unsigned length = U16(at);
        at += 2;
        if (length == 65535) continue;
        REQUIRE(file, end - at >= (ptrdiff_t)length, "the axis names end too early");
        REQUIRE(file, length >= 1 && length <= 4096 && plain_text(at, length), "the name of axis %u is invalid", k);
        char *text = take(file, length);
        memcpy(text, at, length);
        text[length] = 0, at += length;
        for (unsigned other = 0; other < k; other++)
            REQUIRE(file, !array->axis_names[other] || strcmp(array->axis_names[other], text), "two axes have one name");
        array->axis_names[k] = text;
    }
    REQUIRE(file, at == end, "bytes after the axis names");
    array->attributes = rest + name + dims + details, array->attributes_size = attributes;
    check_attributes(file, array->attributes, attributes);
}

/* Reads the metadata of an array. `name` is one of the names of the file. */
int arrs_array_of(arrs_file *file, const arrs_name *name, arrs_array *array) {
    memset(array, 0, sizeof *array);
    array->file = file, array->name = name, file->status = ARRS_OK;
    if (setjmp(file->refused) == 0) {
        uint8_t entry[32], record[128];
        size_t size;
        REQUIRE(file, find(file, file->table, 1, 0, name->id, entry) == RECORDED, "the array has no record");
        REQUIRE(file, U64(entry + 8) == 128, "a record cannot have %" PRIu64 " bytes", U64(entry + 8));
        extent(file, U64(entry), 128, U32(entry + 16), 64, "a record", record);
        bool fine = !memcmp(record, "RECD\0\0\0\0", 8) && U64(record + 8) == name->id && zeros(record + 64, 64);
        REQUIRE(file, fine, "magic, id or reserved bytes of the record are wrong");
        memcpy(array->index, record + 16, 16);
        const uint8_t *meta = block(file, record + 32, 1 << 24, "the metadata", &size);
        parse(array, meta, size);
    }
    return file->status;
}

/* ---- Chunks (§13) ---- */

static uint64_t lz4_length(arrs_file *file, unsigned bits, const uint8_t **at, const uint8_t *end) {
    uint64_t total = bits;
    for (unsigned more = bits == 15 ? 255 : 0; more == 255; total += more) {
        REQUIRE(file, *at < end, "LZ4: the block ends in the middle of a sequence");
        more = *(*at)++;
    }
    return total;
}

static void unlz4(arrs_file *file, const uint8_t *at, uint64_t stored, uint8_t *out, uint64_t size) {
    const uint8_t *end = at + stored;
    for (uint64_t done = 0;;) {
        REQUIRE(file, at < end, "LZ4: the block ends in the middle of a sequence");
        unsigned token = *at++;
        uint64_t literals = lz4_length(file, token >> 4, &at, end);
        REQUIRE(file, literals <= (uint64_t)(end - at) && literals <= size - done, "LZ4: literals go beyond the end");
        memcpy(out + done, at, literals);
        done += literals, at += literals;
        if (at == end) { /* the match bits of the last token have no meaning */
            REQUIRE(file, done == size, "LZ4: expected %" PRIu64 " bytes, found %" PRIu64, size, done);
            return;
        }
        REQUIRE(file, end - at >= 2, "LZ4: the block ends in the middle of a sequence");
        unsigned back = U16(at);
        at += 2;
        uint64_t count = 4 + lz4_length(file, token & 15, &at, end);
        REQUIRE(file, back > 0 && back <= done, "LZ4: a match %u bytes back, after only %" PRIu64, back, done);
        REQUIRE(file, done + 12 <= size && count <= size - 5 - done, "LZ4: a match is too near the end");
        while (count--) out[done] = out[done - back], done++;
    }
}

static void unzstd(arrs_file *file, const uint8_t *at, uint64_t stored, uint8_t *out, uint64_t size) {
#ifdef ARRS_ZSTD
    REQUIRE(file, stored >= 6 && !memcmp(at, "\x28\xB5\x2F\xFD", 4), "zstd: expected a frame");
    REQUIRE(file, ZSTD_getFrameContentSize(at, stored) == size, "zstd: the content size is not the chunk's");
    REQUIRE(file, ZSTD_getDictID_fromFrame(at, stored) == 0, "zstd: the frame needs a dictionary");
    uint64_t base = UINT64_C(1) << (10 + (at[5] >> 3)), window = base + base / 8 * (at[5] & 7);
    REQUIRE(file, at[4] & 0x20 || window <= UINT64_C(1) << 27, "zstd: a window of %" PRIu64 " bytes is too large", window);
    REQUIRE(file, ZSTD_findFrameCompressedSize(at, stored) == stored, "zstd: the frame does not end with the payload");
    size_t done = ZSTD_decompress(out, size, at, stored);
    REQUIRE(file, !ZSTD_isError(done), "zstd: %s", ZSTD_getErrorName(done));
    REQUIRE(file, done == size, "zstd: expected %" PRIu64 " bytes, found %zu", size, done);
#else
    (void)at, (void)stored, (void)out, (void)size;
    refuse(file, ARRS_UNSUPPORTED, "the chunk is packed by the codec zstd, without which this reader was built");
#endif
}

static uint64_t most_stored(const arrs_array *array) {
    uint64_t size = array->size, numbers = size / array->item * (array->type == 14 || array->type == 15 ? 2 : 1);
    switch (array->codec) {
    case ZSTD: return size + size / 256 + (size < 131072 ? (131072 - size) / 2048 : 0) + 64;
    case LZ4: return size + size / 255 + 16;
    case PCO: return size + 256 * (numbers / 262144 + 1);
    default: return size;
    }
}

/* Reads, checks and decodes a chunk's payload. The caller frees the memory. */
static uint8_t *payload(arrs_array *array, const uint8_t *entry, unsigned state) {
    arrs_file *file = array->file;
    uint64_t size = array->size, offset = U64(entry), stored = U64(entry + 8);
    uint32_t crc = U32(entry + 16);
    bool plain = array->codec == NONE && !array->filter;
    REQUIRE(file, (state == RAW) == plain, "the array cannot have a chunk in state %u", state);
    KNOWN(file, size <= BUDGET, "a chunk has %" PRIu64 " bytes, more than this reader's budget", size);
    REQUIRE(file, stored <= most_stored(array) && (array->codec != NONE || stored == size),
            "%" PRIu64 " stored bytes cannot be a chunk of %" PRIu64, stored, size);
    extent(file, offset, stored, 0, plain && size >= PAGE ? PAGE : 64, "a payload", NULL);
    uint8_t *data = take(file, stored);
    if (plain && size > 1 << 20) { /* a table behind the payload has a CRC for each 64 KiB */
        uint64_t pieces = parts(size, 65536);
        uint8_t *table = take(file, 4 * pieces);
        extent(file, offset + parts(size, 64) * 64, 4 * pieces, crc, 64, "a CRC table", table);
        for (uint64_t k = 0, at = 0; k < pieces; k++, at += 65536)
            extent(file, offset + at, size - at < 65536 ? size - at : 65536, U32(table + 4 * k), PAGE, "a payload", data + at);
        give(table);
        return data;
    }
    extent(file, offset, stored, crc, 64, "a payload", data);
    if (array->codec != NONE) {
        KNOWN(file, array->codec != PCO, "the chunk is packed by the codec Pcodec, which this reader lacks");
        uint8_t *decoded = take(file, size);
        (array->codec == ZSTD ? unzstd : unlz4)(file, data, stored, decoded, size);
        give(data);
        data = decoded;
    }
    if (array->filter && array->item > 1) {
        uint8_t *elements = take(file, size);
        uint64_t count = size / array->item;
        for (uint64_t byte = 0, at = 0; byte < array->item; byte++)
            for (uint64_t k = 0; k < count; k++) elements[k * array->item + byte] = data[at++];
        give(data);
        data = elements;
    }
    return data;
}

/* Reads the elements of a chunk, and their strides in bytes. The caller frees the memory. */
static uint8_t *chunk(arrs_array *array, const uint64_t *index, uint64_t *strides) {
    arrs_file *file = array->file;
    uint64_t place = 0, stride = array->item, size = array->item;
    uint8_t entry[32], *data;
    for (unsigned k = 0; k < array->axes; k++) place = place * array->capacity[k] + index[k], strides[k] = 0;
    unsigned state = find(file, array->index, 2, array->name->id, place, entry);
    if (state == RAW || state == ENCODED) {
        data = payload(array, entry, state);
        size = array->size;
        for (unsigned k = array->axes; k-- > 0; stride *= array->chunks[array->order[k]]) strides[array->order[k]] = stride;
    } else { /* one element stands for all */
        REQUIRE(file, state == MISSING || array->item <= 16, "an item larger than 16 bytes is never constant");
        data = memcpy(take(file, array->item), state == CONSTANT ? entry : array->fill, array->item);
        bool fine = state == MISSING || (zeros(entry + array->item, 16 - array->item) && !U32(entry + 16));
        REQUIRE(file, fine, "a constant has a CRC, or bytes after its value");
    }
    for (uint64_t k = 0; array->type == 1 && k < size; k++) REQUIRE(file, data[k] <= 1, "a bool is neither 0 nor 1");
    return data;
}

/* Copies a box of elements between buffers with strides. */
static void copy(unsigned axes, unsigned item, const uint64_t *count, const uint8_t *from, const uint64_t *from_strides,
                 uint8_t *to, const uint64_t *to_strides) {
    if (axes == 0) {
        memcpy(to, from, item);
        return;
    }
    for (uint64_t k = 0; k < *count; k++, from += *from_strides, to += *to_strides)
        copy(axes - 1, item, count + 1, from, from_strides + 1, to, to_strides + 1);
}

static void read_region(arrs_array *array, const uint64_t *start, const uint64_t *shape, uint8_t *out) {
    unsigned axes = array->axes;
    uint64_t index[AXES], strides[AXES], from[AXES], low[AXES], count[AXES], stride = array->item;
    for (unsigned k = axes; k-- > 0; stride *= shape[k]) {
        bool inside = shape[k] <= array->shape[k] && start[k] <= array->shape[k] - shape[k];
        if (!inside) refuse(array->file, ARRS_SYSTEM, "the region is not inside '%s'", array->name->text);
        strides[k] = stride, index[k] = start[k] / array->chunks[k];
    }
    if (stride == 0) return; /* an axis of length 0 */
    for (;;) {
        uint8_t *data = chunk(array, index, from), *source = data, *target = out;
        for (unsigned k = 0; k < axes; k++) {
            uint64_t first = index[k] * array->chunks[k], end = first + array->chunks[k], stop = start[k] + shape[k];
            low[k] = first > start[k] ? first : start[k];
            count[k] = (end < stop ? end : stop) - low[k];
            source += (low[k] - first) * from[k], target += (low[k] - start[k]) * strides[k];
        }
        copy(axes, array->item, count, source, from, target, strides);
        give(data);
        unsigned axis = axes;
        while (axis > 0 && (index[axis - 1] + 1) * array->chunks[axis - 1] >= start[axis - 1] + shape[axis - 1]) {
            axis--;
            index[axis] = start[axis] / array->chunks[axis];
        }
        if (axis == 0) return;
        index[axis - 1]++;
    }
}

/* Copies the elements of a region, which begins at `start`, to `out`, in C order. */
int arrs_read(arrs_array *array, const uint64_t *start, const uint64_t *shape, void *out) {
    array->file->status = ARRS_OK;
    if (setjmp(array->file->refused) == 0) read_region(array, start, shape, out);
    return array->file->status;
}

/* ---- Descriptions as JSON, without characters that a terminal would obey ---- */

void arrs_quote(FILE *out, const char *text, size_t size) {
    fputc('"', out);
    for (const uint8_t *at = (const uint8_t *)text, *end = at + size; at < end; at++) {
        bool high = *at == 0xC2 && end - at > 1 && at[1] < 0xA0;
        if (high) fprintf(out, "\\u%04x", *++at);
        else if (*at < 0x20 || *at == 0x7F) fprintf(out, "\\u%04x", *at);
        else if (*at == '"' || *at == '\\') fprintf(out, "\\%c", *at);
        else fputc(*at, out);
    }
    fputc('"', out);
}

void arrs_print_attributes(FILE *out, const uint8_t *text, size_t size) { /* on one line, without white space */
    bool quoted = false;
    if (size == 0) fputs("{}", out);
    for (const uint8_t *end = text + size; text < end; text++) {
        bool high = quoted && *text == 0xC2 && text[1] < 0xA0;
        if (high) fprintf(out, "\\u%04x", *++text);
        else if (*text == 0x7F) fputs("\\u007f", out);
        else if (quoted || !strchr(" \t\n\r", *text)) fputc(*text, out);
        if (*text == '"') quoted = !quoted;
        else if (quoted && *text == '\\') fputc(*++text, out);
    }
}

static void print_numbers(FILE *out, const char *name, const uint64_t *numbers, unsigned count) {
    fprintf(out, ", \"%s\": [", name);
    for (unsigned k = 0; k < count; k++) fprintf(out, "%s%" PRIu64, k ? ", " : "", numbers[k]);
    fputc(']', out);
}

/* Describes an array. The closing brace is left out, so that more can follow. */
void arrs_print_array(FILE *out, const arrs_array *array) {
    fputs("{\"name\": ", out);
    arrs_quote(out, array->name->text, array->name->size);
    fputs(", \"dtype\": ", out);
    arrs_quote(out, array->dtype, strlen(array->dtype));
    fprintf(out, ", \"codec\": \"%s\", \"filter\": \"%s\", \"fill\": \"", CODECS[array->codec], FILTERS[array->filter]);
    for (unsigned k = 0; k < array->item; k++) fprintf(out, "%02x", array->fill[k]);
    fputc('"', out);
    print_numbers(out, "shape", array->shape, array->axes);
    print_numbers(out, "chunks", array->chunks, array->axes);
    print_numbers(out, "order", array->order, array->axes);
    fputs(", \"dimension_names\": [", out);
    for (unsigned k = 0; k < array->axes; k++) {
        if (k) fputs(", ", out);
        if (array->axis_names[k]) arrs_quote(out, array->axis_names[k], strlen(array->axis_names[k]));
        else fputs("null", out);
    }
    fputs("], \"attributes\": ", out);
    arrs_print_attributes(out, array->attributes, array->attributes_size);
}

/* Describes a commit, without the closing brace. */
void arrs_print_file(FILE *out, const arrs_file *file, const uint8_t *attributes, size_t size) {
    fprintf(out, "{\"commit\": %" PRIu64 ", \"version\": [%u, %u], \"sealed\": %s, \"time\": %" PRIu64 ", \"uuid\": \"", file->commit,
            file->major, file->minor, file->sealed ? "true" : "false", file->time);
    for (unsigned k = 0; k < 16; k++) fprintf(out, "%02x", file->uuid[k]);
    fputs("\", \"producer\": ", out);
    arrs_quote(out, file->producer, file->producer_size);
    fputs(", \"attributes\": ", out);
    arrs_print_attributes(out, attributes, size);
}

#ifndef ARRS_NO_MAIN
static int tell(arrs_file *file) {
    const uint8_t *attributes = NULL;
    size_t size = 0;
    if (arrs_attributes(file, &attributes, &size)) return 1;
    arrs_print_file(stdout, file, attributes, size);
    fputs(", \"arrays\": [", stdout);
    for (uint64_t k = 0; k < file->arrays; k++) {
        arrs_array array;
        fputs(k ? ",\n " : "\n ", stdout);
        int status = arrs_array_of(file, &file->names[k], &array);
        if (status == ARRS_UNSUPPORTED) { /* the other arrays are listed all the same */
            fputs("{\"name\": ", stdout);
            arrs_quote(stdout, file->names[k].text, file->names[k].size);
            fputs(", \"unsupported\": ", stdout);
            arrs_quote(stdout, arrs_message(file), strlen(arrs_message(file)));
        } else if (status) {
            return 1;
        } else {
            arrs_print_array(stdout, &array);
        }
        fputc('}', stdout);
    }
    puts("]}");
    return 0;
}

static int elements(arrs_file *file, const char *text) {
    const arrs_name *name = arrs_find(file, text, strlen(text));
    arrs_array array;
    if (!name) {
        snprintf(file->message, sizeof file->message, "no array has this name");
        return 1;
    }
    if (arrs_array_of(file, name, &array)) return 1;
    uint64_t size = array.item, start[AXES] = {0};
    for (unsigned k = 0; k < array.axes; k++) size *= array.shape[k];
    uint8_t *out = size < SIZE_MAX ? malloc((size_t)size + 1) : NULL;
    if (!out) {
        snprintf(file->message, sizeof file->message, "no memory for %" PRIu64 " bytes", size);
        return 1;
    }
    int status = arrs_read(&array, start, array.shape, out);
    if (!status) fwrite(out, 1, (size_t)size, stdout);
    free(out);
    return status;
}

int main(int count, char **words) {
    if (count != 2 && count != 3) {
        fputs("usage: arrs FILE           describes the file as JSON\n"
              "       arrs FILE ARRAY     writes the elements in C order, little-endian\n",
              stderr);
        return 2;
    }
    arrs_file file;
    int failed = arrs_open(words[1], &file) || (count == 2 ? tell(&file) : elements(&file, words[2]));
    if (failed) fprintf(stderr, "%s: %s\n", words[1], arrs_message(&file));
    arrs_close(&file);
    return failed || fflush(stdout) || ferror(stdout);
}
#endif
