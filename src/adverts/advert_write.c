/* The canonical JSON of an advertisement: members in the order of RFC 8785, which for our plain names is that of their
 * bytes; what was not given is not written. */
#include "adverts/advert.h"

static void key(struct buf *out, const char *name)
{
    char last = out->len > 0 ? out->data[out->len - 1] : '\0';
    if (last != '{' && last != '[')
        buf_putc(out, ',');
    buf_putc(out, '"');
    buf_puts(out, name);
    buf_puts(out, "\":");
}

static void put_text(struct buf *out, const char *name, const char *text)
{
    if (!text)
        return;
    key(out, name);
    buf_put_json_string(out, text);
}

static void put_bool(struct buf *out, const char *name, bool value)
{
    key(out, name);
    buf_puts(out, value ? "true" : "false");
}

static void put_day(struct buf *out, const char *name, int32_t day)
{
    char text[11];
    date_format(date_from_day(day), text);
    put_text(out, name, text);
}

/* In a list: a comma before every item but the first. */
static void item(struct buf *out, size_t index)
{
    buf_puts(out, index > 0 ? ",{" : "{");
}

static void put_party(struct buf *out, const char *name, const struct advert_party *party)
{
    if (!party->name && !party->bin && !party->url)
        return;
    key(out, name);
    buf_putc(out, '{');
    put_text(out, "bin", party->bin);
    put_text(out, "name", party->name);
    put_text(out, "url", party->url);
    buf_putc(out, '}');
}

static void put_criteria(struct buf *out, const char *name, const struct advert_criterion *criteria, size_t count)
{
    if (count == 0)
        return;
    key(out, name);
    buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        item(out, i);
        put_text(out, "criterion", criteria[i].criterion);
        put_text(out, "value", criteria[i].value);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_targeting(struct buf *out, const struct advert *advert)
{
    bool age = advert->age_from >= 0 || advert->age_until >= 0;
    if (!age && advert->include_count == 0 && advert->exclude_count == 0)
        return;
    key(out, "targeting");
    buf_putc(out, '{');
    if (age) {
        key(out, "age");
        buf_putc(out, '{');
        if (advert->age_from >= 0) {
            key(out, "from");
            buf_put_int(out, advert->age_from);
        }
        if (advert->age_until >= 0) {
            key(out, "until");
            buf_put_int(out, advert->age_until);
        }
        buf_putc(out, '}');
    }
    put_criteria(out, "exclude", advert->exclude, advert->exclude_count);
    put_criteria(out, "include", advert->include, advert->include_count);
    buf_putc(out, '}');
}

static void put_ai(struct buf *out, const struct advert *advert)
{
    if (advert->ai_made || advert->ai_notice) {
        key(out, "ai");
        buf_putc(out, '{');
        put_bool(out, "made", advert->ai_made);
        put_text(out, "notice", advert->ai_notice);
        buf_putc(out, '}');
    }
    if (advert->ai_goods || advert->ai_warning) {
        key(out, "ai_goods");
        buf_putc(out, '{');
        put_bool(out, "has", advert->ai_goods);
        put_text(out, "warning", advert->ai_warning);
        buf_putc(out, '}');
    }
}

static void put_claims(struct buf *out, const struct advert *advert)
{
    if (advert->claim_count == 0)
        return;
    key(out, "claims");
    buf_putc(out, '[');
    for (size_t i = 0; i < advert->claim_count; i++) {
        item(out, i);
        put_text(out, "claim", advert->claims[i].claim);
        put_text(out, "proof", advert->claims[i].proof);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_third_persons(struct buf *out, const struct advert *advert)
{
    if (advert->third_count == 0)
        return;
    key(out, "third_persons");
    buf_putc(out, '[');
    for (size_t i = 0; i < advert->third_count; i++) {
        item(out, i);
        put_text(out, "consent", advert->third_persons[i].consent);
        put_text(out, "ground", advert->third_persons[i].ground);
        put_text(out, "what", advert->third_persons[i].what);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_media(struct buf *out, const struct advert *advert)
{
    if (advert->media_count == 0)
        return;
    key(out, "media");
    buf_putc(out, '[');
    for (size_t i = 0; i < advert->media_count; i++) {
        item(out, i);
        put_text(out, "hash", advert->media[i].hash);
        put_text(out, "type", advert->media[i].type);
        put_text(out, "url", advert->media[i].url);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_influencer(struct buf *out, const struct advert *advert)
{
    if (!advert->influencer_basis)
        return;
    key(out, "influencer");
    buf_putc(out, '{');
    put_text(out, "basis", advert->influencer_basis);
    put_bool(out, "discount_links", advert->influencer_discounts);
    put_bool(out, "exclusive_terms", advert->influencer_exclusive);
    put_bool(out, "share", advert->influencer_share);
    buf_putc(out, '}');
}

int advert_write(const struct advert *advert, struct buf *out, struct err *err)
{
    buf_putc(out, '{');
    put_party(out, "account", &advert->account);
    put_party(out, "advertiser", &advert->advertiser);
    put_ai(out, advert);
    put_claims(out, advert);
    put_text(out, "format", advert_format_word(advert->format));
    put_text(out, "id", advert->own_id);
    put_influencer(out, advert);
    put_text(out, "kind", advert_kind_word(advert->kind));
    put_text(out, "language", advert->language);
    if (advert->mark_text || advert->mark_place != MARK_NONE) {
        key(out, "mark");
        buf_putc(out, '{');
        if (advert->mark_place != MARK_NONE)
            put_text(out, "place", mark_place_word(advert->mark_place));
        put_text(out, "text", advert->mark_text);
        buf_putc(out, '}');
    }
    if (advert->mass_media)
        put_bool(out, "mass_media", true);
    put_media(out, advert);
    put_party(out, "payer", &advert->payer);
    key(out, "period");
    buf_putc(out, '{');
    put_day(out, "from", advert->from_day);
    if (advert->until_day != INT32_MAX)
        put_day(out, "until", advert->until_day);
    buf_putc(out, '}');
    if (advert->published)
        put_bool(out, "published", true);
    put_party(out, "sponsor", &advert->sponsor);
    put_targeting(out, advert);
    put_text(out, "text", advert->text);
    put_third_persons(out, advert);
    buf_putc(out, '}');
    return out->failed ? err_memory(err) : 0;
}
