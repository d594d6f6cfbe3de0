/*
 * Users with roles, for tests of the rooms above.
 */
#ifndef KW_TESTS_TENANT_MEMBER_H
#define KW_TESTS_TENANT_MEMBER_H

#include "../user/house.h"

#include "tenant/role.h"

struct member {
	struct uuid user_id, tenant_id;
};

/* The user of that address, made when there is none, in a new tenant with that role; NULL: with none. */
struct member member_of_new_tenant(struct test_house *house, const char *email, const char *role);
void member_gets(struct test_house *house, const struct member *member, const char *role);
/* Loses every role there. */
void member_leaves(struct test_house *house, const struct member *member);

#endif
