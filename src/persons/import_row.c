/* A row of a file as a consent: cells or members become the same list of texts, and those are looked at one way. */
#include "persons/import_row.h"
#include "base/unicode.h"
#include <string.h>

#define IDS_MAX 64

static const char *const names[IMPORT_COLUMNS] = {
    [COLUMN_PERSON_ID] = "person_id",
    [COLUMN_EMAIL] = "email",
    [COLUMN_PHONE] = "phone",
    [COLUMN_IIN] = "iin",
    [COLUMN_FULL_NAME] = "full_name",
    [COLUMN_BIRTH_DATE] = "birth_date",
    [COLUMN_REPRESENTATIVE] = "representative",
    [COLUMN_PURPOSE] = "purpose",
    [COLUMN_CATEGORIES] = "categories",
    [COLUMN_THIRD_PERSONS] = "third_persons",
    [COLUMN_CROSS_BORDER] = "cross_border",
    [COLUMN_PUBLICATION] = "publication",
    [COLUMN_AUTOMATED] = "automated",
    [COLUMN_RECIPIENTS] = "recipients",
    [COLUMN_FROM] = "from",
    [COLUMN_UNTIL] = "until",
    [COLUMN_GIVEN_AT] = "given_at",
    [COLUMN_WAY] = "way",
    [COLUMN_TEXT] = "text",
    [COLUMN_TEXT_HASH] = "text_hash",
    [COLUMN_TEXT_LANGUAGE] = "text_language",
    [COLUMN_TEXT_VERSION] = "text_version",
    [COLUMN_OPERATOR_NAME] = "operator_name",
    [COLUMN_OPERATOR_BIN] = "operator_bin",
    [COLUMN_STATE] = "state",
    [COLUMN_ENDED_AT] = "ended_at",
};
/* What an export tells and an import does not need. */
static const char *const overread[] = {"consent", "subject_id", "purpose_version", "withdrawn", "recorded_at"};

/* --- The head ----------------------------------------------------------------------------------------------------- */

static int column_of(const char *name)
{
    for (int i = 0; i < IMPORT_COLUMNS; i++)
        if (strcasecmp(name, names[i]) == 0)
            return i;
    for (size_t i = 0; i < sizeof overread / sizeof *overread; i++)
        if (strcasecmp(name, overread[i]) == 0)
            return COLUMN_OVERREAD;
    return -1;
}

static void want(const bool *seen, enum import_column a, enum import_column b, struct field_errors *errors)
{
    if (!seen[a] && !seen[b])
        field_errors_add(errors, names[a], "column_missing", NULL);
}

int import_head_read(const struct csv_record *record, char separator, struct import_head *ret,
                     struct field_errors *errors, struct err *err)
{
    struct import_head head = {.separator = separator, .count = record->count};
    bool seen[IMPORT_COLUMNS + 1] = {false};
    for (size_t i = 0; i < record->count; i++) {
        char name[32] = "";
        const struct csv_cell *cell = &record->cells[i];
        size_t blanks = strspn(cell->text, " ");
        size_t count = strcspn(cell->text + blanks, " ");
        /* A name that is none of ours is not repeated: the head may be a row of data. */
        int column = -1;
        if (count < sizeof name && cell->text[blanks + count + strspn(cell->text + blanks + count, " ")] == '\0') {
            memcpy(name, cell->text + blanks, count);
            column = column_of(name);
        }
        if (column < 0) {
            field_errors_add(errors, "", "column_unknown", "%zu", i + 1);
            continue;
        }
        if (column != COLUMN_OVERREAD && seen[column])
            field_errors_add(errors, names[column], "column_twice", NULL);
        seen[column] = true;
        head.columns[i] = (unsigned char)column;
    }
    if (!seen[COLUMN_PERSON_ID] && !seen[COLUMN_EMAIL] && !seen[COLUMN_PHONE])
        want(seen, COLUMN_PERSON_ID, COLUMN_IIN, errors);
    want(seen, COLUMN_FULL_NAME, COLUMN_FULL_NAME, errors);
    want(seen, COLUMN_PURPOSE, COLUMN_PURPOSE, errors);
    want(seen, COLUMN_CATEGORIES, COLUMN_CATEGORIES, errors);
    want(seen, COLUMN_WAY, COLUMN_WAY, errors);
    want(seen, COLUMN_TEXT, COLUMN_TEXT_HASH, errors);
    if (errors->count > 0)
        return err_set(err, ERR_BAD_INPUT, "import_head", NULL);
    *ret = head;
    return 0;
}

/* --- The texts of one row ----------------------------------------------------------------------------------------- */

enum {
    FIELD_AT_EMAIL,
    FIELD_AT_PHONE,
    FIELD_AT_IIN,
    FIELD_AT_NAME,
    FIELD_AT_REPRESENTATIVE,
    FIELD_AT_OPERATOR,
    FIELDS
};
static const struct field fields[FIELDS] = {
    [FIELD_AT_EMAIL] = {.name = "email", .type = FIELD_EMAIL},
    [FIELD_AT_PHONE] = {.name = "phone", .type = FIELD_PHONE},
    [FIELD_AT_IIN] = {.name = "iin", .type = FIELD_IIN},
    [FIELD_AT_NAME] = {.name = "full_name", .type = FIELD_PERSON},
    [FIELD_AT_REPRESENTATIVE] = {.name = "representative", .type = FIELD_PERSON},
    [FIELD_AT_OPERATOR] = {.name = "operator_name", .type = FIELD_ORGANISATION},
};
static const enum import_column field_columns[FIELDS] = {
    COLUMN_EMAIL, COLUMN_PHONE, COLUMN_IIN, COLUMN_FULL_NAME, COLUMN_REPRESENTATIVE, COLUMN_OPERATOR_NAME,
};

struct row {
    const char *values[IMPORT_COLUMNS]; /* as they came; NULL or "": not given */
    const struct import_context *context;
    struct arena *arena;
    struct field_errors *errors;
};

/* Nothing there is for normalising to do: most cells are ids, words and numbers. */
static bool is_plain(const char *text)
{
    size_t count = strlen(text);
    if (text[0] == ' ' || text[count - 1] == ' ')
        return false;
    for (size_t i = 0; i < count; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    return true;
}

/* Trimmed and normalised as a form's texts are; NULL when not given. */
static const char *plain(struct row *row, enum import_column column)
{
    const char *text = row->values[column];
    if (text == NULL || *text == '\0')
        return NULL;
    if (is_plain(text))
        return arena_strdup(row->arena, text);
    const char *trimmed = text_normalise(row->arena, text);
    return trimmed == NULL || *trimmed == '\0' ? NULL : trimmed;
}

static void refuse(struct row *row, enum import_column column, const char *code)
{
    field_errors_add(row->errors, names[column], code, NULL);
}

/* As folding leaves them: the Kazakh words without their own letters. */
static const char *const yes_words[] = {"yes", "да", "иа", "true", "1", "y"};
static const char *const no_words[] = {"no", "нет", "жок", "false", "0", "n"};
#define WORDS (sizeof yes_words / sizeof *yes_words)

static int yes_or_no(struct row *row, enum import_column column)
{
    const char *text = plain(row, column);
    if (text == NULL)
        return -1;
    const char *folded = is_plain(text) ? text : text_fold_words(row->arena, text);
    for (size_t i = 0; folded != NULL && i < WORDS; i++) {
        if (strcasecmp(folded, yes_words[i]) == 0)
            return 1;
        if (strcasecmp(folded, no_words[i]) == 0)
            return 0;
    }
    refuse(row, column, "not_yes_or_no");
    return -1;
}

/* A moment as moment_parse reads it, or a day as spreadsheets of our country write it: 31.12.2026. */
static int64_t moment(struct row *row, enum import_column column, bool to_its_end)
{
    const char *text = plain(row, column);
    struct date date;
    int64_t at_usec;
    char day[11];
    if (text == NULL)
        return TIME_NONE;
    if (strlen(text) == 10 && text[2] == '.' && text[5] == '.') {
        memcpy(day, text + 6, 4);
        memcpy(day + 5, text + 3, 2);
        memcpy(day + 8, text, 2);
        day[4] = day[7] = '-';
        day[10] = '\0';
        text = day;
    }
    if (date_parse(text, &date))
        return zone_moment(row->context->zone, day_from_date(date), to_its_end ? 86399 : 0);
    if (moment_parse(text, row->context->zone, &at_usec))
        return at_usec;
    refuse(row, column, "not_a_moment");
    return TIME_NONE;
}

static bool is_gap(char c)
{
    return c == ' ' || c == ',' || c == ';' || c == '|' || c == '\n' || c == '\t';
}

static const char *const *ids(struct row *row, enum import_column column, size_t *ret_count)
{
    const char *text = plain(row, column);
    const char **list = NULL;
    *ret_count = 0;
    if (text == NULL)
        return NULL;
    list = ARENA_ARRAY(row->arena, const char *, IDS_MAX);
    while (list != NULL) {
        while (is_gap(*text))
            text++;
        if (*text == '\0')
            break;
        size_t count = 0;
        while (text[count] != '\0' && !is_gap(text[count]))
            count++;
        if (*ret_count == IDS_MAX) {
            field_errors_add(row->errors, names[column], "too_many", "%d", IDS_MAX);
            break;
        }
        list[(*ret_count)++] = arena_strndup(row->arena, text, count);
        text += count;
    }
    return list;
}

static int take_text(struct row *row, struct consent_given *ret, struct err *err)
{
    const char *lang = plain(row, COLUMN_TEXT_LANGUAGE), *version = plain(row, COLUMN_TEXT_VERSION);
    const char *hex = plain(row, COLUMN_TEXT_HASH), *text = row->values[COLUMN_TEXT];
    bool whole = text != NULL && *text != '\0', found = false;
    struct consent_text known;
    struct hash hash, own;
    if (lang != NULL && lang_parse(lang) < 0)
        refuse(row, COLUMN_TEXT_LANGUAGE, "language_unknown");
    if (hex != NULL && strncmp(hex, "sha256:", 7) == 0)
        hex += 7;
    if (hex != NULL && (strlen(hex) != 64 || !hex_decode(hex, hash.bytes, sizeof hash.bytes))) {
        refuse(row, COLUMN_TEXT_HASH, "text_hash_malformed");
        return 0;
    }
    ret->text_lang = lang;
    ret->text_version = version;
    if (whole) {
        ret->text = arena_strdup(row->arena, text);
        own = sha256_of(text, strlen(text), NULL, 0, NULL, 0);
        if (hex != NULL && memcmp(own.bytes, hash.bytes, sizeof own.bytes) != 0)
            refuse(row, COLUMN_TEXT_HASH, "text_hash_differs");
        return ret->text == NULL ? err_memory(err) : 0;
    }
    if (hex == NULL)
        return 0; /* refused as text_missing with everything else that pdl.8.4 asks for */
    int r = row->context->texts.find(row->context->texts.arg, &hash, lang, version, &known, &found, err);
    if (r < 0)
        return r;
    if (!found) {
        refuse(row, COLUMN_TEXT_HASH, "text_unknown");
        return 0;
    }
    ret->text = arena_strdup(row->arena, known.text);
    ret->text_lang = arena_strdup(row->arena, known.lang);
    ret->text_version = arena_strdup(row->arena, known.version);
    return ret->text == NULL || ret->text_lang == NULL || ret->text_version == NULL ? err_memory(err) : 0;
}

/* Names and other fields of a form; each not given or refused is NULL. */
static int take_fields(struct row *row, const char **ret, struct err *err)
{
    struct raw_value raw[FIELDS];
    const struct field_value *values;
    size_t count = 0;
    for (int i = 0; i < FIELDS; i++)
        if (row->values[field_columns[i]] != NULL && *row->values[field_columns[i]] != '\0')
            raw[count++] = (struct raw_value){
                .name = fields[i].name, .kind = RAW_FORM, .count = 1, .texts = &row->values[field_columns[i]]};
    int r = fields_validate(fields, FIELDS, raw, count, row->context->zone, NULL, NULL, row->arena, &values,
                            row->errors, err);
    if (r == -ERR_BAD_INPUT)
        return 0;
    for (int i = 0; r == 0 && i < FIELDS; i++)
        ret[i] = values[i].count > 0 ? values[i].texts[0] : NULL;
    return r;
}

static const char *birth_date(struct row *row)
{
    int64_t at_usec = moment(row, COLUMN_BIRTH_DATE, false);
    char text[11];
    if (at_usec == TIME_NONE)
        return NULL;
    date_format(date_from_day(zone_day_of(row->context->zone, at_usec)), text);
    return arena_strdup(row->arena, text);
}

static int row_make(struct row *row, struct consent_given *ret, bool *ret_refused, struct err *err)
{
    struct consent_given given = {.given_usec = TIME_NONE};
    const char *texts[FIELDS] = {NULL};
    const char *state = plain(row, COLUMN_STATE);
    if ((state != NULL && strcmp(state, "stands") != 0) || plain(row, COLUMN_ENDED_AT) != NULL)
        refuse(row, COLUMN_STATE, "consent_not_standing");
    int r = take_fields(row, texts, err);
    if (r < 0)
        return r;
    given.person = (struct person_names){.id = plain(row, COLUMN_PERSON_ID),
                                         .email = texts[FIELD_AT_EMAIL],
                                         .phone = texts[FIELD_AT_PHONE],
                                         .iin = texts[FIELD_AT_IIN],
                                         .full_name = texts[FIELD_AT_NAME],
                                         .birth_date = birth_date(row)};
    if (given.person.id != NULL && !person_id_valid(given.person.id))
        refuse(row, COLUMN_PERSON_ID, "person_id_malformed");
    if (plain(row, COLUMN_PERSON_ID) == NULL && plain(row, COLUMN_EMAIL) == NULL && plain(row, COLUMN_PHONE) == NULL &&
        plain(row, COLUMN_IIN) == NULL)
        refuse(row, COLUMN_PERSON_ID, "person_missing");
    given.representative = texts[FIELD_AT_REPRESENTATIVE];
    given.operator_name = texts[FIELD_AT_OPERATOR];
    given.operator_bin = plain(row, COLUMN_OPERATOR_BIN);
    if (given.operator_bin != NULL && !bin_valid(given.operator_bin))
        refuse(row, COLUMN_OPERATOR_BIN, "not_a_bin");
    given.purpose = plain(row, COLUMN_PURPOSE);
    given.categories = ids(row, COLUMN_CATEGORIES, &given.category_count);
    given.recipients = ids(row, COLUMN_RECIPIENTS, &given.recipient_count);
    given.third_persons = yes_or_no(row, COLUMN_THIRD_PERSONS);
    given.cross_border = yes_or_no(row, COLUMN_CROSS_BORDER);
    given.publication = yes_or_no(row, COLUMN_PUBLICATION);
    given.automated = yes_or_no(row, COLUMN_AUTOMATED);
    given.from_usec = moment(row, COLUMN_FROM, false);
    given.until_usec = moment(row, COLUMN_UNTIL, true);
    given.given_usec = moment(row, COLUMN_GIVEN_AT, false);
    given.way = plain(row, COLUMN_WAY);
    r = take_text(row, &given, err);
    if (r == 0 && (row->arena->overflowed || row->errors->overflowed))
        r = err_memory(err);
    if (r < 0)
        return r;
    *ret_refused = row->errors->count > 0;
    *ret = given;
    return 0;
}

/* Our own CSV has an apostrophe before what a spreadsheet would take for a formula. */
static const char *undone(const char *text)
{
    return text[0] == '\'' && text[1] != '\0' && strchr("=+-@\t\r", text[1]) != NULL ? text + 1 : text;
}

int import_row_read(const struct import_head *head, const struct csv_record *record,
                    const struct import_context *context, struct arena *arena, struct consent_given *ret,
                    bool *ret_refused, struct field_errors *errors, struct err *err)
{
    struct row row = {.context = context, .arena = arena, .errors = errors};
    if (record->count != head->count) {
        field_errors_add(errors, "", "csv_cells", "%zu", head->count);
        *ret_refused = true;
        return errors->overflowed ? err_memory(err) : 0;
    }
    for (size_t i = 0; i < record->count; i++)
        if (head->columns[i] != COLUMN_OVERREAD)
            row.values[head->columns[i]] = undone(record->cells[i].text);
    return row_make(&row, ret, ret_refused, err);
}

/* --- JSON-LD ------------------------------------------------------------------------------------------------------ */

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* The members `key` of a list of objects, or of one, by blanks. */
static const char *joined(const json_t *list, const char *key, struct arena *arena)
{
    const char *all = "", *one = text_of(list, key);
    if (one != NULL)
        return one;
    for (size_t i = 0; all != NULL && i < json_array_size(list) && i <= IDS_MAX; i++)
        if ((one = text_of(json_array_get(list, i), key)) != NULL)
            all = arena_printf(arena, "%s%s%s", all, *all != '\0' ? " " : "", one);
    return all;
}

/* The term of a consent as a DCMI period: "start=…; end=…;". */
static const char *of_period(const char *period, const char *name, struct arena *arena)
{
    const char *at = period == NULL ? NULL : strstr(period, name);
    return at == NULL ? NULL : arena_strndup(arena, at + strlen(name), strcspn(at + strlen(name), ";"));
}

static const json_t *item_of(const json_t *list, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = text_of(json_array_get(list, i), key);
        if (text != NULL && strcmp(text, value) == 0)
            return json_array_get(list, i);
    }
    return NULL;
}

/* Each yes and no is a part of the process with a state of its own. */
static const char *aspect_of(const json_t *parts, enum import_column column)
{
    const char *status = text_of(item_of(parts, "dct:identifier", names[column]), "dpv:hasConsentStatus");
    return status == NULL ? NULL : strcmp(status, "dpv:ConsentGiven") == 0 ? "yes" : "no";
}

static const char *language_text(const json_t *value)
{
    return json_is_string(value) ? json_string_value(value) : text_of(value, "@value");
}

static void take_members(const json_t *record, struct row *row)
{
    const json_t *person = json_object_get(record, "dpv:hasDataSubject");
    const json_t *notice = json_object_get(record, "dpv:hasNotice");
    const json_t *process = json_object_get(record, "dpv:hasProcess");
    const json_t *given = item_of(json_object_get(record, "dpv:hasStatus"), "@type", "dpv:ConsentGiven");
    const json_t *parts = json_object_get(process, "dpv:hasProcess");
    const json_t *controller = json_object_get(process, "dpv:hasDataController");
    const char *status = text_of(record, "dpv:hasConsentStatus"), *period = text_of(given, "dct:valid");
    const char **values = row->values;
    values[COLUMN_STATE] = status != NULL && strcmp(status, "dpv:ConsentGiven") == 0 ? "stands" : "ended";
    values[COLUMN_PERSON_ID] = text_of(person, "dct:identifier");
    values[COLUMN_EMAIL] = text_of(person, "schema:email");
    values[COLUMN_PHONE] = text_of(person, "schema:telephone");
    values[COLUMN_IIN] = text_of(person, "schema:taxID");
    values[COLUMN_FULL_NAME] = text_of(person, "dpv:hasName");
    values[COLUMN_BIRTH_DATE] = text_of(person, "schema:birthDate");
    values[COLUMN_REPRESENTATIVE] = text_of(json_object_get(person, "dpv:hasRepresentative"), "dpv:hasName");
    values[COLUMN_PURPOSE] = text_of(json_object_get(process, "dpv:hasPurpose"), "dct:identifier");
    values[COLUMN_CATEGORIES] = joined(json_object_get(process, "dpv:hasPersonalData"), "dct:identifier", row->arena);
    values[COLUMN_RECIPIENTS] = joined(json_object_get(process, "dpv:hasRecipient"), "dct:identifier", row->arena);
    for (int i = COLUMN_THIRD_PERSONS; i <= COLUMN_AUTOMATED; i++)
        values[i] = aspect_of(parts, (enum import_column)i);
    values[COLUMN_FROM] = of_period(period, "start=", row->arena);
    values[COLUMN_UNTIL] = of_period(period, "end=", row->arena);
    values[COLUMN_GIVEN_AT] = text_of(given, "dct:date");
    values[COLUMN_WAY] = text_of(given, "dpv:hasIndicationMethod");
    values[COLUMN_TEXT] = language_text(json_object_get(notice, "dct:description"));
    values[COLUMN_TEXT_HASH] = text_of(notice, "dct:identifier");
    values[COLUMN_TEXT_LANGUAGE] = text_of(notice, "dct:language");
    values[COLUMN_TEXT_VERSION] = text_of(notice, "dct:hasVersion");
    values[COLUMN_OPERATOR_NAME] = text_of(controller, "dpv:hasName");
    values[COLUMN_OPERATOR_BIN] = text_of(controller, "dct:identifier");
}

int import_line_read(const char *line, size_t count, const struct import_context *context, struct arena *arena,
                     struct consent_given *ret, bool *ret_refused, struct field_errors *errors, struct err *err)
{
    CLEANUP_JSON json_t *record = NULL;
    struct row row = {.context = context, .arena = arena, .errors = errors};
    struct err why;
    int r = json_parse(line, count, &record, &why);
    if (r == -ERR_MEMORY)
        return err_memory(err);
    const char *type = r < 0 ? NULL : text_of(record, "@type");
    if (type == NULL || strcmp(type, "dpv:ConsentRecord") != 0) {
        field_errors_add(errors, "", r < 0 ? "json_malformed" : "not_a_consent_record", NULL);
        *ret_refused = true;
        return errors->overflowed ? err_memory(err) : 0;
    }
    take_members(record, &row);
    /* The texts of the record go with it; what row_make keeps are copies in the arena. */
    return row_make(&row, ret, ret_refused, err);
}
