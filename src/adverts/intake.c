/* A body of advertisements, from its bytes to what the store takes.
 *
 * Cells, texts and findings of one advertisement are needed only until its canonical JSON is written, so they live in
 * an arena that is emptied after each; what stays is the JSON, its hash and little else. */
#include "adverts/intake.h"
#include "adverts/ids.h"
#include "adverts/viewer_word.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRATCH_LIMIT ((size_t)64 << 20)
#define TAPE_LIMIT ((size_t)2 << 30) /* of a body of 64 MiB that is nothing but brackets and commas */
#define RESULT_LIMIT (1u << 20)
#define FIELD_ROOM 40

struct own_ids { /* of this body */
    const char **slots;
    size_t room; /* a power of two */
    size_t count;
    unsigned char key[crypto_shorthash_KEYBYTES];
};

struct reading {
    const struct intake_rules *rules;
    struct arena *arena;
    struct arena scratch;
    struct intake intake;
    size_t room;
    struct intake_unlawful *unlawful;
    struct own_ids own_ids;
    struct field_errors *errors;
};

/* --- Own ids seen in this body -------------------------------------------------------------------------------------
 */

static const char **own_id_slot(const struct own_ids *ids, const char *own_id)
{
    uint64_t hash;
    size_t at;

    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)own_id, strlen(own_id), ids->key);
    at = hash & (ids->room - 1);
    while (ids->slots[at] != NULL && strcmp(ids->slots[at], own_id) != 0)
        at = (at + 1) & (ids->room - 1);
    return &ids->slots[at];
}

static int own_ids_grow(struct own_ids *ids, struct err *err)
{
    struct own_ids grown = *ids;

    grown.room = ids->room == 0 ? 1024 : ids->room * 2;
    grown.slots = calloc(grown.room, sizeof(*grown.slots));
    if (grown.slots == NULL)
        return err_memory(err);
    for (size_t i = 0; i < ids->room; i++)
        if (ids->slots[i] != NULL)
            *own_id_slot(&grown, ids->slots[i]) = ids->slots[i];
    free(ids->slots);
    *ids = grown;
    return 0;
}

/* `own_id` has to stay where it is. */
static int own_id_add(struct own_ids *ids, const char *own_id, bool *ret_new, struct err *err)
{
    const char **slot;
    int r = ids->count * 2 >= ids->room ? own_ids_grow(ids, err) : 0;

    if (r < 0)
        return r;
    slot = own_id_slot(ids, own_id);
    *ret_new = *slot == NULL;
    ids->count += *ret_new;
    *slot = own_id;
    return 0;
}

/* --- One -----------------------------------------------------------------------------------------------------------
 */

static void refuse(struct reading *reading, const char *field, const char *member, const char *code, const char *arg)
{
    char path[FIELD_ROOM + 32];

    snprintf(path, sizeof(path), "%s%s%s", field, *field != '\0' && *member != '\0' ? "." : "", member);
    field_errors_add(reading->errors, path, code, arg != NULL ? "%s" : NULL, arg);
}

static int check_own_id(struct reading *reading, const char *field, const char *own_id, struct err *err)
{
    const struct advert_ids *known = reading->rules->known;
    bool is_new = true;
    int r = own_id == NULL ? 0 : own_id_add(&reading->own_ids, own_id, &is_new, err);

    if (r == 0 && own_id != NULL && (!is_new || (known != NULL && advert_ids_find(known, own_id, strlen(own_id)) >= 0)))
        refuse(reading, field, "id", "advert_known", own_id);
    return r;
}

static int tell_unlawful(struct reading *reading, const char *field, const struct advert_new *made,
                         const struct advert_result *result, struct err *err)
{
    CLEANUP_BUF struct buf out = {0};
    struct intake_unlawful *told;
    int r;

    if (reading->intake.unlawful_count++ >= INTAKE_TOLD)
        return 0;
    if (reading->unlawful == NULL)
        reading->unlawful = ARENA_ARRAY(reading->arena, struct intake_unlawful, INTAKE_TOLD);
    if (reading->unlawful == NULL)
        return err_memory(err);
    buf_init(&out, RESULT_LIMIT);
    r = advert_result_write(result, (int)reading->rules->lang, &out, err);
    if (r < 0)
        return r;
    told = &reading->unlawful[reading->intake.unlawful_count - 1];
    told->field = arena_strdup(reading->arena, field);
    told->own_id = made->own_id;
    told->result = arena_strndup(reading->arena, out.data, out.len);
    return told->result == NULL || told->field == NULL ? err_memory(err) : 0;
}

static struct advert_new *one_more(struct reading *reading)
{
    struct intake *intake = &reading->intake;

    if (intake->count == reading->room) {
        size_t room = reading->room == 0 ? 16 : reading->room * 2;
        struct advert_new *grown = ARENA_ARRAY(reading->arena, struct advert_new, room);

        if (grown == NULL)
            return NULL;
        if (intake->count > 0)
            memcpy(grown, intake->adverts, intake->count * sizeof(*grown));
        intake->adverts = grown;
        reading->room = room;
    }
    return &intake->adverts[intake->count++];
}

/* After the first hundred refusals nothing will be kept, and nothing more is told. */
static bool told_enough(const struct reading *reading)
{
    return reading->errors->count >= INTAKE_TOLD;
}

static int take_one(struct reading *reading, const struct json_cell *cell, const char *field, struct err *err)
{
    const struct intake_rules *rules = reading->rules;
    size_t before = reading->errors->count;
    char prefix[FIELD_ROOM + 2];
    struct advert_result result;
    struct advert_new *made;
    struct advert advert;
    struct err why = {0};
    int r;

    if (!json_cell_is_object(cell)) {
        refuse(reading, field, "", "wrong_type", NULL);
        return 0;
    }
    strcpy(stpcpy(prefix, field), *field != '\0' ? "." : "");
    r = advert_read(cell, prefix, &reading->scratch, &advert, reading->errors, &why);
    if (r < 0 && reading->errors->count > before) /* told beside the others */
        return 0;
    if (r < 0) {
        *err = why;
        return r;
    }
    if (advert.until_day < rules->today && advert_kept_until(advert.until_day) < rules->today)
        refuse(reading, field, "period.until", "advert_too_old", NULL);
    r = advert_check(rules->rules, &advert, rules->today, &reading->scratch, &result, err);
    if (r < 0)
        return r;
    made = one_more(reading);
    if (made == NULL)
        return err_memory(err);
    r = advert_make(&advert, &result, rules->id, rules->id == NULL ? 1 : rules->version, rules->now_usec,
                    reading->arena, made, err);
    if (r == 0)
        r = check_own_id(reading, field, made->own_id, err);
    if (r == 0 && !result.allowed && !advert.published)
        r = tell_unlawful(reading, field, made, &result, err);
    return r;
}

/* --- Bodies --------------------------------------------------------------------------------------------------------
 */

static int take_line(struct reading *reading, char *line, size_t count, size_t number, struct err *err)
{
    const struct json_cell *cell;
    char field[FIELD_ROOM];
    struct err why = {0};
    int r;

    snprintf(field, sizeof(field), "lines.%zu", number);
    if (reading->intake.count == ADVERTS_A_FILE)
        return err_set(err, ERR_BAD_INPUT, "adverts_too_many", "%d", ADVERTS_A_FILE);
    arena_reset(&reading->scratch);
    r = json_tape_read(line, count, &reading->scratch, &cell, &why);
    if (r == -ERR_MALFORMED) {
        const char *column = strchr(why.arg, ':');

        field_errors_add(reading->errors, field, "json_malformed", "%zu%s", number, column != NULL ? column : "");
        return 0;
    }
    if (r < 0) {
        *err = why;
        return r;
    }
    return take_one(reading, cell, field, err);
}

static int read_lines(struct reading *reading, char *text, size_t count, struct err *err)
{
    char *at = text, *end = text + count;
    size_t number = 0;
    int r = 0;

    while (at < end && r == 0 && !told_enough(reading)) {
        char *line = at, *stop = memchr(at, '\n', (size_t)(end - at));

        if (stop == NULL)
            stop = end;
        at = stop + 1;
        number++;
        if (stop > line && stop[-1] == '\r')
            stop--;
        *stop = '\0';
        if (stop > line)
            r = take_line(reading, line, (size_t)(stop - line), number, err);
    }
    return r;
}

/* {"ads": […]} and nothing beside it. */
static int read_list(struct reading *reading, const struct json_cell *whole, const struct json_cell *list,
                     struct err *err)
{
    const struct json_cell *cell = list->kind == CELL_ARRAY && list->count > 0 ? json_cell_first(list) : NULL;
    int r = 0;

    if (whole->count > 1) {
        const struct json_cell *member = json_cell_first(whole);

        for (size_t i = 0; i < whole->count; i++, member = json_cell_after(member))
            if (member != list && !told_enough(reading))
                field_errors_add(reading->errors, member->key,
                                 viewer_word(member->key, reading->arena) ? "viewer_refused" : "unknown_field", NULL);
        return 0;
    }
    if (list->kind != CELL_ARRAY) {
        field_errors_add(reading->errors, "ads", "wrong_type", NULL);
        return 0;
    }
    if (list->count > ADVERTS_A_CALL)
        return err_set(err, ERR_BAD_INPUT, "adverts_too_many", "%d", ADVERTS_A_CALL);
    for (size_t i = 0; i < list->count && r == 0 && !told_enough(reading); i++, cell = json_cell_after(cell)) {
        char field[FIELD_ROOM];

        snprintf(field, sizeof(field), "ads.%zu", i);
        arena_reset(&reading->scratch);
        r = take_one(reading, cell, field, err);
    }
    return r;
}

static int read_json(struct reading *reading, char *text, size_t count, struct err *err)
{
    const struct json_cell *whole, *list;
    struct arena tape;
    int r;

    arena_init(&tape, TAPE_LIMIT);
    r = json_tape_read(text, count, &tape, &whole, err);
    list = r < 0 ? NULL : json_cell_member(whole, "ads");
    if (list != NULL) {
        r = read_list(reading, whole, list, err);
    } else if (r == 0) {
        reading->intake.alone = true;
        r = take_one(reading, whole, "", err);
    }
    arena_done(&tape);
    return r;
}

int intake_read(const struct intake_rules *rules, bool lines, char *text, size_t count, struct arena *arena,
                struct intake *ret, struct field_errors *errors, struct err *err)
{
    struct reading reading = {.rules = rules, .arena = arena, .errors = errors};
    size_t before = errors->count;
    struct err why = {0};
    int r;

    if (err == NULL)
        err = &why;
    arena_init(&reading.scratch, SCRATCH_LIMIT);
    randombytes_buf(reading.own_ids.key, sizeof(reading.own_ids.key));
    r = lines ? read_lines(&reading, text, count, err) : read_json(&reading, text, count, err);
    arena_done(&reading.scratch);
    free(reading.own_ids.slots);
    if (r < 0)
        return r;
    if (errors->count > before || errors->overflowed)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    if (reading.intake.count == 0)
        return err_set(err, ERR_BAD_INPUT, "adverts_none", NULL);
    reading.intake.unlawful = reading.unlawful;
    *ret = reading.intake;
    return 0;
}
