/* Destruction (pdl.18, 25.2.4, 25.2.8): intent → executed → verified → done, each step an event and a transaction of
 * its own, so that one that was begun is finished after a crash and never half.
 *
 *   destruction.intended   subject_id, ground, case_id or absent
 *
 *   destruction.executed   subject_id, destruction (leaf of the intent): the key, the operator's id, look-ups,
 * sessions, codes and sealed values are gone; consents that stood end ("destroyed")
 *
 *   destruction.verified   subject_id, destruction, compacted {engine, done, why: "not_owner" where it was not done
 *                          (PostgreSQL compacts for the owner of the tables alone), whole: the store was written anew,
 *                          searched: its bytes were read and nothing was found}, backups [{id, at_usec, gone_usec}]
 *                          made before the key was gone, which remain, and until when
 *
 *   destruction.done       subject_id, destruction: the act, a paper of the case
 *
 * and of copies of the store, about nobody:
 *
 *   backup.made   backup (id), kept_until_usec
 *   backup.gone   backup */
#ifndef TALAP_PERSONS_DESTRUCTION_H
#define TALAP_PERSONS_DESTRUCTION_H

#include "persons/people.h"
#include "store/vault_rows.h"

struct destruction {
    int64_t leaf;
    int64_t person;
    const char *case_id; /* or NULL */
    const char *ground;  /* "pdl.18.1" … */
    const char *state;   /* "intended", "executed", "verified", "done" */
    int64_t changed_usec;
    const char *told; /* JSON of the last step's findings */
};
/* Refused: ERR_BAD_INPUT "destruction_ground_unknown" (no norm of that name holds), and what destruction_barred says:
 * ERR_CONFLICT "person_destroyed", "destruction_begun", "held" (arg: the hold's norm), "person_blocked" (by another
 * case: blocked data stay; the case's own block is lifted with the intent). */
int destruction_barred(struct tx *tx, const struct office *office, const struct person *person, const char *case_id,
                       int64_t now_usec, struct err *err) WARN_UNUSED;
int destruction_begin(struct tx *tx, const struct office *office, const struct person *person, const char *ground,
                      const char *case_id, const struct actor *actor, int64_t now_usec, int64_t *ret_leaf,
                      struct err *err) WARN_UNUSED;
/* A hold or block that comes between intent and execution stops it until it is lifted. For the job loop and for who
 * waits: takes each open destruction one step further; call again while *ret_count > 0.
 * Not in a transaction: compaction cannot be. Fails only where nothing could be taken further; what failed waits for
 * the next pass. */
int destruction_pass(const struct office *office, int64_t now_usec, size_t *ret_count, struct err *err) WARN_UNUSED;
int destructions_of(struct tx *tx, int64_t person, struct arena *arena, struct destruction **ret, size_t *ret_count,
                    struct err *err) WARN_UNUSED;
/* Copies of the store, as `talap backup` records them before it makes one (so that none is made that nobody knows of):
 * kept `kept_days` days. */
int backup_note(struct tx *tx, const struct office *office, int64_t kept_days, int64_t now_usec,
                char ret_id[static ID_TEXT], struct err *err) WARN_UNUSED;
/* Somebody removed it, or it was never finished. ERR_NOT_FOUND "backup_unknown". */
int backup_gone(struct tx *tx, const struct office *office, const char *id, int64_t now_usec,
                struct err *err) WARN_UNUSED;

#endif
