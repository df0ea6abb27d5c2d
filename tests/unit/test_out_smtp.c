/* Sending to a real SMTP server, and what becomes of it when the server refuses, hangs, is away or is a neighbour. */
#include "base/json.h"
#include "base/time.h"
#include "out/mail.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ROW_ID "019a0000-0000-7000-8000-00000000000a"

static struct server {
    char folder[40], url[60];
    pid_t pid;
    int in; /* closing it ends the server */
    int taken;
} server;
static struct zone zone;

static int start_server(void **state)
{
    int to[2], from[2];
    char port[16] = "";
    FILE *said;

    snprintf(server.folder, sizeof(server.folder), "/tmp/talap-smtp-XXXXXX");
    if (zone_load("Asia/Almaty", &zone, NULL) != 0 || mkdtemp(server.folder) == NULL || pipe(to) != 0 ||
        pipe(from) != 0)
        return -1;
    server.pid = fork();
    if (server.pid == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        close(to[1]);
        close(from[0]);
        execl("/usr/bin/python3", "python3", UNIT_DIR "/smtp_server.py", server.folder, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    server.in = to[1];
    said = fdopen(from[0], "r");
    if (said == NULL || fgets(port, sizeof(port), said) == NULL)
        return -1;
    fclose(said);
    snprintf(server.url, sizeof(server.url), "smtp://127.0.0.1:%d", atoi(port));
    return 0;
}

static int stop_server(void **state)
{
    char command[100];

    close(server.in);
    waitpid(server.pid, NULL, 0);
    snprintf(command, sizeof(command), "rm -r %s", server.folder);
    return system(command);
}

static struct mailer_settings settings_of(const char *url)
{
    return (struct mailer_settings){.url = url,
                                    .from = "talap@alan.example.kz",
                                    .allow_private = true,
                                    .connect_timeout_msec = 2000,
                                    .total_timeout_msec = 4000};
}

static int send_to(const struct mailer_settings *settings, const char *to, struct err *err)
{
    const struct mail_message message = {.to = to,
                                         .subject = "Жауап дайын",
                                         .text = "Сәлеметсіз бе!\n.\nНүктеден кейін.\n",
                                         .attachment_name = "Ш-2026-000123.pdf",
                                         .attachment = "%PDF-",
                                         .attachment_len = 5};
    struct buf raw;
    int r;

    buf_init(&raw, 1 << 20);
    assert_int_equal(mail_format(settings, &message, ROW_ID, 0, &zone, &raw, NULL), 0);
    r = mail_send(settings, &message, raw.data, raw.len, err);
    buf_done(&raw);
    return r;
}

static json_t *taken_message(void)
{
    char path[80];
    json_t *json;

    snprintf(path, sizeof(path), "%s/%d.json", server.folder, server.taken++);
    json = json_load_file(path, 0, NULL);
    assert_non_null(json);
    return json;
}

static void a_message_arrives(void **state)
{
    struct mailer_settings settings = settings_of(server.url);
    struct err err = {0};
    json_t *json;

    if (send_to(&settings, "aigul@example.kz", &err) != 0)
        fail_msg("%s %s", err.code, err.detail);
    json = taken_message();
    assert_string_equal(json_string_value(json_object_get(json, "envelope_from")), "talap@alan.example.kz");
    assert_string_equal(json_string_value(json_array_get(json_object_get(json, "envelope_to"), 0)), "aigul@example.kz");
    assert_string_equal(json_string_value(json_object_get(json, "text")), "Сәлеметсіз бе!\n.\nНүктеден кейін.\n");
    assert_int_equal(json_array_size(json_object_get(json, "attachments")), 1);
    assert_true(json_is_null(json_object_get(json, "user")));
    json_decref(json);
}

static void a_password_is_checked(void **state)
{
    struct mailer_settings settings = settings_of(server.url);
    struct err err = {0};
    json_t *json;

    settings.user = "talap";
    settings.password = "right";
    if (send_to(&settings, "aigul@example.kz", &err) != 0)
        fail_msg("%s %s", err.code, err.detail);
    json = taken_message();
    assert_string_equal(json_string_value(json_object_get(json, "user")), "talap");
    json_decref(json);
    settings.password = "wrong";
    assert_int_equal(send_to(&settings, "aigul@example.kz", &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "mail_refused");
    assert_null(strstr(err.detail, "wrong"));
}

static void a_refusal_is_told_without_the_address(void **state)
{
    static const struct {
        const char *to, *answer;
    } cases[] = {{"refused@example.kz", "550"}, {"later@example.kz", "451"}};
    struct mailer_settings settings = settings_of(server.url);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};

        assert_int_equal(send_to(&settings, cases[i].to, &err), -ERR_UNAVAILABLE);
        assert_string_equal(err.code, "mail_refused");
        if (strstr(err.detail, cases[i].answer) == NULL)
            fail_msg("%s", err.detail);
        assert_null(strchr(err.detail, '@'));
        assert_null(strstr(err.detail, "example.kz"));
        assert_string_equal(err.arg, "");
    }
}

static void a_server_that_hangs_is_left(void **state)
{
    struct mailer_settings settings = settings_of(server.url);
    struct err err = {0};
    int64_t begun = time_now_usec();

    settings.total_timeout_msec = 700;
    assert_int_equal(send_to(&settings, "hang@example.kz", &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "mail_unreachable");
    assert_true(time_now_usec() - begun < 5 * USEC_PER_SEC);
    assert_null(strchr(err.detail, '@'));
}

/* A port that takes connections and never says a word. */
static void a_silent_server_is_left(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct mailer_settings settings;
    struct err err = {0};
    char url[60];

    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(url, sizeof(url), "smtp://127.0.0.1:%d", ntohs(address.sin_port));
    settings = settings_of(url);
    settings.total_timeout_msec = 500;
    assert_int_equal(send_to(&settings, "a@b.kz", &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "mail_unreachable");
    close(fd);
    /* And now nobody listens there. */
    settings.total_timeout_msec = 3000;
    err_clear(&err);
    assert_int_equal(send_to(&settings, "a@b.kz", &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "mail_unreachable");
}

static void other_schemes_are_refused(void **state)
{
    static const char *const urls[] = {"http://127.0.0.1:1", "file:///etc/passwd", "ftp://127.0.0.1:1",
                                       "gopher://127.0.0.1:1", "imap://127.0.0.1:1"};

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct mailer_settings settings = settings_of(urls[i]);
        struct err err = {0};

        assert_int_equal(send_to(&settings, "a@b.kz", &err), -ERR_UNAVAILABLE);
        assert_string_equal(err.code, "mail_unreachable");
    }
}

static void a_neighbour_is_refused_unless_allowed(void **state)
{
    struct mailer_settings settings = settings_of(server.url);
    struct err err = {0};
    char path[80], by_name[60];

    settings.allow_private = false;
    assert_int_equal(send_to(&settings, "a@b.kz", &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "mail_unreachable");
    assert_non_null(strstr(err.detail, "private"));
    /* The address is looked at, not the name. */
    snprintf(by_name, sizeof(by_name), "smtp://localhost:%s", strrchr(server.url, ':') + 1);
    settings.url = by_name;
    assert_int_equal(send_to(&settings, "a@b.kz", &err), -ERR_UNAVAILABLE);
    assert_non_null(strstr(err.detail, "private"));
    snprintf(path, sizeof(path), "%s/%d.json", server.folder, server.taken);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void whose_address_it_is(void **state)
{
    static const struct {
        const char *address;
        bool expected;
    } cases[] = {
        {"0.0.0.0", false},
        {"0.1.2.3", false},
        {"1.1.1.1", true},
        {"9.255.255.255", true},
        {"10.0.0.1", false},
        {"10.255.255.255", false},
        {"11.0.0.0", true},
        {"100.63.255.255", true},
        {"100.64.0.1", false},
        {"100.127.255.255", false},
        {"100.128.0.0", true},
        {"126.255.255.255", true},
        {"127.0.0.1", false},
        {"127.255.255.254", false},
        {"128.0.0.1", true},
        {"169.253.255.255", true},
        {"169.254.169.254", false},
        {"169.255.0.0", true},
        {"172.15.255.255", true},
        {"172.16.0.1", false},
        {"172.31.255.255", false},
        {"172.32.0.0", true},
        {"192.0.0.8", false},
        {"192.0.1.0", true},
        {"192.0.2.1", false},
        {"192.88.99.1", false},
        {"192.167.255.255", true},
        {"192.168.0.1", false},
        {"192.169.0.0", true},
        {"198.17.255.255", true},
        {"198.18.0.1", false},
        {"198.19.255.255", false},
        {"198.20.0.0", true},
        {"198.51.100.7", false},
        {"203.0.113.7", false},
        {"223.255.255.255", true},
        {"224.0.0.1", false},
        {"239.255.255.255", false},
        {"240.0.0.1", false},
        {"255.255.255.255", false},
        {"::", false},
        {"::1", false},
        {"::2", false},
        {"::127.0.0.1", false},
        {"::ffff:127.0.0.1", false},
        {"::ffff:10.0.0.1", false},
        {"::ffff:1.1.1.1", true},
        {"64:ff9b::a00:1", false},
        {"64:ff9b::101:101", true},
        {"64:ff9b:1::101:101", false},
        {"100::1", false},
        {"2001::1", false},
        {"2001:db8::1", false},
        {"2001:4860:4860::8888", true},
        {"2a00:1450::1", true},
        {"2002:a00:1::1", false},
        {"2002:7f00:1::", false},
        {"2002:101:101::1", true},
        {"3fff::1", false},
        {"3fff:1000::1", true},
        {"fc00::1", false},
        {"fd12:3456::1", false},
        {"fe80::1", false},
        {"febf::1", false},
        {"fec0::1", false},
        {"ff02::1", false},
        {"4000::1", false},
    };
    const struct sockaddr_un unix_address = {.sun_family = AF_UNIX};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        bool six = strchr(cases[i].address, ':') != NULL;
        const struct sockaddr *address = six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;

        assert_int_equal(
            inet_pton(six ? AF_INET6 : AF_INET, cases[i].address, six ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr),
            1);
        if (mail_server_public(address) != cases[i].expected)
            fail_msg("%s", cases[i].address);
    }
    assert_false(mail_server_public((const struct sockaddr *)&unix_address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_arrives),
        cmocka_unit_test(a_password_is_checked),
        cmocka_unit_test(a_refusal_is_told_without_the_address),
        cmocka_unit_test(a_server_that_hangs_is_left),
        cmocka_unit_test(a_silent_server_is_left),
        cmocka_unit_test(other_schemes_are_refused),
        cmocka_unit_test(a_neighbour_is_refused_unless_allowed),
        cmocka_unit_test(whose_address_it_is),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
