/* Lives scripts through the real engine with a clock of their own. `scenario_run PATH…` takes scripts and folders of
 * them; `meson test scenarios` lives through all that stand beside this file.
 *
 * A script (*.yaml) has
 *
 *   title:  what it lives through
 *   law:    edits to its own copy of law/, before anything else: [{file, find, replace} or {file, append}]
 *   people: who works there beside admin, moderator, registrar, auditor, official, head and carrier (accounts with one
 *           role each): {aigul: [official, head], robot: {token_of: aigul}}. All but admin and auditor have an e-mail.
 *   steps:  each a mapping of which the members act in this order
 *
 *     at:      the moment from now on ("2026-04-01T10:00:00+05:00")
 *     reload:  edits as in `law`, then a restart with the new law (running clocks are computed anew)
 *     keep:    {kind, id, entry} sets an entry of a register of the operator: purpose, recipient … (persons/kept.h)
 *     person:  {as, id, email, phone, iin, full_name, birth_date} somebody whose data are processed
 *     consent: {as, person, purpose, categories, yes: [third_persons …], recipients, until} is given now
 *     transfer: {person, recipient, purpose, categories, country, consent, as} data went to a third person; `as`: the
 *              case of telling the person, which must then have been opened, and without `as` not
 *     hold:    {person, norm} a legal hold
 *     visits:  {day, users, from, service, refused}, or a list of those: so many users, numbered from `from` (1), come
 *              today or on that day; `refused` with that code
 *     correct: {users, is, reason, service, by, refused} corrects the closed figure of a day or a month
 *     check_ad: {json, refused, finds} an advertisement, as a platform sends it, is checked: refused with that code,
 * with a finding of that code place:   {as, json, refused, finds} the same is kept and called `as` change:  {ad, json,
 * version, refused} it says something else from now on show:    {ad, count, day, refused} it was shown so often, today
 * or on that day opened:  {NAME: NUMBER} calls cases that the program opened by a name open:    {as, procedure, by,
 * opener, person, received, key, lang, values, files, opens} opens a case and calls it `as`; of that person, where one
 * is named act:     {case, act, by, version, key, values, files, opens} acts on it refuse:  {code, arg, field, and one
 * of: open, act (as above), view: {case, by}}: must be refused so (with `field` that field with that code; `arg` is
 * what the sentence names) and must have written nothing same:    {open or act: as above} sent again must give the
 * first answer and write nothing tick:    true: time passes for the job loop (reminders, overdue; with `visits` before
 * it, days are closed and secrets destroyed; with advertisements, showings are added and what is over is removed)
 *     destroy: the case whose person's key is destroyed
 *     destruction: true: what was begun to be destroyed is taken to its end
 *     verify:  true: office_verify must find nothing (done at the end of every script too)
 *     decide:  {person, action, purpose, categories, recipient, country, answer: allowed, prohibited or gap, reason},
 *              or a list of those: may it be done, by the index in memory
 *     expect:  a mapping, or a list of mappings; see below
 *
 * In `open` and `act`:
 *
 *   procedure  complaint where it is not given; a complaint without values gets some
 *   by         who: a role's word above, a name of `people`, "opener", "public". An opening is the public's, an act the
 *              moderator's where it is not given
 *   opener     public, staff, api or person; as it follows from `by` where it is not given
 *   received   the moment of the triggering event; now where it is not given
 *   key        an Idempotency-Key;  version  If-Match;  lang  kk, ru, en
 *   values     {field: text, or [texts]}. In a field that names a case stands the name it has in this script, in
 *              `account` a name of `people`, in `consent` one of a consent; a number of a case or anything else stands
 * for itself files      [evidence.pdf, page.png]: small files of that kind opens      [names]: the cases that the act
 * opened, in the order of their numbers; every one must be named
 *
 * `expect` of a case: {case, for, and any of the rest}
 *
 *   for        who looks (as in `by`); auditor where it is not given. "opener" comes with number and code
 *   number, state, version, assignee
 *   values     {field: text, or [texts]} as they now stand; a case by its name here; "" where none was given
 *   clock      the clock that is meant by due, overdue, starts, stopped, clock_state (running, met, missed, stopped),
 *              in_time, extended, norm_from; the first one where it is not given
 *   clock_states {clock: state} of several;  clocks  how many there are;  no_clock  one that there is not
 *   is_overdue is it so now, by the list of the desk
 *   events, last_event, reminders, destroyed, messages   kind of the newest event; the others are how many
 *   happened   when the newest act happened, by its own account
 *   told       [people or opener]: who gets a message about the newest event, in any order
 *   acts       [acts] that the one who looks may do now, in any order
 *   barred     {act: code}: what stands against acts that the state would allow
 *   links      [cases] that it names or that name it, in any order
 *   papers     [papers] issued so far, in order
 *
 * `expect` of a register: {register, and any of the rest}
 *
 *   entry      a case of this script, or the number of one
 *   place      standing, past, or out (there is no such entry);  state  the case's
 *   values     {column: text, or [texts]};  steps  how long its history is
 *   standing, left   how many entries the register has of either kind
 *
 * `expect` of users: {users: day or month, service, is: how many, "none" where nothing came, "open"; version;
 * daily_average, six_months (that end with that month)}; {forgotten: month}: its secret and hashes are in no file
 *
 * `expect` of an advertisement: {ad, stands: true or false, version, shown, last_day, kept_until, says: words; act: the
 * number of the case by which it was removed}
 *
 * `expect` of a key: {key: platform, resource or subject; value; procedure; count}: how many cases have it
 *
 * Every complaint says the script's file and line. */
#include "run.h"
#include "audience/counter.h"
#include "persons/person_index.h"
#include "store/link_rows.h"
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void fail(struct run *run, const struct yaml *at, const char *fmt, ...)
{
    va_list args;

    printf("  %s:%d: ", at->file, at->line);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    longjmp(run->failed, 1);
}

const char *text_of(struct run *run, const struct yaml *node, const char *key, bool required)
{
    const struct yaml *value = yaml_get(node, key);

    if (value == NULL && !required)
        return NULL;
    if (value == NULL || value->kind != YAML_SCALAR)
        fail(run, value != NULL ? value : node, "%s is missing or no text", key);
    return value->text;
}

int64_t moment_of(struct run *run, const struct yaml *node, const char *key)
{
    const char *text = text_of(run, node, key, true);
    int64_t at_usec;

    if (!moment_parse(text, &run->fixture.office.catalogue->calendar->zone, &at_usec))
        fail(run, yaml_get(node, key), "%s is no moment", text);
    return at_usec;
}

void only(struct run *run, const struct yaml *node, const char *const *known)
{
    struct err err = {0};

    if (node == NULL || node->kind != YAML_MAPPING || yaml_only_keys(node, known, &err) < 0)
        fail(run, node, "no mapping, or an unknown member: %s", err.arg);
}

const struct named_case *case_named(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->case_count; i++)
        if (strcmp(run->cases[i].name, name) == 0)
            return &run->cases[i];
    return NULL;
}

const struct named_case *case_of(struct run *run, const struct yaml *node, const char *key)
{
    const char *name = text_of(run, node, key, true);
    const struct named_case *named = case_named(run, name);

    if (named == NULL)
        fail(run, yaml_get(node, key), "no case is called %s", name);
    return named;
}

static struct named_case *name_case(struct run *run, const struct yaml *at, const char *name)
{
    if (run->case_count == CASES_MAX)
        fail(run, at, "too many cases");
    if (case_named(run, name) != NULL)
        fail(run, at, "two cases are called %s", name);
    run->cases[run->case_count] = (struct named_case){.name = name};
    return &run->cases[run->case_count];
}

static const struct actor *person_called(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->person_count; i++)
        if (strcmp(run->people[i].name, name) == 0)
            return &run->people[i].actor;
    return fixture_actor(&run->fixture, name);
}

const struct actor *actor_of(struct run *run, const struct yaml *node, const char *key, const char *otherwise)
{
    const char *word = text_of(run, node, key, false);
    const struct actor *actor = person_called(run, word != NULL ? word : otherwise);

    if (actor == NULL)
        fail(run, node, "nobody is called %s", word);
    return actor;
}

static void hire(struct run *run, const struct yaml *people)
{
    for (size_t i = 0; people != NULL && i < people->count; i++) {
        const struct yaml *node = people->items[i];
        struct worker *person = &run->people[run->person_count];
        unsigned roles = 0;
        char email[64];

        if (run->person_count == PEOPLE_MAX)
            fail(run, node, "too many people");
        person->name = people->keys[i];
        if (node->kind == YAML_MAPPING) {
            fixture_token(&run->fixture, actor_of(run, node, "token_of", ""), &person->actor);
        } else {
            for (size_t k = 0; k < node->count; k++) {
                if (role_parse(node->items[k]->text) == 0)
                    fail(run, node, "%s is no role", node->items[k]->text);
                roles |= role_parse(node->items[k]->text);
            }
            snprintf(email, sizeof(email), "%s@example.kz", person->name);
            fixture_hire(&run->fixture, person->name, email, roles, &person->actor);
        }
        run->person_count++;
    }
}

/* --- Opening and acting ------------------------------------------------------------------------------------------- */

static const struct field *field_called(const struct field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

/* What a word of the script stands for in that field. */
static const char *meant(const struct run *run, const struct field *field, const char *name, const char *text)
{
    const struct named_consent *consent;
    const struct named_case *named;
    const struct actor *actor;

    if (field != NULL && field->type == FIELD_CASE && (named = case_named(run, text)) != NULL)
        return named->opened.number;
    if (strcmp(name, "account") == 0 && (actor = person_called(run, text)) != NULL)
        return actor->account_id;
    if (strcmp(name, "consent") == 0 && (consent = consent_named(run, text)) != NULL)
        return consent->number;
    return text;
}

static size_t values_of(struct run *run, const struct yaml *node, const struct field *fields, size_t field_count,
                        struct raw_value *raw)
{
    const struct yaml *values = yaml_get(node, "values");

    if (values == NULL)
        return 0;
    if (values->kind != YAML_MAPPING || values->count > VALUES_MAX)
        fail(run, values, "no mapping, or too many values");
    for (size_t i = 0; i < values->count; i++) {
        const struct yaml *value = values->items[i];
        const struct field *field = field_called(fields, field_count, values->keys[i]);
        size_t count = value->kind == YAML_SEQUENCE ? value->count : 1;
        const char **texts = ARENA_ARRAY(&run->arena, const char *, count);

        for (size_t k = 0; k < count; k++) {
            const char *text = value->kind == YAML_SEQUENCE ? value->items[k]->text : value->text;

            if (text == NULL)
                fail(run, value, "%s is neither a text nor a list of texts", values->keys[i]);
            texts[k] = meant(run, field, values->keys[i], text);
        }
        raw[i] = (struct raw_value){values->keys[i], value->kind == YAML_SEQUENCE ? RAW_LIST : RAW_FORM, count, texts};
    }
    return values->count;
}

static size_t files_of(struct run *run, const struct yaml *node, struct attachment_new *files)
{
    static const char png[33] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const struct yaml *list = yaml_get(node, "files");

    if (list == NULL)
        return 0;
    if (list->kind != YAML_SEQUENCE || list->count > CASE_ATTACHMENTS_MAX + 1)
        fail(run, list, "no list, or too many files");
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->items[i]->text;
        size_t len = strlen(name);

        files[i] = (struct attachment_new){.name = name};
        if (len > 4 && strcmp(name + len - 4, ".png") == 0) {
            files[i].bytes = png;
            files[i].count = sizeof(png);
        } else if (len > 4 && strcmp(name + len - 4, ".pdf") == 0) {
            files[i].bytes = arena_printf(&run->arena, "%%PDF-1.4\n%s\n", name);
            files[i].count = strlen(files[i].bytes);
        } else {
            files[i].bytes = name;
            files[i].count = len;
        }
    }
    return list->count;
}

static int try_open(struct run *run, const struct yaml *node, struct case_opened *ret, struct err *err)
{
    static const char *const known[] = {"as",   "procedure", "by",    "opener", "received", "key",
                                        "lang", "values",    "files", "person", "opens",    NULL};
    struct raw_value raw[VALUES_MAX];
    struct attachment_new files[CASE_ATTACHMENTS_MAX + 1];
    const struct actor *actor = actor_of(run, node, "by", "public");
    const char *id = text_of(run, node, "procedure", false), *opener = text_of(run, node, "opener", false);
    const char *lang = text_of(run, node, "lang", false);
    const struct procedure *procedure;
    struct fixture_opening opening = {.procedure = id != NULL ? id : "complaint",
                                      .opener = opener,
                                      .actor = actor,
                                      .now_usec = run->now_usec,
                                      .key = text_of(run, node, "key", false),
                                      .raw = raw,
                                      .files = files};

    only(run, node, known);
    if (yaml_get(node, "person") != NULL)
        opening.subject_id = person_of(run, node, "person")->subject_id;
    if (opener == NULL)
        opening.opener = actor->kind == ACTOR_ACCOUNT ? "staff" : actor->kind == ACTOR_TOKEN ? "api" : "public";
    if (lang != NULL && lang_parse(lang) < 0)
        fail(run, node, "no language %s", lang);
    if (lang != NULL)
        opening.lang = (enum lang)lang_parse(lang);
    procedure = catalogue_procedure(run->fixture.office.catalogue, opening.procedure);
    if (procedure == NULL)
        fail(run, node, "no procedure %s", opening.procedure);
    if (yaml_get(node, "received") != NULL)
        opening.received_usec = moment_of(run, node, "received");
    opening.raw_count = values_of(run, node, procedure->fields, procedure->field_count, raw);
    opening.file_count = files_of(run, node, files);
    if (opening.raw_count == 0 && id == NULL) {
        opening.raw = fixture_complaint;
        opening.raw_count = 2;
    }
    return fixture_open_case(&run->fixture, &opening, ret, err);
}

static int try_act(struct run *run, const struct yaml *node, int64_t *ret_version, int64_t *ret_leaf, struct err *err)
{
    static const char *const known[] = {"case", "act", "by", "version", "key", "values", "files", "opens", NULL};
    const struct named_case *named = case_of(run, node, "case");
    const char *version = text_of(run, node, "version", false);
    const struct procedure *procedure = catalogue_procedure(run->fixture.office.catalogue, named->procedure);
    const struct procedure_act *act;
    struct raw_value raw[VALUES_MAX];
    struct attachment_new files[CASE_ATTACHMENTS_MAX + 1];
    struct case_acting acting = {.case_id = named->opened.id,
                                 .act = text_of(run, node, "act", true),
                                 .expected_version = version != NULL ? atoll(version) : 0,
                                 .idempotency_key = text_of(run, node, "key", false),
                                 .raw = raw,
                                 .files = files};

    only(run, node, known);
    act = procedure_act_find(procedure, acting.act);
    acting.raw_count = values_of(run, node, act != NULL ? act->fields : NULL, act != NULL ? act->field_count : 0, raw);
    acting.file_count = files_of(run, node, files);
    return fixture_act(&run->fixture, &acting, actor_of(run, node, "by", "moderator"), run->now_usec, ret_version,
                       ret_leaf, err);
}

static void why_refused(struct run *run, const struct yaml *node, const struct err *err)
{
    const struct field_errors *errors = &run->fixture.errors;

    fail(run, node, "refused: %s %s %s (%s %s)", err->code, err->arg, err->detail,
         errors->count > 0 ? errors->items[0].field : "", errors->count > 0 ? errors->items[0].code : "");
}

/* Gives the cases that the act of that leaf opened the names of the list. */
static void name_opened(struct run *run, const struct yaml *node, const char *parent, int64_t leaf)
{
    const struct yaml *names = yaml_get(node, "opens");
    struct case_row *rows = ARENA_ARRAY(&run->arena, struct case_row, CASES_MAX);
    struct case_link_row *links;
    struct err err = {0};
    size_t count, found = 0;
    struct tx *tx;
    int r = store_read_begin(run->fixture.store, &tx, &err);

    if (r < 0)
        fail(run, node, "read: %s", err.code);
    r = store_link_of_case(tx, parent, &run->arena, &links, &count, &err);
    for (size_t i = 0; r == 0 && i < count && found < CASES_MAX; i++) {
        bool opened = strcmp(links[i].to_case, parent) == 0 && links[i].leaf > leaf;

        if (!opened || (found > 0 && strcmp(links[i].from_case, rows[found - 1].id) == 0))
            continue;
        r = store_case_get(tx, links[i].from_case, &run->arena, &rows[found++], &err);
    }
    store_read_end(tx);
    if (r < 0)
        fail(run, node, "what it opened: %s %s", err.code, err.arg);
    if (names == NULL || found != names->count)
        fail(run, node, "it opened %zu cases", found);
    for (size_t i = 0; i < found; i++) {
        struct named_case *named = name_case(run, node, names->items[i]->text);

        named->procedure = rows[i].procedure;
        snprintf(named->opened.id, sizeof(named->opened.id), "%s", rows[i].id);
        snprintf(named->opened.number, sizeof(named->opened.number), "%s", rows[i].number);
        keyring_access_code(run->fixture.keyring, rows[i].id, named->opened.access_code);
        run->case_count++;
    }
}

static void step_open(struct run *run, const struct yaml *node)
{
    struct named_case *named = name_case(run, node, text_of(run, node, "as", true));
    const char *procedure = text_of(run, node, "procedure", false);
    struct err err = {0};

    named->procedure = procedure != NULL ? procedure : "complaint";
    if (try_open(run, node, &named->opened, &err) < 0)
        why_refused(run, node, &err);
    if (named->opened.repeated)
        fail(run, node, "answered as a repeated request");
    run->case_count++;
    if (yaml_get(node, "opens") != NULL)
        name_opened(run, node, named->opened.id, named->opened.leaf);
}

static void step_act(struct run *run, const struct yaml *node)
{
    struct err err = {0};
    char parent[ID_TEXT];
    int64_t leaf;

    if (try_act(run, node, NULL, &leaf, &err) < 0)
        why_refused(run, node, &err);
    if (yaml_get(node, "opens") == NULL)
        return;
    snprintf(parent, sizeof(parent), "%s", case_of(run, node, "case")->opened.id);
    name_opened(run, node, parent, leaf);
}

void name_by_number(struct run *run, const struct yaml *at, const char *name, const char *number)
{
    struct named_case *named = name_case(run, at, name);
    struct case_row row;
    struct err err = {0};
    struct tx *tx;
    int r = store_read_begin(run->fixture.store, &tx, &err);

    if (r == 0) {
        r = store_case_by_number(tx, number, &run->arena, &row, &err);
        store_read_end(tx);
    }
    if (r < 0)
        fail(run, at, "%s: %s", number, err.code);
    named->procedure = row.procedure;
    snprintf(named->opened.id, sizeof(named->opened.id), "%s", row.id);
    snprintf(named->opened.number, sizeof(named->opened.number), "%s", row.number);
    keyring_access_code(run->fixture.keyring, row.id, named->opened.access_code);
    run->case_count++;
}

/* --- Refusals and repetitions ------------------------------------------------------------------------------------- */

static int64_t ledger_size(struct run *run, const struct yaml *at)
{
    struct err err = {0};
    const char *note;
    struct tx *tx;
    int64_t size;
    int r = store_read_begin(run->fixture.store, &tx, &err);

    if (r == 0) {
        struct arena arena;

        arena_init(&arena, 1u << 16);
        r = ledger_checkpoint(tx, &arena, &note, &size, &err);
        arena_done(&arena);
        store_read_end(tx);
    }
    if (r < 0)
        fail(run, at, "ledger: %s", err.code);
    return size;
}

static int try_view(struct run *run, const struct yaml *node, struct err *err)
{
    const struct named_case *named = case_of(run, node, "case");
    const struct actor *actor = actor_of(run, node, "by", "auditor");
    struct case_view view;
    struct tx *tx;
    int r = store_read_begin(run->fixture.store, &tx, err);

    if (r < 0)
        fail(run, node, "read: %s", err->code);
    arena_reset(&run->fixture.arena);
    r = case_view(tx, &run->fixture.office, named->opened.id, actor, run->now_usec, 0, &run->fixture.arena, &view, err);
    store_read_end(tx);
    return r;
}

static int try_any(struct run *run, const struct yaml *node, struct err *err)
{
    const struct yaml *open = yaml_get(node, "open"), *act = yaml_get(node, "act"), *view = yaml_get(node, "view");
    struct case_opened opened;

    field_errors_init(&run->fixture.errors, &run->fixture.arena);
    if (open != NULL)
        return try_open(run, open, &opened, err);
    if (act != NULL)
        return try_act(run, act, NULL, NULL, err);
    if (view != NULL)
        return try_view(run, view, err);
    fail(run, node, "neither open nor act nor view");
}

static void step_refuse(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"code", "arg", "field", "open", "act", "view", NULL};
    const char *code = text_of(run, node, "code", true), *field = text_of(run, node, "field", false);
    const char *wanted = text_of(run, node, "arg", false), *arg;
    int64_t before = ledger_size(run, node);
    struct err err = {0};

    only(run, node, known);
    if (try_any(run, node, &err) >= 0)
        fail(run, node, "was not refused");
    arg = err.arg;
    if (field != NULL) {
        const struct field_error *error = field_errors_find(&run->fixture.errors, field);

        if (error == NULL || strcmp(error->code, code) != 0)
            fail(run, node, "%s is refused with %s; all in all with %s %s", field,
                 error != NULL ? error->code : "nothing", err.code, err.arg);
        arg = error->arg;
    } else if (strcmp(err.code, code) != 0) {
        why_refused(run, node, &err);
    }
    if (wanted != NULL && strcmp(arg, wanted) != 0)
        fail(run, node, "refused with %s %s", code, arg);
    if (ledger_size(run, node) != before)
        fail(run, node, "refused, but something was written");
}

static void step_same(struct run *run, const struct yaml *node)
{
    const struct yaml *open = yaml_get(node, "open"), *act = yaml_get(node, "act");
    int64_t before = ledger_size(run, node), version, leaf;
    struct case_opened opened;
    struct err err = {0};
    int r = open != NULL ? try_open(run, open, &opened, &err) : try_act(run, act, &version, &leaf, &err);

    if (r < 0)
        why_refused(run, node, &err);
    if (ledger_size(run, node) != before)
        fail(run, node, "written a second time");
    if (open != NULL) {
        const struct case_opened *first = &case_of(run, open, "as")->opened;

        if (!opened.repeated || strcmp(first->id, opened.id) != 0 || strcmp(first->number, opened.number) != 0 ||
            strcmp(first->access_code, opened.access_code) != 0 || first->leaf != opened.leaf ||
            memcmp(&first->leaf_hash, &opened.leaf_hash, sizeof(opened.leaf_hash)) != 0)
            fail(run, node, "not the first answer");
    }
}

/* --- The law, and bad luck ---------------------------------------------------------------------------------------- */

static void edit_law(struct run *run, const struct yaml *edits)
{
    for (size_t i = 0; i < edits->count; i++) {
        const char *file = text_of(run, edits->items[i], "file", true);
        const char *append = text_of(run, edits->items[i], "append", false);

        if (append != NULL)
            fixture_edit_law(&run->fixture, file, NULL, append);
        else
            fixture_edit_law(&run->fixture, file, text_of(run, edits->items[i], "find", true),
                             text_of(run, edits->items[i], "replace", true));
    }
}

static void reload(struct run *run, const struct yaml *edits)
{
    struct err err = {0};

    edit_law(run, edits);
    if (fixture_reload(&run->fixture, &err) < 0)
        fail(run, edits, "the law does not load: %s %s", err.code, err.arg);
}

static void step_verify(struct run *run, const struct yaml *at)
{
    struct verify_report report;
    struct err err = {0};

    if (fixture_verify(&run->fixture, &report, &err) < 0)
        fail(run, at, "verify: %s %s: %s", err.code, err.arg, err.detail);
    verify_adverts(run, at);
    if (report.cases != (int64_t)run->case_count)
        fail(run, at, "verify saw %lld cases, the script knows %zu (an act that opens cases names them in `opens`)",
             (long long)report.cases, run->case_count);
}

static void step_destroy(struct run *run, const struct yaml *step)
{
    char sql[256];

    snprintf(sql, sizeof(sql),
             "UPDATE subject SET wrapped_key = NULL WHERE id = (SELECT subject_id FROM case_file WHERE id = '%s')",
             case_of(run, step, "destroy")->opened.id);
    fixture_sql(&run->fixture, sql);
}

static void decide_each(struct run *run, const struct yaml *node)
{
    if (node->kind != YAML_SEQUENCE) {
        step_decide(run, node);
        return;
    }
    for (size_t i = 0; i < node->count; i++)
        step_decide(run, node->items[i]);
}

/* --- A script ----------------------------------------------------------------------------------------------------- */

static void live(struct run *run, const struct yaml *step)
{
    static const char *const known[] = {"at",     "reload", "keep",   "person", "consent", "transfer", "hold",
                                        "open",   "act",    "refuse", "same",   "tick",    "destroy",  "destruction",
                                        "verify", "decide", "expect", "visits", "correct", "opened",   "check_ad",
                                        "place",  "change", "show",   NULL};
    static const struct {
        const char *key;
        void (*live)(struct run *run, const struct yaml *node);
    } steps[] = {{"visits", step_visits}, {"correct", step_correct}, {"keep", step_keep},
                 {"person", step_person}, {"consent", step_consent}, {"transfer", step_transfer},
                 {"hold", step_hold},     {"open", step_open},       {"act", step_act},
                 {"refuse", step_refuse}, {"same", step_same},       {"check_ad", step_check_ad},
                 {"place", step_place},   {"change", step_change},   {"show", step_show}};
    const struct yaml *opened = yaml_get(step, "opened");

    only(run, step, known);
    if (yaml_get(step, "at") != NULL)
        run->now_usec = moment_of(run, step, "at");
    if (yaml_get(step, "reload") != NULL) {
        reload(run, yaml_get(step, "reload"));
        fixture_recompute(&run->fixture, run->now_usec);
    }
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (yaml_get(step, steps[i].key) != NULL)
            steps[i].live(run, yaml_get(step, steps[i].key));
    if (yaml_get(step, "tick") != NULL) {
        fixture_tick(&run->fixture, run->now_usec);
        audience_tick(run, step);
        adverts_tick(run, step);
    }
    for (size_t i = 0; opened != NULL && i < opened->count; i++)
        name_by_number(run, step, opened->keys[i], opened->items[i]->text);
    if (yaml_get(step, "destroy") != NULL)
        step_destroy(run, step);
    if (yaml_get(step, "destruction") != NULL)
        step_destruction(run, step);
    if (yaml_get(step, "verify") != NULL)
        step_verify(run, step);
    if (yaml_get(step, "decide") != NULL)
        decide_each(run, yaml_get(step, "decide"));
    if (yaml_get(step, "expect") != NULL)
        step_expect(run, yaml_get(step, "expect"));
}

static void live_through(struct run *run, const struct yaml *root)
{
    static const char *const known[] = {"title", "law", "people", "steps", NULL};
    const struct yaml *steps = yaml_get(root, "steps");

    only(run, root, known);
    if (yaml_get(root, "law") != NULL)
        reload(run, yaml_get(root, "law"));
    hire(run, yaml_get(root, "people"));
    for (size_t i = 0; i < steps->count; i++)
        live(run, steps->items[i]);
    step_verify(run, root);
}

static bool run_script(const char *path)
{
    struct run *run = calloc(1, sizeof(*run));
    const struct yaml *root;
    struct err err = {0};
    volatile bool passed = false;

    if (run == NULL)
        abort();
    arena_init(&run->arena, 64u << 20);
    if (yaml_load(path, 1u << 20, &run->arena, &root, &err) < 0 || yaml_get(root, "steps") == NULL ||
        yaml_get(root, "title") == NULL) {
        printf("  %s: %s %s\n", path, err.code != NULL ? err.code : "no title or no steps", err.arg);
    } else {
        fixture_start(&run->fixture);
        if (setjmp(run->failed) == 0) {
            live_through(run, root);
            passed = true;
        }
        person_index_free(run->index);
        counter_free(run->counter);
        adverts_end(run);
        fixture_end(&run->fixture);
    }
    arena_done(&run->arena);
    free(run);
    printf("%s %s\n", passed ? "ok  " : "FAIL", path);
    return passed;
}

static int is_script(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

static void run_path(const char *path, int *passed, int *failed)
{
    struct stat about;
    struct dirent **names;
    int count;

    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode)) {
        *(run_script(path) ? passed : failed) += 1;
        return;
    }
    count = scandir(path, &names, is_script, alphasort);
    for (int i = 0; i < count; i++) {
        char script[512];

        snprintf(script, sizeof(script), "%s/%s", path, names[i]->d_name);
        *(run_script(script) ? passed : failed) += 1;
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0;

    for (int i = 1; i < argc; i++)
        run_path(argv[i], &passed, &failed);
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
