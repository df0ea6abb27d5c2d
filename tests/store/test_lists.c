/* Lists of cases: every filter, the three orders, pages that stay right while cases are opened, and the search. */
#include "store/link_rows.h"
#include "world.h"
#include <stdlib.h>
#include <string.h>

static struct case_filter everything(void)
{
    return (struct case_filter){.due_from_usec = TIME_NONE,
                                .due_before_usec = TIME_NONE,
                                .overdue_at_usec = TIME_NONE,
                                .opened_from_usec = TIME_NONE,
                                .opened_before_usec = TIME_NONE,
                                .limit = 100};
}

enum { CASES = 60 };

static int insert_subject(struct tx *tx, void *arg, struct err *err)
{
    struct hash lookup = hash_of(5);
    int rc = store_subject_insert(tx, arg, err);
    return rc != 0 ? rc : store_subject_lookup_put(tx, &lookup, ((struct subject_row *)arg)->id, err);
}

static struct case_row made(struct world *world, int n)
{
    struct case_row row = case_row_of(world, n);
    row.opened_usec = 1000 + n / 2; /* two at each moment */
    row.procedure = n % 3 == 0 ? "request" : "complaint";
    row.state = n % 2 ? "in_review" : "received";
    if (n % 4 == 0) {
        row.state = "answered";
        row.closed_usec = 3000;
        row.next_due_usec = row.next_overdue_usec = TIME_NONE;
    } else {
        row.next_due_usec = 5000 - n;
        row.next_overdue_usec = 6000 - n;
    }
    if (n % 5 == 0)
        row.assignee = "aigul";
    if (n == 7)
        row.next_due_usec = row.next_overdue_usec = TIME_NONE; /* open, and no clock runs */
    if (n == 11)
        row.subject_id = id_of(world, 900);
    return row;
}

static bool keyed(int n)
{
    return n % 7 < 3;
}

static int insert_all(struct tx *tx, void *arg, struct err *err)
{
    int rc = 0;
    for (int n = 0; n < CASES && rc == 0; n++) {
        struct case_row row = made(arg, n);
        rc = store_case_insert(tx, &row, err);
        struct case_key_row key = {"platform", keyed(n) ? "a.kz" : "b.kz", row.id};
        rc = rc == 0 ? store_key_put(tx, &key, err) : rc;
        key = (struct case_key_row){"resource", "a.kz", row.id};
        rc = rc == 0 && n % 2 ? store_key_put(tx, &key, err) : rc;
    }
    return rc;
}

static void fill(struct world *world)
{
    struct subject_row subject = {.id = id_of(world, 900), .wrapped_key = "k", .wrapped_key_len = 1};
    assert_done(world_write(world, insert_subject, &subject), world);
    assert_done(world_write(world, insert_all, world), world);
}

static bool matches(const struct case_filter *filter, const struct case_row *row)
{
    bool in = filter->procedures == NULL;
    for (size_t i = 0; !in && filter->procedures[i] != NULL; i++)
        in = strcmp(filter->procedures[i], row->procedure) == 0;
    bool dated = row->next_due_usec != TIME_NONE;
    return in && (filter->procedure == NULL || strcmp(filter->procedure, row->procedure) == 0) &&
           (filter->state == NULL || strcmp(filter->state, row->state) == 0) &&
           (filter->assignee == NULL || (row->assignee != NULL && strcmp(filter->assignee, row->assignee) == 0)) &&
           (!filter->unassigned || row->assignee == NULL) && (!filter->open_only || row->closed_usec == TIME_NONE) &&
           (!filter->closed_only || row->closed_usec != TIME_NONE) &&
           (filter->due_from_usec == TIME_NONE || (dated && row->next_due_usec >= filter->due_from_usec)) &&
           (filter->due_before_usec == TIME_NONE || (dated && row->next_due_usec < filter->due_before_usec)) &&
           (filter->overdue_at_usec == TIME_NONE || (dated && row->next_overdue_usec <= filter->overdue_at_usec)) &&
           (filter->opened_from_usec == TIME_NONE || row->opened_usec >= filter->opened_from_usec) &&
           (filter->opened_before_usec == TIME_NONE || row->opened_usec < filter->opened_before_usec) &&
           (filter->subject_lookup == NULL || row->subject_id != NULL) &&
           (filter->key_kind == NULL || (keyed(atoi(row->id + 24)) && strcmp(filter->key_kind, "platform") == 0 &&
                                         strcmp(filter->key_value, "a.kz") == 0));
}

static enum case_sort sorting;

static int compare(const void *left, const void *right)
{
    const struct case_row *a = left, *b = right;
    int64_t x = sorting == CASE_SORT_DUE ? a->next_due_usec : a->opened_usec;
    int64_t y = sorting == CASE_SORT_DUE ? b->next_due_usec : b->opened_usec;
    if (sorting == CASE_SORT_DUE) {
        x = x == TIME_NONE ? INT64_MAX : x;
        y = y == TIME_NONE ? INT64_MAX : y;
    }
    int order = x < y ? -1 : x > y ? 1 : strcmp(a->id, b->id);
    return sorting == CASE_SORT_NEWEST ? -order : order;
}

/* The store's answer, page after page, against a filter and a sort done here. */
static void check(struct world *world, struct case_filter filter)
{
    static const size_t limits[] = {1, 7, 500};
    struct case_row expected[CASES];
    for (int sort = CASE_SORT_DUE; sort <= CASE_SORT_OLDEST; sort++) {
        size_t count = 0;
        for (int n = 0; n < CASES; n++) {
            expected[count] = made(world, n);
            count += matches(&filter, &expected[count]);
        }
        sorting = (enum case_sort)sort;
        qsort(expected, count, sizeof *expected, compare);
        CLEANUP_READ struct tx *tx = world_read(world);
        for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
            filter.sort = (enum case_sort)sort;
            filter.limit = limits[l];
            filter.cursor = NULL;
            size_t seen = 0;
            do {
                struct case_row *rows;
                size_t page;
                assert_done(store_case_list(tx, &filter, &world->arena, &rows, &page, &filter.cursor, &world->err),
                            world);
                assert_true(page <= filter.limit && (filter.cursor == NULL || page == filter.limit));
                for (size_t i = 0; i < page; i++, seen++) {
                    assert_true(seen < count);
                    assert_string_equal(rows[i].id, expected[seen].id);
                }
            } while (filter.cursor != NULL);
            assert_int_equal(seen, count);
        }
        int64_t counted;
        assert_done(store_case_count(tx, &filter, &counted, &world->err), world);
        assert_int_equal(counted, count);
    }
}

static void every_filter_in_every_order(void **state)
{
    struct world *world = *state;
    fill(world);
    static const char *const both[] = {"complaint", "request", NULL}, *const one[] = {"request", NULL},
                             *const none[] = {NULL};
    static const struct hash *person;
    static struct hash lookup;
    lookup = hash_of(5);
    person = &lookup;
    struct case_filter f = everything();
    check(world, f);
    f.procedure = "complaint";
    check(world, f);
    f.state = "answered";
    check(world, f);
    f = everything();
    f.state = "in_review";
    f.assignee = "aigul";
    check(world, f);
    f = everything();
    f.unassigned = f.open_only = true;
    check(world, f);
    f = everything();
    f.closed_only = true;
    f.procedures = both;
    check(world, f);
    f.procedures = one;
    check(world, f);
    f.procedures = none;
    check(world, f);
    f = everything();
    f.due_from_usec = 4950;
    f.due_before_usec = 4990;
    check(world, f);
    f = everything();
    f.overdue_at_usec = 5960;
    check(world, f);
    f.open_only = true;
    f.procedure = "request";
    check(world, f);
    f = everything();
    f.opened_from_usec = 1010;
    f.opened_before_usec = 1020;
    check(world, f);
    f = everything();
    f.subject_lookup = person;
    check(world, f);
    f = everything();
    f.key_kind = "platform";
    f.key_value = "a.kz";
    check(world, f);
    f.procedure = "complaint";
    f.open_only = true;
    check(world, f);
    f.state = "in_review";
    f.assignee = "aigul";
    f.open_only = false;
    check(world, f);
    f = everything();
    f.key_kind = "platform";
    f.key_value = "a.kz";
    f.procedures = one;
    f.due_from_usec = 4950;
    f.opened_from_usec = 1001;
    check(world, f);
    f.overdue_at_usec = 5980;
    check(world, f);
    f = everything();
    f.key_kind = "platform";
    f.key_value = "a.kz' OR '1'='1";
    check(world, f);
    f = everything();
    f.state = "x' OR '1'='1";
    check(world, f);
}

static void pages_are_stable_while_cases_come(void **state)
{
    struct world *world = *state;
    fill(world);
    struct case_filter filter = everything();
    filter.sort = CASE_SORT_NEWEST;
    filter.limit = 10;
    bool seen[CASES] = {false};
    int total = 0, extra = CASES;
    do {
        struct tx *tx = world_read(world);
        struct case_row *rows;
        size_t count;
        assert_done(store_case_list(tx, &filter, &world->arena, &rows, &count, &filter.cursor, &world->err), world);
        store_read_end(tx);
        for (size_t i = 0; i < count; i++) {
            int n = atoi(rows[i].id + 24);
            assert_true(n < CASES && !seen[n]);
            seen[n] = true;
            total++;
        }
        for (int i = 0; i < 3; i++) { /* newer than all: belong before the first page */
            struct case_row row = case_row_of(world, extra++);
            add_case(world, &row);
        }
    } while (filter.cursor != NULL);
    assert_int_equal(total, CASES);
}

static void cursors_are_read_strictly(void **state)
{
    struct world *world = *state;
    fill(world);
    struct tx *tx = world_read(world);
    struct case_filter filter = everything();
    filter.limit = 5;
    struct case_row *rows;
    size_t count;
    const char *cursor = NULL;
    filter.sort = CASE_SORT_NEWEST;
    assert_done(store_case_list(tx, &filter, &world->arena, &rows, &count, &cursor, &world->err), world);
    assert_non_null(cursor);
    assert_int_equal(strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                     strlen(cursor));
    char *cut = arena_strdup(&world->arena, cursor), *longer = arena_printf(&world->arena, "%sA", cursor),
         *odd = arena_strdup(&world->arena, cursor);
    cut[strlen(cut) - 1] = '\0';
    odd[3] = '!';
    const char *const bad[] = {"",
                               "x",
                               cut,
                               longer,
                               odd,
                               "AAAAAAAAAAAAAAAAAAAAAAAA",
                               "////////////////////////",
                               "________________________",
                               "0' OR 1=1 -- 0' OR 1=1 -",
                               "========================"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        filter.cursor = bad[i];
        assert_refused(store_case_list(tx, &filter, &world->arena, &rows, &count, &cursor, &world->err), world,
                       ERR_MALFORMED, "cursor_malformed");
    }
    /* Of another order. */
    filter.cursor = NULL;
    assert_done(store_case_list(tx, &filter, &world->arena, &rows, &count, &cursor, &world->err), world);
    filter.cursor = cursor;
    filter.sort = CASE_SORT_OLDEST;
    assert_refused(store_case_list(tx, &filter, &world->arena, &rows, &count, &cursor, &world->err), world,
                   ERR_MALFORMED, "cursor_malformed");
    store_read_end(tx);
}

/* --- Search ------------------------------------------------------------------------------------------------------- */

static int add_words(struct tx *tx, void *arg, struct err *err)
{
    struct world *world = arg;
    static const char *const words[] = {
        "жалоба на контент",
        "жалоба интерфейс сайта",
        "шагым казакша контент",
        "сайт не работает жалоба",
        "",
        "it s \"quoted\" * OR NEAR(x) '; drop",
    };
    int rc = 0;
    for (int n = 0; n < 6 && rc == 0; n++) {
        struct event_row event = event_row_of(world, n);
        rc = store_event_insert(tx, &event, err);
        if (rc == 0)
            rc = store_words_add(tx, n, event.case_id, words[n], err);
    }
    return rc == 0 ? store_words_position_set(tx, 6, err) : rc;
}

static void assert_found(struct world *world, const char *words, const char *expected)
{
    CLEANUP_READ struct tx *tx = world_read(world);
    struct case_filter filter = everything();
    filter.words = words;
    for (int sort = CASE_SORT_DUE; sort <= CASE_SORT_OLDEST; sort++) {
        filter.sort = (enum case_sort)sort;
        struct case_row *rows;
        size_t count;
        const char *cursor;
        assert_done(store_case_list(tx, &filter, &world->arena, &rows, &count, &cursor, &world->err), world);
        char found[64] = "";
        for (int n = 0; n < 10; n++)
            for (size_t i = 0; i < count; i++)
                if (strcmp(rows[i].id, id_of(world, n)) == 0)
                    strcat(found, (const char[]){(char)('0' + n), '\0'});
        assert_string_equal(found, expected);
        int64_t counted;
        assert_done(store_case_count(tx, &filter, &counted, &world->err), world);
        assert_int_equal(counted, strlen(expected));
    }
}

static void words_are_found(void **state)
{
    struct world *world = *state;
    for (int n = 0; n < 6; n++) {
        struct case_row row = case_row_of(world, n);
        add_case(world, &row);
    }
    struct tx *tx = world_read(world);
    int64_t position = -1;
    assert_done(store_words_position_get(tx, &position, &world->err), world);
    assert_int_equal(position, 0);
    store_read_end(tx);
    assert_done(world_write(world, add_words, world), world);
    tx = world_read(world);
    assert_done(store_words_position_get(tx, &position, &world->err), world);
    assert_int_equal(position, 6);
    store_read_end(tx);
    assert_found(world, "жалоба", "013");
    assert_found(world, "контент", "02");
    assert_found(world, "контент жалоба", "0");
    assert_found(world, "жалоба са", "13"); /* the last as a beginning */
    assert_found(world, "с", "13");
    assert_found(world, "са жалоба", ""); /* the others whole */
    assert_found(world, "нет", "");
    assert_found(world, "quoted", "5");
    assert_found(world, "\"", "012345"); /* no word at all: no filter */
    assert_found(world, "", "012345");
    assert_found(world, "* OR drop", "5"); /* nothing of it is an operator */
    assert_found(world, "жалоба OR контент", "");
    assert_found(world, "жалоба AND NOT контент", "");
    assert_found(world, "text : жалоба", "");
    assert_found(world, "' | жалоба:* & !нет", "");
}

static int add_many_words(struct tx *tx, void *arg, struct err *err)
{
    struct world *world = arg;
    int rc = 0;
    for (int n = 0; n < 2001 && rc == 0; n++) {
        rc = store_words_add(tx, n, id_of(world, n), n == 0 ? "көне сөз" : "сөз", err);
        arena_reset(&world->arena);
    }
    return rc;
}

static bool search_is_cut(struct world *world, const char *words)
{
    CLEANUP_READ struct tx *tx = world_read(world);
    struct case_filter filter = everything();
    bool cut;
    filter.words = words;
    assert_done(store_case_search_cut(tx, &filter, &cut, &world->err), world);
    return cut;
}

static void a_search_says_when_it_left_something_out(void **state)
{
    struct world *world = *state;
    assert_false(search_is_cut(world, "сөз"));
    assert_done(world_write(world, add_many_words, world), world);
    assert_true(search_is_cut(world, "сөз"));
    assert_true(search_is_cut(world, "с"));
    assert_false(search_is_cut(world, "көне"));
    assert_false(search_is_cut(world, "көне сөз"));
    assert_false(search_is_cut(world, ""));
    assert_false(search_is_cut(world, NULL));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(every_filter_in_every_order),
        WORLD_TEST(pages_are_stable_while_cases_come),
        WORLD_TEST(cursors_are_read_strictly),
        WORLD_TEST(words_are_found),
        WORLD_TEST(a_search_says_when_it_left_something_out),
    };
    return world_run("store lists", tests, sizeof tests / sizeof *tests);
}
