/* A body of advertisements: read, checked and made ready to be kept, all before the writer's turn. */
#ifndef TALAP_ADVERTS_INTAKE_H
#define TALAP_ADVERTS_INTAKE_H

#include "adverts/adverts.h"

#define ADVERTS_A_FILE 200000 /* of newline JSON; of other JSON ADVERTS_A_CALL */
#define INTAKE_TOLD 100       /* refusals, and unlawful ones, at most */

struct advert_ids;
struct intake_rules {
    const struct advert_rules *rules; /* of the check */
    const struct advert_ids *known;   /* whose own ids are taken; NULL: nobody's */
    enum lang lang;                   /* of what is told of unlawful ones */
    int32_t today;
    int64_t now_usec;
    const char *id; /* of the one that is changed, with the version it becomes; NULL: all are new */
    int64_t version;
};
/* One that its check refuses and that was not published yet. */
struct intake_unlawful {
    const char *field;  /* "ads.17", "lines.18", "" for the only one */
    const char *own_id; /* or NULL */
    const char *result; /* JSON of advert_result_write, in the language */
};
struct intake {
    struct advert_new *adverts;
    size_t count;
    bool alone;            /* one object was given, not a list */
    size_t unlawful_count; /* of these at most INTAKE_TOLD are told */
    const struct intake_unlawful *unlawful;
};
/* `text` (text[count] is readable and NUL) is changed. With `lines` it is newline JSON, one a line, empty lines left
 * out; else one object or {"ads": [1…10 000]}. What is made ready is in the arena, which takes about twice the body.
 * Everything that is refused goes to `errors` by its path, the first hundred: what advert_read refuses,
 * "json_malformed" of a line, "advert_known" (arg: the own id) twice in the body or kept already, "advert_too_old"
 * where the year after its last day is over. Then -ERR_BAD_INPUT "fields_refused". ERR_MALFORMED "json_malformed";
 * ERR_BAD_INPUT "adverts_none", "adverts_too_many". Unlawful ones are no refusal here: the caller looks at
 * unlawful_count. */
int intake_read(const struct intake_rules *rules, bool lines, char *text, size_t count, struct arena *arena,
                struct intake *ret, struct field_errors *errors, struct err *err) WARN_UNUSED;

#endif
