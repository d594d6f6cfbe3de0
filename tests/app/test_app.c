/* Apps in the store and their mirror in memory, by way of the operator's endpoints. */
#include "../check.h"
#include "../user/house.h"

#include <jansson.h>

#include "api/api.h"
#include "api/body.h"
#include "app/app.h"
#include "base/clock.h"

/* ---- the room, and the operator's requests ---- */

static void start_api(const struct house *house)
{
	static const struct action NOTHING;
	static const struct action *actions[ENDPOINT_COUNT];
	static document_fn *documents[DOCUMENT_COUNT];
	static struct api_config config;
	for (size_t i = 0; i < COUNT(actions); i++)
		actions[i] = &NOTHING;
	actions[ENDPOINT_app_create] = &app_create_action;
	actions[ENDPOINT_app_list] = &app_list_action;
	actions[ENDPOINT_app_show] = &app_show_action;
	actions[ENDPOINT_app_set] = &app_set_action;
	actions[ENDPOINT_app_rotate_secret] = &app_rotate_secret_action;
	router_bind(actions, documents);
	config = (struct api_config){.house = house};
	api_start(&config);
}

static int start(void **state)
{
	if (house_on_sqlite(state))
		return -1;
	struct test_house *house = *state;
	house->settings.server_trusted_proxies = house->settings.server_hosts = "";
	start_api(&house->house);
	return app_start(&house->house);
}

static int stop(void **state)
{
	app_stop();
	return house_remove(state);
}
#define WITH_APPS(test) cmocka_unit_test_setup_teardown(test, start, stop)

/* The answer, to be released with json_decref, after its status was seen to be right. */
static json_t *ask(struct test_house *house, enum http_method method, struct text path, const char *body, int status)
{
	struct text answer = TEXT_NONE;
	int got = api_run_local(
		house->arena, &(struct api_local){.method = method, .path = path, .body = text_of(body)}, &answer);
	if (got != status)
		fail_msg("%d: %.*s", got, TEXT_ARG(answer));
	json_t *json = json_loadb(answer.p, answer.n, 0, NULL);
	assert_non_null(json);
	return json;
}

static struct text member(struct test_house *house, const json_t *json, const char *key)
{
	const char *value = json_string_value(json_object_get(json, key));
	assert_non_null(value);
	return arena_copy(house->arena, text_of(value));
}

struct made {
	struct uuid id;
	struct text path, secret;
};

static struct made make(struct test_house *house, const char *name)
{
	struct text body = arena_printf(house->arena, "{\"name\":\"%s\"}", name);
	json_t *json = ask(house, HTTP_POST, TEXT("/operator/apps"), body.p, 201);
	struct text id = member(house, json, "app_id");
	struct made made = {.path = arena_printf(house->arena, "/operator/apps/%s", id.p),
		.secret = member(house, json, "app_secret")};
	assert_int_equal(uuid_read(id, &made.id), 0);
	json_decref(json);
	return made;
}

static void set(struct test_house *house, const struct made *app, const char *body)
{
	json_decref(ask(house, HTTP_PATCH, app->path, body, 200));
}

/* A new secret; the one before stays for that long. */
static struct text rotate(struct test_house *house, const struct made *app, int grace_seconds)
{
	struct text path = arena_printf(house->arena, "%s/rotate-secret", app->path.p);
	struct text body = arena_printf(house->arena, "{\"grace_seconds\":%d}", grace_seconds);
	json_t *json = ask(house, HTTP_POST, path, body.p, 200);
	struct text secret = member(house, json, "app_secret");
	json_decref(json);
	return secret;
}

static int64_t until_of(const struct made *app)
{
	return app_find(app->id)->old_secret_until;
}

/* ---- the tests ---- */

static void an_app_that_was_made_is_found_with_its_settings(void **state)
{
	struct test_house *house = house_of(state);
	size_t before = app_count();
	struct made made = make(house, "Shop");
	const struct app *app = app_find(made.id);
	assert_non_null(app);
	CHECK_STRING(app->name, "Shop");
	assert_true(app->signup_open);
	assert_false(app_requires_secret(app));
	assert_true(app_is_session_purpose(app, TEXT("login")));
	assert_false(app_is_session_purpose(app, TEXT("change_contact")));
	assert_int_equal(app_count(), before + 1);
	assert_null(app_find(uuid_new(1)));
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE type = 'app.created'"), 1);
}

static void a_secret_fits_its_own_app_alone(void **state)
{
	struct test_house *house = house_of(state);
	struct made shop = make(house, "Shop"), game = make(house, "Game");
	assert_true(text_starts(shop.secret, TEXT("kws_")));
	assert_int_equal(shop.secret.n, 4 + 43);
	assert_true(app_secret_fits(app_find(shop.id), shop.secret, 1));
	assert_false(app_secret_fits(app_find(game.id), shop.secret, 1));
	assert_false(app_secret_fits(NULL, shop.secret, 1));
	assert_false(app_secret_fits(app_find(shop.id), TEXT_NONE, 1));
	assert_false(app_secret_fits(app_find(shop.id), text_bytes(shop.secret.p, shop.secret.n - 1), 1));
}

static void during_a_rotation_two_secrets_live_and_then_one(void **state)
{
	struct test_house *house = house_of(state);
	struct made made = make(house, "Shop");
	struct text second = rotate(house, &made, 3600);
	const struct app *app = app_find(made.id);
	const int64_t until = until_of(&made);
	assert_true(app_secret_fits(app, second, until + 1));
	assert_true(app_secret_fits(app, made.secret, until - 1));
	assert_false(app_secret_fits(app, made.secret, until));

	struct text third = rotate(house, &made, 3600);
	app = app_find(made.id);
	assert_true(app_secret_fits(app, third, 1));
	assert_true(app_secret_fits(app, second, 1));
	assert_false(app_secret_fits(app, made.secret, 1));
}

static void without_a_grace_the_old_secret_ends_at_once(void **state)
{
	struct test_house *house = house_of(state);
	struct made made = make(house, "Shop");
	struct text second = rotate(house, &made, 0);
	assert_false(app_secret_fits(app_find(made.id), made.secret, until_of(&made)));
	assert_true(app_secret_fits(app_find(made.id), second, until_of(&made)));
}

static void an_origin_is_allowed_by_the_app_that_lists_it_exactly(void **state)
{
	struct test_house *house = house_of(state);
	struct made shop = make(house, "Shop"), game = make(house, "Game");
	set(house, &shop, "{\"allowed_origins\":[\"https://shop.example\",\"http://localhost:3000\"]}");
	assert_true(app_allows_origin(app_find(shop.id), TEXT("https://shop.example")));
	assert_true(app_allows_origin(app_find(shop.id), TEXT("http://localhost:3000")));
	assert_true(app_allows_origin(NULL, TEXT("https://shop.example")));
	assert_false(app_allows_origin(app_find(game.id), TEXT("https://shop.example")));
	assert_false(app_allows_origin(NULL, TEXT("https://shop.example:8443")));
	assert_false(app_allows_origin(NULL, TEXT("https://SHOP.example")));
	assert_false(app_allows_origin(NULL, TEXT("null")));
}

static void what_is_set_stays_until_null_puts_it_back(void **state)
{
	struct test_house *house = house_of(state);
	struct made made = make(house, "Shop");
	set(house, &made, "{\"signup\":\"closed\",\"require_secret\":true,\"session_purposes\":[\"enter\"]}");
	set(house, &made, "{\"name\":\"Other\"}");
	const struct app *app = app_find(made.id);
	CHECK_STRING(app->name, "Other");
	assert_false(app->signup_open);
	assert_true(app_requires_secret(app));
	assert_true(app_is_session_purpose(app, TEXT("enter")));
	assert_false(app_is_session_purpose(app, TEXT("login")));
	set(house, &made, "{\"signup\":null,\"require_secret\":null,\"session_purposes\":null,\"name\":null}");
	app = app_find(made.id);
	CHECK_STRING(app->name, "Other");
	assert_true(app->signup_open);
	assert_false(app_requires_secret(app));
	assert_true(app_is_session_purpose(app, TEXT("login")));
}

static void what_pages_and_links_go_by_is_set_and_put_back(void **state)
{
	struct test_house *house = house_of(state);
	struct made made = make(house, "Shop");
	const struct app *app = app_find(made.id);
	assert_true(app->require_pkce);
	assert_false(app->links_lead_to_app || app->bind_links);
	assert_true(text_absent(app->color) && text_absent(app->logo));
	set(house, &made,
		"{\"redirect_uris\":[\"https://a.example/cb\",\"com.example.app:/cb\"],\"require_pkce\":false,"
		"\"link_target\":\"app\",\"bind_links\":true,\"color\":\"#0b57d0\","
		"\"logo\":\"data:image/png;base64,iVBORw0KGgo=\"}");
	app = app_find(made.id);
	CHECK_STRING(app->redirect_uris.items[0], "https://a.example/cb");
	assert_true(app_allows_redirect(app, TEXT("com.example.app:/cb")));
	assert_false(app_allows_redirect(app, TEXT("https://a.example/cb/")));
	assert_false(app_allows_redirect(app, TEXT("https://a.example/c")));
	assert_false(app_allows_redirect(app, TEXT_NONE));
	assert_false(app->require_pkce);
	assert_true(app->links_lead_to_app && app->bind_links);
	CHECK_STRING(app->color, "#0b57d0");
	CHECK_STRING(app->logo, "data:image/png;base64,iVBORw0KGgo=");
	set(house, &made,
		"{\"redirect_uris\":null,\"require_pkce\":null,\"link_target\":null,\"bind_links\":null,\"color\":null,"
		"\"logo\":null}");
	app = app_find(made.id);
	assert_int_equal(app->redirect_uris.count, 0);
	assert_true(app->require_pkce);
	assert_false(app->links_lead_to_app || app->bind_links);
	assert_true(text_absent(app->color) && text_absent(app->logo));
}

static void bad_settings_are_refused_all_at_once(void **state)
{
	struct test_house *house = house_of(state);
	struct made made = make(house, "Shop");
	json_t *json = ask(house, HTTP_PATCH, made.path,
		"{\"session_purposes\":[\"Login\"],\"allowed_origins\":[\"https://a.example/"
		"\"],\"signup\":\"maybe\",\"name\":\"\",\"color\":\"red\",\"logo\":\"x\",\"redirect_uris\":["
		"\"javascript:/x\"],"
		"\"link_target\":\"theirs\",\"require_pkce\":\"off\",\"bind_links\":1}",
		400);
	static const char *const ORDER[] = {"name", "color", "logo", "redirect_uris", "allowed_origins", "require_pkce",
		"link_target", "bind_links", "signup", "session_purposes"};
	const json_t *details = json_object_get(json, "details");
	assert_int_equal(json_array_size(details), COUNT(ORDER));
	for (size_t i = 0; i < COUNT(ORDER); i++)
		assert_string_equal(json_string_value(json_object_get(json_array_get(details, i), "field")), ORDER[i]);
	json_decref(json);
	json_decref(ask(house, HTTP_PATCH, TEXT("/operator/apps/01890a5d-ac96-774b-bcce-b302099a8057"), "{}", 404));
	json_decref(ask(house, HTTP_GET, TEXT("/operator/apps/x"), NULL, 400));
}

static void apps_are_listed_newest_first_without_secrets(void **state)
{
	struct test_house *house = house_of(state);
	for (int i = 0; i < 20; i++)
		make(house, arena_printf(house->arena, "App %d", i).p);
	json_t *json = ask(house, HTTP_GET, TEXT("/operator/apps"), NULL, 200);
	const json_t *apps = json_object_get(json, "apps");
	assert_int_equal(json_array_size(apps), app_count());
	for (size_t i = 0; i < json_array_size(apps); i++) {
		assert_null(json_object_get(json_array_get(apps, i), "app_secret"));
		assert_null(json_object_get(json_array_get(apps, i), "secret_mac"));
	}
	assert_true(json_is_null(json_object_get(json, "next_cursor")));
	json_decref(json);
}

static void a_change_by_another_process_is_seen_at_the_next_reload(void **state)
{
	struct test_house *house = house_of(state);
	struct made made = make(house, "Shop");
	house_exec(house, "UPDATE apps SET name = 'Theirs' WHERE name = 'Shop'");
	app_reload();
	CHECK_STRING(app_find(made.id)->name, "Shop"); /* the version did not move: nothing to read */
	house_exec(house, "UPDATE versions SET version = version + 1 WHERE name = 'apps'");
	app_reload();
	CHECK_STRING(app_find(made.id)->name, "Theirs");
}

static void an_app_that_an_operation_holds_outlives_its_change_whatever_tests_do_to_the_clock(void **state)
{
	struct test_house *house = house_of(state);
	struct made made = make(house, "Shop");
	const struct app *held = app_find(made.id);
	clock_shift(3600 * 1000);
	for (int i = 0; i < 5; i++)
		set(house, &made, "{\"name\":\"Other\"}");
	CHECK_STRING(held->name, "Shop");
	assert_ptr_not_equal(held, app_find(made.id));
}

static void settings_that_cannot_be_read_keep_the_room_closed(void **state)
{
	struct test_house *house = house_of(state);
	app_stop();
	house_exec(house, "UPDATE apps SET settings = '[]'");
	assert_int_not_equal(app_start(&house->house), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_APPS(an_app_that_was_made_is_found_with_its_settings),
		WITH_APPS(a_secret_fits_its_own_app_alone),
		WITH_APPS(during_a_rotation_two_secrets_live_and_then_one),
		WITH_APPS(without_a_grace_the_old_secret_ends_at_once),
		WITH_APPS(an_origin_is_allowed_by_the_app_that_lists_it_exactly),
		WITH_APPS(what_is_set_stays_until_null_puts_it_back),
		WITH_APPS(what_pages_and_links_go_by_is_set_and_put_back),
		WITH_APPS(bad_settings_are_refused_all_at_once),
		WITH_APPS(apps_are_listed_newest_first_without_secrets),
		WITH_APPS(a_change_by_another_process_is_seen_at_the_next_reload),
		WITH_APPS(an_app_that_an_operation_holds_outlives_its_change_whatever_tests_do_to_the_clock),
		WITH_APPS(settings_that_cannot_be_read_keep_the_room_closed),
	};
	body_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
