#include "persons/decide_now.h"
#include "cases/record.h"
#include "store/consent_rows.h"
#include "store/person_rows.h"
#include <stdlib.h>
#include <string.h>

struct seen {
    uint16_t purpose;
    struct consent_seen *items;
    size_t count, room;
};

static int see(const struct consent_brief *row, void *arg, struct err *err)
{
    struct seen *seen = arg;

    if (row->purpose != seen->purpose)
        return 0;
    if (seen->count == seen->room) {
        size_t room = seen->room == 0 ? 8 : 2 * seen->room;
        struct consent_seen *items = reallocarray(seen->items, room, sizeof(*items));

        if (items == NULL)
            return err_memory(err);
        seen->items = items;
        seen->room = room;
    }
    consent_see(row, &seen->items[seen->count++]);
    return 0;
}

static int objections(struct tx *tx, const struct question *question, const struct person *person, unsigned *flags,
                      struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct objection_row *rows;
    size_t count;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_objection_of(tx, person->serial, &arena, &rows, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        if (rows[i].purpose != 0 && rows[i].purpose != question->purpose)
            continue;
        if (strcmp(rows[i].state, "upheld") == 0)
            *flags |= PERSON_OBJECTED;
        else if (strcmp(rows[i].state, "open") == 0)
            *flags |= PERSON_OBJECTING;
    }
    return r;
}

int decide_now(struct tx *tx, const struct decision_law *law, const struct question *question,
               const struct person *person, int32_t today, int64_t now_usec, struct decision *ret, struct err *err)
{
    struct person_brief brief = {.serial = person->serial,
                                 .key64 = person->key64,
                                 .adult_day = person->adult_day,
                                 .blocked = person->blocks > 0,
                                 .held = person->holds > 0,
                                 .destroyed = person->destroyed_usec != TIME_NONE};
    struct seen seen = {.purpose = question->purpose};
    unsigned flags = person_flags(&brief, today);
    int r = objections(tx, question, person, &flags, err);

    if (r == 0)
        r = store_consent_brief_of(tx, person->serial, see, &seen, err);
    if (r == 0)
        decide_seen(law, question, true, flags, seen.items, seen.count, now_usec, ret);
    free(seen.items);
    return r;
}
