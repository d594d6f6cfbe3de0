/*
 * An exchange desk for tests: a house with an app, where people sign in and codes are issued and redeemed. The delivery room
 * is a counter of ours.
 */
#ifndef KW_TESTS_EXCHANGE_DESK_H
#define KW_TESTS_EXCHANGE_DESK_H

#include "../check.h"
#include "../user/house.h"

#include "exchange/exchange.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
#define NOT_FOUND ERR_exchange_code_not_found
#define LOCKED ERR_exchange_code_attempt_limit_exceeded

/* Notices of handovers: how many, and of the last one its address and "browser, system, place". */
extern int desk_notices;
extern char desk_noticed[64], desk_described[128];

/* cmocka fixtures: *state is a struct test_house, its rooms up to exchange started. */
int desk_start_on_sqlite(void **state);
int desk_start_on_postgres(void **state);
int desk_stop(void **state);
#define DESK_ON_BOTH(test)                                                                                             \
	{#test " (sqlite)", test, desk_start_on_sqlite, desk_stop, NULL},                                              \
	{                                                                                                              \
#test " (postgres)", test, desk_start_on_postgres, desk_stop, NULL                                     \
	}

struct redeeming {
	struct exchange_ask ask;
	struct signin signin;
};

extern const struct text DESK_WRONG, DESK_WRONG_DIGITS;

/* The app of the house. */
const struct app *desk_app_of(struct test_house *house);
/* Somebody signs in. */
struct signin desk_sign_in(struct test_house *house);
/* One order; code_r may be NULL. */
enum err desk_issue(struct test_house *house, struct exchange_order order, struct text *code_r);
/* An unbound code for the user of a sign-in. */
struct exchange_order desk_order_of(const struct signin *signin, bool numeric);
/* Its code. */
struct text desk_code_for(struct test_house *house, const struct signin *signin, bool numeric);
/* An operation of house_run: redeems context, a struct redeeming. */
enum err desk_redeem_here(struct op *op, void *context);
/* An operation of a client at that address. */
struct op *desk_op_from(struct test_house *house, const char *address);
enum err desk_redeem_from(struct test_house *house, const char *address, struct text code);
/* From 192.0.2.7. */
enum err desk_redeem(struct test_house *house, struct text code);
/* As an app's server, for the end user at address, or for nobody (NULL). */
enum err desk_redeem_by_app(struct test_house *house, const char *address, struct text code);
/* How many wrong codes are answered not_found before the address is locked. */
int desk_misses_until_locked(struct test_house *house, const char *address, int most);
/* How many events of that type there are. */
int64_t desk_events(struct test_house *house, const char *type);

#endif
