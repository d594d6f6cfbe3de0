#include "net/http.h"

#include <stdio.h>

#include "base/num.h"
#include "net/conn.h"

struct text http_field(const struct http_request *request, const char *name)
{
	const struct text wanted = text_of(name);
	for (size_t i = 0; i < request->field_count; i++)
		if (text_equal_nocase(request->fields[i].name, wanted))
			return request->fields[i].value;
	return TEXT_NONE;
}

/* RFC 9110 section 15, RFC 6585: what an API answers. */
static const struct {
	int status;
	struct text line;
} status_lines[] = {
	{200, TEXT("HTTP/1.1 200 OK\r\n")},
	{201, TEXT("HTTP/1.1 201 Created\r\n")},
	{202, TEXT("HTTP/1.1 202 Accepted\r\n")},
	{204, TEXT("HTTP/1.1 204 No Content\r\n")},
	{301, TEXT("HTTP/1.1 301 Moved Permanently\r\n")},
	{302, TEXT("HTTP/1.1 302 Found\r\n")},
	{303, TEXT("HTTP/1.1 303 See Other\r\n")},
	{304, TEXT("HTTP/1.1 304 Not Modified\r\n")},
	{307, TEXT("HTTP/1.1 307 Temporary Redirect\r\n")},
	{308, TEXT("HTTP/1.1 308 Permanent Redirect\r\n")},
	{400, TEXT("HTTP/1.1 400 Bad Request\r\n")},
	{401, TEXT("HTTP/1.1 401 Unauthorized\r\n")},
	{402, TEXT("HTTP/1.1 402 Payment Required\r\n")},
	{403, TEXT("HTTP/1.1 403 Forbidden\r\n")},
	{404, TEXT("HTTP/1.1 404 Not Found\r\n")},
	{405, TEXT("HTTP/1.1 405 Method Not Allowed\r\n")},
	{406, TEXT("HTTP/1.1 406 Not Acceptable\r\n")},
	{408, TEXT("HTTP/1.1 408 Request Timeout\r\n")},
	{409, TEXT("HTTP/1.1 409 Conflict\r\n")},
	{410, TEXT("HTTP/1.1 410 Gone\r\n")},
	{411, TEXT("HTTP/1.1 411 Length Required\r\n")},
	{412, TEXT("HTTP/1.1 412 Precondition Failed\r\n")},
	{413, TEXT("HTTP/1.1 413 Content Too Large\r\n")},
	{415, TEXT("HTTP/1.1 415 Unsupported Media Type\r\n")},
	{421, TEXT("HTTP/1.1 421 Misdirected Request\r\n")},
	{422, TEXT("HTTP/1.1 422 Unprocessable Content\r\n")},
	{423, TEXT("HTTP/1.1 423 Locked\r\n")},
	{426, TEXT("HTTP/1.1 426 Upgrade Required\r\n")},
	{428, TEXT("HTTP/1.1 428 Precondition Required\r\n")},
	{429, TEXT("HTTP/1.1 429 Too Many Requests\r\n")},
	{431, TEXT("HTTP/1.1 431 Request Header Fields Too Large\r\n")},
	{500, TEXT("HTTP/1.1 500 Internal Server Error\r\n")},
	{501, TEXT("HTTP/1.1 501 Not Implemented\r\n")},
	{502, TEXT("HTTP/1.1 502 Bad Gateway\r\n")},
	{503, TEXT("HTTP/1.1 503 Service Unavailable\r\n")},
	{504, TEXT("HTTP/1.1 504 Gateway Timeout\r\n")},
};

static struct text status_line(int status)
{
	for (size_t i = 0; i < COUNT(status_lines); i++)
		if (status_lines[i].status == status)
			return status_lines[i].line;
	static _Thread_local char line[24];
	MUST(status >= 200 && status <= 599);
	return text_bytes(line, (size_t)snprintf(line, sizeof line, "HTTP/1.1 %d \r\n", status));
}

/* Nothing may follow this answer. A stopping server still answers what has come already, for a while. */
static bool is_last(const struct request *request, const struct http_answer *answer)
{
	if (request->refused || answer->close || !request->keep_alive)
		return true;
	return request->conns->draining && (conn_is_quiet(request->conn) || conns_grace_over(request->conns));
}

static struct iovec part(struct text t)
{
	return (struct iovec){(char *)t.p, t.n};
}

/* Content-Length, Connection and the empty line. */
static struct text framing(const struct request *request, size_t length, bool last, char out[static 80])
{
	static const struct text name = TEXT("Content-Length: "), close = TEXT("\r\nConnection: close\r\n\r\n"),
				 persist = TEXT("\r\nConnection: keep-alive\r\n\r\n"), end = TEXT("\r\n\r\n");
	const struct text tail = last ? close : request->minor == 0 ? persist : end;
	memcpy(out, name.p, name.n);
	size_t n = name.n;
	n += num_write((int64_t)length, out + n);
	memcpy(out + n, tail.p, tail.n);
	return text_bytes(out, n + tail.n);
}

static void write_answer(struct request *request, const struct http_answer *answer)
{
	const bool bodiless = answer->status == 204 || answer->status == 304; /* RFC 9110 section 8.6 */
	const bool last = is_last(request, answer);
	char buffer[80];
	struct text frame = framing(request, answer->body.n, last, buffer);
	if (bodiless)
		frame = last ? TEXT("Connection: close\r\n\r\n") : TEXT("\r\n");

	struct iovec parts[] = {
		part(status_line(answer->status)), part(answer->headers), part(frame), part(answer->body)};
	const bool with_body = !bodiless && request->http.method != HTTP_HEAD;
	conn_answer(request->conn, parts, with_body ? COUNT(parts) : COUNT(parts) - 1, last);
}

void http_respond(struct http_request *http, const struct http_answer *answer)
{
	struct request *request = CONTAINER(http, struct request, http);
	struct conn *conn = request->conn;
	if (conn != NULL)
		write_answer(request, answer);
	conns_end_request(request);
	if (conn != NULL)
		conn_advance(conn);
}
