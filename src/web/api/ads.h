/* What the handlers of advertisements share. */
#ifndef TALAP_WEB_API_ADS_H
#define TALAP_WEB_API_ADS_H

#include "adverts/adverts.h"
#include "web/http.h"

/* One that is kept, as everybody may read it: {id, own_id, version, url, placed_at, changed_at, showings, last_day,
 * advert, check}; of one that was removed its id, version and days. */
int ads_json_public(struct request *request, struct buf *out, const struct advert_kept *kept,
                    struct err *err) WARN_UNUSED;

#endif
