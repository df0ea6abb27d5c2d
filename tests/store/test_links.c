/* Links between cases, keys by which cases belong together, and secret addresses of calendars. */
#include "store/feed_rows.h"
#include "store/link_rows.h"
#include "world.h"
#include <stdio.h>
#include <string.h>

static int put_link(struct tx *tx, void *arg, struct err *err)
{
    return store_link_put(tx, arg, err);
}

static int put_key(struct tx *tx, void *arg, struct err *err)
{
    return store_key_put(tx, arg, err);
}

static void add_link(struct world *world, int from, int to, const char *field, int64_t leaf)
{
    struct case_link_row row = {id_of(world, from), id_of(world, to), field, leaf};
    assert_done(world_write(world, put_link, &row), world);
}

static void add_key(struct world *world, int n, const char *kind, const char *value)
{
    struct case_key_row row = {kind, value, id_of(world, n)};
    assert_done(world_write(world, put_key, &row), world);
}

static void add_cases(struct world *world, int count)
{
    for (int n = 1; n <= count; n++) {
        struct case_row row = case_row_of(world, n);
        add_case(world, &row);
    }
}

/* As "from>to field leaf" each. */
static const char *told(struct world *world, const struct case_link_row *rows, size_t count)
{
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_printf(&world->arena, "%s%s>%s %s %lld;", text, rows[i].from_case + 34, rows[i].to_case + 34,
                            rows[i].field, (long long)rows[i].leaf);
    return text;
}

static const char *links_of(struct world *world, int n)
{
    CLEANUP_READ struct tx *tx = world_read(world);
    struct case_link_row *rows;
    size_t count;
    assert_done(store_link_of_case(tx, id_of(world, n), &world->arena, &rows, &count, &world->err), world);
    return told(world, rows, count);
}

/* However many name a case, what it names itself comes first, and one asks for no more than one wants. */
static void of_many_links_only_some_are_read(void **state)
{
    struct world *world = *state;
    struct case_link_row *rows;
    size_t count;
    add_cases(world, 4);
    add_link(world, 2, 1, "basis", 3);
    add_link(world, 3, 1, "basis", 5);
    add_link(world, 4, 1, "basis", 6);
    add_link(world, 4, 1, "decision", 6);
    add_link(world, 1, 3, "prescription", 9);
    add_link(world, 1, 1, "basis", 7); /* of itself: once, as its own */
    CLEANUP_READ struct tx *tx = world_read(world);
    assert_done(store_link_near(tx, id_of(world, 1), 4, &world->arena, &rows, &count, &world->err), world);
    assert_string_equal(told(world, rows, count), "02>01 basis 3;03>01 basis 5;01>01 basis 7;01>03 prescription 9;");
    assert_done(store_link_near(tx, id_of(world, 1), 1, &world->arena, &rows, &count, &world->err), world);
    assert_string_equal(told(world, rows, count), "01>01 basis 7;");
    assert_done(store_link_near(tx, id_of(world, 1), 9, &world->arena, &rows, &count, &world->err), world);
    assert_int_equal(count, 6);
    assert_done(store_link_from_case(tx, id_of(world, 1), &world->arena, &rows, &count, &world->err), world);
    assert_string_equal(told(world, rows, count), "01>01 basis 7;01>03 prescription 9;");
    struct case_row named = case_row_of(world, 4);
    assert_done(
        store_link_to_case(tx, id_of(world, 1), named.procedure, "decision", &world->arena, &rows, &count, &world->err),
        world);
    assert_string_equal(told(world, rows, count), "04>01 decision 6;");
    assert_done(
        store_link_to_case(tx, id_of(world, 1), "another", "decision", &world->arena, &rows, &count, &world->err),
        world);
    assert_int_equal(count, 0);
}

static void links_are_found_from_both_ends(void **state)
{
    struct world *world = *state;
    add_cases(world, 4);
    add_link(world, 1, 2, "prescription", 9);
    add_link(world, 3, 1, "basis", 4);
    add_link(world, 1, 2, "basis", 5);
    add_link(world, 4, 4, "basis", 7); /* of itself: once */
    assert_string_equal(links_of(world, 1), "03>01 basis 4;01>02 basis 5;01>02 prescription 9;");
    assert_string_equal(links_of(world, 2), "01>02 basis 5;01>02 prescription 9;");
    assert_string_equal(links_of(world, 3), "03>01 basis 4;");
    assert_string_equal(links_of(world, 4), "04>04 basis 7;");
    assert_string_equal(links_of(world, 99), "");
    /* Again: the first event stays. */
    add_link(world, 3, 1, "basis", 400);
    assert_string_equal(links_of(world, 3), "03>01 basis 4;");
}

static void nothing_is_tied_to_no_case(void **state)
{
    struct world *world = *state;
    add_cases(world, 1);
    struct case_link_row link = {id_of(world, 1), id_of(world, 2), "basis", 1};
    assert_refused(world_write(world, put_link, &link), world, ERR_INTERNAL, "store_refused");
    struct case_key_row key = {"platform", "a.kz", id_of(world, 2)};
    assert_refused(world_write(world, put_key, &key), world, ERR_NOT_FOUND, "not_found");
    assert_string_equal(links_of(world, 1), "");
}

struct scanned {
    int count, stop_at;
    char last[256];
};

static int scan_link(const struct case_link_row *row, void *arg, struct err *err)
{
    struct scanned *scanned = arg;
    char now[256];
    snprintf(now, sizeof now, "%s %s %s", row->from_case, row->to_case, row->field);
    assert_true(strcmp(scanned->last, now) < 0);
    strcpy(scanned->last, now);
    return ++scanned->count == scanned->stop_at ? err_set(err, ERR_DAMAGED, "store_damaged", NULL) : 0;
}

static int scan_key(const struct case_key_row *row, void *arg, struct err *err)
{
    struct scanned *scanned = arg;
    char now[256];
    snprintf(now, sizeof now, "%s %s %s", row->case_id, row->kind, row->value);
    assert_true(strcmp(scanned->last, now) < 0);
    strcpy(scanned->last, now);
    return ++scanned->count == scanned->stop_at ? err_set(err, ERR_DAMAGED, "store_damaged", NULL) : 0;
}

enum { MANY = 30 };

static int tie_everything(struct tx *tx, void *arg, struct err *err)
{
    struct world *world = arg;
    int rc = 0;
    for (int n = 0; n < MANY && rc == 0; n++) {
        struct case_row row = case_row_of(world, n);
        rc = store_case_insert(tx, &row, err);
    }
    for (int a = 0; a < MANY && rc == 0; a++) {
        for (int b = 0; b < MANY && rc == 0; b++) {
            struct case_link_row link = {id_of(world, a), id_of(world, b), b % 2 ? "basis" : "case", a * 100 + b};
            rc = store_link_put(tx, &link, err);
            struct case_key_row key = {"resource", arena_printf(&world->arena, "%d.kz", b), id_of(world, a)};
            rc = rc == 0 ? store_key_put(tx, &key, err) : rc;
        }
    }
    return rc;
}

static void everything_is_scanned_once(void **state)
{
    struct world *world = *state;
    assert_done(world_write(world, tie_everything, world), world);
    CLEANUP_READ struct tx *tx = world_read(world);
    struct scanned scanned = {0};
    assert_done(store_link_scan(tx, scan_link, &scanned, &world->err), world);
    assert_int_equal(scanned.count, MANY * MANY);
    scanned = (struct scanned){.stop_at = 700};
    assert_refused(store_link_scan(tx, scan_link, &scanned, &world->err), world, ERR_DAMAGED, "store_damaged");
    assert_int_equal(scanned.count, 700);
    scanned = (struct scanned){0};
    assert_done(store_key_scan(tx, scan_key, &scanned, &world->err), world);
    assert_int_equal(scanned.count, MANY * MANY);
    scanned = (struct scanned){.stop_at = 300};
    assert_refused(store_key_scan(tx, scan_key, &scanned, &world->err), world, ERR_DAMAGED, "store_damaged");
}

/* --- Keys --------------------------------------------------------------------------------------------------------- */

static const char *keys_of(struct world *world, int n)
{
    CLEANUP_READ struct tx *tx = world_read(world);
    struct case_key_row *rows;
    size_t count;
    assert_done(store_key_of_case(tx, id_of(world, n), &world->arena, &rows, &count, &world->err), world);
    const char *text = "";
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(rows[i].case_id, id_of(world, n));
        text = arena_printf(&world->arena, "%s%s=%s;", text, rows[i].kind, rows[i].value);
    }
    return text;
}

static void keys_of_a_case(void **state)
{
    struct world *world = *state;
    add_cases(world, 2);
    add_key(world, 1, "resource", "б.қаз");
    add_key(world, 1, "platform", "a.kz");
    add_key(world, 1, "resource", "a.kz");
    add_key(world, 1, "resource", "a.kz");
    assert_string_equal(keys_of(world, 1), "platform=a.kz;resource=a.kz;resource=б.қаз;");
    assert_string_equal(keys_of(world, 2), "");
}

static int64_t counted(struct world *world, const char *value, int64_t from, int64_t before, const char *const *not_in,
                       size_t not_in_count)
{
    CLEANUP_READ struct tx *tx = world_read(world);
    int64_t count = -1;
    assert_done(store_key_count(tx, "subject", value, "preventive_control", from, before, not_in, not_in_count, &count,
                                &world->err),
                world);
    return count;
}

static void keys_are_counted_in_a_span(void **state)
{
    struct world *world = *state;
    for (int n = 1; n <= 6; n++) {
        struct case_row row = case_row_of(world, n);
        row.procedure = n == 6 ? "monitoring" : "preventive_control";
        row.state = n == 2 ? "cancelled" : n == 3 ? "done" : "found";
        row.opened_usec = 100 * n;
        add_case(world, &row);
        add_key(world, n, "subject", "123456789012");
    }
    add_key(world, 1, "resource", "123456789012");
    static const char *const cancelled[] = {"cancelled"}, *const both[] = {"cancelled", "done"};
    assert_int_equal(counted(world, "123456789012", 0, 1000, NULL, 0), 5);
    assert_int_equal(counted(world, "123456789012", 0, 1000, cancelled, 1), 4);
    assert_int_equal(counted(world, "123456789012", 0, 1000, both, 2), 3);
    assert_int_equal(counted(world, "123456789012", 100, 500, NULL, 0), 4);
    assert_int_equal(counted(world, "123456789012", 101, 501, NULL, 0), 4);
    assert_int_equal(counted(world, "123456789012", 500, 500, NULL, 0), 0);
    assert_int_equal(counted(world, "999999999999", 0, 1000, NULL, 0), 0);
    assert_int_equal(counted(world, "' OR 1=1 --", 0, 1000, both, 2), 0);
}

/* As "value:cases:newest" a line. */
static const char *values_of(struct world *world, const char *beginning, const char *after, size_t limit)
{
    CLEANUP_READ struct tx *tx = world_read(world);
    struct key_figure *rows;
    size_t count;
    assert_done(store_key_list(tx, "platform", beginning, after, limit, &world->arena, &rows, &count, &world->err),
                world);
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_printf(&world->arena, "%s%s:%lld:%lld;", text, rows[i].value, (long long)rows[i].cases,
                            (long long)(rows[i].newest_usec - 1000000));
    return text;
}

static void values_are_listed_with_their_figures(void **state)
{
    struct world *world = *state;
    add_cases(world, 3);
    add_key(world, 1, "platform", "b.kz");
    add_key(world, 3, "platform", "b.kz");
    add_key(world, 2, "platform", "a.kz");
    add_key(world, 2, "platform", "b.kz");
    add_key(world, 2, "platform", "қала.қаз");
    add_key(world, 1, "platform", "\"альфа\" жшс");
    add_key(world, 1, "platform", "#00ff");
    add_key(world, 2, "platform", "b.kz.example");
    add_key(world, 1, "resource", "c.kz");
    assert_string_equal(values_of(world, NULL, NULL, 100),
                        "\"альфа\" жшс:1:1;a.kz:1:2;b.kz:3:3;b.kz.example:1:2;қала.қаз:1:2;");
    assert_string_equal(values_of(world, NULL, NULL, 2), "\"альфа\" жшс:1:1;a.kz:1:2;");
    assert_string_equal(values_of(world, NULL, NULL, 1), "\"альфа\" жшс:1:1;");
    assert_string_equal(values_of(world, NULL, "\"альфа\" жшс", 1), "a.kz:1:2;");
    assert_string_equal(values_of(world, NULL, "a.kz", 2), "b.kz:3:3;b.kz.example:1:2;");
    assert_string_equal(values_of(world, NULL, "қала.қаз", 2), "");
    assert_string_equal(values_of(world, "b.kz", NULL, 9), "b.kz:3:3;b.kz.example:1:2;");
    assert_string_equal(values_of(world, "b.kz", "b.kz", 9), "b.kz.example:1:2;");
    assert_string_equal(values_of(world, "қ", NULL, 9), "қала.қаз:1:2;");
    assert_string_equal(values_of(world, "#", NULL, 9), "");
    assert_string_equal(values_of(world, "#00", NULL, 9), "");
    assert_string_equal(values_of(world, "%", NULL, 9), "");
    assert_string_equal(values_of(world, "z", NULL, 9), "");
    assert_string_equal(values_of(world, NULL, NULL, 0), "");
}

static int put_then_fail(struct tx *tx, void *arg, struct err *err)
{
    struct world *world = arg;
    struct case_link_row link = {id_of(world, 1), id_of(world, 2), "basis", 1};
    struct case_key_row key = {"platform", "a.kz", id_of(world, 1)};
    int rc = store_link_put(tx, &link, err);
    rc = rc != 0 ? rc : store_key_put(tx, &key, err);
    return rc != 0 ? rc : err_set(err, ERR_CONFLICT, "act_not_now", NULL);
}

static void a_refused_command_ties_nothing(void **state)
{
    struct world *world = *state;
    add_cases(world, 2);
    assert_refused(world_write(world, put_then_fail, world), world, ERR_CONFLICT, "act_not_now");
    assert_string_equal(links_of(world, 1), "");
    assert_string_equal(keys_of(world, 1), "");
}

/* --- Calendars ---------------------------------------------------------------------------------------------------- */

static int put_feed(struct tx *tx, void *arg, struct err *err)
{
    return store_feed_put(tx, arg, err);
}

static int delete_feed(struct tx *tx, void *arg, struct err *err)
{
    return store_feed_delete(tx, arg, err);
}

static void one_secret_address_for_an_account(void **state)
{
    struct world *world = *state;
    struct account_row account = account_row_of(world, 1), other = account_row_of(world, 2);
    assert_done(world_write(world, insert_account, &account), world);
    assert_done(world_write(world, insert_account, &other), world);
    struct feed_row first = {account.id, hash_of(1), 10}, second = {account.id, hash_of(2), 20},
                    others = {other.id, hash_of(2), 30}, got;
    assert_done(world_write(world, put_feed, &first), world);
    assert_done(world_write(world, put_feed, &second), world);
    struct tx *tx = world_read(world);
    assert_refused(store_feed_by_hash(tx, &first.secret_hash, &world->arena, &got, &world->err), world, ERR_NOT_FOUND,
                   "not_found");
    assert_done(store_feed_by_hash(tx, &second.secret_hash, &world->arena, &got, &world->err), world);
    assert_string_equal(got.account_id, account.id);
    assert_int_equal(got.created_usec, 20);
    assert_memory_equal(&got.secret_hash, &second.secret_hash, sizeof got.secret_hash);
    assert_done(store_feed_of(tx, account.id, &world->arena, &got, &world->err), world);
    assert_memory_equal(&got.secret_hash, &second.secret_hash, sizeof got.secret_hash);
    assert_refused(store_feed_of(tx, other.id, &world->arena, &got, &world->err), world, ERR_NOT_FOUND, "not_found");
    store_read_end(tx);
    /* A secret tells one account; an account that is not there has none. */
    assert_refused(world_write(world, put_feed, &others), world, ERR_INTERNAL, "store_refused");
    others.account_id = id_of(world, 77);
    others.secret_hash = hash_of(3);
    assert_refused(world_write(world, put_feed, &others), world, ERR_INTERNAL, "store_refused");
    assert_done(world_write(world, delete_feed, (void *)(uintptr_t)account.id), world);
    assert_done(world_write(world, delete_feed, (void *)(uintptr_t)account.id), world);
    tx = world_read(world);
    assert_refused(store_feed_by_hash(tx, &second.secret_hash, &world->arena, &got, &world->err), world, ERR_NOT_FOUND,
                   "not_found");
    store_read_end(tx);
}

static int untie(struct tx *tx, void *arg, struct err *err)
{
    struct world *world = arg;
    struct case_link_row link = {id_of(world, 1), id_of(world, 2), "basis", 0};
    struct case_key_row key = {"resource", "a.kz", id_of(world, 1)};
    int rc = store_link_delete(tx, &link, err);
    rc = rc != 0 ? rc : store_key_delete(tx, &key, err);
    /* What is not there any more is no error. */
    rc = rc != 0 ? rc : store_link_delete(tx, &link, err);
    return rc != 0 ? rc : store_key_delete(tx, &key, err);
}

static void a_tie_is_taken_back_alone(void **state)
{
    struct world *world = *state;
    add_cases(world, 3);
    add_link(world, 1, 2, "basis", 1);
    add_link(world, 1, 2, "other", 2);
    add_link(world, 1, 3, "basis", 3);
    struct case_key_row keys[] = {{"resource", "a.kz", id_of(world, 1)},
                                  {"resource", "b.kz", id_of(world, 1)},
                                  {"platform", "a.kz", id_of(world, 1)},
                                  {"resource", "a.kz", id_of(world, 2)}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_done(world_write(world, put_key, &keys[i]), world);
    assert_done(world_write(world, untie, world), world);
    assert_string_equal(links_of(world, 1), "01>02 other 2;01>03 basis 3;");
    assert_string_equal(keys_of(world, 1), "platform=a.kz;resource=b.kz;");
    assert_string_equal(keys_of(world, 2), "resource=a.kz;");
    CLEANUP_READ struct tx *tx = world_read(world);
    const char *number = "";
    assert_done(store_key_check(tx, &world->arena, &number, &world->err), world);
    assert_null(number);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(links_are_found_from_both_ends),
        WORLD_TEST(nothing_is_tied_to_no_case),
        WORLD_TEST(of_many_links_only_some_are_read),
        WORLD_TEST(everything_is_scanned_once),
        WORLD_TEST(keys_of_a_case),
        WORLD_TEST(keys_are_counted_in_a_span),
        WORLD_TEST(values_are_listed_with_their_figures),
        WORLD_TEST(a_refused_command_ties_nothing),
        WORLD_TEST(one_secret_address_for_an_account),
        WORLD_TEST(a_tie_is_taken_back_alone),
    };
    return world_run("store links", tests, sizeof tests / sizeof *tests);
}
