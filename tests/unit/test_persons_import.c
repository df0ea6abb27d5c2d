/* Files read in: good rows around bad ones, exactly once whatever happens, kept sealed until read; and what is written
 * out comes in again as it stood. */
#include "persons/export.h"
#include "persons/import.h"
#include "test_persons_world.h"
#include <stdlib.h>

#define HEAD                                                                                                      \
    "person_id,email,full_name,purpose,categories,third_persons,cross_border,publication,way,text,text_language," \
    "text_version\n"
#define TAIL ",service,name email,yes,no,no,electronic,I agree.,en,1\n"

struct memory {
    char *bytes;
    size_t count;
};

static int memory_read(void *arg, int64_t at, char *to, size_t room, size_t *ret_count, struct err *err)
{
    const struct memory *memory = arg;
    size_t from = (size_t)at < memory->count ? (size_t)at : memory->count;
    size_t count = memory->count - from < room ? memory->count - from : room;
    memcpy(to, memory->bytes + from, count);
    *ret_count = count;
    return 0;
}

static int setup(void **state)
{
    struct persons_world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    persons_start(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    persons_end(*state);
    free(*state);
    return 0;
}

struct beginning {
    struct import_new given;
    struct import_row row;
    bool known;
};

static int begin_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    struct beginning *b = arg;
    return import_begin(tx, &w->f.office, &b->given, &w->responsible, w->now_usec, &w->arena, &b->row, &b->known, err);
}

static int begin(struct persons_world *w, struct memory *file, bool kept_in_store, struct beginning *ret,
                 struct err *err)
{
    struct import_source source = {memory_read, file};
    struct import_head head;
    field_errors_init(&w->errors, &w->arena);
    *ret = (struct beginning){.given = {.name = "consents.csv",
                                        .content_hash = sha256_of(file->bytes, file->count, NULL, 0, NULL, 0),
                                        .size_bytes = (int64_t)file->count,
                                        .kept_in_store = kept_in_store,
                                        .salt = {{1, 2, 3}}}};
    int r =
        import_head_of(&source, &head, &ret->given.format, &ret->given.rows_at, &ret->given.rows_line, &w->errors, err);
    return r < 0 ? r : persons_write(w, begin_run, ret, err);
}

static struct import_row row_now(struct persons_world *w, const char *id)
{
    struct tx *tx = persons_read(w);
    struct import_row row;
    struct err err = {0};
    assert_int_equal(import_get(tx, id, &w->arena, &row, &err), 0);
    store_read_end(tx);
    return row;
}

/* Reads the file to its end, or `steps` batches of it. */
static struct import_row read_in(struct persons_world *w, const struct import_source *source, const char *id, int steps)
{
    struct importer *importer = NULL;
    struct err err = {0};
    bool more = true;
    assert_int_equal(importer_new(&w->f.office, id, source, &importer, &err), 0);
    for (int i = 0; more && (steps < 0 || i < steps); i++)
        if (importer_step(importer, w->now_usec, &more, &err) < 0)
            fail_msg("%s %s", err.code, err.detail);
    importer_free(importer);
    return row_now(w, id);
}

static struct import_row take(struct persons_world *w, struct memory *file)
{
    struct import_source source = {memory_read, file};
    struct beginning b;
    struct err err = {0};
    if (begin(w, file, false, &b, &err) < 0)
        fail_msg("%s %s", err.code, err.detail);
    return strcmp(b.row.state, "done") == 0 ? b.row : read_in(w, &source, b.row.id, -1);
}

static struct memory file_of(const char *text)
{
    return (struct memory){(char *)text, strlen(text)};
}

/* `count` good rows. */
static struct memory long_file(struct persons_world *w, int count)
{
    struct buf text;
    buf_init(&text, 64 << 20);
    buf_puts(&text, HEAD);
    for (int i = 0; i < count; i++)
        buf_printf(&text, "client-%d,,Name %d" TAIL, i, i);
    assert_false(text.failed);
    struct memory file = {arena_strdup(&w->arena, text.data), text.len};
    buf_done(&text);
    assert_non_null(file.bytes);
    return file;
}

static size_t refusals_of(struct persons_world *w, const char *id, struct import_refusal_row **ret)
{
    struct tx *tx = persons_read(w);
    struct err err = {0};
    size_t count;
    assert_int_equal(store_import_refusals(tx, id, NULL, 1000, &w->arena, ret, &count, &err), 0);
    store_read_end(tx);
    return count;
}

static int64_t consents_in(struct persons_world *w)
{
    struct tx *tx = persons_read(w);
    struct err err = {0};
    int64_t people = 0, count = 0;
    struct consent *consents;
    size_t of_one;
    struct person person;
    for (int64_t serial = 1; person_by_serial(tx, serial, &w->arena, &person, &err) == 0; serial++, people++) {
        assert_int_equal(consents_of(tx, serial, &w->arena, &consents, &of_one, &err), 0);
        count += (int64_t)of_one;
    }
    store_read_end(tx);
    return count;
}

static void good_rows_around_bad_ones_are_taken(void **state)
{
    struct persons_world *w = *state;
    struct import_refusal_row *refusals;
    struct memory file = file_of(HEAD "a1,,Name One" TAIL                                          /* 2 */
                                      "a2,nobody,Name Two" TAIL                                    /* 3 */
                                      "\n"                                                         /* 4 */
                                      "a3,,\"Two\nLines\"" TAIL                                    /* 5, 6 */
                                      "a4,,Name,no_such,name,yes,no,no,electronic,I agree.,en,1\n" /* 7 */
                                      "a5,,\"Name" TAIL                                            /* 8 */
                                      "a6,,Name,service,name,,,no,electronic,I agree.,en,1\n"      /* 9 */
                                      "a7,x@example.kz,Name" TAIL                                  /* 10 */
                                      "a8,x@example.kz,Name" TAIL                                  /* 11 */
                                      "a1,,Name One" TAIL);                                        /* 12 */
    struct import_row row = take(w, &file);
    assert_string_equal(row.state, "done");
    assert_int_equal(row.taken, 3);
    assert_int_equal(row.refused, 6);
    assert_int_equal(row.position_bytes, file.count);
    assert_int_equal(row.line, 13);
    assert_int_equal(consents_in(w), 3);
    size_t count = refusals_of(w, row.id, &refusals);
    static const struct {
        int line;
        const char *field, *code;
    } wanted[] = {{3, "email", "not_an_email"},
                  {5, "full_name", "not_one_line"},
                  {7, "purpose", "purpose_unknown"},
                  {8, "", "csv_not_closed"},
                  {9, "cross_border", "consent_cross_border"},
                  {9, "third_persons", "consent_third_persons"},
                  {11, "", "person_names_differ"}};
    assert_int_equal(count, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(refusals[i].line, wanted[i].line);
        assert_string_equal(refusals[i].field, wanted[i].field);
        assert_string_equal(refusals[i].code, wanted[i].code);
    }
}

static void the_same_file_again_is_done(void **state)
{
    struct persons_world *w = *state;
    struct memory file = file_of(HEAD "a1,,Name" TAIL);
    struct import_row row = take(w, &file), again = take(w, &file);
    assert_string_equal(again.id, row.id);
    assert_string_equal(again.state, "done");
    assert_int_equal(consents_in(w), 1);
    /* One of which nothing was taken is read anew: the registers may have been put right. */
    struct memory other = file_of(HEAD "a1,,Name,later,email,no,no,no,written,t,en,1\n");
    row = take(w, &other);
    assert_int_equal(row.taken, 0);
    assert_int_equal(row.kept, 1);
    persons_must_set(w, KEPT_PURPOSE, "later",
                     "{\"title\":" TEXTS3 ",\"norm\":\"n\",\"basis\":\"consent\",\"categories\":[\"email\"]}");
    again = take(w, &other);
    assert_string_equal(again.id, row.id);
    assert_int_equal(again.taken, 1);
    assert_int_equal(again.refused, 0);
    assert_int_equal(again.kept, 0);
}

static void it_goes_on_where_it_stood(void **state)
{
    struct persons_world *w = *state;
    struct memory file = long_file(w, 2000);
    struct import_source source = {memory_read, &file};
    struct beginning b;
    struct err err = {0};
    assert_int_equal(begin(w, &file, false, &b, &err), 0);
    struct import_row row = read_in(w, &source, b.row.id, 1);
    assert_string_equal(row.state, "running");
    assert_true(row.taken > 0 && row.taken < 2000);
    row = read_in(w, &source, b.row.id, 3);
    assert_int_equal(consents_in(w), row.taken);
    assert_int_equal(begin(w, &file, false, &b, &err), 0);
    assert_true(b.known);
    row = read_in(w, &source, b.row.id, -1);
    assert_string_equal(row.state, "done");
    assert_int_equal(row.taken, 2000);
    assert_int_equal(consents_in(w), 2000);
}

static int stop_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    return import_stop(tx, &w->f.office, arg, &w->responsible, w->now_usec, err);
}

static int resume_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    return import_resume(tx, &w->f.office, arg, &w->responsible, w->now_usec, err);
}

static void it_stops_when_told(void **state)
{
    struct persons_world *w = *state;
    struct memory file = long_file(w, 1500);
    struct import_source source = {memory_read, &file};
    struct beginning b;
    struct err err = {0};
    assert_int_equal(begin(w, &file, false, &b, &err), 0);
    assert_int_equal(persons_write(w, resume_run, (void *)b.row.id, &err), -ERR_CONFLICT);
    struct import_row row = read_in(w, &source, b.row.id, 1);
    int64_t taken = row.taken;
    assert_int_equal(persons_write(w, stop_run, (void *)b.row.id, &err), 0);
    assert_int_equal(persons_write(w, stop_run, (void *)b.row.id, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "import_not_running");
    row = read_in(w, &source, b.row.id, -1);
    assert_string_equal(row.state, "stopped");
    assert_int_equal(row.taken, taken);
    assert_int_equal(persons_write(w, resume_run, (void *)b.row.id, &err), 0);
    row = read_in(w, &source, b.row.id, -1);
    assert_string_equal(row.state, "done");
    assert_int_equal(consents_in(w), 1500);
    assert_int_equal(persons_write(w, stop_run, "nothing", &err), -ERR_NOT_FOUND);
    assert_string_equal(err.code, "import_unknown");
}

/* Two who read the same file in at once take each row once. */
static void two_at_once_take_each_row_once(void **state)
{
    struct persons_world *w = *state;
    struct memory file = long_file(w, 1500);
    struct import_source source = {memory_read, &file};
    struct importer *one = NULL, *other = NULL;
    struct beginning b;
    struct err err = {0};
    bool more = true, other_more = true;
    assert_int_equal(begin(w, &file, false, &b, &err), 0);
    assert_int_equal(importer_new(&w->f.office, b.row.id, &source, &one, &err), 0);
    assert_int_equal(importer_new(&w->f.office, b.row.id, &source, &other, &err), 0);
    for (int i = 0; (more || other_more) && i < 1000; i++) {
        if (more && importer_step(one, w->now_usec, &more, &err) < 0)
            fail_msg("%s %s", err.code, err.detail);
        if (other_more && importer_step(other, w->now_usec, &other_more, &err) < 0)
            fail_msg("%s %s", err.code, err.detail);
    }
    importer_free(one);
    importer_free(other);
    assert_string_equal(row_now(w, b.row.id).state, "done");
    assert_int_equal(row_now(w, b.row.id).taken, 1500);
    assert_int_equal(consents_in(w), 1500);
}

struct part {
    const char *id;
    struct hash salt;
    int64_t number;
    struct buf *sealed;
};

static int part_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    struct part *part = arg;
    return import_part_add(tx, part->id, &part->salt, part->number, part->sealed->data, part->sealed->len, w->now_usec,
                           err);
}

static void send_parts(struct persons_world *w, const struct memory *file, const struct beginning *b)
{
    struct err err = {0};
    for (size_t at = 0, number = 0; at < file->count; at += IMPORT_PART_BYTES, number++) {
        struct buf sealed;
        size_t count = file->count - at < IMPORT_PART_BYTES ? file->count - at : IMPORT_PART_BYTES;
        struct part part = {b->row.id, b->row.salt, (int64_t)number, &sealed};
        buf_init(&sealed, 1 << 20);
        assert_int_equal(
            import_part_seal(&w->f.office, &part.salt, part.number, file->bytes + at, count, &sealed, &err), 0);
        assert_int_equal(persons_write(w, part_run, &part, &err), 0);
        buf_done(&sealed);
    }
}

static void a_file_that_was_sent_is_kept_sealed_until_it_is_read(void **state)
{
    struct persons_world *w = *state;
    struct memory file = long_file(w, 6000);
    struct import_parts *parts = NULL;
    struct beginning b;
    struct err err = {0};
    assert_true(file.count > IMPORT_PART_BYTES);
    assert_int_equal(begin(w, &file, true, &b, &err), 0);
    assert_string_equal(b.row.state, "receiving");
    send_parts(w, &file, &b);
    struct import_row row = row_now(w, b.row.id);
    assert_string_equal(row.state, "running");
    assert_true(row.kept_in_store);
    assert_false(fixture_store_holds(&w->f, "Name 4321"));
    assert_int_equal(import_parts_new(&w->f.office, &row, &parts, &err), 0);
    struct import_source source = import_parts_source(parts);
    row = read_in(w, &source, b.row.id, -1);
    import_parts_free(parts);
    assert_string_equal(row.state, "done");
    assert_int_equal(row.taken, 6000);
    assert_false(row.kept_in_store);
    struct tx *tx = persons_read(w);
    const void *sealed;
    size_t count;
    assert_int_equal(store_import_part_get(tx, row.id, 0, &w->arena, &sealed, &count, &err), -ERR_NOT_FOUND);
    store_read_end(tx);
}

static void who_sends_a_file_anew_takes_over(void **state)
{
    struct persons_world *w = *state;
    struct memory file = file_of(HEAD "a1,,Name" TAIL);
    struct beginning b, second;
    struct buf sealed;
    struct err err = {0};
    assert_int_equal(begin(w, &file, true, &b, &err), 0);
    assert_int_equal(begin(w, &file, true, &second, &err), 0);
    second.given.salt.bytes[0] ^= 1;
    assert_int_equal(persons_write(w, begin_run, &second, &err), 0);
    struct part part = {b.row.id, b.row.salt, 0, &sealed};
    buf_init(&sealed, 1 << 20);
    assert_int_equal(import_part_seal(&w->f.office, &part.salt, 0, file.bytes, file.count, &sealed, &err), 0);
    assert_int_equal(persons_write(w, part_run, &part, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "import_superseded");
    buf_done(&sealed);
    send_parts(w, &file, &second);
    assert_string_equal(row_now(w, b.row.id).state, "running");
}

static void a_file_that_changed_is_not_read_on(void **state)
{
    struct persons_world *w = *state;
    struct memory file = long_file(w, 1000);
    struct import_source source = {memory_read, &file};
    struct importer *importer = NULL;
    struct beginning b;
    struct err err = {0};
    bool more;
    assert_int_equal(begin(w, &file, false, &b, &err), 0);
    file.count -= 100;
    assert_int_equal(importer_new(&w->f.office, b.row.id, &source, &importer, &err), 0);
    int r = 0;
    for (int i = 0; r == 0 && i < 10; i++)
        r = importer_step(importer, w->now_usec, &more, &err);
    assert_int_equal(r, -ERR_CONFLICT);
    assert_string_equal(err.code, "import_file_changed");
    importer_free(importer);
}

static void a_head_is_refused_before_anything_is_written(void **state)
{
    struct persons_world *w = *state;
    struct memory file = file_of("name,phone\nx,1\n"), empty = file_of(" \n"), quote = file_of("\"person_id\n");
    struct beginning b;
    struct err err = {0};
    assert_int_equal(begin(w, &file, false, &b, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "import_head");
    assert_true(w->errors.count > 0);
    assert_int_equal(begin(w, &empty, false, &b, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "import_empty");
    assert_int_equal(begin(w, &quote, false, &b, &err), -ERR_BAD_INPUT);
    assert_true(persons_refused(w, "", "csv_not_closed"));
}

static void very_many_bad_rows_fill_nothing(void **state)
{
    struct persons_world *w = *state;
    int count = IMPORT_REFUSALS_KEPT + 5000;
    char *bytes = malloc((size_t)count * 2 + sizeof HEAD + 200);
    struct import_refusal_row *refusals;
    assert_non_null(bytes);
    strcpy(bytes, HEAD);
    char *at = bytes + strlen(bytes);
    for (int i = 0; i < count; i++, at += 2)
        memcpy(at, "x\n", 2);
    strcpy(at, "a1,,Name" TAIL);
    struct memory file = file_of(bytes);
    struct import_row row = take(w, &file);
    assert_string_equal(row.state, "done");
    assert_int_equal(row.refused, count);
    assert_int_equal(row.kept, IMPORT_REFUSALS_KEPT);
    assert_int_equal(row.taken, 1);
    assert_int_equal(refusals_of(w, row.id, &refusals), 1000);
    assert_string_equal(refusals[0].code, "csv_cells");
    assert_string_equal(refusals[0].arg, "12");
    free(bytes);
}

static void a_row_that_is_too_long_costs_itself_alone(void **state)
{
    struct persons_world *w = *state;
    size_t count = 3 * IMPORT_ROW_BYTES_MAX;
    char *bytes = malloc(count + 4096);
    struct import_refusal_row *refusals;
    assert_non_null(bytes);
    strcpy(bytes, HEAD "a1,,Name" TAIL "a2,,");
    char *at = bytes + strlen(bytes);
    memset(at, 'x', count);
    strcpy(at + count, TAIL "a3,,Name" TAIL);
    struct memory file = file_of(bytes);
    struct import_row row = take(w, &file);
    assert_int_equal(row.taken, 2);
    assert_int_equal(row.refused, 1);
    assert_int_equal(refusals_of(w, row.id, &refusals), 1);
    assert_int_equal(refusals[0].line, 3);
    assert_string_equal(refusals[0].code, "row_too_long");
    free(bytes);
}

static struct memory written_out(struct persons_world *w, enum consent_format format)
{
    struct consent_export *export = NULL;
    struct buf text;
    struct err err = {0};
    bool more = true;
    buf_init(&text, 64 << 20);
    assert_int_equal(consent_export_new(&w->f.office, format, "https://talap.example", w->now_usec, &export, &err), 0);
    while (more)
        assert_int_equal(consent_export_fill(export, &text, 100, &more, &err), 0);
    consent_export_free(export);
    struct memory file = {arena_strdup(&w->arena, text.data), text.len};
    buf_done(&text);
    return file;
}

/* What one office wrote out another reads, and what it then has is the same but for names of its own. */
static void round_trip(struct persons_world *w, enum consent_format format)
{
    struct consent_given given = persons_consent("client-1");
    static const char *const recipients[] = {"courier", "bank"};
    struct err err = {0};
    persons_must_give(w, &given);
    given.person.id = "client-2";
    given.person.full_name = "Қанат \"Қ\", Серік";
    given.representative = "Әке";
    given.recipients = recipients;
    given.recipient_count = 2;
    given.until_usec = w->now_usec + USEC_PER_DAY;
    given.text = "=Мен\nкелісемін, \"иә\"";
    given.text_lang = "kk";
    persons_must_give(w, &given);
    given.person.id = "client-3";
    int64_t part = persons_must_give(w, &given);
    assert_int_equal(persons_withdraw(w, part, ASPECT_THIRD_PERSONS, &err), 0);
    given.person.id = "client-4";
    int64_t gone = persons_must_give(w, &given);
    assert_int_equal(persons_withdraw(w, gone, ASPECT_PROCESSING, &err), 0);
    struct memory file = written_out(w, format);
    struct persons_world *there = calloc(1, sizeof *there);
    assert_non_null(there);
    persons_start(there);
    struct import_row row = take(there, &file);
    struct import_refusal_row *refusals;
    size_t count = refusals_of(there, row.id, &refusals);
    for (size_t i = 0; i < count && row.taken != 3; i++)
        print_error("%lld %s %s\n", (long long)refusals[i].line, refusals[i].field, refusals[i].code);
    assert_int_equal(row.taken, 3);
    assert_int_equal(row.refused, 1);
    assert_string_equal(refusals[0].code, "consent_not_standing");
    struct tx *tx = persons_read(w), *tx_there = NULL;
    store_read_end(tx);
    for (int64_t serial = 1; serial <= 3; serial++) {
        struct consent *a, *b;
        struct consent_text text_a, text_b;
        struct person person_a, person_b;
        const char *name_a, *name_b, *by_a, *by_b;
        size_t count_a, count_b;
        tx = persons_read(w);
        assert_int_equal(person_by_serial(tx, serial, &w->arena, &person_a, &err), 0);
        assert_int_equal(consents_of(tx, serial, &w->arena, &a, &count_a, &err), 0);
        assert_int_equal(consent_text_get(tx, a[0].text, &w->arena, &text_a, &err), 0);
        assert_int_equal(consent_names_get(tx, &w->f.office, &a[0], &person_a, &w->arena, &name_a, &by_a, &err), 0);
        store_read_end(tx);
        tx_there = persons_read(there);
        assert_int_equal(person_by_serial(tx_there, serial, &there->arena, &person_b, &err), 0);
        assert_int_equal(consents_of(tx_there, serial, &there->arena, &b, &count_b, &err), 0);
        assert_int_equal(consent_text_get(tx_there, b[0].text, &there->arena, &text_b, &err), 0);
        assert_int_equal(
            consent_names_get(tx_there, &there->f.office, &b[0], &person_b, &there->arena, &name_b, &by_b, &err), 0);
        store_read_end(tx_there);
        assert_int_equal(count_a, 1);
        assert_int_equal(count_b, 1);
        assert_string_equal(person_a.id, person_b.id);
        assert_string_equal(name_a, name_b);
        assert_true((by_a == NULL) == (by_b == NULL));
        assert_int_equal(a[0].stands, b[0].stands);
        assert_int_equal(b[0].given, b[0].stands);
        assert_true(a[0].categories == b[0].categories && a[0].from_sec == b[0].from_sec &&
                    a[0].until_sec == b[0].until_sec && a[0].given_usec == b[0].given_usec);
        assert_string_equal(a[0].way, b[0].way);
        assert_string_equal(text_a.text, text_b.text);
        assert_string_equal(text_a.lang, text_b.lang);
        assert_string_equal(text_a.version, text_b.version);
        assert_string_equal(text_a.operator_bin, text_b.operator_bin);
        assert_true(a[0].recipients == 0 || b[0].recipients != 0 || (a[0].stands & ASPECT_THIRD_PERSONS) == 0);
    }
    persons_end(there);
    free(there);
}

static void csv_comes_back_as_it_stood(void **state)
{
    round_trip(*state, CONSENTS_CSV);
}

static void records_come_back_as_they_stood(void **state)
{
    round_trip(*state, CONSENTS_JSONLD);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(good_rows_around_bad_ones_are_taken),
        TEST(the_same_file_again_is_done),
        TEST(it_goes_on_where_it_stood),
        TEST(it_stops_when_told),
        TEST(two_at_once_take_each_row_once),
        TEST(a_file_that_was_sent_is_kept_sealed_until_it_is_read),
        TEST(who_sends_a_file_anew_takes_over),
        TEST(a_file_that_changed_is_not_read_on),
        TEST(a_head_is_refused_before_anything_is_written),
        TEST(very_many_bad_rows_fill_nothing),
        TEST(a_row_that_is_too_long_costs_itself_alone),
        TEST(csv_comes_back_as_it_stood),
        TEST(records_come_back_as_they_stood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
