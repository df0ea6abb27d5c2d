/* What the blocks say: addressees, lists over pages, files with their hashes, periods, the signature; in one language
 * and in two; and that nothing that happens later changes a paper. Drawn from a procedure of the tests' own. */
#include "test_out_case.h"
#include "test_out_issued.h"
#include "test_out_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static struct law_dir law;
static struct catalogue *catalogue;
static struct papers *papers;
static struct issued issued;

#define L3(word) "{kk: \"" word " қ\", ru: \"" word " р\", en: \"" word " e\"}"
static const char
    answer_layout[] =
        "paper: complaint_answer\n"
        "title: {kk: \"Қазақша тақырып\", ru: \"Русский заголовок\", en: \"English title\"}\n"
        "number: \"{number}/{act_seq}\"\n"
        "blocks:\n"
        "  - {block: letterhead}\n"
        "  - {block: number_and_date}\n"
        "  - {block: addressee, label: " L3(
            "To") ", field: carriers, text: " L3("Nobody in particular") "}\n"
                                                                         "  - {block: addressee, label: " L3("Copy") ","
                                                                                                                     " "
                                                                                                                     "t"
                                                                                                                     "e"
                                                                                                                     "x"
                                                                                                                     "t"
                                                                                                                     ":"
                                                                                                                     " " L3("The archive") "}\n"
                                                                                                                                           "  - {block: title}\n"
                                                                                                                                           "  - {block: heading, text: " L3(
                                                                                                                                               "A heading") "}\n"
                                                                                                                                                            "  - {block: text, text: " L3("For: {receiver}.") "}\n"
                                                                                                                                                                                                              "  - {block: text, text: " L3("Happened {happened}, written {today}, deleted {value.deleted_on}.") "}\n"
                                                                                                                                                                                                                                                                                                                 "  - {block: text, text: " L3("By {norm.rar.6} and {norm.rar.annex}.") "}\n"
                                                                                                                                                                                                                                                                                                                                                                                        "  - {block: text, text: " L3("Follow at {follow} please.") "}\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                    "  - {block: value, label: " L3("Found") ", field: found_in}\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "  - {block: value, label: " L3(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 "Outcome") ", field: outcome}\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            "  - {block: numbered, label: " L3(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                "Links") ", field: links}\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "  - {block: list, label: " L3(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "Measures") ", field: measures}\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "  - {block: attachments, label: " L3(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "Evidence") ", of: case}\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "  - {block: attachments, label: " L3("Enclosed") ", of: act}\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "  - {block: signature, label: " L3("Signed") ", post: " L3("Head of the office") "}\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "  - {block: proof}\n";
static const char receipt_layout[] =
    "paper: order_receipt\n"
    "title: {kk: \"Түбіртек: {procedure}\", ru: \"Квитанция\", en: \"Receipt\"}\n"
    "number: \"{number}\"\n"
    "blocks:\n"
    "  - {block: title}\n"
    "  - {block: text, text: " L3(
        "Under {norm}, received {received}.") "}\n"
                                              "  - {block: clocks, label: " L3(
                                                  "Next") "}\n"
                                                          "  - {block: signature, label: " L3(
                                                              "Signed") "}\n"
                                                                        "  - {block: proof}\n";

static int load_all(void **state)
{
    char dir[80];
    int r = order_law_load(&law, &catalogue, NULL);

    if (r != 0)
        return r;
    snprintf(dir, sizeof(dir), "%s/papers", law.path);
    mkdir(dir, 0700);
    law_dir_write(&law, "papers/complaint_answer.yaml", answer_layout);
    law_dir_write(&law, "papers/order_receipt.yaml", receipt_layout);
    law_dir_write(&law, "papers/inner_note.yaml",
                  "paper: inner_note\ntitle: " L3("Note") "\nnumber: \"{number}\"\nblocks: [{block: title}, "
                                                          "{block: proof}]\n");
    return papers_load(dir, catalogue, &papers, NULL);
}

static int free_all(void **state)
{
    papers_free(papers);
    catalogue_free(catalogue);
    law_dir_remove(&law);
    return 0;
}

static int begin(void **state)
{
    const struct procedure *procedure = catalogue_procedure(catalogue, "order");

    issued_init(&issued, catalogue, procedure, procedure_act_find(procedure, "order"), true, 0);
    return 0;
}

static int begin_opening(void **state)
{
    issued_init(&issued, catalogue, catalogue_procedure(catalogue, "order"), NULL, true, 0);
    return 0;
}

static int end(void **state)
{
    arena_done(&issued.arena);
    return 0;
}

static void render(enum paper_language language, struct buf *out)
{
    struct err err = {0};

    buf_init(out, 16 << 20);
    if (paper_render(papers, &issued.view, &test_organisation, issued.paper.id, ISSUED_LEAF, language,
                     &catalogue->calendar->zone, out, &err) != 0)
        fail_msg("%s %s", err.code, err.detail);
}

/* Pages apart by form feeds when `pages`, else all lines joined. */
static void words_of(enum paper_language language, bool pages, char *ret, size_t room)
{
    char path[] = "/tmp/talap-paper-XXXXXX", command[120];
    struct buf pdf;
    FILE *file, *tool;
    size_t got;

    render(language, &pdf);
    file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(pdf.data, 1, pdf.len, file), pdf.len);
    assert_int_equal(fclose(file), 0);
    buf_done(&pdf);
    snprintf(command, sizeof(command), "pdftotext %s - | tr -s ' \\n%s' '  %s'", path, pages ? "" : "\\f",
             pages ? "" : " ");
    tool = popen(command, "r");
    assert_non_null(tool);
    got = fread(ret, 1, room - 1, tool);
    ret[got] = '\0';
    assert_int_equal(pclose(tool), 0);
    unlink(path);
}

static char words[400000];

static void assert_says(const char *expected)
{
    if (strstr(words, expected) == NULL)
        fail_msg("not found: %s\nin: %.12000s", expected, words);
}

static int times(const char *what)
{
    int count = 0;

    for (const char *c = strstr(words, what); c != NULL; c = strstr(c + 1, what))
        count++;
    return count;
}

/* Puts a value of the issuing act in place of the sample's; NULL: not given. */
static void set_value(size_t event, const char *name, const char *const *texts, size_t count)
{
    struct case_value *values = (struct case_value *)(uintptr_t)issued.events[event].values;

    for (size_t i = 0; i < issued.events[event].value_count; i++)
        if (strcmp(values[i].field->name, name) == 0) {
            values[i].texts = texts;
            values[i].count = count;
            return;
        }
    fail_msg("no %s", name);
}

static void the_head_names_every_addressee(void **state)
{
    static const char *const one[] = {"kcell"};

    words_of(PAPER_RU, false, words, sizeof(words));
    assert_says("АО «Казахтелеком» АО «Кселл» ТОО «КаР-Тел»");
    assert_says("АО «Казахтелеком»; АО «Кселл»; ТОО");
    assert_says("АО «Транстелеком»; The archive р. р");
    set_value(2, "carriers", one, 1);
    words_of(PAPER_RU, false, words, sizeof(words));
    assert_says("For: АО «Кселл»; The archive р. р");
    set_value(2, "carriers", NULL, 0);
    words_of(PAPER_RU, false, words, sizeof(words));
    assert_says("For: Nobody in particular р; The archive р. р");
}

static void dates_and_norms_are_words(void **state)
{
    issued.events[2].happened_usec = issued.events[0].at_usec; /* the act said so */
    words_of(PAPER_EN, false, words, sizeof(words));
    assert_says("Happened 21 October 2026, written 6 November 2026, deleted 2 November 2026.");
    /* Rules have points, no articles. */
    assert_says("“Rules for restoring access to an internet resource”, paragraph 6 and");
    assert_says("“Rules for restoring access to an internet resource”, annex.");
    assert_says("Follow at https://talap.alan.example.kz/en/follow/%D0%A2%D0%A2-2026-000057 please.");
    assert_says("Found e Ш-2026-000123");
    assert_says("№ ТТ-2026-000057/1");
}

static void a_hundred_links_flow_over_pages(void **state)
{
    static const char *links[100];
    char expected[80];

    for (int i = 0; i < 100; i++)
        links[i] = arena_printf(&issued.arena, "https://resurs.example.kz/%03d", i);
    set_value(0, "links", links, 100);
    set_value(1, "links", NULL, 0);
    words_of(PAPER_KK, false, words, sizeof(words));
    for (int i = 0; i < 100; i++) {
        snprintf(expected, sizeof(expected), "%d. https://resurs.example.kz/%03d", i + 1, i);
        assert_says(expected);
    }
    words_of(PAPER_KK, true, words, sizeof(words));
    assert_true(times("\f") >= 4);
}

static void what_happens_later_changes_no_paper(void **state)
{
    static const char *const said[] = {"Кейін айтылған нәтиже"};
    struct case_event later = issued.events[1];
    struct buf before, after;

    /* Said before the paper: it is there. */
    words_of(PAPER_KK, false, words, sizeof(words));
    assert_says("Outcome қ");
    issued.events[1].value_count = 0;
    render(PAPER_KK, &before);
    words_of(PAPER_KK, false, words, sizeof(words));
    assert_int_equal(times("Outcome қ"), 0);
    /* The same said after it: not there, and the bytes are the same. */
    issued.events[1] = issued.events[2];
    issued.events[2] = later;
    issued.events[2].leaf = ISSUED_LEAF + 1;
    set_value(2, "outcome", said, 1);
    render(PAPER_KK, &after);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    buf_done(&before);
    buf_done(&after);
}

static void files_stand_with_their_hashes(void **state)
{
    words_of(PAPER_EN, false, words, sizeof(words));
    assert_says("1. Экран суреті 1.png (PNG, 48211 bytes) a000");
    assert_says("2. Экран суреті 2.png (PNG, 48212 bytes) a100");
    assert_int_equal(times("Экран суреті 1.png"), 1); /* came with the opening */
    assert_int_equal(times("Экран суреті 2.png"), 2); /* of the case, and enclosed by the act */
    issued.files[1].leaf = ISSUED_LEAF + 1;           /* came later */
    issued.file_names[0] = "";                        /* and this one is destroyed */
    words_of(PAPER_EN, false, words, sizeof(words));
    assert_int_equal(times("Экран суреті"), 0);
    assert_int_equal(times("Enclosed e"), 0);
    assert_says("1. (personal data destroyed) (PNG, 48211 bytes) a000");
}

static void both_languages_make_one_paper(void **state)
{
    char *russian, expected[40];
    int pages;

    words_of(PAPER_BOTH, true, words, sizeof(words));
    assert_int_equal(times("/kk/proof/2048"), 1);
    assert_int_equal(times("/ru/proof/2048"), 1);
    assert_int_equal(times("English"), 0);
    russian = strstr(words, "Русский заголовок");
    assert_non_null(russian);
    assert_true(strstr(words, "Қазақша тақырып") < russian);
    /* On a page of its own: nothing of the Kazakh half follows the break before it. */
    while (russian > words && *russian != '\f')
        russian--;
    assert_int_equal(*russian, '\f');
    assert_null(strstr(russian, "Қазақша"));
    assert_non_null(strstr(russian, "ТОО «Онлайн-платформа «Алаң»"));
    /* One number, pages counted through. */
    pages = times("\f");
    assert_true(pages >= 4);
    snprintf(expected, sizeof(expected), "1/%d", pages); /* thin blanks are none to pdftotext */
    assert_says(expected);
    snprintf(expected, sizeof(expected), "%d/%d", pages, pages);
    assert_says(expected);
    assert_true(times("№ ТТ-2026-000057/1") >= pages + 2);
}

static void the_language_of_a_paper(void **state)
{
    static const struct {
        const char *word;
        int expected;
    } words_known[] = {{"kk", PAPER_KK}, {"ru", PAPER_RU}, {"en", PAPER_EN}, {"both", PAPER_BOTH},
                       {"", -1},         {"KK", -1},       {"kk,ru", -1},    {"de", -1}};

    for (size_t i = 0; i < sizeof(words_known) / sizeof(words_known[0]); i++)
        assert_int_equal(paper_language_parse(words_known[i].word), words_known[i].expected);
    issued.view.row.lang = "ru";
    assert_int_equal(paper_language_of(&issued.view), PAPER_RU);
    issued.view.row.lang = "en";
    assert_int_equal(paper_language_of(&issued.view), PAPER_KK);
}

static void who_signs_stands_with_the_post(void **state)
{
    words_of(PAPER_EN, false, words, sizeof(words));
    assert_says("Signed e Head of the office e");
    assert_says("Әсел Қайратқызы Нұрғалиева");
    issued.events[2].signer_name = NULL;
    words_of(PAPER_EN, false, words, sizeof(words));
    assert_says("Head of the office e");
    assert_int_equal(times("Нұрғалиева"), 0);
}

static void an_opening_issues_its_paper(void **state)
{
    words_of(PAPER_KK, false, words, sizeof(words));
    assert_says("Түбіртек: Өкім");
    assert_says("5-тармақ, received 2026 жылғы 21 қазан, 10:00");
    assert_says("Мониторинг");
    assert_says("Мерзімі: 2026 жылғы 11 қараша, 23:59");
    assert_says("Мерзім өтті деп саналатын сәт: 2026 жылғы 13 қараша, 00:00");
    assert_says("Дереу, заң санмен белгіленген мерзім бермейді.");
    assert_says("Әсел Қайратқызы Нұрғалиева");
    /* By the public: nobody signs but the house. */
    issued.events[0].signer_name = NULL;
    issued.events[0].actor_kind = "opener";
    words_of(PAPER_KK, false, words, sizeof(words));
    assert_says("Signed қ «Алаң» онлайн-платформасы» ЖШС");
    /* Where no period started there is no heading over nothing, and the norm is the procedure's first. */
    issued.events[0].started_count = 0;
    words_of(PAPER_KK, false, words, sizeof(words));
    assert_int_equal(times("Next қ"), 0);
    assert_says("3-тармақ, received");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_head_names_every_addressee, begin, end),
        cmocka_unit_test_setup_teardown(dates_and_norms_are_words, begin, end),
        cmocka_unit_test_setup_teardown(a_hundred_links_flow_over_pages, begin, end),
        cmocka_unit_test_setup_teardown(what_happens_later_changes_no_paper, begin, end),
        cmocka_unit_test_setup_teardown(files_stand_with_their_hashes, begin, end),
        cmocka_unit_test_setup_teardown(both_languages_make_one_paper, begin, end),
        cmocka_unit_test_setup_teardown(the_language_of_a_paper, begin, end),
        cmocka_unit_test_setup_teardown(who_signs_stands_with_the_post, begin, end),
        cmocka_unit_test_setup_teardown(an_opening_issues_its_paper, begin_opening, end),
    };

    return cmocka_run_group_tests(tests, load_all, free_all);
}
