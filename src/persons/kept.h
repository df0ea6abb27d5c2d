/* The registers an operator keeps about its processing (pdl.25.2.1, 25.2.1-1, 25.2.10, 12.2, 16, 19-1.2; opl.10.1). One
 * machinery for six kinds: an entry has an id, versions, and JSON of a fixed form; a change is a new version, and what
 * was agreed under an older one stays what it was.
 *
 *   purpose      title: {kk, ru, en}; norm: text (the norm or contract behind it); categories: [category id];
 *                retention: {amount, unit: day|month|year, after: "collected"|"ended"} or absent (until achieved);
 *                basis: "consent" | "ground"; with "ground" also ground: "pdl.9.4" and evidence: text;
 *                recipients: [recipient id]; publication_by_law: bool; cross_border_ground: "pdl.16.3.2" or absent;
 *                withdrawal_forbidden: text or absent (pdl.8.2: the law or obligation); tells_transfers: bool
 *                (pdl.19.1); automated: {procedure: {kk, ru, en}, consequences, defence: the same, by_law: text or
 *                absent} or absent
 *   category     title; kinds: ["restricted", "biometric", "minors", "no_profiling", "identifying"]: the operator's own
 *                beside the catalogue's (data_category), which are there from the beginning with numbers of their own
 *   recipient    title; bin or absent; country; kinds: [role of the law]; address, email or absent
 *   state        id: ISO 3166-1; protects: "yes" | "no" | "unknown"; reason: text: the operator's own assessment of a
 *                state, over the catalogue's (countries.yaml)
 *   policy       title; texts: {kk, ru, en} (whole texts); shown_at_registration: bool
 *   responsible  id "responsible"; name, post, email, phone; address or absent: public by law, not sealed
 *
 * Events: kept.set (entry_kind, id, number, version, from_usec, entry: the JSON; of a policy text_hashes too: SHA-256
 * by language) and kept.retired (entry_kind, id, number, version). Numbers: purposes, recipients, states, policies from
 * 1 to 65535; categories: the catalogue's in the order of its file from 0, the operator's from 32 to 63. */
#ifndef TALAP_PERSONS_KEPT_H
#define TALAP_PERSONS_KEPT_H

#include "base/json.h"
#include "cases/cases.h"
#include "law/processing.h"

enum kept_kind { KEPT_PURPOSE, KEPT_CATEGORY, KEPT_RECIPIENT, KEPT_STATE, KEPT_POLICY, KEPT_RESPONSIBLE, KEPT_KINDS };
const char *kept_kind_word(enum kept_kind kind); /* "purpose" … */
int kept_kind_parse(const char *word);           /* or -1 */
struct kept_entry {
    enum kept_kind kind;
    const char *id;
    int64_t number, version;
    int64_t from_usec, until_usec; /* of this version; until TIME_NONE: it is the newest */
    bool retired;
    json_t *json; /* borrowed from the list */
    int64_t leaf;
};
struct kept; /* all versions of all entries: a few hundred; parsed once, immutable, counted references */
/* The same as last time while nothing was set or retired (the office's cache, filled by reads alone: what a write
 * transaction sees may yet be undone). */
int kept_load(struct tx *tx, const struct office *office, struct kept **ret, struct err *err) WARN_UNUSED;
struct kept *kept_ref(struct kept *kept);
/* Registers hold whole texts of policies: parsed for every consent they would cost more than all the rest of it. Goes
 * before the catalogue does. */
struct kept_cache;
int kept_cache_new(struct kept_cache **ret, struct err *err) WARN_UNUSED;
void kept_cache_free(struct kept_cache *cache); /* NULL-safe */
void kept_unref(struct kept *kept);             /* NULL-safe */
/* The version in force at the moment, retired ones too (look at `retired`); NULL. */
const struct kept_entry *kept_at(const struct kept *kept, enum kept_kind kind, const char *id, int64_t at_usec);
const struct kept_entry *kept_by_number(const struct kept *kept, enum kept_kind kind, int64_t number, int64_t at_usec);
/* Exactly that version; NULL. */
const struct kept_entry *kept_version(const struct kept *kept, enum kept_kind kind, int64_t number, int64_t version);
/* Every entry of the kind in its newest version, or every version of one entry (id given), oldest first. */
size_t kept_list(const struct kept *kept, enum kept_kind kind, const char *id, struct arena *arena,
                 const struct kept_entry ***ret);
/* Category id → number 0…63, or -1; and back (NULL). */
int kept_category_number(const struct kept *kept, const char *id);
const char *kept_category_id(const struct kept *kept, int number);
unsigned kept_category_kinds(const struct kept *kept, int number); /* enum data_kind bits */
const struct text3 *kept_category_title(const struct kept *kept, int number);
/* The categories that a purpose's version lists, as bits. */
uint64_t kept_purpose_categories(const struct kept *kept, const struct kept_entry *purpose);
/* The title of an entry in a language; the name of who is responsible; the id of a state. */
const char *kept_title(const struct kept_entry *entry, enum lang lang);

/* Checks an entry as given (unknown keys, missing texts, unknown references, forms); refusals beside "entry.KEY"; on
 * success *ret is the canonical JSON in the arena. */
int kept_check(const struct kept *kept, const struct office *office, enum kept_kind kind, const char *id,
               const json_t *given, struct arena *arena, const char **ret_json, struct field_errors *errors,
               struct err *err) WARN_UNUSED;
/* A new version from now on; nothing changed: no event, *ret_version is the old one. `expected_version` 0: whatever is
 * there; else ERR_STALE "entry_changed". More than there are numbers for: ERR_CONFLICT "too_many_entries". A retired
 * entry that is set again is in force again. In a command. */
int kept_set(struct tx *tx, const struct office *office, enum kept_kind kind, const char *id, const char *json,
             int64_t expected_version, const struct actor *actor, int64_t now_usec, int64_t *ret_version,
             struct err *err) WARN_UNUSED;
/* A version from now on that is retired: nothing new under it. ERR_NOT_FOUND "kept_unknown"; ERR_CONFLICT
 * "kept_retired". */
int kept_retire(struct tx *tx, const struct office *office, enum kept_kind kind, const char *id,
                const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;

#endif
