/* The organisation behind an installation, as people see it on every page and paper. One setting, one event a change.
 */
#include "cases/parts.h"
#include <string.h>

static const char *text_of(const json_t *json, const char *key, struct arena *arena)
{
    const char *text = json_string_value(json_object_get(json, key));

    return arena_strdup(arena, text != NULL ? text : "");
}

static struct text3 texts_of(const json_t *json, const char *key, struct arena *arena)
{
    const json_t *texts = json_object_get(json, key);
    struct text3 ret;

    for (int lang = 0; lang < LANG_COUNT; lang++)
        ret.in[lang] = text_of(texts, lang_code((enum lang)lang), arena);
    return ret;
}

int organisation_get(struct tx *tx, struct arena *arena, struct organisation *ret, struct err *err)
{
    CLEANUP_JSON json_t *json = NULL;
    struct organisation organisation;
    const char *text;
    int r = store_setting_get(tx, "organisation", arena, &text, err);

    if (r < 0)
        return r;
    if (text != NULL) {
        r = stored_json_parse(text, strlen(text), "the setting organisation", &json, err);
        if (r < 0)
            return r;
    }
    organisation = (struct organisation){
        .name = texts_of(json, "name", arena),
        .bin = text_of(json, "bin", arena),
        .address = texts_of(json, "address", arena),
        .email = text_of(json, "email", arena),
        .phone = text_of(json, "phone", arena),
        .url = text_of(json, "url", arena),
        .complaint_rules = texts_of(json, "complaint_rules", arena),
    };
    if (arena->overflowed)
        return err_memory(err);
    *ret = organisation;
    return 0;
}

static json_t *texts_json(const struct text3 *texts)
{
    const char *const *in = texts->in;

    return json_pack("{s:s, s:s, s:s}", "kk", in[LANG_KK] != NULL ? in[LANG_KK] : "", "ru",
                     in[LANG_RU] != NULL ? in[LANG_RU] : "", "en", in[LANG_EN] != NULL ? in[LANG_EN] : "");
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

int organisation_put(struct tx *tx, const struct office *office, const struct organisation *organisation,
                     const struct actor *by, int64_t now_usec, struct err *err)
{
    CLEANUP_JSON json_t *setting =
        json_pack("{s:o, s:s, s:o, s:s, s:s, s:s, s:o}", "name", texts_json(&organisation->name), "bin",
                  or_empty(organisation->bin), "address", texts_json(&organisation->address), "email",
                  or_empty(organisation->email), "phone", or_empty(organisation->phone), "url",
                  or_empty(organisation->url), "complaint_rules", texts_json(&organisation->complaint_rules));
    CLEANUP_JSON json_t *body = body_begin("organisation.changed", NULL, by, now_usec, 0);
    CLEANUP_BUF struct buf text = {0};
    int64_t leaf;
    int r;

    (void)office;
    if (setting == NULL || body == NULL || json_object_set(body, "organisation", setting) != 0)
        return err_memory(err);
    buf_init(&text, BODY_LIMIT);
    r = json_canonical(setting, &text, err);
    if (r == 0)
        r = record(tx, "organisation.changed", NULL, by, now_usec, body, NULL, NULL, &leaf, err);
    if (r < 0)
        return r;
    return store_setting_put(tx, "organisation", text.data, err);
}
