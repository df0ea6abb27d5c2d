/* The template compiler as a function: HTML with marks in, C out. The language is told in docs/templates.md. */
#ifndef TALAP_TOOLS_TEMPLATE_H
#define TALAP_TOOLS_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"

/* What one template becomes. The caller owns the buffers. */
struct template_out {
    struct buf *code;       /* the functions, with #line directives that point into the template */
    struct buf *prototypes; /* void page_NAME(struct page_out *o, …); one a line */
    struct buf *includes;   /* #include "…" lines, in the order of the template */
};

/* Compiles `count` bytes of UTF-8; `file` is the name for #line and for errors. Appends to the three buffers.
 * ERR_BAD_INPUT "template_malformed" with arg "file:line: why" (the buffers then hold a part); ERR_MEMORY when a buffer
 * failed. */
int template_compile(const char *file, const char *bytes, size_t count, const struct template_out *out,
                     struct err *err) WARN_UNUSED;

#endif
