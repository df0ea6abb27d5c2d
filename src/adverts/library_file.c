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
#include "adverts/library_file.h"

#include "store/events.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS_MAX 8

int library_leaf_hash(const struct library *library, int64_t leaf, struct hash *ret, struct err *err)
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

struct hash library_seal(const struct library *library, const struct foot *foot, const void *hashes, size_t bytes)
{
    struct hash sum = sha256_of(foot, sizeof *foot, hashes, bytes, NULL, 0);
    char hex[2 * SHA256_BYTES + 1];

    if (!library->office || !library->office->keyring)
        return sum;
    hex_encode(sum.bytes, sizeof sum.bytes, hex);
    return keyring_lookup(library->office->keyring, "library", hex);
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
        size_t i = __atomic_fetch_add(&check->next, 1, __ATOMIC_RELAXED), at = i * LIBRARY_BLOCK;

        if (i >= check->foot->block_count || __atomic_load_n(&check->bad, __ATOMIC_RELAXED))
            return NULL;
        size_t count = check->foot->data_bytes - at < LIBRARY_BLOCK ? check->foot->data_bytes - at : LIBRARY_BLOCK;
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
    if (memcmp(foot->magic, LIBRARY_MAGIC, 8) != 0 || foot->data_bytes > bytes - sizeof sum - sizeof *foot ||
        foot->block_count != (foot->data_bytes + LIBRARY_BLOCK - 1) / LIBRARY_BLOCK ||
        listed != foot->block_count * sizeof sum || foot->form_bytes != sizeof(struct form) ||
        foot->advert_bytes != sizeof(struct library_advert) || foot->stems_print != stems_print(library->stems))
        return err_set(err, ERR_DAMAGED, "index_damaged", NULL);
    sum = library_seal(library, foot, data + foot->data_bytes, listed);
    if (memcmp(&sum, data + bytes - sizeof sum, sizeof sum) != 0)
        return err_set(err, ERR_DAMAGED, "index_damaged", NULL);
    int r = library_leaf_hash(library, foot->leaf, &leaf, err);
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
