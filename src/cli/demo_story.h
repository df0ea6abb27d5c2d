/* Stories while they are told, and the words in them. Private to the demo (demo_story.c, demo_words.c). */
#ifndef TALAP_CLI_DEMO_STORY_H
#define TALAP_CLI_DEMO_STORY_H

#include "base/yaml.h"
#include "cli/demo_life.h"

#define STORIES_MAX 2000
#define CASES_MAX 16 /* of one story */
#define VALUES_MAX 24
#define PERSON_IDS ((size_t)500000) /* the operator's ids of the people of stories begin here */
#define MINUTE (60 * USEC_PER_SEC)

struct told_case {
    const char *name;
    const struct procedure *procedure;
    int64_t opened_usec; /* as planned */
    char id[ID_TEXT], number[64];
};
struct stories;
struct story {
    struct stories *all;
    const struct yaml *node;
    enum lang lang;
    size_t index, one, other, person, surname;
    uint32_t digits;
    size_t case_count;
    struct told_case cases[CASES_MAX];
};
struct stories {
    const struct yaml *plots, *own; /* own: of the file that is being read, or NULL */
    size_t count;
    struct story *items[STORIES_MAX];
};
struct telling {
    struct demo *demo;
    const struct story *story;
    int64_t at_usec;
};
/* A text of the mapping; NULL where it has none of that key. */
const char *text_in(const struct yaml *node, const char *key);
/* NULL: nobody is called so. */
const struct actor *actor_called(const struct demo *demo, const struct story *story, const char *word);
/* The text with every ${word} in place; NULL where one says nothing. `depth` 0. */
const char *expand(const struct telling *telling, const char *text, int depth);
/* The `values` of a step. */
int values_of(const struct telling *telling, const struct yaml *step, struct raw_value raw[VALUES_MAX],
              size_t *ret_count, struct err *err) WARN_UNUSED;

#endif
