/* Who it is: codes that are asked for, tried, forged, late; sessions of the cabinet; whose case it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "persons/identity.h"
#include "store/identity_rows.h"
#include "store/people_rows.h"
#include "test_persons_world.h"
#include <cmocka.h>

#define MINUTE (60 * USEC_PER_SEC)
#define EMAIL "aigerim.kod@example.kz"
#define STRANGER "nobody.here@example.kz"

/* One step of a code's life, as a command. */
struct step {
    const char *kind, *value; /* asking */
    const char *id, *code;    /* trying */
    const char *secret;       /* of a session, to be ended or touched */
    char made[ID_TEXT], opened[65];
    size_t count;
    struct err refusal;
};

static int ask_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    struct step *step = arg;
    return code_ask(tx, &w->f.office, step->kind, step->value, LANG_KK, w->now_usec, step->made, err);
}
static int pass_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    struct step *step = arg;
    return codes_pass(tx, &w->f.office, w->now_usec, 10, &step->count, err);
}
static int try_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    struct step *step = arg;
    return code_try(tx, &w->f.office, step->id, step->code, w->now_usec, step->opened, &step->refusal, err);
}
static int end_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    const struct step *step = arg;
    return person_session_end(tx, &w->f.office, step->secret, w->now_usec, err);
}
static int touch_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    const struct step *step = arg;
    return person_session_touch(tx, step->secret, w->now_usec, err);
}
static int purge_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    (void)arg;
    return identity_purge(tx, w->now_usec, err);
}

static void must(struct persons_world *w,
                 int (*run)(struct tx *tx, struct persons_world *w, void *arg, struct err *err), void *arg)
{
    struct err err = {0};
    if (persons_write(w, run, arg, &err) < 0)
        fail_msg("%s %s", err.code, err.detail);
}

static void ask_only(struct persons_world *w, const char *kind, const char *value, char ret_id[static ID_TEXT])
{
    struct step step = {.kind = kind, .value = value};
    must(w, ask_run, &step);
    memcpy(ret_id, step.made, ID_TEXT);
}

static size_t pass(struct persons_world *w)
{
    struct step step = {0};
    must(w, pass_run, &step);
    return step.count;
}

static void ask(struct persons_world *w, const char *value, char ret_id[static ID_TEXT])
{
    ask_only(w, "email", value, ret_id);
    pass(w);
}

static struct step try_code(struct persons_world *w, const char *id, const char *code)
{
    struct step step = {.id = id, .code = code};
    must(w, try_run, &step);
    return step;
}

static const char *right_code(struct persons_world *w, const char *id)
{
    static char code[CODE_DIGITS + 1];
    code_derive(w->f.keyring, id, code);
    return code;
}

/* A code that is not the right one. */
static const char *wrong_code(struct persons_world *w, const char *id)
{
    static char code[CODE_DIGITS + 1];
    code_derive(w->f.keyring, id, code);
    code[0] = code[0] == '9' ? '0' : (char)(code[0] + 1);
    return code;
}

static size_t messages(struct persons_world *w, struct outbox_row **ret)
{
    struct tx *tx = persons_read(w);
    struct err err = {0};
    size_t count;
    if (store_outbox_ripe(tx, NULL, w->now_usec, 100, &w->arena, ret, &count, &err) < 0)
        fail_msg("%s", err.code);
    store_read_end(tx);
    return count;
}

static int64_t events(struct persons_world *w)
{
    struct tx *tx = persons_read(w);
    struct ledger_head_row head;
    struct err err = {0};
    if (store_ledger_head_get(tx, &w->arena, &head, &err) < 0)
        fail_msg("%s", err.code);
    store_read_end(tx);
    return head.size;
}

static int session_of(struct persons_world *w, const char *secret, struct person_session *ret, struct err *err)
{
    struct tx *tx = persons_read(w);
    int r = person_session_get(tx, &w->f.office, secret, w->now_usec, &w->arena, ret, err);
    store_read_end(tx);
    return r;
}

/* Somebody who is known by an e-mail. */
static void begin(struct persons_world *w, char ret_subject_id[static ID_TEXT])
{
    struct consent_given given;
    struct err err = {0};
    persons_start(w);
    given = persons_consent("kz-1");
    given.person.email = EMAIL;
    if (persons_give(w, &given, NULL, ret_subject_id, &err) < 0)
        fail_msg("%s %s", err.code, err.detail);
}

static void test_a_code_lets_in(void **state)
{
    struct persons_world w;
    struct outbox_row *rows;
    struct code_message told;
    struct person_session session;
    struct err err = {0};
    char id[ID_TEXT], subject_id[ID_TEXT], spaced[16];
    bool found;
    (void)state;
    begin(&w, subject_id);
    int64_t before = events(&w);
    ask(&w, EMAIL, id);
    /* The ledger is public: it grows for somebody as little as for nobody. */
    assert_int_equal(events(&w), before);
    assert_int_equal(messages(&w, &rows), 1);
    assert_string_equal(rows[0].kind, "mail");
    assert_string_equal(rows[0].purpose, "code");
    assert_string_equal(rows[0].to, id);
    struct tx *tx = persons_read(&w);
    assert_int_equal(code_message_get(tx, &w.f.office, id, w.now_usec, &w.arena, &told, &found, &err), 0);
    store_read_end(tx);
    assert_true(found);
    assert_string_equal(told.to, EMAIL);
    assert_string_equal(told.code, right_code(&w, id));
    /* As people type it. */
    snprintf(spaced, sizeof spaced, "%.4s-%.4s ", told.code, told.code + 4);
    struct step in = try_code(&w, id, spaced);
    assert_int_equal(in.refusal.kind, ERR_NONE);
    assert_int_equal(session_of(&w, in.opened, &session, &err), 0);
    assert_string_equal(session.person.subject_id, subject_id);
    assert_string_equal(session.how, "email");
    assert_string_equal(session.email, EMAIL);
    assert_null(session.phone);
    /* Once. */
    assert_string_equal(try_code(&w, id, right_code(&w, id)).refusal.code, "code_old");
    assert_false(fixture_store_holds(&w.f, EMAIL));
    assert_false(fixture_store_holds(&w.f, told.code));
    assert_false(fixture_store_holds(&w.f, in.opened));
    persons_end(&w);
}

static void test_five_wrong_codes_and_a_pause(void **state)
{
    struct persons_world w;
    char id[ID_TEXT], again[ID_TEXT], subject_id[ID_TEXT];
    (void)state;
    begin(&w, subject_id);
    ask(&w, EMAIL, id);
    for (int i = 0; i < CODE_TRIES - 1; i++) {
        struct step step = try_code(&w, id, i == 0 ? "letters" : wrong_code(&w, id));
        assert_int_equal(step.refusal.kind, ERR_UNAUTHENTICATED);
        assert_string_equal(step.refusal.code, "code_wrong");
        assert_string_equal(step.opened, "");
    }
    struct step last = try_code(&w, id, wrong_code(&w, id));
    assert_int_equal(last.refusal.kind, ERR_TOO_MANY);
    assert_string_equal(last.refusal.code, "code_pause");
    assert_string_equal(last.refusal.arg, "15");
    /* The right one comes too late, and no new one is given. */
    assert_string_equal(try_code(&w, id, right_code(&w, id)).refusal.code, "code_pause");
    w.now_usec += 14 * MINUTE;
    ask(&w, EMAIL, again);
    assert_string_equal(again, id);
    w.now_usec += 2 * MINUTE;
    ask(&w, EMAIL, again);
    assert_string_not_equal(again, id);
    assert_int_equal(try_code(&w, again, right_code(&w, again)).refusal.kind, ERR_NONE);
    persons_end(&w);
}

static void test_a_stranger_is_answered_alike(void **state)
{
    struct persons_world w;
    struct outbox_row *rows;
    char id[ID_TEXT], again[ID_TEXT], subject_id[ID_TEXT];
    (void)state;
    begin(&w, subject_id);
    int64_t before = events(&w);
    ask_only(&w, "email", STRANGER, id);
    assert_true(id_valid(id));
    /* Asked for the second time before anybody looked. */
    ask_only(&w, "email", STRANGER, again);
    assert_string_equal(again, id);
    assert_int_equal(pass(&w), 1);
    assert_int_equal(pass(&w), 0);
    assert_int_equal(messages(&w, &rows), 0);
    assert_int_equal(events(&w), before);
    /* Who guesses even the code that would be derived is not let in; tries are counted all the same. */
    for (int i = 0; i < CODE_TRIES - 1; i++)
        assert_string_equal(try_code(&w, id, right_code(&w, id)).refusal.code, "code_wrong");
    assert_string_equal(try_code(&w, id, right_code(&w, id)).refusal.code, "code_pause");
    assert_string_equal(try_code(&w, "01890000-0000-7000-8000-000000000000", "12345678").refusal.code, "code_wrong");
    assert_int_equal(events(&w), before);
    persons_end(&w);
}

static void test_codes_are_not_sent_without_end(void **state)
{
    struct persons_world w;
    struct outbox_row *rows;
    char id[ID_TEXT], again[ID_TEXT], subject_id[ID_TEXT];
    (void)state;
    begin(&w, subject_id);
    ask(&w, EMAIL, id);
    w.now_usec += 59 * USEC_PER_SEC;
    ask(&w, EMAIL, again);
    assert_string_equal(again, id);
    assert_int_equal(messages(&w, &rows), 1);
    for (int i = 1; i < 12; i++) {
        w.now_usec += 2 * MINUTE;
        ask(&w, EMAIL, again);
    }
    assert_int_equal(messages(&w, &rows), CODE_HOURLY);
    w.now_usec += 61 * MINUTE;
    ask(&w, EMAIL, id);
    assert_string_not_equal(again, id);
    assert_int_equal(messages(&w, &rows), CODE_HOURLY + 1);
    persons_end(&w);
}

static void test_a_code_grows_old(void **state)
{
    struct persons_world w;
    struct code_message told;
    struct err err = {0};
    char id[ID_TEXT], subject_id[ID_TEXT];
    bool found;
    (void)state;
    begin(&w, subject_id);
    ask(&w, EMAIL, id);
    w.now_usec += CODE_MINUTES * MINUTE + 1;
    assert_string_equal(try_code(&w, id, right_code(&w, id)).refusal.code, "code_old");
    struct tx *tx = persons_read(&w);
    assert_int_equal(code_message_get(tx, &w.f.office, id, w.now_usec, &w.arena, &told, &found, &err), 0);
    store_read_end(tx);
    assert_false(found);
    w.now_usec += 61 * MINUTE;
    must(&w, purge_run, NULL);
    assert_string_equal(try_code(&w, id, right_code(&w, id)).refusal.code, "code_wrong");
    persons_end(&w);
}

static void test_a_session_ends(void **state)
{
    struct persons_world w;
    struct person_session session;
    struct err err = {0};
    char id[ID_TEXT], subject_id[ID_TEXT];
    (void)state;
    begin(&w, subject_id);
    ask(&w, EMAIL, id);
    struct step in = try_code(&w, id, right_code(&w, id));
    struct step of = {.secret = in.opened};
    /* Half an hour without a sign. */
    w.now_usec += 30 * MINUTE;
    assert_int_equal(session_of(&w, in.opened, &session, &err), 0);
    assert_true(session.wants_touch);
    w.now_usec += 1;
    assert_int_equal(session_of(&w, in.opened, &session, &err), -ERR_UNAUTHENTICATED);
    assert_string_equal(err.code, "cabinet_ended");
    /* Touched, it lives on, but never beyond four hours. */
    w.now_usec -= 1;
    for (int i = 0; i < 8; i++) {
        must(&w, touch_run, &of);
        w.now_usec += 29 * MINUTE;
    }
    err_clear(&err);
    assert_int_equal(session_of(&w, in.opened, &session, &err), -ERR_UNAUTHENTICATED);
    persons_end(&w);
}

static int forget_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    const struct person_names names = {.email = EMAIL};
    struct person person;
    int r = person_get(tx, arg, &w->arena, &person, err);
    return r < 0 ? r : person_forget_names(tx, &w->f.office, &person, &names, &w->service, w->now_usec, err);
}

static void test_an_address_taken_away_lets_nobody_in(void **state)
{
    struct persons_world w;
    struct person_session session;
    struct err err = {0};
    char id[ID_TEXT], later[ID_TEXT], subject_id[ID_TEXT];
    (void)state;
    begin(&w, subject_id);
    ask(&w, EMAIL, id);
    struct step in = try_code(&w, id, right_code(&w, id));
    w.now_usec += 2 * MINUTE;
    ask(&w, EMAIL, later);
    must(&w, forget_run, subject_id);
    assert_int_equal(session_of(&w, in.opened, &session, &err), -ERR_UNAUTHENTICATED);
    assert_string_equal(try_code(&w, later, right_code(&w, later)).refusal.code, "code_wrong");
    w.now_usec += 2 * MINUTE;
    ask(&w, EMAIL, id);
    assert_string_equal(try_code(&w, id, right_code(&w, id)).refusal.code, "code_wrong");
    persons_end(&w);
}

static void test_leaving(void **state)
{
    struct persons_world w;
    struct person_session session;
    struct err err = {0};
    char id[ID_TEXT], subject_id[ID_TEXT];
    (void)state;
    begin(&w, subject_id);
    ask(&w, EMAIL, id);
    struct step in = try_code(&w, id, right_code(&w, id));
    struct step of = {.secret = in.opened};
    int64_t before = events(&w);
    must(&w, end_run, &of);
    assert_int_equal(session_of(&w, in.opened, &session, &err), -ERR_UNAUTHENTICATED);
    must(&w, end_run, &of);
    must(&w, touch_run, &of);
    assert_int_equal(events(&w), before + 1);
    assert_int_equal(session_of(&w, "", &session, &err), -ERR_UNAUTHENTICATED);
    persons_end(&w);
}

struct identifying {
    const char *case_id, *subject_id;
};
static int identify_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    const struct identifying *one = arg;
    struct person person;
    int r = person_get(tx, one->subject_id, &w->arena, &person, err);
    return r < 0
               ? r
               : case_identify(tx, &w->f.office, one->case_id, &person, "document", &w->responsible, w->now_usec, err);
}

static void test_whose_case_it_is(void **state)
{
    struct persons_world w;
    struct case_opened opened;
    struct person person;
    struct err err = {0};
    char subject_id[ID_TEXT];
    bool found;
    (void)state;
    begin(&w, subject_id);
    struct fixture_opening opening = {.now_usec = w.now_usec, .raw = fixture_complaint, .raw_count = 2};
    assert_int_equal(fixture_open_case(&w.f, &opening, &opened, &err), 0);
    struct identifying one = {opened.id, subject_id};
    struct tx *tx = persons_read(&w);
    assert_int_equal(person_of_case(tx, opened.id, &w.arena, &person, &found, &err), 0);
    store_read_end(tx);
    assert_false(found);
    must(&w, identify_run, &one);
    tx = persons_read(&w);
    assert_int_equal(person_of_case(tx, opened.id, &w.arena, &person, &found, &err), 0);
    store_read_end(tx);
    assert_true(found);
    assert_string_equal(person.subject_id, subject_id);
    int64_t before = events(&w);
    assert_int_equal(persons_write(&w, identify_run, &one, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "case_identified");
    assert_int_equal(events(&w), before);
    persons_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_lets_in),
        cmocka_unit_test(test_five_wrong_codes_and_a_pause),
        cmocka_unit_test(test_a_stranger_is_answered_alike),
        cmocka_unit_test(test_codes_are_not_sent_without_end),
        cmocka_unit_test(test_a_code_grows_old),
        cmocka_unit_test(test_a_session_ends),
        cmocka_unit_test(test_an_address_taken_away_lets_nobody_in),
        cmocka_unit_test(test_leaving),
        cmocka_unit_test(test_whose_case_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
