/* The index in a file, so that a start need not read every text again.
 *
 * Bitmaps lie in it as they are in memory (CRoaring's frozen form, at 32 bytes) and are not read but mapped: a start
 * reads the vocabulary and the numbers of advertisements alone. Everything is covered by SHA-256: of each block of four
 * mebibytes, and of the foot that lists those; blocks are checked by as many threads as there are cores. The foot names
 * the event up to which the index follows, with that event's leaf hash: so a file of another store, or of this one
 * before it was restored from a copy, is told. The foot's own hash is keyed by the installation, so that what the file
 * says of places and counts was written by this program: it is taken at its word. It is a copy: whatever is not as it
 * should be, the file is not used, and the index is made anew. Machine and program are the same: numbers stand as the
 * processor has them. */
#include "adverts/library_parts.h"

#include "store/events.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "TALAPLB1"
#define BLOCK ((size_t)4 << 20)
#define ALIGN 32
#define THREADS_MAX 8

struct section {
    uint64_t at, count; /* bytes from the start; items */
};
struct foot {
    char magic[8];
    uint64_t data_bytes, block_count;
    uint64_t stems_print, seed, words, slot_count;
    int64_t leaf, leaf_serial, counted_usec, counted_serial;
    struct hash leaf_hash;
    uint32_t form_bytes, advert_bytes; /* of an item, as a sign of the program's version */
    struct section texts, forms, cells, slots, sorted, adverts, all;
    struct section buckets[4];
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
        size_t n = BLOCK - writer->used < count ? BLOCK - writer->used : count;

        memcpy(writer->block + writer->used, from, n);
        writer->used += n;
        writer->at += n;
        from += n;
        count -= n;
        if (writer->used == BLOCK)
            flush(writer);
    }
}

static void align(struct writer *writer)
{
    static const char zeros[ALIGN];

    put(writer, zeros, (ALIGN - writer->at % ALIGN) % ALIGN);
}

static struct section put_section(struct writer *writer, const void *items, size_t count, size_t item)
{
    align(writer);
    struct section section = {.at = writer->at, .count = count};
    put(writer, items, count * item);
    return section;
}

static struct section put_pile(struct writer *writer, const struct pile *pile)
{
    align(writer);
    struct section section = {.at = writer->at, .count = pile->count};
    for (size_t i = 0; i < pile->count; i += PILE_PIECE)
        put(writer, pile_at(pile, i), (pile->count - i < PILE_PIECE ? pile->count - i : PILE_PIECE) * pile->item);
    return section;
}

/* Without what is gone; *ret says where it lies. */
static void put_posting(struct writer *writer, const struct posting *posting, const roaring_bitmap_t *gone,
                        struct posting *ret)
{
    struct posting copy = {0};

    *ret = *posting;
    if (posting->state == POSTING_FEW_STATE) {
        for (uint32_t i = 0; i < posting->count; i++)
            if (!roaring_bitmap_contains(gone, posting->few[i]))
                copy.few[copy.count++] = posting->few[i];
        *ret = copy;
        return;
    }
    struct posting_view view = posting_view(posting);
    roaring_bitmap_t *bits = view.bits ? roaring_bitmap_andnot(view.bits, gone) : NULL;
    posting_view_done(&view);
    if (!bits) {
        writer->failed = writer->memory = true;
        return;
    }
    uint64_t count = roaring_bitmap_get_cardinality(bits);
    if (count <= POSTING_FEW) {
        roaring_bitmap_to_uint32_array(bits, copy.few);
        copy.count = (uint32_t)count;
    } else {
        roaring_bitmap_run_optimize(bits);
        size_t bytes = roaring_bitmap_frozen_size_in_bytes(bits);
        char *frozen = aligned_alloc(ALIGN, (bytes + ALIGN - 1) / ALIGN * ALIGN);

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
    *ret = copy;
}

static struct section put_buckets(struct writer *writer, const struct buckets *buckets, const roaring_bitmap_t *gone)
{
    struct bucket *items = calloc(buckets->count + 1, sizeof *items);

    if (!items) {
        writer->failed = writer->memory = true;
        return (struct section){0};
    }
    for (size_t i = 0; i < buckets->count; i++) {
        items[i].key = buckets->items[i].key;
        put_posting(writer, &buckets->items[i].posting, gone, &items[i].posting);
    }
    struct section section = put_section(writer, items, buckets->count, sizeof *items);
    free(items);
    return section;
}

static struct section put_forms(struct writer *writer, const struct vocabulary *vocabulary,
                                const roaring_bitmap_t *gone)
{
    size_t count = vocabulary->forms.count;
    struct form *forms = malloc((count + 1) * sizeof *forms);

    if (!forms) {
        writer->failed = writer->memory = true;
        return (struct section){0};
    }
    for (size_t i = 0; i < count && !writer->failed; i++) {
        const struct form *form = vocabulary_form(vocabulary, (uint32_t)i);

        forms[i] = *form;
        put_posting(writer, &form->posting, gone, &forms[i].posting);
    }
    struct section section = put_section(writer, forms, writer->failed ? 0 : count, sizeof *forms);
    free(forms);
    return section;
}

static struct section put_all(struct writer *writer, const roaring_bitmap_t *all)
{
    roaring_bitmap_t *none = roaring_bitmap_create();
    struct posting posting = {.heap = (roaring_bitmap_t *)(uintptr_t)all, .state = POSTING_HEAP}, filed;

    if (!none) {
        writer->failed = writer->memory = true;
        return (struct section){0};
    }
    put_posting(writer, &posting, none, &filed);
    roaring_bitmap_free(none);
    return put_section(writer, &filed, 1, sizeof filed);
}

static void put_everything(struct writer *writer, struct library *library, struct foot *foot)
{
    struct vocabulary *vocabulary = &library->vocabulary;
    struct buckets *const buckets[4] = {&library->from, &library->until, &library->last, &library->shown};

    *foot = (struct foot){.magic = MAGIC,
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
    foot->forms = put_forms(writer, vocabulary, library->gone);
    for (size_t i = 0; i < 4; i++)
        foot->buckets[i] = put_buckets(writer, buckets[i], library->gone);
    foot->all = put_all(writer, library->all);
    foot->texts = put_pile(writer, &vocabulary->texts);
    foot->cells = put_pile(writer, &vocabulary->cells);
    foot->slots = put_section(writer, vocabulary->slots, vocabulary->slot_count, sizeof *vocabulary->slots);
    foot->sorted = put_section(writer, vocabulary->sorted, vocabulary->sorted_count, sizeof *vocabulary->sorted);
    foot->adverts = put_pile(writer, &library->adverts);
    flush(writer);
    foot->data_bytes = writer->at;
    foot->block_count = writer->count;
}

/* The hash of the event up to which the index follows; of none, or without a store, zeros. */
static int leaf_hash_of(const struct library *library, int64_t leaf, struct hash *ret, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    int64_t size;

    *ret = (struct hash){0};
    if (!library->office || !library->office->store || leaf < 0)
        return 0;
    int r = store_read_begin(library->office->store, &tx, err);
    if (r == 0)
        r = store_ledger_size(tx, &size, err);
    if (r == 0 && leaf < size)
        r = store_event_hashes(tx, leaf, 1, ret, err);
    return r;
}

/* The hash of the foot and of all blocks; with an office, under its key. */
static struct hash seal_of(const struct library *library, const struct foot *foot, const void *hashes, size_t bytes)
{
    struct hash sum = sha256_of(foot, sizeof *foot, hashes, bytes, NULL, 0);
    char hex[2 * SHA256_BYTES + 1];

    if (!library->office || !library->office->keyring)
        return sum;
    hex_encode(sum.bytes, sizeof sum.bytes, hex);
    return keyring_lookup(library->office->keyring, "library", hex);
}

static int close_file(const struct library *library, struct writer *writer, const struct foot *foot, struct err *err)
{
    struct hash sum = seal_of(library, foot, writer->hashes, writer->count * sizeof *writer->hashes);
    size_t listed = writer->count * sizeof *writer->hashes;

    if (!writer->failed)
        writer->failed = write(writer->fd, writer->hashes, listed) != (ssize_t)listed ||
                         write(writer->fd, foot, sizeof *foot) != (ssize_t)sizeof *foot ||
                         write(writer->fd, &sum, sizeof sum) != (ssize_t)sizeof sum || fsync(writer->fd) != 0;
    if (writer->memory)
        return err_memory(err);
    return writer->failed ? err_set(err, ERR_UNAVAILABLE, "index_not_written", NULL) : 0;
}

int library_write(struct library *library, struct err *err)
{
    struct writer writer = {.block = malloc(BLOCK)};
    struct foot foot;
    size_t room = strlen(library->path) + 8;
    char *beside = malloc(room);
    int r = writer.block && beside && vocabulary_settle(&library->vocabulary, &library->lock) ? 0 : err_memory(err);

    if (r == 0) {
        snprintf(beside, room, "%s.new", library->path);
        writer.fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (writer.fd < 0)
            r = err_set(err, ERR_UNAVAILABLE, "index_not_written", NULL);
    }
    if (r == 0) {
        put_everything(&writer, library, &foot);
        r = leaf_hash_of(library, library->leaf, &foot.leaf_hash, err);
        if (r == 0)
            r = close_file(library, &writer, &foot, err);
        close(writer.fd);
        if (r == 0 && rename(beside, library->path) != 0)
            r = err_set(err, ERR_UNAVAILABLE, "index_not_written", NULL);
        if (r < 0)
            unlink(beside);
    }
    free(writer.block);
    free(writer.hashes);
    free(beside);
    return r;
}

/* Blocks to be checked, shared by threads. */
struct check {
    const char *data;
    const struct foot *foot;
    const struct hash *hashes;
    size_t next;
    int bad;
};

static void *check_blocks(void *arg)
{
    struct check *check = arg;

    for (;;) {
        size_t i = __atomic_fetch_add(&check->next, 1, __ATOMIC_RELAXED), at = i * BLOCK;

        if (i >= check->foot->block_count || __atomic_load_n(&check->bad, __ATOMIC_RELAXED))
            return NULL;
        size_t count = check->foot->data_bytes - at < BLOCK ? check->foot->data_bytes - at : BLOCK;
        struct hash hash = sha256_of(check->data + at, count, NULL, 0, NULL, 0);
        if (memcmp(&hash, &check->hashes[i], sizeof hash) != 0)
            __atomic_store_n(&check->bad, 1, __ATOMIC_RELAXED);
    }
}

static bool whole(const char *data, const struct foot *foot, const struct hash *hashes)
{
    struct check check = {.data = data, .foot = foot, .hashes = hashes};
    pthread_t threads[THREADS_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = 0;

    while (count + 1 < (cores > THREADS_MAX ? THREADS_MAX : (size_t)(cores < 1 ? 1 : cores)) &&
           pthread_create(&threads[count], NULL, check_blocks, &check) == 0)
        count++;
    check_blocks(&check);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return !check.bad;
}

static bool load_pile(struct pile *pile, const char *data, const struct section *section)
{
    if (!pile_reserve(pile, section->count))
        return false;
    for (size_t i = 0; i < section->count; i += PILE_PIECE)
        memcpy(pile_at(pile, i), data + section->at + i * pile->item,
               (section->count - i < PILE_PIECE ? section->count - i : PILE_PIECE) * pile->item);
    pile->count = section->count;
    return true;
}

static void *load_items(const char *data, const struct section *section, size_t item)
{
    void *items = malloc(section->count * item + 1);

    if (items)
        memcpy(items, data + section->at, section->count * item);
    return items;
}

static void lay(struct posting *posting, const char *data)
{
    if (posting->state == POSTING_FILED)
        posting->filed.at = data + (uintptr_t)posting->filed.at;
}

static bool load_everything(struct library *library, const char *data, const struct foot *foot)
{
    struct vocabulary *vocabulary = &library->vocabulary;
    struct buckets *const buckets[4] = {&library->from, &library->until, &library->last, &library->shown};
    struct posting all;

    free(vocabulary->slots);
    vocabulary->slots = load_items(data, &foot->slots, sizeof *vocabulary->slots);
    vocabulary->slot_count = foot->slot_count;
    vocabulary->seed = foot->seed;
    vocabulary->words = foot->words;
    vocabulary->sorted = load_items(data, &foot->sorted, sizeof *vocabulary->sorted);
    vocabulary->sorted_count = foot->sorted.count;
    if (!vocabulary->slots || !vocabulary->sorted || !load_pile(&vocabulary->texts, data, &foot->texts) ||
        !load_pile(&vocabulary->cells, data, &foot->cells) || !load_pile(&vocabulary->forms, data, &foot->forms) ||
        !load_pile(&library->adverts, data, &foot->adverts))
        return false;
    for (size_t i = 0; i < vocabulary->forms.count; i++)
        lay(&vocabulary_form(vocabulary, (uint32_t)i)->posting, data);
    for (size_t i = 0; i < 4; i++) {
        buckets[i]->items = load_items(data, &foot->buckets[i], sizeof(struct bucket));
        if (!buckets[i]->items)
            return false;
        buckets[i]->count = buckets[i]->room = foot->buckets[i].count;
        for (size_t k = 0; k < buckets[i]->count; k++)
            lay(&buckets[i]->items[k].posting, data);
    }
    memcpy(&all, data + foot->all.at, sizeof all);
    lay(&all, data);
    struct posting_view view = posting_view(&all);
    roaring_bitmap_t *copy = view.bits ? roaring_bitmap_copy(view.bits) : NULL;
    posting_view_done(&view);
    if (!copy)
        return false;
    roaring_bitmap_free(library->all);
    library->all = copy;
    library->leaf = foot->leaf;
    library->leaf_serial = foot->leaf_serial;
    library->counted_usec = foot->counted_usec;
    library->counted_serial = foot->counted_serial;
    return true;
}

/* Is the mapped file ours, whole, and about this store? */
static int believe(struct library *library, const char *data, size_t bytes, struct foot *foot, struct err *err)
{
    struct hash sum, leaf;

    if (bytes < sizeof *foot + sizeof sum)
        return err_set(err, ERR_DAMAGED, "index_damaged", NULL);
    memcpy(foot, data + bytes - sizeof sum - sizeof *foot, sizeof *foot);
    size_t listed = bytes - sizeof sum - sizeof *foot - foot->data_bytes;
    if (memcmp(foot->magic, MAGIC, 8) != 0 || foot->data_bytes > bytes - sizeof sum - sizeof *foot ||
        foot->block_count != (foot->data_bytes + BLOCK - 1) / BLOCK || listed != foot->block_count * sizeof sum ||
        foot->form_bytes != sizeof(struct form) || foot->advert_bytes != sizeof(struct library_advert) ||
        foot->stems_print != stems_print(library->stems))
        return err_set(err, ERR_DAMAGED, "index_damaged", NULL);
    sum = seal_of(library, foot, data + foot->data_bytes, listed);
    if (memcmp(&sum, data + bytes - sizeof sum, sizeof sum) != 0)
        return err_set(err, ERR_DAMAGED, "index_damaged", NULL);
    int r = leaf_hash_of(library, foot->leaf, &leaf, err);
    if (r < 0)
        return r;
    struct hash *hashes = malloc(listed + 1);
    if (!hashes)
        return err_memory(err);
    memcpy(hashes, data + foot->data_bytes, listed);
    bool good = memcmp(&leaf, &foot->leaf_hash, sizeof leaf) == 0 && whole(data, foot, hashes);
    free(hashes);
    return good ? 0 : err_set(err, ERR_DAMAGED, "index_damaged", NULL);
}

int library_load(struct library *library, struct err *err)
{
    struct foot foot;
    struct stat about;
    int fd = open(library->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    void *map = fstat(fd, &about) == 0 && about.st_size > 0
                    ? mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0)
                    : MAP_FAILED;
    close(fd);
    if (map == MAP_FAILED)
        return err_set(err, ERR_DAMAGED, "index_damaged", NULL);
    int r = believe(library, map, (size_t)about.st_size, &foot, err);
    if (r == 0) {
        library->map = map;
        library->map_bytes = (size_t)about.st_size;
        if (load_everything(library, map, &foot))
            return 0;
        r = library_empty(library, err);
        library->map = NULL;
        if (r == 0)
            r = err_memory(err);
    }
    munmap(map, (size_t)about.st_size);
    return r;
}

int64_t library_measure(const struct library *library)
{
    const struct buckets *const buckets[4] = {&library->from, &library->until, &library->last, &library->shown};
    size_t bytes = roaring_bitmap_frozen_size_in_bytes(library->all);

    for (size_t i = 0; i < library->vocabulary.forms.count; i++) {
        const struct posting *posting = &vocabulary_form(&library->vocabulary, (uint32_t)i)->posting;

        bytes += posting_bytes(posting);
    }
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < buckets[i]->count; k++)
            bytes += sizeof(struct bucket) + posting_bytes(&buckets[i]->items[k].posting);
    return (int64_t)bytes;
}
