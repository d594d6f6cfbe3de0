/* A loop's end: what its sockets are still owed is not lost. */
#include "../check.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <unistd.h>

#include "net/loop.h"

struct ending {
	struct loop loop;
	struct loop_task task;
	struct bufferevent *io;
	bool called;
};

static void on_input(struct bufferevent *io, void *context)
{
	struct ending *ending = context;
	ending->called = true;
}

/* A callback that libevent puts off holds a reference to its socket until it was made. */
static void put_off_and_exit(struct loop_task *task)
{
	struct ending *ending = CONTAINER(task, struct ending, task);
	ending->io = bufferevent_socket_new(ending->loop.base, -1, 0);
	bufferevent_setcb(ending->io, on_input, NULL, NULL, ending);
	bufferevent_trigger(ending->io, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
	loop_exit(&ending->loop);
}

static void what_was_put_off_is_done_before_a_loop_ends(void **state)
{
	struct ending ending = {.task = {.fn = put_off_and_exit}};
	assert_int_equal(loop_init(&ending.loop), 0);
	assert_int_equal(loop_start(&ending.loop), 0);
	loop_post(&ending.loop, &ending.task);
	loop_join(&ending.loop);
	assert_true(ending.called);
	bufferevent_free(ending.io);
	loop_done(&ending.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_put_off_is_done_before_a_loop_ends)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
