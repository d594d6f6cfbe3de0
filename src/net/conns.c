#include <event2/event.h>
#include <unistd.h>
#include <utlist.h>

#include "net/conn.h"

#define SWEEP_MS 250
/* Above the cap so many may be told 503 at a time; the rest is reset. */
#define OVER_CAP_MAX 256
/* A stopping server's patience with idle connections, and with everything else together. */
#define GRACE_MS 500
#define FINISH_MS 8000

/* ---- requests ---- */

struct request *conns_new_request(struct conns *conns, struct conn *conn)
{
	struct arena *arena = conns->spare_count > 0 ? conns->spare[--conns->spare_count] : arena_new();
	struct request *request = ARENA_NEW(arena, struct request);
	request->conns = conns;
	request->conn = conn;
	request->http = (struct http_request){
		.arena = arena,
		.loop = conns->loop,
		.method = HTTP_OTHER,
		.peer = conn->peer,
		.tls = conn->tls != NULL,
		.local = conn->door.local,
		.metrics = conn->door.metrics,
		.began = conn->began,
	};
	DL_APPEND(conns->requests, request);
	return request;
}

void conns_end_request(struct request *request)
{
	struct conns *conns = request->conns;
	struct arena *arena = request->http.arena;
	DL_DELETE(conns->requests, request);
	if (conns->spare_count == CONN_SPARE_ARENAS) {
		arena_free(arena);
	} else {
		arena_clear(arena);
		conns->spare[conns->spare_count++] = arena;
	}
	conns_check_drained(conns);
}

/* ---- coming ---- */

bool conns_evict(struct conns *conns)
{
	struct conn *oldest = conns->in_phase[CONN_IDLE];
	if (oldest == NULL)
		return false;
	conns_count(&conns->evicted);
	conn_close(oldest);
	conn_advance(oldest);
	return true;
}

void conns_accept(struct conns *conns, int fd, struct ip peer, const struct conn_door *door)
{
	struct conn_rules *rules = conns->rules;
	const unsigned open = 1 + atomic_fetch_add_explicit(&rules->open, 1, memory_order_relaxed);
	const bool over_cap = open > rules->open_max && !conns_evict(conns);
	if (open > rules->open_max + OVER_CAP_MAX) {
		atomic_fetch_sub_explicit(&rules->open, 1, memory_order_relaxed);
		close(fd);
		return;
	}
	struct conn *conn = conn_new(conns, fd, peer, door);
	conns_count(&conns->accepted);
	if (over_cap)
		conn_turn_away(conn);
	conn_advance(conn);
}

/* ---- going ---- */

static void expire_first_of(struct conns *conns, enum conn_phase phase)
{
	struct conn *conn = conns->in_phase[phase];
	conn_expire(conn);
	conn_advance(conn);
}

int64_t conns_deadline(const struct conns *conns, enum conn_phase phase)
{
	const int64_t now = loop_now(), usual = now + conns->rules->phase_ms[phase];
	if (!conns->draining)
		return usual;
	const int64_t latest = phase == CONN_IDLE ? now + GRACE_MS : conns->drain_began + FINISH_MS;
	return usual < latest ? usual : latest;
}

bool conns_grace_over(const struct conns *conns)
{
	return loop_now() > conns->drain_began + GRACE_MS;
}

static void sweep(int fd, short what, void *context)
{
	struct conns *conns = context;
	const int64_t now = loop_now();
	for (enum conn_phase phase = 0; phase < CONN_PHASES; phase++)
		while (conns->in_phase[phase] != NULL && conns->in_phase[phase]->deadline <= now)
			expire_first_of(conns, phase);
	conns_check_drained(conns);
}

void conns_check_drained(struct conns *conns)
{
	if (!conns->draining)
		return;
	bool empty = conns->requests == NULL;
	for (enum conn_phase phase = 0; phase < CONN_PHASES; phase++)
		empty &= conns->in_phase[phase] == NULL;
	/* A handler that never answers does not hold up the stop for ever. */
	if (empty || loop_now() > conns->drain_began + FINISH_MS + 1000)
		loop_exit(conns->loop);
}

void conns_drain(struct conns *conns)
{
	conns->draining = true;
	conns->drain_began = loop_now();
	for (enum conn_phase phase = 0; phase < CONN_PHASES; phase++) {
		const int64_t latest = conns_deadline(conns, phase);
		struct conn *conn;
		DL_FOREACH (conns->in_phase[phase], conn)
			if (conn->deadline > latest)
				conn->deadline = latest;
	}
	conns_check_drained(conns);
}

/* ---- the set ---- */

int conns_init(struct conns *conns, struct loop *loop, struct conn_rules *rules)
{
	conns->loop = loop;
	conns->rules = rules;
	const struct timeval interval = {.tv_usec = SWEEP_MS * 1000};
	conns->sweep = event_new(loop->base, -1, EV_PERSIST, sweep, conns);
	return conns->sweep != NULL && event_add(conns->sweep, &interval) == 0 ? 0 : -1;
}

void conns_done(struct conns *conns)
{
	conns->draining = false;
	for (enum conn_phase phase = 0; phase < CONN_PHASES; phase++)
		while (conns->in_phase[phase] != NULL) {
			struct conn *conn = conns->in_phase[phase];
			conn_close(conn);
			conn_advance(conn);
		}
	while (conns->requests != NULL)
		conns_end_request(conns->requests);
	while (conns->spare_count > 0)
		arena_free(conns->spare[--conns->spare_count]);
	if (conns->sweep != NULL)
		event_free(conns->sweep);
}
