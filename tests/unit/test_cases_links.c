/* What ties cases together, and what stands between them: links, keys, limits, the chain, who sees what. */
#include "test_cases_world.h"

#define NOW "2026-03-20T10:00:00+05:00"
#define BIN "990140999905"
#define IIN "900101300017"

static struct tx *reading(struct fixture *f)
{
    struct tx *tx;
    struct err err = {0};

    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    return tx;
}

/* --- Links -------------------------------------------------------------------------------------------------------- */

static void test_a_named_case_is_linked_both_ways(void **state)
{
    struct fixture f;
    struct case_opened probe, verdict;
    struct case_view view;
    struct err err = {0};
    struct tx *tx;

    world_start(&f);
    world_must_open(&f, "probe", &f.official, NOW, NULL, NULL, &probe);
    world_must_open(&f, "verdict", &f.moderator, NOW, "about", probe.number, &verdict);
    tx = reading(&f);
    arena_reset(&f.arena);
    assert_int_equal(case_view(tx, &f.office, verdict.id, &f.admin, 0, CASE_WITH_LINKS, &f.arena, &view, &err), 0);
    assert_int_equal(view.link_count, 1);
    assert_false(view.links[0].back);
    assert_string_equal(view.links[0].number, probe.number);
    assert_string_equal(view.links[0].procedure->id, "probe");
    assert_string_equal(view.links[0].field->name, "about");
    assert_int_equal(case_view(tx, &f.office, probe.id, &f.admin, 0, CASE_WITH_LINKS, &f.arena, &view, &err), 0);
    assert_int_equal(view.link_count, 1);
    assert_true(view.links[0].back);
    assert_string_equal(view.links[0].number, verdict.number);
    store_read_end(tx);
    world_sound(&f);
    fixture_end(&f);
}

static void test_what_is_no_such_case_is_refused_beside_its_field(void **state)
{
    struct fixture f;
    struct case_opened probe, opened;
    struct err err = {0};

    world_start(&f);
    world_must_open(&f, "probe", &f.official, NOW, NULL, NULL, &probe);
    assert_int_equal(world_open(&f, "verdict", &f.moderator, NOW, "about", "ТП-2026-0099", &opened, &err),
                     -ERR_BAD_INPUT);
    assert_string_equal(field_errors_find(&f.errors, "about")->code, "unknown_case");
    assert_int_equal(world_open(&f, "review", &f.moderator, NOW, "against", probe.number, &opened, &err),
                     -ERR_BAD_INPUT);
    assert_string_equal(field_errors_find(&f.errors, "against")->code, "case_of_other_procedure");
    assert_int_equal(world_act(&f, &probe, "retie", &f.official, NOW, "origin", "ТП-2026-0099", &err), -ERR_BAD_INPUT);
    assert_string_equal(field_errors_find(&f.errors, "origin")->code, "unknown_case");
    world_sound(&f);
    fixture_end(&f);
}

/* A tie once made is history: naming another case adds a link and takes none away. */
static void test_an_act_ties_too(void **state)
{
    struct fixture f;
    struct case_opened first, second, third;
    struct case_link_row *links;
    struct err err = {0};
    struct tx *tx;
    size_t count;

    world_start(&f);
    world_must_open(&f, "probe", &f.official, NOW, NULL, NULL, &first);
    world_must_open(&f, "probe", &f.official, NOW, NULL, NULL, &second);
    world_must_open(&f, "probe", &f.official, NOW, "origin", first.number, &third);
    world_must_act(&f, &third, "retie", &f.official, NOW, "origin", second.number);
    world_must_act(&f, &third, "retie", &f.official, NOW, "origin", second.number);
    tx = reading(&f);
    assert_int_equal(store_link_of_case(tx, third.id, &f.arena, &links, &count, &err), 0);
    assert_int_equal(count, 2);
    assert_string_equal(links[0].to_case, first.id);
    assert_string_equal(links[1].to_case, second.id);
    assert_int_equal(links[0].leaf, third.leaf);
    assert_true(links[1].leaf > third.leaf);
    store_read_end(tx);
    world_sound(&f);
    fixture_end(&f);
}

/* A hundred thousand times and more a case may be named by others: it can still be looked at, verified and acted on. */
static void test_a_case_named_by_a_crowd(void **state)
{
    struct fixture f;
    struct case_opened verdict, review, loud;
    struct case_view view;
    struct case_chain chain;
    struct err err = {0};
    char sql[400];
    struct tx *tx;
    bool own = false;

    world_start(&f);
    world_must_open(&f, "verdict", &f.moderator, NOW, NULL, NULL, &verdict);
    world_must_open(&f, "review", &f.moderator, NOW, "against", verdict.number, &review);
    world_must_open(&f, "verdict", &f.moderator, NOW, "about", review.number, &loud);
    world_must_act(&f, &loud, "close", &f.moderator, NOW, NULL, NULL);
    snprintf(sql, sizeof(sql),
             "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000) "
             "INSERT INTO case_link SELECT '%s', '%s', 'x' || i, 0 FROM n",
             verdict.id, review.id);
    fixture_sql(&f, sql);
    tx = reading(&f);
    arena_reset(&f.arena);
    assert_int_equal(case_view(tx, &f.office, review.id, &f.admin, 0, CASE_WITH_LINKS, &f.arena, &view, &err), 0);
    assert_int_equal(view.link_count, CASE_CHAIN_MAX);
    for (size_t i = 0; i < view.link_count; i++)
        own = own || !view.links[i].back;
    assert_true(own);
    assert_int_equal(case_chain(tx, &f.office, review.id, &f.admin, &f.arena, &chain, &err), 0);
    assert_true(chain.cut);
    assert_true(chain.edge_count >= 1);
    store_read_end(tx);
    world_must_act(&f, &review, "conclude", &f.moderator, NOW, NULL, NULL);
    fixture_end(&f);
}

/* --- Keys --------------------------------------------------------------------------------------------------------- */

static void test_keys_compare_what_is_the_same(void **state)
{
    static const struct {
        enum field_type type;
        const char *text, *key;
    } same[] = {
        {FIELD_URL, "https://example.kz/a?b#c", "example.kz"},
        {FIELD_URL, "http://www.example.kz:8080", "example.kz"},
        {FIELD_URL, "https://m.example.kz./", "m.example.kz"},
        {FIELD_URL, "https://www.kz/", "www.kz"},
        {FIELD_URL, "https://example.kz?www.other.kz", "example.kz"},
        {FIELD_URL, "https://Мысал.Қаз/бет", "мысал.қаз"},
        {FIELD_URL, "https://xn--80aswg.xn--p1ai/", "сайт.рф"},
        {FIELD_URL, "https://some_host.example.kz/", "some_host.example.kz"},
        {FIELD_URL, "http://[2001:db8::1]:80/x", "[2001:db8::1]"},
        {FIELD_BIN, BIN, BIN},
        {FIELD_IIN, IIN, IIN},
        {FIELD_ORGANISATION, "«Алаң»   ЖШС", "алан жшс"},
        {FIELD_LINE, "  АЛАҢ жшс ", "алан жшс"},
        {FIELD_LINE, "—", ""},
    };
    struct fixture f;
    struct arena small;

    world_start(&f);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct field field = {.name = "x", .type = same[i].type, .key = "subject"};

        assert_string_equal(case_key_of(&f.office, &field, same[i].text, &f.arena), same[i].key);
        field.personal = true;
        if (same[i].key[0] != '\0') {
            const char *hash = case_key_of(&f.office, &field, same[i].text, &f.arena);

            assert_int_equal(strlen(hash), 65);
            assert_int_equal(hash[0], '#');
            assert_null(strstr(hash, same[i].key));
            assert_string_equal(hash, case_key_of(&f.office, &field, same[i].text, &f.arena));
        }
        arena_init(&small, 1);
        if (same[i].key[0] != '\0')
            assert_null(case_key_of(&f.office, &field, same[i].text, &small));
        arena_done(&small);
    }
    fixture_end(&f);
}

static int64_t counted(struct fixture *f, const char *kind, const char *value)
{
    struct tx *tx = reading(f);
    struct err err = {0};
    int64_t count;

    assert_int_equal(store_key_count(tx, kind, value, "probe", 0, INT64_MAX, NULL, 0, &count, &err), 0);
    store_read_end(tx);
    return count;
}

static void test_cases_are_found_by_their_keys(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_key_row *keys;
    struct err err = {0};
    struct tx *tx;
    size_t count;

    world_start(&f);
    world_must_open(&f, "probe", &f.official, NOW, "site", "https://www.example.kz/about", &opened);
    world_must_open(&f, "probe", &f.official, NOW, "site", "http://EXAMPLE.kz:81", &opened);
    world_must_open(&f, "probe", &f.official, NOW, "page", "https://example.kz", &opened);
    assert_int_equal(counted(&f, "platform", "example.kz"), 2);
    assert_int_equal(counted(&f, "resource", "example.kz"), 1);
    world_must_act(&f, &opened, "retie", &f.official, NOW, "mirror", "https://mirror.example.kz/");
    assert_int_equal(counted(&f, "resource", "mirror.example.kz"), 1);
    world_must_open(&f, "probe", &f.official, NOW, "iin", IIN, &opened);
    assert_int_equal(counted(&f, "subject", IIN), 0);
    tx = reading(&f);
    assert_int_equal(store_key_of_case(tx, opened.id, &f.arena, &keys, &count, &err), 0);
    assert_int_equal(count, 1);
    assert_int_equal(keys[0].value[0], '#');
    store_read_end(tx);
    assert_false(fixture_store_holds(&f, IIN));
    world_sound(&f);
    fixture_end(&f);
}

/* --- How often ---------------------------------------------------------------------------------------------------- */

static void test_once_a_quarter_for_one_subject(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct err err = {0};

    world_start(&f);
    /* The last second of a quarter by local time, when UTC already is, or still is, elsewhere. */
    world_must_open(&f, "probe", &f.official, "2026-03-31T23:59:59+05:00", "bin", BIN, &opened);
    assert_int_equal(world_open(&f, "probe", &f.official, "2026-03-31T23:59:59+05:00", "bin", BIN, &opened, &err),
                     -ERR_CONFLICT);
    assert_string_equal(err.code, "limit_reached");
    assert_string_equal(err.arg, "2026-04-01");
    world_must_open(&f, "probe", &f.official, "2026-04-01T00:00:00+05:00", "bin", BIN, &opened);
    assert_int_equal(world_open(&f, "probe", &f.official, "2026-06-30T23:59:59+05:00", "bin", BIN, &opened, &err),
                     -ERR_CONFLICT);
    assert_string_equal(err.arg, "2026-07-01");
    /* Another subject, no subject: no limit. */
    world_must_open(&f, "probe", &f.official, "2026-04-01T00:00:00+05:00", "bin", "120340000014", &opened);
    world_must_open(&f, "probe", &f.official, "2026-04-01T00:00:00+05:00", NULL, NULL, &opened);
    world_must_open(&f, "probe", &f.official, "2026-04-01T00:00:00+05:00", NULL, NULL, &opened);
    /* The last quarter ends with the year. */
    world_must_open(&f, "probe", &f.official, "2026-12-31T23:00:00+05:00", "bin", BIN, &opened);
    assert_int_equal(world_open(&f, "probe", &f.official, "2026-12-31T23:30:00+05:00", "bin", BIN, &opened, &err),
                     -ERR_CONFLICT);
    assert_string_equal(err.arg, "2027-01-01");
    /* Nothing of what was refused is there. */
    world_sound(&f);
    fixture_end(&f);
}

static void test_before_the_norm_there_was_no_limit(void **state)
{
    struct fixture f;
    struct case_opened opened;

    world_start(&f);
    world_must_open(&f, "probe", &f.official, "2023-09-09T10:00:00+06:00", "bin", BIN, &opened);
    world_must_open(&f, "probe", &f.official, "2023-09-09T11:00:00+06:00", "bin", BIN, &opened);
    fixture_end(&f);
}

static void test_what_was_cancelled_does_not_count(void **state)
{
    struct fixture f;
    struct case_opened opened, other;
    struct err err = {0};

    world_start(&f);
    world_must_open(&f, "probe", &f.official, NOW, "iin", IIN, &opened);
    assert_int_equal(world_open(&f, "probe", &f.official, NOW, "iin", IIN, &other, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "limit_reached");
    world_must_act(&f, &opened, "cancel", &f.official, NOW, NULL, NULL);
    world_must_open(&f, "probe", &f.official, NOW, "iin", IIN, &opened);
    world_must_act(&f, &opened, "finish", &f.official, NOW, NULL, NULL);
    assert_int_equal(world_open(&f, "probe", &f.official, NOW, "iin", IIN, &other, &err), -ERR_CONFLICT);
    world_sound(&f);
    fixture_end(&f);
}

static void test_a_limit_a_year_and_of_several_times(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct err err = {0};

    world_start(&f);
    fixture_edit_law(&f, "norms/opl.yaml", "limit: {times: 1, per: quarter", "limit: {times: 2, per: year");
    assert_int_equal(fixture_reload(&f, &err), 0);
    world_must_open(&f, "probe", &f.official, "2026-01-01T00:00:00+05:00", "firm", "«Алаң» ЖШС", &opened);
    world_must_open(&f, "probe", &f.official, "2026-07-01T00:00:00+05:00", "firm", "АЛАҢ ЖШС", &opened);
    assert_int_equal(
        world_open(&f, "probe", &f.official, "2026-12-31T23:59:59+05:00", "firm", "алаң  жшс", &opened, &err),
        -ERR_CONFLICT);
    assert_string_equal(err.arg, "2027-01-01");
    world_must_open(&f, "probe", &f.official, "2027-01-01T00:00:00+05:00", "firm", "Алаң ЖШС", &opened);
    fixture_end(&f);
}

/* --- Against an act ----------------------------------------------------------------------------------------------- */

static void test_who_decided_may_not_decide_again(void **state)
{
    struct fixture f;
    struct actor token, second;
    struct case_opened verdict, review;
    struct err err = {0};

    world_start(&f);
    fixture_token(&f, &f.moderator, &token);
    fixture_hire(&f, "second", "", ROLE_MODERATOR, &second);

    /* By an act, with the account or with its token; looking decides nothing. */
    world_must_open(&f, "verdict", &f.anonymous, NOW, NULL, NULL, &verdict);
    world_must_act(&f, &verdict, "judge", &token, NOW, NULL, NULL);
    world_must_act(&f, &verdict, "look", &second, NOW, NULL, NULL);
    world_must_open(&f, "review", &f.anonymous, NOW, "against", verdict.number, &review);
    assert_int_equal(world_act(&f, &review, "decide", &f.moderator, NOW, NULL, NULL, &err), -ERR_FORBIDDEN);
    assert_string_equal(err.code, "same_person_decides");
    assert_int_equal(world_act(&f, &review, "decide", &token, NOW, NULL, NULL, &err), -ERR_FORBIDDEN);
    assert_string_equal(err.code, "same_person_decides");
    world_must_act(&f, &review, "decide", &second, NOW, NULL, NULL);

    /* By the opening alone. */
    world_must_open(&f, "verdict", &f.registrar, NOW, NULL, NULL, &verdict);
    world_must_open(&f, "review", &f.anonymous, NOW, "against", verdict.number, &review);
    assert_int_equal(world_act(&f, &review, "decide", &f.registrar, NOW, NULL, NULL, &err), -ERR_FORBIDDEN);
    world_must_act(&f, &review, "decide", &f.moderator, NOW, NULL, NULL);

    /* Nothing named: nobody is barred. */
    world_must_open(&f, "review", &f.anonymous, NOW, NULL, NULL, &review);
    world_must_act(&f, &review, "decide", &f.moderator, NOW, NULL, NULL);
    fixture_end(&f);
}

static void test_what_is_barred_is_shown_with_its_reason(void **state)
{
    struct fixture f;
    struct case_opened verdict, review;
    struct case_view view;
    struct err err = {0};
    struct tx *tx;
    bool same = false, needs = false;

    world_start(&f);
    world_must_open(&f, "verdict", &f.moderator, NOW, NULL, NULL, &verdict);
    world_must_open(&f, "review", &f.anonymous, NOW, "against", verdict.number, &review);
    tx = reading(&f);
    arena_reset(&f.arena);
    assert_int_equal(
        case_view(tx, &f.office, review.id, &f.moderator, fixture_moment(&f, NOW), 0, &f.arena, &view, &err), 0);
    assert_int_equal(view.act_count, 0);
    assert_int_equal(view.barred_count, 2);
    for (size_t i = 0; i < view.barred_count; i++) {
        same = same || strcmp(view.barred[i].why.code, "same_person_decides") == 0;
        needs = needs || strcmp(view.barred[i].why.code, "needs_first") == 0;
    }
    assert_true(same && needs);
    store_read_end(tx);
    fixture_end(&f);
}

static void test_what_is_needed_first(void **state)
{
    struct fixture f;
    struct case_opened review, other, one, two;
    struct err err = {0};

    world_start(&f);
    world_must_open(&f, "review", &f.anonymous, NOW, NULL, NULL, &review);
    world_must_open(&f, "review", &f.anonymous, NOW, NULL, NULL, &other);
    /* None at all is not all of them. */
    assert_int_equal(world_act(&f, &review, "conclude", &f.moderator, NOW, NULL, NULL, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "needs_first");
    assert_string_equal(err.arg, "verdict");
    world_must_open(&f, "verdict", &f.moderator, NOW, "about", review.number, &one);
    world_must_open(&f, "verdict", &f.moderator, NOW, "about", review.number, &two);
    world_must_act(&f, &one, "close", &f.moderator, NOW, NULL, NULL);
    assert_int_equal(world_act(&f, &review, "conclude", &f.moderator, NOW, NULL, NULL, &err), -ERR_CONFLICT);
    /* The second points elsewhere by now: it is not waited for. */
    world_must_act(&f, &two, "point", &f.moderator, NOW, "about", other.number);
    world_must_act(&f, &review, "conclude", &f.moderator, NOW, NULL, NULL);
    assert_int_equal(world_act(&f, &other, "conclude", &f.moderator, NOW, NULL, NULL, &err), -ERR_CONFLICT);
    world_must_act(&f, &two, "close", &f.moderator, NOW, NULL, NULL);
    world_must_act(&f, &other, "conclude", &f.moderator, NOW, NULL, NULL);
    world_sound(&f);
    fixture_end(&f);
}

static void test_only_once_it_is_overdue(void **state)
{
    struct fixture f;
    struct case_opened verdict, stopped;
    struct err err = {0};

    world_start(&f);
    world_must_open(&f, "verdict", &f.moderator, NOW, NULL, NULL, &verdict);
    world_must_open(&f, "verdict", &f.moderator, NOW, NULL, NULL, &stopped);
    world_must_act(&f, &stopped, "halt", &f.moderator, NOW, NULL, NULL);
    /* Twenty days after 20 March: 9 April to its end. */
    assert_int_equal(
        world_act(&f, &verdict, "late", &f.moderator, "2026-04-09T23:59:59.999999+05:00", NULL, NULL, &err),
        -ERR_CONFLICT);
    assert_string_equal(err.code, "not_overdue_yet");
    assert_string_equal(err.arg, "2026-04-10T00:00:00+05:00");
    world_must_act(&f, &verdict, "late", &f.moderator, "2026-04-10T00:00:00+05:00", NULL, NULL);
    assert_int_equal(world_act(&f, &stopped, "late", &f.moderator, "2026-05-10T00:00:00+05:00", NULL, NULL, &err),
                     -ERR_CONFLICT);
    assert_string_equal(err.code, "clock_not_running");
    fixture_end(&f);
}

/* --- The chain ---------------------------------------------------------------------------------------------------- */

static void test_a_ring_is_walked_once(void **state)
{
    struct fixture f;
    struct case_opened a, b, c, alone;
    struct case_chain chain;
    struct err err = {0};
    struct tx *tx;

    world_start(&f);
    world_must_open(&f, "probe", &f.official, "2026-03-01T10:00:00+05:00", NULL, NULL, &a);
    world_must_open(&f, "verdict", &f.moderator, "2026-03-02T10:00:00+05:00", "about", a.number, &b);
    world_must_open(&f, "probe", &f.official, "2026-03-03T10:00:00+05:00", "origin", b.number, &c);
    world_must_open(&f, "probe", &f.official, NOW, NULL, NULL, &alone);
    world_must_act(&f, &a, "retie", &f.official, NOW, "origin", c.number);
    world_must_act(&f, &a, "retie", &f.official, NOW, "origin", a.number);
    tx = reading(&f);
    arena_reset(&f.arena);
    for (int i = 0; i < 3; i++) {
        const char *from[] = {a.id, b.id, c.id};
        size_t edges[3][3] = {{0}};

        assert_int_equal(case_chain(tx, &f.office, from[i], &f.admin, &f.arena, &chain, &err), 0);
        assert_int_equal(chain.node_count, 3);
        assert_false(chain.cut);
        assert_string_equal(chain.rows[0].number, a.number);
        assert_string_equal(chain.rows[1].number, b.number);
        assert_string_equal(chain.rows[2].number, c.number);
        assert_string_equal(chain.procedures[1]->id, "verdict");
        assert_int_equal(chain.edge_count, 4);
        for (size_t j = 0; j < chain.edge_count; j++) {
            edges[chain.edges[j].from][chain.edges[j].to]++;
            assert_non_null(chain.edges[j].field);
        }
        assert_int_equal(edges[1][0], 1);
        assert_int_equal(edges[2][1], 1);
        assert_int_equal(edges[0][2], 1);
        assert_int_equal(edges[0][0], 1);
    }
    assert_int_equal(case_chain(tx, &f.office, alone.id, &f.admin, &f.arena, &chain, &err), 0);
    assert_int_equal(chain.node_count, 1);
    assert_int_equal(chain.edge_count, 0);
    assert_int_equal(case_chain(tx, &f.office, "no id", &f.admin, &f.arena, &chain, &err), -ERR_NOT_FOUND);
    assert_string_equal(err.code, "case_unknown");
    assert_int_equal(
        case_chain(tx, &f.office, "018f0000-0000-7000-8000-000000000001", &f.admin, &f.arena, &chain, &err),
        -ERR_NOT_FOUND);
    store_read_end(tx);
    fixture_end(&f);
}

static void test_of_a_long_chain_the_nearest_are_shown(void **state)
{
    struct fixture f;
    struct case_opened first, next;
    struct case_chain chain;
    struct err err = {0};
    struct tx *tx;

    world_start(&f);
    world_must_open(&f, "probe", &f.official, NOW, NULL, NULL, &first);
    for (int i = 1; i < CASE_CHAIN_MAX; i++)
        world_must_open(&f, "probe", &f.official, NOW, "origin", first.number, &next);
    tx = reading(&f);
    arena_reset(&f.arena);
    assert_int_equal(case_chain(tx, &f.office, next.id, &f.admin, &f.arena, &chain, &err), 0);
    assert_int_equal(chain.node_count, CASE_CHAIN_MAX);
    assert_int_equal(chain.edge_count, CASE_CHAIN_MAX - 1);
    assert_false(chain.cut);
    store_read_end(tx);
    world_must_open(&f, "probe", &f.official, NOW, "origin", next.number, &next);
    tx = reading(&f);
    arena_reset(&f.arena);
    assert_int_equal(case_chain(tx, &f.office, next.id, &f.admin, &f.arena, &chain, &err), 0);
    assert_int_equal(chain.node_count, CASE_CHAIN_MAX);
    assert_true(chain.cut);
    store_read_end(tx);
    fixture_end(&f);
}

/* --- Who sees what ------------------------------------------------------------------------------------------------ */

static void test_roles_see_their_procedures(void **state)
{
    struct fixture f;
    struct case_opened probe, verdict;
    struct case_chain chain;
    struct err err = {0};
    struct tx *tx;
    const struct procedure *p, *v;
    const char *const *ids;
    struct actor token;
    bool has_probe = false, has_verdict = false;

    world_start(&f);
    p = catalogue_procedure(f.office.catalogue, "probe");
    v = catalogue_procedure(f.office.catalogue, "verdict");
    assert_int_equal(procedure_roles(p), ROLE_OFFICIAL);
    assert_int_equal(procedure_roles(v), ROLE_MODERATOR | ROLE_REGISTRAR);
    assert_true(actor_sees(&f.official, p) && !actor_sees(&f.official, v));
    assert_true(actor_sees(&f.moderator, v) && !actor_sees(&f.moderator, p));
    assert_true(actor_sees(&f.admin, p) && actor_sees(&f.auditor, v));
    assert_false(actor_sees(&f.anonymous, p) || actor_sees(&f.opener, p));

    assert_true(actor_opens(&f.official, p) && !actor_opens(&f.moderator, p) && actor_opens(&f.admin, p));
    assert_false(actor_opens(&f.auditor, p) || actor_opens(&f.anonymous, p));
    fixture_token(&f, &f.registrar, &token);
    assert_true(actor_opens(&token, v));
    assert_false(actor_opens(&token, catalogue_procedure(f.office.catalogue, "item"))); /* staff alone */

    assert_null(actor_procedures(&f.office, &f.admin, &f.arena));
    assert_null(actor_procedures(&f.office, &f.auditor, &f.arena));
    ids = actor_procedures(&f.office, &f.official, &f.arena);
    for (size_t i = 0; ids[i] != NULL; i++) {
        has_probe = has_probe || strcmp(ids[i], "probe") == 0;
        has_verdict = has_verdict || strcmp(ids[i], "verdict") == 0;
    }
    assert_true(has_probe && !has_verdict);
    ids = actor_procedures(&f.office, &f.anonymous, &f.arena);
    assert_non_null(ids);
    assert_null(ids[0]);

    world_must_open(&f, "probe", &f.official, NOW, NULL, NULL, &probe);
    world_must_open(&f, "verdict", &f.moderator, NOW, "about", probe.number, &verdict);
    tx = reading(&f);
    arena_reset(&f.arena);
    assert_int_equal(case_chain(tx, &f.office, probe.id, &f.official, &f.arena, &chain, &err), 0);
    assert_int_equal(chain.node_count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(chain.visible[i] == (strcmp(chain.rows[i].id, probe.id) == 0));
    assert_int_equal(case_chain(tx, &f.office, probe.id, &f.moderator, &f.arena, &chain, &err), -ERR_FORBIDDEN);
    assert_string_equal(err.code, "case_not_yours");
    store_read_end(tx);
    fixture_end(&f);
}

static void test_an_office_runs_what_its_roles_say(void **state)
{
    static const char *const platform[] = {"platform"}, *const none[] = {"carrier"};
    struct fixture f;
    const struct procedure *p, *v;

    world_start(&f);
    p = catalogue_procedure(f.office.catalogue, "probe");
    v = catalogue_procedure(f.office.catalogue, "verdict");
    assert_true(office_runs(&f.office, p) && office_runs(&f.office, v));
    f.office.roles = platform;
    f.office.role_count = 1;
    assert_true(!office_runs(&f.office, p) && office_runs(&f.office, v));
    f.office.roles = none;
    assert_false(office_runs(&f.office, p) || office_runs(&f.office, v));
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_named_case_is_linked_both_ways),
        cmocka_unit_test(test_what_is_no_such_case_is_refused_beside_its_field),
        cmocka_unit_test(test_an_act_ties_too),
        cmocka_unit_test(test_a_case_named_by_a_crowd),
        cmocka_unit_test(test_keys_compare_what_is_the_same),
        cmocka_unit_test(test_cases_are_found_by_their_keys),
        cmocka_unit_test(test_once_a_quarter_for_one_subject),
        cmocka_unit_test(test_before_the_norm_there_was_no_limit),
        cmocka_unit_test(test_what_was_cancelled_does_not_count),
        cmocka_unit_test(test_a_limit_a_year_and_of_several_times),
        cmocka_unit_test(test_who_decided_may_not_decide_again),
        cmocka_unit_test(test_what_is_barred_is_shown_with_its_reason),
        cmocka_unit_test(test_what_is_needed_first),
        cmocka_unit_test(test_only_once_it_is_overdue),
        cmocka_unit_test(test_a_ring_is_walked_once),
        cmocka_unit_test(test_of_a_long_chain_the_nearest_are_shown),
        cmocka_unit_test(test_roles_see_their_procedures),
        cmocka_unit_test(test_an_office_runs_what_its_roles_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
