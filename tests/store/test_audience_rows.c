/* Months, services, chunks, sets and closed figures of users as rows, on both engines: what is opened, closed and
 * wiped, what is shed piece by piece, versions beside each other, and that nothing of a destroyed month is left. */
#include "store/audience_rows.h"
#include "world.h"
#include <stdio.h>

#define MONTH 24315
#define SECRET "wrapped-secret-of-the-month"

static int begin(struct tx *tx, void *arg, struct err *err)
{
    struct audience_month_row month = {.month = MONTH,
                                       .secret = SECRET,
                                       .secret_bytes = sizeof(SECRET) - 1,
                                       .print = UINT64_MAX - 5,
                                       .opened_usec = 7,
                                       .closed_usec = TIME_NONE,
                                       .destroyed_usec = TIME_NONE};
    int64_t site = 0, app = 0, again = 0, serial;
    (void)arg;
    int r = store_audience_month_insert(tx, &month, err);
    month.month = MONTH + 1;
    if (r == 0)
        r = store_audience_month_insert(tx, &month, err);
    if (r == 0)
        r = store_audience_service(tx, "", &site, err);
    if (r == 0)
        r = store_audience_service(tx, "app", &app, err);
    if (r == 0)
        r = store_audience_service(tx, "", &again, err);
    assert_int_equal(again, site);
    assert_true(site > 0 && app > site);
    for (int i = 0; i < 10 && r == 0; i++) {
        struct audience_chunk_row chunk = {.month = i < 8 ? MONTH : MONTH + 1,
                                           .day = 20000 + i,
                                           .service = i % 2 ? site : app,
                                           .hashes = "12345678",
                                           .bytes = 8};
        struct audience_set_row set = {.month = i < 8 ? MONTH : MONTH + 1,
                                       .service = i % 2 ? site : app,
                                       .stretch = i,
                                       .users = "abc",
                                       .bytes = 3};
        r = store_audience_chunk_add(tx, &chunk, &serial, err);
        if (r == 0)
            r = store_audience_set_put(tx, &set, err);
    }
    return r;
}

static int begin_again(struct tx *tx, void *arg, struct err *err)
{
    const struct audience_month_row month = {
        .month = MONTH, .opened_usec = 8, .closed_usec = TIME_NONE, .destroyed_usec = TIME_NONE};
    (void)arg;
    return store_audience_month_insert(tx, &month, err);
}

static struct audience_month_row month_row(struct world *world)
{
    struct audience_month_row row;
    bool found = false;
    struct tx *tx = world_read(world);
    assert_int_equal(store_audience_month_get(tx, MONTH, &world->arena, &row, &found, &world->err), 0);
    store_read_end(tx);
    assert_true(found);
    return row;
}

static int close_and_wipe(struct tx *tx, void *arg, struct err *err)
{
    (void)arg;
    int r = store_audience_month_close(tx, MONTH, 99, err);
    return r == 0 ? store_audience_month_wipe(tx, MONTH, err) : r;
}

static int shed(struct tx *tx, void *arg, struct err *err)
{
    return store_audience_month_shed(tx, MONTH, 3, arg, err);
}

static int destroy(struct tx *tx, void *arg, struct err *err)
{
    (void)arg;
    return store_audience_month_destroy(tx, MONTH, 100, err);
}

static int wipe_unknown(struct tx *tx, void *arg, struct err *err)
{
    (void)arg;
    return store_audience_month_wipe(tx, 1, err);
}

static void test_a_month_ends(void **state)
{
    struct world *world = *state;
    struct store_compaction compaction;
    struct audience_month_row *months;
    int64_t gone[4] = {0}, sets = 0;
    size_t count;

    world_fresh(world);
    assert_int_equal(world_write(world, begin, NULL), 0);
    assert_int_equal(world_write(world, begin_again, NULL), -ERR_CONFLICT);
    assert_int_equal(month_row(world).secret_bytes, sizeof(SECRET) - 1);
    assert_true(month_row(world).print == UINT64_MAX - 5);
    assert_int_equal(world_write(world, wipe_unknown, NULL), -ERR_NOT_FOUND);
    assert_int_equal(world_write(world, close_and_wipe, NULL), 0);
    assert_null(month_row(world).secret);
    assert_int_equal(month_row(world).closed_usec, 99);
    assert_true(month_row(world).destroyed_usec == TIME_NONE);
    for (int i = 0; i < 4; i++)
        assert_int_equal(world_write(world, shed, &gone[i]), 0);
    /* Three chunks and three sets a turn, then the two and two that are left, then nothing. */
    assert_int_equal(gone[0], 6);
    assert_int_equal(gone[1], 6);
    assert_int_equal(gone[2], 4);
    assert_int_equal(gone[3], 0);
    assert_int_equal(store_compact(world->store, &(uint64_t){month_row(world).print}, 1, &compaction, &world->err), 0);
    assert_int_equal(compaction.searched, !world->postgres);
    assert_int_equal(world_write(world, destroy, NULL), 0);
    assert_int_equal(month_row(world).destroyed_usec, 100);

    struct tx *tx = world_read(world);
    assert_int_equal(store_audience_months(tx, true, &world->arena, &months, &count, &world->err), 0);
    assert_int_equal(count, 1);
    assert_int_equal(months[0].month, MONTH + 1);
    assert_int_equal(store_audience_set_count(tx, MONTH + 1, &sets, &world->err), 0);
    assert_int_equal(sets, 2);
    store_read_end(tx);
    assert_int_equal(world_number(world, "SELECT count(*) FROM audience_chunk"), 2);
}

static int figures(struct tx *tx, void *arg, struct err *err)
{
    int r = 0;
    (void)arg;
    for (int day = 100; day < 110 && r == 0; day++)
        for (int service = 0; service < 3 && r == 0; service++)
            for (int version = 1; version <= (day == 105 && service == 0 ? 3 : 1) && r == 0; version++)
                r = store_audience_figure_insert(tx,
                                                 &(struct audience_figure_row){.period = "day",
                                                                               .number = day,
                                                                               .service = service,
                                                                               .version = version,
                                                                               .users = day == 109 ? -1 : day * version,
                                                                               .leaf = day},
                                                 err);
    return r;
}

static int figure_again(struct tx *tx, void *arg, struct err *err)
{
    (void)arg;
    return store_audience_figure_insert(
        tx, &(struct audience_figure_row){.period = "day", .number = 105, .service = 0, .version = 3}, err);
}

static void test_figures_have_versions(void **state)
{
    struct world *world = *state;
    struct audience_figure_row *rows;
    int64_t first = 0, last = 0, none = 0;
    size_t count;

    world_fresh(world);
    assert_int_equal(world_write(world, figures, NULL), 0);
    assert_int_equal(world_write(world, figure_again, NULL), -ERR_CONFLICT);
    struct tx *tx = world_read(world);
    assert_int_equal(store_audience_figures(tx, "day", 104, 106, 0, &world->arena, &rows, &count, &world->err), 0);
    assert_int_equal(count, 3);
    assert_int_equal(rows[1].number, 105);
    assert_int_equal(rows[1].version, 3);
    assert_int_equal(rows[1].users, 315);
    assert_int_equal(store_audience_figures(tx, "day", 104, 106, -1, &world->arena, &rows, &count, &world->err), 0);
    assert_int_equal(count, 9);
    assert_int_equal(store_audience_figure_versions(tx, "day", 105, 0, &world->arena, &rows, &count, &world->err), 0);
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].version, 1);
    assert_int_equal(store_audience_figure_first(tx, "day", -7, &first, &world->err), 0);
    assert_int_equal(store_audience_figure_last(tx, "day", -7, &last, &world->err), 0);
    assert_int_equal(store_audience_figure_last(tx, "month", -7, &none, &world->err), 0);
    assert_int_equal(first, 100);
    assert_int_equal(last, 109);
    assert_int_equal(none, -7);
    assert_int_equal(store_audience_figures(tx, "day", 109, 109, 0, &world->arena, &rows, &count, &world->err), 0);
    assert_int_equal(rows[0].users, -1);
    store_read_end(tx);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {WORLD_TEST(test_a_month_ends), WORLD_TEST(test_figures_have_versions)};

    return world_run("audience rows", tests, sizeof tests / sizeof *tests);
}
