/* Templates become programs, or a sentence with file and line. */
#include "../check.h"

#include <stdio.h>

#include "base/buf.h"
#include "template/template_compile.h"

static const struct template_fields FIELDS = {{{"a", 1}, {"b", 1}, {"long_name", 9}}, 3};

static const struct {
	const char *name, *text;
} FILES[] = {
	{"head", "<{{a}}>"},
	{"line", "one\ntwo\n"},
	{"bad", "fine\n{{nothing}}"},
	{"open", "\n{{#a}}"},
	{"close", "{{/a}}"},
	{"self", "x{{>self}}"},
	{"ping", "{{>pong}}"},
	{"pong", "\n{{>ping}}"},
	{"0", "{{>1}}"},
	{"1", "{{>2}}"},
	{"2", "{{>3}}"},
	{"3", "{{>4}}"},
	{"4", "{{>5}}"},
	{"5", "{{>6}}"},
	{"6", "{{>7}}"},
	{"7", "seven"},
};

static int read_file(void *context, struct text name, struct source *source_r, const char **why_r)
{
	*why_r = NULL;
	for (size_t i = 0; i < COUNT(FILES); i++)
		if (text_equal(name, text_of(FILES[i].name))) {
			*source_r = (struct source){FILES[i].name, text_of(FILES[i].text)};
			return 0;
		}
	if (text_equal(name, TEXT("unreadable")))
		*why_r = "unreadable:3: this is no UTF-8 text";
	return -1;
}

static const char *compile(
	struct arena *arena, enum template_as as, const char *text, struct template_program *program_r)
{
	static const struct source LANGUAGE = {"xx.ini", {NULL, 0}};
	struct source language = LANGUAGE;
	language.text = TEXT("hello = Hello {{a}} & {{b}}!\nplain = <Plain>\nwrong = {{c}}\nopen = a {{b\n");
	struct words words;
	const char *why = NULL;
	assert_int_equal(language_read(arena, &language, &words, &why), 0);
	const struct template_order order = {
		.arena = arena, .as = as, .fields = &FIELDS, .words = &words, .read = read_file};
	const struct source source = {"t", text_of(text)};
	if (template_compile(&order, &source, program_r, &why) != 0)
		return why;
	assert_null(why);
	return NULL;
}

/* The program as text: values as [a], sections as (?a N) and (!a N), N the ops in them, pieces of text parted by |. */
static const char *spell(struct arena *arena, const struct template_program *program)
{
	struct buf out;
	buf_init(&out, arena, 64);
	for (size_t i = 0; i < program->count; i++) {
		const struct template_op *op = &program->ops[i];
		const struct text name = FIELDS.names[op->field];
		if (op->kind == OP_TEXT)
			buf_printf(&out, "%.*s|", (int)op->n, program->text.p + op->at);
		else if (op->kind == OP_VALUE)
			buf_printf(&out, "[%.*s]", TEXT_ARG(name));
		else
			buf_printf(&out, "(%c%.*s %u)", op->kind == OP_IF ? '?' : '!', TEXT_ARG(name), op->n);
	}
	return buf_text(&out).p;
}

static void templates_become_programs(void **state)
{
	static const struct {
		const char *text, *program;
	} CASES[] = {
		{"", ""},
		{"text", "text|"},
		{"{ } }} {", "{ } }} {|"},
		{"{{a}}", "[a]"},
		{"x{{ a }}y{{long_name}}", "x|[a]y|[long_name]"},
		{"{{#a}}x{{/a}}y", "(?a 1)x|y|"},
		{"{{^a}}x{{/a}}{{#b}}{{a}}{{/b}}", "(!a 1)x|(?b 1)[a]"},
		{"{{# a }}{{#b}}x{{b}}{{/b}}y{{/ a }}z", "(?a 4)(?b 2)x|[b]y|z|"},
		{"{{#a}}{{/a}}x", "(?a 0)x|"},
		{"x{{! no {{ \n matter }}y", "xy|"},
		{"{{=hello}}", "Hello |[a] & |[b]!|"},
		{"x {{= plain }}.", "x <Plain>.|"},
		{"{{>head}}-{{> head }}", "<|[a]>-<|[a]>|"},
		/* lines with nothing but such a tag are no lines */
		{"x\n{{#a}}\ny\n{{/a}}\nz", "x\n|(?a 1)y\n|z|"},
		{"x\n  {{#a}}  \ny\n\t{{/a}}", "x\n|(?a 1)y\n|"},
		{"{{#a}}\n{{#b}}\nx\n{{/b}}\n{{/a}}\n", "(?a 2)(?b 1)x\n|"},
		{"x\n{{>line}}\ny", "x\none\ntwo\ny|"},
		{"x\n{{! comment }}\ny", "x\ny|"},
		{"x\n{{#a}} y\n{{/a}}\n", "x\n|(?a 1) y\n|"},
		{"{{#a}}{{/a}}\nx", "(?a 0)\nx|"},
		{"x\n{{a}}\n{{=plain}}\n", "x\n|[a]\n<Plain>\n|"},
		{"{{>1}}", "seven|"},
	};
	for (size_t i = 0; i < COUNT(CASES); i++) {
		struct template_program program;
		const char *why = compile(*state, TEMPLATE_TEXT, CASES[i].text, &program);
		if (why)
			fail_msg("%s: %s", CASES[i].text, why);
		assert_string_equal(spell(*state, &program), CASES[i].program);
	}
}

static void mistakes_are_named_with_file_and_line(void **state)
{
	static const struct {
		const char *text, *why;
	} CASES[] = {
		{"{{c}}", "t:1: there is no {{c}} in t"},
		{"\n\n{{#c}}{{/c}}", "t:3: there is no {{c}} in t"},
		{"\n{{^c}}{{/c}}", "t:2: there is no {{c}} in t"},
		{"{{}}", "t:1: there is no {{}} in t"},
		{"{{{a}}}", "t:1: there is no {{{a}} in t"},
		{"{{&a}}", "t:1: there is no {{&a}} in t"},
		{"{{! x\n\n}}\n{{c}}", "t:4: there is no {{c}} in t"},
		{"{{a}} {{#a}}\n\n{{/a}}\n{{#b}}\n", "t:4: {{#b}} is never closed"},
		{"{{^b}}", "t:1: {{^b}} is never closed"},
		{"\n{{/a}}", "t:2: {{/a}} closes nothing"},
		{"{{#a}}\n\n{{/b}}", "t:3: {{/b}} cannot close {{#a}} of line 1"},
		{"{{#a}}{{^b}}{{/a}}{{/b}}", "t:1: {{/a}} cannot close {{^b}} of line 1"},
		{"x\n{{a", "t:2: {{ has no }} on its line"},
		{"x\n{{a\n}}", "t:2: {{ has no }} on its line"},
		{"{{! never", "t:1: {{ has no }} on its line"},
		{"\n{{=nothing}}", "t:2: xx.ini has no key nothing"},
		{"{{=wrong}}", "xx.ini:3: there is no {{c}} in t"},
		{"{{=open}}", "xx.ini:4: {{ has no }}"},
		{"\n{{>nothing}}", "t:2: there is no file nothing"},
		{"{{>}}", "t:1: there is no file "},
		{"{{>../t}}", "t:1: there is no file ../t"},
		{"{{>/head}}", "t:1: there is no file /head"},
		{"{{>unreadable}}", "unreadable:3: this is no UTF-8 text"},
		{"{{>bad}}", "bad:2: there is no {{nothing}} in t"},
		{"{{>open}}{{/a}}", "open:2: {{#a}} is never closed"},
		{"{{#a}}{{>close}}", "close:1: {{/a}} closes nothing"},
		{"{{>self}}", "self:1: self includes itself"},
		{"{{>ping}}", "pong:2: ping includes itself"},
		{"{{>t}}", "t:1: there is no file t"},
	};
	for (size_t i = 0; i < COUNT(CASES); i++) {
		struct template_program program;
		const char *why = compile(*state, TEMPLATE_TEXT, CASES[i].text, &program);
		assert_non_null(why);
		assert_string_equal(why, CASES[i].why);
	}
}

static void sections_and_files_are_only_so_deep(void **state)
{
	char text[1024] = "";
	struct template_program program;
	for (int i = 0; i < TEMPLATE_SECTIONS_MAX; i++)
		strcat(text, "{{#a}}");
	for (int i = 0; i < TEMPLATE_SECTIONS_MAX; i++)
		strcat(text, "{{/a}}");
	assert_null(compile(*state, TEMPLATE_TEXT, text, &program));
	memmove(text + 7, text, strlen(text) + 1);
	memcpy(text, "{{#b}}\n", 7);
	assert_string_equal(
		compile(*state, TEMPLATE_TEXT, text, &program), "t:2: more than 16 sections stand in each other");
	/* t, 0, 1, … 7 are nine */
	assert_null(compile(*state, TEMPLATE_TEXT, "{{>1}}", &program));
	assert_string_equal(
		compile(*state, TEMPLATE_TEXT, "{{>0}}", &program), "6:1: more than 8 files stand in each other");
}

static void words_are_escaped_in_html(void **state)
{
	struct template_program program;
	assert_null(compile(*state, TEMPLATE_HTML, "<p>{{=plain}}</p><b title='{{=hello}}'>", &program));
	assert_string_equal(spell(*state, &program), "<p>&lt;Plain&gt;</p><b title='Hello |[a] &amp; |[b]!'>|");
}

static void values_in_html_must_stand_where_they_are_escaped_for(void **state)
{
	static const struct {
		const char *text, *why;
	} CASES[] = {
		{"<p title='{{a}}' class=\"{{b}}\">{{a}}</p>", NULL},
		{"<a {{#a}}href=\"{{a}}\"{{/a}}>", NULL},
		{"<p>\n<a href={{a}}>", "t:2: a value in a tag must stand in quotes"},
		{"<{{a}}>", "t:1: a value in a tag must stand in quotes"},
		{"<a {{=plain}}>", "t:1: a value in a tag must stand in quotes"},
		{"<script>let x = '{{a}}'</script>", "t:1: a value cannot stand in <script> or <style>"},
		{"{{>head}}", "head:1: a value in a tag must stand in quotes"},
	};
	for (size_t i = 0; i < COUNT(CASES); i++) {
		struct template_program program;
		const char *why = compile(*state, TEMPLATE_HTML, CASES[i].text, &program);
		if (CASES[i].why)
			assert_string_equal(why, CASES[i].why);
		else
			assert_null(why);
	}
}

static void a_mail_begins_with_its_subject(void **state)
{
	static const struct {
		const char *text, *why;
	} CASES[] = {
		{"Subject: x {{a}}\n\ntext", NULL},
		{"Subject: {{a}}\n\n", NULL},
		{"subject: x\n\ntext", "t:1: a mail's first line must be \"Subject: …\""},
		{"\nSubject: x\n\ntext", "t:1: a mail's first line must be \"Subject: …\""},
		{"Subject: \n\ntext", "t:1: a mail's first line must be \"Subject: …\""},
		{"", "t:1: a mail's first line must be \"Subject: …\""},
		{"Subject: x\ntext", "t:2: a mail's second line must be empty"},
		{"Subject: x", "t:2: a mail's second line must be empty"},
	};
	for (size_t i = 0; i < COUNT(CASES); i++) {
		struct template_program program;
		const char *why = compile(*state, TEMPLATE_MAIL, CASES[i].text, &program);
		if (CASES[i].why)
			assert_string_equal(why, CASES[i].why);
		else
			assert_null(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(templates_become_programs),
		CHECK_WITH_ARENA(mistakes_are_named_with_file_and_line),
		CHECK_WITH_ARENA(sections_and_files_are_only_so_deep),
		CHECK_WITH_ARENA(words_are_escaped_in_html),
		CHECK_WITH_ARENA(values_in_html_must_stand_where_they_are_escaped_for),
		CHECK_WITH_ARENA(a_mail_begins_with_its_subject),
	};
	return cmocka_run_group_tests_name("template/template_compile", tests, NULL, NULL);
}
