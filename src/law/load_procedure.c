/* A procedure out of YAML, checked as a whole: every word in it that names something must name something that is
 * there, every state must be reachable and lead somewhere or be final. What passes here can be run without surprises.
 */
#include "law/load.h"

#include <string.h>

struct reading {
    const struct yaml *root;
    const struct catalogue *catalogue;
    struct arena *arena;
    struct procedure procedure;
    struct procedure_state *states;
    struct procedure_clock *clocks;
    struct procedure_act *acts;
    struct err *err;
};

static int open_to_read(struct reading *reading)
{
    static const char *const words[] = {"public", "staff", "api", "person", "system"};
    static const unsigned bits[] = {OPENER_PUBLIC, OPENER_STAFF, OPENER_API, OPENER_PERSON, OPENER_SYSTEM};
    size_t count = 0;
    const char *const *given = NULL;
    int r = load_words(reading->root, "open_to", true, reading->arena, &count, &given, reading->err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        unsigned bit = 0;
        for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++)
            bit |= strcmp(words[j], given[i]) == 0 ? bits[j] : 0;
        if (!bit)
            return yaml_refuse(load_at(reading->root, "open_to"), reading->err, "law_bad_value", "open_to: %.40s",
                               given[i]);
        reading->procedure.open_to |= bit;
    }
    return r;
}

/* Who opens a case on the organisation's behalf. Without staff among those it is open to there is nobody to name, and
 * the public needs no role. */
static int opened_by_read(struct reading *reading)
{
    struct procedure *procedure = &reading->procedure;
    const struct yaml *root = reading->root, *at = load_at(root, "opened_by");
    bool staff = (procedure->open_to & OPENER_STAFF) != 0;
    int r = load_words(root, "opened_by", staff, reading->arena, &procedure->opened_by_count, &procedure->opened_by,
                       reading->err);
    for (size_t i = 0; r == 0 && i < procedure->opened_by_count; i++) {
        if (!role_works(procedure->opened_by[i]))
            r = yaml_refuse(at, reading->err, "law_unknown_reference", "role %.60s", procedure->opened_by[i]);
    }
    if (r == 0 && !staff && procedure->opened_by_count > 0 && (procedure->open_to & OPENER_API) == 0)
        r = yaml_refuse(at, reading->err, "law_bad_value", "opened_by: open_to has neither staff nor api");
    return r;
}

/* Plain text with {seq} or {seq:N} (N from 1 to 9) exactly once and {year} at most once. */
static bool number_valid(const char *pattern)
{
    int seqs = 0, years = 0;
    for (const char *c = pattern; *c; c++) {
        if (*c == '}')
            return false;
        if (*c != '{')
            continue;
        if (strncmp(c, "{year}", 6) == 0) {
            years++;
            c += 5;
        } else if (strncmp(c, "{seq}", 5) == 0) {
            seqs++;
            c += 4;
        } else if (strncmp(c, "{seq:", 5) == 0 && c[5] >= '1' && c[5] <= '9' && c[6] == '}') {
            seqs++;
            c += 6;
        } else {
            return false;
        }
    }
    return seqs == 1 && years <= 1 && strlen(pattern) <= 40;
}

static int head_read(struct reading *reading, const struct law_file *file)
{
    static const char *const keys[] = {"procedure", "title",   "summary", "norms",  "run_by",    "open_to", "opened_by",
                                       "number",    "receipt", "letter",  "paper",  "limits",    "decides", "fields",
                                       "states",    "clocks",  "acts",    "effect", "of_person", NULL};
    const struct yaml *root = reading->root;
    struct procedure *procedure = &reading->procedure;
    struct err *err = reading->err;
    procedure->file = file->name;
    int r = load_mapping(root, keys, err);
    if (r == 0)
        r = load_name(root, "procedure", &procedure->id, err);
    if (r == 0 && !load_file_named(file, procedure->id))
        r = yaml_refuse(load_at(root, "procedure"), err, "law_bad_value", "procedure: %s", procedure->id);
    if (r == 0)
        r = load_text3(root, "title", true, &procedure->title, err);
    if (r == 0)
        r = load_text3(root, "summary", true, &procedure->summary, err);
    if (r == 0)
        r = load_text3(root, "receipt", false, &procedure->receipt, err);
    if (r == 0)
        r = load_words(root, "norms", true, reading->arena, &procedure->norm_count, &procedure->norm_ids, err);
    for (size_t i = 0; r == 0 && i < procedure->norm_count; i++) {
        if (!catalogue_norm_last(reading->catalogue, procedure->norm_ids[i]))
            r = yaml_refuse(load_at(root, "norms"), err, "law_unknown_reference", "norm %.80s", procedure->norm_ids[i]);
    }
    if (r == 0)
        r = load_text3(root, "letter", false, &procedure->letter, err);
    if (r == 0)
        r = yaml_read_bool(root, "decides", false, &procedure->decides, err);
    if (r == 0)
        r = effect_read(root, &procedure->effect, err);
    if (r == 0 && procedure->effect && !effect_of_person(procedure->effect))
        r = yaml_refuse(load_at(root, "effect"), err, "law_bad_value", "effect: of an act");
    if (r == 0)
        r = yaml_read_bool(root, "of_person", false, &procedure->of_person, err);
    if (r == 0 && yaml_get(root, "paper"))
        r = load_name(root, "paper", &procedure->paper, err);
    if (r == 0)
        r = load_words(root, "run_by", true, reading->arena, &procedure->run_by_count, &procedure->run_by, err);
    for (size_t i = 0; r == 0 && i < procedure->run_by_count; i++) {
        if (!list_find(catalogue_list(reading->catalogue, "roles"), procedure->run_by[i]))
            r = yaml_refuse(load_at(root, "run_by"), err, "law_unknown_reference", "role %.60s", procedure->run_by[i]);
    }
    if (r == 0)
        r = open_to_read(reading);
    if (r == 0)
        r = opened_by_read(reading);
    if (r == 0)
        r = yaml_read_text(root, "number", true, &procedure->number, err);
    if (r == 0 && !number_valid(procedure->number))
        r = yaml_refuse(load_at(root, "number"), err, "law_bad_value", "number: %.60s", procedure->number);
    return r;
}

static int states_read(struct reading *reading)
{
    static const char *const keys[] = {"state", "title", "public_title", "final", "standing", NULL};
    const struct yaml *items = NULL;
    struct procedure *procedure = &reading->procedure;
    struct err *err = reading->err;
    int r = load_sequence(reading->root, "states", true, &items, err);
    if (r < 0)
        return r;
    if (items->count == 0)
        return yaml_refuse(items, err, "law_empty", "states");
    reading->states = ARENA_ARRAY(reading->arena, struct procedure_state, items->count);
    if (!reading->states)
        return err_memory(err);
    procedure->states = reading->states;
    for (size_t i = 0; i < items->count; i++) {
        const struct yaml *node = items->items[i];
        struct procedure_state state = {0};
        r = load_mapping(node, keys, err);
        if (r == 0)
            r = load_name(node, "state", &state.id, err);
        if (r == 0)
            r = load_text3(node, "title", true, &state.title, err);
        state.public_title = state.title;
        if (r == 0)
            r = load_text3(node, "public_title", false, &state.public_title, err);
        if (r == 0)
            r = yaml_read_bool(node, "final", false, &state.final, err);
        if (r == 0)
            r = yaml_read_bool(node, "standing", false, &state.standing, err);
        if (r == 0 && state.final && state.standing)
            r = yaml_refuse(load_at(node, "standing"), err, "law_bad_value", "standing: final already");
        if (r == 0 && procedure_state_find(procedure, state.id) >= 0)
            r = yaml_refuse(node, err, "law_twice", "%s", state.id);
        if (r < 0)
            return r;
        reading->states[i] = state;
        procedure->state_count = i + 1;
    }
    return 0;
}

static bool clock_norm_runs(const struct catalogue *catalogue, const char *norm_id, bool extensible)
{
    for (size_t i = 0; i < catalogue->norm_count; i++) {
        const struct norm *norm = &catalogue->norms[i];
        if (strcmp(norm->id, norm_id) == 0 && norm->has_clock && (!extensible || norm->clock.extend.times > 0))
            return true;
    }
    return false;
}

static int remind_read(struct reading *reading, const struct yaml *node, struct procedure_clock *clock)
{
    const struct yaml *items = NULL;
    int r = load_sequence(node, "remind", false, &items, reading->err);
    if (r < 0 || !items)
        return r;
    int *days = ARENA_ARRAY(reading->arena, int, items->count);
    if (!days)
        return err_memory(reading->err);
    for (size_t i = 0; i < items->count; i++) {
        const struct yaml *item = items->items[i];
        const char *text = item->kind == YAML_SCALAR && !item->quoted ? item->text : "";
        size_t count = strlen(text);
        int value = 0;
        for (size_t j = 0; j < count && count <= 3 && text[j] >= '0' && text[j] <= '9'; j++)
            value = value * 10 + (text[j] - '0');
        if (count == 0 || count > 3 || text[strspn(text, "0123456789")] != '\0' || value == 0)
            return yaml_refuse(item, reading->err, "law_bad_value", "remind: %.20s", text);
        if (i > 0 && value >= days[i - 1])
            return yaml_refuse(item, reading->err, "law_bad_value", "remind: %d, %d", days[i - 1], value);
        days[i] = value;
    }
    clock->remind_days_before = days;
    clock->remind_count = items->count;
    return 0;
}

/* One key of a clock that names acts; "opened" too where `opened` is set. */
static int clock_events_read(struct reading *reading, const struct yaml *node, const char *key, bool required,
                             bool opened, size_t *ret_count, const char *const **ret)
{
    int r = load_words(node, key, required, reading->arena, ret_count, ret, reading->err);
    for (size_t i = 0; r == 0 && i < *ret_count; i++) {
        const char *event = (*ret)[i];
        if (!(opened && strcmp(event, "opened") == 0) && !procedure_act_find(&reading->procedure, event))
            r = yaml_refuse(load_at(node, key), reading->err, "law_unknown_reference", "act %.60s", event);
    }
    return r;
}

static int clock_read(struct reading *reading, const char *id, const struct yaml *node, struct procedure_clock *ret)
{
    static const char *const keys[] = {"title",     "norm", "from",  "starts_on", "stopped_by",
                                       "voided_by", "if",   "right", "remind",    NULL};
    struct procedure_clock clock = {.id = id};
    struct err *err = reading->err;
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = load_text3(node, "title", true, &clock.title, err);
    if (r == 0)
        r = yaml_read_text(node, "norm", true, &clock.norm_id, err);
    if (r == 0 && !catalogue_norm_last(reading->catalogue, clock.norm_id))
        r = yaml_refuse(load_at(node, "norm"), err, "law_unknown_reference", "norm %.80s", clock.norm_id);
    if (r == 0 && !clock_norm_runs(reading->catalogue, clock.norm_id, false))
        r = yaml_refuse(load_at(node, "norm"), err, "law_no_clock", "%s", clock.norm_id);
    if (r == 0)
        r = yaml_read_text(node, "from", false, &clock.from, err);
    if (r == 0)
        r = clock_events_read(reading, node, "starts_on", true, true, &clock.starts_on_count, &clock.starts_on);
    if (r == 0)
        r = clock_events_read(reading, node, "stopped_by", true, false, &clock.stopped_by_count, &clock.stopped_by);
    if (r == 0)
        r = clock_events_read(reading, node, "voided_by", false, false, &clock.voided_by_count, &clock.voided_by);
    if (r == 0)
        r = conditions_read(node, "if", reading->arena, &clock.condition_count, &clock.conditions, err);
    if (r == 0)
        r = conditions_check(load_at(node, "if"), reading->procedure.fields, reading->procedure.field_count, NULL,
                             clock.conditions, clock.condition_count, err);
    for (size_t i = 0; r == 0 && i < clock.condition_count; i++) {
        /* What only the person's key opens can decide no clock. */
        const struct field *field = procedure_field_find(&reading->procedure, clock.conditions[i].field);
        if (field->personal)
            r = yaml_refuse(load_at(node, "if"), err, "law_unknown_reference", "field %s", field->name);
    }
    if (r == 0)
        r = yaml_read_bool(node, "right", false, &clock.right, err);
    if (r == 0 && clock.right && yaml_get(node, "remind"))
        r = yaml_refuse(load_at(node, "remind"), err, "law_bad_value", "remind: nothing is owed");
    if (r == 0)
        r = remind_read(reading, node, &clock);
    if (r == 0)
        *ret = clock;
    return r;
}

/* A mapping from ids to definitions: clocks and acts are written so. Keys are unique already. Every procedure has
 * "opened", and the acts "assign" and "note", without saying so. */
static int section_get(struct reading *reading, const char *key, bool required, const struct yaml **ret)
{
    const struct yaml *section = yaml_get(reading->root, key);
    if (!section && required)
        return yaml_refuse(reading->root, reading->err, "yaml_missing_key", "%s", key);
    if (section && section->kind != YAML_MAPPING)
        return yaml_refuse(section, reading->err, "yaml_wrong_type", "%s", key);
    for (size_t i = 0; section && i < section->count; i++) {
        const char *id = section->keys[i];
        bool shaped = id[0] >= 'a' && id[0] <= 'z' && strlen(id) <= 60 &&
                      id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
        if (!shaped || strcmp(id, "opened") == 0 || strcmp(id, "assign") == 0 || strcmp(id, "note") == 0)
            return yaml_refuse(section->items[i], reading->err, "law_bad_value", "%s: %.60s", key, id);
    }
    *ret = section;
    return 0;
}

static int clocks_read(struct reading *reading)
{
    const struct yaml *section = NULL;
    int r = section_get(reading, "clocks", false, &section);
    if (r < 0 || !section)
        return r;
    reading->clocks = ARENA_ARRAY(reading->arena, struct procedure_clock, section->count);
    if (!reading->clocks)
        return err_memory(reading->err);
    for (size_t i = 0; r == 0 && i < section->count; i++)
        r = clock_read(reading, section->keys[i], section->items[i], &reading->clocks[i]);
    reading->procedure.clocks = reading->clocks;
    reading->procedure.clock_count = section->count;
    return r;
}

static int acts_read_all(struct reading *reading)
{
    const struct yaml *section = NULL;
    int r = section_get(reading, "acts", true, &section);
    if (r < 0)
        return r;
    reading->acts = ARENA_ARRAY(reading->arena, struct procedure_act, section->count);
    if (!reading->acts)
        return err_memory(reading->err);
    for (size_t i = 0; r == 0 && i < section->count; i++)
        r = procedure_act_read(&reading->procedure, reading->catalogue, section->keys[i], section->items[i],
                               reading->arena, &reading->acts[i], reading->err);
    reading->procedure.acts = reading->acts;
    reading->procedure.act_count = section->count;
    return r;
}

/* `year: FIELD` needs a norm that counts by the year, and conditions and the year open values to read. */
static int limit_year_read(const struct reading *reading, const struct yaml *node, const struct norm *norm,
                           struct procedure_limit *limit)
{
    const struct procedure *procedure = &reading->procedure;
    int r = yaml_read_text(node, "year", false, &limit->year, reading->err);
    if (r < 0)
        return r;
    const struct field *year = NULL;
    for (size_t i = 0; i < procedure->field_count; i++) {
        const struct field *field = &procedure->fields[i];
        if (limit->year && strcmp(field->name, limit->year) == 0)
            year = field;
        for (size_t j = 0; j < limit->condition_count; j++) {
            if (field->personal && strcmp(field->name, limit->conditions[j].field) == 0)
                return yaml_refuse(load_at(node, "if"), reading->err, "law_unknown_reference", "field %s", field->name);
        }
    }
    bool fits = year && year->type == FIELD_NUMBER && !year->personal && year->required && year->min >= 1900 &&
                year->max > 0 && year->max <= 2199 && strcmp(norm->limit_per, "year") == 0;
    if (limit->year && !fits)
        return yaml_refuse(load_at(node, "year"), reading->err, "law_unknown_reference", "year %.60s", limit->year);
    return 0;
}

static int limits_read(struct reading *reading)
{
    static const char *const keys[] = {"norm", "key", "not_in", "if", "year", NULL};
    struct procedure *procedure = &reading->procedure;
    const struct yaml *items = NULL;
    struct err *err = reading->err;
    int r = load_sequence(reading->root, "limits", false, &items, err);
    if (r < 0 || !items)
        return r;
    struct procedure_limit *limits = ARENA_ARRAY(reading->arena, struct procedure_limit, items->count);
    if (!limits)
        return err_memory(err);
    for (size_t i = 0; i < items->count; i++) {
        const struct yaml *node = items->items[i];
        r = load_mapping(node, keys, err);
        if (r == 0)
            r = yaml_read_text(node, "norm", true, &limits[i].norm_id, err);
        if (r == 0)
            r = load_name(node, "key", &limits[i].key, err);
        if (r == 0)
            r = load_words(node, "not_in", false, reading->arena, &limits[i].not_in_count, &limits[i].not_in, err);
        if (r < 0)
            return r;
        const struct norm *norm = catalogue_norm_last(reading->catalogue, limits[i].norm_id);
        if (!norm || norm->limit_times == 0)
            return yaml_refuse(load_at(node, "norm"), err, "law_unknown_reference", "limit of %.60s",
                               limits[i].norm_id);
        r = conditions_read(node, "if", reading->arena, &limits[i].condition_count, &limits[i].conditions, err);
        if (r == 0)
            r = conditions_check(load_at(node, "if"), procedure->fields, procedure->field_count, NULL,
                                 limits[i].conditions, limits[i].condition_count, err);
        if (r == 0)
            r = limit_year_read(reading, node, norm, &limits[i]);
        if (r < 0)
            return r;
        bool keyed = false;
        for (size_t j = 0; j < procedure->field_count; j++)
            keyed = keyed || (procedure->fields[j].key && strcmp(procedure->fields[j].key, limits[i].key) == 0);
        if (!keyed)
            return yaml_refuse(load_at(node, "key"), err, "law_unknown_reference", "key %.60s", limits[i].key);
        for (size_t j = 0; j < limits[i].not_in_count; j++) {
            if (procedure_state_find(procedure, limits[i].not_in[j]) < 0)
                return yaml_refuse(load_at(node, "not_in"), err, "law_unknown_reference", "state %.60s",
                                   limits[i].not_in[j]);
        }
    }
    procedure->limits = limits;
    procedure->limit_count = items->count;
    return 0;
}

/* Another's default can be declared only where a clock runs for it. */
static int defaults_check(const struct reading *reading)
{
    const struct yaml *section = yaml_get(reading->root, "acts");
    for (size_t i = 0; i < reading->procedure.act_count; i++) {
        const char *id = reading->acts[i].after_overdue;
        if (id && !procedure_clock_find(&reading->procedure, id))
            return yaml_refuse(load_at(section->items[i], "after_overdue"), reading->err, "law_unknown_reference",
                               "clock %.60s", id);
    }
    return 0;
}

/* An act that extends a clock needs a norm that allows it, and says why. */
static int extensions_check(const struct reading *reading)
{
    const struct yaml *section = yaml_get(reading->root, "acts");
    for (size_t i = 0; i < reading->procedure.act_count; i++) {
        const struct procedure_act *act = &reading->acts[i];
        if (!act->extends)
            continue;
        const struct yaml *at = load_at(section->items[i], "extends");
        const struct procedure_clock *clock = procedure_clock_find(&reading->procedure, act->extends);
        if (!clock)
            return yaml_refuse(at, reading->err, "law_unknown_reference", "clock %.60s", act->extends);
        if (!clock_norm_runs(reading->catalogue, clock->norm_id, true))
            return yaml_refuse(at, reading->err, "law_no_extension", "%s", clock->norm_id);
        bool has_reason = false;
        for (size_t j = 0; j < act->field_count; j++) {
            const struct field *field = &act->fields[j];
            has_reason =
                has_reason || (strcmp(field->name, "reason") == 0 && field->type == FIELD_TEXT && field->required);
        }
        if (!has_reason)
            return yaml_refuse(at, reading->err, "law_no_reason", "%s", act->id);
    }
    return 0;
}

static bool act_leaves(const struct procedure_act *act, int state)
{
    for (size_t i = 0; i < act->from_count; i++) {
        if (act->from[i] == state)
            return act->to >= 0 && act->to != state;
    }
    return false;
}

/* From the first state every other can be reached; a state that nothing leaves says that it is final. */
static int states_check(const struct reading *reading)
{
    const struct procedure *procedure = &reading->procedure;
    const struct yaml *nodes = yaml_get(reading->root, "states");
    bool *reached = ARENA_ARRAY(reading->arena, bool, procedure->state_count);
    if (!reached)
        return err_memory(reading->err);
    reached[0] = true;
    for (bool grew = true; grew;) {
        grew = false;
        for (size_t i = 0; i < procedure->act_count; i++) {
            const struct procedure_act *act = &procedure->acts[i];
            for (size_t j = 0; j < act->from_count; j++) {
                if (reached[act->from[j]] && act->to >= 0 && !reached[act->to])
                    grew = reached[act->to] = true;
            }
        }
    }
    for (size_t i = 0; i < procedure->state_count; i++) {
        bool left = false;
        for (size_t j = 0; j < procedure->act_count; j++)
            left = left || act_leaves(&procedure->acts[j], (int)i);
        if (!reached[i])
            return yaml_refuse(nodes->items[i], reading->err, "law_unreachable", "%s", procedure->states[i].id);
        if (!left && !procedure->states[i].final)
            return yaml_refuse(nodes->items[i], reading->err, "law_dead_end", "%s", procedure->states[i].id);
    }
    return 0;
}

static int procedure_read(const struct law_file *file, struct catalogue *catalogue, struct procedure *ret,
                          struct err *err)
{
    struct reading reading = {.root = file->root, .catalogue = catalogue, .arena = &catalogue->arena, .err = err};
    int r = head_read(&reading, file);
    if (r == 0)
        r = fields_read(file->root, "fields", catalogue, reading.arena, &reading.procedure.field_count,
                        &reading.procedure.fields, err);
    for (size_t i = 0; r == 0 && i < reading.procedure.field_count; i++)
        if (reading.procedure.fields[i].by_effect)
            r = yaml_refuse(load_at(file->root, "fields"), err, "law_bad_value", "by_effect: of an act's fields");
    if (r == 0)
        r = states_read(&reading);
    if (r == 0)
        r = acts_read_all(&reading);
    if (r == 0)
        r = clocks_read(&reading);
    if (r == 0)
        r = limits_read(&reading);
    if (r == 0)
        r = procedure_terms_check(&reading.procedure, file->root, catalogue, err);
    if (r == 0)
        r = extensions_check(&reading);
    if (r == 0)
        r = defaults_check(&reading);
    if (r == 0)
        r = states_check(&reading);
    if (r == 0)
        *ret = reading.procedure;
    return r;
}

int procedures_read(const struct law_file *files, size_t count, struct catalogue *catalogue, struct err *err)
{
    struct procedure *procedures = ARENA_ARRAY(&catalogue->arena, struct procedure, count);
    if (!procedures)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        int r = procedure_read(&files[i], catalogue, &procedures[i], err);
        if (r < 0)
            return r;
    }
    catalogue->procedures = procedures;
    catalogue->procedure_count = count;
    return 0;
}
