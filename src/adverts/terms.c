#include "adverts/terms.h"

#include <stdlib.h>
#include <string.h>

/* Beginnings that are no term's are mostly told here, in memory that stays close. */
#define SIEVE_BITS (1u << 18)
#define HASH_BEGIN 0x811C9DC5u
#define ENDINGS_IN_A_ROW 3

enum piece_mode { PIECE_WORD, PIECE_ENDINGS, PIECE_BEGINNING };

struct piece {
    uint32_t at; /* in `letters` */
    uint8_t count, mode;
};
struct term {
    uint32_t hash; /* of its first piece */
    uint32_t next; /* of the same slot, plus one; 0: none */
    uint16_t owner, kind;
    uint8_t lang, lead, piece_count; /* lead: how many words of any kind stand before */
    struct piece pieces[TERM_WORDS_MAX];
};

struct ending {
    uint16_t letters[8];
    uint8_t count;
};

struct terms {
    const struct fold *fold;
    struct term *items;
    size_t count, room;
    uint16_t *letters;
    size_t letter_count, letter_room;
    uint32_t *slots; /* index plus one */
    size_t slot_mask;
    uint64_t *sieve;
    struct ending *endings[LANG_COUNT];
    size_t ending_count[LANG_COUNT];
};

static inline uint32_t hash_letter(uint32_t hash, uint16_t letter)
{
    return (hash ^ letter) * 0x01000193u;
}

static inline uint32_t hash_mix(uint32_t hash)
{
    return hash ^ hash >> 15;
}

static int endings_read(struct terms *terms, int lang, const struct advertising_words *words, struct err *err)
{
    struct arena arena;
    int r = 0;
    terms->endings[lang] = calloc(words->count + 1, sizeof(struct ending));
    if (!terms->endings[lang])
        return err_memory(err);
    arena_init(&arena, 1u << 20);
    for (size_t i = 0; r == 0 && i < words->count; i++) {
        struct folded folded;
        struct ending *ending = &terms->endings[lang][terms->ending_count[lang]];
        r = fold_text(terms->fold, words->words[i], strlen(words->words[i]), NULL, 0, &arena, &folded, err);
        if (r == 0 && folded.count == 1 && folded.words[0].count <= 8) {
            ending->count = (uint8_t)folded.words[0].count;
            memcpy(ending->letters, folded.letters + folded.words[0].at, ending->count * sizeof(uint16_t));
            terms->ending_count[lang]++;
        }
    }
    arena_done(&arena);
    return r;
}

int terms_new(const struct fold *fold, const struct advertising_words endings[LANG_COUNT], struct terms **ret,
              struct err *err)
{
    struct terms *terms = calloc(1, sizeof *terms);
    int r = terms ? 0 : err_memory(err);
    if (r < 0)
        return r;
    terms->fold = fold;
    for (int lang = 0; r == 0 && lang < LANG_COUNT; lang++)
        r = endings_read(terms, lang, &endings[lang], err);
    if (r < 0) {
        terms_free(terms);
        return r;
    }
    *ret = terms;
    return 0;
}

void terms_free(struct terms *terms)
{
    if (!terms)
        return;
    for (int lang = 0; lang < LANG_COUNT; lang++)
        free(terms->endings[lang]);
    free(terms->items);
    free(terms->letters);
    free(terms->slots);
    free(terms->sieve);
    free(terms);
}

static int piece_add(struct terms *terms, struct term *term, const struct folded *folded,
                     const struct folded_word *word, enum piece_mode mode, struct err *err)
{
    if (term->piece_count == TERM_WORDS_MAX)
        return -ERR_BAD_INPUT;
    if (terms->letter_count + word->count > terms->letter_room) {
        size_t room = terms->letter_room * 2 + 4096;
        uint16_t *letters = realloc(terms->letters, room * sizeof *letters);
        if (!letters)
            return err_memory(err);
        terms->letters = letters;
        terms->letter_room = room;
    }
    memcpy(terms->letters + terms->letter_count, folded->letters + word->at, word->count * sizeof(uint16_t));
    term->pieces[term->piece_count++] =
        (struct piece){(uint32_t)terms->letter_count, (uint8_t)word->count, (uint8_t)mode};
    terms->letter_count += word->count;
    return 0;
}

int terms_add(struct terms *terms, const char *text, enum lang lang, uint16_t owner, uint16_t kind, struct err *err)
{
    struct term term = {.owner = owner, .kind = kind, .lang = (uint8_t)lang};
    struct arena arena;
    int r = 0;

    arena_init(&arena, 1u << 20);
    for (const char *at = text; r == 0 && *at;) {
        size_t length = strcspn(at, " ");
        char last = length > 0 ? at[length - 1] : '\0';
        enum piece_mode mode = last == '*' ? PIECE_BEGINNING : last == '~' ? PIECE_ENDINGS : PIECE_WORD;
        struct folded folded;
        if (length == 1 && last == '_' && term.piece_count == 0) {
            term.lead++;
        } else if (length > 0) {
            r = fold_text(terms->fold, at, length, NULL, 0, &arena, &folded, err);
            for (size_t i = 0; r == 0 && i < folded.count; i++)
                r = piece_add(terms, &term, &folded, &folded.words[i], i + 1 == folded.count ? mode : PIECE_WORD, err);
        }
        at += length;
        at += *at == ' ';
    }
    arena_done(&arena);
    if (r == -ERR_MEMORY)
        return r;
    if (r < 0 || term.piece_count == 0)
        return err_set(err, ERR_BAD_INPUT, "advert_term", "%.100s", text);
    if (terms->count == terms->room) {
        size_t room = terms->room * 2 + 1024;
        struct term *items = realloc(terms->items, room * sizeof *items);
        if (!items)
            return err_memory(err);
        terms->items = items;
        terms->room = room;
    }
    term.hash = HASH_BEGIN;
    for (size_t i = 0; i < term.pieces[0].count; i++)
        term.hash = hash_letter(term.hash, terms->letters[term.pieces[0].at + i]);
    terms->items[terms->count++] = term;
    return 0;
}

int terms_seal(struct terms *terms, struct err *err)
{
    size_t size = 64;
    while (size < 2 * terms->count)
        size *= 2;
    terms->slots = calloc(size, sizeof *terms->slots);
    terms->sieve = calloc(SIEVE_BITS / 64, sizeof *terms->sieve);
    if (!terms->slots || !terms->sieve)
        return err_memory(err);
    terms->slot_mask = size - 1;
    for (size_t i = 0; i < terms->count; i++) {
        uint32_t hash = hash_mix(terms->items[i].hash);
        terms->items[i].next = terms->slots[hash & terms->slot_mask];
        terms->slots[hash & terms->slot_mask] = (uint32_t)i + 1;
        terms->sieve[(hash % SIEVE_BITS) / 64] |= UINT64_C(1) << hash % 64;
    }
    return 0;
}

/* Is what is left of the word nothing, or endings of the language? */
static bool endings_fit(const struct terms *terms, int lang, const uint16_t *rest, size_t count, int in_a_row)
{
    if (count == 0)
        return true;
    if (in_a_row == 0)
        return false;
    for (size_t i = 0; i < terms->ending_count[lang]; i++) {
        const struct ending *ending = &terms->endings[lang][i];
        if (ending->count <= count && memcmp(ending->letters, rest, ending->count * sizeof *rest) == 0 &&
            endings_fit(terms, lang, rest + ending->count, count - ending->count, in_a_row - 1))
            return true;
    }
    return false;
}

static bool piece_fits(const struct terms *terms, int lang, const struct piece *piece, const struct folded *text,
                       const struct folded_word *word)
{
    const uint16_t *letters = text->letters + word->at;
    if (word->count < piece->count || memcmp(letters, terms->letters + piece->at, piece->count * sizeof *letters) != 0)
        return false;
    switch ((enum piece_mode)piece->mode) {
    case PIECE_WORD:
        return word->count == piece->count;
    case PIECE_BEGINNING:
        return true;
    case PIECE_ENDINGS:
        break;
    }
    /* Only Kazakh endings follow each other. */
    return endings_fit(terms, lang, letters + piece->count, (size_t)(word->count - piece->count),
                       lang == LANG_KK ? ENDINGS_IN_A_ROW : 1);
}

static bool term_fits(const struct terms *terms, const struct term *term, const struct folded *text, size_t at)
{
    size_t end = at < text->count ? text->count : at + 1; /* words read together have no neighbours */
    if (at + term->piece_count > end || term->lead > at)
        return false;
    for (size_t i = 0; i < term->piece_count; i++) {
        if (!piece_fits(terms, term->lang, &term->pieces[i], text, &text->words[at + i]))
            return false;
    }
    return true;
}

void terms_find(const struct terms *terms, const struct folded *text,
                bool (*hit)(void *arg, const struct term_hit *hit), void *arg)
{
    for (size_t w = 0; w < text->all; w++) {
        const struct folded_word *word = &text->words[w];
        const uint16_t *letters = text->letters + word->at;
        uint32_t running = HASH_BEGIN;
        for (size_t length = 0; length < word->count;) {
            running = hash_letter(running, letters[length++]);
            uint32_t hash = hash_mix(running);
            if (!(terms->sieve[(hash % SIEVE_BITS) / 64] & UINT64_C(1) << hash % 64))
                continue;
            for (uint32_t i = terms->slots[hash & terms->slot_mask]; i; i = terms->items[i - 1].next) {
                const struct term *term = &terms->items[i - 1];
                if (term->hash != running || term->pieces[0].count != length || !term_fits(terms, term, text, w))
                    continue;
                const struct term_hit found = {(uint32_t)(w - term->lead), (uint32_t)term->lead + term->piece_count,
                                               term->owner, term->kind};
                if (!hit(arg, &found))
                    return;
            }
        }
    }
}
