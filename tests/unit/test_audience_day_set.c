/* The set against a naive one, through every growth. */
#include "audience/day_set.h"
#include "unit.h"
#include <stdlib.h>
#include <string.h>

#define PART UINT64_C(0xB)

static uint64_t next(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

/* The n-th user of the part. */
static uint64_t user(uint64_t n)
{
    uint64_t state = n;
    return next(&state) >> 4 | PART << 60;
}

static void users_are_counted_exactly_while_it_grows(void **state)
{
    enum { USERS = 300000, DAYS = 5 };
    struct day_set set = {0};
    struct err err = {0};
    uint32_t *naive = calloc(USERS, sizeof *naive);
    uint64_t *hashes = malloc(5000 * sizeof *hashes), *fresh = malloc(5000 * sizeof *fresh), random = 7;
    int64_t on[DAYS] = {0};
    size_t different = 0;
    for (int batch = 0; batch < 300; batch++) {
        size_t expected = 0, found, count = next(&random) % 5000;
        int day = (int)(next(&random) % DAYS);
        for (size_t i = 0; i < count; i++) {
            size_t who = next(&random) % USERS;
            hashes[i] = user(who);
            different += naive[who] == 0;
            expected += (naive[who] >> day & 1) == 0;
            naive[who] |= UINT32_C(1) << day;
        }
        assert_int_equal(day_set_add(&set, hashes, count, day, fresh, &found, &err), 0);
        assert_int_equal(found, expected);
        on[day] += (int64_t)expected;
    }
    assert_int_equal(set.users, different);
    for (int day = 0; day < DAYS; day++)
        assert_int_equal(set.users_on[day], on[day]);
    for (size_t who = 0; who < USERS; who++)
        assert_int_equal(day_set_days(&set, user(who)), naive[who]);
    day_set_done(&set);
    free(naive);
    free(hashes);
    free(fresh);
}

static void fill(struct day_set *set, uint64_t from, uint64_t end, int day)
{
    struct err err = {0};
    for (uint64_t n = from; n < end; n++) {
        uint64_t hash = user(n), fresh;
        size_t found;
        assert_int_equal(day_set_add(set, &hash, 1, day, &fresh, &found, &err), 0);
    }
}

static void what_is_written_out_is_sorted_and_reads_back_the_same(void **state)
{
    struct day_set set = {0}, back = {0};
    struct err err = {0};
    fill(&set, 0, 50000, 3);
    fill(&set, 40000, 60000, 30);
    uint8_t *entries = malloc(60000 * DAY_ENTRY_BYTES);
    size_t sum = 0;
    for (uint64_t stretch = PART << 2; stretch < (PART + 1) << 2; stretch++) {
        uint64_t first = stretch << 58, last = first | ((UINT64_C(1) << 58) - 1), before = 0;
        size_t count = day_set_export(&set, first, last, entries, 60000);
        assert_true(count <= 60000);
        assert_int_equal(day_set_export(&set, first, last, entries, 10), count);
        assert_int_equal(day_set_export(&set, first, last, entries, 60000), count);
        for (size_t i = 0; i < count; i++) {
            uint64_t hash;
            memcpy(&hash, entries + i * DAY_ENTRY_BYTES, 8);
            assert_true(hash > before && hash >= first && hash <= last);
            before = hash;
        }
        assert_int_equal(day_set_merge(&back, entries, count, &err), 0);
        /* Twice is the same. */
        assert_int_equal(day_set_merge(&back, entries, count, &err), 0);
        sum += count;
    }
    assert_int_equal(sum, 60000);
    assert_int_equal(back.users, 60000);
    assert_int_equal(back.users_on[3], 50000);
    assert_int_equal(back.users_on[30], 20000);
    assert_int_equal(day_set_days(&back, user(45000)), 1 << 3 | 1 << 30);
    assert_int_equal(day_set_days(&back, user(60001)), 0);
    free(entries);
    day_set_done(&set);
    day_set_done(&back);
}

static void two_sets_unite(void **state)
{
    struct day_set a = {0}, b = {0}, empty = {0}, all;
    struct err err = {0};
    fill(&a, 0, 3000, 0);
    fill(&b, 2000, 6000, 0);
    fill(&b, 2500, 2600, 1);
    assert_int_equal(day_set_copy(&a, &all, &err), 0);
    assert_int_equal(day_set_unite(&all, &b, &err), 0);
    assert_int_equal(day_set_unite(&all, &empty, &err), 0);
    assert_int_equal(all.users, 6000);
    assert_int_equal(all.users_on[0], 6000);
    assert_int_equal(all.users_on[1], 100);
    assert_int_equal(a.users, 3000);
    day_set_done(&a);
    day_set_done(&b);
    day_set_done(&all);
}

static void it_starts_as_large_as_wanted_and_stays_small(void **state)
{
    struct day_set set = {0}, grown = {0};
    struct err err = {0};
    assert_int_equal(day_set_reserve(&set, 200000, &err), 0);
    size_t bytes = day_set_bytes(&set);
    fill(&set, 0, 200000, 0);
    assert_int_equal(day_set_bytes(&set), bytes);
    fill(&grown, 0, 200000, 0);
    assert_true(day_set_bytes(&grown) <= 200000 * 24);
    assert_int_equal(grown.users, 200000);
    day_set_done(&set);
    day_set_done(&grown);
}

/* 0 marks a free place, so it counts as 1. */
static void the_hash_nought_is_a_user_too(void **state)
{
    struct day_set set = {0};
    struct err err = {0};
    uint64_t hashes[] = {0, 0, 1}, fresh[3];
    size_t found;
    assert_int_equal(day_set_add(&set, hashes, 3, 0, fresh, &found, &err), 0);
    assert_int_equal(found, 1);
    assert_int_equal(set.users, 1);
    assert_int_equal(day_set_days(&set, 0), 1);
    day_set_done(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_are_counted_exactly_while_it_grows),
        cmocka_unit_test(what_is_written_out_is_sorted_and_reads_back_the_same),
        cmocka_unit_test(two_sets_unite),
        cmocka_unit_test(it_starts_as_large_as_wanted_and_stays_small),
        cmocka_unit_test(the_hash_nought_is_a_user_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
