/* Arenas: alignment, zeroing, the hard limit and what a reset keeps. */
#include "base/arena.h"
#include "unit.h"
#include <string.h>

static void memory_is_zeroed_and_aligned_also_after_reset(void **state)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (int round = 0; round < 3; round++) {
        for (size_t bytes = 0; bytes < 300; bytes += 7) {
            unsigned char *memory = arena_alloc(&arena, bytes);
            assert_non_null(memory);
            assert_int_equal((uintptr_t)memory % 16, 0);
            for (size_t i = 0; i < bytes; i++)
                assert_int_equal(memory[i], 0);
            memset(memory, 0xAA, bytes);
        }
        arena_reset(&arena);
        assert_int_equal(arena.used_bytes, 0);
    }
    arena_done(&arena);
}

static void pieces_do_not_overlap(void **state)
{
    struct arena arena;
    arena_init(&arena, 8 << 20);
    unsigned char *pieces[400];
    for (int i = 0; i < 400; i++) {
        pieces[i] = arena_alloc(&arena, (size_t)i * 37);
        assert_non_null(pieces[i]);
        memset(pieces[i], i & 255, (size_t)i * 37);
    }
    for (int i = 0; i < 400; i++)
        for (int j = 0; j < i * 37; j++)
            assert_int_equal(pieces[i][j], i & 255);
    arena_done(&arena);
}

static void the_limit_is_hard_and_overflow_sticks(void **state)
{
    struct arena arena;
    arena_init(&arena, 1000);
    assert_non_null(arena_alloc(&arena, 500));
    assert_null(arena_alloc(&arena, 600));
    assert_true(arena.overflowed);
    assert_non_null(arena_alloc(&arena, 16));
    assert_true(arena.overflowed);
    assert_true(arena.used_bytes <= 1000);
    arena_reset(&arena);
    assert_false(arena.overflowed);
    assert_non_null(arena_alloc(&arena, 1000));
    assert_null(arena_alloc(&arena, 1));
    arena_done(&arena);
}

static void impossible_sizes_are_refused(void **state)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    volatile size_t huge = SIZE_MAX;
    assert_null(arena_alloc(&arena, huge - 8));
    assert_null(arena_calloc(&arena, huge / 2, 3));
    assert_null(arena_strndup(&arena, "x", huge));
    assert_true(arena.overflowed);
    arena_done(&arena);
}

static void copies_and_prints(void **state)
{
    struct arena arena;
    arena_init(&arena, 4096);
    assert_string_equal(arena_strdup(&arena, "сәлем"), "сәлем");
    assert_null(arena_strdup(&arena, NULL));
    assert_false(arena.overflowed);
    assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_strndup(&arena, NULL, 0), "");
    assert_string_equal(arena_printf(&arena, "%s-%03d", "Ш", 7), "Ш-007");
    assert_null(arena_printf(&arena, "%5000d", 1));
    assert_true(arena.overflowed);
    arena_done(&arena);
}

static void done_is_safe_on_nothing(void **state)
{
    struct arena arena = {0};
    arena_done(NULL);
    arena_done(&arena);
    arena_init(&arena, 100);
    assert_non_null(arena_alloc(&arena, 10));
    arena_done(&arena);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned_also_after_reset),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(the_limit_is_hard_and_overflow_sticks),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(copies_and_prints),
        cmocka_unit_test(done_is_safe_on_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
