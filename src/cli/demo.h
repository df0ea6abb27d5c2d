/* The example installation that `talap demo` fills a new store with: an invented platform, an authorised body and a
 * carrier under one roof, invented people, two years of every procedure, lived through the real engine at past times.
 */
#ifndef TALAP_CLI_DEMO_H
#define TALAP_CLI_DEMO_H

#include "cases/cases.h"

/* Of every demo account: told on the terminal and on the sign-in page, so it protects nothing. */
#define DEMO_PASSWORD "demo-alan-2026"
/* The setting that marks a store filled by `talap demo`: the addresses, a JSON list, by which its invented people enter
 * their cabinets. */
#define DEMO_SETTING "demo"
#define DEMO_ACCOUNTS_MAX 12
#define DEMO_CABINETS_MAX 4

struct demo_report {
    bool filled; /* false: the store has accounts already, and nothing was done */
    int64_t cases, acts;
    size_t cabinet_count;
    char cabinets[DEMO_CABINETS_MAX][64]; /* addresses of people who have something to see */
    size_t account_count;
    struct {
        char login[33], roles[64];
    } accounts[DEMO_ACCOUNTS_MAX];
};

/* `dir` holds complaints.yaml, plots.yaml, platform.yaml, authority.yaml, people.yaml, ads.yaml,
 * processing.json and screenshot.png. The same data, the same moment and the same law give the same story; ids, salts
 * and keys are new each time. Some seconds. ERR_BAD_INPUT "demo_malformed" (arg: the place) with the data that do not
 * fit the law. */
int demo_fill(const struct office *office, const char *dir, int64_t now_usec, struct demo_report *ret,
              struct err *err) WARN_UNUSED;

#endif
