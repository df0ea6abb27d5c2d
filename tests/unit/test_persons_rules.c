#include "persons/rules.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rules *load(const char *text)
{
    struct rules *rules = NULL;
    struct err err = {0};
    if (rules_parse("r.yaml", text, strlen(text), &rules, &err) < 0)
        fail_msg("%s %s", err.code, err.arg);
    return rules;
}

static void refused(const char *text, const char *code, const char *arg)
{
    struct rules *rules = NULL;
    struct err err = {0};
    assert_int_equal(rules_parse("r.yaml", text, strlen(text), &rules, &err), -ERR_BAD_INPUT);
    assert_null(rules);
    if (strcmp(err.code, code) != 0 || strncmp(err.arg, arg, strlen(arg)) != 0)
        fail_msg("%s %s, not %s %s", err.code, err.arg, code, arg);
}

/* A question as JSON: {s: [type, id, properties], a: [name, properties], r: [type, id, properties], c}. */
static enum rules_answer ask(const struct rules *rules, const char *question, const char **ret_rule)
{
    static char text[4096];
    static struct arena arena;
    const struct json_cell *root;
    struct err err = {0};
    struct rules_question asked = {0};
    arena_done(&arena);
    arena_init(&arena, 1 << 20);
    snprintf(text, sizeof text, "%s", question);
    assert_int_equal(json_tape_read(text, strlen(text), &arena, &root, &err), 0);
    const struct json_cell *s = json_cell_first(json_cell_member(root, "s")),
                           *a = json_cell_first(json_cell_member(root, "a")),
                           *r = json_cell_first(json_cell_member(root, "r"));
    asked.subject = (struct rules_side){s->text, json_cell_after(s)->text, NULL};
    if (json_cell_member(root, "s")->count > 2)
        asked.subject.properties = json_cell_after(json_cell_after(s));
    asked.action = (struct rules_side){NULL, a->text, NULL};
    if (json_cell_member(root, "a")->count > 1)
        asked.action.properties = json_cell_after(a);
    asked.resource = (struct rules_side){r->text, json_cell_after(r)->text, NULL};
    if (json_cell_member(root, "r")->count > 2)
        asked.resource.properties = json_cell_after(json_cell_after(r));
    asked.context = json_cell_member(root, "c");
    enum rules_answer answer = rules_decide(rules, &asked, ret_rule);
    arena_done(&arena);
    return answer;
}
#define ASK(rules, question, answer, rule)                           \
    do {                                                             \
        const char *got_ = "";                                       \
        assert_int_equal(ask((rules), (question), &got_), (answer)); \
        if ((rule) == NULL)                                          \
            assert_null(got_);                                       \
        else                                                         \
            assert_string_equal(got_, (const char *)(rule));         \
    } while (0)

static const char *const nothing = NULL;

static void test_silence_and_forbidding(void **state)
{
    struct rules *rules =
        load("rules:\n"
             "  - {id: may, effect: permit, subject: {type: user}, action: [read, write], resource: {type: doc}}\n"
             "  - {id: not_secret, effect: forbid, resource: {type: [doc, note], id: secret}}\n"
             "  - {id: no_person, effect: forbid, action: publish, resource: {type: person}}\n");
    ASK(rules, "{\"s\":[\"user\",\"a\"],\"a\":[\"read\"],\"r\":[\"doc\",\"1\"]}", RULES_PERMIT, "may");
    ASK(rules, "{\"s\":[\"robot\",\"a\"],\"a\":[\"read\"],\"r\":[\"doc\",\"1\"]}", RULES_SILENT, nothing);
    ASK(rules, "{\"s\":[\"user\",\"a\"],\"a\":[\"delete\"],\"r\":[\"doc\",\"1\"]}", RULES_SILENT, nothing);
    ASK(rules, "{\"s\":[\"user\",\"a\"],\"a\":[\"read\"],\"r\":[\"paper\",\"1\"]}", RULES_SILENT, nothing);
    ASK(rules, "{\"s\":[\"user\",\"a\"],\"a\":[\"read\"],\"r\":[\"doc\",\"secret\"]}", RULES_FORBID, "not_secret");
    ASK(rules, "{\"s\":[\"x\",\"a\"],\"a\":[\"x\"],\"r\":[\"note\",\"secret\"]}", RULES_FORBID, "not_secret");
    ASK(rules, "{\"s\":[\"x\",\"a\"],\"a\":[\"publish\"],\"r\":[\"person\",\"1\"]}", RULES_FORBID, "no_person");
    assert_true(rules_speak_of(rules, "person"));
    assert_false(rules_speak_of(rules, "paper"));
    assert_false(rules_speak_of(NULL, "doc"));
    const char *rule = "";
    assert_int_equal(rules_decide(NULL, &(struct rules_question){.resource = {"doc", "1", NULL}}, &rule), RULES_SILENT);
    assert_null(rule);
    rules_free(rules);
    rules_free(NULL);
}

/* Each condition, on a property of the resource. */
static bool holds(const char *condition, const char *properties)
{
    char text[512], question[512];
    const char *rule;
    snprintf(text, sizeof text, "rules:\n  - {id: r, effect: permit, resource: {type: t, properties: {p: %s}}}\n",
             condition);
    snprintf(question, sizeof question,
             "{\"s\":[\"u\",\"ann\",{\"mail\":\"m\",\"tags\":[\"x\",3]}],\"a\":[\"read\"],\"r\":[\"t\",\"1\",%s],\"c\":"
             "{\"at\":{\"k\":7}}}",
             properties);
    struct rules *rules = load(text);
    bool yes = ask(rules, question, &rule) == RULES_PERMIT;
    rules_free(rules);
    return yes;
}

static void test_conditions(void **state)
{
    assert_true(holds("on", "{\"p\":\"on\"}"));
    assert_false(holds("on", "{\"p\":\"off\"}"));
    assert_false(holds("on", "{}"));
    assert_false(holds("on", "{\"p\":[\"on\"]}"));
    assert_true(holds("true", "{\"p\":true}"));
    assert_false(holds("'true'", "{\"p\":true}"));
    assert_true(holds("'true'", "{\"p\":\"true\"}"));
    assert_true(holds("12", "{\"p\":12.0}"));
    assert_false(holds("12", "{\"p\":\"12\"}"));
    assert_true(holds("1.2.3", "{\"p\":\"1.2.3\"}"));
    assert_true(holds("null", "{\"p\":null}"));
    assert_false(holds("null", "{}"));
    assert_true(holds("[a, 2]", "{\"p\":2}"));
    assert_false(holds("[a, 2]", "{\"p\":\"b\"}"));
    assert_true(holds("{has: a}", "{\"p\":[\"b\",\"a\"]}"));
    assert_false(holds("{has: a}", "{\"p\":\"a\"}"));
    assert_false(holds("{has: a}", "{\"p\":[[\"a\"]]}"));
    assert_true(holds("{not: a}", "{\"p\":\"b\"}"));
    assert_false(holds("{not: a}", "{\"p\":\"a\"}"));
    assert_false(holds("{not: a}", "{}")); /* what is not known is not another */
    assert_false(holds("{not: [a, b]}", "{\"p\":\"b\"}"));
    assert_true(holds("{not: [a, b]}", "{\"p\":\"c\"}"));
    assert_true(holds("{same: subject.properties.mail}", "{\"p\":\"m\"}"));
    assert_false(holds("{same: subject.properties.mail}", "{\"p\":\"n\"}"));
    assert_false(holds("{same: subject.properties.none}", "{}"));
    assert_false(holds("{same: subject.properties.none}", "{\"p\":null}"));
    assert_true(holds("{same: subject.id}", "{\"p\":\"ann\"}"));
    assert_true(holds("{same: subject.type}", "{\"p\":\"u\"}"));
    assert_true(holds("{same: action.name}", "{\"p\":\"read\"}"));
    assert_true(holds("{same: context.at.k}", "{\"p\":7}"));
    assert_true(holds("{same: resource.properties.q}", "{\"p\":7,\"q\":7}"));
    assert_true(holds("{in: subject.properties.tags}", "{\"p\":3}"));
    assert_false(holds("{in: subject.properties.tags}", "{\"p\":4}"));
    assert_false(holds("{in: subject.properties.mail}", "{\"p\":\"m\"}"));
    assert_true(holds("{present: true}", "{\"p\":false}"));
    assert_false(holds("{present: true}", "{}"));
    assert_true(holds("{present: false}", "{}"));
    assert_false(holds("{present: false}", "{\"p\":null}"));
}

static void test_nested_paths_and_context(void **state)
{
    struct rules *rules = load("rules:\n"
                               "  - {id: deep, effect: permit, resource: {type: t, properties: {a.b: {has: 1}}}, "
                               "context: {ip.kind: office}}\n");
    ASK(rules,
        "{\"s\":[\"u\",\"1\"],\"a\":[\"x\"],\"r\":[\"t\",\"1\",{\"a\":{\"b\":[1]}}],\"c\":{\"ip\":{\"kind\":\"office\"}"
        "}}",
        RULES_PERMIT, "deep");
    ASK(rules, "{\"s\":[\"u\",\"1\"],\"a\":[\"x\"],\"r\":[\"t\",\"1\",{\"a\":{\"b\":[1]}}]}", RULES_SILENT, nothing);
    ASK(rules,
        "{\"s\":[\"u\",\"1\"],\"a\":[\"x\"],\"r\":[\"t\",\"1\",{\"a\":[1]}],\"c\":{\"ip\":{\"kind\":\"office\"}}}",
        RULES_SILENT, nothing);
    rules_free(rules);
}

static void test_entities_and_groups(void **state)
{
    struct rules *rules =
        load("groups:\n"
             "  admins: {type: user, of: root}\n"
             "  editors: {type: user, of: [morty, summer], with: admins}\n"
             "  all: {type: user, with: [editors, admins]}\n"
             "entities:\n"
             "  - {type: user, id: morty, properties: {roles: [editor], desk: {floor: 1, side: left}}}\n"
             "  - {type: doc, id: one, properties: {state: open}}\n"
             "rules:\n"
             "  - {id: by_group, effect: permit, subject: {in: editors}, action: edit, resource: {type: doc, "
             "properties: {state: open}}}\n"
             "  - {id: by_role, effect: permit, subject: {properties: {roles: {has: editor}}}, action: look, resource: "
             "{type: doc}}\n"
             "  - {id: by_desk, effect: permit, subject: {properties: {desk.side: left}}, action: sit, resource: "
             "{type: doc}}\n"
             "  - {id: by_all, effect: permit, subject: {in: all}, action: knock, resource: {type: doc, id: door}}\n");
    ASK(rules, "{\"s\":[\"user\",\"root\"],\"a\":[\"edit\"],\"r\":[\"doc\",\"one\"]}", RULES_PERMIT, "by_group");
    ASK(rules, "{\"s\":[\"user\",\"root\"],\"a\":[\"knock\"],\"r\":[\"doc\",\"door\"]}", RULES_PERMIT, "by_all");
    ASK(rules, "{\"s\":[\"bot\",\"root\"],\"a\":[\"edit\"],\"r\":[\"doc\",\"one\"]}", RULES_SILENT, nothing);
    ASK(rules, "{\"s\":[\"user\",\"beth\"],\"a\":[\"edit\"],\"r\":[\"doc\",\"one\"]}", RULES_SILENT, nothing);
    ASK(rules, "{\"s\":[\"user\",\"root\"],\"a\":[\"edit\"],\"r\":[\"doc\",\"two\"]}", RULES_SILENT, nothing);
    ASK(rules, "{\"s\":[\"user\",\"root\"],\"a\":[\"edit\"],\"r\":[\"doc\",\"two\",{\"state\":\"open\"}]}",
        RULES_PERMIT, "by_group");
    /* What the question says counts before what the file knows, the whole property. */
    ASK(rules, "{\"s\":[\"user\",\"root\"],\"a\":[\"edit\"],\"r\":[\"doc\",\"one\",{\"state\":\"shut\"}]}",
        RULES_SILENT, nothing);
    ASK(rules, "{\"s\":[\"user\",\"morty\"],\"a\":[\"look\"],\"r\":[\"doc\",\"x\"]}", RULES_PERMIT, "by_role");
    ASK(rules, "{\"s\":[\"user\",\"morty\",{\"name\":\"M\"}],\"a\":[\"look\"],\"r\":[\"doc\",\"x\"]}", RULES_PERMIT,
        "by_role");
    ASK(rules, "{\"s\":[\"user\",\"morty\",{\"roles\":[]}],\"a\":[\"look\"],\"r\":[\"doc\",\"x\"]}", RULES_SILENT,
        nothing);
    ASK(rules, "{\"s\":[\"user\",\"morty\"],\"a\":[\"sit\"],\"r\":[\"doc\",\"x\"]}", RULES_PERMIT, "by_desk");
    ASK(rules, "{\"s\":[\"user\",\"morty\",{\"desk\":{\"floor\":2}}],\"a\":[\"sit\"],\"r\":[\"doc\",\"x\"]}",
        RULES_SILENT, nothing);
    const char *const *words;
    assert_int_equal(rules_ids(rules, "user", &words), 3);
    assert_string_equal(words[0], "morty");
    assert_string_equal(words[1], "root");
    assert_string_equal(words[2], "summer");
    assert_int_equal(rules_ids(rules, "doc", &words), 2);
    assert_string_equal(words[0], "door");
    assert_int_equal(rules_ids(rules, "ship", &words), 0);
    assert_int_equal(rules_actions(rules, &words), 4);
    assert_string_equal(words[0], "edit");
    rules_free(rules);
}

static void test_refusals(void **state)
{
    refused("[]", "rules_value", "r.yaml:1");
    refused("more: []\n", "yaml_unknown_key", "r.yaml:1");
    refused("rules: {}\n", "rules_value", "r.yaml:1");
    refused("rules:\n  - effect: permit\n", "yaml_missing_key", "r.yaml:2");
    refused("rules:\n  - {id: a, effect: allow, resource: {type: t}}\n", "rules_value", "r.yaml:2");
    refused("rules:\n  - {id: A b, effect: permit, resource: {type: t}}\n", "rules_value", "r.yaml:2");
    refused("rules:\n  - {id: a, effect: permit}\n", "yaml_missing_key", "r.yaml:2");
    refused("rules:\n  - {id: a, effect: permit, resource: {id: x}}\n", "yaml_missing_key", "r.yaml:2");
    refused("rules:\n  - {id: a, effect: permit, resource: {type: t, colour: x}}\n", "yaml_unknown_key", "r.yaml:2");
    refused("rules:\n  - {id: a, effect: permit, action: {verb: x}, resource: {type: t}}\n", "yaml_unknown_key",
            "r.yaml:2");
    refused("rules:\n  - {id: a, effect: permit, action: [], resource: {type: t}}\n", "rules_value", "r.yaml:2");
    refused(
        "rules:\n  - {id: a, effect: permit, resource: {type: t}}\n  - {id: a, effect: forbid, resource: {type: t}}\n",
        "rules_duplicate", "r.yaml:3");
    refused("rules:\n  - {id: a, effect: permit, resource: {type: [t, person]}}\n", "rules_permit_person", "r.yaml:2");
    refused("rules:\n  - {id: a, effect: permit, subject: {in: g}, resource: {type: t}}\n", "rules_group_unknown",
            "r.yaml:2");
    refused("rules:\n  - {id: a, effect: permit, resource: {type: t, properties: {p: {same: owner}}}}\n", "rules_value",
            "r.yaml:2");
    refused("rules:\n  - {id: a, effect: permit, resource: {type: t, properties: {p: {like: x}}}}\n", "rules_value",
            "r.yaml:2");
    refused("rules:\n  - {id: a, effect: permit, resource: {type: t, properties: {p: {has: x, not: y}}}}\n",
            "rules_value", "r.yaml:2");
    refused("rules:\n  - {id: a, effect: permit, resource: {type: t, properties: {p: {present: maybe}}}}\n",
            "yaml_wrong_type", "r.yaml:2");
    refused("rules:\n  - {id: a, effect: permit, resource: {type: t, properties: {p..q: 1}}}\n", "rules_value",
            "r.yaml:2");
    refused("entities:\n  - {type: t, id: a}\n  - {type: t, id: a}\n", "rules_duplicate", "r.yaml:");
    refused("entities:\n  - {type: t}\n", "yaml_missing_key", "r.yaml:2");
    refused("entities:\n  - {type: t, id: a, properties: [1]}\n", "rules_value", "r.yaml:2");
    refused("groups:\n  a: {type: t, with: b}\n  b: {type: t, with: a}\n", "rules_group_circle", "r.yaml:");
    refused("groups:\n  a: {type: t, with: b}\n  b: {type: u, of: x}\n", "rules_value", "r.yaml:2");
    refused("groups:\n  a: {of: x}\n", "yaml_missing_key", "r.yaml:2");
}

static void test_none_at_all(void **state)
{
    struct rules *rules = load("{}\n");
    const char *const *words;
    assert_int_equal(rules_actions(rules, &words), 0);
    ASK(rules, "{\"s\":[\"u\",\"a\"],\"a\":[\"read\"],\"r\":[\"doc\",\"1\"]}", RULES_SILENT, nothing);
    rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silence_and_forbidding),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_nested_paths_and_context),
        cmocka_unit_test(test_entities_and_groups),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_none_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
