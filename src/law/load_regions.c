/* law/regions.yaml. A region's number is written down with every count of showings there, so it is said in the file and
 * not taken from the place in it. */
#include "law/load.h"

#include <string.h>

static bool digits(const char *text, size_t count)
{
    return strlen(text) == count && strspn(text, "0123456789") == count;
}

/* "KZ-75": the country and what ISO 3166-2 calls its subdivision. */
static bool code_valid(const char *id)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    return strlen(id) >= 4 && strlen(id) <= 6 && strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2 && id[2] == '-' &&
           id[3 + strspn(id + 3, allowed)] == '\0';
}

static int region_read(const struct yaml *node, struct region *ret, struct err *err)
{
    static const char *const keys[] = {"region", "number", "kato", "title", NULL};
    struct region region = {0};
    int64_t number = 0;
    int r = load_mapping(node, keys, err);

    if (r == 0)
        r = yaml_read_text(node, "region", true, &region.id, err);
    if (r == 0 && !code_valid(region.id))
        return yaml_refuse(load_at(node, "region"), err, "law_bad_value", "region: %.20s", region.id);
    if (r == 0)
        r = load_number(node, "number", true, 1, REGION_NUMBER_MAX, &number, err);
    if (r == 0)
        r = yaml_read_text(node, "kato", false, &region.kato, err);
    if (r == 0 && region.kato && !digits(region.kato, 9))
        return yaml_refuse(load_at(node, "kato"), err, "law_bad_value", "kato: %.20s", region.kato);
    if (r == 0)
        r = load_text3(node, "title", true, &region.title, err);
    if (r < 0)
        return r;
    region.number = (int)number;
    *ret = region;
    return 0;
}

static bool same_region(const struct region *a, const struct region *b)
{
    return strcmp(a->id, b->id) == 0 || a->number == b->number || (a->kato && b->kato && strcmp(a->kato, b->kato) == 0);
}

int regions_read(const struct law_file *file, struct catalogue *catalogue, struct err *err)
{
    const struct yaml *root = file->root;
    if (root->kind != YAML_SEQUENCE)
        return yaml_refuse(root, err, "yaml_wrong_type", "a sequence");
    struct region *regions = ARENA_ARRAY(&catalogue->arena, struct region, root->count);
    if (!regions)
        return err_memory(err);
    for (size_t i = 0; i < root->count; i++) {
        int r = region_read(root->items[i], &regions[i], err);
        if (r < 0)
            return r;
        for (size_t j = 0; j < i; j++) {
            if (same_region(&regions[j], &regions[i]))
                return yaml_refuse(root->items[i], err, "law_twice", "%s", regions[i].id);
        }
    }
    catalogue->regions = regions;
    catalogue->region_count = root->count;
    return 0;
}
