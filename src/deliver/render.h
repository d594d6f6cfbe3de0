/*
 * Templates: text with {{name}} in it, nothing more. Values are one line each: control characters, line ends of any
 * script and bytes that are no UTF-8 become spaces, so that no value can add a line, a header or a terminal command.
 */
#ifndef KW_DELIVER_RENDER_H
#define KW_DELIVER_RENDER_H

#include "base/buf.h"

struct render_value {
	const char *name;
	struct text value;
};

enum render_as { RENDER_TEXT, RENDER_HTML };

/* The template with each {{name}} replaced by its value, escaped for HTML content and quoted attributes if asked. A name
 * without a value, or a {{ without its }}, is a broken promise of ours. */
struct text render(
	struct arena *arena, struct text template, enum render_as as, const struct render_value *values, size_t count);

/* The value as one line, see above. */
struct text render_line(struct arena *arena, struct text value);

#endif
