#include "base/num.h"

int num_read(struct text t, int64_t min, int64_t max, int64_t *out_r)
{
	if (t.n == 0 || (t.p[0] == '0' && t.n > 1))
		return -1;
	int64_t value = 0;
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return -1;
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, t.p[i] - '0', &value))
			return -1;
	}
	if (value < min || value > max)
		return -1;
	*out_r = value;
	return 0;
}

size_t num_write(int64_t value, char out[static NUM_SIZE])
{
	char digits[NUM_SIZE];
	size_t n = 0;
	/* In unsigned arithmetic, so that INT64_MIN has an opposite. */
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	do {
		digits[NUM_SIZE - ++n] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		digits[NUM_SIZE - ++n] = '-';
	memcpy(out, digits + NUM_SIZE - n, n);
	return n;
}

static int64_t unit_ms(char unit)
{
	switch (unit) {
	case 's': return 1000;
	case 'm': return 60 * 1000;
	case 'h': return 60 * 60 * 1000;
	case 'd': return 24 * 60 * 60 * 1000;
	default: return 0;
	}
}

int num_read_duration(struct text t, int64_t *ms_r)
{
	if (t.n < 2)
		return -1;
	const int64_t unit = unit_ms(t.p[t.n - 1]);
	if (unit == 0)
		return -1;
	int64_t count;
	TRY(num_read(text_bytes(t.p, t.n - 1), 0, INT64_MAX / unit, &count));
	*ms_r = count * unit;
	return 0;
}

int64_t num_seconds_up(int64_t ms)
{
	return ms <= 1000 ? 1 : (ms - 1) / 1000 + 1;
}
