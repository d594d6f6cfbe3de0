#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/listen.h"
#include "net/why.h"

/* Descriptors that connections leave to the rest of the process: stores, deliveries, listeners, logs. */
#define RESERVED_FDS 64
#define ACCEPTS_PER_TURN 64
#define PAUSE_MS 100
/* How long TCP handshakes that were under way when the stop began may take to reach the accept queue. */
#define FADE_MS 20

/* The public door, the metrics door, the operator's; all but the first on worker 0. */
#define LISTENERS_MAX 3

struct listener {
	struct worker *worker;
	struct conn_door door;
	int fd;
	struct event *event, *pause; /* a client waits; the pause is over */
};

struct worker {
	struct loop loop;
	struct conns conns;
	struct listener listeners[LISTENERS_MAX];
	unsigned listener_count;
	struct loop_task stop;
};

struct server {
	struct conn_rules rules;
	struct tls *tls;
	char *local_socket;
	int port, metrics_port;
	unsigned worker_count;
	struct worker *workers;
};

/* ---- accepting ---- */

static void pause_accepting(struct listener *listener)
{
	const struct timeval pause = {.tv_usec = PAUSE_MS * 1000};
	/* Out of descriptors or memory. Asked again at once, the loop would spin. */
	(void)event_del(listener->event);
	(void)event_add(listener->pause, &pause);
	(void)conns_evict(&listener->worker->conns);
}

static void on_pause_over(int fd, short what, void *context)
{
	const struct listener *listener = context;
	(void)event_add(listener->event, NULL);
}

static int accept_one(struct listener *listener)
{
	union {
		struct sockaddr any;
		struct sockaddr_storage storage;
	} address;
	socklen_t size = sizeof address;
	const int fd = accept4(listener->fd, &address.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return errno;
	const int on = 1;
	if (!listener->door.local)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	conns_accept(&listener->worker->conns, fd, ip_of(&address.any), &listener->door);
	return 0;
}

/* Accepts up to most clients; false when no more wait or can be taken. */
static bool accept_some(struct listener *listener, unsigned most)
{
	for (; most > 0; most--) {
		const int error = accept_one(listener);
		if (error == EAGAIN)
			return false;
		if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
			pause_accepting(listener);
			return false;
		}
		/* Other errors are of a client that left before it was accepted. */
	}
	return true;
}

static void on_client(int fd, short what, void *context)
{
	(void)accept_some(context, ACCEPTS_PER_TURN);
}

static void listener_close(struct listener *listener)
{
	event_free(listener->event);
	event_free(listener->pause);
	close(listener->fd);
}

static void listener_add(struct worker *worker, int fd, struct conn_door door)
{
	struct listener *listener = &worker->listeners[worker->listener_count++];
	*listener = (struct listener){.worker = worker, .door = door, .fd = fd};
	listener->event = event_new(worker->loop.base, fd, EV_READ | EV_PERSIST, on_client, listener);
	listener->pause = event_new(worker->loop.base, -1, 0, on_pause_over, listener);
	MUST(listener->event != NULL && listener->pause != NULL && event_add(listener->event, NULL) == 0);
}

/* ---- opening ---- */

static int or_default(int value, int otherwise)
{
	return value != 0 ? value : otherwise;
}

/* Makes room for wanted connections as far as the hard limit goes; returns for how many there is. */
static unsigned room_for(unsigned wanted)
{
	struct rlimit limit;
	MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	const rlim_t needed = (rlim_t)wanted + RESERVED_FDS;
	if (limit.rlim_cur < needed) {
		limit.rlim_cur = needed < limit.rlim_max ? needed : limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	}
	if (limit.rlim_cur >= needed)
		return wanted;
	return limit.rlim_cur > RESERVED_FDS ? (unsigned)limit.rlim_cur - RESERVED_FDS : 1;
}

static void set_rules(struct conn_rules *rules, const struct server_config *config, const struct http_handler *handler)
{
	rules->handler = *handler;
	rules->head_max = config->head_max != 0 ? config->head_max : 16384;
	rules->body_max = config->body_max != 0 ? config->body_max : 16384;
	rules->open_max = room_for(config->max_connections != 0 ? config->max_connections : 10000);
	rules->phase_ms[CONN_IDLE] = or_default(config->idle_ms, 60000);
	rules->phase_ms[CONN_HEAD] = or_default(config->head_ms, 10000);
	rules->phase_ms[CONN_BODY] = or_default(config->body_ms, 20000);
	rules->phase_ms[CONN_BUSY] = or_default(config->busy_ms, 30000);
	rules->phase_ms[CONN_WRITING] = or_default(config->body_ms, 20000);
	rules->phase_ms[CONN_LINGER] = or_default(config->linger_ms, 500);
}

static int make_workers(struct server *server, unsigned count, const char **why_r)
{
	server->workers = calloc(count, sizeof *server->workers);
	MUST(server->workers != NULL);
	while (server->worker_count < count) {
		struct worker *worker = &server->workers[server->worker_count++];
		if (loop_init(&worker->loop) != 0 || conns_init(&worker->conns, &worker->loop, &server->rules) != 0) {
			*why_r = "an event loop cannot be made: too few file descriptors?";
			return -1;
		}
	}
	return 0;
}

static int listen_all(struct server *server, const struct server_config *config, const char **why_r)
{
	struct worker *first = &server->workers[0];
	const struct conn_door public = {.tls = server->tls};
	int fd;
	for (unsigned i = 0; i < server->worker_count; i++) {
		TRY(listen_tcp(config->listen, &server->port, &fd, why_r));
		listener_add(&server->workers[i], fd, public);
	}
	if (config->metrics_listen != NULL) {
		TRY(listen_tcp(config->metrics_listen, &server->metrics_port, &fd, why_r));
		listener_add(first, fd, (struct conn_door){.metrics = true});
	}
	if (config->local_socket != NULL) {
		TRY(listen_local(config->local_socket, &fd, why_r));
		server->local_socket = strdup(config->local_socket);
		MUST(server->local_socket != NULL);
		listener_add(first, fd, (struct conn_door){.local = true});
	}
	return 0;
}

struct server *server_open(const struct server_config *config, const struct http_handler *handler, const char **why_r)
{
	(void)signal(SIGPIPE, SIG_IGN);
	struct server *server = calloc(1, sizeof *server);
	MUST(server != NULL);
	set_rules(&server->rules, config, handler);
	if (config->tls_cert != NULL)
		server->tls = tls_new(config->tls_cert, config->tls_key, why_r);
	if ((config->tls_cert == NULL || server->tls != NULL) &&
		make_workers(server, config->threads != 0 ? config->threads : 1, why_r) == 0 &&
		listen_all(server, config, why_r) == 0)
		return server;
	server_free(server);
	return NULL;
}

/* ---- running ---- */

int server_start(struct server *server)
{
	for (unsigned i = 0; i < server->worker_count; i++)
		if (loop_start(&server->workers[i].loop) != 0) {
			(void)server_stop(server);
			return -1;
		}
	return 0;
}

int server_port(const struct server *server)
{
	return server->port;
}

int server_metrics_port(const struct server *server)
{
	return server->metrics_port;
}

int server_reload_tls(struct server *server, const char **why_r)
{
	return server->tls != NULL ? tls_reload(server->tls, why_r) : 0;
}

struct server_stats server_stats(const struct server *server)
{
	struct server_stats stats = {.open = atomic_load_explicit(&server->rules.open, memory_order_relaxed)};
	for (unsigned i = 0; i < server->worker_count; i++) {
		const struct conns *conns = &server->workers[i].conns;
		stats.accepted += atomic_load_explicit(&conns->accepted, memory_order_relaxed);
		stats.requests += atomic_load_explicit(&conns->requested, memory_order_relaxed);
		stats.refused += atomic_load_explicit(&conns->refused, memory_order_relaxed);
		stats.timeouts += atomic_load_explicit(&conns->timeouts, memory_order_relaxed);
		stats.evicted += atomic_load_explicit(&conns->evicted, memory_order_relaxed);
	}
	return stats;
}

/* ---- stopping ---- */

static void close_listeners(struct worker *worker)
{
	while (worker->listener_count > 0)
		listener_close(&worker->listeners[--worker->listener_count]);
}

/* On the worker's thread. */
static void stop_worker(struct loop_task *task)
{
	struct worker *worker = CONTAINER(task, struct worker, stop);
	for (unsigned i = 0; i < worker->listener_count; i++)
		while (accept_some(&worker->listeners[i], ACCEPTS_PER_TURN))
			;
	close_listeners(worker);
	conns_drain(&worker->conns);
}

unsigned server_stop(struct server *server)
{
	for (unsigned i = 0; i < server->worker_count; i++)
		for (unsigned j = 0; j < server->workers[i].listener_count; j++)
			listen_fade(server->workers[i].listeners[j].fd);
	(void)poll(NULL, 0, FADE_MS);

	unsigned cut = 0;
	for (unsigned i = 0; i < server->worker_count; i++) {
		struct worker *worker = &server->workers[i];
		worker->stop.fn = stop_worker;
		if (worker->loop.running)
			loop_post(&worker->loop, &worker->stop);
	}
	for (unsigned i = 0; i < server->worker_count; i++) {
		loop_join(&server->workers[i].loop);
		cut += server->workers[i].conns.cut;
	}
	if (server->local_socket != NULL)
		(void)unlink(server->local_socket);
	return cut;
}

void server_free(struct server *server)
{
	if (server == NULL)
		return;
	for (unsigned i = 0; i < server->worker_count; i++) {
		struct worker *worker = &server->workers[i];
		close_listeners(worker);
		conns_done(&worker->conns);
		loop_done(&worker->loop);
	}
	tls_free(server->tls);
	free(server->workers);
	free(server->local_socket);
	free(server);
}
