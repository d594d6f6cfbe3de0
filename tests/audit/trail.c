#include "trail.h"

enum { PER_OPERATION = 200 };

const struct uuid TRAIL_NOBODY = {{0}};

struct said {
	struct event event;
	int count;
};

static enum err record(struct op *op, void *context)
{
	const struct said *said = context;
	const int64_t now = op->now;
	for (int i = 0; i < said->count; i++) {
		op->now = now + i;
		TRY(event_record(op, &said->event));
	}
	return ERR_NONE;
}

/* A few hundred in one operation: on PostgreSQL it has its time. */
static void say(struct test_house *house, const struct event *event, int count)
{
	for (int left = count; left > 0; left -= PER_OPERATION) {
		struct said said = {*event, left < PER_OPERATION ? left : PER_OPERATION};
		assert_int_equal(house_run(house, house_op(house), record, &said), ERR_NONE);
		house->now += said.count;
	}
}

/* The app's chain begins with it. */
static int start(void **state)
{
	struct test_house *house = *state;
	if (!house->store->url[0])
		return 0;
	assert_int_equal(app_start(&house->house), 0);
	audit_start(&house->house);
	say(house, &(struct event){.type = EVENT_APP_CREATED, .app_id = house->app_id}, 1);
	return 0;
}

int trail_on_sqlite(void **state)
{
	return house_on_sqlite(state) || start(state);
}

int trail_on_postgres(void **state)
{
	return house_on_postgres(state) || start(state);
}

int trail_remove(void **state)
{
	if (((struct test_house *)*state)->store->url[0])
		app_stop();
	return house_remove(state);
}

void trail_record(struct test_house *house, struct uuid user_id, const char *contact, int count)
{
	const struct event event = {.type = uuid_is_nil(user_id) ? EVENT_OTP_SENT : EVENT_SESSION_STARTED,
		.app_id = house->app_id,
		.user_id = user_id,
		.contact = text_of(contact),
		.detail = TEXT("{\"amr\":\"otp-email\"}")};
	say(house, &event, count);
}

void trail_record_in(struct test_house *house, struct uuid app_id, int count)
{
	say(house, &(struct event){.type = EVENT_APP_CHANGED, .app_id = app_id}, count);
}

struct forgetting {
	struct uuid app_id, user_id;
	struct text contact;
};

static enum err forget(struct op *op, void *context)
{
	const struct forgetting *whom = context;
	return event_forget(op, whom->app_id, whom->user_id, &whom->contact, 1);
}

void trail_forget(struct test_house *house, struct uuid user_id, const char *contact)
{
	struct forgetting whom = {house->app_id, user_id, text_of(contact)};
	assert_int_equal(house_run(house, house_op(house), forget, &whom), ERR_NONE);
}
