/* Acts and norms out of YAML. A norm may have several versions, told apart by their days; on no day may two of them
 * hold, because a case is judged by the one in force when its event happened. */
#include "law/load.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define AMOUNT_MAX 10000

static int amended_check(const struct yaml *node, struct err *err)
{
    static const char *const keys[] = {"by", "on", NULL};
    const struct yaml *items = NULL;
    int r = load_sequence(node, "amended", false, &items, err);
    for (size_t i = 0; r == 0 && items && i < items->count; i++) {
        const char *by = NULL;
        int32_t on = 0;
        r = load_mapping(items->items[i], keys, err);
        if (r == 0)
            r = yaml_read_text(items->items[i], "by", true, &by, err);
        if (r == 0)
            r = load_day(items->items[i], "on", true, &on, err);
    }
    return r;
}

static int act_read(const struct yaml *node, struct act_of_law *ret, struct err *err)
{
    static const char *const keys[] = {"act",  "cited",   "title",  "adopted", "published",
                                       "from", "amended", "points", NULL};
    struct act_of_law act = {.adopted_day = INT32_MIN, .published_day = INT32_MIN, .from_day = INT32_MIN};
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = load_name(node, "act", &act.id, err);
    if (r == 0)
        r = load_text3(node, "cited", true, &act.cited, err);
    if (r == 0)
        r = load_text3(node, "title", true, &act.title, err);
    if (r == 0)
        r = load_day(node, "adopted", false, &act.adopted_day, err);
    if (r == 0)
        r = load_day(node, "published", false, &act.published_day, err);
    if (r == 0)
        r = load_day(node, "from", false, &act.from_day, err);
    if (r == 0)
        r = amended_check(node, err);
    if (r == 0)
        r = yaml_read_bool(node, "points", false, &act.points, err);
    if (r == 0)
        *ret = act;
    return r;
}

int acts_read(const struct law_file *file, struct catalogue *catalogue, struct err *err)
{
    const struct yaml *root = file->root;
    if (root->kind != YAML_SEQUENCE)
        return yaml_refuse(root, err, "yaml_wrong_type", "a sequence");
    struct act_of_law *acts = ARENA_ARRAY(&catalogue->arena, struct act_of_law, root->count);
    if (!acts)
        return err_memory(err);
    for (size_t i = 0; i < root->count; i++) {
        int r = act_read(root->items[i], &acts[i], err);
        if (r < 0)
            return r;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(acts[j].id, acts[i].id) == 0)
                return yaml_refuse(root->items[i], err, "law_twice", "%s", acts[i].id);
        }
    }
    catalogue->acts = acts;
    catalogue->act_count = root->count;
    return 0;
}

static int word_read(const struct yaml *node, const char *key, bool required, int (*parse)(const char *), int *ret,
                     struct err *err)
{
    const char *word = NULL;
    int r = yaml_read_text(node, key, required, &word, err);
    if (r < 0 || !word)
        return r;
    int found = parse(word);
    if (found < 0)
        return yaml_refuse(load_at(node, key), err, "law_bad_value", "%s: %.40s", key, word);
    *ret = found;
    return 0;
}

static int kind_parse(const char *word)
{
    return strcmp(word, "at_most") == 0 ? CLOCK_AT_MOST : strcmp(word, "at_least") == 0 ? CLOCK_AT_LEAST : -1;
}

static int direction_parse(const char *word)
{
    return strcmp(word, "after") == 0 ? CLOCK_AFTER : strcmp(word, "before") == 0 ? CLOCK_BEFORE : -1;
}

static bool is_moment_unit(enum clock_unit unit)
{
    return unit == UNIT_MINUTE || unit == UNIT_HOUR;
}

static bool is_day_unit(enum clock_unit unit)
{
    return unit == UNIT_CALENDAR_DAY || unit == UNIT_WORKING_DAY || unit == UNIT_MONTH || unit == UNIT_YEAR;
}

static int extend_read(const struct yaml *clock, struct clock_rule *rule, struct err *err)
{
    static const char *const keys[] = {"amount", "unit", "times", "reason", NULL};
    const struct yaml *node = yaml_get(clock, "extend");
    if (!node)
        return 0;
    int64_t amount = 0, times = 0;
    int unit = 0;
    const char *reason = NULL;
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = load_number(node, "amount", true, 1, AMOUNT_MAX, &amount, err);
    if (r == 0)
        r = word_read(node, "unit", true, clock_unit_parse, &unit, err);
    if (r == 0)
        r = load_number(node, "times", true, 1, 100, &times, err);
    if (r == 0)
        r = yaml_read_text(node, "reason", true, &reason, err);
    if (r < 0)
        return r;
    if (strcmp(reason, "required") != 0)
        return yaml_refuse(load_at(node, "reason"), err, "law_bad_value", "reason: %.40s", reason);
    /* Hours cannot be lengthened by days nor the reverse: nobody could say when such a period ends. */
    bool fits = is_moment_unit(rule->unit) ? is_moment_unit((enum clock_unit)unit) : is_day_unit((enum clock_unit)unit);
    if (!fits || rule->unit == UNIT_AT_ONCE || rule->unit == UNIT_NAMED_DAY || rule->direction == CLOCK_BEFORE)
        return yaml_refuse(node, err, "law_bad_value", "extend: not for this period");
    rule->extend.amount = (int)amount;
    rule->extend.unit = (enum clock_unit)unit;
    rule->extend.times = (int)times;
    return 0;
}

static int fixed_date_read(const struct yaml *clock, struct clock_rule *rule, struct err *err)
{
    int64_t month = 0, day = 0, years = 0;
    int r = load_number(clock, "month", true, 1, 12, &month, err);
    if (r == 0)
        r = load_number(clock, "day", true, 1, 31, &day, err);
    if (r == 0)
        r = load_number(clock, "years", false, -10, 10, &years, err);
    if (r == 0 && !date_valid((struct date){2000, (int)month, (int)day}))
        return yaml_refuse(clock, err, "law_bad_value", "a day that never comes");
    rule->fixed_month = (int)month;
    rule->fixed_day = (int)day;
    rule->fixed_years = (int)years;
    return r;
}

/* Keys that a unit has no use for are refused: whoever wrote them meant something that would not happen. */
static int clock_keys_check(const struct yaml *clock, enum clock_unit unit, struct err *err)
{
    static const char *const date_keys[] = {"month", "day", "years"};
    bool is_date = unit == UNIT_FIXED_DATE, is_period = !is_date && unit != UNIT_AT_ONCE && unit != UNIT_NAMED_DAY;
    for (size_t i = 0; i < sizeof(date_keys) / sizeof(date_keys[0]); i++) {
        if (!is_date && yaml_get(clock, date_keys[i]))
            return yaml_refuse(yaml_get(clock, date_keys[i]), err, "law_bad_value", "%s: not for %s", date_keys[i],
                               clock_unit_word(unit));
    }
    static const char *const period_keys[] = {"amount", "counting"};
    for (size_t i = 0; i < sizeof(period_keys) / sizeof(period_keys[0]); i++) {
        if (is_period != (yaml_get(clock, period_keys[i]) != NULL))
            return is_period ? yaml_refuse(clock, err, "yaml_missing_key", "%s", period_keys[i])
                             : yaml_refuse(yaml_get(clock, period_keys[i]), err, "law_bad_value", "%s: not for %s",
                                           period_keys[i], clock_unit_word(unit));
    }
    if ((unit == UNIT_AT_ONCE || unit == UNIT_NAMED_DAY) && (yaml_get(clock, "direction") || yaml_get(clock, "kind")))
        return yaml_refuse(clock, err, "law_bad_value", "direction, kind: not for %s", clock_unit_word(unit));
    return 0;
}

static int clock_read(const struct yaml *clock, struct clock_rule *ret, struct err *err)
{
    static const char *const keys[] = {"amount", "unit",  "counting", "kind",  "direction", "extend",
                                       "starts", "month", "day",      "years", NULL};
    struct clock_rule rule = {0};
    int unit = 0, counting = COUNT_MOMENT, kind = CLOCK_AT_MOST, direction = CLOCK_AFTER;
    int64_t amount = 0;
    int r = load_mapping(clock, keys, err);
    if (r == 0)
        r = word_read(clock, "unit", true, clock_unit_parse, &unit, err);
    rule.unit = (enum clock_unit)unit;
    if (r == 0)
        r = clock_keys_check(clock, rule.unit, err);
    if (r == 0)
        r = load_number(clock, "amount", false, 1, AMOUNT_MAX, &amount, err);
    if (r == 0)
        r = word_read(clock, "counting", false, clock_counting_parse, &counting, err);
    if (r == 0)
        r = word_read(clock, "kind", false, kind_parse, &kind, err);
    if (r == 0)
        r = word_read(clock, "direction", false, direction_parse, &direction, err);
    if (r == 0 && rule.unit == UNIT_FIXED_DATE)
        r = fixed_date_read(clock, &rule, err);
    if (r < 0)
        return r;
    rule.amount = (int)amount;
    rule.counting =
        rule.unit == UNIT_FIXED_DATE || rule.unit == UNIT_NAMED_DAY ? COUNT_DAY_AFTER : (enum clock_counting)counting;
    rule.kind = (enum clock_kind)kind;
    rule.direction = (enum clock_direction)direction;
    if (is_moment_unit(rule.unit) && rule.counting != COUNT_MOMENT)
        return yaml_refuse(load_at(clock, "counting"), err, "law_bad_value", "counting: not for %s",
                           clock_unit_word(rule.unit));
    r = extend_read(clock, &rule, err);
    if (r == 0)
        r = load_text3(clock, "starts", false, &rule.starts, err);
    if (r == 0)
        *ret = rule;
    return r;
}

static int limit_read(const struct yaml *node, struct norm *norm, struct err *err)
{
    static const char *const keys[] = {"times", "per", "scope", NULL};
    const struct yaml *limit = yaml_get(node, "limit");
    if (!limit)
        return 0;
    int64_t times = 0;
    int r = load_mapping(limit, keys, err);
    if (r == 0)
        r = load_number(limit, "times", true, 1, 1000, &times, err);
    if (r == 0)
        r = yaml_read_text(limit, "per", true, &norm->limit_per, err);
    if (r == 0)
        r = yaml_read_text(limit, "scope", true, &norm->limit_scope, err);
    if (r < 0)
        return r;
    if (strcmp(norm->limit_per, "quarter") != 0 && strcmp(norm->limit_per, "year") != 0)
        return yaml_refuse(load_at(limit, "per"), err, "law_bad_value", "per: %.40s", norm->limit_per);
    if (strcmp(norm->limit_scope, "subject") != 0)
        return yaml_refuse(load_at(limit, "scope"), err, "law_bad_value", "scope: %.40s", norm->limit_scope);
    norm->limit_times = (int)times;
    return 0;
}

/* act.article[.paragraph …][#name]; the act is one of the catalogue's. */
static int norm_id_check(const struct yaml *node, const char *id, const struct catalogue *catalogue, struct err *err)
{
    char act[64];
    size_t act_count = strcspn(id, ".");
    size_t place = act_count + strspn(id + act_count, ".-0123456789abcdefghijklmnopqrstuvwxyz");
    const char *name = id + place;
    bool shaped = act_count > 0 && act_count < sizeof(act) && strlen(id) <= 80 && id[act_count] == '.' &&
                  place > act_count + 1 && id[place - 1] != '.' && !strstr(id, "..");
    if (*name == '#')
        shaped = shaped && name[1] && name[1 + strspn(name + 1, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
    else
        shaped = shaped && *name == '\0';
    if (!shaped)
        return yaml_refuse(load_at(node, "norm"), err, "law_bad_value", "norm: %.80s", id);
    memcpy(act, id, act_count);
    act[act_count] = '\0';
    if (!catalogue_act(catalogue, act))
        return yaml_refuse(load_at(node, "norm"), err, "law_unknown_reference", "act %s", act);
    return 0;
}

static int who_check(const struct yaml *node, const struct norm *norm, const struct catalogue *catalogue,
                     struct err *err)
{
    const struct list *roles = catalogue_list(catalogue, "roles");
    for (size_t i = 0; i < norm->who_count; i++) {
        if (!list_find(roles, norm->who[i]))
            return yaml_refuse(load_at(node, "who"), err, "law_unknown_reference", "role %.60s", norm->who[i]);
    }
    return 0;
}

static int norm_read(const struct yaml *node, struct catalogue *catalogue, struct norm *ret, struct err *err)
{
    static const char *const keys[] = {"norm", "from",   "until", "who",   "title",
                                       "note", "policy", "clock", "limit", NULL};
    struct norm norm = {.file = node->file, .line = node->line, .until_day = INT32_MAX};
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = yaml_read_text(node, "norm", true, &norm.id, err);
    if (r == 0)
        r = norm_id_check(node, norm.id, catalogue, err);
    if (r == 0)
        r = load_day(node, "from", true, &norm.from_day, err);
    if (r == 0)
        r = load_day(node, "until", false, &norm.until_day, err);
    if (r == 0 && norm.until_day <= norm.from_day)
        r = yaml_refuse(load_at(node, "until"), err, "law_bad_value", "until: not after from");
    if (r == 0)
        r = load_words(node, "who", true, &catalogue->arena, &norm.who_count, &norm.who, err);
    if (r == 0)
        r = who_check(node, &norm, catalogue, err);
    if (r == 0)
        r = load_text3(node, "title", true, &norm.title, err);
    if (r == 0)
        r = load_text3(node, "note", false, &norm.note, err);
    if (r == 0)
        r = load_text3(node, "policy", false, &norm.policy, err);
    if (r == 0)
        r = limit_read(node, &norm, err);
    norm.has_clock = yaml_get(node, "clock") != NULL;
    if (r == 0 && norm.has_clock)
        r = clock_read(yaml_get(node, "clock"), &norm.clock, err);
    if (r == 0)
        *ret = norm;
    return r;
}

static int norm_compare(const void *a, const void *b)
{
    const struct norm *one = a, *two = b;
    int order = strcmp(one->id, two->id);
    return order ? order : (one->from_day > two->from_day) - (one->from_day < two->from_day);
}

int norms_read(const struct law_file *files, size_t count, struct catalogue *catalogue, struct err *err)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        if (files[i].root->kind != YAML_SEQUENCE)
            return yaml_refuse(files[i].root, err, "yaml_wrong_type", "a sequence");
        total += files[i].root->count;
    }
    struct norm *norms = ARENA_ARRAY(&catalogue->arena, struct norm, total);
    if (!norms)
        return err_memory(err);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < files[i].root->count; j++) {
            int r = norm_read(files[i].root->items[j], catalogue, &norms[at++], err);
            if (r < 0)
                return r;
        }
    }
    qsort(norms, total, sizeof(*norms), norm_compare);
    for (size_t i = 1; i < total; i++) {
        if (strcmp(norms[i - 1].id, norms[i].id) == 0 && norms[i - 1].until_day > norms[i].from_day) {
            bool later = strcmp(norms[i - 1].file, norms[i].file) == 0 && norms[i - 1].line > norms[i].line;
            const struct norm *second = later ? &norms[i - 1] : &norms[i];
            return err_set(err, ERR_BAD_INPUT, "law_norm_overlap", "%s:%d: %s", second->file, second->line, second->id);
        }
    }
    catalogue->norms = norms;
    catalogue->norm_count = total;
    return 0;
}
