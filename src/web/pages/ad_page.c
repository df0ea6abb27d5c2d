/* The page of one advertisement: as it is, as it was in an earlier version, or what is left of a removed one. */
#include "store/advert_rows.h"
#include "store/case_rows.h"
#include "store/events.h"
#include "web/app.h"
#include "web/pages/ad_views.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>
#include <stdlib.h>
#include <string.h>

#define TITLE_LETTERS 90

/* --- Versions ------------------------------------------------------------------------------------------------------
 */

static void put_party(struct buf *out, const struct advert_party *party)
{
    buf_puts(out, party->name == NULL ? "" : party->name);
    if (party->bin != NULL)
        buf_printf(out, " (%s)", party->bin);
    if (party->url != NULL)
        buf_printf(out, " %s", party->url);
}

static void put_criteria(struct buf *out, const struct advert_criterion *criteria, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%s: %s", i > 0 ? "\n" : "", criteria[i].criterion, criteria[i].value);
}

static void put_yes(struct buf *out, enum lang lang, enum text_key title, bool yes)
{
    if (yes)
        buf_printf(out, "%s%s", out->len > 0 ? "\n" : "", text_get(lang, title));
}

static void put_line(struct buf *out, const char *text)
{
    if (text != NULL)
        buf_printf(out, "%s%s", out->len > 0 ? "\n" : "", text);
}

static void put_period(struct buf *out, enum lang lang, const struct advert *a)
{
    text_put_date(out, lang, a->from_day);
    if (a->until_day != INT32_MAX) {
        buf_puts(out, " – ");
        text_put_date(out, lang, a->until_day);
    }
}

/* What of an advertisement is compared, in the order in which it is told. */
static const enum text_key members[] = {
    T_ads_what_was_shown, T_ads_mark,  T_ads_kind,    T_ads_format, T_ads_language, T_ads_account,
    T_ads_advertiser,     T_ads_payer, T_ads_sponsor, T_ads_period, T_ads_age,      T_ads_include,
    T_ads_exclude,        T_ads_media, T_ads_ai,      T_ads_third,  T_ads_claims,   T_ads_influencer,
    T_ads_published,
};
#define MEMBERS (sizeof members / sizeof *members)

static void put_member(struct buf *out, enum text_key member, enum lang lang, const struct advert *a,
                       struct arena *arena)
{
    switch (member) {
    case T_ads_what_was_shown:
        put_line(out, a->text);
        break;
    case T_ads_mark:
        put_line(out, a->mark_text);
        put_line(out, text_get(lang, ad_place_title(a->mark_place)));
        break;
    case T_ads_kind:
        put_line(out, text_get(lang, ad_kind_title(a->kind)));
        break;
    case T_ads_format:
        put_line(out, text_get(lang, ad_format_title(a->format)));
        break;
    case T_ads_language:
        put_line(out, ad_language_title(lang, a->language));
        break;
    case T_ads_account:
        put_party(out, &a->account);
        break;
    case T_ads_advertiser:
        put_party(out, &a->advertiser);
        break;
    case T_ads_payer:
        put_party(out, &a->payer);
        break;
    case T_ads_sponsor:
        put_party(out, &a->sponsor);
        break;
    case T_ads_period:
        put_period(out, lang, a);
        break;
    case T_ads_age:
        put_line(out, ad_age_text(arena, lang, a));
        break;
    case T_ads_include:
        put_criteria(out, a->include, a->include_count);
        break;
    case T_ads_exclude:
        put_criteria(out, a->exclude, a->exclude_count);
        break;
    case T_ads_media:
        for (size_t i = 0; i < a->media_count; i++)
            put_line(out, a->media[i].hash);
        break;
    case T_ads_ai:
        put_yes(out, lang, T_ads_ai_made, a->ai_made);
        put_line(out, a->ai_notice);
        put_yes(out, lang, T_ads_ai_goods, a->ai_goods);
        put_line(out, a->ai_warning);
        break;
    case T_ads_third:
        for (size_t i = 0; i < a->third_count; i++)
            put_line(out, ad_third_title(lang, a->third_persons[i].what));
        break;
    case T_ads_claims:
        for (size_t i = 0; i < a->claim_count; i++) {
            put_line(out, a->claims[i].claim);
            put_line(out, a->claims[i].proof);
        }
        break;
    case T_ads_influencer:
        put_line(out, a->influencer_basis);
        put_yes(out, lang, T_ads_share, a->influencer_share);
        put_yes(out, lang, T_ads_exclusive, a->influencer_exclusive);
        put_yes(out, lang, T_ads_discounts, a->influencer_discounts);
        break;
    default:
        put_yes(out, lang, T_ads_published, a->published);
        break;
    }
}

static const char *member_text(enum text_key member, enum lang lang, const struct advert *a, struct arena *arena)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, (size_t)16 << 20);
    put_member(&out, member, lang, a, arena);
    return out.failed ? NULL : out.len == 0 ? "" : arena_strdup(arena, out.data);
}

static bool is_between(char c)
{
    return c == ' ' || c == '\n' || c == '\0';
}

/* How much is alike at both ends, in whole words. */
static void compare_ends(struct ad_change *change)
{
    size_t was = strlen(change->was), is = strlen(change->is), least = was < is ? was : is, head = 0, tail = 0;
    while (head < least && change->was[head] == change->is[head])
        head++;
    while (head > 0 && !is_between(change->was[head - 1]) &&
           !(is_between(change->was[head]) && is_between(change->is[head])))
        head--;
    while (tail < least - head && change->was[was - 1 - tail] == change->is[is - 1 - tail])
        tail++;
    while (tail > 0 && !is_between(change->was[was - tail]))
        tail--;
    change->same_head = head;
    change->same_tail = tail;
}

static int changes_find(struct request *request, const struct advert *was, const struct advert *is,
                        struct ad_version_line *line, struct err *err)
{
    struct ad_change *changes = ARENA_ARRAY(&request->arena, struct ad_change, MEMBERS);
    if (changes == NULL)
        return err_memory(err);
    for (size_t i = 0; i < MEMBERS; i++) {
        struct ad_change *change = &changes[line->change_count];
        *change = (struct ad_change){.title = text_get(request->lang, members[i]),
                                     .was = member_text(members[i], request->lang, was, &request->arena),
                                     .is = member_text(members[i], request->lang, is, &request->arena)};
        if (change->was == NULL || change->is == NULL)
            return err_memory(err);
        if (strcmp(change->was, change->is) == 0)
            continue;
        compare_ends(change);
        line->change_count++;
    }
    line->changes = changes;
    return 0;
}

/* The newest versions, each against the one before it. */
static int versions_fill(struct request *request, struct tx *tx, struct ad_view *view, struct err *err)
{
    const int newest = view->ad->kept->version;
    const int oldest = newest > AD_VERSIONS_SHOWN ? newest - AD_VERSIONS_SHOWN + 1 : 1;
    struct ad_version_line *lines = ARENA_ARRAY(&request->arena, struct ad_version_line, AD_VERSIONS_SHOWN);
    struct ad_seen *after = NULL;
    if (lines == NULL)
        return err_memory(err);
    for (int version = newest; version >= 1 && version >= oldest - 1; version--) {
        struct advert_kept *kept = ARENA_NEW(&request->arena, struct advert_kept);
        struct ad_seen *seen = ARENA_NEW(&request->arena, struct ad_seen);
        if (kept == NULL || seen == NULL)
            return err_memory(err);
        int r = advert_get(tx, NULL, view->ad->kept->serial, version, &request->arena, kept, err);
        if (r == 0)
            r = ad_seen_read(kept, &request->arena, seen, err);
        if (r == 0 && after != NULL && !seen->gone && !after->gone)
            r = changes_find(request, &seen->advert, &after->advert, &lines[view->version_count - 1], err);
        if (r < 0)
            return r;
        after = seen;
        if (version >= oldest)
            lines[view->version_count++] = (struct ad_version_line){.version = version,
                                                                    .from_usec = kept->version_from_usec,
                                                                    .leaf = kept->version_leaf,
                                                                    .current = version == newest,
                                                                    .here = version == view->ad->kept->json_version};
    }
    view->versions = lines;
    view->versions_cut = oldest > 1;
    return 0;
}

/* --- Parts ---------------------------------------------------------------------------------------------------------
 */

/* How bytes of that type are shown; what a browser might run is given out as a file alone. */
static enum ad_media_shown media_shown(const char *type)
{
    static const struct {
        const char *type;
        enum ad_media_shown shown;
    } known[] = {{"image/png", MEDIA_IMAGE},  {"image/jpeg", MEDIA_IMAGE}, {"image/gif", MEDIA_IMAGE},
                 {"image/webp", MEDIA_IMAGE}, {"audio/mpeg", MEDIA_SOUND}, {"audio/ogg", MEDIA_SOUND},
                 {"audio/wav", MEDIA_SOUND},  {"audio/mp4", MEDIA_SOUND},  {"video/mp4", MEDIA_VIDEO},
                 {"video/webm", MEDIA_VIDEO}, {"video/ogg", MEDIA_VIDEO}};
    for (size_t i = 0; type != NULL && i < sizeof known / sizeof *known; i++)
        if (strcmp(type, known[i].type) == 0)
            return known[i].shown;
    return MEDIA_FILE;
}

static int media_fill(struct request *request, struct tx *tx, struct ad_view *view, struct err *err)
{
    const struct advert *a = &view->ad->advert;
    struct ad_media_line *lines = ARENA_ARRAY(&request->arena, struct ad_media_line, a->media_count + 1);
    if (lines == NULL)
        return err_memory(err);
    for (size_t i = 0; i < a->media_count; i++) {
        struct hash hash;
        int64_t size = -1;
        lines[i].media = &a->media[i];
        if (!hex_decode(a->media[i].hash, hash.bytes, sizeof hash.bytes))
            continue;
        int r = store_advert_media_size(tx, &hash, &size, err);
        if (r < 0)
            return r;
        lines[i].shown = size < 0 ? MEDIA_AWAY : media_shown(a->media[i].type);
    }
    view->media = lines;
    view->media_count = a->media_count;
    return 0;
}

static int regions_fill(struct request *request, struct tx *tx, struct ad_view *view, int32_t last, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct showing_day *days;
    size_t count;
    int r = showings_of(tx, &view->ad->kept->serial, 1, last - AD_REGION_DAYS + 1, last, true, &request->arena, &days,
                        &count, err);
    if (r < 0)
        return r;
    struct ad_region *regions = ARENA_ARRAY(&request->arena, struct ad_region, count + 1);
    if (regions == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct showing_day *figure = &days[count - 1 - i];
        const struct region *region = figure->region > 0 ? catalogue_region(catalogue, figure->region) : NULL;
        const char *title = region != NULL                    ? region->title.in[request->lang]
                            : figure->region == REGION_UNTOLD ? text_get(request->lang, T_ads_region_untold)
                                                              : text_get(request->lang, T_ads_region_none);
        regions[i] = (struct ad_region){.day = figure->day, .title = title, .figure = figure};
    }
    view->showings.regions = regions;
    view->showings.region_count = count;
    return 0;
}

static int showings_fill(struct request *request, struct tx *tx, struct ad_view *view, struct err *err)
{
    struct showing_day *days;
    size_t count;
    int r =
        showings_of(tx, &view->ad->kept->serial, 1, INT32_MIN, INT32_MAX, false, &request->arena, &days, &count, err);
    if (r == 0)
        r = ad_showings_chart(days, count, request->lang, &request->arena, &view->showings, err);
    return r < 0 || count == 0 ? r : regions_fill(request, tx, view, days[count - 1].day, err);
}

/* The act by which it was removed: the case that the event names. Staff are led there. */
static int removal_fill(struct request *request, struct tx *tx, struct ad_view *view, struct err *err)
{
    struct event_row event;
    struct case_row row;
    CLEANUP_JSON json_t *body = NULL;
    int r = store_event_get(tx, view->ad->kept->leaf, &request->arena, &event, err);
    if (r == 0)
        r = json_parse(event.body, event.body_len, &body, err);
    const char *number = r < 0 ? NULL : json_string_value(json_object_get(body, "case"));
    if (r < 0 || number == NULL)
        return r;
    view->removal_number = arena_strdup(&request->arena, number);
    if (view->removal_number == NULL)
        return err_memory(err);
    if (request->actor.kind != ACTOR_ACCOUNT)
        return 0;
    r = store_case_by_number(tx, view->removal_number, &request->arena, &row, err);
    if (r == 0)
        view->removal_id = row.id;
    return r;
}

/* A complaint on content, with this page as the content. */
static const char *report_address(struct request *request, const char *id)
{
    const struct procedure *complaint = catalogue_procedure(request->office->catalogue, "complaint");
    CLEANUP_BUF struct buf address = {0};
    if (complaint == NULL || !office_runs(request->office, complaint) || !(complaint->open_to & OPENER_PUBLIC))
        return NULL;
    buf_init(&address, 4096);
    buf_printf(&address, "/%s/open/complaint?about=content&link=", lang_of(request));
    buf_put_url(&address, ad_page_address(request, id));
    return address.failed ? NULL : arena_strdup(&request->arena, address.data);
}

static int version_asked(struct request *request, int *ret, struct err *err)
{
    const char *text = query_text(request, "version");
    size_t length = strlen(text);
    if (length == 0)
        return 0;
    if (length > 9 || strspn(text, "0123456789") != length || atoi(text) == 0)
        return err_set(err, ERR_NOT_FOUND, "advert_unknown", NULL);
    *ret = atoi(text);
    return 0;
}

static int view_fill(struct request *request, struct tx *tx, struct ad_view *view, struct err *err)
{
    const struct advert_kept *kept = view->ad->kept;
    char hash[2 * SHA256_BYTES + 1];
    hex_encode(kept->hash.bytes, sizeof kept->hash.bytes, hash);
    view->hash = arena_strdup(&request->arena, hash);
    view->title = ad_beginning(view->ad, request->lang, TITLE_LETTERS, &request->arena);
    view->age = ad_age_text(&request->arena, request->lang, &view->ad->advert);
    view->earlier = kept->json_version != kept->version;
    view->report = report_address(request, kept->id);
    view->snippet = ad_mark_snippet(request, kept->id, request->lang);
    view->may_change = !view->ad->gone && !view->earlier && ads_placed_by(&request->actor);
    view->done = query_text(request, "done")[0] != '\0' ? text_get(request->lang, T_ads_placed_done) : NULL;
    int r = view->ad->gone ? removal_fill(request, tx, view, err) : media_fill(request, tx, view, err);
    if (r == 0)
        r = showings_fill(request, tx, view, err);
    if (r == 0 && kept->version > 1)
        r = versions_fill(request, tx, view, err);
    return r;
}

int page_ad_get(struct request *request, struct response *response, struct err *err)
{
    struct ad_seen ad;
    struct ad_view view = {.ad = &ad};
    struct page *page;
    struct tx *tx;
    int version = 0;
    int r = version_asked(request, &version, err);
    if (r == 0)
        r = ad_of_path(request, version, &ad, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = view_fill(request, tx, &view, err);
    if (r == 0)
        r = page_begin(request, response, view.title, "ads", &page, err);
    if (r < 0)
        return r;
    page_ad(&page->out, &view);
    return page_end(page, err);
}
