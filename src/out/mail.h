/* Mail: composing messages of the outbox and handing them to the SMTP server through libcurl. */
#ifndef TALAP_OUT_MAIL_H
#define TALAP_OUT_MAIL_H

#include "out/paper.h"

struct mailer_settings {
    const char *url; /* smtp://host:port, smtps://…; NULL: nothing is sent */
    const char *from, *user, *password;
    bool allow_private; /* refuse loopback and private addresses unless set */
    const char *public_url;
    long connect_timeout_msec, total_timeout_msec; /* 0: 10 s and 20 s */
};
struct mail_message {
    const char *to, *subject, *text; /* text/plain; UTF-8 */
    const char *attachment_name;     /* a PDF, or NULL */
    const void *attachment;
    size_t attachment_len;
};
/* Composes what an outbox row of the kind "mail" tells, reading the case and decrypting the address. *ret_to NULL in
 * the message when nobody is to be told (no address, or the person destroyed). */
int mail_compose(struct tx *tx, const struct office *office, const struct papers *papers,
                 const struct mailer_settings *settings, const struct outbox_row *row, struct arena *arena,
                 struct mail_message *ret, struct err *err) WARN_UNUSED;
/* The same for a row of the purpose "code", mail or short message: a one-time code, to whoever asked for it. *ret_to
 * NULL in the message when it is used, old or gone. */
int code_compose(struct tx *tx, const struct office *office, const struct mailer_settings *settings,
                 const struct outbox_row *row, int64_t now_usec, struct arena *arena, struct mail_message *ret,
                 struct err *err) WARN_UNUSED;
/* The message as RFC 5322 text (headers encoded per RFC 2047, base64 body, Message-ID from the row's id). ERR_BAD_INPUT
 * "mail_address" when an address could break out of its header. */
int mail_format(const struct mailer_settings *settings, const struct mail_message *message, const char *row_id,
                int64_t now_usec, const struct zone *zone, struct buf *out, struct err *err) WARN_UNUSED;
/* Sends it; no redirects, no proxy, the resolved address vetted, 20 s at most. smtps:// is encrypted throughout;
 * smtp:// takes STARTTLS when it is offered, and insists on it when there is a password to protect and allow_private is
 * not set. ERR_UNAVAILABLE "mail_refused" when the server answered 4xx or 5xx (the number in the detail),
 * "mail_unreachable" for everything else; the detail holds no address. ERR_BAD_INPUT "mail_address" for an address that
 * is none. */
int mail_send(const struct mailer_settings *settings, const struct mail_message *message, const char *formatted,
              size_t formatted_len, struct err *err) WARN_UNUSED;
/* May the mail server stand at this address without allow_private? False for loopback, private, link-local, unique
 * local, multicast, documentation and other special ranges, IPv4 inside IPv6 included, and for anything but IPv4 and
 * IPv6. */
struct sockaddr;
bool mail_server_public(const struct sockaddr *address);
/* A handle of libcurl, which is made ready for all threads once; NULL when memory ends. curl_easy_cleanup it. */
void *mail_curl(void);

#endif
