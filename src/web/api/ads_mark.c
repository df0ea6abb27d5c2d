/* GET /v1/ads/{id}/mark: what stands beside an advertisement, in all three languages, for platforms that draw it
 * themselves (opl.20.1, 22.1), and the line of HTML for those that would rather show ours. */
#include "web/ads_read.h"
#include "web/api/api.h"

static void put_criteria(struct buf *out, const char *key, const struct advert_criterion *criteria, size_t count)
{
    jo_key(out, key);
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        jo_open(out, '{');
        jo_text(out, "criterion", criteria[i].criterion);
        jo_text(out, "value", criteria[i].value);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

/* The age alone, or null: ages not said are no range. */
static void put_age(struct buf *out, const struct advert *a)
{
    jo_key(out, "age");
    if (a->age_from < 0 && a->age_until < 0) {
        jo_put_text(out, NULL);
        return;
    }
    jo_open(out, '{');
    if (a->age_from >= 0)
        jo_int(out, "from", a->age_from);
    if (a->age_until >= 0)
        jo_int(out, "until", a->age_until);
    jo_close(out, '}');
}

static void put_why(struct buf *out, const struct advert *a)
{
    jo_key(out, "why");
    jo_open(out, '{');
    put_age(out, a);
    put_criteria(out, "include", a->include, a->include_count);
    put_criteria(out, "exclude", a->exclude, a->exclude_count);
    jo_close(out, '}');
}

static void put_texts(struct request *request, struct buf *out, const struct ad_seen *ad)
{
    jo_key(out, "texts");
    jo_open(out, '{');
    for (int i = 0; i < LANG_COUNT; i++) {
        enum lang lang = (enum lang)i;
        const struct advert *a = &ad->advert;
        bool aimed = a->include_count + a->exclude_count > 0 || a->age_from >= 0 || a->age_until >= 0;
        jo_key(out, lang_code(lang));
        jo_open(out, '{');
        jo_text(out, "mark", text_get(lang, T_ads_mark_word));
        jo_text(out, "who_paid", text_get(lang, T_ads_mark_who_paid));
        jo_text(out, "placed_by", text_get(lang, T_ads_mark_placed));
        jo_text(out, "why", text_get(lang, T_ads_mark_why));
        jo_text(out, "why_text", text_get(lang, aimed ? T_ads_mark_why_text : T_ads_mark_why_everybody));
        jo_text(out, "age", ad_age_text(&request->arena, lang, a));
        jo_text(out, "snippet", ad_mark_snippet(request, ad->kept->id, lang));
        jo_close(out, '}');
    }
    jo_close(out, '}');
}

int api_ads_mark(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    struct ad_seen ad;
    int r = ad_of_path(request, 0, &ad, err);
    if (r < 0)
        return r;
    if (response_header(response, request, "Cache-Control", "public, max-age=300") < 0)
        return err_memory(err);
    const struct advert *a = &ad.advert;
    jo_open(out, '{');
    jo_text(out, "id", ad.kept->id);
    jo_text(out, "url", ad_page_address(request, ad.kept->id));
    jo_bool(out, "removed", ad.gone);
    if (!ad.gone) {
        jo_text(out, "account", a->account.name);
        jo_text(out, "advertiser", a->advertiser.name);
        jo_text(out, "payer", a->payer.name);
        jo_text(out, "sponsor", a->sponsor.name);
        put_why(out, a);
    }
    put_texts(request, out, &ad);
    jo_close(out, '}');
    return out->failed || request->arena.overflowed ? err_memory(err) : 0;
}
