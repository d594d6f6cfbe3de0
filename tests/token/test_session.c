/* Sessions in a real store: one row, moved on by conditional statements. */
#include "../user/house.h"

#include <pthread.h>

#include "token/session.h"
#include "token/unanswered.h"

/* ---- what the tests do ---- */

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
	struct uuid app_id, user_id;
	struct session session;
};

static enum err run_begin(struct op *op, void *context)
{
	struct begin *begin = context;
	const struct grant grant = {
		.app_id = begin->app_id, .user_id = begin->user_id, .amr = TEXT("otp-email"), .auth_time = op->now};
	return session_begin(op, &grant, &begin->session);
}

/* The first token of a new session. */
static struct refresh begin(struct test_house *house, struct uuid user_id, struct session *session_r)
{
	struct begin begin = {.app_id = house->app_id, .user_id = user_id};
	assert_int_equal(house_run(house, house_op(house), run_begin, &begin), ERR_NONE);
	if (session_r)
		*session_r = begin.session;
	return (struct refresh){begin.session.app_id, begin.session.session_id, begin.session.generation};
}

struct use {
	struct session_refresh ask;
	struct session session;
	char request_id[REQUEST_ID_SIZE];
};

static enum err run_refresh(struct op *op, void *context)
{
	struct use *use = context;
	memcpy(use->request_id, op->request_id, sizeof use->request_id);
	return session_refresh(op, &use->ask, &use->session);
}

static enum err use_with_key(struct test_house *house, struct use *use, struct text key)
{
	struct op *op = house_op(house);
	op->idempotency_key = key;
	return house_run(house, op, run_refresh, use);
}

/* Rotates: *refresh becomes its successor, when it does. */
static enum err rotate(struct test_house *house, struct refresh *refresh)
{
	struct use use = {.ask = {.refresh = *refresh}};
	const enum err err = use_with_key(house, &use, TEXT_NONE);
	if (err == ERR_NONE)
		refresh->generation = use.session.generation;
	return err;
}

struct end {
	struct refresh refresh;
	int ended;
};

static enum err run_end(struct op *op, void *context)
{
	struct end *end = context;
	return session_end(op, &end->refresh, &end->ended);
}

static enum err run_end_everywhere(struct op *op, void *context)
{
	struct end *end = context;
	return session_end_everywhere(op, &end->refresh, &end->ended);
}

static int log_out(struct test_house *house, struct refresh refresh)
{
	struct end end = {refresh, -1};
	assert_int_equal(house_run(house, house_op(house), run_end, &end), ERR_NONE);
	return end.ended;
}

static int64_t events(struct test_house *house, const char *type)
{
	return house_int(house, arena_printf(house->arena, "SELECT COUNT(*) FROM events WHERE type = '%s'", type).p);
}

static const struct uuid ADA = {{0xad, 0xa}};

/* ---- rotation (THREATS A8, E7) ---- */

static void a_session_goes_on_token_by_token(void **state)
{
	struct test_house *house = start(state);
	struct session session;
	struct use use = {.ask = {.refresh = begin(house, ADA, &session)}};
	assert_int_equal(session.generation, 1);
	assert_int_equal(session.idle_until, house->now + house->settings.token_refresh_ttl);
	assert_int_equal(session.expires_at, house->now + house->settings.token_session_ttl);
	for (uint32_t generation = 2; generation < 6; generation++) {
		house->now += 1000;
		assert_int_equal(use_with_key(house, &use, TEXT_NONE), ERR_NONE);
		assert_int_equal(use.session.generation, generation);
		assert_int_equal(use.session.idle_until, house->now + house->settings.token_refresh_ttl);
		assert_int_equal(use.session.expires_at, session.expires_at);
		assert_int_equal(use.session.auth_time, session.auth_time);
		assert_true(uuid_equal(use.session.user_id, ADA));
		assert_true(text_equal(use.session.amr, TEXT("otp-email")));
		use.ask.refresh.generation = generation;
	}
}

static void refreshing_moves_the_idle_end_but_never_past_the_absolute_one(void **state)
{
	struct test_house *house = start(state);
	struct session session;
	struct refresh refresh = begin(house, ADA, &session);
	while (house->now + 29 * 24 * 3600 * 1000LL < session.expires_at) {
		house->now += 29 * 24 * 3600 * 1000LL;
		assert_int_equal(rotate(house, &refresh), ERR_NONE);
	}
	house->now = session.expires_at - 1;
	assert_int_equal(rotate(house, &refresh), ERR_NONE);
	assert_int_equal(house_int(house, "SELECT idle_until FROM sessions"), session.expires_at);
	house->now = session.expires_at;
	assert_int_equal(rotate(house, &refresh), ERR_TOKEN_REVOKED);
}

static void an_idle_session_ends(void **state)
{
	struct test_house *house = start(state);
	struct session session;
	struct refresh refresh = begin(house, ADA, &session);
	house->now = session.idle_until;
	assert_int_equal(rotate(house, &refresh), ERR_TOKEN_REVOKED);
}

static void a_replayed_token_ends_the_family_and_answers_so_forever(void **state)
{
	struct test_house *house = start(state);
	const struct refresh first = begin(house, ADA, NULL);
	struct refresh second = first, replayed = first;
	assert_int_equal(rotate(house, &second), ERR_NONE);
	assert_int_equal(rotate(house, &replayed), ERR_TOKEN_REUSE);
	assert_int_equal(rotate(house, &second), ERR_TOKEN_REVOKED);
	assert_int_equal(rotate(house, &replayed), ERR_TOKEN_REUSE);
	assert_int_equal(events(house, "session.reuse"), 1);
}

static void what_became_of_the_user_or_the_row_is_told(void **state)
{
	struct test_house *house = start(state);
	struct refresh refresh = begin(house, ADA, NULL), ahead = refresh;
	ahead.generation = 7;
	assert_int_equal(rotate(house, &ahead), ERR_TOKEN_REVOKED);
	assert_int_equal(rotate(house, &refresh), ERR_NONE);
	house_exec(house, "DELETE FROM sessions");
	assert_int_equal(rotate(house, &refresh), ERR_TOKEN_INVALID);
}

/* ---- asked again (THREATS A9, A10) ---- */

static void a_lost_answer_is_given_again_to_the_same_idempotency_key(void **state)
{
	struct test_house *house = start(state);
	struct use use = {.ask = {.refresh = begin(house, ADA, NULL), .body = TEXT("{1}")}};
	assert_int_equal(use_with_key(house, &use, TEXT("K")), ERR_NONE);
	const uint32_t successor = use.session.generation;
	house->now += REFRESH_REPEAT_MS;
	assert_int_equal(use_with_key(house, &use, TEXT("K")), ERR_NONE);
	assert_int_equal(use.session.generation, successor);

	use.ask.body = TEXT("{2}");
	assert_int_equal(use_with_key(house, &use, TEXT("K")), ERR_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions WHERE ended_at = 0"), 1);

	use.ask.body = TEXT("{1}");
	assert_int_equal(use_with_key(house, &use, TEXT("K2")), ERR_TOKEN_REUSE);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions WHERE ended_at = 0"), 0);
}

static void a_repeat_is_a_replay_once_the_successor_was_used(void **state)
{
	struct test_house *house = start(state);
	struct use use = {.ask = {.refresh = begin(house, ADA, NULL)}};
	assert_int_equal(use_with_key(house, &use, TEXT("K")), ERR_NONE);
	struct refresh successor = use.ask.refresh;
	successor.generation = use.session.generation;
	assert_int_equal(rotate(house, &successor), ERR_NONE);
	assert_int_equal(use_with_key(house, &use, TEXT("K")), ERR_TOKEN_REUSE);
}

static void one_key_may_serve_every_token_of_a_family(void **state)
{
	struct test_house *house = start(state);
	struct use use = {.ask = {.refresh = begin(house, ADA, NULL)}};
	for (int i = 0; i < 3; i++) {
		assert_int_equal(use_with_key(house, &use, TEXT("always the same")), ERR_NONE);
		use.ask.refresh.generation = use.session.generation;
	}
}

static void the_grace_time_answers_the_parent_again(void **state)
{
	struct test_house *house = start(state);
	house->settings.token_refresh_grace = 10000;
	struct use use = {.ask = {.refresh = begin(house, ADA, NULL)}};
	assert_int_equal(use_with_key(house, &use, TEXT_NONE), ERR_NONE);
	house->now += 9999;
	assert_int_equal(use_with_key(house, &use, TEXT_NONE), ERR_NONE);
	assert_int_equal(use.session.generation, 2);
	house->now += 1;
	assert_int_equal(use_with_key(house, &use, TEXT_NONE), ERR_TOKEN_REUSE);
}

static void a_commit_whose_answer_was_lost_is_no_theft(void **state)
{
	struct test_house *house = start(state);
	struct use use = {.ask = {.refresh = begin(house, ADA, NULL)}};
	assert_int_equal(use_with_key(house, &use, TEXT_NONE), ERR_NONE);
	unanswered_add(use.request_id, house->now);
	assert_int_equal(use_with_key(house, &use, TEXT_NONE), ERR_NONE);
	assert_int_equal(use.session.generation, 2);
}

/* ---- ends (THREATS E5, E6) ---- */

static void any_genuine_token_logs_its_session_out(void **state)
{
	struct test_house *house = start(state);
	const struct refresh first = begin(house, ADA, NULL);
	struct refresh second = first;
	assert_int_equal(rotate(house, &second), ERR_NONE);
	assert_int_equal(log_out(house, first), 1);
	assert_int_equal(log_out(house, second), 0);
	assert_int_equal(rotate(house, &second), ERR_TOKEN_REVOKED);
	assert_int_equal(events(house, "session.ended"), 1);
	house_exec(house, "DELETE FROM sessions");
	struct end gone = {second, -1};
	assert_int_equal(house_run(house, house_op(house), run_end, &gone), ERR_TOKEN_INVALID);
}

static void everywhere_ends_all_sessions_of_that_user_only(void **state)
{
	struct test_house *house = start(state);
	struct refresh others = begin(house, (struct uuid){{1}}, NULL), phone = begin(house, ADA, NULL);
	struct end end = {begin(house, ADA, NULL), -1};
	assert_int_equal(house_run(house, house_op(house), run_end_everywhere, &end), ERR_NONE);
	assert_int_equal(end.ended, 2);
	assert_int_equal(rotate(house, &phone), ERR_TOKEN_REVOKED);
	assert_int_equal(rotate(house, &others), ERR_NONE);
	assert_int_equal(house_run(house, house_op(house), run_end_everywhere, &end), ERR_TOKEN_REVOKED);
}

static void everywhere_needs_the_current_token(void **state)
{
	struct test_house *house = start(state);
	struct refresh phone = begin(house, ADA, NULL), current;
	struct end end = {begin(house, ADA, NULL), -1};
	current = end.refresh;
	assert_int_equal(rotate(house, &current), ERR_NONE);
	assert_int_equal(house_run(house, house_op(house), run_end_everywhere, &end), ERR_TOKEN_REUSE);
	assert_int_equal(rotate(house, &phone), ERR_NONE);
}

struct live {
	struct refresh refresh;
	struct session_row row;
};

static enum err run_live(struct op *op, void *context)
{
	struct live *live = context;
	return session_live(op, live->refresh.app_id, live->refresh.session_id, &live->row);
}

static void a_session_lives_while_it_and_its_user_do(void **state)
{
	struct test_house *house = start(state);
	struct live live = {.refresh = begin(house, ADA, NULL)};
	assert_int_equal(house_run(house, house_op(house), run_live, &live), ERR_TOKEN_REVOKED);
	house_exec(house, "INSERT INTO users (app_id, user_id, email, email_spelling, created_at) "
			  "SELECT app_id, user_id, 'a@b.example', 'A@b.example', 7 FROM sessions");
	assert_int_equal(house_run(house, house_op(house), run_live, &live), ERR_NONE);
	assert_true(text_equal(live.row.user.email, TEXT("A@b.example")));
	assert_int_equal(live.row.user.created_at, 7);
	log_out(house, live.refresh);
	assert_int_equal(house_run(house, house_op(house), run_live, &live), ERR_TOKEN_REVOKED);
	house_exec(house, "UPDATE users SET deleted_at = 9");
	assert_int_equal(house_run(house, house_op(house), run_live, &live), ERR_USER_DELETED);
	assert_int_equal(rotate(house, &live.refresh), ERR_USER_DELETED);
}

/* ---- after a restore (THREATS G9) ---- */

static enum err run_void(struct op *op, void *context)
{
	return token_void(op, *(const bool *)context);
}

static void begin_epoch(struct test_house *house, bool keep_sessions)
{
	assert_int_equal(house_run(house, house_op(house), run_void, &keep_sessions), ERR_NONE);
}

static void a_new_epoch_ends_every_session(void **state)
{
	struct test_house *house = start(state);
	struct refresh current = begin(house, ADA, NULL), later = current;
	later.generation += 3;
	begin_epoch(house, false);
	assert_int_equal(rotate(house, &current), ERR_TOKEN_REVOKED);
	assert_int_equal(rotate(house, &later), ERR_TOKEN_REVOKED);
	assert_int_equal(log_out(house, current), 0);
}

static void a_kept_session_takes_a_later_token_once(void **state)
{
	struct test_house *house = start(state);
	struct refresh restored = begin(house, ADA, NULL), later = restored, even_later = restored;
	later.generation += 3;
	even_later.generation += 5;
	assert_int_equal(rotate(house, &later), ERR_TOKEN_REVOKED);
	begin_epoch(house, true);
	assert_int_equal(rotate(house, &later), ERR_NONE);
	assert_int_equal(later.generation, restored.generation + 4);
	assert_int_equal(rotate(house, &even_later), ERR_TOKEN_REVOKED);
	assert_int_equal(rotate(house, &later), ERR_NONE);
	assert_int_equal(rotate(house, &restored), ERR_TOKEN_REUSE);
	assert_int_equal(rotate(house, &later), ERR_TOKEN_REVOKED);
}

static void a_kept_session_that_is_over_stays_over(void **state)
{
	struct test_house *house = start(state);
	struct refresh ended = begin(house, ADA, NULL);
	log_out(house, ended);
	begin_epoch(house, true);
	ended.generation++;
	assert_int_equal(rotate(house, &ended), ERR_TOKEN_REVOKED);
}

static enum db_verdict prune(void *context, struct db_tx *tx)
{
	const int64_t *expired_before = context;
	return session_sql_prune(tx, *expired_before) < 0 ? DB_UNDO : DB_KEEP;
}

static void sessions_are_pruned_after_their_absolute_end(void **state)
{
	struct test_house *house = start(state);
	for (int i = 0; i < 3; i++)
		begin(house, ADA, NULL);
	int64_t end = house->now + house->settings.token_session_ttl, due = end + 1;
	house->now += 10;
	begin(house, ADA, NULL);

	assert_int_equal(db_run(house->house.db, prune, &end), DB_COMMITTED);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions"), 4);
	assert_int_equal(db_run(house->house.db, prune, &due), DB_COMMITTED);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions"), 1);
}

/* ---- races (THREATS A7, A11) ---- */

struct racer {
	struct test_house house; /* a copy with an arena of its own */
	struct refresh refresh;
	bool logs_out;
	enum err err;
	pthread_t thread;
};

static void *race(void *context)
{
	struct racer *racer = context;
	racer->err = racer->logs_out ? (log_out(&racer->house, racer->refresh), ERR_NONE)
				     : rotate(&racer->house, &racer->refresh);
	return NULL;
}

static void race_all(struct test_house *house, struct racer *racers, size_t count, struct refresh refresh)
{
	for (size_t i = 0; i < count; i++) {
		racers[i].house = *house;
		racers[i].house.arena = arena_new();
		racers[i].refresh = refresh;
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < count; i++) {
		pthread_join(racers[i].thread, NULL);
		arena_free(racers[i].house.arena);
	}
}

static void of_many_at_once_one_wins_and_the_family_ends(void **state)
{
	struct test_house *house = start(state);
	struct racer racers[32] = {0};
	struct refresh child = {0};
	size_t won = 0, reused = 0;
	race_all(house, racers, COUNT(racers), begin(house, ADA, NULL));
	for (size_t i = 0; i < COUNT(racers); i++) {
		won += racers[i].err == ERR_NONE;
		reused += racers[i].err == ERR_TOKEN_REUSE;
		if (racers[i].err == ERR_NONE)
			child = racers[i].refresh;
	}
	assert_int_equal(won, 1);
	assert_int_equal(reused, COUNT(racers) - 1);
	assert_int_equal(rotate(house, &child), ERR_TOKEN_REVOKED);
}

static void no_token_survives_a_logout_that_races_a_refresh(void **state)
{
	struct test_house *house = start(state);
	for (int round = 0; round < 50; round++) {
		struct racer racers[2] = {{.logs_out = true}};
		const struct refresh first = begin(house, ADA, NULL);
		struct refresh second = first, again = first;
		race_all(house, racers, COUNT(racers), first);
		second.generation++;
		assert_int_equal(rotate(house, &second), ERR_TOKEN_REVOKED);
		assert_int_not_equal(rotate(house, &again), ERR_NONE);
	}
}

#define CASE(test)                                                                                                     \
	{#test " (sqlite)", test, house_on_sqlite, remove_all, NULL},                                                  \
	{                                                                                                              \
#test " (postgres)", test, house_on_postgres, remove_all, NULL                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_session_goes_on_token_by_token),
		CASE(refreshing_moves_the_idle_end_but_never_past_the_absolute_one),
		CASE(an_idle_session_ends),
		CASE(a_replayed_token_ends_the_family_and_answers_so_forever),
		CASE(what_became_of_the_user_or_the_row_is_told),
		CASE(a_lost_answer_is_given_again_to_the_same_idempotency_key),
		CASE(a_repeat_is_a_replay_once_the_successor_was_used),
		CASE(one_key_may_serve_every_token_of_a_family),
		CASE(the_grace_time_answers_the_parent_again),
		CASE(a_commit_whose_answer_was_lost_is_no_theft),
		CASE(any_genuine_token_logs_its_session_out),
		CASE(everywhere_ends_all_sessions_of_that_user_only),
		CASE(everywhere_needs_the_current_token),
		CASE(a_session_lives_while_it_and_its_user_do),
		CASE(a_new_epoch_ends_every_session),
		CASE(a_kept_session_takes_a_later_token_once),
		CASE(a_kept_session_that_is_over_stays_over),
		CASE(sessions_are_pruned_after_their_absolute_end),
		CASE(of_many_at_once_one_wins_and_the_family_ends),
		CASE(no_token_survives_a_logout_that_races_a_refresh),
	};
	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
