/* What is shown when an operation ended: what its run foresaw, or that it failed. */
#include "../check.h"

#include "page/view.h"

static const struct house HOUSE = {.master = {1}};
static struct http_request request;

static int start(void **state)
{
	const char *why = NULL;
	if (template_start("", &why) != 0)
		fail_msg("%s", why);
	flow_start(&HOUSE);
	view_start();
	request = (struct http_request){0};
	return check_new_arena(state);
}

static int stop(void **state)
{
	flow_stop();
	template_stop();
	return check_free_arena(state);
}
#define WITH_PAGES(test) cmocka_unit_test_setup_teardown(test, start, stop)

static struct op *an_op(struct arena *arena)
{
	struct op *op = op_new(arena);
	op->request = &request;
	return op;
}

static bool shows(const struct document *document, const char *what)
{
	return strstr(document->body.p, what) != NULL;
}

/* A sign-in that is done: the way to the app, and another flow. */
static struct view *a_way_on(struct op *op)
{
	struct view *view = view_new(op);
	(void)view_show(view, TEMPLATE_page_on, ERR_NONE);
	view_put(view, "url", TEXT("https://app.example/cb?code=kwx_SECRET"));
	view->renews_flow = true;
	return view;
}

static void what_was_foreseen_is_shown(void **state)
{
	struct op *op = an_op(*state);
	struct document document = {0};
	const struct flow before = a_way_on(op)->flow;
	view_page(op, &document);
	assert_true(shows(&document, "kwx_SECRET"));
	assert_false(text_absent(document.cookie));
	const struct view *view = op->result;
	assert_memory_not_equal(view->flow.secret, before.secret, FLOW_SIZE);
}

static void what_a_failed_commit_took_back_is_not_shown(void **state)
{
	struct op *op = an_op(*state);
	struct document document = {0};
	(void)a_way_on(op);
	op->err = ERR_SERVICE_UNAVAILABLE;
	op->retry_ms = 1000;
	view_page(op, &document);
	assert_false(shows(&document, "kwx_SECRET"));
	assert_true(shows(&document, "SERVICE_UNAVAILABLE"));
	assert_true(text_absent(document.cookie));
}

static void a_refusal_before_the_run_has_a_page_too(void **state)
{
	struct op *op = an_op(*state);
	struct document document = {0};
	op->err = ERR_UNSUPPORTED_MEDIA_TYPE;
	view_page(op, &document);
	assert_true(shows(&document, "UNSUPPORTED_MEDIA_TYPE"));
	assert_true(text_absent(document.cookie));
}

static void a_refusal_can_have_a_page_of_its_own(void **state)
{
	struct op *op = an_op(*state);
	struct document document = {0};
	op->err = view_show(view_new(op), TEMPLATE_page_signin, ERR_VALIDATION_ERROR);
	view_put(op->result, "bad", TEXT("Look again."));
	view_page(op, &document);
	assert_true(shows(&document, "Look again."));
	assert_false(text_absent(document.cookie));
}

static void values_are_text_whatever_they_hold(void **state)
{
	struct op *op = an_op(*state);
	struct document document = {0};
	(void)view_show(view_new(op), TEMPLATE_page_signin, ERR_NONE);
	view_put(op->result, "contact", TEXT("\"><svg onload=alert(1)>"));
	view_put(op->result, "state", TEXT("</form><form action=//evil.example>"));
	view_page(op, &document);
	assert_false(shows(&document, "<svg") || shows(&document, "<form action=//"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAGES(what_was_foreseen_is_shown),
		WITH_PAGES(what_a_failed_commit_took_back_is_not_shown),
		WITH_PAGES(a_refusal_before_the_run_has_a_page_too),
		WITH_PAGES(a_refusal_can_have_a_page_of_its_own),
		WITH_PAGES(values_are_text_whatever_they_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
