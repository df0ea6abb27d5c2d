/* Files by their content: what is taken, what is refused, and that nothing of them lies in the store unencrypted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "fixture.h"
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x8\2\0\0\0 the only picture of its kind";
static const char pdf[] = "%PDF-1.7\n1 0 obj << >> endobj";

static void test_type_is_told_by_content(void **state)
{
    static const char elf[64] = "\x7f"
                                "ELF\2\1\1";
    static const char webp[] = "RIFF\x24\0\0\0WEBPVP8 ................";

    assert_string_equal(attachment_type(png, sizeof(png)), "image/png");
    assert_string_equal(attachment_type("\xff\xd8\xff\xe0 jfif", 9), "image/jpeg");
    assert_string_equal(attachment_type("GIF89a\1\0\1\0\0\0\0", 13), "image/gif");
    assert_string_equal(attachment_type("GIF87a\1\0\1\0\0\0\0", 13), "image/gif");
    assert_string_equal(attachment_type(webp, sizeof(webp)), "image/webp");
    assert_string_equal(attachment_type(pdf, sizeof(pdf)), "application/pdf");
    assert_null(attachment_type(elf, sizeof(elf)));
    assert_null(attachment_type("MZ\x90", 3));
    assert_null(attachment_type("<svg onload='x'/>", 17));
    assert_null(attachment_type("<html>%PDF-1.7", 14));
    assert_null(attachment_type("PK\3\4", 4));
    assert_null(attachment_type("GIF88a\1\0\1\0\0\0\0", 13));
    assert_null(attachment_type("", 0));
}

static void test_every_beginning_of_a_png_is_read_safely(void **state)
{
    for (size_t count = 0; count < 33; count++) {
        void *exactly = malloc(count > 0 ? count : 1);

        memcpy(exactly, png, count);
        assert_null(attachment_type(exactly, count));
        free(exactly);
    }
}

static const char *refusal(struct attachment_new *files, size_t count)
{
    static struct arena arena;
    struct field_errors errors;
    struct err err = {0};

    arena_done(&arena);
    arena_init(&arena, 1u << 16);
    field_errors_init(&errors, &arena);
    if (attachments_check(files, count, &errors, &err) == 0) {
        arena_done(&arena);
        return NULL;
    }
    assert_string_equal(err.code, "fields_refused");
    assert_string_equal(errors.items[0].field, "attachments");
    const char *code = errors.items[0].code;
    arena_done(&arena);
    return code;
}

static void test_what_is_refused(void **state)
{
    struct attachment_new good = {.name = "a.png", .bytes = png, .count = sizeof(png)};
    struct attachment_new program = {.name = "photo.png",
                                     .bytes = "\x7f"
                                              "ELF\2\1\1 a program",
                                     .count = 18};
    struct attachment_new empty = {.name = "a.png", .bytes = "", .count = 0};
    struct attachment_new large = {.name = "a.png", .bytes = png, .count = CASE_ATTACHMENT_BYTES_MAX + 1};
    struct attachment_new many[6] = {good, good, good, good, good, good};

    assert_null(refusal(&good, 1));
    assert_string_equal(good.type, "image/png");
    assert_null(refusal(NULL, 0));
    assert_null(refusal(many, 5));
    assert_string_equal(refusal(many, 6), "attachments_too_many");
    assert_string_equal(refusal(&program, 1), "attachment_type_refused");
    assert_string_equal(refusal(&empty, 1), "attachment_empty");
    assert_string_equal(refusal(&large, 1), "attachment_too_large");
}

static int64_t open_with(struct fixture *f, struct attachment_new *files, size_t count, struct case_opened *ret)
{
    struct err err = {0};
    struct fixture_opening opening = {.now_usec = fixture_moment(f, "2026-04-01T10:00:00+05:00"),
                                      .raw = fixture_complaint,
                                      .raw_count = 2,
                                      .files = files,
                                      .file_count = count};

    assert_int_equal(fixture_open_case(f, &opening, ret, &err), 0);
    return opening.now_usec;
}

static void test_content_comes_back_and_is_sealed_in_the_store(void **state)
{
    struct fixture f;
    struct attachment_new files[2] = {{.name = "C:\\Users\\me\\менің суретім.png", .bytes = png, .count = sizeof(png)},
                                      {.name = "", .bytes = pdf, .count = sizeof(pdf)}};
    struct case_opened opened;
    struct case_view view;
    struct buf content;
    const char *type;
    struct err err = {0};
    struct tx *tx;

    fixture_start(&f);
    open_with(&f, files, 2, &opened);
    assert_false(fixture_store_holds(&f, "the only picture of its kind"));
    assert_false(fixture_store_holds(&f, "менің суретім"));

    arena_reset(&f.arena);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(case_view(tx, &f.office, opened.id, &f.moderator, USEC_PER_DAY, 0, &f.arena, &view, &err), 0);
    assert_int_equal(view.attachment_count, 2);
    assert_string_equal(view.attachment_names[0], "менің суретім.png");
    assert_string_equal(view.attachment_names[1], "file");
    buf_init(&content, 1u << 20);
    assert_int_equal(case_attachment(tx, &f.office, opened.id, view.attachments[0].id, &content, &type, &f.arena, &err),
                     0);
    assert_string_equal(type, "image/png");
    assert_int_equal(content.len, sizeof(png));
    assert_memory_equal(content.data, png, sizeof(png));
    assert_int_equal(case_attachment(tx, &f.office, "0190a000-0000-7000-8000-000000000000", view.attachments[0].id,
                                     &content, &type, &f.arena, &err),
                     -ERR_NOT_FOUND);
    assert_string_equal(err.code, "attachment_unknown");
    assert_int_equal(case_attachment(tx, &f.office, opened.id, opened.id, &content, &type, &f.arena, &err),
                     -ERR_NOT_FOUND);
    buf_done(&content);
    store_read_end(tx);
    fixture_end(&f);
}

static void test_content_that_is_not_the_committed_one_is_not_given_out(void **state)
{
    struct fixture f;
    struct attachment_new file = {.name = "a.png", .bytes = png, .count = sizeof(png)};
    struct case_opened opened;
    struct case_view view;
    struct buf content;
    const char *type;
    struct err err = {0};
    struct tx *tx;

    fixture_start(&f);
    open_with(&f, &file, 1, &opened);
    fixture_sql(&f, "UPDATE attachment SET commitment = zeroblob(32)");
    arena_reset(&f.arena);
    buf_init(&content, 1u << 20);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(case_view(tx, &f.office, opened.id, &f.moderator, USEC_PER_DAY, 0, &f.arena, &view, &err), 0);
    assert_int_equal(case_attachment(tx, &f.office, opened.id, view.attachments[0].id, &content, &type, &f.arena, &err),
                     -ERR_DAMAGED);
    assert_string_equal(err.code, "attachment_damaged");
    store_read_end(tx);
    buf_done(&content);
    fixture_end(&f);
}

static void test_a_file_swapped_in_the_store_is_named(void **state)
{
    struct fixture f;
    struct attachment_new file = {.name = "a.png", .bytes = png, .count = sizeof(png)};
    struct case_opened first, second;
    struct verify_report report;
    struct err err = {0};

    fixture_start(&f);
    open_with(&f, &file, 1, &first);
    open_with(&f, &file, 1, &second);
    assert_int_equal(fixture_verify(&f, &report, &err), 0);
    assert_int_equal(report.attachments, 2);
    fixture_sql(&f, "UPDATE attachment SET sealed = (SELECT sealed FROM attachment ORDER BY leaf DESC LIMIT 1)");
    assert_int_equal(fixture_verify(&f, &report, &err), -ERR_DAMAGED);
    assert_string_equal(err.code, "case_damaged");
    assert_string_equal(err.arg, first.number);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type_is_told_by_content),
        cmocka_unit_test(test_every_beginning_of_a_png_is_read_safely),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_content_comes_back_and_is_sealed_in_the_store),
        cmocka_unit_test(test_content_that_is_not_the_committed_one_is_not_given_out),
        cmocka_unit_test(test_a_file_swapped_in_the_store_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
