#include "main/doctor_sql.h"

enum db_found doctor_sql_newest(struct db_tx *tx, int64_t *at_r)
{
	/* an app's events stand in the order of their ids, which begin with their times */
	static struct db_stmt newest =
		DB_STMT("SELECT MAX(latest) FROM (SELECT (SELECT e.at FROM events e WHERE e.app_id = a.app_id"
			" ORDER BY e.event_id DESC LIMIT 1) AS latest FROM apps a) AS of_each");
	return db_one(tx, &newest, NO_ARGS, COLS(COL_INT(*at_r)));
}

enum db_found doctor_sql_version(struct db_tx *tx, struct text *version_r)
{
	static struct db_stmt version = DB_STMT("SELECT current_setting('server_version')");
	return db_one(tx, &version, NO_ARGS, COLS(COL_TEXT(*version_r)));
}
