/* Ids: their form, their order, also among threads and when time goes back. */
#include "base/id.h"
#include "unit.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void form_is_version_7(void **state)
{
    char id[ID_TEXT];
    /* The example of RFC 9562: 2022-02-22T19:22:22Z is 017F22E2-79B0. */
    id_new(INT64_C(1645557742000000), id);
    assert_true(id_valid(id));
    assert_memory_equal(id, "017f22e2-79b0-7", 15);
    assert_non_null(strchr("89ab", id[19]));
}

static void order_holds_in_one_millisecond_and_backwards(void **state)
{
    char last[ID_TEXT], next[ID_TEXT];
    id_new(INT64_C(1775000000000000), last);
    for (int i = 0; i < 20000; i++) {
        id_new(INT64_C(1775000000000000) - i * 1000, next);
        assert_true(strcmp(last, next) < 0);
        memcpy(last, next, sizeof last);
    }
    id_new(INT64_C(1785000000000000), next);
    assert_true(strcmp(last, next) < 0);
}

#define PER_THREAD 5000

static void *ids_make(void *ret)
{
    char(*ids)[ID_TEXT] = ret;
    for (int i = 0; i < PER_THREAD; i++)
        id_new(INT64_C(1795000000000000), ids[i]);
    return NULL;
}

static int id_compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void threads_never_share_an_id(void **state)
{
    char(*ids)[ID_TEXT] = calloc(4 * PER_THREAD, ID_TEXT);
    assert_non_null(ids);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ids_make, ids + i * PER_THREAD), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4 * PER_THREAD; i++)
        if (i % PER_THREAD > 0)
            assert_true(strcmp(ids[i - 1], ids[i]) < 0);
    qsort(ids, 4 * PER_THREAD, ID_TEXT, id_compare);
    for (int i = 1; i < 4 * PER_THREAD; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
    free(ids);
}

static void only_the_canonical_form_is_valid(void **state)
{
    assert_true(id_valid("00000000-0000-0000-0000-000000000000"));
    assert_true(id_valid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
    static const char *const bad[] = {"",
                                      "017F22E2-79b0-7cc3-98c4-dc0c0c07398f",
                                      "017f22e279b07cc398c4dc0c0c07398f",
                                      "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
                                      "017f22e2-79b0-7cc3-98c4-dc0c0c07398fa",
                                      "017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
                                      "g17f22e2-79b0-7cc3-98c4-dc0c0c07398f"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(id_valid(bad[i]));
    assert_false(id_valid(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(form_is_version_7),
        cmocka_unit_test(order_holds_in_one_millisecond_and_backwards),
        cmocka_unit_test(threads_never_share_an_id),
        cmocka_unit_test(only_the_canonical_form_is_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
