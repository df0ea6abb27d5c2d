/* Who is it? Established before anything is disclosed: a one-time code to the e-mail or phone on record, a document
 * shown to staff (no copy kept, pdl.7.10), or a signature with a certificate whose IIN is the person's. Then a session
 * of the cabinet: 30 minutes idle, 4 hours at most. Whether somebody is known is told to nobody: the same answer, in
 * the same time, and the letter goes out (or not) later.
 *
 *   person.code_asked    subject_id (only where somebody is known; nothing else)
 *   person.entered       subject_id, how: "email", "phone", "certificate"
 *   person.left          subject_id
 *   person.identified    subject_id, case_id, how: "cabinet", "operator", "document" */
#ifndef TALAP_PERSONS_IDENTITY_H
#define TALAP_PERSONS_IDENTITY_H

#include "persons/people.h"

#define COOKIE_PERSON "talap_person"
#define CODE_TRIES 5
#define CODE_MINUTES 10
#define CODE_PAUSE_MINUTES 15 /* after five wrong codes: no new one for this address */

/* A code for an e-mail or phone (canonical); the letter waits in the outbox, kind "mail" or "sms", purpose "code". The
 * code is derived from the id by the master key, eight digits. Asked for again within a minute or during a pause: the
 * same answer, and no letter. In a command. */
int code_ask(struct tx *tx, const struct office *office, const char *kind, const char *value, int64_t now_usec,
             char ret_id[static ID_TEXT], struct err *err) WARN_UNUSED;
void code_derive(const struct keyring *keyring, const char *id, char ret[static 9]);
/* Tries a code; like sign_in_record it succeeds when the code is refused, so that the try is counted: *ret_refusal is
 * ERR_UNAUTHENTICATED "code_wrong" or ERR_TOO_MANY "code_pause". On success the session's secret. */
int code_try(struct tx *tx, const struct office *office, const char *id, const char *code, int64_t now_usec,
             char ret_secret[static 65], struct err *ret_refusal, struct err *err) WARN_UNUSED;
/* A detached CMS signature over the challenge, by a certificate that leads to one of the roots in `roots_pem`, is valid
 * at the moment, allows signing, and names the person's IIN (serialNumber IIN…): ERR_UNAUTHENTICATED
 * "certificate_refused" (arg: why). The challenge is good for ten minutes. */
void certificate_challenge(const struct keyring *keyring, int64_t now_usec, char ret[static 129]);
int certificate_check(const struct keyring *keyring, const char *roots_pem, const char *challenge, const void *cms,
                      size_t count, int64_t now_usec, char ret_iin[static 13], struct err *err) WARN_UNUSED;
int person_session_open(struct tx *tx, const struct office *office, const struct person *person, const char *how,
                        int64_t now_usec, char ret_secret[static 65], struct err *err) WARN_UNUSED;
/* ERR_UNAUTHENTICATED "session_ended". */
int person_session_get(struct tx *tx, const char *secret, int64_t now_usec, struct arena *arena, struct person *ret,
                       struct err *err) WARN_UNUSED;
int person_session_end(struct tx *tx, const struct office *office, const char *secret, int64_t now_usec,
                       struct err *err) WARN_UNUSED;
/* Says whose case it is (row of person_case, event person.identified). */
int case_identify(struct tx *tx, const struct office *office, const char *case_id, const struct person *person,
                  const char *how, const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;

#endif
