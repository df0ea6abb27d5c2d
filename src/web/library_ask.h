/* A search in the library of advertisements for one request: what was acknowledged before it is found by it. */
#ifndef TALAP_WEB_LIBRARY_ASK_H
#define TALAP_WEB_LIBRARY_ASK_H

#include "adverts/library.h"
#include "web/http.h"

/* Brings the index up to what the request's read transaction sees (a few hundred advertisements at most: after a large
 * file the job's thread catches up, and the answer says `preparing`), and searches. As library_search. */
int library_ask(struct request *request, const struct library_query *query, struct library_answer *ret,
                struct err *err) WARN_UNUSED;

#endif
