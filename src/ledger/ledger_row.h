/* Shared inside the room: what ties an event's row to its body, and how damage is named. */
#ifndef TALAP_LEDGER_LEDGER_ROW_H
#define TALAP_LEDGER_LEDGER_ROW_H

#include "ledger/merkle.h"
#include "store/events.h"

/* True when the body, read as JSON, holds the row's kind, moment, case and account, and none where the row has none. */
bool event_row_bound(const struct event_row *row);
/* ERR_DAMAGED "ledger_damaged" with the arg given. */
int ledger_damaged(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
void peaks_from_head(const struct ledger_head_row *head, struct peaks *ret);
/* The head; ERR_DAMAGED where its parts contradict each other. The checkpoint's text is in the arena. */
int ledger_head_read(struct tx *tx, struct arena *arena, struct ledger_head_row *ret, struct err *err) WARN_UNUSED;

#endif
