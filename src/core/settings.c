#include "core/settings.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/retire.h"
#include "core/setting.h"

struct loader {
	struct settings *settings;
	struct arena *arena;
	bool in_file[SETTINGS_COUNT]; /* which rows the file has named */
	const char *why;              /* the first failure */
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

static int set_value(struct loader *loader, const struct setting *row, const char *value)
{
	const char *why = NULL;
	if (setting_read(row, loader->settings, value, &why) == 0)
		return 0;
	return fail(loader, "%s", why);
}

static int fail_unknown(struct loader *loader, const char *where, const char *name)
{
	char nearest[SETTING_TEXT_SIZE];
	return fail(loader, "%s: unknown setting %s; did you mean %s?", where, name, setting_nearest(name, nearest));
}

/* ---- the sources ---- */

static int take_ini(void *context, const char *section, const char *key, const char *value)
{
	struct loader *loader = context;
	char name[64];
	snprintf(name, sizeof name, "%s.%s", section, key);
	const struct setting *row = setting_find(name);
	if (!row)
		return fail_unknown(loader, "configuration file", name) == 0;
	/* inih hands what it takes for the rest of a value over as a value of its own */
	bool *named = &loader->in_file[row - SETTINGS];
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
	for (size_t i = 0; i < COUNT(SETTINGS); i++) {
		char name[80];
		int n = snprintf(name, sizeof name, "keywright_%s_%s", SETTINGS[i].section, SETTINGS[i].key);
		struct text plain = text_bytes(name, (size_t)n);
		bool file = SETTINGS[i].type == SETTING_IS_SECRET && variable.n == plain.n + 5 &&
			    text_equal_nocase(text_bytes(variable.p + plain.n, 5), TEXT("_FILE"));
		if (file ? !text_equal_nocase(text_bytes(variable.p, plain.n), plain)
			 : !text_equal_nocase(variable, plain))
			continue;
		*is_file_r = file;
		return &SETTINGS[i];
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
		const struct setting *row = setting_find(flags[i].name);
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

static int read_networks(struct loader *loader)
{
	struct text rest = text_of(loader->settings->server_trusted_proxies);
	struct ip_net *nets = arena_alloc(loader->arena, SETTINGS_PROXIES_MAX * sizeof *nets);
	size_t count = 0;
	for (; rest.n; count++) {
		struct text one = text_trim(text_cut(&rest, ','));
		if (count == SETTINGS_PROXIES_MAX)
			return fail(loader, "server.trusted_proxies: at most %d addresses and networks",
				SETTINGS_PROXIES_MAX);
		if (ip_net_read(one, &nets[count]) != 0)
			return fail(loader, "server.trusted_proxies: %.*s is neither an address nor a network",
				TEXT_ARG(one));
	}
	loader->settings->proxies = nets;
	loader->settings->proxy_count = count;
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
	TRY(read_networks(loader));
	return check_sms(loader);
}

int settings_load(struct settings *settings, struct arena *arena, bool dev, const char *data, const char *config,
	const struct settings_flag *flags, size_t flag_count, const char **why_r)
{
	struct loader loader = {.settings = settings, .arena = arena};
	*settings = (struct settings){.dev = dev, .data = data, .arena = arena};
	for (size_t i = 0; i < COUNT(SETTINGS); i++)
		MUST(set_value(&loader, &SETTINGS[i], SETTINGS[i].standard) == 0);
	if ((!config || take_file(&loader, config) == 0) && take_environment(&loader) == 0 &&
		take_flags(&loader, flags, flag_count) == 0 && check(&loader) == 0)
		return 0;
	*why_r = loader.why;
	return -1;
}

/* ---- at work ---- */

static _Atomic(const struct settings *) now;

const struct settings *settings_now(void)
{
	return atomic_load(&now);
}

static void give_up(void *arena)
{
	arena_free(arena);
}

void settings_publish(const struct settings *settings)
{
	const struct settings *old = atomic_exchange(&now, settings);
	if (old)
		retire(old->arena, give_up);
}

void settings_keep(struct settings *fresh, const struct settings *at_work,
	void (*differs)(void *context, const char *name), void *context)
{
	char name[SETTING_TEXT_SIZE];
	for (size_t i = 0; i < COUNT(SETTINGS); i++) {
		if (SETTINGS[i].when == SETTING_IS_LIVE || setting_equal(&SETTINGS[i], fresh, at_work))
			continue;
		differs(context, setting_name(&SETTINGS[i], name));
		setting_copy(&SETTINGS[i], fresh, at_work);
	}
}

/* ---- shown ---- */

void settings_each(
	const struct settings *settings, void (*show)(void *context, const struct settings_row *row), void *context)
{
	char name[SETTING_TEXT_SIZE], value[SETTING_TEXT_SIZE];
	for (size_t i = 0; i < COUNT(SETTINGS); i++) {
		const struct setting *row = &SETTINGS[i];
		const struct settings_row shows = {.section = row->section,
			.key = row->key,
			.name = setting_name(row, name),
			.value = settings ? setting_shown(row, settings, value) : row->standard,
			.type = setting_type_name(row),
			.standard = row->standard,
			.min = row->min,
			.max = row->max,
			.help = row->help,
			.live = row->when == SETTING_IS_LIVE};
		show(context, &shows);
	}
}
