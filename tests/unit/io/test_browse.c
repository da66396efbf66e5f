/* The browser: a script that tells through a pipe with a name what it was given. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "harness/check.h"
#include "io/browser/browse.h"
#include "io/browser/spawn.h"
#include "harness/peer.h"

/* Well formed, and a command to every shell that reads it; and what openers are to get. */
#define URL "https://as.example/a$(touch$IFS*x)';b'?a=$(touch$IFS'x');b&c=%20*~(d)!x,y"
#define PLAIN "https://as.example/a%24%28touch%24IFS%2Ax%29%27%3Bb%27?a=%24%28touch%24IFS%27x%27" \
	"%29%3Bb&c=%20%2A~%28d%29%21x%2Cy"
#define OPEN_FD 77

static char folder[256], fifo[512], text[4096];
static int pipe_fd;

static const char *in_folder(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* The script's account, which ends when it does. */
static const char *account(void)
{
	size_t len = 0;
	ssize_t n = 1;

	text[0] = '\0';
	while (n > 0 && len < sizeof(text) - 1) {
		if (!peer_readable(pipe_fd, PATIENCE_MS))
			die("the browser says nothing");
		n = read(pipe_fd, text + len, sizeof(text) - 1 - len);
		len += n > 0 ? (size_t)n : 0;
		text[len] = '\0';
	}
	/* A new one for the next browser: this one has seen its end. */
	close(pipe_fd);
	pipe_fd = open(fifo, O_RDONLY | O_NONBLOCK);
	return text;
}

/* An opener that reads its argument as PowerShell reads a string in double quotes: wslview. */
static void write_reader(const char *name)
{
	char script[1024];

	snprintf(script, sizeof(script), "#!/bin/sh\nexec > '%s'\ncd '%s'\n"
	    "eval \"echo \\\"argument=$1\\\"\"\necho name=${0##*/}\n", fifo, folder);
	write_file(in_folder(name), script, 0755);
}

static void write_browser(const char *name)
{
	char script[2048];

	snprintf(script, sizeof(script), "#!/bin/sh\nexec > '%s'\n"
	    "echo name=${0##*/}\necho count=$#\nfor a in \"$@\"; do echo \"argument=$a\"; done\n"
	    "echo stdin=$(readlink /proc/$$/fd/0)\necho stderr=$(readlink /proc/$$/fd/2)\n"
	    "[ -e /proc/$$/fd/%d ] && echo leaked\n"
	    "grep '^Sig[BI]' /proc/$$/status | tr '\\t' ' '\n"
	    "[ -z \"$GO\" ] || read line < \"$GO\"\necho whole\n", fifo, OPEN_FD);
	write_file(in_folder(name), script, 0755);
}

/* The line of /proc/self/status, as the fake writes it.  Whoever started us may ignore signals
 * that no program can reset: the C library keeps 32 and 33 for itself. */
static const char *ignored_by_us(void)
{
	static char line[64];
	FILE *status = fopen("/proc/self/status", "r");
	unsigned long long mask;
	bool found = false;

	while (status != NULL && !found && fgets(line, sizeof(line), status) != NULL)
		found = sscanf(line, "SigIgn: %llx", &mask) == 1;
	if (!found)
		die("/proc/self/status");
	fclose(status);
	snprintf(line, sizeof(line), "SigIgn: %016llx\n", mask);
	return line;
}

static void test_opened(void)
{
	struct mcpass_error err = { 0 };
	const char *ignored;
	sigset_t all, before;
	int fd = open("/dev/null", O_RDONLY), go;

	if (dup2(fd, OPEN_FD) != OPEN_FD)
		die("dup2");
	setenv("BROWSER", in_folder("fake"), 1);
	setenv("GO", in_folder("go"), 1);
	if (mkfifo(in_folder("go"), 0600) != 0)
		die("go");
	for (int number = 1; number < 32; number++)
		signal(number, SIG_DFL);        /* whoever started us may ignore some: nohup */
	ignored = ignored_by_us();
	sigfillset(&all);
	sigdelset(&all, SIGTERM);       /* a run that hangs can still be ended */
	sigprocmask(SIG_SETMASK, &all, &before);
	signal(SIGPIPE, SIG_IGN);
	CHECK_EQ("started", mp_browse(URL, NULL, 0, NULL, &err), MCPASS_OK);
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* Nobody waited for it: it waits for us. */
	go = open(in_folder("go"), O_WRONLY);
	peer_write(go, "\n");
	close(go);
	unsetenv("GO");
	account();
	CHECK_HAS("one argument", text, "\ncount=1\n");
	CHECK_HAS("made plain", text, "\nargument=" PLAIN "\n");
	CHECK_HAS("no input", text, "\nstdin=/dev/null\n");
	CHECK_HAS("no output", text, "\nstderr=/dev/null\n");
	CHECK("no descriptor of ours", strstr(text, "leaked") == NULL);
	CHECK_HAS("no signal blocked", text, "SigBlk: 0000000000000000\n");
	CHECK_HAS("none ignored that we ignore", text, ignored);
	CHECK_HAS("to its end", text, "\nwhole\n");
	CHECK("no shell read it", access("x", F_OK) != 0);
	CHECK("no child is left to wait for", waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	close(OPEN_FD);
	close(fd);
}

static const struct {
	const char *label, *url;
	enum mcpass_rc want;
} url_rows[] = {
	{ "https", "https://as.example/", MCPASS_OK },
	{ "http to loopback", "http://127.0.0.1:8080/a", MCPASS_OK },
	{ "http to IPv6 loopback", "http://[::1]:8080/a", MCPASS_OK },
	{ "http to elsewhere", "http://as.example/", MCPASS_E_POLICY },
	{ "http to a name that looks alike", "http://127.0.0.1.evil.example/", MCPASS_E_POLICY },
	{ "a script", "javascript:alert(1)", MCPASS_E_POLICY },
	{ "data", "data:text/html,x", MCPASS_E_POLICY },
	{ "a file", "file:///etc/passwd", MCPASS_E_POLICY },
	{ "a program's own scheme", "ms-msdt:/id", MCPASS_E_POLICY },
	{ "an option", "--help", MCPASS_E_POLICY },
	{ "a command", "$(reboot)", MCPASS_E_POLICY },
	{ "a command and a blank", "https://as.example/$(reboot) x", MCPASS_E_POLICY },
	{ "a command for a host", "https://$(reboot).example/", MCPASS_E_POLICY },
	{ "a command behind the host", "https://as.example;reboot/", MCPASS_E_POLICY },
	{ "a command for a port", "https://as.example:$(reboot)/", MCPASS_E_POLICY },
	{ "a command for a user", "https://$(reboot)@as.example/", MCPASS_E_POLICY },
	{ "a backtick", "https://as.example/`reboot`", MCPASS_E_POLICY },
	{ "a caret and a bar", "https://as.example/^|calc", MCPASS_E_POLICY },
	{ "a variable of Windows", "https://as.example/%PATH%", MCPASS_E_POLICY },
	{ "a line end", "https://as.example/\nfile:///x", MCPASS_E_POLICY },
	{ "a quote", "https://as.example/\"x", MCPASS_E_POLICY },
	{ "a backslash", "https://as.example\\@evil.example/", MCPASS_E_POLICY },
	{ "a password", "https://a:b@as.example/", MCPASS_E_POLICY },
	{ "nothing", "", MCPASS_E_POLICY },
};

static void test_urls(void)
{
	static const char *const allowed[] = { "as.internal" };

	setenv("BROWSER", in_folder("fake"), 1);
	CHECK_EQ("plain http to a host that is allowed", mp_browse("http://as.internal:8080/a", allowed, 1,
	    NULL, NULL), MCPASS_OK);
	CHECK_HAS("it is opened", account(), "http://as.internal:8080/a");
	CHECK_EQ("and to no other", mp_browse("http://xas.internal/a", allowed, 1, NULL, NULL),
	    MCPASS_E_POLICY);
	for (size_t i = 0; i < COUNT(url_rows); i++) {
		struct mcpass_error err = { 0 };

		CHECK_EQ(url_rows[i].label, mp_browse(url_rows[i].url, NULL, 0, NULL, &err), url_rows[i].want);
		if (url_rows[i].want == MCPASS_OK)
			CHECK_HAS(url_rows[i].label, account(), url_rows[i].url);
		else
			CHECK_STR("what to do", err.hint, "Open the address yourself, in any browser.");
	}
}

/* PATH: "+" is our folder.  says: the script's name, or what is in the error; argument: one
 * that it got. */
static const struct {
	const char *label, *browser, *display, *wayland, *wsl, *path;
	enum mcpass_rc want;
	const char *says, *argument;
} find_rows[] = {
	{ "$BROWSER by name", "fake", NULL, NULL, NULL, "/nothing:+", MCPASS_OK, "fake", PLAIN },
	{ "$BROWSER that is not there", "nobody", ":0", NULL, NULL, "+", MCPASS_E_IO, "BROWSER", "" },
	{ "an argument", "fake --new", NULL, NULL, NULL, "+", MCPASS_OK, "fake", "--new" },
	{ "and the URL behind it", "fake --new", NULL, NULL, NULL, "+", MCPASS_OK, "fake", PLAIN },
	{ "where the URL goes", "fake %s --last", NULL, NULL, NULL, "+", MCPASS_OK, "fake", PLAIN },
	{ "inside a word", "fake --app=%s", NULL, NULL, NULL, "+", MCPASS_OK, "fake", "--app=" PLAIN },
	{ "other escapes", "fake %%%c%x %s", NULL, NULL, NULL, "+", MCPASS_OK, "fake", "%:%x" },
	{ "quotes", "'fake' \"a  b\"'c d'", NULL, NULL, NULL, "+", MCPASS_OK, "fake", "a  bc d" },
	{ "to the background", "fake %s &", NULL, NULL, NULL, "+", MCPASS_OK, "fake", PLAIN },
	{ "blanks around", "\t fake  ", NULL, NULL, NULL, "+", MCPASS_OK, "fake", PLAIN },
	{ "a list", "nobody:fake", NULL, NULL, NULL, "+", MCPASS_OK, "fake", PLAIN },
	{ "a list with nothing in it", "::fake:", NULL, NULL, NULL, "+", MCPASS_OK, "fake", PLAIN },
	{ "the first one fails", "failing:fake --x", NULL, NULL, NULL, "+", MCPASS_OK, "fake", "--x" },
	{ "the first one cannot run", "broken:fake", NULL, NULL, NULL, "+", MCPASS_OK, "fake", PLAIN },
	{ "a quote without its end", "fake 'a", NULL, NULL, NULL, "+", MCPASS_E_IO, "quote", "" },
	{ "only blanks", "  ", NULL, NULL, NULL, "+", MCPASS_E_IO, "no program", "" },
	{ "only colons", "::", NULL, NULL, NULL, "+", MCPASS_E_IO, "no program", "" },
	{ "a shell", "sh -c fake", NULL, NULL, NULL, "+", MCPASS_E_IO, "command", "" },
	{ "a shell behind env", "env sh -c \"fake %s\"", NULL, NULL, NULL, "+", MCPASS_E_IO,
	    "command", "" },
	{ "a shell by path", "/bin/sh", NULL, NULL, NULL, "+", MCPASS_E_IO, "command", "" },
	{ "a link to a shell", "innocent", NULL, NULL, NULL, "+", MCPASS_E_IO, "command", "" },
	{ "cmd.exe", "cmd.exe /c start", NULL, NULL, "Debian", "+", MCPASS_E_IO, "command", "" },
	{ "PowerShell", "/mnt/c/x/PowerShell.EXE -c", NULL, NULL, "Debian", "+", MCPASS_E_IO,
	    "command", "" },
	{ "the shell of another machine", "ssh desk fake", NULL, NULL, NULL, "+", MCPASS_E_IO,
	    "command", "" },
	{ "an empty one is none", "", ":0", NULL, NULL, "+", MCPASS_OK, "xdg-open", PLAIN },
	{ "a display", NULL, ":0", NULL, NULL, "+", MCPASS_OK, "xdg-open", PLAIN },
	{ "Wayland", NULL, NULL, "wayland-0", NULL, "+", MCPASS_OK, "xdg-open", PLAIN },
	{ "no display", NULL, NULL, NULL, NULL, "+", MCPASS_E_IO, "no display", "" },
	{ "WSL", NULL, NULL, NULL, "Debian", "+", MCPASS_OK, "wslview", PLAIN },
	{ "no program", NULL, ":0", NULL, NULL, "/nothing", MCPASS_E_IO, "no program", "" },
	{ "a relative folder does not count", NULL, ":0", NULL, NULL, ".", MCPASS_E_IO, "no program",
	    "" },
	{ "an empty one neither", NULL, ":0", NULL, NULL, ":", MCPASS_E_IO, "no program", "" },
	{ "no PATH", NULL, ":0", NULL, NULL, NULL, MCPASS_E_IO, "no program", "" },
	{ "a program that cannot run", "broken", NULL, NULL, NULL, "+", MCPASS_E_IO, "Exec format", "" },
};

static void put(const char *name, const char *value)
{
	if (value != NULL)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void test_find(void)
{
	char before[4096], path[8192];

	snprintf(before, sizeof(before), "%s", getenv("PATH"));
	if (chdir(folder) != 0)
		die(folder);
	for (size_t i = 0; i < COUNT(find_rows); i++) {
		struct mcpass_error err = { 0 };
		const char *plus = find_rows[i].path != NULL ? strchr(find_rows[i].path, '+') : NULL;

		if (plus != NULL)       /* the rest is for the script's own programs */
			snprintf(path, sizeof(path), "%.*s%s:%s", (int)(plus - find_rows[i].path),
			    find_rows[i].path, folder, before);
		put("PATH", plus != NULL ? path : find_rows[i].path);
		put("BROWSER", find_rows[i].browser);
		put("DISPLAY", find_rows[i].display);
		put("WAYLAND_DISPLAY", find_rows[i].wayland);
		put("WSL_DISTRO_NAME", find_rows[i].wsl);
		CHECK_EQ(find_rows[i].label, mp_browse(URL, NULL, 0, NULL, &err), find_rows[i].want);
		if (find_rows[i].want == MCPASS_OK) {
			snprintf(path, sizeof(path), "name=%s\n", find_rows[i].says);
			CHECK_HAS(find_rows[i].label, account(), path);
			snprintf(path, sizeof(path), "argument=%s\n", find_rows[i].argument);
			CHECK_HAS(find_rows[i].label, text, path);
			CHECK("nothing in it was run", access(in_folder("x"), F_OK) != 0);
		} else {
			CHECK_HAS(find_rows[i].label, err.detail, find_rows[i].says);
		}
	}
	setenv("PATH", before, 1);
}

/* How the opener ended.  fails: what is told about it, NULL when it did not fail. */
static const struct {
	const char *label, *browser, *fails;
} outcome_rows[] = {
	{ "it ends well", "quiet", NULL },
	{ "it fails", "failing", "failing ended with status 3" },
	{ "it is killed", "killed", "killed ended with signal 9" },
	{ "the second one fails, too", "failing:killed", "killed ended with signal 9" },
	{ "the second one cannot run", "failing:broken", "broken: Exec format error" },
	{ "the second one does it", "killed:quiet", NULL },
};

static void test_outcome(void)
{
	char path[8192];

	snprintf(path, sizeof(path), "%s:%s", folder, getenv("PATH"));
	setenv("PATH", path, 1);
	for (size_t i = 0; i < COUNT(outcome_rows); i++) {
		struct mcpass_error err = { 0 };
		int watch = -1;

		setenv("BROWSER", outcome_rows[i].browser, 1);
		CHECK_EQ(outcome_rows[i].label, mp_browse(URL, NULL, 0, &watch, &err), MCPASS_OK);
		CHECK(outcome_rows[i].label, peer_readable(watch, PATIENCE_MS));
		CHECK_EQ(outcome_rows[i].label, mp_spawn_outcome(watch, &err),
		    outcome_rows[i].fails != NULL ? MCPASS_E_IO : MCPASS_OK);
		CHECK_STR(outcome_rows[i].label, err.detail,
		    outcome_rows[i].fails != NULL ? outcome_rows[i].fails : "");
	}
}

static void test_spawn(void)
{
	char *const nothing[] = { (char *)"/nothing/here", (char *)"x", NULL };
	const mp_command_line lines[] = { nothing };
	struct mcpass_error err = { 0 };

	CHECK_EQ("no such program", mp_spawn_detached(lines, 1, NULL, &err), MCPASS_E_IO);
	CHECK_STR("by its name", err.detail, "here: No such file or directory");
	CHECK("no child is left to wait for", waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

int main(void)
{
	unsetenv("WSL_INTEROP");
	make_folder(folder, sizeof(folder));
	snprintf(fifo, sizeof(fifo), "%s/pipe", folder);
	if (mkfifo(fifo, 0600) != 0 || (pipe_fd = open(fifo, O_RDONLY | O_NONBLOCK)) < 0)
		die(fifo);
	write_browser("fake");
	write_browser("xdg-open");
	write_reader("wslview");
	write_file(in_folder("failing"), "#!/bin/sh\nexit 3\n", 0755);
	write_file(in_folder("killed"), "#!/bin/sh\nkill -9 $$\n", 0755);
	write_file(in_folder("quiet"), "#!/bin/sh\n", 0755);
	if (symlink("/bin/sh", in_folder("innocent")) != 0)
		die("innocent");
	write_file(in_folder("broken"), "\x7f" "ELF", 0755);
	test_opened();
	test_urls();
	test_find();
	test_outcome();
	test_spawn();
	close(pipe_fd);
	remove_folder(folder);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
