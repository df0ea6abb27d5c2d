/* A search: the query's words and values become bitmaps, which are met, counted, and walked from their end. */
#include "adverts/library_parts.h"
#include "adverts/query.h"

#include "base/unicode.h"
#include <stdlib.h>

#define PREFIX_FORMS 5000 /* that a beginning of a word may stand for */

/* A bitmap, our own or a posting's. */
struct bits {
    const roaring_bitmap_t *bits;
    roaring_bitmap_t *own;
};

static void bits_done(struct bits *bits)
{
    if (bits->own)
        roaring_bitmap_free(bits->own);
    *bits = (struct bits){0};
}

/* Takes both; `made` NULL: memory ended. */
static bool bits_become(struct bits *bits, roaring_bitmap_t *made)
{
    bits_done(bits);
    *bits = (struct bits){.bits = made, .own = made};
    return made != NULL;
}

static struct bits bits_of(const struct posting *posting)
{
    struct posting_view view = posting_view(posting);

    return (struct bits){.bits = view.bits, .own = view.own};
}

/* Entries of the vocabulary, each once. */
struct found {
    uint32_t *forms;
    size_t count, room;
    bool failed;
};

static void found_form(void *arg, uint32_t form)
{
    struct found *found = arg;

    if (found->count < 64)
        for (size_t i = 0; i < found->count; i++)
            if (found->forms[i] == form)
                return;
    if (found->count == found->room) {
        size_t room = found->room ? found->room * 2 : 32;
        uint32_t *forms = realloc(found->forms, room * sizeof *forms);

        if (!forms) {
            found->failed = true;
            return;
        }
        found->forms = forms;
        found->room = room;
    }
    found->forms[found->count++] = form;
}

/* All that are in any of them. Most occur a few times: those go into one bitmap together. */
static bool unite(const struct library *library, const struct found *found, struct bits *ret)
{
    struct bits *parts = calloc(found->count + 1, sizeof *parts);
    const roaring_bitmap_t **list = calloc(found->count + 1, sizeof *list);
    uint32_t *few = malloc((found->count + 1) * POSTING_FEW * sizeof *few);
    bool whole = parts && list && few && !found->failed;
    size_t count = 0, few_count = 0;

    for (size_t i = 0; whole && i < found->count; i++) {
        const struct posting *posting = &vocabulary_form(&library->vocabulary, found->forms[i])->posting;

        if (posting->state == POSTING_FEW_STATE) {
            memcpy(few + few_count, posting->few, posting->count * sizeof *few);
            few_count += posting->count;
            continue;
        }
        parts[count] = bits_of(posting);
        list[count] = parts[count].bits;
        whole = list[count++] != NULL;
    }
    if (whole && (few_count > 0 || count == 0)) {
        parts[count].bits = parts[count].own = roaring_bitmap_of_ptr(few_count, few);
        list[count] = parts[count].bits;
        whole = list[count++] != NULL;
    }
    if (whole && count == 1) {
        *ret = parts[0];
        parts[0] = (struct bits){0};
    } else if (whole) {
        ret->bits = ret->own = roaring_bitmap_or_many(count, list);
        whole = ret->own != NULL;
    }
    for (size_t i = 0; parts && i < count; i++)
        bits_done(&parts[i]);
    free(parts);
    free(list);
    free(few);
    return whole;
}

/* Takes `more` into *acc: both must hold (or either, or `more` not). */
enum how { AND, OR, AND_NOT };
static bool meet(struct bits *acc, struct bits *more, enum how how)
{
    roaring_bitmap_t *made;

    if (!acc->bits) {
        *acc = *more;
        *more = (struct bits){0};
        return acc->bits != NULL;
    }
    if (!more->bits)
        return false;
    if (how == AND)
        made = roaring_bitmap_and(acc->bits, more->bits);
    else if (how == OR)
        made = roaring_bitmap_or(acc->bits, more->bits);
    else
        made = roaring_bitmap_andnot(acc->bits, more->bits);
    bits_done(more);
    return bits_become(acc, made);
}

static bool key_bits(const struct library *library, enum library_key key, const char *value, struct bits *ret)
{
    char text[FORM_MAX];
    size_t len = library_key(key, value, text);
    struct found found = {0};
    uint32_t form = vocabulary_find(&library->vocabulary, text, len);

    if (form != NO_FORM)
        found_form(&found, form);
    bool whole = unite(library, &found, ret);
    free(found.forms);
    return whole;
}

static bool criterion_bits(const struct library *library, const char *value, bool excluded_alone, struct bits *ret)
{
    struct bits excluded = {0};

    if (excluded_alone)
        return key_bits(library, KEY_EXCLUDED, value, ret);
    return key_bits(library, KEY_INCLUDED, value, ret) && key_bits(library, KEY_EXCLUDED, value, &excluded) &&
           meet(ret, &excluded, OR);
}

/* The entries of one word: in a text, or in the names of parties from…until. */
static int word_forms(const struct library *library, const char *word, size_t len, int from, int until, bool prefix,
                      struct found *found, struct err *err)
{
    char folded[WORD_ROOM + 1];
    bool narrow = true;

    if (from < 0) {
        size_t count = word_fold(word, len, folded);

        if (!prefix)
            vocabulary_expand(&library->vocabulary, word, len, found_form, found);
        else
            narrow = vocabulary_prefix(&library->vocabulary, folded, count, PREFIX_FORMS, found_form, found);
    }
    for (int party = from; from >= 0 && party <= until; party++) {
        size_t count = 1 + word_fold(word, len, folded + 1);

        folded[0] = (char)(KEY_PARTY_WORD + party);
        uint32_t form = vocabulary_find(&library->vocabulary, folded, count);
        if (form != NO_FORM)
            found_form(found, form);
    }
    if (!narrow)
        return err_set(err, ERR_BAD_INPUT, "query_prefix_wide", "%.*s", (int)len, word);
    return found->failed ? err_memory(err) : 0;
}

/* All words of the atom; the last one may be a beginning. */
static int words_bits(const struct library *library, const struct query_atom *atom, struct bits *ret, struct err *err)
{
    static const int parties[] = {[FIELD_ACCOUNT] = 0, [FIELD_ADVERTISER] = 1, [FIELD_PAYER] = 2, [FIELD_SPONSOR] = 3};
    int from = -1, until = -1;
    const char *at = atom->text;
    char word[WORD_ROOM];
    size_t len;

    if (atom->field == FIELD_PARTY)
        from = 0, until = LIBRARY_PARTIES - 1;
    else if (atom->field != FIELD_WORDS)
        from = until = parties[atom->field];
    while (words_next(&at, word, &len)) {
        struct found found = {0};
        struct bits bits = {0};
        int r = word_forms(library, word, len, from, until, atom->prefix && *at == '\0', &found, err);

        if (r == 0 && !unite(library, &found, &bits))
            r = err_memory(err);
        free(found.forms);
        if (r == 0 && !meet(ret, &bits, AND))
            r = err_memory(err);
        bits_done(&bits);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Those of bucket numbers from…until. */
static bool bucket_bits(const struct buckets *buckets, size_t from, size_t until, struct bits *ret)
{
    struct bits *parts = calloc(until - from + 1, sizeof *parts);
    const roaring_bitmap_t **list = calloc(until - from + 1, sizeof *list);
    bool whole = parts && list;
    size_t count = 0;

    for (size_t i = from; whole && i < until; i++, count++) {
        parts[count] = bits_of(&buckets->items[i].posting);
        list[count] = parts[count].bits;
        whole = list[count] != NULL;
    }
    roaring_bitmap_t *made = whole ? roaring_bitmap_or_many(count, list) : NULL;
    for (size_t i = 0; parts && i < count; i++)
        bits_done(&parts[i]);
    free(parts);
    free(list);
    return bits_become(ret, made);
}

/* Takes those out of *acc, of one bucket, that fail: only they are looked at one by one. */
static bool meet_edge(const struct library *library, const struct bucket *bucket,
                      bool (*fails)(const struct library_advert *advert, int32_t day), int32_t day, struct bits *acc)
{
    struct bits edge = bits_of(&bucket->posting), failed = {0};

    if (!edge.bits)
        return false;
    roaring_bitmap_t *met = roaring_bitmap_and(acc->bits, edge.bits);
    bits_done(&edge);
    if (!met || !bits_become(&failed, roaring_bitmap_create())) {
        if (met)
            roaring_bitmap_free(met);
        return false;
    }
    roaring_uint32_iterator_t it;
    uint32_t some[256];
    size_t count = 0;
    roaring_init_iterator(met, &it);
    for (; it.has_value; roaring_advance_uint32_iterator(&it)) {
        if (!fails(pile_at(&library->adverts, it.current_value), day))
            continue;
        some[count++] = it.current_value;
        if (count == sizeof some / sizeof some[0]) {
            roaring_bitmap_add_many(failed.own, count, some);
            count = 0;
        }
    }
    roaring_bitmap_add_many(failed.own, count, some);
    roaring_bitmap_free(met);
    bool whole = meet(acc, &failed, AND_NOT);
    bits_done(&failed);
    return whole;
}

/* Leaves in *acc those of buckets from…until alone, by whichever side has fewer buckets. */
static bool meet_buckets(const struct buckets *buckets, size_t from, size_t until, struct bits *acc)
{
    struct bits bits = {0};
    bool whole = true;

    if (until - from <= buckets->count / 2) {
        whole = bucket_bits(buckets, from, until, &bits) && meet(acc, &bits, AND);
    } else {
        if (from > 0)
            whole = bucket_bits(buckets, 0, from, &bits) && meet(acc, &bits, AND_NOT);
        if (whole && until < buckets->count)
            whole = bucket_bits(buckets, until, buckets->count, &bits) && meet(acc, &bits, AND_NOT);
    }
    bits_done(&bits);
    return whole;
}

static bool begins_after(const struct library_advert *advert, int32_t day)
{
    return advert->from > day;
}

static bool ends_before(const struct library_advert *advert, int32_t day)
{
    return advert->until < day;
}

/* Leaves those whose period meets these days. */
static bool meet_period(const struct library *library, struct bits *acc, int32_t from, int32_t until)
{
    if (from == INT32_MIN && until == INT32_MAX)
        return true;
    if (roaring_bitmap_get_cardinality(acc->bits) <= library->checked_max) {
        roaring_bitmap_t *made = roaring_bitmap_create();
        roaring_uint32_iterator_t it;
        uint32_t some[256];
        size_t count = 0;

        if (!made)
            return false;
        roaring_init_iterator(acc->bits, &it);
        for (; it.has_value; roaring_advance_uint32_iterator(&it)) {
            const struct library_advert *advert = pile_at(&library->adverts, it.current_value);

            if (advert->from > until || advert->until < from)
                continue;
            some[count++] = it.current_value;
            if (count == sizeof some / sizeof some[0]) {
                roaring_bitmap_add_many(made, count, some);
                count = 0;
            }
        }
        roaring_bitmap_add_many(made, count, some);
        return bits_become(acc, made);
    }
    int32_t key = library_month_key(until);
    size_t at = buckets_from(&library->from, key);
    bool on = at < library->from.count && library->from.items[at].key == key;
    if (until != INT32_MAX && (!meet_buckets(&library->from, 0, at + on, acc) ||
                               (on && !meet_edge(library, &library->from.items[at], begins_after, until, acc))))
        return false;
    key = library_month_key(from);
    at = buckets_from(&library->until, key);
    on = at < library->until.count && library->until.items[at].key == key;
    return from == INT32_MIN || (meet_buckets(&library->until, at, library->until.count, acc) &&
                                 (!on || meet_edge(library, &library->until.items[at], ends_before, from, acc)));
}

static int atom_bits(const struct library *library, const struct query_atom *atom, struct bits *ret, struct err *err)
{
    char digit[2] = {(char)('0' + atom->number), '\0'};
    bool whole = true;

    switch (atom->field) {
    case FIELD_CRITERION:
    case FIELD_EXCLUDED:
        whole = criterion_bits(library, atom->text, atom->field == FIELD_EXCLUDED, ret);
        break;
    case FIELD_LANGUAGE:
        whole = key_bits(library, KEY_LANGUAGE, atom->text, ret);
        break;
    case FIELD_KIND:
        whole = key_bits(library, KEY_KIND, digit, ret);
        break;
    case FIELD_FORMAT:
        whole = key_bits(library, KEY_FORMAT, digit, ret);
        break;
    case FIELD_AFTER:
    case FIELD_BEFORE:
        ret->bits = library->all;
        whole = atom->field == FIELD_AFTER ? meet_period(library, ret, atom->number, INT32_MAX)
                                           : meet_period(library, ret, INT32_MIN, atom->number);
        break;
    default:
        return words_bits(library, atom, ret, err);
    }
    return whole ? 0 : err_memory(err);
}

static int term_bits(const struct library *library, const struct query_term *term, struct bits *ret, struct err *err)
{
    for (const struct query_atom *atom = term->first; atom; atom = atom->or_else) {
        struct bits bits = {0};
        int r = atom_bits(library, atom, &bits, err);

        if (r == 0 && !meet(ret, &bits, OR))
            r = err_memory(err);
        bits_done(&bits);
        if (r < 0)
            return r;
    }
    return 0;
}

#define PARTS_MAX (QUERY_TERMS + 8)
struct parts {
    struct bits in[PARTS_MAX], out[PARTS_MAX];
    size_t in_count, out_count;
    int32_t from, until;
};

/* Alone and required, a day of the query narrows what was found, which may be few. */
static bool narrows(struct parts *parts, const struct query_term *term)
{
    const struct query_atom *atom = term->first;

    if (term->excluded || atom->or_else || (atom->field != FIELD_AFTER && atom->field != FIELD_BEFORE))
        return false;
    if (atom->field == FIELD_AFTER)
        parts->from = atom->number > parts->from ? atom->number : parts->from;
    else
        parts->until = atom->number < parts->until ? atom->number : parts->until;
    return true;
}

static int gather(const struct library *library, const struct query *read, const struct library_query *query,
                  struct parts *parts, struct err *err)
{
    const char *names[LIBRARY_PARTIES] = {query->account, query->advertiser, query->payer, query->sponsor};
    char digit[2] = "0";
    bool whole = true;

    for (const struct query_term *term = read->terms; term; term = term->next) {
        if (narrows(parts, term))
            continue;
        int r = term_bits(library, term,
                          term->excluded ? &parts->out[parts->out_count++] : &parts->in[parts->in_count++], err);
        if (r < 0)
            return r;
    }
    for (int i = 0; i < LIBRARY_PARTIES; i++)
        if (names[i])
            whole =
                key_bits(library, (enum library_key)(KEY_PARTY_NAME + i), names[i], &parts->in[parts->in_count++]) &&
                whole;
    if (query->criterion)
        whole = criterion_bits(library, query->criterion, false, &parts->in[parts->in_count++]) && whole;
    if (query->language)
        whole = key_bits(library, KEY_LANGUAGE, query->language, &parts->in[parts->in_count++]) && whole;
    if (query->kind >= 0) {
        digit[0] = (char)('0' + query->kind);
        whole = key_bits(library, KEY_KIND, digit, &parts->in[parts->in_count++]) && whole;
    }
    if (query->format >= 0) {
        digit[0] = (char)('0' + query->format);
        whole = key_bits(library, KEY_FORMAT, digit, &parts->in[parts->in_count++]) && whole;
    }
    return whole ? 0 : err_memory(err);
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = roaring_bitmap_get_cardinality(((const struct bits *)a)->bits);
    uint64_t y = roaring_bitmap_get_cardinality(((const struct bits *)b)->bits);

    return x < y ? -1 : x > y;
}

/* All that match, the smallest first, so that each step has little to do. */
static bool combine(const struct library *library, struct parts *parts, struct bits *ret)
{
    bool whole = true, everything = parts->in_count == 0;

    qsort(parts->in, parts->in_count, sizeof parts->in[0], by_size);
    for (size_t i = 0; whole && i < parts->in_count; i++)
        whole = meet(ret, &parts->in[i], AND);
    if (everything)
        ret->bits = library->all;
    for (size_t i = 0; whole && i < parts->out_count; i++)
        whole = meet(ret, &parts->out[i], AND_NOT);
    if (whole && !everything && !roaring_bitmap_is_empty(library->gone)) {
        struct bits gone = {.bits = library->gone};

        whole = meet(ret, &gone, AND_NOT);
    }
    return whole && meet_period(library, ret, parts->from, parts->until);
}

static int answer(const struct library *library, const struct library_query *query, const struct bits *bits,
                  struct arena *arena, struct library_answer *ret, struct err *err)
{
    struct library_answer made = {.count = (int64_t)roaring_bitmap_get_cardinality(bits->bits),
                                  .preparing = !library->whole};
    size_t limit = query->limit, count = 0;
    int64_t *serials = ARENA_ARRAY(arena, int64_t, limit + 1);

    if (!serials)
        return err_memory(err);
    int r = library_page(library, bits->bits, (uint64_t)made.count, query, serials, &count, err);
    if (r < 0)
        return r;
    made.found = count > limit ? limit : count;
    made.serials = serials;
    if (count > limit && !(made.cursor = library_cursor(library, query->sort, serials[limit - 1], arena)))
        return err_memory(err);
    *ret = made;
    return 0;
}

int library_search(struct library *library, const struct library_query *query, struct arena *arena,
                   struct library_answer *ret, struct err *err)
{
    struct query read;
    struct bits bits = {0};
    const char *words = query->words ? text_normalise(arena, query->words) : "";
    struct parts *parts = ARENA_NEW(arena, struct parts);

    if (!parts || !words)
        return arena->overflowed ? err_memory(err) : err_set(err, ERR_BAD_INPUT, "query_malformed", "1");
    int r = query_read(words, arena, &read, err);
    if (r < 0)
        return r;
    parts->from = query->from_day;
    parts->until = query->until_day;
    pthread_rwlock_rdlock(&library->lock);
    r = gather(library, &read, query, parts, err);
    if (r == 0 && !combine(library, parts, &bits))
        r = err_memory(err);
    if (r == 0)
        r = answer(library, query, &bits, arena, ret, err);
    pthread_rwlock_unlock(&library->lock);
    bits_done(&bits);
    for (size_t i = 0; i < parts->in_count; i++)
        bits_done(&parts->in[i]);
    for (size_t i = 0; i < parts->out_count; i++)
        bits_done(&parts->out[i]);
    return r;
}
