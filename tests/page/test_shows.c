/* What the page behind a link shows, by who asked, where it is opened and what became of it. */
#include "../check.h"

#include "page/shows.h"

#define LIVE ERR_NONE
#define USED ERR_magic_link_already_used
#define OLD ERR_magic_link_expired

static void each_browser_sees_what_is_its_business(void **state)
{
	static const struct {
		struct shows_question question;
		enum shows shows;
		enum err err;
	} ROWS[] = {
		/* way, judged, asked here, approved, challenged, redirects, spent */
		{{MAGIC_PAGE, LIVE, true, false, true, true}, SHOWS_SAME, ERR_NONE},
		{{MAGIC_PAGE, LIVE, true, true, true, true}, SHOWS_SAME, ERR_NONE},
		{{MAGIC_PAGE, LIVE, true, false, false, false}, SHOWS_SAME, ERR_NONE},
		{{MAGIC_PAGE, LIVE, false, false, true, true}, SHOWS_APPROVE, ERR_NONE},
		{{MAGIC_PAGE, LIVE, false, false, false, false}, SHOWS_APPROVE, ERR_NONE},
		{{MAGIC_PAGE, LIVE, false, true, true, true}, SHOWS_APPROVED, ERR_NONE},
		{{MAGIC_PAGE, USED, true, false, true, true}, SHOWS_FAILED, ERR_magic_link_already_used},
		{{MAGIC_PAGE, USED, false, true, true, true}, SHOWS_FAILED, ERR_magic_link_already_used},
		{{MAGIC_PAGE, OLD, true, false, true, true}, SHOWS_FAILED, ERR_magic_link_expired},
		{{MAGIC_HOSTED, LIVE, false, false, true, true}, SHOWS_ON, ERR_NONE},
		/* asked for by the app: no browser of ours is its asker, and a challenge alone leads nowhere */
		{{MAGIC_HOSTED, LIVE, true, true, false, true}, SHOWS_CODE, ERR_NONE},
		{{MAGIC_HOSTED, LIVE, false, false, false, true}, SHOWS_CODE, ERR_NONE},
		{{MAGIC_HOSTED, LIVE, false, false, true, false}, SHOWS_CODE, ERR_NONE},
		/* three wrong codes: the code that is refused is not shown, and its link leads on where it can */
		{{MAGIC_HOSTED, LIVE, false, false, false, true, true}, SHOWS_FAILED, ERR_exchange_code_not_found},
		{{MAGIC_HOSTED, LIVE, false, false, true, true, true}, SHOWS_ON, ERR_NONE},
		{{MAGIC_HOSTED, USED, false, false, false, true, true}, SHOWS_FAILED, ERR_magic_link_already_used},
		{{MAGIC_PAGE, LIVE, false, false, true, true, true}, SHOWS_APPROVE, ERR_NONE},
		{{MAGIC_HOSTED, USED, false, false, true, true}, SHOWS_FAILED, ERR_magic_link_already_used},
		{{MAGIC_HOSTED, OLD, false, false, false, false}, SHOWS_FAILED, ERR_magic_link_expired},
		/* the wrong door says the same whatever became of it */
		{{MAGIC_APP, LIVE, true, true, true, true}, SHOWS_FAILED, ERR_magic_link_not_found},
		{{MAGIC_APP, USED, false, false, true, true}, SHOWS_FAILED, ERR_magic_link_not_found},
		{{MAGIC_APP, OLD, false, false, false, true}, SHOWS_FAILED, ERR_magic_link_not_found},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		enum err err = ERR_INTERNAL_ERROR;
		enum shows shows = shows_of(&ROWS[i].question, &err);
		if (shows != ROWS[i].shows || err != ROWS[i].err)
			fail_msg("row %zu shows %d, err %d", i, shows, err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_browser_sees_what_is_its_business)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
