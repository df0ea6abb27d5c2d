/* QR codes as squares of modules, for papers (drawn) and pages (SVG). Private to the room. */
#ifndef TALAP_OUT_QR_H
#define TALAP_OUT_QR_H

#include "base/err.h"
#include <stdbool.h>

#define QR_QUIET 4 /* modules of white around the code, as ISO/IEC 18004 asks */

struct qr_code;
/* Error correction level M. ERR_BAD_INPUT "too_long" when the text does not fit a code. */
int qr_make(const char *text, struct qr_code **ret, struct err *err) WARN_UNUSED;
void qr_free(struct qr_code *code);       /* NULL-safe */
int qr_width(const struct qr_code *code); /* modules on a side, without the quiet zone */
bool qr_dark(const struct qr_code *code, int x, int y);

static inline void qr_cleanup(struct qr_code **code)
{
    qr_free(*code);
}
#define CLEANUP_QR __attribute__((cleanup(qr_cleanup)))

#endif
