/* Mail: composing messages of the outbox and handing them to the SMTP server through libcurl. */
#ifndef TALAP_OUT_MAIL_H
#define TALAP_OUT_MAIL_H

#include "out/paper.h"

struct mailer_settings {
    const char *url;           /* smtp://host:port, smtps://…; NULL: nothing is sent */
    const char *from, *user, *password;
    bool allow_private;        /* refuse loopback and private addresses unless set */
    const char *public_url;
};
struct mail_message {
    const char *to, *subject, *text; /* text/plain; UTF-8 */
    const char *attachment_name;     /* a PDF, or NULL */
    const void *attachment;
    size_t attachment_len;
};
/* Composes what an outbox row tells, reading the case and decrypting the address. *ret_to NULL in the message when nobody
 * is to be told (no address, or the person destroyed). */
int mail_compose(struct tx *tx, const struct office *office, const struct papers *papers,
                 const struct mailer_settings *settings, const struct outbox_row *row, struct arena *arena,
                 struct mail_message *ret, struct err *err) WARN_UNUSED;
/* The message as RFC 5322 text (headers encoded per RFC 2047, base64 body, Message-ID from the row's id). */
int mail_format(const struct mailer_settings *settings, const struct mail_message *message, const char *row_id,
                int64_t now_usec, const struct zone *zone, struct buf *out, struct err *err) WARN_UNUSED;
/* Sends it; no redirects, the resolved address vetted, 20 s at most. ERR_UNAVAILABLE "mail_refused" / "mail_unreachable"
 * with a detail that holds no address. */
int mail_send(const struct mailer_settings *settings, const struct mail_message *message, const char *formatted,
              size_t formatted_len, struct err *err) WARN_UNUSED;

#endif
