/* What the sample page shows. */
#ifndef TALAP_TESTS_SAMPLE_H
#define TALAP_TESTS_SAMPLE_H

#include "base/html.h"
#include "base/lang.h"
#include <stdint.h>

struct sample {
    const char *name;
    int64_t number, at_usec;
    struct text3 title;
    struct html chart;
    const char *const *items;
    size_t item_count;
};

#endif
