#include "main/cli_man.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/num.h"
#include "main/command.h"
#include "main/endpoints.h"

/* ---- roff ---- */

/* One code point; a hyphen is what one types, not one of print. */
static void put_char(uint32_t c)
{
	if (c == '\\')
		fputs("\\e", stdout);
	else if (c == '-')
		fputs("\\-", stdout);
	else if (c < 0x80)
		putchar((int)c);
	else
		printf("\\[u%04X]", c);
}

/* Text in which nothing is a request or an escape. */
static void put_text(struct text text)
{
	if (text.n > 0 && (*text.p == '.' || *text.p == '\''))
		fputs("\\&", stdout);
	while (text.n > 0) {
		uint32_t c = '?';
		const size_t n = text_utf8(text, &c);
		put_char(c);
		text = text_bytes(text.p + (n ? n : 1), text.n - (n ? n : 1));
	}
}

static void put(const char *text)
{
	put_text(text_of(text));
}

static size_t width_of(struct text word)
{
	size_t width = word.n;
	for (size_t i = 0; i < word.n; i++)
		width += word.p[i] == '-' || word.p[i] == '\\';
	return width;
}

/* Lines of less than 80 bytes, broken between words. */
static void put_line(const char *text)
{
	struct text rest = text_of(text);
	size_t column = 0;
	while (!text_absent(rest)) {
		const struct text word = text_cut(&rest, ' ');
		const size_t width = width_of(word);
		const bool breaks = column + width >= 76;
		if (column > 0)
			putchar(breaks ? '\n' : ' ');
		column = breaks ? width : column + width + 1;
		put_text(word);
	}
	putchar('\n');
}

static void put_bold(const char *text)
{
	fputs("\\fB", stdout);
	put(text);
	fputs("\\fR", stdout);
}

static void section(const char *title)
{
	printf(".SH %s\n", title);
}

/* A paragraph with what it explains on a line of its own. */
static void term(const char *name, const char *value)
{
	puts(".TP");
	put_bold(name);
	if (*value) {
		fputs(" \\fI", stdout);
		put(value);
		fputs("\\fR", stdout);
	}
	putchar('\n');
}

struct row {
	const char *name, *text;
};

static void put_rows(const char *title, const struct row *rows, size_t count)
{
	section(title);
	for (size_t i = 0; i < count; i++) {
		term(rows[i].name, "");
		put_line(rows[i].text);
	}
}

/* ---- sections ---- */

static void put_head(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	int64_t seconds;
	char date[CLOCK_RFC3339_SIZE];
	if (!epoch || num_read(text_of(epoch), 0, INT32_MAX, &seconds) != 0)
		seconds = clock_now() / 1000;
	clock_rfc3339(seconds * 1000, date);
	printf(".TH KEYWRIGHT 1 \"%.10s\" \"Keywright " KW_VERSION "\" \"Keywright\"\n", date);
	section("NAME");
	puts("keywright \\- passwordless sign\\-in and software licenses");
	section("SYNOPSIS");
	puts(".B keywright\n.I command\n.RI [ arguments ]\n.RI [ flags ]");
	section("DESCRIPTION");
	put_line("Keywright signs people in without passwords, and hands out software license keys, for many apps at "
		 "once.");
	puts(".B keywright serve");
	put_line("is the server; every other command speaks to it over the socket in its data folder, or works on the "
		 "store "
		 "itself when no server runs.");
}

static void put_part(struct arena *arena, const struct command_part *part)
{
	term(part->name, part->value);
	if (*part->help)
		put_line(part->help);
	if (part->required && part->kind == PART_FLAG)
		put_line("(required)");
	if (*part->bounds)
		put_line(arena_printf(arena, "(%s)", part->bounds).p);
}

static void put_parts(struct arena *arena, struct command_parts parts, bool common)
{
	for (size_t i = 0; i < parts.count; i++)
		if ((parts.list[i].kind == PART_COMMON) == common)
			put_part(arena, &parts.list[i]);
}

static void put_commands(struct arena *arena)
{
	section("COMMANDS");
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		fputs(".SS keywright ", stdout);
		put(COMMANDS[i].words);
		putchar('\n');
		put_line(COMMANDS[i].help);
		puts(".PP");
		put_line(command_usage(arena, &COMMANDS[i]).p);
		put_parts(arena, command_parts(arena, &COMMANDS[i]), false);
	}
	section("FLAGS");
	put_line("These are taken by every command.");
	put_parts(arena, command_parts(arena, &COMMANDS[0]), true);
}

static void put_setting(void *context, const struct settings_row *row)
{
	term(row->name, row->type);
	put_line(row->help);
	fputs(row->live ? "(live" : "(at the start", stdout);
	if (*row->min) {
		fputs("; ", stdout);
		put(row->min);
		fputs(" to ", stdout);
		put(row->max);
	}
	if (*row->standard) {
		fputs("; default ", stdout);
		put(row->standard);
	}
	puts(")");
}

static void put_settings(void)
{
	section("SETTINGS");
	put_line("A settings file has lines of the form key = value under [section]; a line that begins with # or ; is "
		 "a "
		 "comment. The name of a setting here is section.key. The environment wins over the file: "
		 "KEYWRIGHT_OTP_TTL is otp.ttl. Flags win over both.");
	puts(".PP");
	put_line("A duration is a number with s, m, h or d behind it; a budget is a number of requests and a duration "
		 "(60/1m). A secret may also come from the first line of a file: KEYWRIGHT_MAIL_SMTP_URL_FILE names "
		 "that of mail.smtp_url. What is live is taken over by a reload, what is read at the start needs a "
		 "restart.");
	settings_each(NULL, put_setting, NULL);
}

static const struct row FILES[] = {
	{"data/", "The data folder, mode 0700, or what --data names. One server owns it."},
	{"data/keywright.db", "The store, unless store.url names another."},
	{"data/master.key",
		"The master key, mode 0600, made by the first start. Without it the store cannot be read: back "
		"it up, apart from the store."},
	{"data/keywright.sock", "The operator's socket, mode 0600, while a server runs."},
	{"/etc/keywright/keywright.ini", "Settings of the Debian package's service."},
	{"/var/lib/keywright", "Data folder of the Debian package's service."},
};
static const struct row ENVIRONMENT[] = {
	{"KEYWRIGHT_SECTION_KEY", "A setting; see above."},
	{"KEYWRIGHT_SECTION_KEY_FILE", "A file with a secret setting in its first line."},
	{"NOTIFY_SOCKET", "Where the server says that it is ready, reloads or stops (sd_notify(3))."},
	{"SOURCE_DATE_EPOCH", "The date of this page, in seconds since 1970."},
};
static const struct row EXITS[] = {
	{"0", "Done."},
	{"1", "Refused; the error code is on stderr, and explain tells what it means. Of serve: a setting or a file is "
	      "wrong."},
	{"2", "Words that make no command."},
	{"3", "Failed, at our end."},
};
static const struct row SIGNALS[] = {
	{"SIGTERM, SIGINT", "The server answers what it has accepted, and ends. A second one ends it at once."},
	{"SIGHUP", "The server reads settings, templates, the database of places and its certificate again. What is "
		   "broken "
		   "stays as it was, and the log says why."},
};

static void put_examples(void)
{
	section("EXAMPLES");
	for (size_t i = 0; i < COMMAND_EXAMPLE_COUNT; i++) {
		term(COMMAND_EXAMPLES[i].line, "");
		put_line(COMMAND_EXAMPLES[i].help);
	}
}

int cli_man(void)
{
	struct arena *arena = arena_new();
	endpoints_bind();
	put_head();
	put_commands(arena);
	put_settings();
	put_rows("FILES", FILES, COUNT(FILES));
	put_rows("ENVIRONMENT", ENVIRONMENT, COUNT(ENVIRONMENT));
	put_rows("EXIT STATUS", EXITS, COUNT(EXITS));
	put_rows("SIGNALS", SIGNALS, COUNT(SIGNALS));
	put_examples();
	section("SEE ALSO");
	puts(".BR systemctl (1),\n.BR journalctl (1)");
	arena_free(arena);
	return 0;
}
