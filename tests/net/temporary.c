#include "temporary.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "certificate.h"

static char folder[] = "/tmp/kw-net-XXXXXX";

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *position)
{
	return remove(path);
}

static void remove_folder(void)
{
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *temporary_path(const char *name)
{
	static bool made;
	if (!made) {
		assert_non_null(mkdtemp(folder));
		atexit(remove_folder);
		made = true;
	}
	static char paths[16][64];
	static unsigned next;
	char *path = paths[next++ % 16];
	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

static void make_certificate(void)
{
	static bool made;
	if (!made)
		certificate_write(temporary_path("cert.pem"), temporary_path("key.pem"), "a.example");
	made = true;
}

const char *temporary_cert(void)
{
	make_certificate();
	return temporary_path("cert.pem");
}

const char *temporary_key(void)
{
	make_certificate();
	return temporary_path("key.pem");
}
