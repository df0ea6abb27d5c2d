/* The template compiler: what it refuses and at which line, and how it treats blanks. What compiled pages write is
 * test_base_page_out's matter. */
#include "template.h"
#include "unit.h"
#include <string.h>

struct outcome {
    struct buf code, prototypes, includes;
    struct err err;
    int result;
};

static void outcome_done(struct outcome *outcome)
{
    buf_done(&outcome->code);
    buf_done(&outcome->prototypes);
    buf_done(&outcome->includes);
}

#define CLEANUP_OUTCOME __attribute__((cleanup(outcome_done)))

static void compile(const char *text, size_t count, struct outcome *ret)
{
    *ret = (struct outcome){0};
    buf_init(&ret->code, 1 << 20);
    buf_init(&ret->prototypes, 1 << 20);
    buf_init(&ret->includes, 1 << 20);
    struct template_out out = {.code = &ret->code, .prototypes = &ret->prototypes, .includes = &ret->includes};
    ret->result = template_compile("p.html", text, count, &out, &ret->err);
}

static void mistakes_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *text, *arg;
    } rows[] = {
        {"", "p.html:1: there is no page in it"},
        {"\n\n<p>", "p.html:3: text outside a page"},
        {"{% page a() %}\nx\n", "p.html:1: the page is not closed: {% end %} is missing"},
        {"{% page a() %}\n{% end %}\nx", "p.html:3: text outside a page"},
        {"{% page a() %}\n{% page b() %}\n", "p.html:2: a page inside the page of line 1"},
        {"{% page %}", "p.html:1: wanted: page name(parameters)"},
        {"{% page A() %}", "p.html:1: wanted: page name(parameters)"},
        {"{% page a( %}", "p.html:1: wanted: page name(parameters)"},
        {"\n{% int x; %}", "p.html:2: a statement outside a page"},
        {"{% end %}", "p.html:1: a statement outside a page"},
        {"\n{{ x }}", "p.html:2: text outside a page"},
        {"{% page a() %}\n\n<b>{{ x", "p.html:3: the mark is not closed: }} is missing"},
        {"{% page a() %}\n{% if (x) {", "p.html:2: the mark is not closed: %} is missing"},
        {"{% page a() %}\n{# x", "p.html:2: the remark is not closed: #} is missing"},
        {"{% page a() %}\n{{ \"x }}\n{% end %}", "p.html:2: a quote inside the mark does not end on its line"},
        {"{% page a() %}\n{{q x}}\n{% end %}", "p.html:2: unknown mark {{q"},
        {"{% page a() %}\n{{? x}}\n{% end %}", "p.html:2: unknown mark {{?"},
        {"{% page a() %}\n{{x->y}}\n{% end %}", "p.html:2: wanted: {{ expression }} or a known mark and a blank"},
        {"{% page a() %}\n{{ }}\n{% end %}", "p.html:2: an empty expression"},
        {"{% page a() %}\n{{}}\n{% end %}", "p.html:2: wanted: {{ expression }} or a known mark and a blank"},
        {"{% page a() %}\n{{i }}\n{% end %}", "p.html:2: an empty expression"},
        {"{% page a() %}\n{% %}\n{% end %}", "p.html:2: an empty mark"},
        {"{% page a() %}\n{{t title}}\n{% end %}", "p.html:2: wanted: a key like complain.title"},
        {"{% page a() %}\n{{t a.B}}\n{% end %}", "p.html:2: wanted: a key like complain.title"},
        {"{% page a() %}\n{{t a.b x, y, z}}\n{% end %}", "p.html:2: a text takes at most two expressions"},
        {"{% page a() %}\n{{t a.b x,}}\n{% end %}", "p.html:2: an empty expression"},
        {"{% page a() %}\n{{> b}}\n{% end %}", "p.html:2: wanted: {{> name(arguments)}}"},
        {"{% page a() %}\nx }} y\n{% end %}", "p.html:2: a mark is closed that was not opened"},
        {"{% page a() %}\n{% end %}\n{% include \"a.h\" %}", "p.html:3: an include stands above the first page"},
        {"{% include <a.h> %}", "p.html:1: wanted: include \"room/noun.h\""},
        {"{% include \"a\\\"b.h\" %}", "p.html:1: wanted: include \"room/noun.h\""},
        {"{% page a() %}\n\xff{% end %}", "p.html:1: the text holds a NUL or is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_OUTCOME struct outcome outcome;
        compile(rows[i].text, strlen(rows[i].text), &outcome);
        if (outcome.result != -ERR_BAD_INPUT || strcmp(outcome.err.code, "template_malformed") != 0 ||
            strcmp(outcome.err.arg, rows[i].arg) != 0)
            fail_msg("row %zu: %d %s", i, outcome.result, outcome.err.arg);
    }
}

/* Compiles a page with this body and expects this C (without #line directives and the function's frame). */
static void body_becomes(const char *body, const char *wanted)
{
    CLEANUP_BUF struct buf text, got;
    CLEANUP_OUTCOME struct outcome outcome;
    buf_init(&text, 10000);
    buf_init(&got, 10000);
    buf_printf(&text, "{%% page a() %%}\n%s{%% end %%}\n", body);
    compile(text.data, text.len, &outcome);
    if (outcome.result < 0)
        fail_msg("%s", outcome.err.arg);
    const char *at = strstr(outcome.code.data, "{\n");
    assert_non_null(at);
    for (at += 2; strcmp(at, "}\n") != 0;) {
        size_t length = strcspn(at, "\n") + 1;
        if (strncmp(at, "#line", 5) != 0)
            buf_put(&got, at, length);
        at += length;
    }
    assert_string_equal(got.data == NULL ? "" : got.data, wanted);
}

static void marks_become_calls(void **state)
{
    body_becomes("{{ v->x }}", "page_text(o, (v->x));\n");
    body_becomes("{{\n v->x }}", "page_text(o, (v->x));\n");
    body_becomes("{{i 1 + 2 }}{{x t}}{{d d}}{{m d}}{{s d}}{{u u}}{{= h}}{{=h}}",
                 "page_int(o, (1 + 2));\npage_text3(o, (t));\npage_date(o, (d));\npage_minute(o, (d));\n"
                 "page_second(o, (d));\npage_url(o, (u));\npage_html(o, (h));\npage_html(o, (h));\n");
    body_becomes("{{t a.b-c.d_1}}", "page_word(o, T_a_b_c_d_1);\n");
    body_becomes("{{t a.b x}}", "page_word_with(o, T_a_b, (x), NULL);\n");
    body_becomes("{{t a.b f(x, \",\"), y[1] }}", "page_word_with(o, T_a_b, (f(x, \",\")), (y[1]));\n");
    body_becomes("{{> row_2(a, f(b))}}{{>row()}}", "page_row_2(o, a, f(b));\npage_row(o);\n");
    body_becomes("{{= (struct html){\"}}\", 2} }}", "page_html(o, ((struct html){\"}}\", 2}));\n");
    body_becomes("{{ c == '}' ? \"\\\"}}\" : NULL }}", "page_text(o, (c == '}' ? \"\\\"}}\" : NULL));\n");
}

static void lines_of_statements_leave_no_trace(void **state)
{
    body_becomes("a\n  {% x(); %}  \nb\n", "page_raw(o, \"a\\n\", 2);\nx();\npage_raw(o, \"b\\n\", 2);\n");
    body_becomes("{% x(); %} {% y(); %}\nb", "x();\ny();\npage_raw(o, \"b\", 1);\n");
    body_becomes("\t{# one\n two #}\r\nb", "page_raw(o, \"b\", 1);\n");
    body_becomes("a {% x(); %}\nb", "page_raw(o, \"a \", 2);\nx();\npage_raw(o, \"\\n\"\n    \"b\", 2);\n");
    body_becomes("{% x(); %} a\n", "x();\npage_raw(o, \" a\\n\", 3);\n");
    body_becomes("{% x(); %}{{ a }}\n", "x();\npage_text(o, (a));\npage_raw(o, \"\\n\", 1);\n");
    body_becomes("{{ a }}\n{% x(); %}\n{{ b }}",
                 "page_text(o, (a));\npage_raw(o, \"\\n\", 1);\nx();\npage_text(o, (b));\n");
    body_becomes("\n\n", "page_raw(o, \"\\n\"\n    \"\\n\", 2);\n");
}

static void text_is_kept_to_the_byte(void **state)
{
    body_becomes("<a href=\"\\\">\x01?\?/ұ</a>{ } % { %",
                 "page_raw(o, \"<a href=\\042\\134\\042>\\001?\?/ұ</a>{ } % { %\", 31);\n");
}

static void frames_prototypes_and_includes(void **state)
{
    CLEANUP_OUTCOME struct outcome outcome;
    const char *text =
        "{% include \"web/a.h\" %}\n{%include \"b.h\"%}\n{% page one(const struct x *v, int n) %}\n{% end %}\n\n"
        "{% page two() %}{% end %}{% page three(void) %}{% end %}";
    compile(text, strlen(text), &outcome);
    assert_int_equal(outcome.result, 0);
    assert_string_equal(outcome.includes.data, "#include \"web/a.h\"\n#include \"b.h\"\n");
    assert_string_equal(outcome.prototypes.data,
                        "void page_one(struct page_out *o, const struct x *v, int n);\n"
                        "void page_two(struct page_out *o);\nvoid page_three(struct page_out *o);\n");
    assert_non_null(strstr(outcome.code.data,
                           "#line 3 \"p.html\"\nvoid page_one(struct page_out *o, const struct x *v, int n)\n{\n}\n"));
    assert_non_null(strstr(outcome.code.data, "#line 6 \"p.html\"\nvoid page_two(struct page_out *o)\n{\n}\n"));
}

static void line_directives_point_into_the_template(void **state)
{
    CLEANUP_OUTCOME struct outcome outcome;
    const char *text = "{% page a() %}\n<p>\n  {{ one\n + two }}\n\n{%\n\n three(); %}\n{% end %}";
    compile(text, strlen(text), &outcome);
    assert_int_equal(outcome.result, 0);
    assert_non_null(strstr(outcome.code.data, "#line 3 \"p.html\"\npage_text(o, (one\n + two));"));
    assert_non_null(strstr(outcome.code.data, "#line 8 \"p.html\"\nthree();"));
}

static void a_full_buffer_is_an_error(void **state)
{
    struct outcome outcome = {0};
    struct template_out out = {.code = &outcome.code, .prototypes = &outcome.prototypes, .includes = &outcome.includes};
    buf_init(&outcome.code, 10);
    buf_init(&outcome.prototypes, 1000);
    buf_init(&outcome.includes, 1000);
    assert_int_equal(template_compile("p", "{% page a() %}{% end %}", 23, &out, &outcome.err), -ERR_MEMORY);
    outcome_done(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_refused_with_their_line),
        cmocka_unit_test(marks_become_calls),
        cmocka_unit_test(lines_of_statements_leave_no_trace),
        cmocka_unit_test(text_is_kept_to_the_byte),
        cmocka_unit_test(frames_prototypes_and_includes),
        cmocka_unit_test(line_directives_point_into_the_template),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
