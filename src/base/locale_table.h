/* The compiled texts, generated from locales/: for locale.c alone. */
#ifndef TALAP_BASE_LOCALE_TABLE_H
#define TALAP_BASE_LOCALE_TABLE_H

#include "base/lang.h"
#include "locale_keys.h"

struct locale_row {
    const char *key; /* "complain.title" */
    struct text3 words;
};

/* In the order of enum text_key, which is that of the keys by strcmp. */
extern const struct locale_row locale_table[T_COUNT];

#endif
