/* The vault: values sealed and given back, changed, blocked, held, kept for their time and removed. */
#include "test_persons_vault_world.h"

static const struct person_names aigerim = {
    .id = "u-1001", .email = "aigerim@example.kz", .full_name = "Айгерім Сәрсен"};

static struct person known(struct people *p)
{
    struct person person = people_person(p, aigerim);

    people_consent(p, aigerim, "delivery", delivery_categories, 4);
    people_consent(p, aigerim, "loyalty", loyalty_categories, 3);
    return people_again(p, &person);
}

static void a_value_is_given_back_and_stands_nowhere_in_plain(void **state)
{
    struct held_value held = {0};
    struct people p;
    struct person person;

    people_start(&p);
    person = known(&p);
    assert_ok(&p, people_put(&p, &person, "address", "delivery", "Алматы, Абай даңғылы 10"));
    assert_string_equal(people_held(&p, &person, "address", &held), "Алматы, Абай даңғылы 10");
    assert_string_equal(held.source, "өтініш");
    assert_int_equal(held.collected_usec, p.now);
    assert_false(fixture_store_holds(&p.f, "Абай даңғылы"));
    /* Changed: the newest only. */
    p.now += DAY_USEC;
    assert_ok(&p, people_put(&p, &person, "address", "delivery", "Астана, Мәңгілік ел 5"));
    assert_string_equal(people_held(&p, &person, "address", &held), "Астана, Мәңгілік ел 5");
    assert_int_equal(people_events(&p, &person, "data.recorded"), 2);
    people_end(&p);
}

static void what_may_not_be_recorded_is_refused_by_name(void **state)
{
    struct people p;
    struct person person, stranger;
    struct value_given wrong[] = {
        {.category = "address", .purpose = "nothing", .value = "x", .source = "s", .collected_usec = TIME_NONE},
        {.category = "colour", .purpose = "delivery", .value = "x", .source = "s", .collected_usec = TIME_NONE},
        {.category = "health", .purpose = "delivery", .value = "x", .source = "s", .collected_usec = TIME_NONE},
        {.category = "address", .purpose = "delivery", .value = "  ", .source = "", .collected_usec = TIME_NONE},
        {.category = "address", .purpose = "delivery", .value = "x", .source = "s", .collected_usec = INT64_MAX},
    };
    struct putting putting = {&person, wrong, sizeof(wrong) / sizeof(wrong[0])};

    people_start(&p);
    person = known(&p);
    assert_refused(&p, people_write(&p, put_run, &putting), ERR_BAD_INPUT, "fields_refused");
    assert_string_equal(field_errors_find(&p.errors, "values.0.purpose")->code, "purpose_unknown");
    assert_string_equal(field_errors_find(&p.errors, "values.1.category")->code, "category_unknown");
    assert_string_equal(field_errors_find(&p.errors, "values.2.category")->code, "category_not_of_purpose");
    assert_string_equal(field_errors_find(&p.errors, "values.3.value")->code, "value_missing");
    assert_string_equal(field_errors_find(&p.errors, "values.3.source")->code, "source_missing");
    assert_string_equal(field_errors_find(&p.errors, "values.4.collected_at")->code, "received_in_future");
    assert_null(people_held(&p, &person, "address", NULL));
    /* Without a consent there is nothing to stand on. */
    stranger = people_person(&p, (struct person_names){.id = "u-1002"});
    assert_refused(&p, people_put(&p, &stranger, "address", "delivery", "x"), ERR_CONFLICT, "no_basis");
    people_end(&p);
}

static void too_long_is_counted_in_characters(void **state)
{
    char *value = malloc(2 * (RECORD_VALUE_MAX + 1) + 1);
    struct people p;
    struct person person;

    assert_non_null(value);
    people_start(&p);
    person = known(&p);
    value[0] = '\0';
    for (int i = 0; i < RECORD_VALUE_MAX; i++)
        memcpy(value + 2 * i, "ы", 3);
    assert_ok(&p, people_put(&p, &person, "name", "delivery", value));
    memcpy(value + 2 * RECORD_VALUE_MAX, "ы", 3);
    assert_refused(&p, people_put(&p, &person, "name", "delivery", value), ERR_BAD_INPUT, "fields_refused");
    assert_string_equal(field_errors_find(&p.errors, "values.0.value")->code, "too_long");
    free(value);
    people_end(&p);
}

/* --- Blocking ----------------------------------------------------------------------------------------------------- */

struct blocking {
    const struct person *person;
    const char *case_id;
};
static int block_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct blocking *blocking = arg;
    struct person person;
    int r = person_by_serial(tx, blocking->person->serial, &p->arena, &person, err);

    return r < 0 ? r : person_block(tx, &p->f.office, &person, blocking->case_id, &p->f.admin, p->now, err);
}
static int unblock_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct blocking *blocking = arg;
    struct person person;
    int r = person_by_serial(tx, blocking->person->serial, &p->arena, &person, err);

    return r < 0 ? r : person_unblock(tx, &p->f.office, &person, blocking->case_id, &p->f.admin, p->now, err);
}
static int remove_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct person person;
    struct kept *kept = NULL;
    int r = kept_load(tx, &p->f.office, &kept, err);

    if (r == 0)
        r = person_by_serial(tx, ((struct person *)arg)->serial, &p->arena, &person, err);
    if (r == 0)
        r = vault_remove(tx, &p->f.office, &person, kept_category_number(kept, "address"),
                         kept_at(kept, KEPT_PURPOSE, "delivery", p->now)->number, "request", NULL, &p->f.admin, p->now,
                         err);
    kept_unref(kept);
    return r;
}

static void each_case_blocks_once_and_lifts_its_own(void **state)
{
    struct case_opened one, two;
    struct people p;
    struct person person;
    struct blocking first = {.case_id = one.id}, second = {.case_id = two.id}, none = {0};

    people_start(&p);
    person = known(&p);
    first.person = second.person = none.person = &person;
    for (int i = 0; i < 2; i++) {
        struct fixture_opening opening = {
            .now_usec = p.now, .actor = &p.f.anonymous, .raw = fixture_complaint, .raw_count = 2};
        assert_ok(&p, fixture_open_case(&p.f, &opening, i == 0 ? &one : &two, &p.err));
    }
    assert_ok(&p, people_put(&p, &person, "address", "delivery", "Алматы"));
    assert_ok(&p, people_write(&p, block_run, &first));
    assert_ok(&p, people_write(&p, block_run, &first));
    assert_ok(&p, people_write(&p, block_run, &second));
    assert_ok(&p, people_write(&p, block_run, &none));
    assert_int_equal(people_again(&p, &person).blocks, 3);
    assert_int_equal(people_events(&p, &person, "person.blocked"), 3);
    assert_refused(&p, people_put(&p, &person, "address", "delivery", "Астана"), ERR_CONFLICT, "person_blocked");
    assert_refused(&p, people_write(&p, remove_run, &person), ERR_CONFLICT, "person_blocked");
    assert_ok(&p, people_write(&p, unblock_run, &first));
    assert_refused(&p, people_write(&p, unblock_run, &first), ERR_CONFLICT, "not_blocked");
    assert_int_equal(people_again(&p, &person).blocks, 2);
    assert_ok(&p, people_write(&p, unblock_run, &none));
    assert_ok(&p, people_write(&p, unblock_run, &second));
    assert_int_equal(people_again(&p, &person).blocks, 0);
    /* And again, by the same case. */
    assert_ok(&p, people_write(&p, block_run, &first));
    assert_int_equal(people_again(&p, &person).blocks, 1);
    assert_ok(&p, people_write(&p, unblock_run, &first));
    assert_ok(&p, people_write(&p, remove_run, &person));
    assert_null(people_held(&p, &person, "address", NULL));
    assert_refused(&p, people_write(&p, remove_run, &person), ERR_NOT_FOUND, "record_unknown");
    people_end(&p);
}

/* --- Legal holds -------------------------------------------------------------------------------------------------- */

struct holding {
    const struct person *person;
    int32_t until_day;
    int64_t leaf;
};
static int hold_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct holding *holding = arg;
    struct person person;
    int r = person_by_serial(tx, holding->person->serial, &p->arena, &person, err);

    return r < 0 ? r
                 : hold_set(tx, &p->f.office, &person, "Салық кодексі 25-бап", "бес жыл сақталады", holding->until_day,
                            &p->f.admin, p->now, &holding->leaf, err);
}
static int lift_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct holding *holding = arg;
    struct person person;
    int r = person_by_serial(tx, holding->person->serial, &p->arena, &person, err);

    return r < 0 ? r : hold_lift(tx, &p->f.office, &person, holding->leaf, &p->f.admin, p->now, err);
}
static int pass_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    return retention_pass(tx, &p->f.office, p->now, 10, arg, err);
}
static size_t pass(struct people *p)
{
    size_t sum = 0, count;

    do {
        count = 0;
        assert_ok(p, people_write(p, pass_run, &count));
        sum += count;
    } while (count > 0);
    return sum;
}
static bool due(struct people *p)
{
    struct tx *tx CLEANUP_READ = NULL;
    bool ret = false;

    assert_ok(p, store_read_begin(p->f.store, &tx, &p->err));
    assert_ok(p, retention_due(tx, &p->f.office, p->now, &ret, &p->err));
    return ret;
}

static void a_hold_keeps_what_is_held(void **state)
{
    struct holding holding = {0}, past = {0};
    struct people p;
    struct person person;

    people_start(&p);
    person = known(&p);
    holding.person = past.person = &person;
    past.until_day = zone_day_of(&p.f.office.catalogue->calendar->zone, p.now) - 1;
    holding.until_day = past.until_day + 1;
    assert_ok(&p, people_put(&p, &person, "address", "delivery", "Алматы"));
    assert_refused(&p, people_write(&p, hold_run, &past), ERR_BAD_INPUT, "hold_past");
    assert_ok(&p, people_write(&p, hold_run, &holding));
    assert_int_equal(people_again(&p, &person).holds, 1);
    assert_refused(&p, people_write(&p, remove_run, &person), ERR_CONFLICT, "held");
    assert_string_equal(p.err.arg, "Салық кодексі 25-бап");
    /* Its last day is over: it holds nothing, and the job says so. */
    p.now += DAY_USEC;
    assert_true(due(&p));
    assert_int_equal(pass(&p), 1);
    assert_false(due(&p));
    assert_int_equal(people_again(&p, &person).holds, 0);
    assert_int_equal(people_events(&p, &person, "hold.lifted"), 1);
    assert_refused(&p, people_write(&p, lift_run, &holding), ERR_CONFLICT, "hold_lifted");
    past.leaf = 1;
    assert_refused(&p, people_write(&p, lift_run, &past), ERR_NOT_FOUND, "hold_unknown");
    assert_ok(&p, people_write(&p, remove_run, &person));
    people_end(&p);
}

/* --- Retention ---------------------------------------------------------------------------------------------------- */

static int32_t day(const char *text)
{
    struct date date;

    assert_true(date_parse(text, &date));
    return day_from_date(date);
}

static void days_are_counted_by_the_purpose(void **state)
{
    static const struct {
        const char *retention, *collected, *ended, *last;
    } cases[] = {
        {"\"retention\":{\"after\":\"collected\",\"amount\":10,\"unit\":\"day\"}", "2026-02-20", NULL, "2026-03-02"},
        {"\"retention\":{\"after\":\"collected\",\"amount\":1,\"unit\":\"month\"}", "2026-01-31", NULL, "2026-02-28"},
        {"\"retention\":{\"after\":\"collected\",\"amount\":1,\"unit\":\"month\"}", "2028-01-31", NULL, "2028-02-29"},
        {"\"retention\":{\"after\":\"collected\",\"amount\":1,\"unit\":\"year\"}", "2028-02-29", NULL, "2029-02-28"},
        {"\"retention\":{\"after\":\"collected\",\"amount\":11,\"unit\":\"month\"}", "2026-01-31", "2026-03-01",
         "2026-12-31"},
        {"\"retention\":{\"after\":\"ended\",\"amount\":3,\"unit\":\"month\"}", "2026-01-31", "2026-11-30",
         "2027-02-28"},
        {"\"retention\":{\"after\":\"ended\",\"amount\":3,\"unit\":\"month\"}", "2026-01-31", NULL, NULL},
        {"\"norm\":\"x\"", "2026-01-31", "2026-05-05", "2026-05-05"},
        {"\"norm\":\"x\"", "2026-01-31", NULL, NULL},
    };
    struct people p;

    people_start(&p);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct zone *zone = &p.f.office.catalogue->calendar->zone;
        char text[256];
        json_t *json;
        struct kept_entry entry = {.kind = KEPT_PURPOSE};

        snprintf(text, sizeof(text), "{%s}", cases[i].retention);
        assert_ok(&p, json_parse(text, strlen(text), &json, &p.err));
        entry.json = json;
        assert_int_equal(retention_day(&entry, zone, fixture_moment(&p.f, cases[i].collected),
                                       cases[i].ended != NULL ? fixture_moment(&p.f, cases[i].ended) : TIME_NONE),
                         cases[i].last != NULL ? day(cases[i].last) : DAY_NONE);
        json_decref(json);
    }
    people_end(&p);
}

static void what_is_over_is_announced_and_then_removed(void **state)
{
    struct held_value held;
    struct people p;
    struct person person;

    people_start(&p);
    person = known(&p);
    assert_ok(&p, people_put(&p, &person, "address", "delivery", "Алматы"));
    assert_ok(&p, people_put(&p, &person, "name", "loyalty", "Айгерім"));
    assert_non_null(people_held(&p, &person, "address", &held));
    assert_int_equal(held.destroy_day, day("2026-06-06"));
    assert_non_null(people_held(&p, &person, "name", &held));
    assert_int_equal(held.destroy_day, DAY_NONE);
    assert_false(due(&p));
    assert_int_equal(pass(&p), 0);
    p.now = fixture_moment(&p.f, "2026-05-06T23:59:59+05:00"); /* 31 days before */
    assert_int_equal(pass(&p), 0);
    p.now = fixture_moment(&p.f, "2026-05-07T00:00:00+05:00");
    assert_true(due(&p));
    assert_int_equal(pass(&p), 1);
    assert_int_equal(people_events(&p, &person, "retention.announced"), 1);
    assert_non_null(people_held(&p, &person, "address", &held));
    assert_int_equal(held.announced_usec, p.now);
    assert_false(due(&p));
    p.now = fixture_moment(&p.f, "2026-06-06T23:59:59+05:00"); /* its last day is its own */
    assert_int_equal(pass(&p), 0);
    p.now = fixture_moment(&p.f, "2026-06-07T00:00:00+05:00");
    assert_int_equal(pass(&p), 1);
    assert_null(people_held(&p, &person, "address", NULL));
    assert_non_null(people_held(&p, &person, "name", NULL));
    assert_int_equal(people_events(&p, &person, "data.removed"), 1);
    people_end(&p);
}

static void nothing_is_removed_unannounced_blocked_or_held(void **state)
{
    struct holding holding = {.until_day = DAY_NONE};
    struct blocking blocking = {0};
    struct people p;
    struct person person;

    people_start(&p);
    person = known(&p);
    holding.person = blocking.person = &person;
    assert_ok(&p, people_put(&p, &person, "address", "delivery", "Алматы"));
    /* The program did not run for half a year: it announces, and waits for fourteen days all the same. */
    p.now = fixture_moment(&p.f, "2026-10-01T10:00:00+05:00");
    assert_int_equal(pass(&p), 1);
    assert_non_null(people_held(&p, &person, "address", NULL));
    p.now += 14 * DAY_USEC - 1;
    assert_int_equal(pass(&p), 0);
    assert_ok(&p, people_write(&p, block_run, &blocking));
    assert_ok(&p, people_write(&p, hold_run, &holding));
    p.now += DAY_USEC;
    assert_int_equal(pass(&p), 0);
    assert_ok(&p, people_write(&p, unblock_run, &blocking));
    assert_int_equal(pass(&p), 0);
    assert_ok(&p, people_write(&p, lift_run, &holding));
    assert_int_equal(pass(&p), 1);
    assert_null(people_held(&p, &person, "address", NULL));
    people_end(&p);
}

struct withdrawing {
    const struct person *person;
    int64_t leaf;
};
static int withdraw_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct withdrawing *w = arg;

    return consent_withdraw(tx, &p->f.office, w->person->serial, w->leaf, ASPECT_PROCESSING, NULL, &p->f.admin, p->now,
                            err);
}

static void the_end_of_the_last_consent_begins_the_term(void **state)
{
    struct held_value held;
    struct withdrawing w;
    struct people p;
    struct person person;
    int64_t one, two;

    people_start(&p);
    person = people_person(&p, aigerim);
    one = people_consent(&p, aigerim, "loyalty", loyalty_categories, 3);
    two = people_consent(&p, aigerim, "loyalty", loyalty_categories, 1);
    assert_ok(&p, people_put(&p, &person, "name", "loyalty", "Айгерім"));
    p.now = fixture_moment(&p.f, "2026-05-04T10:00:00+05:00");
    w = (struct withdrawing){&person, one};
    assert_ok(&p, people_write(&p, withdraw_run, &w));
    assert_non_null(people_held(&p, &person, "name", &held));
    assert_int_equal(held.destroy_day, DAY_NONE); /* the other stands */
    w.leaf = two;
    assert_ok(&p, people_write(&p, withdraw_run, &w));
    assert_non_null(people_held(&p, &person, "name", &held));
    assert_int_equal(held.destroy_day, day("2027-05-04"));
    /* A new consent: the relation goes on. */
    people_consent(&p, aigerim, "loyalty", loyalty_categories, 3);
    assert_non_null(people_held(&p, &person, "name", &held));
    assert_int_equal(held.destroy_day, DAY_NONE);
    assert_int_equal(people_events(&p, &person, "retention.counted"), 2);
    people_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_given_back_and_stands_nowhere_in_plain),
        cmocka_unit_test(what_may_not_be_recorded_is_refused_by_name),
        cmocka_unit_test(too_long_is_counted_in_characters),
        cmocka_unit_test(each_case_blocks_once_and_lifts_its_own),
        cmocka_unit_test(a_hold_keeps_what_is_held),
        cmocka_unit_test(days_are_counted_by_the_purpose),
        cmocka_unit_test(what_is_over_is_announced_and_then_removed),
        cmocka_unit_test(nothing_is_removed_unannounced_blocked_or_held),
        cmocka_unit_test(the_end_of_the_last_consent_begins_the_term),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
