/* Our words in those of the European Union's database of statements of reasons. The tables below are the whole mapping:
 * a row an option, each with the reason for what stands there. A test goes through every option of the shipped law, so
 * a new category cannot come without somebody deciding what it is over there.
 *
 * Two rules where the lists do not meet. A claim is made only where our option says at least as much as theirs: unknown
 * is not yes. And what was unlawful is not lost on the way: our own title stands in the ground, and where they have no
 * keyword, in the field they keep for other ones. */
#include "out/statements.h"
#include "base/json.h"
#include "base/unicode.h"
#include "out/paper_layout.h"
#include <string.h>

/* How many characters that database takes. */
#define LETTERS_GROUND 500
#define LETTERS_EXPLANATION 2000
#define LETTERS_FACTS 5000

/* --- The mapping -------------------------------------------------------------------------------------------------- */

#define CATEGORY(word) "STATEMENT_CATEGORY_" word
#define CYBER_VIOLENCE CATEGORY("CYBER_VIOLENCE")
#define DISCOURSE CATEGORY("NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS")
#define PUBLIC_SECURITY CATEGORY("RISK_FOR_PUBLIC_SECURITY")
#define SPEECH CATEGORY("ILLEGAL_OR_HARMFUL_SPEECH")
#define OTHER_KEYWORD "KEYWORD_OTHER"

/* A measure is a restriction of what is seen or of the account; it may itself say what the content was. */
static const struct measure_row {
    const char *measure, *visibility, *account;
    const char *category, *keyword; /* known from the measure alone */
} measures[] = {
    /* Nothing was restricted, and a statement of reasons is about restrictions: none is claimed. */
    {"none", NULL, NULL, NULL, NULL},
    {"removed", "DECISION_VISIBILITY_CONTENT_REMOVED", NULL, NULL, NULL},
    /* It is still there, but nobody sees it. Their demotion is less: found, but lower. */
    {"hidden", "DECISION_VISIBILITY_CONTENT_DISABLED", NULL, NULL, NULL},
    /* Of access, in whatever way; for whom our record does not say. */
    {"restricted", "DECISION_VISIBILITY_CONTENT_DISABLED", NULL, NULL, NULL},
    /* Always of a child. Girls have a keyword of their own there, but our record does not tell. */
    {"cyberbullying_removed", "DECISION_VISIBILITY_CONTENT_REMOVED", NULL, CYBER_VIOLENCE,
     "KEYWORD_CYBER_BULLYING_INTIMIDATION"},
    {"false_information_removed", "DECISION_VISIBILITY_CONTENT_REMOVED", NULL, DISCOURSE,
     "KEYWORD_MISINFORMATION_DISINFORMATION"},
    /* Restricts nothing, but something was done; they have no word for it. */
    {"warned", "DECISION_VISIBILITY_OTHER", NULL, NULL, NULL},
    {"account_suspended", NULL, "DECISION_ACCOUNT_SUSPENDED", NULL, NULL},
    {"advertising_marked", "DECISION_VISIBILITY_CONTENT_LABELLED", NULL, NULL, NULL},
    {"advertising_withdrawn", "DECISION_VISIBILITY_CONTENT_REMOVED", NULL, NULL, NULL},
    /* A duty apart over there (Article 18), not a restriction; no word for it here. */
    {"law_enforcement_informed", "DECISION_VISIBILITY_OTHER", NULL, NULL, NULL},
};

static const struct category_row {
    const char *category, *theirs, *keyword; /* keyword NULL: other, with our title */
} categories[] = {
    {"constitutional_order", PUBLIC_SECURITY, NULL},
    {"integrity", PUBLIC_SECURITY, NULL},
    {"state_security", PUBLIC_SECURITY, NULL},
    /* A call to war is a call to violence. */
    {"war", CATEGORY("VIOLENCE"), "KEYWORD_INCITEMENT_VIOLENCE_HATRED"},
    /* Discrimination rather than hate speech: that asks for incitement, and social, estate and clan ground are not
     * protected characteristics there. */
    {"superiority", SPEECH, "KEYWORD_DISCRIMINATION"},
    /* A cult of violence need not call for any. */
    {"cruelty", CATEGORY("VIOLENCE"), NULL},
    {"suicide", CATEGORY("SELF_HARM"), "KEYWORD_SUICIDE"},
    /* Unlawful here, a matter of terms there: their keyword for it stands in that category alone. */
    {"pornography", CATEGORY("OTHER_VIOLATION_TC"), "KEYWORD_ADULT_SEXUAL_MATERIAL"},
    /* Propaganda of it, not an offer; nothing is nearer. */
    {"narcotics", CATEGORY("UNSAFE_AND_PROHIBITED_PRODUCTS"), "KEYWORD_PROHIBITED_PRODUCTS"},
    {"separatism", PUBLIC_SECURITY, NULL},
    {"fraud", CATEGORY("SCAMS_AND_FRAUD"), NULL},
    /* Wider than their hate speech, which asks for incitement. */
    {"accord", SPEECH, NULL},
    /* Their keyword for what a national law forbids in public debate. */
    {"statehood", DISCOURSE, "KEYWORD_VIOLATION_NATIONAL_LAW"},
    /* State secrets first; trade and private secrets, which it also covers, would stand elsewhere. */
    {"secrets", PUBLIC_SECURITY, NULL},
    /* They have no category for the rest: whoever submits it chooses. */
    {"other_forbidden", NULL, NULL},
};

/* One word for another. */
static const struct word_row {
    const char *field, *option, *theirs;
} words[] = {
    {"content_type", "text", "CONTENT_TYPE_TEXT"},
    {"content_type", "image", "CONTENT_TYPE_IMAGE"},
    {"content_type", "video", "CONTENT_TYPE_VIDEO"},
    {"content_type", "audio", "CONTENT_TYPE_AUDIO"},
    /* Kinds of place rather than of content: no word of theirs. */
    {"content_type", "account", "CONTENT_TYPE_OTHER"},
    {"content_type", "community", "CONTENT_TYPE_OTHER"},
    /* It may be text, image or video; ours does not say which. */
    {"content_type", "advertising", "CONTENT_TYPE_OTHER"},
    {"content_type", "other", "CONTENT_TYPE_OTHER"},
    /* ISO 639-1 in capitals. */
    {"content_language", "kk", "KK"},
    {"content_language", "ru", "RU"},
    {"content_language", "en", "EN"},
    /* Which one is not known. */
    {"content_language", "other", ""},
    {"ground", "law", "DECISION_GROUND_ILLEGAL_CONTENT"},
    {"ground", "rule", "DECISION_GROUND_INCOMPATIBLE_CONTENT"},
    /* What an automated system or a moderator of the platform's own found, nobody had notified. */
    {"found_by", "automatic", "SOURCE_VOLUNTARY"},
    {"found_by", "moderator", "SOURCE_VOLUNTARY"},
    /* A complaint under the law of Kazakhstan is no notice under Article 16 of theirs. */
    {"found_by", "complaint", "SOURCE_TYPE_OTHER_NOTIFICATION"},
    /* Orders of authorities outside their Article 9 are to be given so. */
    {"found_by", "prescription", "SOURCE_TYPE_OTHER_NOTIFICATION"},
    /* Perhaps a notification, perhaps the platform's own initiative. */
    {"found_by", "other", ""},
    {"decided_by", "automatic", "AUTOMATED_DECISION_FULLY"},
    /* "Partially" would need to be known. */
    {"decided_by", "person", "AUTOMATED_DECISION_NOT_AUTOMATED"},
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const struct measure_row *measure_find(const char *option)
{
    for (size_t i = 0; i < COUNT_OF(measures); i++)
        if (strcmp(measures[i].measure, option) == 0)
            return &measures[i];
    return NULL;
}

static const struct category_row *category_find(const char *option)
{
    for (size_t i = 0; i < COUNT_OF(categories); i++)
        if (strcmp(categories[i].category, option) == 0)
            return &categories[i];
    return NULL;
}

static const char *word_find(const char *field, const char *option)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i].field, field) == 0 && strcmp(words[i].option, option) == 0)
            return words[i].theirs;
    return NULL;
}

bool statements_know(const char *field, const char *option)
{
    return strcmp(field, "measure") == 0    ? measure_find(option) != NULL
           : strcmp(field, "category") == 0 ? category_find(option) != NULL
                                            : word_find(field, option) != NULL;
}

/* --- One line ----------------------------------------------------------------------------------------------------- */

#define COLUMN_AT(name) AT_##name,
enum { STATEMENT_COLUMNS(COLUMN_AT) COLUMN_COUNT };
#define COLUMN_NAME(name) #name,
static const char *const column_names[] = {STATEMENT_COLUMNS(COLUMN_NAME)};

struct line {
    const struct catalogue *catalogue;
    const struct procedure *procedure; /* NULL where the law has it no more: titles are ids then */
    const json_t *values;
    struct arena *arena;
    const char *cells[COLUMN_COUNT]; /* NULL: empty */
};

static const char *value_of(const struct line *line, const char *field)
{
    const char *text = json_string_value(json_object_get(line->values, field));
    return text == NULL ? "" : text;
}

/* The English title of the option given, or the option itself where the law lost it. */
static const char *title_of(const struct line *line, const char *field)
{
    const char *option = value_of(line, field);
    const struct field *of = line->procedure == NULL ? NULL : procedure_field_find(line->procedure, field);
    const struct field_option *found = of == NULL ? NULL : field_option_find(of, option);
    return found == NULL ? option : found->title.in[LANG_EN];
}

/* As one line of at most `letters` characters, the last of them "…" where more followed; NULL when memory ends. */
static const char *one_line(const struct line *line, const char *text, size_t letters)
{
    bool cut = utf8_length(text) > letters;
    char *copy = ARENA_ARRAY(line->arena, char, strlen(text) + sizeof "…");
    size_t len = 0, count = 0;
    if (copy == NULL)
        return NULL;
    for (const char *at = text; *at != '\0'; at++) {
        bool blank = (unsigned char)*at <= ' ';
        if (((unsigned char)*at & 0xC0) != 0x80 && ++count > letters - cut)
            break;
        if (!blank)
            copy[len++] = *at;
        else if (len > 0 && copy[len - 1] != ' ')
            copy[len++] = ' ';
    }
    while (len > 0 && copy[len - 1] == ' ')
        len--;
    memcpy(copy + len, cut ? "…" : "", cut ? sizeof "…" : 1);
    return copy;
}

static const char *list_of(const struct line *line, const char *one, const char *other)
{
    if (one == NULL && other == NULL)
        return "";
    if (one == NULL || other == NULL)
        return arena_printf(line->arena, "[\"%s\"]", one == NULL ? other : one);
    return strcmp(one, other) < 0 ? arena_printf(line->arena, "[\"%s\",\"%s\"]", one, other)
                                  : arena_printf(line->arena, "[\"%s\",\"%s\"]", other, one);
}

static const char *day_text(const struct line *line, const char *date)
{
    return date[0] == '\0' ? "" : arena_printf(line->arena, "%s 00:00:00", date);
}

static void fill_measure(struct line *line)
{
    const char *option = value_of(line, "measure"), *until = day_text(line, value_of(line, "until"));
    const struct measure_row *row = measure_find(option);
    const char *visibility = row != NULL ? row->visibility : option[0] != '\0' ? "DECISION_VISIBILITY_OTHER" : NULL;
    line->cells[AT_decision_visibility] = list_of(line, visibility, NULL);
    if (visibility != NULL && strcmp(visibility, "DECISION_VISIBILITY_OTHER") == 0)
        line->cells[AT_decision_visibility_other] = title_of(line, "measure");
    if (visibility != NULL)
        line->cells[AT_end_date_visibility_restriction] = until;
    if (row != NULL && row->account != NULL) {
        line->cells[AT_decision_account] = row->account;
        line->cells[AT_end_date_account_restriction] = until;
    }
}

/* "Law of … “…”, Article 14, paragraph 1: CATEGORY". */
static const char *legal_ground(const struct line *line)
{
    const struct list *list = catalogue_list(line->catalogue, "categories");
    const struct list_entry *entry = list == NULL ? NULL : list_find(list, value_of(line, "category"));
    const char *title = title_of(line, "category");
    if (entry == NULL || entry->norm == NULL)
        return one_line(line, title, LETTERS_GROUND);
    const char *norm = paper_norm_words(line->catalogue, entry->norm, LANG_EN, line->arena);
    const char *whole = norm == NULL ? NULL : arena_printf(line->arena, "Kazakhstan: %s: %s", norm, title);
    return whole == NULL ? NULL : one_line(line, whole, LETTERS_GROUND);
}

static void fill_ground(struct line *line)
{
    const char *ground = value_of(line, "ground"), *reasons = value_of(line, "reasons");
    const char *why = one_line(line, reasons, LETTERS_EXPLANATION);
    line->cells[AT_decision_ground] = word_find("ground", ground);
    line->cells[AT_decision_facts] = one_line(line, reasons, LETTERS_FACTS);
    if (strcmp(ground, "law") == 0) {
        line->cells[AT_illegal_content_legal_ground] = legal_ground(line);
        line->cells[AT_illegal_content_explanation] = why;
    } else if (strcmp(ground, "rule") == 0) {
        line->cells[AT_incompatible_content_ground] = one_line(line, value_of(line, "rule"), LETTERS_GROUND);
        line->cells[AT_incompatible_content_explanation] = why;
    }
}

/* What the content was: by its category, else by the platform's own rules; what the measure tells beside it is added.
 */
static void fill_category(struct line *line)
{
    const char *option = value_of(line, "category"), *main = NULL, *keyword = NULL;
    const struct category_row *row = category_find(option);
    const struct measure_row *measure = measure_find(value_of(line, "measure"));
    const char *more = measure == NULL ? NULL : measure->category;
    if (option[0] != '\0') {
        main = row == NULL ? NULL : row->theirs;
        keyword = row == NULL || row->keyword == NULL ? OTHER_KEYWORD : row->keyword;
    } else if (strcmp(value_of(line, "ground"), "rule") == 0) {
        main = CATEGORY("OTHER_VIOLATION_TC");
    }
    if (main == NULL || (more != NULL && strcmp(main, more) == 0)) {
        main = main == NULL ? more : main;
        more = NULL;
    }
    line->cells[AT_category] = main;
    line->cells[AT_category_addition] = list_of(line, more, NULL);
    line->cells[AT_category_specification] = list_of(line, keyword, measure == NULL ? NULL : measure->keyword);
    if (keyword != NULL && strcmp(keyword, OTHER_KEYWORD) == 0)
        line->cells[AT_category_specification_other] = one_line(line, title_of(line, "category"), LETTERS_GROUND);
}

static void fill_content(struct line *line)
{
    const char *option = value_of(line, "content_type"), *type = word_find("content_type", option);
    if (type == NULL && option[0] != '\0')
        type = "CONTENT_TYPE_OTHER";
    line->cells[AT_content_type] = list_of(line, type, NULL);
    if (type != NULL && strcmp(type, "CONTENT_TYPE_OTHER") == 0)
        line->cells[AT_content_type_other] = title_of(line, "content_type");
    line->cells[AT_content_language] = word_find("content_language", value_of(line, "content_language"));
    line->cells[AT_content_date] = day_text(line, value_of(line, "content_date"));
}

static void fill_means(struct line *line)
{
    const char *found_by = value_of(line, "found_by");
    line->cells[AT_source_type] = word_find("found_by", found_by);
    /* Every other answer says that it was not an automated system. */
    if (found_by[0] != '\0')
        line->cells[AT_automated_detection] = strcmp(found_by, "automatic") == 0 ? "Yes" : "No";
    line->cells[AT_automated_decision] = word_find("decided_by", value_of(line, "decided_by"));
}

static const char *utc_moment(const struct line *line, int64_t at_usec)
{
    int64_t sec = at_usec / USEC_PER_SEC - (at_usec % USEC_PER_SEC < 0);
    int64_t day = sec / 86400 - (sec % 86400 < 0), rest = sec - day * 86400;
    char date[11];
    date_format(date_from_day((int32_t)day), date);
    return arena_printf(line->arena, "%s %02d:%02d:%02d", date, (int)(rest / 3600), (int)(rest / 60 % 60),
                        (int)(rest % 60));
}

static void fill_record(struct line *line, const char *platform_name, const struct case_row *row)
{
    char decided[11];
    date_format(date_from_day(zone_day_of(&line->catalogue->calendar->zone, row->opened_usec)), decided);
    line->cells[AT_application_date] = day_text(line, decided);
    line->cells[AT_platform_name] = platform_name;
    /* Our numbers have Kazakh letters, which theirs may not. */
    line->cells[AT_platform_uid] = row->id;
    line->cells[AT_created_at] = utc_moment(line, row->registered_usec);
}

void statements_head(struct buf *out)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : ",", column_names[i]);
    buf_putc(out, '\n');
}

int statements_line(const struct catalogue *catalogue, const char *platform_name, const struct case_row *row,
                    struct arena *arena, struct buf *out, struct err *err)
{
    CLEANUP_JSON json_t *values = NULL;
    struct err why = {0};
    if (json_parse(row->fields, strlen(row->fields), &values, &why) < 0)
        return why.kind == ERR_MEMORY ? err_memory(err) : err_set(err, ERR_DAMAGED, "case_damaged", "%s", row->number);
    struct line line = {.catalogue = catalogue,
                        .procedure = catalogue_procedure(catalogue, STATEMENT_PROCEDURE),
                        .values = values,
                        .arena = arena};
    fill_measure(&line);
    fill_ground(&line);
    fill_category(&line);
    fill_content(&line);
    fill_means(&line);
    fill_record(&line, platform_name, row);
    if (arena->overflowed)
        return err_memory(err);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        buf_puts(out, i == 0 ? "" : ",");
        buf_put_csv(out, line.cells[i] == NULL ? "" : line.cells[i]);
    }
    buf_putc(out, '\n');
    return out->failed ? err_memory(err) : 0;
}
