/* The forms of the operator's registers: what an entry of each kind holds, checked member by member. What is accepted
 * is built anew, normalised, so that equal entries are equal texts. */
#include "base/unicode.h"
#include "cases/record.h"
#include "persons/kept.h"
#include <stdio.h>
#include <string.h>

#define TITLE_MAX 300
#define TEXT_MAX 5000
#define POLICY_MAX 100000
#define LIST_MAX 200
#define ID_MAX 60
#define PLACE_MAX 160

struct check {
    const struct kept *kept;
    const struct office *office;
    const char *id;
    struct arena *arena;
    struct field_errors *errors;
    bool failed; /* memory ended */
};

/* The object being read, the one being built, and where it stands: "entry", "entry.automated". */
struct level {
    struct check *check;
    const char *place;
    const json_t *given;
    json_t *out;
};

static void refuse(const struct level *level, const char *key, const char *code)
{
    char place[PLACE_MAX];

    snprintf(place, sizeof(place), "%s.%s", level->place, key);
    field_errors_add(level->check->errors, place, code, NULL);
}

static void refuse_arg(const struct level *level, const char *key, const char *code, int64_t arg)
{
    char place[PLACE_MAX];

    snprintf(place, sizeof(place), "%s.%s", level->place, key);
    field_errors_add(level->check->errors, place, code, "%lld", (long long)arg);
}

static void put(const struct level *level, const char *key, json_t *value)
{
    if (json_object_set_new(level->out, key, value) != 0)
        level->check->failed = true;
}

/* Members that no form knows. `keys` is NULL-ended. */
static void check_known(const struct level *level, const char *const *keys)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)level->given, key, value)
    {
        size_t i = 0;

        while (keys[i] != NULL && strcmp(keys[i], key) != 0)
            i++;
        if (keys[i] == NULL) {
            char name[65];
            size_t cut = strnlen(key, sizeof(name) - 1);

            while (cut > 0 && ((unsigned char)key[cut] & 0xc0) == 0x80)
                cut--;
            memcpy(name, key, cut);
            name[cut] = '\0';
            refuse(level, name, "unknown_field");
        }
    }
}

/* A member; NULL where it is absent or null. */
static const json_t *member(const struct level *level, const char *key)
{
    const json_t *value = json_object_get(level->given, key);

    return value == NULL || json_is_null(value) ? NULL : value;
}

/* The text of a member, normalised; NULL where there is none or it was refused. */
static const char *check_text(const struct level *level, const char *key, bool required, size_t max)
{
    const json_t *value = member(level, key);
    const char *text = NULL;

    if (value != NULL && !json_is_string(value)) {
        refuse(level, key, "wrong_type");
        return NULL;
    }
    if (value != NULL) {
        text = text_normalise(level->check->arena, json_string_value(value));
        if (text == NULL)
            level->check->failed = true;
    }
    if (text == NULL || text[0] == '\0') {
        if (required)
            refuse(level, key, "required");
        return NULL;
    }
    if (utf8_length(text) > max) {
        refuse_arg(level, key, "too_long", (int64_t)max);
        return NULL;
    }
    put(level, key, json_string(text));
    return text;
}

/* One value of a type that forms know; NULL as above. */
static const char *check_as(const struct level *level, const char *key, bool required, enum field_type type)
{
    const struct field field = {.name = key, .type = type};
    const char *text = check_text(level, key, required, TITLE_MAX);
    struct field_errors found;
    const struct field_value *values;
    struct raw_value raw = {.name = key, .kind = RAW_STRING, .count = 1, .texts = &text};
    int r;

    if (text == NULL)
        return NULL;
    field_errors_init(&found, level->check->arena);
    r = fields_validate(&field, 1, &raw, 1, NULL, catalogue_is_country, level->check->office->catalogue,
                        level->check->arena, &values, &found, NULL);
    if (r < 0) {
        if (found.count > 0)
            refuse(level, key, found.items[0].code);
        else
            level->check->failed = true;
        return NULL;
    }
    put(level, key, json_string(values[0].texts[0]));
    return values[0].texts[0];
}

static bool check_bool(const struct level *level, const char *key)
{
    const json_t *value = member(level, key);

    if (value != NULL && !json_is_boolean(value)) {
        refuse(level, key, "wrong_type");
        return false;
    }
    put(level, key, json_boolean(value != NULL && json_is_true(value)));
    return value != NULL && json_is_true(value);
}

/* A member that is an object; *ret is filled when it is there. The caller puts ret->out where it belongs. */
static bool check_object(const struct level *level, const char *key, bool required, char place[static PLACE_MAX],
                         struct level *ret)
{
    const json_t *value = member(level, key);

    if (value == NULL) {
        if (required)
            refuse(level, key, "required");
        return false;
    }
    if (!json_is_object(value)) {
        refuse(level, key, "wrong_type");
        return false;
    }
    snprintf(place, PLACE_MAX, "%s.%s", level->place, key);
    *ret = (struct level){.check = level->check, .place = place, .given = value, .out = json_object()};
    if (ret->out == NULL) {
        level->check->failed = true;
        return false;
    }
    put(level, key, ret->out);
    return true;
}

/* Texts in all three languages. */
static void check_texts(const struct level *level, const char *key, bool required, size_t max)
{
    static const char *const langs[] = {"kk", "ru", "en", NULL};
    char place[PLACE_MAX];
    struct level texts;

    if (!check_object(level, key, required, place, &texts))
        return;
    check_known(&texts, langs);
    for (int i = 0; i < LANG_COUNT; i++)
        check_text(&texts, langs[i], true, max);
}

static const char *check_word(const struct level *level, const char *key, bool required, const char *const *words)
{
    const char *text = check_text(level, key, required, TITLE_MAX);

    if (text == NULL)
        return NULL;
    for (; *words != NULL; words++)
        if (strcmp(*words, text) == 0)
            return text;
    refuse(level, key, "not_an_option");
    return NULL;
}

/* A list of ids, each known to `known`, none twice; in the order given. */
static void check_ids(const struct level *level, const char *key, bool required, const char *code,
                      bool (*known)(const struct check *check, const char *id))
{
    const json_t *value = member(level, key);
    json_t *list = json_array();

    if (list == NULL) {
        level->check->failed = true;
        return;
    }
    put(level, key, list);
    if (value != NULL && !json_is_array(value)) {
        refuse(level, key, "wrong_type");
        return;
    }
    if (json_array_size(value) == 0 && required)
        refuse(level, key, "required");
    if (json_array_size(value) > LIST_MAX) {
        refuse_arg(level, key, "too_many", LIST_MAX);
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        bool twice = false;

        if (!json_is_string(item)) {
            refuse(level, key, "wrong_type");
            return;
        }
        if (!known(level->check, json_string_value(item))) {
            refuse(level, key, code);
            return;
        }
        for (size_t j = 0; j < json_array_size(list) && !twice; j++)
            twice = json_equal(json_array_get(list, j), item);
        if (!twice && json_array_append_new(list, json_string(json_string_value(item))) != 0)
            level->check->failed = true;
    }
}

static bool category_known(const struct check *check, const char *id)
{
    return kept_category_number(check->kept, id) >= 0;
}

static bool recipient_known(const struct check *check, const char *id)
{
    const struct kept_entry *entry = kept_at(check->kept, KEPT_RECIPIENT, id, INT64_MAX);

    return entry != NULL && !entry->retired;
}

static bool in_list(const struct check *check, const char *name, const char *id)
{
    const struct list *list = catalogue_list(check->office->catalogue, name);

    return list != NULL && list_find(list, id) != NULL;
}

static bool role_known(const struct check *check, const char *id)
{
    return in_list(check, "roles", id);
}

static bool data_kind_known(const struct check *check, const char *id)
{
    (void)check;
    return data_kind_parse(id) != 0;
}

/* --- The kinds -----------------------------------------------------------------------------------------------------
 */

static void check_retention(const struct level *level)
{
    static const char *const keys[] = {"amount", "unit", "after", NULL},
                             *const units[] = {"day", "month", "year", NULL},
                             *const after[] = {"collected", "ended", NULL};
    char place[PLACE_MAX];
    struct level retention;
    const json_t *amount;

    if (!check_object(level, "retention", false, place, &retention))
        return;
    check_known(&retention, keys);
    amount = member(&retention, "amount");
    if (amount == NULL)
        refuse(&retention, "amount", "required");
    else if (!json_is_integer(amount))
        refuse(&retention, "amount", "wrong_type");
    else if (json_integer_value(amount) < 1 || json_integer_value(amount) > 36500)
        field_errors_add(level->check->errors, "entry.retention.amount", "out_of_range", "1 … 36500");
    else
        put(&retention, "amount", json_integer(json_integer_value(amount)));
    check_word(&retention, "unit", true, units);
    check_word(&retention, "after", true, after);
}

static void check_automated(const struct level *level)
{
    static const char *const keys[] = {"procedure", "consequences", "defence", "by_law", NULL};
    char place[PLACE_MAX];
    struct level automated;

    if (!check_object(level, "automated", false, place, &automated))
        return;
    check_known(&automated, keys);
    check_texts(&automated, "procedure", true, TEXT_MAX);
    check_texts(&automated, "consequences", true, TEXT_MAX);
    check_texts(&automated, "defence", true, TEXT_MAX);
    check_text(&automated, "by_law", false, TITLE_MAX);
}

static void check_purpose(const struct level *level)
{
    static const char *const keys[] = {"title",
                                       "norm",
                                       "categories",
                                       "retention",
                                       "basis",
                                       "ground",
                                       "evidence",
                                       "recipients",
                                       "publication_by_law",
                                       "cross_border_ground",
                                       "withdrawal_forbidden",
                                       "tells_transfers",
                                       "automated",
                                       NULL};
    static const char *const bases[] = {"consent", "ground", NULL};
    const char *basis, *ground;

    check_known(level, keys);
    check_texts(level, "title", true, TITLE_MAX);
    check_text(level, "norm", true, TEXT_MAX);
    check_ids(level, "categories", true, "category_unknown", category_known);
    check_retention(level);
    basis = check_word(level, "basis", true, bases);
    if (basis != NULL && strcmp(basis, "ground") == 0) {
        ground = check_text(level, "ground", true, ID_MAX);
        if (ground != NULL && !in_list(level->check, "grounds", ground))
            refuse(level, "ground", "ground_unknown");
        check_text(level, "evidence", true, TEXT_MAX);
    } else {
        if (member(level, "ground") != NULL)
            refuse(level, "ground", "unknown_field");
        if (member(level, "evidence") != NULL)
            refuse(level, "evidence", "unknown_field");
    }
    check_ids(level, "recipients", false, "recipient_unknown", recipient_known);
    check_bool(level, "publication_by_law");
    ground = check_text(level, "cross_border_ground", false, ID_MAX);
    /* Item 1 of 16.3 is the subject's consent, which is asked for anyway. */
    if (ground != NULL && (strncmp(ground, "pdl.16.3.", 9) != 0 || strcmp(ground, "pdl.16.3.1") == 0 ||
                           catalogue_norm_last(level->check->office->catalogue, ground) == NULL))
        refuse(level, "cross_border_ground", "ground_unknown");
    check_text(level, "withdrawal_forbidden", false, TITLE_MAX);
    check_bool(level, "tells_transfers");
    check_automated(level);
}

static void check_category(const struct level *level)
{
    static const char *const keys[] = {"title", "kinds", NULL};

    check_known(level, keys);
    check_texts(level, "title", true, TITLE_MAX);
    check_ids(level, "kinds", false, "not_an_option", data_kind_known);
}

static void check_recipient(const struct level *level)
{
    static const char *const keys[] = {"title", "bin", "country", "kinds", "address", "email", NULL};

    check_known(level, keys);
    check_texts(level, "title", true, TITLE_MAX);
    check_as(level, "bin", false, FIELD_BIN);
    check_as(level, "country", true, FIELD_COUNTRY);
    check_ids(level, "kinds", false, "not_an_option", role_known);
    check_text(level, "address", false, TITLE_MAX);
    check_as(level, "email", false, FIELD_EMAIL);
}

static void check_state(const struct level *level)
{
    static const char *const keys[] = {"protects", "reason", NULL}, *const words[] = {"yes", "no", "unknown", NULL};

    check_known(level, keys);
    check_word(level, "protects", true, words);
    check_text(level, "reason", true, TEXT_MAX);
}

static void check_policy(const struct level *level)
{
    static const char *const keys[] = {"title", "texts", "shown_at_registration", NULL};

    check_known(level, keys);
    check_texts(level, "title", true, TITLE_MAX);
    check_texts(level, "texts", true, POLICY_MAX);
    check_bool(level, "shown_at_registration");
}

static void check_responsible(const struct level *level)
{
    static const char *const keys[] = {"name", "post", "email", "phone", "address", NULL};

    check_known(level, keys);
    check_text(level, "name", true, TITLE_MAX);
    check_text(level, "post", true, TITLE_MAX);
    check_as(level, "email", true, FIELD_EMAIL);
    check_as(level, "phone", true, FIELD_PHONE);
    check_text(level, "address", false, TITLE_MAX);
}

static bool word_id_valid(const char *id)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

    return id[0] != '\0' && strlen(id) <= ID_MAX && id[strspn(id, allowed)] == '\0';
}

static const char *id_refused(const struct check *check, enum kept_kind kind)
{
    const struct catalogue *catalogue = check->office->catalogue;

    switch (kind) {
    case KEPT_STATE:
        return catalogue_is_country(catalogue, check->id) ? NULL : "unknown_country";
    case KEPT_RESPONSIBLE:
        return strcmp(check->id, "responsible") == 0 ? NULL : "entry_id_malformed";
    case KEPT_CATEGORY:
        for (size_t i = 0; i < catalogue->data_category_count; i++)
            if (strcmp(catalogue->data_categories[i].id, check->id) == 0)
                return "category_of_catalogue";
        break;
    case KEPT_PURPOSE:
    case KEPT_RECIPIENT:
    case KEPT_POLICY:
    case KEPT_KINDS:
        break;
    }
    return word_id_valid(check->id) ? NULL : "entry_id_malformed";
}

int kept_check(const struct kept *kept, const struct office *office, enum kept_kind kind, const char *id,
               const json_t *given, struct arena *arena, const char **ret_json, struct field_errors *errors,
               struct err *err)
{
    static void (*const checks[KEPT_KINDS])(const struct level *level) = {
        [KEPT_PURPOSE] = check_purpose, [KEPT_CATEGORY] = check_category, [KEPT_RECIPIENT] = check_recipient,
        [KEPT_STATE] = check_state,     [KEPT_POLICY] = check_policy,     [KEPT_RESPONSIBLE] = check_responsible};
    struct check check = {.kept = kept, .office = office, .id = id, .arena = arena, .errors = errors};
    CLEANUP_JSON json_t *out = json_object();
    CLEANUP_BUF struct buf text = {0};
    struct level level = {.check = &check, .place = "entry", .given = given, .out = out};
    size_t before = errors->count;
    const char *code = id_refused(&check, kind);
    char *copy;
    int r;

    if (out == NULL)
        return err_memory(err);
    if (code != NULL)
        field_errors_add(errors, "id", code, NULL);
    if (!json_is_object(given))
        field_errors_add(errors, "entry", given == NULL || json_is_null(given) ? "required" : "wrong_type", NULL);
    else
        checks[kind](&level);
    if (check.failed || errors->overflowed)
        return err_memory(err);
    if (errors->count > before)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    buf_init(&text, BODY_LIMIT);
    r = json_canonical(out, &text, err);
    if (r < 0)
        return r;
    copy = arena_strndup(arena, text.data, text.len);
    if (copy == NULL)
        return err_memory(err);
    *ret_json = copy;
    return 0;
}
