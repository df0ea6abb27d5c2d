/* A file of consents sent to the service, as the API and the pages take it: sealed in parts beside the request, written
 * a few parts a command, and from then on read in by the job loop. */
#ifndef TALAP_WEB_IMPORT_UPLOAD_H
#define TALAP_WEB_IMPORT_UPLOAD_H

#include "persons/import.h"
#include "web/http.h"

struct upload {
    struct import_row row; /* once written */
    bool known;            /* the same file was sent before */
};
/* Looks at the head (refusals in request->errors, -ERR_BAD_INPUT "import_head" or "import_empty"), seals, and asks for
 * the commands; `finish` is called when all is durable, with request->state a struct upload. */
int upload_write(struct request *request, const char *bytes, size_t count, const char *name, handler_fn *finish,
                 struct err *err) WARN_UNUSED;
/* The file's name as it may be kept: one line, at most 120 characters. NULL over the arena's limit. */
const char *upload_name(struct request *request, const char *name);

/* Answers the refusals of an import as CSV, streamed. ERR_NOT_FOUND "import_unknown". */
int upload_refusals(struct request *request, struct response *response, const char *id, struct err *err) WARN_UNUSED;

#endif
