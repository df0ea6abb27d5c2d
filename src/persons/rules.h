/* The operator's own rules of access, from a YAML file: who may do what to which things, by type, id, group and
 * properties. They decide about every type of resource but "person", whose law no rule can loosen; a forbidding rule
 * may tighten it.
 *
 *   groups:                                      named sets of ids of one type; `with` takes in other groups
 *     editors: {type: user, of: [morty, summer], with: [admins]}
 *   entities:                                    what is known of a thing without being told; what searches look
 * through
 *     - {type: user, id: morty, properties: {email: morty@the-citadel.com, roles: [editor]}}
 *   rules:
 *     - id: own_todo
 *       effect: permit                           or forbid
 *       subject: {type: user, in: editors}
 *       action: [can_update_todo, can_delete_todo]
 *       resource: {type: todo, properties: {ownerID: {same: subject.properties.email}}}
 *       context: {channel: office}
 *
 * A rule holds when all it says holds. subject, resource: {type, id, in (group), properties}; each of type, id and in
 * one word or a list. action: a name, a list of names, or {name, properties}. resource.type must be there; what else is
 * absent holds for all. A property, named by a path with dots, is compared with
 *
 *   a value            equal to it          [values]        equal to one of them
 *   {has: value}       a list that has it   {not: value(s)} is there, and none of them
 *   {same: PLACE}      equal to that        {in: PLACE}     one of the list there
 *   {present: true}    is there             {present: false} is not
 *
 * with PLACE: subject.id, subject.type, subject.properties.PATH, the same of resource, action.name,
 * action.properties.PATH or context.PATH. A property that is not there satisfies nothing but {present: false}. What the
 * question says of a property counts before what the file says of the entity.
 *
 * Nothing is permitted but what a rule permits, and nothing that a rule forbids. */
#ifndef TALAP_PERSONS_RULES_H
#define TALAP_PERSONS_RULES_H

#include "base/json_tape.h"
#include <stdbool.h>

struct rules; /* immutable once loaded; any thread */
/* Refuses with "file:line": the codes of yaml.h, and "rules_value" (a form that is none of the above),
 * "rules_duplicate" (an id of a rule, a group or an entity twice), "rules_group_unknown", "rules_group_circle",
 * "rules_permit_person". */
int rules_load(const char *path, struct rules **ret, struct err *err) WARN_UNUSED;
int rules_parse(const char *name, const char *bytes, size_t count, struct rules **ret, struct err *err) WARN_UNUSED;
void rules_free(struct rules *rules); /* NULL-safe */

struct rules_side {
    const char *type, *id;              /* of an action: NULL, its name */
    const struct json_cell *properties; /* an object, or NULL */
};
struct rules_question {
    struct rules_side subject, action, resource;
    const struct json_cell *context; /* an object, or NULL */
};
enum rules_answer { RULES_SILENT, RULES_PERMIT, RULES_FORBID };
/* *ret_rule: the id of the first forbidding rule that holds, else of the first permitting one; NULL when none does. */
enum rules_answer rules_decide(const struct rules *rules, const struct rules_question *question, const char **ret_rule);
/* Is there a rule about this type of resource? Without one, a question about "person" need not be asked here. */
bool rules_speak_of(const struct rules *rules, const char *resource_type);

/* For searches, in the order of their ids: ids of a type that the file names anywhere (entities, groups, rules), and
 * the names of actions that it names. */
size_t rules_ids(const struct rules *rules, const char *type, const char *const **ret);
size_t rules_actions(const struct rules *rules, const char *const **ret);
bool rules_know_action(const struct rules *rules, const char *action);

#endif
