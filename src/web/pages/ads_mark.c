/* The mark of an advertisement as a page of its own, for a frame beside the advertisement wherever it is shown
 * (opl.20.1, 22.1): that it is advertising, who paid, and by which criteria it is shown. It knows nothing of who looks:
 * no cookie is read or set, no script runs, and any cache may keep it for minutes. */
#include "web/app.h"
#include "web/pages/ad_views.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>
#include <string.h>

#define KEPT_SEC 300

static const char mark_style[] =
    "body{margin:0;padding:.35rem .5rem;font:14px/1.4 system-ui,sans-serif;overflow-wrap:anywhere}"
    "p,h3,ul{margin:0 0 .3rem}h3{font-size:1em}ul{padding-left:1.2rem}summary{cursor:pointer;padding:.3rem 0}"
    "a{display:inline-block;padding:.15rem 0}";

/* The sheet inside is allowed by its hash, and nothing else is. */
static int policy_put(struct request *request, struct response *response)
{
    struct hash hash = sha256_of(mark_style, sizeof mark_style - 1, NULL, 0, NULL, 0);
    char text[64];
    base64_encode(hash.bytes, sizeof hash.bytes, text);
    return response_header(response, request, "Content-Security-Policy",
                           "default-src 'none'; style-src 'sha256-%s'; frame-ancestors *; base-uri 'none'; "
                           "form-action 'none'",
                           text);
}

int page_ad_mark_get(struct request *request, struct response *response, struct err *err)
{
    struct ad_seen ad;
    struct page_frame frame = {.arena = &request->arena,
                               .office = request->office,
                               .catalogue = request->office->catalogue,
                               .now_usec = request->now_usec};
    struct page_out out = {.buf = &response->body,
                           .lang = request->lang,
                           .zone = &request->office->catalogue->calendar->zone,
                           .frame = &frame};
    int r = ad_of_path(request, 0, &ad, err);
    if (r < 0)
        return r;
    const struct ad_mark_view view = {.ad = &ad,
                                      .age = ad_age_text(&request->arena, request->lang, &ad.advert),
                                      .address = ad_page_address(request, ad.kept->id),
                                      .style = {.markup = mark_style, .len = sizeof mark_style - 1}};
    if (policy_put(request, response) < 0 ||
        response_header(response, request, "Cache-Control", "public, max-age=%d", KEPT_SEC) < 0)
        return err_memory(err);
    page_ad_mark(&out, &view);
    return out.buf->failed || request->arena.overflowed ? err_memory(err) : 0;
}
