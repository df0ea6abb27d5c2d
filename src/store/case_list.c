/* Lists of cases: filtered, in one of three orders, page by page.
 *
 * A page goes on where the last one ended, by the key of its last row (moment, serial number), never by counting rows:
 * what is opened meanwhile does not shift it. Cases without a due moment come after all that have one; the due order
 * therefore runs in two stretches, each along an index.
 *
 * When few cases can match (words, overdue clocks, one person's cases) they are found first and sorted; else the
 * order's index is walked and each case tested. A search looks at the newest events in which its words occur, up to a
 * bound: who finds too much adds a word. */
#include "store/case_columns.h"
#include "store/words.h"
#include <stdlib.h>
#include <string.h>

#define LIMIT_MAX 500
#define FEW 20000     /* up to so many are sorted in some hundredths of a second */
#define SEARCHED 2000 /* events in which the words occur, the newest */
#define QUERY_BYTES_MAX 16384

/* Where a page ended. `idle`: already in the stretch of cases without a due moment. */
struct place {
    bool idle;
    int64_t usec, serial;
};

#define CURSOR_BYTES 18

static char *cursor_write(enum case_sort sort, const struct place *place, struct arena *arena)
{
    uint8_t bytes[CURSOR_BYTES] = {(uint8_t)sort, place->idle};
    for (int i = 0; i < 8; i++) {
        bytes[2 + i] = (uint8_t)((uint64_t)place->usec >> (56 - 8 * i));
        bytes[10 + i] = (uint8_t)((uint64_t)place->serial >> (56 - 8 * i));
    }
    char *text = arena_alloc(arena, base64_room(sizeof bytes));
    if (text == NULL)
        return NULL;
    base64_encode(bytes, sizeof bytes, text);
    for (char *c = text; *c != '\0'; c++) /* so that it may stand in an address as it is */
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    return text;
}

static int cursor_read(const char *text, enum case_sort sort, struct place *ret, struct err *err)
{
    char plain[CURSOR_BYTES / 3 * 4 + 1];
    uint8_t bytes[CURSOR_BYTES];
    size_t count = 0;
    bool good = strlen(text) == sizeof plain - 1 && strpbrk(text, "+/") == NULL;
    if (good) {
        for (size_t i = 0; i < sizeof plain; i++)
            plain[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
        good = base64_decode(plain, bytes, sizeof bytes, &count) && count == sizeof bytes && bytes[0] == sort &&
               bytes[1] <= (sort == CASE_SORT_DUE);
    }
    if (!good)
        return err_set(err, ERR_MALFORMED, "cursor_malformed", NULL);
    uint64_t usec = 0, serial = 0;
    for (int i = 0; i < 8; i++) {
        usec = usec << 8 | bytes[2 + i];
        serial = serial << 8 | bytes[10 + i];
    }
    if (serial == 0 || serial > INT64_MAX)
        return err_set(err, ERR_MALFORMED, "cursor_malformed", NULL);
    *ret = (struct place){.idle = bytes[1] != 0, .usec = (int64_t)usec, .serial = (int64_t)serial};
    return 0;
}

/* What is decided once for all statements of a list. */
struct plan {
    struct buf words; /* the full-text query; empty: none */
    bool few;         /* find the matching ones first */
    bool by_key;      /* begin with the rows of the filter's key, which stand in order of receipt */
};

static int plan_words(struct tx *tx, const struct case_filter *filter, struct plan *plan, struct err *err)
{
    const struct engine *engine = tx->db->engine;
    CLEANUP_BUF struct buf clean;
    buf_init(&clean, QUERY_BYTES_MAX);
    words_clean(filter->words, &clean);
    if (clean.failed || clean.len == 0)
        return clean.failed ? err_memory(err) : 0;
    engine->words_query(clean.data, "", &plan->words);
    if (plan->words.failed)
        return err_memory(err);
    plan->few = true;
    return 0;
}

/* In order of receipt a key's cases are always found first, and few of them are sorted by any other order. Only many
 * ones by their due moment are not: there the order's index is walked and each case asked for its key. */
static int plan_key(struct tx *tx, const struct case_filter *filter, struct plan *plan, struct err *err)
{
    if (filter->sort != CASE_SORT_DUE) {
        plan->by_key = true;
        return 0;
    }
    int64_t cases;
    struct db *db = db_query(tx->db, SQL("SELECT count(*) FROM (SELECT 1 FROM case_key "
                                         "WHERE kind = $1 AND value = $2 LIMIT $3) AS few"));
    db_put_text(db, filter->key_kind);
    db_put_text(db, filter->key_value);
    db_put_int(db, FEW + 1);
    int rc = db_run_int(db, 0, &cases, err);
    if (rc == 0 && cases <= FEW)
        plan->by_key = plan->few = true;
    return rc;
}

static int plan_make(struct tx *tx, const struct case_filter *filter, struct plan *plan, struct err *err)
{
    *plan = (struct plan){0};
    buf_init(&plan->words, QUERY_BYTES_MAX);
    int rc = filter->words == NULL ? 0 : plan_words(tx, filter, plan, err);
    if (rc == 0 && filter->overdue_at_usec != TIME_NONE && !plan->few) {
        int64_t overdue;
        struct db *db = db_query(tx->db, SQL("SELECT count(*) FROM (SELECT 1 FROM case_file "
                                             "WHERE next_overdue_usec <= $1 LIMIT $2) AS few"));
        db_put_int(db, filter->overdue_at_usec);
        db_put_int(db, FEW + 1);
        rc = db_run_int(db, 0, &overdue, err);
        if (rc == 0 && overdue <= FEW)
            plan->few = true;
    }
    if (filter->subject_lookup != NULL)
        plan->few = true;
    if (rc == 0 && filter->key_kind != NULL)
        rc = plan_key(tx, filter, plan, err);
    return rc;
}

static void and_text(struct sql_text *sql, const struct sql *condition, const char *value)
{
    if (value == NULL)
        return;
    sql_add(sql, condition);
    sql_add_text(sql, value);
}

static void and_time(struct sql_text *sql, const struct sql *condition, int64_t usec)
{
    if (usec == TIME_NONE)
        return;
    sql_add(sql, condition);
    sql_add_int(sql, usec);
}

/* FROM and WHERE. */
static void add_filter(struct sql_text *sql, const struct case_filter *filter, const struct plan *plan,
                       const struct engine *engine)
{
    sql_add(sql, plan->by_key ? SQL(" FROM case_key k CROSS JOIN case_file c WHERE c.id = k.case_id")
                              : SQL(" FROM case_file c WHERE 1 = 1"));
    if (filter->key_kind != NULL) {
        if (!plan->by_key)
            sql_add(sql, SQL(" AND EXISTS (SELECT 1 FROM case_key k WHERE k.case_id = c.id"));
        and_text(sql, SQL(" AND k.kind = "), filter->key_kind);
        and_text(sql, SQL(" AND k.value = "), filter->key_value);
        if (!plan->by_key)
            sql_add(sql, SQL(")"));
    }
    /* With an empty text behind it, a column is no reason to leave the index of the order, or of the open cases. */
    bool plain = !filter->open_only && filter->sort != CASE_SORT_DUE;
    and_text(sql, plain ? SQL(" AND c.procedure = ") : SQL(" AND c.procedure || '' = "), filter->procedure);
    and_text(sql, SQL(" AND c.state = "), filter->state);
    and_text(sql, filter->open_only ? SQL(" AND c.assignee || '' = ") : SQL(" AND c.assignee = "), filter->assignee);
    if (filter->procedures != NULL) {
        /* A reader who may see nothing sees nothing. */
        sql_add(sql, filter->procedures[0] == NULL ? SQL(" AND 1 = 0") : SQL(" AND c.procedure || '' IN ("));
        for (size_t i = 0; filter->procedures[i] != NULL; i++) {
            if (i > 0)
                sql_add(sql, SQL(", "));
            sql_add_text(sql, filter->procedures[i]);
        }
        if (filter->procedures[0] != NULL)
            sql_add(sql, SQL(")"));
    }
    if (filter->unassigned)
        sql_add(sql, SQL(" AND c.assignee IS NULL"));
    if (filter->open_only)
        sql_add(sql, SQL(" AND c.closed_usec IS NULL"));
    if (filter->closed_only)
        sql_add(sql, SQL(" AND c.closed_usec IS NOT NULL"));
    and_time(sql, SQL(" AND c.next_due_usec >= "), filter->due_from_usec);
    and_time(sql, SQL(" AND c.next_due_usec < "), filter->due_before_usec);
    and_time(sql, SQL(" AND c.next_overdue_usec <= "), filter->overdue_at_usec);
    /* What is owed at once has no length: both moments are its start, and it is never overdue. */
    if (filter->overdue_at_usec != TIME_NONE)
        sql_add(sql, SQL(" AND c.next_overdue_usec <> c.next_due_usec"));
    and_time(sql, SQL(" AND c.opened_usec >= "), filter->opened_from_usec);
    and_time(sql, SQL(" AND c.opened_usec < "), filter->opened_before_usec);
    if (plan->words.len > 0) {
        sql_add(sql, SQL(" AND "));
        sql_add(sql, engine->words_among);
        sql_add_text(sql, plan->words.data);
        sql_add(sql, engine->words_newest);
        sql_add_int(sql, SEARCHED);
        sql_add(sql, engine->words_end);
    }
    if (filter->subject_lookup != NULL) {
        sql_add(sql, SQL(" AND c.subject_id IN (SELECT l.subject_id FROM subject_lookup l WHERE l.lookup = "));
        sql_add_blob(sql, filter->subject_lookup->bytes, sizeof filter->subject_lookup->bytes);
        sql_add(sql, SQL(")"));
    }
}

static void add_after(struct sql_text *sql, const struct sql *condition, const struct place *after)
{
    if (after == NULL)
        return;
    sql_add(sql, condition);
    sql_add_int(sql, after->usec);
    sql_add(sql, SQL(", "));
    sql_add_int(sql, after->serial);
    sql_add(sql, SQL(")"));
}

/* One stretch of a page: after `after` (NULL: from its beginning), at most `limit` rows. A plus before the first key
 * hides the index of the order from the planner. */
static void add_order(struct sql_text *sql, enum case_sort sort, bool idle, const struct plan *plan,
                      const struct place *after, size_t limit)
{
    bool few = plan->few;
    switch (sort) {
    case CASE_SORT_NEWEST:
        if (plan->by_key) {
            add_after(sql, SQL(" AND (k.opened_usec, k.serial) < ("), after);
            sql_add(sql, SQL(" ORDER BY k.opened_usec DESC, k.serial DESC LIMIT "));
            break;
        }
        add_after(sql, SQL(" AND (c.opened_usec, c.serial) < ("), after);
        sql_add(sql, few ? SQL(" ORDER BY +c.opened_usec DESC, c.serial DESC LIMIT ")
                         : SQL(" ORDER BY c.opened_usec DESC, c.serial DESC LIMIT "));
        break;
    case CASE_SORT_OLDEST:
        if (plan->by_key) {
            add_after(sql, SQL(" AND (k.opened_usec, k.serial) > ("), after);
            sql_add(sql, SQL(" ORDER BY k.opened_usec, k.serial LIMIT "));
            break;
        }
        add_after(sql, SQL(" AND (c.opened_usec, c.serial) > ("), after);
        sql_add(sql, few ? SQL(" ORDER BY +c.opened_usec, c.serial LIMIT ")
                         : SQL(" ORDER BY c.opened_usec, c.serial LIMIT "));
        break;
    case CASE_SORT_DUE:
        if (idle) {
            sql_add(sql, SQL(" AND c.next_due_usec IS NULL"));
            if (after != NULL) {
                sql_add(sql, SQL(" AND c.serial > "));
                sql_add_int(sql, after->serial);
            }
        } else {
            sql_add(sql, SQL(" AND c.next_due_usec IS NOT NULL"));
            add_after(sql, SQL(" AND (c.next_due_usec, c.serial) > ("), after);
        }
        sql_add(sql, few ? SQL(" ORDER BY +c.next_due_usec, c.serial LIMIT ")
                         : SQL(" ORDER BY c.next_due_usec, c.serial LIMIT "));
        break;
    }
    sql_add_int(sql, (int64_t)limit);
}

struct page {
    struct case_row *rows;
    int64_t *serials;
    size_t count, wanted; /* wanted: the limit and one more, which tells whether there is a next page */
};

static int fill_page(struct tx *tx, const struct case_filter *filter, const struct plan *plan, bool idle,
                     const struct place *after, struct arena *arena, struct page *page, struct err *err)
{
    CLEANUP_SQL struct sql_text sql;
    sql_text_init(&sql);
    sql_add(&sql, SQL("SELECT " CASE_COLUMNS));
    add_filter(&sql, filter, plan, tx->db->engine);
    add_order(&sql, filter->sort, idle, plan, after, page->wanted - page->count);
    struct db *db = db_query_text(tx->db, &sql, false);
    int got;
    while ((got = db_step(db, err)) > 0 && page->count < page->wanted) {
        page->serials[page->count] = db_int(db, 0);
        case_read(db, arena, &page->rows[page->count++]);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    return got < 0 ? got : closed;
}

static int list_planned(struct tx *tx, const struct case_filter *filter, const struct plan *plan,
                        const struct place *after, struct arena *arena, struct page *page, struct err *err)
{
    bool due = filter->sort == CASE_SORT_DUE;
    bool in_idle = due && after != NULL && after->idle;
    int rc = in_idle ? 0 : fill_page(tx, filter, plan, false, after, arena, page, err);
    /* A bound on the due or overdue moment excludes cases without one (overdue implies running, and running has both).
     */
    bool idle_possible = due && filter->due_from_usec == TIME_NONE && filter->due_before_usec == TIME_NONE &&
                         filter->overdue_at_usec == TIME_NONE;
    if (rc == 0 && idle_possible && page->count < page->wanted)
        rc = fill_page(tx, filter, plan, true, in_idle ? after : NULL, arena, page, err);
    return rc;
}

int store_case_list(struct tx *tx, const struct case_filter *filter, struct arena *arena, struct case_row **ret,
                    size_t *ret_count, const char **ret_cursor, struct err *err)
{
    struct place after;
    if (filter->cursor != NULL) {
        int rc = cursor_read(filter->cursor, filter->sort, &after, err);
        if (rc != 0)
            return rc;
    }
    size_t limit = filter->limit < 1 ? 1 : filter->limit > LIMIT_MAX ? LIMIT_MAX : filter->limit;
    struct page page = {.wanted = limit + 1};
    page.rows = ARENA_ARRAY(arena, struct case_row, page.wanted);
    page.serials = ARENA_ARRAY(arena, int64_t, page.wanted);
    if (page.rows == NULL || page.serials == NULL)
        return err_memory(err);
    struct plan plan;
    int rc = plan_make(tx, filter, &plan, err);
    if (rc == 0)
        rc = list_planned(tx, filter, &plan, filter->cursor == NULL ? NULL : &after, arena, &page, err);
    buf_done(&plan.words);
    if (rc != 0)
        return rc;
    const char *cursor = NULL;
    if (page.count > limit) {
        page.count = limit;
        const struct case_row *last = &page.rows[limit - 1];
        struct place place = {.serial = page.serials[limit - 1]};
        place.idle = filter->sort == CASE_SORT_DUE && last->next_due_usec == TIME_NONE;
        place.usec = place.idle ? 0 : filter->sort == CASE_SORT_DUE ? last->next_due_usec : last->opened_usec;
        if ((cursor = cursor_write(filter->sort, &place, arena)) == NULL)
            return err_memory(err);
    }
    *ret = page.rows;
    *ret_count = page.count;
    *ret_cursor = cursor;
    return 0;
}

int store_case_search_cut(struct tx *tx, const struct case_filter *filter, bool *ret, struct err *err)
{
    struct plan plan;
    int64_t events = 0;
    int rc = plan_make(tx, filter, &plan, err);
    if (rc == 0 && plan.words.len > 0) {
        struct db *db = db_query(tx->db, tx->db->engine->words_count);
        db_put_text(db, plan.words.data);
        db_put_int(db, SEARCHED + 1);
        rc = db_run_int(db, 0, &events, err);
    }
    buf_done(&plan.words);
    if (rc == 0)
        *ret = events > SEARCHED;
    return rc;
}

int store_case_count(struct tx *tx, const struct case_filter *filter, int64_t *ret, struct err *err)
{
    struct plan plan;
    int rc = plan_make(tx, filter, &plan, err);
    if (rc == 0) {
        CLEANUP_SQL struct sql_text sql;
        sql_text_init(&sql);
        sql_add(&sql, SQL("SELECT count(*)"));
        add_filter(&sql, filter, &plan, tx->db->engine);
        rc = db_run_int(db_query_text(tx->db, &sql, false), 0, ret, err);
    }
    buf_done(&plan.words);
    return rc;
}
