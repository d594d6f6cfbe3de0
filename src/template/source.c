#include "template/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/assets.h"
#include "base/buf.h"

enum { LANGUAGES_MAX = 64 };

/* ---- one file ---- */

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int read_file(struct arena *arena, const char *path, struct text *text_r, const char **why_r)
{
	int fd CLEANUP(close_file) = open(path, O_RDONLY | O_CLOEXEC);
	*why_r = NULL;
	if (fd < 0 && errno == ENOENT)
		return -1;
	struct buf out;
	buf_init(&out, arena, 4096);
	ssize_t n = fd < 0 ? -1 : 0;
	char bytes[4096];
	while (fd >= 0 && out.n <= SOURCE_MAX && (n = read(fd, bytes, sizeof bytes)) > 0)
		buf_add(&out, text_bytes(bytes, (size_t)n));
	if (n < 0)
		*why_r = arena_printf(arena, "%s: cannot be read: %s", path, strerror(errno)).p;
	else if (out.n > SOURCE_MAX)
		*why_r = arena_printf(arena, "%s: has more than %d bytes", path, SOURCE_MAX).p;
	else
		*text_r = buf_text(&out);
	return *why_r ? -1 : 0;
}

/* Without a byte order mark, and without the carriage returns of another system's line ends. */
static struct text unify(struct arena *arena, struct text text)
{
	struct buf out;
	buf_init(&out, arena, text.n);
	if (text_starts(text, TEXT("\xef\xbb\xbf")))
		text = text_bytes(text.p + 3, text.n - 3);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != '\r' || i + 1 == text.n || text.p[i + 1] != '\n')
			buf_add_char(&out, text.p[i]);
	return buf_text(&out);
}

static int check_utf8(struct arena *arena, const struct source *source, const char **why_r)
{
	unsigned line = 1;
	struct text rest = source->text;
	for (size_t n; rest.n > 0; rest = text_bytes(rest.p + n, rest.n - n)) {
		uint32_t c = 0;
		n = text_utf8(rest, &c);
		if (n == 0 || c == 0) {
			*why_r = arena_printf(arena, "%s:%u: this is no UTF-8 text", source->file, line).p;
			return -1;
		}
		line += c == '\n';
	}
	return 0;
}

int source_read(struct arena *arena, const char *folder, struct text name, struct source *source_r, const char **why_r)
{
	struct source source = {.file = arena_printf(arena, "%s/%.*s", folder, TEXT_ARG(name)).p};
	*why_r = NULL;
	if (*folder && read_file(arena, source.file, &source.text, why_r) == 0) {
		source.text = unify(arena, source.text);
	} else if (*why_r) {
		return -1;
	} else {
		source.file = arena_printf(arena, "assets/%.*s", TEXT_ARG(name)).p;
		const struct asset *asset = assets_find(text_of(source.file));
		if (!asset)
			return -1;
		source.text = asset->bytes;
	}
	TRY(check_utf8(arena, &source, why_r));
	*source_r = source;
	return 0;
}

/* ---- languages ---- */

struct tags {
	struct text list[LANGUAGES_MAX];
	size_t count;
};

static bool is_tag(struct text tag)
{
	for (size_t i = 0; i < tag.n; i++)
		if (tag.p[i] < 'a' || tag.p[i] > 'z')
			return false;
	return tag.n == 2 || tag.n == 3;
}

/* Takes the tag of "<tag>.ini"; other files are none of ours. */
static int take(struct arena *arena, const char *folder, const char *file, struct tags *tags, const char **why_r)
{
	struct text end = text_of(strrchr(file, '.'));
	if (*file == '.' || !text_equal(end, TEXT(".ini")))
		return 0;
	const struct text name = arena_copy(arena, text_bytes(file, strlen(file) - end.n));
	if (!is_tag(name)) {
		*why_r = arena_printf(
			arena, "%s/%s: a language is named by two or three small letters, as in de.ini", folder, file)
				 .p;
		return -1;
	}
	for (size_t i = 0; i < tags->count; i++)
		if (text_equal(tags->list[i], name))
			return 0;
	if (tags->count == LANGUAGES_MAX) {
		*why_r = arena_printf(arena, "%s: there are more than %d languages", folder, LANGUAGES_MAX).p;
		return -1;
	}
	tags->list[tags->count++] = name;
	return 0;
}

static void close_folder(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int take_folder(struct arena *arena, const char *folder, struct tags *tags, const char **why_r)
{
	/* it need not have languages, but it must be there: else the operator's templates would be missing unnoticed */
	const char *languages = arena_printf(arena, "%s/language", folder).p;
	const char *path = access(folder, F_OK) == 0 ? languages : folder;
	DIR *dir CLEANUP(close_folder) = opendir(path);
	if (!dir && errno == ENOENT && path == languages)
		return 0;
	if (!dir) {
		*why_r = arena_printf(arena, "%s: cannot be read: %s", path, strerror(errno)).p;
		return -1;
	}
	for (const struct dirent *entry; (entry = readdir(dir));)
		TRY(take(arena, path, entry->d_name, tags, why_r));
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct text *)a)->p, ((const struct text *)b)->p);
}

int source_languages(
	struct arena *arena, const char *folder, const struct text **tags_r, size_t *count_r, const char **why_r)
{
	static const char OURS[] = "assets/language/";
	struct tags *tags = ARENA_NEW(arena, struct tags);
	for (size_t i = 0; i < ASSET_COUNT; i++)
		if (text_starts(text_of(ASSETS[i].name), TEXT("assets/language/")))
			TRY(take(arena, "assets/language", ASSETS[i].name + strlen(OURS), tags, why_r));
	if (*folder)
		TRY(take_folder(arena, folder, tags, why_r));
	qsort(tags->list, tags->count, sizeof tags->list[0], compare);
	*tags_r = tags->list;
	*count_r = tags->count;
	return 0;
}
