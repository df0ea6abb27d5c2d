/* What stories do beside cases: consents, values, looks, transfers, holds, and destructions carried through. Private to
 * the demo. */
#ifndef TALAP_CLI_DEMO_DEEDS_H
#define TALAP_CLI_DEMO_DEEDS_H

#include "cli/demo_life.h"

enum demo_deed_kind { DEED_NONE, DEED_CONSENT, DEED_VALUE, DEED_LOOK, DEED_TRANSFER, DEED_HOLD, DEED_DESTRUCTION };
struct demo_deed {
    enum demo_deed_kind kind;
    const char *what; /* the purpose agreed to, the value, "data" or "consents", the recipient, the hold's norm */
    struct person_names names;
    enum lang lang;
    const char *purpose; /* of a value or transfer */
    size_t category_count;
    const char *const *categories;
    const char *source, *reason; /* of a value; of a hold */
    int64_t consent;             /* of a transfer; -1: none */
    const struct actor *actor;
};
struct demo_done {
    int64_t leaf;              /* the consent's */
    struct case_opened opened; /* by a transfer, or with an empty id */
};
/* "consent", "value", "look", "transfer", "hold", "destruction"; DEED_NONE for any other word. */
enum demo_deed_kind demo_deed_parse(const char *word);
/* A destruction takes every one that was begun to its end, in no command (demo_step.alone). */
int demo_deed_do(struct demo *demo, struct tx *tx, const struct demo_deed *deed, int64_t at_usec, struct demo_done *ret,
                 struct err *err) WARN_UNUSED;

#endif
