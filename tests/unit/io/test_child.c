/* Programs that are asked something, and the keys of a store among them: scripts that answer. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/secret.h"
#include "harness/check.h"
#include "harness/peer.h"
#include "io/child.h"
#include "io/store/secret_service.h"
#include "io/store/store_key.h"

#define KEY "mcpass-key-1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define ENDLESS "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done"

static char folder[256];

static const char *in_folder(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_script(const char *name, const char *body)
{
	char script[2048];

	snprintf(script, sizeof(script), "#!/bin/sh\n%s\n", body);
	(void)unlink(in_folder(name));
	write_file(in_folder(name), script, 0755);
}

/* --- any program --- */

static const struct {
	const char *label, *body, *input;
	int max_ms;
	enum mcpass_rc want;
	int status;
	const char *out, *said, *detail;
} rows[] = {
	{ "it answers", "printf 'a\\nb'", NULL, PATIENCE_MS, MCPASS_OK, 0, "a\nb", "", "" },
	{ "what it is given", "cat", "two\nlines", PATIENCE_MS, MCPASS_OK, 0, "two\nlines", "", "" },
	{ "it does not read", "exit 4", "input", PATIENCE_MS, MCPASS_OK, 4, "", "", "" },
	{ "it fails and says why", "echo why >&2; echo more >&2; exit 1", NULL, PATIENCE_MS, MCPASS_OK, 1, "",
	    "why", "" },
	{ "its child keeps a pipe", "exec 3>&2; (exec >/dev/null; read x <&3) & echo done", NULL, PATIENCE_MS,
	    MCPASS_OK, 0, "done\n", "", "" },
	{ "nothing of ours for it alone", "echo \"$MCPASS_CLIENT_SECRET\"", NULL, PATIENCE_MS, MCPASS_OK, 0, "\n",
	    "", "" },
	{ "no descriptor of ours", "ls /proc/self/fd | wc -l | tr -d ' '", NULL, PATIENCE_MS, MCPASS_OK, 0, "4\n",
	    "", "" },
	{ "it does not end", "exec sleep 1000", NULL, 30, MCPASS_E_EXPIRED, 0, "", "", "within 30 ms" },
	{ "a signal ends it", "kill -9 $$", NULL, PATIENCE_MS, MCPASS_E_IO, 0, "", "", "signal 9" },
	{ "too much", ENDLESS, NULL, PATIENCE_MS, MCPASS_E_LIMIT, 0, NULL, "", "its answer" },
	{ "too much, said", "(" ENDLESS ") >&2", NULL, 100, MCPASS_E_EXPIRED, 0, "",
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "100 ms" },
	{ "faster than it is read", "cat /dev/zero >&2; :", NULL, 100, MCPASS_E_EXPIRED, 0, "", "", "100 ms" },
	{ "its output ends, and it does not", "exec sleep 1000 >&-", NULL, 30, MCPASS_E_EXPIRED, 0, "", "",
	    "within 30 ms" },
	{ "nor does what it says", "exec cat /dev/zero >&2", NULL, 100, MCPASS_E_EXPIRED, 0, "", "", "100 ms" },
	{ "it says why after its output", "echo a; exec >&-; echo why >&2; exit 3", NULL, PATIENCE_MS, MCPASS_OK,
	    3, "a\n", "why", "" },
};

static void test_ask(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_child_answer answer = { .status = 0 };
		struct mcpass_error err = { 0 };
		char *words[] = { (char *)in_folder("script"), NULL };
		int unwanted = open("/dev/null", O_RDONLY);

		write_script("script", rows[i].body);
		mp_buf_init(&answer.out, 1000);
		CHECK_EQ(rows[i].label, mp_child_ask(words, rows[i].input, rows[i].max_ms, &answer, &err),
		    rows[i].want);
		CHECK_EQ(rows[i].label, answer.status, rows[i].status);
		if (rows[i].out != NULL)
			CHECK_STR(rows[i].label, mp_buf_text(&answer.out), rows[i].out);
		CHECK_STR(rows[i].label, answer.said, rows[i].said);
		CHECK_HAS(rows[i].label, err.detail, rows[i].detail);
		CHECK("no child is left to wait for", waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
		mp_buf_free(&answer.out);
		close(unwanted);
	}
}

static void test_no_program(void)
{
	struct mp_child_answer answer = { .status = 0 };
	char *words[] = { (char *)"/nothing/here", NULL }, *input = calloc(1, MP_CHILD_MAX_INPUT + 2);
	char path[512];

	mp_buf_init(&answer.out, 1000);
	CHECK_EQ("no such program", mp_child_ask(words, NULL, PATIENCE_MS, &answer, NULL), MCPASS_OK);
	CHECK_EQ("as of a shell", answer.status, 127);
	memset(input, 'x', MP_CHILD_MAX_INPUT + 1);
	CHECK_EQ("input that no pipe takes", mp_child_ask(words, input, PATIENCE_MS, &answer, NULL),
	    MCPASS_E_LIMIT);
	free(input);
	mp_buf_free(&answer.out);
	CHECK("found", mp_child_find("script", path, sizeof(path)));
	CHECK_STR("there", path, in_folder("script"));
	CHECK("not found", !mp_child_find("no-such-script", path, sizeof(path)));
	CHECK_EQ("a folder of that name", mkdir(in_folder("no-such-script"), 0755), 0);
	CHECK("is no program", !mp_child_find("no-such-script", path, sizeof(path)));
	(void)rmdir(in_folder("no-such-script"));
	CHECK("no room for its path", !mp_child_find("script", path, 8));
}

/* Our own standard descriptors are closed: its pipes may be any of them. */
static void test_closed(void)
{
	int kept[3];

	for (int fd = 0; fd < 3; fd++)
		kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 50);
	for (int number = 1; number < 8; number++) {
		struct mp_child_answer answer = { .status = 0 };
		char *words[] = { (char *)in_folder("script"), NULL };
		enum mcpass_rc rc;

		write_script("script", "read x; echo \"got $x\"; echo said >&2");
		mp_buf_init(&answer.out, 1000);
		for (int fd = 0; fd < 3; fd++)
			if (number & (1 << fd))
				close(fd);
		rc = mp_child_ask(words, "it\n", PATIENCE_MS, &answer, NULL);
		for (int fd = 0; fd < 3; fd++)
			(void)dup2(kept[fd], fd);
		CHECK_EQ("closed", rc, MCPASS_OK);
		CHECK_STR("closed", mp_buf_text(&answer.out), "got it\n");
		CHECK_STR("closed", answer.said, "said");
		mp_buf_free(&answer.out);
	}
	for (int fd = 0; fd < 3; fd++)
		close(kept[fd]);
}

/* --- secret-tool --- */

static const struct {
	const char *label, *body;
	enum mcpass_rc want;
	const char *text, *detail;
} read_rows[] = {
	{ "a key", "[ \"$*\" = 'lookup service mcpass keys a.b-c' ] && printf " KEY, MCPASS_OK, KEY, "" },
	{ "none", "[ $1 = search ] && exit 0; exit 1", MCPASS_OK, NULL, "" },
	{ "an empty one", "[ $1 = lookup ] || echo [/1]", MCPASS_E_STORE, NULL, "the keyring is locked" },
	{ "locked", "[ $1 = search ] && echo [/1]; exit 1", MCPASS_E_STORE, NULL, "the keyring is locked" },
	{ "it says why", "echo 'secret-tool: no bus' >&2; exit 1", MCPASS_E_STORE, NULL,
	    "the Secret Service: no bus" },
	{ "it fails later", "[ $1 = lookup ] || echo gone >&2; exit 1", MCPASS_E_STORE, NULL,
	    "the Secret Service: gone" },
	{ "an answer for a terminal", "printf '\\033[31mx' >&2; exit 1", MCPASS_E_STORE, NULL, "[31mx" },
	{ "too long", ENDLESS, MCPASS_E_LIMIT, NULL, "its answer" },
	{ "no text", "printf '" KEY "\\0more'", MCPASS_E_STORE, NULL, "is no text" },
	{ "it cannot be run", "exit 127", MCPASS_E_STORE, NULL, "secret-tool cannot be run" },
	{ "it is killed", "kill -9 $$", MCPASS_E_IO, NULL, "signal 9" },
};

static void test_read(void)
{
	for (size_t i = 0; i < COUNT(read_rows); i++) {
		struct mcpass_error err = { 0 };
		char *text = NULL;

		write_script("secret-tool", read_rows[i].body);
		CHECK_EQ(read_rows[i].label, mp_secret_service_read("secret-service:a.b-c", &text, &err),
		    read_rows[i].want);
		if (read_rows[i].text != NULL)
			CHECK_STR(read_rows[i].label, text, read_rows[i].text);
		else
			CHECK(read_rows[i].label, text == NULL);
		CHECK_HAS(read_rows[i].label, err.detail, read_rows[i].detail);
		CHECK("no escape", strchr(err.detail, '\033') == NULL);
		mp_free_wiped(text);
	}
}

/* The text is in no argument. */
static void test_write(void)
{
	static const char *const want = "store\n--label=mcpass: keys of a store (store)\nservice\nmcpass\nkeys\n"
	    "store\n" KEY;
	struct mcpass_error err = { 0 };
	char script[1024], told[1024] = "";
	int fd;

	snprintf(script, sizeof(script), "exec >'%s/told'\nfor x in \"$@\"; do echo \"$x\"; done; cat", folder);
	write_script("secret-tool", script);
	CHECK_EQ("written", mp_secret_service_write("secret-service:", KEY, NULL), MCPASS_OK);
	fd = open(in_folder("told"), O_RDONLY);
	CHECK("told", fd >= 0 && read(fd, told, sizeof(told) - 1) > 0);
	close(fd);
	CHECK_STR("told", told, want);
	write_script("secret-tool", "exit 1");
	CHECK_EQ("refused", mp_secret_service_write("secret-service:", KEY, &err), MCPASS_E_STORE);
	CHECK_EQ("no name", mp_secret_service_write("secret-service:-x", KEY, NULL), MCPASS_E_USAGE);
}

static void test_keys(void)
{
	struct mp_store_keys keys = { 0 };
	struct mcpass_error err = { 0 };
	struct mp_buf text;

	write_script("secret-tool", "printf '" KEY "\\n'");
	CHECK_EQ("keys", mp_store_keys_read(":memory:", "secret-service:", &keys, NULL), MCPASS_OK);
	CHECK_EQ("one", keys.seal.count, 1);
	mp_buf_init(&text, 200);
	mp_store_key_show(&keys, &text);
	CHECK_HAS("shown", mp_buf_text(&text), "of the Secret Service (store)");
	mp_buf_free(&text);
	mp_store_keys_free(&keys);
	write_script("secret-tool", "[ $1 = search ]");
	CHECK_EQ("none is an error", mp_store_keys_read(":memory:", "secret-service:", &keys, &err),
	    MCPASS_E_STORE);
	CHECK_HAS("says so", err.detail, "no keys of that name");
}

static void test_oom(void)
{
	write_script("secret-tool", "printf " KEY);
	OOM_EACH {
		char *text = NULL;
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc = mp_secret_service_read("secret-service:", &text, &err);

		CHECK_OOM("reading", rc, MCPASS_OK);
		CHECK("all or nothing", (rc == MCPASS_OK) == (text != NULL));
		mp_free_wiped(text);
	}
}

int main(void)
{
	char path[8192];

	make_folder(folder, sizeof(folder));
	snprintf(path, sizeof(path), "relative::%s:%s", folder, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("MCPASS_CLIENT_SECRET", "ours", 1);
	test_ask();
	test_no_program();
	test_closed();
	test_read();
	test_write();
	test_keys();
	test_oom();
	remove_folder(folder);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
