/* Registers: coming in, changing, leaving, what is told of it afterwards, and what a changed law makes of it. */
#include "test_cases_world.h"

#define NOW "2026-03-20T10:00:00+05:00"

static struct tx *reading(struct fixture *f)
{
    struct tx *tx;
    struct err err = {0};

    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    return tx;
}

static const struct law_register *items(const struct fixture *f)
{
    const struct law_register *reg = catalogue_register(f->office.catalogue, "items");

    assert_non_null(reg);
    return reg;
}

/* The entry of a case; false where there is none. Its memory is the fixture's arena's. */
static bool entry_of(struct fixture *f, const struct case_opened *of, struct register_entry *ret)
{
    struct err err = {0};
    struct tx *tx = reading(f);
    int r;

    arena_reset(&f->arena);
    r = register_entry_get(tx, items(f), of->number, &f->arena, ret, &err);
    store_read_end(tx);
    if (r == -ERR_NOT_FOUND)
        assert_string_equal(err.code, "entry_unknown");
    else
        assert_int_equal(r, 0);
    return r == 0;
}

static const char *column(const struct register_entry *entry, const struct fixture *f, const char *name)
{
    return case_value_text(entry->values, items(f)->column_count, name);
}

static size_t found(struct fixture *f, const char *words, enum register_which which)
{
    struct register_filter filter = {.reg = "items", .which = which, .words = words, .limit = 10};
    struct register_row *rows;
    struct err err = {0};
    struct tx *tx = reading(f);
    const char *cursor;
    size_t count;

    assert_int_equal(store_register_list(tx, &filter, &f->arena, &rows, &count, &cursor, &err), 0);
    store_read_end(tx);
    return count;
}

static void test_a_case_comes_in_changes_and_leaves(void **state)
{
    struct fixture f;
    struct case_opened item;
    struct register_entry entry;
    int64_t entered, left;

    world_start(&f);
    world_must_open(&f, "item", &f.registrar, NOW, "name", "Алғашқы", &item);
    assert_false(entry_of(&f, &item, &entry));
    /* It happened two hours before anybody wrote it down. */
    world_must_act(&f, &item, "enter", &f.registrar, "2026-03-21T10:00:00+05:00", "on", "2026-03-21T08:00:00+05:00");
    entered = fixture_moment(&f, "2026-03-21T08:00:00+05:00");
    assert_true(entry_of(&f, &item, &entry));
    assert_int_equal(entry.place, REGISTER_IN);
    assert_int_equal(entry.row.entered_usec, entered);
    assert_int_equal(entry.row.left_usec, TIME_NONE);
    assert_string_equal(items(&f)->procedure->states[entry.state].id, "listed");
    assert_string_equal(column(&entry, &f, "name"), "Алғашқы");
    assert_null(column(&entry, &f, "why"));

    world_must_act(&f, &item, "rename", &f.registrar, "2026-03-22T10:00:00+05:00", "name", "Жаңа атау");
    assert_true(entry_of(&f, &item, &entry));
    assert_string_equal(column(&entry, &f, "name"), "Жаңа атау");
    assert_int_equal(entry.row.entered_usec, entered);

    world_must_act(&f, &item, "leave", &f.registrar, "2026-03-23T10:00:00+05:00", "why", "Тоқтады");
    left = fixture_moment(&f, "2026-03-23T10:00:00+05:00");
    assert_true(entry_of(&f, &item, &entry));
    assert_int_equal(entry.place, REGISTER_PAST);
    assert_int_equal(entry.row.entered_usec, entered);
    assert_int_equal(entry.row.left_usec, left);
    assert_string_equal(column(&entry, &f, "why"), "Тоқтады");
    /* A past entry that changes is past since the same moment. */
    world_must_act(&f, &item, "rename", &f.registrar, "2026-03-24T10:00:00+05:00", "name", "Соңғы атау");
    assert_true(entry_of(&f, &item, &entry));
    assert_int_equal(entry.row.left_usec, left);
    assert_string_equal(column(&entry, &f, "name"), "Соңғы атау");

    /* Back in: it stands as it stood, since it first came. */
    world_must_act(&f, &item, "enter", &f.registrar, "2026-03-25T10:00:00+05:00", NULL, NULL);
    assert_true(entry_of(&f, &item, &entry));
    assert_int_equal(entry.place, REGISTER_IN);
    assert_int_equal(entry.row.entered_usec, entered);
    assert_int_equal(entry.row.left_usec, TIME_NONE);

    /* To a state the register does not know: as if it had never been in. */
    world_must_act(&f, &item, "drop", &f.registrar, "2026-03-26T10:00:00+05:00", NULL, NULL);
    assert_false(entry_of(&f, &item, &entry));
    world_must_act(&f, &item, "enter", &f.registrar, "2026-03-27T10:00:00+05:00", NULL, NULL);
    assert_true(entry_of(&f, &item, &entry));
    assert_int_equal(entry.row.entered_usec, fixture_moment(&f, "2026-03-27T10:00:00+05:00"));
    world_sound(&f);
    fixture_end(&f);
}

/* Said to have ended before it began: a past entry is never older than its beginning. */
static void test_an_end_before_the_beginning(void **state)
{
    struct fixture f;
    struct case_opened item;
    struct register_entry entry;

    world_start(&f);
    world_must_open(&f, "item", &f.registrar, NOW, "name", "Бір", &item);
    world_must_act(&f, &item, "enter", &f.registrar, "2026-03-22T10:00:00+05:00", NULL, NULL);
    world_must_act(&f, &item, "leave", &f.registrar, "2026-03-23T10:00:00+05:00", "on", "2026-03-21T10:00:00+05:00");
    assert_true(entry_of(&f, &item, &entry));
    assert_int_equal(entry.row.left_usec, entry.row.entered_usec);
    world_sound(&f);
    fixture_end(&f);
}

static void test_only_public_columns_are_in_it(void **state)
{
    struct fixture f;
    struct case_opened item;
    struct register_entry entry;

    world_start(&f);
    world_must_open(&f, "item", &f.registrar, NOW, "name", "Ашық", &item);
    world_must_act(&f, &item, "enter", &f.registrar, NOW, NULL, NULL);
    world_must_act(&f, &item, "rename", &f.registrar, NOW, "secret", "құпиясөз");
    assert_true(entry_of(&f, &item, &entry));
    assert_null(strstr(entry.row.values, "құпиясөз"));
    assert_null(strstr(entry.row.words, "купиясоз"));
    assert_int_equal(found(&f, "купиясоз", REGISTER_ALL), 0);
    assert_int_equal(found(&f, "ашык", REGISTER_ALL), 1);
    world_sound(&f);
    fixture_end(&f);
}

static void test_options_are_found_by_what_a_person_reads(void **state)
{
    struct fixture f;
    struct case_opened item;
    struct world_values values = {.count = 0};
    const char *links[] = {"https://one.example.kz/a", "https://two.example.kz/b"};
    char name[301];
    struct register_entry entry;
    struct err err = {0};

    world_start(&f);
    memset(name, 'x', sizeof(name) - 1); /* a word that no index takes */
    memcpy(name, "ұзақ ", strlen("ұзақ "));
    name[sizeof(name) - 1] = '\0';
    world_value(&values, "name", name);
    world_value(&values, "kind", "big");
    values.raw[2] = (struct raw_value){.name = "links", .kind = RAW_LIST, .count = 2, .texts = links};
    struct fixture_opening opening = {.procedure = "item",
                                      .opener = "staff",
                                      .actor = &f.registrar,
                                      .now_usec = fixture_moment(&f, NOW),
                                      .raw = values.raw,
                                      .raw_count = 3};
    assert_int_equal(fixture_open_case(&f, &opening, &item, &err), 0);
    world_must_act(&f, &item, "enter", &f.registrar, NOW, NULL, NULL);
    assert_int_equal(found(&f, "улкен", REGISTER_STANDING), 1);
    assert_int_equal(found(&f, "большой", REGISTER_STANDING), 1);
    assert_int_equal(found(&f, "large узак", REGISTER_STANDING), 1);
    assert_int_equal(found(&f, "two", REGISTER_STANDING), 1);
    assert_int_equal(found(&f, "two", REGISTER_LEFT), 0);
    assert_int_equal(found(&f, "big", REGISTER_STANDING), 0);
    assert_true(entry_of(&f, &item, &entry));
    assert_string_equal(column(&entry, &f, "kind"), "big");
    assert_int_equal(entry.values[2].count, 2);
    assert_string_equal(entry.values[2].texts[1], links[1]);
    world_sound(&f);
    fixture_end(&f);
}

static void test_the_history_tells_each_step_and_its_time(void **state)
{
    struct fixture f;
    struct case_opened item;
    struct register_entry entry;
    const struct register_step *steps;
    struct err err = {0};
    struct tx *tx;
    size_t count;

    world_start(&f);
    world_must_open(&f, "item", &f.registrar, "2026-03-20T10:00:00+05:00", "name", "Бір", &item);
    world_must_act(&f, &item, "enter", &f.registrar, "2026-03-21T12:00:00+05:00", "on", "2026-03-21T10:00:00+05:00");
    world_must_act(&f, &item, "note", &f.registrar, "2026-03-21T13:00:00+05:00", "text", "Өзара сөз.");
    world_must_act(&f, &item, "rename", &f.registrar, "2026-03-21T13:00:00+05:00", "secret", "Ішкі");
    world_must_act(&f, &item, "rename", &f.registrar, "2026-03-21T14:00:00+05:00", "name", "Бір");
    world_must_act(&f, &item, "rename", &f.registrar, "2026-03-22T10:00:00+05:00", "name", "Екі");
    world_must_act(&f, &item, "leave", &f.registrar, "2026-03-23T10:00:00+05:00", "on", "2026-03-22T09:00:00+05:00");
    assert_true(entry_of(&f, &item, &entry));
    tx = reading(&f);
    assert_int_equal(register_history(tx, &f.office, items(&f), &entry, &f.arena, &steps, &count, &err), 0);
    store_read_end(tx);
    /* Neither the note nor what changed no column is a step of the entry. */
    assert_int_equal(count, 4);
    assert_null(steps[0].act);
    assert_int_equal(steps[0].leaf, item.leaf);
    assert_int_equal(steps[0].at_usec, fixture_moment(&f, "2026-03-20T10:00:00+05:00"));
    assert_int_equal(steps[0].took_usec, 0);
    assert_int_equal(steps[0].value_count, 1);
    assert_string_equal(steps[0].values[0].texts[0], "Бір");
    assert_string_equal(items(&f)->procedure->states[steps[0].state].id, "draft");
    assert_string_equal(steps[1].act->id, "enter");
    assert_int_equal(steps[1].at_usec, fixture_moment(&f, "2026-03-21T10:00:00+05:00"));
    assert_int_equal(steps[1].took_usec, USEC_PER_DAY);
    assert_int_equal(steps[1].value_count, 0);
    assert_string_equal(items(&f)->procedure->states[steps[1].state].id, "listed");
    assert_string_equal(steps[2].act->id, "rename");
    assert_int_equal(steps[2].took_usec, USEC_PER_DAY);
    assert_string_equal(steps[2].values[0].texts[0], "Екі");
    /* It is said to have happened before the step before it: no time is less than none. */
    assert_string_equal(steps[3].act->id, "leave");
    assert_int_equal(steps[3].took_usec, 0);
    fixture_end(&f);
}

/* --- A changed law ------------------------------------------------------------------------------------------------ */

static void reload(struct fixture *f)
{
    struct err err = {0};

    if (fixture_reload(f, &err) < 0)
        fail_msg("%s: %s %s", err.code, err.arg, err.detail);
}

static bool stale(struct fixture *f)
{
    struct tx *tx = reading(f);
    struct err err = {0};
    bool is;

    assert_int_equal(register_stale(tx, &f->office, &is, &err), 0);
    store_read_end(tx);
    return is;
}

static void test_rows_follow_a_changed_register(void **state)
{
    struct fixture f;
    struct case_opened item[5];
    struct register_entry entry;
    struct verify_report report;
    struct err err = {0};

    world_start(&f);
    for (int i = 0; i < 5; i++) {
        world_must_open(&f, "item", &f.registrar, NOW, "name", "Бір", &item[i]);
        if (i > 0)
            world_must_act(&f, &item[i], "enter", &f.registrar, "2026-03-21T10:00:00+05:00", NULL, NULL);
    }
    assert_true(stale(&f));
    assert_true(world_refresh(&f) >= 5);
    assert_false(stale(&f));
    assert_int_equal(world_refresh(&f), 0);
    world_sound(&f);

    /* Drafts are listed too, and another column is shown. */
    fixture_edit_law(&f, "registers/items.yaml", "states: [listed]\npast: [left]\ncolumns: [name, kind, links, why]",
                     "states: [draft, listed]\npast: [left]\ncolumns: [kind]");
    reload(&f);
    assert_true(stale(&f));
    /* Until it is done nobody calls the difference damage, nor the store sound. */
    assert_int_equal(fixture_verify(&f, &report, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "registers_waiting");
    /* In pieces, with a change of a case in between and the office closed and opened. */
    assert_int_equal(world_refresh_once(&f, 2), 2);
    assert_true(stale(&f));
    world_must_act(&f, &item[4], "leave", &f.registrar, "2026-03-22T10:00:00+05:00", NULL, NULL);
    assert_false(fixture_store_holds(&f, "nothing of the kind"));
    assert_int_equal(world_refresh(&f), 3);
    assert_false(stale(&f));
    world_sound(&f);
    assert_true(entry_of(&f, &item[0], &entry));
    assert_string_equal(entry.row.values, "{}");
    assert_true(entry_of(&f, &item[1], &entry));
    assert_int_equal(entry.row.entered_usec, fixture_moment(&f, NOW)); /* it was listed as a draft already */
    assert_true(entry_of(&f, &item[4], &entry));
    assert_int_equal(entry.place, REGISTER_PAST);
    fixture_end(&f);
}

static void test_a_register_that_is_gone_leaves_nothing(void **state)
{
    struct fixture f;
    struct case_opened item;
    char path[256];

    world_start(&f);
    for (int i = 0; i < 3; i++) {
        world_must_open(&f, "item", &f.registrar, NOW, "name", "Бір", &item);
        world_must_act(&f, &item, "enter", &f.registrar, NOW, NULL, NULL);
    }
    world_refresh(&f);
    snprintf(path, sizeof(path), "%s/registers/items.yaml", f.law_dir);
    assert_int_equal(remove(path), 0);
    reload(&f);
    assert_true(world_refresh(&f) >= 3);
    assert_int_equal(found(&f, NULL, REGISTER_ALL), 0);
    world_sound(&f);
    /* And comes back with it. */
    world_write(&f, "registers/items.yaml", world_items);
    reload(&f);
    world_refresh(&f);
    assert_int_equal(found(&f, NULL, REGISTER_STANDING), 3);
    world_sound(&f);
    fixture_end(&f);
}

static void test_a_register_over_another_procedure(void **state)
{
    struct fixture f;
    struct case_opened item, probe;

    world_start(&f);
    world_must_open(&f, "item", &f.registrar, NOW, "name", "Бір", &item);
    world_must_act(&f, &item, "enter", &f.registrar, NOW, NULL, NULL);
    world_must_open(&f, "probe", &f.official, NOW, "site", "https://example.kz/", &probe);
    world_refresh(&f);
    fixture_edit_law(&f, "procedures/probe.yaml", "key: platform,", "key: platform, public: true,");
    fixture_edit_law(&f, "registers/items.yaml",
                     "procedure: item\nstates: [listed]\npast: [left]\n"
                     "columns: [name, kind, links, why]",
                     "procedure: probe\nstates: [open]\ncolumns: [site]");
    reload(&f);
    world_refresh(&f);
    assert_int_equal(found(&f, "example", REGISTER_STANDING), 1);
    assert_int_equal(found(&f, NULL, REGISTER_ALL), 1);
    world_sound(&f);
    fixture_end(&f);
}

/* Keys and links are those of the new law too. */
static void test_ties_follow_a_changed_procedure(void **state)
{
    struct fixture f;
    struct case_opened first, second;
    struct case_key_row *keys;
    struct case_link_row *links;
    struct verify_report report;
    struct err err = {0};
    struct tx *tx;
    size_t count;

    world_start(&f);
    world_must_open(&f, "probe", &f.official, NOW, "site", "https://example.kz/", &first);
    world_must_open(&f, "probe", &f.official, NOW, "origin", first.number, &second);
    world_refresh(&f);
    fixture_edit_law(&f, "procedures/probe.yaml", "key: platform", "key: resource");
    fixture_edit_law(&f, "procedures/probe.yaml", "{name: origin, type: case, of: {procedures: [probe, verdict]}",
                     "{name: origin, type: case, of: {procedures: [verdict]}");
    reload(&f);
    assert_int_equal(fixture_verify(&f, &report, &err), -ERR_CONFLICT);
    world_refresh(&f);
    world_sound(&f);
    tx = reading(&f);
    assert_int_equal(store_key_of_case(tx, first.id, &f.arena, &keys, &count, &err), 0);
    assert_int_equal(count, 1);
    assert_string_equal(keys[0].kind, "resource");
    assert_int_equal(store_link_of_case(tx, second.id, &f.arena, &links, &count, &err), 0);
    assert_int_equal(count, 0);
    store_read_end(tx);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_case_comes_in_changes_and_leaves),
        cmocka_unit_test(test_an_end_before_the_beginning),
        cmocka_unit_test(test_only_public_columns_are_in_it),
        cmocka_unit_test(test_options_are_found_by_what_a_person_reads),
        cmocka_unit_test(test_the_history_tells_each_step_and_its_time),
        cmocka_unit_test(test_rows_follow_a_changed_register),
        cmocka_unit_test(test_a_register_that_is_gone_leaves_nothing),
        cmocka_unit_test(test_a_register_over_another_procedure),
        cmocka_unit_test(test_ties_follow_a_changed_procedure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
