/* The index's file is written while searches go on: postings are copied a few at a time under the lock that searches
 * hold. The follower waits. What would change below it all the same is noted with what was known of it
 * (library_disturb), left out of every posting copied later, and listed in the file, and what came since has higher
 * serials and is cut off: the file is as of the moment it was begun. */
#include "adverts/library_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COPIED 256                     /* postings under one hold of the lock, */
#define COPIED_BYTES ((size_t)1 << 18) /* or so much of them */

/* As of when it was begun. */
struct began {
    roaring_bitmap_t *all, *gone;
    uint64_t *slots;
    uint32_t *sorted;
    size_t slot_count, sorted_count, forms, texts, cells, adverts;
    uint32_t round;
};

struct writer {
    int fd;
    char *block;
    size_t used;
    uint64_t at;
    struct hash *hashes;
    size_t count, room;
    bool failed, memory;
};

static void flush(struct writer *writer)
{
    if (writer->used == 0 || writer->failed)
        return;
    if (writer->count == writer->room) {
        size_t room = writer->room ? writer->room * 2 : 256;
        struct hash *hashes = realloc(writer->hashes, room * sizeof *hashes);

        if (!hashes) {
            writer->failed = writer->memory = true;
            return;
        }
        writer->hashes = hashes;
        writer->room = room;
    }
    writer->hashes[writer->count++] = sha256_of(writer->block, writer->used, NULL, 0, NULL, 0);
    for (size_t done = 0; done < writer->used;) {
        ssize_t n = write(writer->fd, writer->block + done, writer->used - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            writer->failed = true;
            return;
        }
        done += (size_t)n;
    }
    writer->used = 0;
}

static void put(struct writer *writer, const void *bytes, size_t count)
{
    const char *from = bytes;

    while (count > 0 && !writer->failed) {
        size_t n = LIBRARY_BLOCK - writer->used < count ? LIBRARY_BLOCK - writer->used : count;

        memcpy(writer->block + writer->used, from, n);
        writer->used += n;
        writer->at += n;
        from += n;
        count -= n;
        if (writer->used == LIBRARY_BLOCK)
            flush(writer);
    }
}

static void align(struct writer *writer)
{
    static const char zeros[LIBRARY_ALIGN];

    put(writer, zeros, (LIBRARY_ALIGN - writer->at % LIBRARY_ALIGN) % LIBRARY_ALIGN);
}

static struct section put_section(struct writer *writer, const void *items, size_t count, size_t item)
{
    align(writer);
    struct section section = {.at = writer->at, .count = count};
    put(writer, items, count * item);
    return section;
}

static bool note(struct library *library, uint32_t serial)
{
    if (library->was_count == library->was_room) {
        size_t room = library->was_room ? library->was_room * 2 : 1024;
        struct library_was *was = realloc(library->was, room * sizeof *was);

        if (!was)
            return false;
        library->was = was;
        library->was_room = room;
    }
    library->was[library->was_count++] =
        (struct library_was){.serial = serial, .advert = *(struct library_advert *)pile_at(&library->adverts, serial)};
    roaring_bitmap_add(library->disturbed, serial);
    return true;
}

bool library_disturb(struct library *library, uint32_t serial)
{
    return !library->saving || serial >= library->saved_top || roaring_bitmap_contains(library->disturbed, serial) ||
           note(library, serial);
}

static struct section put_pile(struct writer *writer, struct library *library, const struct pile *pile, size_t count,
                               char *piece)
{
    align(writer);
    struct section section = {.at = writer->at, .count = count};
    for (size_t i = 0; i < count; i += PILE_PIECE) {
        size_t bytes = (count - i < PILE_PIECE ? count - i : PILE_PIECE) * pile->item;

        pthread_rwlock_rdlock(&library->lock);
        memcpy(piece, pile_at(pile, i), bytes);
        pthread_rwlock_unlock(&library->lock);
        put(writer, piece, bytes);
    }
    return section;
}

/* Under the lock: what of a posting belongs into the file. Bitmaps are our own; NULL: memory ended. */
static roaring_bitmap_t *copy_posting(const struct library *library, const struct began *began,
                                      const struct posting *posting)
{
    struct posting_view view = posting_view(posting);
    roaring_bitmap_t *bits = view.bits ? roaring_bitmap_andnot(view.bits, began->gone) : NULL;

    posting_view_done(&view);
    if (!bits)
        return NULL;
    if (!roaring_bitmap_is_empty(library->disturbed))
        roaring_bitmap_andnot_inplace(bits, library->disturbed);
    roaring_bitmap_remove_range(bits, began->adverts, (uint64_t)UINT32_MAX + 1);
    return bits;
}

static struct posting copy_few(const struct library *library, const struct began *began, const struct posting *posting)
{
    struct posting copy = {0};

    for (uint32_t i = 0; i < posting->count; i++)
        if (posting->few[i] < began->adverts && !roaring_bitmap_contains(began->gone, posting->few[i]) &&
            !roaring_bitmap_contains(library->disturbed, posting->few[i]))
            copy.few[copy.count++] = posting->few[i];
    return copy;
}

/* Says where it lies. Frees the bitmap. */
static struct posting put_bits(struct writer *writer, roaring_bitmap_t *bits)
{
    struct posting copy = {0};
    uint64_t count = roaring_bitmap_get_cardinality(bits);

    if (count <= POSTING_FEW) {
        roaring_bitmap_to_uint32_array(bits, copy.few);
        copy.count = (uint32_t)count;
    } else {
        roaring_bitmap_run_optimize(bits);
        size_t bytes = roaring_bitmap_frozen_size_in_bytes(bits);
        char *frozen = aligned_alloc(LIBRARY_ALIGN, (bytes + LIBRARY_ALIGN - 1) / LIBRARY_ALIGN * LIBRARY_ALIGN);

        if (!frozen) {
            writer->failed = writer->memory = true;
        } else {
            roaring_bitmap_frozen_serialize(bits, frozen);
            align(writer);
            copy.state = POSTING_FILED;
            copy.filed.at = (const char *)(uintptr_t)writer->at;
            copy.filed.bytes = bytes;
            put(writer, frozen, bytes);
            free(frozen);
        }
    }
    roaring_bitmap_free(bits);
    return copy;
}

/* The i-th posting of a kind, as it stands now; NULL: there is none. */
typedef const struct posting *posting_at(const void *of, size_t i);

static struct section no_section(struct writer *writer)
{
    writer->failed = writer->memory = true;
    return (struct section){0};
}

/* Postings of forms or buckets into `to`, a struct posting every `step` bytes. */
static void put_postings(struct writer *writer, struct library *library, const struct began *began, posting_at *at,
                         const void *of, size_t count, char *to, size_t step)
{
    roaring_bitmap_t *copies[COPIED];
    size_t numbers[COPIED];

    for (size_t i = 0; i < count && !writer->failed;) {
        size_t n = 0, bytes = 0;

        pthread_rwlock_rdlock(&library->lock);
        for (size_t until = i + COPIED; i < count && i < until && bytes < COPIED_BYTES && !writer->failed; i++) {
            const struct posting *posting = at(of, i);
            struct posting *copy = (struct posting *)(void *)(to + i * step);

            if (!posting) {
                *copy = (struct posting){0};
            } else if (posting->state == POSTING_FEW_STATE) {
                *copy = copy_few(library, began, posting);
            } else if ((copies[n] = copy_posting(library, began, posting))) {
                bytes += roaring_bitmap_frozen_size_in_bytes(copies[n]);
                numbers[n++] = i;
            } else {
                writer->failed = writer->memory = true;
            }
        }
        pthread_rwlock_unlock(&library->lock);
        for (size_t k = 0; k < n; k++) {
            struct posting copy = put_bits(writer, copies[k]);

            memcpy(to + numbers[k] * step, &copy, sizeof copy);
        }
    }
}

/* Buckets may be moved by who writes: they are found by key. */
struct bucket_list {
    const struct buckets *buckets;
    const struct bucket *items;
};

static const struct posting *bucket_posting(const void *of, size_t i)
{
    const struct bucket_list *list = of;
    size_t at = buckets_from(list->buckets, list->items[i].key);

    return at < list->buckets->count && list->buckets->items[at].key == list->items[i].key
               ? &list->buckets->items[at].posting
               : NULL;
}

static struct section put_buckets(struct writer *writer, struct library *library, const struct began *began,
                                  const struct buckets *buckets)
{
    pthread_rwlock_rdlock(&library->lock);
    size_t count = buckets->count;
    struct bucket *items = calloc(count + 1, sizeof *items);
    for (size_t i = 0; items && i < count; i++)
        items[i].key = buckets->items[i].key;
    pthread_rwlock_unlock(&library->lock);
    if (!items)
        return no_section(writer);
    struct bucket_list list = {.buckets = buckets, .items = items};
    put_postings(writer, library, began, bucket_posting, &list, count, (char *)&items[0].posting, sizeof *items);
    struct section section = put_section(writer, items, count, sizeof *items);
    free(items);
    return section;
}

/* The first cell of a list that was there: new ones are put before it. */
static uint32_t head_then(const struct vocabulary *vocabulary, const struct began *began, uint32_t head)
{
    while (head >= began->cells)
        head = vocabulary_cell(vocabulary, head)->next;
    return head;
}

static const struct posting *form_posting(const void *of, size_t i)
{
    return &vocabulary_form(of, (uint32_t)i)->posting;
}

static struct section put_forms(struct writer *writer, struct library *library, const struct began *began)
{
    const struct vocabulary *vocabulary = &library->vocabulary;
    struct form *forms = malloc((began->forms + 1) * sizeof *forms);

    if (!forms)
        return no_section(writer);
    for (size_t i = 0; i < began->forms;) {
        pthread_rwlock_rdlock(&library->lock);
        for (size_t until = i + 16 * (size_t)COPIED; i < began->forms && i < until; i++) {
            forms[i] = *vocabulary_form(vocabulary, (uint32_t)i);
            forms[i].groups = head_then(vocabulary, began, forms[i].groups);
            forms[i].related = head_then(vocabulary, began, forms[i].related);
            forms[i].listed = forms[i].listed != 0 && forms[i].listed <= began->round;
        }
        pthread_rwlock_unlock(&library->lock);
    }
    put_postings(writer, library, began, form_posting, vocabulary, began->forms, (char *)&forms[0].posting,
                 sizeof *forms);
    struct section section = put_section(writer, forms, began->forms, sizeof *forms);
    free(forms);
    return section;
}

static struct section put_all(struct writer *writer, const struct began *began)
{
    roaring_bitmap_t *copy = roaring_bitmap_copy(began->all);

    if (!copy)
        return no_section(writer);
    struct posting filed = put_bits(writer, copy);
    return put_section(writer, &filed, 1, sizeof filed);
}

static void put_everything(struct writer *writer, struct library *library, const struct began *began, struct foot *foot)
{
    const struct vocabulary *vocabulary = &library->vocabulary;
    const struct buckets *const buckets[4] = {&library->from, &library->until, &library->last, &library->shown};
    char *piece = malloc(PILE_PIECE * (sizeof(struct library_advert) + sizeof(struct cell)));

    if (!piece) {
        no_section(writer);
        return;
    }
    foot->forms = put_forms(writer, library, began);
    for (size_t i = 0; i < 4; i++)
        foot->buckets[i] = put_buckets(writer, library, began, buckets[i]);
    foot->all = put_all(writer, began);
    foot->texts = put_pile(writer, library, &vocabulary->texts, began->texts, piece);
    foot->cells = put_pile(writer, library, &vocabulary->cells, began->cells, piece);
    foot->slots = put_section(writer, began->slots, began->slot_count, sizeof *began->slots);
    foot->sorted = put_section(writer, began->sorted, began->sorted_count, sizeof *began->sorted);
    foot->adverts = put_pile(writer, library, &library->adverts, began->adverts, piece);
    free(piece);
    /* The last: what changed before something was copied is in the list. */
    pthread_rwlock_rdlock(&library->lock);
    size_t count = library->was_count;
    struct library_was *was = calloc(count + 1, sizeof *was);
    for (size_t i = 0; was && i < count; i++)
        was[i] = library->was[i];
    pthread_rwlock_unlock(&library->lock);
    foot->was = was ? put_section(writer, was, count, sizeof *was) : no_section(writer);
    free(was);
    flush(writer);
    foot->data_bytes = writer->at;
    foot->block_count = writer->count;
}

static int close_file(const struct library *library, struct writer *writer, const struct foot *foot, struct err *err)
{
    struct hash sum = library_seal(library, foot, writer->hashes, writer->count * sizeof *writer->hashes);
    size_t listed = writer->count * sizeof *writer->hashes;

    if (!writer->failed)
        writer->failed = write(writer->fd, writer->hashes, listed) != (ssize_t)listed ||
                         write(writer->fd, foot, sizeof *foot) != (ssize_t)sizeof *foot ||
                         write(writer->fd, &sum, sizeof sum) != (ssize_t)sizeof sum || fsync(writer->fd) != 0;
    if (writer->memory)
        return err_memory(err);
    return writer->failed ? err_set(err, ERR_UNAVAILABLE, "index_not_written", NULL) : 0;
}

static void began_done(struct library *library, struct began *began)
{
    pthread_rwlock_wrlock(&library->lock);
    library->saving = false;
    struct library_was *was = library->was;
    roaring_bitmap_t *disturbed = library->disturbed;
    library->was = NULL;
    library->disturbed = NULL;
    library->was_count = library->was_room = 0;
    pthread_rwlock_unlock(&library->lock);
    free(was);
    roaring_bitmap_t *const bitmaps[] = {disturbed, began->all, began->gone};
    for (size_t i = 0; i < 3; i++)
        if (bitmaps[i])
            roaring_bitmap_free(bitmaps[i]);
    free(began->slots);
    free(began->sorted);
}

/* The follower's lock is held: nothing is half taken in. */
static int begin(struct library *library, struct began *ret, struct foot *foot, struct err *err)
{
    struct vocabulary *vocabulary = &library->vocabulary;

    if (!vocabulary_settle(vocabulary, &library->lock))
        return err_memory(err);
    *foot = (struct foot){.magic = LIBRARY_MAGIC,
                          .stems_print = stems_print(library->stems),
                          .seed = vocabulary->seed,
                          .words = vocabulary->words,
                          .slot_count = vocabulary->slot_count,
                          .leaf = library->leaf,
                          .leaf_serial = library->leaf_serial,
                          .counted_usec = library->counted_usec,
                          .counted_serial = library->counted_serial,
                          .form_bytes = sizeof(struct form),
                          .advert_bytes = sizeof(struct library_advert)};
    *ret = (struct began){.all = roaring_bitmap_copy(library->all),
                          .gone = roaring_bitmap_copy(library->gone),
                          .slots = malloc(vocabulary->slot_count * sizeof *vocabulary->slots),
                          .sorted = malloc((vocabulary->sorted_count + 1) * sizeof *vocabulary->sorted),
                          .slot_count = vocabulary->slot_count,
                          .sorted_count = vocabulary->sorted_count,
                          .forms = vocabulary->forms.count,
                          .texts = vocabulary->texts.count,
                          .cells = vocabulary->cells.count,
                          .adverts = library->adverts.count,
                          .round = vocabulary->round};
    roaring_bitmap_t *disturbed = roaring_bitmap_create();
    bool whole = ret->all && ret->gone && ret->slots && ret->sorted && disturbed;
    if (whole) {
        memcpy(ret->slots, vocabulary->slots, vocabulary->slot_count * sizeof *vocabulary->slots);
        if (ret->sorted_count > 0)
            memcpy(ret->sorted, vocabulary->sorted, vocabulary->sorted_count * sizeof *vocabulary->sorted);
    }
    pthread_rwlock_wrlock(&library->lock);
    library->disturbed = disturbed;
    library->saved_top = ret->adverts;
    library->saving = whole;
    vocabulary->round++;
    pthread_rwlock_unlock(&library->lock);
    if (!whole)
        began_done(library, ret);
    return whole ? 0 : err_memory(err);
}

int library_write(struct library *library, struct err *err)
{
    struct writer writer = {.fd = -1, .block = malloc(LIBRARY_BLOCK)};
    struct foot foot;
    struct began began;
    size_t room = strlen(library->path) + 8;
    char *beside = malloc(room);
    int r = writer.block && beside ? 0 : err_memory(err);

    pthread_mutex_lock(&library->follower);
    int64_t changed = library->changed;
    if (r == 0)
        r = begin(library, &began, &foot, err);
    if (r == 0) {
        snprintf(beside, room, "%s.new", library->path);
        writer.fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        writer.failed = writer.fd < 0;
        put_everything(&writer, library, &began, &foot);
        began_done(library, &began);
        r = library_leaf_hash(library, foot.leaf, &foot.leaf_hash, err);
        if (r == 0)
            r = close_file(library, &writer, &foot, err);
        if (writer.fd >= 0)
            close(writer.fd);
        if (r == 0 && rename(beside, library->path) != 0)
            r = err_set(err, ERR_UNAVAILABLE, "index_not_written", NULL);
        if (r < 0)
            unlink(beside);
    }
    if (r == 0)
        library->changed -= changed;
    pthread_mutex_unlock(&library->follower);
    free(writer.block);
    free(writer.hashes);
    free(beside);
    return r;
}
