/* Errors: what is filled, what is cut, what HTTP says; lists of field errors. */
#include "base/arena.h"
#include "base/err.h"
#include "base/unicode.h"
#include "unit.h"
#include <stdio.h>
#include <string.h>

static void set_fills_and_returns_the_kind(void **state)
{
    struct err err = {0};
    assert_int_equal(err_set(&err, ERR_NOT_FOUND, "case_unknown", "%d", 7), -ERR_NOT_FOUND);
    assert_int_equal(err.kind, ERR_NOT_FOUND);
    assert_string_equal(err.code, "case_unknown");
    assert_string_equal(err.arg, "7");
    assert_int_equal(err_detail(&err, "first %d", 1), -ERR_NOT_FOUND);
    assert_int_equal(err_detail(&err, "second"), -ERR_NOT_FOUND);
    assert_string_equal(err.detail, "first 1; second");
    assert_int_equal(err_set(&err, ERR_STALE, "case_changed", NULL), -ERR_STALE);
    assert_string_equal(err.arg, "");
    assert_string_equal(err.detail, "");
    err_clear(&err);
    assert_int_equal(err.kind, ERR_NONE);
}

static void nobody_needs_to_listen(void **state)
{
    assert_int_equal(err_set(NULL, ERR_CONFLICT, "act_not_now", "%s", "x"), -ERR_CONFLICT);
    assert_int_equal(err_memory(NULL), -ERR_MEMORY);
}

static void long_texts_are_cut_between_characters(void **state)
{
    char text[1001];
    for (int shift = 0; shift < 4; shift++) {
        memset(text, 'a', (size_t)shift);
        for (int i = shift; i + 3 <= 1000; i += 3)
            memcpy(text + i, "\xe2\x82\xac", 4);
        struct err err = {0};
        err_set(&err, ERR_BAD_INPUT, "required", "%s", text);
        err_detail(&err, "%s", text);
        assert_true(utf8_valid(err.arg, strlen(err.arg)));
        assert_true(utf8_valid(err.detail, strlen(err.detail)));
        assert_true(strlen(err.arg) > sizeof err.arg - 5);
    }
}

static void every_kind_has_an_answer(void **state)
{
    static const struct {
        enum err_kind kind;
        unsigned status;
    } rows[] = {{ERR_BAD_INPUT, 422},  {ERR_MALFORMED, 400}, {ERR_UNAUTHENTICATED, 401}, {ERR_FORBIDDEN, 403},
                {ERR_NOT_FOUND, 404},  {ERR_CONFLICT, 409},  {ERR_STALE, 412},           {ERR_TOO_LARGE, 413},
                {ERR_WRONG_TYPE, 415}, {ERR_TOO_MANY, 429},  {ERR_UNAVAILABLE, 503},     {ERR_INTERNAL, 500},
                {ERR_MEMORY, 503},     {ERR_DAMAGED, 500},   {ERR_METHOD, 405},          {ERR_TIMEOUT, 408}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(err_http_status(rows[i].kind), rows[i].status);
}

static void field_errors_grow_and_are_found(void **state)
{
    struct arena arena;
    struct field_errors list;
    arena_init(&arena, 1 << 16);
    field_errors_init(&list, &arena);
    char name[16];
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "field%d", i);
        field_errors_add(&list, name, "too_long", "%d", i);
    }
    field_errors_add(&list, "field3", "required", NULL);
    assert_int_equal(list.count, 51);
    assert_string_equal(field_errors_find(&list, "field49")->arg, "49");
    assert_string_equal(field_errors_find(&list, "field3")->code, "too_long");
    assert_string_equal(list.items[50].arg, "");
    assert_null(field_errors_find(&list, "other"));
    assert_false(list.overflowed);
    arena_done(&arena);
}

static void field_errors_say_when_memory_ends(void **state)
{
    struct arena arena;
    struct field_errors list;
    arena_init(&arena, 300);
    field_errors_init(&list, &arena);
    for (int i = 0; i < 50; i++)
        field_errors_add(&list, "name", "required", NULL);
    assert_true(list.overflowed);
    assert_true(list.count < 50);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_and_returns_the_kind),        cmocka_unit_test(nobody_needs_to_listen),
        cmocka_unit_test(long_texts_are_cut_between_characters), cmocka_unit_test(every_kind_has_an_answer),
        cmocka_unit_test(field_errors_grow_and_are_found),       cmocka_unit_test(field_errors_say_when_memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
