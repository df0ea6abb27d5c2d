/* Short messages through the operator's gateway. */
#ifndef TALAP_OUT_SMS_H
#define TALAP_OUT_SMS_H

#include "base/err.h"
#include <stdbool.h>

struct sms_settings {
    const char *url;    /* https://…; NULL: there is no gateway, and the phone is offered nowhere */
    const char *secret; /* sent as a bearer token; or NULL */
    bool allow_private; /* refuse loopback and private addresses unless set; plain http needs it too */
    long connect_timeout_msec, total_timeout_msec; /* 0: 10 s and 20 s */
};
/* POSTs {"to": "+7…", "text": "…"} as JSON. Taken is any answer of 2xx; its body is not read. No redirects, no proxy of
 * the environment, the resolved address vetted as the mail server's is. ERR_UNAVAILABLE "sms_refused" when the gateway
 * answered otherwise (the number in the detail), "sms_unreachable" for everything else; the detail holds neither number
 * nor text. */
int sms_send(const struct sms_settings *settings, const char *to, const char *text, struct err *err) WARN_UNUSED;

#endif
