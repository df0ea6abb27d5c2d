/* A destruction that the operator decides itself, without anybody having asked: it is a case like one that was asked
 * for, so that it has its clock and ends with an act on paper. */
#include "cases/record.h"
#include "persons/effects.h"
#include <string.h>

#define DESTROYED_BY "data_destruction"
#define DESTROYING_ACT "destroy"

struct ordering {
    struct tx *tx;
    const struct office *office;
    struct arena *arena;
    struct actor actor;
    struct raw_value raw[1];
    struct field_errors errors;
    int64_t now_usec;
};

/* The procedure's word for a ground that is given as a norm; NULL where it has none. */
static const char *ground_word(const struct procedure *procedure, const char *norm)
{
    const struct field *field = procedure_field_find(procedure, "ground");

    for (size_t i = 0; field != NULL && i < field->option_count; i++) {
        const char *its_norm = destruction_norm(field->options[i].id);

        if (its_norm != NULL && strcmp(its_norm, norm) == 0)
            return field->options[i].id;
    }
    return NULL;
}

static int open_case(struct ordering *ordering, const struct procedure *procedure, const struct person *person,
                     struct case_opened *ret, struct err *err)
{
    const struct case_opening opening = {.procedure = procedure,
                                         .opener = "staff",
                                         .subject_id = person->subject_id,
                                         .lang = ordering->actor.lang,
                                         .received_usec = ordering->now_usec,
                                         .raw = ordering->raw,
                                         .raw_count = 1};
    const struct case_prepared *prepared;
    int r = case_open_prepare_by_act(ordering->tx, ordering->office, &opening, &ordering->actor, ordering->now_usec,
                                     ordering->arena, &prepared, &ordering->errors, err);

    return r < 0 ? r : case_open(ordering->tx, ordering->office, prepared, ordering->now_usec, ret, err);
}

static int do_act(struct ordering *ordering, const char *case_id, struct err *err)
{
    const struct case_acting acting = {.case_id = case_id, .act = DESTROYING_ACT, .raw = ordering->raw, .raw_count = 1};
    const struct act_prepared *prepared;
    int64_t version, leaf;
    int r = case_act_prepare(ordering->tx, ordering->office, &acting, &ordering->actor, ordering->now_usec,
                             ordering->arena, &prepared, &ordering->errors, err);

    return r < 0 ? r : case_act(ordering->tx, ordering->office, prepared, ordering->now_usec, &version, &leaf, err);
}

/* The intent that the act wrote down. */
static int intent_of(struct ordering *ordering, const struct person *person, const char *case_id, int64_t *ret_leaf,
                     struct err *err)
{
    struct destruction *list;
    size_t count;
    int r = destructions_of(ordering->tx, person->serial, ordering->arena, &list, &count, err);

    for (size_t i = 0; r == 0 && i < count; i++)
        if (list[i].case_id != NULL && strcmp(list[i].case_id, case_id) == 0) {
            *ret_leaf = list[i].leaf;
            return 0;
        }
    return r < 0 ? r : err_set(err, ERR_DAMAGED, "store_damaged", NULL);
}

int destruction_order(struct tx *tx, const struct office *office, const struct person *person, const char *norm,
                      const struct actor *actor, int64_t now_usec, int64_t *ret_leaf, struct err *err)
{
    const struct procedure *procedure = catalogue_procedure(office->catalogue, DESTROYED_BY);
    const char *word = procedure != NULL && office_runs(office, procedure) ? ground_word(procedure, norm) : NULL;
    CLEANUP_ARENA struct arena arena;
    struct ordering ordering = {.tx = tx, .office = office, .arena = &arena, .actor = *actor, .now_usec = now_usec};
    struct case_opened opened;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    if (word == NULL)
        return destruction_begin(tx, office, person, norm, NULL, actor, now_usec, ret_leaf, err);
    /* What stands against it is told before a case is opened for nothing, and under its own name. */
    r = destruction_barred(tx, office, person, NULL, now_usec, err);
    if (r < 0)
        return r;
    field_errors_init(&ordering.errors, &arena);
    ordering.raw[0] = (struct raw_value){.name = "ground", .kind = RAW_STRING, .count = 1, .texts = &word};
    ordering.actor.roles |= ROLE_RESPONSIBLE; /* whoever may order it may do the act */
    r = open_case(&ordering, procedure, person, &opened, err);
    if (r == 0)
        r = do_act(&ordering, opened.id, err);
    return r < 0 ? r : intent_of(&ordering, person, opened.id, ret_leaf, err);
}
