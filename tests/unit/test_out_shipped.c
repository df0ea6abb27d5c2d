/* Every paper that the shipped law issues is drawn, with everything given and with nothing but what is required, and no
 * placeholder is left standing in it. */
#include "test_out_case.h"
#include "test_out_issued.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct catalogue *catalogue;
static struct papers *papers;

static int load_all(void **state)
{
    struct err err = {0};

    if (catalogue_load(LAW_DIR, &catalogue, &err) == 0 && papers_load(PAPERS_DIR, catalogue, &papers, &err) == 0)
        return 0;
    print_error("%s %s\n", err.code, err.arg);
    return -1;
}

static int free_all(void **state)
{
    papers_free(papers);
    catalogue_free(catalogue);
    return 0;
}

static void words_of(const struct buf *pdf, char *ret, size_t room)
{
    char path[] = "/tmp/talap-paper-XXXXXX", command[80];
    FILE *file = fdopen(mkstemp(path), "w"), *tool;
    size_t got;

    assert_non_null(file);
    assert_int_equal(fwrite(pdf->data, 1, pdf->len, file), pdf->len);
    assert_int_equal(fclose(file), 0);
    snprintf(command, sizeof(command), "pdftotext %s -", path);
    tool = popen(command, "r");
    assert_non_null(tool);
    got = fread(ret, 1, room - 1, tool);
    ret[got] = '\0';
    assert_int_equal(pclose(tool), 0);
    unlink(path);
}

/* `pick`: which option of the choices, so that conditions fall both ways. */
static void draw(const struct procedure *procedure, const struct procedure_act *act, bool full, size_t pick)
{
    static char words[200000];
    static struct issued issued;
    struct err err = {0};
    struct buf pdf;

    issued_init(&issued, catalogue, procedure, act, full, pick);
    buf_init(&pdf, 16 << 20);
    if (paper_render(papers, &issued.view, &test_organisation, issued.paper.id, ISSUED_LEAF,
                     full ? PAPER_BOTH : PAPER_EN, &catalogue->calendar->zone, &pdf, &err) != 0)
        fail_msg("%s %s: %s %s", procedure->id, issued.paper.id, err.code, err.detail);
    words_of(&pdf, words, sizeof(words));
    if (strstr(words, issued.view.row.number) == NULL || strpbrk(words, "{}") != NULL)
        fail_msg("%s %s: %.3000s", procedure->id, issued.paper.id, words);
    buf_done(&pdf);
    arena_done(&issued.arena);
}

static void every_paper_is_drawn(void **state)
{
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];

        for (size_t k = 0; k <= procedure->act_count; k++) {
            const struct procedure_act *act = k < procedure->act_count ? &procedure->acts[k] : NULL;

            if ((act != NULL ? act->paper : procedure->paper) == NULL)
                continue;
            draw(procedure, act, true, 0);
            draw(procedure, act, false, 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_paper_is_drawn)};

    return cmocka_run_group_tests(tests, load_all, free_all);
}
