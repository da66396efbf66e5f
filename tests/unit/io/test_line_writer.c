/* A log that is read, and one that is not. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "io/line_writer.h"
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness/peer.h"

#define LINES 5000              /* some 100 bytes each: a pipe takes 64 KiB */

static void add(struct mp_line_writer *writer, int n)
{
	struct mp_buf line;

	mp_buf_init(&line, 1000);
	mp_buf_addf(&line, "%d %0100d\n", n, 0);
	mp_line_writer_add(writer, &line);
	mp_buf_free(&line);
}

/* Everything that comes until the other end is closed. */
static char *read_all(int fd)
{
	static char text[LINES * 120];
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return text;
}

static void test_read(void)
{
	struct mp_line_writer *writer = NULL;
	int ends[2];
	char text[512];

	CHECK_EQ("a pipe", pipe(ends), 0);
	CHECK_EQ("a writer", mp_line_writer_new(ends[1], 10, &writer, NULL), MCPASS_OK);
	add(writer, 7);
	peer_readable(ends[0], 0);
	CHECK("what can be written at once is", read(ends[0], text, sizeof(text)) > 100
	    && strncmp(text, "7 000", 5) == 0);
	mp_line_writer_free(writer);
	close(ends[0]);
	close(ends[1]);
}

static void test_not_read(void)
{
	struct mp_line_writer *writer = NULL;
	int ends[2], last = -1, lost = 0, kept = 0;
	char *text, *line, *rest;

	CHECK_EQ("a pipe", pipe(ends), 0);
	CHECK_EQ("a writer", mp_line_writer_new(ends[1], 10, &writer, NULL), MCPASS_OK);
	for (int i = 0; i < LINES; i++)
		add(writer, i);         /* hangs when it waits for the reader */
	/* The reader comes back: what waited is there, in order, then how much was lost. */
	if (fork() == 0) {
		mp_test_count_allocs(false);
		close(ends[1]);
		text = read_all(ends[0]);
		for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
			if (line[0] == '(') {
				lost += atoi(line + 1);
				last += atoi(line + 1);
				continue;
			}
			kept++;
			if (atoi(line) != last + 1)
				_exit(2);
			last = atoi(line);
		}
		_exit(kept + lost == LINES && lost > 0 && kept > 10 ? 0 : 3);
	}
	close(ends[0]);
	mp_line_writer_free(writer);
	close(ends[1]);
	{
		int status = -1;

		wait(&status);
		CHECK_EQ("in order, and all are accounted for", status, 0);
	}
}

/* The end does not wait for a reader that never comes. */
static void test_end(void)
{
	struct mp_line_writer *writer = NULL;
	int ends[2];

	CHECK_EQ("a pipe", pipe(ends), 0);
	CHECK_EQ("a writer", mp_line_writer_new(ends[1], 10, &writer, NULL), MCPASS_OK);
	for (int i = 0; i < LINES; i++)
		add(writer, i);
	mp_line_writer_free(writer);
	close(ends[0]);
	close(ends[1]);
	mp_line_writer_free(NULL);
}

/* A disk that is full for a while: what was lost is said when there is room again, behind whole lines,
 * and nothing is joined to a line that was cut. */
static void test_full(void)
{
	struct rlimit before, small;
	struct mp_line_writer *writer = NULL;
	char path[] = "/tmp/mcpass-line-writer-XXXXXX", text[65536] = "";
	int fd = mkstemp(path), lost = 0, kept = 0;
	char *line, *rest;
	ssize_t n;

	CHECK("a file", fd >= 0);
	(void)unlink(path);
	CHECK_EQ("limits", getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 5 * 104 + 50;  /* in the middle of a line */
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK_EQ("a full disk", setrlimit(RLIMIT_FSIZE, &small), 0);
	CHECK_EQ("a writer", mp_line_writer_new_json(fd, 100, &writer, NULL), MCPASS_OK);
	for (int i = 0; i < 20; i++)
		add(writer, 10 + i);
	for (int i = 0; i < 5000 && mp_line_writer_lost(writer) == 0; i++)
		(void)poll(NULL, 0, 1);
	CHECK("what is lost is counted", mp_line_writer_lost(writer) > 0);
	CHECK_EQ("room", setrlimit(RLIMIT_FSIZE, &before), 0);
	for (int i = 0; i < 300 && strstr(text, "left_out") == NULL; i++) {
		(void)poll(NULL, 0, 10);
		n = pread(fd, text, sizeof(text) - 1, 0);
		text[n > 0 ? n : 0] = '\0';
	}
	CHECK_HAS("it is said, without another line", text, "left_out");
	add(writer, 99);
	mp_line_writer_free(writer);
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	CHECK_HAS("and it goes on", text, "\n99 000");
	for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, "{\"event\":\"left_out\",\"count\":", 28) == 0)
			lost += atoi(line + 28);
		else
			kept += strlen(line) == 103;
	}
	CHECK_EQ("all are accounted for", kept + lost, 21);
	CHECK("those before it was full are there", kept >= 6);
	close(fd);
}

int main(void)
{
	test_read();
	test_full();
	test_not_read();
	test_end();
	OOM_EACH {
		struct mp_line_writer *writer = NULL;

		CHECK_OOM("no memory", mp_line_writer_new(2, 10, &writer, NULL), MCPASS_OK);
		mp_line_writer_free(writer);
	}
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
