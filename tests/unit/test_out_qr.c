/* QR codes are read back by a scanner: what was put in comes out. */
#include "base/arena.h"
#include "out/paper.h"
#include "out/qr.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SCALE 6

/* Draws the modules as a grey picture and lets zbarimg read it into `ret`. */
static void scan(const struct qr_code *code, char *ret, size_t room)
{
    char path[] = "/tmp/talap-qr-XXXXXX.pgm", command[200];
    int side = (qr_width(code) + 2 * QR_QUIET) * SCALE, fd = mkstemps(path, 4);
    FILE *file = fdopen(fd, "w"), *scanner;
    size_t got;

    assert_non_null(file);
    fprintf(file, "P5\n%d %d\n255\n", side, side);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            int column = x / SCALE - QR_QUIET, row = y / SCALE - QR_QUIET;
            bool inside = column >= 0 && row >= 0 && column < qr_width(code) && row < qr_width(code);

            fputc(inside && qr_dark(code, column, row) ? 0 : 255, file);
        }
    assert_int_equal(fclose(file), 0);
    snprintf(command, sizeof(command), "zbarimg -q --raw --oneshot %s 2>/dev/null", path);
    scanner = popen(command, "r");
    assert_non_null(scanner);
    got = fread(ret, 1, room - 1, scanner);
    ret[got] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
    assert_int_equal(pclose(scanner), 0);
    unlink(path);
}

static void a_scanner_reads_it(void **state)
{
    static const char *const texts[] = {"https://talap.example.kz/kk/proof/0",
                                        "https://talap.example.kz/ru/proof/9007199254740991", "x"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct qr_code *code CLEANUP_QR = NULL;
        char read[200];

        assert_int_equal(qr_make(texts[i], &code, NULL), 0);
        scan(code, read, sizeof(read));
        assert_string_equal(read, texts[i]);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    static char text[4000];
    struct qr_code *code = NULL;
    struct err err = {0};
    struct html html = {0};
    struct arena arena;

    memset(text, 'a', sizeof(text) - 1);
    assert_int_equal(qr_make(text, &code, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "too_long");
    assert_null(code);
    qr_free(NULL);
    arena_init(&arena, 64);
    assert_int_equal(qr_svg("https://talap.example.kz", &arena, &html, &err), -ERR_MEMORY);
    assert_null(html.markup);
    arena_done(&arena);
}

/* Every dark module is covered by exactly one bar of the path, no light one by any. */
static void the_svg_covers_the_dark_modules(void **state)
{
    const char *text = "https://talap.example.kz/en/proof/42", *rest;
    struct qr_code *code CLEANUP_QR = NULL;
    static int painted[200][200];
    struct html html = {0};
    struct arena arena;
    int x, y, run;

    arena_init(&arena, 1 << 20);
    assert_int_equal(qr_svg(text, &arena, &html, NULL), 0);
    assert_int_equal(qr_make(text, &code, NULL), 0);
    assert_int_equal(strlen(html.markup), html.len);
    assert_memory_equal(html.markup, "<svg ", 5);
    assert_string_equal(html.markup + html.len - 6, "</svg>");
    rest = strstr(html.markup, "fill=\"#000\" d=\"");
    assert_non_null(rest);
    for (rest += 15; sscanf(rest, "M%d %dh%d", &x, &y, &run) == 3; rest = strchr(rest, 'z') + 1)
        for (int i = 0; i < run; i++)
            painted[y - QR_QUIET][x - QR_QUIET + i]++;
    for (y = 0; y < qr_width(code); y++)
        for (x = 0; x < qr_width(code); x++)
            assert_int_equal(painted[y][x], qr_dark(code, x, y));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scanner_reads_it),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(the_svg_covers_the_dark_modules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
