/* The parts of a result: which are bytes, what the bytes are, which file each goes to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ui/parts.h"
#include "harness/check.h"

static const struct {
	const char *label, *json;
	size_t count, bytes, texts;
} rows[] = {
	{ "nothing", "{}", 0, 0, 0 },
	{ "no object", "[]", 0, 0, 0 },
	{ "a text", "{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}", 1, 0, 1 },
	{ "an empty text", "{\"content\":[{\"type\":\"text\",\"text\":\"\"}]}", 1, 0, 0 },
	{ "an image", "{\"content\":[{\"type\":\"image\",\"data\":\"AA==\"}]}", 1, 1, 0 },
	{ "a sound beside a text", "{\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
	    "{\"type\":\"audio\",\"data\":\"AA==\"}]}", 2, 1, 1 },
	{ "a resource's bytes in a tool's answer",
	    "{\"content\":[{\"type\":\"resource\",\"resource\":{\"blob\":\"AA==\"}}]}", 1, 1, 0 },
	{ "a resource's text in a tool's answer",
	    "{\"content\":[{\"type\":\"resource\",\"resource\":{\"text\":\"a\"}}]}", 1, 0, 1 },
	{ "a link has neither", "{\"content\":[{\"type\":\"resource_link\",\"uri\":\"x:1\"}]}", 1, 0, 0 },
	{ "a text for a list", "{\"content\":\"a\"}", 1, 0, 1 },
	{ "one block for a list", "{\"content\":{\"type\":\"text\",\"text\":\"a\"}}", 1, 0, 1 },
	{ "a text for a block", "{\"content\":[\"a\",{\"type\":\"text\",\"text\":\"b\"}]}", 2, 0, 2 },
	{ "a block without a type", "{\"content\":[{\"text\":\"a\"}]}", 1, 0, 1 },
	{ "a text for a message", "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}", 1, 0, 1 },
	{ "null for a list", "{\"content\":null}", 0, 0, 0 },
	{ "a number for a list", "{\"content\":7}", 0, 0, 0 },
	{ "a resource", "{\"contents\":[{\"uri\":\"x\",\"blob\":\"AA==\"},{\"text\":\"a\"}]}", 2, 1, 1 },
	{ "a message of a prompt", "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"image\","
	    "\"data\":\"AA==\"}}]}", 1, 1, 0 },
	{ "data that is no text", "{\"content\":[{\"type\":\"image\",\"data\":3},7,null]}", 3, 0, 0 },
};

static void test_parts(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_parts parts = { 0 };

		CHECK_EQ(rows[i].label, mp_parts_read(rows[i].json, &parts, NULL), MCPASS_OK);
		CHECK_EQ(rows[i].label, parts.count, rows[i].count);
		CHECK_EQ(rows[i].label, mp_parts_with_bytes(&parts), rows[i].bytes);
		CHECK_EQ(rows[i].label, mp_parts_with_text(&parts), rows[i].texts);
		mp_parts_free(&parts);
	}
}

static const struct {
	const char *json;
	bool is_error, is_odd;
} error_rows[] = {
	{ "{}", false, false },
	{ "{\"isError\":true}", true, false },
	{ "{\"isError\":false}", false, false },
	{ "{\"isError\":null}", false, false },
	{ "{\"isError\":\"true\"}", true, true },
	{ "{\"isError\":\"True\"}", true, true },
	{ "{\"isError\":1}", true, true },
	{ "{\"isError\":\"false\"}", false, false },
	{ "{\"isError\":\"\"}", false, false },
	{ "{\"isError\":0}", false, false },
};

static void test_errors(void)
{
	for (size_t i = 0; i < COUNT(error_rows); i++) {
		struct mp_parts parts = { 0 };

		CHECK_EQ(error_rows[i].json, mp_parts_read(error_rows[i].json, &parts, NULL), MCPASS_OK);
		CHECK_EQ(error_rows[i].json, parts.is_error, error_rows[i].is_error);
		CHECK_EQ(error_rows[i].json, parts.is_odd_error, error_rows[i].is_odd);
		mp_parts_free(&parts);
	}
}

static const struct {
	const char *label, *base64, *want;
	enum mcpass_rc rc;
} decode_rows[] = {
	{ "as it should be", "aGk/Pg==", "hi?>", MCPASS_OK },
	{ "without padding", "aGk/Pg", "hi?>", MCPASS_OK },
	{ "the alphabet for URLs", "aGk_Pg", "hi?>", MCPASS_OK },
	{ "with escapes, as PHP writes it", "aGk\\/Pg==", "hi?>", MCPASS_OK },
	{ "another escape", "aGk\\u002fPg==", "", MCPASS_E_PROTOCOL },
	{ "more behind its end", "aGk=Pg==", "", MCPASS_E_PROTOCOL },
	{ "in lines", "aGk/\\r\\nPg==\\n", "hi?>", MCPASS_OK },
	{ "in lines of a length that hides them", "aG k/Pg==  \\n", "hi?>", MCPASS_OK },
	{ "nothing", "", "", MCPASS_OK },
	{ "a digit too many", "aGk/P", "", MCPASS_E_PROTOCOL },
	{ "no base64", "hello, world!", "", MCPASS_E_PROTOCOL },
	{ "a data URL", "data:image/png;base64,aGk=", "", MCPASS_E_PROTOCOL },
};

static void test_decode(void)
{
	for (size_t i = 0; i < COUNT(decode_rows); i++) {
		struct mcpass_error err = { 0 };
		struct mp_buf buf;
		char json[64];

		snprintf(json, sizeof(json), "\"%s\"", decode_rows[i].base64);
		mp_buf_init(&buf, 4096);
		CHECK_EQ(decode_rows[i].label, mp_part_decode(&buf, (struct mp_span){ json, strlen(json) }, &err),
		    decode_rows[i].rc);
		if (decode_rows[i].rc == MCPASS_OK)
			CHECK_STR(decode_rows[i].label, mp_buf_text(&buf), decode_rows[i].want);
		mp_buf_free(&buf);
	}
}

static const struct {
	const char *label, *path;
	size_t nth;
	const char *want;
} path_rows[] = {
	{ "the first", "x.png", 1, "x.png" },
	{ "the second", "x.png", 2, "x-2.png" },
	{ "no extension", "out", 12, "out-12" },
	{ "a dot in the folder", "a.d/x", 2, "a.d/x-2" },
	{ "a name that begins with a dot", "a/.x", 2, "a/.x-2" },
	{ "two dots", "x.tar.gz", 2, "x.tar-2.gz" },
};

static void test_paths(void)
{
	for (size_t i = 0; i < COUNT(path_rows); i++) {
		char *path = mp_parts_path(path_rows[i].path, path_rows[i].nth);

		CHECK_STR(path_rows[i].label, path, path_rows[i].want);
		free(path);
	}
}

static void test_oom(void)
{
	OOM_EACH {
		const struct mp_span json = { "\"aGk_\\nPg\"", 10 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;
		struct mp_buf buf;
		char *path;

		mp_buf_init(&buf, 4096);
		rc = mp_part_decode(&buf, json, &err);
		path = mp_parts_path("x", 2);
		if (oom_over())
			CHECK("no memory", rc == MCPASS_E_NOMEM || path == NULL);
		else
			CHECK("all", rc == MCPASS_OK && path != NULL);
		free(path);
		mp_buf_free(&buf);
	}
}

int main(void)
{
	test_parts();
	test_errors();
	test_decode();
	test_paths();
	test_oom();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
