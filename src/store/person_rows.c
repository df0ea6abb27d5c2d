/* People as rows. The highest serial number is asked for under the writer's turn, of which there is one at a time on
 * either engine; people are never deleted, so that numbers have no gaps. */
#include "store/person_rows.h"
#include "store/db.h"

#define SCAN_BYTES_MAX ((size_t)64 * 1024)

int store_person_count(struct tx *tx, int64_t *ret, struct err *err)
{
    return db_run_int(db_query(tx->db, SQL("SELECT max(serial) FROM person")), 0, ret, err);
}

static void put_day(struct db *db, int32_t day)
{
    db_put_time(db, day == INT32_MIN ? TIME_NONE : day);
}

static int32_t get_day(struct db *db, int column)
{
    return db_null(db, column) ? INT32_MIN : (int32_t)db_int(db, column);
}

int store_person_insert(struct tx *tx, struct person_row *row, struct err *err)
{
    int64_t newest, changes = 0;
    int rc = store_person_count(tx, &newest, err);
    if (rc != 0)
        return rc;
    struct db *db =
        db_query(tx->db, SQL("INSERT INTO person (serial, subject_id, id, key64, created_usec, adult_day, blocks, "
                             "holds, destroyed_usec) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
                             "ON CONFLICT DO NOTHING"));
    db_put_int(db, newest + 1);
    db_put_text(db, row->subject_id);
    db_put_text(db, row->id);
    db_put_int(db, (int64_t)row->key64);
    db_put_int(db, row->created_usec);
    put_day(db, row->adult_day);
    db_put_int(db, row->blocks);
    db_put_int(db, row->holds);
    db_put_time(db, row->destroyed_usec);
    rc = db_run(db, &changes, err);
    if (rc != 0)
        return rc;
    if (changes == 0)
        return err_set(err, ERR_CONFLICT, "person_taken", NULL);
    row->serial = newest + 1;
    return 0;
}

int store_person_update(struct tx *tx, const struct person_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("UPDATE person SET id = $1, key64 = $2, adult_day = $3, blocks = $4, "
                                         "holds = $5, destroyed_usec = $6 WHERE serial = $7"));
    db_put_text(db, row->id);
    db_put_int(db, (int64_t)row->key64);
    put_day(db, row->adult_day);
    db_put_int(db, row->blocks);
    db_put_int(db, row->holds);
    db_put_time(db, row->destroyed_usec);
    db_put_int(db, row->serial);
    return db_run(db, NULL, err);
}

/* The columns in the order of the struct; `arena` NULL: without texts. */
static void read_person(struct db *db, struct arena *arena, struct person_row *ret)
{
    *ret = (struct person_row){.serial = db_int(db, 0),
                               .subject_id = db_text(db, 1, arena),
                               .id = db_text(db, 2, arena),
                               .key64 = (uint64_t)db_int(db, 3),
                               .created_usec = db_int(db, 4),
                               .adult_day = get_day(db, 5),
                               .blocks = db_int(db, 6),
                               .holds = db_int(db, 7),
                               .destroyed_usec = db_time(db, 8)};
}

static int one_person(struct db *db, struct arena *arena, struct person_row *ret, bool *ret_found, struct err *err)
{
    struct person_row row;
    int got = db_step(db, err);
    if (got > 0)
        read_person(db, arena, &row);
    int rc = db_end_rows(db, got, arena, err);
    if (rc != 0)
        return rc;
    *ret_found = got > 0;
    if (got > 0)
        *ret = row;
    return 0;
}

#define PERSON_COLUMNS "serial, subject_id, id, key64, created_usec, adult_day, blocks, holds, destroyed_usec"

int store_person_by_serial(struct tx *tx, int64_t serial, struct arena *arena, struct person_row *ret, bool *ret_found,
                           struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " PERSON_COLUMNS " FROM person WHERE serial = $1"));
    db_put_int(db, serial);
    return one_person(db, arena, ret, ret_found, err);
}

int store_person_by_subject(struct tx *tx, const char *subject_id, struct arena *arena, struct person_row *ret,
                            bool *ret_found, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " PERSON_COLUMNS " FROM person WHERE subject_id = $1"));
    db_put_text(db, subject_id);
    return one_person(db, arena, ret, ret_found, err);
}

int store_person_by_id(struct tx *tx, const char *id, struct arena *arena, struct person_row *ret, bool *ret_found,
                       struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " PERSON_COLUMNS " FROM person WHERE id = $1"));
    db_put_text(db, id);
    return one_person(db, arena, ret, ret_found, err);
}

int store_person_scan(struct tx *tx, int64_t from, int64_t until,
                      int (*each)(const struct person_row *row, void *arg, struct err *err), void *arg, struct err *err)
{
    struct db *db = db_query_stream(
        tx->db, SQL("SELECT " PERSON_COLUMNS " FROM person WHERE serial >= $1 AND serial < $2 ORDER BY serial"));
    struct arena arena;
    int stopped = 0;

    db_put_int(db, from);
    db_put_int(db, until);
    arena_init(&arena, SCAN_BYTES_MAX);
    while (db_next(db, &stopped, err)) {
        struct person_row row;
        arena_reset(&arena);
        read_person(db, &arena, &row);
        stopped = arena.overflowed ? err_memory(err) : each(&row, arg, err);
    }
    db_end(db);
    arena_done(&arena);
    return stopped;
}

int store_person_brief_scan(struct tx *tx, int64_t from, int64_t until,
                            int (*each)(const struct person_brief *row, void *arg, struct err *err), void *arg,
                            struct err *err)
{
    struct db *db = db_query_stream(tx->db, SQL("SELECT serial, key64, adult_day, blocks, holds, destroyed_usec "
                                                "FROM person WHERE serial >= $1 AND serial < $2 ORDER BY serial"));
    int stopped = 0;

    db_put_int(db, from);
    db_put_int(db, until);
    while (db_next(db, &stopped, err)) {
        struct person_brief row;
        row = (struct person_brief){.serial = db_int(db, 0),
                                    .key64 = (uint64_t)db_int(db, 1),
                                    .adult_day = get_day(db, 2),
                                    .blocked = db_int(db, 3) > 0,
                                    .held = db_int(db, 4) > 0,
                                    .destroyed = !db_null(db, 5)};
        stopped = each(&row, arg, err);
    }
    db_end(db);
    return stopped;
}

int store_person_adult_scan(struct tx *tx, int32_t after_day, int32_t until_day,
                            int (*each)(int64_t serial, void *arg, struct err *err), void *arg, struct err *err)
{
    struct db *db = db_query_stream(tx->db, SQL("SELECT serial FROM person WHERE adult_day > $1 AND adult_day <= $2"));
    int stopped = 0;

    db_put_int(db, after_day);
    db_put_int(db, until_day);
    while (db_next(db, &stopped, err))
        stopped = each(db_int(db, 0), arg, err);
    db_end(db);
    return stopped;
}

/* --- What changed --------------------------------------------------------------------------------------------------
 */

int store_person_change_put(struct tx *tx, int64_t leaf, int64_t person, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO person_change (leaf, person) VALUES ($1, $2) "
                                         "ON CONFLICT (leaf, person) DO NOTHING"));
    db_put_int(db, leaf);
    db_put_int(db, person);
    return db_run(db, NULL, err);
}

int store_person_change_scan(struct tx *tx, int64_t from_leaf,
                             int (*each)(int64_t leaf, int64_t person, void *arg, struct err *err), void *arg,
                             struct err *err)
{
    struct db *db =
        db_query_stream(tx->db, SQL("SELECT leaf, person FROM person_change WHERE leaf >= $1 ORDER BY leaf, person"));
    int stopped = 0;

    db_put_int(db, from_leaf);
    while (db_next(db, &stopped, err))
        stopped = each(db_int(db, 0), db_int(db, 1), arg, err);
    db_end(db);
    return stopped;
}

int store_person_events(struct tx *tx, int64_t person, int64_t before_leaf, size_t limit, struct arena *arena,
                        struct event_row **ret, size_t *ret_count, struct err *err)
{
    struct event_row *rows = NULL;
    size_t count = 0, room = 0;
    int got, rc = 0;
    struct db *db = db_query(
        tx->db, SQL("SELECT e.leaf, e.at_usec, e.kind, e.case_id, e.account_id, e.body, e.subject_id, e.sealed, "
                    "e.leaf_hash FROM (SELECT leaf FROM (SELECT leaf FROM person_change WHERE person = $1 "
                    "AND leaf < $2 ORDER BY leaf DESC LIMIT $3) a UNION SELECT leaf FROM (SELECT leaf FROM consent "
                    "WHERE person = $1 AND leaf < $2 ORDER BY leaf DESC LIMIT $3) b) c "
                    "JOIN event e ON e.leaf = c.leaf ORDER BY e.leaf DESC LIMIT $3"));
    db_put_int(db, person);
    db_put_int(db, before_leaf > 0 ? before_leaf : INT64_MAX);
    db_put_int(db, (int64_t)limit);
    while (rc == 0 && (got = db_step(db, err)) != 0) {
        struct event_row *row = got > 0 ? ROWS_ADD(arena, rows, count, room) : NULL;
        if (row == NULL) {
            rc = got < 0 ? got : 0;
            break;
        }
        row->leaf = db_int(db, 0);
        row->at_usec = db_int(db, 1);
        row->kind = db_text(db, 2, arena);
        row->case_id = db_text(db, 3, arena);
        row->account_id = db_text(db, 4, arena);
        row->body = db_blob(db, 5, arena, &row->body_len);
        row->subject_id = db_text(db, 6, arena);
        row->sealed = db_blob(db, 7, arena, &row->sealed_len);
        rc = db_hash(db, 8, &row->leaf_hash, err);
    }
    rc = db_end_rows(db, rc, arena, err);
    if (rc != 0)
        return rc;
    *ret = rows;
    *ret_count = count;
    return 0;
}

/* --- Whose case ----------------------------------------------------------------------------------------------------
 */

int store_person_case_insert(struct tx *tx, const struct person_case_row *row, struct err *err)
{
    int64_t changes = 0;
    struct db *db = db_query(tx->db, SQL("INSERT INTO person_case (case_id, person, how, leaf) VALUES ($1, $2, $3, $4) "
                                         "ON CONFLICT (case_id) DO NOTHING"));
    db_put_text(db, row->case_id);
    db_put_int(db, row->person);
    db_put_text(db, row->how);
    db_put_int(db, row->leaf);
    int rc = db_run(db, &changes, err);
    if (rc == 0 && changes == 0)
        rc = err_set(err, ERR_CONFLICT, "case_identified", NULL);
    return rc;
}

static void read_person_case(struct db *db, struct arena *arena, struct person_case_row *ret)
{
    *ret = (struct person_case_row){
        .case_id = db_text(db, 0, arena), .person = db_int(db, 1), .how = db_text(db, 2, arena), .leaf = db_int(db, 3)};
}

int store_person_case_get(struct tx *tx, const char *case_id, struct arena *arena, struct person_case_row *ret,
                          bool *ret_found, struct err *err)
{
    struct person_case_row row;
    struct db *db = db_query(tx->db, SQL("SELECT case_id, person, how, leaf FROM person_case WHERE case_id = $1"));
    db_put_text(db, case_id);
    int got = db_step(db, err);
    if (got > 0)
        read_person_case(db, arena, &row);
    int rc = db_end_rows(db, got, arena, err);
    if (rc != 0)
        return rc;
    *ret_found = got > 0;
    if (got > 0)
        *ret = row;
    return 0;
}

int store_person_case_of(struct tx *tx, int64_t person, size_t limit, struct arena *arena, struct person_case_row **ret,
                         size_t *ret_count, struct err *err)
{
    struct person_case_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    struct db *db = db_query(tx->db, SQL("SELECT case_id, person, how, leaf FROM person_case WHERE person = $1 "
                                         "ORDER BY leaf DESC LIMIT $2"));
    db_put_int(db, person);
    db_put_int(db, (int64_t)limit);
    while ((got = db_step(db, err)) > 0) {
        struct person_case_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        read_person_case(db, arena, row);
    }
    int rc = db_end_rows(db, got, arena, err);
    if (rc != 0)
        return rc;
    *ret = rows;
    *ret_count = count;
    return 0;
}

/* --- Objections ----------------------------------------------------------------------------------------------------
 */

int store_objection_put(struct tx *tx, const struct objection_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO objection (case_id, person, purpose, state, leaf) "
                                         "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (case_id) DO UPDATE SET "
                                         "person = excluded.person, purpose = excluded.purpose, "
                                         "state = excluded.state, leaf = excluded.leaf"));
    db_put_text(db, row->case_id);
    db_put_int(db, row->person);
    db_put_int(db, row->purpose);
    db_put_text(db, row->state);
    db_put_int(db, row->leaf);
    return db_run(db, NULL, err);
}

static void read_objection(struct db *db, struct arena *arena, struct objection_row *ret)
{
    *ret = (struct objection_row){.case_id = db_text(db, 0, arena),
                                  .person = db_int(db, 1),
                                  .purpose = db_int(db, 2),
                                  .state = db_text(db, 3, arena),
                                  .leaf = db_int(db, 4)};
}

int store_objection_get(struct tx *tx, const char *case_id, struct arena *arena, struct objection_row *ret,
                        bool *ret_found, struct err *err)
{
    struct objection_row row;
    struct db *db =
        db_query(tx->db, SQL("SELECT case_id, person, purpose, state, leaf FROM objection WHERE case_id = $1"));
    db_put_text(db, case_id);
    int got = db_step(db, err);
    if (got > 0)
        read_objection(db, arena, &row);
    int rc = db_end_rows(db, got, arena, err);
    if (rc != 0)
        return rc;
    *ret_found = got > 0;
    if (got > 0)
        *ret = row;
    return 0;
}

int store_objection_of(struct tx *tx, int64_t person, struct arena *arena, struct objection_row **ret,
                       size_t *ret_count, struct err *err)
{
    struct objection_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    struct db *db = db_query(tx->db, SQL("SELECT case_id, person, purpose, state, leaf FROM objection "
                                         "WHERE person = $1 ORDER BY leaf DESC, case_id"));
    db_put_int(db, person);
    while ((got = db_step(db, err)) > 0) {
        struct objection_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        read_objection(db, arena, row);
    }
    int rc = db_end_rows(db, got, arena, err);
    if (rc != 0)
        return rc;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_objection_scan(struct tx *tx, int (*each)(const struct objection_row *row, void *arg, struct err *err),
                         void *arg, struct err *err)
{
    struct db *db = db_query_stream(
        tx->db, SQL("SELECT case_id, person, purpose, state, leaf FROM objection ORDER BY person, case_id"));
    struct arena arena;
    int stopped = 0;

    arena_init(&arena, SCAN_BYTES_MAX);
    while (db_next(db, &stopped, err)) {
        struct objection_row row;
        arena_reset(&arena);
        read_objection(db, &arena, &row);
        stopped = arena.overflowed ? err_memory(err) : each(&row, arg, err);
    }
    db_end(db);
    arena_done(&arena);
    return stopped;
}

/* --- Acknowledgements ----------------------------------------------------------------------------------------------
 */

int store_acknowledgement_put(struct tx *tx, const struct acknowledgement_row *row, bool *ret_new, struct err *err)
{
    int64_t changes = 0;
    struct db *db = db_query(tx->db, SQL("INSERT INTO acknowledgement (person, policy, version, lang, at_usec, leaf) "
                                         "VALUES ($1, $2, $3, $4, $5, $6) "
                                         "ON CONFLICT (person, policy, version) DO NOTHING"));
    db_put_int(db, row->person);
    db_put_int(db, row->policy);
    db_put_int(db, row->version);
    db_put_text(db, row->lang);
    db_put_int(db, row->at_usec);
    db_put_int(db, row->leaf);
    int rc = db_run(db, &changes, err);
    if (rc == 0)
        *ret_new = changes > 0;
    return rc;
}

static void read_acknowledgement(struct db *db, struct arena *arena, struct acknowledgement_row *ret)
{
    *ret = (struct acknowledgement_row){.person = db_int(db, 0),
                                        .policy = db_int(db, 1),
                                        .version = db_int(db, 2),
                                        .lang = db_text(db, 3, arena),
                                        .at_usec = db_int(db, 4),
                                        .leaf = db_int(db, 5)};
}

int store_acknowledgement_of(struct tx *tx, int64_t person, struct arena *arena, struct acknowledgement_row **ret,
                             size_t *ret_count, struct err *err)
{
    struct acknowledgement_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    struct db *db = db_query(tx->db, SQL("SELECT person, policy, version, lang, at_usec, leaf FROM acknowledgement "
                                         "WHERE person = $1 ORDER BY leaf DESC"));
    db_put_int(db, person);
    while ((got = db_step(db, err)) > 0) {
        struct acknowledgement_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        read_acknowledgement(db, arena, row);
    }
    int rc = db_end_rows(db, got, arena, err);
    if (rc != 0)
        return rc;
    *ret = rows;
    *ret_count = count;
    return 0;
}
