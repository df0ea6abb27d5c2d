/* Pieces of a message shared by its composer, its sender and its tests. Private to the room. */
#ifndef TALAP_OUT_MIME_H
#define TALAP_OUT_MIME_H

#include "base/err.h"
#include <stdbool.h>

/* An address that may stand in a header and in an SMTP command: visible ASCII, one @ with something on both sides, no
 * blanks, brackets, quotes or commas, at most 254 characters. */
bool mail_address_right(const char *address);

#endif
