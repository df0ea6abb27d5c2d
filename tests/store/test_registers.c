/* Registers: what is put in is listed, counted and found; on both engines the same. */
#include "store/register_rows.h"
#include "world.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct register_row entry_of(struct world *world, int n)
{
    return (struct register_row){.reg = "restricted_resources",
                                 .case_id = id_of(world, n),
                                 .number = arena_printf(&world->arena, "ШР-2026-%06d", n),
                                 .state = "restricted",
                                 .entered_usec = 100 + n,
                                 .left_usec = TIME_NONE,
                                 .values = arena_printf(&world->arena, "{\"resource\":\"сайт%d.kz\"}", n),
                                 .words = arena_printf(&world->arena, "шр 2026 %06d сайт%d kz", n, n)};
}

static int put(struct tx *tx, void *arg, struct err *err)
{
    return store_register_put(tx, arg, err);
}

static void add_entry(struct world *world, const struct register_row *row)
{
    assert_done(world_write(world, put, (void *)(uintptr_t)row), world);
}

static int take_out(struct tx *tx, void *arg, struct err *err)
{
    const struct register_row *row = arg;
    return store_register_delete(tx, row->reg, row->case_id, err);
}

struct range {
    struct world *world;
    int from, before;
    const char *words;
};

static int put_range(struct tx *tx, void *arg, struct err *err)
{
    const struct range *range = arg;
    int rc = 0;
    for (int n = range->from; n < range->before && rc == 0; n++) {
        struct case_row row = case_row_of(range->world, n);
        struct register_row entry = entry_of(range->world, n);
        if (range->words != NULL)
            entry.words = range->words;
        rc = store_case_insert(tx, &row, err);
        rc = rc == 0 ? store_register_put(tx, &entry, err) : rc;
    }
    return rc;
}

static void fill(struct world *world, int from, int before)
{
    struct range range = {world, from, before, NULL};
    assert_done(world_write(world, put_range, &range), world);
}

/* The cases of all pages, newest first: "3 2 1". */
static const char *listed(struct world *world, const char *reg, enum register_which which, const char *words,
                          size_t limit)
{
    CLEANUP_READ struct tx *tx = world_read(world);
    struct register_filter filter = {.reg = reg, .which = which, .words = words, .limit = limit};
    const char *text = "";
    do {
        struct register_row *rows;
        size_t count;
        assert_done(store_register_list(tx, &filter, &world->arena, &rows, &count, &filter.cursor, &world->err), world);
        assert_true(count <= limit && (filter.cursor == NULL || count == limit));
        for (size_t i = 0; i < count; i++) {
            assert_string_equal(rows[i].reg, reg);
            text = arena_printf(&world->arena, "%s%s%s", text, text[0] == '\0' ? "" : " ",
                                rows[i].case_id + 24 + strspn(rows[i].case_id + 24, "0"));
        }
    } while (filter.cursor != NULL);
    return text;
}

/* Whatever the size of the page. */
#define assert_listed(world, which, words, expected)                                                         \
    do {                                                                                                     \
        static const size_t limits_[] = {1, 2, 500};                                                         \
        for (size_t l_ = 0; l_ < 3; l_++)                                                                    \
            assert_string_equal(listed(world, "restricted_resources", which, words, limits_[l_]), expected); \
    } while (0)

static void assert_figures(struct world *world, const char *reg, int64_t standing, int64_t left)
{
    CLEANUP_READ struct tx *tx = world_read(world);
    int64_t here = -1, gone = -1;
    assert_done(store_register_figures(tx, reg, &here, &gone, &world->err), world);
    assert_int_equal(here, standing);
    assert_int_equal(gone, left);
    assert_done(store_check(world->store, &world->err), world);
}

/* SQLite's own comparison of the full text with what it is of. */
static void assert_index_whole(struct world *world)
{
    if (!world->postgres)
        assert_true(world_sql(world, "INSERT INTO register_words (register_words, rank) "
                                     "VALUES ('integrity-check', 1)"));
}

static void entry_is_read_as_written(void **state)
{
    struct world *world = *state;
    fill(world, 1, 3);
    struct register_row row = entry_of(world, 2), got;
    struct tx *tx = world_read(world);
    assert_done(store_register_get(tx, row.reg, row.number, &world->arena, &got, &world->err), world);
    assert_string_equal(got.reg, row.reg);
    assert_string_equal(got.case_id, row.case_id);
    assert_string_equal(got.number, row.number);
    assert_string_equal(got.state, row.state);
    assert_true(got.entered_usec == 102 && got.left_usec == TIME_NONE);
    assert_string_equal(got.values, row.values);
    assert_string_equal(got.words, row.words);
    assert_refused(store_register_get(tx, "restorations", row.number, &world->arena, &got, &world->err), world,
                   ERR_NOT_FOUND, "not_found");
    assert_refused(store_register_get(tx, row.reg, "ШР-2026-000009", &world->arena, &got, &world->err), world,
                   ERR_NOT_FOUND, "not_found");
    store_read_end(tx);
    /* Put again: everything but when it came. */
    row.entered_usec = 999;
    row.left_usec = 500;
    row.state = "restored";
    row.values = "{}";
    row.words = "жаңа";
    add_entry(world, &row);
    tx = world_read(world);
    assert_done(store_register_get(tx, row.reg, row.number, &world->arena, &got, &world->err), world);
    assert_true(got.entered_usec == 102 && got.left_usec == 500);
    assert_string_equal(got.state, "restored");
    assert_string_equal(got.values, "{}");
    assert_string_equal(got.words, "жаңа");
    store_read_end(tx);
    /* Of a case that is not there: none. */
    row = entry_of(world, 50);
    assert_refused(world_write(world, put, &row), world, ERR_INTERNAL, "store_refused");
    assert_figures(world, "restricted_resources", 1, 1);
}

static void the_newest_come_first_and_are_counted(void **state)
{
    struct world *world = *state;
    assert_listed(world, REGISTER_ALL, NULL, "");
    assert_figures(world, "restricted_resources", 0, 0);
    fill(world, 1, 8);
    for (int n = 2; n < 8; n += 2) {
        struct register_row row = entry_of(world, n);
        row.left_usec = 5;
        add_entry(world, &row);
    }
    struct register_row other = entry_of(world, 3);
    other.reg = "restorations";
    add_entry(world, &other);
    assert_listed(world, REGISTER_ALL, NULL, "7 6 5 4 3 2 1");
    assert_listed(world, REGISTER_STANDING, NULL, "7 5 3 1");
    assert_listed(world, REGISTER_LEFT, NULL, "6 4 2");
    assert_string_equal(listed(world, "restorations", REGISTER_ALL, NULL, 5), "3");
    assert_string_equal(listed(world, "restorations", REGISTER_LEFT, NULL, 5), "");
    assert_string_equal(listed(world, "no_such", REGISTER_ALL, NULL, 5), "");
    assert_string_equal(listed(world, "no_such", REGISTER_ALL, "kz", 5), "");
    assert_figures(world, "restricted_resources", 4, 3);
    assert_figures(world, "restorations", 1, 0);
    assert_figures(world, "no_such", 0, 0);
    /* Back again, and out. */
    struct register_row row = entry_of(world, 4);
    add_entry(world, &row);
    assert_listed(world, REGISTER_LEFT, NULL, "6 2");
    assert_listed(world, REGISTER_STANDING, "сайт4", "4");
    assert_listed(world, REGISTER_LEFT, "сайт4", "");
    assert_figures(world, "restricted_resources", 5, 2);
    assert_done(world_write(world, take_out, &row), world);
    assert_done(world_write(world, take_out, &row), world);
    row = entry_of(world, 6);
    assert_done(world_write(world, take_out, &row), world);
    row.reg = "no_such";
    assert_done(world_write(world, take_out, &row), world);
    assert_listed(world, REGISTER_ALL, NULL, "7 5 3 2 1");
    assert_listed(world, REGISTER_ALL, "сайт4", "");
    assert_figures(world, "restricted_resources", 4, 1);
    /* The newest out and in again. */
    row = entry_of(world, 7);
    assert_done(world_write(world, take_out, &row), world);
    add_entry(world, &row);
    assert_listed(world, REGISTER_ALL, "kz", "7 5 3 2 1");
    assert_index_whole(world);
}

static void words_are_found(void **state)
{
    struct world *world = *state;
    static const char *const words[] = {
        "шр 2026 000001 каспий kz жарнама наркотик", "шр 2026 000002 каспии kz",
        "шр 2026 000003 экстремизм терроризм kz",    "шр 2026 000004 it s \"quoted\" * OR NEAR(x) '; drop",
        "шр 2026 000005 өңір қала әділ ғылым",       ""};
    fill(world, 1, 7);
    for (int n = 1; n <= 6; n++) {
        struct register_row row = entry_of(world, n);
        row.words = words[n - 1];
        row.left_usec = n == 3 ? 9 : TIME_NONE;
        add_entry(world, &row);
    }
    struct register_row other = entry_of(world, 1);
    other.reg = "restorations";
    other.words = "kz басқа";
    add_entry(world, &other);
    assert_listed(world, REGISTER_ALL, "kz", "3 2 1");
    assert_listed(world, REGISTER_STANDING, "kz", "2 1");
    assert_listed(world, REGISTER_LEFT, "kz", "3");
    assert_listed(world, REGISTER_ALL, "k", "3 2 1");
    assert_listed(world, REGISTER_ALL, "касп", "2 1"); /* the last as a beginning … */
    assert_listed(world, REGISTER_ALL, "каспий", "1");
    assert_listed(world, REGISTER_ALL, "касп kz", ""); /* … the others whole */
    assert_listed(world, REGISTER_ALL, "kz касп", "2 1");
    assert_listed(world, REGISTER_ALL, "терроризм экстремизм", "3");
    assert_listed(world, REGISTER_ALL, "терроризм каспий", "");
    assert_listed(world, REGISTER_ALL, "басқа", "");
    assert_string_equal(listed(world, "restorations", REGISTER_ALL, "kz", 9), "1");
    assert_listed(world, REGISTER_ALL, "2026 000005", "5");
    assert_listed(world, REGISTER_ALL, "қала", "5");
    assert_listed(world, REGISTER_ALL, "қа өңір", "");
    assert_listed(world, REGISTER_ALL, "өңір қа", "5");
    assert_listed(world, REGISTER_ALL, "ә", "5");
    /* No word at all: no filter. */
    assert_listed(world, REGISTER_ALL, "", "6 5 4 3 2 1");
    assert_listed(world, REGISTER_LEFT, "\" *", "3");
    /* Nothing of it is an operator, or the sign of a register. */
    assert_listed(world, REGISTER_ALL, "* OR drop", "4");
    assert_listed(world, REGISTER_ALL, "kz OR quoted", "");
    assert_listed(world, REGISTER_ALL, "kz AND NOT каспий", "");
    assert_listed(world, REGISTER_ALL, "signed_words : kz", "");
    assert_listed(world, REGISTER_ALL, "' | kz:* & !нет", "");
    assert_listed(world, REGISTER_ALL, "kz) OR (kz", "");
    assert_listed(world, REGISTER_ALL, "\u0102", "");
    assert_listed(world, REGISTER_ALL, "\u0102kz", "");
    assert_index_whole(world);
}

/* A beginning longer than any the index keeps by itself, and more words than anybody types. */
static void long_words_and_many(void **state)
{
    struct world *world = *state;
    fill(world, 1, 4);
    struct register_row row = entry_of(world, 2);
    row.words = "достопримечательностями превысокомногорассмотрительствующий";
    add_entry(world, &row);
    row = entry_of(world, 3);
    row.words = "достопримечательностям";
    add_entry(world, &row);
    assert_listed(world, REGISTER_ALL, "достопримечательност", "3 2");
    assert_listed(world, REGISTER_ALL, "достопримечательностями", "2");
    assert_listed(world, REGISTER_ALL, "достопримечательностями превысокомногорассмотрительствующий", "2");
    char *many = arena_strdup(&world->arena, "");
    for (int i = 0; i < 200; i++)
        many = arena_printf(&world->arena, "%sсөз%d ", many, i);
    row = entry_of(world, 1);
    row.words = many;
    add_entry(world, &row);
    assert_listed(world, REGISTER_ALL, many, "1");
}

/* A change of the words changes the search, in one command with others and after one that is taken back. */
static int replace_some(struct tx *tx, void *arg, struct err *err)
{
    struct world *world = arg;
    struct register_row one = entry_of(world, 1), two = entry_of(world, 2);
    one.words = "жаңа сөз";
    two.words = "жаңа";
    int rc = store_register_put(tx, &one, err);
    rc = rc != 0 ? rc : store_register_put(tx, &two, err);
    two.left_usec = 7;
    rc = rc != 0 ? rc : store_register_put(tx, &two, err);
    return rc != 0 ? rc : store_register_delete(tx, one.reg, id_of(world, 3), err);
}

static int replace_and_fail(struct tx *tx, void *arg, struct err *err)
{
    int rc = replace_some(tx, arg, err);
    return rc != 0 ? rc : err_set(err, ERR_CONFLICT, "act_not_now", NULL);
}

static void search_follows_the_entries(void **state)
{
    struct world *world = *state;
    fill(world, 1, 5);
    assert_refused(world_write(world, replace_and_fail, world), world, ERR_CONFLICT, "act_not_now");
    assert_listed(world, REGISTER_ALL, "kz", "4 3 2 1");
    assert_listed(world, REGISTER_ALL, "жаңа", "");
    assert_figures(world, "restricted_resources", 4, 0);
    assert_done(world_write(world, replace_some, world), world);
    assert_listed(world, REGISTER_ALL, "kz", "4");
    assert_listed(world, REGISTER_ALL, "жаңа", "2 1");
    assert_listed(world, REGISTER_LEFT, "жаңа", "2");
    assert_listed(world, REGISTER_STANDING, "жаңа", "1");
    assert_listed(world, REGISTER_ALL, "сайт2", "");
    assert_figures(world, "restricted_resources", 2, 1);
    assert_index_whole(world);
}

/* Commands of one group, each in its savepoint, every other one taken back. */
struct one_of_group {
    struct store_command command;
    struct world *world;
    int n;
};

static int put_of_group(struct tx *tx, struct store_command *command, struct err *err)
{
    const struct one_of_group *one = command->arg;
    struct case_row row = case_row_of(one->world, one->n);
    struct register_row entry = entry_of(one->world, one->n);
    int rc = store_case_insert(tx, &row, err);
    rc = rc != 0 ? rc : store_register_put(tx, &entry, err);
    entry.words = "екінші";
    rc = rc != 0 ? rc : store_register_put(tx, &entry, err);
    if (rc == 0 && one->n % 3 == 0)
        rc = store_register_delete(tx, entry.reg, entry.case_id, err);
    return rc != 0 || one->n % 2 ? rc : err_set(err, ERR_CONFLICT, "act_not_now", NULL);
}

static pthread_mutex_t group_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t group_moved = PTHREAD_COND_INITIALIZER;
static int group_done, group_failed;
static bool group_may_go;

static int wait_for_group(struct tx *tx, struct store_command *command, struct err *err)
{
    pthread_mutex_lock(&group_lock);
    while (!group_may_go)
        pthread_cond_wait(&group_moved, &group_lock);
    pthread_mutex_unlock(&group_lock);
    return 0;
}

static void count_done(struct store_command *command, const struct err *err)
{
    pthread_mutex_lock(&group_lock);
    group_done++;
    group_failed += err != NULL;
    pthread_cond_broadcast(&group_moved);
    pthread_mutex_unlock(&group_lock);
}

static void a_savepoint_taken_back_leaves_the_search_right(void **state)
{
    struct world *world = *state;
    enum { GROUP = 40 };
    static struct one_of_group all[GROUP + 1];
    group_done = group_failed = 0;
    group_may_go = false;
    /* The first holds the writer until all are queued. */
    for (int n = 0; n <= GROUP; n++) {
        all[n] = (struct one_of_group){
            .command = {.run = n == 0 ? wait_for_group : put_of_group, .done = count_done, .arg = &all[n]},
            .world = world,
            .n = n};
        assert_done(store_submit(world->store, &all[n].command, &world->err), world);
    }
    pthread_mutex_lock(&group_lock);
    group_may_go = true;
    pthread_cond_broadcast(&group_moved);
    while (group_done < GROUP + 1)
        pthread_cond_wait(&group_moved, &group_lock);
    pthread_mutex_unlock(&group_lock);
    assert_int_equal(group_failed, GROUP / 2);
    assert_string_equal(listed(world, "restricted_resources", REGISTER_ALL, "екінші", 3),
                        "37 35 31 29 25 23 19 17 13 11 7 5 1");
    assert_string_equal(listed(world, "restricted_resources", REGISTER_ALL, "kz", 3), "");
    assert_figures(world, "restricted_resources", 13, 0);
    assert_index_whole(world);
}

static void pages_are_stable_while_entries_come(void **state)
{
    struct world *world = *state;
    static const char *const words[] = {NULL, "kz"};
    int next = 1;
    for (size_t w = 0; w < 2; w++) {
        fill(world, next, next + 30);
        int top = next + 29, expected = top;
        next += 30;
        struct register_filter filter = {
            .reg = "restricted_resources", .which = REGISTER_ALL, .words = words[w], .limit = 7};
        do {
            struct tx *tx = world_read(world);
            struct register_row *rows;
            size_t count;
            assert_done(store_register_list(tx, &filter, &world->arena, &rows, &count, &filter.cursor, &world->err),
                        world);
            store_read_end(tx);
            for (size_t i = 0; i < count; i++, expected--)
                assert_string_equal(rows[i].case_id, id_of(world, expected));
            fill(world, next, next + 3);
            next += 3;
        } while (filter.cursor != NULL);
        assert_int_equal(expected, 0);
    }
}

/* More than are asked one after the other before the index is: the same answer on both sides of that border. */
static void the_old_and_rare_is_found_beneath_the_new(void **state)
{
    struct world *world = *state;
    struct range old = {world, 1, 61, "сирек ескі"}, middle = {world, 61, 4061, "көп"},
                 fresh = {world, 4061, 4091, "сирек көп"};
    assert_done(world_write(world, put_range, &old), world);
    assert_done(world_write(world, put_range, &middle), world);
    assert_done(world_write(world, put_range, &fresh), world);
    static const size_t limits[] = {1, 29, 30, 31, 50, 90, 500};
    for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
        CLEANUP_READ struct tx *tx = world_read(world);
        struct register_filter filter = {.reg = "restricted_resources", .words = "сирек", .limit = limits[l]};
        int expected = 4090, seen = 0;
        do {
            struct register_row *rows;
            size_t count;
            assert_done(store_register_list(tx, &filter, &world->arena, &rows, &count, &filter.cursor, &world->err),
                        world);
            for (size_t i = 0; i < count; i++, seen++) {
                assert_string_equal(rows[i].case_id, id_of(world, expected));
                expected = expected == 4061 ? 60 : expected - 1;
            }
        } while (filter.cursor != NULL);
        assert_int_equal(seen, 90);
    }
    assert_string_equal(listed(world, "restricted_resources", REGISTER_ALL, "ескі көп", 10), "");
}

/* Far apart, as if other registers had grown between them. */
static void entries_far_apart_are_found(void **state)
{
    struct world *world = *state;
    struct range common = {world, 1, 41, "көп сирек"}, rare = {world, 41, 61, "көп"};
    assert_done(world_write(world, put_range, &common), world);
    assert_done(world_write(world, put_range, &rare), world);
    assert_true(world_sql(world, "UPDATE register_entry SET serial = serial * 70000"));
    if (!world->postgres)
        assert_true(world_sql(world, "INSERT INTO register_words (register_words) VALUES ('rebuild')"));
    struct register_row left = entry_of(world, 20);
    left.left_usec = 7;
    left.words = "көп сирек";
    add_entry(world, &left);
    static const size_t limits[] = {1, 7, 19, 20, 21, 39, 40, 41, 60, 500};
    for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
        const char *expected = "";
        for (int n = 60; n > 0; n--)
            expected = arena_printf(&world->arena, "%s%s%d", expected, n == 60 ? "" : " ", n);
        assert_string_equal(listed(world, "restricted_resources", REGISTER_ALL, "көп", limits[l]), expected);
        assert_string_equal(listed(world, "restricted_resources", REGISTER_ALL, "сир", limits[l]),
                            strstr(expected, " 40 ") + 1);
        assert_string_equal(listed(world, "restricted_resources", REGISTER_LEFT, "көп сирек", limits[l]), "20");
    }
    fill(world, 61, 63);
    assert_listed(world, REGISTER_ALL, "kz", "62 61");
}

static void cursors_are_read_strictly(void **state)
{
    struct world *world = *state;
    fill(world, 1, 9);
    CLEANUP_READ struct tx *tx = world_read(world);
    struct register_filter filter = {.reg = "restricted_resources", .which = REGISTER_STANDING, .limit = 3};
    struct register_row *rows;
    size_t count;
    const char *cursor = NULL;
    assert_done(store_register_list(tx, &filter, &world->arena, &rows, &count, &cursor, &world->err), world);
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
                               "AAAAAAAAAAAA",
                               "AQAAAAAAAAAA",
                               "Af__________",
                               "____________",
                               "' OR 1=1 -- ",
                               "============"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        filter.cursor = bad[i];
        const char *ignored = "untouched";
        assert_refused(store_register_list(tx, &filter, &world->arena, &rows, &count, &ignored, &world->err), world,
                       ERR_MALFORMED, "cursor_malformed");
        assert_string_equal(ignored, "untouched");
    }
    filter.cursor = cursor;
    filter.which = REGISTER_ALL; /* of another list */
    assert_refused(store_register_list(tx, &filter, &world->arena, &rows, &count, &cursor, &world->err), world,
                   ERR_MALFORMED, "cursor_malformed");
}

static int scan(const struct register_row *row, void *arg, struct err *err)
{
    int *next = arg;
    assert_int_equal(row->entered_usec, 100 + (*next)++);
    assert_string_equal(row->reg, "restricted_resources");
    return *next == 700 ? err_set(err, ERR_DAMAGED, "store_damaged", NULL) : 0;
}

static void every_entry_is_scanned(void **state)
{
    struct world *world = *state;
    fill(world, 1, 600);
    struct tx *tx = world_read(world);
    int next = 1;
    assert_done(store_register_scan(tx, scan, &next, &world->err), world);
    assert_int_equal(next, 600);
    store_read_end(tx);
    fill(world, 600, 800);
    tx = world_read(world);
    next = 1;
    assert_refused(store_register_scan(tx, scan, &next, &world->err), world, ERR_DAMAGED, "store_damaged");
    assert_int_equal(next, 700);
    store_read_end(tx);
}

static void registers_are_named_that_ever_had_an_entry(void **state)
{
    struct world *world = *state;
    const char *const *names;
    size_t count = 7;
    struct tx *tx = world_read(world);
    assert_done(store_register_names(tx, &world->arena, &names, &count, &world->err), world);
    assert_int_equal(count, 0);
    store_read_end(tx);
    fill(world, 1, 4);
    tx = world_read(world);
    assert_done(store_register_names(tx, &world->arena, &names, &count, &world->err), world);
    assert_int_equal(count, 1);
    int64_t standing, left;
    assert_done(store_register_figures(tx, names[0], &standing, &left, &world->err), world);
    assert_int_equal(standing, 3);
    store_read_end(tx);
}

static void figures_that_contradict_the_entries_are_damage(void **state)
{
    struct world *world = *state;
    fill(world, 1, 4);
    assert_done(store_check(world->store, &world->err), world);
    assert_true(world_sql(world, "UPDATE register SET standing = 2, past = 1"));
    assert_refused(store_check(world->store, &world->err), world, ERR_DAMAGED, "store_damaged");
    assert_true(world_sql(world, "UPDATE register SET standing = 3, past = 0"));
    assert_done(store_check(world->store, &world->err), world);
    assert_true(world_sql(world, "INSERT INTO register (id, name, standing, past) VALUES (9, 'x', 1, 0)"));
    assert_refused(store_check(world->store, &world->err), world, ERR_DAMAGED, "store_damaged");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(entry_is_read_as_written),
        WORLD_TEST(the_newest_come_first_and_are_counted),
        WORLD_TEST(words_are_found),
        WORLD_TEST(long_words_and_many),
        WORLD_TEST(search_follows_the_entries),
        WORLD_TEST(a_savepoint_taken_back_leaves_the_search_right),
        WORLD_TEST(pages_are_stable_while_entries_come),
        WORLD_TEST(the_old_and_rare_is_found_beneath_the_new),
        WORLD_TEST(entries_far_apart_are_found),
        WORLD_TEST(cursors_are_read_strictly),
        WORLD_TEST(every_entry_is_scanned),
        WORLD_TEST(registers_are_named_that_ever_had_an_entry),
        WORLD_TEST(figures_that_contradict_the_entries_are_damage),
    };
    return world_run("store registers", tests, sizeof tests / sizeof *tests);
}
