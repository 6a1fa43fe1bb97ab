/* Tells what each file holds whose path comes in, as a line of JSON, or why it is refused. */
#define ARRS_NO_MAIN
#include "arrs.c"

static uint32_t turned(uint32_t word, int bits) { return word >> bits | word << (32 - bits); }

static void mix(uint32_t state[8], const uint8_t *block) { /* SHA-256, FIPS 180-4 */
    static uint32_t keys[64], first[64];
    if (!keys[0]) /* the first bits of cube roots of primes */
        for (int count = 0, prime = 2; count < 64; prime++) {
            int divisor = 2;
            while (divisor * divisor <= prime && prime % divisor) divisor++;
            if (divisor * divisor > prime) keys[count++] = (uint32_t)(uint64_t)((cbrtl(prime) - floorl(cbrtl(prime))) * 4294967296.0L);
        }
    for (int k = 0; k < 16; k++)
        first[k] = (uint32_t)block[4 * k] << 24 | (uint32_t)block[4 * k + 1] << 16 | (uint32_t)block[4 * k + 2] << 8 | block[4 * k + 3];
    for (int k = 16; k < 64; k++) {
        uint32_t a = first[k - 15], b = first[k - 2];
        first[k] = first[k - 16] + (turned(a, 7) ^ turned(a, 18) ^ a >> 3) + first[k - 7] + (turned(b, 17) ^ turned(b, 19) ^ b >> 10);
    }
    uint32_t s[8];
    memcpy(s, state, sizeof s);
    for (int k = 0; k < 64; k++) {
        uint32_t one = s[7] + (turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + keys[k] + first[k];
        uint32_t two = (turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one, s[0] = one + two;
    }
    for (int k = 0; k < 8; k++) state[k] += s[k];
}

static void print_sha256(FILE *out, const uint8_t *at, uint64_t size) {
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint64_t left = size, tail;
    for (; left >= 64; left -= 64, at += 64) mix(state, at);
    uint8_t last[128] = {0};
    memcpy(last, at, left);
    last[left] = 0x80, tail = left < 56 ? 64 : 128;
    for (int k = 0; k < 8; k++) last[tail - 1 - k] = (uint8_t)(size * 8 >> 8 * k);
    for (uint64_t done = 0; done < tail; done += 64) mix(state, last + done);
    for (int k = 0; k < 8; k++) fprintf(out, "%08" PRIx32, state[k]);
}

static uint64_t most;

static bool few(const uint64_t *lengths, const uint64_t *by, unsigned count) {
    uint64_t all = 1;
    for (unsigned k = 0; k < count; k++) {
        uint64_t n = by ? parts(lengths[k], by[k]) : lengths[k];
        if (n && all > most / n && all) all = most + 1;
        all = all > most && n ? all : all * n;
    }
    return all <= most;
}

static int told(FILE *out, arrs_file *file, const arrs_name *name) {
    arrs_array array;
    if (arrs_array_of(file, name, &array)) return 1;
    arrs_print_array(out, &array);
    if (!few(array.shape, NULL, array.axes) || !few(array.chunks, NULL, array.axes) || !few(array.shape, array.chunks, array.axes)) {
        fputs(", \"sha256\": null}", out);
        return 0;
    }
    uint64_t size = array.item, part = array.item, zero[AXES] = {0}, start[AXES], shape[AXES];
    for (unsigned k = 0; k < array.axes; k++) {
        uint64_t n = array.shape[k];
        start[k] = n / 3, shape[k] = n - n / 4 > n / 3 ? n - n / 4 - n / 3 : 0;
        size *= n, part *= shape[k];
    }
    uint8_t *whole = malloc(size + 1), *some = malloc(part + 1);
    int status = arrs_read(&array, zero, array.shape, whole);
    if (!status) status = arrs_read(&array, start, shape, some);
    if (status == ARRS_UNSUPPORTED && array.codec == PCO) {
        fputs(", \"sha256\": \"unsupported\"}", out);
        status = ARRS_OK;
    } else if (!status) {
        uint64_t index[AXES] = {0};
        for (uint64_t at = 0; at < part; at += array.item) {
            uint64_t place = 0;
            for (unsigned k = 0; k < array.axes; k++) place = place * array.shape[k] + start[k] + index[k];
            if (memcmp(some + at, whole + place * array.item, array.item)) abort(); /* the part is not as the whole */
            for (unsigned k = array.axes; k-- > 0 && ++index[k] == shape[k];) index[k] = 0;
        }
        fputs(", \"sha256\": \"", out);
        print_sha256(out, whole, size);
        fputs("\"}", out);
    }
    free(whole), free(some);
    return status;
}

static int all(FILE *out, arrs_file *file) {
    const uint8_t *attributes = NULL;
    size_t size = 0;
    if (arrs_attributes(file, &attributes, &size)) return 1;
    arrs_print_file(out, file, attributes, size);
    fputs(", \"arrays\": [", out);
    for (uint64_t k = 0; k < file->arrays; k++) {
        if (k) fputc(',', out);
        if (told(out, file, &file->names[k])) return 1;
    }
    fputs("]}", out);
    return 0;
}

int main(void) {
    char path[4096];
    most = strtoull(getenv("ARRSTORE_MOST"), NULL, 10);
    while (fgets(path, sizeof path, stdin)) {
        path[strcspn(path, "\n")] = 0;
        arrs_file file;
        char *text;
        size_t size;
        FILE *line = open_memstream(&text, &size);
        bool refused = arrs_open(path, &file) || all(line, &file);
        fclose(line);
        if (refused) {
            static const char *const kinds[] = {"", "Damaged", "Unsupported", "System"};
            printf("{\"refused\": \"%s: ", kinds[file.status]);
            for (const char *at = arrs_message(&file); *at; at++)
                if (*at != '"' && *at != '\\') putchar(*at);
            puts("\"}");
        } else {
            puts(text);
        }
        free(text);
        arrs_close(&file);
    }
    return 0;
}
