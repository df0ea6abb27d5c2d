/* What is held about people, as rows: the newest value alone, for what stood there before is overwritten. */
#include "store/vault_rows.h"
#include "store/db.h"

#define SUBJECTS_ARENA_BYTES ((size_t)4 << 20)

static void put_day(struct db *db, int32_t day)
{
    db_put_time(db, day == DAY_NONE ? TIME_NONE : day);
}

static int32_t day_at(struct db *db, int column)
{
    return db_null(db, column) ? DAY_NONE : (int32_t)db_int(db, column);
}

/* --- Values ------------------------------------------------------------------------------------------------------- */

#define RECORD_COLUMNS \
    "r.person, r.category, r.purpose, r.source, r.collected_usec, r.destroy_day, r.announced_usec, r.leaf"
#define RECORD_VALUES ", r.commitment, r.sealed"

static int read_record(struct db *db, bool values, struct arena *arena, struct person_record_row *ret, struct err *err)
{
    struct person_record_row row = {.person = db_int(db, 0),
                                    .category = (int)db_int(db, 1),
                                    .purpose = db_int(db, 2),
                                    .source = db_text(db, 3, arena),
                                    .collected_usec = db_int(db, 4),
                                    .destroy_day = day_at(db, 5),
                                    .announced_usec = db_time(db, 6),
                                    .leaf = db_int(db, 7)};
    if (values) {
        int rc = db_hash(db, 8, &row.commitment, err);
        if (rc != 0)
            return rc;
        row.sealed = db_blob(db, 9, arena, &row.sealed_len);
    }
    *ret = row;
    return 0;
}

static int read_records(struct db *db, bool values, struct arena *arena, struct person_record_row **ret,
                        size_t *ret_count, struct err *err)
{
    struct person_record_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct person_record_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        if ((got = read_record(db, values, arena, row, err)) < 0)
            break;
    }
    int rc = db_end_rows(db, got, arena, err);
    if (rc == 0) {
        *ret = rows;
        *ret_count = count;
    }
    return rc;
}

int store_record_put(struct tx *tx, const struct person_record_row *row, struct err *err)
{
    struct db *db = db_query(
        tx->db, SQL("INSERT INTO person_record (person, category, purpose, sealed, commitment, source, collected_usec, "
                    "destroy_day, announced_usec, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
                    "ON CONFLICT (person, category, purpose) DO UPDATE SET sealed = excluded.sealed, "
                    "commitment = excluded.commitment, source = excluded.source, "
                    "collected_usec = excluded.collected_usec, destroy_day = excluded.destroy_day, "
                    "announced_usec = excluded.announced_usec, leaf = excluded.leaf"));
    db_put_int(db, row->person);
    db_put_int(db, row->category);
    db_put_int(db, row->purpose);
    db_put_blob(db, row->sealed, row->sealed_len);
    db_put_hash(db, &row->commitment);
    db_put_text(db, row->source);
    db_put_int(db, row->collected_usec);
    put_day(db, row->destroy_day);
    db_put_time(db, row->announced_usec);
    db_put_int(db, row->leaf);
    return db_run(db, NULL, err);
}

int store_record_get(struct tx *tx, int64_t person, int category, int64_t purpose, struct arena *arena,
                     struct person_record_row *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " RECORD_COLUMNS RECORD_VALUES " FROM person_record r "
                                         "WHERE r.person = $1 AND r.category = $2 AND r.purpose = $3"));
    db_put_int(db, person);
    db_put_int(db, category);
    db_put_int(db, purpose);
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    struct person_record_row row;
    rc = read_record(db, true, arena, &row, err);
    rc = db_end_rows(db, rc, arena, err);
    if (rc == 0)
        *ret = row;
    return rc;
}

int store_records_of(struct tx *tx, int64_t person, struct arena *arena, struct person_record_row **ret,
                     size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " RECORD_COLUMNS RECORD_VALUES " FROM person_record r "
                                         "WHERE r.person = $1 ORDER BY r.category, r.purpose"));
    db_put_int(db, person);
    return read_records(db, true, arena, ret, ret_count, err);
}

int store_record_any(struct tx *tx, int64_t person, int64_t purpose, bool *ret, struct err *err)
{
    int64_t any;
    struct db *db = db_query(tx->db, SQL("SELECT 1 FROM person_record WHERE person = $1 AND purpose = $2 LIMIT 1"));
    db_put_int(db, person);
    db_put_int(db, purpose);
    int rc = db_run_int(db, 0, &any, err);
    if (rc == 0)
        *ret = any != 0;
    return rc;
}

int store_record_delete(struct tx *tx, int64_t person, int category, int64_t purpose, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("DELETE FROM person_record WHERE person = $1 AND category = $2 AND purpose = $3"));
    db_put_int(db, person);
    db_put_int(db, category);
    db_put_int(db, purpose);
    return db_run(db, NULL, err);
}

int store_record_due(struct tx *tx, int64_t person, int category, int64_t purpose, int32_t destroy_day,
                     int64_t announced_usec, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("UPDATE person_record SET destroy_day = $1, announced_usec = $2 "
                                         "WHERE person = $3 AND category = $4 AND purpose = $5"));
    put_day(db, destroy_day);
    db_put_time(db, announced_usec);
    db_put_int(db, person);
    db_put_int(db, category);
    db_put_int(db, purpose);
    return db_run(db, NULL, err);
}

int store_record_people(struct tx *tx, int64_t after, size_t limit, struct arena *arena, int64_t **ret,
                        size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT DISTINCT person FROM person_record WHERE person > $1 "
                                         "ORDER BY person LIMIT $2"));
    db_put_int(db, after);
    db_put_int(db, (int64_t)limit);
    int64_t *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        int64_t *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        *row = db_int(db, 0);
    }
    int rc = db_end_rows(db, got, arena, err);
    if (rc == 0) {
        *ret = rows;
        *ret_count = count;
    }
    return rc;
}

int store_records_to_announce(struct tx *tx, int32_t until_day, size_t limit, struct arena *arena,
                              struct person_record_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " RECORD_COLUMNS " FROM person_record r "
                                         "WHERE r.destroy_day <= $1 AND r.announced_usec IS NULL "
                                         "ORDER BY r.destroy_day, r.person, r.category, r.purpose LIMIT $2"));
    db_put_int(db, until_day);
    db_put_int(db, (int64_t)limit);
    return read_records(db, false, arena, ret, ret_count, err);
}

int store_records_over(struct tx *tx, int32_t before_day, int64_t announced_usec, size_t limit, struct arena *arena,
                       struct person_record_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " RECORD_COLUMNS " FROM person_record r "
                                         "JOIN person p ON p.serial = r.person WHERE r.destroy_day < $1 "
                                         "AND r.announced_usec <= $2 AND p.blocks = 0 AND p.holds = 0 "
                                         "ORDER BY r.destroy_day, r.person, r.category, r.purpose LIMIT $3"));
    db_put_int(db, before_day);
    db_put_int(db, announced_usec);
    db_put_int(db, (int64_t)limit);
    return read_records(db, false, arena, ret, ret_count, err);
}

int store_records_announced(struct tx *tx, size_t limit, struct arena *arena, struct person_record_row **ret,
                            size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " RECORD_COLUMNS " FROM person_record r "
                                         "WHERE r.destroy_day IS NOT NULL AND r.announced_usec IS NOT NULL "
                                         "ORDER BY r.destroy_day, r.person, r.category, r.purpose LIMIT $1"));
    db_put_int(db, (int64_t)limit);
    return read_records(db, false, arena, ret, ret_count, err);
}

int store_records_announced_count(struct tx *tx, int32_t until_day, int64_t limit, int64_t *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT count(*) FROM (SELECT 1 AS one FROM person_record "
                                         "WHERE destroy_day <= $1 AND announced_usec IS NOT NULL LIMIT $2) AS found"));
    db_put_int(db, until_day);
    db_put_int(db, limit);
    return db_run_int(db, 0, ret, err);
}

/* --- Legal holds -------------------------------------------------------------------------------------------------- */

int store_hold_insert(struct tx *tx, const struct legal_hold_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO legal_hold (leaf, person, norm, reason, until_day, lifted_usec) "
                                         "VALUES ($1, $2, $3, $4, $5, $6)"));
    db_put_int(db, row->leaf);
    db_put_int(db, row->person);
    db_put_text(db, row->norm);
    db_put_text(db, row->reason);
    put_day(db, row->until_day);
    db_put_time(db, row->lifted_usec);
    return db_run(db, NULL, err);
}

int store_hold_lift(struct tx *tx, int64_t leaf, int64_t at_usec, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("UPDATE legal_hold SET lifted_usec = $1 WHERE leaf = $2"));
    db_put_int(db, at_usec);
    db_put_int(db, leaf);
    return db_run(db, NULL, err);
}

static int read_holds(struct db *db, struct arena *arena, struct legal_hold_row **ret, size_t *ret_count,
                      struct err *err)
{
    struct legal_hold_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct legal_hold_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        *row = (struct legal_hold_row){.leaf = db_int(db, 0),
                                       .person = db_int(db, 1),
                                       .norm = db_text(db, 2, arena),
                                       .reason = db_text(db, 3, arena),
                                       .until_day = day_at(db, 4),
                                       .lifted_usec = db_time(db, 5)};
    }
    int rc = db_end_rows(db, got, arena, err);
    if (rc == 0) {
        *ret = rows;
        *ret_count = count;
    }
    return rc;
}

int store_holds_of(struct tx *tx, int64_t person, struct arena *arena, struct legal_hold_row **ret, size_t *ret_count,
                   struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT leaf, person, norm, reason, until_day, lifted_usec FROM legal_hold "
                                         "WHERE person = $1 ORDER BY leaf"));
    db_put_int(db, person);
    return read_holds(db, arena, ret, ret_count, err);
}

int store_holds_over(struct tx *tx, int32_t before_day, size_t limit, struct arena *arena, struct legal_hold_row **ret,
                     size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT leaf, person, norm, reason, until_day, lifted_usec FROM legal_hold "
                                         "WHERE lifted_usec IS NULL AND until_day < $1 ORDER BY leaf LIMIT $2"));
    db_put_int(db, before_day);
    db_put_int(db, (int64_t)limit);
    return read_holds(db, arena, ret, ret_count, err);
}

/* --- Destruction -------------------------------------------------------------------------------------------------- */

#define DESTRUCTION_COLUMNS "leaf, person, purpose, case_id, ground, state, changed_usec, told"

int store_destruction_insert(struct tx *tx, const struct destruction_row *row, struct err *err)
{
    struct db *db = db_query(
        tx->db, SQL("INSERT INTO destruction (" DESTRUCTION_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"));
    db_put_int(db, row->leaf);
    db_put_int(db, row->person);
    db_put_int(db, row->purpose);
    db_put_text(db, row->case_id);
    db_put_text(db, row->ground);
    db_put_text(db, row->state);
    db_put_int(db, row->changed_usec);
    db_put_text(db, row->told);
    return db_run(db, NULL, err);
}

int store_destruction_move(struct tx *tx, int64_t leaf, const char *from, const char *to, const char *told,
                           int64_t now_usec, bool *ret_moved, struct err *err)
{
    int64_t changes;
    struct db *db = db_query(tx->db, SQL("UPDATE destruction SET state = $1, told = $2, changed_usec = $3 "
                                         "WHERE leaf = $4 AND state = $5"));
    db_put_text(db, to);
    db_put_text(db, told);
    db_put_int(db, now_usec);
    db_put_int(db, leaf);
    db_put_text(db, from);
    int rc = db_run(db, &changes, err);
    if (rc == 0)
        *ret_moved = changes > 0;
    return rc;
}

static int read_destructions(struct db *db, struct arena *arena, struct destruction_row **ret, size_t *ret_count,
                             struct err *err)
{
    struct destruction_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct destruction_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        *row = (struct destruction_row){.leaf = db_int(db, 0),
                                        .person = db_int(db, 1),
                                        .purpose = db_int(db, 2),
                                        .case_id = db_text(db, 3, arena),
                                        .ground = db_text(db, 4, arena),
                                        .state = db_text(db, 5, arena),
                                        .changed_usec = db_int(db, 6),
                                        .told = db_text(db, 7, arena)};
    }
    int rc = db_end_rows(db, got, arena, err);
    if (rc == 0) {
        *ret = rows;
        *ret_count = count;
    }
    return rc;
}

int store_destructions_of(struct tx *tx, int64_t person, struct arena *arena, struct destruction_row **ret,
                          size_t *ret_count, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("SELECT " DESTRUCTION_COLUMNS " FROM destruction WHERE person = $1 ORDER BY leaf DESC"));
    db_put_int(db, person);
    return read_destructions(db, arena, ret, ret_count, err);
}

int store_destructions_in(struct tx *tx, const char *state, size_t limit, struct arena *arena,
                          struct destruction_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("SELECT " DESTRUCTION_COLUMNS " FROM destruction "
                             "WHERE state <> 'done' AND state = $1 AND (state <> 'intended' OR EXISTS "
                             "(SELECT 1 FROM person p WHERE p.serial = person AND p.holds = 0 AND p.blocks = 0)) "
                             "ORDER BY leaf LIMIT $2"));
    db_put_text(db, state);
    db_put_int(db, (int64_t)limit);
    return read_destructions(db, arena, ret, ret_count, err);
}

int store_destructions_unfinished(struct tx *tx, size_t limit, struct arena *arena, struct destruction_row **ret,
                                  size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " DESTRUCTION_COLUMNS " FROM destruction "
                                         "WHERE state <> 'done' ORDER BY leaf LIMIT $1"));
    db_put_int(db, (int64_t)limit);
    return read_destructions(db, arena, ret, ret_count, err);
}

int store_destructions_open(struct tx *tx, bool *ret, struct err *err)
{
    int64_t open;
    int rc =
        db_run_int(db_query(tx->db, SQL("SELECT 1 FROM destruction WHERE state <> 'done' LIMIT 1")), 0, &open, err);
    if (rc == 0)
        *ret = open != 0;
    return rc;
}

/* Runs a statement whose one value is the person's number, or (`subject_id`) their id. */
static int run_of(struct tx *tx, const struct sql *sql, int64_t person, const char *subject_id, struct err *err)
{
    struct db *db = db_query(tx->db, sql);
    if (subject_id != NULL)
        db_put_text(db, subject_id);
    else
        db_put_int(db, person);
    return db_run(db, NULL, err);
}

/* The person's own subject and those of cases that were found to be theirs (person_case): what came by a public form
 * lies under a key of its own. Not one under which a case of somebody else lies as well. */
static int subjects_of(struct tx *tx, int64_t person, struct arena *arena, const char ***ret, size_t *ret_count,
                       struct err *err)
{
    struct db *db = db_query(
        tx->db, SQL("SELECT subject_id FROM person WHERE serial = $1 UNION "
                    "SELECT c.subject_id FROM person_case k JOIN case_file c ON c.id = k.case_id "
                    "WHERE k.person = $2 AND c.subject_id NOT IN (SELECT p.subject_id FROM person p) AND NOT EXISTS "
                    "(SELECT 1 FROM case_file o JOIN person_case x ON x.case_id = o.id "
                    "WHERE o.subject_id = c.subject_id AND x.person <> k.person)"));
    const char **ids = NULL;
    size_t count = 0, room = 0;
    int got;
    db_put_int(db, person);
    db_put_int(db, person);
    while ((got = db_step(db, err)) > 0) {
        const char **id = ROWS_ADD(arena, ids, count, room);
        if (id == NULL)
            break;
        *id = db_text(db, 0, arena);
    }
    int rc = db_end_rows(db, got, arena, err);
    if (rc == 0) {
        *ret = ids;
        *ret_count = count;
    }
    return rc;
}

static int destroy_subject(struct tx *tx, const char *subject_id, struct err *err)
{
    int rc = run_of(tx, SQL("UPDATE subject SET wrapped_key = NULL WHERE id = $1"), 0, subject_id, err);
    /* Also codes that were asked for by their address and that nobody has looked up yet. */
    if (rc == 0)
        rc = run_of(tx,
                    SQL("DELETE FROM person_code WHERE lookup IN "
                        "(SELECT lookup FROM subject_lookup WHERE subject_id = $1)"),
                    0, subject_id, err);
    if (rc == 0)
        rc = run_of(tx, SQL("DELETE FROM subject_lookup WHERE subject_id = $1"), 0, subject_id, err);
    if (rc == 0)
        rc = run_of(tx, SQL("UPDATE case_file SET sealed = NULL WHERE subject_id = $1"), 0, subject_id, err);
    if (rc == 0)
        rc = run_of(tx,
                    SQL("UPDATE attachment SET sealed = NULL, sealed_name = NULL "
                        "WHERE case_id IN (SELECT id FROM case_file WHERE subject_id = $1)"),
                    0, subject_id, err);
    return rc;
}

int store_person_destroy(struct tx *tx, int64_t person, int64_t now_usec, struct err *err)
{
    struct arena arena __attribute__((cleanup(arena_done)));
    const char **subjects;
    size_t count;
    arena_init(&arena, SUBJECTS_ARENA_BYTES);
    int rc = subjects_of(tx, person, &arena, &subjects, &count, err);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = destroy_subject(tx, subjects[i], err);
    if (rc == 0)
        rc = run_of(tx, SQL("DELETE FROM person_session WHERE person = $1"), person, NULL, err);
    if (rc == 0)
        rc = run_of(tx, SQL("DELETE FROM person_code WHERE person = $1"), person, NULL, err);
    if (rc == 0)
        rc = run_of(tx, SQL("DELETE FROM person_record WHERE person = $1"), person, NULL, err);
    if (rc != 0)
        return rc;
    struct db *db =
        db_query(tx->db, SQL("UPDATE person SET id = NULL, key64 = 0, destroyed_usec = $1 WHERE serial = $2"));
    db_put_int(db, now_usec);
    db_put_int(db, person);
    return db_run(db, NULL, err);
}

static int subject_remains(struct tx *tx, const char *subject_id, int64_t *ret, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("SELECT (SELECT count(*) FROM subject s WHERE s.id = w.id AND s.wrapped_key IS NOT NULL) "
                             "+ (SELECT count(*) FROM subject_lookup l WHERE l.subject_id = w.id) "
                             "+ (SELECT count(*) FROM case_file c WHERE c.subject_id = w.id AND c.sealed IS NOT NULL) "
                             "+ (SELECT count(*) FROM case_file c JOIN attachment a ON a.case_id = c.id "
                             "WHERE c.subject_id = w.id AND a.sealed IS NOT NULL) "
                             "FROM (SELECT id FROM subject WHERE id = $1) AS w"));
    db_put_text(db, subject_id);
    return db_run_int(db, 0, ret, err);
}

int store_person_remains(struct tx *tx, int64_t person, int64_t *ret, struct err *err)
{
    struct arena arena __attribute__((cleanup(arena_done)));
    const char **subjects;
    size_t count;
    int64_t remains = 0, some = 0;
    arena_init(&arena, SUBJECTS_ARENA_BYTES);
    int rc = subjects_of(tx, person, &arena, &subjects, &count, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = subject_remains(tx, subjects[i], &some, err);
        remains += some;
    }
    if (rc != 0)
        return rc;
    struct db *db =
        db_query(tx->db, SQL("SELECT (SELECT count(*) FROM person_session s WHERE s.person = p.serial) "
                             "+ (SELECT count(*) FROM person_code c WHERE c.person = p.serial) "
                             "+ (SELECT count(*) FROM person_record r WHERE r.person = p.serial) "
                             "+ (SELECT count(*) FROM consent c WHERE c.person = p.serial AND c.ended_usec IS NULL) "
                             "+ (CASE WHEN p.id IS NULL AND p.key64 = 0 THEN 0 ELSE 1 END) "
                             "FROM person p WHERE p.serial = $1"));
    db_put_int(db, person);
    rc = db_run_int(db, 0, &some, err);
    if (rc == 0)
        *ret = remains + some;
    return rc;
}

/* Those of one subject, added to what is there. */
static int add_prints(struct tx *tx, const char *subject_id, struct arena *arena, uint64_t **prints, size_t *count,
                      size_t *room, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT wrapped_key FROM subject WHERE id = $1 AND wrapped_key IS NOT NULL "
                                         "UNION ALL SELECT lookup FROM subject_lookup WHERE subject_id = $2"));
    int got;
    db_put_text(db, subject_id);
    db_put_text(db, subject_id);
    while ((got = db_step(db, err)) > 0) {
        size_t bytes;
        const void *blob = db_blob(db, 0, arena, &bytes);
        uint64_t *print = blob == NULL ? NULL : ROWS_ADD(arena, *prints, *count, *room);
        if (print == NULL)
            break;
        if (bytes >= STORE_PRINT_BYTES)
            *print = store_print(blob);
        else
            --*count;
    }
    return db_end_rows(db, got, arena, err);
}

int store_person_prints(struct tx *tx, int64_t person, struct arena *arena, uint64_t **ret, size_t *ret_count,
                        struct err *err)
{
    const char **subjects;
    uint64_t *prints = NULL;
    size_t subject_count, count = 0, room = 0;
    int rc = subjects_of(tx, person, arena, &subjects, &subject_count, err);
    for (size_t i = 0; rc == 0 && i < subject_count; i++)
        rc = add_prints(tx, subjects[i], arena, &prints, &count, &room, err);
    if (rc == 0) {
        *ret = prints;
        *ret_count = count;
    }
    return rc;
}

int store_prints_drop_known(struct tx *tx, uint64_t *prints, size_t *count, struct err *err)
{
    struct arena arena __attribute__((cleanup(arena_done)));
    struct db *db =
        db_query_stream(tx->db, SQL("SELECT lookup FROM subject_lookup UNION ALL SELECT lookup FROM person_code"));
    int got;
    arena_init(&arena, SUBJECTS_ARENA_BYTES);
    while ((got = db_step(db, err)) > 0) {
        size_t bytes;
        arena_reset(&arena);
        const void *lookup = db_blob(db, 0, &arena, &bytes);
        if (lookup == NULL || bytes < STORE_PRINT_BYTES)
            break;
        uint64_t print = store_print(lookup);
        for (size_t i = *count; i-- > 0;)
            if (prints[i] == print)
                prints[i] = prints[--*count];
    }
    return db_end_rows(db, got, &arena, err);
}

/* --- Copies of the store ------------------------------------------------------------------------------------------ */

int store_backup_row_insert(struct tx *tx, const struct backup_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO backup_made (id, at_usec, kept_until_usec, removed_usec) "
                                         "VALUES ($1, $2, $3, $4)"));
    db_put_text(db, row->id);
    db_put_int(db, row->at_usec);
    db_put_int(db, row->kept_until_usec);
    db_put_time(db, row->removed_usec);
    return db_run(db, NULL, err);
}

int store_backup_row_gone(struct tx *tx, const char *id, int64_t at_usec, bool *ret_found, struct err *err)
{
    int64_t changes;
    struct db *db =
        db_query(tx->db, SQL("UPDATE backup_made SET removed_usec = $1 WHERE id = $2 AND removed_usec IS NULL"));
    db_put_int(db, at_usec);
    db_put_text(db, id);
    int rc = db_run(db, &changes, err);
    if (rc == 0)
        *ret_found = changes > 0;
    return rc;
}

int store_backup_rows(struct tx *tx, int64_t until_usec, struct arena *arena, struct backup_row **ret,
                      size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT id, at_usec, kept_until_usec, removed_usec FROM backup_made "
                                         "WHERE removed_usec IS NULL AND at_usec <= $1 ORDER BY at_usec, id"));
    db_put_int(db, until_usec);
    struct backup_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct backup_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        *row = (struct backup_row){.id = db_text(db, 0, arena),
                                   .at_usec = db_int(db, 1),
                                   .kept_until_usec = db_int(db, 2),
                                   .removed_usec = db_time(db, 3)};
    }
    int rc = db_end_rows(db, got, arena, err);
    if (rc == 0) {
        *ret = rows;
        *ret_count = count;
    }
    return rc;
}
