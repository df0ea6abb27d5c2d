/* A store of many people and consents for the bench. Person N is called "client-N", has a consent for each of some of
 * the purposes "purpose_1" … "purpose_8", and one of sixteen consents says yes to processing alone. */
#ifndef TALAP_TESTS_BENCH_PEOPLE_H
#define TALAP_TESTS_BENCH_PEOPLE_H

#include "persons/decide.h"
#include <sqlite3.h>

#define PURPOSES 8

/* Runs SQL; ends the program when it fails. */
void people_sql(sqlite3 *db, const char *text);
void people_name(int64_t person, char ret[static 32]);
/* The consents of one person are of different purposes, and lie far apart. */
unsigned people_purpose_of(int64_t person, int64_t round);
/* Fills a new store at `path`, without anybody in it. */
sqlite3 *people_fill(const char *path, const struct catalogue *catalogue, const struct keyring *keyring, int64_t people,
                     int64_t consents);

#endif
