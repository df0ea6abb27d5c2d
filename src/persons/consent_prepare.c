/* A consent as it was given, held against what pdl.8.4 lists and against the operator's registers, all refusals at
 * once; then made ready to be written, outside of the writer's turn. */
#include "base/unicode.h"
#include "cases/record.h"
#include "persons/consent_parts.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_CHARS 300
#define TEXT_MAX_CHARS 100000
#define VERSION_MAX_CHARS 60
#define LIST_MAX 64
#define BODY_PIECE_LIMIT (1u << 20)

struct making {
    const struct office *office;
    const struct kept *kept;
    const struct organisation *organisation;
    const struct consent_given *given;
    int64_t now_usec;
    struct arena *arena;
    struct field_errors *errors;
    struct consent_prepared *made;
    const struct kept_entry *purpose;
    const char *full_name, *representative;
    const char **recipient_ids; /* sorted, each once */
    size_t recipient_count;
    bool no_memory;
};

static bool given_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void refuse(struct making *making, const char *field, const char *code)
{
    field_errors_add(making->errors, field, code, NULL);
}

/* The text normalised; NULL when there is none, or it was refused. */
static const char *text_of(struct making *making, const char *text, size_t max, const char *field, const char *missing)
{
    const char *normal = NULL;

    if (given_text(text)) {
        normal = text_normalise(making->arena, text);
        if (normal == NULL) {
            making->no_memory = making->arena->overflowed;
            if (!making->no_memory)
                refuse(making, field, "wrong_type");
            return NULL;
        }
    }
    if (normal == NULL || normal[0] == '\0') {
        if (missing != NULL)
            refuse(making, field, missing);
        return NULL;
    }
    if (utf8_length(normal) > max) {
        field_errors_add(making->errors, field, "too_long", "%zu", max);
        return NULL;
    }
    return normal;
}

/* Items 1 and 2. */
static void check_parties(struct making *making)
{
    const struct consent_given *given = making->given;
    const struct person_names *names = &given->person;
    const char *name = given->operator_name, *bin = given->operator_bin;
    int lang = given->text_lang != NULL ? lang_parse(given->text_lang) : -1;

    if (!given_text(name) && !given_text(bin)) {
        name = making->organisation->name.in[lang >= 0 ? lang : LANG_KK];
        bin = making->organisation->bin;
    }
    if (!given_text(bin) || (!bin_valid(bin) && !iin_valid(bin)))
        refuse(making, "operator", "consent_operator");
    else
        making->made->text.operator_name = text_of(making, name, NAME_MAX_CHARS, "operator", "consent_operator");
    making->made->text.operator_bin = bin;
    making->full_name = text_of(making, names->full_name, NAME_MAX_CHARS, "person.full_name", "consent_subject");
    making->representative = text_of(making, given->representative, NAME_MAX_CHARS, "representative", NULL);
    making->made->row.by_representative = making->representative != NULL;
    if (given_text(names->id) && !person_id_valid(names->id))
        refuse(making, "person.id", "person_id_malformed");
    if (!given_text(names->id) && !given_text(names->email) && !given_text(names->phone) && !given_text(names->iin))
        refuse(making, "person", "person_unnamed");
}

/* The purpose, and item 7. */
static void check_categories(struct making *making)
{
    const struct consent_given *given = making->given;
    struct consent_row *row = &making->made->row;
    uint64_t allowed = UINT64_MAX;

    making->purpose =
        given_text(given->purpose) ? kept_at(making->kept, KEPT_PURPOSE, given->purpose, making->now_usec) : NULL;
    if (making->purpose == NULL || making->purpose->retired) {
        refuse(making, "purpose", given_text(given->purpose) ? "purpose_unknown" : "required");
    } else {
        row->purpose = making->purpose->number;
        row->purpose_version = making->purpose->version;
        allowed = kept_purpose_categories(making->kept, making->purpose);
    }
    if (given->category_count == 0)
        refuse(making, "categories", "consent_categories");
    for (size_t i = 0; i < given->category_count; i++) {
        int number = kept_category_number(making->kept, given->categories[i]);

        if (number < 0) {
            refuse(making, "categories", "category_unknown");
            return;
        }
        row->categories |= UINT64_C(1) << number;
    }
    if ((row->categories & ~allowed) != 0)
        refuse(making, "categories", "category_not_of_purpose");
}

static int by_text(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

static void check_recipients(struct making *making)
{
    const struct consent_given *given = making->given;
    size_t count = 0;

    if (given->recipient_count == 0)
        return;
    if (given->third_persons != 1) {
        refuse(making, "recipients", "recipients_without_consent");
        return;
    }
    if (given->recipient_count > LIST_MAX) {
        field_errors_add(making->errors, "recipients", "too_many", "%d", LIST_MAX);
        return;
    }
    making->recipient_ids = ARENA_ARRAY(making->arena, const char *, given->recipient_count);
    if (making->recipient_ids == NULL) {
        making->no_memory = true;
        return;
    }
    for (size_t i = 0; i < given->recipient_count; i++) {
        const struct kept_entry *entry = kept_at(making->kept, KEPT_RECIPIENT, given->recipients[i], making->now_usec);

        if (entry == NULL || entry->retired) {
            refuse(making, "recipients", "recipient_unknown");
            return;
        }
        making->recipient_ids[i] = arena_strdup(making->arena, entry->id);
        if (making->recipient_ids[i] == NULL) {
            making->no_memory = true;
            return;
        }
    }
    qsort(making->recipient_ids, given->recipient_count, sizeof(making->recipient_ids[0]), by_text);
    for (size_t i = 0; i < given->recipient_count; i++)
        if (count == 0 || strcmp(making->recipient_ids[count - 1], making->recipient_ids[i]) != 0)
            making->recipient_ids[count++] = making->recipient_ids[i];
    making->recipient_count = count;
}

/* Items 4 to 6, and the decisions of pdl.19-1.1. */
static void check_aspects(struct making *making)
{
    const struct consent_given *given = making->given;
    const struct {
        const char *field, *code;
        int said;
        enum consent_aspect aspect;
    } asked[] = {{"third_persons", "consent_third_persons", given->third_persons, ASPECT_THIRD_PERSONS},
                 {"cross_border", "consent_cross_border", given->cross_border, ASPECT_CROSS_BORDER},
                 {"publication", "consent_publication", given->publication, ASPECT_PUBLICATION},
                 {"automated", NULL, given->automated, ASPECT_AUTOMATED}};

    making->made->row.given = ASPECT_PROCESSING;
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        if (asked[i].said < 0 && asked[i].code != NULL)
            refuse(making, asked[i].field, asked[i].code);
        else if (asked[i].said == 1)
            making->made->row.given |= asked[i].aspect;
    }
    making->made->row.stands = making->made->row.given;
}

/* Item 3. A moment that was cut to its second from below, or rounded up: the term is never longer than said. */
static int64_t second_after(int64_t usec)
{
    return usec / USEC_PER_SEC + (usec % USEC_PER_SEC > 0);
}

static int64_t second_before(int64_t usec)
{
    return usec / USEC_PER_SEC - (usec % USEC_PER_SEC < 0);
}

static void check_term(struct making *making)
{
    const struct consent_given *given = making->given;
    struct consent_row *row = &making->made->row;

    row->given_usec = given->given_usec == TIME_NONE ? making->now_usec : given->given_usec;
    row->ended_usec = TIME_NONE;
    /* What begins now holds from this second on: a decision asked for in the same one must see it. */
    row->from_sec = given->from_usec == TIME_NONE ? second_before(row->given_usec) : second_after(given->from_usec);
    row->until_sec = given->until_usec == TIME_NONE ? INT64_MAX : second_before(given->until_usec);
    if (row->given_usec > making->now_usec)
        refuse(making, "given_at", "given_in_future");
    if (row->until_sec <= row->from_sec)
        refuse(making, "until", "term_before_start");
    else if (row->until_sec != INT64_MAX && given->until_usec <= making->now_usec)
        refuse(making, "until", "term_past");
}

static bool lang_tag_valid(const char *lang)
{
    size_t count = strlen(lang);

    return (count == 2 || count == 3) && lang[strspn(lang, "abcdefghijklmnopqrstuvwxyz")] == '\0';
}

static void check_text_shown(struct making *making)
{
    static const char *const ways[] = {"written", "electronic", "state_service", "non_state_service", "other"};
    const struct consent_given *given = making->given;
    struct consent_text_row *text = &making->made->text;

    /* Exactly what was shown: never normalised. */
    if (!given_text(given->text))
        refuse(making, "text.text", "text_missing");
    else if (!utf8_valid(given->text, strlen(given->text)))
        refuse(making, "text.text", "wrong_type");
    else if (utf8_length(given->text) > TEXT_MAX_CHARS)
        field_errors_add(making->errors, "text.text", "too_long", "%d", TEXT_MAX_CHARS);
    else
        text->hash = sha256_of(given->text, strlen(given->text), NULL, 0, NULL, 0);
    text->text = given->text;
    if (!given_text(given->text_lang))
        refuse(making, "text.lang", "required");
    else if (!lang_tag_valid(given->text_lang))
        refuse(making, "text.lang", "not_an_option");
    text->lang = given->text_lang;
    text->version = text_of(making, given->text_version, VERSION_MAX_CHARS, "text.version", "required");
    for (size_t i = 0; given->way != NULL && i < sizeof(ways) / sizeof(ways[0]); i++)
        if (strcmp(ways[i], given->way) == 0)
            making->made->row.way = ways[i];
    if (making->made->row.way == NULL)
        refuse(making, "way", given_text(given->way) ? "way_unknown" : "required");
}

/* --- Ready to be written -------------------------------------------------------------------------------------------
 */

static const char *copy_of(struct making *making, const struct buf *buf)
{
    const char *copy = buf->failed ? NULL : arena_strndup(making->arena, buf->data != NULL ? buf->data : "", buf->len);

    making->no_memory = making->no_memory || copy == NULL;
    return copy;
}

static const char *copy_text(struct making *making, const char *text)
{
    const char *copy = arena_strdup(making->arena, text);

    making->no_memory = making->no_memory || (text != NULL && copy == NULL);
    return copy;
}

static void put_ids(struct buf *out, const char *const *ids, size_t count)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(out, ',');
        buf_put_json_string(out, ids[i]);
    }
    buf_putc(out, ']');
}

static void put_hex(struct buf *out, const struct hash *hash)
{
    char hex[2 * SHA256_BYTES + 1];

    hex_encode(hash->bytes, sizeof(hash->bytes), hex);
    buf_puts(out, hex);
}

/* {commitment} into the body, {salt, value} beside it. */
static void put_personal(struct buf *body, struct buf *sealed, const char *name, const char *value)
{
    uint8_t salt[SALT_BYTES];
    char salt_hex[2 * SALT_BYTES + 1];
    struct hash commitment;

    randombytes_buf(salt, sizeof(salt));
    commitment = ledger_commitment(salt, value, strlen(value));
    hex_encode(salt, sizeof(salt), salt_hex);
    buf_printf(body, "\"%s\":{\"commitment\":\"", name);
    put_hex(body, &commitment);
    buf_puts(body, "\"}");
    buf_printf(sealed, "\"%s\":{\"salt\":\"%s\",\"value\":", name, salt_hex);
    buf_put_json_string(sealed, value);
    buf_putc(sealed, '}');
}

static void put_aspects(struct buf *out, unsigned aspects)
{
    bool first = true;

    buf_putc(out, '[');
    for (unsigned bit = ASPECT_PROCESSING; bit <= ASPECT_AUTOMATED; bit <<= 1)
        if ((aspects & bit) != 0) {
            buf_printf(out, first ? "\"%s\"" : ",\"%s\"", aspect_word((enum consent_aspect)bit));
            first = false;
        }
    buf_putc(out, ']');
}

static void put_categories(const struct making *making, struct buf *out)
{
    bool first = true;

    buf_putc(out, '[');
    for (int number = 0; number < DATA_CATEGORIES_MAX; number++)
        if ((making->made->row.categories >> number & 1) != 0) {
            if (!first)
                buf_putc(out, ',');
            buf_put_json_string(out, kept_category_id(making->kept, number));
            first = false;
        }
    buf_putc(out, ']');
}

/* Between at_usec and subject_id: by_representative … recipients. */
static void body_rest(struct making *making, struct buf *out, struct buf *sealed)
{
    const struct consent_prepared *made = making->made;
    const struct consent_text_row *text = &made->text;
    struct hash operator_hash = sha256_of(text->operator_bin, strlen(text->operator_bin), "\n", 1, text->operator_name,
                                          strlen(text->operator_name));

    buf_printf(out, "\"by_representative\":%s,\"categories\":", made->row.by_representative ? "true" : "false");
    put_categories(making, out);
    buf_printf(out, ",\"from_sec\":%lld,\"given_usec\":%lld,\"kind\":\"consent.given\",\"operator\":{\"name_hash\":\"",
               (long long)made->row.from_sec, (long long)made->row.given_usec);
    put_hex(out, &operator_hash);
    buf_puts(out, "\"},\"personal\":{");
    buf_putc(sealed, '{');
    put_personal(out, sealed, "full_name", making->full_name);
    if (making->representative != NULL) {
        buf_putc(out, ',');
        buf_putc(sealed, ',');
        put_personal(out, sealed, "representative", making->representative);
    }
    buf_putc(sealed, '}');
    buf_puts(out, "},\"purpose\":");
    buf_put_json_string(out, making->purpose->id);
    buf_printf(out, ",\"purpose_version\":%lld,\"recipients\":", (long long)made->row.purpose_version);
    put_ids(out, making->recipient_ids, making->recipient_count);
}

static int make_ready(struct making *making, struct err *err)
{
    struct consent_prepared *made = making->made;
    CLEANUP_BUF struct buf piece = {0};
    CLEANUP_BUF struct buf sealed = {0};

    buf_init(&piece, BODY_PIECE_LIMIT);
    buf_init(&sealed, BODY_PIECE_LIMIT);
    buf_puts(&piece, "\"aspects\":");
    put_aspects(&piece, made->row.given);
    made->body_aspects = copy_of(making, &piece);
    buf_reset(&piece);
    body_rest(making, &piece, &sealed);
    made->body_rest = copy_of(making, &piece);
    made->sealed = copy_of(making, &sealed);
    made->sealed_len = sealed.len;
    if (sealed.data != NULL)
        sodium_memzero(sealed.data, sealed.len);
    buf_reset(&piece);
    buf_puts(&piece, "\"text_hash\":\"");
    put_hex(&piece, &made->text.hash);
    buf_puts(&piece, "\",\"text_lang\":");
    buf_put_json_string(&piece, made->text.lang);
    buf_puts(&piece, ",\"text_version\":");
    buf_put_json_string(&piece, made->text.version);
    made->body_text = copy_of(making, &piece);
    buf_reset(&piece);
    if (made->row.until_sec != INT64_MAX)
        buf_printf(&piece, "\"until_sec\":%lld,", (long long)made->row.until_sec);
    buf_printf(&piece, "\"way\":\"%s\"", made->row.way);
    made->body_tail = copy_of(making, &piece);
    if (making->recipient_count > 0) {
        buf_reset(&piece);
        put_ids(&piece, making->recipient_ids, making->recipient_count);
        made->recipients = copy_of(making, &piece);
    }
    made->names.id = copy_text(making, making->given->person.id);
    made->names.email = copy_text(making, making->given->person.email);
    made->names.phone = copy_text(making, making->given->person.phone);
    made->names.iin = copy_text(making, making->given->person.iin);
    made->names.birth_date = copy_text(making, making->given->person.birth_date);
    made->names.full_name = making->full_name;
    made->text.lang = copy_text(making, made->text.lang);
    made->text.text = copy_text(making, made->text.text);
    made->text.operator_bin = copy_text(making, made->text.operator_bin);
    return making->no_memory ? err_memory(err) : 0;
}

int consent_prepare(const struct office *office, const struct kept *kept, const struct organisation *organisation,
                    const struct consent_given *given, int64_t now_usec, struct arena *arena,
                    const struct consent_prepared **ret, struct field_errors *errors, struct err *err)
{
    struct consent_prepared *made = ARENA_NEW(arena, struct consent_prepared);
    struct making making = {.office = office,
                            .kept = kept,
                            .organisation = organisation,
                            .given = given,
                            .now_usec = now_usec,
                            .arena = arena,
                            .errors = errors,
                            .made = made};
    size_t before = errors->count;
    int r;

    if (made == NULL)
        return err_memory(err);
    check_parties(&making);
    check_categories(&making);
    check_aspects(&making);
    check_recipients(&making);
    check_term(&making);
    check_text_shown(&making);
    if (making.no_memory || errors->overflowed)
        return err_memory(err);
    if (errors->count > before)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    r = make_ready(&making, err);
    if (r == 0)
        *ret = made;
    return r;
}
