/* Every form of a word that occurs, every name and value, with where it occurs.
 *
 * An entry is a text of bytes. As a *group* it has a posting: the advertisements in which a form of it occurs. As a
 * *surface* (a word in lower case, as it stands in a text) it has a list of groups under which advertisements that hold
 * it are put: itself folded, and its stems folded. And a folded form knows the groups of all surfaces that fold to it,
 * so that "кызметтер" finds what "қызметтер" does. Names and values have a posting alone; their texts begin with a byte
 * below ' ' (the field), so that they never meet words.
 *
 * One thread writes, under the library's lock where readers see it; readers hold that lock. Entries never move. */
#ifndef TALAP_ADVERTS_VOCABULARY_H
#define TALAP_ADVERTS_VOCABULARY_H

#include "adverts/pile.h"
#include "adverts/posting.h"
#include "adverts/stems.h"
#include <pthread.h>

#define NO_FORM UINT32_MAX
#define FORM_MAX 1200 /* bytes of a text; longer ones are cut */

struct form {
    uint32_t text, len; /* where in the pile of bytes */
    uint32_t hash;
    uint32_t groups;  /* of the surface: first cell, 0: not a surface */
    uint32_t related; /* of the folded form: first cell, 0: none */
    uint32_t listed;  /* a folded surface: 1; else 0 */
    struct posting posting;
};
struct cell {
    uint32_t form, next; /* next 0: the last */
};

struct vocabulary {
    struct pile texts; /* bytes */
    struct pile forms, cells;
    uint64_t *slots;   /* form + 1 below the hash, or 0 */
    size_t slot_count; /* a power of two */
    uint64_t seed;     /* of the hashes, so that nobody chooses words that meet */
    /* Folded words in order of their bytes, for prefixes: nearly all, and those that came since. */
    uint32_t *sorted, *recent;
    size_t sorted_count, recent_count, recent_room;
    struct stems *stems;
    size_t words; /* surfaces */
};

bool vocabulary_init(struct vocabulary *vocabulary, struct stems *stems);
void vocabulary_done(struct vocabulary *vocabulary);

uint32_t vocabulary_find(const struct vocabulary *vocabulary, const char *text, size_t len);
/* The same in steps for many texts at once, so that memory is asked for all of them before any is waited for: the hash,
 * its place, its entry. */
uint32_t vocabulary_hash(const struct vocabulary *vocabulary, const char *text, size_t len);
uint32_t vocabulary_find_hashed(const struct vocabulary *vocabulary, const char *text, size_t len, uint32_t hash);
static inline void vocabulary_fetch_slot(const struct vocabulary *vocabulary, uint32_t hash)
{
    __builtin_prefetch(&vocabulary->slots[hash & (vocabulary->slot_count - 1)]);
}
static inline struct form *vocabulary_form(const struct vocabulary *vocabulary, uint32_t form)
{
    return pile_at(&vocabulary->forms, form);
}
static inline void vocabulary_fetch_form(const struct vocabulary *vocabulary, uint32_t hash)
{
    uint64_t slot = vocabulary->slots[hash & (vocabulary->slot_count - 1)];

    if (slot != 0)
        __builtin_prefetch(vocabulary_form(vocabulary, (uint32_t)slot - 1));
}
static inline const char *vocabulary_text(const struct vocabulary *vocabulary, const struct form *form)
{
    return pile_at(&vocabulary->texts, form->text);
}
static inline void vocabulary_fetch_text(const struct vocabulary *vocabulary, uint32_t hash)
{
    uint64_t slot = vocabulary->slots[hash & (vocabulary->slot_count - 1)];

    if (slot == 0)
        return;
    const struct form *form = vocabulary_form(vocabulary, (uint32_t)slot - 1);
    __builtin_prefetch(vocabulary_text(vocabulary, form));
    __builtin_prefetch(pile_at(&vocabulary->cells, form->groups));
}

/* Makes room for `count` more entries (their texts, cells and places) without changing anything that readers look at
 * except, under `lock`, for a moment. `lock` is taken for writing. */
bool vocabulary_reserve(struct vocabulary *vocabulary, size_t count, pthread_rwlock_t *lock);
/* Puts what came since into the sorted list; the same about the lock. */
bool vocabulary_settle(struct vocabulary *vocabulary, pthread_rwlock_t *lock);
/* The rest is written under the lock, after vocabulary_reserve. The entry, made when there is none; NO_FORM when there
 * is no room. */
uint32_t vocabulary_put(struct vocabulary *vocabulary, const char *text, size_t len);
/* Makes it a surface with these stems. */
bool vocabulary_learn(struct vocabulary *vocabulary, uint32_t surface, const struct stem_list *stems);

/* The groups of a surface, a list of cells: under which an advertisement is put that holds it. */
static inline uint32_t vocabulary_groups(const struct vocabulary *vocabulary, uint32_t surface)
{
    return vocabulary_form(vocabulary, surface)->groups;
}
static inline const struct cell *vocabulary_cell(const struct vocabulary *vocabulary, uint32_t cell)
{
    return pile_at(&vocabulary->cells, cell);
}

/* Calls for every group under which a word of a query is looked for; the same one may come twice. */
void vocabulary_expand(const struct vocabulary *vocabulary, const char *word, size_t len,
                       void (*found)(void *arg, uint32_t form), void *arg);
/* The same for every folded word that begins so; false when there are more than `most`. */
bool vocabulary_prefix(const struct vocabulary *vocabulary, const char *prefix, size_t len, size_t most,
                       void (*found)(void *arg, uint32_t form), void *arg);
size_t vocabulary_bytes(const struct vocabulary *vocabulary);

#endif
