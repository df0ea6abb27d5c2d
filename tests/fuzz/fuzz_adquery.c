/* Any text as a query of the library: terms within their limits, or a refusal that names a character; words, cut into
 * words again, are the same words. */
#include "adverts/query.h"
#include "adverts/words.h"
#include "base/unicode.h"
#include <stdlib.h>
#include <string.h>

static void look_at(const struct query_atom *atom, size_t *words)
{
    char word[WORD_ROOM];
    size_t len;

    if (atom->at < 1 || atom->at > QUERY_MAX)
        abort();
    if (atom->field > FIELD_PARTY)
        return;
    const char *at = atom->text, *from = at;
    while (words_next(&at, word, &len)) {
        if (len > WORD_MAX || ++*words > QUERY_WORDS)
            abort();
        /* In lower case already, with single blanks between. */
        if (strncmp(from, word, len) != 0 || (from[len] != ' ' && from[len] != '\0'))
            abort();
        from += len + (from[len] == ' ');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct query query;
    struct err err = {0};
    size_t terms = 0, words = 0;

    arena_init(&arena, (size_t)4 << 20);
    char *raw = arena_strndup(&arena, (const char *)data, size);
    char *text = raw && utf8_valid(raw, strlen(raw)) ? text_normalise(&arena, raw) : NULL;
    if (text && query_read(text, &arena, &query, &err) < 0) {
        if (err.kind != ERR_BAD_INPUT || err.arg[0] < '1' || err.arg[0] > '9')
            abort();
    } else if (text) {
        for (const struct query_term *term = query.terms; term; term = term->next, terms++) {
            if (!term->first)
                abort();
            for (const struct query_atom *atom = term->first; atom; atom = atom->or_else)
                look_at(atom, &words);
        }
        if (terms != query.count || terms > QUERY_TERMS)
            abort();
    }
    arena_done(&arena);
    return 0;
}
