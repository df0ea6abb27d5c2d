/* The large memory that clients can make the server hold, all of them together: bodies that are coming, files sealed
 * and waiting for the writer, answers that are read slowly. The first HOLD_FREE of each buffer is not counted: the
 * number of connections bounds it, and so small requests are served while somebody fills the rest. */
#ifndef TALAP_WEB_HOLD_H
#define TALAP_WEB_HOLD_H

#include "base/buf.h"

struct connection;

#define HOLD_FREE ((size_t)64 * 1024)

/* Counts anew what the connection's body and answer hold, and `besides`: what its arena holds while it waits. False,
 * and counted as before, when that is more than before and all together would hold more than they may. */
bool hold_count(struct connection *connection, size_t besides) WARN_UNUSED;
/* Counts nothing for the connection any more. */
void hold_end(struct connection *connection);
/* Gives back the body when it is large; what pointed into it (the content of files, raw bytes) is gone with it. */
void hold_drop_body(struct connection *connection);
/* The same of a body that names people: its bytes are wiped first, large or not. */
void hold_wipe_body(struct connection *connection);
/* Empties a buffer; a large one gives its memory back. */
void hold_cool(struct buf *buf);

#endif
