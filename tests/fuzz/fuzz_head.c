/*
 * Request heads of any bytes. The parser must say the same however the bytes are cut, stay inside them, and accept exactly
 * what a second reading accepts: a slow one that shares no code with it, made of regular expressions and strtoull.
 */
#include <regex.h>
#include <stdlib.h>
#include <strings.h>

#include "net/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small, so that the limit is met. */
#define HEAD_MAX 2048
#define BODY_MAX 100000

/* ---- the second reading ---- */

static bool matches(const char *pattern, const char *line, regmatch_t parts[3])
{
	regex_t regex;
	MUST(regcomp(&regex, pattern, REG_EXTENDED) == 0);
	const bool found = regexec(&regex, line, 3, parts, 0) == 0;
	regfree(&regex);
	return found;
}

#define TOKEN "[-!#$%&'*+.^_`|~0-9A-Za-z]+"

struct verdict {
	bool accepted;
	size_t fields;
	long long content_length; /* -1: none */
	unsigned hosts, lengths, encodings;
};

static bool judge_field(struct verdict *verdict, char *line)
{
	regmatch_t parts[3];
	if (!matches("^(" TOKEN "):[\t ]*([^\x01-\x08\x0a-\x1f\x7f]*)$", line, parts))
		return false;
	const char *value = line + parts[2].rm_so;
	for (char *end = line + strlen(line); end > value && (end[-1] == ' ' || end[-1] == '\t');)
		*--end = '\0';
	line[parts[1].rm_eo] = '\0';
	verdict->fields++;
	if (strcasecmp(line, "host") == 0) {
		verdict->hosts++;
		return matches("^[-A-Za-z0-9._~:]([-A-Za-z0-9._~:]|\\[|\\])*$|^(\\[|\\])([-A-Za-z0-9._~:]|\\[|\\])*$",
			value, parts);
	}
	if (strcasecmp(line, "content-length") == 0) {
		verdict->lengths++;
		const unsigned long long length = strtoull(value, NULL, 10);
		verdict->content_length = (long long)length;
		return matches("^[0-9]{1,19}$", value, parts) && length <= BODY_MAX;
	}
	verdict->encodings += strcasecmp(line, "transfer-encoding") == 0;
	return true;
}

/* Of a head that ends with its first empty line. */
static struct verdict judge(struct text found)
{
	struct verdict verdict = {.content_length = -1};
	char copy[HEAD_MAX + 1];
	memcpy(copy, found.p, found.n);
	copy[found.n] = '\0';
	regmatch_t parts[3];
	char *line = copy, *end = strstr(copy, "\r\n");
	if (strlen(copy) != found.n || end == NULL)
		return verdict;
	*end = '\0';
	if (!matches("^" TOKEN " /[]!\"$-[\\^-~]* HTTP/1\\.[01]$", line, parts) || strncmp(line, "CONNECT ", 8) == 0)
		return verdict;
	const bool is_1_1 = end[-1] == '1';
	for (line = end + 2; (end = strstr(line, "\r\n")) != line; line = end + 2) {
		*end = '\0';
		if (!judge_field(&verdict, line))
			return verdict;
	}
	verdict.accepted = verdict.fields <= HEAD_FIELDS_MAX && verdict.hosts <= 1 && (verdict.hosts == 1 || !is_1_1) &&
			   verdict.lengths <= 1 && verdict.encodings == 0;
	return verdict;
}

/* ---- the first ---- */

struct outcome {
	int status;
	size_t seen;
	const char *why;
	struct head head;
};

static struct outcome read_in_pieces(struct text bytes, size_t piece)
{
	struct outcome outcome = {.status = HEAD_MORE};
	for (size_t n = 0; n < bytes.n && outcome.status == HEAD_MORE;) {
		n = n + piece < bytes.n ? n + piece : bytes.n;
		outcome.status = head_find(text_bytes(bytes.p, n), HEAD_MAX, &outcome.seen, &outcome.why);
	}
	if (outcome.status == 0)
		outcome.status = head_parse(text_bytes(bytes.p, outcome.seen), BODY_MAX, &outcome.head, &outcome.why);
	return outcome;
}

static void must_lie_within(struct text outer, struct text t)
{
	MUST(text_absent(t) || (t.p >= outer.p && t.p + t.n <= outer.p + outer.n));
}

static void check_slices(struct text found, const struct head *head)
{
	must_lie_within(found, head->method_name);
	must_lie_within(found, head->path);
	must_lie_within(found, head->query);
	must_lie_within(found, head->host);
	MUST(head->field_count <= HEAD_FIELDS_MAX);
	for (size_t i = 0; i < head->field_count; i++) {
		must_lie_within(found, head->fields[i].name);
		must_lie_within(found, head->fields[i].value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const struct text bytes = text_bytes(data + 1, size - 1);
	const struct outcome whole = read_in_pieces(bytes, bytes.n), split = read_in_pieces(bytes, 1 + data[0] % 5);
	MUST(whole.status == split.status && whole.why == split.why);

	/* The end that a search for an empty line finds, unless something was wrong before it. */
	const char *end = bytes.n > 0 ? memmem(bytes.p, bytes.n, "\r\n\r\n", 4) : NULL;
	if (end == NULL || (size_t)(end + 4 - bytes.p) > HEAD_MAX) {
		MUST(whole.status != 0);
		return 0;
	}
	const struct text found = text_bytes(bytes.p, (size_t)(end + 4 - bytes.p));
	const struct verdict verdict = judge(found);
	MUST(verdict.accepted == (whole.status == 0));
	if (verdict.accepted) {
		MUST(whole.seen == found.n && whole.head.field_count == verdict.fields);
		MUST(whole.head.content_length == verdict.content_length);
		check_slices(found, &whole.head);
	}
	return 0;
}
