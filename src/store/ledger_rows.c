/* The ledger's head and the roots of its large subtrees, as rows. */
#include "store/db.h"
#include "store/events.h"
#include <string.h>

#define PEAKS_MAX 64

int store_ledger_head_get(struct tx *tx, struct arena *arena, struct ledger_head_row *ret, struct err *err)
{
    /* A write transaction holds the row's lock since its begin. */
    struct db *db = db_query(tx->db, SQL("SELECT size, peaks, checkpoint FROM ledger_head WHERE id = 1"));
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    int64_t size = db_int(db, 0);
    size_t bytes;
    const void *peaks = db_blob(db, 1, arena, &bytes);
    const char *checkpoint = db_text(db, 2, arena);
    if ((rc = db_close_rows(db, arena, err)) != 0)
        return rc;
    if (bytes % SHA256_BYTES != 0 || bytes / SHA256_BYTES > PEAKS_MAX || size < 0 ||
        bytes / SHA256_BYTES != (size_t)__builtin_popcountll((unsigned long long)size)) {
        err_set(err, ERR_DAMAGED, "store_damaged", "ledger head");
        err_detail(err, "ledger head of size %lld with %zu bytes of peaks", (long long)size, bytes);
        return -ERR_DAMAGED;
    }
    ret->size = size;
    ret->peak_count = bytes / SHA256_BYTES;
    if (bytes > 0)
        memcpy(ret->peaks, peaks, bytes);
    /* The row's own copy in the arena: the caller may do with it what it likes. */
    ret->checkpoint = (char *)(uintptr_t)checkpoint;
    return 0;
}

int store_ledger_size(struct tx *tx, int64_t *ret, struct err *err)
{
    return db_run_int(db_query(tx->db, SQL("SELECT size FROM ledger_head WHERE id = 1")), 0, ret, err);
}

int store_ledger_head_set(struct tx *tx, const struct ledger_head_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("UPDATE ledger_head SET size = $1, peaks = $2, checkpoint = $3 WHERE id = 1"));
    db_put_int(db, row->size);
    db_put_blob(db, row->peaks, row->peak_count * SHA256_BYTES);
    db_put_text(db, row->checkpoint);
    return db_run(db, NULL, err);
}

int store_ledger_node_insert(struct tx *tx, int level, int64_t index, const struct hash *hash, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO ledger_node (level, position, hash) VALUES ($1, $2, $3)"));
    db_put_int(db, level);
    db_put_int(db, index);
    db_put_hash(db, hash);
    return db_run(db, NULL, err);
}

int store_ledger_node_count(struct tx *tx, int64_t *ret, struct err *err)
{
    return db_run_int(db_query(tx->db, SQL("SELECT count(*) FROM ledger_node")), 0, ret, err);
}

int store_ledger_nodes(struct tx *tx, int level, int64_t from, size_t count, struct hash *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT hash FROM ledger_node WHERE level = $1 AND position >= $2 "
                                         "AND position < $3 ORDER BY position"));
    db_put_int(db, level);
    db_put_int(db, from);
    db_put_int(db, from + (int64_t)count);
    size_t found = 0;
    int got = 0;
    while (found < count && (got = db_step(db, err)) > 0)
        if ((got = db_hash(db, 0, &ret[found++], err)) != 0)
            break;
    db_end(db);
    if (got < 0)
        return got;
    return found == count ? 0 : err_set(err, ERR_NOT_FOUND, "not_found", NULL);
}
