/* template_compile takes any bytes and either compiles them or names file and line. */
#include "template.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_BUF struct buf code, prototypes, includes;
    buf_init(&code, (size_t)4 * 1024 * 1024);
    buf_init(&prototypes, (size_t)1024 * 1024);
    buf_init(&includes, (size_t)1024 * 1024);
    struct template_out out = {.code = &code, .prototypes = &prototypes, .includes = &includes};
    struct err err = {0};
    if (template_compile("f", (const char *)data, size, &out, &err) == 0) {
        if (prototypes.len == 0 || code.len == 0)
            abort();
    } else if (err.kind == ERR_NONE || (err.kind == ERR_BAD_INPUT && strncmp(err.arg, "f:", 2) != 0)) {
        abort();
    }
    return 0;
}
