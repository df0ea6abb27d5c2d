/* A destruction on a disk that fails at every place where it can: finished once the disk is well again, never half. */
#include "../unit/test_persons_vault_world.h"
#include "fault.h"
#include "store/people_rows.h"

#define FAULTS_MAX 2000

static int begin_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    int64_t leaf;

    return destruction_begin(tx, &p->f.office, arg, "pdl.18.1", NULL, &p->f.admin, p->now, &leaf, err);
}

/* Where it is, and that it is that wholly. */
static const char *state_of(struct people *p, const struct person *person)
{
    struct tx *tx CLEANUP_READ = NULL;
    struct destruction *list;
    struct subject_row subject;
    struct person_record_row *records;
    size_t count, record_count;
    bool whole;

    err_clear(&p->err);
    assert_ok(p, store_read_begin(p->f.store, &tx, &p->err));
    assert_ok(p, destructions_of(tx, person->serial, &p->arena, &list, &count, &p->err));
    assert_int_equal(count, 1);
    assert_ok(p, store_subject_get(tx, person->subject_id, &p->arena, &subject, &p->err));
    assert_ok(p, store_records_of(tx, person->serial, &p->arena, &records, &record_count, &p->err));
    whole = strcmp(list[0].state, "intended") == 0;
    assert_int_equal(subject.wrapped_key != NULL, whole);
    assert_int_equal(record_count, whole);
    return list[0].state;
}

/* Steps until one fails, or all are done. */
static int go_on(struct people *p)
{
    size_t count = 1;
    int r = 0;

    while (r == 0 && count > 0) {
        err_clear(&p->err);
        r = destruction_pass(&p->f.office, p->now, &count, &p->err);
    }
    return r;
}

/* The disk fails after so many writes, or flushes, then for good; one person after the other. */
static void fails_everywhere(enum fault fault)
{
    int failed = 0, r = -1;
    struct people p;

    fault_set(FAULT_NONE, 0, 0);
    people_start(&p);
    fixture_durably(&p.f);
    for (int after = 0; r < 0 && after < FAULTS_MAX; after += 1 + after / 6) {
        char id[32];
        struct person_names names = {.id = id, .full_name = "Дана"};
        struct person person;

        snprintf(id, sizeof(id), "dana-%d", after);
        person = people_person(&p, names);
        people_consent(&p, names, "delivery", delivery_categories, 4);
        assert_ok(&p, people_put(&p, &person, "address", "delivery", "Семей"));
        assert_ok(&p, people_write(&p, begin_run, &person));
        fault_set(fault, after, 0);
        r = go_on(&p);
        failed += r < 0;
        fault_set(FAULT_NONE, 0, 0);
        state_of(&p, &person);
        assert_ok(&p, go_on(&p));
        assert_string_equal(state_of(&p, &person), "done");
        assert_int_equal(people_events(&p, &person, "destruction."), 4);
        assert_ok(&p, store_check(p.f.store, &p.err));
    }
    people_end(&p);
    assert_true(failed > 3);
    assert_int_equal(r, 0); /* far enough for the disk to be well to the end */
}

static void a_full_disk(void **state)
{
    fails_everywhere(FAULT_FULL);
}

static void a_broken_disk(void **state)
{
    fails_everywhere(FAULT_BROKEN);
}

static void a_disk_that_does_not_flush(void **state)
{
    fails_everywhere(FAULT_FLUSH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk),
        cmocka_unit_test(a_broken_disk),
        cmocka_unit_test(a_disk_that_does_not_flush),
    };

    fault_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
