/* Arguments of tools as they are typed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/args.h"
#include "harness/check.h"
#include "io/file/read_file.h"

static char folder[64];

static void write_file(const char *name, const char *bytes, size_t len)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	if (!CHECK("a file for the test", file != NULL))
		exit(1);
	(void)fwrite(bytes, 1, len, file);
	(void)fclose(file);
}

static const struct {
	const char *label, *words;      /* separated by '|' */
	enum mcpass_rc want;
	const char *text;               /* the object, or part of the error */
} rows[] = {
	{ "nothing", "", MCPASS_OK, "{}" },
	{ "a string", "message=hi", MCPASS_OK, "{\"message\":\"hi\"}" },
	{ "an empty string", "message=", MCPASS_OK, "{\"message\":\"\"}" },
	{ "digits are a string", "n=3", MCPASS_OK, "{\"n\":\"3\"}" },
	{ "an = inside", "q=a=b", MCPASS_OK, "{\"q\":\"a=b\"}" },
	{ "UTF-8", "q=\xc3\xa9", MCPASS_OK, "{\"q\":\"\xc3\xa9\"}" },
	{ "a number", "n:=3", MCPASS_OK, "{\"n\":3}" },
	{ "a negative number", "n:=-3", MCPASS_OK, "{\"n\":-3}" },
	{ "true", "f:=true", MCPASS_OK, "{\"f\":true}" },
	{ "null", "f:=null", MCPASS_OK, "{\"f\":null}" },
	{ "a list", "l:=[1,\"a\"]", MCPASS_OK, "{\"l\":[1,\"a\"]}" },
	{ "a string as JSON", "s:=\"@x\"", MCPASS_OK, "{\"s\":\"@x\"}" },
	{ "several", "a=1|b:=2", MCPASS_OK, "{\"a\":\"1\",\"b\":2}" },
	{ "members of an object", "{\"a\":1,\"b\":{}}|c=x", MCPASS_OK, "{\"a\":1,\"b\":{},\"c\":\"x\"}" },
	{ "a file's text", "t=@FOLDER/text", MCPASS_OK, "{\"t\":\"two\\nlines\\n\"}" },
	{ "a file's JSON", "t:=@FOLDER/json", MCPASS_OK, "{\"t\":{\"a\":[1]}}" },
	{ "a NUL in a text is a character", "t=@FOLDER/nul", MCPASS_OK, "{\"t\":\"a\\u0000b\"}" },
	{ "no =", "message", MCPASS_E_USAGE, "not an argument of a tool: message" },
	{ "no name", "=x", MCPASS_E_USAGE, "not an argument of a tool: =x" },
	{ "no name for JSON", ":=1", MCPASS_E_USAGE, "not an argument of a tool: :=1" },
	{ "empty", "a=1||b=2", MCPASS_OK, "{\"a\":\"1\",\"b\":\"2\"}" },
	{ "bad JSON", "n:=three", MCPASS_E_USAGE, "n" },
	{ "empty JSON", "n:=", MCPASS_E_USAGE, "n" },
	{ "more than one value", "n:=1 2", MCPASS_E_USAGE, "n" },
	{ "a bad object", "{\"a\":1", MCPASS_E_USAGE, "the argument" },
	{ "twice", "a=1|a=2", MCPASS_E_USAGE, "the argument a is given twice" },
	{ "twice, once in an object", "a=1|{\"a\":2}", MCPASS_E_USAGE, "the argument a is given twice" },
	{ "twice in one object", "{\"a\":1,\"a\":2}", MCPASS_E_USAGE, "the argument" },
	{ "not UTF-8", "a=\xff", MCPASS_E_USAGE, "a: not UTF-8 text" },
	{ "a name that is not UTF-8", "\xff=a", MCPASS_E_USAGE, "an argument's name is not UTF-8 text" },
	{ "a file that is not there", "a=@FOLDER/none", MCPASS_E_IO, "No such file" },
	{ "a file that is no text", "a=@FOLDER/binary", MCPASS_E_USAGE, "a: not UTF-8 text" },
	{ "a folder", "a=@FOLDER", MCPASS_E_IO, "directory" },
};

/* Cuts words at '|' and puts the folder in. */
static size_t split(const char *words, char *room, size_t size, char **argv)
{
	const char *mark = strstr(words, "FOLDER");
	size_t count = 0;

	if (mark != NULL)
		(void)snprintf(room, size, "%.*s%s%s", (int)(mark - words), words, folder, mark + 6);
	else
		(void)snprintf(room, size, "%s", words);
	for (char *word = strtok(room, "|"); word != NULL; word = strtok(NULL, "|"))
		argv[count++] = word;
	return count;
}

static void test_parse(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		struct mcpass_error err = { 0 };
		char room[256], *argv[8];
		size_t count = split(rows[i].words, room, sizeof(room), argv);
		json_t *object = NULL, *same = NULL;
		char *typed = NULL;

		CHECK_EQ(label, mp_args_parse(argv, count, &object, &typed, &err), rows[i].want);
		if (rows[i].want == MCPASS_OK) {
			char *text = mp_json_dump(object);

			CHECK_STR(label, text, rows[i].text);
			mp_free_wiped(text);
			same = json_loads(typed, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
			CHECK(label, json_equal(same, object));
			mp_free_wiped(typed);
			json_decref(same);
		} else {
			CHECK_STR(label, typed, NULL);
			CHECK(label, object == NULL);
			CHECK_HAS(label, err.detail, rows[i].text);
			CHECK_STR(label, err.doing, "reading the arguments");
		}
		json_decref(object);
	}
}

/* A number may be more than a double or 64 bits hold. */
static void test_typed(void)
{
	static char one[] = "a:=0.1", two[] = " {\"b\" : 123456789012345678901234567890 } ";
	static char three[] = "c:=1.0", four[] = "{}";
	char *const argv[] = { one, two + 1, four, three };
	json_t *object = NULL;
	char *text = NULL;

	CHECK_EQ("as typed", mp_args_parse(argv, COUNT(argv), &object, &text, NULL), MCPASS_OK);
	CHECK_STR("as typed", text,
	    "{\"a\":0.1,\"b\" : 123456789012345678901234567890 ,\"c\":1.0}");
	mp_free_wiped(text);
	json_decref(object);
}

static void test_oom(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		OOM_EACH {
			struct mcpass_error err = { 0 };
			char room[256], *argv[8];
			size_t count = split(rows[i].words, room, sizeof(room), argv);
			json_t *object = NULL;
			char *text = NULL;
			enum mcpass_rc rc;

			rc = mp_args_parse(argv, count, &object, &text, &err);
			CHECK_OOM(rows[i].label, rc, rows[i].want);
			json_decref(object);
			mp_free_wiped(text);
		}
}

static void test_read_file(void)
{
	struct mcpass_error err = { 0 };
	char path[128], *text = NULL;
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "%s/nul", folder);
	CHECK_EQ("a NUL is no text", mp_read_file(path, 100, &text, NULL, &err), MCPASS_E_USAGE);
	CHECK_EQ("bytes may have one", mp_read_file(path, 100, &text, &len, &err), MCPASS_OK);
	CHECK_EQ("all of them", len, 3);
	mp_free_wiped(text);
	text = NULL;
	memset(&err, 0, sizeof(err));
	CHECK_EQ("as long as may be", mp_read_file(path, 3, &text, &len, &err), MCPASS_OK);
	mp_free_wiped(text);
	text = NULL;
	CHECK_EQ("one too long", mp_read_file(path, 2, &text, &len, &err), MCPASS_E_USAGE);
	CHECK("untouched", text == NULL);
}

static void test_params(void)
{
	struct mcpass_error err = { 0 };
	char *params = NULL;

	CHECK_EQ("a tool's", mp_args_params("name", "ec\"ho", "{\"a\":0.1}", &params, &err), MCPASS_OK);
	CHECK_STR("a tool's", params, "{\"name\":\"ec\\\"ho\",\"arguments\":{\"a\":0.1}}");
	mp_free_wiped(params);
	params = NULL;
	CHECK_EQ("not UTF-8", mp_args_params("uri", "\xff", NULL, &params, &err), MCPASS_E_USAGE);
	CHECK("untouched", params == NULL);
}

int main(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/mcpass-test-args-%d", (int)getpid());
	if (mkdir(folder, 0700) != 0)
		return 1;
	write_file("text", "two\nlines\n", 10);
	write_file("json", " {\"a\": [1]}\n", 12);
	write_file("nul", "a\0b", 3);
	write_file("binary", "\xff\xfe", 2);
	test_parse();
	test_typed();
	test_oom();
	test_read_file();
	test_params();
	for (size_t i = 0; i < 4; i++) {
		static const char *const names[] = { "text", "json", "nul", "binary" };
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
