/* UUIDv7 (RFC 9562): ids that sort by the moment they were made. */
#ifndef TALAP_BASE_ID_H
#define TALAP_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#define ID_TEXT 37 /* 36 characters and the NUL */

/* A new id at the given moment; the rest is random (libsodium) with a counter that keeps order within a process. */
void id_new(int64_t at_usec, char ret[static ID_TEXT]);
/* True for the canonical lower-case form of any UUID. */
bool id_valid(const char *text);

#endif
