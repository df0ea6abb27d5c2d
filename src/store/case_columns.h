/* Inside the store: the columns of a case in the order in which case_read takes them. */
#ifndef TALAP_STORE_CASE_COLUMNS_H
#define TALAP_STORE_CASE_COLUMNS_H

#include "store/case_rows.h"
#include "store/db.h"

#define CASE_COLUMNS                                                                                               \
    "c.serial, c.id, c.procedure, c.number, c.state, c.version, c.opened_usec, c.registered_usec, c.closed_usec, " \
    "c.opener, c.opener_account, c.subject_id, c.lang, c.assignee, c.fields, c.sealed, c.next_due_usec, "          \
    "c.next_overdue_usec, c.last_leaf"

/* The row's first column is the serial number. */
void case_read(struct db *db, struct arena *arena, struct case_row *ret);

#endif
