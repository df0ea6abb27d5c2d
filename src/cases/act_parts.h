/* An act between its preparation (act_prepare.c) and its writing (act.c). Private to the room. */
#ifndef TALAP_CASES_ACT_PARTS_H
#define TALAP_CASES_ACT_PARTS_H

#include "cases/parts.h"

struct act_prepared {
    const char *case_id;
    const struct procedure *procedure;
    const struct procedure_act *act;
    int64_t expected_version;
    struct actor actor;
    struct value_parts values;
    struct attachment_sealed *files;
    size_t file_count;
    const char *assignee; /* of "assign"; NULL: nobody */
    bool has_email;       /* an act that tells the opener can reach it */
    struct repeat repeat;
};

#endif
