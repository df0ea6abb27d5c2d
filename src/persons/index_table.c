/* Memory of the tables, and taking a slot. */
#include "persons/index_table.h"
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_BYTES ((size_t)2 << 20)
#define LINE_BYTES (LINE_WORDS * sizeof(uint64_t))

int table_new(size_t slots, size_t width, struct table **ret, struct err *err)
{
    struct table *table = calloc(1, sizeof(*table));
    size_t bytes = (slots * width / LINE_WORDS / 2 + 1) * 2 * LINE_BYTES;
    uintptr_t aligned;

    if (table == NULL)
        return err_memory(err);
    bytes = (bytes + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
    /* Small ones are not made large: a huge page each would be most of what a small installation uses. */
    if (slots * width * sizeof(uint64_t) < HUGE_BYTES / 2)
        bytes = (slots * width / LINE_WORDS / 2 + 1) * 2 * LINE_BYTES;
    table->map_bytes = bytes + HUGE_BYTES;
    table->map =
        mmap(NULL, table->map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table->map == MAP_FAILED) {
        free(table);
        return err_memory(err);
    }
    aligned = ((uintptr_t)table->map + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
    if (bytes >= HUGE_BYTES)
        (void)madvise((void *)aligned, bytes, MADV_HUGEPAGE);
    table->words = (_Atomic uint64_t *)aligned;
    table->width = width;
    table->lines = bytes / LINE_BYTES;
    *ret = table;
    return 0;
}

void table_free(struct table *table)
{
    if (table == NULL)
        return;
    munmap(table->map, table->map_bytes);
    free(table);
}

_Atomic uint64_t *table_take(struct table *table, uint64_t key, unsigned purpose)
{
    for (struct walk walk = walk_begin(table, key, purpose);; walk_next(&walk)) {
        _Atomic uint64_t *slot = walk_slot(&walk);
        uint64_t was = word_get(slot);

        while (was == KEY_NONE || was == KEY_GONE) {
            if (!atomic_compare_exchange_weak(slot, &was, key))
                continue;
            if (was == KEY_NONE)
                atomic_fetch_add_explicit(&table->used, 1, memory_order_relaxed);
            else
                atomic_fetch_sub_explicit(&table->gone, 1, memory_order_relaxed);
            return slot;
        }
    }
}
