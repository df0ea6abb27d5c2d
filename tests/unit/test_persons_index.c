/* The index against the store: whatever happens, it answers as the rows do, and later a moment past is answered as it
 * was answered then. */
#include "persons/decide_now.h"
#include "persons/destruction.h"
#include "persons/person_index.h"
#include "persons/vault.h"
#include "test_persons_decide_world.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define BIT_OF(reason) (UINT64_C(1) << (reason))
#define PEOPLE 8
#define CASES 12
#define MOMENTS 180
#define KEPT_ANSWERS 1200
#define GONE 64

static uint64_t random_state = 42;
static uint32_t below(uint32_t end)
{
    uint64_t x = random_state += UINT64_C(0x9E3779B97F4A7C15);

    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((x ^ x >> 31) >> 32) % end;
}

struct asked {
    char person[40];
    const char *action, *purpose, *recipient, *categories[2];
    size_t category_count;
    int64_t at_usec;
    enum answer answer;
    uint64_t reasons;
    int64_t consent;
};

struct life {
    struct decide_world w;
    struct person_index *index;
    char subject_ids[PEOPLE][ID_TEXT];
    char cases[CASES][ID_TEXT];
    int64_t leaves[1000];
    int leaf_people[1000];
    size_t leaf_count;
    int64_t holds[PEOPLE];
    char gone[GONE][ID_TEXT]; /* whom destruction left */
    size_t gone_count;
    struct asked kept[KEPT_ANSWERS];
    size_t kept_count;
};

static void person_name(int person, char ret[static 40])
{
    snprintf(ret, 40, "client-%d", person);
}

/* --- What may happen ------------------------------------------------------------------------------------------------
 */

static void give(struct life *life)
{
    static const char *const purposes[] = {"everything", "few", "robot", "service", "rights"};
    static const char *const births[] = {NULL, "2008-04-12", "1990-01-01", "2008-01-17"};
    struct persons_world *p = &life->w.p;
    const char *categories[8], *recipients[2] = {"bank", "hoster"};
    struct consent_given given = persons_consent("x");
    const char *purpose = purposes[below(5)];
    const struct kept_entry *entry = kept_at(p->kept, KEPT_PURPOSE, purpose, p->now_usec);
    const json_t *list = json_object_get(entry->json, "categories");
    int person = (int)below(PEOPLE);
    struct err err = {0};
    char id[40];
    int64_t leaf;

    person_name(person, id);
    given.person.id = id;
    given.person.birth_date = births[person % 4];
    given.purpose = purpose;
    given.categories = categories;
    given.category_count = 0;
    for (size_t i = 0; i < json_array_size(list) && given.category_count < 8; i++) {
        if (below(3) != 0)
            categories[given.category_count++] = json_string_value(json_array_get(list, i));
    }
    given.third_persons = strcmp(purpose, "robot") == 0 ? 0 : (int)below(2);
    given.cross_border = (int)below(2);
    given.publication = (int)below(2);
    given.automated = (int)below(2);
    if (given.third_persons == 1 && strcmp(purpose, "few") == 0 && below(2) == 0) {
        given.recipients = recipients;
        given.recipient_count = 1 + below(2);
    }
    if (below(3) == 0)
        given.until_usec = p->now_usec + (int64_t)(1 + below(100000)) * USEC_PER_SEC;
    if (below(6) == 0) {
        given.from_usec = p->now_usec + (int64_t)below(50000) * USEC_PER_SEC;
        given.until_usec = TIME_NONE;
    }
    if (given.category_count == 0 || life->leaf_count == 1000)
        return;
    if (persons_give(p, &given, &leaf, life->subject_ids[person], &err) == 0) {
        life->leaves[life->leaf_count] = leaf;
        life->leaf_people[life->leaf_count++] = person;
    } else if (err.kind != ERR_CONFLICT && err.kind != ERR_BAD_INPUT) {
        fail_msg("%s %s", err.code, err.detail);
    }
}

struct deed {
    struct life *life;
    int what, person;
};

static int objection_put(struct tx *tx, struct life *life, const struct person *person, const char *kind,
                         const char *state, struct err *err)
{
    struct persons_world *p = &life->w.p;
    struct objection_row row = {.person = person->serial, .state = state, .case_id = life->cases[below(CASES)]}, there;
    const char *purpose = below(2) == 0 ? "robot" : NULL;
    bool found = false;
    int r = store_objection_get(tx, row.case_id, &p->arena, &there, &found, err);

    if (r < 0 || (found && there.person != person->serial))
        return r;
    if (found)
        purpose = NULL;
    row.purpose = found             ? there.purpose
                  : purpose != NULL ? kept_at(p->kept, KEPT_PURPOSE, purpose, p->now_usec)->number
                                    : 0;
    r = person_event(tx, &p->f.office, kind, person, &p->service, row.case_id, p->now_usec,
                     json_pack("{s:s*}", "purpose", purpose), NULL, &row.leaf, err);
    return r < 0 ? r : store_objection_put(tx, &row, err);
}

static int deed_run(struct tx *tx, struct persons_world *p, void *arg, struct err *err)
{
    struct deed *deed = arg;
    struct life *life = deed->life;
    struct person person;
    int64_t leaf;
    size_t expired, any = life->leaf_count > 0 ? below((uint32_t)life->leaf_count) : 0;
    int r = person_get(tx, life->subject_ids[deed->person], &p->arena, &person, err);

    if (r < 0)
        return r;
    switch (deed->what) {
    case 0:
        return person_block(tx, &p->f.office, &person, life->cases[below(3)], &p->service, p->now_usec, err);
    case 1:
        return person_unblock(tx, &p->f.office, &person, life->cases[below(3)], &p->service, p->now_usec, err);
    case 2:
        return hold_set(tx, &p->f.office, &person, "pdl.12.2", "x", INT32_MIN, &p->service, p->now_usec,
                        &life->holds[deed->person], err);
    case 3:
        return hold_lift(tx, &p->f.office, &person, life->holds[deed->person], &p->service, p->now_usec, err);
    case 4:
        return objection_put(tx, life, &person, "objection.made", "open", err);
    case 5:
        return objection_put(tx, life, &person, "objection.upheld", "upheld", err);
    case 6:
        return objection_put(tx, life, &person, "objection.rejected", "rejected", err);
    case 7:
        return consents_expire(tx, &p->f.office, p->now_usec, 100, &expired, err);
    case 8:
        return consent_restore(tx, &p->f.office, life->cases[below(CASES)], &p->service, p->now_usec, err);
    case 9:
        return consent_end(tx, &p->f.office, life->leaves[any], &p->service, p->now_usec, err);
    case 16:
        return destruction_begin(tx, &p->f.office, &person, "pdl.18.1", NULL, &p->responsible, p->now_usec, &leaf, err);
    default:
        return consent_withdraw(tx, &p->f.office, person.serial, life->leaves[any],
                                below(3) == 0 ? ASPECT_PROCESSING : 1 + below(31), life->cases[below(CASES)],
                                &p->service, p->now_usec, err);
    }
}

/* What was answered about them until now was answered by a name that nobody can tell any more. */
static void goes(struct life *life, int person)
{
    char name[40];

    person_name(person, name);
    for (size_t i = 0; i < life->kept_count; i++)
        if (strcmp(life->kept[i].person, name) == 0 && (life->kept[i].reasons & BIT_OF(REASON_PERSON_UNKNOWN)) == 0)
            snprintf(life->kept[i].person, sizeof life->kept[i].person, "%s", life->subject_ids[person]);
    memcpy(life->gone[life->gone_count++], life->subject_ids[person], ID_TEXT);
}

static void destroy(struct life *life, int person)
{
    struct persons_world *p = &life->w.p;
    struct deed deed = {life, 16, person};
    struct err err = {0};
    size_t count = 1;

    if (life->gone_count == GONE || persons_write(p, deed_run, &deed, &err) < 0)
        return;
    while (count > 0)
        if (destruction_pass(&p->f.office, p->now_usec, &count, &err) < 0)
            fail_msg("%s %s", err.code, err.detail);
    goes(life, person);
}

static void happen(struct life *life)
{
    struct persons_world *p = &life->w.p;
    struct deed deed = {life, (int)below(16), 0};
    struct err err = {0};

    if (below(3) == 0 || life->leaf_count == 0) {
        give(life);
        return;
    }
    deed.person = life->leaf_people[below((uint32_t)life->leaf_count)];
    if (below(8) == 0) {
        destroy(life, deed.person);
        return;
    }
    if (deed.what > 9) /* of theirs, mostly */
        deed.person = life->leaf_people[life->leaf_count - 1];
    (void)persons_write(p, deed_run, &deed, &err); /* what is refused changes nothing */
}

static void registers_change(struct life *life)
{
    struct persons_world *p = &life->w.p;

    persons_must_set(p, KEPT_PURPOSE, "few",
                     below(2) == 0
                         ? "{\"title\":" TEXTS3 ",\"norm\":\"x\",\"basis\":\"consent\",\"categories\":[\"name\"],"
                           "\"recipients\":[\"bank\",\"hoster\"]}"
                         : "{\"title\":" TEXTS3 ",\"norm\":\"x\",\"basis\":\"consent\",\"categories\":[\"name\","
                           "\"email\",\"face\",\"behaviour\"],\"recipients\":[\"bank\",\"hoster\"]}");
}

/* --- Asking ---------------------------------------------------------------------------------------------------------
 */

static struct question_words words_of(const struct asked *asked)
{
    return (struct question_words){.person = asked->person,
                                   .action = asked->action,
                                   .purpose = asked->purpose,
                                   .recipient = asked->recipient,
                                   .categories = asked->categories,
                                   .category_count = asked->category_count};
}

static void ask_any(struct life *life, struct asked *ret)
{
    static const char *const actions[] = {"use",     "store",   "transfer",          "publish", "decide_automatically",
                                          "profile", "destroy", "target_advertising"};
    static const char *const purposes[] = {"everything", "few", "robot", "service", "rights"};
    static const char *const categories[] = {"name", "email", "face", "behaviour", "income"};

    *ret = (struct asked){.action = actions[below(8)], .purpose = purposes[below(5)], .at_usec = life->w.p.now_usec};
    person_name((int)below(PEOPLE + 1), ret->person);
    if (life->gone_count > 0 && below(6) == 0)
        snprintf(ret->person, sizeof ret->person, "%s", life->gone[below((uint32_t)life->gone_count)]);
    ret->recipient = strcmp(ret->action, "transfer") == 0 ? (below(2) == 0 ? "bank" : "hoster") : NULL;
    for (uint32_t i = 1 + below(2); i > 0; i--)
        ret->categories[ret->category_count++] = categories[below(5)];
}

static void same(const char *what, const struct asked *asked, const struct decision *one, const struct decision *other)
{
    if (one->answer != other->answer || one->reasons != other->reasons || one->consent != other->consent)
        fail_msg("%s: %s, %s for %s: %s %llx %lld, by the rows %s %llx %lld", what, asked->person, asked->action,
                 asked->purpose, answer_word(one->answer), (unsigned long long)one->reasons, (long long)one->consent,
                 answer_word(other->answer), (unsigned long long)other->reasons, (long long)other->consent);
}

/* The rows' answer, in `ret`, and that the index and the events say the same. */
static void ask(struct life *life, struct tx *tx, const struct decision_law *law, const struct asked *asked,
                struct decision *ret)
{
    struct persons_world *p = &life->w.p;
    struct question_words words = words_of(asked);
    struct question question;
    struct decision by_index, many[1], past;
    struct person_row row;
    struct person person = {0};
    struct err err = {0};
    bool found = false;

    question_make(law, p->f.keyring, &words, &question);
    assert_int_equal(store_person_by_id(tx, asked->person, &p->arena, &row, &found, &err), 0);
    if (!found)
        assert_int_equal(store_person_by_subject(tx, asked->person, &p->arena, &row, &found, &err), 0);
    if (found) {
        assert_int_equal(person_get(tx, asked->person, &p->arena, &person, &err), 0);
        assert_int_equal(decide_now(tx, law, &question, &person,
                                    zone_day_of(&p->f.office.catalogue->calendar->zone, p->now_usec), p->now_usec, ret,
                                    &err),
                         0);
    } else {
        decide_seen(law, &question, false, 0, NULL, 0, p->now_usec, ret);
    }
    person_index_decide(life->index, law, &question, p->now_usec, &by_index);
    same("the index", asked, &by_index, ret);
    person_index_decide_many(life->index, law, &question, 1, p->now_usec, many);
    same("the index in a batch", asked, many, ret);
    if (decide_at(tx, &p->f.office, &words, p->now_usec, &past, NULL, &err) < 0)
        fail_msg("%s %s", err.code, err.detail);
    same("the events", asked, &past, ret);
}

static void follow(struct life *life, struct tx *tx)
{
    struct err err = {0};

    if (person_index_follow(life->index, tx, life->w.p.now_usec, &err) < 0)
        fail_msg("%s %s %s", err.code, err.arg, err.detail);
}

static void look_around(struct life *life)
{
    struct tx *tx = persons_read(&life->w.p);
    struct decision_law *law;

    follow(life, tx);
    law = person_index_law(life->index);
    for (int i = 0; i < 6; i++) {
        struct decision decision;
        struct asked asked;
        ask_any(life, &asked);
        ask(life, tx, law, &asked, &decision);
        asked.answer = decision.answer;
        asked.reasons = decision.reasons;
        asked.consent = decision.consent;
        if (life->kept_count < KEPT_ANSWERS)
            life->kept[life->kept_count++] = asked;
    }
    decision_law_unref(law);
    store_read_end(tx);
}

static void life_start_at(struct life *life, const char *now)
{
    struct persons_world *p = &life->w.p;
    struct err err = {0};

    memset(life, 0, sizeof *life);
    decide_start_at(&life->w, now);
    for (int i = 0; i < CASES; i++) {
        struct case_opened opened;
        if (fixture_open_case(
                &p->f, &(struct fixture_opening){.raw = fixture_complaint, .raw_count = 2, .now_usec = p->now_usec},
                &opened, &err) < 0)
            fail_msg("%s", err.code);
        snprintf(life->cases[i], ID_TEXT, "%s", opened.id);
    }
    if (person_index_new(&p->f.office, 2, p->now_usec, &life->index, &err) < 0)
        fail_msg("%s %s", err.code, err.detail);
}

static void life_start(struct life *life)
{
    life_start_at(life, PERSONS_NOW);
}

static void life_end(struct life *life)
{
    person_index_free(life->index);
    decide_end(&life->w);
}

/* From `begins` on, some weeks. */
static void whatever_happens(const char *begins)
{
    static struct life life;
    struct person_index *anew;
    struct person_index_figures figures, again;
    struct err err = {0};
    struct tx *tx;

    life_start_at(&life, begins);
    for (int i = 0; i < MOMENTS; i++) {
        life.w.p.now_usec += (int64_t)(1 + below(20000)) * USEC_PER_SEC;
        if (i % 37 == 36)
            registers_change(&life);
        else
            happen(&life);
        look_around(&life);
        arena_reset(&life.w.p.arena);
        persons_reload_kept(&life.w.p);
    }
    /* What was answered then is what is answered of then. */
    tx = persons_read(&life.w.p);
    for (size_t i = 0; i < life.kept_count; i++) {
        const struct asked *asked = &life.kept[i];
        struct question_words words = words_of(asked);
        struct decision then, was = {.answer = asked->answer, .reasons = asked->reasons, .consent = asked->consent};
        if (decide_at(tx, &life.w.p.f.office, &words, asked->at_usec, &then, NULL, &err) < 0)
            fail_msg("%s %s", err.code, err.detail);
        same("the past", asked, &then, &was);
    }
    store_read_end(tx);
    /* An index built anew knows the same people and answers the same. */
    if (person_index_new(&life.w.p.f.office, 2, life.w.p.now_usec, &anew, &err) < 0)
        fail_msg("%s", err.code);
    person_index_figures(life.index, &figures);
    person_index_figures(anew, &again);
    assert_int_equal(figures.people, again.people);
    assert_int_equal(figures.leaf, again.leaf);
    assert_true(figures.decisions[ANSWER_ALLOWED] > 20 && figures.decisions[ANSWER_GAP] > 5);
    person_index_free(life.index);
    life.index = anew;
    look_around(&life);
    assert_true(life.gone_count > 3);
    life_end(&life);
}

static void test_whatever_happens_the_index_follows(void **state)
{
    (void)state;
    whatever_happens(PERSONS_NOW);
}

/* Automated decisions ask for more from the 18th on, the day after somebody came of age. */
static void test_the_law_changes_on_the_way(void **state)
{
    (void)state;
    whatever_happens("2026-01-12T09:00:00+05:00");
}

/* --- Single matters -------------------------------------------------------------------------------------------------
 */

/* Follows and asks whether `action` may be done with their name for "few". */
static struct decision may(struct life *life, const char *person, const char *action, const char *category)
{
    struct tx *tx = persons_read(&life->w.p);
    struct question_words words = {
        .person = person, .action = action, .purpose = "few", .category_count = 1, .categories = &category};
    struct decision_law *law;
    struct question question;
    struct decision ret;

    follow(life, tx);
    law = person_index_law(life->index);
    question_make(law, life->w.p.f.keyring, &words, &question);
    person_index_decide(life->index, law, &question, life->w.p.now_usec, &ret);
    decision_law_unref(law);
    store_read_end(tx);
    return ret;
}

static void give_one(struct life *life, const char *id, int64_t from_usec, const char *birth_date, int *ret_place)
{
    static const char *const categories[] = {"name", "behaviour"};
    struct consent_given given = persons_consent(id);
    int place = (int)life->leaf_count;
    struct err err = {0};

    given.person.birth_date = birth_date;
    given.purpose = "few";
    given.categories = categories;
    given.from_usec = from_usec;
    if (persons_give(&life->w.p, &given, &life->leaves[place], life->subject_ids[place], &err) < 0)
        fail_msg("%s %s", err.code, life->w.p.errors.count > 0 ? life->w.p.errors.items[0].code : "");
    life->leaf_people[place] = place;
    life->leaf_count++;
    *ret_place = place;
}

static void test_time_alone_changes_answers(void **state)
{
    static struct life life;
    int place;

    life_start(&life);
    give_one(&life, "later", life.w.p.now_usec + 3600 * USEC_PER_SEC, "2008-04-12", &place);
    assert_int_equal(may(&life, "later", "use", "name").reasons, BIT_OF(REASON_NOT_BEGUN));
    life.w.p.now_usec += 3599 * USEC_PER_SEC;
    assert_int_equal(may(&life, "later", "use", "name").answer, ANSWER_PROHIBITED);
    life.w.p.now_usec += USEC_PER_SEC;
    assert_int_equal(may(&life, "later", "use", "name").answer, ANSWER_ALLOWED);
    assert_int_equal(may(&life, "later", "target_advertising", "behaviour").reasons, BIT_OF(REASON_MINOR));
    life.w.p.now_usec = fixture_moment(&life.w.p.f, "2026-04-11T23:59:59+05:00");
    assert_int_equal(may(&life, "later", "target_advertising", "behaviour").reasons, BIT_OF(REASON_MINOR));
    life.w.p.now_usec += USEC_PER_SEC;
    assert_int_equal(may(&life, "later", "target_advertising", "behaviour").answer, ANSWER_ALLOWED);
    life_end(&life);
}

static int withdraw_run(struct tx *tx, struct persons_world *p, void *arg, struct err *err)
{
    struct life *life = arg;
    struct person person;
    int r = person_get(tx, life->subject_ids[0], &p->arena, &person, err);

    return r < 0 ? r
                 : consent_withdraw(tx, &p->f.office, person.serial, life->leaves[0], ASPECT_PROCESSING, life->cases[0],
                                    &p->service, p->now_usec, err);
}

static void test_a_withdrawal_is_seen_by_the_next_decision(void **state)
{
    static struct life life;
    struct err err = {0};
    int place;

    life_start(&life);
    give_one(&life, "leaves", TIME_NONE, NULL, &place);
    assert_int_equal(may(&life, "leaves", "use", "name").answer, ANSWER_ALLOWED);
    assert_int_equal(persons_write(&life.w.p, withdraw_run, &life, &err), 0);
    assert_int_equal(may(&life, "leaves", "use", "name").reasons, BIT_OF(REASON_WITHDRAWN));
    life_end(&life);
}

static int destroy_run(struct tx *tx, struct persons_world *p, void *arg, struct err *err)
{
    struct person person;
    int64_t leaf;
    int r = person_get(tx, arg, &p->arena, &person, err);

    return r < 0 ? r
                 : destruction_begin(tx, &p->f.office, &person, "pdl.18.1", NULL, &p->responsible, p->now_usec, &leaf,
                                     err);
}

static void test_who_was_destroyed_is_known_by_the_subject_alone(void **state)
{
    static struct life life;
    struct person_index *anew;
    struct err err = {0};
    size_t count = 1;
    int place;

    life_start(&life);
    give_one(&life, "gone", TIME_NONE, NULL, &place);
    give_one(&life, "stays", TIME_NONE, NULL, &place);
    assert_int_equal(may(&life, "gone", "use", "name").answer, ANSWER_ALLOWED);
    assert_int_equal(persons_write(&life.w.p, destroy_run, life.subject_ids[0], &err), 0);
    while (count > 0)
        assert_int_equal(destruction_pass(&life.w.p.f.office, life.w.p.now_usec, &count, &err), 0);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(may(&life, "gone", "use", "name").reasons, BIT_OF(REASON_PERSON_UNKNOWN));
        assert_int_equal(may(&life, life.subject_ids[0], "use", "name").reasons, BIT_OF(REASON_DESTROYED));
        assert_int_equal(may(&life, "stays", "use", "name").answer, ANSWER_ALLOWED);
        assert_int_equal(person_index_new(&life.w.p.f.office, 1, life.w.p.now_usec, &anew, &err), 0);
        person_index_free(life.index);
        life.index = anew;
    }
    life_end(&life);
}

static void test_two_people_under_one_key_are_nobody(void **state)
{
    static struct life life;
    struct person_index *anew;
    struct err err = {0};
    int place;

    life_start(&life);
    give_one(&life, "one", TIME_NONE, NULL, &place);
    give_one(&life, "two", TIME_NONE, NULL, &place);
    give_one(&life, "three", TIME_NONE, NULL, &place);
    fixture_sql(&life.w.p.f, "UPDATE person SET key64 = (SELECT key64 FROM person WHERE id = 'one') WHERE id = 'two'");
    assert_int_equal(person_index_new(&life.w.p.f.office, 2, life.w.p.now_usec, &anew, &err), 0);
    person_index_free(life.index);
    life.index = anew;
    assert_int_equal(may(&life, "one", "use", "name").reasons, BIT_OF(REASON_PERSON_UNKNOWN));
    assert_int_equal(may(&life, "two", "use", "name").reasons, BIT_OF(REASON_PERSON_UNKNOWN));
    assert_int_equal(may(&life, "three", "use", "name").answer, ANSWER_ALLOWED);
    life_end(&life);
}

/* --- Readers beside the follower ------------------------------------------------------------------------------------
 */

struct watching {
    struct life *life;
    struct decision_law *law;
    struct question questions[40];
    int64_t now_usec;
    atomic_bool stop;
    atomic_int wrong;
    atomic_int rounds;
};

static void *watch(void *arg)
{
    struct watching *watching = arg;
    struct decision decisions[40];

    while (!atomic_load(&watching->stop)) {
        person_index_decide_many(watching->life->index, watching->law, watching->questions, 40, watching->now_usec,
                                 decisions);
        for (int i = 0; i < 40; i++)
            atomic_fetch_add(&watching->wrong, decisions[i].answer != ANSWER_ALLOWED);
        atomic_fetch_add(&watching->rounds, 1);
    }
    return NULL;
}

/* Those whose consents stand are answered yes at every moment while hundreds come and the tables grow under them. */
static void test_readers_never_see_half_of_it(void **state)
{
    static struct life life;
    static struct watching watching;
    struct person_index_figures figures;
    const char *const category = "name";
    pthread_t threads[2];
    char id[32];
    int place;

    life_start(&life);
    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "first-%d", i);
        give_one(&life, id, TIME_NONE, NULL, &place);
        life.leaf_count = 1; /* places are for a few */
    }
    assert_int_equal(may(&life, "first-0", "use", "name").answer, ANSWER_ALLOWED);
    watching.life = &life;
    watching.law = person_index_law(life.index);
    watching.now_usec = life.w.p.now_usec;
    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "first-%d", i);
        question_make(
            watching.law, life.w.p.f.keyring,
            &(struct question_words){
                .person = id, .action = "use", .purpose = "few", .category_count = 1, .categories = &category},
            &watching.questions[i]);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, watch, &watching), 0);
    for (int i = 0; i < 850; i++) {
        snprintf(id, sizeof id, i % 20 == 0 ? "first-%d" : "next-%d", i % 20 == 0 ? i / 20 % 40 : i);
        give_one(&life, id, TIME_NONE, NULL, &place);
        life.leaf_count = 1;
        if (i % 3 == 0)
            (void)may(&life, id, "use", "name");
    }
    (void)may(&life, id, "use", "name");
    atomic_store(&watching.stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&watching.wrong), 0);
    assert_true(atomic_load(&watching.rounds) > 10);
    person_index_figures(life.index, &figures);
    assert_true(figures.people > 800);
    decision_law_unref(watching.law);
    life_end(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whatever_happens_the_index_follows),
        cmocka_unit_test(test_the_law_changes_on_the_way),
        cmocka_unit_test(test_time_alone_changes_answers),
        cmocka_unit_test(test_a_withdrawal_is_seen_by_the_next_decision),
        cmocka_unit_test(test_who_was_destroyed_is_known_by_the_subject_alone),
        cmocka_unit_test(test_two_people_under_one_key_are_nobody),
        cmocka_unit_test(test_readers_never_see_half_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
