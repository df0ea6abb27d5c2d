/* Errors of the API as problem details (RFC 9457). */
#ifndef TALAP_WEB_PROBLEM_H
#define TALAP_WEB_PROBLEM_H

#include "web/http.h"

/* The phrase of a status, in English ("Not Found"), as RFC 9110 names it. */
const char *status_phrase(unsigned status);

/* Fills the answer: {type, title, status, detail, code, errors: [{field, code, message}]} with the sentences in the
 * request's language, Retry-After for 429 and 503, WWW-Authenticate for 401. What the handler had written is dropped.
 */
void problem_answer(struct request *request, struct response *response, const struct err *err);

#endif
