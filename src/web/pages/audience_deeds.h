/* The page of counting users, drawn again with what was typed. */
#ifndef TALAP_WEB_PAGES_AUDIENCE_DEEDS_H
#define TALAP_WEB_PAGES_AUDIENCE_DEEDS_H

#include "web/pages/audience_views.h"

/* Fills whatever the store tells; what was typed and what became of it is in `view` already. */
int audience_draw(struct request *request, struct response *response, struct audience_view *view,
                  struct err *err) WARN_UNUSED;

#endif
