#include "base/clock.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#define NS_PER_MS 1000000
#define MS_PER_DAY (24 * 60 * 60 * 1000LL)
#define MS_END 253402300800000LL /* the first moment of the year 10000 */

/* The greatest (wall clock - monotonic clock) seen, in ns. It only grows, and with it what clock_now adds. */
static _Atomic int64_t wall_lead = INT64_MIN;
static _Atomic int64_t wall_shift_ns, ticks_shift_ns;

static int64_t read_ns(clockid_t id)
{
	struct timespec t;
	MUST(clock_gettime(id, &t) == 0);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int64_t clock_now(void)
{
	/* The wall clock is read first: a thread that is paused between the two readings sees too small a lead, which
	 * does no harm, never too large a one, which would stay. */
	const int64_t wall = read_ns(CLOCK_REALTIME) + atomic_load_explicit(&wall_shift_ns, memory_order_relaxed);
	const int64_t monotonic = read_ns(CLOCK_MONOTONIC);
	const int64_t lead = wall - monotonic;
	int64_t greatest = atomic_load(&wall_lead);
	while (lead > greatest)
		if (atomic_compare_exchange_weak(&wall_lead, &greatest, lead))
			greatest = lead;
	return (monotonic + greatest) / NS_PER_MS;
}

int64_t clock_ticks(void)
{
	return (read_ns(CLOCK_MONOTONIC) + atomic_load_explicit(&ticks_shift_ns, memory_order_relaxed)) / NS_PER_MS;
}

int64_t clock_steady(void)
{
	return read_ns(CLOCK_MONOTONIC) / NS_PER_MS;
}

void clock_shift(int64_t ms)
{
	atomic_fetch_add(&wall_shift_ns, ms * NS_PER_MS);
	if (ms > 0)
		atomic_fetch_add(&ticks_shift_ns, ms * NS_PER_MS);
}

struct date {
	int64_t year, month, day;
};

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, eras have 400 of them. */
static struct date date_of(int64_t days)
{
	days += 719468;
	const int64_t era = days / 146097;
	const int64_t day_of_era = days % 146097;
	const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	const int64_t shifted_month = (5 * day_of_year + 2) / 153;
	const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
	return (struct date){
		.year = year_of_era + era * 400 + (month <= 2),
		.month = month,
		.day = day_of_year - (153 * shifted_month + 2) / 5 + 1,
	};
}

static int64_t days_of(struct date date)
{
	const int64_t year = date.year - (date.month <= 2);
	const int64_t era = year / 400;
	const int64_t year_of_era = year % 400;
	const int64_t shifted_month = date.month > 2 ? date.month - 3 : date.month + 9;
	const int64_t day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void put_digits(char *out, size_t n, int64_t value)
{
	for (; n > 0; value /= 10)
		out[--n] = (char)('0' + value % 10);
}

void clock_rfc3339(int64_t ms, char out[static CLOCK_RFC3339_SIZE])
{
	ms = ms < 0 ? 0 : ms >= MS_END ? MS_END - 1 : ms;
	const struct date date = date_of(ms / MS_PER_DAY);
	const int64_t second = ms % MS_PER_DAY / 1000;
	memcpy(out, "0000-00-00T00:00:00Z", CLOCK_RFC3339_SIZE);
	put_digits(out, 4, date.year);
	put_digits(out + 5, 2, date.month);
	put_digits(out + 8, 2, date.day);
	put_digits(out + 11, 2, second / 3600);
	put_digits(out + 14, 2, second / 60 % 60);
	put_digits(out + 17, 2, second % 60);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits where the pattern has 0, the very characters elsewhere. */
static bool has_form(const char *p, const char *pattern)
{
	for (; *pattern != '\0'; p++, pattern++)
		if (*pattern == '0' ? !is_digit(*p) : *p != *pattern)
			return false;
	return true;
}

/* What may stand behind the seconds: Z, or a point, digits, Z. */
static bool is_end(const char *p, size_t n)
{
	if (n == 1)
		return p[0] == 'Z';
	if (n < 3 || p[0] != '.' || p[n - 1] != 'Z')
		return false;
	for (size_t i = 1; i < n - 1; i++)
		if (!is_digit(p[i]))
			return false;
	return true;
}

static int64_t get_digits(const char *p, size_t n)
{
	int64_t value = 0;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (p[i] - '0');
	return value;
}

int clock_rfc3339_read(const char *p, size_t n, int64_t *ms_r)
{
	if (n < 20 || !has_form(p, "0000-00-00T00:00:00") || !is_end(p + 19, n - 19))
		return -1;
	const struct date date = {get_digits(p, 4), get_digits(p + 5, 2), get_digits(p + 8, 2)};
	if (date.year < 1970 || date.month < 1 || date.month > 12)
		return -1;
	/* A day that its month does not have comes back as another date. */
	const int64_t days = days_of(date);
	const struct date same = date_of(days);
	if (same.month != date.month || same.day != date.day)
		return -1;
	const int64_t hour = get_digits(p + 11, 2), minute = get_digits(p + 14, 2), second = get_digits(p + 17, 2);
	if (hour > 23 || minute > 59 || second > 59)
		return -1;
	*ms_r = days * MS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1000;
	return 0;
}
