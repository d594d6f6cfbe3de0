#include "api/api.h"

#include <stdatomic.h>

#include "api/reply.h"
#include "base/clock.h"
#include "base/enc.h"
#include "base/log.h"
#include "core/err.h"

static struct {
	const struct api_config *config;
	_Atomic uint64_t answers[6], refusals[ERR_COUNT];
} room;

/* The operation whose read transaction runs on this very thread: its end need not travel through the loop. */
static _Thread_local const struct op *running_here;

/* ---- the end of an operation ---- */

static void count(const struct op *op, int status)
{
	atomic_fetch_add_explicit(&room.answers[status / 100], 1, memory_order_relaxed);
	if (op->err != ERR_NONE)
		atomic_fetch_add_explicit(&room.refusals[op->err], 1, memory_order_relaxed);
}

struct api_stats api_stats(void)
{
	struct api_stats stats;
	for (size_t i = 0; i < COUNT(stats.answers); i++)
		stats.answers[i] = atomic_load_explicit(&room.answers[i], memory_order_relaxed);
	for (size_t i = 0; i < COUNT(stats.refusals); i++)
		stats.refusals[i] = atomic_load_explicit(&room.refusals[i], memory_order_relaxed);
	return stats;
}

/* One line per request: ids, names of rows and codes; never what a client sent, but its address and the method. */
static void log_request(const struct op *op, int status, const char *why)
{
	struct log_line line;
	char ip[IP_TEXT_SIZE];
	const struct err_info *info = op->err != ERR_NONE ? err_info(op->err) : NULL;
	ip_write(op->client, ip);
	log_begin(&line, info && info->fault ? LOG_ERROR : LOG_INFO, "request");
	log_string(&line, "request_id", op->request_id);
	log_text(&line, "method", op->request->method_name);
	log_string(&line, "route", op->endpoint ? op->endpoint->path : "");
	log_int(&line, "status", status);
	if (info)
		log_string(&line, "error", info->name);
	if (why)
		log_string(&line, "why", why);
	log_string(&line, "ip", ip);
	log_int(&line, "ms", clock_ticks() - op->request->began);
	log_end(&line);
}

/* Answers op's request and gives both up. */
static void respond(struct op *op, struct http_answer answer)
{
	http_respond(op->request, &answer);
}

static void finish(struct op *op)
{
	const struct action *action = op->endpoint ? op->endpoint->action : NULL;
	int status = reply_status(op, action);
	op_committed(op);
	log_request(op, status, NULL);
	count(op, status);
	respond(op, reply_answer(op, action));
}

static void refuse(struct op *op, enum err err)
{
	op->err = err;
	finish(op);
}

/* ---- the store ---- */

static struct op *op_of_work(struct db_work *work)
{
	return CONTAINER(work, struct op, work);
}

static enum db_verdict run(struct db_work *work, struct db_tx *tx)
{
	struct op *op = op_of_work(work);
	op->tx = tx;
	op->hooks = NULL;
	op->extra_count = 0;
	op->status = 0;
	op->err = gate_live(op);
	if (op->err == ERR_NONE)
		op->err = op->endpoint->action->run(op, op->body);
	op->tx = NULL;
	return op->err != ERR_NONE && err_info(op->err)->fault ? DB_UNDO : DB_KEEP;
}

/* What became of the transaction, on the thread that decided it. */
static void settle(struct op *op, enum db_outcome outcome)
{
	if (outcome == DB_UNKNOWN && op->endpoint->action->lost)
		op->endpoint->action->lost(op);
	if (outcome == DB_FAILED || outcome == DB_UNKNOWN)
		op->err = ERR_SERVICE_UNAVAILABLE;
	if (op->err != ERR_NONE && err_info(op->err)->fault) {
		op->extra_count = 0;
		op->retry_ms = 1000;
	}
	if (outcome != DB_COMMITTED)
		op->hooks = NULL;
}

static void finish_on_loop(struct loop_task *task)
{
	finish(CONTAINER(task, struct op, task));
}

static void after(struct db_work *work, enum db_outcome outcome)
{
	struct op *op = op_of_work(work);
	settle(op, outcome);
	op->task.fn = finish_on_loop;
	if (running_here == op)
		finish(op);
	else
		loop_post(op->request->loop, &op->task);
}

/* Without a transaction: done here and now. */
static void run_storeless(struct op *op)
{
	op->err = op->endpoint->action->run(op, op->body);
	finish(op);
}

static void submit(struct op *op)
{
	if (op->endpoint->store == NO_STORE) {
		run_storeless(op);
		return;
	}
	struct db *db = room.config->house->db;
	op->work = (struct db_work){.run = run, .after = after, .arena = op->arena};
	running_here = op->endpoint->store == READ ? op : NULL;
	int failed = op->endpoint->store == READ ? db_submit_read(db, &op->work) : db_submit(db, &op->work);
	running_here = NULL;
	if (failed) {
		op->retry_ms = 1000;
		refuse(op, ERR_SERVICE_UNAVAILABLE);
	}
}

/* ---- the way in ---- */

static struct op *new_op(struct http_request *request)
{
	struct op *op = op_new(request->arena);
	op->request = request;
	request->user = op;
	gate_client(op);
	return op;
}

static void answer_document(struct op *op, const struct route *route)
{
	struct document document = {0};
	op->err = route->document(op, &document);
	if (op->err != ERR_NONE) {
		finish(op);
		return;
	}
	count(op, document.status ? document.status : 200);
	respond(op, reply_answer_document(op, &document));
}

static void answer_preflight(struct op *op)
{
	enum err err = gate_preflight(op);
	if (err != ERR_NONE) {
		refuse(op, err);
		return;
	}
	count(op, 204);
	respond(op, reply_answer_preflight(op));
}

/* Nothing is there for such a request; a page of an app that may call us gets to read so. */
static void refuse_unrouted(struct op *op, enum err err, bool is_page)
{
	if (!is_page)
		(void)gate_preflight(op);
	refuse(op, err);
}

static void take_request(void *context, struct http_request *request)
{
	struct op *op = new_op(request);
	struct route route;
	enum err err = router_find(op->arena, request, &route);
	op->allow = route.allow;
	if (!route.any_host && gate_host(op) != ERR_NONE)
		refuse(op, ERR_MISDIRECTED_REQUEST);
	else if (err == ERR_METHOD_NOT_ALLOWED && request->method == HTTP_OPTIONS && !route.document && !route.is_page)
		answer_preflight(op);
	else if (err != ERR_NONE)
		refuse_unrouted(op, err, route.is_page);
	else if (route.document)
		answer_document(op, &route);
	else {
		op->endpoint = route.endpoint;
		err = gate_pass(op, route.params);
		if (err != ERR_NONE)
			refuse(op, err);
		else
			submit(op);
	}
}

/* The edge refuses by status; the envelope wants a code. */
static enum err err_of_status(int status)
{
	switch (status) {
	case 408: return ERR_REQUEST_TIMEOUT;
	case 411: return ERR_LENGTH_REQUIRED;
	case 413: return ERR_PAYLOAD_TOO_LARGE;
	case 431: return ERR_HEADERS_TOO_LARGE;
	case 503: return ERR_SERVICE_UNAVAILABLE;
	default: return ERR_BAD_REQUEST;
	}
}

static void take_refusal(void *context, struct http_request *request, int status, const char *why)
{
	struct op *op = new_op(request);
	op->err = err_of_status(status);
	op->retry_ms = 1000;
	(void)gate_preflight(op);
	log_request(op, err_info(op->err)->status, why);
	count(op, status);
	respond(op, reply_answer(op, NULL));
}

void api_start(const struct api_config *config)
{
	room.config = config;
	router_start(settings_now()->dev);
	gate_start(config->house, &config->callers);
	reply_start(config->house->public_url);
}

const struct http_handler *api_handler(void)
{
	static const struct http_handler HANDLER = {take_request, take_refusal, NULL};
	return &HANDLER;
}

/* ---- without a server ---- */

static enum db_verdict run_local(void *context, struct db_tx *tx)
{
	struct op *op = context;
	return run(&op->work, tx);
}

struct text api_local_authorization(struct arena *arena, const struct api_local *request)
{
	struct buf out;
	if (text_absent(request->app_id))
		return TEXT_NONE;
	struct text pair = arena_printf(arena, "%.*s:", TEXT_ARG(request->app_id));
	buf_init(&out, arena, 80);
	buf_add(&out, TEXT("Basic "));
	enc_base64_add(&out, pair.p, pair.n);
	return buf_text(&out);
}

int api_run_local(struct arena *arena, const struct api_local *asked, struct text *answer_r)
{
	struct http_field fields[2];
	struct http_request request = {.arena = arena,
		.method = asked->method,
		.path = asked->path,
		.query = asked->query,
		.body = asked->body,
		.fields = fields,
		.local = true};
	if (asked->body.n)
		fields[request.field_count++] = (struct http_field){TEXT("Content-Type"), TEXT("application/json")};
	if (!text_absent(asked->app_id))
		fields[request.field_count++] =
			(struct http_field){TEXT("Authorization"), api_local_authorization(arena, asked)};
	struct op *op = new_op(&request);
	struct route route;
	op->err = router_find(arena, &request, &route);
	op->endpoint = route.endpoint;
	if (op->err == ERR_NONE)
		op->err = gate_pass(op, route.params);
	if (op->err == ERR_NONE)
		settle(op, db_run_in(room.config->house->db, arena, run_local, op));
	op_committed(op);
	const struct action *action = route.endpoint ? route.endpoint->action : NULL;
	*answer_r = reply_body(op, action);
	return reply_status(op, action);
}
