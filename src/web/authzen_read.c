/* A question of AuthZEN from its JSON: what must be there is there and of its type, what is unknown is passed by. */
#include "web/authzen.h"

static bool fault(struct authzen_fault *ret, const char *code, const char *place)
{
    *ret = (struct authzen_fault){code, place};
    return false;
}

/* The member of the object, else of the defaults. */
static const struct json_cell *pick(const struct json_cell *object, const struct json_cell *defaults, const char *key)
{
    const struct json_cell *own = json_cell_member(object, key);
    return own != NULL ? own : json_cell_member(defaults, key);
}

static bool read_text(const struct json_cell *entity, const char *key, const char *place, const char **ret,
                      struct authzen_fault *ret_fault)
{
    const struct json_cell *cell = json_cell_member(entity, key);
    if (cell == NULL)
        return fault(ret_fault, "authzen_missing", place);
    if (!json_cell_is_text(cell))
        return fault(ret_fault, "authzen_wrong_type", place);
    *ret = cell->text;
    return true;
}

struct places {
    const char *whole, *type, *id, *properties;
};

static bool read_side(const struct json_cell *entity, const struct places *places, const char *id_key, bool open,
                      struct rules_side *ret, struct authzen_fault *ret_fault)
{
    if (entity == NULL)
        return fault(ret_fault, "authzen_missing", places->whole);
    if (!json_cell_is_object(entity))
        return fault(ret_fault, "authzen_wrong_type", places->whole);
    *ret = (struct rules_side){NULL, NULL, json_cell_member(entity, "properties")};
    if (places->type != NULL && !read_text(entity, "type", places->type, &ret->type, ret_fault))
        return false;
    if (!open && !read_text(entity, id_key, places->id, &ret->id, ret_fault))
        return false;
    if (ret->properties != NULL && !json_cell_is_object(ret->properties))
        return fault(ret_fault, "authzen_wrong_type", places->properties);
    return true;
}

bool authzen_read(const struct json_cell *object, const struct json_cell *defaults, unsigned open,
                  struct rules_question *ret, struct authzen_fault *ret_fault)
{
    static const struct places subject = {"subject", "subject.type", "subject.id", "subject.properties"},
                               action = {"action", NULL, "action.name", "action.properties"},
                               resource = {"resource", "resource.type", "resource.id", "resource.properties"};
    if (!json_cell_is_object(object))
        return fault(ret_fault, "authzen_wrong_type", "evaluations");
    *ret = (struct rules_question){.context = pick(object, defaults, "context")};
    if (ret->context != NULL && !json_cell_is_object(ret->context))
        return fault(ret_fault, "authzen_wrong_type", "context");
    return read_side(pick(object, defaults, "subject"), &subject, "id", (open & OPEN_SUBJECT) != 0, &ret->subject,
                     ret_fault) &&
           ((open & OPEN_ACTION) != 0 ||
            read_side(pick(object, defaults, "action"), &action, "name", false, &ret->action, ret_fault)) &&
           read_side(pick(object, defaults, "resource"), &resource, "id", (open & OPEN_RESOURCE) != 0, &ret->resource,
                     ret_fault);
}
