/* The office: everything one running installation needs to decide a case, passed down as one argument. Immutable while
 * it is in use. */
#ifndef TALAP_CASES_OFFICE_H
#define TALAP_CASES_OFFICE_H

#include "access/access.h"
#include "law/catalogue.h"
#include "ledger/ledger.h"

struct office {
    const struct catalogue *catalogue;
    struct store *store;
    struct ledger *ledger;
    const struct keyring *keyring;
    struct access access;
    char calendar_hash[65], catalogue_hash[65];
    /* Which roles of the law this organisation plays (the key `roles` of the configuration): only procedures run by one
     * of them are offered. Set after office_init; NULL: all. */
    const char *const *roles;
    size_t role_count;
    struct kept_cache *kept; /* persons/kept.h; set after office_init; NULL: registers are read anew each time */
    /* effects.h, a table of each room, NULL-ended; set after office_init; NULL: acts with an effect are refused */
    const struct case_effects *const *effects;
};
/* Is the procedure run by a role that this organisation plays? */
bool office_runs(const struct office *office, const struct procedure *procedure);
/* Roles of accounts (enum role bits) that have to do with the procedure's cases: who opens or acts. Admins and auditors
 * see every case, others those of procedures where this meets their roles. */
unsigned procedure_roles(const struct procedure *procedure);
bool actor_sees(const struct actor *actor, const struct procedure *procedure);
/* Is there an act of the procedure that the actor's roles may do? What everybody who sees a case may do (assigning,
 * notes) is not meant. */
bool actor_acts(const struct actor *actor, const struct procedure *procedure);
/* May the actor open cases as staff or with a token? (The public: OPENER_PUBLIC of open_to.) */
bool actor_opens(const struct actor *actor, const struct procedure *procedure);
/* The ids of procedures the actor sees, NULL-ended, for case_filter.procedures; NULL: all (or no memory: the arena is
 * overflowed). */
const char *const *actor_procedures(const struct office *office, const struct actor *actor, struct arena *arena);

/* Fills the derived members. */
void office_init(struct office *office, const struct catalogue *catalogue, struct store *store, struct ledger *ledger,
                 const struct keyring *keyring);

/* What the organisation is called and how it is reached; the setting "organisation". */
struct organisation {
    struct text3 name;
    const char *bin; /* or "" */
    struct text3 address;
    const char *email, *phone, *url; /* url: how this installation is reached from outside, for links and QR codes */
    struct text3
        complaint_rules; /* opl.11.2: the platform's own rules for complaints, shown before the form; or empty */
};
int organisation_get(struct tx *tx, struct arena *arena, struct organisation *ret, struct err *err) WARN_UNUSED;
int organisation_put(struct tx *tx, const struct office *office, const struct organisation *organisation,
                     const struct actor *by, int64_t now_usec, struct err *err) WARN_UNUSED;

#endif
