/* Consents as rows. Those that are read by the million are read without their texts, one statement for all. */
#include "store/consent_rows.h"
#include "store/db.h"

#define SCAN_BYTES_MAX ((size_t)64 * 1024)

int store_consent_insert(struct tx *tx, const struct consent_row *row, struct err *err)
{
    struct db *db = db_query(
        tx->db, SQL("INSERT INTO consent (leaf, person, purpose, purpose_version, categories, given, stands, "
                    "recipients, from_sec, until_sec, given_usec, ended_usec, ended, text, way, by_representative) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"));
    db_put_int(db, row->leaf);
    db_put_int(db, row->person);
    db_put_int(db, row->purpose);
    db_put_int(db, row->purpose_version);
    db_put_int(db, (int64_t)row->categories);
    db_put_int(db, row->given);
    db_put_int(db, row->stands);
    db_put_int(db, row->recipients);
    db_put_int(db, row->from_sec);
    db_put_time(db, row->until_sec == INT64_MAX ? TIME_NONE : row->until_sec);
    db_put_int(db, row->given_usec);
    db_put_time(db, row->ended_usec);
    db_put_text(db, row->ended);
    db_put_int(db, row->text);
    db_put_text(db, row->way);
    db_put_int(db, row->by_representative);
    return db_run(db, NULL, err);
}

int store_consent_update(struct tx *tx, int64_t leaf, unsigned stands, int64_t ended_usec, const char *ended,
                         struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("UPDATE consent SET stands = $1, ended_usec = $2, ended = $3 WHERE leaf = $4"));
    db_put_int(db, stands);
    db_put_time(db, ended_usec);
    db_put_text(db, ended);
    db_put_int(db, leaf);
    return db_run(db, NULL, err);
}

#define CONSENT_COLUMNS                                                                                    \
    "leaf, person, purpose, purpose_version, categories, given, stands, recipients, from_sec, until_sec, " \
    "given_usec, ended_usec, ended, text, way, by_representative"

static int64_t until_of(struct db *db, int column)
{
    return db_null(db, column) ? INT64_MAX : db_int(db, column);
}

static void read_consent(struct db *db, struct arena *arena, struct consent_row *ret)
{
    *ret = (struct consent_row){.leaf = db_int(db, 0),
                                .person = db_int(db, 1),
                                .purpose = db_int(db, 2),
                                .purpose_version = db_int(db, 3),
                                .categories = (uint64_t)db_int(db, 4),
                                .given = (unsigned)db_int(db, 5),
                                .stands = (unsigned)db_int(db, 6),
                                .recipients = db_int(db, 7),
                                .from_sec = db_int(db, 8),
                                .until_sec = until_of(db, 9),
                                .given_usec = db_int(db, 10),
                                .ended_usec = db_time(db, 11),
                                .ended = db_text(db, 12, arena),
                                .text = db_int(db, 13),
                                .way = db_text(db, 14, arena),
                                .by_representative = db_int(db, 15) != 0};
}

int store_consent_get(struct tx *tx, int64_t leaf, struct arena *arena, struct consent_row *ret, bool *ret_found,
                      struct err *err)
{
    struct consent_row row;
    struct db *db = db_query(tx->db, SQL("SELECT " CONSENT_COLUMNS " FROM consent WHERE leaf = $1"));
    db_put_int(db, leaf);
    int got = db_step(db, err);
    if (got > 0)
        read_consent(db, arena, &row);
    int rc = db_end_rows(db, got, arena, err);
    if (rc != 0)
        return rc;
    *ret_found = got > 0;
    if (got > 0)
        *ret = row;
    return 0;
}

static int read_consents(struct db *db, struct arena *arena, struct consent_row **ret, size_t *ret_count,
                         struct err *err)
{
    struct consent_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct consent_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        read_consent(db, arena, row);
    }
    int rc = db_end_rows(db, got, arena, err);
    if (rc != 0)
        return rc;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_consent_of(struct tx *tx, int64_t person, struct arena *arena, struct consent_row **ret, size_t *ret_count,
                     struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("SELECT " CONSENT_COLUMNS " FROM consent WHERE person = $1 ORDER BY leaf DESC"));
    db_put_int(db, person);
    return read_consents(db, arena, ret, ret_count, err);
}

int store_consent_over(struct tx *tx, int64_t before_sec, size_t limit, struct arena *arena, struct consent_row **ret,
                       size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " CONSENT_COLUMNS " FROM consent WHERE ended_usec IS NULL "
                                         "AND until_sec IS NOT NULL AND until_sec < $1 "
                                         "ORDER BY until_sec LIMIT $2"));
    db_put_int(db, before_sec);
    db_put_int(db, (int64_t)limit);
    return read_consents(db, arena, ret, ret_count, err);
}

int store_consent_count(struct tx *tx, int64_t *ret, struct err *err)
{
    return db_run_int(db_query(tx->db, SQL("SELECT count(*) FROM consent")), 0, ret, err);
}

int store_consent_count_of(struct tx *tx, int64_t person, int64_t limit, int64_t *ret, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("SELECT count(*) FROM (SELECT 1 FROM consent WHERE person = $1 LIMIT $2) AS few"));

    db_put_int(db, person);
    db_put_int(db, limit);
    return db_run_int(db, 0, ret, err);
}

int store_consent_newest(struct tx *tx, int64_t *ret, struct err *err)
{
    return db_run_int(db_query(tx->db, SQL("SELECT max(leaf) FROM consent")), -1, ret, err);
}

/* --- Many ----------------------------------------------------------------------------------------------------------
 */

#define BRIEF_COLUMNS                                                                                 \
    "leaf, person, purpose, categories, given, stands, recipients, from_sec, until_sec, ended_usec, " \
    "CASE WHEN ended = 'withdrawn' THEN 1 ELSE 0 END"

static int scan_brief(struct db *db, int (*each)(const struct consent_brief *row, void *arg, struct err *err),
                      void *arg, struct err *err)
{
    int stopped = 0;
    while (db_next(db, &stopped, err)) {
        struct consent_brief row;
        row = (struct consent_brief){.leaf = db_int(db, 0),
                                     .person = db_int(db, 1),
                                     .purpose = db_int(db, 2),
                                     .categories = (uint64_t)db_int(db, 3),
                                     .given = (unsigned)db_int(db, 4),
                                     .stands = (unsigned)db_int(db, 5),
                                     .recipients = db_int(db, 6),
                                     .from_sec = db_int(db, 7),
                                     .until_sec = until_of(db, 8),
                                     .ended = !db_null(db, 9),
                                     .withdrawn = db_int(db, 10) != 0};
        stopped = each(&row, arg, err);
    }
    db_end(db);
    return stopped;
}

int store_consent_brief_scan(struct tx *tx, int64_t from, int64_t until,
                             int (*each)(const struct consent_brief *row, void *arg, struct err *err), void *arg,
                             struct err *err)
{
    struct db *db = db_query_stream(
        tx->db, SQL("SELECT " BRIEF_COLUMNS " FROM consent WHERE leaf >= $1 AND leaf < $2 ORDER BY leaf"));
    db_put_int(db, from);
    db_put_int(db, until);
    return scan_brief(db, each, arg, err);
}

int store_consent_brief_of(struct tx *tx, int64_t person,
                           int (*each)(const struct consent_brief *row, void *arg, struct err *err), void *arg,
                           struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " BRIEF_COLUMNS " FROM consent WHERE person = $1 ORDER BY leaf"));
    db_put_int(db, person);
    return scan_brief(db, each, arg, err);
}

int store_consent_scan(struct tx *tx, int64_t from, int64_t until,
                       int (*each)(const struct consent_row *row, void *arg, struct err *err), void *arg,
                       struct err *err)
{
    struct db *db = db_query_stream(
        tx->db, SQL("SELECT " CONSENT_COLUMNS " FROM consent WHERE leaf >= $1 AND leaf < $2 ORDER BY leaf"));
    struct arena arena;
    int stopped = 0;

    db_put_int(db, from);
    db_put_int(db, until);
    arena_init(&arena, SCAN_BYTES_MAX);
    while (db_next(db, &stopped, err)) {
        struct consent_row row;
        arena_reset(&arena);
        read_consent(db, &arena, &row);
        stopped = arena.overflowed ? err_memory(err) : each(&row, arg, err);
    }
    db_end(db);
    arena_done(&arena);
    return stopped;
}

/* --- Texts and recipients ------------------------------------------------------------------------------------------
 */

int store_consent_text_put(struct tx *tx, const struct consent_text_row *row, int64_t *ret_number, struct err *err)
{
    int64_t number, newest;
    struct db *db =
        db_query(tx->db, SQL("SELECT number FROM consent_text WHERE hash = $1 AND lang = $2 AND version = $3 "
                             "AND operator_bin = $4 AND operator_name = $5"));
    db_put_hash(db, &row->hash);
    db_put_text(db, row->lang);
    db_put_text(db, row->version);
    db_put_text(db, row->operator_bin);
    db_put_text(db, row->operator_name);
    int rc = db_run_int(db, 0, &number, err);
    if (rc == 0 && number == 0)
        rc = db_run_int(db_query(tx->db, SQL("SELECT max(number) FROM consent_text")), 0, &newest, err);
    if (rc != 0)
        return rc;
    if (number == 0) {
        number = newest + 1;
        db = db_query(tx->db, SQL("INSERT INTO consent_text (number, hash, lang, version, operator_bin, operator_name, "
                                  "text) VALUES ($1, $2, $3, $4, $5, $6, $7)"));
        db_put_int(db, number);
        db_put_hash(db, &row->hash);
        db_put_text(db, row->lang);
        db_put_text(db, row->version);
        db_put_text(db, row->operator_bin);
        db_put_text(db, row->operator_name);
        db_put_text(db, row->text);
        if ((rc = db_run(db, NULL, err)) != 0)
            return rc;
    }
    *ret_number = number;
    return 0;
}

int store_consent_text_get(struct tx *tx, int64_t number, struct arena *arena, struct consent_text_row *ret,
                           bool *ret_found, struct err *err)
{
    struct consent_text_row row = {.number = number};
    struct db *db = db_query(
        tx->db,
        SQL("SELECT hash, lang, version, operator_bin, operator_name, text FROM consent_text WHERE number = $1"));
    int rc = 0;
    db_put_int(db, number);
    int got = db_step(db, err);
    if (got > 0) {
        rc = db_hash(db, 0, &row.hash, err);
        row.lang = db_text(db, 1, arena);
        row.version = db_text(db, 2, arena);
        row.operator_bin = db_text(db, 3, arena);
        row.operator_name = db_text(db, 4, arena);
        row.text = db_text(db, 5, arena);
    }
    rc = db_end_rows(db, got < 0 ? got : rc, arena, err);
    if (rc != 0)
        return rc;
    *ret_found = got > 0;
    if (got > 0)
        *ret = row;
    return 0;
}

int store_recipient_set_put(struct tx *tx, const char *ids, int64_t *ret_number, struct err *err)
{
    int64_t number, newest;
    struct db *db = db_query(tx->db, SQL("SELECT number FROM recipient_set WHERE ids = $1"));
    db_put_text(db, ids);
    int rc = db_run_int(db, 0, &number, err);
    if (rc == 0 && number == 0)
        rc = db_run_int(db_query(tx->db, SQL("SELECT max(number) FROM recipient_set")), 0, &newest, err);
    if (rc != 0)
        return rc;
    if (number == 0) {
        number = newest + 1;
        db = db_query(tx->db, SQL("INSERT INTO recipient_set (number, ids) VALUES ($1, $2)"));
        db_put_int(db, number);
        db_put_text(db, ids);
        if ((rc = db_run(db, NULL, err)) != 0)
            return rc;
    }
    *ret_number = number;
    return 0;
}

int store_recipient_set_list(struct tx *tx, int64_t after_number, struct arena *arena, struct recipient_set_row **ret,
                             size_t *ret_count, struct err *err)
{
    struct recipient_set_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    struct db *db = db_query(tx->db, SQL("SELECT number, ids FROM recipient_set WHERE number > $1 ORDER BY number"));
    db_put_int(db, after_number);
    while ((got = db_step(db, err)) > 0) {
        struct recipient_set_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        row->number = db_int(db, 0);
        row->ids = db_text(db, 1, arena);
    }
    int rc = db_end_rows(db, got, arena, err);
    if (rc != 0)
        return rc;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_recipient_set_get(struct tx *tx, int64_t number, struct arena *arena, const char **ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT ids FROM recipient_set WHERE number = $1"));
    db_put_int(db, number);
    return db_run_text(db, arena, ret, err);
}
