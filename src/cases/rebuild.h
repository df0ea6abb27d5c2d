/* What stands beside a case, links, keys and entries of registers, found anew from its events: to hold the rows against
 * it (verification), or to make the rows so (after a change of the catalogue). Private to the room. */
#ifndef TALAP_CASES_REBUILD_H
#define TALAP_CASES_REBUILD_H

#include "cases/register_parts.h"
#include "store/link_rows.h"

struct rebuild {
    struct tx *tx;
    const struct office *office;
    struct arena *arena; /* of the case at hand */
    const struct procedure *procedure;
    const char *case_id;
    struct case_link_row *links;
    size_t link_count, link_room;
    struct case_key_row *keys;
    size_t key_count, key_room;
    struct register_life *lives; /* one for each register of the catalogue; REGISTER_OUT for those over others */
    bool keys_lost;              /* a personal value that made a key cannot be opened any more */
};
int rebuild_begin(struct rebuild *rebuild, struct tx *tx, const struct office *office, const struct case_row *row,
                  struct arena *arena, struct err *err) WARN_UNUSED;
/* One event of the case, in order. `sealed` is what was opened beside it, NULL when the person's key is gone. */
int rebuild_event(struct rebuild *rebuild, const struct event_row *event, const json_t *body, const json_t *sealed,
                  struct err *err) WARN_UNUSED;

/* How many rows there must be in all; those of registers by where they stand. */
struct rebuild_figures {
    int64_t links, keys;
    int64_t *standing, *past; /* one for each register of the catalogue */
};
/* Holds the rows against what was found, and adds it to the figures. ERR_DAMAGED "case_damaged". */
int rebuild_check(const struct rebuild *rebuild, const struct case_row *row, struct rebuild_figures *figures,
                  struct err *err) WARN_UNUSED;
/* Makes the rows what was found. */
int rebuild_write(const struct rebuild *rebuild, const struct case_row *row, struct err *err) WARN_UNUSED;
/* Rows that belong to no case: ERR_DAMAGED "store_damaged", arg: the table. */
int rebuild_check_figures(struct tx *tx, const struct office *office, const struct rebuild_figures *figures,
                          struct arena *arena, struct err *err) WARN_UNUSED;

#endif
