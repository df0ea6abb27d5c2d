/* What acts of people's procedures do to consents and data (cases/effects.h): the office's `effects`.
 *
 *   opening with a known person   whose case it is (case_identify: "cabinet" when the opener is the person, else
 * "operator") identify           field `person`: the operator's id, e-mail, phone or IIN of the person; how "document"
 *   withdraw           fields `consent` (number), `aspects` (many); bars: not_identified, another's consent, forbidden
 *   restore_consent    the reasoned refusal
 *   block / unblock / destroy   the person of the case; field `ground` of destroy (a norm of pdl.18)
 *   object             field `purpose` (an id, or empty: every one): under consideration
 *   uphold_objection / reject_objection
 *   disclose           the answer to a request for access: event person.looked, what "case"
 *
 * All but `identify` and openings are barred, "not_identified", while nobody has established whose case it is. */
#ifndef TALAP_PERSONS_EFFECTS_H
#define TALAP_PERSONS_EFFECTS_H

#include "cases/effects.h"

extern const struct case_effects person_effects;

#endif
