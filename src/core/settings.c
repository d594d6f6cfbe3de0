#include "core/settings.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/ip.h"
#include "base/num.h"

enum setting_type { STRING, SECRET, COUNT_TYPE, DURATION, BUDGET };

struct setting {
	const char *section, *key;
	enum setting_type type;
	size_t offset;
	const char *standard, *min, *max, *help;
};

#define TYPE_STRING STRING
#define TYPE_SECRET SECRET
#define TYPE_COUNT COUNT_TYPE
#define TYPE_DURATION DURATION
#define TYPE_BUDGET BUDGET
static const struct setting ROWS[] = {
#define SETTING(section, key, type, standard, min, max, help)                                                          \
	{#section, #key, TYPE_##type, offsetof(struct settings, section##_##key), standard, min, max, help},
#include "tables/settings.def"
#undef SETTING
};

struct loader {
	struct settings *settings;
	struct arena *arena;
	bool in_file[COUNT(ROWS)]; /* which rows the file has named */
	const char *why;           /* the first failure */
};

static int fail(struct loader *loader, const char *format, ...) PRINTF_LIKE(2, 3);
static int fail(struct loader *loader, const char *format, ...)
{
	va_list args;
	char message[512];
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	if (!loader->why)
		loader->why = arena_string(loader->arena, text_of(message));
	return -1;
}

/* ---- one value ---- */

static int read_number(enum setting_type type, const char *value, int64_t *out_r)
{
	if (type == DURATION)
		return num_read_duration(text_of(value), out_r);
	return num_read(text_of(value), 0, INT64_MAX, out_r);
}

static int set_number(struct loader *loader, const struct setting *row, const char *value, int64_t *member)
{
	int64_t number, min = 0, max = INT64_MAX;
	if (read_number(row->type, value, &number) != 0)
		return fail(loader, "%s.%s = %s: not %s", row->section, row->key, value,
			row->type == DURATION ? "a duration such as 90s, 5m, 12h or 30d" : "a whole number");
	MUST(!*row->min || read_number(row->type, row->min, &min) == 0);
	MUST(!*row->max || read_number(row->type, row->max, &max) == 0);
	if (number < min || number > max)
		return fail(
			loader, "%s.%s = %s: must be from %s to %s", row->section, row->key, value, row->min, row->max);
	*member = number;
	return 0;
}

static int set_budget(struct loader *loader, const struct setting *row, const char *value, struct budget *member)
{
	struct text window = text_of(value), count = text_cut(&window, '/');
	struct budget budget;
	if (num_read(count, 1, 1000000, &budget.count) != 0 || num_read_duration(window, &budget.window_ms) != 0 ||
		budget.window_ms < 1000)
		return fail(loader, "%s.%s = %s: not a budget such as 60/1m", row->section, row->key, value);
	*member = budget;
	return 0;
}

static int set_value(struct loader *loader, const struct setting *row, const char *value)
{
	void *member = (char *)loader->settings + row->offset;
	switch (row->type) {
	case STRING:
	case SECRET: *(const char **)member = arena_string(loader->arena, text_of(value)); return 0;
	case COUNT_TYPE:
	case DURATION: return set_number(loader, row, value, member);
	case BUDGET: return set_budget(loader, row, value, member);
	}
	return -1;
}

/* ---- which key is meant ---- */

/* Edit distance of two short names (Wagner-Fischer, one row). */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b);
	if (n >= COUNT(row))
		return n;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			size_t shorter = row[j - 1] < row[j] ? row[j - 1] : row[j];
			row[j] = shorter + 1 < change ? shorter + 1 : change;
		}
	}
	return row[n];
}

static const char *full_name(const struct setting *row, char out[static 64])
{
	snprintf(out, 64, "%s.%s", row->section, row->key);
	return out;
}

static const struct setting *find(const char *name)
{
	char full[64];
	for (size_t i = 0; i < COUNT(ROWS); i++)
		if (strcmp(full_name(&ROWS[i], full), name) == 0)
			return &ROWS[i];
	return NULL;
}

static int fail_unknown(struct loader *loader, const char *where, const char *name)
{
	char full[64], nearest[64] = "";
	size_t best = SIZE_MAX;
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		size_t d = distance(name, full_name(&ROWS[i], full));
		if (d < best) {
			best = d;
			memcpy(nearest, full, sizeof nearest);
		}
	}
	return fail(loader, "%s: unknown setting %s; did you mean %s?", where, name, nearest);
}

/* ---- the sources ---- */

static int take_ini(void *context, const char *section, const char *key, const char *value)
{
	struct loader *loader = context;
	char name[64];
	snprintf(name, sizeof name, "%s.%s", section, key);
	const struct setting *row = find(name);
	if (!row)
		return fail_unknown(loader, "configuration file", name) == 0;
	/* inih hands what it takes for the rest of a value over as a value of its own */
	bool *named = &loader->in_file[row - ROWS];
	if (*named)
		return fail(loader,
			       "%s is there twice (an indented line, or one over 198 bytes, counts as another value)",
			       name) == 0;
	*named = true;
	return set_value(loader, row, value) == 0;
}

static int take_file(struct loader *loader, const char *config)
{
	FILE *file = fopen(config, "re");
	if (!file)
		return fail(loader, "cannot read %s: %s", config, strerror(errno));
	int line = ini_parse_file(file, take_ini, loader);
	fclose(file);
	if (line == 0)
		return 0;
	if (loader->why)
		loader->why = arena_printf(loader->arena, "%s:%d: %s", config, line, loader->why).p;
	return fail(loader, "%s:%d: neither a [section] nor key = value, or a line over 198 bytes", config, line);
}

/* A secret in a file of its own: the first line. */
static int take_secret_file(struct loader *loader, const struct setting *row, const char *path)
{
	char line[4096];
	FILE *file = fopen(path, "re");
	char *got = file ? fgets(line, sizeof line, file) : NULL;
	if (file)
		fclose(file);
	if (!got)
		return fail(loader, "cannot read %s for %s.%s", path, row->section, row->key);
	line[strcspn(line, "\r\n")] = '\0';
	int result = set_value(loader, row, line);
	explicit_bzero(line, sizeof line);
	return result;
}

/* KEYWRIGHT_OTP_TTL to row and whether it ends in _FILE; NULL when no row has that name. */
static const struct setting *find_variable(struct text variable, bool *is_file_r)
{
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		char name[80];
		int n = snprintf(name, sizeof name, "keywright_%s_%s", ROWS[i].section, ROWS[i].key);
		struct text plain = text_bytes(name, (size_t)n);
		bool file = ROWS[i].type == SECRET && variable.n == plain.n + 5 &&
			    text_equal_nocase(text_bytes(variable.p + plain.n, 5), TEXT("_FILE"));
		if (file ? !text_equal_nocase(text_bytes(variable.p, plain.n), plain)
			 : !text_equal_nocase(variable, plain))
			continue;
		*is_file_r = file;
		return &ROWS[i];
	}
	return NULL;
}

/* KEYWRIGHT_OTP_LENGHT was meant as otp.lenght */
static int fail_unknown_variable(struct loader *loader, struct text variable)
{
	char name[64];
	snprintf(name, sizeof name, "%.*s", (int)(variable.n - 10), variable.p + 10);
	for (char *p = name; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
	char *dot = strchr(name, '_');
	if (dot)
		*dot = '.';
	return fail_unknown(loader, "environment", name);
}

static int take_environment(struct loader *loader)
{
	for (char **entry = environ; *entry; entry++) {
		struct text value = text_of(*entry), variable = text_cut(&value, '=');
		if (!text_starts(variable, TEXT("KEYWRIGHT_")) || text_absent(value))
			continue;
		bool is_file = false;
		const struct setting *row = find_variable(variable, &is_file);
		if (!row)
			return fail_unknown_variable(loader, variable);
		TRY(is_file ? take_secret_file(loader, row, value.p) : set_value(loader, row, value.p));
	}
	return 0;
}

static int take_flags(struct loader *loader, const struct settings_flag *flags, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct setting *row = find(flags[i].name);
		if (!row)
			return fail_unknown(loader, "command line", flags[i].name);
		TRY(set_value(loader, row, flags[i].value));
	}
	return 0;
}

/* ---- rules between settings ---- */

static bool host_is_loopback(struct text host)
{
	struct ip ip;
	if (host.n > 2 && host.p[0] == '[')
		host = text_bytes(host.p + 1, host.n - 2);
	return text_equal(host, TEXT("localhost")) || (ip_read(host, &ip) == 0 && ip_is_loopback(ip));
}

/* "127.0.0.1:8080" or "[::1]:8080" without its port */
static struct text host_of(struct text address)
{
	const char *colon = address.n ? memrchr(address.p, ':', address.n) : NULL;
	return colon && address.p[address.n - 1] != ']' ? text_bytes(address.p, (size_t)(colon - address.p)) : address;
}

/* What a Host field could say (see net/head.c): nothing that begins a path, a user or a query. */
static bool is_host_and_port(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (!isalnum((unsigned char)t.p[i]) && (!strchr(".-:[]", t.p[i]) || t.p[i] == '\0'))
			return false;
	return host_of(t).n > 0;
}

static int check_public_url(struct loader *loader)
{
	struct settings *s = loader->settings;
	struct text url = text_of(s->server_public_url);
	if (url.n == 0)
		return s->dev ? 0
			      : fail(loader,
					"server.public_url is required outside dev: where do users reach this server?");
	bool tls = text_starts(url, TEXT("https://"));
	if (!tls && !text_starts(url, TEXT("http://")))
		return fail(loader, "server.public_url = %s: must begin with https://", url.p);
	struct text host = text_bytes(url.p + (tls ? 8 : 7), url.n - (tls ? 8 : 7));
	if (!is_host_and_port(host))
		return fail(loader, "server.public_url = %s: must be scheme, host and port alone", url.p);
	if (!tls && !host_is_loopback(host_of(host)))
		return fail(loader, "server.public_url = %s: http is only for loopback, use https", url.p);
	return 0;
}

static int check_networks(struct loader *loader)
{
	struct text rest = text_of(loader->settings->server_trusted_proxies);
	for (size_t count = 1; rest.n; count++) {
		struct ip_net net;
		struct text one = text_trim(text_cut(&rest, ','));
		if (count > SETTINGS_PROXIES_MAX)
			return fail(loader, "server.trusted_proxies: at most %d addresses and networks",
				SETTINGS_PROXIES_MAX);
		if (ip_net_read(one, &net) != 0)
			return fail(loader, "server.trusted_proxies: %.*s is neither an address nor a network",
				TEXT_ARG(one));
	}
	return 0;
}

static int check_sms(struct loader *loader)
{
	struct settings *s = loader->settings;
	bool webhook = strcmp(s->sms_provider, "webhook") == 0, twilio = strcmp(s->sms_provider, "twilio") == 0;
	if (*s->sms_provider && !webhook && !twilio)
		return fail(loader, "sms.provider = %s: must be webhook or twilio", s->sms_provider);
	if (webhook && (!*s->sms_url || !*s->sms_token))
		return fail(loader, "sms.provider = webhook needs sms.url and sms.token");
	if (twilio && (!strchr(s->sms_token, ':') || !*s->sms_from))
		return fail(loader, "sms.provider = twilio needs sms.token = account_sid:auth_token and sms.from");
	return 0;
}

static int check_log_level(struct loader *loader)
{
	static const char *const LEVELS[] = {"debug", "info", "warn", "error"};
	const char *level = loader->settings->server_log_level;
	for (size_t i = 0; i < COUNT(LEVELS); i++)
		if (strcmp(level, LEVELS[i]) == 0)
			return 0;
	return fail(loader, "server.log_level = %s: must be debug, info, warn or error", level);
}

static int check_dev(struct loader *loader)
{
	const struct settings *s = loader->settings;
	if (s->dev && !host_is_loopback(host_of(text_of(s->server_listen))))
		return fail(loader, "dev mode serves loopback only; server.listen = %s is not", s->server_listen);
	if (s->dev && *s->server_metrics_listen && !host_is_loopback(host_of(text_of(s->server_metrics_listen))))
		return fail(loader, "dev mode serves loopback only; server.metrics_listen = %s is not",
			s->server_metrics_listen);
	return 0;
}

static int check(struct loader *loader)
{
	const struct settings *s = loader->settings;
	if (!*s->server_tls_cert != !*s->server_tls_key)
		return fail(loader, "server.tls_cert and server.tls_key go together");
	if (*s->mail_smtp_url && !*s->mail_from)
		return fail(loader, "mail.smtp_url needs mail.from, the sender's address");
	TRY(check_log_level(loader));
	TRY(check_dev(loader));
	TRY(check_public_url(loader));
	TRY(check_networks(loader));
	return check_sms(loader);
}

int settings_load(struct settings *settings, struct arena *arena, bool dev, const char *data, const char *config,
	const struct settings_flag *flags, size_t flag_count, const char **why_r)
{
	struct loader loader = {.settings = settings, .arena = arena};
	*settings = (struct settings){.dev = dev, .data = data};
	for (size_t i = 0; i < COUNT(ROWS); i++)
		MUST(set_value(&loader, &ROWS[i], ROWS[i].standard) == 0);
	if ((!config || take_file(&loader, config) == 0) && take_environment(&loader) == 0 &&
		take_flags(&loader, flags, flag_count) == 0 && check(&loader) == 0)
		return 0;
	*why_r = loader.why;
	return -1;
}

/* ---- shown ---- */

static void write_duration(int64_t ms, char *out, size_t room)
{
	static const struct {
		char unit;
		int64_t ms;
	} UNITS[] = {{'d', 86400000}, {'h', 3600000}, {'m', 60000}};
	for (size_t i = 0; i < COUNT(UNITS); i++)
		if (ms && ms % UNITS[i].ms == 0) {
			snprintf(out, room, "%lld%c", (long long)(ms / UNITS[i].ms), UNITS[i].unit);
			return;
		}
	snprintf(out, room, "%llds", (long long)(ms / 1000));
}

static const char *shown(const struct settings *settings, const struct setting *row, char out[static 64])
{
	const void *member = (const char *)settings + row->offset;
	const struct budget *budget = member;
	switch (row->type) {
	case STRING: return *(const char *const *)member;
	case SECRET: return **(const char *const *)member ? "(set)" : "";
	case COUNT_TYPE: snprintf(out, 64, "%lld", (long long)*(const int64_t *)member); return out;
	case DURATION: write_duration(*(const int64_t *)member, out, 64); return out;
	case BUDGET: {
		int n = snprintf(out, 64, "%lld/", (long long)budget->count);
		write_duration(budget->window_ms, out + n, 64 - (size_t)n);
	}
	}
	return out;
}

void settings_each(const struct settings *settings,
	void (*show)(void *context, const char *name, const char *value, const char *standard, const char *help),
	void *context)
{
	char name[64], value[64];
	for (size_t i = 0; i < COUNT(ROWS); i++)
		show(context, full_name(&ROWS[i], name), shown(settings, &ROWS[i], value), ROWS[i].standard,
			ROWS[i].help);
}
