/* Whom a line names. The forms do not overlap: only an e-mail has an @, a phone begins with a plus, an 8 or a 7 and has
 * eleven digits or more, an IIN has twelve with the right control digit; the rest is an identifier. */
#include "persons/name_given.h"
#include "cases/record.h"
#include <string.h>

/* The line in the canonical form of that type; NULL where it is no such thing. */
static const char *as_type(enum field_type type, const char *line, struct arena *arena)
{
    const struct field field = {.name = "name", .type = type};
    const struct raw_value raw = {.name = "name", .kind = RAW_STRING, .count = 1, .texts = &line};
    const struct field_value *values;
    struct field_errors errors;
    struct err ignored = {0};

    field_errors_init(&errors, arena);
    if (fields_validate(&field, 1, &raw, 1, NULL, NULL, NULL, arena, &values, &errors, &ignored) < 0)
        return NULL;
    return values[0].count == 1 ? values[0].texts[0] : NULL;
}

int person_by_line(struct tx *tx, const struct office *office, const char *line, struct arena *arena,
                   struct person *ret, struct err *err)
{
    struct person_names names = {.email = as_type(FIELD_EMAIL, line, arena)};
    bool found = false;
    int r;

    if (names.email == NULL)
        names.iin = as_type(FIELD_IIN, line, arena);
    if (names.email == NULL && names.iin == NULL)
        names.phone = as_type(FIELD_PHONE, line, arena);
    if (names.email != NULL || names.iin != NULL || names.phone != NULL) {
        r = person_find(tx, office, &names, arena, ret, &found, err);
        if (r < 0 || found)
            return r;
    }
    /* An identifier of digits alone may look like a phone. */
    if (names.email == NULL && names.iin == NULL && strlen(line) <= 64)
        return person_get(tx, line, arena, ret, err);
    return err_set(err, ERR_NOT_FOUND, "person_unknown", NULL);
}
