/* Looking things up in a procedure, and writing a case's number. Reading procedures from YAML is load_procedure.c. */
#include "law/procedure.h"

#include <stdlib.h>
#include <string.h>

const struct procedure_act *procedure_act_find(const struct procedure *procedure, const char *id)
{
    for (size_t i = 0; i < procedure->act_count; i++) {
        if (strcmp(procedure->acts[i].id, id) == 0)
            return &procedure->acts[i];
    }
    return NULL;
}

int procedure_state_find(const struct procedure *procedure, const char *id)
{
    for (size_t i = 0; i < procedure->state_count; i++) {
        if (strcmp(procedure->states[i].id, id) == 0)
            return (int)i;
    }
    return -1;
}

bool procedure_state_rests(const struct procedure *procedure, int state)
{
    return procedure->states[state].final || procedure->states[state].standing;
}

const struct procedure_clock *procedure_clock_find(const struct procedure *procedure, const char *id)
{
    for (size_t i = 0; i < procedure->clock_count; i++) {
        if (strcmp(procedure->clocks[i].id, id) == 0)
            return &procedure->clocks[i];
    }
    return NULL;
}

bool words_have(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

static const struct field *field_among(const struct field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    }
    return NULL;
}

const struct field *procedure_field_find(const struct procedure *procedure, const char *name)
{
    const struct field *found = field_among(procedure->fields, procedure->field_count, name);
    for (size_t i = 0; !found && i < procedure->act_count; i++)
        found = field_among(procedure->acts[i].fields, procedure->acts[i].field_count, name);
    return found;
}

bool procedure_clock_starts_on(const struct procedure_clock *clock, const char *event)
{
    return words_have(clock->starts_on, clock->starts_on_count, event);
}

bool procedure_act_allowed(const struct procedure_act *act, int state, const char *role)
{
    bool from = false;
    for (size_t i = 0; i < act->from_count; i++)
        from = from || act->from[i] == state;
    return from && words_have(act->by, act->by_count, role);
}

int procedure_number_year(const struct procedure *procedure, int year)
{
    return strstr(procedure->number, "{year}") ? year : 0;
}

char *procedure_number(const struct procedure *procedure, int year, int64_t seq, struct arena *arena)
{
    const char *text = "";
    const char *rest = procedure->number;
    while (text && *rest) {
        size_t plain = strcspn(rest, "{");
        if (plain > 0) {
            text = arena_printf(arena, "%s%.*s", text, (int)plain, rest);
        } else if (strncmp(rest, "{year}", 6) == 0) {
            text = arena_printf(arena, "%s%04d", text, year);
            plain = 6;
        } else { /* {seq} or {seq:6}: the catalogue refuses anything else */
            int width = rest[4] == ':' ? rest[5] - '0' : 1;
            text = arena_printf(arena, "%s%0*lld", text, width, (long long)seq);
            plain = strcspn(rest, "}") + 1;
        }
        rest += plain;
    }
    /* The pattern is never empty, so this is arena memory. */
    return (char *)text;
}

bool effect_of_person(const char *word)
{
    static const char *const effects[] = {
        "identify",         "withdraw",         "restore_consent", "block",  "unblock", "destroy",       "object",
        "uphold_objection", "reject_objection", "disclose",        "change", "remove",  "drop_objection"};

    return words_have(effects, sizeof(effects) / sizeof(effects[0]), word);
}

bool effect_known(const char *word)
{
    return effect_of_person(word) || strcmp(word, "answer_with_figures") == 0;
}

bool procedure_of_person(const struct procedure *procedure)
{
    bool is = procedure->of_person || (procedure->open_to & OPENER_PERSON) != 0 || procedure->effect != NULL;

    for (size_t i = 0; i < procedure->act_count; i++)
        is = is || (procedure->acts[i].effect && effect_of_person(procedure->acts[i].effect));
    return is;
}
