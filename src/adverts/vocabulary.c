#include "adverts/vocabulary.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define RECENT 4096

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint32_t vocabulary_hash(const struct vocabulary *vocabulary, const char *text, size_t len)
{
    uint64_t h = vocabulary->seed ^ len * UINT64_C(0x9e3779b97f4a7c15), piece;

    for (; len >= 8; text += 8, len -= 8) {
        memcpy(&piece, text, 8);
        h = mix(h ^ piece, UINT64_C(0xa0761d6478bd642f));
    }
    piece = 0;
    memcpy(&piece, text, len);
    h = mix(h ^ piece, UINT64_C(0xe7037ed1a0b428db));
    return (uint32_t)(h ^ h >> 32);
}

bool vocabulary_init(struct vocabulary *vocabulary, struct stems *stems)
{
    *vocabulary = (struct vocabulary){.stems = stems, .slot_count = 1 << 16, .recent_room = RECENT};
    randombytes_buf(&vocabulary->seed, sizeof vocabulary->seed);
    vocabulary->slots = calloc(vocabulary->slot_count, sizeof *vocabulary->slots);
    vocabulary->recent = malloc(RECENT * sizeof *vocabulary->recent);
    bool whole = pile_init(&vocabulary->texts, 1) && pile_init(&vocabulary->forms, sizeof(struct form)) &&
                 pile_init(&vocabulary->cells, sizeof(struct cell)) && pile_reserve(&vocabulary->cells, 1) &&
                 vocabulary->slots && vocabulary->recent;
    vocabulary->cells.count = 1; /* 0 is no cell */
    if (!whole)
        vocabulary_done(vocabulary);
    return whole;
}

void vocabulary_done(struct vocabulary *vocabulary)
{
    for (size_t i = 0; i < vocabulary->forms.count; i++)
        posting_done(&vocabulary_form(vocabulary, (uint32_t)i)->posting);
    pile_done(&vocabulary->texts);
    pile_done(&vocabulary->forms);
    pile_done(&vocabulary->cells);
    free(vocabulary->slots);
    free(vocabulary->sorted);
    free(vocabulary->recent);
    *vocabulary = (struct vocabulary){0};
}

static uint64_t slot_word(uint32_t hash, uint32_t form)
{
    return (uint64_t)hash << 32 | (form + 1);
}

/* Where the text stands in the table, or would. */
static size_t slot_of(const struct vocabulary *vocabulary, const char *text, size_t len, uint32_t hash)
{
    size_t mask = vocabulary->slot_count - 1, at = hash & mask;

    for (; vocabulary->slots[at] != 0; at = (at + 1) & mask) {
        if (vocabulary->slots[at] >> 32 != hash)
            continue;
        const struct form *form = vocabulary_form(vocabulary, (uint32_t)vocabulary->slots[at] - 1);

        if (form->len == len && memcmp(vocabulary_text(vocabulary, form), text, len) == 0)
            break;
    }
    return at;
}

uint32_t vocabulary_find_hashed(const struct vocabulary *vocabulary, const char *text, size_t len, uint32_t hash)
{
    size_t at = slot_of(vocabulary, text, len, hash);

    return vocabulary->slots[at] == 0 ? NO_FORM : (uint32_t)vocabulary->slots[at] - 1;
}

uint32_t vocabulary_find(const struct vocabulary *vocabulary, const char *text, size_t len)
{
    return vocabulary_find_hashed(vocabulary, text, len, vocabulary_hash(vocabulary, text, len));
}

static int compare(const struct vocabulary *vocabulary, uint32_t a, const char *text, size_t len)
{
    const struct form *form = vocabulary_form(vocabulary, a);
    int r = memcmp(vocabulary_text(vocabulary, form), text, form->len < len ? form->len : len);

    return r != 0 ? r : form->len < len ? -1 : form->len > len;
}

/* The first of the list that is not before the text. */
static size_t place_of(const struct vocabulary *vocabulary, const uint32_t *list, size_t count, const char *text,
                       size_t len)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (compare(vocabulary, list[middle], text, len) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Puts what is recent into the sorted list: a new one beside the old, which is then changed for it. */
static bool merge(struct vocabulary *vocabulary, size_t room, pthread_rwlock_t *lock)
{
    size_t count = vocabulary->sorted_count + vocabulary->recent_count, from = 0, to = 0;
    uint32_t *sorted = malloc((count + 1) * sizeof *sorted), *recent = malloc(room * sizeof *recent);
    uint32_t *old_sorted = vocabulary->sorted, *old_recent = vocabulary->recent;

    if (!sorted || !recent) {
        free(sorted);
        free(recent);
        return false;
    }
    for (size_t i = 0; i < vocabulary->recent_count; i++) {
        const struct form *form = vocabulary_form(vocabulary, old_recent[i]);
        size_t place = from + place_of(vocabulary, old_sorted + from, vocabulary->sorted_count - from,
                                       vocabulary_text(vocabulary, form), form->len);

        if (place > from)
            memcpy(sorted + to, old_sorted + from, (place - from) * sizeof *sorted);
        to += place - from;
        from = place;
        sorted[to++] = old_recent[i];
    }
    if (vocabulary->sorted_count > from)
        memcpy(sorted + to, old_sorted + from, (vocabulary->sorted_count - from) * sizeof *sorted);
    pthread_rwlock_wrlock(lock);
    vocabulary->sorted = sorted;
    vocabulary->sorted_count = count;
    vocabulary->recent = recent;
    vocabulary->recent_count = 0;
    vocabulary->recent_room = room;
    pthread_rwlock_unlock(lock);
    free(old_sorted);
    free(old_recent);
    return true;
}

static bool widen(struct vocabulary *vocabulary, size_t count, pthread_rwlock_t *lock)
{
    size_t slot_count = vocabulary->slot_count;

    while (slot_count / 2 < vocabulary->forms.count + count)
        slot_count *= 2;
    if (slot_count == vocabulary->slot_count)
        return true;
    uint64_t *slots = calloc(slot_count, sizeof *slots), *old = vocabulary->slots;
    if (!slots)
        return false;
    for (size_t i = 0; i < vocabulary->forms.count; i++) {
        uint32_t hash = vocabulary_form(vocabulary, (uint32_t)i)->hash;
        size_t at = hash & (slot_count - 1);

        while (slots[at] != 0)
            at = (at + 1) & (slot_count - 1);
        slots[at] = slot_word(hash, (uint32_t)i);
    }
    pthread_rwlock_wrlock(lock);
    vocabulary->slots = slots;
    vocabulary->slot_count = slot_count;
    pthread_rwlock_unlock(lock);
    free(old);
    return true;
}

bool vocabulary_reserve(struct vocabulary *vocabulary, size_t count, pthread_rwlock_t *lock)
{
    /* A text does not cross the end of a piece: at worst half of each is left. */
    size_t texts = vocabulary->texts.count + count * (FORM_MAX + 1) + PILE_PIECE;

    return pile_reserve(&vocabulary->forms, vocabulary->forms.count + count) &&
           pile_reserve(&vocabulary->cells, vocabulary->cells.count + 4 * count) &&
           pile_reserve(&vocabulary->texts, texts) && widen(vocabulary, count, lock) &&
           (vocabulary->recent_count + count <= vocabulary->recent_room ||
            merge(vocabulary, count > RECENT ? count : RECENT, lock));
}

bool vocabulary_settle(struct vocabulary *vocabulary, pthread_rwlock_t *lock)
{
    return vocabulary->recent_count == 0 || merge(vocabulary, RECENT, lock);
}

uint32_t vocabulary_put(struct vocabulary *vocabulary, const char *text, size_t len)
{
    if (len > FORM_MAX)
        len = FORM_MAX;
    uint32_t hash = vocabulary_hash(vocabulary, text, len);
    size_t slot = slot_of(vocabulary, text, len, hash), at = vocabulary->texts.count;

    if (vocabulary->slots[slot] != 0)
        return (uint32_t)vocabulary->slots[slot] - 1;
    if ((at & (PILE_PIECE - 1)) + len + 1 > PILE_PIECE)
        at = (at | (PILE_PIECE - 1)) + 1;
    if (vocabulary->forms.count == vocabulary->forms.room || at + len + 1 > vocabulary->texts.room)
        return NO_FORM;
    memcpy(pile_at(&vocabulary->texts, at), text, len);
    *(char *)pile_at(&vocabulary->texts, at + len) = '\0';
    vocabulary->texts.count = at + len + 1;
    uint32_t made = (uint32_t)vocabulary->forms.count++;
    *vocabulary_form(vocabulary, made) = (struct form){.text = (uint32_t)at, .len = (uint32_t)len, .hash = hash};
    vocabulary->slots[slot] = slot_word(hash, made);
    return made;
}

/* One more cell of a list, unless it is in it. The order is of no meaning. */
static bool link_form(struct vocabulary *vocabulary, uint32_t *head, uint32_t form)
{
    for (uint32_t at = *head; at != 0; at = vocabulary_cell(vocabulary, at)->next)
        if (vocabulary_cell(vocabulary, at)->form == form)
            return true;
    if (vocabulary->cells.count == vocabulary->cells.room)
        return false;
    uint32_t made = (uint32_t)vocabulary->cells.count++;
    *(struct cell *)pile_at(&vocabulary->cells, made) = (struct cell){.form = form, .next = *head};
    *head = made;
    return true;
}

bool vocabulary_learn(struct vocabulary *vocabulary, uint32_t surface, const struct stem_list *stems)
{
    struct form *form = vocabulary_form(vocabulary, surface);
    char folded[WORD_ROOM];
    size_t len = word_fold(vocabulary_text(vocabulary, form), form->len, folded);
    uint32_t own = vocabulary_put(vocabulary, folded, len);

    if (own == NO_FORM)
        return false;
    struct form *base = vocabulary_form(vocabulary, own);
    for (size_t i = 0; i < stems->count; i++) {
        len = word_fold(stems->words[i], strlen(stems->words[i]), folded);
        uint32_t group = vocabulary_put(vocabulary, folded, len);

        if (group == NO_FORM || (group != own && !link_form(vocabulary, &base->related, group)) ||
            !link_form(vocabulary, &form->groups, group))
            return false;
    }
    if (!link_form(vocabulary, &form->groups, own))
        return false;
    vocabulary->words++;
    if (!base->listed) {
        const char *text = vocabulary_text(vocabulary, base);
        size_t at = place_of(vocabulary, vocabulary->recent, vocabulary->recent_count, text, base->len);

        if (vocabulary->recent_count == vocabulary->recent_room)
            return false;
        memmove(vocabulary->recent + at + 1, vocabulary->recent + at,
                (vocabulary->recent_count - at) * sizeof *vocabulary->recent);
        vocabulary->recent[at] = own;
        vocabulary->recent_count++;
        base->listed = 1;
    }
    return true;
}

void vocabulary_expand(const struct vocabulary *vocabulary, const char *word, size_t len,
                       void (*found)(void *arg, uint32_t form), void *arg)
{
    char folded[WORD_ROOM];
    struct stem_list stems = {0};
    uint32_t form = vocabulary_find(vocabulary, word, len);

    if (form != NO_FORM && vocabulary_groups(vocabulary, form) != 0) {
        for (uint32_t at = vocabulary_groups(vocabulary, form); at != 0; at = vocabulary_cell(vocabulary, at)->next)
            found(arg, vocabulary_cell(vocabulary, at)->form);
    } else {
        stems_of(vocabulary->stems, word, len, &stems);
        for (size_t i = 0; i < stems.count; i++) {
            size_t count = word_fold(stems.words[i], strlen(stems.words[i]), folded);

            form = vocabulary_find(vocabulary, folded, count);
            if (form != NO_FORM)
                found(arg, form);
        }
    }
    len = word_fold(word, len, folded);
    form = vocabulary_find(vocabulary, folded, len);
    if (form == NO_FORM)
        return;
    found(arg, form);
    for (uint32_t at = vocabulary_form(vocabulary, form)->related; at != 0; at = vocabulary_cell(vocabulary, at)->next)
        found(arg, vocabulary_cell(vocabulary, at)->form);
}

static size_t prefix_of(const struct vocabulary *vocabulary, const uint32_t *list, size_t count, const char *prefix,
                        size_t len, size_t most, void (*found)(void *arg, uint32_t form), void *arg)
{
    size_t n = 0;

    for (size_t at = place_of(vocabulary, list, count, prefix, len); at < count; at++, n++) {
        const struct form *form = vocabulary_form(vocabulary, list[at]);

        if (form->len < len || memcmp(vocabulary_text(vocabulary, form), prefix, len) != 0 || n == most + 1)
            break;
        if (n < most)
            found(arg, list[at]);
    }
    return n;
}

bool vocabulary_prefix(const struct vocabulary *vocabulary, const char *prefix, size_t len, size_t most,
                       void (*found)(void *arg, uint32_t form), void *arg)
{
    size_t n = prefix_of(vocabulary, vocabulary->sorted, vocabulary->sorted_count, prefix, len, most, found, arg);

    if (n <= most)
        n += prefix_of(vocabulary, vocabulary->recent, vocabulary->recent_count, prefix, len, most - n, found, arg);
    return n <= most;
}

size_t vocabulary_bytes(const struct vocabulary *vocabulary)
{
    return pile_bytes(&vocabulary->texts) + pile_bytes(&vocabulary->forms) + pile_bytes(&vocabulary->cells) +
           vocabulary->slot_count * sizeof(uint64_t) +
           (vocabulary->sorted_count + vocabulary->recent_room) * sizeof(uint32_t);
}
