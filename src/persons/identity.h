/* Who is it? Established before anything is disclosed: a one-time code to the e-mail or phone on record, a document
 * shown to staff (no copy kept, pdl.7.10), or a signature with a certificate whose IIN is the person's. Then a session
 * of the cabinet: 30 minutes idle, 4 hours at most. Whether somebody is known is told to nobody: asking for a code
 * writes the same row whoever is meant, and only the job loop looks up for whom (codes_pass), when the answer is long
 * given; nor is it told by the ledger, whose size and kinds of events are public: a code that is asked for is no event.
 *
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
#define CODE_HOURLY 6         /* letters to one address */
#define CODE_DIGITS 8
#define PERSON_SESSION_HOURS 4
#define PERSON_SESSION_IDLE_MINUTES 30

/* A code for an e-mail or phone (`kind` "email" or "phone"; `value` canonical, as fields_validate gives it). The code
 * is derived from the id by the master key, eight digits, and stored nowhere; the address lies sealed beside the id
 * until the code is used or purged. Asked for again within a minute, during a pause, or too often in an hour: the same
 * answer with the id of the newest, and no letter. In a command. */
int code_ask(struct tx *tx, const struct office *office, const char *kind, const char *value, enum lang lang,
             int64_t now_usec, char ret_id[static ID_TEXT], struct err *err) WARN_UNUSED;
/* For the job loop, in a command: codes asked for whose person was not looked up yet. Where somebody is known, a
 * message in the outbox: kind "mail" or "sms", purpose "code", to: the code's id, without a case. */
int codes_pass(struct tx *tx, const struct office *office, int64_t now_usec, size_t limit, size_t *ret_count,
               struct err *err) WARN_UNUSED;
/* What such a message tells, when it is composed; *ret_found false when nobody is to be told any more: the code is
 * used, old or gone. */
struct code_message {
    const char *to;
    enum lang lang;
    char code[CODE_DIGITS + 1];
};
int code_message_get(struct tx *tx, const struct office *office, const char *id, int64_t now_usec, struct arena *arena,
                     struct code_message *ret, bool *ret_found, struct err *err) WARN_UNUSED;
void code_derive(const struct keyring *keyring, const char *id, char ret[static CODE_DIGITS + 1]);
/* Tries a code (blanks and dashes in it do not count); like sign_in_record it succeeds when the code is refused, so
 * that the try is counted: *ret_refusal is ERR_UNAUTHENTICATED "code_wrong", ERR_UNAUTHENTICATED "code_old" (ten
 * minutes are over, or it was used) or ERR_TOO_MANY "code_pause" (arg: minutes). On success its kind is ERR_NONE, and
 * the session's secret. An id that was never given is a wrong code. */
int code_try(struct tx *tx, const struct office *office, const char *id, const char *code, int64_t now_usec,
             char ret_secret[static 65], struct err *ret_refusal, struct err *err) WARN_UNUSED;

/* What to sign: a moment, chance and a seal of ours, 128 hex digits; good for ten minutes. */
#define CHALLENGE_MINUTES 10
void certificate_challenge(const struct keyring *keyring, int64_t now_usec, char ret[static 129]);
/* Whose certificates are believed: PEM texts. */
struct certificate_trust {
    const char *roots; /* roots, and authorities between them and people */
    const char *crls;  /* a list of revoked certificates from each of them */
};
/* A detached CMS signature (DER or PEM) over the challenge's text by one signer, whose certificate leads to one of the
 * roots, is valid at the moment, not revoked by a list that is itself current, allows signing (key usage
 * digitalSignature), and names the IIN of its owner (serialNumber "IIN…"). ERR_UNAUTHENTICATED: "challenge_old",
 * "signature_unreadable", "signature_wrong" (also a digest weaker than SHA-256), "certificate_expired",
 * "certificate_revoked", "certificate_unchecked" (no current list), "certificate_untrusted", "certificate_usage",
 * "certificate_no_iin". ERR_UNAVAILABLE "identity_roots" when what is configured cannot be read. */
int certificate_check(const struct keyring *keyring, const struct certificate_trust *trust, const char *challenge,
                      const void *cms, size_t count, int64_t now_usec, char ret_iin[static 13],
                      struct err *err) WARN_UNUSED;

/* `address`: the e-mail or phone that the code went to, kept sealed with the session; NULL after a certificate. */
int person_session_open(struct tx *tx, const struct office *office, const struct person *person, const char *how,
                        const char *address, int64_t now_usec, char ret_secret[static 65], struct err *err) WARN_UNUSED;
struct person_session {
    struct person person;
    const char *how;           /* "email", "phone", "certificate" */
    const char *email, *phone; /* the one that the code went to; else NULL */
    int64_t expires_usec;
    bool wants_touch;
};
/* ERR_UNAUTHENTICATED "cabinet_ended" when unknown, over, idle too long, or of somebody destroyed. A read; idle time is
 * renewed by person_session_touch, in a command, at most once a minute: ret->wants_touch. */
int person_session_get(struct tx *tx, const struct office *office, const char *secret, int64_t now_usec,
                       struct arena *arena, struct person_session *ret, struct err *err) WARN_UNUSED;
int person_session_touch(struct tx *tx, const char *secret, int64_t now_usec, struct err *err) WARN_UNUSED;
/* An unknown secret is no error: there is nothing to end. */
int person_session_end(struct tx *tx, const struct office *office, const char *secret, int64_t now_usec,
                       struct err *err) WARN_UNUSED;
/* Codes and sessions whose time is over. */
int identity_purge(struct tx *tx, int64_t now_usec, struct err *err) WARN_UNUSED;
/* Says whose case it is (row of person_case, event person.identified). ERR_CONFLICT "case_identified". */
int case_identify(struct tx *tx, const struct office *office, const char *case_id, const struct person *person,
                  const char *how, const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;

#endif
