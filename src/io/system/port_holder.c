#include "io/system/port_holder.h"
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text.h"

#define LISTENING 0x0a          /* TCP_LISTEN in the state column; see proc(5) */

/* "0: 0100007F:1F90 00000000:0000 0A ... INODE ...": the port, the state, and as the tenth
 * word the inode.  0 when the line is of another socket. */
static unsigned long read_row(char *line, unsigned port)
{
	char *words[10], *rest = NULL;
	size_t count = 0;
	const char *colon;

	for (char *word = strtok_r(line, " ", &rest); word != NULL && count < MP_COUNT(words);
	    word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	colon = count == MP_COUNT(words) ? strchr(words[1], ':') : NULL;
	if (colon == NULL || strtoul(colon + 1, NULL, 16) != port
	    || strtoul(words[3], NULL, 16) != LISTENING)
		return 0;
	return strtoul(words[9], NULL, 10);
}

/* One of the tables of proc(5); 0 when no socket there listens on port. */
static unsigned long find_inode(const char *table, unsigned port)
{
	FILE *file = fopen(table, "re");
	char line[512];
	unsigned long found = 0;

	if (file == NULL)
		return 0;
	while (found == 0 && fgets(line, sizeof(line), file) != NULL)
		found = read_row(line, port);
	fclose(file);
	return found;
}

/* True when one of the process's descriptors is that socket. */
static bool has_socket(const char *pid, unsigned long inode)
{
	char path[64], link[64], want[64];
	const struct dirent *entry;
	bool found = false;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	snprintf(want, sizeof(want), "socket:[%lu]", inode);
	fds = opendir(path);            /* fails for the processes of other people */
	if (fds == NULL)
		return false;
	while (!found && (entry = readdir(fds)) != NULL) {
		ssize_t len = readlinkat(dirfd(fds), entry->d_name, link, sizeof(link) - 1);

		link[len > 0 ? len : 0] = '\0';
		found = strcmp(link, want) == 0;
	}
	closedir(fds);
	return found;
}

static void describe(const char *pid, char *ret_text, size_t room)
{
	char path[64], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	file = fopen(path, "re");
	if (file != NULL) {
		if (fgets(name, sizeof(name), file) == NULL)
			name[0] = '\0';
		fclose(file);
	}
	name[strcspn(name, "\n")] = '\0';
	snprintf(ret_text, room, "%s%s(process %.20s)", name, name[0] != '\0' ? " " : "", pid);
}

bool mp_port_holder(unsigned port, char *ret_text, size_t room)
{
	unsigned long inode = find_inode("/proc/net/tcp", port);
	const struct dirent *entry;
	bool found = false;
	DIR *proc;

	if (inode == 0)
		inode = find_inode("/proc/net/tcp6", port);
	proc = inode != 0 ? opendir("/proc") : NULL;
	if (proc == NULL)
		return false;
	while (!found && (entry = readdir(proc)) != NULL) {
		found = isdigit((unsigned char)entry->d_name[0]) && has_socket(entry->d_name, inode);
		if (found)
			describe(entry->d_name, ret_text, room);
	}
	closedir(proc);
	return found;
}
