/* The form of an advertisement: see the header. One table of controls serves drawing, reading and telling. Lists are
 * typed one a line, so that nothing needs a script. */
#include "web/pages/ad_form.h"
#include <stdlib.h>
#include <string.h>

enum shape {
    SHAPE_TEXT,
    SHAPE_NUMBER,
    SHAPE_DATE,
    SHAPE_TICK,
    SHAPE_SAME,           /* the payer is the advertiser: said by who places it, never supposed */
    SHAPE_LANGUAGE,       /* one of the list, or "other" */
    SHAPE_LANGUAGE_OTHER, /* then its code */
    SHAPE_CRITERIA,       /* criterion = value */
    SHAPE_MEDIA,          /* hash type url */
    SHAPE_THIRD,          /* what | consent | ground */
    SHAPE_CLAIMS          /* claim | proof */
};
#define PARTS 3
#define NONE T_common_none

static const struct input {
    const char *name; /* the member's path; payer.same and language.other have none of their own */
    enum shape shape;
    enum kept_control control;
    enum text_key title, hint; /* T_common_none: none */
    enum text_key of;          /* whose: {0} of the title; T_common_none: none */
    const char *choices;       /* by blanks, called ads.PREFIX_CHOICE */
    const char *prefix;
    enum text_key heading; /* of the group that begins with it; T_common_none: none */
    enum text_key help;    /* under the heading: the group is folded, for most need none of it */
} inputs[] = {
    /* What every advertisement has. */
    {"kind", SHAPE_TEXT, KEPT_PICK, T_ads_kind, NONE, NONE, "targeted sponsored other", "kind", T_ads_g_content, NONE},
    {"format", SHAPE_TEXT, KEPT_PICK, T_ads_format, NONE, NONE, "text image sound video", "format", NONE, NONE},
    {"language", SHAPE_LANGUAGE, KEPT_PICK, T_ads_language, NONE, NONE, "kk ru en other", "lang", NONE, NONE},
    {"language.other", SHAPE_LANGUAGE_OTHER, KEPT_LINE, T_ads_lang_code, T_ads_lang_code_hint, NONE, NULL, NULL, NONE,
     NONE},
    {"text", SHAPE_TEXT, KEPT_AREA, T_ads_f_text, NONE, NONE, NULL, NULL, NONE, NONE},
    {"mark.text", SHAPE_TEXT, KEPT_LINE, T_ads_f_mark, T_ads_f_mark_hint, NONE, NULL, NULL, NONE, NONE},
    {"mark.place", SHAPE_TEXT, KEPT_PICK, T_ads_place, NONE, NONE,
     "none first_line before_start on_image beside elsewhere", "place", NONE, NONE},
    {"account.name", SHAPE_TEXT, KEPT_LINE, T_ads_f_account_name, NONE, NONE, NULL, NULL, T_ads_g_parties, NONE},
    {"advertiser.name", SHAPE_TEXT, KEPT_LINE, T_ads_f_name, NONE, T_ads_advertiser, NULL, NULL, NONE, NONE},
    {"advertiser.bin", SHAPE_TEXT, KEPT_LINE, T_ads_f_bin, NONE, T_ads_advertiser, NULL, NULL, NONE, NONE},
    {"payer.name", SHAPE_TEXT, KEPT_LINE, T_ads_f_name, NONE, T_ads_payer, NULL, NULL, NONE, NONE},
    {"payer.bin", SHAPE_TEXT, KEPT_LINE, T_ads_f_bin, NONE, T_ads_payer, NULL, NULL, NONE, NONE},
    {"payer.same", SHAPE_SAME, KEPT_TICK, T_ads_f_payer_same, T_ads_f_payer_same_hint, NONE, NULL, NULL, NONE, NONE},
    {"period.from", SHAPE_DATE, KEPT_LINE, T_ads_from, NONE, NONE, NULL, NULL, T_ads_g_when, NONE},
    {"period.until", SHAPE_DATE, KEPT_LINE, T_ads_until, NONE, NONE, NULL, NULL, NONE, NONE},
    {"published", SHAPE_TICK, KEPT_TICK, T_ads_published, T_ads_published_hint, NONE, NULL, NULL, NONE, NONE},
    /* What some have. */
    {"targeting.age.from", SHAPE_NUMBER, KEPT_LINE, T_ads_f_age_from, NONE, NONE, NULL, NULL, T_ads_g_targeting,
     T_ads_g_targeting_help},
    {"targeting.age.until", SHAPE_NUMBER, KEPT_LINE, T_ads_f_age_until, NONE, NONE, NULL, NULL, NONE, NONE},
    {"targeting.include", SHAPE_CRITERIA, KEPT_AREA, T_ads_f_include, T_ads_f_criteria_hint, NONE, NULL, NULL, NONE,
     NONE},
    {"targeting.exclude", SHAPE_CRITERIA, KEPT_AREA, T_ads_f_exclude, T_ads_f_criteria_hint, NONE, NULL, NULL, NONE,
     NONE},
    {"ai.made", SHAPE_TICK, KEPT_TICK, T_ads_ai_made, NONE, NONE, NULL, NULL, T_ads_g_declared, T_ads_g_declared_help},
    {"ai.notice", SHAPE_TEXT, KEPT_AREA, T_ads_ai_notice, NONE, NONE, NULL, NULL, NONE, NONE},
    {"ai_goods.has", SHAPE_TICK, KEPT_TICK, T_ads_ai_goods, NONE, NONE, NULL, NULL, NONE, NONE},
    {"ai_goods.warning", SHAPE_TEXT, KEPT_AREA, T_ads_ai_warning, NONE, NONE, NULL, NULL, NONE, NONE},
    {"third_persons", SHAPE_THIRD, KEPT_AREA, T_ads_f_third, T_ads_f_third_hint, NONE, NULL, NULL, NONE, NONE},
    {"claims", SHAPE_CLAIMS, KEPT_AREA, T_ads_f_claims, T_ads_f_claims_hint, NONE, NULL, NULL, NONE, NONE},
    {"influencer.basis", SHAPE_TEXT, KEPT_PICK, T_ads_f_influencer, NONE, NONE, "contract commercial none", "basis",
     NONE, NONE},
    {"influencer.share", SHAPE_TICK, KEPT_TICK, T_ads_share, NONE, NONE, NULL, NULL, NONE, NONE},
    {"influencer.exclusive_terms", SHAPE_TICK, KEPT_TICK, T_ads_exclusive, NONE, NONE, NULL, NULL, NONE, NONE},
    {"influencer.discount_links", SHAPE_TICK, KEPT_TICK, T_ads_discounts, NONE, NONE, NULL, NULL, NONE, NONE},
    {"mass_media", SHAPE_TICK, KEPT_TICK, T_ads_mass_media, NONE, NONE, NULL, NULL, NONE, NONE},
    {"account.url", SHAPE_TEXT, KEPT_LINE, T_ads_f_url, NONE, NONE, NULL, NULL, T_ads_g_more, T_ads_g_more_help},
    {"sponsor.name", SHAPE_TEXT, KEPT_LINE, T_ads_f_name, NONE, T_ads_sponsor, NULL, NULL, NONE, NONE},
    {"sponsor.bin", SHAPE_TEXT, KEPT_LINE, T_ads_f_bin, NONE, T_ads_sponsor, NULL, NULL, NONE, NONE},
    {"id", SHAPE_TEXT, KEPT_LINE, T_ads_own_id, NONE, NONE, NULL, NULL, NONE, NONE},
    {"media", SHAPE_MEDIA, KEPT_AREA, T_ads_f_media, T_ads_f_media_hint, NONE, NULL, NULL, NONE, NONE},
};
#define INPUTS (sizeof inputs / sizeof *inputs)

static const struct list_shape {
    const char *keys[PARTS];
    const char *separators; /* any of them ends a part */
    const char *between;    /* as it is written */
} list_shapes[] = {
    [SHAPE_CRITERIA] = {{"criterion", "value", NULL}, "=", " = "},
    [SHAPE_MEDIA] = {{"hash", "type", "url"}, " \t", " "},
    [SHAPE_THIRD] = {{"what", "consent", "ground"}, "|", " | "},
    [SHAPE_CLAIMS] = {{"claim", "proof", NULL}, "|", " | "},
};

/* --- Reading -------------------------------------------------------------------------------------------------------
 */

/* Sets the member at the path, objects on the way included; takes `value` over. */
static bool path_set(json_t *into, const char *path, json_t *value)
{
    const char *dot;
    while (value != NULL && (dot = strchr(path, '.')) != NULL) {
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)(dot - path), path);
        json_t *inner = json_object_get(into, key);
        if (inner == NULL) {
            inner = json_object();
            if (json_object_set_new(into, key, inner) != 0) {
                json_decref(value);
                return false;
            }
        }
        into = inner;
        path = dot + 1;
    }
    return json_object_set_new(into, path, value) == 0;
}

static json_t *trimmed(const char *from, const char *until)
{
    while (from < until && (*from == ' ' || *from == '\t' || *from == '\r'))
        from++;
    while (until > from && (until[-1] == ' ' || until[-1] == '\t' || until[-1] == '\r'))
        until--;
    return json_stringn(from, (size_t)(until - from));
}

/* One line as an object; the last part takes what is left. An empty part is not given. */
static json_t *line_read(const struct list_shape *shape, const char *at, const char *end)
{
    json_t *object = json_object();
    for (size_t i = 0; object != NULL && i < PARTS && shape->keys[i] != NULL && at <= end; i++) {
        bool last = i + 1 == PARTS || shape->keys[i + 1] == NULL;
        const char *until = at;
        while (until < end && (last || strchr(shape->separators, *until) == NULL))
            until++;
        json_t *part = trimmed(at, until);
        if (part == NULL || (json_string_length(part) > 0 && json_object_set(object, shape->keys[i], part) != 0)) {
            json_decref(part);
            json_decref(object);
            return NULL;
        }
        json_decref(part);
        at = until + 1;
    }
    return object;
}

static json_t *list_read(const struct list_shape *shape, const char *text)
{
    json_t *list = json_array();
    for (const char *at = text; list != NULL && *at != '\0';) {
        const char *end = at + strcspn(at, "\n"), *from = at;
        while (from < end && (*from == ' ' || *from == '\t' || *from == '\r'))
            from++;
        if (from < end && json_array_append_new(list, line_read(shape, from, end)) != 0) {
            json_decref(list);
            return NULL;
        }
        at = *end == '\0' ? end : end + 1;
    }
    return list;
}

static json_t *number_read(const char *text)
{
    bool digits = strlen(text) <= 9 && text[strspn(text, "0123456789")] == '\0';
    return digits ? json_integer(atoll(text)) : json_string(text);
}

static json_t *value_read(const struct input *input, const char *text)
{
    switch (input->shape) {
    case SHAPE_TEXT:
    case SHAPE_DATE:
    case SHAPE_LANGUAGE:
        return json_string(text);
    case SHAPE_NUMBER:
        return number_read(text);
    case SHAPE_TICK:
        return json_true();
    default:
        return list_read(&list_shapes[input->shape], text);
    }
}

json_t *ad_form_read(const struct request *request)
{
    json_t *advert = json_object();
    for (size_t i = 0; advert != NULL && i < INPUTS; i++) {
        const char *text = request_form(request, inputs[i].name);
        if (text == NULL || text[0] == '\0' || inputs[i].shape == SHAPE_SAME || inputs[i].shape == SHAPE_LANGUAGE_OTHER)
            continue;
        if (inputs[i].shape == SHAPE_LANGUAGE && strcmp(text, "other") == 0)
            text = request_form(request, "language.other");
        if (text == NULL || text[0] == '\0')
            continue;
        if (!path_set(advert, inputs[i].name, value_read(&inputs[i], text))) {
            json_decref(advert);
            return NULL;
        }
    }
    /* Who typed a payer beside the tick meant the payer. */
    const json_t *advertiser = json_object_get(advert, "advertiser");
    bool same = request_form(request, "payer.same") != NULL && json_object_get(advert, "payer") == NULL;
    if (same && advertiser != NULL && json_object_set_new(advert, "payer", json_deep_copy(advertiser)) != 0) {
        json_decref(advert);
        return NULL;
    }
    return advert;
}

/* --- Drawing -------------------------------------------------------------------------------------------------------
 */

static const json_t *path_get(const json_t *from, const char *path)
{
    const char *dot;
    while ((dot = strchr(path, '.')) != NULL) {
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)(dot - path), path);
        from = json_object_get(from, key);
        path = dot + 1;
    }
    return json_object_get(from, path);
}

static bool payer_is_advertiser(const json_t *advert)
{
    const json_t *payer = json_object_get(advert, "payer");
    return payer != NULL && json_equal(payer, json_object_get(advert, "advertiser"));
}

/* Is the language none of the list? */
static bool language_is_other(const json_t *value)
{
    const char *code = json_string_value(value);
    return code != NULL && strcmp(code, "kk") != 0 && strcmp(code, "ru") != 0 && strcmp(code, "en") != 0;
}

/* What the control holds: a payer that is the advertiser is told by the tick alone. */
static const json_t *value_of(const struct input *input, const json_t *advert)
{
    if (input->shape == SHAPE_LANGUAGE_OTHER) {
        const json_t *code = json_object_get(advert, "language");
        return language_is_other(code) ? code : NULL;
    }
    if (strncmp(input->name, "payer.", 6) == 0 && payer_is_advertiser(advert))
        return NULL;
    return path_get(advert, input->name);
}

static const char *list_text(const struct list_shape *shape, const json_t *list, struct arena *arena)
{
    CLEANUP_BUF struct buf out;
    const json_t *item;
    size_t i;
    buf_init(&out, (size_t)16 << 20);
    json_array_foreach(list, i, item)
    {
        size_t last = 0;
        for (size_t part = 0; part < PARTS && shape->keys[part] != NULL; part++)
            last = json_object_get(item, shape->keys[part]) != NULL ? part : last;
        for (size_t part = 0; part <= last; part++) {
            const char *text = json_string_value(json_object_get(item, shape->keys[part]));
            buf_puts(&out, part > 0 ? shape->between : "");
            buf_puts(&out, text == NULL ? "" : text);
        }
        buf_putc(&out, '\n');
    }
    return out.failed ? NULL : out.len == 0 ? "" : arena_strdup(arena, out.data);
}

static const char *value_text(const struct input *input, const json_t *value, struct arena *arena)
{
    if (json_is_integer(value))
        return arena_printf(arena, "%lld", (long long)json_integer_value(value));
    if (json_is_string(value))
        return arena_strdup(arena, json_string_value(value));
    return json_is_array(value) ? list_text(&list_shapes[input->shape], value, arena) : "";
}

static int options_fill(struct request *request, const struct input *input, struct kept_field *field, struct err *err)
{
    struct kept_option *options = ARENA_ARRAY(&request->arena, struct kept_option, 8);
    if (options == NULL)
        return err_memory(err);
    for (const char *at = input->choices; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, " ");
        const char *word = arena_strndup(&request->arena, at, length);
        const char *key = word == NULL ? NULL : arena_printf(&request->arena, "ads.%s_%s", input->prefix, word);
        if (key == NULL)
            return err_memory(err);
        options[field->option_count++] = (struct kept_option){
            .value = word, .title = text_find(request->lang, key), .chosen = strcmp(word, field->texts[0]) == 0};
        at += length + strspn(at + length, " ");
    }
    field->options = options;
    return 0;
}

/* The control that a path belongs to: its own, the list it is in, or the first of the object it names. */
static const struct input *input_of(const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < INPUTS; i++) {
        size_t own = strlen(inputs[i].name);
        if (strncmp(inputs[i].name, path, own) == 0 && (path[own] == '\0' || path[own] == '.'))
            return &inputs[i];
    }
    for (size_t i = 0; i < INPUTS; i++)
        if (strncmp(inputs[i].name, path, length) == 0 && inputs[i].name[length] == '.')
            return &inputs[i];
    return NULL;
}

/* Refusals get the names of the controls, the first of each. A list's tells its line. */
static int refusals_settle(struct request *request, const char *wrong[], struct err *err)
{
    struct field_errors *errors = &request->errors;
    size_t kept = 0;
    for (size_t i = 0; i < errors->count; i++) {
        struct field_error error = errors->items[i];
        const struct input *input = input_of(error.field);
        if (input == NULL) {
            errors->items[kept++] = error;
            continue;
        }
        const char *rest = error.field + strlen(input->name), *sentence = field_sentence(request, &error);
        bool in_list = input->shape >= SHAPE_CRITERIA && strlen(error.field) > strlen(input->name);
        if (wrong[input - inputs] != NULL)
            continue;
        if (in_list && sentence != NULL) {
            char line[24];
            snprintf(line, sizeof line, "%lld", atoll(rest + 1) + 1);
            sentence = text_format(&request->arena, request->lang, T_ads_line_wrong, line, sentence);
        }
        if (sentence == NULL)
            return err_memory(err);
        wrong[input - inputs] = sentence;
        error.field = input->name;
        errors->items[kept++] = error;
    }
    errors->count = kept;
    return 0;
}

static int findings_of(struct request *request, const struct ad_seen *checked, const struct input *input,
                       const struct ad_finding *const **ret, size_t *ret_count, struct err *err)
{
    const struct ad_finding **list =
        ARENA_ARRAY(&request->arena, const struct ad_finding *, checked->finding_count + 1);
    size_t count = 0;
    if (list == NULL)
        return err_memory(err);
    for (size_t i = 0; i < checked->finding_count; i++)
        if (input_of(checked->findings[i].field) == input)
            list[count++] = &checked->findings[i];
    *ret = list;
    *ret_count = count;
    return 0;
}

static int control_fill(struct request *request, const json_t *advert, const struct ad_seen *checked, size_t at,
                        const char *wrong, struct ad_control *ret, struct err *err)
{
    const struct input *input = &inputs[at];
    struct kept_field *field = ARENA_NEW(&request->arena, struct kept_field);
    if (field == NULL)
        return err_memory(err);
    const json_t *value = value_of(input, advert);
    const char *title = text_get(request->lang, input->title);
    if (input->of != NONE)
        title = text_format(&request->arena, request->lang, input->title, text_get(request->lang, input->of), NULL);
    *field =
        (struct kept_field){.control = input->control,
                            .name = input->name,
                            .title = title,
                            .hint = input->hint == NONE ? NULL : text_get(request->lang, input->hint),
                            .texts = {value_text(input, value, &request->arena)},
                            .wrong = {wrong},
                            .ticked = input->shape == SHAPE_SAME ? payer_is_advertiser(advert) : json_is_true(value)};
    if (input->shape == SHAPE_LANGUAGE && language_is_other(value))
        field->texts[0] = "other";
    if (title == NULL || field->texts[0] == NULL)
        return err_memory(err);
    *ret = (struct ad_control){
        .field = field, .heading = input->heading, .help = input->help, .is_date = input->shape == SHAPE_DATE};
    int r = options_fill(request, input, field, err);
    if (r == 0 && checked != NULL)
        r = findings_of(request, checked, input, &ret->findings, &ret->finding_count, err);
    return r;
}

/* A folded group stands open where something in it is filled, refused or found. */
static void groups_open(struct ad_control *controls)
{
    for (size_t i = 0, first = 0; i < INPUTS; i++) {
        const struct kept_field *field = controls[i].field;
        if (controls[i].heading != NONE)
            first = i;
        if (field->texts[0][0] != '\0' || field->ticked || field->wrong[0] != NULL || controls[i].finding_count > 0)
            controls[first].open = true;
    }
}

int ad_form_fill(struct request *request, const json_t *advert, const struct ad_seen *checked, struct ad_form_view *ret,
                 struct err *err)
{
    struct ad_control *controls = ARENA_ARRAY(&request->arena, struct ad_control, INPUTS);
    const char *wrong[INPUTS] = {0};
    if (controls == NULL)
        return err_memory(err);
    int r = refusals_settle(request, wrong, err);
    for (size_t i = 0; r == 0 && i < INPUTS; i++)
        r = control_fill(request, advert, checked, i, wrong[i], &controls[i], err);
    if (r == 0)
        groups_open(controls);
    if (r == 0 && checked != NULL)
        r = findings_of(request, checked, NULL, &ret->others, &ret->other_count, err);
    ret->controls = controls;
    ret->count = INPUTS;
    ret->errors = &request->errors;
    return r;
}
