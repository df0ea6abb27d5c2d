/* Advertisements into the index: their texts cut into words, words into groups, groups into serials. */
#include "adverts/library_parts.h"

#include "base/json_scan.h"
#include "base/json_tape.h"
#include "base/time.h"
#include <sodium.h>
#include <stdlib.h>

#define TOGETHER 32             /* words whose entries are fetched at once */
#define KNOWN ((size_t)1 << 18) /* names and criteria in the cache; half of it is used */
#define KNOWN_IDS ((size_t)4 << 20)
#define SLICE_WORDS 128 /* new words under one hold */
#define FORMS_EACH (2 + STEMS_MAX)

/* A text that has to become an entry. */
struct wanted {
    const char *text;
    uint32_t len;
    bool surface;
    size_t owner; /* whose form it is */
    struct stem_list *stems;
    struct wanted *same; /* wanted before by another */
};
struct taking {
    struct library *library;
    struct arena *arena;
    struct wanted **wanted;
    size_t wanted_count, wanted_room;
    struct library_forms *forms;
    size_t owner;
    bool failed;
};

size_t library_key(enum library_key key, const char *value, char ret[static FORM_MAX])
{
    ret[0] = (char)key;
    return 1 + words_fold_all(value, ret + 1, FORM_MAX - 1);
}

static void add_id(struct taking *taking, struct library_forms *forms, uint32_t id)
{
    if (forms->count == forms->room) {
        size_t room = forms->room ? forms->room * 2 : 64;
        uint32_t *ids = ARENA_ARRAY(taking->arena, uint32_t, room);

        if (!ids) {
            taking->failed = true;
            return;
        }
        if (forms->count > 0)
            memcpy(ids, forms->ids, forms->count * sizeof *ids);
        forms->ids = ids;
        forms->room = room;
    }
    forms->ids[forms->count++] = id;
}

static void want(struct taking *taking, const char *text, size_t len, bool surface)
{
    if (taking->wanted_count == taking->wanted_room) {
        size_t room = taking->wanted_room ? taking->wanted_room * 2 : 256;
        struct wanted **list = ARENA_ARRAY(taking->arena, struct wanted *, room);

        if (!list) {
            taking->failed = true;
            return;
        }
        if (taking->wanted_count > 0)
            memcpy(list, taking->wanted, taking->wanted_count * sizeof(struct wanted *));
        taking->wanted = list;
        taking->wanted_room = room;
    }
    struct wanted *wanted = ARENA_NEW(taking->arena, struct wanted);
    if (!wanted || !(wanted->text = arena_strndup(taking->arena, text, len))) {
        taking->failed = true;
        return;
    }
    wanted->len = (uint32_t)len;
    wanted->surface = surface;
    wanted->owner = taking->owner;
    taking->wanted[taking->wanted_count++] = wanted;
}

static void add_groups(struct taking *taking, struct library_forms *forms, uint32_t surface)
{
    const struct vocabulary *vocabulary = &taking->library->vocabulary;

    for (uint32_t at = vocabulary_groups(vocabulary, surface); at != 0; at = vocabulary_cell(vocabulary, at)->next)
        add_id(taking, forms, vocabulary_cell(vocabulary, at)->form);
}

static void add_found(struct taking *taking, const char *word, size_t len, uint32_t form)
{
    if (form != NO_FORM && vocabulary_groups(&taking->library->vocabulary, form) != 0)
        add_groups(taking, &taking->forms[taking->owner], form);
    else
        want(taking, word, len, true);
}

static void add_text(struct taking *taking, const char *text)
{
    const struct vocabulary *vocabulary = &taking->library->vocabulary;
    char words[TOGETHER][WORD_ROOM];
    size_t lens[TOGETHER], count;
    uint32_t hashes[TOGETHER];

    do {
        for (count = 0; count < TOGETHER && words_next(&text, words[count], &lens[count]); count++) {
            hashes[count] = vocabulary_hash(vocabulary, words[count], lens[count]);
            vocabulary_fetch_slot(vocabulary, hashes[count]);
        }
        for (size_t i = 0; i < count; i++)
            vocabulary_fetch_form(vocabulary, hashes[i]);
        for (size_t i = 0; i < count; i++)
            vocabulary_fetch_text(vocabulary, hashes[i]);
        for (size_t i = 0; i < count; i++)
            add_found(taking, words[i], lens[i], vocabulary_find_hashed(vocabulary, words[i], lens[i], hashes[i]));
    } while (count == TOGETHER);
}

static void add_key(struct taking *taking, enum library_key key, const char *value)
{
    char text[FORM_MAX];
    size_t len = library_key(key, value, text);
    uint32_t form = vocabulary_find(&taking->library->vocabulary, text, len);

    if (form != NO_FORM)
        add_id(taking, &taking->forms[taking->owner], form);
    else
        want(taking, text, len, false);
}

static void add_name(struct taking *taking, const char *name, int party)
{
    const struct vocabulary *vocabulary = &taking->library->vocabulary;
    const char *at = name;
    char word[WORD_ROOM], folded[WORD_ROOM + 1];
    size_t len;

    while (words_next(&at, word, &len)) {
        add_found(taking, word, len, vocabulary_find(vocabulary, word, len));
        folded[0] = (char)(KEY_PARTY_WORD + party);
        len = 1 + word_fold(word, len, folded + 1);
        uint32_t form = vocabulary_find(vocabulary, folded, len);
        if (form != NO_FORM)
            add_id(taking, &taking->forms[taking->owner], form);
        else
            want(taking, folded, len, false);
    }
    add_key(taking, (enum library_key)(KEY_PARTY_NAME + party), name);
}

/* The cache's place for a text of that kind, taken or free; NULL: there is no cache. */
static struct library_known *known_place(struct library_cache *cache, char kind, const char *text, uint64_t hash[2])
{
    unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];

    if (!cache->items) {
        cache->items = calloc(KNOWN, sizeof *cache->items);
        cache->ids = malloc(KNOWN_IDS * sizeof *cache->ids);
        randombytes_buf(cache->key, sizeof cache->key);
    }
    if (!cache->items || !cache->ids)
        return NULL;
    if (cache->used > KNOWN / 2 || cache->id_count > KNOWN_IDS - FORM_MAX) {
        memset(cache->items, 0, KNOWN * sizeof *cache->items);
        cache->used = cache->id_count = 0;
    }
    memcpy(key, cache->key, sizeof key);
    key[0] ^= (unsigned char)kind;
    crypto_shorthash_siphashx24((unsigned char *)hash, (const unsigned char *)text, strlen(text), key);
    for (size_t at = hash[0] & (KNOWN - 1);; at = (at + 1) & (KNOWN - 1)) {
        struct library_known *known = &cache->items[at];

        if (known->count == 0 || (known->hash[0] == hash[0] && known->hash[1] == hash[1]))
            return known;
    }
}

/* Adds the entries of a text through the cache; what had to be made anew is not put into it yet. */
static void add_cached(struct taking *taking, char kind, const char *text,
                       void (*add)(struct taking *taking, const char *text, char kind))
{
    struct library_cache *cache = &taking->library->cache;
    struct library_forms *forms = &taking->forms[taking->owner];
    size_t before = forms->count, wanted = taking->wanted_count;
    uint64_t hash[2];
    struct library_known *known = known_place(cache, kind, text, hash);

    if (known && known->count > 0) {
        for (uint32_t i = 0; i < known->count; i++)
            add_id(taking, forms, cache->ids[known->at + i]);
        return;
    }
    add(taking, text, kind);
    size_t count = forms->count - before;
    if (!known || taking->failed || taking->wanted_count != wanted || count == 0 || count > FORM_MAX)
        return;
    *known =
        (struct library_known){.hash = {hash[0], hash[1]}, .at = (uint32_t)cache->id_count, .count = (uint32_t)count};
    memcpy(cache->ids + cache->id_count, forms->ids + before, count * sizeof *cache->ids);
    cache->id_count += count;
    cache->used++;
}

static void add_party(struct taking *taking, const char *name, char kind)
{
    add_name(taking, name, kind - KEY_PARTY_NAME);
}

/* "criterion\1value" */
static void add_criterion(struct taking *taking, const char *text, char kind)
{
    char *copy = arena_strdup(taking->arena, text), *value = copy ? strchr(copy, '\1') : NULL;

    if (!value) {
        taking->failed = true;
        return;
    }
    *value = '=';
    if (value > copy && value[1] != '\0')
        add_key(taking, (enum library_key)kind, copy);
    *value = '\0';
    if (value > copy)
        add_key(taking, (enum library_key)kind, copy);
    if (value[1] != '\0')
        add_key(taking, (enum library_key)kind, value + 1);
}

static const char *text_of(const struct json_cell *cell)
{
    return json_cell_is_text(cell) ? cell->text : NULL;
}

static void add_criteria(struct taking *taking, const struct json_cell *list, enum library_key key)
{
    if (!list || list->kind != CELL_ARRAY)
        return;
    const struct json_cell *at = json_cell_first(list);
    for (size_t n = list->count; n > 0; n--, at = json_cell_after(at)) {
        const char *criterion = text_of(json_cell_member(at, "criterion"));
        const char *value = text_of(json_cell_member(at, "value"));

        const char *both = arena_printf(taking->arena, "%s\1%s", criterion ? criterion : "", value ? value : "");
        if (both)
            add_cached(taking, (char)key, both, add_criterion);
        else
            taking->failed = true;
    }
}

/* The digit of a choice's word. */
static void add_choice(struct taking *taking, enum library_key key, const char *word, int count,
                       const char *(*name)(int i))
{
    char digit[2] = "0";

    for (int i = 0; word && i < count; i++)
        if (strcmp(name(i), word) == 0) {
            digit[0] = (char)('0' + i);
            add_key(taking, key, digit);
        }
}

static const char *kind_name(int i)
{
    return advert_kind_word((enum advert_kind)i);
}

static const char *format_name(int i)
{
    return advert_format_word((enum advert_format)i);
}

static int32_t day_of(const struct json_cell *cell, int32_t none)
{
    struct date date;
    const char *text = text_of(cell);

    return text && date_parse(text, &date) ? day_from_date(date) : none;
}

/* One advertisement's JSON, as it is kept. Texts of our own writing: what is not there is left out. */
static int read_advert(struct taking *taking, const char *json, struct library_advert *ret, struct err *err)
{
    static const char *const parties[LIBRARY_PARTIES] = {"account", "advertiser", "payer", "sponsor"};
    const struct json_cell *advert, *period, *targeting;
    struct json_piece piece = json_scan_member((struct json_piece){json, strlen(json)}, "advert");
    char *copy = arena_strndup(taking->arena, piece.at, piece.count);

    if (!copy)
        return err_memory(err);
    int r = json_tape_read(copy, piece.count, taking->arena, &advert, err);
    if (r < 0)
        return r == -ERR_MEMORY ? r : err_set(err, ERR_DAMAGED, "store_damaged", NULL);
    const char *text = text_of(json_cell_member(advert, "text"));
    if (text)
        add_text(taking, text);
    for (int i = 0; i < LIBRARY_PARTIES; i++) {
        const char *name = text_of(json_cell_member(json_cell_member(advert, parties[i]), "name"));

        if (name)
            add_cached(taking, (char)(KEY_PARTY_NAME + i), name, add_party);
    }
    const char *language = text_of(json_cell_member(advert, "language"));
    if (language)
        add_key(taking, KEY_LANGUAGE, language);
    add_choice(taking, KEY_KIND, text_of(json_cell_member(advert, "kind")), ADVERT_OTHER + 1, kind_name);
    add_choice(taking, KEY_FORMAT, text_of(json_cell_member(advert, "format")), ADVERT_VIDEO + 1, format_name);
    targeting = json_cell_member(advert, "targeting");
    add_criteria(taking, json_cell_member(targeting, "include"), KEY_INCLUDED);
    add_criteria(taking, json_cell_member(targeting, "exclude"), KEY_EXCLUDED);
    period = json_cell_member(advert, "period");
    ret->from = day_of(json_cell_member(period, "from"), INT32_MIN);
    ret->until = day_of(json_cell_member(period, "until"), INT32_MAX);
    return taking->failed ? err_memory(err) : 0;
}

static int by_text(const void *a, const void *b)
{
    const struct wanted *x = *(struct wanted *const *)a, *y = *(struct wanted *const *)b;
    int r = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

    return r != 0 ? r : x->len < y->len ? -1 : x->len > y->len;
}

/* New words and names become entries: dictionaries are asked before the lock is taken. */
static int learn(struct taking *taking, struct err *err)
{
    struct library *library = taking->library;
    struct vocabulary *vocabulary = &library->vocabulary;
    struct wanted **list = taking->wanted, *first = NULL;
    size_t count = taking->wanted_count;

    if (count == 0)
        return 0;
    qsort(list, count, sizeof(struct wanted *), by_text);
    for (size_t i = 0; i < count; i++) {
        if (first && by_text(&first, &list[i]) == 0) {
            list[i]->same = first;
            first->surface = first->surface || list[i]->surface;
            continue;
        }
        first = list[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i]->same || !list[i]->surface)
            continue;
        struct stem_list found;
        stems_of(library->stems, list[i]->text, list[i]->len, &found);
        if (found.count == 0)
            continue;
        if (!(list[i]->stems = ARENA_NEW(taking->arena, struct stem_list)))
            return err_memory(err);
        *list[i]->stems = found;
    }
    static const struct stem_list none;
    for (size_t from = 0; from < count;) {
        size_t until = from, made = 0;

        while (until < count && made < SLICE_WORDS)
            made += !list[until++]->same;
        if (!vocabulary_reserve(vocabulary, made * FORMS_EACH, &library->lock))
            return err_memory(err);
        pthread_rwlock_wrlock(&library->lock);
        for (; from < until; from++) {
            struct wanted *wanted = list[from];

            if (wanted->same)
                continue;
            uint32_t form = vocabulary_put(vocabulary, wanted->text, wanted->len);
            if (form == NO_FORM || (wanted->surface && vocabulary_groups(vocabulary, form) == 0 &&
                                    !vocabulary_learn(vocabulary, form, wanted->stems ? wanted->stems : &none)))
                taking->failed = true;
        }
        pthread_rwlock_unlock(&library->lock);
        if (taking->failed)
            return err_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t form = vocabulary_find(vocabulary, list[i]->text, list[i]->len);

        if (list[i]->text[0] >= 0 && list[i]->text[0] < ' ')
            add_id(taking, &taking->forms[list[i]->owner], form);
        else
            add_groups(taking, &taking->forms[list[i]->owner], form);
    }
    return taking->failed ? err_memory(err) : 0;
}

int library_take(struct library *library, const struct library_row *rows, const char *const *before, size_t count,
                 struct arena *arena, struct err *err)
{
    struct taking taking = {.library = library, .arena = arena};
    struct library_advert *now = ARENA_ARRAY(arena, struct library_advert, count), was;
    size_t top = library->adverts.count;
    int r = 0;

    taking.forms = ARENA_ARRAY(arena, struct library_forms, 2 * count);
    if (!now || !taking.forms)
        return err_memory(err);
    for (size_t i = 0; i < count && r == 0; i++) {
        if (rows[i].serial < 0 || rows[i].serial > UINT32_MAX - 1)
            return err_set(err, ERR_UNAVAILABLE, "library_full", NULL);
        if ((size_t)rows[i].serial >= top)
            top = (size_t)rows[i].serial + 1;
        now[i] = (struct library_advert){
            .shown = rows[i].shown, .last = rows[i].last_day, .version = (uint32_t)rows[i].version};
        if (!rows[i].removed && rows[i].json) {
            taking.owner = i;
            r = read_advert(&taking, rows[i].json, &now[i], err);
        }
        if (r == 0 && !rows[i].removed && before && before[i]) {
            taking.owner = count + i;
            r = read_advert(&taking, before[i], &was, err);
        }
    }
    if (r == 0)
        r = learn(&taking, err);
    if (r < 0)
        return r;
    if (!pile_reserve(&library->adverts, top))
        return err_memory(err);
    if (top > library->adverts.count) {
        pthread_rwlock_wrlock(&library->lock);
        library->adverts.count = top;
        pthread_rwlock_unlock(&library->lock);
    }
    return library_put(library, rows, now, taking.forms, count, arena, err);
}
