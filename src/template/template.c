#include "template/template.h"

#include <stdlib.h>

#include "base/buf.h"
#include "template/template_compile.h"

struct language {
	struct text tag;
	struct words words;
	struct template_program programs[TEMPLATE_COUNT];
	const struct language *spoken[TEMPLATE_COUNT]; /* the language of the file that the program was made from */
};

static struct {
	struct arena *arena;
	const char *folder;
	struct template_fields fields[TEMPLATE_COUNT];
	struct language *languages;
	size_t count;
	const struct language *english;
} room;

static const struct row {
	const char *file, *fields;
	enum template_as as;
} ROWS[TEMPLATE_COUNT] = {
#define TEMPLATE(name, file, as, fields) [TEMPLATE_##name] = {file, fields, TEMPLATE_##as},
#include "tables/templates.def"
#undef TEMPLATE
};

/* ---- start ---- */

static int read_source(void *context, struct text name, struct source *source_r, const char **why_r)
{
	(void)context;
	return source_read(room.arena, room.folder, name, source_r, why_r);
}

static void split_fields(enum template_id id)
{
	struct template_fields *fields = &room.fields[id];
	struct text rest = text_of(ROWS[id].fields);
	while (!text_absent(rest)) {
		const struct text name = text_cut(&rest, ' ');
		if (name.n == 0)
			continue;
		MUST(fields->count < TEMPLATE_FIELDS_MAX);
		fields->names[fields->count++] = name;
	}
}

/* "mail/otp.{language}.txt" in that language */
static struct text file_in(enum template_id id, const struct language *language)
{
	const struct text file = text_of(ROWS[id].file), mark = TEXT("{language}");
	const char *at = memmem(file.p, file.n, mark.p, mark.n);
	if (!at)
		return file;
	return arena_printf(room.arena, "%.*s%s%s", (int)(at - file.p), file.p, language->tag.p, at + mark.n);
}

/* A language that has no file of its own for a template speaks English there. */
static int compile(enum template_id id, struct language *language, const char **why_r)
{
	const struct language *speaks = language;
	struct source source;
	int failed = source_read(room.arena, room.folder, file_in(id, language), &source, why_r);
	if (failed && !*why_r) {
		speaks = room.english;
		failed = source_read(room.arena, room.folder, file_in(id, speaks), &source, why_r);
	}
	if (failed) {
		if (!*why_r)
			*why_r =
				arena_printf(room.arena, "assets/%s:1: there is no such file", file_in(id, speaks).p).p;
		return -1;
	}
	const struct template_order order = {
		.arena = room.arena,
		.as = ROWS[id].as,
		.fields = &room.fields[id],
		.words = &speaks->words,
		.read = read_source,
	};
	language->spoken[id] = speaks;
	return template_compile(&order, &source, &language->programs[id], why_r);
}

static int read_language(struct language *language, struct text tag, const char **why_r)
{
	struct source source;
	language->tag = tag;
	TRY(source_read(room.arena, room.folder, arena_printf(room.arena, "language/%s.ini", tag.p), &source, why_r));
	return language_read(room.arena, &source, &language->words, why_r);
}

/* Code asks for words by their keys, too: every language must have all that our English has. */
static int check_complete(const struct language *language, const char **why_r)
{
	struct source source;
	struct words ours;
	TRY(source_read(room.arena, "", TEXT("language/en.ini"), &source, why_r));
	TRY(language_read(room.arena, &source, &ours, why_r));
	for (size_t i = 0; i < ours.count; i++)
		if (!language_find(&language->words, ours.list[i].key)) {
			*why_r = arena_printf(room.arena, "%s:1: has no key %.*s, which %s has in line %u",
				language->words.file, TEXT_ARG(ours.list[i].key), ours.file, ours.list[i].line)
					 .p;
			return -1;
		}
	return 0;
}

static int read_languages(const char **why_r)
{
	const struct text *tags;
	TRY(source_languages(room.arena, room.folder, &tags, &room.count, why_r));
	room.languages = arena_alloc(room.arena, room.count * sizeof *room.languages);
	for (size_t i = 0; i < room.count; i++) {
		TRY(read_language(&room.languages[i], tags[i], why_r));
		TRY(check_complete(&room.languages[i], why_r));
		if (text_equal(tags[i], TEXT("en")))
			room.english = &room.languages[i];
	}
	MUST(room.english);
	return 0;
}

int template_start(const char *folder, const char **why_r)
{
	room.arena = arena_new();
	room.folder = arena_string(room.arena, text_of(folder));
	for (enum template_id id = 0; id < TEMPLATE_COUNT; id++)
		split_fields(id);
	TRY(read_languages(why_r));
	for (size_t i = 0; i < room.count; i++)
		for (enum template_id id = 0; id < TEMPLATE_COUNT; id++)
			TRY(compile(id, &room.languages[i], why_r));
	return 0;
}

void template_stop(void)
{
	arena_free(room.arena);
	memset(&room, 0, sizeof room);
}

/* ---- languages ---- */

static const struct language *language_named(struct text tag)
{
	size_t n = 0;
	while (n < tag.n && tag.p[n] != '-' && tag.p[n] != '_')
		n++;
	for (size_t i = 0; i < room.count; i++)
		if (text_equal_nocase(room.languages[i].tag, text_bytes(tag.p, n)))
			return &room.languages[i];
	return NULL;
}

const struct language *template_language(struct text tag)
{
	const struct language *language = language_named(tag);
	return language ? language : room.english;
}

/* The weight (RFC 9110 12.4.2) in thousandths; 0 for one that is not well-formed. */
static int weight_of(struct text parameters)
{
	parameters = text_trim(parameters);
	if (parameters.n == 0)
		return 1000;
	if (!text_starts(parameters, TEXT("q=")) && !text_starts(parameters, TEXT("Q=")))
		return 0;
	struct text digits = text_bytes(parameters.p + 2, parameters.n - 2);
	int weight = 0;
	for (size_t i = 0; i < 5; i++) {
		if (i == 1) {
			if (i < digits.n && digits.p[i] != '.')
				return 0;
			continue;
		}
		const bool is_digit = i < digits.n && digits.p[i] >= '0' && digits.p[i] <= '9';
		weight = weight * 10 + (is_digit ? digits.p[i] - '0' : 0);
	}
	return weight <= 1000 ? weight : 0;
}

const struct language *template_accept(struct text accept_language)
{
	const struct language *best = room.english;
	int most = 0;
	while (!text_absent(accept_language)) {
		struct text parameters = text_cut(&accept_language, ',');
		const struct text range = text_trim(text_cut(&parameters, ';'));
		const struct language *language = text_equal(range, TEXT("*")) ? room.english : language_named(range);
		const int weight = weight_of(parameters);
		if (language && weight > most) {
			best = language;
			most = weight;
		}
	}
	return best;
}

const struct language *template_spoken(enum template_id id, const struct language *language)
{
	return language->spoken[id];
}

struct text template_tag(const struct language *language)
{
	return language->tag;
}

struct text template_words(const struct language *language, const char *key)
{
	const struct word *word = language_find(&language->words, text_of(key));
	MUST(word);
	return word->text;
}

/* ---- values ---- */

/* Controls (Unicode Cc), line and paragraph separator, and the marks that turn the direction of what follows. */
static bool is_one_lines(uint32_t c)
{
	const bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
	const bool separator = c == 0x2028 || c == 0x2029;
	const bool turns = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
	return !control && !separator && !turns;
}

/* How many bytes at the start of t may be written as they are, whether in text or in HTML. */
static size_t count_plain(struct text t)
{
	size_t n = 0;
	while (n < t.n && t.p[n] >= ' ' && t.p[n] < 0x7f && !(t.p[n] < '?' && strchr("&<>\"'", t.p[n])))
		n++;
	return n;
}

static const char *escape_of(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

static void add_line(struct buf *out, struct text value, bool html)
{
	while (value.n > 0) {
		size_t n = count_plain(value);
		buf_add(out, text_bytes(value.p, n));
		value = text_bytes(value.p + n, value.n - n);
		if (value.n == 0)
			return;
		uint32_t c = 0;
		const char *escape = html ? escape_of(*value.p) : NULL;
		n = text_utf8(value, &c);
		if (escape)
			buf_add(out, text_of(escape));
		else if (n > 0 && is_one_lines(c))
			buf_add(out, text_bytes(value.p, n));
		else
			buf_add_char(out, ' ');
		n += n == 0;
		value = text_bytes(value.p + n, value.n - n);
	}
}

struct text template_line(struct arena *arena, struct text value)
{
	struct buf out;
	buf_init(&out, arena, value.n);
	add_line(&out, value, false);
	return buf_text(&out);
}

/* ---- rendering ---- */

/* Sorts the values into the row's fields. Callers give them mostly in the row's order: looks on where the last one was. */
static void sort_values(enum template_id id, const struct template_value *values, size_t count, struct text *sorted)
{
	const struct template_fields *fields = &room.fields[id];
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		const struct text name = text_of(values[i].name);
		size_t looked = 0;
		while (looked < fields->count && !text_equal(fields->names[at], name)) {
			at = at + 1 < fields->count ? at + 1 : 0;
			looked++;
		}
		MUST(looked < fields->count);
		sorted[at] = values[i].value;
	}
}

struct text template_render(struct arena *arena, enum template_id id, const struct language *language,
	const struct template_value *values, size_t count)
{
	const struct template_program *program = &language->programs[id];
	const bool html = ROWS[id].as == TEMPLATE_HTML;
	struct text sorted[TEMPLATE_FIELDS_MAX] = {0};
	struct text text = program->text;
	struct buf out;
	sort_values(id, values, count, sorted);
	buf_init(&out, arena, text.n + 1024);
	for (const struct template_op *op = program->ops, *end = op + program->count; op < end; op++) {
		switch (op->kind) {
		case OP_TEXT: buf_add(&out, text_bytes(text.p + op->at, op->n)); break;
		case OP_VALUE: add_line(&out, sorted[op->field], html); break;
		case OP_IF: op += sorted[op->field].n > 0 ? 0 : op->n; break;
		case OP_UNLESS: op += sorted[op->field].n == 0 ? 0 : op->n; break;
		}
	}
	return buf_text(&out);
}
