/* Messages are read back by somebody else's parser (Python's email): what was put in comes out, and nothing else. */
#include "base/digest.h"
#include "base/json.h"
#include "base/time.h"
#include "out/mail.h"
#include "out/mime.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROW_ID "019a0000-0000-7000-8000-00000000000a"

static struct zone zone;
static const struct mailer_settings settings = {.from = "talap@alan.example.kz"};

static int load_zone(void **state)
{
    return zone_load("Asia/Almaty", &zone, NULL);
}

static json_t *format_and_read(const struct mail_message *message)
{
    char path[] = "/tmp/talap-mail-XXXXXX", command[300], *text;
    size_t room = 1 << 20, got;
    struct buf raw;
    struct err err = {0};
    FILE *file;
    json_t *json = NULL;
    /* 23:30:05 of 5 November in Astana: another day in UTC. */
    int64_t now = zone_moment(&zone, day_from_date((struct date){2026, 11, 6}), 1 * 3600 + 30 * 60 + 5);

    buf_init(&raw, 4 << 20);
    if (mail_format(&settings, message, ROW_ID, now, &zone, &raw, &err) != 0)
        fail_msg("%s %s", err.code, err.detail);
    file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(raw.data, 1, raw.len, file), raw.len);
    assert_int_equal(fclose(file), 0);
    buf_done(&raw);
    snprintf(command, sizeof(command), "/usr/bin/python3 " UNIT_DIR "/smtp_server.py --read < %s", path);
    file = popen(command, "r");
    assert_non_null(file);
    text = malloc(room);
    assert_non_null(text);
    got = fread(text, 1, room, file);
    assert_int_equal(pclose(file), 0);
    unlink(path);
    assert_int_equal(json_parse(text, got, &json, NULL), 0);
    free(text);
    assert_int_equal(json_array_size(json_object_get(json, "defects")), 0);
    assert_int_equal(json_integer_value(json_object_get(json, "bare_newlines")), 0);
    /* 78 is a wish, 998 the law (RFC 5322, 2.1.1); only a strange file name makes a line long. */
    assert_true(json_integer_value(json_object_get(json, "longest_line")) <= (message->attachment_name ? 998 : 78));
    assert_true(json_is_true(json_object_get(json, "ascii")));
    return json;
}

static const char *header(const json_t *json, const char *name)
{
    const char *found = NULL;
    const json_t *list = json_object_get(json, "headers");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcasecmp(json_string_value(json_array_get(json_array_get(list, i), 0)), name) == 0) {
            assert_null(found); /* once */
            found = json_string_value(json_array_get(json_array_get(list, i), 1));
        }
    return found != NULL ? found : "";
}

static void a_plain_message_is_read_back(void **state)
{
    const struct mail_message message = {
        .to = "aigul@example.kz",
        .subject = "Шағымға уәжді жауап: Ш-2026-000123, өте ұзақ тақырып, қатарға сыймайды, ғылым мен һәм үшін",
        .text = "Сәлеметсіз бе!\n\nӘріптер: ә ғ қ ң ө ұ ү һ і.\n.\n..нүктелер\n"};
    json_t *json = format_and_read(&message);

    assert_string_equal(header(json, "subject"), message.subject);
    assert_string_equal(header(json, "from"), "talap@alan.example.kz");
    assert_string_equal(header(json, "to"), "aigul@example.kz");
    assert_string_equal(header(json, "date"), "Fri, 06 Nov 2026 01:30:05 +0500");
    assert_string_equal(header(json, "message-id"), "<" ROW_ID "@alan.example.kz>");
    assert_string_equal(header(json, "auto-submitted"), "auto-generated");
    assert_string_equal(header(json, "mime-version"), "1.0");
    assert_string_equal(json_string_value(json_object_get(json, "text")), message.text);
    assert_int_equal(json_array_size(json_object_get(json, "attachments")), 0);
    json_decref(json);
}

static void an_attachment_is_read_back(void **state)
{
    static uint8_t bytes[100003];
    struct mail_message message = {.to = "a@b.kz",
                                   .subject = "x",
                                   .text = "y",
                                   .attachment_name = "Ш-2026-000123 \"қ\"\r\nX: y.pdf",
                                   .attachment = bytes};
    /* Around the edges of a line and of base64's padding. */
    const size_t sizes[] = {0, 1, 2, 3, 56, 57, 58, 114, sizeof(bytes)};
    char hex[65];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * i >> 3);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct hash hash = sha256_of(bytes, sizes[i], NULL, 0, NULL, 0);
        const json_t *attachment;
        json_t *json;

        message.attachment_len = sizes[i];
        json = format_and_read(&message);
        assert_int_equal(json_array_size(json_object_get(json, "attachments")), 1);
        attachment = json_array_get(json_object_get(json, "attachments"), 0);
        hex_encode(hash.bytes, sizeof(hash.bytes), hex);
        assert_string_equal(json_string_value(json_object_get(attachment, "sha256")), hex);
        assert_string_equal(json_string_value(json_object_get(attachment, "type")), "application/pdf");
        assert_non_null(strstr(json_string_value(json_object_get(attachment, "name")), "Ш-2026-000123"));
        assert_string_equal(json_string_value(json_object_get(json, "text")), "y");
        assert_string_equal(header(json, "x"), "");
        json_decref(json);
    }
}

static void a_subject_cannot_add_a_header(void **state)
{
    const struct mail_message message = {
        .to = "a@b.kz", .subject = "жауап\r\nBcc: thief@example.kz\n\ttwo?= =?UTF-8?B?QQ==?=", .text = "y"};
    json_t *json = format_and_read(&message);

    assert_string_equal(header(json, "bcc"), "");
    assert_string_equal(header(json, "subject"), "жауап  Bcc: thief@example.kz  two?= =?UTF-8?B?QQ==?=");
    json_decref(json);
}

/* Cut anywhere: an encoded word never parts a character. */
static void subjects_of_every_length_are_read_back(void **state)
{
    char subject[300] = "";

    for (int i = 0; i < 60; i += 7) {
        struct mail_message message = {.to = "a@b.kz", .subject = subject, .text = "y"};
        json_t *json;

        memset(subject, 'x', (size_t)(i % 3));
        subject[i % 3] = '\0';
        for (int k = 0; k < i; k++)
            strcat(subject, k % 5 == 4 ? "🙂" : "қ");
        strcat(subject, "!");
        json = format_and_read(&message);
        assert_string_equal(header(json, "subject"), subject);
        json_decref(json);
    }
}

static void an_address_that_breaks_out_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",         "aigul",      "@b.kz",    "a@",        "a@b@c.kz",   "a b@c.kz",   "a@b.kz\r\nBcc: c@d.kz",
        "a@b.kz\n", "\ta@b.kz",   "<a@b.kz",  "a@b.kz>",   "a,b@c.kz",   "\"a\"@b.kz", "a@b.kz;c@d.kz",
        "қ@b.kz",   "a@b.kz\x7f", "a\\@b.kz", "(x)a@b.kz", "a@[1.2.3.4]"};
    static const char *const right[] = {"a@b", "a.b+c@d-e.kz", "o'neil@example.kz", "x_=!#$%&*/?^`{|}~@b.kz"};
    struct mail_message message = {.subject = "x", .text = "y"};
    char many[300];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct mailer_settings bad = {.from = wrong[i]};
        struct err err = {0};
        struct buf out;

        if (mail_address_right(wrong[i]))
            fail_msg("taken: %s", wrong[i]);
        buf_init(&out, 1 << 20);
        message.to = wrong[i];
        assert_int_equal(mail_format(&settings, &message, ROW_ID, 0, &zone, &out, &err), -ERR_BAD_INPUT);
        assert_string_equal(err.code, "mail_address");
        assert_int_equal(mail_send(&settings, &message, "x", 1, &err), -ERR_BAD_INPUT);
        message.to = "a@b.kz";
        assert_int_equal(mail_format(&bad, &message, ROW_ID, 0, &zone, &out, &err), -ERR_BAD_INPUT);
        assert_int_equal(out.len, 0);
        buf_done(&out);
    }
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
        assert_true(mail_address_right(right[i]));
    memset(many, 'a', sizeof(many));
    memcpy(many + 250, "@b.k", 5);
    assert_true(mail_address_right(many));
    memcpy(many + 251, "@b.k", 5);
    assert_false(mail_address_right(many));
    assert_false(mail_address_right(NULL));
}

static void a_full_buffer_is_an_error(void **state)
{
    const struct mail_message message = {.to = "a@b.kz", .subject = "x", .text = "y"};
    struct err err = {0};
    struct buf out;

    buf_init(&out, 100);
    assert_int_equal(mail_format(&settings, &message, ROW_ID, 0, &zone, &out, &err), -ERR_MEMORY);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_message_is_read_back),
        cmocka_unit_test(an_attachment_is_read_back),
        cmocka_unit_test(a_subject_cannot_add_a_header),
        cmocka_unit_test(subjects_of_every_length_are_read_back),
        cmocka_unit_test(an_address_that_breaks_out_is_refused),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };

    return cmocka_run_group_tests(tests, load_zone, NULL);
}
