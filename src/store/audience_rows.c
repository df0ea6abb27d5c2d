/* Users in figures as rows. Chunks and sets may be large and many: they are streamed, never gathered. */
#include "store/audience_rows.h"
#include "store/db.h"

int store_audience_month_insert(struct tx *tx, const struct audience_month_row *row, struct err *err)
{
    int64_t changes = 0;
    struct db *db = db_query(tx->db, SQL("INSERT INTO audience_month (month, secret, print, opened_usec, folded, "
                                         "closed_usec, destroyed_usec) VALUES ($1, $2, $3, $4, $5, $6, $7) "
                                         "ON CONFLICT (month) DO NOTHING"));
    db_put_int(db, row->month);
    db_put_blob(db, row->secret, row->secret_bytes);
    db_put_int(db, (int64_t)row->print);
    db_put_int(db, row->opened_usec);
    db_put_int(db, row->folded);
    db_put_time(db, row->closed_usec);
    db_put_time(db, row->destroyed_usec);
    int r = db_run(db, &changes, err);
    if (r == 0 && changes == 0)
        r = err_set(err, ERR_CONFLICT, "entry_changed", NULL);
    return r;
}

static void read_month(struct db *db, struct arena *arena, struct audience_month_row *ret)
{
    *ret = (struct audience_month_row){.month = (int)db_int(db, 0),
                                       .print = (uint64_t)db_int(db, 2),
                                       .opened_usec = db_int(db, 3),
                                       .folded = db_int(db, 4),
                                       .closed_usec = db_time(db, 5),
                                       .destroyed_usec = db_time(db, 6)};
    if (!db_null(db, 1))
        ret->secret = db_blob(db, 1, arena, &ret->secret_bytes);
}

int store_audience_month_get(struct tx *tx, int month, struct arena *arena, struct audience_month_row *ret,
                             bool *ret_found, struct err *err)
{
    struct audience_month_row row = {0};
    struct db *db = db_query(tx->db, SQL("SELECT month, secret, print, opened_usec, folded, closed_usec, "
                                         "destroyed_usec FROM audience_month WHERE month = $1"));
    db_put_int(db, month);
    int got = db_step(db, err);
    if (got > 0)
        read_month(db, arena, &row);
    int r = db_end_rows(db, got, arena, err);
    if (r != 0)
        return r;
    *ret_found = got > 0;
    if (got > 0)
        *ret = row;
    return 0;
}

int store_audience_months(struct tx *tx, bool kept, struct arena *arena, struct audience_month_row **ret,
                          size_t *ret_count, struct err *err)
{
    struct audience_month_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    struct db *db = db_query(tx->db, SQL("SELECT month, secret, print, opened_usec, folded, closed_usec, "
                                         "destroyed_usec FROM audience_month "
                                         "WHERE $1 = 0 OR destroyed_usec IS NULL ORDER BY month"));
    db_put_int(db, kept);
    while ((got = db_step(db, err)) > 0) {
        struct audience_month_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        read_month(db, arena, row);
    }
    int r = db_end_rows(db, got, arena, err);
    if (r != 0)
        return r;
    *ret = rows;
    *ret_count = count;
    return 0;
}

static int one_month(struct db *db, struct err *err)
{
    int64_t changes = 0;
    int r = db_run(db, &changes, err);

    return r == 0 && changes == 0 ? err_set(err, ERR_NOT_FOUND, "not_found", NULL) : r;
}

int store_audience_month_folded(struct tx *tx, int month, int64_t folded, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("UPDATE audience_month SET folded = $1 WHERE month = $2"));
    db_put_int(db, folded);
    db_put_int(db, month);
    return one_month(db, err);
}

int store_audience_month_close(struct tx *tx, int month, int64_t now_usec, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("UPDATE audience_month SET closed_usec = $1 WHERE month = $2"));
    db_put_int(db, now_usec);
    db_put_int(db, month);
    return one_month(db, err);
}

int store_audience_month_wipe(struct tx *tx, int month, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("UPDATE audience_month SET secret = NULL WHERE month = $1"));
    db_put_int(db, month);
    return one_month(db, err);
}

int store_audience_month_shed(struct tx *tx, int month, int64_t limit, int64_t *ret_gone, struct err *err)
{
    int64_t chunks = 0, sets = 0;
    int r;
    struct db *db = db_query(tx->db, SQL("DELETE FROM audience_chunk WHERE serial IN (SELECT serial FROM "
                                         "audience_chunk WHERE month = $1 ORDER BY serial LIMIT $2)"));
    db_put_int(db, month);
    db_put_int(db, limit);
    if ((r = db_run(db, &chunks, err)) != 0)
        return r;
    db = db_query(tx->db, SQL("DELETE FROM audience_set WHERE month = $1 AND (service, stretch) IN (SELECT service, "
                              "stretch FROM audience_set WHERE month = $2 ORDER BY service, stretch LIMIT $3)"));
    db_put_int(db, month);
    db_put_int(db, month);
    db_put_int(db, limit);
    if ((r = db_run(db, &sets, err)) == 0)
        *ret_gone = chunks + sets;
    return r;
}

int store_audience_month_destroy(struct tx *tx, int month, int64_t now_usec, struct err *err)
{
    int r;
    struct db *db = db_query(tx->db, SQL("UPDATE audience_month SET secret = NULL, destroyed_usec = $1 "
                                         "WHERE month = $2"));
    db_put_int(db, now_usec);
    db_put_int(db, month);
    if ((r = one_month(db, err)) != 0)
        return r;
    db = db_query(tx->db, SQL("DELETE FROM audience_chunk WHERE month = $1"));
    db_put_int(db, month);
    if ((r = db_run(db, NULL, err)) != 0)
        return r;
    db = db_query(tx->db, SQL("DELETE FROM audience_set WHERE month = $1"));
    db_put_int(db, month);
    return db_run(db, NULL, err);
}

int store_audience_service_find(struct tx *tx, const char *name, int64_t *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT number FROM audience_service WHERE name = $1"));
    db_put_text(db, name);
    return db_run_int(db, 0, ret, err);
}

int store_audience_service(struct tx *tx, const char *name, int64_t *ret, struct err *err)
{
    int64_t number = 0;
    int r = store_audience_service_find(tx, name, &number, err);

    if (r == 0 && number == 0) {
        r = db_run_int(db_query(tx->db, SQL("SELECT max(number) + 1 FROM audience_service")), 1, &number, err);
        if (r == 0) {
            struct db *db = db_query(tx->db, SQL("INSERT INTO audience_service (number, name) VALUES ($1, $2)"));
            db_put_int(db, number);
            db_put_text(db, name);
            r = db_run(db, NULL, err);
        }
    }
    if (r == 0)
        *ret = number;
    return r;
}

int store_audience_services(struct tx *tx, struct arena *arena, struct audience_service_row **ret, size_t *ret_count,
                            struct err *err)
{
    struct audience_service_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    struct db *db = db_query(tx->db, SQL("SELECT number, name FROM audience_service ORDER BY number"));

    while ((got = db_step(db, err)) > 0) {
        struct audience_service_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        *row = (struct audience_service_row){.number = db_int(db, 0), .name = db_text(db, 1, arena)};
    }
    int r = db_end_rows(db, got, arena, err);
    if (r != 0)
        return r;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_audience_chunk_add(struct tx *tx, const struct audience_chunk_row *row, int64_t *ret_serial, struct err *err)
{
    int64_t serial = 0;
    int r = db_run_int(db_query(tx->db, SQL("SELECT max(n) + 1 FROM (SELECT max(serial) AS n FROM audience_chunk "
                                            "UNION ALL SELECT max(folded) FROM audience_month) known")),
                       1, &serial, err);
    if (r != 0)
        return r;
    struct db *db = db_query(tx->db, SQL("INSERT INTO audience_chunk (serial, month, day, service, hashes) "
                                         "VALUES ($1, $2, $3, $4, $5)"));
    db_put_int(db, serial);
    db_put_int(db, row->month);
    db_put_int(db, row->day);
    db_put_int(db, row->service);
    db_put_blob(db, row->hashes, row->bytes);
    if ((r = db_run(db, NULL, err)) != 0)
        return r;
    *ret_serial = serial;
    return 0;
}

int store_audience_chunk_scan(struct tx *tx, int month, int64_t after,
                              int (*each)(const struct audience_chunk_row *row, void *arg, struct err *err), void *arg,
                              struct err *err)
{
    int r = 0;
    struct db *db = db_query_stream(tx->db, SQL("SELECT serial, day, service, hashes FROM audience_chunk "
                                                "WHERE month = $1 AND serial > $2 ORDER BY serial"));
    db_put_int(db, month);
    db_put_int(db, after);
    while (db_next(db, &r, err)) {
        struct audience_chunk_row row = {
            .serial = db_int(db, 0), .month = month, .day = (int32_t)db_int(db, 1), .service = db_int(db, 2)};
        row.hashes = db->engine->column_bytes(db, 3, &row.bytes);
        r = each(&row, arg, err);
    }
    db_end(db);
    return r;
}

int store_audience_chunk_last(struct tx *tx, int month, int64_t *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT max(n) FROM (SELECT max(serial) AS n FROM audience_chunk WHERE "
                                         "month = $1 UNION ALL SELECT folded FROM audience_month WHERE month = $1) "
                                         "known"));
    db_put_int(db, month);
    return db_run_int(db, 0, ret, err);
}

int store_audience_chunk_bytes(struct tx *tx, int month, int64_t *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT CAST(sum(length(hashes)) AS BIGINT) FROM audience_chunk "
                                         "WHERE month = $1"));
    db_put_int(db, month);
    return db_run_int(db, 0, ret, err);
}

int store_audience_chunk_delete(struct tx *tx, int month, int64_t until, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM audience_chunk WHERE month = $1 AND serial <= $2"));
    db_put_int(db, month);
    db_put_int(db, until);
    return db_run(db, NULL, err);
}

int store_audience_set_put(struct tx *tx, const struct audience_set_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO audience_set (month, service, stretch, users) "
                                         "VALUES ($1, $2, $3, $4) "
                                         "ON CONFLICT (month, service, stretch) DO UPDATE SET users = excluded.users"));
    db_put_int(db, row->month);
    db_put_int(db, row->service);
    db_put_int(db, row->stretch);
    db_put_blob(db, row->users, row->bytes);
    return db_run(db, NULL, err);
}

int store_audience_set_count(struct tx *tx, int month, int64_t *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT count(*) FROM audience_set WHERE month = $1"));
    db_put_int(db, month);
    return db_run_int(db, 0, ret, err);
}

int store_audience_set_scan(struct tx *tx, int month, int first, int end,
                            int (*each)(const struct audience_set_row *row, void *arg, struct err *err), void *arg,
                            struct err *err)
{
    int r = 0;
    struct db *db = db_query_stream(tx->db, SQL("SELECT service, stretch, users FROM audience_set WHERE month = $1 "
                                                "AND stretch >= $2 AND stretch < $3 ORDER BY service, stretch"));
    db_put_int(db, month);
    db_put_int(db, first);
    db_put_int(db, end);
    while (db_next(db, &r, err)) {
        struct audience_set_row row = {.month = month, .service = db_int(db, 0), .stretch = (int)db_int(db, 1)};
        row.users = db->engine->column_bytes(db, 2, &row.bytes);
        r = each(&row, arg, err);
    }
    db_end(db);
    return r;
}

int store_audience_figure_insert(struct tx *tx, const struct audience_figure_row *row, struct err *err)
{
    int64_t changes = 0;
    struct db *db = db_query(tx->db, SQL("INSERT INTO audience_figure (period, number, service, version, users, leaf) "
                                         "VALUES ($1, $2, $3, $4, $5, $6) "
                                         "ON CONFLICT (period, number, service, version) DO NOTHING"));
    db_put_text(db, row->period);
    db_put_int(db, row->number);
    db_put_int(db, row->service);
    db_put_int(db, row->version);
    db_put_int(db, row->users);
    db_put_int(db, row->leaf);
    int r = db_run(db, &changes, err);
    if (r == 0 && changes == 0)
        r = err_set(err, ERR_CONFLICT, "entry_changed", NULL);
    return r;
}

static int read_figures(struct db *db, struct arena *arena, struct audience_figure_row **ret, size_t *ret_count,
                        struct err *err)
{
    struct audience_figure_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;

    while ((got = db_step(db, err)) > 0) {
        struct audience_figure_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        *row = (struct audience_figure_row){.period = db_text(db, 0, arena),
                                            .number = db_int(db, 1),
                                            .service = db_int(db, 2),
                                            .version = db_int(db, 3),
                                            .users = db_int(db, 4),
                                            .leaf = db_int(db, 5)};
    }
    int r = db_end_rows(db, got, arena, err);
    if (r != 0)
        return r;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_audience_figures(struct tx *tx, const char *period, int64_t from, int64_t until, int64_t service,
                           struct arena *arena, struct audience_figure_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(
        tx->db, SQL("SELECT period, number, service, version, users, leaf FROM audience_figure f WHERE period = $1 "
                    "AND number >= $2 AND number <= $3 AND ($4 = -1 OR service = $4) AND NOT EXISTS "
                    "(SELECT 1 FROM audience_figure later WHERE later.period = f.period AND later.number = f.number "
                    "AND later.service = f.service AND later.version > f.version) ORDER BY number, service"));
    db_put_text(db, period);
    db_put_int(db, from);
    db_put_int(db, until);
    db_put_int(db, service);
    return read_figures(db, arena, ret, ret_count, err);
}

int store_audience_figure_versions(struct tx *tx, const char *period, int64_t number, int64_t service,
                                   struct arena *arena, struct audience_figure_row **ret, size_t *ret_count,
                                   struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT period, number, service, version, users, leaf FROM audience_figure "
                                         "WHERE period = $1 AND number = $2 AND service = $3 ORDER BY version"));
    db_put_text(db, period);
    db_put_int(db, number);
    db_put_int(db, service);
    return read_figures(db, arena, ret, ret_count, err);
}

int store_audience_figure_all(struct tx *tx, struct arena *arena, struct audience_figure_row **ret, size_t *ret_count,
                              struct err *err)
{
    return read_figures(db_query(tx->db, SQL("SELECT period, number, service, version, users, leaf FROM "
                                             "audience_figure ORDER BY period, number, service, version")),
                        arena, ret, ret_count, err);
}

int store_audience_figure_last(struct tx *tx, const char *period, int64_t none, int64_t *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT max(number) FROM audience_figure WHERE period = $1"));
    db_put_text(db, period);
    return db_run_int(db, none, ret, err);
}

int store_audience_figure_first(struct tx *tx, const char *period, int64_t none, int64_t *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT min(number) FROM audience_figure WHERE period = $1"));
    db_put_text(db, period);
    return db_run_int(db, none, ret, err);
}
