/* The drawn answer, read back by the tools a reader has: the text is there in every language, the QR code leads to the
 * proof, the bytes are the same every time. */
#include "test_out_case.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct catalogue *catalogue;
static struct papers *papers;

static int load_all(void **state)
{
    return catalogue_load(LAW_DIR, &catalogue, NULL) || papers_load(PAPERS_DIR, catalogue, &papers, NULL);
}

static int free_all(void **state)
{
    papers_free(papers);
    catalogue_free(catalogue);
    return 0;
}

static void render(const struct answered *answered, enum paper_language language, struct buf *out)
{
    struct err err = {0};

    buf_init(out, 8 << 20);
    if (paper_render(papers, &answered->view, &test_organisation, "complaint_answer", ANSWER_LEAF, language,
                     &catalogue->calendar->zone, out, &err) != 0)
        fail_msg("%s %s", err.code, err.detail);
    assert_true(out->len > 1000);
    assert_memory_equal(out->data, "%PDF-", 5);
}

/* What a shell command prints about the paper; %s in the command is the file. */
static void ask(const struct buf *pdf, const char *command, char *ret, size_t room)
{
    char path[] = "/tmp/talap-paper-XXXXXX", line[400];
    FILE *file = fdopen(mkstemp(path), "w"), *tool;
    size_t got;

    assert_non_null(file);
    assert_int_equal(fwrite(pdf->data, 1, pdf->len, file), pdf->len);
    assert_int_equal(fclose(file), 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(line, sizeof(line), command, path);
#pragma GCC diagnostic pop
    tool = popen(line, "r");
    assert_non_null(tool);
    got = fread(ret, 1, room - 1, tool);
    ret[got] = '\0';
    assert_int_equal(pclose(tool), 0);
    unlink(path);
}

/* Lines joined, so that a sentence is found wherever its lines break. */
static void words_of(const struct buf *pdf, char *ret, size_t room)
{
    ask(pdf, "pdftotext %s - | tr -s ' \\n\\f' '   '", ret, room);
}

static void assert_says(const char *words, const char *expected)
{
    if (strstr(words, expected) == NULL)
        fail_msg("not found: %s\nin: %.3000s", expected, words);
}

static void it_speaks_three_languages(void **state)
{
    static const char *const expected[LANG_COUNT][7] = {
        {"Шағымға уәжді жауап", "2026 жылғы 6 қараша", "2026 жылғы 21 қазан", "Шағым ішінара қанағаттандырылды",
         "«Онлайн-платформалар және онлайн-жарнама туралы» 2023 жылғы 10 шілдедегі № 18-VIII Заң, 11-бап, 3-тармақ",
         "«Алаң» онлайн-платформасы» ЖШС", "БСН 180540012344"},
        {"Мотивированный ответ на жалобу", "6 ноября 2026 г.", "21 октября 2026 г.", "Жалоба удовлетворена частично",
         "статья 11, пункт 3", "ТОО «Онлайн-платформа «Алаң»", "БИН 180540012344"},
        {"Reasoned answer to a complaint", "6 November 2026", "21 October 2026", "The complaint is partly upheld",
         "Article 11, paragraph 3", "Alan Online Platform LLP", "BIN 180540012344"},
    };
    static char words[60000], link[60];
    struct answered answered;
    struct buf pdf;

    answered_init(&answered, catalogue);
    put_one(&answered, true, "reasons", "Әріптер: ә ғ қ ң ө ұ ү һ і, Ә Ғ Қ Ң Ө Ұ Ү Һ І.");
    add_one(&answered, "measures", "removed");
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        render(&answered, (enum paper_language)lang, &pdf);
        words_of(&pdf, words, sizeof(words));
        for (int i = 0; i < 7; i++)
            assert_says(words, expected[lang][i]);
        assert_says(words, "№ Ш-2026-000123/1");
        assert_says(words, "Айгүл Серікқызы Әбдіғаппарова");
        assert_says(words, "Әріптер: ә ғ қ ң ө ұ ү һ і, Ә Ғ Қ Ң Ө Ұ Ү Һ І.");
        assert_says(words, "Әсел Қайратқызы Нұрғалиева");
        assert_says(words, "0b30557a9fc4e90e33587da2c7ec11365b80a5caef14395e83a8cdf2173c6186");
        snprintf(link, sizeof(link), "https://talap.alan.example.kz/%s/proof/1204", lang_code((enum lang)lang));
        assert_says(words, link);
        ask(&pdf, "f=%s; pdftoppm -r 150 -png $f $f.p && zbarimg -q --raw $f.p*.png 2>/dev/null; rm -f $f.p*.png",
            words, sizeof(words));
        words[strcspn(words, "\n")] = '\0';
        assert_string_equal(words, link);
        buf_done(&pdf);
    }
}

static void each_decision_says_what_one_may_do(void **state)
{
    static const struct {
        const char *decision, *title, *said, *not_said;
    } cases[] = {
        {"upheld", "Шағым қанағаттандырылды", "толық қанағаттандырылды", "қайтадан шағым беруге"},
        {"partly_upheld", "Шағым ішінара қанағаттандырылды", "қайтадан шағым беруге", "толық қанағаттандырылды"},
        {"rejected", "Шағым қанағаттандырусыз қалдырылды", "сотта қорғай аласыз", "толық қанағаттандырылды"},
    };
    static char words[60000];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answered answered;
        struct buf pdf;

        answered_init(&answered, catalogue);
        put_one(&answered, true, "reasons", "Себебі осы мәтінде айтылған.");
        put_one(&answered, true, "decision", cases[i].decision);
        render(&answered, PAPER_KK, &pdf);
        words_of(&pdf, words, sizeof(words));
        assert_says(words, cases[i].title);
        assert_says(words, cases[i].said);
        assert_says(words, "Заңның 16-бабы");
        assert_null(strstr(words, cases[i].not_said));
        assert_null(strstr(words, "Қолданылған шаралар")); /* none were chosen */
        buf_done(&pdf);
    }
}

static void what_was_not_given_leaves_no_hole(void **state)
{
    static char words[60000];
    struct answered answered;
    struct buf pdf;

    answered_init(&answered, catalogue);
    put_one(&answered, true, "reasons", "Себебі осы мәтінде айтылған.");
    put_one(&answered, false, "contact_name", NULL);
    put_one(&answered, false, "link", NULL);
    answered.events[1].signer_name = NULL;
    render(&answered, PAPER_RU, &pdf);
    words_of(&pdf, words, sizeof(words));
    assert_says(words, "Кому Заявителю");
    assert_says(words, "Ответ дал(а) ТОО «Онлайн-платформа «Алаң»");
    assert_null(strstr(words, "Ссылка"));
    buf_done(&pdf);
    value_slot(&answered, false, "contact_name")->destroyed = true;
    render(&answered, PAPER_RU, &pdf);
    words_of(&pdf, words, sizeof(words));
    assert_says(words, "(персональные данные уничтожены)");
    buf_done(&pdf);
}

static void an_organisation_without_a_name_is_seen(void **state)
{
    struct organisation unnamed = {.bin = "", .email = "", .phone = "", .url = ""};
    static char words[60000];
    struct answered answered;
    struct buf pdf;

    answered_init(&answered, catalogue);
    put_one(&answered, true, "reasons", "Себебі осы мәтінде айтылған.");
    for (int named = 0; named < 2; named++) {
        unnamed.name.in[LANG_EN] = named ? "Alan LLP" : "";
        buf_init(&pdf, 8 << 20);
        assert_int_equal(paper_render(papers, &answered.view, &unnamed, "complaint_answer", ANSWER_LEAF, PAPER_KK,
                                      &catalogue->calendar->zone, &pdf, NULL),
                         0);
        words_of(&pdf, words, sizeof(words));
        assert_says(words, named ? "Alan LLP" : "(ұйымның атауы көрсетілмеген)");
        buf_done(&pdf);
    }
}

static void a_long_answer_flows_over_pages(void **state)
{
    static char words[200000], reasons[20000], expected[40];
    struct answered answered;
    struct buf pdf;
    char *page;
    int pages = 0, numbered = 0;

    answered_init(&answered, catalogue);
    for (int i = 0; i < 90; i++)
        sprintf(reasons + strlen(reasons), "Тармақ %d: осы бөлікте мән-жайлар жан-жақты қаралып, тексерілді.%s", i,
                i % 7 == 6 ? "\n" : " ");
    put_one(&answered, true, "reasons", reasons);
    render(&answered, PAPER_KK, &pdf);
    words_of(&pdf, words, sizeof(words));
    for (int i = 0; i < 90; i++) {
        snprintf(expected, sizeof(expected), "Тармақ %d:", i);
        assert_says(words, expected);
    }
    ask(&pdf, "pdftotext %s -", words, sizeof(words));
    for (const char *c = words; *c != '\0'; c++)
        pages += *c == '\f';
    assert_true(pages >= 3);
    page = strtok(words, "\f");
    for (int i = 1; page != NULL && i <= pages; i++, page = strtok(NULL, "\f")) {
        bool last = i == pages;

        snprintf(expected, sizeof(expected), "%d/%d", i, pages); /* thin blanks are none to pdftotext */
        numbered += strstr(page, expected) != NULL;
        assert_non_null(strstr(page, "№ Ш-2026-000123/1"));
        /* The proof is whole, on the last page, and not alone there. */
        assert_int_equal(strstr(page, "түпнұсқалығын тексеру") != NULL, last);
        assert_int_equal(strstr(page, "0b30557a9fc4e90e") != NULL, last);
        assert_int_equal(strstr(page, "Нұрғалиева") != NULL, last);
    }
    assert_int_equal(numbered, pages);
    buf_done(&pdf);
}

/* A word longer than a line, other scripts, nothing but blanks: drawn, not refused. */
static void odd_texts_are_drawn(void **state)
{
    static char word[3001], words[60000];
    const char *const texts[] = {word, "\n\n \t\n",
                                 "العربية 漢字 🙂 \xe2\x80\xae"
                                 "abc",
                                 "<b>&amp;</b> {number}"};
    struct answered answered;
    struct buf pdf;

    memset(word, 'w', sizeof(word) - 1);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        answered_init(&answered, catalogue);
        put_one(&answered, true, "reasons", texts[i]);
        render(&answered, PAPER_KK, &pdf);
        if (i == 3) {
            words_of(&pdf, words, sizeof(words));
            assert_says(words, "<b>&amp;</b> {number}");
        }
        buf_done(&pdf);
    }
}

static void the_same_act_gives_the_same_bytes(void **state)
{
    struct answered answered;
    struct buf one, two;
    char info[2000];

    answered_init(&answered, catalogue);
    put_one(&answered, true, "reasons", "Себебі осы мәтінде айтылған.");
    render(&answered, PAPER_KK, &one);
    setenv("TZ", "America/New_York", 1);
    render(&answered, PAPER_RU, &two);
    assert_false(one.len == two.len && memcmp(one.data, two.data, one.len) == 0);
    buf_done(&two);
    render(&answered, PAPER_KK, &two);
    unsetenv("TZ");
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.data, two.data, one.len);
    ask(&one, "TZ=UTC pdfinfo -isodates %s", info, sizeof(info));
    assert_says(info, "CreationDate:    2026-11-06T11:32:10+05");
    assert_says(info, "Шағымға уәжді жауап");
    assert_says(info, "«Алаң» онлайн-платформасы» ЖШС");
    buf_done(&one);
    buf_done(&two);
}

static void *render_many(void *arg)
{
    const struct buf *expected = arg;
    struct answered answered;

    answered_init(&answered, catalogue);
    put_one(&answered, true, "reasons", "Себебі осы мәтінде айтылған.");
    for (int i = 0; i < 8; i++) {
        struct buf pdf;
        bool same;

        buf_init(&pdf, 8 << 20);
        if (paper_render(papers, &answered.view, &test_organisation, "complaint_answer", ANSWER_LEAF, PAPER_KK,
                         &catalogue->calendar->zone, &pdf, NULL) != 0)
            return arg;
        same = pdf.len == expected->len && memcmp(pdf.data, expected->data, pdf.len) == 0;
        buf_done(&pdf);
        if (!same)
            return arg;
    }
    return NULL;
}

static void two_threads_draw_at_once(void **state)
{
    pthread_t threads[2];
    struct answered answered;
    struct buf expected;

    answered_init(&answered, catalogue);
    put_one(&answered, true, "reasons", "Себебі осы мәтінде айтылған.");
    render(&answered, PAPER_KK, &expected);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, render_many, &expected), 0);
    for (int i = 0; i < 2; i++) {
        void *wrong = NULL;

        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    buf_done(&expected);
}

static void other_papers_are_not_known(void **state)
{
    static const struct {
        const char *id;
        int64_t leaf;
    } cases[] = {{"complaint", ANSWER_LEAF},
                 {"complaint_answer", ANSWER_LEAF + 1},
                 {"complaint_answer", ANSWER_LEAF - 300},
                 {"", ANSWER_LEAF}};
    struct answered answered;

    answered_init(&answered, catalogue);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};
        struct buf pdf;

        buf_init(&pdf, 8 << 20);
        assert_int_equal(paper_render(papers, &answered.view, &test_organisation, cases[i].id, cases[i].leaf, PAPER_KK,
                                      &catalogue->calendar->zone, &pdf, &err),
                         -ERR_NOT_FOUND);
        assert_string_equal(err.code, "paper_unknown");
        assert_int_equal(pdf.len, 0);
        buf_done(&pdf);
    }
}

static void a_full_buffer_is_an_error(void **state)
{
    struct answered answered;
    struct err err = {0};
    struct buf pdf;

    answered_init(&answered, catalogue);
    buf_init(&pdf, 5000);
    assert_int_equal(paper_render(papers, &answered.view, &test_organisation, "complaint_answer", ANSWER_LEAF, PAPER_KK,
                                  &catalogue->calendar->zone, &pdf, &err),
                     -ERR_MEMORY);
    buf_done(&pdf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_speaks_three_languages),         cmocka_unit_test(each_decision_says_what_one_may_do),
        cmocka_unit_test(what_was_not_given_leaves_no_hole), cmocka_unit_test(an_organisation_without_a_name_is_seen),
        cmocka_unit_test(a_long_answer_flows_over_pages),    cmocka_unit_test(odd_texts_are_drawn),
        cmocka_unit_test(the_same_act_gives_the_same_bytes), cmocka_unit_test(two_threads_draw_at_once),
        cmocka_unit_test(other_papers_are_not_known),        cmocka_unit_test(a_full_buffer_is_an_error),
    };

    return cmocka_run_group_tests(tests, load_all, free_all);
}
