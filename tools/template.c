/* From a page template to C.
 *
 * One pass over the text. `{% … %}` holds C (or page, end, include), `{{ … }}` writes something, `{# … #}` is a remark;
 * everything else is the page's own markup and becomes constants of known length. The end of a mark is looked for as
 * C would: quotes are skipped, and `}}` only counts outside brackets, so that an expression may hold a compound
 * literal. Whether the C inside is right is for the C compiler to say; #line makes it speak of the template. */
#include "template.h"
#include "base/unicode.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct compiler {
    const char *file;
    const char *at, *end; /* what is left to read */
    int line;             /* of `at` */
    int page_line;        /* where the open page began; 0 outside */
    bool code_seen;       /* a page has begun: includes may not follow */
    const struct template_out *out;
    struct err *err;
};

/* A piece of the template with blanks at both ends cut. */
struct span {
    const char *at;
    size_t count;
    int line; /* where it begins */
};

static int refuse(struct compiler *compiler, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

static int refuse(struct compiler *compiler, int line, const char *fmt, ...)
{
    char why[120];
    va_list args;
    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    return err_set(compiler->err, ERR_BAD_INPUT, "template_malformed", "%s:%d: %s", compiler->file, line, why);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_space(char c)
{
    return is_blank(c) || c == '\n';
}

static bool starts(const struct compiler *compiler, const char *mark)
{
    size_t length = strlen(mark);
    return (size_t)(compiler->end - compiler->at) >= length && memcmp(compiler->at, mark, length) == 0;
}

static void skip(struct compiler *compiler, size_t count)
{
    for (; count > 0; count--)
        compiler->line += *compiler->at++ == '\n';
}

static struct span trim(const char *from, const char *to, int line)
{
    for (; from < to && is_space(*from); from++)
        line += *from == '\n';
    while (to > from && is_space(to[-1]))
        to--;
    return (struct span){.at = from, .count = (size_t)(to - from), .line = line};
}

/* Past a "string" or a 'character' that begins at `at`; NULL where it does not end on its line. */
static const char *quoted_end(const char *at, const char *end)
{
    char quote = *at++;
    for (; at < end && *at != '\n'; at++) {
        if (*at == '\\' && at + 1 < end && at[1] != '\n')
            at++;
        else if (*at == quote)
            return at + 1;
    }
    return NULL;
}

/* Reads a mark's inside up to `close` ("%}" or "}}") and moves past it. */
static int inside_read(struct compiler *compiler, const char *close, struct span *ret)
{
    int line = compiler->line, depth = 0;
    const char *from = compiler->at + 2, *at = from;
    bool by_depth = close[0] == '}';
    while (at < compiler->end) {
        bool closes = compiler->end - at >= 2 && at[0] == close[0] && at[1] == close[1];
        if (closes && (!by_depth || depth <= 0)) {
            *ret = trim(from, at, line);
            skip(compiler, (size_t)(at + 2 - compiler->at));
            return 0;
        }
        if (*at == '"' || *at == '\'') {
            at = quoted_end(at, compiler->end);
            if (at == NULL)
                return refuse(compiler, line, "a quote inside the mark does not end on its line");
            continue;
        }
        depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
        at++;
    }
    return refuse(compiler, line, "the mark is not closed: %s is missing", close);
}

static int remark_skip(struct compiler *compiler)
{
    int line = compiler->line;
    while (compiler->at < compiler->end && !starts(compiler, "#}"))
        skip(compiler, 1);
    if (compiler->at == compiler->end)
        return refuse(compiler, line, "the remark is not closed: #} is missing");
    skip(compiler, 2);
    return 0;
}

static void literal_put(struct buf *out, const char *bytes, size_t count)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '\n')
            buf_puts(out, i + 1 < count ? "\\n\"\n    \"" : "\\n");
        else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F)
            buf_printf(out, "\\%03o", c);
        else
            buf_putc(out, (char)c);
    }
    buf_putc(out, '"');
}

static void line_put(struct compiler *compiler, int line)
{
    buf_printf(compiler->out->code, "#line %d ", line);
    literal_put(compiler->out->code, compiler->file, strlen(compiler->file));
    buf_putc(compiler->out->code, '\n');
}

static void span_put(struct buf *out, struct span span)
{
    buf_put(out, span.at, span.count);
}

/* `name(…)`: the name and what is between its brackets. */
static bool call_split(struct span call, struct span *ret_name, struct span *ret_args)
{
    size_t name = 0;
    while (name < call.count &&
           (islower((unsigned char)call.at[name]) || isdigit((unsigned char)call.at[name]) || call.at[name] == '_'))
        name++;
    if (name == 0 || isdigit((unsigned char)call.at[0]) || name + 2 > call.count || call.at[name] != '(' ||
        call.at[call.count - 1] != ')')
        return false;
    *ret_name = (struct span){.at = call.at, .count = name, .line = call.line};
    *ret_args = trim(call.at + name + 1, call.at + call.count - 1, call.line);
    return true;
}

static struct span after_word(struct span span, size_t word)
{
    return trim(span.at + word, span.at + span.count, span.line);
}

static bool first_word_is(struct span span, const char *word)
{
    size_t length = strlen(word);
    return span.count >= length && memcmp(span.at, word, length) == 0 &&
           (span.count == length || (!isalnum((unsigned char)span.at[length]) && span.at[length] != '_'));
}

static int page_begin(struct compiler *compiler, struct span statement, int line)
{
    struct span name, args;
    if (compiler->page_line != 0)
        return refuse(compiler, line, "a page inside the page of line %d", compiler->page_line);
    if (!call_split(after_word(statement, strlen("page")), &name, &args))
        return refuse(compiler, line, "wanted: page name(parameters)");
    struct buf *outs[2] = {compiler->out->prototypes, compiler->out->code};
    line_put(compiler, statement.line);
    for (int i = 0; i < 2; i++) {
        buf_puts(outs[i], "void page_");
        span_put(outs[i], name);
        buf_puts(outs[i], "(struct page_out *o");
        if (args.count > 0 && !(args.count == 4 && memcmp(args.at, "void", 4) == 0)) {
            buf_puts(outs[i], ", ");
            span_put(outs[i], args);
        }
        buf_puts(outs[i], i == 0 ? ");\n" : ")\n{\n");
    }
    compiler->page_line = line;
    compiler->code_seen = true;
    return 0;
}

static int include_add(struct compiler *compiler, struct span statement, int line)
{
    struct span path = after_word(statement, strlen("include"));
    if (compiler->code_seen)
        return refuse(compiler, line, "an include stands above the first page");
    bool quoted = path.count > 2 && path.at[0] == '"' && path.at[path.count - 1] == '"';
    for (size_t i = 1; quoted && i + 1 < path.count; i++)
        quoted = isalnum((unsigned char)path.at[i]) || strchr("_-./", path.at[i]) != NULL;
    if (!quoted)
        return refuse(compiler, line, "wanted: include \"room/noun.h\"");
    buf_puts(compiler->out->includes, "#include ");
    span_put(compiler->out->includes, path);
    buf_putc(compiler->out->includes, '\n');
    return 0;
}

static int statement_compile(struct compiler *compiler, struct span statement, int line)
{
    if (statement.count == 0)
        return refuse(compiler, line, "an empty mark");
    if (first_word_is(statement, "page"))
        return page_begin(compiler, statement, line);
    if (first_word_is(statement, "include"))
        return include_add(compiler, statement, line);
    if (compiler->page_line == 0)
        return refuse(compiler, line, "a statement outside a page");
    if (first_word_is(statement, "end") && statement.count == 3) {
        buf_puts(compiler->out->code, "}\n");
        compiler->page_line = 0;
        return 0;
    }
    line_put(compiler, statement.line);
    span_put(compiler->out->code, statement);
    buf_putc(compiler->out->code, '\n');
    return 0;
}

/* Splits C arguments at commas outside brackets and quotes. Returns how many there are; more than `room` counts on. */
static size_t args_split(struct span args, struct span *ret, size_t room)
{
    if (args.count == 0)
        return 0;
    size_t count = 0;
    int depth = 0, line = args.line;
    const char *from = args.at, *end = args.at + args.count;
    for (const char *at = from;;) {
        if (at == end || (*at == ',' && depth == 0)) {
            if (count < room)
                ret[count] = trim(from, at, line);
            count++;
            if (at == end)
                return count;
            from = ++at;
            continue;
        }
        if (*at == '"' || *at == '\'') {
            const char *past = quoted_end(at, end);
            at = past == NULL ? end : past;
            continue;
        }
        depth += strchr("([{", *at) != NULL ? 1 : strchr(")]}", *at) != NULL ? -1 : 0;
        at++;
    }
}

/* {{t key a, b}} */
static int word_compile(struct compiler *compiler, struct span inside)
{
    struct buf *code = compiler->out->code;
    size_t key = 0, dots = 0;
    while (key < inside.count && (islower((unsigned char)inside.at[key]) || isdigit((unsigned char)inside.at[key]) ||
                                  strchr("_-.", inside.at[key]) != NULL))
        dots += inside.at[key++] == '.';
    if (dots == 0 || (key < inside.count && !is_space(inside.at[key])))
        return refuse(compiler, inside.line, "wanted: a key like complain.title");
    struct span args[2], rest = trim(inside.at + key, inside.at + inside.count, inside.line);
    size_t count = args_split(rest, args, 2);
    if (count > 2)
        return refuse(compiler, inside.line, "a text takes at most two expressions");
    for (size_t i = 0; i < count; i++)
        if (args[i].count == 0)
            return refuse(compiler, inside.line, "an empty expression");
    line_put(compiler, inside.line);
    buf_puts(code, count == 0 ? "page_word(o, T_" : "page_word_with(o, T_");
    for (size_t i = 0; i < key; i++)
        buf_putc(code, inside.at[i] == '.' || inside.at[i] == '-' ? '_' : inside.at[i]);
    for (size_t i = 0; i < 2 && count > 0; i++) {
        buf_puts(code, i < count ? ", (" : ", NULL");
        if (i < count) {
            span_put(code, args[i]);
            buf_putc(code, ')');
        }
    }
    buf_puts(code, ");\n");
    return 0;
}

/* {{> name(args)}} */
static int call_compile(struct compiler *compiler, struct span inside)
{
    struct span name, args;
    if (!call_split(inside, &name, &args))
        return refuse(compiler, inside.line, "wanted: {{> name(arguments)}}");
    struct buf *code = compiler->out->code;
    line_put(compiler, inside.line);
    buf_puts(code, "page_");
    span_put(code, name);
    buf_puts(code, args.count > 0 ? "(o, " : "(o");
    span_put(code, args);
    buf_puts(code, ");\n");
    return 0;
}

static int output_compile(struct compiler *compiler, struct span inside, char first)
{
    static const struct {
        char mark;
        const char *function;
    } marks[] = {{' ', "page_text"},   {'i', "page_int"},    {'x', "page_text3"}, {'d', "page_date"},
                 {'m', "page_minute"}, {'s', "page_second"}, {'u', "page_url"},   {'=', "page_html"}};
    int line = inside.line;
    if (compiler->page_line == 0)
        return refuse(compiler, line, "text outside a page");
    /* `{{ expr }}` has a blank first, the others their mark and a blank (after = and > it may be missing). */
    char mark = is_space(first) ? ' ' : first;
    if (mark != ' ') {
        bool loose = mark == '=' || mark == '>';
        if (inside.count == 0 || (!loose && inside.count > 1 && !is_space(inside.at[1])))
            return refuse(compiler, line, "wanted: {{ expression }} or a known mark and a blank");
        inside = after_word(inside, 1);
    }
    if (inside.count == 0)
        return refuse(compiler, line, "an empty expression");
    if (mark == 't')
        return word_compile(compiler, inside);
    if (mark == '>')
        return call_compile(compiler, inside);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (marks[i].mark != mark)
            continue;
        line_put(compiler, inside.line);
        buf_printf(compiler->out->code, "%s(o, (", marks[i].function);
        span_put(compiler->out->code, inside);
        buf_puts(compiler->out->code, "));\n");
        return 0;
    }
    if (isgraph((unsigned char)mark))
        return refuse(compiler, line, "unknown mark {{%c", mark);
    return refuse(compiler, line, "unknown mark");
}

static int text_put(struct compiler *compiler, const char *from, const char *to, int line)
{
    if (from == to)
        return 0;
    if (compiler->page_line == 0) {
        for (; from < to && is_space(*from); from++)
            line += *from == '\n';
        return from == to ? 0 : refuse(compiler, line, "text outside a page");
    }
    buf_puts(compiler->out->code, "page_raw(o, ");
    literal_put(compiler->out->code, from, (size_t)(to - from));
    buf_printf(compiler->out->code, ", %zu);\n", (size_t)(to - from));
    return 0;
}

/* Where the line's blanks before a mark begin, if nothing else stands before it in `text_from`…`at`, else `at`. A
 * mark that ended on this line counts as nothing when `line_bare` says so. */
static const char *blanks_before(const char *text_from, const char *at, bool line_bare)
{
    const char *start = at;
    while (start > text_from && is_blank(start[-1]))
        start--;
    bool at_line_start = start > text_from ? start[-1] == '\n' : line_bare;
    return at_line_start ? start : at;
}

/* After a {% %} or {# #} that began a line: if only blanks and further such marks follow, the newline goes too. */
static bool only_blanks_follow(const struct compiler *compiler, const char **ret_next)
{
    const char *at = compiler->at;
    while (at < compiler->end && is_blank(*at))
        at++;
    *ret_next = at;
    return at == compiler->end || *at == '\n';
}

/* Is the rest of the line nothing but statements, remarks and blanks? Looks ahead without compiling. */
static bool line_stays_bare(const struct compiler *compiler)
{
    struct compiler ahead = *compiler;
    struct err ignored = {0};
    ahead.err = &ignored;
    for (;;) {
        const char *next;
        if (only_blanks_follow(&ahead, &next))
            return true;
        skip(&ahead, (size_t)(next - ahead.at));
        struct span span;
        int result = starts(&ahead, "{%")   ? inside_read(&ahead, "%}", &span)
                     : starts(&ahead, "{#") ? remark_skip(&ahead)
                                            : -1;
        if (result < 0)
            return false;
    }
}

static int silent_mark_compile(struct compiler *compiler)
{
    int line = compiler->line;
    if (starts(compiler, "{#"))
        return remark_skip(compiler);
    struct span statement;
    int result = inside_read(compiler, "%}", &statement);
    return result < 0 ? result : statement_compile(compiler, statement, line);
}

static int template_walk(struct compiler *compiler)
{
    const char *text_from = compiler->at;
    int text_line = compiler->line, result;
    bool line_bare = true; /* nothing written since the line began */
    while (compiler->at < compiler->end) {
        if (starts(compiler, "{{")) {
            char first = compiler->end - compiler->at > 2 ? compiler->at[2] : ' ';
            struct span inside;
            result = text_put(compiler, text_from, compiler->at, text_line);
            if (result < 0 || (result = inside_read(compiler, "}}", &inside)) < 0 ||
                (result = output_compile(compiler, inside, first)) < 0)
                return result;
            line_bare = false;
        } else if (starts(compiler, "{%") || starts(compiler, "{#")) {
            const char *text_to = blanks_before(text_from, compiler->at, line_bare);
            bool bare = (text_to > text_from ? text_to[-1] == '\n' : line_bare) && line_stays_bare(compiler);
            result = text_put(compiler, text_from, bare ? text_to : compiler->at, text_line);
            if (result < 0 || (result = silent_mark_compile(compiler)) < 0)
                return result;
            line_bare = bare;
            const char *next;
            if (bare && only_blanks_follow(compiler, &next)) {
                skip(compiler, (size_t)(next - compiler->at));
                if (compiler->at < compiler->end)
                    skip(compiler, 1); /* the newline */
            }
        } else if (starts(compiler, "%}") || starts(compiler, "}}")) {
            return refuse(compiler, compiler->line, "a mark is closed that was not opened");
        } else {
            skip(compiler, 1);
            continue;
        }
        text_from = compiler->at;
        text_line = compiler->line;
    }
    result = text_put(compiler, text_from, compiler->at, text_line);
    if (result == 0 && compiler->page_line != 0)
        result = refuse(compiler, compiler->page_line, "the page is not closed: {%% end %%} is missing");
    return result;
}

int template_compile(const char *file, const char *bytes, size_t count, const struct template_out *out, struct err *err)
{
    struct compiler compiler = {.file = file, .at = bytes, .end = bytes + count, .line = 1, .out = out, .err = err};
    if (!utf8_valid(bytes, count))
        return refuse(&compiler, 1, "the text holds a NUL or is not UTF-8");
    int result = template_walk(&compiler);
    if (result == 0 && !compiler.code_seen)
        result = refuse(&compiler, 1, "there is no page in it");
    if (result == 0 && (out->code->failed || out->prototypes->failed || out->includes->failed))
        result = err_memory(err);
    return result;
}
