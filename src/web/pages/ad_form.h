/* The form by which an advertisement is placed or changed by hand: which controls it has, how what was typed becomes
 * the same JSON that the API takes (adverts/advert.h), so that both are read by advert_read, and back. */
#ifndef TALAP_WEB_PAGES_AD_FORM_H
#define TALAP_WEB_PAGES_AD_FORM_H

#include "web/pages/ad_views.h"
#include "web/pages/pages.h"

/* What was typed, as that JSON; the caller decrefs. NULL when memory ends. */
json_t *ad_form_read(const struct request *request);
/* The controls filled from such JSON (NULL: empty), with refusals (request->errors, then under the names of the
 * controls, one each) and findings beside them. */
int ad_form_fill(struct request *request, const json_t *advert, const struct ad_seen *checked, struct ad_form_view *ret,
                 struct err *err) WARN_UNUSED;

#endif
