/* The forms of the operator's registers: see the header. */
#include "web/pages/kept_form.h"
#include <stdlib.h>
#include <string.h>

enum source { FROM_NOWHERE, FROM_WORDS, FROM_CATEGORIES, FROM_RECIPIENTS, FROM_LIST, FROM_KINDS, FROM_CROSS_BORDER };

struct input {
    enum kept_kind kind;
    const char *name; /* "retention.amount": a member of a member */
    enum kept_control control;
    enum text_key title, hint; /* hint T_common_none: none */
    enum source source;
    const char *from; /* FROM_LIST: the list; FROM_WORDS: the words, by blanks */
    bool number;
};

static const struct input inputs[] = {
    {KEPT_PURPOSE, "title", KEPT_TEXTS, T_persons_f_title, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_PURPOSE, "norm", KEPT_AREA, T_persons_f_norm, T_persons_f_norm_hint, FROM_NOWHERE, NULL, false},
    {KEPT_PURPOSE, "categories", KEPT_TICKS, T_persons_f_categories, T_persons_f_categories_hint, FROM_CATEGORIES, NULL,
     false},
    {KEPT_PURPOSE, "basis", KEPT_PICK, T_persons_f_basis, T_common_none, FROM_WORDS, "consent ground", false},
    {KEPT_PURPOSE, "ground", KEPT_PICK, T_persons_f_ground, T_persons_f_ground_hint, FROM_LIST, "grounds", false},
    {KEPT_PURPOSE, "evidence", KEPT_AREA, T_persons_f_evidence, T_persons_f_evidence_hint, FROM_NOWHERE, NULL, false},
    {KEPT_PURPOSE, "retention.amount", KEPT_LINE, T_persons_f_retention, T_persons_f_retention_hint, FROM_NOWHERE, NULL,
     true},
    {KEPT_PURPOSE, "retention.unit", KEPT_PICK, T_persons_f_retention_unit, T_common_none, FROM_WORDS, "day month year",
     false},
    {KEPT_PURPOSE, "retention.after", KEPT_PICK, T_persons_f_retention_after, T_common_none, FROM_WORDS,
     "collected ended", false},
    {KEPT_PURPOSE, "recipients", KEPT_TICKS, T_persons_f_recipients, T_common_none, FROM_RECIPIENTS, NULL, false},
    {KEPT_PURPOSE, "tells_transfers", KEPT_TICK, T_persons_f_tells_transfers, T_persons_f_tells_transfers_hint,
     FROM_NOWHERE, NULL, false},
    {KEPT_PURPOSE, "publication_by_law", KEPT_TICK, T_persons_f_publication_by_law, T_common_none, FROM_NOWHERE, NULL,
     false},
    {KEPT_PURPOSE, "cross_border_ground", KEPT_PICK, T_persons_f_cross_border_ground,
     T_persons_f_cross_border_ground_hint, FROM_CROSS_BORDER, NULL, false},
    {KEPT_PURPOSE, "withdrawal_forbidden", KEPT_LINE, T_persons_f_withdrawal_forbidden,
     T_persons_f_withdrawal_forbidden_hint, FROM_NOWHERE, NULL, false},
    {KEPT_PURPOSE, "automated.procedure", KEPT_AREAS, T_persons_f_automated, T_persons_f_automated_hint, FROM_NOWHERE,
     NULL, false},
    {KEPT_PURPOSE, "automated.consequences", KEPT_AREAS, T_persons_f_consequences, T_common_none, FROM_NOWHERE, NULL,
     false},
    {KEPT_PURPOSE, "automated.defence", KEPT_AREAS, T_persons_f_defence, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_PURPOSE, "automated.by_law", KEPT_LINE, T_persons_f_by_law, T_persons_f_by_law_hint, FROM_NOWHERE, NULL,
     false},
    {KEPT_CATEGORY, "title", KEPT_TEXTS, T_persons_f_title, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_CATEGORY, "kinds", KEPT_TICKS, T_persons_f_data_kinds, T_common_none, FROM_KINDS, NULL, false},
    {KEPT_RECIPIENT, "title", KEPT_TEXTS, T_persons_f_title, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_RECIPIENT, "bin", KEPT_LINE, T_site_bin, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_RECIPIENT, "country", KEPT_PICK, T_persons_f_country, T_common_none, FROM_LIST, "countries", false},
    {KEPT_RECIPIENT, "kinds", KEPT_TICKS, T_persons_f_roles, T_persons_f_roles_hint, FROM_LIST, "roles", false},
    {KEPT_RECIPIENT, "address", KEPT_LINE, T_persons_f_address, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_RECIPIENT, "email", KEPT_LINE, T_site_email, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_STATE, "protects", KEPT_PICK, T_persons_f_protects, T_common_none, FROM_WORDS, "yes no unknown", false},
    {KEPT_STATE, "reason", KEPT_AREA, T_persons_f_reason, T_persons_f_reason_hint, FROM_NOWHERE, NULL, false},
    {KEPT_POLICY, "title", KEPT_TEXTS, T_persons_f_title, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_POLICY, "texts", KEPT_LONGS, T_persons_f_texts, T_persons_f_texts_hint, FROM_NOWHERE, NULL, false},
    {KEPT_POLICY, "shown_at_registration", KEPT_TICK, T_persons_f_shown, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_RESPONSIBLE, "name", KEPT_LINE, T_persons_f_name, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_RESPONSIBLE, "post", KEPT_LINE, T_persons_f_post, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_RESPONSIBLE, "email", KEPT_LINE, T_site_email, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_RESPONSIBLE, "phone", KEPT_LINE, T_site_phone, T_common_none, FROM_NOWHERE, NULL, false},
    {KEPT_RESPONSIBLE, "address", KEPT_LINE, T_persons_f_address, T_common_none, FROM_NOWHERE, NULL, false},
};
#define INPUTS (sizeof inputs / sizeof *inputs)

static bool in_languages(enum kept_control control)
{
    return control == KEPT_TEXTS || control == KEPT_AREAS || control == KEPT_LONGS;
}

/* The member, or the member of a member, that the name leads to; NULL. */
static const json_t *member_of(const json_t *entry, const char *name)
{
    char outer[64];
    const char *dot = strchr(name, '.');
    if (dot == NULL)
        return json_object_get(entry, name);
    snprintf(outer, sizeof outer, "%.*s", (int)(dot - name), name);
    return json_object_get(json_object_get(entry, outer), dot + 1);
}

static bool list_has(const json_t *list, const char *value)
{
    const json_t *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), value) == 0)
            return true;
    }
    return false;
}

/* --- What may be chosen --------------------------------------------------------------------------------------------
 */

struct options {
    struct kept_option *items;
    size_t count, room;
};

static int option_add(struct request *request, struct options *options, const char *value, const char *title,
                      struct err *err)
{
    if (options->count == options->room) {
        size_t room = options->room == 0 ? 16 : 2 * options->room;
        struct kept_option *more = ARENA_ARRAY(&request->arena, struct kept_option, room);
        if (more == NULL)
            return err_memory(err);
        if (options->count > 0)
            memcpy(more, options->items, options->count * sizeof *more);
        options->items = more;
        options->room = room;
    }
    options->items[options->count++] =
        (struct kept_option){.value = value, .title = title != NULL && title[0] != '\0' ? title : value};
    return value == NULL ? err_memory(err) : 0;
}

static int words_add(struct request *request, const struct input *input, struct options *options, struct err *err)
{
    int r = 0;
    for (const char *at = input->from; r == 0 && *at != '\0';) {
        size_t length = strcspn(at, " ");
        const char *word = arena_strndup(&request->arena, at, length);
        const char *key = word != NULL ? arena_printf(&request->arena, "persons.word.%s", word) : NULL;
        r = key == NULL ? err_memory(err) : option_add(request, options, word, text_find(request->lang, key), err);
        at += length + strspn(at + length, " ");
    }
    return r;
}

static int categories_add(struct request *request, const struct kept *kept, struct options *options, struct err *err)
{
    int r = 0;
    for (int number = 0; r == 0 && number < DATA_CATEGORIES_MAX; number++) {
        const char *id = kept_category_id(kept, number);
        const struct text3 *title = id != NULL ? kept_category_title(kept, number) : NULL;
        if (title != NULL)
            r = option_add(request, options, arena_strdup(&request->arena, id), title->in[request->lang], err);
    }
    return r;
}

static int recipients_add(struct request *request, const struct kept *kept, struct options *options, struct err *err)
{
    const struct kept_entry **entries = NULL;
    size_t count = kept_list(kept, KEPT_RECIPIENT, NULL, &request->arena, &entries);
    int r = request->arena.overflowed ? err_memory(err) : 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        if (!entries[i]->retired)
            r = option_add(request, options, entries[i]->id, kept_title(entries[i], request->lang), err);
    return r;
}

static int list_add(struct request *request, const char *name, struct options *options, struct err *err)
{
    const struct list *list = catalogue_list(request->office->catalogue, name);
    int r = 0;
    for (size_t i = 0; r == 0 && list != NULL && i < list->count; i++)
        r = option_add(request, options, list->entries[i].id, list->entries[i].title.in[request->lang], err);
    return r;
}

/* Items 2 to 4 of 16.3: the first is the subject's consent, which is asked for anyway. */
static int cross_border_add(struct request *request, struct options *options, struct err *err)
{
    static const char *const norms[] = {"pdl.16.3.2", "pdl.16.3.3", "pdl.16.3.4"};
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof norms / sizeof *norms; i++) {
        const struct norm *norm = catalogue_norm_last(request->office->catalogue, norms[i]);
        if (norm != NULL)
            r = option_add(request, options, norms[i], norm->title.in[request->lang], err);
    }
    return r;
}

static int kinds_add(struct request *request, struct options *options, struct err *err)
{
    int r = 0;
    for (unsigned bit = DATA_RESTRICTED; r == 0 && bit <= DATA_IDENTIFYING; bit <<= 1) {
        const char *key = arena_printf(&request->arena, "persons.word.%s", data_kind_word((enum data_kind)bit));
        r = key == NULL
                ? err_memory(err)
                : option_add(request, options, data_kind_word((enum data_kind)bit), text_find(request->lang, key), err);
    }
    return r;
}

static int options_fill(struct request *request, const struct kept *kept, const struct input *input,
                        struct options *options, struct err *err)
{
    switch (input->source) {
    case FROM_NOWHERE:
        return 0;
    case FROM_WORDS:
        return words_add(request, input, options, err);
    case FROM_CATEGORIES:
        return categories_add(request, kept, options, err);
    case FROM_RECIPIENTS:
        return recipients_add(request, kept, options, err);
    case FROM_LIST:
        return list_add(request, input->from, options, err);
    case FROM_KINDS:
        return kinds_add(request, options, err);
    case FROM_CROSS_BORDER:
        return cross_border_add(request, options, err);
    }
    return 0;
}

/* --- Drawing -------------------------------------------------------------------------------------------------------
 */

static const char *plain_text(struct request *request, const json_t *value)
{
    if (json_is_integer(value))
        return arena_printf(&request->arena, "%lld", (long long)json_integer_value(value));
    return json_is_string(value) ? arena_strdup(&request->arena, json_string_value(value)) : "";
}

static const char *wrong_of(struct request *request, const char *name)
{
    return field_sentence(request, field_errors_find(&request->errors, name));
}

static int field_fill(struct request *request, const struct kept *kept, const struct input *input, const json_t *entry,
                      struct kept_field *ret, struct err *err)
{
    const json_t *value = member_of(entry, input->name);
    struct options options = {0};
    int r = options_fill(request, kept, input, &options, err);
    if (r < 0)
        return r;
    *ret = (struct kept_field){.control = input->control,
                               .name = input->name,
                               .title = text_get(request->lang, input->title),
                               .hint = input->hint != T_common_none ? text_get(request->lang, input->hint) : NULL,
                               .ticked = json_is_true(value),
                               .options = options.items,
                               .option_count = options.count};
    ret->texts[0] = plain_text(request, value);
    ret->wrong[0] = wrong_of(request, input->name);
    for (int lang = 0; in_languages(input->control) && lang < LANG_COUNT; lang++) {
        const char *name = arena_printf(&request->arena, "%s.%s", input->name, lang_code((enum lang)lang));
        if (name == NULL)
            return err_memory(err);
        ret->texts[lang] = plain_text(request, json_object_get(value, lang_code((enum lang)lang)));
        ret->wrong[lang] = wrong_of(request, name);
    }
    for (size_t i = 0; i < options.count; i++)
        options.items[i].chosen = input->control == KEPT_TICKS ? list_has(value, options.items[i].value)
                                                               : strcmp(options.items[i].value, ret->texts[0]) == 0;
    return request->arena.overflowed ? err_memory(err) : 0;
}

int kept_form_fields(struct request *request, const struct kept *kept, enum kept_kind kind, const json_t *entry,
                     const struct kept_field **ret, size_t *ret_count, struct err *err)
{
    struct kept_field *fields = ARENA_ARRAY(&request->arena, struct kept_field, INPUTS);
    size_t count = 0;
    int r = fields == NULL ? err_memory(err) : 0;
    for (size_t i = 0; r == 0 && i < INPUTS; i++)
        if (inputs[i].kind == kind)
            r = field_fill(request, kept, &inputs[i], entry, &fields[count++], err);
    if (r == 0) {
        *ret = fields;
        *ret_count = count;
    }
    return r;
}

/* --- Reading -------------------------------------------------------------------------------------------------------
 */

static bool member_set(json_t *entry, const char *name, json_t *value)
{
    char outer[64];
    const char *dot = strchr(name, '.');
    json_t *into = entry;
    if (dot != NULL) {
        snprintf(outer, sizeof outer, "%.*s", (int)(dot - name), name);
        into = json_object_get(entry, outer);
        if (into == NULL) {
            into = json_object();
            if (json_object_set_new(entry, outer, into) != 0) {
                json_decref(value);
                return false;
            }
        }
    }
    return json_object_set_new(into, dot != NULL ? dot + 1 : name, value) == 0;
}

static json_t *number_read(const char *text)
{
    bool digits = text[0] != '\0' && strlen(text) <= 9 && text[strspn(text, "0123456789")] == '\0';
    return digits ? json_integer(atoll(text)) : json_string(text);
}

static json_t *ticks_read(const struct request *request, const char *name)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < request->form_count; i++)
        for (size_t j = 0; strcmp(request->form[i].name, name) == 0 && j < request->form[i].count; j++)
            if (json_array_append_new(list, json_string(request->form[i].texts[j])) != 0) {
                json_decref(list);
                return NULL;
            }
    return list;
}

/* Texts of three languages; *ret_any: something was typed in one of them. */
static json_t *texts_read(const struct request *request, const char *name, bool *ret_any)
{
    json_t *texts = json_object();
    for (int lang = 0; texts != NULL && lang < LANG_COUNT; lang++) {
        char full[96];
        snprintf(full, sizeof full, "%s.%s", name, lang_code((enum lang)lang));
        const char *text = request_form(request, full);
        *ret_any = *ret_any || (text != NULL && text[0] != '\0');
        if (json_object_set_new(texts, lang_code((enum lang)lang), json_string(text != NULL ? text : "")) != 0) {
            json_decref(texts);
            return NULL;
        }
    }
    return texts;
}

static bool input_read(const struct request *request, const struct input *input, json_t *entry, bool *any)
{
    const char *text = request_form(request, input->name);
    json_t *value = NULL;
    *any = false;
    if (in_languages(input->control)) {
        value = texts_read(request, input->name, any);
        return value != NULL && member_set(entry, input->name, value);
    }
    if (input->control == KEPT_TICKS) {
        value = ticks_read(request, input->name);
        return value != NULL && member_set(entry, input->name, value);
    }
    if (input->control == KEPT_TICK)
        return member_set(entry, input->name, json_boolean(text != NULL && strcmp(text, "true") == 0));
    *any = text != NULL && text[0] != '\0';
    return !*any || member_set(entry, input->name, input->number ? number_read(text) : json_string(text));
}

json_t *kept_form_read(const struct request *request, enum kept_kind kind)
{
    json_t *entry = json_object();
    bool retained = false, automated = false, fits = entry != NULL;
    for (size_t i = 0; fits && i < INPUTS; i++) {
        bool any = false;
        if (inputs[i].kind != kind)
            continue;
        fits = input_read(request, &inputs[i], entry, &any);
        retained = retained || (any && strcmp(inputs[i].name, "retention.amount") == 0);
        automated = automated || (any && strncmp(inputs[i].name, "automated.", 10) == 0);
    }
    if (!fits) {
        json_decref(entry);
        return NULL;
    }
    /* A unit without a number is no term; languages without a word are no processing; what belongs to a ground is
     * nothing without one. */
    const char *basis = json_string_value(json_object_get(entry, "basis"));
    if (!retained)
        json_object_del(entry, "retention");
    if (!automated)
        json_object_del(entry, "automated");
    if (kind == KEPT_PURPOSE && (basis == NULL || strcmp(basis, "ground") != 0)) {
        json_object_del(entry, "ground");
        json_object_del(entry, "evidence");
    }
    return entry;
}

int kept_form_refused(struct request *request, struct err *err)
{
    for (size_t i = 0; i < request->errors.count; i++) {
        struct field_error *error = &request->errors.items[i];
        if (strncmp(error->field, "entry.", 6) != 0)
            continue;
        error->field = arena_strdup(&request->arena, error->field + 6);
        if (error->field == NULL)
            return err_memory(err);
    }
    return 0;
}

/* --- Telling -------------------------------------------------------------------------------------------------------
 */

static const char *choice_title(const struct options *options, const char *value)
{
    for (size_t i = 0; i < options->count; i++)
        if (strcmp(options->items[i].value, value) == 0)
            return options->items[i].title;
    return value;
}

/* One cell; "" where the version says nothing. */
static const char *cell_text(struct request *request, const struct input *input, const struct options *options,
                             const json_t *entry)
{
    const json_t *value = member_of(entry, input->name), *item;
    const char *text = "";
    size_t i;
    if (in_languages(input->control)) {
        for (int lang = 0; lang < LANG_COUNT; lang++) {
            const char *one = json_string_value(json_object_get(value, lang_code((enum lang)lang)));
            if (one != NULL && text != NULL)
                text = arena_printf(&request->arena, "%s%s%s", text, text[0] != '\0' ? "\n\n" : "", one);
        }
        return text;
    }
    if (input->control == KEPT_TICK)
        return value == NULL ? "" : text_get(request->lang, json_is_true(value) ? T_common_yes : T_common_no);
    json_array_foreach(value, i, item)
    {
        if (text != NULL && json_is_string(item))
            text = arena_printf(&request->arena, "%s%s%s", text, text[0] != '\0' ? ", " : "",
                                choice_title(options, json_string_value(item)));
    }
    if (json_is_array(value))
        return text;
    text = plain_text(request, value);
    return text != NULL && text[0] != '\0' ? choice_title(options, text) : text;
}

int kept_form_rows(struct request *request, const struct kept *kept, enum kept_kind kind,
                   const struct kept_entry *const *versions, size_t count, const struct version_row **ret,
                   size_t *ret_count, struct err *err)
{
    struct version_row *rows = ARENA_ARRAY(&request->arena, struct version_row, INPUTS);
    size_t kept_rows = 0;
    if (rows == NULL)
        return err_memory(err);
    for (size_t i = 0; i < INPUTS; i++) {
        struct options options = {0};
        bool any = false;
        if (inputs[i].kind != kind)
            continue;
        const char **cells = ARENA_ARRAY(&request->arena, const char *, count + 1);
        int r = cells == NULL ? err_memory(err) : options_fill(request, kept, &inputs[i], &options, err);
        if (r < 0)
            return r;
        for (size_t j = 0; j < count; j++) {
            cells[j] = cell_text(request, &inputs[i], &options, versions[j]->json);
            if (cells[j] == NULL)
                return err_memory(err);
            any = any || cells[j][0] != '\0';
        }
        if (any)
            rows[kept_rows++] = (struct version_row){text_get(request->lang, inputs[i].title), cells};
    }
    *ret = rows;
    *ret_count = kept_rows;
    return 0;
}
