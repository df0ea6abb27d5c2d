/* Structured lines on standard error. A value is quoted as soon as it holds anything but plain printable ASCII, and
 * its control characters are escaped, so that no input can forge a second line. */
#include "base/log.h"
#include "base/time.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 4096

static enum log_level least = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    least = level;
}

static void value_put(struct buf *out, const char *value)
{
    const char *end = value;
    while (*end > ' ' && *end < 0x7F && *end != '"' && *end != '=' && *end != '\\')
        end++;
    if (*value != '\0' && *end == '\0')
        buf_puts(out, value);
    else
        buf_put_json_string(out, value);
}

void log_format(struct buf *out, int64_t at_usec, enum log_level level, const char *message, va_list pairs)
{
    static const char *const words[] = {"debug", "info", "warning", "error"};
    static const struct zone utc = {.name = "UTC", .count = 1, .from_usec = {INT64_MIN}};
    char moment[32];
    moment_format(&utc, at_usec, moment);
    int64_t fraction = at_usec % USEC_PER_SEC;
    buf_printf(out, "time=%.19s.%06dZ level=%s msg=", moment, (int)(fraction < 0 ? fraction + USEC_PER_SEC : fraction),
               words[level]);
    value_put(out, message);
    for (const char *key; (key = va_arg(pairs, const char *)) != NULL;) {
        const char *value = va_arg(pairs, const char *);
        buf_putc(out, ' ');
        buf_puts(out, key);
        buf_putc(out, '=');
        value_put(out, value == NULL ? "" : value);
    }
    buf_putc(out, '\n');
}

void log_line(enum log_level level, const char *message, ...)
{
    if (level < least)
        return;
    CLEANUP_BUF struct buf line;
    buf_init(&line, LINE_BYTES);
    va_list pairs;
    va_start(pairs, message);
    log_format(&line, time_now_usec(), level, message, pairs);
    va_end(pairs);
    if (line.data == NULL)
        return;
    if (line.failed) /* cut: the newline did not fit */
        line.data[line.len - 1] = '\n';
    size_t done = 0;
    while (done < line.len) {
        ssize_t count = write(STDERR_FILENO, line.data + done, line.len - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return; /* nowhere left to complain */
        done += (size_t)count;
    }
}

void log_err(enum log_level level, const char *message, const struct err *err)
{
    char status[16];
    snprintf(status, sizeof status, "%u", err_http_status(err->kind));
    log_line(level, message, "status", status, "code", err->code, "arg", err->arg, "detail", err->detail, NULL);
}
