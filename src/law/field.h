/* What a form asks for, and whether an answer is acceptable. */
#ifndef TALAP_LAW_FIELD_H
#define TALAP_LAW_FIELD_H

#include "base/arena.h"
#include "base/lang.h"
#include "base/time.h"

/* Files are of no field: they come beside every form and every act as attachments, and an id of one does not exist
 * before the form is sent. */
enum field_type {
    FIELD_TEXT,   /* several lines; default max 5000 characters */
    FIELD_LINE,   /* one line; default max 300 */
    FIELD_CHOICE, /* one of `options` */
    FIELD_MANY,   /* several of `options` */
    FIELD_YES_NO,
    FIELD_DATE,
    FIELD_MOMENT,
    FIELD_NUMBER, /* an integer within min..max; min is 0 unless given, no max unless given */
    FIELD_URL,    /* http or https, absolute, at most 2000 characters */
    FIELD_EMAIL,
    FIELD_PHONE,  /* E.164 with its plus; 8… and 7… of Kazakhstan's plan are understood and become +7… */
    FIELD_IIN,    /* twelve digits, date of birth and control digit right */
    FIELD_BIN,    /* twelve digits, control digit right */
    FIELD_PERSON, /* a person's name */
    FIELD_ORGANISATION,
    FIELD_COUNTRY, /* ISO 3166-1 alpha-2, in the catalogue */
    FIELD_CASE,    /* the number of a case of one of `procedures`; a link between the two */
    FIELD_LINKS,   /* addresses as of FIELD_URL, one a line of a form; max is how many, 100 unless given */
    FIELD_TABLE /* rows of `columns`; each text is a row, its cells parted by tabs. What an effect gives: never asked */
};

struct field_option {
    const char *id;
    struct text3 title;
};

/* One `name = value` test of required_if / shown_if; several are joined by "and". */
struct field_condition {
    const char *field, *value;
    bool negated; /* != */
};

struct field {
    const char *name;
    enum field_type type;
    struct text3 title;
    struct text3 help; /* texts may be NULL */
    bool required;
    bool personal;     /* encrypted under the person's key; a commitment in the ledger */
    bool public_value; /* `public: true`: may be shown to the opener and in registers */
    bool by_effect;    /* of an act: its effect gives it, and nobody is asked */
    const char *key;   /* `key: platform|resource|subject`: by this value cases are found and counted; or NULL */
    size_t condition_count;
    const struct field_condition *conditions; /* required_if */
    int64_t min, max; /* characters of a text, or the range of a number; max 0 = the type's default */
    size_t option_count;
    const struct field_option *options;
    size_t procedure_count; /* FIELD_CASE: cases of which procedures it may name */
    const char *const *procedures;
    /* FIELD_DATE and FIELD_MOMENT: `term: {norm, from}`, what it says must keep to the period of the norm, counted from
     * another date or moment of the case, or (`term_from` NULL) from the event that gives it; `not_before`, another
     * date or moment of the case that it may not precede. NULL: none. */
    const char *term_norm, *term_from, *not_before;
    size_t column_count; /* FIELD_TABLE: dates, numbers and lines; a cell may be empty */
    const struct field *columns;
};

/* What came from outside for one field, before validation. A form gives texts; JSON gives its own kinds. */
enum raw_kind { RAW_FORM, RAW_STRING, RAW_NUMBER, RAW_BOOL, RAW_LIST, RAW_OTHER };
struct raw_value {
    const char *name;
    enum raw_kind kind;
    size_t count;             /* RAW_LIST and repeated form keys: how many texts */
    const char *const *texts; /* valid UTF-8 (refused earlier otherwise); numbers and booleans in their JSON spelling */
};

/* An acceptable answer in canonical text: numbers in decimal, dates as 2026-01-02, moments as RFC 3339, yes_no as
 * "true"/"false", texts normalised (NFC, trimmed), e-mail domain lower-cased, phone as +7…. */
struct field_value {
    const struct field *field;
    size_t count; /* 0: not given */
    const char *const *texts;
};

/* Checks raw values against fields. Success: *ret has exactly `field_count` entries in the order of `fields`.
 * Every refusal is added to `errors` (codes: required, unknown_field, duplicate_field, wrong_type, too_long (arg: max),
 * too_short (arg: min), too_many (arg: how many at most), not_one_line, not_an_option, not_a_date, not_a_moment,
 * not_a_number, out_of_range (arg: the range), not_a_url, not_an_email, not_a_phone, not_an_iin, iin_control_digit,
 * not_a_bin, bin_control_digit, unknown_country, not_an_id), never with the value itself, and the call then returns
 * -ERR_BAD_INPUT with code "fields_refused". An empty text counts as not given. A form's yes_no is "true", "on" or
 * "false"; JSON kinds must be the field's own (a number field takes no string). Values of `many` come out in the order
 * of the options, each once. A field `by_effect` is unknown to whoever answers. `zone` may be NULL when no field is a
 * moment, `is_country` when none is a country. */
int fields_validate(const struct field *fields, size_t field_count, const struct raw_value *raw, size_t raw_count,
                    const struct zone *zone, bool (*is_country)(const void *arg, const char *code), const void *arg,
                    struct arena *arena, const struct field_value **ret, struct field_errors *errors,
                    struct err *err) WARN_UNUSED;

/* Control digit of IIN and BIN (two rounds of weights); iin_valid also checks the date of birth and century digit. */
bool iin_valid(const char *text);
bool bin_valid(const char *text);

/* Several texts, a list in JSON: many, links, table. */
bool field_takes_list(const struct field *field);
#define FIELD_CELL_MAX 300 /* bytes of a cell of a table */
/* One cell of a row of a table; *ret_length bytes of the row, not ended. Past the last cell: 0 bytes. */
const char *field_cell(const char *row, size_t column, size_t *ret_length);
const char *field_type_word(enum field_type type);
int field_type_parse(const char *word);
/* The option's title, or NULL. */
const struct field_option *field_option_find(const struct field *field, const char *id);

#endif
