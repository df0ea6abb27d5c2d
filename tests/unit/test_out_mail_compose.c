/* What a letter says and to whom: composed from a case made by hand. The rooms below are stood in for here by functions
 * of the same names, so that every state of a case can be had without living through it. */
#include "test_out_case.h"
#include "test_out_issued.h"

#include "out/mail.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ACCOUNT "019a0000-0000-7000-8000-0000000000aa"
#define ROW_ID "019a0000-0000-7000-8000-00000000000b"

static struct catalogue *catalogue;
static struct papers *papers;
static struct answered answered;
static struct issued issued;
static const struct case_view *shown; /* of the one or of the other */
static struct account_row account;
static const struct mailer_settings settings = {
    .url = "smtp://mail.example.kz", .from = "talap@alan.example.kz", .public_url = "https://talap.alan.example.kz/"};

/* --- The rooms below -----------------------------------------------------------------------------------------------
 */

int case_view(struct tx *tx, const struct office *office, const char *case_id, const struct actor *actor,
              int64_t now_usec, unsigned with, struct arena *arena, struct case_view *ret, struct err *err)
{
    assert_string_equal(case_id, shown->row.id);
    assert_int_equal(actor->kind, ACTOR_SYSTEM);
    assert_true((with & CASE_WITH_EVENTS) != 0);
    *ret = *shown;
    return 0;
}

int organisation_get(struct tx *tx, struct arena *arena, struct organisation *ret, struct err *err)
{
    *ret = test_organisation;
    return 0;
}

int store_account_get(struct tx *tx, const char *id, struct arena *arena, struct account_row *ret, struct err *err)
{
    if (strcmp(id, account.id) != 0)
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    *ret = account;
    return 0;
}

void keyring_access_code(const struct keyring *keyring, const char *case_id, char ret[static 16])
{
    snprintf(ret, 16, "7K3Q-9ZMF-4T2X");
}

/* --- Letters -------------------------------------------------------------------------------------------------------
 */

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

static int begin(void **state)
{
    answered_init(&answered, catalogue);
    shown = &answered.view;
    put_one(&answered, true, "reasons", "Себебі осы мәтінде айтылған.");
    account = (struct account_row){.id = ACCOUNT,
                                   .login = "asel",
                                   .name = "Әсел",
                                   .email = "asel@alan.example.kz",
                                   .roles = "moderator",
                                   .lang = "ru"};
    return 0;
}

static int compose(const char *purpose, const char *to, int64_t leaf, struct arena *arena, struct mail_message *ret,
                   struct err *err)
{
    const struct office office = {.catalogue = catalogue};
    const struct outbox_row row = {
        .id = ROW_ID,
        .kind = "mail",
        .purpose = purpose,
        .case_id = shown->row.id,
        .leaf = leaf,
        .to = to,
        .state = "waiting",
        .created_usec = zone_moment(&catalogue->calendar->zone, day_from_date((struct date){2026, 11, 5}), 32400)};

    arena_init(arena, 16 << 20);
    return mail_compose(NULL, &office, papers, &settings, &row, arena, ret, err);
}

static void composed(const char *purpose, const char *to, int64_t leaf, struct arena *arena, struct mail_message *ret)
{
    struct err err = {0};

    if (compose(purpose, to, leaf, arena, ret, &err) != 0)
        fail_msg("%s %s %s", err.code, err.arg, err.detail);
}

static void assert_says(const char *text, const char *expected)
{
    if (strstr(text, expected) == NULL)
        fail_msg("not found: %s\nin: %s", expected, text);
}

static void the_receipt_tells_how_to_follow(void **state)
{
    static const struct {
        const char *lang, *subject, *said[3];
    } cases[] = {
        {"kk",
         "Ш-2026-000123 қабылданды",
         {"Құрметті Айгүл Серікқызы Әбдіғаппарова!", "2026 жылғы 10 қараша", "11-бап, 3-тармақ"}},
        {"ru",
         "Принято: Ш-2026-000123",
         {"Здравствуйте, Айгүл Серікқызы Әбдіғаппарова!", "10 ноября 2026 г.", "статья 11, пункт 3"}},
        {"en",
         "Received: Ш-2026-000123",
         {"Dear Айгүл Серікқызы Әбдіғаппарова,", "10 November 2026", "Article 11, paragraph 3"}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mail_message message = {0};
        struct arena arena;
        char link[160];

        answered.view.row.lang = cases[i].lang;
        composed("receipt", "opener", ANSWER_LEAF - 300, &arena, &message);
        assert_string_equal(message.to, "aigul@example.kz");
        assert_string_equal(message.subject, cases[i].subject);
        for (int k = 0; k < 3; k++)
            assert_says(message.text, cases[i].said[k]);
        assert_says(message.text, "7K3Q-9ZMF-4T2X");
        snprintf(link, sizeof(link),
                 "\nhttps://talap.alan.example.kz/%s/follow/%%D0%%A8-2026-000123?code=7K3Q-9ZMF-4T2X\n", cases[i].lang);
        assert_says(message.text, link);
        assert_null(message.attachment_name);
        assert_null(strstr(message.text, "рұқсатсыз")); /* what was complained of stays here */
        arena_done(&arena);
    }
}

static void the_receipt_tells_the_latest_day_when_readings_differ(void **state)
{
    struct mail_message message = {0};
    struct arena arena;

    composed("receipt", "opener", ANSWER_LEAF - 300, &arena, &message);
    assert_null(strstr(message.text, "ең кеш күні"));
    arena_done(&arena);
    answered.clock.row.overdue_usec += USEC_PER_DAY;
    composed("receipt", "opener", ANSWER_LEAF - 300, &arena, &message);
    assert_says(message.text, "ең кеш күні: 2026 жылғы 11 қараша");
    arena_done(&arena);
}

static void the_answer_carries_its_paper(void **state)
{
    struct mail_message message = {0};
    struct arena arena;

    answered.view.row.lang = "ru";
    composed("act", "opener", ANSWER_LEAF, &arena, &message);
    assert_string_equal(message.subject, "Ш-2026-000123: Мотивированный ответ на жалобу");
    assert_string_equal(message.attachment_name, "Ш-2026-000123.pdf");
    assert_true(message.attachment_len > 1000);
    assert_memory_equal(message.attachment, "%PDF-", 5);
    assert_says(message.text, "приложен");
    assert_says(message.text, "\nhttps://talap.alan.example.kz/ru/proof/1204\n");
    assert_null(strstr(message.text, "Себебі")); /* the reasons are in the paper alone */
    arena_done(&arena);
}

static void an_act_without_a_paper_tells_where_the_case_stands(void **state)
{
    struct mail_message message = {0};
    struct arena arena;

    answered.events[1].act = procedure_act_find(answered.view.procedure, "take");
    answered.view.paper_count = 0;
    answered.view.state = procedure_state_find(answered.view.procedure, "in_review");
    composed("act", "opener", ANSWER_LEAF, &arena, &message);
    assert_null(message.attachment_name);
    assert_says(message.text, "Шағым қаралып жатыр");
    arena_done(&arena);
}

/* A case of another procedure, opened by staff, with what it issues. */
static void show_issued(const char *procedure, const char *act)
{
    const struct procedure *found = catalogue_procedure(catalogue, procedure);

    issued_init(&issued, catalogue, found, act != NULL ? procedure_act_find(found, act) : NULL, true, 0);
    issued.view.values = issued.events[0].values;
    issued.view.value_count = issued.events[0].value_count;
    issued.view.paper_count = issued.paper.id != NULL;
    shown = &issued.view;
}

static void whom_it_concerns_gets_the_paper_and_no_thanks(void **state)
{
    static const char *const langs[] = {"kk", "ru", "en"};
    static const char *const never[] = {"жолданымыңыз",  "ваше обращение", "вашему обращению", "your submission",
                                        "Түскен уақыты", "Получено",       "Received"};

    for (int i = 0; i < 3; i++) {
        struct mail_message message = {0};
        struct arena arena;

        show_issued("moderation", NULL);
        issued.view.row.lang = langs[i];
        composed("receipt", "opener", ISSUED_LEAF, &arena, &message);
        assert_says(message.text, shown->procedure->letter.in[i]);
        assert_says(message.text, shown->row.number);
        assert_says(message.text, "7K3Q-9ZMF-4T2X");
        assert_says(message.text, "/proof/2048");
        assert_non_null(strstr(message.subject, shown->procedure->title.in[i]));
        for (size_t k = 0; k < sizeof(never) / sizeof(never[0]); k++)
            assert_null(strstr(message.text, never[k]));
        assert_memory_equal(message.attachment, "%PDF-", 5);
        arena_done(&arena);
        arena_done(&issued.arena);
    }
}

/* Without words of its own a letter still thanks nobody for what they did not send. */
static void default_words_know_whose_matter_it_is(void **state)
{
    struct mail_message message = {0};
    struct arena arena;
    struct procedure wordless;

    show_issued("moderation", NULL);
    wordless = *issued.view.procedure;
    wordless.letter = (struct text3){{NULL}};
    issued.view.procedure = &wordless;
    composed("receipt", "opener", ISSUED_LEAF, &arena, &message);
    assert_says(message.text, "Сізге қатысты іс тіркелді");
    assert_says(message.text, "Құжат осы хатқа тіркелген.");
    arena_done(&arena);
    arena_done(&issued.arena);
}

static void an_act_says_its_own_words(void **state)
{
    struct mail_message message = {0};
    struct arena arena;

    show_issued("moderation", "reverse");
    composed("act", "opener", ISSUED_LEAF, &arena, &message);
    assert_says(message.text, issued.events[2].act->letter.in[LANG_KK]);
    assert_null(strstr(message.text, "жолданымыңыз"));
    assert_null(strstr(message.text, "жаңалық бар"));
    arena_done(&arena);
    arena_done(&issued.arena);
}

/* The letter is the receipt: the general paper that the case shows beside it is not sent along. */
static void the_receipt_is_not_sent_twice(void **state)
{
    struct mail_message message = {0};
    struct arena arena;

    answered.paper = (struct case_paper){.id = "receipt", .leaf = ANSWER_LEAF - 300, .seq = 1};
    composed("receipt", "opener", ANSWER_LEAF - 300, &arena, &message);
    assert_null(message.attachment_name);
    assert_null(strstr(message.text, "/proof/"));
    arena_done(&arena);
}

static void what_must_be_done_at_once_counts_minutes(void **state)
{
    struct mail_message message = {0};
    struct arena arena;

    answered.clock.norm = catalogue_norm_last(catalogue, "opl.9.4.5");
    answered.clock.row.norm = "opl.9.4.5";
    /* The row was made at 09:00 on the 5th: two hours and five minutes later. */
    answered.clock.row.starts_usec =
        zone_moment(&catalogue->calendar->zone, day_from_date((struct date){2026, 11, 5}), 32400 - 7500);
    answered.clock.row.due_usec = answered.clock.row.overdue_usec = answered.clock.row.starts_usec;
    answered.events[1].clock = "answer";
    composed("overdue", ACCOUNT, ANSWER_LEAF, &arena, &message);
    assert_string_equal(message.subject, "Нужно сделать незамедлительно: Ш-2026-000123");
    assert_says(message.text, "Началось: 5 ноября 2026 г., 06:55");
    assert_says(message.text, "Прошло минут (5 ноября 2026 г., 09:00): 125");
    assert_null(strstr(message.text, "Срок"));
    assert_null(strstr(message.text, "пропущен"));
    arena_done(&arena);
    /* Done meanwhile: nobody is called. */
    answered.clock.row.state = "met";
    message = (struct mail_message){0};
    composed("overdue", ACCOUNT, ANSWER_LEAF, &arena, &message);
    assert_null(message.to);
    arena_done(&arena);
    /* To the opener it is a promise without a day. */
    composed("receipt", "opener", ANSWER_LEAF - 300, &arena, &message);
    assert_says(message.text, "дереу");
    arena_done(&arena);
}

static void staff_are_told_the_number_alone(void **state)
{
    static const char *const personal[] = {"Айгүл", "aigul@", "platforma.example.kz/video", "рұқсатсыз", "7K3Q"};
    static const char *const purposes[] = {"reminder", "overdue"};

    for (int i = 0; i < 2; i++) {
        struct mail_message message = {0};
        struct arena arena;

        answered.events[1].clock = "answer";
        composed(purposes[i], ACCOUNT, ANSWER_LEAF, &arena, &message);
        assert_string_equal(message.to, "asel@alan.example.kz");
        assert_string_equal(message.subject, i == 0 ? "Подходит срок: Ш-2026-000123" : "Просрочено: Ш-2026-000123");
        assert_says(message.text, "Мотивированный ответ");
        assert_says(message.text, "Процедура: Жалоба на онлайн-платформе");
        assert_says(message.text, "10 ноября 2026 г., 23:59");
        if (i == 0)
            assert_says(message.text, "На 5 ноября 2026 г. осталось дней: 5.");
        assert_says(message.text, "\nhttps://talap.alan.example.kz/ru/case/019a0000-0000-7000-8000-000000000001\n");
        assert_null(message.attachment_name);
        for (size_t k = 0; k < sizeof(personal) / sizeof(personal[0]); k++) {
            assert_null(strstr(message.text, personal[k]));
            assert_null(strstr(message.subject, personal[k]));
        }
        arena_done(&arena);
    }
}

static void assert_nobody(const char *purpose, const char *to, int64_t leaf)
{
    struct mail_message message = {.to = "untouched@example.kz"};
    struct arena arena;

    composed(purpose, to, leaf, &arena, &message);
    assert_null(message.to);
    assert_null(message.text);
    arena_done(&arena);
}

static void nobody_is_told_who_cannot_be(void **state)
{
    answered.events[1].clock = "answer";
    put_one(&answered, false, "contact_email", NULL);
    assert_nobody("receipt", "opener", ANSWER_LEAF - 300);
    put_one(&answered, false, "contact_email", "aigul@example.kz");
    value_slot(&answered, false, "contact_email")->destroyed = true;
    assert_nobody("act", "opener", ANSWER_LEAF);
    account.email = "";
    assert_nobody("reminder", ACCOUNT, ANSWER_LEAF);
    account.email = "asel@alan.example.kz";
    account.disabled = true;
    assert_nobody("overdue", ACCOUNT, ANSWER_LEAF);
    account.disabled = false;
    assert_nobody("overdue", "019a0000-0000-7000-8000-0000000000ff", ANSWER_LEAF);
    answered.clock.row.state = "met"; /* answered meanwhile */
    assert_nobody("reminder", ACCOUNT, ANSWER_LEAF);
}

static void rows_that_contradict_the_case_are_refused(void **state)
{
    static const struct {
        const char *purpose, *to;
        int64_t leaf;
        int expected;
    } cases[] = {
        {"receipt", "opener", 7, -ERR_DAMAGED},
        {"act", "opener", ANSWER_LEAF - 300, -ERR_DAMAGED},
        {"thanks", "opener", ANSWER_LEAF, -ERR_INTERNAL},
        {"receipt", ACCOUNT, ANSWER_LEAF, -ERR_INTERNAL},
        {"reminder", "opener", ANSWER_LEAF, -ERR_INTERNAL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mail_message message = {.to = "untouched@example.kz"};
        struct err err = {0};
        struct arena arena;

        assert_int_equal(compose(cases[i].purpose, cases[i].to, cases[i].leaf, &arena, &message, &err),
                         cases[i].expected);
        assert_string_equal(message.to, "untouched@example.kz");
        assert_null(strchr(err.detail, '@'));
        arena_done(&arena);
    }
}

static void another_kind_of_message_is_not_composed(void **state)
{
    const struct office office = {.catalogue = catalogue};
    const struct outbox_row row = {
        .id = ROW_ID, .kind = "webhook", .purpose = "receipt", .case_id = shown->row.id, .leaf = 1, .to = "opener"};
    struct mail_message message = {0};
    struct arena arena;

    arena_init(&arena, 1 << 20);
    assert_int_equal(mail_compose(NULL, &office, papers, &settings, &row, &arena, &message, NULL), -ERR_INTERNAL);
    arena_done(&arena);
}

static void what_is_composed_can_be_sent(void **state)
{
    struct mail_message message = {0};
    struct arena arena;
    struct buf raw;

    composed("act", "opener", ANSWER_LEAF, &arena, &message);
    buf_init(&raw, 8 << 20);
    assert_int_equal(mail_format(&settings, &message, ROW_ID, 0, &catalogue->calendar->zone, &raw, NULL), 0);
    buf_done(&raw);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_receipt_tells_how_to_follow, begin),
        cmocka_unit_test_setup(the_receipt_tells_the_latest_day_when_readings_differ, begin),
        cmocka_unit_test_setup(the_answer_carries_its_paper, begin),
        cmocka_unit_test_setup(an_act_without_a_paper_tells_where_the_case_stands, begin),
        cmocka_unit_test_setup(whom_it_concerns_gets_the_paper_and_no_thanks, begin),
        cmocka_unit_test_setup(default_words_know_whose_matter_it_is, begin),
        cmocka_unit_test_setup(an_act_says_its_own_words, begin),
        cmocka_unit_test_setup(the_receipt_is_not_sent_twice, begin),
        cmocka_unit_test_setup(what_must_be_done_at_once_counts_minutes, begin),
        cmocka_unit_test_setup(staff_are_told_the_number_alone, begin),
        cmocka_unit_test_setup(nobody_is_told_who_cannot_be, begin),
        cmocka_unit_test_setup(rows_that_contradict_the_case_are_refused, begin),
        cmocka_unit_test_setup(another_kind_of_message_is_not_composed, begin),
        cmocka_unit_test_setup(what_is_composed_can_be_sent, begin),
    };

    return cmocka_run_group_tests(tests, load_all, free_all);
}
