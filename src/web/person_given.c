/* Whose case it is: see the header. */
#include "web/person_given.h"
#include "persons/name_given.h"
#include <string.h>

#define ROLES (ROLE_ADMIN | ROLE_RESPONSIBLE | ROLE_SERVICE)

bool person_may_be_given(const struct request *request, const struct procedure *procedure)
{
    const struct actor *actor = &request->actor;
    bool works = actor->kind == ACTOR_ACCOUNT || actor->kind == ACTOR_TOKEN;
    for (size_t i = 0; i < procedure->field_count; i++)
        if (strcmp(procedure->fields[i].name, PERSON_GIVEN) == 0)
            return false;
    return works && (actor->roles & ROLES) != 0 && procedure_of_person(procedure);
}

bool person_must_be_given(const struct procedure *procedure)
{
    return procedure->effect != NULL && (procedure->open_to & OPENER_PUBLIC) == 0;
}

static int refuse(struct request *request, const char *code, struct err *err)
{
    field_errors_add(&request->errors, PERSON_GIVEN, code, NULL);
    return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
}

/* The person of one line; `*subject_id` is who the lines before led to, or NULL. */
static int take_line(struct request *request, const char *line, const char **subject_id, struct err *err)
{
    struct person person;
    struct err why = {0};
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    r = person_by_line(tx, request->office, line, &request->arena, &person, &why);
    if (r == -ERR_NOT_FOUND)
        return refuse(request, "person_unknown", err);
    if (r < 0) {
        *err = why;
        return r;
    }
    if (*subject_id != NULL && strcmp(*subject_id, person.subject_id) != 0)
        return refuse(request, "person_names_differ", err);
    *subject_id = person.subject_id;
    return 0;
}

static int take_names(struct request *request, const json_t *names, const char **subject_id, struct err *err)
{
    static const char *const known[] = {"id", "email", "phone", "iin"};
    const char *name;
    json_t *value;
    int r = 0;
    if (json_object_size(names) == 0)
        return refuse(request, "required", err);
    json_object_foreach((json_t *)names, name, value)
    {
        if (!words_have(known, sizeof known / sizeof known[0], name))
            return refuse(request, "unknown_field", err);
        if (!json_is_string(value))
            return refuse(request, "wrong_type", err);
        r = take_line(request, json_string_value(value), subject_id, err);
        if (r < 0)
            return r;
    }
    return r;
}

int person_given(struct request *request, const struct procedure *procedure, const char **ret_subject_id,
                 struct err *err)
{
    const json_t *member = request->json == NULL ? NULL : json_object_get(request->json, PERSON_GIVEN);
    const char *line = member != NULL ? json_string_value(member) : request_form(request, PERSON_GIVEN);
    const char *subject_id = NULL;
    int r = 0;
    if (json_is_object(member))
        r = take_names(request, member, &subject_id, err);
    else if (member != NULL && line == NULL)
        r = refuse(request, "wrong_type", err);
    else if (line != NULL && line[strspn(line, " ")] != '\0')
        r = take_line(request, line, &subject_id, err);
    else if (person_must_be_given(procedure))
        r = refuse(request, "required", err);
    if (r == 0)
        *ret_subject_id = subject_id;
    return r;
}
