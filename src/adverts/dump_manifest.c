/* What a dump says of itself, and which dumps there are: manifest.json, SHA256SUMS, folders called by days. */
#include "adverts/dump_parts.h"
#include "base/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST "manifest.json"
#define SUMS "SHA256SUMS"
#define MANIFEST_LIMIT ((size_t)1 << 20)

const char *const dump_names[DUMP_FILES] = {
    "adverts.csv.gz",         "adverts.ndjson.gz",         "showings.csv.gz",         "showings.ndjson.gz",
    "changes-adverts.csv.gz", "changes-adverts.ndjson.gz", "changes-showings.csv.gz", "changes-showings.ndjson.gz"};

void dump_path(char ret[static DUMP_PATH], const char *a, const char *b, const char *c)
{
    int count = snprintf(ret, DUMP_PATH, c == NULL ? "%s/%s" : "%s/%s/%s", a, b, c);
    if (count < 0 || count >= DUMP_PATH)
        *ret = '\0';
}

static int unwritable(const char *path, struct err *err)
{
    int reason = errno;
    (void)err_set(err, ERR_UNAVAILABLE, "file_unwritable", "%.140s", path);
    return err_detail(err, "%s", strerror(reason));
}

int dump_text_put(const char *path, const char *text, size_t count, struct err *err)
{
    char beside[4096];
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
        return err_set(err, ERR_UNAVAILABLE, "file_unwritable", "%.140s", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return unwritable(path, err);
    bool put = write(fd, text, count) == (ssize_t)count && fsync(fd) == 0;
    put = close(fd) == 0 && put;
    return put && rename(beside, path) == 0 ? 0 : unwritable(path, err);
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

static json_t *columns_json(const struct dump_column *columns)
{
    json_t *list = json_array();
    for (; columns->name != NULL; columns++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", columns->name, "type", columns->type));
    return list;
}

static json_t *file_json(const struct dump_made *made, size_t i)
{
    const struct dump_file_done *file = &made->files[i];
    char hex[2 * SHA256_BYTES + 1];
    hex_encode(file->hash.bytes, SHA256_BYTES, hex);
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "name", dump_names[i], "what",
                     i / DUMP_FORMATS % DUMP_WHATS == DUMP_ADVERTS ? "adverts" : "showings", "of",
                     i < dump_index(DUMP_CHANGES, DUMP_ADVERTS, DUMP_CSV) ? "whole" : "changes", "type",
                     i % DUMP_FORMATS == DUMP_CSV ? "text/csv" : "application/x-ndjson", "rows",
                     (json_int_t)made->rows[i], "bytes", (json_int_t)file->bytes, "bytes_unpacked",
                     (json_int_t)file->unpacked, "sha256", hex);
}

static int json_put(const char *folder, const json_t *manifest, struct err *err)
{
    char path[DUMP_PATH];
    char *text = json_dumps(manifest, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    if (text == NULL)
        return err_memory(err);
    dump_path(path, folder, MANIFEST, NULL);
    int r = dump_text_put(path, text, strlen(text), err);
    free(text);
    return r;
}

/* "HASH  NAME", as sha256sum has it: for every file that the manifest names. */
static int sums_put(const char *folder, const json_t *manifest, struct err *err)
{
    CLEANUP_BUF struct buf out = {0};
    char path[DUMP_PATH];
    const json_t *file;
    size_t i;
    buf_init(&out, 64 * 1024);
    json_array_foreach(json_object_get(manifest, "files"), i, file)
        buf_printf(&out, "%s  %s\n", json_string_value(json_object_get(file, "sha256")),
                   json_string_value(json_object_get(file, "name")));
    if (out.failed)
        return err_memory(err);
    dump_path(path, folder, SUMS, NULL);
    return dump_text_put(path, out.len == 0 ? "" : out.data, out.len, err);
}

int dump_manifest_write(const char *folder, const struct dump_made *made, const struct zone *zone, struct err *err)
{
    char moment[32];
    json_t *files = json_array(), *since = json_null();
    moment_format(zone, made->made_usec, moment);
    for (size_t i = 0; i < made->file_count; i++)
        json_array_append_new(files, file_json(made, i));
    if (*made->since.day != '\0')
        since = json_pack("{s:s, s:I}", "day", made->since.day, "tree_size", (json_int_t)made->since.tree_size);
    CLEANUP_JSON json_t *manifest = json_pack(
        "{s:i, s:s, s:s, s:I, s:I, s:s?, s:o, s:i, s:o, s:{s:o, s:o}}", "version", 1, "day", made->day, "made_at",
        moment, "made_usec", (json_int_t)made->made_usec, "tree_size", (json_int_t)made->tree_size, "checkpoint",
        made->checkpoint, "since", since, "threshold", REGION_THRESHOLD, "files", files, "columns", "adverts",
        columns_json(dump_advert_columns), "showings", columns_json(dump_showing_columns));
    if (manifest == NULL)
        return err_memory(err);
    int r = sums_put(folder, manifest, err);
    return r < 0 ? r : json_put(folder, manifest, err);
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static int later_first(const void *a, const void *b)
{
    return strcmp(*(const char *const *)b, *(const char *const *)a);
}

int dump_days(const char *folder, struct arena *arena, const char ***ret, size_t *ret_count, struct err *err)
{
    const char **days = NULL;
    size_t count = 0, room = 0;
    struct date date;
    DIR *dir = opendir(folder);
    if (dir == NULL && errno != ENOENT)
        return err_set(err, ERR_UNAVAILABLE, "file_unreadable", "%.140s", folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (!date_parse(entry->d_name, &date))
            continue;
        if (count == room) {
            const char **more = ARENA_ARRAY(arena, const char *, room * 2 + 64);
            if (more == NULL)
                break;
            if (count > 0)
                memcpy(more, days, count * sizeof *days);
            days = more;
            room = room * 2 + 64;
        }
        days[count++] = arena_strdup(arena, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    if (arena->overflowed)
        return err_memory(err);
    if (count > 1)
        qsort(days, count, sizeof *days, later_first);
    *ret = days;
    *ret_count = count;
    return 0;
}

/* The text of a manifest in the arena; NULL where there is none. */
static const char *manifest_text(const char *folder, const char *day, struct arena *arena)
{
    char path[DUMP_PATH];
    struct stat info;
    dump_path(path, folder, day, MANIFEST);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    char *text = NULL;
    if (fstat(fileno(file), &info) == 0 && info.st_size > 0 && (size_t)info.st_size <= MANIFEST_LIMIT)
        text = arena_alloc(arena, (size_t)info.st_size + 1);
    if (text != NULL && fread(text, 1, (size_t)info.st_size, file) != (size_t)info.st_size)
        text = NULL;
    fclose(file);
    return text;
}

int dump_manifests(const char *folder, size_t limit, struct arena *arena, const char ***ret, size_t *ret_count,
                   struct err *err)
{
    const char **days;
    size_t day_count, count = 0;
    int r = dump_days(folder, arena, &days, &day_count, err);
    for (size_t i = 0; r == 0 && i < day_count && count < limit; i++) {
        const char *text = manifest_text(folder, days[i], arena);
        if (text != NULL)
            days[count++] = text;
    }
    if (r == 0 && arena->overflowed)
        r = err_memory(err);
    if (r == 0) {
        *ret = days;
        *ret_count = count;
    }
    return r;
}

int dump_since_read(const char *folder, const char *day, struct dump_since *ret, struct err *err)
{
    struct dump_since since = {.day = ""};
    const char **days;
    size_t count;
    struct arena arena;
    arena_init(&arena, (size_t)8 << 20);
    int r = dump_days(folder, &arena, &days, &count, err);
    for (size_t i = 0; r == 0 && i < count && *since.day == '\0'; i++) {
        CLEANUP_JSON json_t *manifest = NULL;
        struct err why;
        const char *text = strcmp(days[i], day) < 0 ? manifest_text(folder, days[i], &arena) : NULL;
        if (text == NULL || json_parse(text, strlen(text), &manifest, &why) < 0)
            continue;
        since.tree_size = json_integer_value(json_object_get(manifest, "tree_size"));
        since.made_usec = json_integer_value(json_object_get(manifest, "made_usec"));
        snprintf(since.day, sizeof since.day, "%s", days[i]);
    }
    arena_done(&arena);
    if (r == 0)
        *ret = since;
    return r;
}

/* --- Letting go --------------------------------------------------------------------------------------------------- */

static void folder_remove(const char *path)
{
    char inner[DUMP_PATH];
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        dump_path(inner, path, entry->d_name, NULL);
        (void)unlink(inner);
    }
    if (dir != NULL)
        closedir(dir);
    (void)rmdir(path);
}

/* The files with everything: first nobody names them any more, then they go. */
static int whole_remove(const char *folder, const char *day, struct arena *arena, struct err *err)
{
    CLEANUP_JSON json_t *manifest = NULL;
    char path[DUMP_PATH];
    struct err why;
    const char *text = manifest_text(folder, day, arena);
    dump_path(path, folder, day, NULL);
    if (text == NULL || json_parse(text, strlen(text), &manifest, &why) < 0)
        return 0;
    json_t *files = json_object_get(manifest, "files");
    size_t before = json_array_size(files);
    for (size_t i = before; i-- > 0;) {
        const char *of = json_string_value(json_object_get(json_array_get(files, i), "of"));
        if (of != NULL && strcmp(of, "whole") == 0)
            json_array_remove(files, i);
    }
    if (json_array_size(files) == before)
        return 0;
    int r = sums_put(path, manifest, err);
    if (r == 0)
        r = json_put(path, manifest, err);
    for (size_t i = 0; r == 0 && i < dump_index(DUMP_CHANGES, DUMP_ADVERTS, DUMP_CSV); i++) {
        dump_path(path, folder, day, dump_names[i]);
        (void)unlink(path);
    }
    return r;
}

/* What was begun and never got its name: its folder begins with a dot. */
static void begun_remove(const char *folder)
{
    char path[DUMP_PATH];
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        dump_path(path, folder, entry->d_name, NULL);
        if (strncmp(entry->d_name, ".begun-", 7) == 0)
            folder_remove(path);
    }
    if (dir != NULL)
        closedir(dir);
}

int dump_forget(const char *folder, int32_t today, struct err *err)
{
    const char **days;
    size_t count;
    struct arena arena;
    char path[DUMP_PATH];
    arena_init(&arena, (size_t)16 << 20);
    begun_remove(folder);
    int r = dump_days(folder, &arena, &days, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct date date;
        int32_t age = date_parse(days[i], &date) ? today - day_from_date(date) : 0;
        dump_path(path, folder, days[i], NULL);
        if (age > DUMP_CHANGES_DAYS)
            folder_remove(path);
        else if (age > DUMP_WHOLE_DAYS)
            r = whole_remove(folder, days[i], &arena, err);
    }
    arena_done(&arena);
    return r;
}

/* --- Handing out -------------------------------------------------------------------------------------------------- */

const char *dump_type(const char *name)
{
    size_t length = strlen(name);
    if (length > 3 && strcmp(name + length - 3, ".gz") == 0)
        return "application/gzip";
    return strcmp(name, MANIFEST) == 0 ? "application/json" : "text/plain; charset=utf-8";
}

static bool name_known(const char *name)
{
    for (size_t i = 0; i < DUMP_FILES; i++)
        if (strcmp(dump_names[i], name) == 0)
            return true;
    return strcmp(name, MANIFEST) == 0 || strcmp(name, SUMS) == 0;
}

/* The name's line in SHA256SUMS. */
static bool sum_of(const char *folder, const char *day, const char *name, char ret[static 2 * SHA256_BYTES + 1])
{
    char path[DUMP_PATH], line[256];
    bool found = false;
    dump_path(path, folder, day, SUMS);
    FILE *file = fopen(path, "re");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        found = strlen(line) > 66 && strcmp(line + 66, name) == 0;
    }
    if (file != NULL)
        fclose(file);
    if (found)
        snprintf(ret, 2 * SHA256_BYTES + 1, "%.64s", line);
    return found;
}

int dump_open(const char *folder, const char *day, const char *name, int *ret_fd, int64_t *ret_bytes,
              char ret_etag[static 80], struct err *err)
{
    char path[DUMP_PATH], sum[2 * SHA256_BYTES + 1];
    struct date date;
    struct stat info;
    if (folder == NULL || !date_parse(day, &date) || !name_known(name))
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    dump_path(path, folder, day, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        if (fd >= 0)
            close(fd);
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    }
    if (sum_of(folder, day, name, sum))
        snprintf(ret_etag, 80, "\"%s\"", sum);
    else
        snprintf(ret_etag, 80, "\"%llx-%llx\"", (unsigned long long)info.st_size,
                 (unsigned long long)info.st_mtim.tv_sec * 1000000000u + (unsigned long long)info.st_mtim.tv_nsec);
    *ret_fd = fd;
    *ret_bytes = info.st_size;
    return 0;
}
