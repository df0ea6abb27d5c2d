/* What a file of rules is in memory. Private to rules.c and rules_load.c. */
#ifndef TALAP_PERSONS_RULES_PARTS_H
#define TALAP_PERSONS_RULES_PARTS_H

#include "base/yaml.h"
#include "persons/rules.h"

/* Sorted by bytes, each once. */
struct word_set {
    size_t count;
    const char *const *words;
};
/* `words` is sorted in place. */
struct word_set word_set_make(const char **words, size_t count);
bool word_set_has(const struct word_set *set, const char *word);

struct typed_set { /* ids of a type: a group, or all that the file names */
    const char *name;
    const char *type;
    struct word_set ids;
};

enum place_side { PLACE_SUBJECT, PLACE_ACTION, PLACE_RESOURCE, PLACE_CONTEXT };
enum place_what { PLACE_ID, PLACE_TYPE, PLACE_PROPERTY };
struct place {
    enum place_side side;
    enum place_what what;
    size_t step_count;
    const char *const *steps; /* of the property's path */
};

enum condition_kind {
    CONDITION_EQUAL,
    CONDITION_ONE_OF,
    CONDITION_HAS,
    CONDITION_NONE_OF,
    CONDITION_SAME,
    CONDITION_IN,
    CONDITION_PRESENT,
    CONDITION_ABSENT
};
struct condition {
    struct place of;
    enum condition_kind kind;
    const struct json_cell *value; /* ONE_OF and NONE_OF: an array */
    struct place other;
};

struct rule_side {
    bool typed, named, grouped; /* which of the following is said */
    struct word_set types, ids;
    size_t group_count;
    const struct typed_set *const *groups;
};
struct rule {
    const char *id;
    bool forbids;
    struct rule_side subject, action, resource;
    size_t condition_count;
    const struct condition *conditions;
};

struct entity {
    const char *type, *id;
    const struct json_cell *properties; /* or NULL */
};
struct rules_of { /* of a type of resource, in the order of the file, those that forbid first */
    const char *type;
    size_t count;
    const struct rule *const *rules;
};

struct rules {
    struct arena arena;
    size_t entity_count, group_count, rule_count, of_count, named_count;
    struct entity *entities; /* by type, then id */
    struct typed_set *groups;
    struct rule *rules;
    struct rules_of *of;     /* by type */
    struct typed_set *named; /* by type: ids for searches */
    struct word_set actions;
};

/* Fills `rules` from the file's tree. */
int rules_read(const struct yaml *root, struct rules *rules, struct err *err) WARN_UNUSED;
int entity_compare(const void *a, const void *b);

#endif
