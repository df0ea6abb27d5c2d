/* The case of telling a person that their data went to a third person: opened by the transfer itself where the purpose
 * says that people are told (pdl.19.1), so that nobody has to think of it. */
#include "cases/record.h"
#include "persons/effects.h"
#include "persons/kept.h"
#include <string.h>

#define TOLD_BY "transfer_notice"

/* Titles of the categories by "; ". */
static const char *categories_titled(const struct kept *kept, uint64_t categories, enum lang lang, struct arena *arena)
{
    const char *text = NULL;

    for (int i = 0; i < DATA_CATEGORIES_MAX; i++) {
        const struct text3 *title = (categories >> i & 1) != 0 ? kept_category_title(kept, i) : NULL;

        if (title == NULL)
            continue;
        text = text == NULL ? title->in[lang] : arena_printf(arena, "%s; %s", text, title->in[lang]);
        if (text == NULL)
            return NULL;
    }
    return text;
}

struct noticing {
    struct tx *tx;
    const struct office *office;
    const struct person *person;
    const struct transfer *transfer;
    enum lang lang;
    const struct actor *actor;
    struct arena *arena;
    int64_t now_usec;
    const struct kept *kept;
};

static int open_notice(struct noticing *notice, const struct procedure *procedure, const struct kept_entry *purpose,
                       struct case_opened *ret, struct err *err)
{
    const struct kept_entry *recipient =
        kept_at(notice->kept, KEPT_RECIPIENT, notice->transfer->recipient, notice->now_usec);
    const char *to = recipient != NULL ? kept_title(recipient, notice->lang) : notice->transfer->recipient;
    const char *data = categories_titled(notice->kept, notice->transfer->categories, notice->lang, notice->arena);
    const char *goal = kept_title(purpose, notice->lang);
    const struct raw_value raw[] = {{.name = "recipient", .kind = RAW_STRING, .count = 1, .texts = &to},
                                    {.name = "data", .kind = RAW_STRING, .count = 1, .texts = &data},
                                    {.name = "goal", .kind = RAW_STRING, .count = 1, .texts = &goal}};
    const struct case_opening opening = {.procedure = procedure,
                                         .opener = "staff",
                                         .subject_id = notice->person->subject_id,
                                         .lang = notice->lang,
                                         .received_usec = notice->now_usec,
                                         .raw = raw,
                                         .raw_count = sizeof(raw) / sizeof(raw[0])};
    const struct case_prepared *prepared;
    struct field_errors errors;
    int r;

    if (data == NULL)
        return err_memory(err);
    field_errors_init(&errors, notice->arena);
    r = case_open_prepare_by_act(notice->tx, notice->office, &opening, notice->actor, notice->now_usec, notice->arena,
                                 &prepared, &errors, err);
    return r < 0 ? r : case_open(notice->tx, notice->office, prepared, notice->now_usec, ret, err);
}

int transfer_notice_open(struct tx *tx, const struct office *office, const struct person *person,
                         const struct transfer *transfer, enum lang lang, const struct actor *actor, int64_t now_usec,
                         struct case_opened *ret, struct err *err)
{
    const struct procedure *procedure = catalogue_procedure(office->catalogue, TOLD_BY);
    const struct kept_entry *purpose;
    CLEANUP_ARENA struct arena arena;
    struct case_opened opened = {.id = ""};
    struct kept *kept;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = kept_load(tx, office, &kept, err);
    if (r < 0)
        return r;
    purpose = kept_at(kept, KEPT_PURPOSE, transfer->purpose, now_usec);
    if (procedure != NULL && office_runs(office, procedure) && purpose != NULL &&
        json_is_true(json_object_get(purpose->json, "tells_transfers"))) {
        struct noticing notice = {.tx = tx,
                                  .office = office,
                                  .person = person,
                                  .transfer = transfer,
                                  .lang = lang,
                                  .actor = actor,
                                  .arena = &arena,
                                  .now_usec = now_usec,
                                  .kept = kept};

        r = open_notice(&notice, procedure, purpose, &opened, err);
    }
    kept_unref(kept);
    if (r == 0)
        *ret = opened;
    return r;
}
