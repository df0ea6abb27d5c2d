/* A moderation decision as a line of CSV in the field set of the European Union's database of statements of reasons
 * (DSA Transparency Database), so that a platform active in both places keeps one record: the columns and words of its
 * full daily dumps, in their order. Lists are arrays of JSON, days are "2026-04-09 00:00:00", moments are in UTC, a
 * text is one line and no longer than the database takes.
 *
 * What our record does not know stays empty. What has no counterpart stands under that database's own "other", with our
 * title in English. No address, name or contact is written: a reader finds the case by its id in platform_uid. Where
 * the two lists differ: docs/why/statements.md. */
#ifndef TALAP_OUT_STATEMENTS_H
#define TALAP_OUT_STATEMENTS_H

#include "base/buf.h"
#include "law/catalogue.h"
#include "store/case_rows.h"

#define STATEMENT_PROCEDURE "moderation"

/* Every column in its place. */
#define STATEMENT_COLUMNS(X)            \
    X(uuid)                             \
    X(decision_visibility)              \
    X(decision_visibility_other)        \
    X(end_date_visibility_restriction)  \
    X(decision_monetary)                \
    X(decision_monetary_other)          \
    X(end_date_monetary_restriction)    \
    X(decision_provision)               \
    X(end_date_service_restriction)     \
    X(decision_account)                 \
    X(end_date_account_restriction)     \
    X(account_type)                     \
    X(decision_ground)                  \
    X(decision_ground_reference_url)    \
    X(illegal_content_legal_ground)     \
    X(illegal_content_explanation)      \
    X(incompatible_content_ground)      \
    X(incompatible_content_explanation) \
    X(incompatible_content_illegal)     \
    X(category)                         \
    X(category_addition)                \
    X(category_specification)           \
    X(category_specification_other)     \
    X(content_type)                     \
    X(content_type_other)               \
    X(content_language)                 \
    X(content_date)                     \
    X(content_id_ean)                   \
    X(territorial_scope)                \
    X(application_date)                 \
    X(decision_facts)                   \
    X(source_type)                      \
    X(source_identity)                  \
    X(automated_detection)              \
    X(automated_decision)               \
    X(platform_name)                    \
    X(platform_uid)                     \
    X(created_at)

/* The first line. Lines end with a bare newline, as those of the dumps do, so that files can be joined. */
void statements_head(struct buf *out);
/* The line of one case of STATEMENT_PROCEDURE, as it was decided: that it was reversed or has ended changes nothing.
 * `platform_name` is the organisation's, in English. Works in `arena`, which the caller empties. ERR_DAMAGED when the
 * row's values cannot be read. */
int statements_line(const struct catalogue *catalogue, const char *platform_name, const struct case_row *row,
                    struct arena *arena, struct buf *out, struct err *err) WARN_UNUSED;

/* Has the table a row for this option of the field (measure, category, content_type, content_language, ground,
 * found_by, decided_by)? Without one it is written as what has no counterpart. */
bool statements_know(const char *field, const char *option);

#endif
