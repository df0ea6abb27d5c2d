/* Layouts of papers: the shipped ones load; everything that could not be drawn is refused with its file and line. */
#include "base/arena.h"
#include "law/catalogue.h"
#include "out/paper.h"
#include "out/paper_layout.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct catalogue *catalogue;

static int load_law(void **state)
{
    return catalogue_load(LAW_DIR, &catalogue, NULL);
}

static int free_law(void **state)
{
    catalogue_free(catalogue);
    return 0;
}

/* Loads one layout written as text under a name; the folder is gone afterwards. */
static int load_text(const char *name, const char *text, struct papers **ret, struct err *err)
{
    char dir[] = "/tmp/talap-papers-XXXXXX", path[200];
    FILE *file;
    int r;

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    r = papers_load(dir, catalogue, ret, err);
    unlink(path);
    rmdir(dir);
    return r;
}

#define TITLE "title: {kk: Қ, ru: Р, en: E}\n"
#define HEAD "paper: complaint_answer\n" TITLE "number: \"{number}/{act_seq}\"\nblocks:\n"
#define TAIL "  - {block: title}\n  - {block: proof}\n"

static void shipped_layouts_load(void **state)
{
    struct papers *papers = NULL;
    struct err err = {0};
    int r = papers_load(PAPERS_DIR, catalogue, &papers, &err);

    if (r != 0)
        fail_msg("%s %s", err.code, err.arg);
    assert_non_null(paper_layout_find(papers, "complaint_answer"));
    assert_null(paper_layout_find(papers, "complaint"));
    papers_free(papers);
    papers_free(NULL);
}

static void a_small_layout_is_enough(void **state)
{
    struct papers *papers = NULL;
    struct err err = {0};
    int r = load_text("complaint_answer.yaml",
                      HEAD TAIL
                      "  - block: text\n    if: \"decision = upheld and about != user\"\n    text: {kk: \"{number} "
                      "{value.measures}\", ru: \"{opened}\", en: \"{norm}\"}\n",
                      &papers, &err);

    if (r != 0)
        fail_msg("%s %s", err.code, err.arg);
    assert_int_equal(papers->layouts[0].block_count, 3);
    assert_int_equal(papers->layouts[0].blocks[2].condition_count, 2);
    assert_true(papers->layouts[0].blocks[2].conditions[1].negated);
    papers_free(papers);
}

static void what_cannot_be_drawn_is_refused(void **state)
{
    static const struct {
        const char *text, *code;
        int line;
    } cases[] = {
        {"- 1\n", "yaml_wrong_type", 1},
        {"paper: complaint_answer\n" TITLE "number: \"{number}\"\n", "yaml_missing_key", 1},
        {"paper: complaint_answer\nnumber: \"{number}\"\nblocks:\n" TAIL, "yaml_missing_key", 1},
        {HEAD TAIL "colour: red\n", "yaml_unknown_key", 7},
        {"paper: other\n" TITLE "number: \"{number}\"\nblocks:\n" TAIL, "paper_name", 1},
        {"paper: complaint_answer\n" TITLE "number: \"{year}\"\nblocks:\n" TAIL, "paper_unknown_placeholder", 3},
        {"paper: complaint_answer\n" TITLE "number: \"{act_seq}\"\nblocks:\n" TAIL, "paper_unknown_placeholder", 3},
        {"paper: complaint_answer\n" TITLE "number: \"}{number}\"\nblocks:\n" TAIL, "paper_unknown_placeholder", 3},
        {"paper: complaint_answer\ntitle: {kk: Қ, ru: Р}\nnumber: \"{number}\"\nblocks:\n" TAIL, "paper_text_missing",
         2},
        {"paper: complaint_answer\ntitle: {kk: Қ, ru: Р, en: \" \"}\nnumber: \"{number}\"\nblocks:\n" TAIL,
         "paper_text_missing", 2},
        {"paper: complaint_answer\ntitle: {kk: Қ, ru: Р, en: E, de: D}\nnumber: \"{number}\"\nblocks:\n" TAIL,
         "yaml_unknown_key", 2},
        {HEAD "  - {block: title}\n", "paper_block_once", 5},
        {HEAD "  - {block: proof}\n", "paper_block_once", 5},
        {HEAD TAIL "  - {block: proof}\n", "paper_block_once", 7},
        {HEAD TAIL "  - {block: title}\n", "paper_block_once", 7},
        {HEAD TAIL "  - {block: stamp}\n", "paper_unknown_block", 7},
        {HEAD TAIL "  - stamp\n", "yaml_wrong_type", 7},
        {HEAD TAIL "  - {text: stamp}\n", "yaml_missing_key", 7},
        {HEAD TAIL "  - {block: letterhead, field: about}\n", "yaml_unknown_key", 7},
        {HEAD TAIL "  - {block: text}\n", "yaml_missing_key", 7},
        {HEAD TAIL "  - {block: text, text: {kk: а, ru: б, en: \"{value.colour}\"}}\n", "paper_unknown_field", 7},
        {HEAD TAIL "  - {block: text, text: {kk: а, ru: б, en: \"{colour}\"}}\n", "paper_unknown_placeholder", 7},
        {HEAD TAIL "  - {block: text, text: {kk: а, ru: б, en: \"{number\"}}\n", "paper_unknown_placeholder", 7},
        {HEAD TAIL "  - {block: text, text: {kk: а, ru: б, en: \"number}\"}}\n", "paper_unknown_placeholder", 7},
        {HEAD TAIL "  - {block: text, text: {kk: а, ru: б, en: \"{{number}}\"}}\n", "paper_unknown_placeholder", 7},
        {HEAD TAIL "  - {block: text, text: {kk: а, ru: б, en: [в]}}\n", "yaml_wrong_type", 7},
        {HEAD TAIL "  - {block: value, field: reasons}\n", "yaml_missing_key", 7},
        {HEAD TAIL "  - {block: value, label: {kk: а, ru: б, en: c}}\n", "yaml_missing_key", 7},
        {HEAD TAIL "  - {block: value, field: about, label: {kk: а, ru: б, en: c}, text: {kk: а, ru: б, en: c}}\n",
         "yaml_missing_key", 7},
        {HEAD TAIL "  - {block: value, field: colour, label: {kk: а, ru: б, en: c}}\n", "paper_unknown_field", 7},
        {HEAD TAIL "  - {block: list, field: reason, label: {kk: а, ru: б, en: c}}\n", "paper_unknown_field", 7},
        {HEAD TAIL "  - {block: letterhead, if: \"decision = maybe\"}\n", "paper_condition", 7},
        {HEAD TAIL "  - {block: letterhead, if: \"decision\"}\n", "paper_condition", 7},
        {HEAD TAIL "  - {block: letterhead, if: \"decision = upheld or about = user\"}\n", "paper_condition", 7},
        {HEAD TAIL "  - {block: letterhead, if: \"reasons = upheld\"}\n", "paper_condition", 7},
        {HEAD TAIL "  - {block: letterhead, if: \"colour = red\"}\n", "paper_unknown_field", 7},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct papers *papers = NULL;
        struct err err = {0};
        char place[60];
        int r = load_text("complaint_answer.yaml", cases[i].text, &papers, &err);

        if (r != -ERR_BAD_INPUT || strcmp(err.code, cases[i].code) != 0)
            fail_msg("case %zu: %d %s %s", i, r, err.code ? err.code : "", err.arg);
        assert_null(papers);
        snprintf(place, sizeof(place), "complaint_answer.yaml:%d: ", cases[i].line);
        if (strstr(err.arg, place) == NULL)
            fail_msg("case %zu: %s", i, err.arg);
    }
}

static void a_paper_nobody_issues_is_refused(void **state)
{
    struct papers *papers = NULL;
    struct err err = {0};

    assert_int_equal(
        load_text("thanks.yaml", "paper: thanks\n" TITLE "number: \"{number}\"\nblocks:\n" TAIL, &papers, &err),
        -ERR_BAD_INPUT);
    assert_string_equal(err.code, "paper_not_issued");
}

static void an_act_without_its_layout_is_refused(void **state)
{
    struct papers *papers = NULL;
    struct err err = {0};

    /* Not a layout: its name does not end as one. */
    assert_int_equal(load_text("complaint_answer.yml", "", &papers, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "paper_no_layout");
    assert_non_null(strstr(err.arg, "complaint_answer"));
    err_clear(&err);
    assert_int_equal(papers_load("/nonexistent/papers", catalogue, &papers, &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "file_unreadable");
    assert_null(papers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_layouts_load),
        cmocka_unit_test(a_small_layout_is_enough),
        cmocka_unit_test(what_cannot_be_drawn_is_refused),
        cmocka_unit_test(a_paper_nobody_issues_is_refused),
        cmocka_unit_test(an_act_without_its_layout_is_refused),
    };

    return cmocka_run_group_tests(tests, load_law, free_law);
}
