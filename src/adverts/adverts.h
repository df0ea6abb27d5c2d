/* The store of advertisements (opl.22.2): keeping, versions, media, what was kept, removal a year later.
 *
 * What comes together is one event "adverts_kept" {count, first_serial, root}: root is the Merkle root over the hashes
 * of the versions' canonical JSON, so that each is proved by its place without an event of its own. Removal is an event
 * "adverts_removed" {adverts: [id], day, last_days…} and a case of procedure advert_removal with the act as its paper;
 * what the advertisement said is gone then, its hash and id stay. */
#ifndef TALAP_ADVERTS_ADVERTS_H
#define TALAP_ADVERTS_ADVERTS_H

#include "adverts/check.h"
#include "base/digest.h"
#include "cases/office.h"

#define ADVERTS_A_CALL 10000
#define ADVERT_ID_TEXT 37

/* One to be kept, made ready outside of the transaction. */
struct advert_new {
    char id[ADVERT_ID_TEXT];
    const char *own_id; /* or NULL */
    int32_t last_day; /* the period's last day so far, at most today: from when the year runs while nothing is shown */
    const char *json; /* canonical: {"advert": …, "check": …} */
    size_t json_len;
    struct hash hash;
    const struct advert_media *media;
    size_t media_count;
    int64_t serial; /* told by adverts_keep */
};
/* Keeps them all or none. Refusals: ERR_CONFLICT "advert_known" (arg: the own id). *ret_leaf: the event. */
int adverts_keep(struct tx *tx, const struct office *office, struct advert_new *adverts, size_t count,
                 const struct actor *actor, int64_t now_usec, int64_t *ret_leaf, struct err *err) WARN_UNUSED;
/* A new version of one; `version` is the one it replaces. ERR_NOT_FOUND "advert_unknown", ERR_CONFLICT
 * "advert_changed", "advert_removed". */
int advert_change(struct tx *tx, const struct office *office, int64_t serial, int64_t version,
                  const struct advert_new *changed, const struct actor *actor, int64_t now_usec, int64_t *ret_leaf,
                  struct err *err) WARN_UNUSED;

struct advert_kept {
    int64_t serial;
    const char *id, *own_id;
    int version;
    int64_t placed_usec, changed_usec, removed_usec; /* removed: TIME_NONE */
    int32_t first_day, last_day;                     /* of showings; first INT32_MIN: never shown; last: see above */
    int64_t shown;
    const char *json; /* of the version asked for; NULL: removed */
    int64_t version_from_usec, version_leaf;
    struct hash hash;
};
/* By public id, or by serial when id is NULL. `version` 0: the newest. ERR_NOT_FOUND "advert_unknown". */
int advert_get(struct tx *tx, const char *id, int64_t serial, int version, struct arena *arena, struct advert_kept *ret,
               struct err *err) WARN_UNUSED;
/* Several by serial, in that order, newest versions; what is removed meanwhile has no json. */
int adverts_get(struct tx *tx, const int64_t *serials, size_t count, struct arena *arena, struct advert_kept **ret,
                struct err *err) WARN_UNUSED;
/* The proof that a version was kept: its place in its event and the path to the root, and the event's receipt. */
int advert_proof(struct tx *tx, int64_t serial, int version, struct arena *arena, json_t **ret,
                 struct err *err) WARN_UNUSED;

/* Removes what was last placed or shown more than a year ago: the anniversary day has passed (local day `today`). */
int adverts_remove_pass(const struct office *office, int64_t now_usec, size_t *ret_handled,
                        struct err *err) WARN_UNUSED;

#endif
