#include "echo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <utlist.h>

#include "base/buf.h"

/* In the memory of the request that it will answer: both live until then, whatever the client does. */
struct slow_answer {
	struct loop_task task;
	struct echo *echo;
	struct http_request *request;
	struct slow_answer *next;
};

static void answer(struct echo *echo, struct http_request *request, struct http_answer what)
{
	atomic_fetch_add(&echo->answered, 1);
	http_respond(request, &what);
}

static struct text or_dash(struct text t)
{
	return text_absent(t) ? TEXT("-") : t;
}

static void answer_echo(struct echo *echo, struct http_request *request, struct http_answer what)
{
	struct buf body;
	buf_init(&body, request->arena, 64 + request->body.n);
	buf_add(&body, request->method_name);
	buf_add_char(&body, ' ');
	buf_add(&body, request->path);
	buf_add_char(&body, ' ');
	buf_add(&body, or_dash(request->query));
	buf_add_char(&body, ' ');
	buf_add(&body, or_dash(request->body));
	what.headers = TEXT("Content-Type: text/plain\r\n");
	what.body = buf_text(&body);
	answer(echo, request, what);
}

static void run_slow(struct loop_task *task)
{
	struct slow_answer *slow = CONTAINER(task, struct slow_answer, task);
	answer_echo(slow->echo, slow->request, (struct http_answer){.status = 200});
}

static void put_off(struct echo *echo, struct http_request *request, bool silent)
{
	struct slow_answer *slow = ARENA_NEW(request->arena, struct slow_answer);
	slow->echo = echo;
	slow->request = request;
	slow->task.fn = run_slow;
	pthread_mutex_lock(&echo->mutex);
	if (silent)
		LL_APPEND(echo->silent, slow);
	else
		LL_APPEND(echo->slow, slow);
	pthread_cond_signal(&echo->changed);
	pthread_mutex_unlock(&echo->mutex);
}

static void post_all(struct slow_answer *slow)
{
	while (slow != NULL) {
		struct slow_answer *next = slow->next;
		loop_post(slow->request->loop, &slow->task);
		slow = next;
	}
}

static void *answer_slowly(void *context)
{
	struct echo *echo = context;
	pthread_mutex_lock(&echo->mutex);
	while (!echo->stopping) {
		struct slow_answer *slow = echo->slow;
		echo->slow = NULL;
		pthread_mutex_unlock(&echo->mutex);
		usleep(1000);
		post_all(slow);
		pthread_mutex_lock(&echo->mutex);
		while (echo->slow == NULL && !echo->stopping)
			pthread_cond_wait(&echo->changed, &echo->mutex);
	}
	pthread_mutex_unlock(&echo->mutex);
	return NULL;
}

static void on_request(void *context, struct http_request *request)
{
	struct echo *echo = context;
	static char large[ECHO_LARGE];
	atomic_fetch_add(&echo->handed_out, 1);
	if (text_starts(request->path, TEXT("/slow")))
		put_off(echo, request, false);
	else if (text_equal(request->path, TEXT("/silent")))
		put_off(echo, request, true);
	else if (text_equal(request->path, TEXT("/none")))
		answer(echo, request, (struct http_answer){.status = 204});
	else if (text_equal(request->path, TEXT("/large")))
		answer(echo, request, (struct http_answer){.status = 200, .body = text_bytes(large, sizeof large)});
	else
		answer_echo(echo, request,
			(struct http_answer){.status = 200, .close = text_equal(request->path, TEXT("/last"))});
}

static void on_refusal(void *context, struct http_request *request, int status, const char *why)
{
	const struct http_answer what = {.status = status, .body = text_of(why)};
	http_respond(request, &what);
}

static int or_minutes(int ms)
{
	return ms != 0 ? ms : 300000;
}

void echo_start(struct echo *echo, struct server_config config)
{
	memset(echo, 0, sizeof *echo);
	pthread_mutex_init(&echo->mutex, NULL);
	pthread_cond_init(&echo->changed, NULL);
	config.listen = config.listen != NULL ? config.listen : "127.0.0.1:0";
	config.head_ms = or_minutes(config.head_ms);
	config.body_ms = or_minutes(config.body_ms);
	config.busy_ms = or_minutes(config.busy_ms);
	config.idle_ms = or_minutes(config.idle_ms);
	config.linger_ms = or_minutes(config.linger_ms);
	const struct http_handler handler = {on_request, on_refusal, echo};
	const char *why = NULL;
	echo->server = server_open(&config, &handler, &why);
	if (echo->server == NULL)
		fail_msg("%s", why);
	echo->port = server_port(echo->server);
	assert_int_equal(pthread_create(&echo->thread, NULL, answer_slowly, echo), 0);
	assert_int_equal(server_start(echo->server), 0);
}

void echo_release(struct echo *echo)
{
	pthread_mutex_lock(&echo->mutex);
	struct slow_answer *silent = echo->silent;
	echo->silent = NULL;
	pthread_mutex_unlock(&echo->mutex);
	post_all(silent);
}

unsigned echo_stop(struct echo *echo)
{
	echo_release(echo);
	const unsigned cut = server_stop(echo->server);
	pthread_mutex_lock(&echo->mutex);
	echo->stopping = true;
	pthread_cond_signal(&echo->changed);
	pthread_mutex_unlock(&echo->mutex);
	pthread_join(echo->thread, NULL);
	assert_int_equal(echo->handed_out, echo->answered);
	server_free(echo->server);
	pthread_cond_destroy(&echo->changed);
	pthread_mutex_destroy(&echo->mutex);
	return cut;
}
