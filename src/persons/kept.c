/* The operator's registers in memory: every version of every entry, found by id or number at a moment; and what adds a
 * version. */
#include "persons/kept.h"
#include "cases/record.h"
#include "store/kept_rows.h"
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_LIMIT (256u << 20)
/* From where the operator's own categories are numbered. */
#define OWN_CATEGORIES_FROM 32

/* The versions of one entry: a stretch of `entries`. */
struct thing {
    const char *id;
    int64_t number;
    size_t first, count;
};

struct own_category {
    const char *id; /* NULL: the number is free */
    struct text3 title;
    unsigned kinds;
};

struct kept {
    atomic_uint references;
    struct arena arena;
    const struct catalogue *catalogue;
    size_t entry_count;
    struct kept_entry *entries; /* by kind, number, version */
    size_t thing_count[KEPT_KINDS];
    struct thing *by_number[KEPT_KINDS];    /* of each kind by number … */
    const struct thing **by_id[KEPT_KINDS]; /* … and by id */
    struct own_category own[DATA_CATEGORIES_MAX];
};

static const char *const kind_words[KEPT_KINDS] = {
    [KEPT_PURPOSE] = "purpose", [KEPT_CATEGORY] = "category", [KEPT_RECIPIENT] = "recipient",
    [KEPT_STATE] = "state",     [KEPT_POLICY] = "policy",     [KEPT_RESPONSIBLE] = "responsible"};

const char *kept_kind_word(enum kept_kind kind)
{
    return kind_words[kind];
}

int kept_kind_parse(const char *word)
{
    for (int kind = 0; kind < KEPT_KINDS; kind++)
        if (strcmp(kind_words[kind], word) == 0)
            return kind;
    return -1;
}

/* --- Loading -------------------------------------------------------------------------------------------------------
 */

static void kept_free(struct kept *kept)
{
    for (size_t i = 0; i < kept->entry_count; i++)
        json_decref(kept->entries[i].json);
    arena_done(&kept->arena);
    free(kept);
}

static int entry_read(const struct kept_row *row, struct kept_entry *ret, struct err *err)
{
    int kind = kept_kind_parse(row->kind);
    json_t *json;
    int r;

    if (kind < 0)
        return err_set(err, ERR_DAMAGED, "store_damaged", "entry %s %s", row->kind, row->id);
    r = stored_json_parse(row->json, strlen(row->json), "an entry of a register", &json, err);
    if (r < 0)
        return r;
    *ret = (struct kept_entry){.kind = (enum kept_kind)kind,
                               .id = row->id,
                               .number = row->number,
                               .version = row->version,
                               .from_usec = row->from_usec,
                               .until_usec = TIME_NONE,
                               .retired = row->retired,
                               .json = json,
                               .leaf = row->leaf};
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct kept_entry *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->version < y->version ? -1 : x->version > y->version;
}

static int by_thing_id(const void *a, const void *b)
{
    const struct thing *const *x = a, *const *y = b;

    return strcmp((*x)->id, (*y)->id);
}

static struct text3 title_of(const json_t *json)
{
    const json_t *title = json_object_get(json, "title");
    struct text3 ret;

    for (int lang = 0; lang < LANG_COUNT; lang++) {
        const char *text = json_string_value(json_object_get(title, lang_code((enum lang)lang)));

        ret.in[lang] = text != NULL ? text : "";
    }
    return ret;
}

static void own_category_set(struct kept *kept, const struct kept_entry *entry)
{
    const json_t *kinds = json_object_get(entry->json, "kinds");
    struct own_category *own;

    if (entry->number < OWN_CATEGORIES_FROM || entry->number >= DATA_CATEGORIES_MAX)
        return;
    own = &kept->own[entry->number];
    *own = (struct own_category){.id = entry->id, .title = title_of(entry->json)};
    for (size_t i = 0; i < json_array_size(kinds); i++) {
        const char *word = json_string_value(json_array_get(kinds, i));

        own->kinds |= word != NULL ? data_kind_parse(word) : 0;
    }
}

/* Things of one kind, whose entries stand together from *at on. */
static int things_make(struct kept *kept, enum kept_kind kind, size_t *at, struct err *err)
{
    size_t until = *at, count = 0;

    while (until < kept->entry_count && kept->entries[until].kind == kind)
        until++;
    kept->by_number[kind] = ARENA_ARRAY(&kept->arena, struct thing, until - *at);
    kept->by_id[kind] = ARENA_ARRAY(&kept->arena, const struct thing *, until - *at);
    if (kept->by_number[kind] == NULL || kept->by_id[kind] == NULL)
        return err_memory(err);
    for (size_t i = *at; i < until; i++) {
        struct kept_entry *entry = &kept->entries[i];

        if (i == *at || kept->entries[i - 1].number != entry->number) {
            kept->by_number[kind][count++] = (struct thing){.id = entry->id, .number = entry->number, .first = i};
        } else {
            kept->entries[i - 1].until_usec = entry->from_usec;
        }
        kept->by_number[kind][count - 1].count++;
        if (kind == KEPT_CATEGORY)
            own_category_set(kept, entry);
    }
    for (size_t i = 0; i < count; i++)
        kept->by_id[kind][i] = &kept->by_number[kind][i];
    if (count > 1)
        qsort(kept->by_id[kind], count, sizeof(kept->by_id[kind][0]), by_thing_id);
    kept->thing_count[kind] = count;
    *at = until;
    return 0;
}

static int fill(struct tx *tx, struct kept *kept, struct err *err)
{
    struct kept_row *rows;
    size_t count, at = 0;
    int r = store_kept_list(tx, &kept->arena, &rows, &count, err);

    if (r < 0)
        return r;
    kept->entries = ARENA_ARRAY(&kept->arena, struct kept_entry, count);
    if (kept->entries == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        r = entry_read(&rows[i], &kept->entries[i], err);
        if (r < 0)
            return r;
        kept->entry_count++;
    }
    if (count > 1)
        qsort(kept->entries, count, sizeof(kept->entries[0]), by_place);
    for (int kind = 0; kind < KEPT_KINDS && r == 0; kind++)
        r = things_make(kept, (enum kept_kind)kind, &at, err);
    return r;
}

struct kept_cache {
    pthread_mutex_t lock;
    struct kept *kept; /* NULL: nothing yet */
    int64_t count;     /* versions of entries there were: entries are only added, so as many are the same */
};

int kept_cache_new(struct kept_cache **ret, struct err *err)
{
    struct kept_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return err_memory(err);
    pthread_mutex_init(&cache->lock, NULL);
    *ret = cache;
    return 0;
}

void kept_cache_free(struct kept_cache *cache)
{
    if (cache == NULL)
        return;
    kept_unref(cache->kept);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static struct kept *cache_get(struct kept_cache *cache, int64_t count)
{
    struct kept *found = NULL;

    pthread_mutex_lock(&cache->lock);
    if (cache->kept != NULL && cache->count == count)
        found = kept_ref(cache->kept);
    pthread_mutex_unlock(&cache->lock);
    return found;
}

static void cache_put(struct kept_cache *cache, struct kept *kept, int64_t count)
{
    struct kept *old = NULL;

    pthread_mutex_lock(&cache->lock);
    if (cache->kept == NULL || cache->count < count) {
        old = cache->kept;
        cache->kept = kept_ref(kept);
        cache->count = count;
    }
    pthread_mutex_unlock(&cache->lock);
    kept_unref(old);
}

static int read_anew(struct tx *tx, const struct office *office, struct kept **ret, struct err *err)
{
    struct kept *kept = calloc(1, sizeof(*kept));
    int r;

    if (kept == NULL)
        return err_memory(err);
    atomic_init(&kept->references, 1);
    arena_init(&kept->arena, KEPT_LIMIT);
    kept->catalogue = office->catalogue;
    r = fill(tx, kept, err);
    if (r < 0) {
        kept_free(kept);
        return r;
    }
    *ret = kept;
    return 0;
}

int kept_load(struct tx *tx, const struct office *office, struct kept **ret, struct err *err)
{
    struct kept *kept;
    int64_t count;
    int r;

    if (office->kept == NULL)
        return read_anew(tx, office, ret, err);
    r = store_kept_count(tx, &count, err);
    if (r < 0)
        return r;
    kept = cache_get(office->kept, count);
    if (kept == NULL) {
        r = read_anew(tx, office, &kept, err);
        if (r < 0)
            return r;
        if (!tx_is_write(tx))
            cache_put(office->kept, kept, count);
    }
    *ret = kept;
    return 0;
}

struct kept *kept_ref(struct kept *kept)
{
    atomic_fetch_add_explicit(&kept->references, 1, memory_order_relaxed);
    return kept;
}

void kept_unref(struct kept *kept)
{
    if (kept != NULL && atomic_fetch_sub_explicit(&kept->references, 1, memory_order_acq_rel) == 1)
        kept_free(kept);
}

/* --- Looking -------------------------------------------------------------------------------------------------------
 */

static const struct thing *thing_by_id(const struct kept *kept, enum kept_kind kind, const char *id)
{
    size_t low = 0, high = kept->thing_count[kind];

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(id, kept->by_id[kind][middle]->id);

        if (order == 0)
            return kept->by_id[kind][middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static const struct thing *thing_by_number(const struct kept *kept, enum kept_kind kind, int64_t number)
{
    size_t low = 0, high = kept->thing_count[kind];

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (kept->by_number[kind][middle].number == number)
            return &kept->by_number[kind][middle];
        if (number < kept->by_number[kind][middle].number)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static const struct kept_entry *version_at(const struct kept *kept, const struct thing *thing, int64_t at_usec)
{
    if (thing == NULL)
        return NULL;
    for (size_t i = thing->count; i-- > 0;)
        if (kept->entries[thing->first + i].from_usec <= at_usec)
            return &kept->entries[thing->first + i];
    return NULL;
}

const struct kept_entry *kept_at(const struct kept *kept, enum kept_kind kind, const char *id, int64_t at_usec)
{
    return version_at(kept, thing_by_id(kept, kind, id), at_usec);
}

const struct kept_entry *kept_by_number(const struct kept *kept, enum kept_kind kind, int64_t number, int64_t at_usec)
{
    return version_at(kept, thing_by_number(kept, kind, number), at_usec);
}

const struct kept_entry *kept_version(const struct kept *kept, enum kept_kind kind, int64_t number, int64_t version)
{
    const struct thing *thing = thing_by_number(kept, kind, number);

    for (size_t i = 0; thing != NULL && i < thing->count; i++)
        if (kept->entries[thing->first + i].version == version)
            return &kept->entries[thing->first + i];
    return NULL;
}

size_t kept_list(const struct kept *kept, enum kept_kind kind, const char *id, struct arena *arena,
                 const struct kept_entry ***ret)
{
    const struct thing *one = id != NULL ? thing_by_id(kept, kind, id) : NULL;
    size_t count = id == NULL ? kept->thing_count[kind] : one != NULL ? one->count : 0;
    const struct kept_entry **list = ARENA_ARRAY(arena, const struct kept_entry *, count);

    if (list == NULL)
        return 0;
    for (size_t i = 0; i < count; i++) {
        const struct thing *thing = id != NULL ? one : &kept->by_number[kind][i];

        list[i] = &kept->entries[thing->first + (id != NULL ? i : thing->count - 1)];
    }
    *ret = list;
    return count;
}

const char *kept_title(const struct kept_entry *entry, enum lang lang)
{
    const char *text = json_string_value(json_object_get(json_object_get(entry->json, "title"), lang_code(lang)));

    if (text == NULL)
        text = json_string_value(json_object_get(entry->json, "name"));
    return text != NULL ? text : entry->id;
}

/* --- Categories ----------------------------------------------------------------------------------------------------
 */

int kept_category_number(const struct kept *kept, const char *id)
{
    const struct thing *thing;

    for (size_t i = 0; i < kept->catalogue->data_category_count; i++)
        if (strcmp(kept->catalogue->data_categories[i].id, id) == 0)
            return (int)i;
    thing = thing_by_id(kept, KEPT_CATEGORY, id);
    return thing != NULL ? (int)thing->number : -1;
}

static const struct data_category *of_catalogue(const struct kept *kept, int number)
{
    return number >= 0 && (size_t)number < kept->catalogue->data_category_count
               ? &kept->catalogue->data_categories[number]
               : NULL;
}

static const struct own_category *of_own(const struct kept *kept, int number)
{
    return number >= OWN_CATEGORIES_FROM && number < DATA_CATEGORIES_MAX && kept->own[number].id != NULL
               ? &kept->own[number]
               : NULL;
}

const char *kept_category_id(const struct kept *kept, int number)
{
    const struct data_category *category = of_catalogue(kept, number);
    const struct own_category *own = of_own(kept, number);

    return category != NULL ? category->id : own != NULL ? own->id : NULL;
}

unsigned kept_category_kinds(const struct kept *kept, int number)
{
    const struct data_category *category = of_catalogue(kept, number);
    const struct own_category *own = of_own(kept, number);

    return category != NULL ? category->kinds : own != NULL ? own->kinds : 0;
}

const struct text3 *kept_category_title(const struct kept *kept, int number)
{
    const struct data_category *category = of_catalogue(kept, number);
    const struct own_category *own = of_own(kept, number);

    return category != NULL ? &category->title : own != NULL ? &own->title : NULL;
}

uint64_t kept_purpose_categories(const struct kept *kept, const struct kept_entry *purpose)
{
    const json_t *list = json_object_get(purpose->json, "categories");
    uint64_t categories = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));
        int number = id != NULL ? kept_category_number(kept, id) : -1;

        if (number >= 0)
            categories |= UINT64_C(1) << number;
    }
    return categories;
}

/* --- Changing ------------------------------------------------------------------------------------------------------
 */

/* SHA-256 of each language's text of a policy. NULL when memory ends. */
static json_t *text_hashes(const json_t *entry)
{
    const json_t *texts = json_object_get(entry, "texts");
    json_t *hashes = json_object();

    for (int lang = 0; hashes != NULL && lang < LANG_COUNT; lang++) {
        const json_t *text = json_object_get(texts, lang_code((enum lang)lang));
        char hex[2 * SHA256_BYTES + 1];
        struct hash hash;

        if (!json_is_string(text))
            continue;
        hash = sha256_of(json_string_value(text), json_string_length(text), NULL, 0, NULL, 0);
        hex_encode(hash.bytes, sizeof(hash.bytes), hex);
        if (json_object_set_new(hashes, lang_code((enum lang)lang), json_string(hex)) != 0) {
            json_decref(hashes);
            return NULL;
        }
    }
    return hashes;
}

static int kept_write(struct tx *tx, struct kept_row *row, const struct actor *actor, int64_t now_usec, struct err *err)
{
    const char *kind = row->retired ? "kept.retired" : "kept.set";
    CLEANUP_JSON json_t *body = body_begin(kind, NULL, actor, now_usec, 0);
    CLEANUP_JSON json_t *entry = NULL;
    int r;

    r = stored_json_parse(row->json, strlen(row->json), "an entry of a register", &entry, err);
    if (r < 0)
        return r;
    if (body == NULL || json_object_set_new(body, "entry_kind", json_string(row->kind)) != 0 ||
        json_object_set_new(body, "id", json_string(row->id)) != 0 ||
        json_object_set_new(body, "number", json_integer(row->number)) != 0 ||
        json_object_set_new(body, "version", json_integer(row->version)) != 0 ||
        (!row->retired && (json_object_set_new(body, "from_usec", json_integer(row->from_usec)) != 0 ||
                           json_object_set(body, "entry", entry) != 0)) ||
        (!row->retired && strcmp(row->kind, kind_words[KEPT_POLICY]) == 0 &&
         json_object_set_new(body, "text_hashes", text_hashes(entry)) != 0))
        return err_memory(err);
    r = record(tx, kind, NULL, actor, now_usec, body, NULL, NULL, &row->leaf, err);
    return r == 0 ? store_kept_insert(tx, row, err) : r;
}

/* The number of a new entry of the kind. */
static int number_new(struct tx *tx, enum kept_kind kind, int64_t *ret, struct err *err)
{
    int64_t from = kind == KEPT_CATEGORY ? OWN_CATEGORIES_FROM : 1, newest;
    int64_t until = kind == KEPT_CATEGORY ? DATA_CATEGORIES_MAX : UINT16_MAX + 1;
    int r = store_kept_number(tx, kind_words[kind], from - 1, &newest, err);

    if (r < 0)
        return r;
    if (newest + 1 >= until)
        return err_set(err, ERR_CONFLICT, "too_many_entries", "%lld", (long long)(until - from));
    *ret = newest + 1;
    return 0;
}

int kept_set(struct tx *tx, const struct office *office, enum kept_kind kind, const char *id, const char *json,
             int64_t expected_version, const struct actor *actor, int64_t now_usec, int64_t *ret_version,
             struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct kept_row newest = {.version = 0}, row = {.kind = kind_words[kind], .id = id, .json = json};
    bool found;
    int r;

    (void)office;
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_kept_newest(tx, row.kind, id, &arena, &newest, &found, err);
    if (r < 0)
        return r;
    if (expected_version > 0 && expected_version != newest.version)
        return err_set(err, ERR_STALE, "entry_changed", NULL);
    if (found && !newest.retired && strcmp(newest.json, json) == 0) {
        *ret_version = newest.version;
        return 0;
    }
    row.number = newest.number;
    if (!found)
        r = number_new(tx, kind, &row.number, err);
    row.version = newest.version + 1;
    row.from_usec = now_usec;
    if (r == 0)
        r = kept_write(tx, &row, actor, now_usec, err);
    if (r == 0)
        *ret_version = row.version;
    return r;
}

int kept_retire(struct tx *tx, const struct office *office, enum kept_kind kind, const char *id,
                const struct actor *actor, int64_t now_usec, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct kept_row row;
    bool found;
    int r;

    (void)office;
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_kept_newest(tx, kind_words[kind], id, &arena, &row, &found, err);
    if (r < 0)
        return r;
    if (!found)
        return err_set(err, ERR_NOT_FOUND, "kept_unknown", NULL);
    if (row.retired)
        return err_set(err, ERR_CONFLICT, "kept_retired", NULL);
    row.version++;
    row.from_usec = now_usec;
    row.retired = true;
    return kept_write(tx, &row, actor, now_usec, err);
}
