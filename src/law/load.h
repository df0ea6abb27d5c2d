/* What the readers of law/ share: texts in three languages, days, words and lists out of YAML, each refused with its
 * file and line when it is not what the format asks for. Private to the room. */
#ifndef TALAP_LAW_LOAD_H
#define TALAP_LAW_LOAD_H

#include "base/lang.h"
#include "base/yaml.h"
#include "law/catalogue.h"

#define LOAD_FILE_LIMIT (4u << 20)

/* A file of the law in memory; `name` is how errors call it. */
struct law_file {
    const char *name;     /* as opened: law/norms/opl.yaml */
    const char *relative; /* inside the law's folder: norms/opl.yaml; what the hash covers */
    const char *bytes;
    size_t count;
    const struct yaml *root;
};

/* Reads and parses a file; everything lives in the arena. */
int load_file(const char *path, const char *relative, struct arena *arena, struct law_file *ret,
              struct err *err) WARN_UNUSED;

/* The node must be a mapping with no other keys than `allowed` (NULL-ended). */
int load_mapping(const struct yaml *node, const char *const *allowed, struct err *err) WARN_UNUSED;
/* The mapping's value under `key` as a sequence; *ret is NULL when it is missing and not required. */
int load_sequence(const struct yaml *node, const char *key, bool required, const struct yaml **ret,
                  struct err *err) WARN_UNUSED;
/* {kk, ru, en}, none missing or empty ("law_text_missing"). A missing key leaves *ret alone unless required. */
int load_text3(const struct yaml *node, const char *key, bool required, struct text3 *ret, struct err *err) WARN_UNUSED;
/* A date as a local day ("law_bad_value" when it is none). */
int load_day(const struct yaml *node, const char *key, bool required, int32_t *ret, struct err *err) WARN_UNUSED;
int load_day_scalar(const struct yaml *scalar, int32_t *ret, struct err *err) WARN_UNUSED;
/* An integer within min..max. */
int load_number(const struct yaml *node, const char *key, bool required, int64_t min, int64_t max, int64_t *ret,
                struct err *err) WARN_UNUSED;
/* One word or a list of words, none twice. Missing and not required: count 0. */
int load_words(const struct yaml *node, const char *key, bool required, struct arena *arena, size_t *ret_count,
               const char *const **ret, struct err *err) WARN_UNUSED;
/* An id of our own making: a lower-case letter, then letters, digits and underscores, at most 60. */
int load_name(const struct yaml *node, const char *key, const char **ret, struct err *err) WARN_UNUSED;
/* Is the file called like what it defines, NAME.yaml, so that neither is hard to find from the other? */
bool load_file_named(const struct law_file *file, const char *id);
/* The place of the key's value, for a message; the mapping's own when the key is missing. */
const struct yaml *load_at(const struct yaml *node, const char *key);

/* `from` of clocks, `term` and `not_before` of fields, in a procedure that is read otherwise; `root` is its file. */
int procedure_terms_check(const struct procedure *procedure, const struct yaml *root, const struct catalogue *catalogue,
                          struct err *err) WARN_UNUSED;
/* calendar.c */
int calendar_read(const struct law_file *file, struct arena *arena, const struct calendar **ret,
                  struct err *err) WARN_UNUSED;
/* load_norms.c */
int acts_read(const struct law_file *file, struct catalogue *catalogue, struct err *err) WARN_UNUSED;
int norms_read(const struct law_file *files, size_t count, struct catalogue *catalogue, struct err *err) WARN_UNUSED;
/* load_lists.c */
bool list_file_known(const char *relative);
int lists_read(const struct law_file *files, size_t count, struct catalogue *catalogue, struct err *err) WARN_UNUSED;
/* What the entries refer to, once norms are read too. */
int lists_check(const struct law_file *files, size_t count, const struct catalogue *catalogue,
                struct err *err) WARN_UNUSED;
/* load_processing.c, once norms are read */
int data_categories_read(const struct law_file *file, struct catalogue *catalogue, struct err *err) WARN_UNUSED;
int actions_read(const struct law_file *file, struct catalogue *catalogue, struct err *err) WARN_UNUSED;
/* load_regions.c */
int regions_read(const struct law_file *file, struct catalogue *catalogue, struct err *err) WARN_UNUSED;
/* load_advertising.c, once norms are read */
int advertising_read(const struct law_file *file, struct catalogue *catalogue, struct err *err) WARN_UNUSED;
/* load_procedure.c */
int procedures_read(const struct law_file *files, size_t count, struct catalogue *catalogue,
                    struct err *err) WARN_UNUSED;
/* load_procedure_act.c: is it the word of a role whose accounts open and act? */
bool role_works(const char *role);
/* The key `effect` of an act or a procedure: one of effect_known. */
int effect_read(const struct yaml *node, const char **ret, struct err *err) WARN_UNUSED;
/* `procedure` has its form and states already. */
int procedure_act_read(const struct procedure *procedure, const struct catalogue *catalogue, const char *id,
                       const struct yaml *node, struct arena *arena, struct procedure_act *ret,
                       struct err *err) WARN_UNUSED;
/* load_between.c: what they say of each other */
int procedures_check(const struct law_file *files, size_t count, const struct catalogue *catalogue,
                     struct err *err) WARN_UNUSED;
/* load_register.c */
int registers_read(const struct law_file *files, size_t count, struct catalogue *catalogue,
                   struct err *err) WARN_UNUSED;
/* load_field.c: `key` as conditions "a = b and c != d"; missing: none. */
int conditions_read(const struct yaml *node, const char *key, struct arena *arena, size_t *ret_count,
                    const struct field_condition **ret, struct err *err) WARN_UNUSED;
/* Each condition speaks of one of the fields (never of `own`), and of a value that the field can have. */
int conditions_check(const struct yaml *at, const struct field *fields, size_t count, const struct field *own,
                     const struct field_condition *conditions, size_t condition_count, struct err *err) WARN_UNUSED;
/* load_report.c */
int reports_read(const struct law_file *files, size_t count, struct catalogue *catalogue, struct err *err) WARN_UNUSED;
/* load_field.c: the mapping's value under `key` as fields; missing: none. */
int fields_read(const struct yaml *node, const char *key, const struct catalogue *catalogue, struct arena *arena,
                size_t *ret_count, const struct field **ret, struct err *err) WARN_UNUSED;

#endif
