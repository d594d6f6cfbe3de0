/* Sessions in a tenant: they go on while their user has a role there, and what refuses them consumes nothing. */
#include "../tenant/member.h"

#include "token/session.h"
#include "token/unanswered.h"

static struct test_house *start(void **state)
{
	struct test_house *house = house_of(state);
	refresh_start(&house->house);
	return house;
}

static int remove_all(void **state)
{
	refresh_stop();
	return house_remove(state);
}

struct begin {
	struct grant grant;
	struct session session;
};

static enum err run_begin(struct op *op, void *context)
{
	struct begin *begin = context;
	return session_begin(op, &begin->grant, &begin->session);
}

static enum err begin(struct test_house *house, const struct member *member, struct session *session_r)
{
	struct begin begin = {.grant = {.app_id = house->app_id,
				      .user_id = member->user_id,
				      .tenant_id = member->tenant_id,
				      .amr = TEXT("otp-email"),
				      .auth_time = house->now}};
	const enum err err = house_run(house, house_op(house), run_begin, &begin);
	*session_r = begin.session;
	return err;
}

/* Ada's session in a tenant where she is admin. */
static struct session ada(struct test_house *house, struct member *member_r)
{
	struct session session;
	*member_r = member_of_new_tenant(house, "ada@example.com", "admin");
	assert_int_equal(begin(house, member_r, &session), ERR_NONE);
	return session;
}

struct use {
	struct session_refresh ask;
	struct text key; /* absent: none */
	struct session session;
	char request_id[REQUEST_ID_SIZE];
};

static enum err run_refresh(struct op *op, void *context)
{
	struct use *use = context;
	memcpy(use->request_id, op->request_id, sizeof use->request_id);
	return session_refresh(op, &use->ask, &use->session);
}

static enum err refresh(struct test_house *house, struct use *use)
{
	struct op *op = house_op(house);
	op->idempotency_key = use->key;
	return house_run(house, op, run_refresh, use);
}

static struct use use_of(const struct session *session)
{
	return (struct use){.ask = {.refresh = {session->app_id, session->session_id, session->generation}}};
}

static struct use into(const struct session *session, struct uuid tenant_id)
{
	struct use use = use_of(session);
	use.ask.names_tenant = true;
	use.ask.tenant_id = tenant_id;
	return use;
}

static const struct uuid NONE = {{0}};

static void check_roles(const struct session *session, struct uuid tenant_id, const char *roles)
{
	struct text rest = *roles ? text_of(roles) : TEXT_NONE;
	assert_true(uuid_equal(session->tenant_id, tenant_id));
	for (size_t i = 0; i < session->roles.count; i++)
		assert_true(text_equal(session->roles.items[i], text_cut(&rest, ' ')));
	assert_true(text_absent(rest));
}

static int64_t live_generations(struct test_house *house)
{
	return house_int(house, "SELECT generation FROM sessions WHERE ended_at = 0");
}

/* ---- kept ---- */

static void a_session_stays_in_its_tenant_with_the_roles_of_now(void **state)
{
	struct test_house *house = start(state);
	struct member member;
	struct session session = ada(house, &member);
	check_roles(&session, member.tenant_id, "admin");
	member_gets(house, &member, "writer");
	member_gets(house, &member, "editor");
	struct use use = use_of(&session);
	assert_int_equal(refresh(house, &use), ERR_NONE);
	assert_int_equal(use.session.generation, 2);
	check_roles(&use.session, member.tenant_id, "admin editor writer");
}

static void who_lost_every_role_is_refused_and_keeps_the_token(void **state)
{
	struct test_house *house = start(state);
	struct member member;
	struct session session = ada(house, &member);
	struct use use = use_of(&session);
	member_leaves(house, &member);
	for (int i = 0; i < 3; i++)
		assert_int_equal(refresh(house, &use), ERR_TENANT_NOT_FOUND);
	assert_int_equal(live_generations(house), 1);
	member_gets(house, &member, "reader");
	assert_int_equal(refresh(house, &use), ERR_NONE);
	check_roles(&use.session, member.tenant_id, "reader");
}

static void a_deleted_tenant_is_left_by_naming_none(void **state)
{
	struct test_house *house = start(state);
	struct member member;
	struct session session = ada(house, &member);
	struct use use = use_of(&session), leave = into(&session, NONE);
	house_exec(house, "DELETE FROM tenants");
	assert_int_equal(refresh(house, &use), ERR_TENANT_NOT_FOUND);
	assert_int_equal(refresh(house, &leave), ERR_NONE);
	assert_int_equal(leave.session.generation, 2);
	check_roles(&leave.session, NONE, "");
	use = use_of(&leave.session);
	assert_int_equal(refresh(house, &use), ERR_NONE);
	check_roles(&use.session, NONE, "");
}

static void nobody_signs_in_to_a_tenant_without_a_role(void **state)
{
	struct test_house *house = start(state);
	const struct member member = member_of_new_tenant(house, "ada@example.com", NULL);
	struct session session;
	assert_int_equal(begin(house, &member, &session), ERR_SERVICE_UNAVAILABLE);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions"), 0);
}

/* ---- switched ---- */

static void a_refresh_moves_into_another_tenant_and_stays_there(void **state)
{
	struct test_house *house = start(state);
	struct member here, there = member_of_new_tenant(house, "ada@example.com", "reader");
	struct session session = ada(house, &here);
	struct use use = into(&session, there.tenant_id);
	assert_int_equal(refresh(house, &use), ERR_NONE);
	assert_int_equal(use.session.generation, 2);
	assert_int_equal(use.session.auth_time, session.auth_time);
	check_roles(&use.session, there.tenant_id, "reader");
	use = use_of(&use.session);
	assert_int_equal(refresh(house, &use), ERR_NONE);
	check_roles(&use.session, there.tenant_id, "reader");
}

static void a_tenant_of_others_consumes_nothing(void **state)
{
	struct test_house *house = start(state);
	struct member here, theirs = member_of_new_tenant(house, "bob@example.com", "admin");
	struct session session = ada(house, &here);
	struct use use = into(&session, theirs.tenant_id);
	assert_int_equal(refresh(house, &use), ERR_TENANT_NOT_FOUND);
	use = into(&session, uuid_new(1));
	assert_int_equal(refresh(house, &use), ERR_TENANT_NOT_FOUND);
	assert_int_equal(live_generations(house), 1);
	use = use_of(&session);
	assert_int_equal(refresh(house, &use), ERR_NONE);
	use = into(&session, here.tenant_id);
	assert_int_equal(refresh(house, &use), ERR_TOKEN_REUSE);
}

/* ---- asked again ---- */

static void a_repeat_answers_the_same_successor_with_the_roles_of_now(void **state)
{
	struct test_house *house = start(state);
	struct member here, there = member_of_new_tenant(house, "ada@example.com", "reader");
	struct session session = ada(house, &here);
	struct use use = into(&session, there.tenant_id);
	use.key = TEXT("K");
	use.ask.body = TEXT("{there}");
	assert_int_equal(refresh(house, &use), ERR_NONE);
	member_gets(house, &there, "writer");
	assert_int_equal(refresh(house, &use), ERR_NONE);
	assert_int_equal(use.session.generation, 2);
	check_roles(&use.session, there.tenant_id, "reader writer");
	/* it rotated: who refused it now would lock its client out */
	member_leaves(house, &there);
	assert_int_equal(refresh(house, &use), ERR_NONE);
	assert_int_equal(use.session.generation, 2);
	check_roles(&use.session, there.tenant_id, "");
	use.ask.body = TEXT("{elsewhere}");
	assert_int_equal(refresh(house, &use), ERR_IDEMPOTENCY_KEY_REUSED);
}

static void a_client_that_was_not_heard_may_ask_for_another_tenant(void **state)
{
	struct test_house *house = start(state);
	struct member here, there = member_of_new_tenant(house, "ada@example.com", "reader");
	struct session session = ada(house, &here);
	struct use first = use_of(&session), second = into(&session, there.tenant_id),
		   foreign = into(&session, uuid_new(1));
	assert_int_equal(refresh(house, &first), ERR_NONE);
	unanswered_add(first.request_id, house->now);
	assert_int_equal(refresh(house, &foreign), ERR_TENANT_NOT_FOUND);
	assert_int_equal(refresh(house, &second), ERR_NONE);
	assert_int_equal(second.session.generation, 2);
	check_roles(&second.session, there.tenant_id, "reader");
	assert_int_equal(live_generations(house), 2);
	struct use next = use_of(&second.session);
	assert_int_equal(refresh(house, &next), ERR_NONE);
	check_roles(&next.session, there.tenant_id, "reader");
}

#define CASE(test)                                                                                                     \
	{#test " (sqlite)", test, house_on_sqlite, remove_all, NULL},                                                  \
	{                                                                                                              \
#test " (postgres)", test, house_on_postgres, remove_all, NULL                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_session_stays_in_its_tenant_with_the_roles_of_now),
		CASE(who_lost_every_role_is_refused_and_keeps_the_token),
		CASE(a_deleted_tenant_is_left_by_naming_none),
		CASE(nobody_signs_in_to_a_tenant_without_a_role),
		CASE(a_refresh_moves_into_another_tenant_and_stays_there),
		CASE(a_tenant_of_others_consumes_nothing),
		CASE(a_repeat_answers_the_same_successor_with_the_roles_of_now),
		CASE(a_client_that_was_not_heard_may_ask_for_another_tenant),
	};
	return cmocka_run_group_tests_name("session_tenant", tests, NULL, NULL);
}
