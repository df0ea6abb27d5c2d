/* Advertisements into the index: their texts cut into words, words into groups, groups into serials. */
#include "adverts/library_parts.h"

#include "base/json_scan.h"
#include "base/json_tape.h"
#include "base/time.h"
#include <stdlib.h>

#define SLICE 128       /* advertisements under one hold of the lock */
#define POSTINGS 4096   /* and so many places that they are put */
#define SLICE_WORDS 128 /* new words under one hold */
#define FORMS_EACH (2 + STEMS_MAX)

/* The forms of one advertisement; those that the vocabulary does not have yet stand in `texts`. */
struct forms {
    uint32_t *ids;
    size_t count, room;
};
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
    struct forms *forms;
    size_t owner;
    bool failed;
};

size_t library_key(enum library_key key, const char *value, char ret[static FORM_MAX])
{
    ret[0] = (char)key;
    return 1 + words_fold_all(value, ret + 1, FORM_MAX - 1);
}

static void add_id(struct taking *taking, struct forms *forms, uint32_t id)
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

static void add_groups(struct taking *taking, struct forms *forms, uint32_t surface)
{
    const struct vocabulary *vocabulary = &taking->library->vocabulary;

    for (uint32_t at = vocabulary_groups(vocabulary, surface); at != 0; at = vocabulary_cell(vocabulary, at)->next)
        add_id(taking, forms, vocabulary_cell(vocabulary, at)->form);
}

/* `own`: for each party also its words, under its key. */
static void add_words(struct taking *taking, const char *text, int party)
{
    const struct vocabulary *vocabulary = &taking->library->vocabulary;
    struct forms *forms = &taking->forms[taking->owner];
    char word[WORD_ROOM + 1];
    size_t len;

    while (words_next(&text, word + 1, &len)) {
        uint32_t form = vocabulary_find(vocabulary, word + 1, len);

        if (form != NO_FORM && vocabulary_groups(vocabulary, form) != 0)
            add_groups(taking, forms, form);
        else
            want(taking, word + 1, len, true);
        if (party >= 0) {
            char folded[WORD_ROOM + 1];

            folded[0] = (char)(KEY_PARTY_WORD + party);
            len = 1 + word_fold(word + 1, len, folded + 1);
            form = vocabulary_find(vocabulary, folded, len);
            if (form != NO_FORM)
                add_id(taking, forms, form);
            else
                want(taking, folded, len, false);
        }
    }
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

        if (criterion)
            add_key(taking, key, criterion);
        if (value)
            add_key(taking, key, value);
        if (criterion && value) {
            char *both = arena_printf(taking->arena, "%s=%s", criterion, value);

            if (both)
                add_key(taking, key, both);
            else
                taking->failed = true;
        }
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
        add_words(taking, text, -1);
    for (int i = 0; i < LIBRARY_PARTIES; i++) {
        const char *name = text_of(json_cell_member(json_cell_member(advert, parties[i]), "name"));

        if (!name)
            continue;
        add_words(taking, name, i);
        add_key(taking, (enum library_key)(KEY_PARTY_NAME + i), name);
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

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void sort_forms(struct forms *forms)
{
    uint32_t *ids = forms->ids;
    size_t n = 0;

    if (forms->count > 48)
        qsort(ids, forms->count, sizeof *ids, by_number);
    else
        for (size_t i = 1; i < forms->count; i++) {
            uint32_t id = ids[i];
            size_t at = i;

            for (; at > 0 && ids[at - 1] > id; at--)
                ids[at] = ids[at - 1];
            ids[at] = id;
        }
    for (size_t i = 0; i < forms->count; i++)
        if (n == 0 || ids[n - 1] != ids[i])
            ids[n++] = ids[i];
    forms->count = n;
}

static bool put_forms(struct library *library, const struct forms *forms, uint32_t serial, bool in)
{
    bool whole = true;

    for (size_t i = 0; i < forms->count; i++) {
        struct posting *posting = &vocabulary_form(&library->vocabulary, forms->ids[i])->posting;

        whole = (in ? posting_add(posting, serial) : posting_remove(posting, serial)) && whole;
    }
    return whole;
}

static bool put_figures(struct library *library, uint32_t serial, const struct library_advert *advert, bool in)
{
    bool (*put)(struct buckets *, int32_t, uint32_t) = in ? buckets_add : buckets_remove;

    return put(&library->from, library_month_key(advert->from), serial) &&
           put(&library->until, library_month_key(advert->until), serial) &&
           put(&library->last, library_last_key(advert->last), serial) &&
           put(&library->shown, library_shown_key(advert->shown), serial);
}

/* Under the lock. */
static bool apply(struct library *library, const struct library_row *row, const struct library_advert *now,
                  const struct forms *forms, const struct forms *before)
{
    uint32_t serial = (uint32_t)row->serial;
    struct library_advert *advert = pile_at(&library->adverts, (size_t)row->serial);
    bool whole = true;

    library->changed++;
    if (advert->version != 0)
        whole = put_figures(library, serial, advert, false);
    if (row->removed) {
        /* Its text is gone: it stays in postings until they are written anew. */
        roaring_bitmap_remove(library->all, serial);
        if (advert->version != 0)
            roaring_bitmap_add(library->gone, serial);
        *advert = (struct library_advert){0};
        return whole;
    }
    whole = put_forms(library, before, serial, false) && whole;
    *advert = *now;
    roaring_bitmap_add(library->all, serial);
    return put_forms(library, forms, serial, true) && put_figures(library, serial, advert, true) && whole;
}

int library_take(struct library *library, const struct library_row *rows, const char *const *before, size_t count,
                 struct arena *arena, struct err *err)
{
    struct taking taking = {.library = library, .arena = arena};
    struct library_advert *now = ARENA_ARRAY(arena, struct library_advert, count), was;
    size_t top = library->adverts.count;
    int r = 0;

    taking.forms = ARENA_ARRAY(arena, struct forms, 2 * count);
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
    for (size_t i = 0; i < 2 * count; i++)
        sort_forms(&taking.forms[i]);
    if (!pile_reserve(&library->adverts, top))
        return err_memory(err);
    bool whole = true;
    for (size_t i = 0; i < count;) {
        size_t places = 0, from = i;

        pthread_rwlock_wrlock(&library->lock);
        if (library->adverts.count < top)
            library->adverts.count = top;
        for (; i < count && i - from < SLICE && places < POSTINGS; i++) {
            whole = apply(library, &rows[i], &now[i], &taking.forms[i], &taking.forms[count + i]) && whole;
            places += taking.forms[i].count + taking.forms[count + i].count;
        }
        pthread_rwlock_unlock(&library->lock);
    }
    return whole ? 0 : err_memory(err);
}

int library_count(struct library *library, const struct library_row *rows, size_t count, struct err *err)
{
    bool whole = true;

    for (size_t i = 0; i < count;) {
        pthread_rwlock_wrlock(&library->lock);
        for (size_t until = i + SLICE; i < count && i < until; i++) {
            if (rows[i].serial < 0 || (size_t)rows[i].serial >= library->adverts.count)
                continue;
            struct library_advert *advert = pile_at(&library->adverts, (size_t)rows[i].serial), was = *advert;
            uint32_t serial = (uint32_t)rows[i].serial;

            if (was.version == 0 || rows[i].removed || (was.last == rows[i].last_day && was.shown == rows[i].shown))
                continue;
            advert->last = rows[i].last_day;
            advert->shown = rows[i].shown;
            library->changed++;
            whole = buckets_remove(&library->last, library_last_key(was.last), serial) &&
                    buckets_add(&library->last, library_last_key(advert->last), serial) &&
                    buckets_remove(&library->shown, library_shown_key(was.shown), serial) &&
                    buckets_add(&library->shown, library_shown_key(advert->shown), serial) && whole;
        }
        pthread_rwlock_unlock(&library->lock);
    }
    return whole ? 0 : err_memory(err);
}
