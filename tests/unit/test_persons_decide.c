/* The rules of a decision: each by an example, and all of them against the reference on a million random cases. */
#include "persons/decide.h"
#include "test_persons_decide_world.h"

#define CASES 1000000
#define DAY INT64_C(86400)

static uint64_t random_state = 20260409;
static uint32_t below(uint32_t end)
{
    uint64_t x = random_state += UINT64_C(0x9E3779B97F4A7C15);

    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((x ^ x >> 31) >> 32) % end;
}
static bool once_in(uint32_t count)
{
    return below(count) == 0;
}

/* --- Examples -------------------------------------------------------------------------------------------------------
 */

enum { NOBODY = 1, ENDED = 2 };
struct example {
    const char *what;
    const char *action, *purpose, *categories[4];
    const char *recipient, *country, *ground, *asker;
    unsigned flags;
    /* Up to two consents of the purpose: categories by name, aspects given and standing, days of the term from now. */
    struct {
        const char *categories[6];
        unsigned given, stands;
        int from_day, until_day; /* until 0: no end */
        int set;                 /* from 1: world's sets */
    } consents[2];
    unsigned marks;
    enum answer answer;
    uint64_t reasons;
};
#define ALL ASPECTS_ALL
#define BIT(r) (UINT64_C(1) << (REASON_##r))
#define NAMED                                                        \
    {                                                                \
        "name", "email", "face", "health", "behaviour", "child_data" \
    }

static const struct example examples[] = {
    {"consent covers it",
     "use",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"nobody consented", "use", "few", {"name"}, .answer = ANSWER_PROHIBITED, .reasons = BIT(NO_CONSENT)},
    {"nobody is known", "use", "few", {"name"}, .marks = NOBODY, .answer = ANSWER_GAP, .reasons = BIT(PERSON_UNKNOWN)},
    {"unknown action",
     "dance",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(ACTION_UNKNOWN)},
    {"no action",
     NULL,
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(ACTION_UNKNOWN)},
    {"unknown purpose", "use", "fun", {"name"}, .answer = ANSWER_GAP, .reasons = BIT(PURPOSE_UNKNOWN)},
    {"unknown category",
     "use",
     "few",
     {"name", "aura"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(CATEGORY_UNKNOWN)},
    {"no category",
     "use",
     "few",
     {NULL},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(CATEGORIES_MISSING)},
    {"a prohibition beside a gap",
     "use",
     "few",
     {"phone", "aura"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(CATEGORY_UNKNOWN) | BIT(EXCESSIVE) | BIT(NOT_CONSENTED)},
    {"excessive",
     "use",
     "few",
     {"phone"},
     .consents = {{{"phone"}, ALL, ALL, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(EXCESSIVE)},
    {"not in the consent",
     "use",
     "few",
     {"health"},
     .consents = {{{"name"}, ALL, ALL, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NOT_CONSENTED)},
    {"two consents together",
     "use",
     "few",
     {"health", "name"},
     .consents = {{{"name"}, ALL, ALL, -1}, {{"health"}, ALL, ALL, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"withdrawn",
     "use",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, 0, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(WITHDRAWN)},
    {"expired",
     "use",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -9, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(EXPIRED)},
    {"not begun",
     "use",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, 1, 9}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NOT_BEGUN)},
    {"achieved",
     "use",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .marks = ENDED,
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(EXPIRED)},
    {"retired purpose",
     "use",
     "old",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(PURPOSE_RETIRED)},
    {"destroyed",
     "store",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .flags = PERSON_DESTROYED,
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(DESTROYED)},
    {"blocked",
     "use",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .flags = PERSON_BLOCKED,
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(BLOCKED)},
    {"blocked is stored",
     "store",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .flags = PERSON_BLOCKED,
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"blocked is not destroyed",
     "destroy",
     "few",
     {"name"},
     .flags = PERSON_BLOCKED,
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(BLOCKED)},
    {"destroying needs no consent", "destroy", "few", {"phone"}, .answer = ANSWER_ALLOWED, .reasons = BIT(BY_DUTY)},
    {"a hold forbids destroying",
     "destroy",
     "few",
     {"name"},
     .flags = PERSON_HELD,
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(ON_HOLD)},
    {"a hold keeps",
     "store",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, 0, -1}},
     .flags = PERSON_HELD,
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(HELD)},
    {"a hold keeps and no more",
     "use",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, 0, -1}},
     .flags = PERSON_HELD,
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(WITHDRAWN)},
    {"a hold keeps what is blocked",
     "store",
     "few",
     {"name"},
     .flags = PERSON_HELD | PERSON_BLOCKED,
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(HELD)},
    {"transfer",
     "transfer",
     "few",
     {"name"},
     "bank",
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"transfer to nobody",
     "transfer",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(RECIPIENT_UNKNOWN)},
    {"transfer to whom nobody knows",
     "transfer",
     "few",
     {"name"},
     "ghost",
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(RECIPIENT_UNKNOWN)},
    {"no yes to third persons",
     "transfer",
     "few",
     {"name"},
     "bank",
     .consents = {{NAMED, ASPECT_PROCESSING, ASPECT_PROCESSING, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NO_THIRD_PERSONS)},
    {"that yes was withdrawn",
     "transfer",
     "few",
     {"name"},
     "bank",
     .consents = {{NAMED, ALL, ALL & ~ASPECT_THIRD_PERSONS, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NO_THIRD_PERSONS) | BIT(WITHDRAWN)},
    {"not to this one",
     "transfer",
     "few",
     {"name"},
     "bank",
     .consents = {{NAMED, ALL, ALL, -1, .set = 3}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NO_THIRD_PERSONS)},
    {"to this one",
     "transfer",
     "few",
     {"name"},
     "bank",
     .consents = {{NAMED, ALL, ALL, -1, .set = 2}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"not a recipient of the purpose",
     "transfer",
     "few",
     {"name"},
     "courier",
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NO_THIRD_PERSONS)},
    {"a third person asks",
     "read",
     "few",
     {"name"},
     .asker = "bank",
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"a third person asks without a yes",
     "read",
     "few",
     {"name"},
     .asker = "bank",
     .consents = {{NAMED, ASPECT_PROCESSING, ASPECT_PROCESSING, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NO_THIRD_PERSONS)},
    {"nobody knows who asks",
     "read",
     "few",
     {"name"},
     .asker = "ghost",
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(ASKER_UNKNOWN)},
    {"abroad where data are protected",
     "cross_border",
     "few",
     {"name"},
     .country = "DE",
     .consents = {{NAMED, 1, 1, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT) | BIT(STATE_PROTECTS)},
    {"abroad where data are protected, after the yes to it was taken back",
     "cross_border",
     "few",
     {"name"},
     .country = "DE",
     .consents = {{NAMED, ALL, ALL & ~ASPECT_CROSS_BORDER, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(WITHDRAWN)},
    {"abroad where they are not",
     "cross_border",
     "few",
     {"name"},
     .country = "US",
     .consents = {{NAMED, 1, 1, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NO_CROSS_BORDER)},
    {"abroad with a yes",
     "cross_border",
     "few",
     {"name"},
     .country = "US",
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"abroad, undecided",
     "cross_border",
     "few",
     {"name"},
     .country = "RU",
     .consents = {{NAMED, 1, 1, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(COUNTRY_UNDECIDED)},
    {"abroad, undecided, with a yes",
     "cross_border",
     "few",
     {"name"},
     .country = "RU",
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"abroad to nowhere",
     "cross_border",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(COUNTRY_UNKNOWN)},
    {"abroad to no state",
     "cross_border",
     "few",
     {"name"},
     .country = "ZZ",
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(COUNTRY_UNKNOWN)},
    {"at home is not abroad",
     "cross_border",
     "few",
     {"name"},
     .country = "KZ",
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(COUNTRY_UNKNOWN)},
    {"a transfer within the country",
     "transfer",
     "few",
     {"name"},
     "bank",
     "KZ",
     .consents = {{NAMED, 3, 3, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"whoever receives is abroad",
     "transfer",
     "everything",
     {"name"},
     "printer",
     .consents = {{NAMED, 3, 3, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NO_CROSS_BORDER)},
    {"the purpose may go abroad",
     "transfer",
     "statute",
     {"name"},
     "printer",
     .consents = {{NAMED, 3, 3, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT) | BIT(CROSS_BORDER_GROUND)},
    {"publication",
     "publish",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"no publication",
     "publish",
     "few",
     {"name"},
     .consents = {{NAMED, 1, 1, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NO_PUBLICATION)},
    {"publication by law",
     "publish",
     "statute",
     {"name"},
     .consents = {{NAMED, 1, 1, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"automated",
     "decide_automatically",
     "robot",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"automated, no yes",
     "decide_automatically",
     "robot",
     {"name"},
     .consents = {{NAMED, 1, 1, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NO_AUTOMATED)},
    {"automated by law",
     "decide_automatically",
     "statute",
     {"name"},
     .consents = {{NAMED, 1, 1, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"automated, not declared",
     "decide_automatically",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NOT_OF_PURPOSE)},
    {"objected",
     "decide_automatically",
     "robot",
     {"name"},
     .flags = PERSON_OBJECTED,
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(OBJECTED)},
    {"objecting",
     "decide_automatically",
     "robot",
     {"name"},
     .flags = PERSON_OBJECTING,
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(OBJECTION_OPEN)},
    {"objected, and used by people",
     "use",
     "robot",
     {"name"},
     .flags = PERSON_OBJECTED,
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"profiling by behaviour",
     "profile",
     "few",
     {"behaviour"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_CONSENT)},
    {"profiling by health",
     "profile",
     "few",
     {"health"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(PROFILING)},
    {"profiling by name",
     "profile",
     "few",
     {"name"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(PROFILING)},
    {"targeting a child",
     "target_advertising",
     "few",
     {"behaviour"},
     .flags = PERSON_MINOR,
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(MINOR)},
    {"targeting by a child's data",
     "target_advertising",
     "few",
     {"child_data"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(MINOR)},
    {"targeting of unknown age",
     "target_advertising",
     "few",
     {"behaviour"},
     .flags = PERSON_AGE_UNKNOWN,
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(AGE_UNKNOWN)},
    {"a ground of the purpose", "use", "rights", {"name"}, .answer = ANSWER_ALLOWED, .reasons = BIT(BY_GROUND)},
    {"one that is an aim of 7.12 reaches biometric data",
     "use",
     "rights",
     {"name", "face"},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_GROUND)},
    {"another does not", "use", "press", {"name", "face"}, .answer = ANSWER_PROHIBITED, .reasons = BIT(BIOMETRIC)},
    {"consent does",
     "use",
     "press",
     {"name", "face"},
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_GROUND) | BIT(BY_CONSENT)},
    {"another law names them", "use", "other_law", {"face"}, .answer = ANSWER_ALLOWED, .reasons = BIT(BY_GROUND)},
    {"a ground of others",
     "use",
     "tax",
     {"name"},
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(GROUND_NOT_THEIRS) | BIT(NO_CONSENT)},
    {"creative work is anybody's", "use", "press", {"name"}, .answer = ANSWER_ALLOWED, .reasons = BIT(BY_GROUND)},
    {"published before, taken over with its source",
     "use",
     "reprint",
     {"name"},
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_GROUND)},
    {"cited without a record, it is nobody's",
     "use",
     "few",
     {"name"},
     .ground = "pdl.7.5",
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(GROUND_UNRECORDED) | BIT(NO_CONSENT)},
    {"it is theirs",
     "read",
     "press",
     {"name"},
     .asker = "printer",
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(NO_CROSS_BORDER)},
    {"open to all, cited without a record",
     "use",
     "few",
     {"name"},
     .ground = "pdl.9.10",
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(GROUND_UNRECORDED) | BIT(NO_CONSENT)},
    {"the purpose's own, cited",
     "use",
     "rights",
     {"name"},
     .ground = "pdl.9.5",
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_GROUND)},
    {"cited, unknown",
     "use",
     "few",
     {"name"},
     .ground = "pdl.9.99",
     .consents = {{NAMED, ALL, ALL, -1}},
     .answer = ANSWER_GAP,
     .reasons = BIT(GROUND_UNKNOWN)},
    {"a court asks on its ground",
     "transfer",
     "few",
     {"name"},
     "court",
     .ground = "pdl.9.1",
     .answer = ANSWER_ALLOWED,
     .reasons = BIT(BY_GROUND)},
    {"nobody else may on that ground",
     "use",
     "few",
     {"name"},
     .ground = "pdl.9.1",
     .answer = ANSWER_PROHIBITED,
     .reasons = BIT(GROUND_NOT_THEIRS) | BIT(NO_CONSENT)},
};

static uint64_t categories_of(const struct decision_law *law, const char *const *ids, size_t count)
{
    uint64_t ret = 0;

    for (size_t i = 0; i < count && ids[i] != NULL; i++)
        ret |= UINT64_C(1) << decision_number(law, WORD_CATEGORY, ids[i], strlen(ids[i]));
    return ret;
}

static void example_decide(struct decide_world *w, const struct example *example, struct question *question,
                           struct decision *ret)
{
    struct question_words words = {.person = "p",
                                   .action = example->action,
                                   .purpose = example->purpose,
                                   .recipient = example->recipient,
                                   .country = example->country,
                                   .ground = example->ground,
                                   .asker = example->asker,
                                   .categories = example->categories};
    struct consent_seen seen[2];
    size_t count = 0;
    int64_t now_sec = w->p.now_usec / USEC_PER_SEC;

    while (words.category_count < 4 && example->categories[words.category_count] != NULL)
        words.category_count++;
    for (; count < 2 && example->consents[count].given != 0; count++) {
        struct consent_brief brief = {
            .leaf = 10 + (int64_t)count,
            .categories = categories_of(w->law, example->consents[count].categories, 6),
            .given = example->consents[count].given,
            .stands = example->consents[count].stands,
            .recipients = example->consents[count].set > 0 ? w->sets[example->consents[count].set - 1] : 0,
            .from_sec = now_sec + example->consents[count].from_day * DAY,
            .until_sec = example->consents[count].until_day != 0 ? now_sec + example->consents[count].until_day * DAY
                                                                 : INT64_MAX,
            .ended = example->marks & ENDED};
        consent_see(&brief, &seen[count]);
    }
    question_make(w->law, w->p.f.keyring, &words, question);
    decide_seen(w->law, question, (example->marks & NOBODY) == 0, example->flags, seen, count, w->p.now_usec, ret);
}

static void test_examples(void **state)
{
    struct decide_world w;

    decide_start(&w);
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const struct example *example = &examples[i];
        struct question question;
        struct decision decision;
        example_decide(&w, example, &question, &decision);
        if (decision.answer != example->answer || decision.reasons != example->reasons)
            fail_msg("%s: %s %llx, not %s %llx", example->what, answer_word(decision.answer),
                     (unsigned long long)decision.reasons, answer_word(example->answer),
                     (unsigned long long)example->reasons);
        assert_true((decision.consent >= 0) == ((decision.reasons & BIT(BY_CONSENT)) != 0));
        assert_true((decision.ground != 0) == ((decision.reasons & BIT(BY_GROUND)) != 0));
    }
    decide_end(&w);
}

/* --- A million cases ------------------------------------------------------------------------------------------------
 */

struct random_case {
    struct ref_person person;
    struct ref_question asked;
    struct question question;
    struct consent_seen seen[8];
    unsigned flags;
};

static void random_consent(const struct decide_world *w, struct random_case *c, int64_t now_sec)
{
    static const int sets[4][2] = {{1, 0}, {1, 3}, {4, 5}, {6, 0}};
    struct ref_consent *consent = &c->person.consents[c->person.consent_count];
    int set = once_in(2) ? 0 : (int)below(4) + 1;
    struct consent_brief brief = {.leaf = 100 - 7 * (c->person.consent_count % 3) + c->person.consent_count,
                                  .until_sec = INT64_MAX};

    memset(consent, 0, sizeof *consent);
    consent->leaf = brief.leaf;
    for (int i = 0; i < 32; i++) {
        consent->categories[i] = !once_in(4);
        brief.categories |= consent->categories[i] ? UINT64_C(1) << i : 0;
    }
    for (int i = 0; i < 5; i++) {
        consent->said[i] = !once_in(4);
        consent->says[i] = consent->said[i] && !once_in(6);
        brief.given |= consent->said[i] ? 1u << i : 0;
        brief.stands |= consent->says[i] ? 1u << i : 0;
    }
    consent->anybody = set == 0;
    for (int i = 0; i < 2 && set > 0; i++)
        consent->receivers[sets[set - 1][i]] = sets[set - 1][i] != 0;
    brief.recipients = set > 0 ? w->sets[set - 1] : 0;
    consent->from_sec = brief.from_sec = now_sec - 100 + (int64_t)below(103);
    consent->until_sec = INT64_MAX;
    if (once_in(3))
        consent->until_sec = brief.until_sec = now_sec - 3 + (int64_t)below(100);
    consent->over = brief.ended = once_in(12);
    consent_see(&brief, &c->seen[c->person.consent_count++]);
    if (consent->over)
        memset(consent->says, 0, sizeof consent->says);
}

static void random_person(const struct decide_world *w, struct random_case *c, int64_t now_sec)
{
    struct ref_person *person = &c->person;
    uint32_t age = below(4);

    memset(person, 0, sizeof *person);
    person->known = !once_in(20);
    if (!person->known)
        return;
    person->destroyed = once_in(20);
    person->blocked = once_in(8);
    person->held = once_in(6);
    person->child = age == 0;
    person->age_unknown = age == 1;
    person->objected = once_in(8);
    person->objecting = once_in(8);
    for (uint32_t i = below(4); i > 0; i--)
        random_consent(w, c, now_sec);
}

static void random_question(const struct decide_world *w, struct random_case *c)
{
    static const char *const countries[] = {"KZ", "DE", "US", "RU", "FR"};
    static const enum ref_state states[] = {REF_OURS, REF_PROTECTS, REF_DOES_NOT_PROTECT, REF_UNDECIDED, REF_UNDECIDED};
    const struct catalogue *catalogue = w->p.f.office.catalogue;
    const struct list *grounds = catalogue_list(catalogue, "grounds");
    struct ref_question *asked = &c->asked;
    const char *categories[4];
    struct question_words words = {.person = "p", .categories = categories};
    uint32_t action = below((uint32_t)catalogue->action_count), purpose = below(DECIDE_PURPOSES), other;

    memset(asked, 0, sizeof *asked);
    asked->action = &w->actions[action];
    words.action = catalogue->actions[action].id;
    if (once_in(30)) {
        asked->unknown_action = true;
        words.action = "dance";
    }
    asked->purpose = &w->purposes[purpose];
    words.purpose = decide_purposes[purpose].id;
    if (once_in(30)) {
        asked->unknown_purpose = true;
        asked->purpose = NULL;
        words.purpose = once_in(2) ? NULL : "fun";
    }
    for (uint32_t i = below(4); i > 0; i--) {
        uint32_t category =
            below(3) > 0 && asked->purpose != NULL ? 0 : below((uint32_t)catalogue->data_category_count);
        if (category == 0 && asked->purpose != NULL) {
            do
                category = below((uint32_t)catalogue->data_category_count);
            while (!asked->purpose->categories[category]);
        }
        asked->categories[category] = true;
        categories[words.category_count++] = catalogue->data_categories[category].id;
    }
    if (once_in(30)) {
        asked->unknown_category = true;
        categories[words.category_count++] = "aura";
    }
    other = below(12);
    if (other > 0 && other < (uint32_t)DECIDE_RECIPIENTS) {
        asked->receiver = (int)other;
        words.recipient = decide_recipients[other].id;
    } else if (other == 11) {
        asked->unknown_receiver = true;
        words.recipient = "ghost";
    }
    other = below(20);
    if (other > 0 && other < (uint32_t)DECIDE_RECIPIENTS) {
        asked->asker = (int)other;
        words.asker = decide_recipients[other].id;
    } else if (other == 19) {
        asked->unknown_asker = true;
        words.asker = "ghost";
    }
    other = below(12);
    if (other < 5) {
        asked->state_named = true;
        asked->state = states[other];
        words.country = countries[other];
    } else if (other == 11) {
        asked->unknown_state = true;
        words.country = "ZZ";
    }
    if (once_in(4)) {
        asked->ground = (int)below((uint32_t)grounds->count) + 1;
        words.ground = grounds->entries[asked->ground - 1].id;
    } else if (once_in(30)) {
        asked->unknown_ground = true;
        words.ground = "pdl.9.99";
    }
    question_make(w->law, w->p.f.keyring, &words, &c->question);
}

static void test_reference_decides_the_same(void **state)
{
    size_t answers[3] = {0}, every[REASONS] = {0};
    struct decide_world w;
    int64_t now_sec;

    decide_start(&w);
    now_sec = w.p.now_usec / USEC_PER_SEC;
    for (int i = 0; i < CASES; i++) {
        struct random_case c;
        struct decision decision;
        enum answer answer;
        uint64_t reasons;

        random_person(&w, &c, now_sec);
        random_question(&w, &c);
        c.flags = (c.person.destroyed ? PERSON_DESTROYED : 0u) | (c.person.blocked ? PERSON_BLOCKED : 0u) |
                  (c.person.held ? PERSON_HELD : 0u) | (c.person.child ? PERSON_MINOR : 0u) |
                  (c.person.age_unknown ? PERSON_AGE_UNKNOWN : 0u) | (c.person.objected ? PERSON_OBJECTED : 0u) |
                  (c.person.objecting ? PERSON_OBJECTING : 0u);
        decide_seen(w.law, &c.question, c.person.known, c.flags, c.seen, (size_t)c.person.consent_count,
                    w.p.now_usec + below(1000000), &decision);
        answer = ref_decide(&w.ref, &c.person, &c.asked, now_sec, &reasons);
        if (decision.answer != answer || decision.reasons != reasons)
            fail_msg("case %d, action %u, purpose %u: %s %llx, by the reference %s %llx", i, c.question.action,
                     c.question.purpose, answer_word(decision.answer), (unsigned long long)decision.reasons,
                     answer_word(answer), (unsigned long long)reasons);
        answers[answer]++;
        for (int reason = 0; reason < REASONS; reason++)
            every[reason] += reasons >> reason & 1;
    }
    /* The cases are worth something: each answer and each reason came about. */
    for (int answer = 0; answer < 3; answer++)
        assert_true(answers[answer] > CASES / 200);
    for (int reason = 0; reason < REASONS; reason++) {
        if (every[reason] == 0)
            fail_msg("no case with %s", reason_code((enum reason)reason));
    }
    decide_end(&w);
}

/* --- The law of the moment ------------------------------------------------------------------------------------------
 */

static void test_before_2026_automated_decisions_ask_for_no_more(void **state)
{
    struct decide_world w;
    struct decision_law *now;
    struct question question;
    struct decision decision;
    const char *norms[DECISION_NORMS_MAX];
    static const struct example example = {"",       "decide_automatically",   "robot",
                                           {"name"}, .flags = PERSON_OBJECTED, .consents = {{NAMED, 1, 1, -1}}};

    decide_start(&w);
    example_decide(&w, &example, &question, &decision);
    assert_int_equal(decision.reasons, BIT(NO_AUTOMATED) | BIT(OBJECTED));
    assert_true(decision_norms(w.law, &question, &decision, norms) >= 3);
    now = w.law;
    /* The registers are of today; the law is that of the day before. */
    {
        struct decision_law *old = decide_law_at(&w, fixture_moment(&w.p.f, "2026-01-17T12:00:00+05:00"));
        assert_int_equal(decision_number(old, WORD_PURPOSE, "robot", 5), -1); /* nor was there a purpose yet */
        decision_law_unref(old);
    }
    w.law = now;
    decide_end(&w);
}

static void test_norms_are_of_the_reasons_and_in_force(void **state)
{
    struct decide_world w;
    struct question question;
    struct decision decision;

    decide_start(&w);
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const char *norms[DECISION_NORMS_MAX];
        size_t count;
        example_decide(&w, &examples[i], &question, &decision);
        count = decision_norms(w.law, &question, &decision, norms);
        if (count == 0)
            fail_msg("%s cites nothing", examples[i].what);
        for (size_t n = 0; n < count; n++) {
            if (catalogue_norm_at(w.p.f.office.catalogue, norms[n], w.p.now_usec) == NULL &&
                strncmp(norms[n], "pdl.9.", 6) != 0)
                fail_msg("%s cites %s", examples[i].what, norms[n]);
            for (size_t m = 0; m < n; m++)
                assert_string_not_equal(norms[n], norms[m]);
        }
    }
    for (int reason = 0; reason < REASONS; reason++) {
        assert_non_null(reason_code((enum reason)reason));
        assert_non_null(reason_norms((enum reason)reason)[0]);
        for (const char *const *norm = reason_norms((enum reason)reason); *norm != NULL; norm++) {
            if (catalogue_norm_last(w.p.f.office.catalogue, *norm) == NULL)
                fail_msg("%s: %s", reason_code((enum reason)reason), *norm);
        }
    }
    decide_end(&w);
}

static void test_words_and_numbers(void **state)
{
    static const struct {
        enum decision_word kind;
        const char *word;
    } words[] = {{WORD_ACTION, "use"},     {WORD_PURPOSE, "few"}, {WORD_CATEGORY, "health"},
                 {WORD_RECIPIENT, "bank"}, {WORD_COUNTRY, "KZ"},  {WORD_GROUND, "pdl.9.8"}};
    struct decide_world w;

    decide_start(&w);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        int number = decision_number(w.law, words[i].kind, words[i].word, strlen(words[i].word));
        assert_true(number >= 0 && number < decision_number_end(w.law, words[i].kind));
        assert_string_equal(decision_word(w.law, words[i].kind, number), words[i].word);
        assert_int_equal(decision_number(w.law, words[i].kind, words[i].word, strlen(words[i].word) - 1), -1);
        assert_int_equal(decision_number(w.law, words[i].kind, "", 0), -1);
        assert_null(decision_word(w.law, words[i].kind, -1));
        assert_null(decision_word(w.law, words[i].kind, decision_number_end(w.law, words[i].kind)));
    }
    decide_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_reference_decides_the_same),
        cmocka_unit_test(test_before_2026_automated_decisions_ask_for_no_more),
        cmocka_unit_test(test_norms_are_of_the_reasons_and_in_force),
        cmocka_unit_test(test_words_and_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
