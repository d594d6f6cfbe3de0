#include "template/template_compile.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/enc.h"
#include "template/markup.h"

enum { PROGRAM_MAX = 1024 * 1024 };

struct place {
	const char *file;
	unsigned line;
};

struct section {
	struct place at;
	struct text name;
	char sigil;
	size_t op;
};

struct compiler {
	const struct template_order *order;
	struct buf ops, text;
	struct markup markup;
	bool parted; /* what is written next is an op of its own: a section begins or ends here */
	struct section sections[TEMPLATE_SECTIONS_MAX];
	size_t depth;
	const char *files[TEMPLATE_FILES_MAX]; /* being read, each included by the one before */
	size_t file_count;
	const char *why;
};

static int fail(struct compiler *c, struct place at, const char *format, ...) PRINTF_LIKE(3, 4);
static int fail(struct compiler *c, struct place at, const char *format, ...)
{
	char what[512];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	c->why = arena_printf(c->order->arena, "%s:%u: %s", at.file, at.line, what).p;
	return -1;
}

/* ---- writing the program ---- */

static struct template_op *op_at(struct compiler *c, size_t i)
{
	return (struct template_op *)(void *)c->ops.p + i;
}

static size_t op_count(const struct compiler *c)
{
	return c->ops.n / sizeof(struct template_op);
}

static void add_op(struct compiler *c, struct template_op op)
{
	memcpy(buf_claim(&c->ops, sizeof op), &op, sizeof op);
	c->parted = false;
}

static void add_text(struct compiler *c, struct text text)
{
	struct template_op *last = op_count(c) > 0 ? op_at(c, op_count(c) - 1) : NULL;
	if (text.n == 0)
		return;
	if (last && last->kind == OP_TEXT && !c->parted)
		last->n += (uint32_t)text.n;
	else
		add_op(c, (struct template_op){.kind = OP_TEXT, .at = (uint32_t)c->text.n, .n = (uint32_t)text.n});
	buf_add(&c->text, text);
}

static int field_of(struct compiler *c, struct place at, struct text name, uint32_t *field_r)
{
	const struct template_fields *fields = c->order->fields;
	for (uint32_t i = 0; i < fields->count; i++)
		if (text_equal(fields->names[i], name)) {
			*field_r = i;
			return 0;
		}
	return fail(c, at, "there is no {{%.*s}} in %s", TEXT_ARG(name), c->files[0]);
}

/* Values and words stand where they are escaped for. */
static int check_here(struct compiler *c, struct place at)
{
	const char *refused = c->order->as == TEMPLATE_HTML ? markup_refuses_value(&c->markup) : NULL;
	return refused ? fail(c, at, "%s", refused) : 0;
}

static int add_value(struct compiler *c, struct place at, struct text name)
{
	struct template_op op = {.kind = OP_VALUE};
	TRY(check_here(c, at));
	TRY(field_of(c, at, name, &op.field));
	add_op(c, op);
	return 0;
}

/* ---- tags ---- */

static int open_section(struct compiler *c, struct place at, char sigil, struct text name)
{
	struct template_op op = {.kind = sigil == '#' ? OP_IF : OP_UNLESS};
	TRY(field_of(c, at, name, &op.field));
	if (c->depth == TEMPLATE_SECTIONS_MAX)
		return fail(c, at, "more than %d sections stand in each other", TEMPLATE_SECTIONS_MAX);
	c->sections[c->depth++] = (struct section){at, name, sigil, op_count(c)};
	add_op(c, op);
	return 0;
}

static int close_section(struct compiler *c, struct place at, struct text name, size_t bottom)
{
	if (c->depth == bottom)
		return fail(c, at, "{{/%.*s}} closes nothing", TEXT_ARG(name));
	const struct section *section = &c->sections[--c->depth];
	if (!text_equal(section->name, name))
		return fail(c, at, "{{/%.*s}} cannot close {{%c%.*s}} of line %u", TEXT_ARG(name), section->sigil,
			TEXT_ARG(section->name), section->at.line);
	op_at(c, section->op)->n = (uint32_t)(op_count(c) - section->op - 1);
	c->parted = true;
	return 0;
}

/* The words may have values in them, nothing else. */
static int add_words(struct compiler *c, struct place at, struct text key)
{
	const struct words *words = c->order->words;
	const struct word *word = language_find(words, key);
	if (!word)
		return fail(c, at, "%s has no key %.*s", words->file, TEXT_ARG(key));
	const struct place there = {words->file, word->line};
	TRY(check_here(c, at));
	for (struct text rest = word->text; rest.n > 0;) {
		const char *open = memmem(rest.p, rest.n, "{{", 2), *end = rest.p + rest.n;
		const char *close = open ? memmem(open, (size_t)(end - open), "}}", 2) : NULL;
		if (open && !close)
			return fail(c, there, "{{ has no }}");
		struct buf plain;
		buf_init(&plain, c->order->arena, rest.n);
		const struct text before = text_bytes(rest.p, (size_t)((open ? open : end) - rest.p));
		if (c->order->as == TEMPLATE_HTML)
			enc_html_add(&plain, before);
		else
			buf_add(&plain, before);
		add_text(c, buf_text(&plain));
		if (open)
			TRY(add_value(c, there, text_trim(text_bytes(open + 2, (size_t)(close - open) - 2))));
		rest = open ? text_bytes(close + 2, (size_t)(end - close) - 2) : TEXT_NONE;
	}
	return 0;
}

static int compile_file(struct compiler *c, const struct source *source);

static int include(struct compiler *c, struct place at, struct text name)
{
	struct source source;
	const char *why = NULL;
	if (name.n == 0 || *name.p == '/' || memmem(name.p, name.n, "..", 2) ||
		c->order->read(c->order->context, name, &source, &why) != 0)
		return why ? (c->why = why, -1) : fail(c, at, "there is no file %.*s", TEXT_ARG(name));
	for (size_t i = 0; i < c->file_count; i++)
		if (strcmp(c->files[i], source.file) == 0)
			return fail(c, at, "%s includes itself", source.file);
	if (c->file_count == TEMPLATE_FILES_MAX)
		return fail(c, at, "more than %d files stand in each other", TEMPLATE_FILES_MAX);
	return compile_file(c, &source);
}

static int compile_tag(struct compiler *c, struct place at, struct text tag, size_t bottom)
{
	const char sigil = tag.n > 0 ? *tag.p : '\0';
	const struct text rest = tag.n > 0 ? text_trim(text_bytes(tag.p + 1, tag.n - 1)) : tag;
	switch (sigil) {
	case '!': return 0;
	case '#':
	case '^': return open_section(c, at, sigil, rest);
	case '/': return close_section(c, at, rest, bottom);
	case '=': return add_words(c, at, rest);
	case '>': return include(c, at, rest);
	default: return add_value(c, at, text_trim(tag));
	}
}

/* ---- a file ---- */

struct tag {
	struct text before, content, after;
};

/* Whether a tag that writes nothing itself stands alone on its line, which then is no line of the outcome. */
static bool stands_alone(struct text all, const struct tag *tag, size_t *blanks_r, size_t *rest_r)
{
	const char *first = tag->before.p + tag->before.n, *next = tag->after.p, *end = all.p + all.n;
	if (tag->content.n == 0 || !strchr("#^/!>", *tag->content.p))
		return false;
	while (first > all.p && (first[-1] == ' ' || first[-1] == '\t'))
		first--;
	while (next < end && (*next == ' ' || *next == '\t'))
		next++;
	if ((first > all.p && first[-1] != '\n') || (next < end && *next != '\n') || first < tag->before.p)
		return false;
	*blanks_r = (size_t)(tag->before.p + tag->before.n - first);
	*rest_r = (size_t)(next + (next < end) - tag->after.p);
	return true;
}

static unsigned lines_in(const char *from, const char *to)
{
	unsigned count = 0;
	for (; from < to; from++)
		count += *from == '\n';
	return count;
}

static int next_tag(struct compiler *c, struct place at, struct text all, struct text rest, struct tag *tag_r)
{
	const char *end = rest.p + rest.n, *open = memmem(rest.p, rest.n, "{{", 2);
	const char *close = memmem(open, (size_t)(end - open), "}}", 2);
	at.line += lines_in(rest.p, open);
	if (!close || (open[2] != '!' && memchr(open, '\n', (size_t)(close - open))))
		return fail(c, at, "{{ has no }} on its line");
	struct tag tag = {
		.before = text_bytes(rest.p, (size_t)(open - rest.p)),
		.content = text_bytes(open + 2, (size_t)(close - open) - 2),
		.after = text_bytes(close + 2, (size_t)(end - close) - 2),
	};
	size_t blanks, skip;
	if (stands_alone(all, &tag, &blanks, &skip)) {
		tag.before.n -= blanks;
		tag.after = text_bytes(tag.after.p + skip, tag.after.n - skip);
	}
	*tag_r = tag;
	return 0;
}

static int compile_text(struct compiler *c, const struct source *source)
{
	const size_t bottom = c->depth;
	struct place at = {source->file, 1};
	struct text rest = source->text;
	while (rest.n > 0 && memmem(rest.p, rest.n, "{{", 2)) {
		struct tag tag = {0};
		TRY(next_tag(c, at, source->text, rest, &tag));
		add_text(c, tag.before);
		markup_read(&c->markup, tag.before);
		at.line += lines_in(rest.p, tag.content.p);
		TRY(compile_tag(c, at, tag.content, bottom));
		at.line += lines_in(tag.content.p, tag.after.p);
		rest = tag.after;
		if (c->text.n + c->ops.n > PROGRAM_MAX)
			return fail(c, at, "with all that is included the template is too long");
	}
	add_text(c, rest);
	markup_read(&c->markup, rest);
	if (c->depth == bottom)
		return 0;
	const struct section *section = &c->sections[c->depth - 1];
	return fail(c, section->at, "{{%c%.*s}} is never closed", section->sigil, TEXT_ARG(section->name));
}

static int compile_file(struct compiler *c, const struct source *source)
{
	c->files[c->file_count++] = source->file;
	TRY(compile_text(c, source));
	c->file_count--;
	return 0;
}

/* A mail's first line is "Subject: …", its second is empty. */
static int check_mail(struct compiler *c, const struct source *source)
{
	struct text rest = source->text, subject = text_cut(&rest, '\n');
	if (!text_starts(subject, TEXT("Subject: ")) || text_trim(subject).n < strlen("Subject: x"))
		return fail(c, (struct place){source->file, 1}, "a mail's first line must be \"Subject: …\"");
	if (rest.n == 0 || *rest.p != '\n')
		return fail(c, (struct place){source->file, 2}, "a mail's second line must be empty");
	return 0;
}

int template_compile(const struct template_order *order, const struct source *source,
	struct template_program *program_r, const char **why_r)
{
	struct compiler c = {.order = order};
	buf_init(&c.ops, order->arena, 64 * sizeof(struct template_op));
	buf_init(&c.text, order->arena, source->text.n + 256);
	if ((order->as == TEMPLATE_MAIL && check_mail(&c, source) != 0) || compile_file(&c, source) != 0) {
		*why_r = c.why;
		return -1;
	}
	*program_r = (struct template_program){op_at(&c, 0), op_count(&c), buf_text(&c.text)};
	return 0;
}
