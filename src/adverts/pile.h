/* Items that never move: an array in pieces, so that who reads it is not disturbed when it grows. Growing takes one
 * piece of zeroed memory and copies nothing. */
#ifndef TALAP_ADVERTS_PILE_H
#define TALAP_ADVERTS_PILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PILE_BITS 16
#define PILE_PIECE ((size_t)1 << PILE_BITS) /* items a piece */
#define PILE_PIECES 16384                   /* a thousand million items */

struct pile {
    size_t item, count, room; /* bytes of an item; items in use, and that there is memory for */
    char **pieces;
};

static inline bool pile_init(struct pile *pile, size_t item)
{
    *pile = (struct pile){.item = item, .pieces = calloc(PILE_PIECES, sizeof *pile->pieces)};
    return pile->pieces != NULL;
}

static inline void pile_done(struct pile *pile)
{
    for (size_t i = 0; i < pile->room >> PILE_BITS; i++)
        free(pile->pieces[i]);
    free(pile->pieces);
    *pile = (struct pile){0};
}

static inline void *pile_at(const struct pile *pile, size_t i)
{
    return pile->pieces[i >> PILE_BITS] + (i & (PILE_PIECE - 1)) * pile->item;
}

/* Room for `count` items in all; false when memory ends. */
static inline bool pile_reserve(struct pile *pile, size_t count)
{
    while (pile->room < count) {
        if (pile->room >> PILE_BITS == PILE_PIECES)
            return false;
        char *piece = calloc(PILE_PIECE, pile->item);
        if (!piece)
            return false;
        pile->pieces[pile->room >> PILE_BITS] = piece;
        pile->room += PILE_PIECE;
    }
    return true;
}

static inline size_t pile_bytes(const struct pile *pile)
{
    return pile->room * pile->item + PILE_PIECES * sizeof *pile->pieces;
}

#endif
