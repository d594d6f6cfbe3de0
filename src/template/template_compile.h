/*
 * A template's text as a program: what is to be written, in order, with the words of one language in place. Pure, but for
 * the reader of files that it is given.
 */
#ifndef KW_TEMPLATE_TEMPLATE_COMPILE_H
#define KW_TEMPLATE_TEMPLATE_COMPILE_H

#include "template/language.h"

enum template_as { TEMPLATE_TEXT, TEMPLATE_MAIL, TEMPLATE_HTML };

struct template_op {
	enum { OP_TEXT, OP_VALUE, OP_IF, OP_UNLESS } kind;
	uint32_t field; /* of OP_VALUE, OP_IF, OP_UNLESS */
	uint32_t at;    /* of OP_TEXT: where in the program's text */
	uint32_t n;     /* OP_TEXT: bytes; OP_IF, OP_UNLESS: ops to skip when it is not so */
};
struct template_program {
	const struct template_op *ops;
	size_t count;
	struct text text; /* of all OP_TEXT */
};

enum { TEMPLATE_FIELDS_MAX = 64, TEMPLATE_SECTIONS_MAX = 16, TEMPLATE_FILES_MAX = 8 };
struct template_fields {
	struct text names[TEMPLATE_FIELDS_MAX];
	size_t count;
};

struct template_order {
	struct arena *arena;
	enum template_as as;
	const struct template_fields *fields;
	const struct words *words;
	/* The files of {{>file}}; fails as source_read does. */
	int (*read)(void *context, struct text name, struct source *source_r, const char **why_r);
	void *context;
};

/* In the arena. On failure *why_r is "<file>:<line>: …". */
MUST_USE int template_compile(const struct template_order *order, const struct source *source,
	struct template_program *program_r, const char **why_r);

#endif
