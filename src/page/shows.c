#include "page/shows.h"

static enum shows failed(enum err err, enum err *err_r)
{
	*err_r = err;
	return SHOWS_FAILED;
}

enum shows shows_of(const struct shows_question *question, enum err *err_r)
{
	/* a link to the app is for its page alone */
	if (question->way == MAGIC_APP)
		return failed(ERR_magic_link_not_found, err_r);
	if (question->judged != ERR_NONE)
		return failed(question->judged, err_r);
	*err_r = ERR_NONE;
	if (question->way == MAGIC_HOSTED && question->challenged && question->redirects)
		return SHOWS_ON;
	/* a code that is refused wherever it is typed is no help */
	if (question->way == MAGIC_HOSTED)
		return question->spent ? failed(ERR_exchange_code_not_found, err_r) : SHOWS_CODE;
	if (question->asked_here)
		return SHOWS_SAME;
	return question->approved ? SHOWS_APPROVED : SHOWS_APPROVE;
}
