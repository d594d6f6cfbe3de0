#include "net/smtp.h"

#include "base/buf.h"

/* More than this is no answer to four commands. */
#define HEARD_MAX (64 * 1024)

/* stage, its name for people, the reply that leads on. */
static const struct {
	const char *name;
	int wanted;
} stages[SMTP_STAGES] = {
	[SMTP_MAIL] = {"MAIL", 250},
	[SMTP_RCPT] = {"RCPT", 250},
	[SMTP_DATA] = {"DATA", 354},
	[SMTP_MESSAGE] = {"the message", 250},
};

/* A dot at a line's start, or a line's end that is not CRLF, would let the message end before its end. */
static bool is_safe_message(struct text message)
{
	for (size_t i = 0; i < message.n; i++) {
		const bool after_cr = i > 0 && message.p[i - 1] == '\r';
		if ((message.p[i] == '\n') != after_cr)
			return false;
		if (message.p[i] == '.' && (i == 0 || message.p[i - 1] == '\n'))
			return false;
	}
	return message.n > 0 && message.p[message.n - 1] == '\n';
}

void smtp_begin(struct smtp *smtp, struct arena *arena, const char *from, const char *to, struct text message)
{
	MUST(is_safe_message(message));
	smtp->say[SMTP_MAIL] = arena_printf(arena, "MAIL FROM:<%s>\r\n", from);
	smtp->say[SMTP_RCPT] = arena_printf(arena, "RCPT TO:<%s>\r\n", to);
	smtp->say[SMTP_DATA] = TEXT("DATA\r\n");
	smtp->say[SMTP_MESSAGE] = arena_printf(arena, "%.*s.\r\n", TEXT_ARG(message));
	smtp_restart(smtp);
}

void smtp_restart(struct smtp *smtp)
{
	struct smtp fresh = {.verdict = SMTP_TALKING};
	memcpy(fresh.say, smtp->say, sizeof fresh.say);
	*smtp = fresh;
}

struct text smtp_to_say(const struct smtp *smtp)
{
	const struct text all = smtp->say[smtp->stage];
	return (struct text){all.p + smtp->said, all.n - smtp->said};
}

void smtp_said(struct smtp *smtp, size_t n)
{
	smtp->said += n;
}

const char *smtp_stage_name(const struct smtp *smtp)
{
	return stages[smtp->stage].name;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits and dots behind the status, if they look like an enhanced status code; never the relay's prose, which may quote
 * the message. */
static void read_detail(struct smtp *smtp, const char *p, size_t n)
{
	size_t length = 0, dots = 0;
	while (length < n && (is_digit(p[length]) || p[length] == '.'))
		dots += p[length++] == '.';
	smtp->detail[0] = '\0';
	if (dots == 2 && length < sizeof smtp->detail) {
		memcpy(smtp->detail, p, length);
		smtp->detail[length] = '\0';
	}
}

/* 421 and 521 close the connection, 53x ask for credentials (RFC 4954): no word about this message. */
static bool is_about_connection(int status)
{
	return status == 421 || status == 521 || (status >= 530 && status <= 538);
}

static enum smtp_verdict judge_reply(struct smtp *smtp)
{
	if (smtp_to_say(smtp).n > 0 && smtp->status < 400)
		return SMTP_GARBLED;
	if (smtp->status == stages[smtp->stage].wanted) {
		if (smtp->stage == SMTP_MESSAGE)
			return SMTP_ACCEPTED;
		smtp->stage++;
		smtp->said = 0;
		return SMTP_TALKING;
	}
	if (smtp->status >= 500)
		return is_about_connection(smtp->status) ? SMTP_LATER : SMTP_REFUSED;
	return smtp->status >= 400 ? SMTP_LATER : SMTP_GARBLED;
}

/* A whole line stands in line: "250-more" or "250 last". */
static enum smtp_verdict judge_line(struct smtp *smtp)
{
	const char *line = smtp->line;
	const size_t kept = smtp->line_size < sizeof smtp->line ? smtp->line_size : sizeof smtp->line;
	smtp->line_size = 0;
	if (kept < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2]))
		return SMTP_GARBLED;
	if (kept > 3 && line[3] == '-')
		return SMTP_TALKING;
	smtp->status = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
	read_detail(smtp, line + 4, kept > 4 ? kept - 4 : 0);
	return judge_reply(smtp);
}

enum smtp_verdict smtp_hear(struct smtp *smtp, struct text bytes)
{
	smtp->heard += bytes.n;
	if (smtp->heard > HEARD_MAX)
		smtp->verdict = SMTP_GARBLED;
	for (size_t i = 0; i < bytes.n && smtp->verdict == SMTP_TALKING; i++) {
		const char c = bytes.p[i];
		if (c == '\n') {
			smtp->verdict = judge_line(smtp);
			smtp->excess = i + 1 < bytes.n;
		} else {
			if (smtp->line_size < sizeof smtp->line)
				smtp->line[smtp->line_size] = c;
			smtp->line_size++;
		}
	}
	return smtp->verdict;
}
