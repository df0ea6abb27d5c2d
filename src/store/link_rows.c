/* Links between cases and the keys by which cases belong together, as rows.
 *
 * A key's row repeats what never changes of its case (procedure, receipt, serial number), so that counting a subject's
 * cases of a year, or listing the platforms there are, reads one index and no case. */
#include "store/link_rows.h"
#include "store/db.h"
#include <stdlib.h>
#include <string.h>

#define SCAN_ROWS 256
#define SCAN_BYTES_MAX ((size_t)16 * 1024 * 1024)

int store_link_put(struct tx *tx, const struct case_link_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO case_link (from_case, to_case, field, leaf) "
                                         "VALUES ($1, $2, $3, $4) ON CONFLICT (from_case, to_case, field) DO NOTHING"));
    db_put_text(db, row->from_case);
    db_put_text(db, row->to_case);
    db_put_text(db, row->field);
    db_put_int(db, row->leaf);
    return db_run(db, NULL, err);
}

int store_link_delete(struct tx *tx, const struct case_link_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM case_link WHERE from_case = $1 AND to_case = $2 AND field = $3"));
    db_put_text(db, row->from_case);
    db_put_text(db, row->to_case);
    db_put_text(db, row->field);
    return db_run(db, NULL, err);
}

/* The rest of a statement that gives links; its rows in the arena, behind those that are there already. */
static int read_more_links(struct db *db, struct arena *arena, struct case_link_row **ret, size_t *ret_count,
                           struct err *err)
{
    struct case_link_row *rows = *ret;
    size_t count = *ret_count, room = count;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct case_link_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        row->from_case = db_text(db, 0, arena);
        row->to_case = db_text(db, 1, arena);
        row->field = db_text(db, 2, arena);
        row->leaf = db_int(db, 3);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

static int read_links(struct db *db, struct arena *arena, struct case_link_row **ret, size_t *ret_count,
                      struct err *err)
{
    struct case_link_row *rows = NULL;
    size_t count = 0;
    int rc = read_more_links(db, arena, &rows, &count, err);
    if (rc == 0) {
        *ret = rows;
        *ret_count = count;
    }
    return rc;
}

int store_link_of_case(struct tx *tx, const char *case_id, struct arena *arena, struct case_link_row **ret,
                       size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT from_case, to_case, field, leaf FROM case_link WHERE from_case = $1 "
                                         "UNION ALL "
                                         "SELECT from_case, to_case, field, leaf FROM case_link "
                                         "WHERE to_case = $1 AND from_case <> $1 "
                                         "ORDER BY leaf, from_case, to_case, field"));
    db_put_text(db, case_id);
    return read_links(db, arena, ret, ret_count, err);
}

int store_link_from_case(struct tx *tx, const char *case_id, struct arena *arena, struct case_link_row **ret,
                         size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT from_case, to_case, field, leaf FROM case_link WHERE from_case = $1 "
                                         "ORDER BY leaf, to_case, field"));
    db_put_text(db, case_id);
    return read_links(db, arena, ret, ret_count, err);
}

int store_link_to_case(struct tx *tx, const char *case_id, const char *procedure, const char *field,
                       struct arena *arena, struct case_link_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT l.from_case, l.to_case, l.field, l.leaf FROM case_link l "
                                         "CROSS JOIN case_file c WHERE l.to_case = $1 AND l.field = $2 "
                                         "AND c.id = l.from_case AND c.procedure || '' = $3 "
                                         "ORDER BY l.leaf, l.from_case"));
    db_put_text(db, case_id);
    db_put_text(db, field);
    db_put_text(db, procedure);
    return read_links(db, arena, ret, ret_count, err);
}

static int by_leaf(const void *a, const void *b)
{
    const struct case_link_row *x = a, *y = b;
    if (x->leaf != y->leaf)
        return x->leaf < y->leaf ? -1 : 1;
    int order = strcmp(x->from_case, y->from_case);
    if (order == 0)
        order = strcmp(x->to_case, y->to_case);
    return order != 0 ? order : strcmp(x->field, y->field);
}

int store_link_near(struct tx *tx, const char *case_id, size_t limit, struct arena *arena, struct case_link_row **ret,
                    size_t *ret_count, struct err *err)
{
    struct case_link_row *rows = NULL;
    size_t count = 0;
    struct db *db = db_query(tx->db, SQL("SELECT from_case, to_case, field, leaf FROM case_link WHERE from_case = $1 "
                                         "ORDER BY leaf, to_case, field LIMIT $2"));
    db_put_text(db, case_id);
    db_put_int(db, (int64_t)limit);
    int rc = read_more_links(db, arena, &rows, &count, err);
    if (rc == 0 && count < limit) {
        db = db_query(tx->db, SQL("SELECT from_case, to_case, field, leaf FROM case_link "
                                  "WHERE to_case = $1 AND from_case <> $1 ORDER BY leaf LIMIT $2"));
        db_put_text(db, case_id);
        db_put_int(db, (int64_t)(limit - count));
        rc = read_more_links(db, arena, &rows, &count, err);
    }
    if (rc != 0)
        return rc;
    if (count > 1)
        qsort(rows, count, sizeof *rows, by_leaf);
    *ret = rows;
    *ret_count = count;
    return 0;
}

/* Two arenas take turns, so that the last row of a page is still there when the page after it is asked for. */
struct scan {
    struct arena arenas[2];
    int turn;
};

static void scan_init(struct scan *scan)
{
    *scan = (struct scan){0};
    for (int i = 0; i < 2; i++)
        arena_init(&scan->arenas[i], SCAN_BYTES_MAX);
}

static void scan_done(struct scan *scan)
{
    for (int i = 0; i < 2; i++)
        arena_done(&scan->arenas[i]);
}

static struct arena *scan_turn(struct scan *scan)
{
    scan->turn = !scan->turn;
    arena_reset(&scan->arenas[scan->turn]);
    return &scan->arenas[scan->turn];
}

int store_link_scan(struct tx *tx, int (*each)(const struct case_link_row *row, void *arg, struct err *err), void *arg,
                    struct err *err)
{
    struct scan scan;
    scan_init(&scan);
    struct case_link_row after = {.from_case = "", .to_case = "", .field = ""};
    size_t count = SCAN_ROWS;
    int rc = 0;
    while (rc == 0 && count == SCAN_ROWS) {
        struct db *db = db_query(tx->db, SQL("SELECT from_case, to_case, field, leaf FROM case_link "
                                             "WHERE (from_case, to_case, field) > ($1, $2, $3) "
                                             "ORDER BY from_case, to_case, field LIMIT $4"));
        db_put_text(db, after.from_case);
        db_put_text(db, after.to_case);
        db_put_text(db, after.field);
        db_put_int(db, SCAN_ROWS);
        struct case_link_row *rows = NULL;
        rc = read_links(db, scan_turn(&scan), &rows, &count, err);
        for (size_t i = 0; rc == 0 && i < count; i++)
            rc = each(&rows[i], arg, err);
        if (rc == 0 && count > 0)
            after = rows[count - 1];
    }
    scan_done(&scan);
    return rc;
}

/* --- Keys --------------------------------------------------------------------------------------------------------- */

int store_key_put(struct tx *tx, const struct case_key_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO case_key (case_id, kind, value, procedure, opened_usec, serial) "
                                         "SELECT c.id, $1, $2, c.procedure, c.opened_usec, c.serial FROM case_file c "
                                         "WHERE c.id = $3 ON CONFLICT (case_id, kind, value) DO UPDATE "
                                         "SET serial = excluded.serial"));
    db_put_text(db, row->kind);
    db_put_text(db, row->value);
    db_put_text(db, row->case_id);
    int64_t changes = 0;
    int rc = db_run(db, &changes, err);
    /* Nothing written, not even over itself: there is no such case. */
    return rc != 0 || changes > 0 ? rc : err_set(err, ERR_NOT_FOUND, "not_found", NULL);
}

int store_key_delete(struct tx *tx, const struct case_key_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM case_key WHERE case_id = $1 AND kind = $2 AND value = $3"));
    db_put_text(db, row->case_id);
    db_put_text(db, row->kind);
    db_put_text(db, row->value);
    return db_run(db, NULL, err);
}

int store_key_check(struct tx *tx, struct arena *arena, const char **ret_number, struct err *err)
{
    return db_run_text(db_query(tx->db, SQL("SELECT c.number FROM case_key k JOIN case_file c ON c.id = k.case_id "
                                            "WHERE k.procedure <> c.procedure OR k.opened_usec <> c.opened_usec "
                                            "OR k.serial <> c.serial LIMIT 1")),
                       arena, ret_number, err);
}

static int read_keys(struct db *db, struct arena *arena, struct case_key_row **ret, size_t *ret_count, struct err *err)
{
    struct case_key_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct case_key_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        row->case_id = db_text(db, 0, arena);
        row->kind = db_text(db, 1, arena);
        row->value = db_text(db, 2, arena);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_key_of_case(struct tx *tx, const char *case_id, struct arena *arena, struct case_key_row **ret,
                      size_t *ret_count, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("SELECT case_id, kind, value FROM case_key WHERE case_id = $1 ORDER BY kind, value"));
    db_put_text(db, case_id);
    return read_keys(db, arena, ret, ret_count, err);
}

int store_key_scan(struct tx *tx, int (*each)(const struct case_key_row *row, void *arg, struct err *err), void *arg,
                   struct err *err)
{
    struct scan scan;
    scan_init(&scan);
    struct case_key_row after = {.case_id = "", .kind = "", .value = ""};
    size_t count = SCAN_ROWS;
    int rc = 0;
    while (rc == 0 && count == SCAN_ROWS) {
        struct db *db = db_query(tx->db, SQL("SELECT case_id, kind, value FROM case_key "
                                             "WHERE (case_id, kind, value) > ($1, $2, $3) "
                                             "ORDER BY case_id, kind, value LIMIT $4"));
        db_put_text(db, after.case_id);
        db_put_text(db, after.kind);
        db_put_text(db, after.value);
        db_put_int(db, SCAN_ROWS);
        struct case_key_row *rows = NULL;
        rc = read_keys(db, scan_turn(&scan), &rows, &count, err);
        for (size_t i = 0; rc == 0 && i < count; i++)
            rc = each(&rows[i], arg, err);
        if (rc == 0 && count > 0)
            after = rows[count - 1];
    }
    scan_done(&scan);
    return rc;
}

static void add_keyed(struct sql_text *sql, const char *kind, const char *value, const char *procedure,
                      int64_t from_usec, int64_t before_usec, const char *const *not_in, size_t not_in_count)
{
    /* The few keys first, on both engines, and a look at the state of each of their cases. */
    sql_add(sql, SQL(" FROM case_key k CROSS JOIN case_file c WHERE c.id = k.case_id AND k.kind = "));
    sql_add_text(sql, kind);
    sql_add(sql, SQL(" AND k.value = "));
    sql_add_text(sql, value);
    sql_add(sql, SQL(" AND k.procedure = "));
    sql_add_text(sql, procedure);
    sql_add(sql, SQL(" AND k.opened_usec >= "));
    sql_add_int(sql, from_usec);
    sql_add(sql, SQL(" AND k.opened_usec < "));
    sql_add_int(sql, before_usec);
    for (size_t i = 0; i < not_in_count; i++) {
        /* With an empty text behind it, the column is no reason to begin with an index of states. */
        sql_add(sql, i == 0 ? SQL(" AND c.state || '' NOT IN (") : SQL(", "));
        sql_add_text(sql, not_in[i]);
    }
    if (not_in_count > 0)
        sql_add(sql, SQL(")"));
}

int store_key_count(struct tx *tx, const char *kind, const char *value, const char *procedure, int64_t from_usec,
                    int64_t before_usec, const char *const *not_in, size_t not_in_count, int64_t *ret, struct err *err)
{
    CLEANUP_SQL struct sql_text sql;
    sql_text_init(&sql);
    sql_add(&sql, SQL("SELECT count(*)"));
    add_keyed(&sql, kind, value, procedure, from_usec, before_usec, not_in, not_in_count);
    return db_run_int(db_query_text(tx->db, &sql, false), 0, ret, err);
}

int store_key_values(struct tx *tx, const char *kind, const char *value, const char *procedure, int64_t from_usec,
                     int64_t before_usec, const char *const *not_in, size_t not_in_count, struct arena *arena,
                     const char *const **ret, size_t *ret_count, struct err *err)
{
    CLEANUP_SQL struct sql_text sql;
    const char **texts = NULL;
    size_t count = 0, room = 0;
    sql_text_init(&sql);
    sql_add(&sql, SQL("SELECT c.fields"));
    add_keyed(&sql, kind, value, procedure, from_usec, before_usec, not_in, not_in_count);
    struct db *db = db_query_text(tx->db, &sql, false);
    int got;
    while ((got = db_step(db, err)) > 0) {
        const char **text = ROWS_ADD(arena, texts, count, room);
        if (text == NULL)
            break;
        *text = db_text(db, 0, arena);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = texts;
    *ret_count = count;
    return 0;
}

/* Values in [from, before) and after `after`, appended to the rows until there are `limit`. */
struct figures {
    struct key_figure *rows;
    size_t count, room, limit;
};

static int add_figures(struct tx *tx, const char *kind, const char *from, const char *before, const char *after,
                       struct arena *arena, struct figures *figures, struct err *err)
{
    if (strcmp(from, before) >= 0 || figures->count >= figures->limit)
        return 0;
    struct db *db = db_query(tx->db, SQL("SELECT value, count(*), max(opened_usec) FROM case_key "
                                         "WHERE kind = $1 AND value >= $2 AND value < $3 AND value > $4 "
                                         "GROUP BY value ORDER BY value LIMIT $5"));
    db_put_text(db, kind);
    db_put_text(db, from);
    db_put_text(db, before);
    db_put_text(db, after);
    db_put_int(db, (int64_t)(figures->limit - figures->count));
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct key_figure *row = ROWS_ADD(arena, figures->rows, figures->count, figures->room);
        if (row == NULL)
            break;
        row->value = db_text(db, 0, arena);
        row->cases = db_int(db, 1);
        row->newest_usec = db_int(db, 2);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    return got < 0 ? got : closed;
}

/* Nothing stands behind the last code point. */
#define AFTER_ALL "\xf4\x8f\xbf\xbf"
/* Hashes stand between these two, perhaps very many of them. */
#define HASHES_FROM "#"
#define HASHES_BEFORE "$"

int store_key_list(struct tx *tx, const char *kind, const char *beginning, const char *after, size_t limit,
                   struct arena *arena, struct key_figure **ret, size_t *ret_count, struct err *err)
{
    const char *from = beginning == NULL ? "" : beginning;
    const char *before = arena_printf(arena, "%s" AFTER_ALL, from);
    if (before == NULL)
        return err_memory(err);
    struct figures figures = {.limit = limit};
    after = after == NULL ? "" : after;
    int rc = add_figures(tx, kind, from, strcmp(before, HASHES_FROM) < 0 ? before : HASHES_FROM, after, arena, &figures,
                         err);
    if (rc == 0)
        rc = add_figures(tx, kind, strcmp(from, HASHES_BEFORE) > 0 ? from : HASHES_BEFORE, before, after, arena,
                         &figures, err);
    if (rc != 0)
        return rc;
    *ret = figures.rows;
    *ret_count = figures.count;
    return 0;
}
