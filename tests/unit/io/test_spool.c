/* Long strings of an answer in a file: what stays in memory, and what comes back. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/limits.h"
#include "harness/check.h"
#include "harness/peer.h"
#include "io/file/spool.h"
#include "io/file/whole_file.h"
#include "wire/json/peek.h"

#define LONG ((size_t)700 * 1024)       /* more than two windows */
#define SECRET "s3cret-of-ours-that-is-long"

static char folder[256], path[300];

static int files(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static enum mcpass_rc keep(void *ctx, const char *bytes, size_t len, struct mcpass_error *err)
{
	mp_buf_add(ctx, bytes, len);
	return mp_buf_check(ctx, "the text", err);
}

static void hide(void *ctx, char *text)
{
	(void)ctx;
	for (char *at = strstr(text, SECRET); at != NULL; at = strstr(at, SECRET))
		memset(at, '*', strlen(SECRET));
}

/* before, filler again and again up to len bytes, behind */
static char *text_of(const char *before, const char *filler, size_t len, const char *behind)
{
	struct mp_buf buf;
	char *text = NULL;

	mp_buf_init(&buf, 4 * LONG);
	mp_buf_adds(&buf, before);
	while (buf.len < len)
		mp_buf_adds(&buf, filler);
	mp_buf_adds(&buf, behind);
	CHECK_EQ("a text", mp_buf_take(&buf, "a text", &text, NULL), MCPASS_OK);
	return text;
}

/* As the session has it. */
static enum mcpass_rc mend(struct mp_buf *buf, struct mcpass_error *err)
{
	struct mp_span text = { mp_buf_text(buf), buf->len };
	struct mp_buf room = { 0 };
	enum mcpass_rc rc = mp_json_utf8(text, &room, &text, err);

	if (!rc && room.len > 0) {
		mp_buf_free(buf);
		*buf = room;
	} else {
		mp_buf_free(&room);
	}
	return rc;
}

/* size bytes at a time; *ret_kept is what stays in memory, and then what comes back. */
static enum mcpass_rc pass(const char *text, size_t size, size_t *ret_kept, char **ret_text,
    struct mcpass_error *err)
{
	struct mp_spool *spool = NULL;
	size_t len = strlen(text);
	struct mp_buf buf;
	char *kept = NULL;
	enum mcpass_rc rc = mp_spool_new(path, &spool, err);

	mp_buf_init(&buf, 4 * LONG);
	if (!rc) {
		mp_spool_mask(spool, hide, NULL);
		mp_spool_begin(spool, 7);
	}
	for (size_t at = 0; !rc && at < len; at += size)
		rc = mp_spool_feed(spool, 7, (struct mp_span){ text + at, len - at < size ? len - at : size },
		    keep, &buf, err);
	if (!rc)
		rc = mend(&buf, err);
	if (!rc)
		rc = mp_buf_take(&buf, "the text", &kept, err);
	*ret_kept = kept != NULL ? strlen(kept) : 0;
	if (!rc)
		rc = mp_spool_restore(spool, &kept, err);
	mp_buf_free(&buf);
	mp_spool_free(spool);
	if (rc)
		free(kept);
	else
		*ret_text = kept;
	return rc;
}

static const struct {
	const char *label, *before, *filler, *behind;
	bool is_long;
} rows[] = {
	{ "a long string", "{\"a\":\"", "0123456789", "\",\"b\":\"c\"}", true },
	{ "many short ones", "[", "\"0123456789\",", "1]", false },
	{ "escapes", "[\"", "\\n\\\\\\\"\\ud83d\\ude00", "\"]", true },
	{ "characters", "[\"", "\xf0\x9f\x98\x80\xc3\xa9z", "\"]", true },
	{ "an event", "data: {\"a\":\"", "QUJD", "\"}\r\n\r\n", true },
	{ "two long ones", "[\"", "0123456789abcdefghijklmnopqrstuvwxyz", "\",\"\"]", true },
};

static void test_what_comes_back(void)
{
	static const size_t sizes[] = { 1, 7, 16 * 1024, 65535, 2 * LONG };

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t n = i == 0 ? 0 : 1; n < COUNT(sizes); n++) {
			char *text = text_of(rows[i].before, rows[i].filler, LONG, rows[i].behind), *got = NULL;
			size_t kept = 0;

			CHECK_EQ(rows[i].label, pass(text, sizes[n], &kept, &got, NULL), MCPASS_OK);
			CHECK("the same", got != NULL && strcmp(got, text) == 0);
			CHECK(rows[i].label, rows[i].is_long ? kept < MP_SPOOL_FRONT + 1024 : kept == strlen(text));
			CHECK_EQ("nothing is left", files(), 0);
			free(got);
			free(text);
		}
}

/* A secret at every place: in the front, across it, across the windows. */
static void test_masked(void)
{
	for (size_t at = MP_SPOOL_FRONT - 40; at < MP_SPOOL_FRONT + 4; at += 3) {
		char *text = text_of("[\"", "x", at, SECRET), *whole, *got = NULL;
		size_t kept;

		whole = text_of(text, "y", LONG, "\"]");
		memcpy(whole + 256 * 1024 - at % 30, SECRET, strlen(SECRET));
		memcpy(whole + 512 * 1024 - at % 50, SECRET, strlen(SECRET));
		CHECK_EQ("masked", pass(whole, 4096, &kept, &got, NULL), MCPASS_OK);
		CHECK("none is left", strstr(got, SECRET) == NULL);
		CHECK_EQ("of the same length", strlen(got), strlen(whole));
		free(got);
		free(whole);
		free(text);
	}
}

static void test_bad(void)
{
	static const struct { const char *label, *bad, *says; enum mcpass_rc rc; } bad[] = {
		{ "an escape that is none", "\\q", "JSON", MCPASS_E_PROTOCOL },
		{ "half of one", "\\u12x4", "JSON", MCPASS_E_PROTOCOL },
	};
	struct mcpass_error err;

	for (size_t i = 0; i < COUNT(bad); i++) {
		char *front = text_of("[\"", "x", 100 * 1024, bad[i].bad), *text, *got = NULL;
		size_t kept;

		text = text_of(front, "y", 2 * LONG, "\"]");
		mp_clear(&err);
		CHECK_EQ(bad[i].label, pass(text, 4096, &kept, &got, &err), bad[i].rc);
		CHECK_HAS(bad[i].label, err.detail, bad[i].says);
		free(text);
		free(front);
	}
}

static void test_mended(void)
{
	char *front = text_of("[\"a\xff\",\"\xff", "", 0, ""), *text, *got = NULL;
	size_t kept;

	text = text_of(front, "\xc3\xa9z\xff", LONG, "\"]");
	CHECK_EQ("what is no UTF-8", pass(text, 1000, &kept, &got, NULL), MCPASS_OK);
	CHECK("is mended", strchr(got, '\xff') == NULL);
	CHECK_HAS("its front is there once", got, "[\"a\xef\xbf\xbd\",\"\xef\xbf\xbd\xc3\xa9z\xef\xbf\xbd");
	free(got);
	free(text);
	free(front);
}

static void test_others(void)
{
	char *text = text_of("[\"", "0123456789", LONG, "\"]");
	struct mp_span all = { text, strlen(text) };
	struct mp_spool *spool = NULL;
	struct mcpass_error err = { 0 };
	struct mp_buf buf;

	mp_buf_init(&buf, 4 * LONG);
	CHECK_EQ("a spool", mp_spool_new("/nowhere/at/all", &spool, NULL), MCPASS_OK);
	mp_spool_begin(spool, 1);
	CHECK_EQ("another's text", mp_spool_feed(spool, 2, all, keep, &buf, NULL), MCPASS_OK);
	CHECK_STR("passes as it is", mp_buf_text(&buf), text);
	CHECK_EQ("no folder", mp_spool_feed(spool, 1, all, keep, &buf, &err), MCPASS_E_IO);
	CHECK_HAS("no folder", err.detail, "/nowhere/at/all");
	CHECK_HAS("what helps", err.hint, "room");
	mp_spool_free(spool);
	mp_spool_free(NULL);
	mp_buf_free(&buf);
	free(text);
	text = text_of("", "mcpass-0123456789abcdef0123456789abcdef-0000000000000000-0000000000000001-00000001",
	    1, "");
	CHECK_EQ("a spool", mp_spool_new(path, &spool, NULL), MCPASS_OK);
	CHECK_EQ("a server's mark is none", mp_spool_count(spool, (struct mp_span){ text, strlen(text) }), 0);
	mp_spool_free(spool);
	free(text);
}

static void test_no_memory(void)
{
	char *text = text_of("{\"a\":\"", "0123456789", LONG, "\"}");

	OOM_EACH {
		char *got = NULL;
		size_t kept;

		CHECK_OOM("a spool", pass(text, 16 * 1024, &kept, &got, NULL), MCPASS_OK);
		free(got);
	}
	free(text);
	CHECK_EQ("nothing is left", files(), 0);
}

/* --- a file that is there as a whole --- */

static void read_back(char *got, size_t room)
{
	FILE *file = fopen(path, "r");

	got[0] = '\0';
	if (file == NULL)
		return;
	got[fread(got, 1, room - 1, file)] = '\0';
	fclose(file);
}

static enum mcpass_rc write_whole(const char *text, bool ends)
{
	struct mp_whole_file *file = NULL;
	enum mcpass_rc rc = mp_whole_file_new(path, &file, NULL);

	if (!rc)
		rc = mp_whole_file_add(file, text, strlen(text), NULL);
	if (!rc) {
		CHECK_EQ("its size", mp_whole_file_size(file), strlen(text));
		CHECK_EQ("its last byte", mp_whole_file_last(file), text[strlen(text) - 1]);
	}
	if (!rc && ends)
		rc = mp_whole_file_end(file, NULL);
	mp_whole_file_free(file);
	return rc;
}

static void test_whole_file(void)
{
	struct mp_whole_file *file = NULL;
	struct mcpass_error err = { 0 };
	char got[64];
	struct stat st;

	CHECK_EQ("without an end", write_whole("one", false), MCPASS_OK);
	CHECK_EQ("there is nothing", files(), 0);
	CHECK_EQ("with one", write_whole("two", true), MCPASS_OK);
	CHECK_EQ("a mode", chmod(path, 0604), 0);
	CHECK_EQ("without an end", write_whole("three", false), MCPASS_OK);
	read_back(got, sizeof(got));
	CHECK_STR("it is as it was", got, "two");
	CHECK_EQ("again", write_whole("four", true), MCPASS_OK);
	read_back(got, sizeof(got));
	CHECK_STR("the new one", got, "four");
	CHECK("its mode", stat(path, &st) == 0 && (st.st_mode & 0777) == 0604);
	OOM_EACH
		CHECK_OOM("no memory", write_whole("five", true), MCPASS_OK);
	CHECK_EQ("one file", files(), 1);
	CHECK_EQ("no folder", mp_whole_file_new("/nowhere/at/all", &file, &err), MCPASS_E_IO);
	CHECK_HAS("which", err.detail, "/nowhere/at/all");
	mp_whole_file_free(NULL);
}

int main(void)
{
	make_folder(folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/out", folder);
	test_what_comes_back();
	test_masked();
	test_bad();
	test_mended();
	test_others();
	test_no_memory();
	test_whole_file();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	remove_folder(folder);
	return check_done();
}
