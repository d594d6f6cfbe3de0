/*
 * Where in HTML a template has come to: values are escaped for content and for quoted attributes, and may stand nowhere
 * else. Knows tags, attributes, <script> and <style> (HTML Living Standard 13.2.5), as far as that takes. Pure.
 */
#ifndef KW_TEMPLATE_MARKUP_H
#define KW_TEMPLATE_MARKUP_H

#include "base/text.h"

/* Zero is the beginning of a file. */
struct markup {
	enum { MARKUP_CONTENT, MARKUP_TAG, MARKUP_QUOTED, MARKUP_RAW } state;
	char quote;   /* of MARKUP_QUOTED */
	bool assigns; /* the tag's last character was "=" */
	char name[8]; /* of the tag; cut off */
	size_t name_n;
	bool named;     /* the name has ended */
	bool may_close; /* MARKUP_RAW: the last character was "<" */
};

void markup_read(struct markup *markup, struct text text);
/* NULL when a value may stand here; else why not, as "a value …". */
const char *markup_refuses_value(const struct markup *markup);

#endif
