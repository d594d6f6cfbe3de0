/*
 * An app's color, made readable: what it chose may be too light for white paper, or too dark for a dark page.
 */
#ifndef KW_APP_COLOR_H
#define KW_APP_COLOR_H

#include "base/text.h"

struct color {
	uint8_t r, g, b;
};

/* "#rrggbb" */
MUST_USE int color_read(struct text t, struct color *color_r);
/* Of two colors, from 1 to 21 (WCAG 2.2, contrast ratio). */
double color_contrast(struct color a, struct color b);
/* The color, drawn as far towards black or white as it must be to stand out against ground by at least ratio. */
struct color color_readable(struct color color, struct color ground, double ratio);

#endif
