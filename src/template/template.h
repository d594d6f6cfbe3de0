/*
 * What people read, as data: the templates of mails, text messages and pages, and the words of each language. All are
 * compiled when the house starts, and by a reload; one that is broken is refused then, with its file and line.
 *
 * Files stand in assets/; one of the same name in the operator's folder (page.templates) takes its place. A file of
 * assets/language/ is a language: lines of `key = text`. The language of a message or page is English unless another of
 * them was asked for.
 *
 * A template is logic-less (after Mustache, mustache(5)):
 *	{{name}}              a value, as one line; escaped in HTML, for content and quoted attributes alike
 *	{{#name}}…{{/name}}   what stands between, if the value is not empty
 *	{{^name}}…{{/name}}   what stands between, if it is empty
 *	{{=key}}              words of the language, which may have {{name}} in them
 *	{{>file}}             another file of assets/
 *	{{! … }}              nothing
 * A section's tag, a file's or a comment that stands alone on its line leaves no line behind. There is no way to write a
 * value unescaped; in HTML it may stand in content and in quoted attributes, nowhere else. A name that the template's row
 * does not list is an error, and so is a key that a language lacks. Each language has all keys of assets/language/en.ini.
 */
#ifndef KW_TEMPLATE_TEMPLATE_H
#define KW_TEMPLATE_TEMPLATE_H

#include "base/arena.h"
#include "tables/tables.h"

struct language;

/* Compiles every row of templates.def in every language. folder: of overriding files, or "". Called again, it puts what is
 * compiled then in the place of what there was, which is retired (base/retire.h): languages that were found before, and
 * all they gave, are good for a minute. Fails with a sentence that names file and line, and leaves what there was. */
MUST_USE int template_start(const char *folder, const char **why_r);
void template_stop(void);

/* By the first part of a language tag (BCP 47): "de", "de-AT", "de_CH". Absent or none of ours: English. */
const struct language *template_language(struct text tag);
/* The best of an Accept-Language (RFC 9110 12.5.4). */
const struct language *template_accept(struct text accept_language);
/* The language a template really speaks there: English where the language has no file of its own for it. */
const struct language *template_spoken(enum template_id id, const struct language *language);
/* "en" */
struct text template_tag(const struct language *language);
/* The words of a key that {{=key}} would give, which has no {{name}} in it. The key must exist. */
struct text template_words(const struct language *language, const char *key);

struct template_value {
	const char *name;
	struct text value; /* absent and empty are the same */
};
/* In the arena. Every value must be one that the row lists; those not given are empty. */
struct text template_render(struct arena *arena, enum template_id id, const struct language *language,
	const struct template_value *values, size_t count);

/* The value as one line, as it stands in a template of TEXT: control characters, line ends of any script, marks that turn
 * the direction of writing and bytes that are no UTF-8 become spaces. */
struct text template_line(struct arena *arena, struct text value);

#endif
