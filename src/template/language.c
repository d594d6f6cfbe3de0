#include "template/language.h"

#include <stdlib.h>

static int compare_texts(struct text a, struct text b)
{
	const int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare(const void *a, const void *b)
{
	const struct word *left = a, *right = b;
	const int order = compare_texts(left->key, right->key);
	return order ? order : (left->line > right->line) - (left->line < right->line);
}

static int compare_key(const void *key, const void *word)
{
	return compare_texts(*(const struct text *)key, ((const struct word *)word)->key);
}

static bool is_key(struct text key)
{
	static const char MARKS[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	for (size_t i = 0; i < key.n; i++)
		if (!memchr(MARKS, key.p[i], sizeof MARKS - 1))
			return false;
	return key.n > 0;
}

static size_t count_lines(struct text text)
{
	size_t count = 1;
	for (size_t i = 0; i < text.n; i++)
		count += text.p[i] == '\n';
	return count;
}

/* Returns what is wrong with the line, or NULL. */
static const char *read_line(struct text line, struct word *word_r)
{
	struct text rest = line;
	word_r->key = text_trim(text_cut(&rest, '='));
	if (text_absent(rest) || !is_key(word_r->key))
		return "a line must be \"key = text\", or begin with \"#\"";
	word_r->text = text_trim(rest);
	if (word_r->text.n == 0)
		return "the key has no text";
	return NULL;
}

int language_read(struct arena *arena, const struct source *source, struct words *words_r, const char **why_r)
{
	struct word *list = arena_alloc(arena, count_lines(source->text) * sizeof *list);
	struct text rest = source->text;
	size_t count = 0;
	for (unsigned line = 1; !text_absent(rest); line++) {
		const struct text content = text_trim(text_cut(&rest, '\n'));
		if (content.n == 0 || *content.p == '#')
			continue;
		const char *wrong = read_line(content, &list[count]);
		if (wrong) {
			*why_r = arena_printf(arena, "%s:%u: %s", source->file, line, wrong).p;
			return -1;
		}
		list[count++].line = line;
	}
	qsort(list, count, sizeof *list, compare);
	for (size_t i = 1; i < count; i++)
		if (text_equal(list[i - 1].key, list[i].key)) {
			*why_r = arena_printf(arena, "%s:%u: the key %.*s stands in line %u already", source->file,
				list[i].line, TEXT_ARG(list[i].key), list[i - 1].line)
					 .p;
			return -1;
		}
	*words_r = (struct words){source->file, list, count};
	return 0;
}

const struct word *language_find(const struct words *words, struct text key)
{
	return bsearch(&key, words->list, words->count, sizeof *words->list, compare_key);
}
