/* Clocks as rows: one for each clock of a case's procedure that has started. */
#include "store/case_rows.h"
#include "store/db.h"
#include <string.h>

#define CLOCK_COLUMNS                                                                                   \
    "k.case_id, k.clock, k.norm, k.norm_from_day, k.starts_usec, k.due_usec, k.overdue_usec, k.state, " \
    "k.stopped_usec, k.stopped_in_time, k.extended, k.remind_usec, k.overdue_told, b.calendar_hash, b.catalogue_hash"

enum outcome { OUTCOME_RUNNING, OUTCOME_IN_TIME, OUTCOME_LATE };

/* The next moment at which something is to be done about it. */
static int64_t ripe_usec(const struct clock_row *row)
{
    if (strcmp(row->state, "running") != 0)
        return TIME_NONE;
    int64_t overdue = row->overdue_told ? TIME_NONE : row->overdue_usec;
    if (row->remind_usec == TIME_NONE || overdue == TIME_NONE)
        return row->remind_usec == TIME_NONE ? overdue : row->remind_usec;
    return row->remind_usec < overdue ? row->remind_usec : overdue;
}

static int put(struct tx *tx, const struct clock_row *row, int64_t *ret_changes, struct err *err)
{
    struct db *db = db_query(
        tx->db,
        SQL("INSERT INTO clock (case_id, clock, norm, norm_from_day, starts_usec, due_usec, overdue_usec, state, "
            "stopped_usec, stopped_in_time, extended, remind_usec, overdue_told, ripe_usec, outcome, basis, procedure, "
            "opened_usec) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, b.id, c.procedure, "
            "c.opened_usec FROM basis b CROSS JOIN case_file c "
            "WHERE b.calendar_hash = $16 AND b.catalogue_hash = $17 AND c.id = $1 "
            "ON CONFLICT (case_id, clock) DO UPDATE SET norm = excluded.norm, norm_from_day = excluded.norm_from_day, "
            "starts_usec = excluded.starts_usec, due_usec = excluded.due_usec, overdue_usec = excluded.overdue_usec, "
            "state = excluded.state, stopped_usec = excluded.stopped_usec, "
            "stopped_in_time = excluded.stopped_in_time, extended = excluded.extended, "
            "remind_usec = excluded.remind_usec, overdue_told = excluded.overdue_told, ripe_usec = excluded.ripe_usec, "
            "outcome = excluded.outcome, basis = excluded.basis, procedure = excluded.procedure, "
            "opened_usec = excluded.opened_usec"));
    db_put_text(db, row->case_id);
    db_put_text(db, row->clock);
    db_put_text(db, row->norm);
    db_put_int(db, row->norm_from_day);
    db_put_int(db, row->starts_usec);
    db_put_time(db, row->due_usec);
    db_put_time(db, row->overdue_usec);
    db_put_text(db, row->state);
    db_put_time(db, row->stopped_usec);
    db_put_int(db, row->stopped_in_time);
    db_put_int(db, row->extended);
    db_put_time(db, row->remind_usec);
    db_put_int(db, row->overdue_told);
    db_put_time(db, ripe_usec(row));
    db_put_int(db, strcmp(row->state, "running") == 0 ? OUTCOME_RUNNING
                   : row->stopped_in_time             ? OUTCOME_IN_TIME
                                                      : OUTCOME_LATE);
    db_put_text(db, row->calendar_hash);
    db_put_text(db, row->catalogue_hash);
    return db_run(db, ret_changes, err);
}

int store_clock_put(struct tx *tx, const struct clock_row *row, struct err *err)
{
    int64_t changes = 0;
    int rc = put(tx, row, &changes, err);
    if (rc != 0 || changes > 0)
        return rc;
    /* Nothing written: the first clock computed with this calendar and catalogue, or no such case. */
    struct db *db = db_query(tx->db, SQL("INSERT INTO basis (calendar_hash, catalogue_hash, id) "
                                         "VALUES ($1, $2, (SELECT coalesce(max(id), 0) + 1 FROM basis)) "
                                         "ON CONFLICT (calendar_hash, catalogue_hash) DO NOTHING"));
    db_put_text(db, row->calendar_hash);
    db_put_text(db, row->catalogue_hash);
    if ((rc = db_run(db, NULL, err)) != 0 || (rc = put(tx, row, &changes, err)) != 0)
        return rc;
    return changes > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "not_found", NULL);
}

int store_clock_check(struct tx *tx, struct arena *arena, const char **ret_number, struct err *err)
{
    return db_run_text(
        db_query(tx->db, SQL("SELECT c.number FROM clock k JOIN case_file c ON c.id = k.case_id "
                             "WHERE k.procedure <> c.procedure OR k.opened_usec <> c.opened_usec OR k.outcome <> "
                             "CASE WHEN k.state = 'running' THEN 0 WHEN k.stopped_in_time = 1 THEN 1 ELSE 2 END "
                             "OR k.ripe_usec IS DISTINCT FROM CASE WHEN k.state <> 'running' THEN NULL "
                             "WHEN k.overdue_told = 1 THEN k.remind_usec "
                             "WHEN k.remind_usec IS NULL OR k.remind_usec > k.overdue_usec THEN k.overdue_usec "
                             "ELSE k.remind_usec END LIMIT 1")),
        arena, ret_number, err);
}

static void read_clock(struct db *db, struct arena *arena, struct clock_row *row)
{
    row->case_id = db_text(db, 0, arena);
    row->clock = db_text(db, 1, arena);
    row->norm = db_text(db, 2, arena);
    row->norm_from_day = db_int(db, 3);
    row->starts_usec = db_int(db, 4);
    row->due_usec = db_time(db, 5);
    row->overdue_usec = db_time(db, 6);
    row->state = db_text(db, 7, arena);
    row->stopped_usec = db_time(db, 8);
    row->stopped_in_time = db_int(db, 9) != 0;
    row->extended = (int)db_int(db, 10);
    row->remind_usec = db_time(db, 11);
    row->overdue_told = db_int(db, 12) != 0;
    row->calendar_hash = db_text(db, 13, arena);
    row->catalogue_hash = db_text(db, 14, arena);
}

static int read_rows(struct db *db, struct arena *arena, struct clock_row **ret, size_t *ret_count, struct err *err)
{
    struct clock_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct clock_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        read_clock(db, arena, row);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_clock_of_case(struct tx *tx, const char *case_id, struct arena *arena, struct clock_row **ret,
                        size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " CLOCK_COLUMNS " FROM clock k JOIN basis b ON b.id = k.basis "
                                         "WHERE k.case_id = $1 ORDER BY k.starts_usec, k.clock"));
    db_put_text(db, case_id);
    return read_rows(db, arena, ret, ret_count, err);
}

int store_clock_ripe(struct tx *tx, int64_t now_usec, size_t limit, struct arena *arena, struct clock_row **ret,
                     size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " CLOCK_COLUMNS " FROM clock k JOIN basis b ON b.id = k.basis "
                                         "WHERE k.ripe_usec <= $1 ORDER BY k.ripe_usec LIMIT $2"));
    db_put_int(db, now_usec);
    db_put_int(db, (int64_t)limit);
    return read_rows(db, arena, ret, ret_count, err);
}

int store_clock_next_ripe(struct tx *tx, int64_t *ret_usec, struct err *err)
{
    return db_run_int(
        db_query(tx->db, SQL("SELECT ripe_usec FROM clock WHERE ripe_usec IS NOT NULL ORDER BY ripe_usec LIMIT 1")),
        TIME_NONE, ret_usec, err);
}

int store_clock_outdated(struct tx *tx, const char *calendar_hash, const char *catalogue_hash, size_t limit,
                         struct arena *arena, struct clock_row **ret, size_t *ret_count, struct err *err)
{
    /* CROSS JOIN: the few bases first, on SQLite. */
    struct db *db =
        db_query(tx->db, SQL("SELECT " CLOCK_COLUMNS " FROM basis b CROSS JOIN clock k WHERE k.basis = b.id "
                             "AND k.state = 'running' AND (b.calendar_hash <> $1 OR b.catalogue_hash <> $2) LIMIT $3"));
    db_put_text(db, calendar_hash);
    db_put_text(db, catalogue_hash);
    db_put_int(db, (int64_t)limit);
    return read_rows(db, arena, ret, ret_count, err);
}

static int read_owed(struct db *db, struct arena *arena, struct owed_clock **ret, size_t *ret_count, struct err *err)
{
    struct owed_clock *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct owed_clock *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        read_clock(db, arena, &row->clock);
        row->procedure = db_text(db, 15, arena);
        row->number = db_text(db, 16, arena);
        row->changed_usec = db_int(db, 17);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

#define OWED_COLUMNS "SELECT " CLOCK_COLUMNS ", c.procedure, c.number, e.at_usec "
#define OWED_ORDER "ORDER BY k.due_usec, k.case_id, k.clock LIMIT "

/* From the person's cases, by their index. */
static int owed_assigned(struct tx *tx, const char *account_id, size_t limit, struct arena *arena,
                         struct owed_clock **ret, size_t *ret_count, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL(OWED_COLUMNS "FROM case_file c CROSS JOIN clock k JOIN basis b ON b.id = k.basis "
                                          "JOIN event e ON e.leaf = c.last_leaf WHERE c.assignee = $1 "
                                          "AND c.closed_usec IS NULL AND k.case_id = c.id "
                                          "AND k.state = 'running' AND k.due_usec IS NOT NULL " OWED_ORDER "$2"));
    db_put_text(db, account_id);
    db_put_int(db, (int64_t)limit);
    return read_owed(db, arena, ret, ret_count, err);
}

/* Along the running clocks in the order of their due moments, until there are enough. */
static int owed_by_nobody(struct tx *tx, const char *const *procedures, size_t limit, struct arena *arena,
                          struct owed_clock **ret, size_t *ret_count, struct err *err)
{
    if (procedures[0] == NULL) {
        *ret = NULL;
        *ret_count = 0;
        return 0;
    }
    CLEANUP_SQL struct sql_text sql;
    sql_text_init(&sql);
    /* The empty text keeps SQLite from going by an index on the procedure. */
    sql_add(&sql, SQL(OWED_COLUMNS "FROM clock k CROSS JOIN case_file c JOIN basis b ON b.id = k.basis "
                                   "JOIN event e ON e.leaf = c.last_leaf WHERE k.state = 'running' "
                                   "AND k.due_usec IS NOT NULL AND c.id = k.case_id AND c.assignee IS NULL "
                                   "AND c.closed_usec IS NULL AND k.procedure || '' IN ("));
    for (size_t i = 0; procedures[i] != NULL; i++) {
        if (i > 0)
            sql_add(&sql, SQL(", "));
        sql_add_text(&sql, procedures[i]);
    }
    sql_add(&sql, SQL(") " OWED_ORDER));
    sql_add_int(&sql, (int64_t)limit);
    return read_owed(db_query_text(tx->db, &sql, false), arena, ret, ret_count, err);
}

static bool owed_before(const struct owed_clock *a, const struct owed_clock *b)
{
    if (a->clock.due_usec != b->clock.due_usec)
        return a->clock.due_usec < b->clock.due_usec;
    int order = strcmp(a->clock.case_id, b->clock.case_id);
    return order != 0 ? order < 0 : strcmp(a->clock.clock, b->clock.clock) < 0;
}

int store_clock_owed(struct tx *tx, const char *account_id, const char *const *procedures, size_t limit,
                     struct arena *arena, struct owed_clock **ret, size_t *ret_count, struct err *err)
{
    struct owed_clock *mine, *others, *both;
    size_t mine_count, others_count, count = 0;
    int rc = owed_assigned(tx, account_id, limit, arena, &mine, &mine_count, err);
    if (rc == 0)
        rc = owed_by_nobody(tx, procedures, limit, arena, &others, &others_count, err);
    if (rc != 0)
        return rc;
    both = ARENA_ARRAY(arena, struct owed_clock, mine_count + others_count + 1);
    if (both == NULL)
        return err_memory(err);
    for (size_t i = 0, j = 0; count < limit && (i < mine_count || j < others_count);)
        both[count++] =
            j == others_count || (i < mine_count && owed_before(&mine[i], &others[j])) ? mine[i++] : others[j++];
    *ret = both;
    *ret_count = count;
    return 0;
}

int store_case_span_figures(struct tx *tx, const char *procedure, const char *clock, const int64_t *bounds,
                            size_t count, struct span_figures *ret, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct span_figures figures = {0};
        struct db *db = db_query(tx->db, SQL("SELECT count(*) FROM case_file WHERE procedure = $1 "
                                             "AND opened_usec >= $2 AND opened_usec < $3"));
        db_put_text(db, procedure);
        db_put_int(db, bounds[i]);
        db_put_int(db, bounds[i + 1]);
        int rc = db_run_int(db, 0, &figures.received, err);
        if (rc != 0)
            return rc;
        if (figures.received > 0) {
            db = db_query(tx->db, SQL("SELECT outcome, count(*) FROM clock WHERE procedure = $1 AND clock = $2 "
                                      "AND opened_usec >= $3 AND opened_usec < $4 GROUP BY outcome"));
            db_put_text(db, procedure);
            db_put_text(db, clock);
            db_put_int(db, bounds[i]);
            db_put_int(db, bounds[i + 1]);
            while ((rc = db_step(db, err)) > 0) {
                int64_t *which = db_int(db, 0) == OUTCOME_RUNNING   ? &figures.running
                                 : db_int(db, 0) == OUTCOME_IN_TIME ? &figures.in_time
                                                                    : &figures.late;
                *which = db_int(db, 1);
            }
            db_end(db);
            if (rc < 0)
                return rc;
        }
        ret[i] = figures;
    }
    return 0;
}

int store_clock_due_figures(struct tx *tx, const char *const *procedures, const int64_t *bounds, size_t count,
                            int64_t *ret, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP_SQL struct sql_text sql;
        sql_text_init(&sql);
        sql_add(&sql, SQL("SELECT count(*) FROM clock WHERE state = 'running' AND due_usec >= "));
        sql_add_int(&sql, bounds[i]);
        sql_add(&sql, SQL(" AND due_usec < "));
        sql_add_int(&sql, bounds[i + 1]);
        if (procedures != NULL) {
            /* The empty text keeps SQLite from going by an index on the procedure. */
            sql_add(&sql, procedures[0] == NULL ? SQL(" AND 1 = 0") : SQL(" AND procedure || '' IN ("));
            for (size_t j = 0; procedures[j] != NULL; j++) {
                if (j > 0)
                    sql_add(&sql, SQL(", "));
                sql_add_text(&sql, procedures[j]);
            }
            if (procedures[0] != NULL)
                sql_add(&sql, SQL(")"));
        }
        int64_t figure;
        int rc = db_run_int(db_query_text(tx->db, &sql, false), 0, &figure, err);
        if (rc != 0)
            return rc;
        ret[i] = figure;
    }
    return 0;
}
