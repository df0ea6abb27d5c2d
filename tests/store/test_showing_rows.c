/* Counts of showings as rows, on both engines: chunks in their order, figures added to in one statement or one by one,
 * days moved apart, nothing of what is removed, sums over many. */
#include "store/showing_rows.h"
#include "world.h"
#include <stdio.h>

#define ADVERTS 40

static void place(struct world *world)
{
    char text[300];
    for (int i = 1; i <= ADVERTS; i++) {
        snprintf(
            text, sizeof text,
            "INSERT INTO advert (serial, id, version, placed_usec, changed_usec, last_day, shown, removed_usec, leaf) "
            "VALUES (%d, 'id-%d', 1, 0, 0, 100, 0, %s, 1)",
            i, i, i == ADVERTS ? "5" : "NULL");
        assert_true(world_sql(world, text));
    }
}

static int put_chunks(struct tx *tx, void *arg, struct err *err)
{
    int rc = store_showing_chunk_put(tx, "first", 5, 1, 77, err);
    return rc == 0 ? store_showing_chunk_put(tx, "second", 6, 2, 78, err) : rc;
}

static int take_chunk(struct tx *tx, void *arg, struct err *err)
{
    struct world *world = arg;
    const void *rows;
    size_t bytes;
    int64_t serial;
    int rc = store_showing_chunk_next(tx, &world->arena, &serial, &rows, &bytes, err);
    if (rc == 0)
        assert_memory_equal(rows, "first", bytes);
    return rc == 0 ? store_showing_chunk_delete(tx, serial, err) : rc;
}

static void test_chunks(void **state)
{
    struct world *world = *state;
    const void *rows;
    size_t bytes;
    int64_t serial = 9, waiting = 0;
    world_fresh(world);
    struct tx *tx = world_read(world);
    assert_int_equal(store_showing_chunk_next(tx, &world->arena, &serial, &rows, &bytes, &world->err), 0);
    assert_int_equal(serial, 0);
    assert_int_equal(store_showing_waiting(tx, &waiting, &world->err), 0);
    assert_int_equal(waiting, 0);
    store_read_end(tx);
    assert_int_equal(world_write(world, put_chunks, world), 0);
    assert_int_equal(world_number(world, "SELECT sum(count) FROM advert_chunk"), 3);
    assert_int_equal(world_write(world, take_chunk, world), 0);
    tx = world_read(world);
    assert_int_equal(store_showing_waiting(tx, &waiting, &world->err), 0);
    assert_int_equal(waiting, 2);
    store_read_end(tx);
}

/* 37 figures: twice sixteen at once, and five by themselves. */
static int add_many(struct tx *tx, void *arg, struct err *err)
{
    struct showing_row rows[37];
    for (int i = 0; i < 37; i++)
        rows[i] = (struct showing_row){1 + i % 3, 10 + i / 3, i % 2 == 0 ? 0 : 75, 100 + i};
    return store_showing_add(tx, rows, 37, err);
}

static int add_advert(struct tx *tx, void *arg, struct err *err)
{
    bool stands = false;
    int rc = store_showing_advert(tx, 1, 10, 50, 60, 7, &stands, err);
    assert_true(rc != 0 || stands);
    if (rc == 0)
        rc = store_showing_advert(tx, 1, 5, 40, 300, 8, &stands, err);
    if (rc == 0)
        rc = store_showing_advert(tx, 1, 0, 70, 80, 9, &stands, err);
    if (rc == 0)
        rc = store_showing_advert(tx, ADVERTS, 5, 40, 300, 8, &stands, err);
    assert_true(rc != 0 || !stands);
    return rc;
}

static int sum_of(const struct showing_row *row, void *arg, struct err *err)
{
    *(int64_t *)arg += row->count;
    return 0;
}

static void test_figures(void **state)
{
    struct world *world = *state;
    struct showing_row *rows;
    size_t count;
    int64_t sum = 0, serials[ADVERTS];
    world_fresh(world);
    place(world);
    assert_int_equal(world_write(world, add_many, world), 0);
    assert_int_equal(world_write(world, add_many, world), 0);
    assert_int_equal(world_number(world, "SELECT count(*) FROM advert_showing"), 37);
    assert_int_equal(world_number(world, "SELECT sum(count) FROM advert_showing"), 2 * (37 * 100 + 36 * 37 / 2));
    struct tx *tx = world_read(world);
    assert_int_equal(store_showing_list(tx, 2, 11, 12, &world->arena, &rows, &count, &world->err), 0);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].day, 11);
    assert_int_equal(rows[0].region, 0);
    assert_int_equal(rows[0].count, 208);
    assert_int_equal(rows[1].region, 75);
    for (int i = 0; i < ADVERTS; i++)
        serials[i] = ADVERTS - i;
    assert_int_equal(
        store_showing_sums(tx, serials, ADVERTS, INT32_MIN, INT32_MAX, &world->arena, &rows, &count, &world->err), 0);
    assert_int_equal(count, 13);
    assert_int_equal(rows[0].day, 10);
    assert_int_equal(rows[0].count, 2 * (100 + 101 + 102));
    assert_int_equal(rows[12].count, 2 * 136);
    assert_int_equal(store_showing_sums(tx, serials, 0, 0, 9, &world->arena, &rows, &count, &world->err), 0);
    assert_int_equal(count, 0);
    assert_int_equal(store_showing_scan(tx, 2, 3, sum_of, &sum, &world->err), 0);
    assert_int_equal(sum, 2 * (12 * 100 + 12 * 1 + 3 * 66) + 2 * (12 * 100 + 12 * 2 + 3 * 66));
    store_read_end(tx);
}

static void test_adverts(void **state)
{
    struct world *world = *state;
    world_fresh(world);
    place(world);
    assert_int_equal(world_write(world, add_advert, world), 0);
    assert_int_equal(world_number(world, "SELECT shown FROM advert WHERE serial = 1"), 15);
    assert_int_equal(world_number(world, "SELECT first_day FROM advert WHERE serial = 1"), 40);
    assert_int_equal(world_number(world, "SELECT last_day FROM advert WHERE serial = 1"), 300);
    assert_int_equal(world_number(world, "SELECT counted_usec FROM advert WHERE serial = 1"), 9);
    assert_int_equal(world_number(world, "SELECT sum(shown) FROM advert WHERE serial > 1"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(test_chunks), WORLD_TEST(test_figures), WORLD_TEST(test_adverts)};
    return world_run("showing_rows", tests, sizeof tests / sizeof tests[0]);
}
