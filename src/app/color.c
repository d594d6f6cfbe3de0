#include "app/color.h"

#include <math.h>

#include "base/enc.h"

int color_read(struct text t, struct color *color_r)
{
	uint8_t rgb[3];
	if (t.n != 7 || t.p[0] != '#')
		return -1;
	TRY(enc_hex_read(text_bytes(t.p + 1, 6), rgb, sizeof rgb));
	*color_r = (struct color){rgb[0], rgb[1], rgb[2]};
	return 0;
}

/* sRGB to linear light (WCAG 2.2, relative luminance). */
static double linear(uint8_t channel)
{
	double c = channel / 255.0;
	return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(struct color c)
{
	return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
}

double color_contrast(struct color a, struct color b)
{
	double la = luminance(a) + 0.05, lb = luminance(b) + 0.05;
	return la > lb ? la / lb : lb / la;
}

enum { STEPS = 64 };

static uint8_t mix(uint8_t from, uint8_t to, int step)
{
	return (uint8_t)((from * (STEPS - step) + to * step) / STEPS);
}

struct color color_readable(struct color color, struct color ground, double ratio)
{
	const struct color black = {0, 0, 0}, white = {255, 255, 255};
	struct color end = color_contrast(black, ground) > color_contrast(white, ground) ? black : white, now = color;
	for (int step = 0; step <= STEPS && color_contrast(now, ground) < ratio; step++)
		now = (struct color){mix(color.r, end.r, step), mix(color.g, end.g, step), mix(color.b, end.b, step)};
	return now;
}
