/* The filters of the queue, shared by its page and its CSV. */
#ifndef TALAP_WEB_PAGES_QUEUE_FILTER_H
#define TALAP_WEB_PAGES_QUEUE_FILTER_H

#include "web/pages/pages.h"

/* The query words procedure, state (open by default, closed, all, or a state's id), due (overdue, today, week),
 * assignee (me, none, an account), sort (due, newest, oldest) and q as a filter without cursor and limit, over the
 * procedures that the reader sees. Texts live in the request's arena or query. A word without a meaning matches
 * nothing. */
int queue_filter_read(struct request *request, struct case_filter *ret, struct err *err) WARN_UNUSED;

#endif
