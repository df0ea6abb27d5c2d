/* The store of advertisements (opl.22.2): keeping, versions, media, what was kept, removal a year later.
 *
 * What comes together is one event "adverts_kept" {count, first_serial, root}: root is the root of the Merkle tree
 * (RFC 9162) whose leaves are the versions' canonical JSON, in the order in which they came, so that each is proved by
 * its place without an event of its own. A change is "adverts_changed" {advert, serial, version, root}, a tree of one.
 * Removal is an event "adverts_removed" {adverts: [id], serials, last_days, case} and a case of procedure
 * advert_removal with the act as its paper; what the advertisement said is gone then, its hash and id stay.
 *
 * The law counts the year from the last day on which it was placed or shown. While its period lasts it is being placed:
 * `last_day` is the later of the last showing and the end of the period, and may be still to come. */
#ifndef TALAP_ADVERTS_ADVERTS_H
#define TALAP_ADVERTS_ADVERTS_H

#include "adverts/check.h"
#include "base/digest.h"
#include "base/json.h"
#include "cases/office.h"

#define ADVERTS_A_CALL 10000
#define ADVERT_ID_TEXT 37
#define ADVERT_DAY_OPEN 2932896 /* 9999-12-31: the last day of a period without end */

/* One to be kept, made ready outside of the transaction. */
struct advert_new {
    char id[ADVERT_ID_TEXT];
    const char *own_id; /* or NULL */
    int32_t last_day;   /* of the period; ADVERT_DAY_OPEN */
    const char *json;   /* canonical: {"advert": …, "check": …, "id", "version"} */
    size_t json_len;
    size_t check_at, check_len; /* where the check's result stands in it */
    struct hash hash;           /* merkle_leaf of json */
    const struct hash *media;
    size_t media_count;
    int64_t serial; /* told by adverts_keep */
};
/* Makes one ready: `id` NULL is a new one (of the moment), else what the changed one is called; `version` from 1. All
 * that it holds is copied to the arena. */
int advert_make(const struct advert *advert, const struct advert_result *result, const char *id, int64_t version,
                int64_t now_usec, struct arena *arena, struct advert_new *ret, struct err *err) WARN_UNUSED;
/* Keeps them all or none. Refusals: ERR_CONFLICT "advert_known" (arg: the own id). *ret_leaf: the event. */
int adverts_keep(struct tx *tx, const struct office *office, struct advert_new *adverts, size_t count,
                 const struct actor *actor, int64_t now_usec, int64_t *ret_leaf, struct err *err) WARN_UNUSED;
/* A new version of one; `version` is the one it replaces. ERR_NOT_FOUND "advert_unknown"; ERR_STALE "advert_changed";
 * ERR_CONFLICT "advert_removed", "advert_own_id_fixed" where the own id given is not the one it has. Nobody shortens
 * what has been: the last day so far (at most today) stays its least. */
int advert_change(struct tx *tx, const struct office *office, int64_t serial, int64_t version,
                  const struct advert_new *changed, const struct actor *actor, int64_t now_usec, int64_t *ret_leaf,
                  struct err *err) WARN_UNUSED;

struct advert_kept {
    int64_t serial;
    const char *id, *own_id;
    int version;                                     /* the newest */
    int64_t placed_usec, changed_usec, removed_usec; /* removed: TIME_NONE */
    int32_t first_day, last_day;                     /* of showings; first INT32_MIN: never shown; last: see above */
    int64_t shown;
    int64_t leaf;     /* the newest event about it */
    const char *json; /* of the version asked for; NULL: removed */
    size_t json_len;
    int json_version; /* which that is */
    int64_t version_from_usec, version_leaf, version_place;
    struct hash hash;
};
/* By public id, or by serial when id is NULL. `version` 0: the newest. ERR_NOT_FOUND "advert_unknown". */
int advert_get(struct tx *tx, const char *id, int64_t serial, int version, struct arena *arena, struct advert_kept *ret,
               struct err *err) WARN_UNUSED;
/* Several by serial, in that order, newest versions; what is removed meanwhile has no json. */
int adverts_get(struct tx *tx, const int64_t *serials, size_t count, struct arena *arena, struct advert_kept **ret,
                struct err *err) WARN_UNUSED;
/* The day on which it was last placed or shown, as of `today`: a period that is not over reaches until today. */
int32_t advert_last_day(const struct advert_kept *advert, int32_t today);
/* The last day on which it is kept: one year after its last day. Of 29 February that is 1 March of the next year, the
 * later of the two readings. ADVERT_DAY_OPEN for one without end. */
int32_t advert_kept_until(int32_t last_day);

/* The proof that a version was kept, {advert, version, hash, text, leaf_index, event, place, count, root, path,
 * receipt}: `text` is the version's canonical JSON (null: removed), SHA-256(0x00 || text) is `hash`, the path of
 * RFC 9162 leads from it at `place` of `count` to `root`, which the event's canonical JSON holds, whose SHA-256(0x00 ||
 * event) is the receipt's leaf. The caller json_decref()s. ERR_NOT_FOUND "advert_unknown". */
int advert_proof(struct tx *tx, const struct office *office, int64_t serial, int version, struct arena *arena,
                 json_t **ret, struct err *err) WARN_UNUSED;

/* Removes what was last placed or shown more than a year ago: the anniversary day has passed. One transaction with one
 * case and at most `REMOVED_A_CASE` advertisements of one day; call again while *ret_handled is not 0. Nothing is
 * removed while showings that came before today are still to be added. */
#define REMOVED_A_CASE 1000
/* Is anything to be removed? */
int adverts_due(struct tx *tx, const struct office *office, int64_t now_usec, bool *ret, struct err *err) WARN_UNUSED;
int adverts_remove_pass(const struct office *office, int64_t now_usec, size_t *ret_handled,
                        struct err *err) WARN_UNUSED;

#endif
