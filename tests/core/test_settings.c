/* Where settings come from, which one wins, and the sentence that says what is wrong with one. */
#include "../check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/retire.h"
#include "core/settings.h"

/* ---- loading ---- */

/* One reading of settings: fill what matters, the rest is as in a start without anything. */
struct start {
	bool dev;
	const char *file;         /* content of the INI file; NULL: none */
	const char *variables[4]; /* "KEYWRIGHT_…=…" */
	struct settings_flag flags[4];
	size_t flag_count;
};

static const char *write_file(struct arena *arena, const char *content)
{
	char *path = arena_string(arena, TEXT("/tmp/kw_settings_XXXXXX"));
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
	return path;
}

static int load(struct arena *arena, const struct start *start, struct settings *settings, const char **why_r)
{
	const char *path = start->file ? write_file(arena, start->file) : NULL;
	for (size_t i = 0; i < COUNT(start->variables) && start->variables[i]; i++) {
		struct text value = text_of(start->variables[i]), name = text_cut(&value, '=');
		setenv(arena_string(arena, name), value.p, 1);
	}
	int result = settings_load(settings, arena, start->dev, "data", path, start->flags, start->flag_count, why_r);
	for (size_t i = 0; i < COUNT(start->variables) && start->variables[i]; i++) {
		struct text rest = text_of(start->variables[i]);
		unsetenv(arena_string(arena, text_cut(&rest, '=')));
	}
	if (path)
		unlink(path);
	return result;
}

static struct settings loaded(struct arena *arena, const struct start *start)
{
	struct settings settings;
	const char *why = NULL;
	if (load(arena, start, &settings, &why) != 0)
		fail_msg("refused: %s", why);
	return settings;
}

static const char *refusal(struct arena *arena, const struct start *start)
{
	struct settings settings;
	const char *why = NULL;
	assert_int_not_equal(load(arena, start, &settings, &why), 0);
	assert_non_null(why);
	return why;
}

static void check_says(const char *why, const char *sentence)
{
	if (!strstr(why, sentence))
		fail_msg("\"%s\" does not say \"%s\"", why, sentence);
}

/* A refusal of one flag, in dev mode. */
static const char *refused_value(struct arena *arena, const char *name, const char *value)
{
	return refusal(arena, &(struct start){.dev = true, .flags = {{name, value}}, .flag_count = 1});
}

static bool accepts_value(struct arena *arena, const char *name, const char *value)
{
	struct settings settings;
	const char *why;
	const struct start start = {.dev = true, .flags = {{name, value}}, .flag_count = 1};
	return load(arena, &start, &settings, &why) == 0;
}

/* ---- the tests ---- */

static void without_anything_dev_mode_has_every_default(void **state)
{
	struct settings settings = loaded(*state, &(struct start){.dev = true});
	assert_string_equal(settings.server_listen, "127.0.0.1:8080");
	assert_string_equal(settings.server_public_url, "");
	assert_int_equal(settings.otp_length, 6);
	assert_int_equal(settings.otp_ttl, 300000);
	assert_int_equal(settings.otp_send_limit, 5);
	assert_int_equal(settings.otp_send_window, 600000);
	assert_int_equal(settings.token_refresh_ttl, 30 * 24 * 3600 * 1000LL);
	assert_int_equal(settings.limit_sms_per_app.count, 1000);
	assert_int_equal(settings.limit_sms_per_app.window_ms, 3600000);
	assert_true(settings.dev);
	assert_string_equal(settings.data, "data");
}

static void a_variable_wins_over_the_file_and_a_flag_over_both(void **state)
{
	static const char FILE_TEXT[] = "[otp]\nlength = 7\nttl = 1m\n; a comment\n[server]\nqueue = 100\n";
	struct start start = {.dev = true, .file = FILE_TEXT};
	struct settings settings = loaded(*state, &start);
	assert_int_equal(settings.otp_length, 7);
	assert_int_equal(settings.otp_ttl, 60000);
	assert_int_equal(settings.server_queue, 100);

	start.variables[0] = "KEYWRIGHT_OTP_LENGTH=8";
	settings = loaded(*state, &start);
	assert_int_equal(settings.otp_length, 8);
	assert_int_equal(settings.otp_ttl, 60000);

	start.flags[start.flag_count++] = (struct settings_flag){"otp.length", "9"};
	assert_int_equal(loaded(*state, &start).otp_length, 9);
}

static void a_secret_may_stand_in_a_file_of_its_own(void **state)
{
	const char *path = write_file(*state, "smtp://user:p;ss word@mail.example:587\r\nsecond line\n");
	struct start start = {.dev = true,
		.variables = {arena_printf(*state, "KEYWRIGHT_MAIL_SMTP_URL_FILE=%s", path).p,
			"KEYWRIGHT_MAIL_FROM=id@example.com"}};
	assert_string_equal(loaded(*state, &start).mail_smtp_url, "smtp://user:p;ss word@mail.example:587");
	unlink(path);
	check_says(refusal(*state, &start), "for mail.smtp_url");
	start.variables[0] = "KEYWRIGHT_OTP_TTL_FILE=/etc/hostname";
	check_says(refusal(*state, &start), "unknown setting otp.ttl_file; did you mean otp.ttl?");
}

static void an_unknown_key_is_refused_with_the_nearest_known_one(void **state)
{
	check_says(refusal(*state, &(struct start){.dev = true, .file = "[otp]\nlenght = 6\n"}),
		":2: configuration file: unknown setting otp.lenght; did you mean otp.length?");
	check_says(refusal(*state, &(struct start){.dev = true, .variables = {"KEYWRIGHT_SERVER_LISTE=x"}}),
		"environment: unknown setting server.liste; did you mean server.listen?");
	check_says(refused_value(*state, "store.uri", "x"),
		"command line: unknown setting store.uri; did you mean store.url?");
	check_says(refusal(*state, &(struct start){.dev = true, .file = "listen = x\n"}), "unknown setting .listen");
}

static void values_out_of_bounds_are_refused_with_the_bounds(void **state)
{
	static const struct {
		const char *name, *bad, *sentence;
	} ROWS[] = {
		{"otp.length", "5", "otp.length = 5: must be from 6 to 10"},
		{"otp.length", "11", "must be from 6 to 10"},
		{"otp.length", "six", "otp.length = six: not a whole number"},
		{"otp.length", "-6", "not a whole number"},
		{"otp.length", "", "not a whole number"},
		{"otp.length", "6 ", "not a whole number"},
		{"otp.length", "99999999999999999999", "not a whole number"},
		{"otp.ttl", "11m", "otp.ttl = 11m: must be from 1s to 10m"},
		{"otp.ttl", "0s", "must be from 1s to 10m"},
		{"otp.ttl", "300", "otp.ttl = 300: not a duration such as 90s, 5m, 12h or 30d"},
		{"otp.ttl", "5 m", "not a duration"},
		{"otp.ttl", "9999999999999d", "not a duration"},
		{"otp.max_attempts", "6", "must be from 1 to 5"},
		{"otp.send_limit", "101", "must be from 1 to 100"},
		{"otp.failure_budget", "101", "must be from 3 to 100"},
		{"token.access_ttl", "61m", "must be from 1s to 1h"},
		{"token.refresh_grace", "61s", "must be from 0s to 60s"},
		{"limit.sends_per_address", "60", "limit.sends_per_address = 60: not a budget such as 60/1m"},
		{"limit.sends_per_address", "60/0s", "not a budget"},
		{"limit.sends_per_address", "0/1m", "not a budget"},
		{"limit.sends_per_address", "60/1m/1m", "not a budget"},
		{"server.threads", "65", "must be from 0 to 64"},
		{"server.log_level", "loud", "must be debug, info, warn or error"},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++)
		check_says(refused_value(*state, ROWS[i].name, ROWS[i].bad), ROWS[i].sentence);
	assert_true(accepts_value(*state, "otp.ttl", "10m"));
	assert_true(accepts_value(*state, "otp.ttl", "1s"));
	assert_true(accepts_value(*state, "otp.length", "10"));
	assert_true(accepts_value(*state, "server.threads", "64"));
}

static void a_broken_file_is_refused_with_its_line(void **state)
{
	check_says(refusal(*state, &(struct start){.dev = true, .file = "[otp]\nlength = 6\nnonsense\n"}),
		":3: neither a [section] nor key = value");
	check_says(refusal(*state, &(struct start){.dev = true, .file = "[otp]\nlength = 99\n"}),
		":2: otp.length = 99: must be from 6 to 10");
	struct settings settings;
	const char *why = NULL;
	assert_int_not_equal(settings_load(&settings, *state, true, "data", "/nonexistent/x.ini", NULL, 0, &why), 0);
	check_says(why, "cannot read /nonexistent/x.ini: No such file");
}

/* inih hands an indented or over-long line over as one more value of the key above it. */
static void a_line_that_would_overwrite_the_one_above_is_refused(void **state)
{
	check_says(refusal(*state, &(struct start){.dev = true,
					   .file = "[mail]\nfrom = id@example.com\n  smtp_url = smtp://x\n"}),
		":3: mail.from is there twice");
	check_says(refusal(*state, &(struct start){.dev = true, .file = "[otp]\nttl = 5m\nttl = 6m\n"}),
		":3: otp.ttl is there twice");
	struct buf file;
	buf_init(&file, *state, 512);
	buf_add(&file, TEXT("[server]\nhosts = "));
	while (file.n < 206) /* the rest of the line begins with the space behind a comma */
		buf_add(&file, TEXT("a.example,"));
	buf_add(&file, TEXT("   b.example\n"));
	struct settings settings;
	const char *why;
	assert_int_not_equal(load(*state, &(struct start){.dev = true, .file = buf_text(&file).p}, &settings, &why), 0);
}

static void outside_dev_a_public_url_is_required_and_is_https_host_and_port_alone(void **state)
{
	static const char *const GOOD[] = {"https://id.example", "https://id.example:8443",
		"https://[2001:db8::1]:8443", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080"};
	static const struct {
		const char *url, *sentence;
	} BAD[] = {
		{"", "server.public_url is required outside dev"},
		{"id.example", "must begin with https://"},
		{"ftp://id.example", "must begin with https://"},
		{"http://id.example", "http is only for loopback, use https"},
		{"http://localhost.example", "http is only for loopback"},
		{"http://127.0.0.1.example", "http is only for loopback"},
		{"https://id.example/", "must be scheme, host and port alone"},
		{"https://id.example/auth", "must be scheme, host and port alone"},
		{"https://user@id.example", "must be scheme, host and port alone"},
		{"https://id.example?x", "must be scheme, host and port alone"},
		{"https://id.example#x", "must be scheme, host and port alone"},
		{"https://id.example\\x", "must be scheme, host and port alone"},
		{"https://id example", "must be scheme, host and port alone"},
		{"https://id.example\r\nX: y", "must be scheme, host and port alone"},
		{"https://", "must be scheme, host and port alone"},
		{"https://:8080", "must be scheme, host and port alone"},
	};
	for (size_t i = 0; i < COUNT(GOOD); i++)
		loaded(*state, &(struct start){.flags = {{"server.public_url", GOOD[i]}}, .flag_count = 1});
	for (size_t i = 0; i < COUNT(BAD); i++)
		check_says(
			refusal(*state, &(struct start){.flags = {{"server.public_url", BAD[i].url}}, .flag_count = 1}),
			BAD[i].sentence);
}

static void dev_mode_listens_on_loopback_only(void **state)
{
	static const char *const GOOD[] = {"127.0.0.1:0", "127.9.9.9:80", "[::1]:8080", "localhost:8080"};
	static const char *const BAD[] = {
		"0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080", ":8080", "id.example:8080", ""};
	for (size_t i = 0; i < COUNT(GOOD); i++)
		assert_true(accepts_value(*state, "server.listen", GOOD[i]));
	for (size_t i = 0; i < COUNT(BAD); i++)
		check_says(refused_value(*state, "server.listen", BAD[i]), "dev mode serves loopback only");
	check_says(refused_value(*state, "server.metrics_listen", "0.0.0.0:9100"), "dev mode serves loopback only");
	loaded(*state,
		&(struct start){.flags = {{"server.public_url", "https://id.example"}, {"server.listen", "0.0.0.0:80"}},
			.flag_count = 2});
}

static void trusted_proxies_are_at_most_64_addresses_and_networks(void **state)
{
	struct buf list;
	buf_init(&list, *state, 1024);
	for (int i = 0; i < SETTINGS_PROXIES_MAX; i++)
		buf_printf(&list, "%s10.0.0.%d", i ? ", " : "", i);
	assert_true(accepts_value(*state, "server.trusted_proxies", buf_text(&list).p));
	buf_add(&list, TEXT(",10.1.0.0/16"));
	check_says(refused_value(*state, "server.trusted_proxies", buf_text(&list).p), "at most 64");
	check_says(refused_value(*state, "server.trusted_proxies", "10.0.0.1,proxy.example"),
		"proxy.example is neither an address nor a network");
	check_says(refused_value(*state, "server.trusted_proxies", "10.0.0.1/8"), "neither an address nor a network");
	assert_true(accepts_value(*state, "server.trusted_proxies", "10.0.0.0/8, 2001:db8::/32,::1"));
}

static void settings_that_need_each_other_come_together(void **state)
{
	check_says(refused_value(*state, "server.tls_cert", "c.pem"), "server.tls_cert and server.tls_key go together");
	check_says(refused_value(*state, "server.tls_key", "k.pem"), "go together");
	check_says(refused_value(*state, "mail.smtp_url", "smtp://x"), "mail.smtp_url needs mail.from");
	check_says(refused_value(*state, "sms.provider", "pigeon"), "sms.provider = pigeon: must be webhook or twilio");
	check_says(refused_value(*state, "sms.provider", "webhook"), "needs sms.url and sms.token");
	check_says(refused_value(*state, "sms.provider", "twilio"), "needs sms.token = account_sid:auth_token");
	loaded(*state,
		&(struct start){.dev = true,
			.flags = {{"sms.provider", "twilio"}, {"sms.token", "sid:token"}, {"sms.from", "+15550100"}},
			.flag_count = 3});
}

struct shown {
	size_t rows, secrets;
	struct arena *arena;
};

static void show(void *context, const struct settings_row *row)
{
	const char *name = row->name, *value = row->value;
	struct shown *shown = context;
	shown->rows++;
	assert_true(strchr(name, '.') && *row->help && *row->type);
	assert_null(strstr(value, "hidden"));
	shown->secrets += strcmp(value, "(set)") == 0;
	if (strcmp(name, "otp.ttl") == 0)
		assert_string_equal(value, "90s");
	if (strcmp(name, "otp.ttl") == 0 || strcmp(name, "server.listen") == 0)
		assert_int_equal(row->live, *name == 'o');
	if (strcmp(name, "otp.retention") == 0)
		assert_string_equal(value, "2d");
	if (strcmp(name, "limit.sms_per_app") == 0)
		assert_string_equal(value, "1000/1h");
	if (strcmp(name, "token.refresh_grace") == 0)
		assert_string_equal(value, "0s");
}

static void shown_settings_read_as_they_would_be_written_and_secrets_not_at_all(void **state)
{
	struct settings settings = loaded(*state, &(struct start){.dev = true,
							  .flags = {{"otp.ttl", "90s"}, {"otp.retention", "48h"},
								  {"store.url", "postgres://u:hidden@h/d"}},
							  .flag_count = 3});
	struct shown shown = {.arena = *state};
	settings_each(&settings, show, &shown);
	assert_int_equal(shown.secrets, 1);
	assert_in_range(shown.rows, 30, 100);
}

static void note(void *context, const char *name)
{
	struct buf *names = context;
	buf_printf(names, "%s ", name);
}

static void what_takes_a_restart_stays_as_it_was_and_is_named(void **state)
{
	struct settings at_work = loaded(*state,
		&(struct start){.dev = true,
			.flags = {{"server.queue", "100"}, {"otp.ttl", "90s"}, {"server.listen", "127.0.0.1:81"}},
			.flag_count = 3});
	struct settings fresh =
		loaded(*state, &(struct start){.dev = true,
				       .flags = {{"server.queue", "200"}, {"otp.ttl", "60s"},
					       {"server.listen", "127.0.0.1:82"}, {"limit.sms_per_app", "7/1h"}},
				       .flag_count = 4});
	struct buf names;
	buf_init(&names, *state, 64);
	settings_keep(&fresh, &at_work, note, &names);
	CHECK_STRING(buf_text(&names), "server.listen server.queue ");
	assert_int_equal(fresh.server_queue, 100);
	assert_string_equal(fresh.server_listen, "127.0.0.1:81");
	assert_ptr_not_equal(fresh.server_listen, at_work.server_listen);
	assert_int_equal(fresh.otp_ttl, 60000);
	assert_int_equal(fresh.limit_sms_per_app.count, 7);
}

static struct settings *in_an_arena_of_its_own(int64_t ttl)
{
	struct arena *arena = arena_new();
	struct settings *settings = ARENA_NEW(arena, struct settings);
	*settings = (struct settings){.arena = arena, .otp_ttl = ttl};
	return settings;
}

static void whoever_asks_gets_the_latest_and_whoever_asked_before_keeps_what_it_got(void **state)
{
	settings_publish(in_an_arena_of_its_own(1));
	const struct settings *before = settings_now();
	settings_publish(in_an_arena_of_its_own(2));
	retire_sweep();
	assert_int_equal(before->otp_ttl, 1);
	assert_int_equal(settings_now()->otp_ttl, 2);
	settings_publish(NULL);
	retire_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(without_anything_dev_mode_has_every_default),
		CHECK_WITH_ARENA(a_variable_wins_over_the_file_and_a_flag_over_both),
		CHECK_WITH_ARENA(a_secret_may_stand_in_a_file_of_its_own),
		CHECK_WITH_ARENA(an_unknown_key_is_refused_with_the_nearest_known_one),
		CHECK_WITH_ARENA(values_out_of_bounds_are_refused_with_the_bounds),
		CHECK_WITH_ARENA(a_broken_file_is_refused_with_its_line),
		CHECK_WITH_ARENA(a_line_that_would_overwrite_the_one_above_is_refused),
		CHECK_WITH_ARENA(outside_dev_a_public_url_is_required_and_is_https_host_and_port_alone),
		CHECK_WITH_ARENA(dev_mode_listens_on_loopback_only),
		CHECK_WITH_ARENA(trusted_proxies_are_at_most_64_addresses_and_networks),
		CHECK_WITH_ARENA(settings_that_need_each_other_come_together),
		CHECK_WITH_ARENA(shown_settings_read_as_they_would_be_written_and_secrets_not_at_all),
		CHECK_WITH_ARENA(what_takes_a_restart_stays_as_it_was_and_is_named),
		CHECK_WITH_ARENA(whoever_asks_gets_the_latest_and_whoever_asked_before_keeps_what_it_got),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
