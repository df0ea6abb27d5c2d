/* The parts of the desk. */
#ifndef TALAP_WEB_PAGES_DESK_H
#define TALAP_WEB_PAGES_DESK_H

#include "web/pages/pages.h"

/* Urgent rows, groups, and what waits for others; `open` are the open cases that the reader sees, those due first at
 * the head. */
int desk_owed_fill(struct request *request, struct tx *tx, const struct case_filter *open, struct desk_view *view,
                   struct err *err) WARN_UNUSED;
/* What the reader may open. */
int desk_openings_fill(struct request *request, struct desk_view *view, struct err *err) WARN_UNUSED;

#endif
