/* A part of an answer (RFC 9110, section 14): what a browser wants for going to a place of a sound or a film. */
#ifndef TALAP_WEB_RANGE_H
#define TALAP_WEB_RANGE_H

#include "web/http.h"

/* Says that parts may be asked for, and cuts the body to the one that was: 206 with Content-Range. One that begins
 * behind the end is 416 without a body. Several at once, another unit than bytes, what is no range, or If-Range with
 * another tag than `etag`: the whole answer, as the standard allows. The body must be complete. */
int range_cut(struct request *request, struct response *response, const char *etag, struct err *err) WARN_UNUSED;

#endif
