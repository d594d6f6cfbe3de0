#include "net/conn.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include "base/clock.h"

static struct evbuffer *input_of(const struct conn *conn)
{
	return bufferevent_get_input(conn->io);
}

static void enter(struct conn *conn, enum conn_phase phase)
{
	struct conns *conns = conn->conns;
	DL_DELETE(conns->in_phase[conn->phase], conn);
	conn->phase = phase;
	conn->deadline = conns_deadline(conns, phase);
	DL_APPEND(conns->in_phase[phase], conn);
}

void conn_close(struct conn *conn)
{
	conn->closed = true;
}

bool conn_is_quiet(const struct conn *conn)
{
	return evbuffer_get_length(input_of(conn)) == 0;
}

/* ---- writing ---- */

/* The socket takes most answers at once, without a turn through the loop: what it left is in parts. */
static void send_at_once(struct conn *conn, struct iovec **parts, size_t *count)
{
	const struct msghdr message = {.msg_iov = *parts, .msg_iovlen = *count};
	ssize_t sent = sendmsg(bufferevent_getfd(conn->io), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		conn_close(conn);
	while (*count > 0 && sent >= (ssize_t)(*parts)->iov_len) {
		sent -= (ssize_t)(*parts)->iov_len;
		(*parts)++;
		(*count)--;
	}
	if (*count > 0 && sent > 0) {
		(*parts)->iov_base = (char *)(*parts)->iov_base + sent;
		(*parts)->iov_len -= (size_t)sent;
	}
}

/* Sends what the socket takes now and keeps a copy of the rest. */
static void conn_send(struct conn *conn, struct iovec parts[], size_t count)
{
	struct evbuffer *output = bufferevent_get_output(conn->io);
	if (conn->tls == NULL && evbuffer_get_length(output) == 0)
		send_at_once(conn, &parts, &count);
	if (conn->closed)
		return;
	for (size_t i = 0; i < count; i++)
		MUST(evbuffer_add(output, parts[i].iov_base, parts[i].iov_len) == 0);
}

/* The last answer is out. A close with unread bytes would reset the connection and with it the answer under way, so the
 * client is told the end and then heard out for a moment. */
static void part(struct conn *conn)
{
	if (conn->eof) {
		conn_close(conn);
		return;
	}
	if (conn->tls != NULL)
		(void)SSL_shutdown(conn->tls);
	(void)shutdown(bufferevent_getfd(conn->io), SHUT_WR);
	enter(conn, CONN_LINGER);
}

static void answered(struct conn *conn)
{
	conn->seen = 0;
	if (conn->last)
		part(conn);
	else
		enter(conn, CONN_IDLE);
}

void conn_answer(struct conn *conn, struct iovec parts[], size_t count, bool last)
{
	conn->request = NULL;
	conn->last = last;
	conn_send(conn, parts, count);
	if (conn->closed)
		return;
	enter(conn, CONN_WRITING);
	if (evbuffer_get_length(bufferevent_get_output(conn->io)) == 0)
		answered(conn);
}

/* ---- requests ---- */

static void dispatch(struct conn *conn)
{
	struct conns *conns = conn->conns;
	conns_count(&conns->requested);
	enter(conn, CONN_BUSY);
	conns->rules->handler.request(conns->rules->handler.context, &conn->request->http);
}

static void refuse(struct conn *conn, int status, const char *why)
{
	struct conns *conns = conn->conns;
	if (conn->request == NULL)
		conn->request = conns_new_request(conns, conn);
	conns_count(&conns->refused);
	conn->request->refused = true;
	enter(conn, CONN_BUSY);
	const bool running = conn->running;
	conn->running = true; /* conn must outlive the handler */
	conns->rules->handler.refuse(conns->rules->handler.context, &conn->request->http, status, why);
	conn->running = running;
	MUST(conn->request == NULL);
}

static void fill(struct request *request, const struct head *head)
{
	struct http_request *http = &request->http;
	http->method = head->method;
	http->method_name = head->method_name;
	http->path = head->path;
	http->query = head->query;
	http->host = head->host;
	struct http_field *fields = arena_alloc(http->arena, head->field_count * sizeof *fields);
	memcpy(fields, head->fields, head->field_count * sizeof *fields);
	http->fields = fields;
	http->field_count = head->field_count;
	request->content_length = head->content_length;
	request->minor = head->minor;
	request->keep_alive = head->keep_alive;
}

/* A client that waits for it hears that its body is welcome, unless the body is on its way already. */
static void invite_body(struct conn *conn)
{
	char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct iovec part = {go_on, sizeof go_on - 1};
	if (conn_is_quiet(conn))
		conn_send(conn, &part, 1);
}

/* The head of size bytes is whole: moves it into request memory and reads it there. */
static void take_head(struct conn *conn, size_t size)
{
	struct request *request = conn->request = conns_new_request(conn->conns, conn);
	char *copy = arena_alloc(request->http.arena, size);
	MUST(evbuffer_remove(input_of(conn), copy, size) == (int)size);

	struct head head;
	const char *why;
	const int status = head_parse(text_bytes(copy, size), (int64_t)conn->conns->rules->body_max, &head, &why);
	fill(request, &head);
	if (status != 0) {
		refuse(conn, status, why);
		return;
	}
	enter(conn, CONN_BODY);
	if (head.expect_continue && head.content_length > 0)
		invite_body(conn);
}

static bool read_head(struct conn *conn)
{
	struct evbuffer *input = input_of(conn);
	const size_t head_max = conn->conns->rules->head_max;
	size_t n = evbuffer_get_length(input);
	if (n > head_max)
		n = head_max;
	const char *p = n > 0 ? (const char *)evbuffer_pullup(input, (ssize_t)n) : NULL;
	if (conn->seen == 0 && n > 0)
		conn->began = clock_ticks();

	const char *why;
	const int status = n > 0 ? head_find(text_bytes(p, n), head_max, &conn->seen, &why) : HEAD_MORE;
	if (status == 0) {
		take_head(conn, conn->seen);
		return true;
	}
	if (status != HEAD_MORE) {
		refuse(conn, status, why);
		return true;
	}
	if (conn->eof)
		conn_close(conn);
	else if (n > 0 && conn->phase == CONN_IDLE)
		enter(conn, CONN_HEAD);
	return false;
}

static bool read_body(struct conn *conn)
{
	struct request *request = conn->request;
	struct evbuffer *input = input_of(conn);
	if (request->content_length >= 0) {
		const size_t n = (size_t)request->content_length;
		if (evbuffer_get_length(input) < n) {
			if (conn->eof)
				conn_close(conn);
			return false;
		}
		char *body = arena_alloc(request->http.arena, n + 1);
		MUST(evbuffer_remove(input, body, n) == (int)n);
		request->http.body = text_bytes(body, n);
	}
	dispatch(conn);
	return true;
}

/* One step; false when there is nothing to do until somebody else has done something. */
static bool step(struct conn *conn)
{
	switch (conn->phase) {
	case CONN_IDLE:
	case CONN_HEAD: return !conn->handshaking && read_head(conn);
	case CONN_BODY: return read_body(conn);
	case CONN_LINGER:
		(void)evbuffer_drain(input_of(conn), SIZE_MAX);
		if (conn->eof)
			conn_close(conn);
		return false;
	case CONN_BUSY:
	case CONN_WRITING:
	case CONN_PHASES: break;
	}
	return false;
}

static void release(struct conn *conn)
{
	struct conns *conns = conn->conns;
	struct request *request = conn->request;
	if (request != NULL) {
		request->conn = NULL;
		if (conn->phase != CONN_BUSY)
			conns_end_request(request);
	}
	DL_DELETE(conns->in_phase[conn->phase], conn);
	/* After a fatal error OpenSSL wants no more calls; before the end of the handshake there is nothing to shut down. */
	if (conn->tls != NULL && !conn->handshaking && !conn->broken && conn->phase != CONN_LINGER)
		(void)SSL_shutdown(conn->tls);
	if (conn->tls != NULL)
		ERR_clear_error();
	bufferevent_free(conn->io);
	free(conn);
	atomic_fetch_sub_explicit(&conns->rules->open, 1, memory_order_relaxed);
	conns_check_drained(conns);
}

void conn_advance(struct conn *conn)
{
	if (conn->running)
		return;
	conn->running = true;
	while (!conn->closed && step(conn))
		;
	conn->running = false;
	if (conn->closed)
		release(conn);
}

void conn_turn_away(struct conn *conn)
{
	if (conn->handshaking)
		conn->over_cap = true;
	else
		refuse(conn, 503, "too many connections");
}

void conn_expire(struct conn *conn)
{
	struct conns *conns = conn->conns;
	const enum conn_phase phase = conn->phase;
	if (phase != CONN_IDLE && phase != CONN_LINGER) {
		conns_count(&conns->timeouts);
		conns->cut += conns->draining;
	}
	if (phase == CONN_BODY || (phase == CONN_HEAD && !conn->handshaking))
		refuse(conn, 408, "the request did not arrive in time");
	else
		conn_close(conn);
}

/* ---- what the socket says ---- */

static void on_input(struct bufferevent *io, void *context)
{
	conn_advance(context);
}

static void on_output_empty(struct bufferevent *io, void *context)
{
	struct conn *conn = context;
	if (conn->phase == CONN_WRITING && !conn->running)
		answered(conn);
	conn_advance(conn);
}

/* Over TLS libevent reports the end before it hands over the bytes read with it, and stops writing though the client may
 * still wait for its answer. So the end is looked at a little later, as input. */
static void on_end(struct conn *conn)
{
	struct bufferevent *io = conn->io;
	conn->eof = true;
	bufferevent_trigger(io, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
	(void)bufferevent_disable(io, EV_READ);
	(void)bufferevent_enable(io, EV_WRITE); /* writes at once, which may be all there was to do: conn may be gone */
}

static void on_event(struct bufferevent *io, short what, void *context)
{
	struct conn *conn = context;
	if (what & BEV_EVENT_CONNECTED) {
		conn->handshaking = false;
		enter(conn, CONN_IDLE);
		if (conn->over_cap)
			conn_turn_away(conn);
	} else if ((what & BEV_EVENT_EOF) && (what & BEV_EVENT_READING) && !conn->handshaking) {
		on_end(conn);
		return;
	} else { /* a failed write over TLS is also called an end */
		conn->broken = true;
		conn_close(conn);
	}
	conn_advance(conn);
}

static struct bufferevent *io_new(struct conn *conn, int fd)
{
	struct event_base *base = conn->conns->loop->base;
	if (conn->door.tls == NULL)
		return bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	conn->tls = tls_session(conn->door.tls);
	return bufferevent_openssl_socket_new(base, fd, conn->tls, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
}

struct conn *conn_new(struct conns *conns, int fd, struct ip peer, const struct conn_door *door)
{
	struct conn *conn = calloc(1, sizeof *conn);
	MUST(conn != NULL);
	conn->conns = conns;
	conn->door = *door;
	conn->peer = peer;
	conn->began = clock_ticks();
	conn->io = io_new(conn, fd);
	MUST(conn->io != NULL);
	const struct conn_rules *rules = conns->rules;
	const size_t input_max = rules->head_max > rules->body_max ? rules->head_max : rules->body_max;
	bufferevent_setwatermark(conn->io, EV_READ, 0, input_max);
	bufferevent_setcb(conn->io, on_input, on_output_empty, on_event, conn);
	conn->handshaking = door->tls != NULL;
	conn->phase = conn->handshaking ? CONN_HEAD : CONN_IDLE;
	conn->deadline = conns_deadline(conns, conn->phase);
	DL_APPEND(conns->in_phase[conn->phase], conn);
	MUST(bufferevent_enable(conn->io, EV_READ | EV_WRITE) == 0);
	return conn;
}
