/* Making a dump: one pass over the store in portions, each row into every file that it belongs to. */
#include "adverts/dump.h"
#include "adverts/dump_parts.h"
#include "store/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORTION_ROWS 500
#define PORTION_ARENA ((size_t)96 << 20)
/* Clocks of several nodes differ a little, and figures are written a little after the moment that they name. */
#define SLACK_USEC (3600 * USEC_PER_SEC)

struct dump {
    const struct office *office;
    const struct zone *zone;
    struct dump_files *files;
    struct dump_made made;
    struct arena portion, one;
    struct buf csv, json; /* of one row, which may go into two files */
    size_t limit;
    int64_t after; /* serial */
    bool (*goes_on)(void *arg);
    void *arg;
};

static bool changed(const struct dump *dump, const struct dump_row *row)
{
    const struct dump_since *since = &dump->made.since;
    return *since->day != '\0' &&
           (row->advert.leaf >= since->tree_size ||
            (row->counted_usec != TIME_NONE && row->counted_usec >= since->made_usec - SLACK_USEC));
}

/* What stands in the buffers of one row, into the files of a set. */
static int put_rows(struct dump *dump, enum dump_set set, enum dump_what what, int64_t rows, struct err *err)
{
    const struct buf *from[DUMP_FORMATS] = {&dump->csv, &dump->json};
    int r = 0;
    for (int format = 0; r == 0 && format < DUMP_FORMATS; format++) {
        size_t i = dump_index(set, what, (enum dump_format)format);
        buf_put(dump_files_buf(dump->files, i), from[format]->data, from[format]->len);
        dump->made.rows[i] += rows;
        r = dump_files_push(dump->files, i, err);
    }
    return r;
}

static int put_both(struct dump *dump, const struct dump_row *row, enum dump_what what, int64_t rows, struct err *err)
{
    int r = dump->csv.failed || dump->json.failed ? err_memory(err) : 0;
    if (r == 0 && rows > 0 && row->advert.removed_usec == TIME_NONE)
        r = put_rows(dump, DUMP_WHOLE, what, rows, err);
    if (r == 0 && rows > 0 && changed(dump, row))
        r = put_rows(dump, DUMP_CHANGES, what, rows, err);
    buf_reset(&dump->csv);
    buf_reset(&dump->json);
    return r;
}

static int advert_put(struct dump *dump, const struct dump_row *row, const struct showing_row *showings, size_t count,
                      struct err *err)
{
    int64_t written = 0;
    bool removed = row->advert.removed_usec != TIME_NONE;
    if (removed && !changed(dump, row))
        return 0;
    arena_reset(&dump->one);
    int r = dump_advert_write(row, dump->zone, &dump->one, &dump->csv, &dump->json, err);
    if (r == 0)
        r = put_both(dump, row, DUMP_ADVERTS, 1, err);
    if (r == 0 && !removed && count > 0)
        r = dump_showings_write(row->advert.id, showings, count, dump->office->catalogue, &dump->one, &dump->csv,
                                &dump->json, &written, err);
    return r < 0 ? r : put_both(dump, row, DUMP_SHOWINGS, written, err);
}

struct gathering {
    struct arena *arena;
    struct showing_row *rows;
    size_t count, room;
};

static int gather(const struct showing_row *row, void *arg, struct err *err)
{
    struct gathering *gathering = arg;
    if (gathering->count == gathering->room) {
        size_t room = gathering->room * 2 + 1024;
        struct showing_row *rows = ARENA_ARRAY(gathering->arena, struct showing_row, room);
        if (rows == NULL)
            return err_memory(err);
        if (gathering->count > 0)
            memcpy(rows, gathering->rows, gathering->count * sizeof *rows);
        gathering->rows = rows;
        gathering->room = room;
    }
    gathering->rows[gathering->count++] = *row;
    return 0;
}

/* One portion's rows and showings as one moment sees them. */
static int portion_read(struct dump *dump, struct dump_row **ret, size_t *ret_count, struct gathering *ret_showings,
                        struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    struct gathering showings = {.arena = &dump->portion};
    struct dump_row *rows;
    size_t count;
    arena_reset(&dump->portion);
    int r = store_read_begin(dump->office->store, &tx, err);
    if (r == 0)
        r = store_dump_adverts(tx, dump->after, dump->limit, &dump->portion, &rows, &count, err);
    if (r == 0 && count > 0)
        r = store_showing_scan(tx, rows[0].advert.serial, rows[count - 1].advert.serial, gather, &showings, err);
    if (r == 0) {
        *ret = rows;
        *ret_count = count;
        *ret_showings = showings;
    }
    return r;
}

/* Where texts are so long that they do not fit, fewer are read. */
static int portion(struct dump *dump, bool *ret_more, struct err *err)
{
    struct gathering showings;
    struct dump_row *rows;
    size_t count, at = 0;
    int r;
    while ((r = portion_read(dump, &rows, &count, &showings, err)) == -ERR_MEMORY && dump->limit > 1)
        dump->limit /= 2;
    for (size_t i = 0; r == 0 && i < count; i++) {
        size_t from = at;
        while (at < showings.count && showings.rows[at].advert == rows[i].advert.serial)
            at++;
        r = advert_put(dump, &rows[i], showings.rows + from, at - from, err);
        dump->after = rows[i].advert.serial;
    }
    if (r == 0)
        *ret_more = count == dump->limit;
    if (dump->limit < PORTION_ROWS)
        dump->limit *= 2;
    return r;
}

/* --- The folder --------------------------------------------------------------------------------------------------- */

static int begin(struct dump *dump, const char *folder, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    struct ledger_head_row *head = ARENA_NEW(&dump->portion, struct ledger_head_row);
    int r = head == NULL ? err_memory(err) : store_read_begin(dump->office->store, &tx, err);
    if (r == 0)
        r = store_ledger_head_get(tx, &dump->one, head, err);
    if (r == 0)
        r = dump_since_read(folder, dump->made.day, &dump->made.since, err);
    if (r < 0)
        return r;
    dump->made.tree_size = head->size;
    dump->made.checkpoint = head->checkpoint == NULL ? NULL : strdup(head->checkpoint);
    dump->made.file_count = *dump->made.since.day == '\0' ? DUMP_FILES / DUMP_SETS : DUMP_FILES;
    return 0;
}

static int write_all(struct dump *dump, const char *begun, struct err *err)
{
    int threads[DUMP_FILES];
    bool more = true;
    for (size_t i = 0; i < DUMP_FILES; i++)
        threads[i] = i % DUMP_FORMATS == DUMP_CSV ? 0 : 1;
    int r = dump_files_new(begun, dump_names, threads, dump->made.file_count, &dump->files, err);
    for (size_t i = 0; r == 0 && i < dump->made.file_count; i += DUMP_FORMATS)
        dump_head_write(i / DUMP_FORMATS % DUMP_WHATS == DUMP_ADVERTS ? DUMP_ADVERTS : DUMP_SHOWINGS,
                        dump_files_buf(dump->files, i));
    while (r == 0 && more) {
        r = dump->goes_on != NULL && !dump->goes_on(dump->arg) ? err_set(err, ERR_UNAVAILABLE, "dump_stopped", NULL)
                                                               : portion(dump, &more, err);
    }
    if (r == 0)
        r = dump_files_end(dump->files, dump->made.files, err);
    if (r == 0)
        r = dump_manifest_write(begun, &dump->made, dump->zone, err);
    return r;
}

static void folder_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

static int make(struct dump *dump, const char *folder, struct err *err)
{
    char begun[DUMP_PATH], name[DUMP_PATH], hidden[32];
    snprintf(hidden, sizeof hidden, ".begun-%s", dump->made.day);
    dump_path(begun, folder, hidden, NULL);
    dump_path(name, folder, dump->made.day, NULL);
    if (mkdir(begun, 0755) != 0)
        return err_set(err, ERR_UNAVAILABLE, "folder_unwritable", "%.120s", begun);
    int r = begin(dump, folder, err);
    if (r == 0)
        r = write_all(dump, begun, err);
    if (r < 0)
        return r;
    folder_sync(begun);
    if (rename(begun, name) != 0)
        return err_set(err, ERR_UNAVAILABLE, "folder_unwritable", "%.120s", name);
    folder_sync(folder);
    return 0;
}

static int any_adverts(const struct office *office, bool *ret, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    int64_t last = 0;
    int r = store_read_begin(office->store, &tx, err);
    if (r == 0)
        r = store_advert_last(tx, &last, err);
    if (r == 0)
        *ret = last > 0;
    return r;
}

static int make_locked(const struct office *office, const char *folder, int64_t now_usec, bool (*goes_on)(void *arg),
                       void *arg, struct err *err)
{
    struct dump dump = {.office = office,
                        .zone = &office->catalogue->calendar->zone,
                        .limit = PORTION_ROWS,
                        .goes_on = goes_on,
                        .arg = arg};
    int32_t today = zone_day_of(dump.zone, now_usec);
    arena_init(&dump.portion, PORTION_ARENA);
    arena_init(&dump.one, (size_t)64 << 20);
    buf_init(&dump.csv, (size_t)32 << 20);
    buf_init(&dump.json, (size_t)32 << 20);
    dump.made.made_usec = now_usec;
    date_format(date_from_day(today), dump.made.day);
    int r = dump_forget(folder, today, err);
    if (r == 0)
        r = make(&dump, folder, err);
    dump_files_free(dump.files);
    free((char *)dump.made.checkpoint);
    buf_done(&dump.json);
    buf_done(&dump.csv);
    arena_done(&dump.one);
    arena_done(&dump.portion);
    return r;
}

bool dump_there(const char *folder, int32_t day)
{
    char name[11], path[DUMP_PATH];
    struct stat info;
    date_format(date_from_day(day), name);
    dump_path(path, folder, name, NULL);
    return stat(path, &info) == 0;
}

/* The folder with those that lead to it. */
static int folder_make(const char *folder, struct err *err)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s", folder) >= sizeof path)
        return err_set(err, ERR_UNAVAILABLE, "folder_unwritable", "%.120s", folder);
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        (void)mkdir(path, 0755);
        *at = '/';
    }
    return mkdir(path, 0755) == 0 || errno == EEXIST
               ? 0
               : err_set(err, ERR_UNAVAILABLE, "folder_unwritable", "%.120s", folder);
}

int dump_make(const struct office *office, const char *folder, int64_t now_usec, bool (*goes_on)(void *arg), void *arg,
              bool *ret_made, struct err *err)
{
    int32_t today = zone_day_of(&office->catalogue->calendar->zone, now_usec);
    bool any = false;
    int r = any_adverts(office, &any, err);
    if (r < 0)
        return r;
    if (!any || dump_there(folder, today)) {
        *ret_made = false;
        return 0;
    }
    r = folder_make(folder, err);
    if (r < 0)
        return r;
    /* The folder itself is the lock, so that nothing of it is left behind. */
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, ERR_UNAVAILABLE, "folder_unwritable", "%.120s", folder);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        r = err_set(err, ERR_CONFLICT, "dump_busy", NULL);
    bool there = r == 0 && dump_there(folder, today);
    if (r == 0 && !there)
        r = make_locked(office, folder, now_usec, goes_on, arg, err);
    close(fd);
    if (r == 0)
        *ret_made = !there;
    return r;
}
