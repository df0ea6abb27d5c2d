/* The library of advertising: its search, and everything of one advertiser, account, payer or sponsor. */
#include "base/unicode.h"
#include "web/app.h"
#include "web/library_ask.h"
#include "web/pages/ad_views.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>
#include <string.h>

#define PAGE_ADS 20
#define BATCH 500

/* --- What is asked for ---------------------------------------------------------------------------------------------
 */

/* Every condition of a search: its name in the query, how it is called, and its choice in words where it is one. */
static const struct condition {
    const char *name;
    enum text_key title;
    const char *choices; /* by blanks; NULL: any text */
} conditions[] = {
    {"q", T_ads_words, NULL},
    {"advertiser", T_ads_advertiser, NULL},
    {"account", T_ads_account, NULL},
    {"payer", T_ads_payer, NULL},
    {"sponsor", T_ads_sponsor, NULL},
    {"criterion", T_ads_criterion, NULL},
    {"language", T_ads_language, NULL},
    {"kind", T_ads_kind, "targeted sponsored other"},
    {"format", T_ads_format, "text image sound video"},
    {"from", T_ads_from, NULL},
    {"until", T_ads_until, NULL},
};
#define CONDITIONS (sizeof conditions / sizeof *conditions)

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

/* Which of the words it is; -1: none of them, and none where it is empty. */
static int choice_of(const char *words, const char *text)
{
    int at = 0;
    for (const char *word = words; *word != '\0'; at++) {
        size_t length = strcspn(word, " ");
        if (strlen(text) == length && strncmp(word, text, length) == 0)
            return at;
        word += length + strspn(word + length, " ");
    }
    return -1;
}

/* The conditions as a query string, but one of them. */
static const char *query_without(struct request *request, const char *name)
{
    CLEANUP_BUF struct buf query;
    buf_init(&query, 64 * 1024);
    for (size_t i = 0; i < CONDITIONS; i++) {
        const char *text = query_text(request, conditions[i].name);
        if (text[0] == '\0' || (name != NULL && strcmp(name, conditions[i].name) == 0))
            continue;
        buf_printf(&query, "%s%s=", query.len > 0 ? "&" : "", conditions[i].name);
        buf_put_url(&query, text);
    }
    if (query_text(request, "sort")[0] != '\0') {
        buf_printf(&query, "%ssort=", query.len > 0 ? "&" : "");
        buf_put_url(&query, query_text(request, "sort"));
    }
    const char *copy = query.failed ? NULL : query.len == 0 ? "" : arena_strdup(&request->arena, query.data);
    return copy == NULL ? "" : copy;
}

static void day_read(struct request *request, const char *name, int32_t *ret)
{
    struct date date;
    const char *text = query_text(request, name);
    if (text[0] == '\0')
        return;
    if (date_parse(text, &date))
        *ret = day_from_date(date);
    else
        field_errors_add(&request->errors, name, "not_a_date", NULL);
}

/* What cannot be understood is told beside its field: request->errors. */
static void asked_read(struct request *request, struct library_query *ret)
{
    int sort = choice_of("newest oldest last_shown most_shown", query_text(request, "sort"));
    *ret = (struct library_query){.words = or_null(query_text(request, "q")),
                                  .advertiser = or_null(query_text(request, "advertiser")),
                                  .account = or_null(query_text(request, "account")),
                                  .payer = or_null(query_text(request, "payer")),
                                  .sponsor = or_null(query_text(request, "sponsor")),
                                  .criterion = or_null(query_text(request, "criterion")),
                                  .language = or_null(query_text(request, "language")),
                                  .kind = choice_of("targeted sponsored other", query_text(request, "kind")),
                                  .format = choice_of("text image sound video", query_text(request, "format")),
                                  .from_day = INT32_MIN,
                                  .until_day = INT32_MAX,
                                  .sort = sort < 0 ? SORT_NEWEST : (enum library_sort)sort,
                                  .cursor = or_null(query_text(request, "cursor")),
                                  .limit = PAGE_ADS};
    day_read(request, "from", &ret->from_day);
    day_read(request, "until", &ret->until_day);
}

/* --- What was found ------------------------------------------------------------------------------------------------
 */

static int ads_read(struct request *request, struct tx *tx, const int64_t *serials, size_t count,
                    const struct ad_seen **ret, struct err *err)
{
    struct advert_kept *kept;
    struct ad_seen *ads = ARENA_ARRAY(&request->arena, struct ad_seen, count + 1);
    if (ads == NULL)
        return err_memory(err);
    int r = adverts_get(tx, serials, count, &request->arena, &kept, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = ad_seen_read(&kept[i], &request->arena, &ads[i], err);
    if (r == 0)
        *ret = ads;
    return r;
}

/* The value of a condition as it is read in the form. */
static const char *value_in_words(struct request *request, const struct condition *condition)
{
    const char *text = query_text(request, condition->name);
    if (condition->choices == NULL)
        return text;
    const char *key = arena_printf(&request->arena, "ads.%s_%s", condition->name, text);
    const char *title = key == NULL ? NULL : text_find(request->lang, key);
    return title == NULL ? text : title;
}

static int without_fill(struct request *request, struct ads_view *view, struct err *err)
{
    struct ad_without *without = ARENA_ARRAY(&request->arena, struct ad_without, CONDITIONS);
    if (without == NULL)
        return err_memory(err);
    for (size_t i = 0; i < CONDITIONS; i++)
        if (query_text(request, conditions[i].name)[0] != '\0')
            without[view->without_count++] = (struct ad_without){.title = text_get(request->lang, conditions[i].title),
                                                                 .value = value_in_words(request, &conditions[i]),
                                                                 .query = query_without(request, conditions[i].name)};
    view->without = without;
    return 0;
}

/* Searches unless something is wrong with what was asked; a query that cannot be understood is told beside the words.
 */
static int search(struct request *request, struct tx *tx, const struct library_query *query, struct ads_view *view,
                  struct err *err)
{
    struct library_answer answer;
    struct err why = {0};
    if (request->errors.count > 0)
        return 0;
    int r = library_ask(request, query, &answer, &why);
    if (r == -ERR_BAD_INPUT && strcmp(why.code, "cursor_malformed") != 0) {
        field_errors_add(&request->errors, "q", why.code, "%s", why.arg);
        return 0;
    }
    if (r < 0) {
        *err = why;
        return r;
    }
    view->searched = true;
    view->count = answer.count;
    view->found = answer.found;
    view->preparing = answer.preparing;
    view->next_cursor = answer.cursor;
    return ads_read(request, tx, answer.serials, answer.found, &view->ads, err);
}

int page_ads_get(struct request *request, struct response *response, struct err *err)
{
    struct ads_view view = {
        .words = query_text(request, "q"),
        .advertiser = query_text(request, "advertiser"),
        .account = query_text(request, "account"),
        .payer = query_text(request, "payer"),
        .sponsor = query_text(request, "sponsor"),
        .criterion = query_text(request, "criterion"),
        .language = query_text(request, "language"),
        .kind = query_text(request, "kind"),
        .format = query_text(request, "format"),
        .from = query_text(request, "from"),
        .until = query_text(request, "until"),
        .sort = query_text(request, "sort"),
        .later_page = query_text(request, "cursor")[0] != '\0',
        .may_place = ads_placed_by(&request->actor),
        .query = query_without(request, NULL),
    };
    struct library_query query;
    struct page *page;
    struct tx *tx;
    for (size_t i = 1; i < CONDITIONS; i++)
        view.narrowed = view.narrowed || query_text(request, conditions[i].name)[0] != '\0';
    asked_read(request, &query);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = search(request, tx, &query, &view, err);
    if (r == 0 && view.searched && view.count == 0)
        r = without_fill(request, &view, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, ads_title), "ads", &page, err);
    if (r < 0)
        return r;
    view.errors = &request->errors;
    if (request->errors.count > 0)
        response->status = 422;
    page_ads(&page->out, &view);
    return page_end(page, err);
}

/* --- Of one party --------------------------------------------------------------------------------------------------
 */

static void party_set(struct library_query *query, enum ad_party party, const char *name)
{
    const char **const members[AD_PARTIES] = {&query->advertiser, &query->account, &query->payer, &query->sponsor};
    *members[party] = name;
}

/* When the first one of an order was placed. */
static int placed_first(struct request *request, struct tx *tx, struct library_query query, enum library_sort sort,
                        int64_t *ret, struct err *err)
{
    struct library_answer answer;
    struct advert_kept *kept;
    query.sort = sort;
    query.limit = 1;
    query.cursor = NULL;
    int r = library_search(request->app->library, &query, &request->arena, &answer, err);
    if (r < 0 || answer.found == 0)
        return r;
    r = adverts_get(tx, answer.serials, 1, &request->arena, &kept, err);
    if (r == 0)
        *ret = kept[0].placed_usec;
    return r;
}

/* Showings of the newest AD_CHARTED_MOST, added up day by day. */
static int showings_sum(struct request *request, struct tx *tx, struct library_query query, struct ads_by_view *view,
                        struct err *err)
{
    int64_t *serials = ARENA_ARRAY(&request->arena, int64_t, AD_CHARTED_MOST);
    struct showing_day *days;
    size_t count = 0, day_count;
    if (serials == NULL)
        return err_memory(err);
    query.limit = BATCH;
    query.cursor = NULL;
    do {
        struct library_answer answer;
        int r = library_search(request->app->library, &query, &request->arena, &answer, err);
        if (r < 0)
            return r;
        for (size_t i = 0; i < answer.found && count < AD_CHARTED_MOST; i++)
            serials[count++] = answer.serials[i];
        query.cursor = answer.cursor;
    } while (query.cursor != NULL && count < AD_CHARTED_MOST);
    view->cut = query.cursor != NULL;
    int r = showings_of(tx, serials, count, INT32_MIN, INT32_MAX, false, &request->arena, &days, &day_count, err);
    if (r == 0)
        r = ad_showings_chart(days, day_count, request->lang, &request->arena, &view->showings, err);
    return r;
}

int page_ads_by_get(struct request *request, struct response *response, struct err *err)
{
    int party = ad_party_parse(request_param(request, "what"));
    struct library_query query = {.kind = -1,
                                  .format = -1,
                                  .from_day = INT32_MIN,
                                  .until_day = INT32_MAX,
                                  .cursor = or_null(query_text(request, "cursor")),
                                  .limit = PAGE_ADS};
    struct ads_by_view view = {.later_page = query.cursor != NULL, .first_usec = TIME_NONE, .last_usec = TIME_NONE};
    struct library_answer answer;
    struct page *page;
    struct tx *tx;
    if (party < 0 || query_text(request, "name")[0] == '\0')
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    view.party = (enum ad_party)party;
    view.name = text_normalise(&request->arena, query_text(request, "name"));
    if (view.name == NULL)
        return err_memory(err);
    party_set(&query, view.party, view.name);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = library_ask(request, &query, &answer, err);
    if (r == 0)
        r = ads_read(request, tx, answer.serials, answer.found, &view.ads, err);
    if (r == 0 && answer.count > 0)
        r = placed_first(request, tx, query, SORT_OLDEST, &view.first_usec, err);
    if (r == 0 && answer.count > 0)
        r = placed_first(request, tx, query, SORT_NEWEST, &view.last_usec, err);
    if (r == 0 && answer.count > 0)
        r = showings_sum(request, tx, query, &view, err);
    if (r == 0)
        r = page_begin(request, response, view.name, "ads", &page, err);
    if (r < 0)
        return r;
    view.count = answer.count;
    view.found = answer.found;
    view.preparing = answer.preparing;
    view.next_cursor = answer.cursor;
    page_ads_by(&page->out, &view);
    return page_end(page, err);
}
