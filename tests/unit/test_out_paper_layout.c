/* Layouts of papers: the shipped ones load; everything that could not be drawn is refused with its file and line. */
#include "base/arena.h"
#include "law/catalogue.h"
#include "out/paper.h"
#include "out/paper_layout.h"
#include "test_out_order.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct catalogue *catalogue;
static struct law_dir law;

static int load_law(void **state)
{
    return order_law_load(&law, &catalogue, NULL);
}

static int free_law(void **state)
{
    catalogue_free(catalogue);
    law_dir_remove(&law);
    return 0;
}

#define TITLE "title: {kk: Қ, ru: Р, en: E}\n"
#define NUMBER "number: \"{number}\"\n"
#define HEAD "paper: complaint_answer\n" TITLE "number: \"{number}/{act_seq}\"\nblocks:\n"
#define TAIL "  - {block: title}\n  - {block: proof}\n"
#define TEXT3(en) "{kk: а, ru: б, en: \"" en "\"}"

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[200];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Loads one layout written as text under a name, beside the others that the order issues; the folder is gone
 * afterwards. */
static int load_text(const char *name, const char *text, struct papers **ret, struct err *err)
{
    char dir[] = "/tmp/talap-papers-XXXXXX", command[60];
    int r;

    assert_non_null(mkdtemp(dir));
    write_file(dir, "inner_note.yaml", "paper: inner_note\n" TITLE NUMBER "blocks:\n" TAIL);
    write_file(dir, "order_receipt.yaml", "paper: order_receipt\n" TITLE NUMBER "blocks:\n" TAIL);
    if (strncmp(name, "complaint_answer", 16) != 0)
        write_file(dir, "complaint_answer.yaml", HEAD TAIL);
    write_file(dir, name, text);
    r = papers_load(dir, catalogue, ret, err);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    assert_int_equal(system(command), 0);
    return r;
}

static void assert_loads(const char *name, const char *text, struct papers **ret)
{
    struct err err = {0};

    if (load_text(name, text, ret, &err) != 0)
        fail_msg("%s %s", err.code, err.arg);
}

static void shipped_layouts_load(void **state)
{
    struct catalogue *shipped = NULL;
    struct papers *papers = NULL;
    struct err err = {0};
    int r = catalogue_load(LAW_DIR, &shipped, &err);

    if (r == 0)
        r = papers_load(PAPERS_DIR, shipped, &papers, &err);
    if (r != 0)
        fail_msg("%s %s", err.code, err.arg);
    assert_non_null(paper_layout_find(papers, "complaint_answer"));
    assert_null(paper_layout_find(papers, "complaint"));
    papers_free(papers);
    papers_free(NULL);
    catalogue_free(shipped);
}

static void a_small_layout_is_enough(void **state)
{
    struct papers *papers = NULL;

    assert_loads("complaint_answer.yaml",
                 HEAD TAIL
                 "  - block: text\n    if: \"decision = upheld and about != user\"\n    text: {kk: \"{number} "
                 "{value.measures}\", ru: \"{opened}\", en: \"{norm}\"}\n",
                 &papers);
    assert_int_equal(papers->layouts[0].block_count, 3);
    assert_int_equal(papers->layouts[0].blocks[2].condition_count, 2);
    assert_true(papers->layouts[0].blocks[2].conditions[1].negated);
    papers_free(papers);
}

/* Every block and every placeholder that the header promises. */
/* What stands where nothing was given. */
static void a_value_may_have_words_in_its_place(void **state)
{
    struct papers *papers = NULL;

    assert_loads("complaint_answer.yaml",
                 HEAD TAIL "  - {block: value, field: about, label: {kk: а, ru: б, en: c}, text: " TEXT3("none") "}\n",
                 &papers);
    papers_free(papers);
}

static void every_word_is_understood(void **state)
{
    struct papers *papers = NULL;

    assert_loads(
        "complaint_answer.yaml",
        HEAD
        "  - {block: letterhead}\n"
        "  - {block: number_and_date}\n"
        "  - {block: addressee, label: " TEXT3(
            "a") ", field: carriers}\n"
                 "  - {block: addressee, label: " TEXT3("a") ", text: " TEXT3(
                     "{organisation}") "}\n"
                                       "  - {block: title}\n"
                                       "  - {block: heading, text: " TEXT3(
                                           "{procedure} {receiver}") "}\n"
                                                                     "  - {block: text, text: " TEXT3(
                                                                         "{number} {paper_number} {opened} {received} "
                                                                         "{act_date} {today} "
                                                                         "{happened} {norm} {norm.opl.11.3} {follow} "
                                                                         "{value.found_in}") "}\n"
                                                                                             "  - {block: value, "
                                                                                             "label: " TEXT3(
                                                                                                 "a") ", field: "
                                                                                                      "deleted_on}\n"
                                                                                                      "  - {block: "
                                                                                                      "list, "
                                                                                                      "label: " TEXT3(
                                                                                                          "a") ", "
                                                                                                               "field: "
                                                                                                               "links}"
                                                                                                               "\n"
                                                                                                               "  - "
                                                                                                               "{block:"
                                                                                                               " number"
                                                                                                               "ed, "
                                                                                                               "label:"
                                                                                                               " " TEXT3(
                                                                                                                   "a") ", field: measures, if: \"measures = removed\"}\n"
                                                                                                                        "  - {block: clocks, label: " TEXT3(
                                                                                                                            "a") "}\n"
                                                                                                                                 "  - {block: attachments, label: " TEXT3(
                                                                                                                                     "a") ", of: act}\n"
                                                                                                                                          "  - {block: attachments, label: " TEXT3(
                                                                                                                                              "a") ", of: case}\n"
                                                                                                                                                   "  - {block: signature, label: " TEXT3(
                                                                                                                                                       "a") "}\n"
                                                                                                                                                            "  - {block: signature, label: " TEXT3(
                                                                                                                                                                "a") ", post: " TEXT3("Head of {organisation}") "}\n"
                                                                                                                                                                                                                "  - {block: proof}\n",
        &papers);
    assert_int_equal(papers->layouts[0].block_count, 16);
    assert_true(papers->layouts[0].blocks[11].of_act);
    assert_false(papers->layouts[0].blocks[12].of_act);
    papers_free(papers);
}

/* An opening knows the form alone; an act every act's fields, for its paper shows what came before. */
static void fields_are_those_of_who_issues(void **state)
{
    struct papers *papers = NULL;
    struct err err = {0};

    assert_loads("complaint_answer.yaml", HEAD TAIL "  - {block: value, label: " TEXT3("a") ", field: outcome}\n",
                 &papers);
    papers_free(papers);
    papers = NULL;
    assert_int_equal(load_text("order_receipt.yaml",
                               "paper: order_receipt\n" TITLE NUMBER "blocks:\n" TAIL
                               "  - {block: value, label: " TEXT3("a") ", field: outcome}\n",
                               &papers, &err),
                     -ERR_BAD_INPUT);
    assert_string_equal(err.code, "paper_unknown_field");
    assert_null(papers);
}

/* What the opener may not see does not stand on what the opener gets; on papers for colleagues it may. */
static void hidden_fields_stay_inside(void **state)
{
    struct papers *papers = NULL;
    struct err err = {0};

    assert_int_equal(load_text("complaint_answer.yaml",
                               HEAD TAIL "  - {block: text, text: " TEXT3("{value.memo}") "}\n", &papers, &err),
                     -ERR_BAD_INPUT);
    assert_string_equal(err.code, "paper_hidden_field");
    assert_loads("inner_note.yaml",
                 "paper: inner_note\n" TITLE NUMBER "blocks:\n" TAIL
                 "  - {block: text, text: " TEXT3("{value.memo} {value.shelf}") "}\n",
                 &papers);
    papers_free(papers);
}

static void a_general_paper_names_no_field(void **state)
{
    struct papers *papers = NULL;
    struct err err = {0};

    assert_loads("thanks.yaml",
                 "paper: thanks\ngeneral: true\n" TITLE NUMBER "blocks:\n" TAIL
                 "  - {block: text, text: " TEXT3("{procedure}") "}\n",
                 &papers);
    papers_free(papers);
    papers = NULL;
    assert_int_equal(load_text("thanks.yaml",
                               "paper: thanks\ngeneral: true\n" TITLE NUMBER "blocks:\n" TAIL
                               "  - {block: text, text: " TEXT3("{value.about}") "}\n",
                               &papers, &err),
                     -ERR_BAD_INPUT);
    assert_string_equal(err.code, "paper_unknown_field");
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
        {HEAD TAIL "  - {block: value, field: colour, label: {kk: а, ru: б, en: c}}\n", "paper_unknown_field", 7},
        {HEAD TAIL "  - {block: list, field: reason, label: {kk: а, ru: б, en: c}}\n", "paper_unknown_field", 7},
        {HEAD TAIL "  - {block: list, field: reasons, label: {kk: а, ru: б, en: c}}\n", "paper_wrong_field", 7},
        {HEAD TAIL "  - {block: numbered, field: about, label: {kk: а, ru: б, en: c}}\n", "paper_wrong_field", 7},
        {HEAD TAIL "  - {block: numbered, label: {kk: а, ru: б, en: c}}\n", "yaml_missing_key", 7},
        {HEAD TAIL "  - {block: addressee, label: {kk: а, ru: б, en: c}}\n", "yaml_missing_key", 7},
        {HEAD TAIL "  - {block: addressee, label: " TEXT3("c") ", text: " TEXT3("{receiver}") "}\n",
         "paper_unknown_placeholder", 7},
        {HEAD TAIL "  - {block: text, text: " TEXT3("{receiver}") "}\n", "paper_unknown_placeholder", 7},
        {"paper: complaint_answer\ntitle: " TEXT3("{receiver}") "\n" NUMBER "blocks:\n" TAIL,
         "paper_unknown_placeholder", 2},
        {HEAD TAIL "  - {block: value, field: about, label: " TEXT3("{number}") "}\n", "paper_unknown_placeholder", 7},
        {HEAD TAIL "  - {block: text, text: " TEXT3("{norm.opl.999}") "}\n", "paper_unknown_placeholder", 7},
        {HEAD TAIL "  - {block: text, text: " TEXT3("{value.}") "}\n", "paper_unknown_field", 7},
        {HEAD TAIL
         "  - {block: text, text: " TEXT3("{value.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}") "}\n",
         "paper_unknown_placeholder", 7},
        {HEAD TAIL "  - {block: heading}\n", "yaml_missing_key", 7},
        {HEAD TAIL "  - {block: clocks}\n", "yaml_missing_key", 7},
        {HEAD TAIL "  - {block: attachments, label: " TEXT3("c") "}\n", "yaml_missing_key", 7},
        {HEAD TAIL "  - {block: attachments, label: " TEXT3("c") ", of: letter}\n", "yaml_wrong_type", 7},
        {HEAD TAIL "  - {block: signature, label: " TEXT3("c") ", post: {kk: а, ru: б}}\n", "paper_text_missing", 7},
        {HEAD TAIL "  - {block: value, field: memo, label: " TEXT3("c") "}\n", "paper_hidden_field", 7},
        {HEAD TAIL "  - {block: text, if: \"memo = x\", text: " TEXT3("c") "}\n", "paper_hidden_field", 7},
        {"paper: complaint_answer\ngeneral: maybe\n" TITLE NUMBER "blocks:\n" TAIL, "yaml_wrong_type", 2},
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
        cmocka_unit_test(a_value_may_have_words_in_its_place),
        cmocka_unit_test(every_word_is_understood),
        cmocka_unit_test(fields_are_those_of_who_issues),
        cmocka_unit_test(hidden_fields_stay_inside),
        cmocka_unit_test(a_general_paper_names_no_field),
        cmocka_unit_test(what_cannot_be_drawn_is_refused),
        cmocka_unit_test(a_paper_nobody_issues_is_refused),
        cmocka_unit_test(an_act_without_its_layout_is_refused),
    };

    return cmocka_run_group_tests(tests, load_law, free_law);
}
