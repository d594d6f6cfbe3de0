/*
 * Templates and files of words of any bytes: a program that comes out writes, skips and names only what is there. Values of
 * any bytes: a mail that shows them has the lines and the tags it has without them.
 */
#include "template/template.h"
#include "template/template_compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct text source_text; /* of every file that is included */

static int read_file(void *context, struct text name, struct source *source_r, const char **why_r)
{
	*why_r = NULL;
	if (name.n > 1)
		return -1;
	*source_r = (struct source){arena_string(context, name), source_text};
	return 0;
}

static void check_program(const struct template_program *program, size_t fields)
{
	size_t ends[TEMPLATE_SECTIONS_MAX * TEMPLATE_FILES_MAX], depth = 0;
	for (size_t i = 0; i < program->count; i++) {
		const struct template_op *op = &program->ops[i];
		while (depth > 0 && ends[depth - 1] == i)
			depth--;
		if (op->kind == OP_TEXT) {
			MUST(op->n > 0 && op->at <= program->text.n && op->n <= program->text.n - op->at);
			continue;
		}
		MUST(op->field < fields);
		if (op->kind == OP_VALUE)
			continue;
		/* what a section skips ends within what it stands in */
		MUST(op->n < program->count - i && depth < COUNT(ends));
		MUST(depth == 0 || i + 1 + op->n <= ends[depth - 1]);
		ends[depth++] = i + 1 + op->n;
	}
}

/* The words, a line of "%", the template. */
static void check_compile(struct arena *arena, struct text input)
{
	static const struct template_fields FIELDS = {{{"a", 1}, {"b", 1}}, 2};
	const char *split = memmem(input.p, input.n, "\n%\n", 3), *why = NULL;
	struct source language = {"l", TEXT_NONE}, source = {"t", input};
	struct words words;
	if (split) {
		language.text = text_bytes(input.p, (size_t)(split - input.p));
		source.text = text_bytes(split + 3, input.n - language.text.n - 3);
	}
	source_text = source.text;
	if (language_read(arena, &language, &words, &why) != 0) {
		MUST(why && text_starts(text_of(why), TEXT("l:")));
		return;
	}
	for (size_t i = 0; i < words.count; i++)
		MUST(language_find(&words, words.list[i].key) == &words.list[i]);
	for (enum template_as as = TEMPLATE_TEXT; as <= TEMPLATE_HTML; as++) {
		const struct template_order order = {.arena = arena,
			.as = as,
			.fields = &FIELDS,
			.words = &words,
			.read = read_file,
			.context = arena};
		struct template_program program;
		if (template_compile(&order, &source, &program, &why) == 0)
			check_program(&program, FIELDS.count);
		else
			MUST(why && strchr(why, ':'));
	}
}

static size_t count(struct text text, char c)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == c;
	return n;
}

static struct text render_with(struct arena *arena, enum template_id id, struct text value)
{
	const struct template_value values[] = {
		{"app", value}, {"asked", value}, {"place", value}, {"code", value}, {"link", value}};
	return template_render(arena, id, template_language(TEXT_NONE), values, COUNT(values));
}

static void check_values(struct arena *arena, struct text input)
{
	static const char MARKS[] = "<>\"'\n";
	struct text html = render_with(arena, TEMPLATE_mail_link_html, input);
	const struct text plain_html = render_with(arena, TEMPLATE_mail_link_html, TEXT("x"));
	const struct text text = render_with(arena, TEMPLATE_mail_link_text, input);
	const struct text plain_text = render_with(arena, TEMPLATE_mail_link_text, TEXT("x"));
	MUST(text_is_utf8(html) && text_is_utf8(text));
	if (input.n == 0)
		return; /* sections are left out */
	for (size_t i = 0; MARKS[i]; i++)
		MUST(count(html, MARKS[i]) == count(plain_html, MARKS[i]));
	MUST(count(text, '\n') == count(plain_text, '\n') && count(text, '\r') == 0 && count(text, '\0') == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	const char *why;
	MUST(started || template_start("", &why) == 0);
	started = true;
	struct arena *arena = arena_new();
	const struct text input = arena_copy(arena, text_bytes(data, size));
	check_compile(arena, input);
	check_values(arena, input);
	(void)template_accept(input);
	(void)template_language(input);
	arena_free(arena);
	return 0;
}
