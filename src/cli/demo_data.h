/* What demo/complaints.yaml holds, read and ready. Private to the demo. */
#ifndef TALAP_CLI_DEMO_DATA_H
#define TALAP_CLI_DEMO_DATA_H

#include "cases/cases.h"

#define DEMO_MEASURES_MAX 4

struct demo_sample {
    enum lang lang;
    const char *about, *category, *path; /* category and path: NULL when not given */
    const char *text, *decision, *reasons;
    size_t measure_count;
    const char *measures[DEMO_MEASURES_MAX];
};
struct demo_words {
    size_t count;
    const char **texts;
};
struct demo_account {
    const char *login, *name, *email, *roles;
    enum lang lang;
};
struct demo_data {
    struct organisation organisation;
    size_t account_count;
    struct demo_account *accounts;
    struct demo_words names[LANG_COUNT], surnames[LANG_COUNT], mailboxes[LANG_COUNT];
    struct demo_words greetings[LANG_COUNT], closings[LANG_COUNT];
    struct demo_words notes[LANG_COUNT]; /* none in English: colleagues write Kazakh or Russian */
    size_t sample_count;
    struct demo_sample *samples;
    const void *screenshot;
    size_t screenshot_len;
};
/* Everything lives in the arena. ERR_BAD_INPUT "demo_malformed" and the errors of base/yaml. */
int demo_data_load(const char *dir, struct arena *arena, struct demo_data *ret, struct err *err) WARN_UNUSED;

#endif
