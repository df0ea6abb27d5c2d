/* A yearly report as data (law/reports/NAME.yaml): which events are counted, along which fields, under which titles.
 * The counting itself (cases/report.c) reads events alone, so a figure can be counted again by anybody who has them.
 * Immutable after loading. */
#ifndef TALAP_LAW_REPORT_FORM_H
#define TALAP_LAW_REPORT_FORM_H

#include "law/procedure.h"

enum report_count {
    REPORT_OPENED, /* cases opened */
    REPORT_ACTED,  /* acts done */
    REPORT_CLOCK   /* clocks that acts stopped: how many, in time, late, how long it took */
};

/* Along what a figure is divided: the options of a choice or many, yes and no, or the language of the opening. */
struct report_dimension {
    const struct field *field; /* NULL: the language */
};

struct report_figure {
    const char *id; /* unique within the report */
    struct text3 title;
    struct text3 note; /* texts may be NULL */
    const struct procedure *procedure;
    enum report_count count;
    size_t act_count;
    const char *const *acts;             /* done, or the clock stopped, by any of these; REPORT_CLOCK: none: any */
    const struct procedure_clock *clock; /* REPORT_CLOCK */
    size_t dimension_count;              /* 0 … 2; none for REPORT_CLOCK */
    struct report_dimension dimensions[2];
    size_t condition_count;
    const struct field_condition *conditions; /* `where`, on values given in the counted event */
};

struct report_section {
    struct text3 title;
    struct text3 note; /* texts may be NULL */
    size_t figure_count;
    const struct report_figure *figures;
};

/* What is said in words: from the newest case of the procedure in one of the states whose field `year` is the year. */
struct report_words {
    const struct procedure *procedure;
    const char *state, *year_field;
    size_t field_count;
    const struct field *const *fields;
};

struct report_form {
    const char *id, *file; /* "transparency" */
    struct text3 title, summary;
    size_t norm_count;
    const char *const *norm_ids;
    struct report_words words;
    size_t section_count;
    const struct report_section *sections;
    size_t figure_count; /* of all sections */
};

/* Values a dimension can take; the last cell of each dimension, beyond these, is "not given". */
size_t report_dimension_options(const struct report_dimension *dimension);
/* The option's id ("true", "false"; a language's code); `index` < report_dimension_options. */
const char *report_dimension_option(const struct report_dimension *dimension, size_t index);

#endif
