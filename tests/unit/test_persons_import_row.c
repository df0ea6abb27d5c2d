/* Rows of a file as consents: the head line, every column, what is refused and beside which; the same as JSON-LD. */
#include "persons/import_row.h"
#include "unit.h"
#include <stdlib.h>
#include <string.h>

static struct arena arena;
static struct zone zone;
static struct field_errors errors;
static const char known_text[] = "Келісемін";
static const char known_hash[] = "a3a6fbba1c5d7bf4b1e8f2fa3e9ed1c6bd0a5f35d0f8d6c64f8f9f3a4a0b9a11";

static int load(void **state)
{
    struct err err = {0};
    return zone_load("Asia/Almaty", &zone, &err);
}

static int open_arena(void **state)
{
    arena_init(&arena, 32 << 20);
    field_errors_init(&errors, &arena);
    return 0;
}

static int close_arena(void **state)
{
    arena_done(&arena);
    return 0;
}

static int find(void *arg, const struct hash *hash, const char *lang, const char *version, struct consent_text *ret,
                bool *ret_found, struct err *err)
{
    char hex[65];
    hex_encode(hash->bytes, sizeof hash->bytes, hex);
    *ret_found = strcmp(hex, known_hash) == 0 && (lang == NULL || strcmp(lang, "kk") == 0) &&
                 (version == NULL || strcmp(version, "3") == 0);
    *ret = (struct consent_text){.hash = *hash, .lang = "kk", .version = "3", .text = known_text};
    return 0;
}

static struct csv_record cut(const char *line)
{
    struct csv_record record;
    char *copy = arena_alloc(&arena, strlen(line) + 2);
    strcpy(copy, line);
    assert_int_equal(csv_read(copy, strlen(line), true, ',', &record), CSV_RECORD);
    return record;
}

static int head_of(const char *line, struct import_head *ret)
{
    struct err err = {0};
    struct csv_record record = cut(line);
    return import_head_read(&record, ',', ret, &errors, &err);
}

static bool row_of(const char *head_line, const char *line, struct consent_given *ret)
{
    struct err err = {0};
    struct import_head head;
    struct import_context context = {.zone = &zone, .texts = {.find = find}};
    bool refused = false;
    assert_int_equal(head_of(head_line, &head), 0);
    struct csv_record record = cut(line);
    assert_int_equal(import_row_read(&head, &record, &context, &arena, ret, &refused, &errors, &err), 0);
    return !refused;
}

static bool said(const char *field, const char *code)
{
    for (size_t i = 0; i < errors.count; i++)
        if (strcmp(errors.items[i].field, field) == 0 && strcmp(errors.items[i].code, code) == 0)
            return true;
    return false;
}

#define HEAD "person_id,full_name,purpose,categories,way,text,text_language,text_version"

static void a_head_is_known(void **state)
{
    struct import_head head;
    assert_int_equal(head_of(HEAD, &head), 0);
    assert_int_equal(head.count, 8);
    assert_int_equal(head.columns[0], COLUMN_PERSON_ID);
    assert_int_equal(head_of(" Person_ID ,FULL_NAME,purpose,categories,way,text_hash,consent,withdrawn", &head), 0);
    assert_int_equal(head.columns[6], COLUMN_OVERREAD);
    assert_int_equal(head_of("iin,full_name,purpose,categories,way,text_hash", &head), 0);
}

static void a_head_is_refused_by_column(void **state)
{
    struct import_head head;
    assert_int_equal(head_of("person_id,person_id,full_name,purpose,categories,way,text", &head), -ERR_BAD_INPUT);
    assert_true(said("person_id", "column_twice"));
    assert_int_equal(errors.count, 1);
    field_errors_init(&errors, &arena);
    assert_int_equal(head_of("birth_date", &head), -ERR_BAD_INPUT);
    assert_true(said("person_id", "column_missing"));
    assert_true(said("full_name", "column_missing"));
    assert_true(said("purpose", "column_missing"));
    assert_true(said("categories", "column_missing"));
    assert_true(said("way", "column_missing"));
    assert_true(said("text", "column_missing"));
    field_errors_init(&errors, &arena);
    /* A file without a head: what stands in its first row is repeated nowhere. */
    assert_int_equal(head_of("aigerim@example.kz,Aigerim", &head), -ERR_BAD_INPUT);
    assert_true(said("", "column_unknown"));
    for (size_t i = 0; i < errors.count; i++) {
        assert_null(strstr(errors.items[i].arg, "igerim"));
        assert_null(strstr(errors.items[i].field, "igerim"));
    }
}

static void every_column_arrives(void **state)
{
    struct consent_given given;
    const char *head = "person_id,email,phone,iin,full_name,birth_date,representative,purpose,categories,third_persons,"
                       "cross_border,publication,automated,recipients,from,until,given_at,way,text,text_hash,"
                       "text_language,text_version,operator_name,operator_bin,state,ended_at,consent";
    const char *line = "client-17,A@Example.KZ,8 701 234 56 78,,\" Айгерім  Сәтова \",03.02.1990,Сәт Сәтов,delivery,"
                       "\"contacts; identity|address\",иә,Нет,NO,1,post bank,2026-01-02,31.12.2026,"
                       "2026-01-01T10:00:00+05:00,electronic,\"Мен\nкелісемін \",,kk,7,Сауда,,stands,,99";
    assert_true(row_of(head, line, &given));
    assert_string_equal(given.person.id, "client-17");
    assert_string_equal(given.person.email, "A@example.kz");
    assert_string_equal(given.person.phone, "+77012345678");
    assert_null(given.person.iin);
    assert_string_equal(given.person.full_name, "Айгерім  Сәтова");
    assert_string_equal(given.person.birth_date, "1990-02-03");
    assert_string_equal(given.representative, "Сәт Сәтов");
    assert_string_equal(given.purpose, "delivery");
    assert_int_equal(given.category_count, 3);
    assert_string_equal(given.categories[2], "address");
    assert_int_equal(given.third_persons, 1);
    assert_int_equal(given.cross_border, 0);
    assert_int_equal(given.publication, 0);
    assert_int_equal(given.automated, 1);
    assert_int_equal(given.recipient_count, 2);
    assert_string_equal(given.recipients[1], "bank");
    assert_true(given.from_usec == zone_moment(&zone, day_from_date((struct date){2026, 1, 2}), 0));
    assert_true(given.until_usec == zone_moment(&zone, day_from_date((struct date){2026, 12, 31}), 86399));
    assert_true(given.given_usec == INT64_C(1767243600000000));
    assert_string_equal(given.way, "electronic");
    assert_string_equal(given.text, "Мен\nкелісемін "); /* exactly as shown */
    assert_string_equal(given.text_lang, "kk");
    assert_string_equal(given.text_version, "7");
    assert_string_equal(given.operator_name, "Сауда");
}

static void what_is_not_given_is_said_to_be_so(void **state)
{
    struct consent_given given;
    assert_true(row_of(HEAD, "c1,,,,,,,", &given));
    assert_null(given.person.full_name);
    assert_null(given.purpose);
    assert_int_equal(given.category_count, 0);
    assert_int_equal(given.third_persons, -1);
    assert_true(given.from_usec == TIME_NONE && given.until_usec == TIME_NONE && given.given_usec == TIME_NONE);
    assert_null(given.text);
    assert_null(given.way);
}

static void a_row_is_refused_by_column(void **state)
{
    struct consent_given given;
    const char *head = "person_id,email,phone,iin,full_name,birth_date,purpose,categories,third_persons,from,way,text,"
                       "text_hash,text_language,operator_bin,state,ended_at";
    assert_false(row_of(head,
                        "a b,nobody,12,123456789012,x,1990-02-30,p,c,maybe,tomorrow,written,t,zz,de,1,withdrawn,"
                        "2026-01-01",
                        &given));
    assert_true(said("person_id", "person_id_malformed"));
    assert_true(said("email", "not_an_email"));
    assert_true(said("phone", "not_a_phone"));
    assert_true(said("iin", "not_an_iin"));
    assert_true(said("birth_date", "not_a_moment"));
    assert_true(said("third_persons", "not_yes_or_no"));
    assert_true(said("from", "not_a_moment"));
    assert_true(said("text_hash", "text_hash_malformed"));
    assert_true(said("text_language", "language_unknown"));
    assert_true(said("operator_bin", "not_a_bin"));
    assert_true(said("state", "consent_not_standing"));
    field_errors_init(&errors, &arena);
    assert_false(row_of(HEAD, ",Name,p,c,written,t,kk,1", &given));
    assert_true(said("person_id", "person_missing"));
    field_errors_init(&errors, &arena);
    assert_false(row_of(HEAD, "c1,Name,p,c,written,t,kk", &given));
    assert_true(said("", "csv_cells"));
    assert_int_equal(errors.count, 1);
}

static void a_text_is_known_by_its_hash(void **state)
{
    struct consent_given given;
    char line[200];
    const char *head = "person_id,full_name,purpose,categories,way,text,text_hash,text_language";
    snprintf(line, sizeof line, "c1,Name,p,c,written,,sha256:%s,", known_hash);
    assert_true(row_of(head, line, &given));
    assert_string_equal(given.text, known_text);
    assert_string_equal(given.text_lang, "kk");
    assert_string_equal(given.text_version, "3");
    snprintf(line, sizeof line, "c1,Name,p,c,written,,%s,ru", known_hash);
    assert_false(row_of(head, line, &given));
    assert_true(said("text_hash", "text_unknown"));
    field_errors_init(&errors, &arena);
    snprintf(line, sizeof line, "c1,Name,p,c,written,other,%s,kk", known_hash);
    assert_false(row_of(head, line, &given));
    assert_true(said("text_hash", "text_hash_differs"));
}

static void what_spreadsheets_were_kept_from_is_undone(void **state)
{
    struct consent_given given;
    assert_true(row_of("person_id,phone,full_name,purpose,categories,way,text",
                       "c1,'+77012345678,'=Name,p,c,written,'-text", &given));
    assert_string_equal(given.person.phone, "+77012345678");
    assert_string_equal(given.person.full_name, "=Name");
    assert_string_equal(given.text, "-text");
}

static bool line_of(const char *line, struct consent_given *ret)
{
    struct err err = {0};
    struct import_context context = {.zone = &zone, .texts = {.find = find}};
    bool refused = false;
    assert_int_equal(import_line_read(line, strlen(line), &context, &arena, ret, &refused, &errors, &err), 0);
    return !refused;
}

static void a_record_is_read_as_a_row(void **state)
{
    struct consent_given given;
    assert_true(line_of(
        "{\"@type\":\"dpv:ConsentRecord\",\"dpv:hasConsentStatus\":\"dpv:ConsentGiven\",\"dpv:hasDataSubject\":"
        "{\"dct:identifier\":\"c1\",\"dpv:hasName\":\"Name\"},\"dpv:hasNotice\":{\"dct:language\":\"kk\","
        "\"dct:hasVersion\":\"2\",\"dct:description\":{\"@value\":\"text\",\"@language\":\"kk\"}},\"dpv:hasProcess\":"
        "{\"dpv:hasPurpose\":{\"dct:identifier\":\"p\"},\"dpv:hasPersonalData\":[{\"dct:identifier\":\"a\"},"
        "{\"dct:identifier\":\"b\"}],\"dpv:hasProcess\":[{\"dct:identifier\":\"third_persons\","
        "\"dpv:hasConsentStatus\":\"dpv:ConsentGiven\"},{\"dct:identifier\":\"cross_border\","
        "\"dpv:hasConsentStatus\":\"dpv:ConsentRefused\"}]},\"dpv:hasStatus\":[{\"@type\":\"dpv:ConsentGiven\","
        "\"dct:date\":\"2026-01-01T10:00:00+05:00\",\"dct:valid\":\"start=2026-01-02T00:00:00+05:00; "
        "end=2027-01-01T00:00:00+05:00; scheme=W3C-DTF;\",\"dpv:hasIndicationMethod\":\"written\"}]}",
        &given));
    assert_string_equal(given.person.id, "c1");
    assert_int_equal(given.category_count, 2);
    assert_int_equal(given.third_persons, 1);
    assert_int_equal(given.cross_border, 0);
    assert_int_equal(given.publication, -1);
    assert_true(given.until_usec == INT64_C(1798743600000000));
    assert_true(given.from_usec == zone_moment(&zone, day_from_date((struct date){2026, 1, 2}), 0));
    assert_string_equal(given.text, "text");
    assert_string_equal(given.text_version, "2");
    assert_string_equal(given.way, "written");
}

static void a_line_that_is_no_record_is_refused(void **state)
{
    static const char *const lines[][2] = {
        {"{", "json_malformed"},        {"{} x", "json_malformed"},     {"{\"a\":1,\"a\":2}", "json_malformed"},
        {"[]", "not_a_consent_record"}, {"{}", "not_a_consent_record"}, {"{\"@type\":1}", "not_a_consent_record"}};
    struct consent_given given;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        field_errors_init(&errors, &arena);
        assert_false(line_of(lines[i][0], &given));
        assert_true(said("", lines[i][1]));
    }
    field_errors_init(&errors, &arena);
    assert_false(
        line_of("{\"@type\":\"dpv:ConsentRecord\",\"dpv:hasDataSubject\":[1],\"dpv:hasProcess\":\"x\"}", &given));
    assert_true(said("person_id", "person_missing"));
    assert_true(said("state", "consent_not_standing"));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        TEST(a_head_is_known),
        TEST(a_head_is_refused_by_column),
        TEST(every_column_arrives),
        TEST(what_is_not_given_is_said_to_be_so),
        TEST(a_row_is_refused_by_column),
        TEST(a_text_is_known_by_its_hash),
        TEST(what_spreadsheets_were_kept_from_is_undone),
        TEST(a_record_is_read_as_a_row),
        TEST(a_line_that_is_no_record_is_refused),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
