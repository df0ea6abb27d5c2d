/* Events as this room and those above it write them: the members that all bodies have, values that are sealed beside a
 * body, the append to the ledger. What each kind of event adds stands where the kind is written: cases/parts.h for
 * cases, the headers of the room persons/ for people and what is held about them. */
#ifndef TALAP_CASES_RECORD_H
#define TALAP_CASES_RECORD_H

#include "base/id.h"
#include "base/json.h"
#include "cases/office.h"

#define SALT_BYTES 16
#define CLEANUP_ARENA __attribute__((cleanup(arena_done)))
/* What one command may use for reading rows and composing a number; sealed values of a case included. */
#define COMMAND_ARENA_LIMIT (16u << 20)
/* An event's body, the values it seals, a case's values: far above what the fields of a form can hold. */
#define BODY_LIMIT (4u << 20)
#define PLACE_ROOM (16 + ID_TEXT)

/* "opener", "account", "token", "system". */
const char *actor_word(const struct actor *actor);
/* The members every body has. `case_id` may be NULL, `version` 0. NULL when memory ends. */
json_t *body_begin(const char *kind, const char *case_id, const struct actor *actor, int64_t now_usec, int64_t version);
/* Writes the body canonically and appends the event; subject and sealed may be NULL. */
int record(struct tx *tx, const char *kind, const char *case_id, const struct actor *actor, int64_t now_usec,
           const json_t *body, const char *subject_id, const struct buf *sealed, int64_t *ret_leaf,
           struct err *err) WARN_UNUSED;
/* The same with a body that is already canonical. */
int record_text(struct tx *tx, const char *kind, const char *case_id, const struct actor *actor, int64_t now_usec,
                const char *body, size_t body_len, const char *subject_id, const struct buf *sealed, int64_t *ret_leaf,
                struct hash *ret_hash, struct err *err) WARN_UNUSED;
/* The system itself as an actor: what the job loop does. */
struct actor system_actor(void);

/* A value that is personal, in the two forms it is kept in: {commitment} under the name in `personal`, {salt, value}
 * in `sealed`, under a new salt. `value` is a text or a list of texts; it is not taken over. */
int personal_put(json_t *value, json_t *personal, json_t *sealed, const char *name, struct err *err) WARN_UNUSED;
/* The bytes a commitment is made over: a text itself, several texts as their canonical JSON. Appended to `out`. */
int value_committed_bytes(const json_t *value, struct buf *out, struct err *err) WARN_UNUSED;
/* "event:CASE", "case:CASE", "consent:SUBJECT" … */
void place_of(const char *kind, const char *id, char ret[static PLACE_ROOM]);
/* Opens {name: {salt, value}}. The caller json_decref()s. Nothing sealed: an empty object. */
int values_unseal(const struct subject_key *key, const char *place, const void *sealed, size_t count, json_t **ret,
                  struct err *err) WARN_UNUSED;
int values_seal(const struct subject_key *key, const char *place, const json_t *values, struct buf *out,
                struct err *err) WARN_UNUSED;
/* Parses JSON of our own writing, an object: what does not parse is damage. `what` names it in the error's detail. */
int stored_json_parse(const char *bytes, size_t count, const char *what, json_t **ret, struct err *err) WARN_UNUSED;
/* Is it a code of the catalogue's countries? In the form that fields_validate asks for. */
bool catalogue_is_country(const void *catalogue, const char *code);

#endif
