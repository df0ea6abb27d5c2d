/* The grammar of single values. Everything here reads bytes from outside: no check trusts another to have run before,
 * and none puts a value into an error. */
#include "law/field_check.h"
#include "base/unicode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct field_verdict refuse(const char *code)
{
    return (struct field_verdict){.code = code};
}

static struct field_verdict refuse_number(const char *code, int64_t arg)
{
    struct field_verdict verdict = {.code = code};
    snprintf(verdict.arg, sizeof(verdict.arg), "%lld", (long long)arg);
    return verdict;
}

static struct field_verdict refuse_range(int64_t min, int64_t max)
{
    struct field_verdict verdict = {.code = "out_of_range"};
    if (max == INT64_MAX)
        snprintf(verdict.arg, sizeof(verdict.arg), "≥ %lld", (long long)min);
    else
        snprintf(verdict.arg, sizeof(verdict.arg), "%lld … %lld", (long long)min, (long long)max);
    return verdict;
}

static struct field_verdict accept(const char *text)
{
    return (struct field_verdict){.text = text};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool digits_only(const char *text, size_t count)
{
    return strlen(text) == count && strspn(text, "0123456789") == count;
}

/* The control digit of twelve: weights 1 to 11; when that leaves 10, weights 3 to 11, 1, 2; 10 again is never issued.
 */
static bool control_right(const char *text)
{
    static const int second[11] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2};
    int sum = 0;
    for (int i = 0; i < 11; i++)
        sum += (text[i] - '0') * (i + 1);
    if (sum % 11 == 10) {
        sum = 0;
        for (int i = 0; i < 11; i++)
            sum += (text[i] - '0') * second[i];
    }
    return sum % 11 == text[11] - '0';
}

/* YYMMDD and the digit of century and sex: 1 and 2 the 1800s, 3 and 4 the 1900s, 5 and 6 the 2000s; 0 says nothing. */
static bool birth_right(const char *text)
{
    int year = (text[0] - '0') * 10 + text[1] - '0';
    int month = (text[2] - '0') * 10 + text[3] - '0', day = (text[4] - '0') * 10 + text[5] - '0';
    int century = text[6] - '0';
    if (century > 6)
        return false;
    if (century == 0)
        return date_valid((struct date){1900 + year, month, day}) || date_valid((struct date){2000 + year, month, day});
    return date_valid((struct date){1800 + (century - 1) / 2 * 100 + year, month, day});
}

bool iin_valid(const char *text)
{
    return digits_only(text, 12) && birth_right(text) && control_right(text);
}

bool bin_valid(const char *text)
{
    return digits_only(text, 12) && control_right(text);
}

static struct field_verdict check_iin(const char *text)
{
    if (!digits_only(text, 12) || !birth_right(text))
        return refuse("not_an_iin");
    return control_right(text) ? accept(text) : refuse("iin_control_digit");
}

static struct field_verdict check_bin(const char *text)
{
    if (!digits_only(text, 12))
        return refuse("not_a_bin");
    return control_right(text) ? accept(text) : refuse("bin_control_digit");
}

int64_t field_max(const struct field *field)
{
    if (field->max > 0)
        return field->max;
    switch (field->type) {
    case FIELD_TEXT:
        return FIELD_TEXT_MAX;
    case FIELD_URL:
        return FIELD_URL_MAX;
    case FIELD_EMAIL:
        return FIELD_EMAIL_MAX;
    case FIELD_LINKS:
        return FIELD_LINKS_MAX;
    case FIELD_CASE:
        return CASE_NUMBER_MAX;
    case FIELD_NUMBER:
        return INT64_MAX;
    default:
        return FIELD_LINE_MAX;
    }
}

static struct field_verdict check_length(const struct field *field, const char *text)
{
    int64_t length = (int64_t)utf8_length(text), max = field_max(field);
    if (length > max)
        return refuse_number("too_long", max);
    if (length < field->min)
        return refuse_number("too_short", field->min);
    return accept(text);
}

static struct field_verdict check_line(const struct field *field, const char *text)
{
    return strpbrk(text, "\n\t") ? refuse("not_one_line") : check_length(field, text);
}

static struct field_verdict check_date(const char *text)
{
    struct date date;
    return date_parse(text, &date) ? accept(text) : refuse("not_a_date");
}

static struct field_verdict check_moment(const char *text, const struct field_context *context)
{
    int64_t at_usec = 0;
    if (!moment_parse(text, context->zone, &at_usec))
        return refuse("not_a_moment");
    char shown[32];
    moment_format(context->zone, at_usec, shown);
    return accept(arena_strdup(context->arena, shown));
}

static struct field_verdict check_number(const struct field *field, const char *text,
                                         const struct field_context *context)
{
    const char *digits = text + (text[0] == '-');
    if (!digits[0] || digits[strspn(digits, "0123456789")] != '\0')
        return refuse("not_a_number");
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno == ERANGE || value < field->min || value > field_max(field))
        return refuse_range(field->min, field_max(field));
    return accept(arena_printf(context->arena, "%lld", value));
}

/* Host and port of an absolute address. Names in national letters pass; user names before an @ do not: they are how
 * an address is made to look like another. */
static bool authority_right(const char *text, size_t count)
{
    size_t host = count;
    if (count > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', count);
        if (!close)
            return false;
        host = (size_t)(close - text) + 1;
        if (host < 4 || strspn(text + 1, "0123456789abcdefABCDEF:.") != host - 2)
            return false;
    } else {
        const char *colon = memchr(text, ':', count);
        host = colon ? (size_t)(colon - text) : count;
        for (size_t i = 0; i < host; i++) {
            bool dot_wrong = text[i] == '.' && (i == 0 || text[i - 1] == '.');
            if (dot_wrong || !(is_alnum(text[i]) || strchr(".-_", text[i]) || (unsigned char)text[i] >= 0x80))
                return false;
        }
        if (host == 0 || host > 253)
            return false;
    }
    if (host == count)
        return true;
    size_t port = count - host - 1;
    if (text[host] != ':' || port == 0 || port > 5)
        return false;
    long number = 0;
    for (size_t i = host + 1; i < count; i++) {
        if (!is_digit(text[i]))
            return false;
        number = number * 10 + (text[i] - '0');
    }
    return number >= 1 && number <= 65535;
}

/* Marks that turn the direction of writing (U+200E, U+200F, U+202A … U+202E, U+2066 … U+2069) make one address look
 * like another. */
static bool turns_direction(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    return c[0] == 0xe2 && ((c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xaa && c[2] <= 0xae))) ||
                            (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

static struct field_verdict check_url(const struct field *field, const char *text, const struct field_context *context)
{
    size_t scheme = strncasecmp(text, "https://", 8) == 0 ? 8 : strncasecmp(text, "http://", 7) == 0 ? 7 : 0;
    if (scheme == 0)
        return refuse("not_a_url");
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("\"<>\\^`{|}", *c) || turns_direction(c))
            return refuse("not_a_url");
    }
    size_t authority = strcspn(text + scheme, "/?#");
    if (!authority_right(text + scheme, authority))
        return refuse("not_a_url");
    struct field_verdict verdict = check_length(field, text);
    if (verdict.code)
        return verdict;
    char *canonical = arena_strdup(context->arena, text);
    for (size_t i = 0; canonical && i < scheme + authority; i++)
        canonical[i] = lower(canonical[i]);
    return accept(canonical);
}

static bool mail_local_right(const char *text, size_t count)
{
    if (count == 0 || count > 64 || text[0] == '.' || text[count - 1] == '.')
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!(is_alnum(text[i]) || (text[i] && strchr("!#$%&'*+-/=?^_`{|}~.", text[i]))))
            return false;
        if (text[i] == '.' && text[i + 1] == '.')
            return false;
    }
    return true;
}

/* At least two labels, the last not a number. */
static bool mail_domain_right(const char *text)
{
    size_t labels = 0;
    for (const char *label = text;; labels++) {
        size_t count = strcspn(label, ".");
        if (count == 0 || count > 63 || label[0] == '-' || label[count - 1] == '-')
            return false;
        for (size_t i = 0; i < count; i++) {
            if (!is_alnum(label[i]) && label[i] != '-')
                return false;
        }
        if (label[count] == '\0')
            return labels >= 1 && strspn(label, "0123456789") < count;
        label += count + 1;
    }
}

static struct field_verdict check_email(const struct field *field, const char *text,
                                        const struct field_context *context)
{
    const char *at = strrchr(text, '@');
    if (!at || !mail_local_right(text, (size_t)(at - text)) || !mail_domain_right(at + 1))
        return refuse("not_an_email");
    if (strlen(text) > FIELD_EMAIL_MAX)
        return refuse_number("too_long", FIELD_EMAIL_MAX);
    struct field_verdict verdict = check_length(field, text);
    if (verdict.code)
        return verdict;
    char *canonical = arena_strdup(context->arena, text);
    for (size_t i = (size_t)(at - text); canonical && canonical[i]; i++)
        canonical[i] = lower(canonical[i]);
    return accept(canonical);
}

/* Digits with the usual separators; eleven that begin with 8 or 7, or ten that begin with 7, are a number of
 * Kazakhstan's plan; any other needs its plus. */
static struct field_verdict check_phone(const char *text, const struct field_context *context)
{
    char digits[17];
    size_t count = 0;
    bool plus = text[0] == '+';
    for (const char *c = text + plus; *c; c++) {
        if (is_digit(*c) && count < sizeof(digits) - 1)
            digits[count++] = *c;
        else if (is_digit(*c) || !strchr(" -()", *c))
            return refuse("not_a_phone");
    }
    digits[count] = '\0';
    const char *prefix = "+";
    const char *rest = digits;
    if (!plus && count == 11 && (digits[0] == '8' || digits[0] == '7')) {
        prefix = "+7";
        rest = digits + 1;
    } else if (!plus && count == 10 && digits[0] == '7') {
        prefix = "+7";
    } else if (!plus || count < 8 || count > 15 || digits[0] == '0' || (digits[0] == '7' && count != 11)) {
        return refuse("not_a_phone");
    }
    return accept(arena_printf(context->arena, "%s%s", prefix, rest));
}

static struct field_verdict check_country(const char *text, const struct field_context *context)
{
    char *code = arena_strdup(context->arena, text);
    for (char *c = code; code && *c; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
    if (!code)
        return accept(NULL);
    bool shaped = strlen(code) == 2 && strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2;
    if (!shaped || !context->is_country || !context->is_country(context->arg, code))
        return refuse("unknown_country");
    return accept(code);
}

static struct field_verdict check_yes_no(const char *text)
{
    if (strcmp(text, "true") == 0 || strcmp(text, "on") == 0)
        return accept("true");
    return strcmp(text, "false") == 0 ? accept("false") : refuse("wrong_type");
}

struct field_verdict field_check_text(const struct field *field, const char *text, const struct field_context *context)
{
    const struct field_option *option;
    switch (field->type) {
    case FIELD_TEXT:
        return check_length(field, text);
    case FIELD_LINE:
    case FIELD_PERSON:
    case FIELD_ORGANISATION:
        return check_line(field, text);
    case FIELD_CHOICE:
    case FIELD_MANY:
        option = field_option_find(field, text);
        return option ? accept(option->id) : refuse("not_an_option");
    case FIELD_YES_NO:
        return check_yes_no(text);
    case FIELD_DATE:
        return check_date(text);
    case FIELD_MOMENT:
        return check_moment(text, context);
    case FIELD_NUMBER:
        return check_number(field, text, context);
    case FIELD_URL:
        return check_url(field, text, context);
    case FIELD_LINKS:
        return check_url(&(struct field){.type = FIELD_URL}, text, context);
    case FIELD_EMAIL:
        return check_email(field, text, context);
    case FIELD_PHONE:
        return check_phone(text, context);
    case FIELD_IIN:
        return check_iin(text);
    case FIELD_BIN:
        return check_bin(text);
    case FIELD_COUNTRY:
        return check_country(text, context);
    case FIELD_CASE:
        return check_line(field, text);
    case FIELD_TABLE: /* nobody is asked for one */
        break;
    }
    return refuse("wrong_type");
}
