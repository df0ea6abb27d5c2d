/* GET /openapi.json: OpenAPI 3.1, written from the table of routes and the catalogue, so that it cannot say anything
 * else than what is served. The schemas of answers are in schemas.json; those of a case's and an act's fields come from
 * the procedures, in the request's language. */
#include "web/api/api.h"
#include <string.h>

extern const char openapi_schemas[]; /* generated from schemas.json */

/* What a query or path parameter is called, wherever it stands. */
static const struct {
    const char *name, *schema, *description;
} parameters[] = {
    {"lang", "{\"type\":\"string\",\"enum\":[\"kk\",\"ru\",\"en\"]}", "Language of the answer; else Accept-Language"},
    {"procedure", "{\"type\":\"string\"}", "Name of a procedure"},
    {"state", "{\"type\":\"string\"}", "A state of the procedure"},
    {"due_before", "{\"type\":\"string\",\"format\":\"date-time\"}", "Only cases due before this moment"},
    {"overdue", "{\"type\":\"boolean\"}", "true: only open cases with a clock that is overdue now"},
    {"q", "{\"type\":\"string\",\"maxLength\":200}", "Words; every one must occur, the last as a beginning"},
    {"role", "{\"type\":\"string\"}", "Only procedures run by this role of the law (platform, operator …)"},
    {"assignee", "{\"type\":\"string\",\"format\":\"uuid\"}", "Only cases assigned to this account"},
    {"unassigned", "{\"type\":\"boolean\"}", "true: only cases assigned to nobody"},
    {"open", "{\"type\":\"boolean\"}", "true: only open cases; false: only closed ones"},
    {"opened_from", "{\"type\":\"string\",\"format\":\"date-time\"}", "Opened at or after"},
    {"opened_before", "{\"type\":\"string\",\"format\":\"date-time\"}", "Opened before"},
    {"sort", "{\"type\":\"string\",\"enum\":[\"due\",\"newest\",\"oldest\"],\"default\":\"due\"}", "Order"},
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":50}", "Cases a page"},
    {"cursor", "{\"type\":\"string\"}", "Of the page before"},
    {"which", "{\"type\":\"string\",\"enum\":[\"all\",\"standing\",\"left\"],\"default\":\"all\"}",
     "Entries that stand in the register now, or that stood in it before"},
    {"register", "{\"type\":\"string\"}", "Name of a register"},
    {"report", "{\"type\":\"string\"}", "Name of a yearly report"},
    {"why", "{\"type\":\"boolean\"}", "true: with the days of every clock"},
    {"leaf", "{\"type\":\"integer\",\"minimum\":0}", "Index of a leaf of the ledger"},
    {"language", "{\"type\":\"string\",\"enum\":[\"kk\",\"ru\",\"en\",\"both\"]}",
     "Of the paper (both: Kazakh, then Russian); else that of the case's opener"},
    {"size", "{\"type\":\"integer\",\"minimum\":1}", "Size of the tree; else the newest checkpoint's"},
    {"to", "{\"type\":\"integer\",\"minimum\":1}", "The later size; else the newest checkpoint's"},
    {"code", "{\"type\":\"string\"}", "Access code of the opener"},
    {"who", "{\"type\":\"string\"}", "Only norms that bind this role of the law"},
    {"at", "{\"type\":\"string\",\"format\":\"date-time\"}", "The version in force at this moment; else now"},
    {"norm", "{\"type\":\"string\"}", "Id of a norm"},
    {"until", "{\"type\":\"string\",\"format\":\"date\"}", "The last day"},
    {"times", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":12}", "Extensions granted"},
    {"id", "{\"type\":\"string\"}", "Id"},
    {"attachment", "{\"type\":\"string\",\"format\":\"uuid\"}", "Id of the attachment"},
    {"act", "{\"type\":\"string\"}", "Name of an act of the procedure, or assign, or note"},
    {"name", "{\"type\":\"string\"}", "Name"},
    {"number", "{\"type\":\"string\"}", "The case's number"},
    {"year", "{\"type\":\"integer\"}", "Year"},
    {"kind",
     "{\"type\":\"string\",\"enum\":[\"purpose\",\"category\",\"recipient\",\"state\",\"policy\",\"responsible\"]}",
     "Which register"},
    {"service", "{\"type\":\"string\"}", "Users of this service alone; absent or *: of all together"},
    {"hash", "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{64}$\"}", "SHA-256 of the bytes"},
    {"version", "{\"type\":\"integer\",\"minimum\":1}", "A version; else the newest"},
    {"before_version", "{\"type\":\"integer\",\"minimum\":1}", "Only versions before this one"},
    {"before", "{\"type\":\"integer\",\"minimum\":0}", "Only what is older than this leaf"},
};

/* The answer and the body of each call, as schemas of schemas.json. `type` NULL: JSON without a schema of its own. */
static const struct {
    const char *name;
    unsigned status;
    const char *type, *answer, *body;
} shapes[] = {
    {"metrics", 200, "text/plain", NULL, NULL},
    {"calendar_get", 200, "application/json", "calendar", NULL},
    {"clock_compute", 200, "application/json", "clock_days", "clock_question"},
    {"clock_explain", 200, "application/json", "clock_days", NULL},
    {"case_open", 201, "application/json", "opened_case", NULL},
    {"case_list", 200, "application/json", "case_list", NULL},
    {"case_get", 200, "application/json", "case", NULL},
    {"case_act", 200, "application/json", "case", NULL},
    {"case_status", 200, "application/json", "case", NULL},
    {"case_paper", 200, "application/pdf", NULL, NULL},
    {"case_attachment", 200, "application/octet-stream", NULL, NULL},
    {"case_chain", 200, "application/json", "chain", NULL},
    {"register_list", 200, "application/json", "register_list", NULL},
    {"register_get", 200, "application/json", "register_page", NULL},
    {"register_entry", 200, "application/json", "register_entry", NULL},
    {"register_csv", 200, "text/csv", NULL, NULL},
    {"consent_record", 200, "application/ld+json", NULL, NULL},
    {"consents_csv", 200, "text/csv", NULL, NULL},
    {"consents_jsonld", 200, "application/x-ndjson", NULL, NULL},
    {"import_send", 201, "application/json", "import", NULL},
    {"import_list", 200, "application/json", "import_list", NULL},
    {"import_get", 200, "application/json", "import", NULL},
    {"import_stop", 200, "application/json", "import", "nothing"},
    {"import_resume", 200, "application/json", "import", "nothing"},
    {"import_refusals", 200, "text/csv", NULL, NULL},
    {"register_json", 200, "application/json", "register_export", NULL},
    {"report_list", 200, "application/json", "report_list", NULL},
    {"report_get", 200, "application/json", "report", NULL},
    {"report_csv", 200, "text/csv", NULL, NULL},
    {"statements_csv", 200, "text/csv", NULL, NULL},
    {"audience_get", 200, "application/json", "audience", NULL},
    {"audience_months", 200, "application/json", "audience_months", NULL},
    {"audience_csv", 200, "text/csv", NULL, NULL},
    {"audience_days", 200, "application/json", "audience_days", NULL},
    {"audience_correct", 201, "application/json", "audience_corrected", "audience_correction_new"},
    {"ads_check", 200, "application/json", "ads_checked", "ads_new"},
    {"ads_terms", 200, "application/json", "ads_terms", NULL},
    {"ads_keep", 201, "application/json", "ads_kept", "ads_new"},
    {"ad_change", 200, "application/json", "ads_kept", "advert"},
    {"ad_get", 200, "application/json", "ad", NULL},
    {"ad_mark", 200, "application/json", "ad_mark", NULL},
    {"ad_versions", 200, "application/json", "ad_versions", NULL},
    {"ad_proof", 200, "application/json", "ad_proof", NULL},
    {"ads_media_put", 201, "application/json", "ad_medium", NULL},
    {"ledger_checkpoint", 200, "text/plain", NULL, NULL},
    {"ledger_key", 200, "text/plain", NULL, NULL},
    {"ledger_inclusion", 200, "application/json", "receipt", NULL},
    {"ledger_consistency", 200, "application/json", "consistency", NULL},
    {"ledger_verify", 200, "application/json", "verdict", "receipt"},
    {"consent_give", 201, "application/json", "consent_recorded", "consent_new"},
    {"consent_get", 200, "application/json", "consent", NULL},
    {"consent_withdraw", 201, "application/json", "consent_withdrawn", "consent_withdrawal"},
    {"consent_end", 200, "application/json", "consent", "nothing"},
    {"person_find", 200, "application/json", "person", "person_names"},
    {"person_get", 200, "application/json", "person", NULL},
    {"person_consents", 200, "application/json", "person_consents", NULL},
    {"person_history", 200, "application/json", "person_history", NULL},
    {"person_transfer", 201, "application/json", "transfer", "transfer_new"},
    {"person_names_remove", 204, NULL, NULL, "person_addresses"},
    {"person_acknowledge", 201, "application/json", "acknowledgement", "acknowledgement_new"},
    {"kept_list", 200, "application/json", "kept_list", NULL},
    {"kept_get", 200, "application/json", "kept", NULL},
    {"kept_set", 200, "application/json", "kept", "kept_entry"},
    {"kept_retire", 200, "application/json", "kept", NULL},
    {"account_create", 201, "application/json", "account", "account_new"},
    {"account_get", 200, "application/json", "account", NULL},
    {"account_change", 200, "application/json", "account", "account_change"},
    {"token_create", 201, "application/json", "token", "token_new"},
    {"token_revoke", 204, NULL, NULL, NULL},
    {"access_evaluation", 200, "application/json", "access_decision", "access_question"},
    {"access_evaluations", 200, "application/json", "access_decisions", "access_questions"},
    {"access_search_subject", 200, "application/json", "access_found", "access_search"},
    {"access_search_resource", 200, "application/json", "access_found", "access_search"},
    {"access_search_action", 200, "application/json", "access_found", "access_search"},
    {"authzen_configuration", 200, "application/json", "access_places", NULL},
};

static void write_ref(struct buf *out, const char *schema)
{
    jo_open(out, '{');
    jo_key(out, "$ref");
    buf_printf(out, "\"#/components/schemas/%s\"", schema);
    jo_close(out, '}');
}

static void write_parameter(struct request *request, struct buf *out, const char *name, const char *in)
{
    size_t at = 0;
    while (at < sizeof parameters / sizeof parameters[0] && strcmp(parameters[at].name, name) != 0)
        at++;
    bool known = at < sizeof parameters / sizeof parameters[0];
    jo_open(out, '{');
    jo_text(out, "name", name);
    jo_text(out, "in", in);
    if (strcmp(in, "path") == 0)
        jo_bool(out, "required", true);
    if (known)
        jo_text(out, "description", parameters[at].description);
    jo_key(out, "schema");
    buf_puts(out, known ? parameters[at].schema : "{\"type\":\"string\"}");
    jo_close(out, '}');
}

static void write_header_parameter(struct buf *out, const char *name, const char *description)
{
    jo_open(out, '{');
    jo_text(out, "name", name);
    jo_text(out, "in", "header");
    jo_text(out, "description", description);
    jo_key(out, "schema");
    buf_puts(out, "{\"type\":\"string\"}");
    jo_close(out, '}');
}

static void write_parameters(struct request *request, struct buf *out, const struct route *route)
{
    jo_key(out, "parameters");
    jo_open(out, '[');
    for (const char *p = strchr(route->path, '{'); p != NULL; p = strchr(p, '{')) {
        size_t length = strcspn(++p, "}");
        const char *name = arena_strndup(&request->arena, p, length);
        if (name != NULL)
            write_parameter(request, out, name, "path");
    }
    for (const char *p = route->query; *p != '\0';) {
        size_t length = strcspn(p, " ");
        const char *name = arena_strndup(&request->arena, p, length);
        if (name != NULL)
            write_parameter(request, out, name, "query");
        p += length;
        p += strspn(p, " ");
    }
    write_parameter(request, out, "lang", "query");
    static const char *const keyed[] = {"case_open",        "case_act", "account_create", "token_create",
                                        "audience_correct", "ads_keep", "ad_change"};
    bool takes_key = false;
    for (size_t i = 0; i < sizeof keyed / sizeof keyed[0]; i++)
        takes_key = takes_key || strcmp(route->name, keyed[i]) == 0;
    if (takes_key)
        write_header_parameter(out, "Idempotency-Key",
                               "The same key gives the first answer again; 1 to 255 characters");
    if (route->input == INPUT_JSON_TEXT)
        write_header_parameter(out, "X-Request-ID", "Comes back with the answer");
    if (strcmp(route->name, "case_act") == 0)
        write_header_parameter(out, "If-Match", "The case's ETag; another version is refused with 412");
    if (strcmp(route->name, "ad_change") == 0)
        write_header_parameter(out, "If-Match", "The advertisement's ETag; another version is refused with 412");
    if (strcmp(route->name, "audience_correct") == 0)
        write_header_parameter(out, "If-Match",
                               "The version of the figure that is corrected; another is refused with 412");
    jo_close(out, ']');
}

/* The schemas of what may be opened, or done: one of them applies. */
static void write_case_bodies(struct request *request, struct buf *out, bool opening)
{
    const struct catalogue *catalogue = request->office->catalogue;
    jo_open(out, '{');
    jo_key(out, "oneOf");
    jo_open(out, '[');
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        if (opening) {
            if (office_runs(request->office, procedure))
                write_ref(out, arena_printf(&request->arena, "open_%s", procedure->id));
            continue;
        }
        for (size_t a = 0; a < procedure->act_count; a++)
            write_ref(out, arena_printf(&request->arena, "act_%s_%s", procedure->id, procedure->acts[a].id));
    }
    if (!opening) {
        write_ref(out, "act_assign");
        write_ref(out, "act_note");
    }
    jo_close(out, ']');
    jo_close(out, '}');
}

/* A file of rows, as the body itself or in a form. */
static void write_file_body(struct buf *out)
{
    static const char *const types[] = {"text/csv", "application/x-ndjson", "application/ld+json"};
    jo_key(out, "requestBody");
    jo_open(out, '{');
    jo_bool(out, "required", true);
    jo_key(out, "content");
    jo_open(out, '{');
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        jo_key(out, types[i]);
        buf_puts(out, "{\"schema\":{\"type\":\"string\"}}");
    }
    jo_key(out, "multipart/form-data");
    buf_puts(out, "{\"schema\":{\"type\":\"object\",\"required\":[\"file\"],\"properties\":{\"file\":"
                  "{\"type\":\"string\",\"format\":\"binary\"}}}}");
    jo_close(out, '}');
    jo_close(out, '}');
}

/* What is taken as it comes: JSON with its schema and rows one a line, or bytes of any kind. */
static void write_plain_body(struct buf *out, const struct route *route, const char *schema)
{
    jo_key(out, "requestBody");
    jo_open(out, '{');
    jo_bool(out, "required", true);
    jo_key(out, "content");
    jo_open(out, '{');
    if (schema != NULL) {
        jo_key(out, "application/json");
        jo_open(out, '{');
        jo_key(out, "schema");
        write_ref(out, schema);
        jo_close(out, '}');
    }
    if (route->input == INPUT_LINES) {
        jo_key(out, "text/plain");
        buf_puts(out, "{\"schema\":{\"type\":\"string\"}}");
    }
    if (route->input == INPUT_COUNTS) {
        jo_key(out, "text/csv");
        buf_puts(out, "{\"schema\":{\"type\":\"string\"}}");
    }
    if (route->input == INPUT_ROWS || route->input == INPUT_LINES || route->input == INPUT_COUNTS) {
        jo_key(out, "application/x-ndjson");
        buf_puts(out, "{\"schema\":{\"type\":\"string\"}}");
    } else {
        jo_key(out, "application/octet-stream");
        buf_puts(out, "{\"schema\":{\"type\":\"string\",\"format\":\"binary\"}}");
    }
    jo_close(out, '}');
    jo_close(out, '}');
}

static void write_body(struct request *request, struct buf *out, const struct route *route, const char *schema)
{
    static const char *const types[] = {"application/json", "multipart/form-data"};
    bool opening = strcmp(route->name, "case_open") == 0;
    jo_key(out, "requestBody");
    jo_open(out, '{');
    jo_bool(out, "required", strcmp(route->name, "case_act") != 0);
    jo_key(out, "content");
    jo_open(out, '{');
    for (int i = 0; i < (route->input == INPUT_JSON_OR_MULTIPART ? 2 : 1); i++) {
        jo_key(out, types[i]);
        jo_open(out, '{');
        jo_key(out, "schema");
        if (schema != NULL)
            write_ref(out, schema);
        else
            write_case_bodies(request, out, opening);
        jo_close(out, '}');
    }
    jo_close(out, '}');
    jo_close(out, '}');
}

static void write_answers(struct buf *out, size_t shape)
{
    bool known = shape < sizeof shapes / sizeof shapes[0];
    jo_key(out, "responses");
    jo_open(out, '{');
    buf_printf(out, "\"%u\":", known ? shapes[shape].status : 200);
    jo_open(out, '{');
    jo_text(out, "description", known && shapes[shape].status == 201 ? "Made" : "Done");
    if (!known || shapes[shape].type != NULL) {
        jo_key(out, "content");
        jo_open(out, '{');
        jo_key(out, known ? shapes[shape].type : "application/json");
        jo_open(out, '{');
        if (known && shapes[shape].answer != NULL) {
            jo_key(out, "schema");
            write_ref(out, shapes[shape].answer);
        }
        jo_close(out, '}');
        jo_close(out, '}');
    }
    jo_close(out, '}');
    jo_key(out, "default");
    buf_puts(out, "{\"$ref\":\"#/components/responses/problem\"}");
    jo_close(out, '}');
}

static void write_security(struct buf *out, const struct route *route)
{
    jo_key(out, "security");
    jo_open(out, '[');
    if (route->roles & ROLE_PUBLIC)
        buf_puts(out, route->roles == ROLE_PUBLIC ? "{}" : "{},");
    if (route->roles != ROLE_PUBLIC)
        buf_puts(out, route->input == INPUT_JSON_TEXT ? "{\"bearer\":[]}" : "{\"bearer\":[]},{\"session\":[]}");
    jo_close(out, ']');
}

static void write_operation(struct request *request, struct buf *out, const struct route *route)
{
    static const char *const methods[] = {"get", "post", "put", "delete"};
    size_t shape = 0;
    while (shape < sizeof shapes / sizeof shapes[0] && strcmp(shapes[shape].name, route->name) != 0)
        shape++;
    jo_key(out, methods[route->method]);
    jo_open(out, '{');
    jo_text(out, "operationId", route->name);
    jo_text(out, "summary", route->summary);
    jo_key(out, "x-talap-roles");
    jo_roles(out, route->roles);
    write_security(out, route);
    write_parameters(request, out, route);
    if (route->input == INPUT_FILE)
        write_file_body(out);
    else if (route->input == INPUT_ROWS || route->input == INPUT_BYTES || route->input == INPUT_LINES ||
             route->input == INPUT_COUNTS)
        write_plain_body(out, route, shape < sizeof shapes / sizeof shapes[0] ? shapes[shape].body : NULL);
    else if (route->input != INPUT_NONE)
        write_body(request, out, route, shape < sizeof shapes / sizeof shapes[0] ? shapes[shape].body : NULL);
    write_answers(out, shape);
    jo_close(out, '}');
}

static bool path_before(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (routes[i].kind == ROUTE_API && strcmp(routes[i].path, routes[index].path) == 0)
            return true;
    return false;
}

static void write_paths(struct request *request, struct buf *out)
{
    jo_key(out, "paths");
    jo_open(out, '{');
    for (size_t i = 0; i < route_count; i++) {
        if (routes[i].kind != ROUTE_API || path_before(i))
            continue;
        jo_key(out, routes[i].path);
        jo_open(out, '{');
        for (size_t j = i; j < route_count; j++)
            if (routes[j].kind == ROUTE_API && strcmp(routes[j].path, routes[i].path) == 0)
                write_operation(request, out, &routes[j]);
        jo_close(out, '}');
    }
    jo_close(out, '}');
}

static void write_components(struct request *request, struct buf *out)
{
    const struct catalogue *catalogue = request->office->catalogue;
    jo_key(out, "components");
    jo_open(out, '{');
    jo_key(out, "securitySchemes");
    buf_puts(out, "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
                  "\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"" COOKIE_SESSION "\","
                  "\"description\":\"For reading; a write also needs X-CSRF-Token\"}}");
    jo_key(out, "responses");
    buf_puts(out, "{\"problem\":{\"description\":\"Refused: problem details\",\"content\":"
                  "{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/problem\"}}}}}");
    jo_key(out, "schemas");
    /* The file's closing brace gives way to the schemas of the procedures. */
    buf_put(out, openapi_schemas, strlen(openapi_schemas) - 1);
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        buf_printf(out, ",\"open_%s\":", procedure->id);
        schema_write(out, procedure->fields, procedure->field_count, request->lang);
        for (size_t a = 0; a < procedure->act_count; a++) {
            buf_printf(out, ",\"act_%s_%s\":", procedure->id, procedure->acts[a].id);
            schema_write(out, procedure->acts[a].fields, procedure->acts[a].field_count, request->lang);
        }
    }
    buf_puts(out, ",\"act_assign\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"account\"],"
                  "\"properties\":{\"account\":{\"type\":\"string\"}}},"
                  "\"act_note\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"text\"],"
                  "\"properties\":{\"text\":{\"type\":\"string\",\"maxLength\":5000}}}}");
    jo_close(out, '}');
}

int api_openapi(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    char etag[64];
    snprintf(etag, sizeof etag, "\"api-%.16s-%08x-%s\"", request->office->catalogue_hash,
             api_roles_tag(request->office), lang_code(request->lang));
    if (api_not_modified(request, response, etag))
        return 0;
    jo_open(out, '{');
    jo_text(out, "openapi", "3.1.0");
    jo_key(out, "info");
    jo_open(out, '{');
    jo_text(out, "title", "Talap");
    jo_text(out, "version", TALAP_VERSION);
    jo_text(out, "summary", "Duties of the law on online platforms and personal data as cases with clocks and proofs");
    jo_close(out, '}');
    jo_key(out, "servers");
    jo_open(out, '[');
    jo_open(out, '{');
    jo_text(out, "url", request_public_url(request));
    jo_close(out, '}');
    jo_close(out, ']');
    write_components(request, out);
    write_paths(request, out);
    jo_close(out, '}');
    return request->arena.overflowed ? err_memory(err) : 0;
}
