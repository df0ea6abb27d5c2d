/* The calendar, read back with the library that calendar programs read with: which clocks stand in it for whom, how
 * each is told, and what never stands in it. */
#include "base/unicode.h"
#include "fixture.h"
#include "out/calendar_feed.h"
#include "unit.h"
#include <libical/ical.h>
#include <stdlib.h>
#include <string.h>

#define NOW "2026-03-20T10:00:00+05:00"
#define PUBLIC_URL "https://talap.example.kz"
#define ROOM ((size_t)8 << 20)

struct reading {
    struct fixture f;
    struct buf text;
    struct arena arena;
    icalcomponent *calendar;
};

static void start(struct reading *reading)
{
    memset(reading, 0, sizeof *reading);
    fixture_start(&reading->f);
    buf_init(&reading->text, ROOM);
    arena_init(&reading->arena, 64u << 20);
}

static void end(struct reading *reading)
{
    if (reading->calendar != NULL)
        icalcomponent_free(reading->calendar);
    buf_done(&reading->text);
    arena_done(&reading->arena);
    fixture_end(&reading->f);
}

/* Writes the actor's calendar and reads it back; how many events it has. */
static int read_calendar(struct reading *reading, const struct actor *actor)
{
    struct err err = {0};
    struct tx *tx;

    if (reading->calendar != NULL)
        icalcomponent_free(reading->calendar);
    buf_reset(&reading->text);
    arena_reset(&reading->arena);
    assert_int_equal(store_read_begin(reading->f.store, &tx, &err), 0);
    assert_int_equal(
        calendar_feed_write(tx, &reading->f.office, actor, PUBLIC_URL, &reading->arena, &reading->text, &err), 0);
    store_read_end(tx);
    assert_false(reading->text.failed);
    reading->calendar = icalparser_parse_string(reading->text.data);
    assert_non_null(reading->calendar);
    assert_int_equal(icalcomponent_count_errors(reading->calendar), 0);
    assert_true(icalrestriction_check(reading->calendar));
    assert_int_equal(icalcomponent_count_errors(reading->calendar), 0);
    return icalcomponent_count_components(reading->calendar, ICAL_VEVENT_COMPONENT);
}

/* The event of a case's clock. */
static icalcomponent *event_of(struct reading *reading, const char *case_id, const char *clock)
{
    char *uid = arena_printf(&reading->arena, "%s.%s@talap", case_id, clock);
    icalcomponent *event = icalcomponent_get_first_component(reading->calendar, ICAL_VEVENT_COMPONENT);

    while (event != NULL && strcmp(icalcomponent_get_uid(event), uid) != 0)
        event = icalcomponent_get_next_component(reading->calendar, ICAL_VEVENT_COMPONENT);
    return event;
}

static const char *when(struct icaltimetype time)
{
    return icaltime_as_ical_string(time);
}

static int alarm_seconds(icalcomponent *event)
{
    icalcomponent *alarm = icalcomponent_get_first_component(event, ICAL_VALARM_COMPONENT);
    icalproperty *trigger = icalcomponent_get_first_property(alarm, ICAL_TRIGGER_PROPERTY);

    assert_null(icalcomponent_get_next_component(event, ICAL_VALARM_COMPONENT));
    return icaldurationtype_as_int(icalproperty_get_trigger(trigger).duration);
}

static const char *text_of(icalcomponent *of, icalproperty_kind kind)
{
    icalproperty *property = icalcomponent_get_first_property(of, kind);

    assert_non_null(property);
    return icalproperty_get_value_as_string(property);
}

static const char *x_of(icalcomponent *of, const char *name)
{
    icalproperty *property = icalcomponent_get_first_property(of, ICAL_X_PROPERTY);

    while (property != NULL && strcmp(icalproperty_get_x_name(property), name) != 0)
        property = icalcomponent_get_next_property(of, ICAL_X_PROPERTY);
    assert_non_null(property);
    return icalproperty_get_x(property);
}

static void open_as(struct reading *reading, const char *procedure, const char *now, const char *const pairs[][2],
                    size_t count, struct case_opened *ret)
{
    struct raw_value raw[8];
    struct err err = {0};
    bool staff = strcmp(procedure, "complaint") != 0;
    struct fixture_opening opening = {.procedure = procedure,
                                      .opener = staff ? "staff" : NULL,
                                      .actor = staff ? &reading->f.moderator : NULL,
                                      .now_usec = fixture_moment(&reading->f, now),
                                      .raw = raw,
                                      .raw_count = count};

    for (size_t i = 0; i < count; i++)
        raw[i] = fixture_raw(pairs[i][0], &pairs[i][1]);
    if (fixture_open_case(&reading->f, &opening, ret, &err) != 0)
        fail_msg("%s: %s %s %s", procedure, err.code,
                 reading->f.errors.count > 0 ? reading->f.errors.items[0].field : "",
                 reading->f.errors.count > 0 ? reading->f.errors.items[0].code : "");
}

static const char *const complaint_values[][2] = {{"about", "interface"},
                                                  {"text", "Батырма көрінбейді, түзетіңіздерші."},
                                                  {"contact_name", "Жанар Қасымова"},
                                                  {"contact_email", "zhanar@example.kz"}};
static const char *const request_values[][2] = {{"request_number", "17-3/552"},
                                                {"request_date", "2026-03-19"},
                                                {"kind", "measures"},
                                                {"text", "Наурыздағы шаралар туралы мәлімет беріңіздер."}};
static const char *const threat_values[][2] = {{"link", "https://alan.example.kz/p/1"},
                                               {"text", "Адам өзіне қол жұмсайтынын жазған."}};

static void open_complaint(struct reading *reading, struct case_opened *ret)
{
    open_as(reading, "complaint", NOW, complaint_values, 4, ret);
}

static void assign(struct reading *reading, const char *case_id, const char *account_id)
{
    struct raw_value raw = fixture_raw("account", &account_id);
    struct case_acting acting = {.case_id = case_id, .act = "assign", .raw = &raw, .raw_count = 1};
    struct err err = {0};

    assert_int_equal(fixture_act(&reading->f, &acting, &reading->f.moderator,
                                 fixture_moment(&reading->f, "2026-03-21T12:30:05+05:00"), NULL, NULL, &err),
                     0);
}

static void test_nobody_owes_anything(void **state)
{
    struct reading reading;

    start(&reading);
    assert_int_equal(read_calendar(&reading, &reading.f.moderator), 0);
    assert_null(
        icalcomponent_get_first_property(reading.calendar, ICAL_METHOD_PROPERTY)); /* no message of scheduling */
    assert_string_equal(text_of(reading.calendar, ICAL_VERSION_PROPERTY), "2.0");
    assert_string_equal(text_of(reading.calendar, ICAL_PRODID_PROPERTY), "-//Talap//Talap//KK");
    assert_string_equal(text_of(reading.calendar, ICAL_NAME_PROPERTY), "Талап: мерзімдер");
    assert_string_equal(x_of(reading.calendar, "X-WR-CALNAME"), "Талап: мерзімдер");
    assert_string_equal(x_of(reading.calendar, "X-WR-TIMEZONE"), "Asia/Almaty");
    assert_string_equal(text_of(reading.calendar, ICAL_REFRESHINTERVAL_PROPERTY), "PT1H");
    assert_non_null(strstr(reading.text.data, "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n"));
    /* A calendar without any component would be none. */
    assert_int_equal(icalcomponent_count_components(reading.calendar, ICAL_ANY_COMPONENT), 1);
    end(&reading);
}

static void test_a_period_in_days_is_a_day(void **state)
{
    struct reading reading;
    struct case_opened opened;
    struct actor reader;
    icalcomponent *event;

    start(&reading);
    open_complaint(&reading, &opened);
    reader = reading.f.moderator;
    reader.lang = LANG_RU;
    assert_int_equal(read_calendar(&reading, &reader), 1);
    assert_string_equal(text_of(reading.calendar, ICAL_PRODID_PROPERTY), "-//Talap//Talap//RU");
    event = event_of(&reading, opened.id, "answer");
    assert_non_null(event);
    assert_string_equal(when(icalcomponent_get_dtstart(event)), "20260409");
    assert_true(icaltime_is_date(icalcomponent_get_dtstart(event)));
    assert_non_null(strstr(reading.text.data, "DTSTART;VALUE=DATE:20260409\r\n"));
    assert_string_equal(when(icalcomponent_get_dtstamp(event)), "20260320T050000Z");
    assert_int_equal(strncmp(icalcomponent_get_summary(event), opened.number, strlen(opened.number)), 0);
    assert_string_equal(icalcomponent_get_summary(event) + strlen(opened.number), ": Мотивированный ответ");
    assert_non_null(strstr(icalcomponent_get_description(event), "\nСрок: 9 апреля 2026 г., 23:59:59\n"));
    assert_non_null(
        strstr(icalcomponent_get_description(event), "\nСчитается просроченным с: 10 апреля 2026 г., 00:00:00\n"));
    assert_non_null(strstr(icalcomponent_get_description(event), "\nОснование: "));
    assert_non_null(strstr(icalcomponent_get_description(event), "11"));
    assert_string_equal(text_of(event, ICAL_URL_PROPERTY),
                        arena_printf(&reading.arena, PUBLIC_URL "/ru/case/%s", opened.id));
    assert_int_equal(alarm_seconds(event), -15 * 3600); /* nine o'clock on the day before */
    assert_string_equal(text_of(event, ICAL_TRANSP_PROPERTY), "TRANSPARENT");
    end(&reading);
}

static void test_hours_are_a_moment(void **state)
{
    struct reading reading;
    struct case_opened opened;
    icalcomponent *event;

    start(&reading);
    open_as(&reading, "request_received", NOW, request_values, 4, &opened);
    assert_int_equal(read_calendar(&reading, &reading.f.moderator), 1);
    event = event_of(&reading, opened.id, "consider");
    assert_non_null(event);
    /* 24 hours later, at ten in Almaty: five in UTC. */
    assert_string_equal(when(icalcomponent_get_dtstart(event)), "20260321T050000Z");
    assert_int_equal(alarm_seconds(event), -3600);
    assert_non_null(strstr(icalcomponent_get_description(event), "\nМерзімі: 2026 жылғы 21 наурыз, 10:00:00\n"));
    end(&reading);
}

/* The offset of Almaty was six hours until March 2024. */
static void test_the_zone_is_that_of_the_day(void **state)
{
    struct reading reading;
    struct case_opened opened;
    icalcomponent *event;

    start(&reading);
    open_as(&reading, "request_received", "2024-02-20T10:00:00+06:00", request_values, 4, &opened);
    assert_int_equal(read_calendar(&reading, &reading.f.moderator), 1);
    event = event_of(&reading, opened.id, "consider");
    assert_string_equal(when(icalcomponent_get_dtstart(event)), "20240221T040000Z");
    assert_non_null(strstr(icalcomponent_get_description(event), "2024 жылғы 21 ақпан, 10:00:00\n"));
    end(&reading);
}

static void test_at_once_stands_where_it_began(void **state)
{
    struct reading reading;
    struct case_opened opened;
    struct actor reader;
    icalcomponent *event;

    start(&reading);
    open_as(&reading, "threat_to_life", NOW, threat_values, 2, &opened);
    reader = reading.f.moderator;
    reader.lang = LANG_EN;
    assert_int_equal(read_calendar(&reading, &reader), 1);
    event = event_of(&reading, opened.id, "inform");
    assert_non_null(event);
    assert_string_equal(when(icalcomponent_get_dtstart(event)), "20260320T050000Z");
    assert_int_equal(alarm_seconds(event), 0);
    assert_non_null(
        strstr(icalcomponent_get_description(event), "\nTo be done at once. Running since: 20 March 2026, 10:00:00\n"));
    assert_null(strstr(icalcomponent_get_description(event), "Overdue"));
    end(&reading);
}

/* What somebody may do until then, beside what they must. */
static void test_a_right_is_told_and_does_not_ring(void **state)
{
    static const char *const values[][2] = {{"recommendation_number", "12-5/31"},
                                            {"recommendation_date", "2026-03-19"},
                                            {"service_kind", "by_hand"},
                                            {"violations", "Жарнаманың белгісі қойылмаған."},
                                            {"what_to_do", "Жарнаманы белгілеңіз."}};
    struct reading reading;
    struct case_opened opened;
    struct actor reader;
    icalcomponent *event;

    start(&reading);
    open_as(&reading, "recommendation_received", NOW, values, 5, &opened);
    reader = reading.f.moderator;
    reader.lang = LANG_EN;
    assert_int_equal(read_calendar(&reading, &reader), 2);
    event = event_of(&reading, opened.id, "object");
    assert_non_null(event);
    assert_non_null(strstr(icalcomponent_get_description(event), "nobody has to\n"));
    assert_null(strstr(icalcomponent_get_description(event), "Overdue"));
    assert_null(icalcomponent_get_first_component(event, ICAL_VALARM_COMPONENT));
    event = event_of(&reading, opened.id, "carry_out");
    assert_non_null(strstr(icalcomponent_get_description(event), "\nOverdue from: "));
    assert_null(strstr(icalcomponent_get_description(event), "nobody has to"));
    assert_int_equal(icalcomponent_count_components(event, ICAL_VALARM_COMPONENT), 1);
    end(&reading);
}

static void test_each_sees_their_own_and_nobodys(void **state)
{
    struct reading reading;
    struct case_opened mine, theirs, nobodys;
    struct actor other;

    start(&reading);
    open_complaint(&reading, &mine);
    open_complaint(&reading, &theirs);
    open_complaint(&reading, &nobodys);
    fixture_hire(&reading.f, "daniyar", "", ROLE_MODERATOR, &other);
    assign(&reading, mine.id, reading.f.moderator.account_id);
    assign(&reading, theirs.id, other.account_id);
    assert_int_equal(read_calendar(&reading, &reading.f.moderator), 2);
    assert_non_null(event_of(&reading, mine.id, "answer"));
    assert_null(event_of(&reading, theirs.id, "answer"));
    assert_non_null(event_of(&reading, nobodys.id, "answer"));
    /* The assignment is the newest event of the case. */
    assert_string_equal(when(icalcomponent_get_dtstamp(event_of(&reading, mine.id, "answer"))), "20260321T073005Z");
    assert_int_equal(read_calendar(&reading, &other), 2);
    assert_non_null(event_of(&reading, theirs.id, "answer"));
    /* A registrar may act on complaints; the others may not, an auditor on nothing. */
    assert_int_equal(read_calendar(&reading, &reading.f.registrar), 1);
    assert_non_null(event_of(&reading, nobodys.id, "answer"));
    assert_int_equal(read_calendar(&reading, &reading.f.official), 0);
    assert_int_equal(read_calendar(&reading, &reading.f.carrier), 0);
    assert_int_equal(read_calendar(&reading, &reading.f.auditor), 0);
    /* Who has lost the role sees no case any more, not even those still under their name. */
    other.roles = ROLE_PUBLIC | ROLE_CARRIER;
    assert_int_equal(read_calendar(&reading, &other), 0);
    end(&reading);
}

static void test_what_is_done_is_gone(void **state)
{
    static const char *const decision = "upheld", *const reasons = "Тексерілді, түзетілді, рақмет.";
    struct reading reading;
    struct case_opened opened;
    struct raw_value raw[2] = {fixture_raw("decision", &decision), fixture_raw("reasons", &reasons)};
    struct err err = {0};

    start(&reading);
    open_complaint(&reading, &opened);
    assert_int_equal(read_calendar(&reading, &reading.f.moderator), 1);
    struct case_acting acting = {.case_id = opened.id, .act = "answer", .raw = raw, .raw_count = 2};
    assert_int_equal(fixture_act(&reading.f, &acting, &reading.f.moderator,
                                 fixture_moment(&reading.f, NOW) + USEC_PER_DAY, NULL, NULL, &err),
                     0);
    assert_int_equal(read_calendar(&reading, &reading.f.moderator), 0);
    end(&reading);
}

static void test_it_says_nothing_that_anybody_wrote(void **state)
{
    struct reading reading;
    struct case_opened opened;
    static const char *const wrote[] = {"Жанар",      "zhanar",       "Батырма",  "17-3",
                                        "Наурыздағы", "alan.example", "қол жұмса"};

    start(&reading);
    open_complaint(&reading, &opened);
    open_as(&reading, "request_received", NOW, request_values, 4, &opened);
    open_as(&reading, "threat_to_life", NOW, threat_values, 2, &opened);
    for (enum lang lang = LANG_KK; lang < LANG_COUNT; lang++) {
        struct actor reader = reading.f.moderator;
        reader.lang = lang;
        assert_int_equal(read_calendar(&reading, &reader), 3);
        for (icalcomponent *event = icalcomponent_get_first_component(reading.calendar, ICAL_VEVENT_COMPONENT);
             event != NULL; event = icalcomponent_get_next_component(reading.calendar, ICAL_VEVENT_COMPONENT)) {
            char *all = icalcomponent_as_ical_string_r(event);
            for (size_t i = 0; i < sizeof wrote / sizeof *wrote; i++) {
                assert_null(strstr(icalcomponent_get_summary(event), wrote[i]));
                assert_null(strstr(icalcomponent_get_description(event), wrote[i]));
                assert_null(strstr(all, wrote[i]));
            }
            free(all);
        }
    }
    end(&reading);
}

/* RFC 5545, 3.1: lines of at most 75 octets that end in CR LF; no letter is cut in two. */
static void test_lines_are_folded(void **state)
{
    struct reading reading;
    struct case_opened opened;
    size_t lines = 0;

    start(&reading);
    open_complaint(&reading, &opened);
    assert_int_equal(read_calendar(&reading, &reading.f.moderator), 1);
    for (const char *line = reading.text.data; *line != '\0'; lines++) {
        size_t length = strcspn(line, "\r\n");
        assert_true(length > 0 && length <= 75);
        assert_true(utf8_valid(line, length));
        assert_memory_equal(line + length, "\r\n", 2);
        line += length + 2;
    }
    assert_true(lines > 30);
    end(&reading);
}

static void test_the_same_rows_give_the_same_bytes(void **state)
{
    struct reading reading;
    struct case_opened opened;
    char *first;

    start(&reading);
    open_complaint(&reading, &opened);
    (void)read_calendar(&reading, &reading.f.moderator);
    first = strdup(reading.text.data);
    (void)read_calendar(&reading, &reading.f.moderator);
    assert_string_equal(first, reading.text.data);
    assign(&reading, opened.id, reading.f.moderator.account_id);
    (void)read_calendar(&reading, &reading.f.moderator);
    assert_string_not_equal(first, reading.text.data);
    free(first);
    end(&reading);
}

/* Due one a minute, the later ones put in first. */
enum { MANY = CALENDAR_EVENTS_MAX + 50 };

static int put_many(struct tx *tx, struct store_command *command, struct err *err)
{
    struct reading *reading = command->arg;
    int64_t first = fixture_moment(&reading->f, NOW);
    int r = 0;

    for (int n = MANY - 1; n >= 0 && r == 0; n--) {
        char id[ID_TEXT];
        int64_t due_usec = first + n * 60 * USEC_PER_SEC;
        id_new(first, id);
        struct case_row row = {.id = id,
                               .procedure = "complaint",
                               .number = arena_printf(&reading->arena, "Ш-2026-9%05d", n),
                               .state = "received",
                               .version = 1,
                               .opened_usec = 0,
                               .closed_usec = TIME_NONE,
                               .opener = "public",
                               .lang = "kk",
                               .assignee = n % 2 ? reading->f.moderator.account_id : NULL,
                               .fields = "{}",
                               .next_due_usec = due_usec,
                               .next_overdue_usec = due_usec};
        struct clock_row clock = {.case_id = id,
                                  .clock = "answer",
                                  .norm = "opl.11.3",
                                  .starts_usec = 0,
                                  .due_usec = due_usec,
                                  .overdue_usec = due_usec + USEC_PER_SEC,
                                  .state = "running",
                                  .stopped_usec = TIME_NONE,
                                  .remind_usec = TIME_NONE,
                                  .calendar_hash = reading->f.office.calendar_hash,
                                  .catalogue_hash = reading->f.office.catalogue_hash};
        r = store_case_insert(tx, &row, err);
        if (r == 0)
            r = store_clock_put(tx, &clock, err);
    }
    return r;
}

static void test_the_earliest_thousand(void **state)
{
    struct reading reading;
    struct err err = {0};
    int n = 0;

    start(&reading);
    assert_int_equal(store_write(reading.f.store, put_many, &reading, &err), 0);
    assert_int_equal(read_calendar(&reading, &reading.f.moderator), CALENDAR_EVENTS_MAX);
    for (icalcomponent *event = icalcomponent_get_first_component(reading.calendar, ICAL_VEVENT_COMPONENT);
         event != NULL; event = icalcomponent_get_next_component(reading.calendar, ICAL_VEVENT_COMPONENT), n++) {
        char number[32];
        snprintf(number, sizeof number, "Ш-2026-9%05d:", n);
        assert_memory_equal(icalcomponent_get_summary(event), number, strlen(number));
    }
    assert_int_equal(n, CALENDAR_EVENTS_MAX);
    assert_int_equal(read_calendar(&reading, &reading.f.registrar), MANY / 2); /* of nobody */
    end(&reading);
}

/* No room for the answer is an error of the caller's buffer; none in the arena, of ours. */
static void test_no_memory_is_an_error(void **state)
{
    struct reading reading;
    struct case_opened opened;
    struct arena small;
    struct err err = {0};
    struct tx *tx;

    start(&reading);
    open_complaint(&reading, &opened);
    arena_init(&small, 512);
    assert_int_equal(store_read_begin(reading.f.store, &tx, &err), 0);
    assert_int_equal(
        calendar_feed_write(tx, &reading.f.office, &reading.f.moderator, PUBLIC_URL, &small, &reading.text, &err),
        -ERR_MEMORY);
    store_read_end(tx);
    assert_int_equal(reading.text.len, 0);
    arena_done(&small);
    end(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_owes_anything),
        cmocka_unit_test(test_a_period_in_days_is_a_day),
        cmocka_unit_test(test_hours_are_a_moment),
        cmocka_unit_test(test_the_zone_is_that_of_the_day),
        cmocka_unit_test(test_at_once_stands_where_it_began),
        cmocka_unit_test(test_a_right_is_told_and_does_not_ring),
        cmocka_unit_test(test_each_sees_their_own_and_nobodys),
        cmocka_unit_test(test_what_is_done_is_gone),
        cmocka_unit_test(test_it_says_nothing_that_anybody_wrote),
        cmocka_unit_test(test_lines_are_folded),
        cmocka_unit_test(test_the_same_rows_give_the_same_bytes),
        cmocka_unit_test(test_the_earliest_thousand),
        cmocka_unit_test(test_no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
