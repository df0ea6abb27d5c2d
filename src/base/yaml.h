/* YAML read by libfyaml under our rules: no aliases, anchors or tags, no duplicate keys; every complaint says
 * "file:line". The tree is plain structs in an arena, so that no other room sees libfyaml. */
#ifndef TALAP_BASE_YAML_H
#define TALAP_BASE_YAML_H

#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml {
    enum yaml_kind kind;
    const char *file;          /* as given to yaml_load */
    int line;                  /* from 1 */
    const char *text;          /* scalar: its text */
    bool quoted;               /* scalar: written with quotes or as a block, so never a number, boolean or null */
    size_t count;              /* sequence: items; mapping: pairs */
    const char **keys;         /* mapping: in order of the file */
    const struct yaml **items; /* sequence items or mapping values */
};

/* Reads a file. Errors: ERR_UNAVAILABLE "file_unreadable"; ERR_BAD_INPUT "yaml_malformed" with arg "file:line: why".
 * A file over `limit_bytes` is refused. */
int yaml_load(const char *path, size_t limit_bytes, struct arena *arena, const struct yaml **ret,
              struct err *err) WARN_UNUSED;
/* The same from memory; `name` stands for the file in errors. */
int yaml_parse(const char *name, const char *bytes, size_t count, struct arena *arena, const struct yaml **ret,
               struct err *err) WARN_UNUSED;

/* The value of a key, or NULL. `node` may be NULL. */
const struct yaml *yaml_get(const struct yaml *node, const char *key);
/* Fails (ERR_BAD_INPUT "yaml_unknown_key", arg "file:line: key") when the mapping has a key not in the NULL-ended list.
 */
int yaml_only_keys(const struct yaml *node, const char *const *allowed, struct err *err) WARN_UNUSED;
/* Typed reads of a mapping's value. `required` false: a missing key leaves *ret alone and succeeds. All errors name
 * file:line and key: "yaml_missing_key", "yaml_wrong_type". */
int yaml_read_text(const struct yaml *node, const char *key, bool required, const char **ret,
                   struct err *err) WARN_UNUSED;
int yaml_read_int(const struct yaml *node, const char *key, bool required, int64_t *ret, struct err *err) WARN_UNUSED;
int yaml_read_bool(const struct yaml *node, const char *key, bool required, bool *ret, struct err *err) WARN_UNUSED;
/* A general refusal at a node: ERR_BAD_INPUT, `code`, arg "file:line: …". Returns -ERR_BAD_INPUT. */
int yaml_refuse(const struct yaml *node, struct err *err, const char *code, const char *fmt, ...) PRINTF_LIKE(4, 5);

#endif
