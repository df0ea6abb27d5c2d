/* The act of destruction: what the program found, written into the case that asked for it, so that its paper comes out.
 * By then the person's key is gone; nothing the act says is personal. */
#include "cases/record.h"
#include "persons/effects.h"
#include "persons/kept.h"
#include <stdio.h>
#include <string.h>

#define HISTORY_LIMIT 200
#define VALUES 7

struct findings {
    int64_t executed_usec;
    uint64_t categories; /* ever recorded, by number */
    bool whole;
    int64_t copies, copies_until_usec;
};

struct certifying {
    struct tx *tx;
    const struct office *office;
    const struct destruction_row *row;
    struct arena *arena;
    int64_t now_usec;
    struct case_row file;
    enum lang lang;
    struct findings findings;
    struct raw_value raw[VALUES];
    size_t count;
};

/* --- What there is to say ------------------------------------------------------------------------------------------
 */

static void take_deed(struct certifying *act, const struct kept *kept, const struct person_deed *deed)
{
    const char *category = json_string_value(json_object_get(deed->body, "category"));
    int number = category != NULL ? kept_category_number(kept, category) : -1;

    if (strcmp(deed->kind, "destruction.executed") == 0 &&
        json_integer_value(json_object_get(deed->body, "destruction")) == act->row->leaf)
        act->findings.executed_usec = deed->at_usec;
    if (number >= 0)
        act->findings.categories |= UINT64_C(1) << number;
}

static int look_back(struct certifying *act, const struct kept *kept, struct err *err)
{
    static const char *const kinds[] = {"destruction.executed", "data.recorded", NULL};
    size_t count = HISTORY_LIMIT;
    int64_t before = 0;

    act->findings.executed_usec = act->row->changed_usec;
    while (count == HISTORY_LIMIT) {
        struct person_deed *deeds;
        int r =
            person_history(act->tx, act->row->person, kinds, before, HISTORY_LIMIT, act->arena, &deeds, &count, err);

        if (r < 0)
            return r;
        for (size_t i = 0; i < count; i++) {
            take_deed(act, kept, &deeds[i]);
            before = deeds[i].leaf;
        }
        person_history_done(deeds, count);
    }
    return 0;
}

static int read_told(struct certifying *act, struct err *err)
{
    CLEANUP_JSON json_t *told = NULL;
    struct findings *findings = &act->findings;
    const json_t *backup;
    size_t i;
    int r = stored_json_parse(act->row->told, strlen(act->row->told), "a destruction", &told, err);

    if (r < 0)
        return r;
    findings->whole = json_is_true(json_object_get(json_object_get(told, "compacted"), "whole"));
    findings->copies_until_usec = TIME_NONE;
    json_array_foreach(json_object_get(told, "backups"), i, backup)
    {
        int64_t gone = json_integer_value(json_object_get(backup, "gone_usec"));

        findings->copies++;
        if (findings->copies_until_usec == TIME_NONE || gone > findings->copies_until_usec)
            findings->copies_until_usec = gone;
    }
    return 0;
}

/* --- Saying it -----------------------------------------------------------------------------------------------------
 */

static int say(struct certifying *act, const char *name, enum raw_kind kind, const char *text, struct err *err)
{
    const char **texts = ARENA_NEW(act->arena, const char *);

    if (texts == NULL || text == NULL)
        return err_memory(err);
    *texts = text;
    act->raw[act->count++] = (struct raw_value){.name = name, .kind = kind, .count = 1, .texts = texts};
    return 0;
}

static int say_moment(struct certifying *act, const char *name, int64_t at_usec, struct err *err)
{
    char text[32];

    moment_format(&act->office->catalogue->calendar->zone, at_usec, text);
    return say(act, name, RAW_STRING, arena_strdup(act->arena, text), err);
}

/* The categories of what was held, one a line; NULL when memory ends. */
static const char *what_was_held(struct certifying *act, const struct kept *kept)
{
    const char *text = "";

    for (int i = 0; i < DATA_CATEGORIES_MAX && text != NULL; i++) {
        const struct text3 *title = kept_category_title(kept, i);

        if ((act->findings.categories >> i & 1) != 0 && title != NULL)
            text = arena_printf(act->arena, "%s%s%s", text, text[0] != '\0' ? "\n" : "", title->in[act->lang]);
    }
    return text;
}

static int say_all(struct certifying *act, const struct kept *kept, struct err *err)
{
    const struct findings *findings = &act->findings;
    const struct norm *norm = catalogue_norm_at(act->office->catalogue, act->row->ground, findings->executed_usec);
    const char *title = norm != NULL ? norm->title.in[act->lang] : "";
    int r = say_moment(act, "destroyed_at", findings->executed_usec, err);

    if (r == 0 && findings->categories != 0)
        r = say(act, "destroyed", RAW_STRING, what_was_held(act, kept), err);
    if (r == 0)
        r = say(act, "ground_norm", RAW_STRING, arena_printf(act->arena, "%s: %.400s", act->row->ground, title), err);
    if (r == 0)
        r = say(act, "checked", RAW_STRING, findings->whole ? "compacted" : "key_only", err);
    if (r == 0)
        r = say(act, "copies", RAW_NUMBER, arena_printf(act->arena, "%lld", (long long)findings->copies), err);
    if (r == 0 && findings->copies_until_usec != TIME_NONE)
        r = say_moment(act, "copies_until", findings->copies_until_usec, err);
    return r;
}

static int perform(struct certifying *act, struct err *err)
{
    const struct case_acting acting = {
        .case_id = act->row->case_id, .act = "certify", .raw = act->raw, .raw_count = act->count};
    const struct actor system = system_actor();
    const struct act_prepared *prepared;
    struct field_errors errors;
    int64_t version, leaf;
    int r;

    field_errors_init(&errors, act->arena);
    r = case_act_prepare(act->tx, act->office, &acting, &system, act->now_usec, act->arena, &prepared, &errors, err);
    return r < 0 ? r : case_act(act->tx, act->office, prepared, act->now_usec, &version, &leaf, err);
}

static int certify(struct certifying *act, struct err *err)
{
    struct kept *kept;
    int r = kept_load(act->tx, act->office, &kept, err);

    if (r < 0)
        return r;
    r = look_back(act, kept, err);
    if (r == 0)
        r = read_told(act, err);
    if (r == 0)
        r = say_all(act, kept, err);
    kept_unref(kept);
    return r < 0 ? r : perform(act, err);
}

int destruction_certify(struct tx *tx, const struct office *office, const struct destruction_row *row, int64_t now_usec,
                        struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct certifying act = {.tx = tx, .office = office, .row = row, .arena = &arena, .now_usec = now_usec};
    const struct procedure *procedure;
    const struct procedure_act *known;
    int lang, r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    if (row->case_id == NULL)
        return 0;
    r = store_case_get(tx, row->case_id, &arena, &act.file, err);
    if (r < 0)
        return r;
    procedure = catalogue_procedure(office->catalogue, act.file.procedure);
    known = procedure != NULL ? procedure_act_find(procedure, "certify") : NULL;
    if (known == NULL || !procedure_act_allowed(known, procedure_state_find(procedure, act.file.state), "system"))
        return 0;
    lang = lang_parse(act.file.lang);
    act.lang = lang >= 0 ? (enum lang)lang : LANG_KK;
    return certify(&act, err);
}
