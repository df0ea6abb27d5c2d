/* A message as RFC 5322 text: MIME headers, Kazakh subjects as encoded words (RFC 2047), base64 bodies. A header is
 * only ever written from checked pieces: an address with a line break is refused, a subject's control characters become
 * blanks, so nothing that a person typed can add a header. */
#include "out/mime.h"

#include "base/digest.h"
#include "base/time.h"
#include "base/unicode.h"
#include "out/mail.h"
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 57 /* 76 characters of base64 */
#define WORD_BYTES 42 /* 56 of base64: with =?UTF-8?B?…?= under the 75 that RFC 2047 allows */

bool mail_address_right(const char *address)
{
    const char *at = address != NULL ? strchr(address, '@') : NULL;
    size_t len = address != NULL ? strlen(address) : 0;

    if (at == NULL || at == address || at[1] == '\0' || strchr(at + 1, '@') != NULL || len > 254)
        return false;
    for (const char *c = address; *c != '\0'; c++)
        if (*c <= ' ' || *c >= 0x7f || strchr("<>()[]\\,;:\"", *c) != NULL)
            return false;
    return true;
}

static void put_base64(struct buf *out, const void *bytes, size_t count, const char *end)
{
    char line[4 * (LINE_BYTES / 3) + 1];

    for (size_t done = 0; done < count; done += LINE_BYTES) {
        size_t part = count - done < LINE_BYTES ? count - done : LINE_BYTES;

        base64_encode((const char *)bytes + done, part, line);
        buf_puts(out, line);
        buf_puts(out, end);
    }
}

/* A Subject of any text: encoded words of whole characters, folded. */
static void put_subject(struct buf *out, const char *text)
{
    const char *rest = text;

    buf_puts(out, "Subject:");
    do {
        char word[WORD_BYTES + 1];
        size_t len = strlen(rest), taken;

        if (len > WORD_BYTES) {
            len = WORD_BYTES;
            while (len > 0 && ((unsigned char)rest[len] & 0xc0) == 0x80)
                len--;
        }
        taken = len;
        for (size_t i = 0; i < len; i++)
            word[i] = (unsigned char)rest[i] < ' ' || rest[i] == 0x7f ? ' ' : rest[i];
        buf_puts(out, rest == text ? " =?UTF-8?B?" : "\r\n =?UTF-8?B?");
        put_base64(out, word, len, "");
        buf_puts(out, "?=");
        rest += taken;
    } while (*rest != '\0');
    buf_puts(out, "\r\n");
}

static void put_date(struct buf *out, const struct zone *zone, int64_t now_usec)
{
    static const char *const weekdays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int32_t day = zone_day_of(zone, now_usec), offset = zone_offset_at(zone, now_usec), off = abs(offset) / 60;
    int64_t local = now_usec / USEC_PER_SEC + offset;
    int32_t second = (int32_t)(((local % 86400) + 86400) % 86400);
    struct date date = date_from_day(day);

    buf_printf(out, "Date: %s, %d %s %04d %02d:%02d:%02d %c%02d%02d\r\n", weekdays[day_of_week(day)], date.day,
               months[date.month - 1], date.year, second / 3600, second / 60 % 60, second % 60, offset < 0 ? '-' : '+',
               off / 60, off % 60);
}

/* The body's lines end with CRLF before they are encoded: that is the canonical form of text (RFC 2045, 6.8). */
static int put_text(struct buf *out, const char *text, struct err *err)
{
    struct buf lines CLEANUP_BUF;

    buf_init(&lines, 1 << 20);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\n')
            buf_putc(&lines, '\r');
        if (*c != '\r')
            buf_putc(&lines, *c);
    }
    if (lines.failed)
        return err_memory(err);
    buf_puts(out, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    put_base64(out, lines.data != NULL ? lines.data : "", lines.len, "\r\n");
    return 0;
}

/* A name with letters beyond ASCII goes as RFC 2231 says; what could end the parameter is written as percent codes. */
static void put_file_name(struct buf *out, const char *name)
{
    buf_puts(out, "Content-Disposition: attachment;\r\n filename*=UTF-8''");
    buf_put_url(out, name);
    buf_puts(out, "\r\n");
}

int mail_format(const struct mailer_settings *settings, const struct mail_message *message, const char *row_id,
                int64_t now_usec, const struct zone *zone, struct buf *out, struct err *err)
{
    const char *host;
    int r;

    if (!mail_address_right(message->to) || !mail_address_right(settings->from))
        return err_set(err, ERR_BAD_INPUT, "mail_address", NULL);
    if (!id_valid(row_id) || !utf8_valid(message->subject, strlen(message->subject)))
        return err_set(err, ERR_INTERNAL, "internal", NULL);
    host = strchr(settings->from, '@') + 1;
    put_date(out, zone, now_usec);
    buf_printf(out, "From: <%s>\r\nTo: <%s>\r\n", settings->from, message->to);
    put_subject(out, message->subject);
    buf_printf(out, "Message-ID: <%s@%s>\r\nMIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n", row_id, host);
    if (message->attachment_name == NULL)
        r = put_text(out, message->text, err);
    else {
        /* Base64 holds no dash, so a line of the boundary cannot occur inside a part. */
        buf_printf(out, "Content-Type: multipart/mixed; boundary=\"talap-%s\"\r\n\r\n--talap-%s\r\n", row_id, row_id);
        r = put_text(out, message->text, err);
        buf_printf(out, "--talap-%s\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n", row_id);
        put_file_name(out, message->attachment_name);
        buf_puts(out, "\r\n");
        put_base64(out, message->attachment, message->attachment_len, "\r\n");
        buf_printf(out, "--talap-%s--\r\n", row_id);
    }
    if (r == 0 && out->failed)
        return err_memory(err);
    return r;
}
