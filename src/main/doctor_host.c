/* The machine, and the folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"
#include "crypto/mac.h"
#include "main/doctor.h"

enum { MIB = 1024 * 1024, SPARE_MIB = 200, AHEAD_MS = 2000 };

static const char *const TO_SERVER = "let it belong to the account that the server runs as";

/* ---- who may read what ---- */

void doctor_folder(struct doctor *doctor)
{
	struct stat status;
	if (stat(doctor->data, &status) != 0)
		doctor_blame(doctor, "name the folder with --data", "%s: %s", doctor->data, strerror(errno));
	else if (status.st_mode & 002)
		doctor_blame(doctor, "chmod 700 it, and look what others put there", "anybody can write into %s",
			doctor->data);
	else if (status.st_mode & 077)
		doctor_warn(doctor, "chmod 700 it", "%s is open to others (mode %03o)", doctor->data,
			status.st_mode & 0777);
	else
		doctor_fine(doctor, "%s is its owner's alone", doctor->data);
}

static void judge_key(struct doctor *doctor, const char *path, int fd)
{
	struct stat status, folder;
	char hex[2 * MASTER_KEY_SIZE];
	uint8_t key[MASTER_KEY_SIZE];
	const bool is_key = read(fd, hex, sizeof hex) == (ssize_t)sizeof hex &&
			    enc_hex_read(text_bytes(hex, sizeof hex), key, sizeof key) == 0;
	secret_wipe(hex, sizeof hex);
	secret_wipe(key, sizeof key);
	if (fstat(fd, &status) != 0 || !is_key)
		doctor_blame(doctor, "put back the file that belongs to this store", "%s is not 64 hex digits", path);
	else if (status.st_mode & 077)
		doctor_blame(doctor, "chmod 600 it, and think about who read it",
			"%s can be read by others (mode %03o)", path, status.st_mode & 0777);
	else if (stat(doctor->data, &folder) == 0 && folder.st_uid != status.st_uid)
		doctor_blame(doctor, TO_SERVER, "%s belongs to another account than the data folder", path);
	else
		doctor_fine(doctor, "%s is its owner's alone", path);
}

void doctor_key(struct doctor *doctor)
{
	const char *path = doctor->settings->store_master_key_file;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		doctor_blame(doctor, "put back the file that belongs to this store; only a first start may make one",
			"%s: %s", path, strerror(errno));
		return;
	}
	judge_key(doctor, path, fd);
	close(fd);
}

void doctor_socket(struct doctor *doctor)
{
	const char *path = arena_printf(doctor->arena, "%s/keywright.sock", doctor->data).p;
	struct stat status;
	if (stat(path, &status) != 0)
		doctor_fine(doctor, "there is none, as long as no server runs");
	else if (status.st_mode & 077)
		doctor_blame(doctor, "chmod 600 it: whoever can open it is the operator",
			"%s is open to others (mode %03o)", path, status.st_mode & 0777);
	else
		doctor_fine(doctor, "%s is its owner's alone", path);
}

/* ---- room ---- */

void doctor_disk(struct doctor *doctor)
{
	const char *file = doctor_store_file(doctor);
	struct statvfs disk;
	struct stat store = {0};
	if (statvfs(doctor->data, &disk) != 0) {
		doctor_warn(doctor, "name the folder with --data", "%s: %s", doctor->data, strerror(errno));
		return;
	}
	if (file && stat(file, &store) != 0)
		store.st_size = 0;
	const int64_t left = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize, spare = SPARE_MIB * (int64_t)MIB;
	const char *shown = doctor_size(doctor, left);
	if (left < spare)
		doctor_blame(doctor, "make room: without it every write is refused",
			"%s are left where the data folder is", shown);
	else if (left < store.st_size + spare)
		doctor_warn(doctor, "make room: a restore, or a backup that goes there, needs as much as the store has",
			"%s are left where the store has %s", shown, doctor_size(doctor, store.st_size));
	else
		doctor_fine(doctor, "%s are left", shown);
}

void doctor_descriptors(struct doctor *doctor)
{
	struct rlimit limit = {0};
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	/* a server raises its own to what it may have */
	const int64_t may = doctor->server ? doctor_told_int(doctor, "descriptors") : (int64_t)limit.rlim_max;
	const int64_t needs = doctor->settings->server_max_connections + 100;
	if (may < needs)
		doctor_warn(doctor, "raise the limit (LimitNOFILE= of the service), or lower server.max_connections",
			"%lld files may be open, server.max_connections needs %lld", (long long)may, (long long)needs);
	else
		doctor_fine(doctor, "%lld files may be open", (long long)may);
}

/* ---- time ---- */

void doctor_clock(struct doctor *doctor)
{
	static const int64_t SANE_SINCE = 1767225600000; /* 2026 */
	const int64_t now = clock_now(), ahead = doctor->server ? doctor_told_int(doctor, "now_ms") - now : 0;
	struct timex kernel = {0};
	char shown[CLOCK_RFC3339_SIZE];
	clock_rfc3339(now, shown);
	if (now < SANE_SINCE)
		doctor_blame(doctor, "set the clock: whatever is handed out now is dead when it is right", "it says %s",
			shown);
	else if (doctor_told_int(doctor, "now_ms") && (ahead > AHEAD_MS || ahead < -AHEAD_MS))
		doctor_blame(doctor, "restart the server: it never lets time go back while it lives",
			"the server's clock is %lld s ahead of the machine's", (long long)(ahead / 1000));
	else if (adjtimex(&kernel) == TIME_ERROR)
		doctor_warn(doctor, "let systemd-timesyncd or chrony keep it, unless the host of this machine does",
			"%s, and nothing keeps it right as far as the kernel knows", shown);
	else
		doctor_fine(doctor, "%s", shown);
}
