/* Destruction (pdl.18, 25.2.4, 25.2.8): intent → executed → verified → done, each step an event and a transaction of
 * its own, so that one that was begun is finished after a crash and never half.
 *
 *   destruction.intended   subject_id, ground, case_id; a legal hold refuses it: ERR_CONFLICT "held" (arg: the hold's
 * norm) destruction.executed   subject_id, destruction: the key, the operator's id, look-ups, sessions, codes and
 * sealed values are gone; consents end ("destroyed") destruction.verified   subject_id, destruction, compacted: the
 * store was compacted (secure delete, WAL cut, vacuum of free pages), nothing opens any more; backups [{at_usec,
 * gone_usec}] that remain and until when destruction.done       subject_id, destruction: the act, a paper of the case
 */
#ifndef TALAP_PERSONS_DESTRUCTION_H
#define TALAP_PERSONS_DESTRUCTION_H

#include "persons/people.h"

struct destruction {
    int64_t leaf;
    int64_t person;
    const char *case_id; /* or NULL */
    const char *ground;  /* "pdl.18.1" … */
    const char *state;   /* "intended", "executed", "verified", "done" */
    int64_t changed_usec;
    const char *told; /* JSON of the last step's findings */
};
int destruction_begin(struct tx *tx, const struct office *office, const struct person *person, const char *ground,
                      const char *case_id, const struct actor *actor, int64_t now_usec, int64_t *ret_leaf,
                      struct err *err) WARN_UNUSED;
/* For the job loop and for who waits: takes each open destruction one step further; call again while *ret_count > 0.
 * Not in a transaction: compaction cannot be. */
int destruction_pass(const struct office *office, int64_t now_usec, size_t *ret_count, struct err *err) WARN_UNUSED;
int destructions_of(struct tx *tx, int64_t person, struct arena *arena, struct destruction **ret, size_t *ret_count,
                    struct err *err) WARN_UNUSED;
/* Copies of the store, as `talap backup` records them: kept `kept_days` days. */
int backup_note(struct tx *tx, const struct office *office, int64_t kept_days, int64_t now_usec,
                struct err *err) WARN_UNUSED;

#endif
