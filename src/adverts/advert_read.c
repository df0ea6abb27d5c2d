/* An advertisement from its JSON. What it may hold is said in tables, one an object; one loop reads them all, so that a
 * body of ten thousand is gone through once and every refusal has its path. */
#include "adverts/advert.h"
#include "adverts/viewer_word.h"
#include "base/unicode.h"

#include <stdio.h>
#include <string.h>

#define URL_MAX 2000
#define NOTE_MAX 2000
#define TYPE_MAX 100
#define AGE_MAX 150

/* From the outermost object to where one is: written out only when something is refused. */
struct path {
    const struct path *outer;
    const char *name; /* NULL: an item of a list */
    size_t index;
};

struct reader {
    const char *prefix;
    struct arena *arena;
    struct field_errors *errors;
    size_t first_error; /* how many there were before */
    bool memory_ended;
};

enum member_kind {
    MEMBER_TEXT, /* several lines */
    MEMBER_LINE, /* one line */
    MEMBER_WORD, /* one of `words`, into an int or, with `as_text`, a text */
    MEMBER_BOOL,
    MEMBER_DAY,
    MEMBER_AGE,
    MEMBER_URL,
    MEMBER_BIN,
    MEMBER_HASH,
    MEMBER_LANGUAGE,
    MEMBER_OBJECT, /* `inside`, at the same or another place of the struct */
    MEMBER_LIST    /* of objects of `inside`, each `size` bytes */
};

struct member {
    const char *name;
    enum member_kind kind;
    bool required, as_text;
    size_t at;       /* where in the struct it goes */
    size_t count_at; /* MEMBER_LIST: where the count goes */
    size_t max;      /* characters, or items */
    size_t size;
    const char *const *words;
    const struct member *inside;
};
#define END  \
    {        \
        NULL \
    }

static const char *const kind_words[] = {"targeted", "sponsored", "other", NULL};
static const char *const format_words[] = {"text", "image", "sound", "video", NULL};
static const char *const place_words[] = {"none",      "first_line", "before_start", "on_image", "beside",
                                          "elsewhere", NULL};
static const char *const what_words[] = {"opinion", "voice", "photo", "video", "image", NULL};
static const char *const basis_words[] = {"contract", "commercial", "none", NULL};

#define AT(field) offsetof(struct advert, field)
static const struct member party_members[] = {
    {"name", MEMBER_LINE, .at = offsetof(struct advert_party, name), .max = ADVERT_NAME_MAX},
    {"bin", MEMBER_BIN, .at = offsetof(struct advert_party, bin)},
    {"url", MEMBER_URL, .at = offsetof(struct advert_party, url)},
    END};
static const struct member media_members[] = {
    {"hash", MEMBER_HASH, .required = true, .at = offsetof(struct advert_media, hash)},
    {"type", MEMBER_LINE, .at = offsetof(struct advert_media, type), .max = TYPE_MAX},
    {"url", MEMBER_URL, .at = offsetof(struct advert_media, url)},
    END};
static const struct member mark_members[] = {{"text", MEMBER_LINE, .at = AT(mark_text), .max = ADVERT_NAME_MAX},
                                             {"place", MEMBER_WORD, .at = AT(mark_place), .words = place_words},
                                             END};
static const struct member period_members[] = {
    {"from", MEMBER_DAY, .required = true, .at = AT(from_day)}, {"until", MEMBER_DAY, .at = AT(until_day)}, END};
static const struct member age_members[] = {
    {"from", MEMBER_AGE, .at = AT(age_from)}, {"until", MEMBER_AGE, .at = AT(age_until)}, END};
static const struct member criterion_members[] = {
    {"criterion", MEMBER_LINE, .required = true, .at = offsetof(struct advert_criterion, criterion),
     .max = ADVERT_NAME_MAX},
    {"value", MEMBER_LINE, .required = true, .at = offsetof(struct advert_criterion, value), .max = ADVERT_NAME_MAX},
    END};
static const struct member targeting_members[] = {
    {"age", MEMBER_OBJECT, .inside = age_members},
    {"include", MEMBER_LIST, .at = AT(include), .count_at = AT(include_count), .max = ADVERT_CRITERIA_MAX,
     .size = sizeof(struct advert_criterion), .inside = criterion_members},
    {"exclude", MEMBER_LIST, .at = AT(exclude), .count_at = AT(exclude_count), .max = ADVERT_CRITERIA_MAX,
     .size = sizeof(struct advert_criterion), .inside = criterion_members},
    END};
static const struct member ai_members[] = {{"made", MEMBER_BOOL, .required = true, .at = AT(ai_made)},
                                           {"notice", MEMBER_TEXT, .at = AT(ai_notice), .max = NOTE_MAX},
                                           END};
static const struct member ai_goods_members[] = {{"has", MEMBER_BOOL, .required = true, .at = AT(ai_goods)},
                                                 {"warning", MEMBER_TEXT, .at = AT(ai_warning), .max = NOTE_MAX},
                                                 END};
static const struct member third_members[] = {
    {"what", MEMBER_WORD, .required = true, .as_text = true, .at = offsetof(struct advert_third, what),
     .words = what_words},
    {"consent", MEMBER_TEXT, .at = offsetof(struct advert_third, consent), .max = NOTE_MAX},
    {"ground", MEMBER_TEXT, .at = offsetof(struct advert_third, ground), .max = NOTE_MAX},
    END};
static const struct member claim_members[] = {
    {"claim", MEMBER_TEXT, .required = true, .at = offsetof(struct advert_claim, claim), .max = NOTE_MAX},
    {"proof", MEMBER_TEXT, .at = offsetof(struct advert_claim, proof), .max = NOTE_MAX},
    END};
static const struct member influencer_members[] = {
    {"basis", MEMBER_WORD, .required = true, .as_text = true, .at = AT(influencer_basis), .words = basis_words},
    {"share", MEMBER_BOOL, .at = AT(influencer_share)},
    {"exclusive_terms", MEMBER_BOOL, .at = AT(influencer_exclusive)},
    {"discount_links", MEMBER_BOOL, .at = AT(influencer_discounts)},
    END};
static const struct member advert_members[] = {
    {"id", MEMBER_LINE, .at = AT(own_id), .max = ADVERT_OWN_ID_MAX},
    {"kind", MEMBER_WORD, .required = true, .at = AT(kind), .words = kind_words},
    {"format", MEMBER_WORD, .required = true, .at = AT(format), .words = format_words},
    {"language", MEMBER_LANGUAGE, .required = true, .at = AT(language)},
    {"text", MEMBER_TEXT, .at = AT(text), .max = ADVERT_TEXT_MAX},
    {"mass_media", MEMBER_BOOL, .at = AT(mass_media)},
    {"published", MEMBER_BOOL, .at = AT(published)},
    {"media", MEMBER_LIST, .at = AT(media), .count_at = AT(media_count), .max = ADVERT_MEDIA_MAX,
     .size = sizeof(struct advert_media), .inside = media_members},
    {"mark", MEMBER_OBJECT, .inside = mark_members},
    {"account", MEMBER_OBJECT, .at = AT(account), .inside = party_members},
    {"advertiser", MEMBER_OBJECT, .at = AT(advertiser), .inside = party_members},
    {"payer", MEMBER_OBJECT, .at = AT(payer), .inside = party_members},
    {"sponsor", MEMBER_OBJECT, .at = AT(sponsor), .inside = party_members},
    {"period", MEMBER_OBJECT, .required = true, .inside = period_members},
    {"targeting", MEMBER_OBJECT, .inside = targeting_members},
    {"ai", MEMBER_OBJECT, .inside = ai_members},
    {"ai_goods", MEMBER_OBJECT, .inside = ai_goods_members},
    {"third_persons", MEMBER_LIST, .at = AT(third_persons), .count_at = AT(third_count), .max = ADVERT_LIST_MAX,
     .size = sizeof(struct advert_third), .inside = third_members},
    {"claims", MEMBER_LIST, .at = AT(claims), .count_at = AT(claim_count), .max = ADVERT_LIST_MAX,
     .size = sizeof(struct advert_claim), .inside = claim_members},
    {"influencer", MEMBER_OBJECT, .inside = influencer_members},
    END};

static void path_write(const struct path *path, struct buf *out)
{
    if (!path)
        return;
    path_write(path->outer, out);
    if (path->outer)
        buf_putc(out, '.');
    if (path->name)
        buf_puts(out, path->name);
    else
        buf_put_int(out, (int64_t)path->index);
}

static void refuse(struct reader *reader, const struct path *path, const char *code, const char *arg)
{
    CLEANUP_BUF struct buf field;
    buf_init(&field, 4096);
    if (reader->errors->count - reader->first_error >= ADVERT_ERRORS_MAX)
        return;
    buf_puts(&field, reader->prefix);
    path_write(path, &field);
    /* A member's name is cut: it came from outside, and may be as long as the body. */
    if (field.len > 200)
        field.data[200] = '\0';
    while (field.len > 200 && field.data[0] && !utf8_valid(field.data, strlen(field.data)))
        field.data[strlen(field.data) - 1] = '\0';
    if (field.failed)
        reader->memory_ended = true;
    else
        field_errors_add(reader->errors, field.data ? field.data : "", code, "%s", arg);
}

static void refuse_number(struct reader *reader, const struct path *path, const char *code, size_t number)
{
    char arg[24];
    (void)snprintf(arg, sizeof arg, "%zu", number);
    refuse(reader, path, code, arg);
}

/* The text without blanks at its ends and as NFC; NULL (not given) when nothing is left, or it was refused. */
static const char *text_of(struct reader *reader, const struct json_cell *cell, const struct path *path, size_t max)
{
    if (cell->kind != CELL_STRING) {
        refuse(reader, path, "wrong_type", "");
        return NULL;
    }
    /* No character is longer than four bytes: what is longer than that need not be normalised first. */
    if (cell->count > 4 * max + 64) {
        refuse_number(reader, path, "too_long", max);
        return NULL;
    }
    const char *text = text_normalised(reader->arena, cell->text, cell->count);
    if (!text) {
        reader->memory_ended = true;
        return NULL;
    }
    if (strlen(text) > max && utf8_length(text) > max) {
        refuse_number(reader, path, "too_long", max);
        return NULL;
    }
    return text[0] ? text : NULL;
}

static const char *line_of(struct reader *reader, const struct json_cell *cell, const struct path *path, size_t max)
{
    const char *text = text_of(reader, cell, path, max);
    if (text && strpbrk(text, "\n\t")) {
        refuse(reader, path, "not_one_line", "");
        return NULL;
    }
    return text;
}

static int word_of(const struct json_cell *cell, const char *const *words)
{
    for (int i = 0; cell->kind == CELL_STRING && words[i]; i++) {
        if (strcmp(words[i], cell->text) == 0)
            return i;
    }
    return -1;
}

static bool is_url(const char *text)
{
    const char *host = strncmp(text, "https://", 8) == 0  ? text + 8
                       : strncmp(text, "http://", 7) == 0 ? text + 7
                                                          : NULL;
    return host && host[0] && !strchr("/?#:.", host[0]) && !text[strcspn(text, " \t\n\"<>\\^`{|}")];
}

static const char *hash_of(struct reader *reader, const struct json_cell *cell)
{
    if (cell->kind != CELL_STRING || cell->count != 64)
        return NULL;
    if (cell->text[strspn(cell->text, "0123456789abcdef")] == '\0')
        return cell->text;
    char *lower = arena_strndup(reader->arena, cell->text, 64);
    if (!lower) {
        reader->memory_ended = true;
        return cell->text;
    }
    for (char *c = lower; *c; c++) {
        if (*c >= 'A' && *c <= 'F')
            *c = (char)(*c - 'A' + 'a');
    }
    return lower[strspn(lower, "0123456789abcdef")] == '\0' ? lower : NULL;
}

/* Two or three letters of ISO 639, in lower case. */
static bool is_language(const struct json_cell *cell)
{
    return cell->kind == CELL_STRING && (cell->count == 2 || cell->count == 3) &&
           cell->text[strspn(cell->text, "abcdefghijklmnopqrstuvwxyz")] == '\0';
}

static bool object_read(struct reader *reader, const struct json_cell *cell, const struct path *path,
                        const struct member *members, void *into);

static bool list_read(struct reader *reader, const struct json_cell *cell, const struct path *path,
                      const struct member *member, char *into)
{
    const struct json_cell *item = json_cell_first(cell);
    char *items;
    size_t count = cell->count;

    if (cell->kind != CELL_ARRAY) {
        refuse(reader, path, "wrong_type", "");
        return false;
    }
    if (count > member->max) {
        refuse_number(reader, path, "too_many", member->max);
        return false;
    }
    items = arena_calloc(reader->arena, count, member->size);
    if (!items) {
        reader->memory_ended = true;
        return false;
    }
    for (size_t i = 0; i < count && !reader->memory_ended; i++, item = json_cell_after(item)) {
        const struct path here = {path, NULL, i};
        (void)object_read(reader, item, &here, member->inside, items + i * member->size);
    }
    memcpy(into + member->at, &items, sizeof items);
    memcpy(into + member->count_at, &count, sizeof count);
    return count > 0;
}

/* False: refused, or as good as not given. */
static bool member_read(struct reader *reader, const struct json_cell *cell, const struct path *path,
                        const struct member *member, char *into)
{
    char *at = into + member->at;
    const char *text = NULL;
    struct date date;
    int64_t number = 0;
    int word;

    switch (member->kind) {
    case MEMBER_TEXT:
        text = text_of(reader, cell, path, member->max);
        break;
    case MEMBER_LINE:
        text = line_of(reader, cell, path, member->max);
        break;
    case MEMBER_URL:
        text = line_of(reader, cell, path, URL_MAX);
        if (text && !is_url(text)) {
            refuse(reader, path, "not_a_url", "");
            return false;
        }
        break;
    case MEMBER_BIN:
        text = line_of(reader, cell, path, 12);
        if (text && (strlen(text) != 12 || text[strspn(text, "0123456789")])) {
            refuse(reader, path, "not_a_bin", "");
            return false;
        }
        if (text && !bin_valid(text)) {
            refuse(reader, path, "bin_control_digit", "");
            return false;
        }
        /* Published and never forgotten: of somebody who trades as a person the name is told, not their own number. */
        if (text && iin_valid(text)) {
            refuse(reader, path, "iin_is_not_published", "");
            return false;
        }
        break;
    case MEMBER_HASH:
        text = hash_of(reader, cell);
        if (!text)
            refuse(reader, path, cell->kind == CELL_STRING ? "not_a_hash" : "wrong_type", "");
        break;
    case MEMBER_LANGUAGE:
        text = is_language(cell) ? cell->text : NULL;
        if (!text)
            refuse(reader, path, cell->kind == CELL_STRING ? "not_a_language" : "wrong_type", "");
        break;
    case MEMBER_WORD:
        word = word_of(cell, member->words);
        if (word < 0) {
            refuse(reader, path, cell->kind == CELL_STRING ? "not_an_option" : "wrong_type", "");
            return false;
        }
        if (!member->as_text) {
            memcpy(at, &word, sizeof word);
            return true;
        }
        text = member->words[word];
        break;
    case MEMBER_BOOL:
        if (cell->kind != CELL_TRUE && cell->kind != CELL_FALSE) {
            refuse(reader, path, "wrong_type", "");
            return false;
        }
        *(bool *)at = cell->kind == CELL_TRUE;
        return true;
    case MEMBER_DAY:
        if (cell->kind != CELL_STRING || !date_parse(cell->text, &date)) {
            refuse(reader, path, cell->kind == CELL_STRING ? "not_a_date" : "wrong_type", "");
            return false;
        }
        *(int32_t *)at = day_from_date(date);
        return true;
    case MEMBER_AGE:
        if (!json_cell_int(cell, &number)) {
            refuse(reader, path, "wrong_type", "");
            return false;
        }
        if (number < 0 || number > AGE_MAX) {
            refuse(reader, path, "out_of_range", "0–150");
            return false;
        }
        *(int *)at = (int)number;
        return true;
    case MEMBER_OBJECT:
        return object_read(reader, cell, path, member->inside, at);
    case MEMBER_LIST:
        return list_read(reader, cell, path, member, into);
    }
    if (text)
        memcpy(at, &text, sizeof text);
    return text != NULL;
}

static bool object_read(struct reader *reader, const struct json_cell *cell, const struct path *path,
                        const struct member *members, void *into)
{
    const struct json_cell *inside = json_cell_first(cell);
    uint32_t given = 0;

    if (cell->kind != CELL_OBJECT) {
        refuse(reader, path, "wrong_type", "");
        return false;
    }
    for (size_t i = 0; i < cell->count && !reader->memory_ended; i++, inside = json_cell_after(inside)) {
        const struct path here = {path, inside->key, 0};
        size_t m = 0;
        while (members[m].name && (members[m].name[0] != inside->key[0] || strcmp(members[m].name, inside->key) != 0))
            m++;
        if (!members[m].name) {
            refuse(reader, &here, viewer_word(inside->key, reader->arena) ? "viewer_refused" : "unknown_field",
                   inside->key_count <= ADVERT_OWN_ID_MAX ? inside->key : "…");
            continue;
        }
        size_t before = reader->errors->count;
        if (member_read(reader, inside, &here, &members[m], into) || reader->errors->count > before)
            given |= UINT32_C(1) << m;
    }
    for (size_t m = 0; members[m].name; m++) {
        const struct path here = {path, members[m].name, 0};
        if (members[m].required && !(given & UINT32_C(1) << m))
            refuse(reader, &here, "required", "");
    }
    return true;
}

int advert_read(const struct json_cell *cell, const char *prefix, struct arena *arena, struct advert *ret,
                struct field_errors *errors, struct err *err)
{
    struct reader reader = {prefix, arena, errors, errors->count, false};
    struct advert advert = {.until_day = INT32_MAX, .age_from = -1, .age_until = -1};
    const struct path text_path = {NULL, "text", 0}, age_path = {&(struct path){NULL, "targeting", 0}, "age", 0};

    if (object_read(&reader, cell, NULL, advert_members, &advert)) {
        if (errors->count == reader.first_error && advert.format == ADVERT_TEXT && !advert.text)
            refuse(&reader, &text_path, "required", "");
        if (advert.age_from >= 0 && advert.age_until >= 0 && advert.age_until < advert.age_from)
            refuse(&reader, &age_path, "out_of_range", "");
    }
    if (reader.memory_ended || errors->overflowed)
        return err_memory(err);
    if (errors->count > reader.first_error)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    *ret = advert;
    return 0;
}

int advert_read_kept(const char *json, size_t count, struct arena *arena, struct advert *ret, struct err *err)
{
    struct field_errors errors;
    const struct json_cell *cell, *inside;
    char *copy = arena_strndup(arena, json, count);
    int r = copy ? 0 : err_memory(err);

    field_errors_init(&errors, arena);
    if (r == 0)
        r = json_tape_read(copy, count, arena, &cell, err);
    if (r == 0) {
        inside = json_cell_member(cell, "advert");
        r = advert_read(inside ? inside : cell, "", arena, ret, &errors, err);
    }
    return r == 0 || r == -ERR_MEMORY ? r : err_set(err, ERR_DAMAGED, "advert_damaged", NULL);
}
