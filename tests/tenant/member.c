#include "member.h"

#include "tenant/tenant.h"
#include "user/user.h"

struct making {
	const char *email, *role;
	struct member member;
};

static enum err make(struct op *op, void *context)
{
	struct making *making = context;
	struct contact contact;
	struct user user;
	struct tenant tenant;
	assert_int_equal(contact_email(op->arena, text_of(making->email), &contact), 0);
	TRY(user_sign_in(op, op->user.app_id, &contact, true, &user));
	TRY(tenant_create(op, op->user.app_id, TEXT("Corner Bakery"), TEXT_NONE, &tenant));
	making->member = (struct member){user.id, tenant.id};
	return ERR_NONE;
}

static enum err assign(struct op *op, void *context)
{
	const struct making *making = context;
	struct role role = {.tenant_id = making->member.tenant_id,
		.user_id = making->member.user_id,
		.name = text_of(making->role)};
	bool is_new;
	return role_assign(op, op->user.app_id, &role, &is_new);
}

static enum err revoke(struct op *op, void *context)
{
	const struct making *making = context;
	const struct role all = {.tenant_id = making->member.tenant_id, .user_id = making->member.user_id};
	int revoked;
	return role_revoke(op, op->user.app_id, &all, &revoked);
}

static void run(struct test_house *house, enum err (*fn)(struct op *op, void *context), struct making *making)
{
	struct op *op = house_op(house);
	op->user.app_id = house->app_id;
	assert_int_equal(house_run(house, op, fn, making), ERR_NONE);
}

struct member member_of_new_tenant(struct test_house *house, const char *email, const char *role)
{
	struct making making = {.email = email, .role = role};
	run(house, make, &making);
	if (role)
		run(house, assign, &making);
	return making.member;
}

void member_gets(struct test_house *house, const struct member *member, const char *role)
{
	run(house, assign, &(struct making){.role = role, .member = *member});
}

void member_leaves(struct test_house *house, const struct member *member)
{
	run(house, revoke, &(struct making){.member = *member});
}
