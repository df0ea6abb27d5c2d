/* HTML as a type of its own, so that a raw string cannot reach a page: templates accept `struct html` unescaped and
 * escape everything else. Only code that builds markup itself (charts, QR codes) makes one. */
#ifndef TALAP_BASE_HTML_H
#define TALAP_BASE_HTML_H

#include <stddef.h>

struct html {
    const char *markup; /* complete, balanced, escaped */
    size_t len;
};

#endif
