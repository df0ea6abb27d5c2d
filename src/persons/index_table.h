/* Tables of the index: open addressing over cache lines on huge pages. A slot of the table of consents is four words,
 * one of the table of people two; the first word is the person's key, 0 where nothing ever was, 1 where something was
 * taken out. A line is searched whole before the next one. Words are atomic, since readers look while the follower
 * writes. Private to the room. */
#ifndef TALAP_PERSONS_INDEX_TABLE_H
#define TALAP_PERSONS_INDEX_TABLE_H

#include "base/err.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_WORDS 8
/* How full a new table is at first: with half of the lines' slots free most questions end in the first line. */
#define FILLED_PERCENT 62
#define KEY_NONE UINT64_C(0)
#define KEY_GONE UINT64_C(1)
#define KEY_FIRST UINT64_C(2) /* keys below are nobody's */

__extension__ typedef unsigned __int128 wide;

struct table {
    _Atomic uint64_t *words;
    uint64_t lines;
    size_t width;     /* words of a slot: 4 or 2 */
    size_t map_bytes; /* of the mapping that begins at `map` */
    void *map;
    atomic_size_t used; /* slots that are not KEY_NONE */
    atomic_size_t gone; /* of them KEY_GONE */
};

/* Room for `slots` slots, all empty. */
int table_new(size_t slots, size_t width, struct table **ret, struct err *err) WARN_UNUSED;
void table_free(struct table *table); /* NULL-safe */
static inline size_t table_slots(const struct table *table)
{
    return table->lines * LINE_WORDS / table->width;
}

/* Where the search for a key and a purpose (0 in the table of people) begins. Keys are keyed hashes already. */
static inline uint64_t table_line(const struct table *table, uint64_t key, unsigned purpose)
{
    uint64_t mixed = (key ^ purpose * UINT64_C(0x9E3779B97F4A7C15)) * UINT64_C(0xD6E8FEB86659FD93);

    return (uint64_t)((wide)mixed * table->lines >> 64);
}

static inline uint64_t word_get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static inline void word_set(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

/* Goes through the slots from a key's place on: `slot` is the first word of each. The caller ends at KEY_NONE. */
struct walk {
    const struct table *table;
    uint64_t line;
    size_t at;   /* word within the line */
    bool second; /* the line is the second of its pair to be searched */
};

static inline struct walk walk_begin(const struct table *table, uint64_t key, unsigned purpose)
{
    return (struct walk){.table = table, .line = table_line(table, key, purpose)};
}

static inline _Atomic uint64_t *walk_slot(const struct walk *walk)
{
    return &walk->table->words[walk->line * LINE_WORDS + walk->at];
}

/* After a line comes the other one of its pair, which the processor fetches along; then the next pair. */
static inline void walk_next(struct walk *walk)
{
    walk->at += walk->table->width;
    if (walk->at == LINE_WORDS) {
        walk->at = 0;
        walk->line ^= 1;
        if (walk->second)
            walk->line = (walk->line | 1) + 1 < walk->table->lines ? (walk->line | 1) + 1 : 0;
        walk->second = !walk->second;
    }
}

/* Takes an empty or emptied slot from `from` on: with other threads that do the same. Its other words are 0 or old. */
_Atomic uint64_t *table_take(struct table *table, uint64_t key, unsigned purpose);

#endif
