#include "template/template.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/retire.h"
#include "template/template_compile.h"

struct language {
	struct text tag;
	struct words words;
	struct template_program programs[TEMPLATE_COUNT];
	const struct language *spoken[TEMPLATE_COUNT]; /* the language of the file that the program was made from */
};

/* All that was compiled at one moment. Replaced whole: whoever holds a language of an older set goes on with it. */
struct set {
	struct arena *arena;
	const char *folder;
	struct language *languages;
	size_t count;
	const struct language *english;
};

static struct {
	_Atomic(const struct set *) now;
	struct template_fields fields[TEMPLATE_COUNT];
} room;

static const struct row {
	const char *file, *fields;
	enum template_as as;
} ROWS[TEMPLATE_COUNT] = {
#define TEMPLATE(name, file, as, fields) [TEMPLATE_##name] = {file, fields, TEMPLATE_##as},
#include "tables/templates.def"
#undef TEMPLATE
};

/* ---- compiled ---- */

static int read_source(void *context, struct text name, struct source *source_r, const char **why_r)
{
	const struct set *set = context;
	return source_read(set->arena, set->folder, name, source_r, why_r);
}

static void split_fields(void)
{
	for (enum template_id id = 0; id < TEMPLATE_COUNT; id++) {
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
}

/* "mail/otp.{language}.txt" in that language */
static struct text file_in(struct arena *arena, enum template_id id, const struct language *language)
{
	const struct text file = text_of(ROWS[id].file), mark = TEXT("{language}");
	const char *at = memmem(file.p, file.n, mark.p, mark.n);
	if (!at)
		return file;
	return arena_printf(arena, "%.*s%s%s", (int)(at - file.p), file.p, language->tag.p, at + mark.n);
}

/* A language that has no file of its own for a template speaks English there. */
static int compile(struct set *set, enum template_id id, struct language *language, const char **why_r)
{
	const struct language *speaks = language;
	struct source source;
	int failed = read_source(set, file_in(set->arena, id, language), &source, why_r);
	if (failed && !*why_r) {
		speaks = set->english;
		failed = read_source(set, file_in(set->arena, id, speaks), &source, why_r);
	}
	if (failed) {
		if (!*why_r)
			*why_r = arena_printf(
				set->arena, "assets/%s:1: there is no such file", file_in(set->arena, id, speaks).p)
					 .p;
		return -1;
	}
	const struct template_order order = {
		.arena = set->arena,
		.as = ROWS[id].as,
		.fields = &room.fields[id],
		.words = &speaks->words,
		.read = read_source,
		.context = set,
	};
	language->spoken[id] = speaks;
	return template_compile(&order, &source, &language->programs[id], why_r);
}

static int read_language(struct set *set, struct language *language, struct text tag, const char **why_r)
{
	struct source source;
	language->tag = tag;
	TRY(read_source(set, arena_printf(set->arena, "language/%s.ini", tag.p), &source, why_r));
	return language_read(set->arena, &source, &language->words, why_r);
}

/* Code asks for words by their keys, too: every language must have all that our English has. */
static int check_complete(struct set *set, const struct language *language, const char **why_r)
{
	struct source source;
	struct words ours;
	TRY(source_read(set->arena, "", TEXT("language/en.ini"), &source, why_r));
	TRY(language_read(set->arena, &source, &ours, why_r));
	for (size_t i = 0; i < ours.count; i++)
		if (!language_find(&language->words, ours.list[i].key)) {
			*why_r = arena_printf(set->arena, "%s:1: has no key %.*s, which %s has in line %u",
				language->words.file, TEXT_ARG(ours.list[i].key), ours.file, ours.list[i].line)
					 .p;
			return -1;
		}
	return 0;
}

static int read_languages(struct set *set, const char **why_r)
{
	const struct text *tags;
	TRY(source_languages(set->arena, set->folder, &tags, &set->count, why_r));
	set->languages = arena_alloc(set->arena, set->count * sizeof *set->languages);
	for (size_t i = 0; i < set->count; i++) {
		TRY(read_language(set, &set->languages[i], tags[i], why_r));
		TRY(check_complete(set, &set->languages[i], why_r));
		if (text_equal(tags[i], TEXT("en")))
			set->english = &set->languages[i];
	}
	MUST(set->english);
	return 0;
}

static int fill(struct set *set, const char **why_r)
{
	TRY(read_languages(set, why_r));
	for (size_t i = 0; i < set->count; i++)
		for (enum template_id id = 0; id < TEMPLATE_COUNT; id++)
			TRY(compile(set, id, &set->languages[i], why_r));
	return 0;
}

/* ---- the same again ---- */

static bool words_equal(const struct words *a, const struct words *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!text_equal(a->list[i].key, b->list[i].key) || !text_equal(a->list[i].text, b->list[i].text))
			return false;
	return true;
}

static bool languages_equal(const struct language *a, const struct language *b)
{
	if (!text_equal_nocase(a->tag, b->tag) || !words_equal(&a->words, &b->words))
		return false;
	for (enum template_id id = 0; id < TEMPLATE_COUNT; id++) {
		const struct template_program *one = &a->programs[id], *other = &b->programs[id];
		if (one->count != other->count || memcmp(one->ops, other->ops, one->count * sizeof *one->ops) != 0 ||
			!text_equal(one->text, other->text) ||
			!text_equal_nocase(a->spoken[id]->tag, b->spoken[id]->tag))
			return false;
	}
	return true;
}

static bool sets_equal(const struct set *a, const struct set *b)
{
	if (!a || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!languages_equal(&a->languages[i], &b->languages[i]))
			return false;
	return true;
}

/* ---- start, stop ---- */

static void give_up(void *arena)
{
	arena_free(arena);
}

int template_start(const char *folder, const char **why_r)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static char why_kept[1024];
	(void)pthread_once(&once, split_fields);
	struct arena *arena = arena_new();
	struct set *set = ARENA_NEW(arena, struct set);
	const char *why = NULL;
	*set = (struct set){.arena = arena, .folder = arena_string(arena, text_of(folder))};
	const int failed = fill(set, &why);
	if (failed) {
		snprintf(why_kept, sizeof why_kept, "%s", why);
		*why_r = why_kept;
	}
	if (failed || sets_equal(atomic_load(&room.now), set)) {
		arena_free(arena);
		return failed;
	}
	const struct set *old = atomic_exchange(&room.now, set);
	if (old)
		retire(old->arena, give_up);
	return 0;
}

void template_stop(void)
{
	const struct set *set = atomic_exchange(&room.now, NULL);
	if (set)
		arena_free(set->arena);
}

/* ---- languages ---- */

static const struct language *language_named(const struct set *set, struct text tag)
{
	size_t n = 0;
	while (n < tag.n && tag.p[n] != '-' && tag.p[n] != '_')
		n++;
	for (size_t i = 0; i < set->count; i++)
		if (text_equal_nocase(set->languages[i].tag, text_bytes(tag.p, n)))
			return &set->languages[i];
	return NULL;
}

const struct language *template_language(struct text tag)
{
	const struct set *set = atomic_load(&room.now);
	const struct language *language = language_named(set, tag);
	return language ? language : set->english;
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
	const struct set *set = atomic_load(&room.now);
	const struct language *best = set->english;
	int most = 0;
	while (!text_absent(accept_language)) {
		struct text parameters = text_cut(&accept_language, ',');
		const struct text range = text_trim(text_cut(&parameters, ';'));
		const struct language *language =
			text_equal(range, TEXT("*")) ? set->english : language_named(set, range);
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
