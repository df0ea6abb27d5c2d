/* Loads the law's folder as a whole, and finds things in it.
 *
 * Order matters: lists (roles among them) and acts stand alone; norms speak of both; lists speak of norms; procedures
 * speak of everything, and of each other; registers and reports speak of procedures. Files are read once, and the hash
 * covers exactly the bytes that were parsed. */
#include "law/catalogue.h"
#include "law/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CATALOGUE_LIMIT ((size_t)128 << 20)
#define FILES_MAX 1024

struct files {
    struct law_file *items;
    size_t count;
};

static int is_yaml(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && dot != entry->d_name && strcmp(dot, ".yaml") == 0;
}

/* Every *.yaml of a folder, in order of name. A folder that is not there has none. */
static int folder_read(const char *dir, const char *folder, bool required, struct arena *arena, struct files *files,
                       struct err *err)
{
    struct dirent **entries = NULL;
    const char *path = folder[0] ? arena_printf(arena, "%s/%s", dir, folder) : dir;
    if (!path)
        return err_memory(err);
    int count = scandir(path, &entries, is_yaml, NULL);
    if (count < 0 && errno == ENOENT && !required)
        return 0;
    if (count < 0)
        return err_set(err, errno == ENOMEM ? ERR_MEMORY : ERR_UNAVAILABLE, "file_unreadable", "%s", path);
    int r = files->count + (size_t)count > FILES_MAX ? err_set(err, ERR_BAD_INPUT, "law_bad_file", "%s", path) : 0;
    for (int i = 0; i < count; i++) {
        const char *relative = arena_printf(arena, "%s%s%s", folder, folder[0] ? "/" : "", entries[i]->d_name);
        const char *full = relative ? arena_printf(arena, "%s/%s", dir, relative) : NULL;
        if (r == 0 && !full)
            r = err_memory(err);
        if (r == 0)
            r = load_file(full, relative, arena, &files->items[files->count], err);
        if (r == 0)
            files->count++;
        free(entries[i]);
    }
    free(entries);
    return r;
}

static int file_compare(const void *a, const void *b)
{
    return strcmp(((const struct law_file *)a)->relative, ((const struct law_file *)b)->relative);
}

static bool is_in(const struct law_file *file, const char *folder)
{
    size_t count = strlen(folder);
    return strncmp(file->relative, folder, count) == 0 && file->relative[count] == '/';
}

/* The files of one folder: they lie side by side once sorted. */
static struct files files_of(const struct files *all, const char *folder)
{
    struct files found = {all->items, 0};
    for (size_t i = 0; i < all->count; i++) {
        if (!is_in(&all->items[i], folder))
            continue;
        if (found.count++ == 0)
            found.items = &all->items[i];
    }
    return found;
}

static int file_required(const char *dir, const struct law_file *file, const char *relative, struct err *err)
{
    return file ? 0 : err_set(err, ERR_UNAVAILABLE, "file_unreadable", "%s/%s", dir, relative);
}

static int files_use(const char *dir, const struct files *all, struct catalogue *catalogue, struct err *err)
{
    const struct law_file *acts = NULL, *calendar = NULL, *roles = NULL, *actions = NULL, *data_categories = NULL,
                          *advertising = NULL;
    const struct law_file *regions = NULL;
    struct files lists = {ARENA_ARRAY(&catalogue->arena, struct law_file, all->count), 0};
    struct files norms = files_of(all, "norms"), procedures = files_of(all, "procedures");
    struct files registers = files_of(all, "registers"), reports = files_of(all, "reports");
    if (!lists.items)
        return err_memory(err);
    for (size_t i = 0; i < all->count; i++) {
        const struct law_file *file = &all->items[i];
        if (strchr(file->relative, '/'))
            continue;
        if (strcmp(file->relative, "acts.yaml") == 0)
            acts = file;
        else if (strcmp(file->relative, "calendar.yaml") == 0)
            calendar = file;
        else if (strcmp(file->relative, "advertising.yaml") == 0)
            advertising = file;
        else if (strcmp(file->relative, "actions.yaml") == 0)
            actions = file;
        else if (strcmp(file->relative, "data_categories.yaml") == 0)
            data_categories = file;
        else if (strcmp(file->relative, "regions.yaml") == 0)
            regions = file;
        else if (list_file_known(file->relative))
            lists.items[lists.count++] = *file;
        else
            return err_set(err, ERR_BAD_INPUT, "law_bad_file", "%s", file->name);
        if (strcmp(file->relative, "roles.yaml") == 0)
            roles = file;
    }
    int r = file_required(dir, acts, "acts.yaml", err);
    if (r == 0)
        r = file_required(dir, calendar, "calendar.yaml", err);
    if (r == 0)
        r = file_required(dir, roles, "roles.yaml", err);
    if (r == 0)
        r = calendar_read(calendar, &catalogue->arena, &catalogue->calendar, err);
    if (r == 0)
        r = acts_read(acts, catalogue, err);
    if (r == 0)
        r = lists_read(lists.items, lists.count, catalogue, err);
    if (r == 0)
        r = norms_read(norms.items, norms.count, catalogue, err);
    if (r == 0)
        r = lists_check(lists.items, lists.count, catalogue, err);
    if (r == 0 && data_categories)
        r = data_categories_read(data_categories, catalogue, err);
    if (r == 0 && actions)
        r = actions_read(actions, catalogue, err);
    if (r == 0 && regions)
        r = regions_read(regions, catalogue, err);
    if (r == 0 && advertising)
        r = advertising_read(advertising, catalogue, err);
    if (r == 0)
        r = procedures_read(procedures.items, procedures.count, catalogue, err);
    if (r == 0)
        r = procedures_check(procedures.items, procedures.count, catalogue, err);
    if (r == 0)
        r = registers_read(registers.items, registers.count, catalogue, err);
    if (r == 0)
        r = reports_read(reports.items, reports.count, catalogue, err);
    return r;
}

int catalogue_load(const char *dir, struct catalogue **ret, struct err *err)
{
    struct catalogue *catalogue = calloc(1, sizeof(*catalogue));
    if (!catalogue)
        return err_memory(err);
    arena_init(&catalogue->arena, CATALOGUE_LIMIT);
    struct files all = {ARENA_ARRAY(&catalogue->arena, struct law_file, FILES_MAX), 0};
    int r = all.items ? 0 : err_memory(err);
    if (r == 0)
        r = folder_read(dir, "", true, &catalogue->arena, &all, err);
    if (r == 0)
        r = folder_read(dir, "norms", false, &catalogue->arena, &all, err);
    if (r == 0)
        r = folder_read(dir, "procedures", false, &catalogue->arena, &all, err);
    if (r == 0)
        r = folder_read(dir, "registers", false, &catalogue->arena, &all, err);
    if (r == 0)
        r = folder_read(dir, "reports", false, &catalogue->arena, &all, err);
    if (r == 0) {
        qsort(all.items, all.count, sizeof(*all.items), file_compare);
        r = files_use(dir, &all, catalogue, err);
    }
    if (r < 0) {
        catalogue_free(catalogue);
        return r;
    }
    for (size_t i = 0; i < all.count; i++) {
        /* The file's own hash, so that no two different sets of files can run together into the same bytes. */
        struct hash bytes = sha256_of(all.items[i].bytes, all.items[i].count, NULL, 0, NULL, 0);
        catalogue->hash = sha256_of(catalogue->hash.bytes, SHA256_BYTES, all.items[i].relative,
                                    strlen(all.items[i].relative) + 1, bytes.bytes, SHA256_BYTES);
    }
    *ret = catalogue;
    return 0;
}

void catalogue_free(struct catalogue *catalogue)
{
    if (!catalogue)
        return;
    arena_done(&catalogue->arena);
    free(catalogue);
}

/* Index of the first norm with an id not less than `id`. */
static size_t norm_lower_bound(const struct catalogue *catalogue, const char *id)
{
    size_t low = 0, high = catalogue->norm_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(catalogue->norms[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct norm *catalogue_norm_at(const struct catalogue *catalogue, const char *id, int64_t event_usec)
{
    int32_t day = zone_day_of(&catalogue->calendar->zone, event_usec);
    for (size_t i = norm_lower_bound(catalogue, id); i < catalogue->norm_count; i++) {
        const struct norm *norm = &catalogue->norms[i];
        if (strcmp(norm->id, id) != 0)
            return NULL;
        if (norm->from_day <= day && day < norm->until_day)
            return norm;
    }
    return NULL;
}

const struct norm *catalogue_norm_last(const struct catalogue *catalogue, const char *id)
{
    const struct norm *last = NULL;
    for (size_t i = norm_lower_bound(catalogue, id); i < catalogue->norm_count; i++) {
        if (strcmp(catalogue->norms[i].id, id) != 0)
            break;
        last = &catalogue->norms[i];
    }
    return last;
}

const struct procedure *catalogue_procedure(const struct catalogue *catalogue, const char *id)
{
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        if (strcmp(catalogue->procedures[i].id, id) == 0)
            return &catalogue->procedures[i];
    }
    return NULL;
}

const struct law_register *catalogue_register(const struct catalogue *catalogue, const char *id)
{
    for (size_t i = 0; i < catalogue->register_count; i++) {
        if (strcmp(catalogue->registers[i].id, id) == 0)
            return &catalogue->registers[i];
    }
    return NULL;
}

const struct report_form *catalogue_report(const struct catalogue *catalogue, const char *id)
{
    for (size_t i = 0; i < catalogue->report_count; i++) {
        if (strcmp(catalogue->reports[i].id, id) == 0)
            return &catalogue->reports[i];
    }
    return NULL;
}

const struct list *catalogue_list(const struct catalogue *catalogue, const char *name)
{
    for (size_t i = 0; i < catalogue->list_count; i++) {
        if (strcmp(catalogue->lists[i].name, name) == 0)
            return &catalogue->lists[i];
    }
    return NULL;
}

const struct list_entry *list_find(const struct list *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->entries[i].id, id) == 0)
            return &list->entries[i];
    }
    return NULL;
}

const struct region *catalogue_region(const struct catalogue *catalogue, int number)
{
    for (size_t i = 0; i < catalogue->region_count; i++) {
        if (catalogue->regions[i].number == number)
            return &catalogue->regions[i];
    }
    return NULL;
}

const struct act_of_law *catalogue_act(const struct catalogue *catalogue, const char *id)
{
    for (size_t i = 0; i < catalogue->act_count; i++) {
        if (strcmp(catalogue->acts[i].id, id) == 0)
            return &catalogue->acts[i];
    }
    return NULL;
}
