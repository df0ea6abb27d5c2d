/* Entries of public registers, as rows, and their search.
 *
 * Entries are listed in the order in which they came, the newest first; a cursor is the serial number of the last one
 * shown, so a page costs what it shows, however deep in the register it is. What stands in a register and what left it
 * is counted as it changes: two figures a register (table register).
 *
 * The search is over the words of the entries. On SQLite the full text itself gives the newest entries first and stops.
 * PostgreSQL's finds all of them before it can sort: so the newest entries are first asked one after the other, where a
 * word that is common is soon found often enough; for what they do not give the index is used, one stretch of the
 * register after the other, then several at once, the newest first. */
#include "store/register_rows.h"
#include "store/db.h"
#include "store/words.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIMIT_MAX 500
#define SCAN_ROWS 256
#define SCAN_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define WORDS_BYTES_MAX ((size_t)1024 * 1024)
#define ASKED_WORDS_BYTES_MAX 16384
#define QUERY_BYTES_MAX ((size_t)256 * 1024)
/* So many entries are asked one after the other for each one wanted. */
#define ASKED_EACH 20
/* So many stretches are searched at once at most: more would not fit what PostgreSQL keeps exactly in memory. */
#define STRETCHES_MAX 8

#define ENTRY_COLUMNS "e.serial, e.case_id, e.number, e.state, e.entered_usec, e.left_usec, e.columns, e.words"

static void read_entry(struct db *db, struct arena *arena, struct register_row *ret)
{
    ret->case_id = db_text(db, 1, arena);
    ret->number = db_text(db, 2, arena);
    ret->state = db_text(db, 3, arena);
    ret->entered_usec = db_int(db, 4);
    ret->left_usec = db_time(db, 5);
    ret->values = db_text(db, 6, arena);
    ret->words = db_text(db, 7, arena);
}

/* The register's number; 0 when nothing was ever in it. */
static int find_register(struct tx *tx, const char *reg, int64_t *ret_id, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT id FROM register WHERE name = $1"));
    db_put_text(db, reg);
    return db_run_int(db, 0, ret_id, err);
}

static int make_register(struct tx *tx, const char *reg, int64_t *ret_id, struct err *err)
{
    int rc = find_register(tx, reg, ret_id, err);
    if (rc != 0 || *ret_id != 0)
        return rc;
    struct db *db = db_query(tx->db, SQL("INSERT INTO register (name, id, standing, past) "
                                         "VALUES ($1, (SELECT coalesce(max(id), 0) + 1 FROM register), 0, 0)"));
    db_put_text(db, reg);
    rc = db_run(db, NULL, err);
    return rc == 0 ? find_register(tx, reg, ret_id, err) : rc;
}

static int add_figures(struct tx *tx, int64_t id, int standing, int past, struct err *err)
{
    if (standing == 0 && past == 0)
        return 0;
    struct db *db = db_query(tx->db, SQL("UPDATE register SET standing = standing + $1, past = past + $2 "
                                         "WHERE id = $3"));
    db_put_int(db, standing);
    db_put_int(db, past);
    db_put_int(db, id);
    return db_run(db, NULL, err);
}

/* What the register holds of a case; serial 0: nothing. */
struct held {
    int64_t serial;
    bool left, same_words;
};

static int find_held(struct tx *tx, int64_t id, const char *case_id, const char *words, struct held *ret,
                     struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT serial, left_usec, CASE WHEN words = $1 THEN 1 ELSE 0 END "
                                         "FROM register_entry WHERE register = $2 AND case_id = $3"));
    db_put_text(db, words);
    db_put_int(db, id);
    db_put_text(db, case_id);
    struct held held = {0};
    int got = db_step(db, err);
    if (got > 0)
        held = (struct held){db_int(db, 0), !db_null(db, 1), db_int(db, 2) != 0};
    db_end(db);
    if (got < 0)
        return got;
    *ret = held;
    return 0;
}

static int index_entry(struct tx *tx, const struct sql *step, int64_t serial, struct err *err)
{
    if (step == NULL)
        return 0;
    struct db *db = db_query(tx->db, step);
    db_put_int(db, serial);
    return db_run(db, NULL, err);
}

static int insert(struct tx *tx, int64_t id, const struct register_row *row, const char *words, struct err *err)
{
    int64_t serial;
    int rc = db_run_int(db_query(tx->db, SQL("SELECT max(serial) FROM register_entry")), 0, &serial, err);
    if (rc != 0)
        return rc;
    struct db *db = db_query(tx->db, SQL("INSERT INTO register_entry (serial, register, case_id, number, state, "
                                         "entered_usec, left_usec, columns, words) "
                                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"));
    db_put_int(db, ++serial);
    db_put_int(db, id);
    db_put_text(db, row->case_id);
    db_put_text(db, row->number);
    db_put_text(db, row->state);
    db_put_int(db, row->entered_usec);
    db_put_time(db, row->left_usec);
    db_put_text(db, row->values);
    db_put_text(db, words);
    rc = db_run(db, NULL, err);
    return rc == 0 ? index_entry(tx, tx->db->engine->register_put, serial, err) : rc;
}

static int replace(struct tx *tx, const struct held *held, const struct register_row *row, const char *words,
                   struct err *err)
{
    const struct engine *engine = tx->db->engine;
    bool anew = !held->same_words || held->left != (row->left_usec != TIME_NONE);
    int rc = anew ? index_entry(tx, engine->register_take, held->serial, err) : 0;
    if (rc != 0)
        return rc;
    struct db *db = db_query(tx->db, SQL("UPDATE register_entry SET number = $1, state = $2, left_usec = $3, "
                                         "columns = $4, words = $5 WHERE serial = $6"));
    db_put_text(db, row->number);
    db_put_text(db, row->state);
    db_put_time(db, row->left_usec);
    db_put_text(db, row->values);
    db_put_text(db, words);
    db_put_int(db, held->serial);
    rc = db_run(db, NULL, err);
    return rc == 0 && anew ? index_entry(tx, engine->register_put, held->serial, err) : rc;
}

int store_register_put(struct tx *tx, const struct register_row *row, struct err *err)
{
    CLEANUP_BUF struct buf clean;
    buf_init(&clean, WORDS_BYTES_MAX);
    words_clean(row->words, &clean);
    if (clean.failed)
        return err_memory(err);
    int64_t id;
    struct held held;
    int rc = make_register(tx, row->reg, &id, err);
    if (rc == 0)
        rc = find_held(tx, id, row->case_id, clean.data, &held, err);
    if (rc != 0)
        return rc;
    bool left = row->left_usec != TIME_NONE, there = held.serial != 0;
    rc = there ? replace(tx, &held, row, clean.data, err) : insert(tx, id, row, clean.data, err);
    if (rc != 0)
        return rc;
    return add_figures(tx, id, !left - (there && !held.left), left - (there && held.left), err);
}

int store_register_delete(struct tx *tx, const char *reg, const char *case_id, struct err *err)
{
    int64_t id;
    struct held held = {0};
    int rc = find_register(tx, reg, &id, err);
    if (rc == 0 && id != 0)
        rc = find_held(tx, id, case_id, "", &held, err);
    if (rc != 0 || held.serial == 0)
        return rc;
    if ((rc = index_entry(tx, tx->db->engine->register_take, held.serial, err)) != 0)
        return rc;
    struct db *db = db_query(tx->db, SQL("DELETE FROM register_entry WHERE serial = $1"));
    db_put_int(db, held.serial);
    rc = db_run(db, NULL, err);
    return rc == 0 ? add_figures(tx, id, held.left - 1, -(int)held.left, err) : rc;
}

int store_register_get(struct tx *tx, const char *reg, const char *number, struct arena *arena,
                       struct register_row *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " ENTRY_COLUMNS ", r.name FROM register r "
                                         "CROSS JOIN register_entry e "
                                         "WHERE r.name = $1 AND e.register = r.id AND e.number = $2"));
    db_put_text(db, reg);
    db_put_text(db, number);
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    struct register_row row = {.reg = db_text(db, 8, arena)};
    read_entry(db, arena, &row);
    if ((rc = db_close_rows(db, arena, err)) == 0)
        *ret = row;
    return rc;
}

int store_register_names(struct tx *tx, struct arena *arena, const char *const **ret, size_t *ret_count,
                         struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT name FROM register ORDER BY id"));
    const char **names = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        const char **name = ROWS_ADD(arena, names, count, room);
        if (name == NULL)
            break;
        *name = db_text(db, 0, arena);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = names;
    *ret_count = count;
    return 0;
}

int store_register_figures(struct tx *tx, const char *reg, int64_t *ret_standing, int64_t *ret_left, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT standing, past FROM register WHERE name = $1"));
    db_put_text(db, reg);
    int got = db_step(db, err);
    int64_t standing = got > 0 ? db_int(db, 0) : 0, left = got > 0 ? db_int(db, 1) : 0;
    db_end(db);
    if (got < 0)
        return got;
    *ret_standing = standing;
    *ret_left = left;
    return 0;
}

/* --- Pages -------------------------------------------------------------------------------------------------------- */

/* Which entries were asked for, and the serial number of the last one shown. */
#define CURSOR_BYTES 9

static char *cursor_write(enum register_which which, int64_t serial, struct arena *arena)
{
    uint8_t bytes[CURSOR_BYTES] = {(uint8_t)which};
    for (int i = 0; i < 8; i++)
        bytes[1 + i] = (uint8_t)((uint64_t)serial >> (56 - 8 * i));
    char *text = arena_alloc(arena, base64_room(sizeof bytes));
    if (text == NULL)
        return NULL;
    base64_encode(bytes, sizeof bytes, text);
    for (char *c = text; *c != '\0'; c++) /* so that it may stand in an address as it is */
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    return text;
}

static int cursor_read(const char *text, enum register_which which, int64_t *ret_serial, struct err *err)
{
    char plain[CURSOR_BYTES / 3 * 4 + 1];
    uint8_t bytes[CURSOR_BYTES];
    size_t count = 0;
    bool good = strlen(text) == sizeof plain - 1 && strpbrk(text, "+/") == NULL;
    if (good) {
        for (size_t i = 0; i < sizeof plain; i++)
            plain[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
        good = base64_decode(plain, bytes, sizeof bytes, &count) && count == sizeof bytes && bytes[0] == which;
    }
    uint64_t serial = 0;
    for (int i = 0; good && i < 8; i++)
        serial = serial << 8 | bytes[1 + i];
    if (!good || serial == 0 || serial > INT64_MAX)
        return err_set(err, ERR_MALFORMED, "cursor_malformed", NULL);
    *ret_serial = (int64_t)serial;
    return 0;
}

struct page {
    struct register_row *rows;
    int64_t *serials;
    size_t count, wanted; /* wanted: the limit and one more, which tells whether there is a next page */
    const char *reg;
};

static int fill_page(struct tx *tx, const struct sql_text *sql, struct arena *arena, struct page *page, struct err *err)
{
    struct db *db = db_query_text(tx->db, sql, false);
    int got;
    while ((got = db_step(db, err)) > 0 && page->count < page->wanted) {
        page->serials[page->count] = db_int(db, 0);
        page->rows[page->count].reg = page->reg;
        read_entry(db, arena, &page->rows[page->count++]);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    return got < 0 ? got : closed;
}

/* The newest before that serial number, at most `limit`. */
static void add_newest(struct sql_text *sql, int64_t id, enum register_which which, int64_t before, size_t limit)
{
    sql_add(sql, SQL(" FROM register_entry e WHERE e.register = "));
    sql_add_int(sql, id);
    if (which != REGISTER_ALL)
        sql_add(sql, which == REGISTER_LEFT ? SQL(" AND e.left_usec IS NOT NULL") : SQL(" AND e.left_usec IS NULL"));
    sql_add(sql, SQL(" AND e.serial < "));
    sql_add_int(sql, before);
    sql_add(sql, SQL(" ORDER BY e.serial DESC LIMIT "));
    sql_add_int(sql, (int64_t)limit);
}

static int list_all(struct tx *tx, int64_t id, enum register_which which, int64_t before, struct arena *arena,
                    struct page *page, struct err *err)
{
    CLEANUP_SQL struct sql_text sql;
    sql_text_init(&sql);
    sql_add(&sql, SQL("SELECT " ENTRY_COLUMNS));
    add_newest(&sql, id, which, before, page->wanted);
    return fill_page(tx, &sql, arena, page, err);
}

static int list_found(struct tx *tx, const char *query, int64_t before, struct arena *arena, struct page *page,
                      struct err *err)
{
    const struct engine *engine = tx->db->engine;
    CLEANUP_SQL struct sql_text sql;
    sql_text_init(&sql);
    sql_add(&sql, SQL("SELECT " ENTRY_COLUMNS));
    sql_add(&sql, engine->register_find);
    sql_add_text(&sql, query);
    sql_add(&sql, engine->register_before);
    sql_add_int(&sql, before);
    sql_add(&sql, engine->register_newest);
    sql_add_int(&sql, (int64_t)(page->wanted - page->count));
    sql_add(&sql, engine->register_end);
    return fill_page(tx, &sql, arena, page, err);
}

/* The letter before each word in the full text (sql/002.sql): one for what stands in a register and one for what left
 * it, in UTF-8. */
static void put_letter(int64_t id, bool left, char ret[static 4])
{
    uint32_t c = (uint32_t)(256 + 2 * id + left);
    size_t at = 0;
    if (c < 0x800) {
        ret[at++] = (char)(0xc0 | c >> 6);
    } else {
        ret[at++] = (char)(0xe0 | c >> 12);
        ret[at++] = (char)(0x80 | (c >> 6 & 0x3f));
    }
    ret[at++] = (char)(0x80 | (c & 0x3f));
    ret[at] = '\0';
}

/* A search: the clean words, in which register, and which entries of it. */
struct search {
    const char *words;
    int64_t id;
    enum register_which which;
};

/* The search in the engine's language, in the stretches from … until; without stretches both are 0. */
static int make_query(const struct engine *engine, const struct search *search, int64_t from, int64_t until,
                      struct buf *out, struct err *err)
{
    buf_reset(out);
    for (int64_t stretch = until; stretch >= from; stretch--) {
        for (int left = 0; left <= 1; left++) {
            if (search->which == (left ? REGISTER_STANDING : REGISTER_LEFT))
                continue;
            char letter[4], sign[32];
            put_letter(search->id, left, letter);
            if (engine->register_stretch > 0)
                snprintf(sign, sizeof sign, "%s%" PRId64 ":", letter, stretch);
            buf_puts(out, out->len > 0 ? engine->words_or : "");
            buf_putc(out, '(');
            engine->words_query(search->words, engine->register_stretch > 0 ? sign : letter, out);
            buf_putc(out, ')');
        }
    }
    return out->failed ? err_memory(err) : 0;
}

/* From the stretch of `before` down to the first, until the page is full. */
static int list_stretches(struct tx *tx, const struct search *search, int64_t before, struct arena *arena,
                          struct page *page, struct buf *query, struct err *err)
{
    const struct engine *engine = tx->db->engine;
    int64_t most = STRETCHES_MAX, at_once = 1;
    while (most > 1 && (size_t)most * strlen(search->words) > QUERY_BYTES_MAX / 16)
        most /= 2;
    for (int64_t until = (before - 1) / engine->register_stretch; until >= 0 && page->count < page->wanted;) {
        int64_t from = until < at_once ? 0 : until - at_once + 1;
        int rc = make_query(engine, search, from, until, query, err);
        if (rc == 0)
            rc = list_found(tx, query->data, before, arena, page, err);
        if (rc != 0)
            return rc;
        until = from - 1;
        at_once = at_once * 4 < most ? at_once * 4 : most;
    }
    return 0;
}

/* The newest entries before a serial number that are asked one after the other. */
struct asked {
    int64_t lowest, highest;
    size_t count; /* 0: there are none */
};

static int find_asked(struct tx *tx, const struct search *search, int64_t before, size_t limit, struct asked *ret,
                      struct err *err)
{
    CLEANUP_SQL struct sql_text sql;
    sql_text_init(&sql);
    sql_add(&sql, SQL("SELECT min(serial), max(serial), count(*) FROM (SELECT e.serial"));
    add_newest(&sql, search->id, search->which, before, limit);
    sql_add(&sql, SQL(") AS newest"));
    struct db *db = db_query_text(tx->db, &sql, false);
    int got = db_step(db, err);
    if (got > 0)
        *ret = (struct asked){db_int(db, 0), db_int(db, 1), (size_t)db_int(db, 2)};
    db_end(db);
    return got < 0 ? got : 0;
}

static int list_asked(struct tx *tx, const struct search *search, const struct asked *asked, struct arena *arena,
                      struct page *page, struct buf *query, struct err *err)
{
    const struct engine *engine = tx->db->engine;
    int rc = make_query(engine, search, asked->lowest / engine->register_stretch,
                        asked->highest / engine->register_stretch, query, err);
    if (rc != 0)
        return rc;
    CLEANUP_SQL struct sql_text sql;
    sql_text_init(&sql);
    sql_add(&sql, SQL("SELECT " ENTRY_COLUMNS " FROM (SELECT *"));
    add_newest(&sql, search->id, search->which, asked->highest + 1, asked->count);
    sql_add(&sql, SQL(") AS e WHERE 1 = 1"));
    sql_add(&sql, engine->register_matches);
    sql_add_text(&sql, query->data);
    sql_add(&sql, engine->register_matches_end);
    sql_add(&sql, SQL(" ORDER BY e.serial DESC LIMIT "));
    sql_add_int(&sql, (int64_t)page->wanted);
    return fill_page(tx, &sql, arena, page, err);
}

/* Where the index gives no order: the newest entries one after the other, then stretches. */
static int list_by_stretches(struct tx *tx, const struct search *search, int64_t before, struct arena *arena,
                             struct page *page, struct buf *query, struct err *err)
{
    size_t limit = page->wanted * ASKED_EACH;
    struct asked asked = {0};
    int rc = find_asked(tx, search, before, limit, &asked, err);
    if (rc != 0 || asked.count == 0)
        return rc;
    before = asked.highest + 1;
    /* A register whose entries stand far apart, between those of others, is left to the index. */
    if (asked.highest - asked.lowest < STRETCHES_MAX / 2 * tx->db->engine->register_stretch) {
        if ((rc = list_asked(tx, search, &asked, arena, page, query, err)) != 0 || asked.count < limit)
            return rc;
        before = asked.lowest;
    }
    return list_stretches(tx, search, before, arena, page, query, err);
}

static int fill(struct tx *tx, int64_t id, const struct register_filter *filter, int64_t before, struct arena *arena,
                struct page *page, struct err *err)
{
    CLEANUP_BUF struct buf query;
    CLEANUP_BUF struct buf clean;
    buf_init(&query, QUERY_BYTES_MAX);
    buf_init(&clean, ASKED_WORDS_BYTES_MAX);
    words_clean(filter->words == NULL ? "" : filter->words, &clean);
    if (clean.failed)
        return err_memory(err);
    if (clean.len == 0)
        return list_all(tx, id, filter->which, before, arena, page, err);
    struct search search = {clean.data, id, filter->which};
    if (tx->db->engine->register_stretch > 0)
        return list_by_stretches(tx, &search, before, arena, page, &query, err);
    int rc = make_query(tx->db->engine, &search, 0, 0, &query, err);
    return rc == 0 ? list_found(tx, query.data, before, arena, page, err) : rc;
}

int store_register_list(struct tx *tx, const struct register_filter *filter, struct arena *arena,
                        struct register_row **ret, size_t *ret_count, const char **ret_cursor, struct err *err)
{
    int64_t before = INT64_MAX, id;
    int rc = filter->cursor == NULL ? 0 : cursor_read(filter->cursor, filter->which, &before, err);
    if (rc == 0)
        rc = find_register(tx, filter->reg, &id, err);
    if (rc != 0)
        return rc;
    size_t limit = filter->limit < 1 ? 1 : filter->limit > LIMIT_MAX ? LIMIT_MAX : filter->limit;
    struct page page = {.wanted = limit + 1, .reg = arena_strdup(arena, filter->reg)};
    page.rows = ARENA_ARRAY(arena, struct register_row, page.wanted);
    page.serials = ARENA_ARRAY(arena, int64_t, page.wanted);
    if (page.rows == NULL || page.serials == NULL || page.reg == NULL)
        return err_memory(err);
    if (id != 0 && (rc = fill(tx, id, filter, before, arena, &page, err)) != 0)
        return rc;
    const char *cursor = NULL;
    if (page.count > limit) {
        page.count = limit;
        if ((cursor = cursor_write(filter->which, page.serials[limit - 1], arena)) == NULL)
            return err_memory(err);
    }
    *ret = page.rows;
    *ret_count = page.count;
    *ret_cursor = cursor;
    return 0;
}

int store_register_scan(struct tx *tx, int (*each)(const struct register_row *row, void *arg, struct err *err),
                        void *arg, struct err *err)
{
    struct arena arena;
    arena_init(&arena, SCAN_BYTES_MAX);
    int64_t after = 0;
    size_t count = SCAN_ROWS;
    int rc = 0;
    while (rc == 0 && count == SCAN_ROWS) {
        arena_reset(&arena);
        struct register_row *rows = ARENA_ARRAY(&arena, struct register_row, SCAN_ROWS);
        if (rows == NULL) {
            rc = err_memory(err);
            break;
        }
        struct db *db = db_query(tx->db, SQL("SELECT " ENTRY_COLUMNS ", r.name FROM register_entry e "
                                             "CROSS JOIN register r WHERE r.id = e.register AND e.serial > $1 "
                                             "ORDER BY e.serial LIMIT $2"));
        db_put_int(db, after);
        db_put_int(db, SCAN_ROWS);
        int got;
        for (count = 0; (got = db_step(db, err)) > 0 && count < SCAN_ROWS; count++) {
            after = db_int(db, 0);
            read_entry(db, &arena, &rows[count]);
            rows[count].reg = db_text(db, 8, &arena);
        }
        rc = db_close_rows(db, &arena, got < 0 ? NULL : err);
        if (got < 0)
            rc = got;
        for (size_t i = 0; i < count && rc == 0; i++)
            rc = each(&rows[i], arg, err);
    }
    arena_done(&arena);
    return rc;
}
