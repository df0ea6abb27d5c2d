/* All consents, portion by portion; and what is told of one. */
#include "persons/export.h"
#include "cases/record.h"
#include "persons/consent_parts.h"
#include "persons/export_parts.h"
#include "store/consent_rows.h"
#include <stdlib.h>
#include <string.h>

#define PAGE_LEAVES 1024 /* looked through at a time: other events lie between consents */
#define PAGE_ARENA_BYTES ((size_t)64 * 1024 * 1024)
/* Beyond so many texts each comes whole every time. */
#define TEXTS_MAX (INT64_C(1) << 26)

/* --- One consent -------------------------------------------------------------------------------------------------- */

static const char *state_of(const struct consent *consent, int64_t now_usec)
{
    if (consent->ended != NULL)
        return consent->ended;
    return consent->until_sec != INT64_MAX && consent->until_sec * USEC_PER_SEC < now_usec ? "expired" : "stands";
}

int consent_told_read(struct tx *tx, const struct export_context *context, const struct consent *consent,
                      struct arena *arena, struct consent_told *ret, struct err *err)
{
    struct consent_told told = {.consent = *consent, .state = state_of(consent, context->now_usec)};
    int r = person_by_serial(tx, consent->person, arena, &told.person, err);
    if (r == 0)
        r = consent_names_get(tx, context->office, consent, &told.person, arena, &told.full_name, &told.representative,
                              err);
    if (r == 0)
        r = consent_text_get(tx, consent->text, arena, &told.text, err);
    if (r == 0)
        r = recipient_set_get(tx, consent->recipients, arena, &told.recipients, &told.recipient_count, err);
    if (r < 0)
        return r;
    told.purpose = kept_version(context->kept, KEPT_PURPOSE, consent->purpose, consent->purpose_version);
    *ret = told;
    return 0;
}

int consent_record_jsonld(struct tx *tx, const struct office *office, int64_t leaf, const char *public_url,
                          int64_t now_usec, struct buf *out, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct consent consent;
    struct consent_told told;
    struct kept *kept = NULL;
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    int r = consent_get(tx, leaf, &arena, &consent, err);
    if (r == 0)
        r = kept_load(tx, office, &kept, err);
    const struct export_context context = {office, kept, public_url, now_usec};
    if (r == 0)
        r = consent_told_read(tx, &context, &consent, &arena, &told, err);
    if (r == 0)
        consent_record_write(&context, &told, out);
    kept_unref(kept);
    return r == 0 && out->failed ? err_memory(err) : r;
}

/* --- As CSV ------------------------------------------------------------------------------------------------------- */

void consent_csv_head(struct buf *out)
{
    buf_puts(out,
             "consent,state,ended_at,person_id,subject_id,full_name,representative,purpose,purpose_version,"
             "categories,third_persons,cross_border,publication,automated,withdrawn,recipients,from,until,given_at,"
             "way,text_language,text_version,text_hash,text,operator_name,operator_bin\r\n");
}

static void cell(struct buf *out, const char *text)
{
    buf_putc(out, ',');
    if (text != NULL)
        buf_put_csv(out, text);
}

static void moment_cell(const struct export_context *context, struct buf *out, int64_t at_usec)
{
    char text[32] = "";
    if (at_usec != TIME_NONE)
        moment_format(&context->office->catalogue->calendar->zone, at_usec, text);
    cell(out, text);
}

static void aspects_withdrawn(const struct consent *consent, struct buf *out)
{
    unsigned gone = consent->given & ~consent->stands;
    bool first = true;
    buf_putc(out, ',');
    for (unsigned bit = ASPECT_PROCESSING; bit <= ASPECT_AUTOMATED; bit <<= 1) {
        if ((gone & bit) == 0)
            continue;
        buf_puts(out, first ? "" : " ");
        buf_puts(out, aspect_word((enum consent_aspect)bit));
        first = false;
    }
}

void consent_csv_write(const struct export_context *context, const struct consent_told *told, bool with_text,
                       struct buf *out)
{
    const struct consent *consent = &told->consent;
    char hex[2 * SHA256_BYTES + 1];
    bool first = true;
    buf_put_int(out, consent->leaf);
    cell(out, told->state);
    moment_cell(context, out, consent->ended_usec);
    cell(out, told->person.id);
    cell(out, told->person.subject_id);
    cell(out, told->full_name);
    cell(out, told->representative);
    cell(out, told->purpose == NULL ? NULL : told->purpose->id);
    buf_putc(out, ',');
    buf_put_int(out, consent->purpose_version);
    buf_putc(out, ',');
    for (int number = 0; number < DATA_CATEGORIES_MAX; number++) {
        const char *id = (consent->categories >> number & 1) != 0 ? kept_category_id(context->kept, number) : NULL;
        if (id == NULL)
            continue;
        buf_puts(out, first ? "" : " ");
        buf_puts(out, id);
        first = false;
    }
    for (unsigned bit = ASPECT_THIRD_PERSONS; bit <= ASPECT_AUTOMATED; bit <<= 1)
        cell(out, (consent->stands & bit) != 0 ? "yes" : "no");
    aspects_withdrawn(consent, out);
    buf_putc(out, ',');
    /* Without the yes to third persons the recipients it named are none. */
    for (size_t i = 0; (consent->stands & ASPECT_THIRD_PERSONS) != 0 && i < told->recipient_count; i++) {
        buf_puts(out, i > 0 ? " " : "");
        buf_puts(out, told->recipients[i]);
    }
    moment_cell(context, out, consent->from_sec * USEC_PER_SEC);
    moment_cell(context, out, consent->until_sec == INT64_MAX ? TIME_NONE : consent->until_sec * USEC_PER_SEC);
    moment_cell(context, out, consent->given_usec);
    cell(out, consent->way);
    cell(out, told->text.lang);
    cell(out, told->text.version);
    hex_encode(told->text.hash.bytes, SHA256_BYTES, hex);
    cell(out, hex);
    cell(out, with_text ? told->text.text : NULL);
    cell(out, told->text.operator_name);
    cell(out, told->text.operator_bin);
    buf_puts(out, "\r\n");
}

/* --- All of them -------------------------------------------------------------------------------------------------- */

struct consent_export {
    const struct office *office;
    enum consent_format format;
    char *public_url;
    int64_t now_usec;
    int64_t next; /* leaf */
    bool begun;
    struct kept *kept;
    struct arena arena;
    struct consent rows[PAGE_LEAVES];
    size_t row_count, written;
    /* A bit for each text that was written whole, by its number. */
    uint8_t *texts;
    size_t texts_room;
};

int consent_export_new(const struct office *office, enum consent_format format, const char *public_url,
                       int64_t now_usec, struct consent_export **ret, struct err *err)
{
    struct consent_export *export = calloc(1, sizeof *export);
    if (export == NULL)
        return err_memory(err);
    export->office = office;
    export->format = format;
    export->now_usec = now_usec;
    arena_init(&export->arena, PAGE_ARENA_BYTES);
    export->public_url = strdup(public_url);
    if (export->public_url == NULL) {
        consent_export_free(export);
        return err_memory(err);
    }
    *ret = export;
    return 0;
}

void consent_export_free(struct consent_export *export)
{
    if (export == NULL)
        return;
    kept_unref(export->kept);
    arena_done(&export->arena);
    free(export->public_url);
    free(export->texts);
    free(export);
}

static int row_take(const struct consent_row *row, void *arg, struct err *err)
{
    struct consent_export *export = arg;
    struct consent *consent = &export->rows[export->row_count];
    (void)err;
    consent_from_row(row, consent);
    consent->ended = arena_strdup(&export->arena, row->ended);
    consent->way = arena_strdup(&export->arena, row->way);
    export->row_count++;
    return 0;
}

/* Was the text written whole before? Notes that it is now. */
static bool text_is_new(struct consent_export *export, int64_t number)
{
    size_t byte = (size_t)(number / 8);
    if (number < 0 || number >= TEXTS_MAX)
        return true;
    if (byte >= export->texts_room) {
        size_t room = byte * 2 + 1024;
        uint8_t *grown = realloc(export->texts, room);
        if (grown == NULL)
            return true;
        memset(grown + export->texts_room, 0, room - export->texts_room);
        export->texts = grown;
        export->texts_room = room;
    }
    uint8_t bit = (uint8_t)(1u << (number % 8));
    bool is_new = (export->texts[byte] & bit) == 0;
    export->texts[byte] |= bit;
    return is_new;
}

/* The consents among some leaves more; *ret_more false when there are none above. */
static int page_read(struct consent_export *export, struct tx *tx, bool *ret_more, struct err *err)
{
    int64_t newest = -1;
    int r = store_consent_newest(tx, &newest, err);
    arena_reset(&export->arena);
    export->row_count = export->written = 0;
    while (r == 0 && export->row_count == 0 && export->next <= newest) {
        int64_t until = newest - export->next < PAGE_LEAVES ? newest + 1 : export->next + PAGE_LEAVES;
        r = store_consent_scan(tx, export->next, until, row_take, export, err);
        export->next = until;
    }
    if (r == 0 && export->arena.overflowed)
        r = err_memory(err);
    *ret_more = export->row_count > 0;
    return r;
}

static int row_write(struct consent_export *export, struct tx *tx, struct buf *out, struct err *err)
{
    const struct export_context context = {export->office, export->kept, export->public_url, export->now_usec};
    CLEANUP_ARENA struct arena one;
    struct consent_told told;
    arena_init(&one, COMMAND_ARENA_LIMIT);
    int r = consent_told_read(tx, &context, &export->rows[export->written++], &one, &told, err);
    if (r < 0)
        return r;
    if (export->format == CONSENTS_CSV) {
        consent_csv_write(&context, &told, text_is_new(export, told.consent.text), out);
    } else {
        consent_record_write(&context, &told, out);
        buf_putc(out, '\n');
    }
    return out->failed ? err_memory(err) : 0;
}

int consent_export_fill(struct consent_export *export, struct buf *out, size_t enough, bool *ret_more, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    size_t begin = out->len;
    bool more = true;
    int r = store_read_begin(export->office->store, &tx, err);
    if (r == 0 && export->kept == NULL)
        r = kept_load(tx, export->office, &export->kept, err);
    if (r == 0 && !export->begun && export->format == CONSENTS_CSV)
        consent_csv_head(out);
    export->begun = true;
    while (r == 0 && more && out->len - begin < enough)
        r = export->written < export->row_count ? row_write(export, tx, out, err) : page_read(export, tx, &more, err);
    if (r == 0)
        *ret_more = more;
    return r;
}

int consents_note_export(struct tx *tx, const struct office *office, enum consent_format format,
                         const struct actor *actor, int64_t now_usec, struct err *err)
{
    CLEANUP_JSON json_t *body = body_begin("consents.exported", NULL, actor, now_usec, 0);
    int64_t newest = -1, leaf;
    (void)office;
    int r = store_consent_newest(tx, &newest, err);
    /* Where there is nothing, nothing is taken out. */
    if (r < 0 || newest < 0)
        return r;
    if (body == NULL ||
        json_object_set_new(body, "format", json_string(format == CONSENTS_CSV ? "csv" : "jsonld")) != 0 ||
        json_object_set_new(body, "newest", json_integer(newest)) != 0)
        return err_memory(err);
    return record(tx, "consents.exported", NULL, actor, now_usec, body, NULL, NULL, &leaf, err);
}
