/* The index's file is written while searches go on: postings are copied a few at a time under the lock that searches
 * hold. The follower waits, so that nothing changes meanwhile: what comes then is taken in afterwards, and answers say
 * so. */
#include "adverts/library_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COPIED 256                     /* postings under one hold of the lock, */
#define COPIED_BYTES ((size_t)1 << 18) /* or so much of them */

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

static struct section put_pile(struct writer *writer, struct library *library, const struct pile *pile, char *piece)
{
    size_t count = pile->count;

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

/* Under the lock: what of a posting belongs into the file, which holds nothing of what is gone. Bitmaps are our own;
 * NULL: memory ended. */
static roaring_bitmap_t *copy_posting(const struct library *library, const struct posting *posting)
{
    struct posting_view view = posting_view(posting);
    roaring_bitmap_t *bits = view.bits ? roaring_bitmap_andnot(view.bits, library->gone) : NULL;

    posting_view_done(&view);
    return bits;
}

static struct posting copy_few(const struct library *library, const struct posting *posting)
{
    struct posting copy = {0};

    for (uint32_t i = 0; i < posting->count; i++)
        if (!roaring_bitmap_contains(library->gone, posting->few[i]))
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

/* The i-th posting of a kind. */
typedef const struct posting *posting_at(const void *of, size_t i);

static struct section no_section(struct writer *writer)
{
    writer->failed = writer->memory = true;
    return (struct section){0};
}

/* Postings of forms or buckets into `to`, a struct posting every `step` bytes. */
static void put_postings(struct writer *writer, struct library *library, posting_at *at, const void *of, size_t count,
                         char *to, size_t step)
{
    roaring_bitmap_t *copies[COPIED];
    size_t numbers[COPIED];

    for (size_t i = 0; i < count && !writer->failed;) {
        size_t n = 0, bytes = 0;

        pthread_rwlock_rdlock(&library->lock);
        for (size_t until = i + COPIED; i < count && i < until && bytes < COPIED_BYTES && !writer->failed; i++) {
            const struct posting *posting = at(of, i);
            struct posting *copy = (struct posting *)(void *)(to + i * step);

            if (posting->state == POSTING_FEW_STATE) {
                *copy = copy_few(library, posting);
            } else if ((copies[n] = copy_posting(library, posting))) {
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

static const struct posting *bucket_posting(const void *of, size_t i)
{
    return &((const struct buckets *)of)->items[i].posting;
}

static struct section put_buckets(struct writer *writer, struct library *library, const struct buckets *buckets)
{
    struct bucket *items = calloc(buckets->count + 1, sizeof *items);

    if (!items)
        return no_section(writer);
    for (size_t i = 0; i < buckets->count; i++)
        items[i].key = buckets->items[i].key;
    put_postings(writer, library, bucket_posting, buckets, buckets->count, (char *)&items[0].posting, sizeof *items);
    struct section section = put_section(writer, items, buckets->count, sizeof *items);
    free(items);
    return section;
}

static const struct posting *form_posting(const void *of, size_t i)
{
    return &vocabulary_form(of, (uint32_t)i)->posting;
}

static struct section put_forms(struct writer *writer, struct library *library)
{
    const struct vocabulary *vocabulary = &library->vocabulary;
    size_t count = vocabulary->forms.count;
    struct form *forms = malloc((count + 1) * sizeof *forms);

    if (!forms)
        return no_section(writer);
    for (size_t i = 0; i < count;) {
        pthread_rwlock_rdlock(&library->lock);
        for (size_t until = i + 16 * (size_t)COPIED; i < count && i < until; i++)
            forms[i] = *vocabulary_form(vocabulary, (uint32_t)i);
        pthread_rwlock_unlock(&library->lock);
    }
    put_postings(writer, library, form_posting, vocabulary, count, (char *)&forms[0].posting, sizeof *forms);
    struct section section = put_section(writer, forms, count, sizeof *forms);
    free(forms);
    return section;
}

static struct section put_all(struct writer *writer, struct library *library)
{
    pthread_rwlock_rdlock(&library->lock);
    roaring_bitmap_t *copy = roaring_bitmap_copy(library->all);
    pthread_rwlock_unlock(&library->lock);
    if (!copy)
        return no_section(writer);
    struct posting filed = put_bits(writer, copy);
    return put_section(writer, &filed, 1, sizeof filed);
}

static void put_everything(struct writer *writer, struct library *library, struct foot *foot)
{
    const struct vocabulary *vocabulary = &library->vocabulary;
    const struct buckets *const buckets[4] = {&library->from, &library->until, &library->last, &library->shown};
    char *piece = malloc(PILE_PIECE * (sizeof(struct library_advert) + sizeof(struct cell)));

    if (!piece) {
        no_section(writer);
        return;
    }
    foot->forms = put_forms(writer, library);
    for (size_t i = 0; i < 4; i++)
        foot->buckets[i] = put_buckets(writer, library, buckets[i]);
    foot->all = put_all(writer, library);
    foot->texts = put_pile(writer, library, &vocabulary->texts, piece);
    foot->cells = put_pile(writer, library, &vocabulary->cells, piece);
    foot->slots = put_section(writer, vocabulary->slots, vocabulary->slot_count, sizeof *vocabulary->slots);
    foot->sorted = put_section(writer, vocabulary->sorted, vocabulary->sorted_count, sizeof *vocabulary->sorted);
    foot->adverts = put_pile(writer, library, &library->adverts, piece);
    free(piece);
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

/* The follower's lock is held: nothing is half taken in. */
static int begin(struct library *library, struct foot *foot, struct err *err)
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
    return 0;
}

int library_write(struct library *library, struct err *err)
{
    struct writer writer = {.fd = -1, .block = malloc(LIBRARY_BLOCK)};
    struct foot foot;
    size_t room = strlen(library->path) + 8;
    char *beside = malloc(room);
    int r = writer.block && beside ? 0 : err_memory(err);

    pthread_mutex_lock(&library->follower);
    __atomic_store_n(&library->saving, true, __ATOMIC_RELAXED);
    int64_t changed = library->changed;
    if (r == 0)
        r = begin(library, &foot, err);
    if (r == 0) {
        snprintf(beside, room, "%s.new", library->path);
        writer.fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        writer.failed = writer.fd < 0;
        put_everything(&writer, library, &foot);
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
    __atomic_store_n(&library->saving, false, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&library->follower);
    free(writer.block);
    free(writer.hashes);
    free(beside);
    return r;
}
