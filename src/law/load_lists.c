/* The plain lists of law/: one file a list, one entry an id with its title. A new list is one row of the table below.
 */
#include "law/load.h"

#include <string.h>

/* The first key of an entry is the list's own name for its id. */
struct list_form {
    const char *name, *key;
};
static const struct list_form forms[] = {
    {"carriers", "id"}, {"categories", "category"}, {"countries", "country"}, {"grounds", "ground"},
    {"measures", "id"}, {"roles", "role"},          {"service_kinds", "id"},
};

static const struct list_form *form_find(const char *relative)
{
    size_t count = strcspn(relative, ".");
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strlen(forms[i].name) == count && strncmp(forms[i].name, relative, count) == 0)
            return &forms[i];
    }
    return NULL;
}

bool list_file_known(const char *relative)
{
    return form_find(relative) != NULL;
}

static bool entry_id_valid(const char *id)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return id[0] && strlen(id) <= 60 && id[strspn(id, allowed)] == '\0';
}

/* Keys of single lists; those that no list_entry holds are still held to their form. */
static int extras_read(const struct yaml *node, struct arena *arena, struct list_entry *entry, struct err *err)
{
    struct text3 note;
    int32_t since = 0;
    bool flag = false;
    const char *protects = NULL;
    int r = load_text3(node, "note", false, &note, err);
    if (r == 0)
        r = load_day(node, "since", false, &since, err);
    if (r == 0)
        r = yaml_read_bool(node, "convention_108", false, &flag, err);
    if (r == 0)
        r = yaml_read_text(node, "protects", false, &protects, err);
    if (r == 0 && protects && strcmp(protects, "true") != 0 && strcmp(protects, "false") != 0 &&
        strcmp(protects, "unknown") != 0)
        return yaml_refuse(load_at(node, "protects"), err, "law_bad_value", "protects: %.40s", protects);
    if (r == 0 && protects)
        entry->protects = protects[0] == 't' ? PROTECTS_YES : protects[0] == 'f' ? PROTECTS_NO : PROTECTS_UNKNOWN;
    if (r == 0)
        r = yaml_read_bool(node, "biometric", false, &entry->biometric, err);
    if (r == 0)
        r = load_words(node, "who", false, arena, &entry->who_count, &entry->who, err);
    return r;
}

static int entry_read(const struct yaml *node, const struct list_form *form, struct arena *arena,
                      struct list_entry *ret, struct err *err)
{
    const char *const keys[] = {form->key,  "title", "norm",           "note",      "who", "requires_call",
                                "protects", "since", "convention_108", "biometric", NULL};
    struct list_entry entry = {0};
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = yaml_read_text(node, form->key, true, &entry.id, err);
    if (r == 0 && !entry_id_valid(entry.id))
        r = yaml_refuse(load_at(node, form->key), err, "law_bad_value", "%s: %.60s", form->key, entry.id);
    if (r == 0)
        r = load_text3(node, "title", true, &entry.title, err);
    if (r == 0)
        r = yaml_read_text(node, "norm", false, &entry.norm, err);
    if (r == 0)
        r = yaml_read_bool(node, "requires_call", false, &entry.requires_call, err);
    if (r == 0)
        r = extras_read(node, arena, &entry, err);
    if (r == 0)
        *ret = entry;
    return r;
}

static int list_read(const struct law_file *file, struct arena *arena, struct list *ret, struct err *err)
{
    const struct list_form *form = form_find(file->relative);
    const struct yaml *root = file->root;
    if (root->kind != YAML_SEQUENCE)
        return yaml_refuse(root, err, "yaml_wrong_type", "a sequence");
    struct list_entry *entries = ARENA_ARRAY(arena, struct list_entry, root->count);
    if (!entries)
        return err_memory(err);
    struct list list = {.name = form->name, .entries = entries};
    for (size_t i = 0; i < root->count; i++) {
        struct list_entry entry;
        int r = entry_read(root->items[i], form, arena, &entry, err);
        if (r < 0)
            return r;
        if (list_find(&list, entry.id))
            return yaml_refuse(root->items[i], err, "law_twice", "%s", entry.id);
        entries[list.count++] = entry;
    }
    *ret = list;
    return 0;
}

int lists_read(const struct law_file *files, size_t count, struct catalogue *catalogue, struct err *err)
{
    struct list *lists = ARENA_ARRAY(&catalogue->arena, struct list, count);
    if (!lists)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        int r = list_read(&files[i], &catalogue->arena, &lists[i], err);
        if (r < 0)
            return r;
    }
    catalogue->lists = lists;
    catalogue->list_count = count;
    return 0;
}

static int entry_check(const struct yaml *node, const struct catalogue *catalogue, struct err *err)
{
    const struct yaml *norm = yaml_get(node, "norm"), *who = yaml_get(node, "who");
    if (norm && !catalogue_norm_last(catalogue, norm->text))
        return yaml_refuse(norm, err, "law_unknown_reference", "norm %.80s", norm->text);
    if (who && who->kind != YAML_SEQUENCE)
        return yaml_refuse(who, err, "yaml_wrong_type", "who");
    const struct list *roles = catalogue_list(catalogue, "roles");
    for (size_t i = 0; who && i < who->count; i++) {
        const struct yaml *role = who->items[i];
        if (role->kind != YAML_SCALAR)
            return yaml_refuse(role, err, "yaml_wrong_type", "who");
        if (!list_find(roles, role->text))
            return yaml_refuse(role, err, "law_unknown_reference", "role %.60s", role->text);
    }
    return 0;
}

int lists_check(const struct law_file *files, size_t count, const struct catalogue *catalogue, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < files[i].root->count; j++) {
            int r = entry_check(files[i].root->items[j], catalogue, err);
            if (r < 0)
                return r;
        }
    }
    return 0;
}
