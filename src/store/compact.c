/* Making deleted things irrecoverable, and looking whether they are.
 *
 * What is deleted from SQLite's file is written over with zeros (secure_delete), but earlier states of its pages stand
 * in the write-ahead log until that is folded back and cut, and a page that was rearranged long ago may hold a copy of
 * a row in its unused middle. So the log is cut, then the bytes of the file themselves are read; where one of the
 * prints is still found, or the store is so small that it costs nothing, the file is written anew as a whole.
 *
 * A print is a hash of 16 bytes that can be moved along a file byte by byte (a polynomial modulo 2^64), so that the
 * file is read once for all of them, and so that who keeps a print until the search keeps nothing that could be used.
 */
#include "store/writer.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_BYTES (INT64_C(256) << 20)
#define TRIES 8
#define PAUSE_USEC 250000
#define CHUNK_BYTES (1u << 20)
#define BASE UINT64_C(0x9E3779B97F4A7C15)

uint64_t store_print(const void *bytes)
{
    const uint8_t *at = bytes;
    uint64_t print = 0;
    for (int i = 0; i < STORE_PRINT_BYTES; i++)
        print = print * BASE + at[i] + 1;
    return print;
}

/* Which prints are looked for: first by 16 of their bits, for nearly every place of a file is none of them. */
struct search {
    const uint64_t *prints;
    size_t count;
    uint64_t *filter; /* a bit for each value of the upper 16 bits */
    int64_t bytes;
    bool found;
};

static void look_at(struct search *search, uint64_t print)
{
    size_t bit = print >> 48;
    if ((search->filter[bit / 64] >> (bit % 64) & 1) == 0)
        return;
    for (size_t i = 0; i < search->count; i++)
        search->found = search->found || search->prints[i] == print;
}

/* Never by a descriptor of our own: closing it would drop every lock that this process holds on the file, and whoever
 * looks into the store beside us would then fold or remove the log under our feet. */
static int search_file(struct search *search, struct db *db, int file, uint8_t *chunk, struct err *err)
{
    uint64_t print = 0, leaving = 1; /* BASE to the power of 16 */
    uint8_t window[STORE_PRINT_BYTES] = {0};
    int64_t seen = 0;
    size_t got = 0;
    int rc;
    for (int i = 0; i < STORE_PRINT_BYTES; i++)
        leaving *= BASE;
    while ((rc = db->engine->read_raw(db, file, seen, chunk, CHUNK_BYTES, &got, err)) == 0 && got > 0) {
        for (size_t i = 0; i < got; i++, seen++) {
            uint8_t *oldest = &window[seen % STORE_PRINT_BYTES];
            print = print * BASE + chunk[i] + 1;
            if (seen >= STORE_PRINT_BYTES)
                print -= leaving * (*oldest + UINT64_C(1));
            *oldest = chunk[i];
            if (seen >= STORE_PRINT_BYTES - 1)
                look_at(search, print);
        }
    }
    search->bytes += seen;
    return rc;
}

static int search_files(struct store *store, struct search *search, struct err *err)
{
    struct db *db;
    int rc = store->engine->connect(store->url, false, false, &db, err);
    if (rc != 0)
        return rc;
    uint8_t *chunk = malloc(CHUNK_BYTES);
    search->filter = calloc(65536 / 64, sizeof *search->filter);
    search->found = false;
    search->bytes = 0;
    /* The log is opened by the first read. */
    rc = chunk == NULL || search->filter == NULL ? err_memory(err) : db->engine->begin(db, false, err);
    if (rc == 0)
        db->engine->rollback(db);
    for (size_t i = 0; i < search->count && rc == 0; i++)
        search->filter[search->prints[i] >> 48 >> 6] |= UINT64_C(1) << (search->prints[i] >> 48 & 63);
    for (int file = 0; file < RAW_FILES && rc == 0; file++)
        rc = search_file(search, db, file, chunk, err);
    free(search->filter);
    search->filter = NULL;
    free(chunk);
    db->engine->disconnect(db);
    return rc;
}

struct compaction {
    bool whole, skipped;
    int64_t size;
};

static int run_compact(struct tx *tx, struct store_command *command, struct err *err)
{
    struct compaction *compaction = command->arg;
    return tx->db->engine->compact(tx->db, &compaction->whole, &compaction->skipped, err);
}

static int run_size(struct tx *tx, struct store_command *command, struct err *err)
{
    struct compaction *compaction = command->arg;
    return db_run_int(db_query(tx->db, tx->db->engine->compact_size), 0, &compaction->size, err);
}

static int size_of(struct store *store, int64_t *ret, struct err *err)
{
    if (store->engine->compact_size != NULL) {
        struct compaction compaction = {0};
        int rc = writer_outside(store, run_size, &compaction, err);
        if (rc == 0)
            *ret = compaction.size;
        return rc;
    }
    struct stat st;
    if (stat(store->url, &st) != 0)
        return err_set(err, ERR_UNAVAILABLE, "store_failed", NULL);
    *ret = st.st_size;
    return 0;
}

/* Others write between the tries: what stands in the way is who still reads an older state. */
static int compact_once(struct store *store, bool whole, bool *ret_skipped, struct err *err)
{
    struct compaction compaction = {.whole = whole};
    struct err why = {0};
    int rc = 0;
    for (int i = 0; i < TRIES; i++) {
        err_clear(&why);
        rc = writer_outside(store, run_compact, &compaction, &why);
        if (rc == 0 || strcmp(why.code, "store_locked") != 0)
            break;
        usleep(PAUSE_USEC);
    }
    if (rc != 0 && err != NULL)
        *err = why;
    *ret_skipped = compaction.skipped;
    return rc;
}

int store_compact(struct store *store, const uint64_t *prints, size_t count, struct store_compaction *ret,
                  struct err *err)
{
    struct search search = {.prints = prints, .count = count};
    int64_t size = 0;
    int rc = size_of(store, &size, err);
    if (rc != 0)
        return rc;
    bool whole = size <= SMALL_BYTES, skipped = false;
    rc = compact_once(store, whole, &skipped, err);
    if (rc == 0 && store->engine->read_raw != NULL)
        rc = search_files(store, &search, err);
    if (rc == 0 && search.found && !whole) {
        whole = true;
        rc = compact_once(store, whole, &skipped, err);
        if (rc == 0)
            rc = search_files(store, &search, err);
    }
    if (rc == 0 && search.found)
        rc = err_set(err, ERR_UNAVAILABLE, "store_not_compacted", NULL);
    if (rc == 0)
        *ret = (struct store_compaction){.whole = whole && !skipped,
                                         .skipped = skipped,
                                         .searched = store->engine->read_raw != NULL,
                                         .searched_bytes = search.bytes};
    return rc;
}
