/* What acts of people's procedures do to consents and data (cases/effects.h): the office's `effects`.
 *
 *   opening with a known person   whose case it is (case_identify: "cabinet" when the opener is the person, else
 *                      "operator")
 *   identify           field `person`: the operator's id, e-mail, phone or IIN of the person, established by a
 *                      "document"; barred: already_identified. In a procedure whose opening objects, it objects too
 *   withdraw           (opening) fields `consent` (number), `aspects` (many); opens a case of recipient_withdrawal for
 *                      every third person to whom data were given under the consent
 *   restore_consent    the reasoned refusal
 *   block / unblock    the person of the case; unblock is barred, not_blocked, where this case blocks nothing
 *   destroy            the person of the case; field `ground`: term_over, relations_ended, court, no_consent, unlawful,
 *                      other_case (destruction_norm); barred as destruction_barred says
 *   change             fields `category`, `purpose`, `new_value`, `source`: the vault's value; nothing of it is given
 *                      where the data are kept elsewhere
 *   remove             fields `category`, `purpose`: the vault's value goes
 *   object             (opening) field `purpose` (an id, or empty: every one): under consideration
 *   uphold_objection / reject_objection / drop_objection (the person takes it back)
 *   disclose           the answer to a request for access: event person.looked, what "case"
 *
 * All but `identify`, `drop_objection` and openings are barred, "not_identified", while nobody has established whose
 * case it is, and "person_destroyed" once there is nobody any more. An opening whose effect is `withdraw` is refused
 * so. Refused further as the functions refuse that they call; ERR_BAD_INPUT "person_unknown", "purpose_unknown",
 * "category_unknown", "vault_value_incomplete" (some of category, purpose, new value, source, and not all),
 * "vault_value_refused" (arg: the first reason).
 *
 *   objection.made                 subject_id, case_id, purpose (id, or absent: every one)
 *   objection.upheld, .rejected, .dropped   subject_id, case_id */
#ifndef TALAP_PERSONS_EFFECTS_H
#define TALAP_PERSONS_EFFECTS_H

#include "cases/effects.h"
#include "persons/destruction.h"

extern const struct case_effects person_effects;

/* The norm behind a word of `ground`; NULL for an unknown word. */
const char *destruction_norm(const char *ground);
/* A destruction without anybody having asked: opens a case of data_destruction for the person and does its act
 * `destroy`, so that there is a clock and, in the end, the act on paper. `norm` as of destruction_begin, whose refusals
 * these are; where this installation has no such procedure, or it no word for the norm, destruction_begin alone. */
int destruction_order(struct tx *tx, const struct office *office, const struct person *person, const char *norm,
                      const struct actor *actor, int64_t now_usec, int64_t *ret_leaf, struct err *err) WARN_UNUSED;

/* certify.c: the act of destruction. Where the destruction belongs to a case, the system's act `certify` is done on it,
 * which issues the paper: what was destroyed (the categories once recorded), when, on which ground, how it was
 * verified, how many backups remain and until when. A case that is in no state for it is left alone. In a command. */
int destruction_certify(struct tx *tx, const struct office *office, const struct destruction_row *row, int64_t now_usec,
                        struct err *err) WARN_UNUSED;

/* transfers.c: a case of transfer_notice for a transfer just recorded, whose purpose tells of transfers (pdl.19.1), in
 * that language. Nothing happens, and ret->id is empty, where it does not, or the organisation runs no such procedure.
 * In a command, after person_note_transfer. */
int transfer_notice_open(struct tx *tx, const struct office *office, const struct person *person,
                         const struct transfer *transfer, enum lang lang, const struct actor *actor, int64_t now_usec,
                         struct case_opened *ret, struct err *err) WARN_UNUSED;

#endif
