/* Reading a kept advertisement for people: see the header. */
#include "web/ads_read.h"
#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key, struct arena *arena)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? NULL : arena_strdup(arena, text);
}

int ad_findings_read(const json_t *check, struct arena *arena, struct ad_seen *ret, struct err *err)
{
    const json_t *findings = json_object_get(check, "findings"), *norms = json_object_get(check, "norms");
    size_t finding_count = json_array_size(findings), norm_count = json_array_size(norms), i;
    struct ad_finding *list = ARENA_ARRAY(arena, struct ad_finding, finding_count + 1);
    const char **norm_list = ARENA_ARRAY(arena, const char *, norm_count + 1);
    const json_t *item;
    if (list == NULL || norm_list == NULL)
        return err_memory(err);
    json_array_foreach(findings, i, item)
    {
        list[i] = (struct ad_finding){.code = text_of(item, "code", arena),
                                      .norm = text_of(item, "norm", arena),
                                      .field = text_of(item, "field", arena),
                                      .found = text_of(item, "found", arena),
                                      .refuses = json_is_true(json_object_get(item, "refuses"))};
        if (list[i].code == NULL || list[i].norm == NULL || list[i].field == NULL)
            return err_set(err, ERR_DAMAGED, "advert_damaged", NULL);
    }
    json_array_foreach(norms, i, item) norm_list[i] =
        json_is_string(item) ? arena_strdup(arena, json_string_value(item)) : "";
    if (arena->overflowed)
        return err_memory(err);
    ret->allowed = json_is_true(json_object_get(check, "allowed"));
    ret->findings = list;
    ret->finding_count = finding_count;
    ret->norms = norm_list;
    ret->norm_count = norm_count;
    return 0;
}

int ad_seen_read(const struct advert_kept *kept, struct arena *arena, struct ad_seen *ret, struct err *err)
{
    struct ad_seen seen = {.kept = kept, .gone = kept->json == NULL};
    CLEANUP_JSON json_t *whole = NULL;
    if (!seen.gone) {
        int r = advert_read_kept(kept->json, kept->json_len, arena, &seen.advert, err);
        if (r == 0)
            r = json_parse(kept->json, kept->json_len, &whole, err);
        if (r == 0)
            r = ad_findings_read(json_object_get(whole, "check"), arena, &seen, err);
        if (r < 0)
            return r;
    }
    *ret = seen;
    return 0;
}

int ad_of_path(struct request *request, int version, struct ad_seen *ret, struct err *err)
{
    struct advert_kept *kept = ARENA_NEW(&request->arena, struct advert_kept);
    struct tx *tx;
    if (kept == NULL)
        return err_memory(err);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = advert_get(tx, request_param(request, "id"), 0, version, &request->arena, kept, err);
    return r < 0 ? r : ad_seen_read(kept, &request->arena, ret, err);
}

static const char *check_text(enum lang lang, const char *what, const char *code)
{
    char key[120];
    snprintf(key, sizeof key, "adverts_check.%s_%s", what, code);
    return text_find(lang, key);
}

const char *ad_finding_text(enum lang lang, const char *code)
{
    return check_text(lang, "finding", code);
}

const char *ad_change_text(enum lang lang, const char *code)
{
    return check_text(lang, "change", code);
}

bool ad_is_unmarked(const struct ad_seen *ad)
{
    for (size_t i = 0; i < ad->finding_count; i++)
        if (strcmp(ad->findings[i].code, "mark_missing") == 0)
            return true;
    return false;
}

bool ad_url_is_web(const char *url)
{
    if (url == NULL)
        return false;
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    if (scheme == 0 || strchr("/?#", url[scheme]) != NULL)
        return false;
    for (const char *at = url; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f || *at == '\\')
            return false;
    return true;
}

/* What follows a first line that says nothing but that it is advertising. */
static const char *after_mark(const struct advert *advert)
{
    const char *line = advert->text + (advert->text[0] == '#');
    size_t count = strcspn(line, "\n"), mark = advert->mark_text == NULL ? 0 : strlen(advert->mark_text);
    const char *rest = line + count + strspn(line + count, "\n ");
    bool ends = count == mark || (count == mark + 1 && strchr(".!:", line[mark]) != NULL);
    bool marked = mark > 0 && ends && strncmp(line, advert->mark_text, mark) == 0;
    return marked && *rest != '\0' ? rest : advert->text;
}

const char *ad_beginning(const struct ad_seen *ad, enum lang lang, size_t letters, struct arena *arena)
{
    const char *text = ad->advert.text;
    size_t seen = 0, end = 0;
    if (ad->gone)
        return text_get(lang, T_ads_gone);
    if (text == NULL || text[0] == '\0')
        return text_get(lang, T_ads_no_text);
    text = after_mark(&ad->advert);
    for (; text[end] != '\0' && text[end] != '\n' && seen < letters; seen++)
        do
            end++;
        while (((unsigned char)text[end] & 0xC0) == 0x80);
    size_t word = end; /* words stay whole, unless one is longer than half of it */
    while (seen == letters && word > end / 2 && text[end] != '\0' && text[end] != ' ' && text[word] != ' ')
        word--;
    end = word > end / 2 ? word : end;
    const char *beginning = arena_printf(arena, "%.*s%s", (int)end, text, text[end] == '\0' ? "" : " …");
    return beginning == NULL ? "" : beginning;
}

const char *ad_page_address(struct request *request, const char *id)
{
    const char *address =
        arena_printf(&request->arena, "%s/%s/ads/%s", request_public_url(request), lang_code(request->lang), id);
    return address == NULL ? "" : address;
}

const char *ad_mark_snippet(struct request *request, const char *id, enum lang lang)
{
    const char *snippet =
        arena_printf(&request->arena,
                     "<iframe src=\"%s/%s/ads/%s/mark\" title=\"%s\" width=\"320\" height=\"80\" "
                     "loading=\"lazy\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\"></iframe>",
                     request_public_url(request), lang_code(lang), id, text_get(lang, T_ads_mark_word));
    return snippet == NULL ? "" : snippet;
}

static const char *const party_words[AD_PARTIES] = {"advertiser", "account", "payer", "sponsor"};

const char *ad_party_word(enum ad_party party)
{
    return party_words[party];
}

int ad_party_parse(const char *word)
{
    for (int i = 0; i < AD_PARTIES; i++)
        if (word != NULL && strcmp(word, party_words[i]) == 0)
            return i;
    return -1;
}

enum text_key ad_party_title(enum ad_party party)
{
    static const enum text_key titles[AD_PARTIES] = {T_ads_advertiser, T_ads_account, T_ads_payer, T_ads_sponsor};
    return titles[party];
}

const struct advert_party *ad_party_of(const struct advert *advert, enum ad_party party)
{
    const struct advert_party *const parties[AD_PARTIES] = {&advert->advertiser, &advert->account, &advert->payer,
                                                            &advert->sponsor};
    return parties[party];
}

const char *ad_third_title(enum lang lang, const char *what)
{
    char key[60];
    snprintf(key, sizeof key, "ads.third_of_%s", what == NULL ? "" : what);
    const char *title = text_find(lang, key);
    return title == NULL ? what : title;
}

enum text_key ad_kind_title(enum advert_kind kind)
{
    static const enum text_key titles[] = {T_ads_kind_targeted, T_ads_kind_sponsored, T_ads_kind_other};
    return titles[kind];
}

enum text_key ad_format_title(enum advert_format format)
{
    static const enum text_key titles[] = {T_ads_format_text, T_ads_format_image, T_ads_format_sound,
                                           T_ads_format_video};
    return titles[format];
}

enum text_key ad_place_title(enum mark_place place)
{
    static const enum text_key titles[] = {T_ads_place_none,     T_ads_place_first_line, T_ads_place_before_start,
                                           T_ads_place_on_image, T_ads_place_beside,     T_ads_place_elsewhere};
    return titles[place];
}

const char *ad_language_title(enum lang lang, const char *code)
{
    char key[40];
    snprintf(key, sizeof key, "ads.tongue_%s", code == NULL ? "" : code);
    const char *title = text_find(lang, key);
    return title == NULL ? code : title;
}

const char *ad_age_text(struct arena *arena, enum lang lang, const struct advert *advert)
{
    char number[16];
    const char *from = NULL, *until = NULL;
    if (advert->age_from >= 0) {
        snprintf(number, sizeof number, "%d", advert->age_from);
        from = text_format(arena, lang, T_ads_age_from, number, NULL);
    }
    if (advert->age_until >= 0) {
        snprintf(number, sizeof number, "%d", advert->age_until);
        until = text_format(arena, lang, T_ads_age_until, number, NULL);
    }
    return from != NULL && until != NULL ? arena_printf(arena, "%s, %s", from, until) : from != NULL ? from : until;
}
