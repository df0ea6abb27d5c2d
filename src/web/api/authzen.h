/* What the handlers of the AuthZEN API share. */
#ifndef TALAP_WEB_API_AUTHZEN_H
#define TALAP_WEB_API_AUTHZEN_H

#include "web/authzen.h"

/* The body as an object. ERR_MALFORMED. */
int authzen_body(struct request *request, const struct json_cell **ret, struct err *err) WARN_UNUSED;
/* The fault as the answer to the whole request: 400. */
int authzen_refuse(const struct authzen_fault *fault, struct err *err);

#endif
