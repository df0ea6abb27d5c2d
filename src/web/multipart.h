/* multipart/form-data (RFC 7578) over a body that is wholly in memory: parts point into it, nothing is copied. */
#ifndef TALAP_WEB_MULTIPART_H
#define TALAP_WEB_MULTIPART_H

#include "base/arena.h"
#include <stdbool.h>

#define PARTS_MAX 400

struct part {
    const char *name;
    const char *file_name; /* NULL: not a file */
    const char *bytes;     /* in the body; not ended by a NUL */
    size_t count;
};

/* Strict: the body begins and ends with the boundary of the Content-Type header, every part has a Content-Disposition
 * "form-data" with a name; names and file names are valid UTF-8. ERR_MALFORMED "multipart_malformed", "not_utf8" or
 * "too_many_fields". */
int multipart_read(const char *content_type, const char *body, size_t count, struct arena *arena, struct part **ret,
                   size_t *ret_count, struct err *err) WARN_UNUSED;

#endif
