/* What the page of one's own calendar is drawn from (pages/feed.html). */
#ifndef TALAP_WEB_PAGES_FEED_VIEWS_H
#define TALAP_WEB_PAGES_FEED_VIEWS_H

#include "web/pages/views.h"

struct feed_view {
    int64_t since_usec;              /* TIME_NONE: there is no address */
    const char *address, *subscribe; /* just made, shown once: as https and as webcal; else NULL */
    const char *refusal, *done;
};

#endif
