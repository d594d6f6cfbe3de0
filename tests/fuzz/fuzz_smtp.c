/*
 * Replies of any bytes from a mail relay. A dialogue that hears one byte at a time comes to what a second reading comes to,
 * which shares no code with it: whole lines and a regular expression. Cut otherwise, it may find that the relay spoke before
 * its turn, and nothing else. The first byte of the input is the size of the pieces.
 */
#include <regex.h>
#include <stdlib.h>

#include "net/smtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEARD_MAX ((size_t)64 * 1024)

/* ---- the second reading ---- */

struct reading {
	enum smtp_verdict verdict;
	size_t stage, used; /* bytes up to the end of the line that decided */
};

static enum smtp_verdict judge(int status, int wanted)
{
	if (status == wanted)
		return SMTP_ACCEPTED;
	if (status == 421 || status == 521 || (status >= 530 && status <= 538) || status / 100 == 4)
		return SMTP_LATER;
	return status / 100 == 5 ? SMTP_REFUSED : SMTP_GARBLED;
}

static struct reading read_lines(struct text bytes)
{
	static const int WANTED[SMTP_STAGES] = {250, 250, 354, 250};
	static regex_t status_line;
	static bool compiled;
	if (!compiled)
		MUST(regcomp(&status_line, "^[2-5][0-9][0-9]", REG_EXTENDED | REG_NOSUB) == 0);
	compiled = true;
	struct reading reading = {.verdict = SMTP_TALKING};
	const char *end;
	while (reading.verdict == SMTP_TALKING &&
		(end = memchr(bytes.p + reading.used, '\n', bytes.n - reading.used)) != NULL) {
		const char *line = bytes.p + reading.used;
		const size_t n = (size_t)(end - line);
		char head[5] = "";
		memcpy(head, line, n < 4 ? n : 4);
		reading.used += n + 1;
		if (regexec(&status_line, head, 0, NULL, 0) != 0)
			reading.verdict = SMTP_GARBLED;
		else if (head[3] != '-')
			reading.verdict = judge(atoi((char[]){head[0], head[1], head[2], '\0'}), WANTED[reading.stage]);
		if (reading.verdict == SMTP_ACCEPTED && ++reading.stage < SMTP_STAGES)
			reading.verdict = SMTP_TALKING;
	}
	return reading;
}

/* ---- the first ---- */

static void check_state(const struct smtp *smtp)
{
	MUST(smtp->stage < SMTP_STAGES && *smtp_stage_name(smtp));
	MUST(smtp->said <= smtp->say[smtp->stage].n);
	MUST(smtp->status == 0 || (smtp->status >= 200 && smtp->status <= 599));
	MUST(strspn(smtp->detail, "0123456789.") == strlen(smtp->detail));
}

/* Says what there is to say before each piece; returns how much was heard. */
static size_t talk(struct smtp *smtp, struct arena *arena, struct text bytes, size_t piece)
{
	size_t heard = 0;
	smtp_begin(smtp, arena, "a@a.example", "b@b.example", TEXT("Subject: x\r\n\r\nhello\r\n"));
	while (heard < bytes.n && smtp->verdict == SMTP_TALKING) {
		smtp_said(smtp, smtp_to_say(smtp).n);
		const size_t n = bytes.n - heard < piece ? bytes.n - heard : piece;
		MUST(smtp_hear(smtp, text_bytes(bytes.p + heard, n)) == smtp->verdict);
		heard += n;
		check_state(smtp);
	}
	return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > HEARD_MAX)
		return 0;
	struct arena *arena = arena_new();
	const struct text bytes = arena_copy(arena, text_bytes(data + 1, size - 1));
	const struct reading reading = read_lines(bytes);
	struct smtp slow, quick;

	const size_t heard = talk(&slow, arena, bytes, 1);
	MUST(slow.verdict == reading.verdict && !slow.excess);
	MUST(heard == (reading.verdict == SMTP_TALKING ? bytes.n : reading.used));
	MUST(slow.stage == (reading.stage < SMTP_STAGES ? reading.stage : SMTP_MESSAGE));

	const size_t taken = talk(&quick, arena, bytes, 1 + data[0] % 64);
	MUST(quick.verdict == slow.verdict || quick.verdict == SMTP_GARBLED);
	if (quick.verdict == slow.verdict && quick.verdict != SMTP_TALKING && quick.stage == slow.stage)
		MUST(taken >= heard && quick.excess == (taken > heard));
	arena_free(arena);
	return 0;
}
