/* One consent of a file as a consent to be recorded: a row of CSV under a head line of our names, or a line that holds
 * a JSON-LD record as export.h writes it. Pure: what needs the store (a text known by its hash) is asked through a
 * function.
 *
 * Columns, in any order, each at most once; docs/consents.md tells them to those who write files:
 *
 *   person_id email phone iin full_name birth_date   whose consent it is (at least one of the first four)
 *   representative                                    full name of the legal representative who gave it
 *   purpose, categories, recipients                   ids of the registers; several by blanks
 *   third_persons cross_border publication automated  yes or no, in any of the three languages
 *   from until given_at                               moments or days; a day of `until` is meant to its end
 *   way text text_hash text_language text_version     how it was given, and what was shown: whole or by SHA-256
 *   operator_name operator_bin                        where it was given to another than this organisation
 *
 * What an export has besides is read over (consent, subject_id, purpose_version, withdrawn, recorded_at), but for
 * `state`, which must be "stands", and `ended_at`, which must be empty: what does not stand is not given again. */
#ifndef TALAP_PERSONS_IMPORT_ROW_H
#define TALAP_PERSONS_IMPORT_ROW_H

#include "base/csv.h"
#include "persons/consents.h"

enum import_column {
    COLUMN_PERSON_ID,
    COLUMN_EMAIL,
    COLUMN_PHONE,
    COLUMN_IIN,
    COLUMN_FULL_NAME,
    COLUMN_BIRTH_DATE,
    COLUMN_REPRESENTATIVE,
    COLUMN_PURPOSE,
    COLUMN_CATEGORIES,
    COLUMN_THIRD_PERSONS,
    COLUMN_CROSS_BORDER,
    COLUMN_PUBLICATION,
    COLUMN_AUTOMATED,
    COLUMN_RECIPIENTS,
    COLUMN_FROM,
    COLUMN_UNTIL,
    COLUMN_GIVEN_AT,
    COLUMN_WAY,
    COLUMN_TEXT,
    COLUMN_TEXT_HASH,
    COLUMN_TEXT_LANGUAGE,
    COLUMN_TEXT_VERSION,
    COLUMN_OPERATOR_NAME,
    COLUMN_OPERATOR_BIN,
    COLUMN_STATE,
    COLUMN_ENDED_AT,
    IMPORT_COLUMNS,
    COLUMN_OVERREAD = IMPORT_COLUMNS
};

struct import_head {
    char separator;
    size_t count;                         /* cells a row must have */
    unsigned char columns[CSV_CELLS_MAX]; /* enum import_column of each cell */
};
/* Refusals, beside the column's name: column_unknown, column_twice, column_missing (of those no consent is without:
 * purpose, categories, full_name, way; text or text_hash, beside "text"; one of the first four, beside "person_id");
 * then -ERR_BAD_INPUT "import_head". */
int import_head_read(const struct csv_record *record, char separator, struct import_head *ret,
                     struct field_errors *errors, struct err *err) WARN_UNUSED;

struct import_texts {
    /* The text with this hash (and language and version, where not NULL) that is known already; *ret_found. */
    int (*find)(void *arg, const struct hash *hash, const char *lang, const char *version, struct consent_text *ret,
                bool *ret_found, struct err *err);
    void *arg;
};
struct import_context {
    const struct zone *zone;
    struct import_texts texts;
};
/* Refusals beside the column's name: those of fields_validate, person_missing, person_id_malformed, not_yes_or_no,
 * language_unknown, text_hash_malformed, text_unknown (by its hash), text_hash_differs, consent_not_standing,
 * too_many (ids); csv_cells (beside "": fewer or more cells than the head). Then *ret_refused; an error is bad luck. */
int import_row_read(const struct import_head *head, const struct csv_record *record,
                    const struct import_context *context, struct arena *arena, struct consent_given *ret,
                    bool *ret_refused, struct field_errors *errors, struct err *err) WARN_UNUSED;
/* The same of a line of JSON-LD; beside "": json_malformed, not_a_consent_record. */
int import_line_read(const char *line, size_t count, const struct import_context *context, struct arena *arena,
                     struct consent_given *ret, bool *ret_refused, struct field_errors *errors,
                     struct err *err) WARN_UNUSED;

#endif
