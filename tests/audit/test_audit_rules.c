/* The pure part of verifying: what a place and an end are judged by. */
#include "../check.h"

#include "audit/audit_rules.h"

static const struct uuid APP = {{1, 2, 3, 4, 5, 6, 0x70, 7, 0x80}}, EVENT = {{9, 9}}, USER = {{7}};

/* A sound place with the number 2; its texts live in the arena. */
static struct audit_place place_of(struct arena *arena, struct text before)
{
	uint8_t *macs = arena_alloc(arena, 3 * MAC_SIZE), *subject = arena_alloc(arena, EVENT_SUBJECT_SIZE);
	struct audit_place place = {.seq = 2, .event_id = text_bytes(&EVENT, sizeof EVENT)};
	struct event_row *event = &place.event;
	*event = (struct event_row){.app_id = text_bytes(&APP, sizeof APP),
		.event_id = place.event_id,
		.at = 1800000000000,
		.type = TEXT("session.started"),
		.user_id = text_bytes(&USER, sizeof USER),
		.request_id = TEXT("req_1"),
		.ip = TEXT("192.0.2.7"),
		.salt = TEXT("0123456789abcdef")};
	event_mac_digest(event, macs);
	event->digest = text_bytes(macs, MAC_SIZE);
	event_mac_record(event, macs + MAC_SIZE);
	event->mac = text_bytes(macs + MAC_SIZE, MAC_SIZE);
	event_mac_link(before, place.seq, place.event_id, event->mac, macs + 2 * MAC_SIZE);
	place.link = text_bytes(macs + 2 * MAC_SIZE, MAC_SIZE);
	assert_true(event_mac_subject(event, subject));
	place.subject = text_bytes(subject, EVENT_SUBJECT_SIZE);
	return place;
}

static void a_sound_place_is_sound_there_and_nowhere_else(void **state)
{
	const struct audit_place place = place_of(*state, TEXT("before"));
	assert_int_equal(audit_rules_judge_place(&place, 2, TEXT("before")), AUDIT_SOUND);
	assert_int_equal(audit_rules_judge_place(&place, 1, TEXT("before")), AUDIT_MISSING);
	assert_int_equal(audit_rules_judge_place(&place, 2, TEXT("other")), AUDIT_REORDERED);
	assert_int_equal(audit_rules_judge_place(&place, 2, TEXT("")), AUDIT_REORDERED);
}

static void an_event_that_is_gone_is_missing(void **state)
{
	struct audit_place place = place_of(*state, TEXT(""));
	place.event = (struct event_row){.app_id = place.event.app_id};
	assert_int_equal(audit_rules_judge_place(&place, 2, TEXT("")), AUDIT_MISSING);
}

static void what_is_null_is_not_what_is_empty(void **state)
{
	struct audit_place place = place_of(*state, TEXT(""));
	place.event.detail = TEXT("");
	assert_int_equal(audit_rules_judge_place(&place, 2, TEXT("")), AUDIT_EDITED);
	place = place_of(*state, TEXT(""));
	place.event.contact = TEXT("");
	assert_int_equal(audit_rules_judge_place(&place, 2, TEXT("")), AUDIT_DIGEST);
}

/* The mark of one event is of no use for another. */
static void only_our_own_mark_excuses_that_fields_are_gone(void **state)
{
	struct audit_place place = place_of(*state, TEXT(""));
	struct event_row *event = &place.event, other = {.app_id = event->app_id, .event_id = TEXT("another event_id")};
	uint8_t mark[MAC_SIZE];
	event->salt = event->ip = TEXT_NONE;
	assert_int_equal(audit_rules_judge_place(&place, 2, TEXT("")), AUDIT_DIGEST);
	event_mac_forgotten(&other, mark);
	event->forgotten = text_bytes(mark, sizeof mark);
	assert_int_equal(audit_rules_judge_place(&place, 2, TEXT("")), AUDIT_DIGEST);
	event_mac_forgotten(event, mark);
	assert_int_equal(audit_rules_judge_place(&place, 2, TEXT("")), AUDIT_SOUND);
	event->ip = TEXT("192.0.2.7");
	assert_int_equal(audit_rules_judge_place(&place, 2, TEXT("")), AUDIT_DIGEST);
}

/* At the end of a chain that began at that time. */
static struct event_chain chain_of(struct arena *arena, struct uuid app_id, int64_t begun_at)
{
	uint8_t *mac = arena_alloc(arena, MAC_SIZE);
	struct event_chain chain = {.app_id = app_id, .seq = 7, .link = TEXT("link"), .begun_at = begun_at};
	event_mac_chain(&chain, mac);
	chain.mac = text_bytes(mac, MAC_SIZE);
	return chain;
}

static void an_end_is_ours_and_the_highest_place(void **state)
{
	const struct event_chain sound = chain_of(*state, APP, 1);
	assert_int_equal(audit_rules_judge_end(&sound, 7), AUDIT_SOUND);
	assert_int_equal(audit_rules_judge_end(&sound, 6), AUDIT_SOUND);
	assert_int_equal(audit_rules_judge_end(&sound, 8), AUDIT_INSERTED);
	assert_int_equal(audit_rules_judge_end(NULL, 0), AUDIT_END);
	struct event_chain edited = sound;
	edited.seq = 6;
	assert_int_equal(audit_rules_judge_end(&edited, 6), AUDIT_END);
	edited = sound;
	edited.link = TEXT("knil");
	assert_int_equal(audit_rules_judge_end(&edited, 7), AUDIT_END);
	edited = sound;
	edited.begun_at = 2;
	assert_int_equal(audit_rules_judge_end(&edited, 7), AUDIT_END);
	edited = sound;
	edited.app_id = USER;
	assert_int_equal(audit_rules_judge_end(&edited, 7), AUDIT_END);
}

static void a_chain_begins_with_its_app(void **state)
{
	const int64_t now = 1800000000000;
	struct event_chain chain = {.app_id = uuid_new(now), .begun_at = now};
	assert_int_equal(audit_rules_judge_begin(&chain), AUDIT_SOUND);
	chain.begun_at++;
	assert_int_equal(audit_rules_judge_begin(&chain), AUDIT_BEGUN);
	chain.app_id = (struct uuid){{0}};
	assert_int_equal(audit_rules_judge_begin(&chain), AUDIT_SOUND);
}

static void every_fault_has_a_name_and_a_sentence(void **state)
{
	for (enum audit_fault fault = AUDIT_SOUND; fault <= AUDIT_BEGUN; fault++) {
		assert_true(strlen(audit_fault_name(fault)) > 0);
		assert_non_null(strchr(audit_fault_help(fault), '.'));
	}
}

static int start(void **state)
{
	event_mac_start(&(const struct house){.master = {1, 2, 3}});
	return 0;
}

static int stop(void **state)
{
	event_mac_stop();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(a_sound_place_is_sound_there_and_nowhere_else),
		CHECK_WITH_ARENA(an_event_that_is_gone_is_missing),
		CHECK_WITH_ARENA(what_is_null_is_not_what_is_empty),
		CHECK_WITH_ARENA(only_our_own_mark_excuses_that_fields_are_gone),
		CHECK_WITH_ARENA(an_end_is_ours_and_the_highest_place),
		CHECK_WITH_ARENA(a_chain_begins_with_its_app),
		CHECK_WITH_ARENA(every_fault_has_a_name_and_a_sentence),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
