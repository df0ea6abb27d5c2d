/* What the index's file is made of, for who writes and who reads it. library_file.c says what it is for. */
#ifndef TALAP_ADVERTS_LIBRARY_FILE_H
#define TALAP_ADVERTS_LIBRARY_FILE_H

#include "adverts/library_parts.h"

#define LIBRARY_MAGIC "TALAPLB2"
#define LIBRARY_BLOCK ((size_t)4 << 20)
#define LIBRARY_ALIGN 32

struct section {
    uint64_t at, count; /* bytes from the start; items */
};
/* The last bytes of the file but its seal: bitmaps and sections, padded; hashes of blocks; foot; seal. */
struct foot {
    char magic[8];
    uint64_t data_bytes, block_count;
    uint64_t stems_print, seed, words, slot_count;
    int64_t leaf, leaf_serial, counted_usec, counted_serial;
    struct hash leaf_hash;
    uint32_t form_bytes, advert_bytes; /* of an item, as a sign of the program's version */
    struct section texts, forms, cells, slots, sorted, adverts, all;
    struct section buckets[4];
};

/* The hash of the event up to which the index follows; of none, or without a store, zeros. */
int library_leaf_hash(const struct library *library, int64_t leaf, struct hash *ret, struct err *err) WARN_UNUSED;
/* The hash of the foot and of all blocks; with an office, under its key. */
struct hash library_seal(const struct library *library, const struct foot *foot, const void *hashes, size_t bytes);

#endif
