#include "db/ours.h"

#include "base/buf.h"

static const char *const KINDS[] = {"TABLE", "INDEX", "FUNCTION"};

/* ---- in migrations ---- */

/* The kind that at, which stands behind "CREATE ", goes on with, and where its name begins; NULL when it is another. */
static const char *kind_at(const char *at, const char **name_r)
{
	if (strncmp(at, "UNIQUE ", 7) == 0)
		at += 7;
	for (size_t i = 0; i < COUNT(KINDS); i++) {
		const size_t n = strlen(KINDS[i]);
		if (strncmp(at, KINDS[i], n) == 0 && at[n] == ' ') {
			*name_r = at + n + 1;
			return KINDS[i];
		}
	}
	return NULL;
}

/* Adds what the text makes, or only counts it when there is no place. */
static size_t scan(struct arena *arena, const char *sql, struct ours *ours)
{
	size_t n = 0;

	for (const char *at = sql; (at = strstr(at, "CREATE ")) != NULL;) {
		const char *name;
		at += strlen("CREATE ");
		const char *kind = kind_at(at, &name);
		if (!kind)
			continue;
		if (ours)
			ours[n] = (struct ours){kind, arena_string(arena, text_bytes(name, strcspn(name, " (\n")))};
		n++;
	}
	return n;
}

static const char *text_on_postgres(const struct db_migration *migration)
{
	return migration->sql_pg ? migration->sql_pg : migration->sql;
}

const struct ours *ours_of(struct arena *arena, const struct db_migration *migrations, size_t count, size_t *count_r)
{
	static const struct ours always[] = {{"TABLE", "schema_migration"}, {"DOMAIN", "blob"}};
	size_t n = COUNT(always);

	for (size_t i = 0; i < count; i++)
		n += scan(arena, text_on_postgres(&migrations[i]), NULL);
	struct ours *ours = arena_alloc(arena, n * sizeof *ours);
	memcpy(ours, always, sizeof always);
	n = COUNT(always);
	for (size_t i = 0; i < count; i++)
		n += scan(arena, text_on_postgres(&migrations[i]), ours + n);
	*count_r = n;
	return ours;
}

/* ---- in a dump ---- */

/* What a line says of a thing with a name; of those with two words the longer ones first. */
static const char *const ENTRIES[] = {
	"TABLE DATA ", "TABLE ", "FK CONSTRAINT ", "CONSTRAINT ", "INDEX ", "TRIGGER ", "FUNCTION ", "DOMAIN "};

/* "215; 1259 16392 TABLE DATA public apps owner": schema, name or table, … of an entry of ours; else absent. */
static struct text behind_entry(struct text line)
{
	for (int i = 0; i < 3; i++)
		(void)text_cut(&line, ' ');
	for (size_t i = 0; i < COUNT(ENTRIES) && !text_absent(line); i++) {
		const struct text entry = text_of(ENTRIES[i]);
		if (text_starts(line, entry))
			return text_bytes(line.p + entry.n, line.n - entry.n);
	}
	return TEXT_NONE;
}

static bool is_ours(struct text line, const struct ours *ours, size_t count)
{
	struct text rest = behind_entry(line);

	(void)text_cut(&rest, ' ');
	struct text word = text_cut(&rest, ' ');
	const struct text name = text_cut(&word, '(');
	for (size_t i = 0; i < count; i++)
		if (text_equal(name, text_of(ours[i].name)))
			return true;
	return false;
}

struct text ours_in_list(struct arena *arena, struct text list, const struct ours *ours, size_t count)
{
	struct buf kept;

	buf_init(&kept, arena, list.n + 1);
	while (!text_absent(list)) {
		const struct text line = text_cut(&list, '\n');
		if (text_starts(line, TEXT(";")) || !is_ours(line, ours, count))
			continue;
		buf_add(&kept, line);
		buf_add_char(&kept, '\n');
	}
	return buf_text(&kept);
}
