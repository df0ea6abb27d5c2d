/* The store of advertisements lived through again. Of an event little is remembered: of those taken in together one
 * stretch of serials with its root, of a change its version's root, of a removal the serial. Then versions are read in
 * the order of their serials, which is that of the stretches. */
#include "adverts/advert_verify.h"
#include "adverts/adverts.h"
#include "base/json_scan.h"
#include "cases/record.h"
#include "store/advert_rows.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSIONS_PAGE 500
#define PAGE_LIMIT (512u << 20)
#define MEDIUM_LIMIT (32u << 20)

struct stretch { /* adverts_kept */
    int64_t leaf, at_usec, first, count;
    struct hash root;
};
struct later { /* adverts_changed, and adverts_removed with version INT64_MAX */
    int64_t serial, version, leaf, at_usec;
    struct hash root; /* of a removal, what its id hashes to */
};

struct advert_verification {
    struct stretch *stretches;
    size_t stretch_count, stretch_room;
    struct later *later;
    size_t later_count, later_room;
    int64_t last; /* serial */
    struct advert_report report;
};

static int damaged(struct err *err, const char *why, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int damaged(struct err *err, const char *why, const char *fmt, ...)
{
    char arg[120];
    va_list args;

    va_start(args, fmt);
    vsnprintf(arg, sizeof(arg), fmt, args);
    va_end(args);
    err_set(err, ERR_DAMAGED, "store_damaged", "%s", arg);
    return err == NULL ? -ERR_DAMAGED : err_detail(err, "%s: %s", arg, why);
}

int advert_verification_new(struct advert_verification **ret, struct err *err)
{
    struct advert_verification *work = calloc(1, sizeof(*work));

    if (work == NULL)
        return err_memory(err);
    *ret = work;
    return 0;
}

void advert_verification_free(struct advert_verification *work)
{
    if (work == NULL)
        return;
    free(work->stretches);
    free(work->later);
    free(work);
}

/* --- Events --------------------------------------------------------------------------------------------------------
 */

static bool grow(void **items, size_t count, size_t *room, size_t size)
{
    size_t wanted = *room == 0 ? 64 : *room * 2;
    void *grown;

    if (count < *room)
        return true;
    grown = realloc(*items, wanted * size);
    if (grown == NULL)
        return false;
    *items = grown;
    *room = wanted;
    return true;
}

static bool root_of(const json_t *body, struct hash *ret)
{
    const char *text = json_string_value(json_object_get(body, "root"));

    return text != NULL && strlen(text) == 2 * SHA256_BYTES && hex_decode(text, ret->bytes, SHA256_BYTES);
}

static int kept_event(struct advert_verification *work, const struct event_row *row, const json_t *body,
                      struct err *err)
{
    struct stretch stretch = {.leaf = row->leaf,
                              .at_usec = row->at_usec,
                              .first = json_integer_value(json_object_get(body, "first_serial")),
                              .count = json_integer_value(json_object_get(body, "count"))};

    if (stretch.count < 1 || stretch.first != work->last + 1 || !root_of(body, &stretch.root))
        return damaged(err, "a gap between serials", "event %" PRId64, row->leaf);
    if (!grow((void **)&work->stretches, work->stretch_count, &work->stretch_room, sizeof(stretch)))
        return err_memory(err);
    work->stretches[work->stretch_count++] = stretch;
    work->last += stretch.count;
    return 0;
}

static int add_later(struct advert_verification *work, const struct later *later, struct err *err)
{
    if (later->serial < 1 || later->serial > work->last)
        return damaged(err, "of an advertisement that was not kept", "event %" PRId64, later->leaf);
    if (!grow((void **)&work->later, work->later_count, &work->later_room, sizeof(*later)))
        return err_memory(err);
    work->later[work->later_count++] = *later;
    return 0;
}

static int changed_event(struct advert_verification *work, const struct event_row *row, const json_t *body,
                         struct err *err)
{
    struct later later = {.serial = json_integer_value(json_object_get(body, "serial")),
                          .version = json_integer_value(json_object_get(body, "version")),
                          .leaf = row->leaf,
                          .at_usec = row->at_usec};

    if (later.version < 2 || !root_of(body, &later.root))
        return damaged(err, "a change without its root", "event %" PRId64, row->leaf);
    return add_later(work, &later, err);
}

static int removed_event(struct advert_verification *work, const struct event_row *row, const json_t *body,
                         struct err *err)
{
    const json_t *serials = json_object_get(body, "serials"), *item;
    size_t i;
    int r = 0;

    if (json_array_size(serials) == 0 || json_array_size(serials) != json_array_size(json_object_get(body, "adverts")))
        return damaged(err, "a removal of nothing", "event %" PRId64, row->leaf);
    json_array_foreach(serials, i, item)
    {
        struct later later = {
            .serial = json_integer_value(item), .version = INT64_MAX, .leaf = row->leaf, .at_usec = row->at_usec};
        const char *id = json_string_value(json_array_get(json_object_get(body, "adverts"), i));

        if (id == NULL)
            return damaged(err, "a removal of nothing", "event %" PRId64, row->leaf);
        later.root = merkle_leaf(id, strlen(id));

        if (r == 0)
            r = add_later(work, &later, err);
    }
    return r;
}

int advert_verification_event(const struct event_row *row, void *arg, struct err *err)
{
    static const struct {
        const char *kind;
        int (*take)(struct advert_verification *, const struct event_row *, const json_t *, struct err *);
    } kinds[] = {{"adverts_kept", kept_event}, {"adverts_changed", changed_event}, {"adverts_removed", removed_event}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        CLEANUP_JSON json_t *body = NULL;
        int r;

        if (strcmp(row->kind, kinds[i].kind) != 0)
            continue;
        r = stored_json_parse(row->body, row->body_len, "an event", &body, err);
        return r < 0 ? r : kinds[i].take(arg, row, body, err);
    }
    return 0;
}

/* --- Rows ----------------------------------------------------------------------------------------------------------
 */

static int by_serial(const void *a, const void *b)
{
    const struct later *x = a, *y = b;

    if (x->serial != y->serial)
        return x->serial < y->serial ? -1 : 1;
    return x->version == y->version ? 0 : x->version < y->version ? -1 : 1;
}

struct walk {
    struct advert_verification *work;
    struct tx *tx;
    struct arena arena; /* of one advertisement */
    size_t stretch, later;
    struct peaks peaks; /* of the stretch so far */
    struct advert_row row;
    int64_t version; /* the last one of the row that was seen; 0: none yet */
    int64_t leaf, at_usec;
    bool removed;
};

/* The newest version was seen: the row has to say what its events said. */
static int end_advert(struct walk *walk, struct err *err)
{
    const struct advert_row *row = &walk->row;
    const struct advert_verification *work = walk->work;
    int64_t remains = 0;
    int r = 0;

    if (walk->version == 0)
        return 0;
    if (walk->removed) {
        struct hash id = merkle_leaf(row->id, strlen(row->id));

        if (memcmp(id.bytes, work->later[walk->later].root.bytes, SHA256_BYTES) != 0 || row->own_id != NULL)
            return damaged(err, "not the one that was removed", "advert %" PRId64, row->serial);
        walk->leaf = work->later[walk->later].leaf;
        walk->at_usec = work->later[walk->later++].at_usec;
        r = store_advert_remains(walk->tx, row->serial, &remains, err);
        walk->work->report.removed++;
    }
    if (r == 0 && row->version != walk->version)
        r = damaged(err, "not its newest version", "advert %" PRId64, row->serial);
    if (r == 0 && (row->leaf != walk->leaf || row->changed_usec != walk->at_usec))
        r = damaged(err, "changed without an event", "advert %" PRId64, row->serial);
    if (r == 0 && (walk->removed != (row->removed_usec != TIME_NONE) ||
                   (walk->removed && (row->removed_usec != walk->at_usec || remains != 0))))
        r = damaged(err, "removed, or not", "advert %" PRId64, row->serial);
    if (r == 0 && walk->later < work->later_count && work->later[walk->later].serial == row->serial)
        r = damaged(err, "a version is missing", "advert %" PRId64, row->serial);
    return r;
}

static int begin_advert(struct walk *walk, int64_t serial, struct err *err)
{
    const struct advert_verification *work = walk->work;
    bool shown = false;
    int r = end_advert(walk, err);

    if (r < 0)
        return r;
    arena_reset(&walk->arena);
    if (serial != walk->row.serial + 1)
        return damaged(err, "a serial is missing", "advert %" PRId64, walk->row.serial + 1);
    r = store_advert_get(walk->tx, NULL, serial, &walk->arena, &walk->row, err);
    if (r == 0)
        r = store_advert_figures_hold(walk->tx, serial, &shown, err);
    if (r == 0 && !shown)
        r = damaged(err, "not the sum of its showings", "advert %" PRId64, serial);
    walk->version = 0;
    walk->removed = false;
    /* The last of what its events say later. */
    for (size_t i = walk->later; i < work->later_count && work->later[i].serial == serial; i++)
        walk->removed = work->later[i].version == INT64_MAX;
    walk->work->report.adverts++;
    return r;
}

/* What the platform calls it stands in the first version, and in no later one otherwise. */
static bool own_id_fits(const struct walk *walk, struct json_piece whole)
{
    struct json_piece said = json_scan_member(json_scan_member(whole, "advert"), "id");
    CLEANUP_BUF struct buf own = {0};

    buf_init(&own, PAGE_LIMIT);
    if (walk->row.own_id != NULL)
        buf_put_json_string(&own, walk->row.own_id);
    return !own.failed && own.len == said.count && (own.len == 0 || memcmp(own.data, said.at, own.len) == 0);
}

/* The text, as it was hashed, is of this advertisement and version. */
static bool text_fits(const struct walk *walk, const struct advert_version_row *version)
{
    const struct json_piece whole = {version->json, version->json_len};
    int64_t said = 0;
    struct hash hash;

    if (walk->removed || version->json == NULL)
        return walk->removed && version->json == NULL;
    hash = merkle_leaf(version->json, version->json_len);
    return memcmp(hash.bytes, version->hash.bytes, SHA256_BYTES) == 0 &&
           json_scan_is(json_scan_member(whole, "id"), walk->row.id) &&
           json_scan_int(json_scan_member(whole, "version"), &said) && said == version->version &&
           (version->version > 1 || own_id_fits(walk, whole));
}

static int first_version(struct walk *walk, const struct advert_version_row *version, struct err *err)
{
    struct advert_verification *work = walk->work;
    const struct stretch *stretch = walk->stretch < work->stretch_count ? &work->stretches[walk->stretch] : NULL;
    int64_t place;
    struct hash root;

    if (stretch == NULL)
        return damaged(err, "kept without an event", "advert %" PRId64, version->advert);
    place = version->advert - stretch->first;
    if (version->leaf != stretch->leaf || version->place != place || version->from_usec != stretch->at_usec ||
        walk->row.placed_usec != stretch->at_usec)
        return damaged(err, "not as its event says", "advert %" PRId64, version->advert);
    peaks_append(&walk->peaks, &version->hash, NULL, NULL);
    walk->leaf = stretch->leaf;
    walk->at_usec = stretch->at_usec;
    if (place + 1 < stretch->count)
        return 0;
    root = peaks_root(&walk->peaks);
    walk->peaks = (struct peaks){0};
    walk->stretch++;
    return memcmp(root.bytes, stretch->root.bytes, SHA256_BYTES) == 0
               ? 0
               : damaged(err, "the hashes do not lead to the event's root", "event %" PRId64, stretch->leaf);
}

static int later_version(struct walk *walk, const struct advert_version_row *version, struct err *err)
{
    const struct advert_verification *work = walk->work;
    const struct later *later = walk->later < work->later_count ? &work->later[walk->later] : NULL;

    if (later == NULL || later->serial != version->advert || later->version != version->version ||
        later->leaf != version->leaf || later->at_usec != version->from_usec || version->place != 0 ||
        memcmp(later->root.bytes, version->hash.bytes, SHA256_BYTES) != 0)
        return damaged(err, "not as its event says", "advert %" PRId64, version->advert);
    walk->leaf = later->leaf;
    walk->at_usec = later->at_usec;
    walk->later++;
    return 0;
}

static int take_version(struct walk *walk, const struct advert_version_row *version, struct err *err)
{
    int r = version->advert != walk->row.serial ? begin_advert(walk, version->advert, err) : 0;

    if (r == 0 && version->version != walk->version + 1)
        r = damaged(err, "a version is missing", "advert %" PRId64, version->advert);
    if (r == 0)
        r = version->version == 1 ? first_version(walk, version, err) : later_version(walk, version, err);
    if (r == 0 && !text_fits(walk, version))
        r = damaged(err, "the text is not the one that was hashed", "advert %" PRId64, version->advert);
    walk->version = version->version;
    walk->work->report.versions++;
    return r;
}

static int check_versions(struct walk *walk, struct err *err)
{
    int64_t advert = 0, version = 0;
    size_t count = VERSIONS_PAGE;
    int r = 0;

    while (count == VERSIONS_PAGE && r == 0) {
        CLEANUP_ARENA struct arena page;
        struct advert_version_row *rows;

        arena_init(&page, PAGE_LIMIT);
        r = store_advert_versions_after(walk->tx, advert, version, VERSIONS_PAGE, &page, &rows, &count, err);
        for (size_t i = 0; i < count && r == 0; i++) {
            r = take_version(walk, &rows[i], err);
            advert = rows[i].advert;
            version = rows[i].version;
        }
    }
    return r < 0 ? r : end_advert(walk, err);
}

static int check_media(struct tx *tx, struct advert_verification *work, struct err *err)
{
    struct hash after, hash;
    bool found = true, named = false;

    for (const struct hash *from = NULL; found; from = &after) {
        CLEANUP_ARENA struct arena arena;
        char hex[2 * SHA256_BYTES + 1];
        const void *bytes;
        size_t count;
        int r;

        arena_init(&arena, MEDIUM_LIMIT);
        r = store_advert_media_after(tx, from, &arena, &after, &bytes, &count, &found, err);
        if (r == 0 && found)
            r = store_advert_media_named(tx, &after, &named, err);
        if (r < 0 || !found)
            return r;
        hash = sha256_of(bytes, count, NULL, 0, NULL, 0);
        hex_encode(after.bytes, SHA256_BYTES, hex);
        if (!named || memcmp(hash.bytes, after.bytes, SHA256_BYTES) != 0)
            return damaged(err, named ? "another hash" : "nobody names it", "medium %s", hex);
        work->report.media++;
    }
    return 0;
}

int advert_verification_end(struct tx *tx, struct advert_verification *work, struct advert_report *ret, struct err *err)
{
    struct walk walk = {.work = work, .tx = tx};
    int64_t last = 0;
    int r;

    if (work->later_count > 0)
        qsort(work->later, work->later_count, sizeof(*work->later), by_serial);
    arena_init(&walk.arena, MEDIUM_LIMIT);
    r = check_versions(&walk, err);
    arena_done(&walk.arena);
    if (r == 0)
        r = store_advert_last(tx, &last, err);
    if (r == 0 && (walk.row.serial != work->last || last != work->last || walk.later != work->later_count))
        r = damaged(err, "not as many as the events say", "adverts");
    if (r == 0)
        r = check_media(tx, work, err);
    if (r == 0)
        *ret = work->report;
    return r;
}
