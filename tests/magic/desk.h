/*
 * What the tests of links share: a house with a magic room on a real store, and a letter box in place of the delivery room,
 * which is where links and codes are read.
 */
#ifndef KW_TESTS_MAGIC_DESK_H
#define KW_TESTS_MAGIC_DESK_H

#include "../check.h"
#include "../user/house.h"

#include "magic/magic.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, DAY = 24 * 60 * MINUTE };

/* cmocka fixtures */
int desk_on_sqlite(void **state);
int desk_on_postgres(void **state);
int desk_stop(void **state);
#define DESK_ON_BOTH(test)                                                                                             \
	{#test " (sqlite)", test, desk_on_sqlite, desk_stop, NULL},                                                    \
	{                                                                                                              \
#test " (postgres)", test, desk_on_postgres, desk_stop, NULL                                           \
	}

/* Of the newest mail: its code, its link, and the link's token (which stands at its end). */
extern char desk_code[16], desk_link[256];
struct text desk_token(void);
/* Some other code of the same length. */
const char *desk_wrong_code(void);

const struct app *desk_app(struct test_house *house);
/* order lacks the contact; without an app it is the house's. */
enum err desk_send(struct test_house *house, const char *address, const char *to, struct magic_order order,
	struct magic_sent *sent_r, int64_t *retry_r);
/* A hosted link, from 192.0.2.7. */
struct magic_sent desk_sent_to(struct test_house *house, const char *to);
/* The bytes that its flow token holds; into flow. */
const uint8_t *desk_flow(const struct magic_sent *sent, uint8_t flow[static MAGIC_FLOW_SIZE]);

/* What an action was given, and what it gave. */
struct desk_doing {
	struct magic_answer answer;
	struct text token, code;
	struct uuid link_id;
	const uint8_t *flow;
	struct magic_link link;
	struct signin signin;
	struct proof proof;
};

/* Each in a transaction of its own, as magic.h says; results that are not wanted may be NULL. */
enum err desk_verify_answer(struct test_house *house, struct magic_answer answer);
enum err desk_verify(struct test_house *house, struct text token);
struct magic_link desk_found(struct test_house *house, struct text token);
enum err desk_find_asked(struct test_house *house, struct uuid link_id, const uint8_t *flow, struct magic_link *link_r);
enum err desk_use(struct test_house *house, const struct magic_link *link, struct proof *proof_r);
enum err desk_use_code(struct test_house *house, struct uuid link_id, const uint8_t *flow, const char *code,
	struct desk_doing *doing_r);
enum err desk_approve(struct test_house *house, const struct magic_link *link, struct text number);
enum err desk_deny(struct test_house *house, const struct magic_link *link);

#endif
