/* Destruction: intent, execution, verification, act; and what can be found of a person afterwards. */
#include "persons/identity.h"
#include "store/people_rows.h"
#include "test_persons_vault_world.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID "client:77-Zh8Qw2"
#define EMAIL "bolat.akhmetov@example.kz"
#define PHONE "+77015550142"
#define IIN "850314300003"
#define NAME "Болат Ахметов"
#define ADDRESS "Қарағанды, Бұқар жырау 77-12"
#define INCOME "417350"

static const struct person_names bolat = {
    .id = ID, .email = EMAIL, .phone = PHONE, .iin = IIN, .full_name = NAME, .birth_date = "1985-03-14"};
static const struct person_names other = {.id = "client:78", .email = "saule@example.kz", .full_name = "Сәуле"};

/* --- Bytes of the store's files ----------------------------------------------------------------------------------- */

static bool file_holds(const char *path, const void *bytes, size_t count)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    char *content;
    bool holds = false;

    if (fd < 0)
        return false;
    assert_int_equal(fstat(fd, &st), 0);
    content = malloc((size_t)st.st_size + 1);
    assert_non_null(content);
    if (read(fd, content, (size_t)st.st_size) == st.st_size)
        holds = memmem(content, (size_t)st.st_size, bytes, count) != NULL;
    free(content);
    close(fd);
    return holds;
}

/* In the file, its log or the memory beside it, as it stands at this moment. */
static bool store_holds(struct people *p, const void *bytes, size_t count)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    bool holds = false;

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char path[128];

        snprintf(path, sizeof(path), "%s/talap.db%s", p->f.dir, suffixes[i]);
        holds = holds || file_holds(path, bytes, count);
    }
    return holds;
}

/* Everything in the store that belongs to one person and could be told from the bytes alone. */
struct traces {
    char wrapped_key[128];
    size_t wrapped_key_len;
    struct hash lookups[3];
    char sealed[4096];
    size_t sealed_len;
};
static void trace(struct people *p, const struct person *person, struct traces *ret)
{
    static const char *const kinds[] = {"email", "phone", "iin"}, *const values[] = {EMAIL, PHONE, IIN};
    struct tx *tx CLEANUP_READ = NULL;
    struct person_record_row *rows;
    struct subject_row subject;
    size_t count;

    assert_ok(p, store_read_begin(p->f.store, &tx, &p->err));
    assert_ok(p, store_subject_get(tx, person->subject_id, &p->arena, &subject, &p->err));
    assert_true(subject.wrapped_key_len > 16 && subject.wrapped_key_len <= sizeof(ret->wrapped_key));
    memcpy(ret->wrapped_key, subject.wrapped_key, subject.wrapped_key_len);
    ret->wrapped_key_len = subject.wrapped_key_len;
    for (int i = 0; i < 3; i++)
        ret->lookups[i] = person_lookup(p->f.keyring, kinds[i], values[i]);
    assert_ok(p, store_records_of(tx, person->serial, &p->arena, &rows, &count, &p->err));
    assert_true(count > 0 && rows[0].sealed_len <= sizeof(ret->sealed));
    memcpy(ret->sealed, rows[0].sealed, rows[0].sealed_len);
    ret->sealed_len = rows[0].sealed_len;
}
static int count_traces(struct people *p, const struct traces *traces)
{
    int found = store_holds(p, traces->wrapped_key, traces->wrapped_key_len);

    for (int i = 0; i < 3; i++)
        found += store_holds(p, &traces->lookups[i], sizeof(traces->lookups[i]));
    return found + store_holds(p, traces->sealed, traces->sealed_len) + store_holds(p, ID, strlen(ID));
}
static int count_values(struct people *p)
{
    static const char *const values[] = {
        EMAIL,          PHONE, IIN, NAME, "Ахметов", ADDRESS, "Бұқар жырау", "7015550142", "bolat.akhmetov",
        "850314300003", INCOME};
    int found = 0;

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        found += store_holds(p, values[i], strlen(values[i]));
    return found;
}

/* --- A person with everything ------------------------------------------------------------------------------------- */

static struct person bolat_lives_here(struct people *p, struct case_opened *ret_case)
{
    static const char *const about = "interface", *const text = "Батырма жоқ.", *const name = NAME,
                             *const email = EMAIL;
    struct raw_value raw[] = {fixture_raw("about", &about), fixture_raw("text", &text),
                              fixture_raw("contact_name", &name), fixture_raw("contact_email", &email)};
    struct fixture_opening opening = {.actor = &p->f.anonymous, .raw = raw, .raw_count = 4, .now_usec = p->now};
    struct person person = people_person(p, bolat), neighbour;

    people_consent(p, bolat, "delivery", delivery_categories, 4);
    assert_ok(p, people_put(p, &person, "name", "delivery", NAME));
    assert_ok(p, people_put(p, &person, "address", "delivery", ADDRESS));
    assert_ok(p, people_put(p, &person, "income", "delivery", INCOME));
    assert_ok(p, fixture_open_case(&p->f, &opening, ret_case, &p->err));
    neighbour = people_person(p, other);
    people_consent(p, other, "delivery", delivery_categories, 4);
    assert_ok(p, people_put(p, &neighbour, "address", "delivery", "Көкшетау"));
    return people_again(p, &person);
}

struct destroying_test {
    const struct person *person;
    const char *ground, *case_id;
    int64_t leaf;
};
static int begin_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct destroying_test *t = arg;
    struct person person;
    int r = person_by_serial(tx, t->person->serial, &p->arena, &person, err);

    return r < 0 ? r
                 : destruction_begin(tx, &p->f.office, &person, t->ground, t->case_id, &p->f.admin, p->now, &t->leaf,
                                     err);
}
static int begin(struct people *p, const struct person *person, const char *ground, const char *case_id)
{
    struct destroying_test t = {person, ground, case_id, -1};

    return people_write(p, begin_run, &t);
}
static size_t pass_once(struct people *p)
{
    size_t count = 0;

    err_clear(&p->err);
    assert_ok(p, destruction_pass(&p->f.office, p->now, &count, &p->err));
    return count;
}
static void pass_all(struct people *p)
{
    while (pass_once(p) > 0)
        ;
}
static const char *state_of(struct people *p, const struct person *person, const char **ret_told)
{
    struct tx *tx CLEANUP_READ = NULL;
    struct destruction *list;
    size_t count;

    assert_ok(p, store_read_begin(p->f.store, &tx, &p->err));
    assert_ok(p, destructions_of(tx, person->serial, &p->arena, &list, &count, &p->err));
    if (count == 0)
        return NULL;
    if (ret_told != NULL)
        *ret_told = list[0].told;
    return list[0].state;
}

/* --- Tests -------------------------------------------------------------------------------------------------------- */

static void step_by_step_until_nothing_is_found(void **state)
{
    static const char *const states[] = {"executed", "verified", "done"};
    struct case_opened complaint;
    struct traces traces;
    struct people p;
    struct person person, gone;
    const char *told;

    people_start(&p);
    person = bolat_lives_here(&p, &complaint);
    trace(&p, &person, &traces);
    assert_int_equal(count_values(&p), 0);
    assert_int_equal(count_traces(&p, &traces), 6); /* or this test would not see anything */
    assert_ok(&p, begin(&p, &person, "pdl.18.1", NULL));
    assert_string_equal(state_of(&p, &person, NULL), "intended");
    assert_non_null(people_held(&p, &person, "address", NULL));
    for (size_t i = 0; i < 3; i++) {
        p.now += USEC_PER_SEC;
        assert_int_equal(pass_once(&p), 1);
        assert_string_equal(state_of(&p, &person, &told), states[i]);
    }
    assert_int_equal(pass_once(&p), 0);
    assert_non_null(strstr(told, "\"searched\":true"));
    assert_null(strstr(told, "prints"));
    /* As it runs, with its log. */
    assert_int_equal(count_traces(&p, &traces), 0);
    assert_int_equal(count_values(&p), 0);
    assert_false(fixture_store_holds(&p.f, ID)); /* and closed */
    assert_int_equal(count_traces(&p, &traces), 0);
    gone = people_again(&p, &person);
    assert_null(gone.id);
    assert_int_equal(gone.key64, 0);
    assert_true(gone.destroyed_usec != TIME_NONE);
    assert_int_equal(people_events(&p, &person, "destruction."), 4);
    assert_null(people_held(&p, &person, "address", NULL));
    people_end(&p);
}

static void the_neighbour_keeps_everything(void **state)
{
    struct case_opened complaint;
    struct people p;
    struct person person, neighbour;

    people_start(&p);
    person = bolat_lives_here(&p, &complaint);
    assert_ok(&p, begin(&p, &person, "pdl.18.1", NULL));
    pass_all(&p);
    neighbour = people_person(&p, other);
    assert_string_equal(neighbour.id, "client:78");
    assert_string_equal(people_held(&p, &neighbour, "address", NULL), "Көкшетау");
    people_end(&p);
}

static int find_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct person person;

    return person_find(tx, &p->f.office, &bolat, &p->arena, &person, arg, err);
}

static void asked_for_again_is_somebody_new(void **state)
{
    struct case_opened complaint;
    struct people p;
    struct person person, again;
    bool found = true;
    struct tx *tx = NULL;
    struct consent *consents;
    size_t count;

    people_start(&p);
    person = bolat_lives_here(&p, &complaint);
    assert_ok(&p, begin(&p, &person, "pdl.18.1", NULL));
    pass_all(&p);
    assert_ok(&p, people_write(&p, find_run, &found));
    assert_false(found);
    again = people_person(&p, bolat);
    assert_string_not_equal(again.subject_id, person.subject_id);
    assert_int_not_equal(again.serial, person.serial);
    assert_refused(&p, people_put(&p, &again, "address", "delivery", "x"), ERR_CONFLICT, "no_basis");
    assert_refused(&p, people_put(&p, &person, "address", "delivery", "x"), ERR_CONFLICT, "person_destroyed");
    assert_refused(&p, begin(&p, &person, "pdl.18.1", NULL), ERR_CONFLICT, "person_destroyed");
    assert_ok(&p, store_read_begin(p.f.store, &tx, &p.err));
    assert_ok(&p, consents_of(tx, person.serial, &p.arena, &consents, &count, &p.err));
    assert_int_equal(count, 1);
    assert_string_equal(consents[0].ended, "destroyed");
    assert_int_equal(consents[0].stands, 0);
    store_read_end(tx);
    people_end(&p);
}

static int ask_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    return code_ask(tx, &p->f.office, "phone", PHONE, LANG_KK, p->now, arg, err);
}

/* Between two steps somebody comes with the same names, or asks for a code by them: that is no remainder. */
static void who_comes_meanwhile_does_not_stand_in_the_way(void **state)
{
    struct case_opened complaint;
    char code[ID_TEXT];
    struct people p;
    struct person person;

    people_start(&p);
    person = bolat_lives_here(&p, &complaint);
    assert_ok(&p, begin(&p, &person, "pdl.18.1", NULL));
    p.now += USEC_PER_SEC;
    assert_int_equal(pass_once(&p), 1);
    assert_string_equal(state_of(&p, &person, NULL), "executed");
    people_person(&p, (struct person_names){.id = "client:90", .email = EMAIL});
    assert_ok(&p, people_write(&p, ask_run, code));
    pass_all(&p);
    assert_string_equal(state_of(&p, &person, NULL), "done");
    assert_int_equal(count_values(&p), 0);
    people_end(&p);
}

static int hold_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    int64_t leaf;

    return hold_set(tx, &p->f.office, arg, "АПК 152-бап", "сотта", DAY_NONE, &p->f.admin, p->now, &leaf, err);
}
static int block_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct destroying_test *t = arg;
    struct person person;
    int r = person_by_serial(tx, t->person->serial, &p->arena, &person, err);

    return r < 0 ? r : person_block(tx, &p->f.office, &person, t->case_id, &p->f.admin, p->now, err);
}
static int unblock_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct destroying_test *t = arg;
    struct person person;
    int r = person_by_serial(tx, t->person->serial, &p->arena, &person, err);

    return r < 0 ? r : person_unblock(tx, &p->f.office, &person, t->case_id, &p->f.admin, p->now, err);
}

static void what_stands_in_the_way_refuses(void **state)
{
    struct case_opened complaint;
    struct people p;
    struct person person;
    struct destroying_test block = {.person = &person, .case_id = NULL}, own = {.person = &person};

    people_start(&p);
    person = bolat_lives_here(&p, &complaint);
    own.case_id = complaint.id;
    assert_refused(&p, begin(&p, &person, "pdl.18.99", NULL), ERR_BAD_INPUT, "destruction_ground_unknown");
    assert_ok(&p, people_write(&p, block_run, &block));
    assert_refused(&p, begin(&p, &person, "pdl.18.1", complaint.id), ERR_CONFLICT, "person_blocked");
    assert_ok(&p, people_write(&p, unblock_run, &block));
    assert_ok(&p, people_write(&p, block_run, &own)); /* its own block does not stand in its way */
    assert_ok(&p, people_write(&p, hold_run, &person));
    assert_refused(&p, begin(&p, &person, "pdl.18.1", complaint.id), ERR_CONFLICT, "held");
    assert_string_equal(p.err.arg, "АПК 152-бап");
    assert_null(state_of(&p, &person, NULL));
    assert_int_equal(pass_once(&p), 0);
    people_end(&p);
}

static void the_cases_own_block_is_lifted_and_twice_is_refused(void **state)
{
    struct case_opened complaint;
    struct people p;
    struct person person;
    struct destroying_test own = {.person = &person};

    people_start(&p);
    person = bolat_lives_here(&p, &complaint);
    own.case_id = complaint.id;
    assert_ok(&p, people_write(&p, block_run, &own));
    assert_ok(&p, begin(&p, &person, "pdl.18.3-1", complaint.id));
    assert_int_equal(people_again(&p, &person).blocks, 0);
    assert_refused(&p, begin(&p, &person, "pdl.18.1", NULL), ERR_CONFLICT, "destruction_begun");
    pass_all(&p);
    assert_string_equal(state_of(&p, &person, NULL), "done");
    people_end(&p);
}

struct lifting {
    const struct person *person;
    int64_t leaf;
};
static int set_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct lifting *lifting = arg;

    return hold_set(tx, &p->f.office, lifting->person, "АПК 152-бап", "сотта", DAY_NONE, &p->f.admin, p->now,
                    &lifting->leaf, err);
}
static int lift_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct lifting *lifting = arg;
    struct person person;
    int r = person_by_serial(tx, lifting->person->serial, &p->arena, &person, err);

    return r < 0 ? r : hold_lift(tx, &p->f.office, &person, lifting->leaf, &p->f.admin, p->now, err);
}

/* The last moment at which it can be stopped is that before the key goes. */
static void what_comes_after_the_intent_stops_it_too(void **state)
{
    struct case_opened complaint;
    struct people p;
    struct person person, next;
    struct destroying_test block = {.person = &person};
    struct lifting hold = {.person = &person};

    people_start(&p);
    person = bolat_lives_here(&p, &complaint);
    next = people_person(&p, (struct person_names){.id = "client:79"});
    assert_ok(&p, begin(&p, &person, "pdl.18.1", NULL));
    assert_ok(&p, people_write(&p, set_run, &hold));
    assert_ok(&p, begin(&p, &next, "pdl.18.1", NULL));
    pass_all(&p);
    assert_string_equal(state_of(&p, &person, NULL), "intended");
    assert_string_equal(people_held(&p, &person, "address", NULL), ADDRESS);
    assert_string_equal(state_of(&p, &next, NULL), "done"); /* nobody waits for it */
    assert_ok(&p, people_write(&p, block_run, &block));
    assert_ok(&p, people_write(&p, lift_run, &hold));
    pass_all(&p);
    assert_string_equal(state_of(&p, &person, NULL), "intended");
    assert_ok(&p, people_write(&p, unblock_run, &block));
    pass_all(&p);
    assert_string_equal(state_of(&p, &person, NULL), "done");
    assert_true(people_again(&p, &person).destroyed_usec != TIME_NONE);
    people_end(&p);
}

struct naming {
    const struct person *person;
    const char *case_id;
};
static int name_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    const struct naming *naming = arg;

    return case_identify(tx, &p->f.office, naming->case_id, naming->person, "document", &p->f.admin, p->now, err);
}
static bool case_is_sealed(struct people *p, const char *case_id)
{
    struct tx *tx CLEANUP_READ = NULL;
    struct subject_row subject;
    struct case_row row;

    assert_ok(p, store_read_begin(p->f.store, &tx, &p->err));
    assert_ok(p, store_case_get(tx, case_id, &p->arena, &row, &p->err));
    assert_ok(p, store_subject_get(tx, row.subject_id, &p->arena, &subject, &p->err));
    return row.sealed_len > 0 && subject.wrapped_key_len > 0;
}
static void open_complaint(struct people *p, const char *email, struct case_opened *ret)
{
    static const char *const about = "interface", *const text = "Батырма жоқ.";
    struct raw_value raw[] = {fixture_raw("about", &about), fixture_raw("text", &text),
                              fixture_raw("contact_email", &email)};
    struct fixture_opening opening = {.actor = &p->f.anonymous, .raw = raw, .raw_count = 3, .now_usec = p->now};

    assert_ok(p, fixture_open_case(&p->f, &opening, ret, &p->err));
}

/* What came by a public form lies under a key of its own: once it is known whose it is, that goes as well. */
static void cases_found_to_be_theirs_go_with_them(void **state)
{
    struct case_opened theirs, strangers, shared, of_neighbour;
    struct people p;
    struct person person, neighbour;

    people_start(&p);
    person = people_person(&p, bolat);
    neighbour = people_person(&p, other);
    open_complaint(&p, EMAIL, &theirs);
    open_complaint(&p, "stranger@example.kz", &strangers);
    open_complaint(&p, "family@example.kz", &shared);
    open_complaint(&p, "family@example.kz", &of_neighbour);
    assert_ok(&p, people_write(&p, name_run, &(struct naming){&person, theirs.id}));
    assert_ok(&p, people_write(&p, name_run, &(struct naming){&person, shared.id}));
    assert_ok(&p, people_write(&p, name_run, &(struct naming){&neighbour, of_neighbour.id}));
    assert_true(case_is_sealed(&p, theirs.id));
    assert_ok(&p, begin(&p, &person, "pdl.18.1", NULL));
    pass_all(&p);
    assert_string_equal(state_of(&p, &person, NULL), "done");
    assert_false(case_is_sealed(&p, theirs.id));
    assert_true(case_is_sealed(&p, strangers.id));
    assert_true(case_is_sealed(&p, of_neighbour.id)); /* who shares an address keeps their own */
    people_end(&p);
}

static int backup_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    return backup_note(tx, &p->f.office, 30, p->now, arg, err);
}
static int gone_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    return backup_gone(tx, &p->f.office, arg, p->now, err);
}

static void backups_that_remain_are_told(void **state)
{
    char removed[ID_TEXT], before[ID_TEXT], after[ID_TEXT], until[64];
    struct case_opened complaint;
    struct people p;
    struct person person;
    const char *told;

    people_start(&p);
    person = bolat_lives_here(&p, &complaint);
    assert_ok(&p, people_write(&p, backup_run, removed));
    assert_ok(&p, people_write(&p, gone_run, removed));
    assert_refused(&p, people_write(&p, gone_run, removed), ERR_NOT_FOUND, "backup_unknown");
    assert_ok(&p, people_write(&p, backup_run, before));
    snprintf(until, sizeof(until), "%lld", (long long)(p.now + 30 * DAY_USEC));
    assert_ok(&p, begin(&p, &person, "pdl.18.1", NULL));
    p.now += USEC_PER_SEC;
    assert_int_equal(pass_once(&p), 1);
    p.now += USEC_PER_SEC;
    assert_ok(&p, people_write(&p, backup_run, after)); /* made without the key */
    pass_all(&p);
    assert_string_equal(state_of(&p, &person, &told), "done");
    assert_non_null(strstr(told, before));
    assert_non_null(strstr(told, until));
    assert_null(strstr(told, removed));
    assert_null(strstr(told, after));
    people_end(&p);
}

/* A row that was rearranged long ago may stand in the unused middle of a page: the search finds it, and the store is
 * written anew. Here: a copy in a table's free page, as a store made before had them. */
static void a_store_that_is_searched_is_written_anew(void **state)
{
    struct store_compaction compaction;
    struct people p;
    uint64_t print;

    people_start(&p);
    bolat_lives_here(&p, &(struct case_opened){0});
    /* Something that is there and stays cannot be got rid of: it is said, not hidden. */
    print = store_print("SQLite format 3");
    assert_refused(&p, store_compact(p.f.store, &print, 1, &compaction, &p.err), ERR_UNAVAILABLE,
                   "store_not_compacted");
    print = store_print("nowhere to find!");
    err_clear(&p.err);
    assert_ok(&p, store_compact(p.f.store, &print, 1, &compaction, &p.err));
    assert_true(compaction.searched);
    assert_true(compaction.whole);
    assert_true(compaction.searched_bytes > 4096);
    people_end(&p);
}

static void many_at_once_share_one_compaction(void **state)
{
    enum { MANY = 70 };
    struct people p;
    struct person people[MANY];

    people_start(&p);
    for (int i = 0; i < MANY; i++) {
        char id[32];

        snprintf(id, sizeof(id), "many-%d", i);
        people[i] = people_person(&p, (struct person_names){.id = id});
        assert_ok(&p, begin(&p, &people[i], "pdl.18.4", NULL));
    }
    pass_all(&p);
    for (int i = 0; i < MANY; i++)
        assert_string_equal(state_of(&p, &people[i], NULL), "done");
    people_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step_by_step_until_nothing_is_found),
        cmocka_unit_test(the_neighbour_keeps_everything),
        cmocka_unit_test(asked_for_again_is_somebody_new),
        cmocka_unit_test(who_comes_meanwhile_does_not_stand_in_the_way),
        cmocka_unit_test(what_stands_in_the_way_refuses),
        cmocka_unit_test(the_cases_own_block_is_lifted_and_twice_is_refused),
        cmocka_unit_test(what_comes_after_the_intent_stops_it_too),
        cmocka_unit_test(cases_found_to_be_theirs_go_with_them),
        cmocka_unit_test(backups_that_remain_are_told),
        cmocka_unit_test(a_store_that_is_searched_is_written_anew),
        cmocka_unit_test(many_at_once_share_one_compaction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
