#include "../scenario/fixture.h"
#include "cases/registers.h"
#include "jobs/jobs.h"
#include "unit.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int64_t moment(const struct fixture *fixture, const char *text)
{
    int64_t at_usec;

    assert_true(moment_parse(text, &fixture->catalogues[0]->calendar->zone, &at_usec));
    return at_usec;
}

static int64_t no_clock(void)
{
    fail_msg("a pass was given its time and must not ask for another");
    return 0;
}

struct desk {
    struct fixture fixture;
    struct mailer_settings mail;
    struct jobs_settings settings;
};

static void desk_start(struct desk *desk, const char *mail_url)
{
    struct err err = {0};

    fixture_start(&desk->fixture);
    /* Mail without a paper: what is drawn is not what is tried here. */
    fixture_edit_law(&desk->fixture, "procedures/complaint.yaml", "paper: receipt\n", "");
    assert_int_equal(fixture_reload(&desk->fixture, &err), 0);
    desk->mail = (struct mailer_settings){.url = mail_url,
                                          .from = "talap@example.kz",
                                          .allow_private = true,
                                          .public_url = "http://127.0.0.1",
                                          .connect_timeout_msec = 2000,
                                          .total_timeout_msec = 2000};
    desk->settings = (struct jobs_settings){.office = &desk->fixture.office, .mail = &desk->mail, .now = no_clock};
}

/* Passes until there is nothing left; how much was handled. */
static size_t pass(struct desk *desk, int64_t now_usec)
{
    size_t all = 0, handled = 0, sent = 0;
    struct err err = {0};

    do {
        assert_int_equal(jobs_pass(&desk->settings, now_usec, &handled, &err), 0);
        all += handled;
        assert_int_equal(outbox_pass(&desk->settings, now_usec, &sent, &err), 0);
        all += sent;
        assert_true(all < 1000);
    } while (handled + sent > 0);
    return all;
}

static void open_complaint(struct desk *desk, int64_t now_usec, const char *email, struct case_opened *ret)
{
    const char *texts[] = {"interface", "Батырма жұмыс істемейді, тексеріңіз", email};
    const struct raw_value raw[] = {{.name = "about", .kind = RAW_STRING, .count = 1, .texts = &texts[0]},
                                    {.name = "text", .kind = RAW_STRING, .count = 1, .texts = &texts[1]},
                                    {.name = "contact_email", .kind = RAW_STRING, .count = 1, .texts = &texts[2]}};
    struct fixture_opening opening = {
        .actor = &desk->fixture.anonymous, .now_usec = now_usec, .raw = raw, .raw_count = email ? 3 : 2};
    struct err err = {0};

    assert_int_equal(fixture_open_case(&desk->fixture, &opening, ret, &err), 0);
}

static size_t events_of_kind(struct desk *desk, const char *case_id, const char *kind)
{
    struct event_row *rows;
    struct tx *tx = NULL;
    struct arena arena;
    struct err err = {0};
    size_t count, found = 0;

    arena_init(&arena, 1 << 20);
    assert_int_equal(store_read_begin(desk->fixture.store, &tx, &err), 0);
    assert_int_equal(store_event_of_case(tx, case_id, NULL, &arena, &rows, &count, &err), 0);
    for (size_t i = 0; i < count; i++)
        found += strcmp(rows[i].kind, kind) == 0;
    store_read_end(tx);
    arena_done(&arena);
    return found;
}

/* The case's messages for one purpose; the newest in *ret, in the arena. */
static size_t messages(struct desk *desk, const char *case_id, const char *purpose, struct arena *arena,
                       struct outbox_row *ret)
{
    struct outbox_row *rows;
    struct tx *tx = NULL;
    struct err err = {0};
    size_t count, found = 0;

    assert_int_equal(store_read_begin(desk->fixture.store, &tx, &err), 0);
    assert_int_equal(store_outbox_of_case(tx, case_id, arena, &rows, &count, &err), 0);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].purpose, purpose) == 0) {
            *ret = rows[i];
            found++;
        }
    store_read_end(tx);
    return found;
}

static void test_backoff_doubles_to_six_hours_and_gives_up(void **state)
{
    const int64_t minute = 60 * USEC_PER_SEC;

    (void)state;
    assert_int_equal(outbox_backoff_usec(1), minute);
    assert_int_equal(outbox_backoff_usec(2), 2 * minute);
    assert_int_equal(outbox_backoff_usec(9), 256 * minute);
    assert_int_equal(outbox_backoff_usec(10), 360 * minute);
    assert_int_equal(outbox_backoff_usec(19), 360 * minute);
    assert_int_equal(outbox_backoff_usec(20), -1);
}

static void test_reminders_and_overdue_come_to_the_second(void **state)
{
    struct case_opened opened;
    struct desk desk;

    (void)state;
    desk_start(&desk, NULL);
    /* Due 9 April 23:59:59; reminders 5 and 1 days before at 09:00; overdue 10 April 00:00. */
    open_complaint(&desk, moment(&desk.fixture, "2026-03-20T10:00:00+05:00"), NULL, &opened);
    assert_true(pass(&desk, moment(&desk.fixture, "2026-03-20T10:00:01+05:00")) > 0); /* words for the search */
    assert_int_equal(pass(&desk, moment(&desk.fixture, "2026-04-04T08:59:59+05:00")), 0);
    assert_true(pass(&desk, moment(&desk.fixture, "2026-04-04T09:00:00+05:00")) > 0);
    assert_int_equal(events_of_kind(&desk, opened.id, "clock.reminded"), 1);
    pass(&desk, moment(&desk.fixture, "2026-04-08T09:00:00+05:00"));
    assert_int_equal(events_of_kind(&desk, opened.id, "clock.reminded"), 2);
    pass(&desk, moment(&desk.fixture, "2026-04-09T23:59:59+05:00"));
    assert_int_equal(events_of_kind(&desk, opened.id, "clock.overdue"), 0);
    pass(&desk, moment(&desk.fixture, "2026-04-10T00:00:00+05:00"));
    assert_int_equal(events_of_kind(&desk, opened.id, "clock.overdue"), 1);
    /* Told once, however often one looks. */
    assert_int_equal(pass(&desk, moment(&desk.fixture, "2026-04-11T00:00:00+05:00")), 0);
    assert_int_equal(events_of_kind(&desk, opened.id, "clock.overdue"), 1);
    fixture_end(&desk.fixture);
}

static void test_mail_waits_without_a_server(void **state)
{
    struct outbox_row row = {0};
    struct case_opened opened;
    struct arena arena;
    struct desk desk;

    (void)state;
    arena_init(&arena, 1 << 20);
    desk_start(&desk, NULL);
    open_complaint(&desk, moment(&desk.fixture, "2026-03-20T10:00:00+05:00"), "aigul@example.kz", &opened);
    pass(&desk, moment(&desk.fixture, "2026-03-21T10:00:00+05:00"));
    assert_int_equal(messages(&desk, opened.id, "receipt", &arena, &row), 1);
    assert_string_equal(row.state, "waiting");
    assert_int_equal(row.attempts, 0);
    fixture_end(&desk.fixture);
    arena_done(&arena);
}

static void test_an_absent_server_is_tried_again_later_and_given_up_at_last(void **state)
{
    struct outbox_row row = {0};
    struct case_opened opened;
    struct arena arena;
    struct desk desk;
    int64_t now_usec;

    (void)state;
    arena_init(&arena, 4 << 20);
    desk_start(&desk, "smtp://127.0.0.1:1"); /* nobody listens there */
    now_usec = moment(&desk.fixture, "2026-03-20T10:00:00+05:00");
    open_complaint(&desk, now_usec, "aigul@example.kz", &opened);
    pass(&desk, now_usec);
    assert_int_equal(messages(&desk, opened.id, "receipt", &arena, &row), 1);
    assert_string_equal(row.state, "waiting");
    assert_string_equal(row.last_error, "mail_unreachable");
    assert_int_equal(row.attempts, 1);
    assert_int_equal(row.next_usec, now_usec + 60 * USEC_PER_SEC);
    /* Not before its time. */
    pass(&desk, now_usec + 59 * USEC_PER_SEC);
    messages(&desk, opened.id, "receipt", &arena, &row);
    assert_int_equal(row.attempts, 1);
    for (int attempt = 2; attempt <= 20; attempt++) {
        now_usec = row.next_usec;
        pass(&desk, now_usec);
        messages(&desk, opened.id, "receipt", &arena, &row);
        assert_int_equal(row.attempts, attempt);
    }
    assert_string_equal(row.state, "failed");
    pass(&desk, now_usec + 30 * USEC_PER_DAY);
    messages(&desk, opened.id, "receipt", &arena, &row);
    assert_int_equal(row.attempts, 20);
    fixture_end(&desk.fixture);
    arena_done(&arena);
}

static void test_what_is_no_address_is_given_up_at_once(void **state)
{
    struct outbox_row row = {0};
    struct case_opened opened;
    struct arena arena;
    struct desk desk;

    (void)state;
    arena_init(&arena, 1 << 20);
    desk_start(&desk, "smtp://127.0.0.1:1");
    fixture_sql(&desk.fixture, "UPDATE account SET email = 'no address' WHERE email <> ''");
    open_complaint(&desk, moment(&desk.fixture, "2026-03-20T10:00:00+05:00"), NULL, &opened);
    pass(&desk, moment(&desk.fixture, "2026-04-04T09:00:00+05:00"));
    assert_int_equal(messages(&desk, opened.id, "reminder", &arena, &row), 2); /* moderator, registrar */
    assert_string_equal(row.state, "failed");
    assert_string_equal(row.last_error, "mail_address");
    assert_int_equal(row.attempts, 1);
    fixture_end(&desk.fixture);
    arena_done(&arena);
}

/* A mail server that takes the connection and then says nothing. */
static int silent_server(char ret_url[static 32])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(ret_url, 32, "smtp://127.0.0.1:%d", ntohs(address.sin_port));
    return fd;
}

static _Atomic int64_t shown_usec;

static int64_t shown_time(void)
{
    return shown_usec;
}

static bool comes_within(struct desk *desk, const char *case_id, const char *kind, int msec)
{
    for (; msec > 0 && events_of_kind(desk, case_id, kind) == 0; msec -= 20)
        usleep(20000);
    return msec > 0;
}

static void test_no_clock_waits_for_the_mail(void **state)
{
    struct outbox_row row = {0};
    struct case_opened opened[3];
    struct jobs *jobs;
    struct arena arena;
    struct desk desk;
    struct err err = {0};
    char url[32];
    int server = silent_server(url);

    (void)state;
    arena_init(&arena, 4 << 20);
    desk_start(&desk, url);
    desk.settings.now = shown_time;
    shown_usec = moment(&desk.fixture, "2026-03-20T10:00:00+05:00");
    for (int i = 0; i < 3; i++)
        open_complaint(&desk, shown_usec, "aigul@example.kz", &opened[i]);
    assert_int_equal(jobs_start(&desk.settings, &jobs, &err), 0);
    do /* until the first delivery is under way; each takes two seconds */
        usleep(20000);
    while (messages(&desk, opened[0].id, "receipt", &arena, &row) == 1 && row.attempts == 0);
    shown_usec = moment(&desk.fixture, "2026-04-10T00:00:00+05:00");
    assert_true(comes_within(&desk, opened[2].id, "clock.overdue", 1800));
    jobs_stop(jobs);
    close(server);
    fixture_end(&desk.fixture);
    arena_done(&arena);
}

static void test_the_index_follows_though_nobody_asks(void **state)
{
    struct person_index_figures figures;
    struct case_opened opened;
    struct jobs *jobs;
    struct desk desk;
    struct err err = {0};
    int64_t size = 0;
    struct tx *tx = NULL;

    (void)state;
    desk_start(&desk, NULL);
    desk.settings.now = shown_time;
    shown_usec = moment(&desk.fixture, "2026-03-20T10:00:00+05:00");
    assert_int_equal(person_index_new(&desk.fixture.office, 1, shown_usec, &desk.settings.index, &err), 0);
    assert_int_equal(jobs_start(&desk.settings, &jobs, &err), 0);
    open_complaint(&desk, shown_usec, NULL, &opened);
    assert_int_equal(store_read_begin(desk.fixture.store, &tx, &err), 0);
    assert_int_equal(store_ledger_size(tx, &size, &err), 0);
    store_read_end(tx);
    for (int i = 0; i < 500; i++) {
        person_index_figures(desk.settings.index, &figures);
        if (figures.leaf >= size)
            break;
        usleep(20000);
    }
    assert_true(size > 0 && figures.leaf >= size);
    jobs_stop(jobs);
    person_index_free(desk.settings.index);
    fixture_end(&desk.fixture);
}

static void test_two_laws_at_work_do_not_compute_back_and_forth(void **state)
{
    struct case_opened opened;
    struct office before;
    struct jobs *old, *new;
    struct desk desk;
    struct err err = {0};

    (void)state;
    desk_start(&desk, NULL);
    desk.settings.now = shown_time;
    shown_usec = moment(&desk.fixture, "2026-03-20T10:00:00+05:00");
    open_complaint(&desk, shown_usec, NULL, &opened);
    before = desk.fixture.office;
    fixture_edit_law(&desk.fixture, "calendar.yaml", "  - {id: unity_day,",
                     "  - {id: new_day, month: 4, day: 9, since: 2026, carried: true, title: {kk: Жаңа, ru: Новый, en: "
                     "New}}\n  - {id: unity_day,");
    assert_int_equal(fixture_reload(&desk.fixture, &err), 0);
    desk.settings.office = &before;
    assert_int_equal(jobs_start(&desk.settings, &old, &err), 0);
    usleep(300000);
    desk.settings.office = &desk.fixture.office;
    assert_int_equal(jobs_start(&desk.settings, &new, &err), 0);
    assert_true(comes_within(&desk, opened.id, "clock.recomputed", 3000));
    usleep(2500000);
    assert_int_equal(events_of_kind(&desk, opened.id, "clock.recomputed"), 1);
    jobs_stop(old);
    jobs_stop(new);
    fixture_end(&desk.fixture);
}

static void test_nobodys_mailbox_is_flooded_with_receipts(void **state)
{
    struct outbox_row row = {0};
    struct case_opened opened;
    struct arena arena;
    struct desk desk;
    int64_t now_usec;

    (void)state;
    arena_init(&arena, 4 << 20);
    desk_start(&desk, NULL);
    now_usec = moment(&desk.fixture, "2026-03-20T10:00:00+05:00");
    for (int i = 0; i < 10; i++) {
        open_complaint(&desk, now_usec + i * USEC_PER_SEC, "aigul@example.kz", &opened);
        assert_int_equal(messages(&desk, opened.id, "receipt", &arena, &row), 1);
    }
    open_complaint(&desk, now_usec + 60 * USEC_PER_SEC, "aigul@example.kz", &opened);
    assert_int_equal(messages(&desk, opened.id, "receipt", &arena, &row), 0);
    /* Somebody else's is not touched by it, and a day later it is over. */
    open_complaint(&desk, now_usec + 61 * USEC_PER_SEC, "marat@example.kz", &opened);
    assert_int_equal(messages(&desk, opened.id, "receipt", &arena, &row), 1);
    open_complaint(&desk, now_usec + USEC_PER_DAY + 61 * USEC_PER_SEC, "aigul@example.kz", &opened);
    assert_int_equal(messages(&desk, opened.id, "receipt", &arena, &row), 1);
    fixture_end(&desk.fixture);
    arena_done(&arena);
}

static bool registers_wait(struct desk *desk)
{
    struct tx *tx = NULL;
    struct err err = {0};
    bool stale = false;

    assert_int_equal(store_read_begin(desk->fixture.store, &tx, &err), 0);
    assert_int_equal(register_stale(tx, &desk->fixture.office, &stale, &err), 0);
    store_read_end(tx);
    return stale;
}

static void test_a_changed_law_makes_registers_anew(void **state)
{
    struct case_opened opened;
    struct err err = {0};
    struct desk desk;
    int64_t now_usec;

    (void)state;
    desk_start(&desk, NULL);
    now_usec = moment(&desk.fixture, "2026-03-20T10:00:00+05:00");
    pass(&desk, now_usec);
    assert_false(registers_wait(&desk));
    open_complaint(&desk, now_usec, NULL, &opened);
    assert_false(registers_wait(&desk));
    fixture_edit_law(&desk.fixture, "procedures/complaint.yaml", NULL, "# another law\n");
    assert_int_equal(fixture_reload(&desk.fixture, &err), 0);
    assert_true(registers_wait(&desk));
    pass(&desk, now_usec);
    assert_false(registers_wait(&desk));
    fixture_end(&desk.fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backoff_doubles_to_six_hours_and_gives_up),
        cmocka_unit_test(test_reminders_and_overdue_come_to_the_second),
        cmocka_unit_test(test_a_changed_law_makes_registers_anew),
        cmocka_unit_test(test_mail_waits_without_a_server),
        cmocka_unit_test(test_nobodys_mailbox_is_flooded_with_receipts),
        cmocka_unit_test(test_an_absent_server_is_tried_again_later_and_given_up_at_last),
        cmocka_unit_test(test_what_is_no_address_is_given_up_at_once),
        cmocka_unit_test(test_no_clock_waits_for_the_mail),
        cmocka_unit_test(test_the_index_follows_though_nobody_asks),
        cmocka_unit_test(test_two_laws_at_work_do_not_compute_back_and_forth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
