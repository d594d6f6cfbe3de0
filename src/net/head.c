#include "net/head.h"

/* What a byte may be part of. */
enum { CONTROL = 1, TOKEN = 2, TARGET = 4, HOST = 8 };

static const uint8_t class_of[256] = {
	[0x00 ... 0x08] = CONTROL,
	[0x0b ... 0x0c] = CONTROL,
	[0x0e ... 0x1f] = CONTROL,
	[0x7f] = CONTROL,
	/* tchar, RFC 9110 5.6.2; a target is any visible ASCII but '#', the router judges the rest */
	['0' ... '9'] = TOKEN | TARGET | HOST,
	['A' ... 'Z'] = TOKEN | TARGET | HOST,
	['a' ... 'z'] = TOKEN | TARGET | HOST,
	['-'] = TOKEN | TARGET | HOST,
	['.'] = TOKEN | TARGET | HOST,
	['_'] = TOKEN | TARGET | HOST,
	['~'] = TOKEN | TARGET | HOST,
	['!'] = TOKEN | TARGET,
	['$'] = TOKEN | TARGET,
	['%'] = TOKEN | TARGET,
	['&'] = TOKEN | TARGET,
	['\''] = TOKEN | TARGET,
	['*'] = TOKEN | TARGET,
	['+'] = TOKEN | TARGET,
	['^'] = TOKEN | TARGET,
	['`'] = TOKEN | TARGET,
	['|'] = TOKEN | TARGET,
	['#'] = TOKEN,
	[':'] = TARGET | HOST,
	['['] = TARGET | HOST,
	[']'] = TARGET | HOST,
	['"'] = TARGET,
	['('] = TARGET,
	[')'] = TARGET,
	[','] = TARGET,
	['/'] = TARGET,
	[';'] = TARGET,
	['<'] = TARGET,
	['='] = TARGET,
	['>'] = TARGET,
	['?'] = TARGET,
	['@'] = TARGET,
	['\\'] = TARGET,
	['{'] = TARGET,
	['}'] = TARGET,
};

static bool made_of(struct text t, uint8_t class)
{
	for (size_t i = 0; i < t.n; i++)
		if (!(class_of[(unsigned char)t.p[i]] & class))
			return false;
	return t.n > 0;
}

int head_find(struct text input, size_t max, size_t *seen, const char **why_r)
{
	const size_t end = input.n < max ? input.n : max;
	const char *p = input.p;
	for (size_t i = *seen; i < end; i++) {
		const bool after_cr = i > 0 && p[i - 1] == '\r';
		if (after_cr != (p[i] == '\n')) {
			*why_r = after_cr ? "a bare CR" : "a bare LF";
			return 400;
		}
		if (class_of[(unsigned char)p[i]] & CONTROL) {
			*why_r = "a control byte in the head";
			return 400;
		}
		if (p[i] == '\n' && (i == 1 || p[i - 2] == '\n')) {
			*seen = i + 1;
			return 0;
		}
	}
	*seen = end;
	if (end < max)
		return HEAD_MORE;
	*why_r = "the head is too large";
	return 431;
}

/* ---- the parts of a head ---- */

/* One reading of a head: what the fields have said so far, and what was wrong. */
struct reading {
	struct head *head;
	const char *why;
	unsigned transfer_encodings;
	bool chunked; /* the last Transfer-Encoding is exactly that */
	bool close, persist;
};

static int refuse(struct reading *reading, int status, const char *why)
{
	reading->why = why;
	return status;
}

/* The next line of *rest, which head_find has seen to end with CRLF; without it. */
static struct text next_line(struct text *rest)
{
	struct text line = text_cut(rest, '\n');
	line.n--;
	return line;
}

static enum http_method method_of(struct text name)
{
	static const char *const names[HTTP_OTHER] = {
		[HTTP_GET] = "GET",
		[HTTP_HEAD] = "HEAD",
		[HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT",
		[HTTP_PATCH] = "PATCH",
		[HTTP_DELETE] = "DELETE",
		[HTTP_OPTIONS] = "OPTIONS",
		[HTTP_TRACE] = "TRACE",
	};
	for (enum http_method method = 0; method < HTTP_OTHER; method++)
		if (text_equal(name, text_of(names[method])))
			return method;
	return HTTP_OTHER;
}

/* method SP origin-form SP HTTP/1.x (RFC 9112 section 3), one space each. */
static int read_request_line(struct reading *reading, struct text line)
{
	struct head *head = reading->head;
	if (line.n == 0)
		return refuse(reading, 400, "an empty line where a request should begin");
	const struct text method = text_cut(&line, ' ');
	if (!made_of(method, TOKEN))
		return refuse(reading, 400, "the method is not a token");
	head->method = method_of(method);
	head->method_name = method;

	struct text target = text_cut(&line, ' ');
	if (text_equal(method, TEXT("CONNECT")) || !text_starts(target, TEXT("/")))
		return refuse(reading, 400, "the target is not in origin-form");
	if (!made_of(target, TARGET))
		return refuse(reading, 400, "a byte that no target may hold");

	if (text_equal(line, TEXT("HTTP/1.1")))
		head->minor = 1;
	else if (!text_equal(line, TEXT("HTTP/1.0")))
		return refuse(reading, 400, "the version is not HTTP/1.0 or HTTP/1.1");
	head->path = text_cut(&target, '?');
	head->query = target;
	return 0;
}

static int take_host(struct reading *reading, struct text value)
{
	if (!text_absent(reading->head->host))
		return refuse(reading, 400, "more than one Host");
	if (!made_of(value, HOST))
		return refuse(reading, 400, "Host is not a name or address with an optional port");
	reading->head->host = value;
	return 0;
}

static int take_content_length(struct reading *reading, struct text value)
{
	if (reading->head->content_length >= 0)
		return refuse(reading, 400, "more than one Content-Length");
	if (value.n == 0 || value.n > 19)
		return refuse(reading, 400, "Content-Length is not 1 to 19 digits");
	uint64_t length = 0; /* 19 nines fit */
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return refuse(reading, 400, "Content-Length is not 1 to 19 digits");
		length = length * 10 + (uint64_t)(value.p[i] - '0');
	}
	reading->head->content_length = length > INT64_MAX ? INT64_MAX : (int64_t)length;
	return 0;
}

static int take_transfer_encoding(struct reading *reading, struct text value)
{
	reading->transfer_encodings++;
	reading->chunked = text_equal_nocase(value, TEXT("chunked"));
	return 0;
}

static int take_connection(struct reading *reading, struct text value)
{
	while (!text_absent(value)) {
		const struct text option = text_trim(text_cut(&value, ','));
		reading->close |= text_equal_nocase(option, TEXT("close"));
		reading->persist |= text_equal_nocase(option, TEXT("keep-alive"));
	}
	return 0;
}

static int take_expect(struct reading *reading, struct text value)
{
	reading->head->expect_continue |= text_equal_nocase(value, TEXT("100-continue"));
	return 0;
}

static int read_field(struct reading *reading, struct text line)
{
	static const struct {
		struct text name;
		int (*take)(struct reading *reading, struct text value);
	} framing[] = {
		{TEXT("Host"), take_host},
		{TEXT("Expect"), take_expect},
		{TEXT("Connection"), take_connection},
		{TEXT("Content-Length"), take_content_length},
		{TEXT("Transfer-Encoding"), take_transfer_encoding},
	};
	struct head *head = reading->head;
	if (line.p[0] == ' ' || line.p[0] == '\t')
		return refuse(reading, 400, "a folded line");
	const struct text name = text_cut(&line, ':');
	if (text_absent(line) || !made_of(name, TOKEN))
		return refuse(reading, 400, "a line that is not name, colon, value");
	if (head->field_count == HEAD_FIELDS_MAX)
		return refuse(reading, 431, "too many fields");

	const struct text value = text_trim(line);
	head->fields[head->field_count++] = (struct http_field){name, value};
	for (size_t i = 0; i < COUNT(framing); i++)
		if (text_equal_nocase(name, framing[i].name))
			return framing[i].take(reading, value);
	return 0;
}

/* What the fields say together (RFC 9112 section 6): where the body ends must be beyond doubt. */
static int judge(struct reading *reading, int64_t body_max)
{
	struct head *head = reading->head;
	if (head->minor == 1 && text_absent(head->host))
		return refuse(reading, 400, "HTTP/1.1 without Host");
	if (reading->transfer_encodings > 0) {
		const bool lone = reading->transfer_encodings == 1 && reading->chunked && head->minor == 1;
		if (lone && head->content_length < 0)
			return refuse(reading, 411, "a chunked body: send Content-Length");
		return refuse(reading, 400, "Transfer-Encoding");
	}
	head->keep_alive = !reading->close && (head->minor == 1 || reading->persist);
	head->expect_continue &= head->minor == 1;
	if (head->content_length > body_max)
		return refuse(reading, 413, "the body is too large");
	return 0;
}

int head_parse(struct text found, int64_t body_max, struct head *head, const char **why_r)
{
	memset(head, 0, offsetof(struct head, fields));
	head->method = HTTP_OTHER;
	head->content_length = -1;
	struct reading reading = {.head = head};
	int status = read_request_line(&reading, next_line(&found));
	while (status == 0) {
		const struct text line = next_line(&found);
		if (line.n == 0)
			break;
		status = read_field(&reading, line);
	}
	if (status == 0)
		status = judge(&reading, body_max);
	if (status != 0)
		*why_r = reading.why;
	return status;
}
